//! What GitHub publishes of its interface. `github-action/check-interface` fetches it and runs these tests.

use runtime_policy_bot::anchor::Anchor;
use runtime_policy_bot::approvals::Whose;
use runtime_policy_bot::check_run::CheckRun;
use runtime_policy_bot::draft::Draft;
use runtime_policy_bot::event::{self, Ended, Given, Refusal};
use runtime_policy_bot::github::{Error, GitHub, Pull, Settings, State};
use runtime_policy_bot::marker::Key;
use runtime_policy_bot::reconcile::{Step, Wanted};
use runtime_policy_bot::remark::Remark;
use runtime_policy_bot::review::Verdict;
use serde_json::Value;

use crate::{HEAD, limits, remark};

#[test]
#[ignore = "github-action/check-interface fetches the examples"]
fn every_published_delivery_is_read_or_refused_with_a_reason() {
    let file = std::env::var("WEBHOOK_EXAMPLES").expect("the examples' place");
    let text = std::fs::read_to_string(file).expect("the examples");
    let all: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let (mut read, mut idle, mut wrong) = (0, 0, 0);
    for kind in &all {
        let name = kind["name"].as_str().expect("an event's name");
        for payload in kind["examples"].as_array().expect("examples") {
            let what = format!("{name}.{}", payload["action"].as_str().unwrap_or_default());
            match event::read(name, payload, Given::default()) {
                Ok(_) => read += 1,
                Err(Refusal::Nothing(_)) => idle += 1,
                Err(Refusal::Wrong(reason)) => {
                    wrong += 1;
                    let right = match name {
                        "pull_request" | "pull_request_review" | "merge_group" => false,
                        "push" => reason.contains("--base"),
                        "workflow_dispatch" => reason.contains("names no commits"),
                        _ => reason.contains("cannot be reviewed"),
                    };
                    assert!(right, "{what}: {reason}");
                }
            }
        }
    }
    assert!(read >= 15 && idle >= 15 && wrong >= 200, "{read} read, {idle} idle, {wrong} wrong");
}

#[tokio::test]
#[ignore = "github-action/check-interface runs the mock"]
async fn every_request_is_one_that_the_description_takes() {
    let address = std::env::var("PRISM").expect("the mock's address");
    let settings = Settings {
        api: address.clone(),
        graphql: format!("{address}/graphql"),
        token: "ghs_x".into(),
        limits: limits(),
        budget: std::time::Duration::from_secs(120),
    };
    let mut github = GitHub::new(&settings).expect("a connection");
    let pull = Pull { owner: "org".to_owned(), repository: "repo".to_owned(), number: 3 };
    let draft = |anchor| Draft {
        path: "src/a.rs".to_owned(),
        anchor,
        wanted: Wanted { key: Key { fingerprint: "a".repeat(32), occurrence: 1 }, body: "text".to_owned() },
    };
    let (line, lines) = (draft(Anchor::Lines(2, 2)), draft(Anchor::Lines(2, 4)));
    taken("state", github.state(&pull).await.map(drop));
    taken("files", github.diff(&pull).await.map(drop));
    taken("review", github.review(&pull, HEAD, &[&line, &lines]).await);
    taken("file comment", github.file_comment(&pull, HEAD, &draft(Anchor::File)).await);
    taken("answer", github.step(&pull, HEAD, &Step::SayGone { comment: 1 }).await);
    taken("edit", github.step(&pull, HEAD, &Step::Update { comment: 1, body: "new".to_owned() }).await);
    for count in [0, 3, 120] {
        let remarks: Vec<Remark> = (1..=count).map(|line| remark("manual-gc", "src/a.rs", line)).collect();
        let said: Vec<&Remark> = remarks.iter().collect();
        let run = CheckRun::new(HEAD, Verdict::Findings, "t".to_owned(), "x".repeat(65_535), &said);
        taken("check run", github.check_run("org", "repo", HEAD, &run).await);
    }
    let state = State { head: HEAD.to_owned(), author: "author".to_owned() };
    let (team, paths) = (Whose::read("org/team").expect("a team"), ["src/a.rs"].into());
    taken("approvals", github.counting(&pull, &state, HEAD, &team, &paths).await.map(drop));
    // The description's example of a file says that it is in base64, and is not.
    let owners = github.counting(&pull, &state, HEAD, &Whose::CodeOwners, &paths).await;
    assert!(matches!(&owners, Err(Error::Down(text)) if text.contains("/contents/CODEOWNERS")), "{owners:?}");
    taken("pull of a commit", github.pull_of("org", "repo", HEAD).await.map(drop));
    taken("event of a commit", github.event_of_head("org", "repo", HEAD).await.map(drop));
    let run = Ended {
        owner: "org".to_owned(),
        repository: "repo".to_owned(),
        head: HEAD.to_owned(),
        from: "stranger".to_owned(),
        branch: "patch-1".to_owned(),
    };
    taken("pull of a run", github.event_of(&run).await.map(drop));
    taken("token", github.token(7, "repo", true, true).await.map(drop));
    taken("SARIF", github.sarif("org", "repo", HEAD, "refs/pull/3/head", "{}").await);
    // What is wrong is refused as the bot expects it.
    let bad = github.sarif("org", "repo", "main", "refs/pull/3/head", "{}").await;
    assert!(matches!(&bad, Err(Error::Refused { status: 400 | 422, .. })), "{bad:?}");
    let unknown = github.threads(&pull).await;
    assert!(matches!(&unknown, Err(error) if error.is_forbidden()), "the mock has no GraphQL: {unknown:?}");
}

fn taken(what: &str, answer: Result<(), Error>) {
    assert_eq!(answer, Ok(()), "{what}");
}
