//! Comments and overviews as GitHub's own parser (Debian's `cmark-gfm`) shows them: whatever a finding says, there is no
//! raw HTML, no link but to the rules' pages, no mention, and no fence is left open.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use runtime_policy_bot::diff::Diff;
use runtime_policy_bot::draft::drafts;
use runtime_policy_bot::remark::Remark;
use runtime_policy_bot::review::{Lifted, Notice, Review, Verdict};
use runtime_policy_bot::summary::Overview;
use runtime_policy_lints::report::HOME;

/// What GitHub shows, raw HTML included; none where there is no `cmark-gfm`, which CI has.
fn html(markdown: &str) -> Option<String> {
    let mut command = Command::new("cmark-gfm");
    for extension in ["autolink", "strikethrough", "table", "tasklist", "footnotes"] {
        command.args(["-e", extension]);
    }
    command.args(["--unsafe"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "cmark-gfm cannot be run: {error}");
            return None;
        }
    };
    child.stdin.take().expect("a pipe").write_all(markdown.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

/// What is wrong with a page.
fn objection(markdown: &str, marker: Option<&str>) -> Option<String> {
    let html = html(markdown)?;
    let mut rest = html.trim_end();
    if let Some(marker) = marker {
        match rest.strip_suffix(marker) {
            Some(before) => rest = before,
            None => return Some(format!("the marker is not what ends it: {html}")),
        }
    }
    let mut plain = String::new();
    let mut in_code = false;
    while let Some((text, tail)) = rest.split_once('<') {
        let (tag, after) = tail.split_once('>')?;
        if !in_code {
            plain.push_str(text);
        }
        match tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default() {
            "code" => in_code = !tag.starts_with('/'),
            "a" if tag.starts_with('/') || tag.starts_with(&format!("a href=\"{HOME}/blob/")) => {}
            "p" | "strong" | "pre" | "ul" | "li" | "h2" | "h3" => {}
            _ => return Some(format!("<{tag}> in {html}")),
        }
        plain.push(' ');
        rest = after;
    }
    plain.push_str(rest);
    let bytes: Vec<char> = plain.chars().collect();
    let linked = |pair: &[char]| matches!(pair[0], '@' | '#') && pair[1].is_ascii_alphanumeric();
    // GitHub links these after its parser is done; `&#…` is only how the parser writes a character.
    let entities = plain.replace("&#", "");
    let mention = entities.chars().collect::<Vec<_>>().windows(2).any(linked);
    if mention || plain.contains("://") || plain.contains("```") || in_code {
        return Some(format!("{bytes:?} in {html}"));
    }
    None
}

fn remark(text: &str) -> Remark {
    Remark {
        rule: "manual-gc".to_owned(),
        path: "src/a.rs".to_owned(),
        fix: None,
        ..super::remark(3, 0, text)
    }
}

/// What a page without a marker is ended by, to see that nothing swallows it.
const END: &str = "<!-- end -->";

fn pages(text: &str, path: &str) -> [(String, String); 2] {
    let mut remark = remark(text);
    remark.related[0].path = path.to_owned();
    let mut diff = Diff::default();
    diff.add("src/a.rs", Some("@@ -1,9 +1,9 @@"));
    let draft = drafts(std::slice::from_ref(&remark), &diff, &|_| None).remove(0);
    let review = Review {
        remarks: vec![Remark { path: path.to_owned(), ..remark.clone() }],
        lifted: vec![Lifted { remark, reason: text.to_owned() }],
        policy: vec![path.to_owned()],
        notices: vec![Notice { path: path.to_owned(), line: Some(1), message: text.to_owned() }],
        incomplete: Some(text.to_owned()),
        ..Review::default()
    };
    let judged = review.judge(|_| Default::default());
    let overview = Overview { review: &review, judged: &judged, verdict: Verdict::Incomplete, left: &[] };
    [
        (draft.wanted.body, draft.wanted.key.marker()),
        (format!("{}\n{END}", overview.markdown(runtime_policy_bot::body::MOST)), END.to_owned()),
    ]
}

const NASTY: &[&str] = &[
    "@everyone",
    "@org/team",
    "#12",
    "org/repo#3",
    "GH-7",
    "https://evil.example/x",
    "www.evil.example",
    "ada@evil.example",
    "<img src=x onerror=y>",
    "<!-- runtime-policy:v1 ",
    " -->",
    "</details>",
    "`",
    "``",
    "```",
    "````\n",
    "~~~\n",
    "\n\n",
    "\r\n",
    "    code",
    "![x](https://evil.example)",
    "[x](javascript:y)",
    "[x]: https://evil.example",
    "| a | b |\n| - | - |",
    "- [ ] task",
    "# head",
    "> quote",
    "***",
    "1. one",
    "&lt;",
    "\\",
    "\u{202e}",
    "\u{200b}",
    "::error::x",
    "##[error]x",
    "<https://evil.example>",
    "[^1]",
    "$x$",
    "=====\n",
    "ssh://x",
    "mailto:ada@evil.example",
];

#[test]
fn the_check_sees_what_is_wrong() {
    if html("").is_none() {
        return;
    }
    for bad in ["<b>x</b>", "hello @ada", "[x](https://evil.example)", "www.evil.example", "see #12"] {
        assert!(objection(bad, Some("marker")).is_some() && objection(bad, None).is_some(), "{bad}");
    }
    assert!(objection(&format!("a\n\n```\nb\n\n{END}"), Some(END)).is_some(), "a fence that is left open");
    assert_eq!(objection("**fine** `@ada`", None), None);
}

/// GitHub's parser counts the backticks of a code span to 80 and those of a fence to 255.
#[test]
fn more_backticks_than_the_parser_counts_let_nothing_out() {
    for number in [79, 80, 81, 92, 254, 255, 256, 300] {
        for hostile in ["@everyone", "https://evil.example/x", "<b>x</b>", "\n@ada"] {
            let many = "`".repeat(number);
            for text in [format!("{many}{hostile}"), format!("x{many} {hostile} {many}\n{hostile}")] {
                for (page, marker) in pages(&text, &text.replace('/', ":")) {
                    assert_eq!(objection(&page, Some(&marker)), None, "{number} {hostile:?}\n{page}");
                }
            }
        }
    }
}

#[test]
fn each_nasty_word_is_only_a_word() {
    for word in NASTY {
        for text in [
            (*word).to_owned(),
            format!("seen `{word}` here"),
            format!("a `{word}"),
            format!("{word} {word}"),
        ] {
            for (page, marker) in pages(&text, &text.replace('/', ":")) {
                assert_eq!(objection(&page, Some(&marker)), None, "{text:?}\n{page}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nasty_words_together_are_only_words(words in prop::collection::vec(prop::sample::select(NASTY), 1..12)) {
        let text = words.concat();
        for (page, marker) in pages(&text, &words.join(" ")) {
            prop_assert_eq!(objection(&page, Some(&marker)), None, "{:?}\n{}", text, page);
        }
    }
}
