//! The bot against a GitHub that keeps what it is told: what stands there after each run.

mod actions;
mod approvals;
mod fake;
#[cfg(unix)]
mod install;
mod own_rules;
mod published;
mod repository;
mod serve;

use std::time::Duration;

use fake::{BOT, Comment, Fake, Fault, Kind, TOKEN, Thread, World};
use runtime_policy_bot::event::{Event, Occasion};
use runtime_policy_bot::github::{GitHub, Limits, Settings};
use runtime_policy_bot::ladder::Rung;
use runtime_policy_bot::marker::Key;
use runtime_policy_bot::publish::{Choice, Published, Source, publish};
use runtime_policy_bot::remark::Remark;
use runtime_policy_bot::review::{Review, Verdict};
use runtime_policy_lints::finding::Level;
use serde_json::json;

const HEAD: &str = "1111111111111111111111111111111111111111";
const NEXT: &str = "2222222222222222222222222222222222222222";
const BASE: &str = "0000000000000000000000000000000000000000";

fn world() -> World {
    World {
        head: HEAD.to_owned(),
        base: BASE.to_owned(),
        author: "author".to_owned(),
        files: vec![
            ("src/a.rs".to_owned(), Some("@@ -1,0 +1,20 @@\n@@ -40,0 +60,5 @@".to_owned())),
            ("big.rs".to_owned(), None),
        ],
        ..World::default()
    }
}

fn remark(rule: &str, path: &str, line: u32) -> Remark {
    Remark {
        rule: rule.to_owned(),
        level: Level::Error,
        path: path.to_owned(),
        line,
        column: 1,
        end_line: line,
        end_column: 9,
        message: format!("`{rule}` at {line}"),
        why: "it matters".to_owned(),
        help: "do something else".to_owned(),
        fingerprint: format!("{:032x}", u64::from(line) + path.len() as u64 * 100_000),
        related: Vec::new(),
        fix: None,
        approvals: None,
    }
}

fn review(remarks: &[Remark]) -> Review {
    Review { base: BASE.to_owned(), head: HEAD.to_owned(), remarks: remarks.to_vec(), ..Review::default() }
}

fn event(occasion: Occasion) -> Event {
    Event {
        owner: "org".to_owned(),
        repository: "repo".to_owned(),
        occasion,
        pull: (occasion != Occasion::Push).then_some(3),
        base: BASE.to_owned(),
        head: HEAD.to_owned(),
        reference: "refs/pull/3/head".to_owned(),
        onto: Some("refs/heads/main".to_owned()),
        from_fork: false,
        again: None,
    }
}

fn choice() -> Choice {
    Choice { fails_from: Some(Level::Error), comments: true, ..Choice::default() }
}

/// No pauses: there is nobody to spare.
fn limits() -> Limits {
    Limits {
        gap: Duration::ZERO,
        a_minute: 10_000,
        an_hour: 10_000,
        backoff: Duration::from_millis(1),
        limited: Duration::from_millis(1),
        patience: Duration::from_secs(20),
    }
}

fn github(fake: &Fake) -> GitHub {
    let settings = Settings {
        api: fake.address.clone(),
        graphql: format!("{}/graphql", fake.address),
        token: TOKEN.into(),
        limits: limits(),
        budget: Duration::from_secs(60),
    };
    GitHub::new(&settings).expect("a connection")
}

async fn run(fake: &Fake, review: &Review) -> Published {
    run_with(fake, review, Occasion::Pull, &choice()).await
}

async fn run_with(fake: &Fake, review: &Review, occasion: Occasion, choice: &Choice) -> Published {
    let source = Source { sarif: Some("{}"), ..Source::NONE };
    let mut github = github(fake);
    publish(&mut github, &event(occasion), review, choice, &source).await
}

fn left(done: &Published) -> Vec<(Rung, usize)> {
    done.ladder.left().iter().map(|left| (left.rung, left.count)).collect()
}

#[tokio::test]
async fn a_first_run_says_all_and_a_second_one_writes_nothing() {
    let fake = Fake::start(world()).await;
    let review = review(&[
        remark("manual-gc", "src/a.rs", 3),
        remark("profile-rate", "big.rs", 9),
        remark("manual-gc", "src/z.rs", 1),
    ]);
    let done = run(&fake, &review).await;
    assert_eq!(done.verdict(&review, &choice()), Verdict::Findings);
    assert_eq!((done.troubles.len(), left(&done)), (0, vec![(Rung::Comments, 1)]));
    let writes = {
        let world = fake.world();
        let places: Vec<_> = world.open().iter().map(|thread| (thread.path.clone(), thread.lines)).collect();
        assert_eq!(places, [("src/a.rs".to_owned(), Some((3, 3))), ("big.rs".to_owned(), None)]);
        let check = world.check();
        assert_eq!((&check["status"], &check["conclusion"]), (&json!("completed"), &json!("failure")));
        assert_eq!(check["output"]["annotations"].as_array().map(Vec::len), Some(1), "what no comment says");
        assert_eq!(check["output"]["annotations"][0]["path"], "src/z.rs");
        world.writes().len()
    };
    run(&fake, &review).await;
    assert_eq!(fake.world().writes().len(), writes, "{:#?}", fake.world().writes().last());
}

