//! `hardcoded-memory-limit`: a memory limit written as a literal.

use crate::rules::shapes::argument;
use crate::rules::{Case, Remark, short};

pub(super) const RULE: &str = "hardcoded-memory-limit";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    argument::judge(case, RULE, remarks, |used| {
        Some(format!("`{}` fixes a memory limit in the code", short(&used.found.path)))
    });
    for setting in case.settings(RULE) {
        let message = format!("`{}={}` fixes a memory limit", setting.name, setting.value);
        remarks.push(case.remark_on(RULE, setting, message));
    }
}
