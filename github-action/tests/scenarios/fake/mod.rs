//! A GitHub that keeps what it is told, on this machine's loopback: with the rules that GitHub's own description of its
//! interface leaves out. What it was asked is kept, too.

mod git;
mod graphql;
mod rest;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};

/// The bot's own name there.
pub const BOT: &str = "runtime-policy[bot]";
/// The token that it takes.
pub const TOKEN: &str = "ghs_0123456789";

/// One comment.
#[derive(Debug, Clone)]
pub struct Comment {
    pub id: u64,
    pub author: String,
    pub body: String,
}

/// A review thread.
#[derive(Debug, Clone)]
pub struct Thread {
    pub id: String,
    pub path: String,
    /// Lines; none for one about the file.
    pub lines: Option<(u64, u64)>,
    pub resolved_by: Option<String>,
    pub comments: Vec<Comment>,
}

/// A fault for requests to come.
#[derive(Debug, Clone)]
pub struct Fault {
    pub method: &'static str,
    /// What the path ends with.
    pub path: &'static str,
    /// How many more such requests pass unharmed.
    pub after: usize,
    /// How many fail then.
    pub times: usize,
    pub kind: Kind,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum Kind {
    /// An answer with a status, headers and a message; nothing is done.
    Answer(u16, &'static [(&'static str, &'static str)], &'static str),
    /// The connection breaks, and nothing was done.
    BreakBefore,
    /// It was done, and the connection breaks.
    BreakAfter,
}

/// A request that was made.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub body: Value,
    pub status: u16,
}

/// What there is.
#[derive(Debug, Default)]
pub struct World {
    pub head: String,
    pub base: String,
    pub author: String,
    /// Path and patch.
    pub files: Vec<(String, Option<String>)>,
    pub threads: Vec<Thread>,
    pub reviews: Vec<Value>,
    pub checks: Vec<Value>,
    pub sarif: Vec<Value>,
    /// What people may do.
    pub permissions: BTreeMap<String, String>,
    /// Files of the base commit.
    pub contents: BTreeMap<String, String>,
    /// Teams of the organisation `org` and who is in them; none, if the token may not see them.
    pub teams: Option<BTreeMap<String, Vec<String>>>,
    /// Whether the token may only read, as a fork's.
    pub reads_only: bool,
    /// Whether it may not resolve threads.
    pub resolves_not: bool,
    /// A repository to serve to git, as plain files.
    pub repository: Option<std::path::PathBuf>,
    pub faults: Vec<Fault>,
    pub asked: Vec<Asked>,
    /// Lines that are refused though they look right.
    pub cursed: Vec<u64>,
    pub next: u64,
}

impl World {
    pub fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// What changed something.
    pub fn writes(&self) -> Vec<&Asked> {
        let reads = |asked: &&Asked| {
            asked.method == "GET"
                || (asked.path.ends_with("/graphql")
                    && !asked.body["query"].as_str().is_some_and(|q| q.starts_with("mutation")))
        };
        self.asked.iter().filter(|asked| !reads(asked) && asked.status < 300).collect()
    }

    /// Threads that the bot has begun and that are open.
    pub fn open(&self) -> Vec<&Thread> {
        self.threads
            .iter()
            .filter(|thread| thread.resolved_by.is_none() && thread.comments[0].author == BOT)
            .collect()
    }

    /// The newest check run.
    pub fn check(&self) -> &Value {
        self.checks.last().expect("a check run")
    }
}

/// A running fake.
pub struct Fake {
    pub address: String,
    world: Arc<Mutex<World>>,
}

impl Fake {
    /// Starts one.
    pub async fn start(world: World) -> Fake {
        let world = Arc::new(Mutex::new(world));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port of the loopback");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(world.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Fake { address, world }
    }

    /// What there is now.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no test has panicked with it")
    }
}

/// What a request is answered with.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Answer {
    pub fn of(status: u16, body: Value) -> Answer {
        Answer { status, headers: Vec::new(), body }
    }

    pub fn refusal(status: u16, message: &str) -> Answer {
        Answer::of(status, json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
    }
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 64 << 20).await.expect("a body");
    let body: Value =
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
    let mut world = world.lock().expect("no panic");
    if let Some(file) = parts.uri.path().strip_prefix("/org/repo.git/") {
        return git::answer(&world, file, &parts.headers);
    }
    let fault = world.fault(&parts.method, parts.uri.path());
    let reply = match &fault {
        Some(Kind::BreakBefore) => Answer::of(200, Value::Null),
        Some(Kind::Answer(status, headers, message)) => {
            let mut reply = Answer::refusal(*status, message);
            reply.headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            reply
        }
        Some(Kind::BreakAfter) | None => world.reply(&parts.method, &parts.uri, &parts.headers, &body),
    };
    let broken = matches!(fault, Some(Kind::BreakBefore | Kind::BreakAfter));
    let status = if matches!(fault, Some(Kind::BreakBefore)) { 0 } else { reply.status };
    world.asked.push(Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        body,
        status,
    });
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).expect("a status"));
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = if broken { Body::new(Broken) } else { Body::from(reply.body.to_string()) };
    response.body(body).expect("a response")
}

impl World {
    fn fault(&mut self, method: &Method, path: &str) -> Option<Kind> {
        for fault in &mut self.faults {
            if fault.method != method.as_str() || !path.ends_with(fault.path) || fault.times == 0 {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.times -= 1;
            return Some(fault.kind.clone());
        }
        None
    }

    fn reply(&mut self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Value) -> Answer {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok());
        if uri.path() == "/app/installations/7/access_tokens" {
            let word = token.and_then(|token| token.strip_prefix("Bearer ")).unwrap_or_default();
            return match word.split('.').count() {
                3 => Answer::of(201, json!({ "token": TOKEN })),
                _ => Answer::refusal(401, "A JSON web token could not be decoded"),
            };
        }
        if token != Some(&format!("Bearer {TOKEN}")) {
            return Answer::refusal(401, "Bad credentials");
        }
        if uri.path() == "/graphql" {
            return graphql::answer(self, body);
        }
        rest::answer(self, method.as_str(), uri, body)
    }
}

/// A body that breaks off.
struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
