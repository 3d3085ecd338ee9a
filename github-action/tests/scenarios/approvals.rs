//! Findings that people lift: who counts, and when.

use std::collections::BTreeMap;

use runtime_policy_bot::approvals::Whose;
use runtime_policy_bot::event::Occasion;
use runtime_policy_bot::publish::Choice;
use runtime_policy_bot::remark::{Approvals, Remark};
use runtime_policy_bot::review::Review;
use serde_json::{Value, json};

use crate::fake::{Fake, Kind, World};
use crate::{BASE, HEAD, NEXT, choice, fault, remark, review, run, run_with, world};

fn asking() -> Remark {
    Remark {
        approvals: Some(Approvals { needed: 2, given: Vec::new() }),
        ..remark("collector-disabled", "src/a.rs", 3)
    }
}

fn approval(login: &str, state: &str, commit: &str) -> Value {
    json!({ "user": { "login": login, "type": "User" }, "state": state, "commit_id": commit })
}

#[tokio::test]
async fn approvals_are_gained_and_lost() {
    let fake = Fake::start(world()).await;
    for login in ["ada", "grace", "author"] {
        fake.world().permissions.insert(login.to_owned(), "write".to_owned());
    }
    fake.world().permissions.insert("passer-by".to_owned(), "read".to_owned());
    let review = review(&[asking()]);
    let conclusion = |fake: &Fake| fake.world().check()["conclusion"].as_str().unwrap_or_default().to_owned();
    for (new, expected, open) in [
        (approval("ada", "APPROVED", HEAD), "failure", 1),
        (approval("author", "APPROVED", HEAD), "failure", 1),
        (approval("passer-by", "APPROVED", HEAD), "failure", 1),
        (approval("stranger", "APPROVED", HEAD), "failure", 1),
        (approval("grace", "APPROVED", BASE), "failure", 1),
        (approval("grace", "APPROVED", HEAD), "success", 0),
        (approval("ada", "COMMENTED", HEAD), "success", 0),
        (approval("ada", "DISMISSED", HEAD), "failure", 1),
        (approval("ada", "APPROVED", HEAD), "success", 0),
    ] {
        let what = new.to_string();
        fake.world().reviews.push(new);
        run(&fake, &review).await;
        assert_eq!((&*conclusion(&fake), fake.world().open().len()), (expected, open), "{what}");
    }
    let summary = fake.world().checks[0]["output"]["summary"].as_str().unwrap_or_default().to_owned();
    assert!(summary.contains("approved by `ada`; 1 missing"), "{summary}");
}

#[tokio::test]
async fn a_queue_and_a_push_go_by_the_pull_request_s_approvals_and_make_no_comment() {
    for occasion in [Occasion::Queue, Occasion::Push] {
        // The pull request's head is another commit than the one that is tried.
        let fake = Fake::start(World { head: NEXT.to_owned(), ..world() }).await;
        for login in ["ada", "grace"] {
            fake.world().permissions.insert(login.to_owned(), "admin".to_owned());
            fake.world().reviews.push(approval(login, "APPROVED", NEXT));
        }
        let review = review(&[asking(), remark("manual-gc", "src/a.rs", 5)]);
        let done = run_with(&fake, &review, occasion, &choice()).await;
        assert_eq!(done.judged.open.len(), 1);
        let world = fake.world();
        assert!(world.threads.is_empty());
        assert_eq!(world.check()["output"]["annotations"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn where_approvals_cannot_be_read_nobody_has_approved() {
    let fake = Fake::start(world()).await;
    fake.world().faults.push(fault("GET", "/reviews", 0, 9, Kind::Answer(500, &[], "")));
    let done = run(&fake, &review(&[asking()])).await;
    assert!(done.failed);
    assert_eq!(fake.world().check()["conclusion"], "failure");
}

/// A world in which these people may write and have approved.
fn approved(logins: &[&str], world: World) -> World {
    World {
        permissions: logins.iter().map(|login| ((*login).to_owned(), "write".to_owned())).collect(),
        reviews: logins.iter().map(|login| approval(login, "APPROVED", HEAD)).collect(),
        ..world
    }
}

/// The verdict where these people have approved, the base commit has these code owners, and the overview of it.
async fn owned(
    owners: &str,
    teams: Option<BTreeMap<String, Vec<String>>>,
    logins: &[&str],
) -> (String, String) {
    let contents = [("docs/CODEOWNERS".to_owned(), owners.to_owned())].into();
    let fake = Fake::start(approved(logins, World { contents, teams, ..world() })).await;
    verdict(&fake, &review(&[asking()]), &Choice { whose: Whose::CodeOwners, ..choice() }).await
}

async fn verdict(fake: &Fake, review: &Review, choice: &Choice) -> (String, String) {
    run_with(fake, review, Occasion::Pull, choice).await;
    let world = fake.world();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&world.check()["conclusion"]), text(&world.check()["output"]["summary"]))
}

fn team(members: &[&str]) -> Option<BTreeMap<String, Vec<String>>> {
    Some([("runtime".to_owned(), members.iter().map(|login| (*login).to_owned()).collect())].into())
}

#[tokio::test]
async fn code_owners_of_the_base_commit_approve() {
    let owners = "* @joan @mary\n/src/ @Ada @org/runtime\n/src/b.rs @joan\n";
    let (verdict, _) = owned(owners, team(&["grace"]), &["ada", "grace"]).await;
    assert_eq!(verdict, "success");
    let (verdict, summary) = owned(owners, team(&["grace"]), &["ada", "joan", "mary"]).await;
    assert_eq!(verdict, "failure", "joan and mary own other files");
    let expected =
        "2 of `@Ada`, `@org/runtime` have to approve the head commit; approved by `ada`; 1 missing";
    assert!(summary.contains(expected), "{summary}");
    let (verdict, _) = owned("/docs/ @joan\n", None, &["ada", "grace"]).await;
    assert_eq!(verdict, "success", "what nobody owns, all who may write approve");
}

#[tokio::test]
async fn what_is_not_known_of_code_owners_is_said_and_counts_for_nothing() {
    let (verdict, summary) = owned("* @org/runtime ada@example.org\n", None, &["ada", "grace"]).await;
    assert_eq!(verdict, "failure");
    assert!(
        summary.contains("the token may not see who is in") && summary.contains("@org/runtime"),
        "{summary}"
    );
    assert!(summary.contains("GitHub does not say whose address"), "{summary}");
    let fake = Fake::start(approved(&["ada", "grace"], world())).await;
    let choice = Choice { whose: Whose::CodeOwners, ..choice() };
    let (verdict, summary) = verdict_of(&fake, &choice).await;
    assert_eq!(verdict, "failure");
    assert!(summary.contains("the base commit has no CODEOWNERS"), "{summary}");
}

async fn verdict_of(fake: &Fake, choice: &Choice) -> (String, String) {
    verdict(fake, &review(&[asking()]), choice).await
}

#[tokio::test]
async fn a_team_s_members_approve() {
    let whose = Whose::read("org/runtime").expect("a team");
    let choice = Choice { whose, ..choice() };
    for (members, expected) in [(&["ada", "grace"][..], "success"), (&["ada"], "failure")] {
        let world = World { teams: team(members), ..world() };
        let fake = Fake::start(approved(&["ada", "grace"], world)).await;
        assert_eq!(verdict_of(&fake, &choice).await.0, expected, "{members:?}");
    }
}
