//! What a stranger wrote, in an overview and a comment, read back by a parser of GitHub's Markdown: no raw HTML, no
//! image, no link but to the rules' pages, no heading or list that is not the bot's.

#![no_main]

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use libfuzzer_sys::fuzz_target;
use runtime_policy_bot::diff::Diff;
use runtime_policy_bot::remark::{Related, Remark};
use runtime_policy_bot::render::render;
use runtime_policy_bot::review::{Lifted, Notice, Review};
use runtime_policy_lints::finding::Level;
use runtime_policy_lints::report::HOME;

fn remark(part: &dyn Fn(usize) -> String) -> Remark {
    Remark {
        rule: "manual-gc".to_owned(),
        level: Level::Error,
        path: "src/a.rs".to_owned(),
        line: 3,
        column: 1,
        end_line: 3,
        end_column: 2,
        message: part(0),
        why: part(1),
        help: part(2),
        fingerprint: "0".repeat(32),
        related: vec![Related { path: part(3), line: 1, column: 1, message: part(4) }],
        fix: None,
        approvals: None,
    }
}

fuzz_target!(|text: &str| {
    let parts: Vec<&str> = text.split('\0').collect();
    let part = |at: usize| parts[at % parts.len()].to_owned();
    let remark = remark(&part);
    let other = Remark { path: part(3), rule: part(5), ..remark.clone() };
    let review = Review {
        remarks: vec![remark.clone(), other],
        lifted: vec![Lifted { remark, reason: part(0) }],
        policy: vec![part(3)],
        notices: vec![Notice { path: part(3), line: Some(1), message: part(4) }],
        incomplete: Some(part(1)),
        ..Review::default()
    };
    let mut diff = Diff::default();
    diff.add("src/a.rs", Some("@@ -1,9 +1,9 @@"));
    let (shown, _) = render(&review, &diff, &|_| None, None);
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    let arena = Arena::new();
    for node in parse_document(&arena, &shown, &options).descendants() {
        let value = &node.data.borrow().value;
        let is_ours = match value {
            NodeValue::HtmlBlock(block) => block.literal.trim().starts_with("<!-- runtime-policy:"),
            NodeValue::HtmlInline(_) | NodeValue::Image(_) => false,
            NodeValue::Link(link) => link.url.starts_with(&format!("{HOME}/blob/")),
            NodeValue::Table(..) | NodeValue::FootnoteReference(_) | NodeValue::BlockQuote => false,
            NodeValue::TaskItem(_) | NodeValue::Strikethrough => false,
            NodeValue::Heading(heading) => matches!(heading.level, 2 | 3) && !heading.setext,
            _ => true,
        };
        assert!(is_ours, "{value:?} in:\n{shown}");
    }
});