#[tokio::test]
async fn what_is_mended_is_resolved_and_what_is_back_is_reopened() {
    let fake = Fake::start(world()).await;
    let both = review(&[remark("manual-gc", "src/a.rs", 3), remark("manual-gc", "src/a.rs", 5)]);
    run(&fake, &both).await;
    run(&fake, &review(&[remark("manual-gc", "src/a.rs", 5)])).await;
    assert_eq!(fake.world().open().len(), 1);
    run(&fake, &both).await;
    let world = fake.world();
    assert_eq!((world.open().len(), world.threads.len()), (2, 2), "the old thread, not a new one");
}

#[tokio::test]
async fn a_moved_line_keeps_its_thread_after_a_force_push() {
    let fake = Fake::start(world()).await;
    let first = remark("manual-gc", "src/a.rs", 3);
    run(&fake, &review(std::slice::from_ref(&first))).await;
    fake.world().head = NEXT.to_owned();
    let moved = Remark { line: 12, end_line: 12, ..first };
    let pushed = Review { head: NEXT.to_owned(), ..review(&[moved]) };
    run(&fake, &pushed).await;
    let world = fake.world();
    assert_eq!(world.threads.len(), 1);
    assert_eq!(world.checks.len(), 2, "each commit has a check run of its own");
}

#[tokio::test]
async fn a_run_that_has_been_overtaken_makes_no_comment() {
    let fake = Fake::start(world()).await;
    fake.world().head = NEXT.to_owned();
    let done = run(&fake, &review(&[remark("manual-gc", "src/a.rs", 3)])).await;
    assert!(fake.world().threads.is_empty());
    assert!(done.ladder.open().is_empty(), "its own check run says it");
}

#[tokio::test]
async fn a_forged_marker_hides_nothing() {
    let fake = Fake::start(world()).await;
    let finding = remark("manual-gc", "src/a.rs", 3);
    let marker = Key { fingerprint: finding.fingerprint.clone(), occurrence: 1 }.marker();
    let forged = Comment { id: 1_000, author: "stranger".to_owned(), body: format!("hello\n{marker}") };
    fake.world().threads.push(Thread {
        id: "forged".to_owned(),
        path: "src/a.rs".to_owned(),
        lines: Some((3, 3)),
        resolved_by: Some("stranger".to_owned()),
        comments: vec![forged],
    });
    run(&fake, &review(&[finding])).await;
    let world = fake.world();
    assert_eq!(world.open().len(), 1);
    assert_eq!(world.threads[0].comments.len(), 1, "the stranger's thread is left alone");
}

#[tokio::test]
async fn people_have_the_last_word_in_threads() {
    let fake = Fake::start(world()).await;
    let finding = remark("manual-gc", "src/a.rs", 3);
    run(&fake, &review(std::slice::from_ref(&finding))).await;
    let answer = Comment { id: 500, author: "ada".to_owned(), body: "is that so?".to_owned() };
    fake.world().threads[0].comments.push(answer);
    run(&fake, &review(&[])).await;
    run(&fake, &review(&[])).await;
    {
        let world = fake.world();
        assert_eq!(world.open().len(), 1, "whether talk is over is not for the bot to say");
        assert_eq!(world.threads[0].comments.len(), 3, "it says once that the finding is gone");
    }
    fake.world().threads[0].resolved_by = Some("ada".to_owned());
    run(&fake, &review(&[finding])).await;
    assert_eq!(fake.world().open().len(), 0, "what ada has resolved stays so");
}

#[tokio::test]
async fn a_token_that_may_not_resolve_says_so_once() {
    let fake = Fake::start(World { resolves_not: true, ..world() }).await;
    run(&fake, &review(&[remark("manual-gc", "src/a.rs", 3)])).await;
    for _ in 0..2 {
        run(&fake, &review(&[])).await;
    }
    let world = fake.world();
    assert_eq!(world.threads[0].comments.len(), 2);
    assert_eq!(world.threads[0].comments[1].author, BOT);
}

#[tokio::test]
async fn one_refused_line_costs_no_other_its_comment() {
    let fake = Fake::start(World { cursed: vec![7], ..world() }).await;
    let remarks: Vec<Remark> = (1..=20).map(|line| remark("manual-gc", "src/a.rs", line)).collect();
    let done = run(&fake, &review(&remarks)).await;
    let world = fake.world();
    assert_eq!(world.open().len(), 20);
    let about_file: Vec<_> = world.open().into_iter().filter(|thread| thread.lines.is_none()).collect();
    assert_eq!(about_file.len(), 1);
    assert!(done.troubles.is_empty());
}

#[tokio::test]
async fn a_fork_s_token_loses_nothing() {
    let fake = Fake::start(World { reads_only: true, ..world() }).await;
    let review = review(&[remark("manual-gc", "src/a.rs", 3), remark("manual-gc", "src/z.rs", 3)]);
    let done = run(&fake, &review).await;
    assert!(fake.world().writes().is_empty());
    assert_eq!(done.ladder.open(), [0, 1], "all is left for the rungs that need no token");
    assert!(!done.failed, "that is how forks are");
    assert!(done.troubles.iter().any(|trouble| trouble.contains("403")), "{:?}", done.troubles);
}

