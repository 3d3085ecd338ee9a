//! REST.

use axum::http::Uri;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Answer, BOT, Comment, Thread, World};

/// Longest text that is taken.
const MOST: usize = 65_536;

pub fn answer(world: &mut World, method: &str, uri: &Uri, body: &Value) -> Answer {
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    if method != "GET" && world.reads_only {
        return Answer::refusal(403, "Resource not accessible by integration");
    }
    if has_long_text(body) {
        return Answer::refusal(422, "body is too long (maximum is 65536 characters)");
    }
    match (method, path.as_slice()) {
        ("GET", ["repos", "org", "repo", "pulls", "3"]) => Answer::of(
            200,
            json!({ "number": 3, "head": { "sha": world.head }, "user": { "login": world.author } }),
        ),
        ("GET", ["repos", "org", "repo", "pulls"]) => {
            let asked = uri.query().unwrap_or_default().contains("head=stranger:patch-1");
            let repository = |name: &str| json!({ "full_name": name });
            let pull = json!({
                "number": 3,
                "head": { "sha": world.head, "repo": repository("stranger/repo") },
                "base": { "sha": "0".repeat(40), "repo": repository("org/repo") },
            });
            page(uri, asked.then_some(pull).into_iter().collect(), None)
        }
        ("GET", ["repos", "org", "repo", "pulls", "3", "files"]) => {
            let file = |(path, patch): &(String, Option<String>)| json!({ "filename": path, "status": "modified", "patch": patch });
            page(uri, world.files.iter().map(file).collect(), None)
        }
        ("GET", ["repos", "org", "repo", "pulls", "3", "reviews"]) => page(uri, world.reviews.clone(), None),
        ("POST", ["repos", "org", "repo", "pulls", "3", "reviews"]) => review(world, body),
        ("POST", ["repos", "org", "repo", "pulls", "3", "comments"]) => file_comment(world, body),
        ("POST", ["repos", "org", "repo", "pulls", "3", "comments", id, "replies"]) => reply(world, id, body),
        ("PATCH", ["repos", "org", "repo", "pulls", "comments", id]) => edit(world, id, body),
        ("GET", ["repos", "org", "repo", "commits", commit, "check-runs"]) => {
            let of_commit = |run: &&Value| run["head_sha"] == **commit;
            page(uri, world.checks.iter().filter(of_commit).cloned().collect(), Some("check_runs"))
        }
        ("GET", ["repos", "org", "repo", "check-runs", id, "annotations"]) => match find_check(world, id) {
            Some(run) => {
                page(uri, run["output"]["annotations"].as_array().cloned().unwrap_or_default(), None)
            }
            None => Answer::refusal(404, "Not Found"),
        },
        ("POST", ["repos", "org", "repo", "check-runs"]) => {
            let mut run = body.clone();
            run["id"] = world.id().into();
            let answer = check_rules(&run);
            if answer.status == 201 {
                world.checks.push(run.clone());
                return Answer::of(201, run);
            }
            answer
        }
        ("PATCH", ["repos", "org", "repo", "check-runs", id]) => update_check(world, id, body),
        ("GET", ["repos", "org", "repo", "commits", _, "pulls"]) => {
            let pull = json!({
                "number": 3, "state": "open",
                "head": { "sha": world.head, "repo": { "full_name": "stranger/repo" } },
                "base": { "sha": world.base, "ref": "main", "repo": { "full_name": "org/repo" } },
            });
            page(uri, vec![pull], None)
        }
        ("GET", ["repos", "org", "repo", "contents", path @ ..]) => {
            let asked = uri.query().is_some_and(|query| query == format!("ref={}", world.base));
            match world.contents.get(&path.join("/")).filter(|_| asked) {
                Some(text) => {
                    let mut content = BASE64_STANDARD.encode(text);
                    content.insert(4.min(content.len()), '\n');
                    Answer::of(200, json!({ "encoding": "base64", "content": content }))
                }
                None => Answer::refusal(404, "Not Found"),
            }
        }
        ("GET", ["orgs", "org", "teams", team, rest @ ..]) => {
            let members = world.teams.as_ref().and_then(|teams| teams.get(*team));
            match (members, rest) {
                (Some(_), []) => Answer::of(200, json!({ "slug": team })),
                (Some(members), ["memberships", login]) if members.iter().any(|member| member == login) => {
                    Answer::of(200, json!({ "state": "active" }))
                }
                _ => Answer::refusal(404, "Not Found"),
            }
        }
        ("GET", ["repos", "org", "repo", "collaborators", login, "permission"]) => {
            match world.permissions.get(*login) {
                Some(permission) => Answer::of(200, json!({ "permission": permission })),
                None => Answer::refusal(404, "Not Found"),
            }
        }
        ("GET", ["repos", "org", "repo", "code-scanning", "analyses"]) => {
            page(uri, world.sarif.clone(), None)
        }
        ("POST", ["repos", "org", "repo", "code-scanning", "sarifs"]) => {
            let version = env!("CARGO_PKG_VERSION");
            world.sarif.push(json!({ "commit_sha": body["commit_sha"], "tool": { "version": version } }));
            Answer::of(202, json!({ "id": "x" }))
        }
        _ => Answer::refusal(404, "Not Found"),
    }
}

