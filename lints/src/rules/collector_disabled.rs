//! `collector-disabled`: a collector, or an allocator's return of memory, switched off.

use crate::rules::shapes::argument;
use crate::rules::shapes::knob::is_read_before_main;
use crate::rules::{Case, Remark, short};

pub(super) const RULE: &str = "collector-disabled";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    argument::judge(case, RULE, remarks, |used| {
        // Written too late to change anything here, which `tuning-outside-main` says.
        if is_read_before_main(used.found) {
            return None;
        }
        Some(format!("`{}` switches a collector or the return of memory off", short(&used.found.path)))
    });
    for setting in case.settings(RULE) {
        let message =
            format!("`{}={}` switches a collector or the return of memory off", setting.name, setting.value);
        remarks.push(case.remark_on(RULE, setting, message));
    }
}
