use super::*;
use crate::finding::{Approvals, Level, tests::finding};

const TODAY: Date = jiff::civil::date(2026, 6, 15);

/// Line comments of a text, as the front end finds them.
fn comments(text: &str) -> Vec<Comment> {
    let mut start = 0;
    let mut found = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if let Some(at) = line.find("//") {
            let written = &line[at..];
            let kind = if written.starts_with("//!") { CommentKind::InnerDoc } else { CommentKind::Line };
            let line_number = index as u32 + 1;
            found.push(Comment {
                span: Span::new(start + at, start + line.len()),
                text: written.trim_start_matches(['/', '!', ' ']).to_owned(),
                line: line_number,
                end_line: line_number,
                kind,
                own_line: line[..at].trim().is_empty(),
            });
        }
        start += line.len() + 1;
    }
    found
}

/// A finding of `manual-gc` at every `gc()` and of `collector-disabled` at every `off()`.
fn findings(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (word, rule) in [("gc()", "manual-gc"), ("off()", "collector-disabled")] {
        for (at, _) in source.text.match_indices(word) {
            let mut one = finding(rule, "src/a.rs", 1);
            one.location = source.location(Span::new(at, at + word.len()));
            one.approvals =
                (rule == "collector-disabled").then(|| Approvals { needed: 2, given: Vec::new() });
            found.push(one);
        }
    }
    found
}

/// Items are what stands between a comment and the next empty line.
fn run_with(text: &str, config: &Config) -> Outcome {
    let source = Source::new("src/a.rs".into(), text);
    let governs = |comment: &Comment| {
        let end = text[comment.span.end as usize..]
            .find("\n\n")
            .map_or(text.len(), |at| at + comment.span.end as usize);
        (comment.kind != CommentKind::InnerDoc).then(|| Span::new(comment.span.end as usize, end))
    };
    let file = Commented { source: &source, comments: &comments(text), governs: &governs };
    apply(&file, findings(&source), config, TODAY)
}

fn run(text: &str) -> Outcome {
    run_with(text, &Config::default())
}

/// Line, rule and message of what stays.
fn shown(outcome: &Outcome) -> Vec<String> {
    let one =
        |finding: &Finding| format!("{} {}: {}", finding.location.start.line, finding.rule, finding.message);
    outcome.findings.iter().map(one).collect()
}

#[test]
fn a_comment_lifts_on_its_line_above_the_statement_above_the_item_and_for_the_file() {
    for text in [
        "gc(); // runtime-policy: allow(manual-gc) -- nightly job\n",
        "// runtime-policy: allow(manual-gc) -- nightly job\ngc();\n",
        "// runtime-policy: allow(manual-gc) -- nightly job\n// more words\ngc();\n",
        "// runtime-policy: allow(manual-gc) -- nightly job\nfn item() {\n    let x = 1;\n    gc();\n}\n",
        "//! runtime-policy: allow(manual-gc) -- nightly job\n\nfn item() {\n\n    gc();\n}\n",
    ] {
        let outcome = run(text);
        assert_eq!(shown(&outcome), Vec::<String>::new(), "{text}");
        assert_eq!(outcome.suppressed.len(), 1, "{text}");
        assert_eq!(outcome.suppressed[0].reason, "nightly job");
    }
}

#[test]
fn a_comment_reaches_no_further() {
    let outcome = run("let a = 1; // runtime-policy: allow(manual-gc) -- nightly job\ngc();\n");
    assert_eq!(
        shown(&outcome),
        [
            "1 unused-suppression: `allow(manual-gc)` allows nothing: there is no such finding here",
            "2 manual-gc: manual-gc was broken"
        ]
    );
    let outcome = run("// runtime-policy: allow(manual-gc) -- nightly job\ngc();\n\ngc();\n");
    assert_eq!(shown(&outcome), ["4 manual-gc: manual-gc was broken"]);
}

#[test]
fn without_a_reason_nothing_is_lifted_and_that_is_an_error() {
    let text = "gc(); // runtime-policy: allow(manual-gc)\n";
    let outcome = run(text);
    assert_eq!(
        shown(&outcome),
        [
            "1 manual-gc: manual-gc was broken",
            "1 suppression-without-reason: `allow(manual-gc)` gives no reason"
        ]
    );
    assert_eq!(outcome.findings[1].level, Level::Error);
    assert_eq!(outcome.findings[1].help, "write `runtime-policy: allow(manual-gc) -- reason`");

    let lenient = Config::from_text("levels = { suppression-without-reason = \"off\" }").expect("valid");
    assert_eq!(shown(&run_with(text, &lenient)), Vec::<String>::new());
}

