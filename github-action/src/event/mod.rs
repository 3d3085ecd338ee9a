//! What a workflow was started for: GitHub's event, as Actions and webhooks give it.

mod again;

use std::fmt;

use serde_json::Value;

pub use again::{Again, again};

use crate::review::is_sha;

/// On what occasion a change is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A pull request, in which comments can be made.
    Pull,
    /// A merge queue tries what it is about to merge.
    Queue,
    /// Commits have come to a branch.
    Push,
}

/// A change to review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The repository's owner.
    pub owner: String,
    /// The repository's name.
    pub repository: String,
    /// On what occasion.
    pub occasion: Occasion,
    /// The pull request, if there is one.
    pub pull: Option<u64>,
    /// The commit that the change goes to.
    pub base: String,
    /// The last commit of the change.
    pub head: String,
    /// The full reference that code scanning knows the head by.
    pub reference: String,
    /// The full reference that the change goes to, if the event names it.
    pub onto: Option<String>,
    /// Whether the change comes from another repository.
    pub from_fork: bool,
    /// By what somebody has asked for this review once more, if so: it gets a check run of its own.
    pub again: Option<String>,
}

/// Why there is nothing to review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is nothing to do, and that is well.
    Nothing(String),
    /// The event is not one that can be reviewed.
    Wrong(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Nothing(message) | Refusal::Wrong(message) => f.write_str(message),
        }
    }
}

/// Commits that the caller names instead of the event's.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The commit that the change goes to.
    pub base: Option<String>,
    /// The last commit of the change.
    pub head: Option<String>,
}

/// Reads an event. `name` is the event's, as in `GITHUB_EVENT_NAME`.
///
/// # Errors
/// It is about nothing to review, or lacks what it should have.
pub fn read(name: &str, payload: &Value, given: Given) -> Result<Event, Refusal> {
    let about = match name {
        "pull_request" | "pull_request_target" | "pull_request_review" => pull(name, payload)?,
        "merge_group" => queue(payload)?,
        "push" => push(payload, &given)?,
        "workflow_dispatch" => dispatch(payload, &given)?,
        _ => {
            return Err(Refusal::Wrong(format!(
                "the event `{name}` cannot be reviewed; use `pull_request`, `pull_request_review`, `merge_group`, \
                 `push` or `workflow_dispatch`"
            )));
        }
    };
    let (owner, repository) = names(&text(payload, "/repository/full_name")?)?;
    let base = given.base.unwrap_or(about.base);
    let event = Event { owner, repository, base, head: given.head.unwrap_or(about.head), ..about };
    for sha in [&event.base, &event.head] {
        if !is_sha(sha) {
            return Err(Refusal::Wrong(format!("the event names `{sha}`, which is no commit")));
        }
    }
    Ok(event)
}

/// An unprivileged run that has ended, as `workflow_run` tells a privileged one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The owner of the repository that the change goes to.
    pub owner: String,
    /// That repository's name.
    pub repository: String,
    /// The last commit of the change.
    pub head: String,
    /// The owner of the repository that the change comes from.
    pub from: String,
    /// The branch there.
    pub branch: String,
}

/// Reads the event `workflow_run`. Nothing in it but GitHub's own words says which pull request is meant.
///
/// # Errors
/// The run was about no pull request.
pub fn ended(payload: &Value) -> Result<Ended, Refusal> {
    let (owner, repository) = names(&text(payload, "/repository/full_name")?)?;
    let event = text(payload, "/workflow_run/event")?;
    if event != "pull_request" {
        return Err(Refusal::Nothing(format!("the run was for `{event}`, not for a pull request")));
    }
    let head = text(payload, "/workflow_run/head_sha")?;
    if !is_sha(&head) {
        return Err(Refusal::Wrong(format!("the event names `{head}`, which is no commit")));
    }
    Ok(Ended {
        owner,
        repository,
        head,
        from: text(payload, "/workflow_run/head_repository/owner/login")?,
        branch: text(payload, "/workflow_run/head_branch")?,
    })
}

