//! `// runtime-policy: allow(rule) -- reason`: what it lifts, and what is said about it.

use super::tree::Tree;

fn found(text: &str) -> Vec<String> {
    found_with(text, &[])
}

fn found_with(text: &str, arguments: &[&str]) -> Vec<String> {
    let found = Tree::package(&[("src/lib.rs", text)]).found(arguments);
    found.into_iter().map(|line| line.trim_start_matches("src/lib.rs:").to_owned()).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_reason_lifts_on_the_line_above_the_statement_above_the_item_and_for_the_file() {
    for text in [
        "fn a() {\n    unsafe { libc::malloc_trim(0) }; // runtime-policy: allow(manual-gc) -- after the import\n}\n",
        "fn a() {\n    // runtime-policy: allow(manual-gc) -- after the import\n    unsafe {\n        libc::malloc_trim(0)\n    };\n}\n",
        "// runtime-policy: allow(manual-gc) -- after the import\nfn a() {\n    unsafe { libc::malloc_trim(0) };\n}\n",
        "//! runtime-policy: allow(manual-gc) -- after the import\nfn a() {\n    unsafe { libc::malloc_trim(0) };\n}\n",
        "/// Tidies up.\n// runtime-policy: allow(manual-gc) -- after the import\n#[inline]\nfn a() {\n    unsafe { libc::malloc_trim(0) };\n}\n",
    ] {
        assert_eq!(found(text), NONE, "{text}");
    }
}

#[test]
fn it_reaches_no_further_than_where_it_stands() {
    let next = "// runtime-policy: allow(manual-gc) -- after the import\nfn a() {\n    unsafe { libc::malloc_trim(0) };\n}\nfn b() {\n    unsafe { libc::malloc_trim(0) };\n}\n";
    assert_eq!(found(next), ["6 manual-gc error"]);
    let statement = "fn a() {\n    // runtime-policy: allow(manual-gc) -- after the import\n    unsafe { libc::malloc_trim(0) };\n    unsafe { libc::malloc_trim(0) };\n}\n";
    assert_eq!(found(statement), ["4 manual-gc error"]);
}

#[test]
fn what_is_lifted_is_counted_and_kept_in_sarif() {
    let tree = Tree::package(&[(
        "src/lib.rs",
        "fn a() {\n    unsafe { libc::malloc_trim(0) }; // runtime-policy: allow(manual-gc) -- after the import\n}\n",
    )]);
    assert_eq!(tree.say(&[]), (0, "no findings in 1 file (1 suppressed)\n".into(), String::new()));
    let (_, sarif, _) = tree.say(&["--format", "sarif"]);
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("JSON");
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!([&suppression["kind"], &suppression["justification"]], ["inSource", "after the import"]);
}

#[test]
fn without_a_reason_or_with_a_mistake_it_lifts_nothing_and_is_reported() {
    for comment in [
        "allow(manual-gc)",
        "allow(manual-gc) --",
        "allow(manual-cg) -- after the import",
        "allow() -- after the import",
        "allow(*) -- after the import",
        "alow(manual-gc) -- after the import",
        "allow(suppression-without-reason) -- no",
    ] {
        let text = format!(
            "fn a() {{\n    // runtime-policy: {comment}\n    unsafe {{ libc::malloc_trim(0) }};\n}}\n"
        );
        let found = found(&text);
        assert_eq!(found, ["2 suppression-without-reason error", "3 manual-gc error"], "{comment}");
    }
}

#[test]
fn the_last_day_is_included_and_what_is_no_day_is_over() {
    let text = |day: &str| {
        format!(
            "fn a() {{\n    // runtime-policy: allow(manual-gc) -- the import until={day}\n    unsafe {{ libc::malloc_trim(0) }};\n}}\n"
        )
    };
    let on = |today: &str, day: &str| found_with(&text(day), &["--today", today]);
    let over = ["2 expired-suppression error", "3 manual-gc error"];
    assert_eq!(on("2026-03-31", "2026-03-31"), NONE);
    assert_eq!(on("2026-04-01", "2026-03-31"), over);
    assert_eq!(on("2026-04-01", "2026-02-30"), over);
    assert_eq!(on("2026-04-01", "soon"), over);
}

#[test]
fn one_that_lifts_nothing_is_reported_unless_its_rule_did_not_run() {
    let text = "fn a() {\n    // runtime-policy: allow(manual-gc) -- after the import\n    let _ = 1;\n}\n";
    assert_eq!(found(text), ["2 unused-suppression warning"]);
    assert_eq!(found_with(text, &["--ignore", "manual-gc"]), NONE);
}

#[test]
fn a_text_that_only_looks_like_one_is_none() {
    let text = "fn a() -> &'static str {\n    \"// runtime-policy: allow(manual-gc)\"\n}\n";
    assert_eq!(found(text), NONE);
}

#[test]
fn approvals_are_counted_until_enough_people_have_given_theirs() {
    let rule = "[[rule]]\nid = \"acme-freeze\"\nshape = \"approval\"\napprovals = 2\napis = [\"acme::freeze\"]\n\
                message = \"the collector is frozen\"\nwhy = \"memory grows\"\nhelp = \"leave it on\"\nlevel = \"error\"\n";
    let approvals = |comment: &str| {
        let text = format!("pub fn a() {{\n    {comment}\n    acme::freeze();\n}}\n");
        let tree = Tree::new(&[
            ("src/lib.rs", &text),
            ("runtime-policy.toml", rule),
            (
                "Cargo.toml",
                "[package]\nname = \"a-case\"\nversion = \"0.1.0\"\n[dependencies]\nacme = \"1\"\n",
            ),
        ]);
        let (code, out, _) = tree.say(&["--format", "json"]);
        let line =
            out.lines().next().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        (code, line.map(|line| line["approvals"].clone()))
    };
    let missing = |given: &[&str], missing: usize| {
        (1, Some(serde_json::json!({ "needed": 2, "given": given, "missing": missing })))
    };
    assert_eq!(approvals(""), missing(&[], 2));
    assert_eq!(approvals("// runtime-policy: approved-by @ada -- batch job"), missing(&["ada"], 1));
    assert_eq!(approvals("// runtime-policy: approved-by @ada @grace -- batch job"), (0, None));
}