#[test]
fn names_that_no_comment_can_allow_are_reported_and_the_others_hold() {
    let outcome =
        run("gc(); // runtime-policy: allow(manual-gcc, manual-gc, unused-suppression) -- nightly job\n");
    assert_eq!(
        shown(&outcome),
        [
            "1 suppression-without-reason: `unused-suppression` cannot be allowed by a comment",
            "1 suppression-without-reason: unknown rule `manual-gcc`"
        ]
    );
    assert_eq!(outcome.findings[1].help, "did you mean `manual-gc`?");
    assert_eq!(outcome.suppressed.len(), 1);
}

#[test]
fn the_last_day_is_included_and_what_is_no_day_is_over() {
    let with =
        |until: &str| run(&format!("gc(); // runtime-policy: allow(manual-gc) -- nightly job {until}\n"));
    assert_eq!(shown(&with("until=2026-06-15")), Vec::<String>::new());
    assert_eq!(
        shown(&with("until=2026-06-14")),
        [
            "1 manual-gc: manual-gc was broken",
            "1 expired-suppression: `allow(manual-gc)` ended after 2026-06-14"
        ]
    );
    assert_eq!(
        shown(&with("until=next-week")),
        [
            "1 manual-gc: manual-gc was broken",
            "1 expired-suppression: `until=next-week` is no day, so `allow(manual-gc)` counts as ended"
        ]
    );
}

/// The text after the fix of its only finding with one.
fn mended(text: &str) -> String {
    let outcome = run(text);
    let fixes: Vec<&Fix> = outcome.findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
    assert_eq!(fixes.len(), 1, "{:?}", shown(&outcome));
    assert_eq!(fixes[0].applicability, Applicability::Safe);
    let mut mended = text.to_owned();
    for edit in fixes[0].edits.iter().rev() {
        mended.replace_range(edit.start as usize..edit.end as usize, &edit.replacement);
    }
    mended
}

#[test]
fn an_unused_suppression_is_removed_with_its_line_and_no_more() {
    assert_eq!(
        mended("a();\n    // runtime-policy: allow(manual-gc) -- x y z\n    b();\n"),
        "a();\n    b();\n"
    );
    assert_eq!(mended("a(); // runtime-policy: allow(manual-gc) -- x y z\r\nb();\r\n"), "a();\r\nb();\r\n");
    assert_eq!(mended("a();\n// runtime-policy: allow(manual-gc) -- x y z"), "a();\n");
    assert_eq!(
        mended("gc(); // runtime-policy: allow(profile-rate, manual-gc, host-cpu-count) -- x y z\n"),
        "gc(); // runtime-policy: allow(manual-gc) -- x y z\n"
    );
}

#[test]
fn a_rule_that_does_not_run_proves_nothing_unused() {
    let config = Config::from_text("levels = { manual-gc = \"off\" }").expect("valid");
    assert_eq!(
        shown(&run_with("a(); // runtime-policy: allow(manual-gc) -- x y z\n", &config)),
        Vec::<String>::new()
    );
}

#[test]
fn of_two_that_cover_a_finding_the_narrower_is_used() {
    let outcome = run(
        "//! runtime-policy: allow(manual-gc) -- all of it\n\ngc(); // runtime-policy: allow(manual-gc) -- this one\n",
    );
    assert_eq!(
        shown(&outcome),
        ["1 unused-suppression: `allow(manual-gc)` allows nothing: there is no such finding here"]
    );
    assert_eq!(outcome.suppressed[0].reason, "this one");
}

#[test]
fn two_people_lift_what_asks_for_approval_and_one_does_not() {
    let outcome = run("// runtime-policy: approved-by @ann @bob -- soak test of two weeks\noff();\n");
    assert_eq!(shown(&outcome), Vec::<String>::new());
    assert_eq!(outcome.suppressed[0].reason, "soak test of two weeks");

    let outcome = run("// runtime-policy: approved-by @ann @ANN -- soak test\noff();\n");
    assert_eq!(
        shown(&outcome),
        [
            "1 suppression-without-reason: `@ANN` stands twice in `approved-by`",
            "2 collector-disabled: collector-disabled was broken"
        ]
    );
    let approvals = outcome.findings[1].approvals.as_ref().expect("asked for");
    assert_eq!((approvals.needed, approvals.given.as_slice()), (2, ["ann".to_owned()].as_slice()));

    let outcome = run("off(); // runtime-policy: allow(collector-disabled) -- trust me\n");
    assert_eq!(
        shown(&outcome),
        [
            "1 collector-disabled: collector-disabled was broken",
            "1 suppression-without-reason: `collector-disabled` is lifted by 2 approving people, not by `allow`"
        ]
    );

    let outcome = run("// runtime-policy: approved-by @ann @bob -- soak test\na();\n");
    assert_eq!(
        shown(&outcome),
        ["1 unused-suppression: `approved-by` approves nothing: no finding below it asks for approvals"]
    );
}