/// Owner and name in `owner/name`.
///
/// # Errors
/// It is none.
pub fn names(full: &str) -> Result<(String, String), Refusal> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    match full.split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) => Ok((owner.to_owned(), name.to_owned())),
        _ => Err(Refusal::Wrong(format!("`{full}` is no repository's name"))),
    }
}

fn pull(name: &str, payload: &Value) -> Result<Event, Refusal> {
    let action = text(payload, "/action")?;
    let reviewed = match name {
        "pull_request_review" => matches!(&*action, "submitted" | "dismissed" | "edited"),
        _ => matches!(&*action, "opened" | "reopened" | "synchronize" | "ready_for_review" | "edited"),
    };
    if !reviewed {
        return Err(Refusal::Nothing(format!("`{action}` of a pull request changes nothing about its code")));
    }
    if payload.pointer("/pull_request/state").is_some_and(|state| state != "open") {
        return Err(Refusal::Nothing("the pull request is closed".to_owned()));
    }
    let number = payload.pointer("/pull_request/number").and_then(Value::as_u64);
    let number = number.ok_or_else(|| lacks("/pull_request/number"))?;
    let head_repository = payload.pointer("/pull_request/head/repo/full_name");
    Ok(Event {
        owner: String::new(),
        repository: String::new(),
        occasion: Occasion::Pull,
        pull: Some(number),
        base: text(payload, "/pull_request/base/sha")?,
        head: text(payload, "/pull_request/head/sha")?,
        reference: format!("refs/pull/{number}/head"),
        onto: text(payload, "/pull_request/base/ref").ok().map(|branch| format!("refs/heads/{branch}")),
        // A fork that is gone has no repository.
        from_fork: head_repository != payload.pointer("/repository/full_name"),
        again: None,
    })
}

fn queue(payload: &Value) -> Result<Event, Refusal> {
    let action = text(payload, "/action")?;
    if action != "checks_requested" {
        return Err(Refusal::Nothing(format!("`{action}` of a merge queue asks for no checks")));
    }
    let reference = text(payload, "/merge_group/head_ref")?;
    Ok(Event {
        owner: String::new(),
        repository: String::new(),
        occasion: Occasion::Queue,
        pull: queued(&reference),
        base: text(payload, "/merge_group/base_sha")?,
        head: text(payload, "/merge_group/head_sha")?,
        reference,
        onto: text(payload, "/merge_group/base_ref").ok(),
        from_fork: false,
        again: None,
    })
}

/// The pull request that a queue's branch is for: `refs/heads/gh-readonly-queue/main/pr-3-…`.
fn queued(reference: &str) -> Option<u64> {
    let last = reference.strip_prefix("refs/heads/gh-readonly-queue/")?.rsplit('/').next()?;
    last.strip_prefix("pr-")?.split('-').next()?.parse().ok()
}

fn push(payload: &Value, given: &Given) -> Result<Event, Refusal> {
    let reference = text(payload, "/ref")?;
    if payload["deleted"] == true {
        return Err(Refusal::Nothing(format!("`{reference}` is deleted")));
    }
    if !reference.starts_with("refs/heads/") {
        return Err(Refusal::Nothing(format!("`{reference}` is no branch")));
    }
    let base = text(payload, "/before")?;
    if given.base.is_none() && base.bytes().all(|byte| byte == b'0') {
        return Err(Refusal::Wrong(format!(
            "`{reference}` is new, so the event names no commit before it; name one with `--base`"
        )));
    }
    Ok(Event {
        owner: String::new(),
        repository: String::new(),
        occasion: Occasion::Push,
        pull: None,
        base,
        head: text(payload, "/after")?,
        reference,
        onto: None,
        from_fork: false,
        again: None,
    })
}

fn dispatch(payload: &Value, given: &Given) -> Result<Event, Refusal> {
    let named = |commit: &Option<String>, option: &str| {
        let message =
            || Refusal::Wrong(format!("`workflow_dispatch` names no commits; give one with `{option}`"));
        commit.clone().ok_or_else(message)
    };
    Ok(Event {
        owner: String::new(),
        repository: String::new(),
        occasion: Occasion::Push,
        pull: None,
        base: named(&given.base, "--base")?,
        head: named(&given.head, "--head")?,
        reference: text(payload, "/ref")?,
        onto: None,
        from_fork: false,
        again: None,
    })
}

