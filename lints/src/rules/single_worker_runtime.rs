//! `single-worker-runtime`: a multi-thread runtime or pool with one worker.

use std::sync::Arc;

use runtime_policy_rules::Kind;

use crate::finding::{Applicability, Edit, Fix};
use crate::rules::shapes::argument;
use crate::rules::shapes::justification::{attached, beside};
use crate::rules::{Case, Remark, short};

pub(super) const RULE: &str = "single-worker-runtime";

/// What a comment says that gives the reason for one multi-thread worker, not only for a runtime of its own.
const REASONS: &[&str] = &[
    "current_thread",
    "current-thread",
    "current thread",
    "multi_thread",
    "multi-thread",
    "multithread",
    "flavor",
    "flavour",
    "driven",
    "in the background",
    "blocking thread",
    "one worker",
    "1 worker",
    "single worker",
    "one thread",
    "single thread",
    "single-thread",
    "only one",
    "serial",
    "sequential",
    "oversubscri",
];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    let mut own = Vec::new();
    argument::judge(case, RULE, &mut own, |used| {
        let attribute = used.api.kind == Kind::AttributeMacro;
        let lifted = is_explained(&attached(case, &used.found.site).join(" "));
        let name = if attribute { (&*used.found.path).into() } else { short(&used.found.path) };
        (!lifted).then(|| format!("`{name}` asks for one worker"))
    });
    for remark in &mut own {
        remark.fix = attribute_fix(case, remark);
    }
    remarks.append(&mut own);
    for setting in case.settings(RULE).filter(|setting| !is_explained(&beside(case, setting))) {
        let message = format!("`{}={}` asks for one worker", setting.name, setting.value);
        let help = Some("leave it to the container's quota, or build a current-thread runtime".to_owned());
        remarks.push(Remark { help, ..case.remark_on(RULE, setting, message) });
    }
}

fn is_explained(comments: &str) -> bool {
    let lower = comments.to_lowercase();
    REASONS.iter().any(|reason| lower.contains(reason))
}

/// `#[tokio::main(worker_threads = 1)]` becomes `#[tokio::main(flavor = "current_thread")]`.
fn attribute_fix(case: &Case<'_>, remark: &Remark) -> Option<Fix> {
    let source = case.code.source(remark.file);
    let text = source.slice(remark.span);
    let (path, rest) = text.strip_prefix("#[")?.split_once('(')?;
    let keys = rest.strip_suffix(")]")?;
    let mut kept = vec!["flavor = \"current_thread\""];
    for key in keys.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        match key.split('=').next()?.trim() {
            "flavor" | "worker_threads" => {}
            "crate" | "start_paused" | "unhandled_panic" => kept.push(key),
            _ => return None,
        }
    }
    // `block_in_place` panics on a current-thread runtime.
    let blocks = source.text.contains("block_in_place");
    Some(Fix {
        title: "use the `current_thread` flavour".to_owned(),
        edits: vec![Edit {
            path: Arc::clone(&source.path),
            start: remark.span.start,
            end: remark.span.end,
            replacement: format!("#[{path}({})]", kept.join(", ")),
        }],
        applicability: if blocks { Applicability::Unsafe } else { Applicability::Safe },
    })
}
