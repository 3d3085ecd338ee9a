//! `exposed-debug-endpoint`: profilers, consoles and dumps reachable on a public listener.

use crate::rules::{Case, Remark};

pub(super) fn judge(_case: &Case<'_>, _remarks: &mut Vec<Remark>) {}
