//! Every page is whole, and its cases can be run.

use runtime_policy_rules::{rule, rules};

const SECTIONS: [&str; 7] =
    ["What it does", "Why", "Instead", "Known problems", "Example from practice", "How to suppress", "Cases"];

/// Info string and text of every fenced block.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some((_, body)), _) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, Some(info)) => open = Some((info, String::new())),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

#[test]
fn pages_have_their_sections_in_order() {
    for rule in rules() {
        let headings: Vec<&str> = rule.sections().into_iter().map(|(heading, _)| heading).collect();
        assert_eq!(headings, SECTIONS, "{}", rule.id);
        assert!(rule.page.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        assert!(rule.sections().iter().all(|(_, text)| !text.is_empty()), "{}", rule.id);
    }
}

#[test]
fn a_heading_inside_a_code_block_is_no_section() {
    let mut page = rule("manual-gc").expect("there is such a rule").clone();
    page.page = "# x\n\n## Why\n\n```text\n## Cases\n```\n\nbecause\n\n## Cases\n\nnone\n".into();
    assert_eq!(page.section("Why"), Some("```text\n## Cases\n```\n\nbecause"));
    assert_eq!(page.section("Cases"), Some("none"));
    assert_eq!(page.section("Instead"), None);
}

#[test]
fn pages_have_cases_of_both_kinds() {
    for rule in rules() {
        let cases = blocks(rule.section("Cases").unwrap_or_default());
        let of = |kind: &str| cases.iter().filter(|(info, _)| info.contains(kind)).count();
        assert!(of(" finding") > 0 && of(" clean") > 0, "{}", rule.id);
        for (info, body) in &cases {
            let markers: Vec<&str> = body
                .lines()
                .filter_map(|line| line.split_once("//~").or(line.split_once("#~")))
                .map(|(_, marker)| marker)
                .collect();
            // Of a case in several files, some may hold no finding.
            let whole = !info.contains("case=");
            let finding = info.contains(" finding");
            assert!(markers.is_empty() != finding || finding && !whole, "{}: {info}\n{body}", rule.id);
            for marker in markers {
                for wanted in marker.trim_start_matches('^').split(',') {
                    let id = wanted.trim().split('=').next().unwrap_or_default();
                    assert!(runtime_policy_rules::rule(id).is_some(), "{}: `{id}` in {marker}", rule.id);
                }
            }
        }
        let own = cases.iter().any(|(_, body)| {
            body.contains(&format!("~ {}", rule.id)) || body.contains(&format!(", {}", rule.id))
        });
        assert!(own, "{} has no case of its own", rule.id);
    }
}
