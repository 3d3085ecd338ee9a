//! The server between GitHub's deliveries and the reviews that they bring.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use runtime_policy_bot::serve::{Job, Key, Queue, Server, Settings};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::fake::Fake;
use crate::repository::Repository;

const SECRET: &str = "It's a Secret to Everybody";

fn settings(fake: &Fake, state: &TempDir) -> Settings {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Settings {
        listen: any,
        health: any,
        state: state.path().to_owned(),
        secret: SECRET.into(),
        app: 12,
        key: Arc::new(Key::read(include_bytes!("key.pem")).expect("a key")),
        api: fake.address.clone(),
        graphql: format!("{}/graphql", fake.address),
        server: fake.address.clone(),
        limits: crate::limits(),
        budget: Duration::from_secs(60),
        grace: Duration::from_secs(20),
        baseline: "runtime-policy-baseline.txt".to_owned(),
        choice: crate::choice(),
    }
}

fn payload(repository: &Repository) -> Value {
    json!({
        "action": "opened",
        "installation": { "id": 7 },
        "repository": { "full_name": "org/repo" },
        "pull_request": {
            "number": 3, "state": "open",
            "base": { "sha": repository.base, "ref": "main" },
            "head": { "sha": repository.head, "repo": { "full_name": "org/repo" } },
        },
    })
}

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    mac.update(body.as_bytes());
    let digest = mac.finalize().into_bytes();
    format!("sha256={}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// A request over a plain connection: the status and all that came back.
async fn ask(address: SocketAddr, request: String) -> u16 {
    let asked = move || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::task::spawn_blocking(asked).await.expect("a thread").expect("an answer");
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

async fn get(address: SocketAddr, path: &str) -> u16 {
    ask(address, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await
}

async fn deliver(address: SocketAddr, id: &str, body: &str, signature: &str) -> u16 {
    deliver_as(address, "pull_request", id, body, signature).await
}

async fn deliver_as(address: SocketAddr, event: &str, id: &str, body: &str, signature: &str) -> u16 {
    let head = format!(
        "POST /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\nX-GitHub-Event: \
         {event}\r\nX-GitHub-Delivery: {id}\r\nX-Hub-Signature-256: {signature}\r\n\r\n",
        body.len()
    );
    ask(address, format!("{head}{body}")).await
}

/// Runs a server beside a test, and stops it.
async fn with_server<T>(settings: Settings, test: impl AsyncFnOnce(SocketAddr, SocketAddr) -> T) -> T {
    let server = Server::open(settings).await.expect("a server");
    let (webhook, health) = server.addresses().expect("addresses");
    let (stop, stopped) = oneshot::channel::<()>();
    let running = server.run(async move { drop(stopped.await) });
    let testing = async {
        let result = test(webhook, health).await;
        drop(stop);
        result
    };
    let (ran, result) = tokio::join!(running, testing);
    ran.expect("it ends well");
    result
}

/// Waits until something holds; fails a test that would wait for ever.
async fn until(holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not come to it within a minute");
}

async fn fake(repository: &Repository) -> Fake {
    let fake = crate::actions::fake(repository).await;
    fake.world().repository = Some(repository.served());
    fake
}

fn waiting(state: &TempDir) -> usize {
    Queue::open(&state.path().join("queue")).and_then(|queue| queue.names()).expect("a queue").len()
}

#[tokio::test]
async fn a_signed_delivery_is_reviewed_and_the_same_again_writes_nothing() {
    let repository = Repository::with(&[]);
    let (fake, state) = (fake(&repository).await, TempDir::new().expect("a folder"));
    let body = payload(&repository).to_string();
    with_server(settings(&fake, &state), async |webhook, _| {
        assert_eq!(deliver(webhook, "one", &body, &signature(&body)).await, 202);
        until(|| !fake.world().checks.is_empty() && waiting(&state) == 0).await;
        let writes = fake.world().writes().len();
        assert_eq!(fake.world().open().len(), 1);
        assert_eq!(deliver(webhook, "two", &body, &signature(&body)).await, 202);
        until(|| waiting(&state) == 0).await;
        let tokens = fake.world().writes().len() - writes;
        assert_eq!(tokens, 1, "only the token is new");
    })
    .await;
    let left: Vec<_> = std::fs::read_dir(state.path().join("repositories")).expect("a folder").collect();
    assert_eq!(left.len(), 1, "no file with a token stays: {left:?}");
}

#[tokio::test]
async fn what_is_not_signed_or_not_ours_is_not_taken() {
    let repository = Repository::with(&[]);
    let (fake, state) = (fake(&repository).await, TempDir::new().expect("a folder"));
    let body = payload(&repository).to_string();
    with_server(settings(&fake, &state), async |webhook, health| {
        assert_eq!(deliver(webhook, "x", &body, &signature("other")).await, 401);
        assert_eq!(deliver(webhook, "x", &body, "").await, 401);
        let labeled = body.replace("opened", "labeled");
        assert_eq!(deliver(webhook, "x", &labeled, &signature(&labeled)).await, 200);
        assert_eq!(deliver(webhook, "x", "{", &signature("{")).await, 400);
        assert_eq!(waiting(&state), 0);
        // Health has a listener of its own.
        assert_eq!((get(health, "/healthz").await, get(webhook, "/healthz").await), (200, 404));
        assert_eq!(get(health, "/webhook").await, 404);
    })
    .await;
}

#[tokio::test]
async fn what_was_taken_before_a_restart_is_reviewed_after_it() {
    let repository = Repository::with(&[]);
    let (fake, state) = (fake(&repository).await, TempDir::new().expect("a folder"));
    let queue = Queue::open(&state.path().join("queue")).expect("a queue");
    let job = Job { event: "pull_request".to_owned(), payload: payload(&repository), attempts: 0 };
    queue.add("one", &job).expect("a file");
    // A later one about the same makes it needless.
    queue.add("two", &job).expect("a file");
    drop(queue);
    with_server(settings(&fake, &state), async |_, _| {
        until(|| waiting(&state) == 0).await;
    })
    .await;
    assert_eq!(fake.world().open().len(), 1);
    let tokens = fake.world().asked.iter().filter(|asked| asked.path.ends_with("access_tokens")).count();
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn what_cannot_be_reviewed_is_said_in_the_check() {
    let repository = Repository::on_base(&[("runtime-policy.toml", "levels = 3\n")]);
    let (fake, state) = (fake(&repository).await, TempDir::new().expect("a folder"));
    let body = payload(&repository).to_string();
    with_server(settings(&fake, &state), async |webhook, _| {
        assert_eq!(deliver(webhook, "one", &body, &signature(&body)).await, 202);
        until(|| waiting(&state) == 0).await;
    })
    .await;
    let world = fake.world();
    assert_eq!(world.check()["conclusion"], "timed_out");
    let summary = world.check()["output"]["summary"].as_str().unwrap_or_default();
    assert!(summary.contains("runtime-policy.toml:1:10"), "{summary}");
}

/// A click on "Re-run" of a check, or of all of them.
fn rerun(event: &str, head: &str, branch: Option<&str>, before: Option<&str>) -> String {
    let suite = json!({ "head_sha": head, "head_branch": branch, "before": before });
    let about = match event {
        "check_run" => json!({ "name": "runtime-policy", "head_sha": head, "check_suite": suite }),
        _ => suite,
    };
    json!({
        "action": "rerequested",
        "installation": { "id": 7 },
        "repository": { "full_name": "org/repo", "default_branch": "main" },
        event: about,
    })
    .to_string()
}

/// Also of a fork's pull request, of which such a delivery names neither number nor branch.
#[tokio::test]
async fn whoever_asks_again_gets_a_new_check_run_and_no_second_comment() {
    let repository = Repository::with(&[]);
    let (fake, state) = (fake(&repository).await, TempDir::new().expect("a folder"));
    let body = payload(&repository).to_string();
    with_server(settings(&fake, &state), async |webhook, _| {
        assert_eq!(deliver(webhook, "one", &body, &signature(&body)).await, 202);
        until(|| waiting(&state) == 0 && !fake.world().checks.is_empty()).await;
        for (event, checks) in [("check_run", 2), ("check_suite", 3)] {
            let again = rerun(event, &repository.head, None, None);
            assert_eq!(deliver_as(webhook, event, event, &again, &signature(&again)).await, 202);
            until(|| waiting(&state) == 0).await;
            let world = fake.world();
            assert_eq!((world.checks.len(), world.open().len()), (checks, 1), "{event}");
            assert_eq!(world.check()["conclusion"], "failure");
        }
        // Nobody has asked for this one.
        assert_eq!(deliver(webhook, "two", &body, &signature(&body)).await, 202);
        until(|| waiting(&state) == 0).await;
        assert_eq!(fake.world().checks.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_queue_s_and_a_branch_s_checks_run_again() {
    let repository = Repository::with(&[]);
    let queue = format!("gh-readonly-queue/main/pr-3-{}", repository.base);
    for (branch, before) in [(&*queue, None), ("change", Some(&*repository.base))] {
        let (fake, state) = (fake(&repository).await, TempDir::new().expect("a folder"));
        // The pull request has another last commit.
        fake.world().head = crate::NEXT.to_owned();
        repository.branch(branch);
        fake.world().repository = Some(repository.served());
        let again = rerun("check_suite", &repository.head, Some(branch), before);
        with_server(settings(&fake, &state), async |webhook, _| {
            let status = deliver_as(webhook, "check_suite", "x", &again, &signature(&again)).await;
            assert_eq!(status, 202);
            until(|| waiting(&state) == 0).await;
        })
        .await;
        let world = fake.world();
        assert_eq!(world.checks.len(), 1, "{branch}");
        assert_eq!((&world.check()["conclusion"], world.threads.len()), (&json!("failure"), 0), "{branch}");
    }
}

#[tokio::test]
async fn pushes_to_the_default_branch_are_reviewed_and_others_are_not() {
    let repository = Repository::with(&[]);
    let (fake, state) = (fake(&repository).await, TempDir::new().expect("a folder"));
    let push = |main: &str| {
        let body = json!({
            "ref": "refs/heads/change", "before": repository.base, "after": repository.head, "deleted": false,
            "installation": { "id": 7 },
            "repository": { "full_name": "org/repo", "default_branch": main },
        });
        body.to_string()
    };
    with_server(settings(&fake, &state), async |webhook, _| {
        let (other, main) = (push("main"), push("change"));
        assert_eq!(deliver_as(webhook, "push", "one", &other, &signature(&other)).await, 200);
        assert_eq!(deliver_as(webhook, "push", "two", &main, &signature(&main)).await, 202);
        until(|| waiting(&state) == 0).await;
    })
    .await;
    let world = fake.world();
    assert_eq!((world.checks.len(), &world.check()["conclusion"]), (1, &json!("failure")));
}
