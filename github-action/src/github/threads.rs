//! Review threads, by GraphQL: REST can neither tell who has written a comment for sure nor resolve a thread.

use serde_json::{Value, json};

use super::{Error, GitHub, Kind, Pull};
use crate::marker::{GONE, Key};
use crate::reconcile::{Resolved, Thread};

/// Threads that the bot has begun, the oldest first.
pub type Threads = Vec<Thread>;

/// Most pages of threads that are asked for.
const MOST_PAGES: usize = 50;

const LIST: &str = "query($owner: String!, $name: String!, $number: Int!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    reviewThreads(first: 50, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id isResolved resolvedBy { login }
        begin: comments(first: 1) { nodes { databaseId body viewerDidAuthor } }
        end: comments(last: 20) { totalCount nodes { body viewerDidAuthor } }
      }
    }
  } }
}";

const RESOLVE: &str = "mutation($thread: ID!) {
  resolveReviewThread(input: { threadId: $thread }) { thread { id } }
}";

const REOPEN: &str = "mutation($thread: ID!) {
  unresolveReviewThread(input: { threadId: $thread }) { thread { id } }
}";

pub(super) async fn read(github: &mut GitHub, pull: &Pull) -> Result<Threads, Error> {
    let mut threads = Vec::new();
    let mut after = Value::Null;
    for _ in 0..MOST_PAGES {
        let variables = json!({
            "owner": pull.owner, "name": pull.repository, "number": pull.number, "after": after,
        });
        let data = github.query(LIST, variables, Kind::Read).await?;
        let viewer = data["viewer"]["login"].as_str().unwrap_or_default();
        let page = &data["repository"]["pullRequest"]["reviewThreads"];
        let Some(nodes) = page["nodes"].as_array() else { return Err(Error::odd("reviewThreads")) };
        threads.extend(nodes.iter().filter_map(|node| thread(node, viewer)));
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(threads);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    Err(Error::Refused { status: 0, message: "the pull request has too many review threads".to_owned() })
}

/// A thread, if the bot has begun it and it is about a finding.
fn thread(node: &Value, viewer: &str) -> Option<Thread> {
    let first = &node["begin"]["nodes"][0];
    // Anybody can write a marker; only GitHub knows the author.
    if first["viewerDidAuthor"] != true {
        return None;
    }
    let body = first["body"].as_str()?.to_owned();
    let key = Key::read(&body)?;
    let end = node["end"]["nodes"].as_array()?;
    let is_ours = |comment: &&Value| comment["viewerDidAuthor"] == true;
    let last_own = end.iter().rev().find(is_ours).and_then(|comment| comment["body"].as_str());
    let resolved = match (node["isResolved"] == true, node["resolvedBy"]["login"].as_str()) {
        (false, _) => Resolved::No,
        // GitHub names no bot there.
        (true, None) => Resolved::ByUs,
        (true, Some(login)) if login == viewer => Resolved::ByUs,
        (true, Some(_)) => Resolved::ByPeople,
    };
    Some(Thread {
        id: node["id"].as_str()?.to_owned(),
        comment: first["databaseId"].as_u64()?,
        key,
        resolved,
        answered: !end.iter().all(|comment| is_ours(&comment)),
        said_gone: last_own.is_some_and(|body| body.trim_end().ends_with(GONE)),
        body,
    })
}

pub(super) async fn resolve(github: &mut GitHub, thread: &str) -> Result<(), Error> {
    github.query(RESOLVE, json!({ "thread": thread }), Kind::Repeatable).await.map(drop)
}

pub(super) async fn reopen(github: &mut GitHub, thread: &str) -> Result<(), Error> {
    github.query(REOPEN, json!({ "thread": thread }), Kind::Repeatable).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(own: bool, resolved_by: Option<&str>, answers: &[(bool, &str)]) -> Value {
        let key = Key { fingerprint: "a".repeat(32), occurrence: 1 };
        let body = format!("text\n{}", key.marker());
        let first = json!({ "databaseId": 7, "body": body, "viewerDidAuthor": own });
        let answers = answers.iter().map(|(own, body)| json!({ "body": body, "viewerDidAuthor": own }));
        let end: Vec<Value> = std::iter::once(first.clone()).chain(answers).collect();
        json!({
            "id": "T", "isResolved": resolved_by.is_some(), "resolvedBy": resolved_by.map(|login| json!({ "login": login })),
            "begin": { "nodes": [first] }, "end": { "nodes": end },
        })
    }

    #[test]
    fn a_marker_of_another_author_is_no_thread_of_ours() {
        assert!(thread(&node(true, None, &[]), "bot").is_some());
        assert!(thread(&node(false, None, &[]), "bot").is_none());
    }

    #[test]
    fn who_resolved_and_who_answered_is_told() {
        let read = |node: &Value| {
            let thread = thread(node, "bot").expect("a thread of ours");
            (thread.resolved, thread.answered, thread.said_gone)
        };
        assert_eq!(read(&node(true, Some("ada"), &[])), (Resolved::ByPeople, false, false));
        assert_eq!(read(&node(true, Some("bot"), &[])), (Resolved::ByUs, false, false));
        let talked = [(false, "why?"), (true, &*format!("gone\n{GONE}"))];
        assert_eq!(read(&node(true, None, &talked)), (Resolved::No, true, true));
    }
}
