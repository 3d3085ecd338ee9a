//! "Re-run" on a check run or a suite of them: an App is told which commit is meant, and has to find out the rest.

use serde_json::Value;

use super::{Event, Occasion, Refusal, names, queued, text};
use crate::check_run::NAME;
use crate::review::is_sha;

/// A commit whose review somebody has asked for once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The repository's owner.
    pub owner: String,
    /// The repository's name.
    pub repository: String,
    /// The commit.
    pub head: String,
    /// The branch that it was on, if GitHub knows it: of a fork it does not.
    branch: Option<String>,
    /// The commit before what was pushed, if GitHub knows it.
    before: Option<String>,
}

/// Reads the event `check_run` or `check_suite`.
///
/// # Errors
/// It asks for nothing again, or lacks what it should have.
pub fn again(name: &str, payload: &Value) -> Result<Again, Refusal> {
    let action = text(payload, "/action")?;
    if action != "rerequested" {
        return Err(Refusal::Nothing(format!("`{action}` of a check asks for no review")));
    }
    let (head, suite) = match name {
        "check_run" => ("/check_run/head_sha", "/check_run/check_suite"),
        _ => ("/check_suite/head_sha", "/check_suite"),
    };
    if name == "check_run" && payload["check_run"]["name"] != NAME {
        return Err(Refusal::Nothing("another check is asked for".to_owned()));
    }
    let (owner, repository) = names(&text(payload, "/repository/full_name")?)?;
    let head = text(payload, head)?;
    if !is_sha(&head) {
        return Err(Refusal::Wrong(format!("the event names `{head}`, which is no commit")));
    }
    let branch = text(payload, &format!("{suite}/head_branch")).ok();
    let before = text(payload, &format!("{suite}/before")).ok();
    let before = before.filter(|sha| is_sha(sha) && sha.bytes().any(|byte| byte != b'0'));
    Ok(Again { owner, repository, head, branch, before })
}

impl Again {
    /// The event, if the commit is one of a merge queue: the name of its branch says what it goes to.
    pub fn queue(&self) -> Option<Event> {
        let reference = format!("refs/heads/{}", self.branch.as_ref()?);
        let (onto, last) = reference.strip_prefix("refs/heads/gh-readonly-queue/")?.rsplit_once('/')?;
        let base = last.rsplit('-').next().filter(|sha| is_sha(sha))?.to_owned();
        let (onto, pull) = (format!("refs/heads/{onto}"), queued(&reference));
        Some(self.event(Occasion::Queue, pull, base, reference, Some(onto)))
    }

    /// The event, if the commit was pushed to a branch and belongs to no pull request.
    pub fn push(&self) -> Option<Event> {
        let reference = format!("refs/heads/{}", self.branch.as_ref()?);
        Some(self.event(Occasion::Push, None, self.before.clone()?, reference, None))
    }

    fn event(
        &self,
        occasion: Occasion,
        pull: Option<u64>,
        base: String,
        reference: String,
        onto: Option<String>,
    ) -> Event {
        let (owner, repository, head) = (self.owner.clone(), self.repository.clone(), self.head.clone());
        Event {
            owner,
            repository,
            occasion,
            pull,
            base,
            head,
            reference,
            onto,
            from_fork: false,
            again: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn suite(branch: &str, before: &str) -> Value {
        json!({
            "action": "rerequested",
            "repository": { "full_name": "org/repo" },
            "check_suite": { "head_sha": "b".repeat(40), "head_branch": branch, "before": before },
        })
    }

    #[test]
    fn a_queue_s_branch_says_what_it_goes_to() {
        let branch = format!("gh-readonly-queue/release/1/pr-104-{}", "a".repeat(40));
        let again = again("check_suite", &suite(&branch, "")).expect("a commit");
        let event = again.queue().expect("a queue's");
        assert_eq!((event.pull, &*event.base), (Some(104), &*"a".repeat(40)));
        assert_eq!(event.onto.as_deref(), Some("refs/heads/release/1"));
        assert_eq!(event.reference, format!("refs/heads/{branch}"));
    }

    #[test]
    fn a_push_says_what_was_before() {
        let pushed = again("check_suite", &suite("main", &"a".repeat(40))).expect("a commit");
        assert_eq!(pushed.queue(), None);
        assert_eq!(pushed.push().map(|event| event.base), Some("a".repeat(40)));
        let new = again("check_suite", &suite("main", &"0".repeat(40))).expect("a commit");
        assert_eq!(new.push(), None, "a new branch has nothing before");
    }

    #[test]
    fn only_our_own_check_is_asked_for() {
        let run = |name: &str, action: &str| {
            json!({
                "action": action,
                "repository": { "full_name": "org/repo" },
                "check_run": { "name": name, "head_sha": "b".repeat(40), "check_suite": {} },
            })
        };
        assert!(again("check_run", &run(NAME, "rerequested")).is_ok());
        for (name, action) in [("build", "rerequested"), (NAME, "completed")] {
            assert!(matches!(again("check_run", &run(name, action)), Err(Refusal::Nothing(_))));
        }
    }
}