#[tokio::test]
async fn a_huge_change_comes_to_fifty_comments_and_annotations_in_batches() {
    let fake = Fake::start(world()).await;
    fake.world().files[0].1 = Some("@@ -1,0 +1,2000 @@".to_owned());
    for number in 0..250 {
        fake.world().files.push((format!("src/{number}.rs"), Some(String::new())));
    }
    let remarks: Vec<Remark> = (1..=700).map(|line| remark("manual-gc", "src/a.rs", line)).collect();
    let done = run(&fake, &review(&remarks)).await;
    assert_eq!(left(&done), [(Rung::Comments, 650), (Rung::Check, 150)]);
    let writes = {
        let world = fake.world();
        assert_eq!(world.open().len(), 50);
        assert_eq!(world.check()["output"]["annotations"].as_array().map(Vec::len), Some(500));
        assert_eq!(world.check()["conclusion"], "failure");
        world.writes().len()
    };
    run(&fake, &review(&remarks)).await;
    assert_eq!(fake.world().writes().len(), writes);
}

fn fault(method: &'static str, path: &'static str, after: usize, times: usize, kind: Kind) -> Fault {
    Fault { method, path, after, times, kind }
}

/// Every way to fail at every request of a run: whatever happens, nothing is said twice, what was not said is left for
/// the rungs below, and the next run brings all to where it should be.
#[tokio::test]
async fn whatever_fails_wherever_nothing_is_doubled_or_lost() {
    let remarks: Vec<Remark> = (1..=120).map(|line| remark("manual-gc", "src/a.rs", line)).collect();
    let review = review(&remarks);
    let kinds = [
        Kind::BreakBefore,
        Kind::BreakAfter,
        Kind::Answer(403, &[], "Resource not accessible by integration"),
        Kind::Answer(404, &[], "Not Found"),
        Kind::Answer(413, &[], "Payload too large"),
        Kind::Answer(422, &[], "Validation failed"),
        Kind::Answer(429, &[], "too many"),
        Kind::Answer(502, &[], "Bad gateway"),
    ];
    // Lines for 30 comments; the others are about the file.
    let start =
        || World { files: vec![("src/a.rs".to_owned(), Some("@@ -1,0 +1,30 @@".to_owned()))], ..world() };
    for (method, path, after) in [
        ("GET", "/files", 0),
        ("POST", "/graphql", 0),
        ("POST", "/reviews", 0),
        ("POST", "/comments", 0),
        ("GET", "/check-runs", 0),
        ("POST", "/check-runs", 0),
        ("POST", "/reviews", 1),
        ("PATCH", "", 0),
    ] {
        for kind in &kinds {
            let fake = Fake::start(start()).await;
            fake.world().faults.push(fault(method, path, after, 1, kind.clone()));
            let what = format!("{method} {path} {kind:?}");
            let mut github = github(&fake);
            let done = publish(&mut github, &event(Occasion::Pull), &review, &choice(), &Source::NONE).await;
            assert_eq!(fake.world().faults[0].times, 0, "{what}: did not come to it");
            let (comments, annotations) = said(&fake);
            let unsaid = done.ladder.open().len();
            assert!(
                comments + annotations + unsaid >= 120,
                "{what}: lost: {comments} {annotations} {unsaid}"
            );
            assert_no_doubles(&fake, &what);
            publish(&mut github, &event(Occasion::Pull), &review, &choice(), &Source::NONE).await;
            let (comments, annotations) = said(&fake);
            assert_eq!((comments, annotations), (50, 70), "{what}: after the next run");
            assert_no_doubles(&fake, &what);
        }
    }
}

/// How many findings the open threads and the newest check run say.
fn said(fake: &Fake) -> (usize, usize) {
    let world = fake.world();
    let annotations =
        world.checks.last().and_then(|run| run["output"]["annotations"].as_array().map(Vec::len));
    (world.open().len(), annotations.unwrap_or(0))
}

fn assert_no_doubles(fake: &Fake, what: &str) {
    let world = fake.world();
    let mut keys: Vec<Key> =
        world.open().iter().filter_map(|thread| Key::read(&thread.comments[0].body)).collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "{what}: a comment twice");
    for run in &world.checks {
        let annotations = run["output"]["annotations"].as_array().cloned().unwrap_or_default();
        let mut lines: Vec<u64> = annotations.iter().filter_map(|one| one["start_line"].as_u64()).collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), annotations.len(), "{what}: an annotation twice");
    }
}

#[tokio::test]
async fn code_scanning_is_told_once() {
    let fake = Fake::start(world()).await;
    let choice = Choice { scanning: true, ..choice() };
    for _ in 0..2 {
        run_with(&fake, &review(&[]), Occasion::Pull, &choice).await;
    }
    assert_eq!(fake.world().sarif.len(), 1);
}
