//! The ids of the rules that the guard checks, as the analyser names them.

pub(crate) const TUNING: &str = "tuning-outside-main";
pub(crate) const PIN: &str = "unjustified-thread-pin";
pub(crate) const KEEP_ALIVE: &str = "missing-keep-alive";
pub(crate) const ENDPOINT: &str = "exposed-debug-endpoint";
#[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see collections"))]
pub(crate) const COLLECTION: &str = "manual-gc";
