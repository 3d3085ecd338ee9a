//! The program as a workflow's step runs it.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake::{Fake, TOKEN};
use crate::repository::{Repository, TRIMS};

/// A step.
struct Step {
    folder: TempDir,
    command: Command,
}

impl Step {
    fn new(arguments: &[&str], event: &str, payload: &Value) -> Step {
        let folder = TempDir::new().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-policy-bot"));
        std::fs::write(folder.path().join("event.json"), payload.to_string()).expect("an event");
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GITHUB_EVENT_NAME", event)
            .env("GITHUB_EVENT_PATH", folder.path().join("event.json"))
            .env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md"))
            .env("GITHUB_OUTPUT", folder.path().join("outputs"))
            .env("RUNTIME_POLICY_JSON_FILE", folder.path().join("review.json"))
            .env("RUNTIME_POLICY_SARIF_FILE", folder.path().join("review.sarif"));
        Step { folder, command }
    }

    fn review(repository: &Repository) -> Step {
        let mut step = Step::new(&["review"], "pull_request", &pull_request(repository));
        step.command.env("RUNTIME_POLICY_ROOT", repository.root());
        step
    }

    fn with_token(mut self, fake: &Fake) -> Step {
        self.command
            .env("GITHUB_TOKEN", TOKEN)
            .env("GITHUB_API_URL", &fake.address)
            .env("GITHUB_GRAPHQL_URL", format!("{}/graphql", fake.address));
        self
    }

    fn env(mut self, name: &str, value: &str) -> Step {
        self.command.env(name, value);
        self
    }

    async fn run(self) -> Done {
        let Step { folder, mut command } = self;
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
        Done { folder, output: output.expect("the program") }
    }
}

struct Done {
    folder: TempDir,
    output: Output,
}

