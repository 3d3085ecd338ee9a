//! `stack-dump-on-hot-path`: forced stack captures in handlers, loops and constructors of errors.

use runtime_policy_rules::Effect;

use crate::facts::Site;
use crate::rules::shapes::hot_path::{hot, is_lifted};
use crate::rules::{Case, Remark, short};

pub(super) const RULE: &str = "stack-dump-on-hot-path";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE).filter(|used| used.api.effect == Effect::Dump) {
        let site = &used.found.site;
        let said = match hot(case, site) {
            Some(why) => why.said(),
            None if makes_error(case, site) => "each time this error is made",
            None => continue,
        };
        let message = format!("`{}` walks the stack {said}", short(&used.found.path));
        remarks.push(case.remark(RULE, &used, message));
    }
}

/// Whether a place is in a constructor or conversion of an error type.
fn makes_error(case: &Case<'_>, site: &Site) -> bool {
    if site.context.in_task || is_lifted(case, site) {
        return false;
    }
    case.function(site).is_some_and(|function| {
        let own = function.self_type.as_deref().unwrap_or("");
        let of_error = own.rsplit("::").next().is_some_and(|name| {
            ["Error", "Err", "Failure", "Exception"].iter().any(|ending| name.ends_with(ending))
        });
        let makes = match function.trait_path.as_deref() {
            Some(path) => path.ends_with("::From"),
            None => function.makes_self,
        };
        of_error && makes
    })
}