fn text(payload: &Value, place: &str) -> Result<String, Refusal> {
    payload.pointer(place).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| lacks(place))
}

fn lacks(place: &str) -> Refusal {
    Refusal::Wrong(format!("the event lacks `{}`", place.trim_start_matches('/').replace('/', ".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, payload: &Value) -> Result<Event, Refusal> {
        super::read(name, payload, Given::default())
    }

    use serde_json::json;

    fn pull_request(action: &str, head_repository: &str) -> Value {
        json!({
            "action": action,
            "repository": { "full_name": "org/repo" },
            "pull_request": {
                "number": 3,
                "state": "open",
                "base": { "sha": "a".repeat(40) },
                "head": { "sha": "b".repeat(40), "repo": { "full_name": head_repository } },
            },
        })
    }

    #[test]
    fn pull_requests_are_reviewed_when_their_code_or_approvals_change() {
        let event = read("pull_request", &pull_request("synchronize", "stranger/repo")).expect("an event");
        assert_eq!((event.pull, event.from_fork, &*event.reference), (Some(3), true, "refs/pull/3/head"));
        assert!(read("pull_request_review", &pull_request("dismissed", "org/repo")).is_ok());
        let refusal = read("pull_request", &pull_request("labeled", "org/repo"));
        assert!(matches!(refusal, Err(Refusal::Nothing(_))));
    }

    #[test]
    fn an_ended_run_names_its_branch() {
        let payload = |event: &str| {
            json!({
                "repository": { "full_name": "org/repo" },
                "workflow_run": {
                    "event": event, "head_sha": "b".repeat(40), "head_branch": "patch-1",
                    "head_repository": { "owner": { "login": "stranger" } },
                },
            })
        };
        let run = ended(&payload("pull_request")).expect("a run");
        assert_eq!((&*run.from, &*run.branch), ("stranger", "patch-1"));
        assert!(matches!(ended(&payload("push")), Err(Refusal::Nothing(_))));
    }

    #[test]
    fn queues_name_their_pull_request() {
        let payload = json!({
            "action": "checks_requested",
            "repository": { "full_name": "org/repo" },
            "merge_group": {
                "head_sha": "b".repeat(40), "base_sha": "a".repeat(40),
                "head_ref": "refs/heads/gh-readonly-queue/release/1/pr-104-9b2f",
            },
        });
        let event = read("merge_group", &payload).expect("an event");
        assert_eq!((event.occasion, event.pull), (Occasion::Queue, Some(104)));
    }

    #[test]
    fn what_cannot_be_reviewed_is_refused_with_a_reason() {
        let push = |before: &str, reference: &str| {
            json!({
                "ref": reference, "before": before, "after": "b".repeat(40), "deleted": false,
                "repository": { "full_name": "org/repo" },
            })
        };
        let new = read("push", &push(&"0".repeat(40), "refs/heads/x"));
        assert!(matches!(&new, Err(Refusal::Wrong(message)) if message.contains("--base")), "{new:?}");
        let given = Given { base: Some("c".repeat(40)), head: None };
        let named = super::read("push", &push(&"0".repeat(40), "refs/heads/x"), given);
        assert_eq!(named.map(|event| event.base), Ok("c".repeat(40)));
        assert!(matches!(read("push", &push(&"a".repeat(40), "refs/tags/x")), Err(Refusal::Nothing(_))));
        assert!(matches!(read("push", &push("main", "refs/heads/x")), Err(Refusal::Wrong(_))));
        assert!(matches!(read("issues", &push("", "")), Err(Refusal::Wrong(_))));
        let mut strange = push(&"a".repeat(40), "refs/heads/x");
        strange["repository"]["full_name"] = "org/../x".into();
        assert!(matches!(read("push", &strange), Err(Refusal::Wrong(_))));
        let lacks = read("push", &json!({ "repository": { "full_name": "org/repo" } }));
        assert_eq!(lacks, Err(Refusal::Wrong("the event lacks `ref`".to_owned())));
    }
}
