//! The bodies that are sent to GitHub's REST interface. A test holds each of them to GitHub's own description.

use serde_json::{Value, json};

use crate::anchor::Anchor;
use crate::draft::Draft;

/// A review of comments on lines. GitHub refuses it whole if one of them is outside the change.
pub fn review(head: &str, drafts: &[&Draft]) -> Value {
    let comments: Vec<Value> = drafts.iter().filter_map(|draft| line_comment(draft)).collect();
    let body = match comments.len() {
        1 => "The runtime policy has a remark on this change.".to_owned(),
        number => format!("The runtime policy has {number} remarks on this change."),
    };
    json!({ "commit_id": head, "event": "COMMENT", "body": body, "comments": comments })
}

fn line_comment(draft: &Draft) -> Option<Value> {
    let Anchor::Lines(first, last) = draft.anchor else { return None };
    let mut comment = json!({ "path": draft.path, "line": last, "side": "RIGHT", "body": draft.wanted.body });
    // GitHub wants the first line to be before the last one.
    if first < last {
        comment["start_line"] = first.into();
        comment["start_side"] = "RIGHT".into();
    }
    Some(comment)
}

/// A comment on a file as a whole, which no review takes.
pub fn file_comment(head: &str, draft: &Draft) -> Value {
    json!({ "commit_id": head, "path": draft.path, "subject_type": "file", "body": draft.wanted.body })
}

/// New text for a comment, or the text of an answer to one.
pub fn text(body: &str) -> Value {
    json!({ "body": body })
}

/// An upload of findings to code scanning: SARIF, compressed and in base64.
pub fn sarif(commit: &str, reference: &str, encoded: &str) -> Value {
    json!({ "commit_sha": commit, "ref": reference, "sarif": encoded, "tool_name": "runtime-policy" })
}

/// A token of an App's installation: for one repository, with no more rights than a review needs.
pub fn token(repository: &str, scanning: bool, teams: bool) -> Value {
    let mut rights = json!({ "checks": "write", "contents": "read", "pull_requests": "write" });
    if scanning {
        rights["security_events"] = "write".into();
    }
    if teams {
        rights["members"] = "read".into();
    }
    json!({ "repositories": [repository], "permissions": rights })
}