fn has_long_text(body: &Value) -> bool {
    let too_long = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() > MOST);
    too_long(&body["body"])
        || body["comments"].as_array().is_some_and(|all| all.iter().any(|c| too_long(&c["body"])))
}

/// A list's page, with a link to the next one.
fn page(uri: &Uri, all: Vec<Value>, key: Option<&str>) -> Answer {
    let query = uri.query().unwrap_or_default();
    let number = |name: &str, otherwise: usize| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse().ok()).unwrap_or(otherwise)
    };
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    let shown: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    let has_next = all.len() > page * size;
    let body = key.map_or_else(|| json!(shown), |key| json!({ "total_count": all.len(), key: shown }));
    let mut answer = Answer::of(200, body);
    if has_next {
        answer.headers.push(("link", format!("<http://x/?page={}>; rel=\"next\"", page + 1)));
    }
    answer
}

/// Lines that a patch shows, by hunk.
fn hunks(patch: &str) -> Vec<(u64, u64)> {
    let header = |line: &str| {
        let new = line.strip_prefix("@@ -")?.split(" +").nth(1)?.split(" @@").next()?.to_owned();
        let (start, count) = new.split_once(',').unwrap_or((&new, "1"));
        let (start, count): (u64, u64) = (start.parse().ok()?, count.parse().ok()?);
        Some((start, start + count))
    };
    patch.lines().filter_map(header).collect()
}

fn is_shown(world: &World, path: &str, first: u64, last: u64) -> bool {
    let Some((_, Some(patch))) = world.files.iter().find(|(known, _)| known == path) else { return false };
    let one_hunk = hunks(patch).iter().any(|(start, end)| *start <= first && last < *end);
    one_hunk && !world.cursed.iter().any(|line| (first..=last).contains(line))
}

fn begin(world: &mut World, path: &str, lines: Option<(u64, u64)>, text: &str) -> u64 {
    let (id, comment) = (world.id(), world.id());
    world.threads.push(Thread {
        id: format!("PRRT_{id}"),
        path: path.to_owned(),
        lines,
        resolved_by: None,
        // GitHub keeps the line ends of the web.
        comments: vec![Comment { id: comment, author: BOT.to_owned(), body: text.replace('\n', "\r\n") }],
    });
    comment
}

