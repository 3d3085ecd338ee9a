//! What a delivery asks for.

use serde_json::Value;

use crate::event::{self, Again, Event, Given, Occasion, Refusal};

/// Events that can bring a review; others are acknowledged and forgotten.
const EVENTS: [&str; 6] =
    ["pull_request", "pull_request_review", "merge_group", "push", "check_run", "check_suite"];

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// Review a change.
    Change(Event),
    /// Review once more what a commit brings.
    Again(Again),
}

/// Reads a delivery.
///
/// # Errors
/// It asks for nothing, or lacks what it should have.
pub(super) fn read(name: &str, payload: &Value) -> Result<Task, Refusal> {
    if !EVENTS.contains(&name) {
        return Err(Refusal::Nothing("the event is none that brings a review".to_owned()));
    }
    if matches!(name, "check_run" | "check_suite") {
        return event::again(name, payload).map(Task::Again);
    }
    let event = event::read(name, payload, Given::default())?;
    let main = payload["repository"]["default_branch"].as_str().unwrap_or_default();
    if event.occasion == Occasion::Push && event.reference != format!("refs/heads/{main}") {
        // What is to be merged from there comes as a pull request.
        return Err(Refusal::Nothing(format!("`{}` is not the default branch", event.reference)));
    }
    Ok(Task::Change(event))
}

impl Task {
    /// The repository's name, without its owner's.
    pub fn repository(&self) -> &str {
        match self {
            Task::Change(event) => &event.repository,
            Task::Again(again) => &again.repository,
        }
    }

    /// Whether another task would do the same.
    pub fn is_same(&self, other: &Task) -> bool {
        match (self, other) {
            (Task::Change(one), Task::Change(other)) => {
                one.occasion == Occasion::Pull
                    && (&one.owner, &one.repository, one.occasion, one.pull)
                        == (&other.owner, &other.repository, other.occasion, other.pull)
            }
            (Task::Again(one), Task::Again(other)) => one == other,
            _ => false,
        }
    }
}
