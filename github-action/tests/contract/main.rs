//! Every body that the bot can send, held to GitHub's own description of its interface.
//!
//! `requests.json` holds the schemas of GitHub's OpenAPI description (MIT licence) for the requests that are made. They
//! allow unknown properties; here those are refused as well, since one that GitHub does not know is a mistake of ours.

mod markdown;

use jsonschema::Validator;
use proptest::prelude::*;
use runtime_policy_bot::check_run::CheckRun;
use runtime_policy_bot::diff::Diff;
use runtime_policy_bot::draft::{Draft, drafts};
use runtime_policy_bot::remark::{Related, Remark, Replacement};
use runtime_policy_bot::requests;
use runtime_policy_bot::review::Verdict;
use runtime_policy_lints::finding::{Applicability, Level};
use serde_json::{Value, json};

const HEAD: &str = "ce587453ced02b1526dfb4cb910479d431683101";

fn schema(request: &str) -> Validator {
    let all: Value = serde_json::from_str(include_str!("requests.json")).expect("the schemas are JSON");
    let mut schema = all["requests"][request].clone();
    assert!(schema.is_object(), "no schema of {request}");
    close(&mut schema);
    schema["components"] = all["components"].clone();
    jsonschema::draft4::new(&schema).expect("a schema")
}

/// Refuses properties that a schema does not name.
fn close(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        // The alternatives of a check run's state repeat some properties of the whole.
        object.iter_mut().filter(|(key, _)| *key != "anyOf").for_each(|(_, value)| close(value));
        if object.get("type") == Some(&json!("object")) && object.contains_key("properties") {
            object.entry("additionalProperties").or_insert(json!(false));
        }
    }
}

fn holds(request: &str, body: &Value) {
    let errors: Vec<String> = schema(request).iter_errors(body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{request}: {errors:?}\n{body:#}");
}

fn remark(line: u32, lines: u32, text: &str) -> Remark {
    Remark {
        rule: "manual-gc".to_owned(),
        level: [Level::Error, Level::Warning, Level::Info][line as usize % 3],
        path: "src/a.rs".to_owned(),
        line,
        column: 1,
        end_line: line + lines,
        end_column: 4,
        message: text.to_owned(),
        why: text.to_owned(),
        help: text.to_owned(),
        fingerprint: format!("{line:032x}"),
        related: vec![Related { path: "src/b.rs".to_owned(), line: 1, column: 1, message: text.to_owned() }],
        fix: Some(vec![Replacement {
            path: "src/a.rs".to_owned(),
            start: 0,
            end: 1,
            replacement: text.to_owned(),
            applicability: Applicability::Safe,
        }]),
        approvals: None,
    }
}

fn drafted(remarks: &[Remark]) -> Vec<Draft> {
    let mut diff = Diff::default();
    diff.add("src/a.rs", Some("@@ -1,9 +1,9 @@"));
    drafts(remarks, &diff, &|_| Some("a\nb\nc\n".to_owned()))
}

const REVIEW: &str = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
const COMMENT: &str = "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments";
const ANSWER: &str = "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies";
const EDIT: &str = "PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}";
const CHECK: &str = "POST /repos/{owner}/{repo}/check-runs";
const CHECK_UPDATE: &str = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}";
const TOKEN: &str = "POST /app/installations/{installation_id}/access_tokens";
const SARIF: &str = "POST /repos/{owner}/{repo}/code-scanning/sarifs";

#[test]
fn the_schemas_refuse_what_github_refuses() {
    for (request, body) in [
        (CHECK, json!({ "name": "x" })),
        (CHECK, json!({ "name": "x", "head_sha": HEAD, "external": "x" })),
        (SARIF, json!({ "commit_sha": "main", "ref": "refs/heads/main", "sarif": "" })),
        (REVIEW, json!({ "comments": [{ "path": "a" }] })),
        (COMMENT, json!({ "path": "a", "body": "b" })),
    ] {
        assert!(!schema(request).is_valid(&body), "{request}: {body}");
    }
}

#[test]
fn small_bodies_hold() {
    holds(EDIT, &requests::text("new words"));
    holds(ANSWER, &requests::text("an answer"));
    holds(SARIF, &requests::sarif(HEAD, "refs/pull/3/merge", "H4sI"));
    holds(TOKEN, &requests::token("repo", true, true));
}

#[test]
fn a_check_run_of_any_size_and_verdict_holds() {
    for (count, verdict) in
        [(0, Verdict::Clean), (1, Verdict::Incomplete), (50, Verdict::Findings), (151, Verdict::Findings)]
    {
        let remarks: Vec<Remark> = (1..=count).map(|line| remark(line, line % 2, "text")).collect();
        let said: Vec<&Remark> = remarks.iter().collect();
        let run = CheckRun::new(HEAD, verdict, "title".to_owned(), "x".repeat(65_535), &said);
        let first = run.create();
        holds(CHECK, &first);
        let there = first["output"]["annotations"].as_array().cloned().unwrap_or_default();
        run.finish(&there).iter().for_each(|body| holds(CHECK_UPDATE, body));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn whatever_a_finding_says_its_bodies_hold(text in any::<String>(), line in 1_u32..20, lines in 0_u32..20) {
        let remarks = [remark(line, lines, &text)];
        let drafts = drafted(&remarks);
        let all: Vec<&Draft> = drafts.iter().collect();
        holds(REVIEW, &requests::review(HEAD, &all));
        holds(COMMENT, &requests::file_comment(HEAD, &drafts[0]));
        let run = CheckRun::new(HEAD, Verdict::Findings, "t".to_owned(), "s".to_owned(), &[&remarks[0]]);
        holds(CHECK, &run.create());
        prop_assert!(drafts[0].wanted.body.chars().count() < 65_536);
    }
}