fn review(world: &mut World, body: &Value) -> Answer {
    if body["commit_id"] != world.head.as_str() {
        return Answer::refusal(422, "commit_id is not part of the pull request");
    }
    let comments = body["comments"].as_array().cloned().unwrap_or_default();
    for comment in &comments {
        let path = comment["path"].as_str().unwrap_or_default();
        let Some(last) = comment["line"].as_u64() else { return Answer::refusal(422, "line is missing") };
        let first = comment["start_line"].as_u64();
        if comment["side"] != "RIGHT" || first.is_some_and(|first| first >= last) {
            return Answer::refusal(422, "start_line must precede the end line");
        }
        if !is_shown(world, path, first.unwrap_or(last), last) {
            return Answer::refusal(422, "Unprocessable Entity: Line could not be resolved");
        }
    }
    for comment in &comments {
        let last = comment["line"].as_u64().unwrap_or_default();
        let lines = (comment["start_line"].as_u64().unwrap_or(last), last);
        let text = comment["body"].as_str().unwrap_or_default();
        begin(world, comment["path"].as_str().unwrap_or_default(), Some(lines), text);
    }
    Answer::of(200, json!({ "id": world.id(), "state": "COMMENTED" }))
}

fn file_comment(world: &mut World, body: &Value) -> Answer {
    let path = body["path"].as_str().unwrap_or_default();
    if body["subject_type"] != "file" || !world.files.iter().any(|(known, _)| known == path) {
        return Answer::refusal(422, "path is not part of the pull request");
    }
    let id = begin(world, path, None, body["body"].as_str().unwrap_or_default());
    Answer::of(201, json!({ "id": id }))
}

fn find<'w>(world: &'w mut World, id: &str) -> Option<&'w mut Thread> {
    let id: u64 = id.parse().ok()?;
    world.threads.iter_mut().find(|thread| thread.comments.iter().any(|comment| comment.id == id))
}

fn reply(world: &mut World, id: &str, body: &Value) -> Answer {
    let comment = Comment {
        id: world.id(),
        author: BOT.to_owned(),
        body: body["body"].as_str().unwrap_or_default().to_owned(),
    };
    match find(world, id) {
        Some(thread) => {
            thread.comments.push(comment);
            Answer::of(201, json!({}))
        }
        None => Answer::refusal(404, "Not Found"),
    }
}

fn edit(world: &mut World, id: &str, body: &Value) -> Answer {
    match find(world, id) {
        Some(thread) if thread.comments[0].author == BOT => {
            thread.comments[0].body = body["body"].as_str().unwrap_or_default().to_owned();
            Answer::of(200, json!({}))
        }
        Some(_) => Answer::refusal(403, "Not yours"),
        None => Answer::refusal(404, "Not Found"),
    }
}

fn find_check<'w>(world: &'w mut World, id: &str) -> Option<&'w mut Value> {
    let id: u64 = id.parse().ok()?;
    world.checks.iter_mut().find(|run| run["id"] == id)
}

fn check_rules(run: &Value) -> Answer {
    let annotations = run["output"]["annotations"].as_array().map_or(0, Vec::len);
    let summary = run["output"]["summary"].as_str().unwrap_or_default().chars().count();
    let concluded = run["status"] != "completed" || run["conclusion"].is_string();
    if annotations > 50 || summary > 65_535 || !concluded {
        return Answer::refusal(422, "Invalid request.");
    }
    Answer::of(201, json!({}))
}

/// Annotations are added to those that are there.
fn update_check(world: &mut World, id: &str, body: &Value) -> Answer {
    let rules = check_rules(body);
    if rules.status != 201 {
        return rules;
    }
    let Some(run) = find_check(world, id) else { return Answer::refusal(404, "Not Found") };
    let mut annotations = run["output"]["annotations"].as_array().cloned().unwrap_or_default();
    annotations.extend(body["output"]["annotations"].as_array().cloned().unwrap_or_default());
    for (key, value) in body.as_object().into_iter().flatten() {
        run[key] = value.clone();
    }
    run["output"]["annotations"] = annotations.into();
    Answer::of(200, run.clone())
}