impl Done {
    fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    fn out(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    fn err(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

fn pull_request(repository: &Repository) -> Value {
    json!({
        "action": "opened",
        "repository": { "full_name": "org/repo" },
        "pull_request": {
            "number": 3, "state": "open",
            "base": { "sha": repository.base },
            "head": { "sha": repository.head, "repo": { "full_name": "org/repo" } },
        },
    })
}

/// A fake that shows all lines of the change's file.
pub async fn fake(repository: &Repository) -> Fake {
    let mut world = crate::world();
    world.head.clone_from(&repository.head);
    world.base.clone_from(&repository.base);
    world.files = vec![("src/a.rs".to_owned(), Some("@@ -1,3 +1,4 @@".to_owned()))];
    Fake::start(world).await
}

#[tokio::test]
async fn a_pull_request_is_reviewed_by_what_git_has_of_it() {
    let repository = Repository::with(&[]);
    let fake = fake(&repository).await;
    let done = Step::review(&repository).with_token(&fake).run().await;
    assert_eq!(done.code(), Some(1), "{}{}", done.out(), done.err());
    let world = fake.world();
    assert_eq!(world.open().len(), 1);
    assert_eq!(world.open()[0].lines, Some((2, 2)));
    assert_eq!(world.check()["conclusion"], "failure");
    assert_eq!(done.out(), "", "what comments say, the log need not repeat");
    assert!(done.text("summary.md").contains("manual-gc"));
    assert!(
        done.text("outputs").contains("verdict=findings\nfindings=1\nerrors=1\n"),
        "{}",
        done.text("outputs")
    );
    let sarif: Value = serde_json::from_str(&done.text("review.sarif")).expect("SARIF");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(1));
}

/// A click on the suggestion mends the file.
#[tokio::test]
async fn a_fix_is_a_suggestion_that_applies() {
    let text = "pub fn answer() -> u32 {\n    // runtime-policy: allow(manual-gc) -- no longer\n    1\n}\n";
    let repository = Repository::with(&[("src/a.rs", text)]);
    let fake = fake(&repository).await;
    let done = Step::review(&repository).with_token(&fake).env("RUNTIME_POLICY_FAIL_ON", "never").run().await;
    assert_eq!(done.code(), Some(0), "{}{}", done.out(), done.err());
    let world = fake.world();
    let thread = world.open()[0];
    let body = thread.comments[0].body.replace("\r\n", "\n");
    let (_, suggestion) = body.split_once("```suggestion\n").expect("a suggestion");
    let (lines, _) = suggestion.split_once("```").expect("its end");
    let (first, last) = thread.lines.expect("lines");
    let kept = |keep: &dyn Fn(u64) -> bool| -> String {
        text.split_inclusive('\n')
            .zip(1..)
            .filter(|(_, number)| keep(*number))
            .map(|(line, _)| line)
            .collect()
    };
    let mended = format!("{}{lines}{}", kept(&|number| number < first), kept(&|number| number > last));
    assert_eq!(mended, "pub fn answer() -> u32 {\n    1\n}\n");
}

#[tokio::test]
async fn without_a_token_all_is_said_on_this_machine() {
    let repository = Repository::with(&[]);
    let done = Step::review(&repository).run().await;
    assert_eq!(done.code(), Some(1), "{}", done.err());
    assert!(done.out().starts_with("::error file=src/a.rs,line=2,"), "{}", done.out());
    assert!(done.text("summary.md").contains("there is no token"));
    let whole: Value = serde_json::from_str(&done.text("review.json")).expect("JSON");
    assert_eq!(whole["review"]["remarks"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_change_s_own_policy_has_no_say_and_is_reported() {
    let policy = "[levels]\nmanual-gc = \"off\"\n";
    let repository = Repository::with(&[("runtime-policy.toml", policy)]);
    let done = Step::review(&repository).run().await;
    assert_eq!(done.code(), Some(1), "{}", done.err());
    let summary = done.text("summary.md");
    assert!(summary.contains("### Policy changes") && summary.contains("policy-changed"), "{summary}");
    assert!(summary.contains("1 finding would be gone, 0 new"), "{summary}");
    let (_, preview) = summary.split_once("### Under the new policy").expect("a preview");
    assert!(
        preview.trim_start().starts_with("- **") && preview.contains("gone · `src/a.rs`, line 2"),
        "{summary}"
    );
}

/// What the policy says about files that the change leaves alone is shown as well.
#[tokio::test]
async fn a_change_of_the_policy_alone_shows_what_it_would_do() {
    let untouched = [("src/a.rs", TRIMS), ("src/b.rs", TRIMS)];
    let policy = "[levels]\nmanual-gc = \"warning\"\n";
    let repository = Repository::between(&untouched, &[("src/a.rs", TRIMS), ("runtime-policy.toml", policy)]);
    let done = Step::review(&repository).run().await;
    assert_eq!(done.code(), Some(0), "{}", done.err());
    let summary = done.text("summary.md");
    assert!(summary.contains("0 findings would be gone, 0 new, and 2 at another level"), "{summary}");
    assert!(summary.contains("warning instead of error · `src/b.rs`, line 2"), "{summary}");
    let wrong = [("src/a.rs", TRIMS), ("runtime-policy.toml", "[levels]\nmanual-gc = 3\n")];
    let done = Step::review(&Repository::between(&untouched, &wrong)).run().await;
    assert!(done.text("summary.md").contains("it cannot be used: "), "{}", done.text("summary.md"));
}

#[tokio::test]
async fn a_change_of_the_baseline_alone_shows_what_it_would_do() {
    let first = Step::review(&Repository::with(&[])).run().await;
    let whole: Value = serde_json::from_str(&first.text("review.json")).expect("JSON");
    let fingerprint = whole["open"][0]["fingerprint"].as_str().expect("a finding");
    let accepted = format!("{fingerprint} 1 manual-gc src/a.rs\n");
    let files = [("src/a.rs", TRIMS), ("runtime-policy-baseline.txt", &*accepted)];
    let done = Step::review(&Repository::between(&[("src/a.rs", TRIMS)], &files)).run().await;
    assert!(done.text("summary.md").contains("gone · `src/a.rs`, line 2"), "{}", done.text("summary.md"));
}

#[tokio::test]
async fn a_new_suppression_is_listed() {
    let text = "pub fn answer(_request: &str) {\n    // runtime-policy: allow(manual-gc) -- see #412\n    unsafe { libc::malloc_trim(0) };\n}\n";
    let repository = Repository::with(&[("src/a.rs", text)]);
    let done = Step::review(&repository).run().await;
    assert_eq!(done.code(), Some(0), "{}", done.err());
    let summary = done.text("summary.md");
    assert!(summary.contains("### New suppressions") && summary.contains("412"), "{summary}");
}

#[tokio::test]
async fn each_kind_of_failure_has_its_own_exit_code() {
    let repository = Repository::with(&[]);
    let wrong_event = Step::new(&["review"], "issues", &pull_request(&repository)).run().await;
    assert_eq!(wrong_event.code(), Some(2), "{}", wrong_event.err());
    let mut payload = pull_request(&repository);
    payload["pull_request"]["base"]["sha"] = "d".repeat(40).into();
    let root = repository.root().to_string_lossy().into_owned();
    let no_commit =
        Step::new(&["review"], "pull_request", &payload).env("RUNTIME_POLICY_ROOT", &root).run().await;
    assert_eq!(no_commit.code(), Some(3), "{}", no_commit.err());
    assert!(no_commit.err().contains("knows no commit"), "{}", no_commit.err());
    payload["action"] = "labeled".into();
    let nothing = Step::new(&["review"], "pull_request", &payload).run().await;
    assert_eq!((nothing.code(), nothing.out().contains("nothing to review")), (Some(0), true));
    let fake = fake(&repository).await;
    fake.world().faults.push(crate::fault(
        "GET",
        "/check-runs",
        0,
        99,
        crate::fake::Kind::Answer(500, &[], ""),
    ));
    let untold =
        Step::review(&repository).with_token(&fake).env("RUNTIME_POLICY_FAIL_ON", "never").run().await;
    assert_eq!(untold.code(), Some(4), "{}", untold.err());
}

/// An unprivileged run leaves a file; a privileged one publishes it and trusts nothing in it.
#[tokio::test]
async fn a_fork_s_review_is_published_by_a_second_workflow() {
    let repository = Repository::with(&[]);
    let first = Step::review(&repository).run().await;
    let fake = fake(&repository).await;
    let payload = |head: &str| {
        json!({
            "repository": { "full_name": "org/repo" },
            "workflow_run": {
                "event": "pull_request", "head_sha": head, "head_branch": "patch-1",
                "head_repository": { "owner": { "login": "stranger" } },
            },
        })
    };
    let publish = |head: &str| {
        let file = first.file("review.json").to_string_lossy().into_owned();
        Step::new(&["publish"], "workflow_run", &payload(head))
            .env("RUNTIME_POLICY_FILE", &file)
            .with_token(&fake)
    };
    let other = publish(&"d".repeat(40)).run().await;
    assert_eq!(other.code(), Some(3), "{}", other.err());
    let done = publish(&repository.head).run().await;
    assert_eq!(done.code(), Some(1), "{}", done.err());
    assert_eq!(fake.world().open().len(), 1);
    let forged = first.text("review.json").replace("src/a.rs", "../a.rs");
    std::fs::write(first.file("review.json"), forged).expect("a file");
    let refused = publish(&repository.head).run().await;
    assert_eq!(refused.code(), Some(3), "{}", refused.err());
}

#[tokio::test]
async fn the_token_is_in_no_output() {
    let repository = Repository::with(&[]);
    let fake = fake(&repository).await;
    fake.world().faults.push(crate::fault("POST", "/check-runs", 0, 9, crate::fake::Kind::BreakBefore));
    let done = Step::review(&repository).with_token(&fake).env("RUNNER_DEBUG", "1").run().await;
    let all =
        [done.out(), done.err(), done.text("summary.md"), done.text("outputs"), done.text("review.json")];
    assert!(all.iter().all(|text| !text.contains(TOKEN)), "{all:?}");
    assert!(done.err().contains("asked GitHub"), "{}", done.err());
}

/// A git of the same name, first on the search path, that notes what it was given.
#[cfg(unix)]
#[tokio::test]
async fn the_token_is_in_no_child_s_environment() {
    use std::os::unix::fs::PermissionsExt;

    let repository = Repository::with(&[]);
    let fake = fake(&repository).await;
    let folder = TempDir::new().expect("a folder");
    let path = std::env::var("PATH").expect("a search path");
    let (notes, git) = (folder.path().join("notes"), folder.path().join("git"));
    let script = format!("#!/bin/sh\nenv >> '{}'\nPATH='{path}' exec git \"$@\"\n", notes.display());
    std::fs::write(&git, script).expect("a script");
    std::fs::set_permissions(&git, PermissionsExt::from_mode(0o755)).expect("rights");
    let path = format!("{}:{path}", folder.path().display());
    let done = Step::review(&repository).with_token(&fake).env("PATH", &path).run().await;
    assert_eq!(done.code(), Some(1), "{}", done.err());
    let notes = std::fs::read_to_string(notes).expect("git was asked");
    assert!(notes.contains("GITHUB_EVENT_NAME") && !notes.contains(TOKEN), "{notes}");
}

#[tokio::test]
async fn a_baseline_counts_as_the_base_has_it() {
    let plain = Repository::with(&[]);
    let first = Step::review(&plain).run().await;
    let whole: Value = serde_json::from_str(&first.text("review.json")).expect("JSON");
    let fingerprint = whole["open"][0]["fingerprint"].as_str().expect("a finding").to_owned();
    let baseline = format!("{fingerprint} 1 manual-gc src/a.rs\n");
    let repository = Repository::with(&[("runtime-policy-baseline.txt", &baseline)]);
    let done = Step::review(&repository).run().await;
    assert_eq!(done.code(), Some(1), "the change cannot accept its own finding: {}", done.err());
    assert!(done.text("summary.md").contains("`runtime-policy-baseline.txt` is changed"));
    let repository = Repository::on_base(&[("runtime-policy-baseline.txt", &baseline)]);
    let done = Step::review(&repository).run().await;
    assert_eq!(done.code(), Some(0), "{}{}", done.out(), done.err());
}
