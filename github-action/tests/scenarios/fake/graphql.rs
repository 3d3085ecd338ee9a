//! GraphQL: three operations, told apart by their text.

use serde_json::{Value, json};

use super::{Answer, BOT, Thread, World};

pub fn answer(world: &mut World, body: &Value) -> Answer {
    let (query, variables) = (body["query"].as_str().unwrap_or_default(), &body["variables"]);
    if query.contains("reviewThreads(") {
        return list(world, variables);
    }
    let resolves = query.contains("  resolveReviewThread(");
    assert!(
        resolves || query.contains("unresolveReviewThread("),
        "an operation that the fake does not know: {query}"
    );
    if world.reads_only || world.resolves_not {
        return error("FORBIDDEN", "Resource not accessible by integration");
    }
    match world.threads.iter_mut().find(|thread| variables["thread"] == thread.id.as_str()) {
        Some(thread) => {
            thread.resolved_by = resolves.then(|| BOT.to_owned());
            Answer::of(200, json!({ "data": { "x": { "thread": { "id": thread.id } } } }))
        }
        None => error("NOT_FOUND", "Could not resolve to a node"),
    }
}

fn error(kind: &str, message: &str) -> Answer {
    Answer::of(200, json!({ "data": null, "errors": [{ "type": kind, "message": message }] }))
}

fn list(world: &World, variables: &Value) -> Answer {
    let from: usize =
        variables["after"].as_str().map_or(0, |cursor| cursor.parse().expect("a cursor of ours"));
    let nodes: Vec<Value> = world.threads.iter().skip(from).take(50).map(node).collect();
    let end = from + nodes.len();
    Answer::of(
        200,
        json!({ "data": {
            "viewer": { "login": BOT },
            "repository": { "pullRequest": { "reviewThreads": {
                "pageInfo": { "hasNextPage": end < world.threads.len(), "endCursor": end.to_string() },
                "nodes": nodes,
            } } },
        } }),
    )
}

fn node(thread: &Thread) -> Value {
    let comment = |comment: &super::Comment| {
        json!({
            "databaseId": comment.id, "body": comment.body, "viewerDidAuthor": comment.author == BOT,
        })
    };
    let end = thread.comments.len().saturating_sub(20);
    // GitHub's field is for people: it names no bot.
    let by = thread.resolved_by.as_ref().filter(|login| *login != BOT).map(|login| json!({ "login": login }));
    json!({
        "id": thread.id,
        "isResolved": thread.resolved_by.is_some(),
        "resolvedBy": by,
        "begin": { "nodes": [comment(&thread.comments[0])] },
        "end": { "totalCount": thread.comments.len(), "nodes": thread.comments[end..].iter().map(comment).collect::<Vec<_>>() },
    })
}
