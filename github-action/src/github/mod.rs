//! GitHub: the only room that opens connections.
//!
//! octocrab carries the requests; bodies are plain JSON, since its models cannot say all that is needed, and its own
//! retries are off, since they would send a comment four times.

mod answer;
mod approvals;
mod checks;
mod error;
mod pace;
mod pull;
mod sarif;
mod threads;

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};

pub use error::Error;
pub use pace::Limits;
pub use pull::{Pull, State};

use answer::{Answer, Reading, read};
use pace::Pace;

/// Most bytes of an answer that are read.
const MOST_BYTES: usize = 32 << 20;
/// Most pages of a list that are asked for.
const MOST_PAGES: usize = 100;
/// How often a request that may be repeated is sent.
const ATTEMPTS: u32 = 4;

/// What a part of a path keeps as it is.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Whom to talk to, and how patiently.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the REST interface is: `https://api.github.com`.
    pub api: String,
    /// Where GraphQL is: `https://api.github.com/graphql`.
    pub graphql: String,
    /// The token.
    pub token: SecretString,
    /// How fast to write.
    pub limits: Limits,
    /// How long all of it may take.
    pub budget: Duration,
}

/// Whether a request may be sent again when no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It changes nothing.
    Read,
    /// It changes something, and twice is as once.
    Repeatable,
    /// Twice would be twice.
    Once,
}

/// The verbs that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Patch,
}

/// A connection for one review: requests go one after the other.
#[derive(Debug)]
pub struct GitHub {
    rest: Octocrab,
    graphql: Octocrab,
    graphql_path: String,
    pace: Pace,
    end: Instant,
    writes: u64,
}

impl GitHub {
    /// Prepares connections; nothing is sent yet.
    ///
    /// # Errors
    /// An address or the token cannot be one.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(settings: &Settings) -> Result<GitHub, Error> {
        let token = settings.token.expose_secret();
        // octocrab would panic on it, and print it.
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Usage("the token is empty or has characters that no token has".to_owned()));
        }
        let (base, path) = split(&settings.graphql)
            .ok_or_else(|| Error::Usage(format!("`{}` is no address of GraphQL", settings.graphql)))?;
        let rest = client(&settings.api, &settings.token, settings.limits.patience)?;
        // A server of one's own has GraphQL beside REST, and octocrab puts REST's path before every other one.
        let graphql = match base == settings.api.trim_end_matches('/') {
            true => rest.clone(),
            false => client(base, &settings.token, settings.limits.patience)?,
        };
        Ok(GitHub {
            rest,
            graphql,
            graphql_path: path.to_owned(),
            pace: Pace::new(settings.limits),
            end: Instant::now() + settings.budget,
            writes: 0,
        })
    }

    /// How many requests have changed something, or may have.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    async fn get(&mut self, path: &str) -> Result<Value, Error> {
        Ok(self.send(Verb::Get, path, None, Kind::Read).await?.body)
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Error> {
        Ok(self.send(Verb::Post, path, Some(body), Kind::Once).await?.body)
    }

    async fn patch(&mut self, path: &str, body: &Value, kind: Kind) -> Result<Value, Error> {
        Ok(self.send(Verb::Patch, path, Some(body), kind).await?.body)
    }

    /// All entries of a list. `key` names the list inside of the answer, where it is not the answer itself.
    async fn list(&mut self, path: &str, key: Option<&str>) -> Result<Vec<Value>, Error> {
        let mut entries = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        for page in 1..=MOST_PAGES {
            let address = format!("{path}{joint}per_page=100&page={page}");
            let answer = self.send(Verb::Get, &address, None, Kind::Read).await?;
            let list = key.map_or(&answer.body, |key| &answer.body[key]);
            let Some(list) = list.as_array() else { return Err(Error::odd(path)) };
            entries.extend(list.iter().cloned());
            if !answer.has_next {
                return Ok(entries);
            }
        }
        Err(Error::Refused { status: 0, message: format!("`{path}` has more than {MOST_PAGES} pages") })
    }

    async fn query(&mut self, text: &str, variables: Value, kind: Kind) -> Result<Value, Error> {
        let body = json!({ "query": text, "variables": variables });
        let path = self.graphql_path.clone();
        let answer = self.send_to(true, Verb::Post, &path, Some(&body), kind).await?;
        match answer.body["errors"].as_array().and_then(|errors| errors.first()) {
            None => Ok(answer.body["data"].clone()),
            Some(error) => Err(Error::of_graphql(error)),
        }
    }

    async fn send(
        &mut self,
        verb: Verb,
        path: &str,
        body: Option<&Value>,
        kind: Kind,
    ) -> Result<Answer, Error> {
        self.send_to(false, verb, path, body, kind).await
    }

    /// Sends a request, at a pace that GitHub bears, until it is answered or there is no more sense in it. What GitHub
    /// has turned away for its rate is sent again; what got no answer only if twice is as once.
    async fn send_to(
        &mut self,
        to_graphql: bool,
        verb: Verb,
        path: &str,
        body: Option<&Value>,
        kind: Kind,
    ) -> Result<Answer, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            if kind != Kind::Read {
                self.wait(self.pace.before_write(Instant::now())).await?;
                self.writes += 1;
                self.pace.note_write(Instant::now());
            }
            let client = if to_graphql { self.graphql.clone() } else { self.rest.clone() };
            let left = self.end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::TimeUp);
            }
            let limit = left.min(self.pace.limits.patience);
            let reading = match timeout(limit, exchange(&client, verb, path, body)).await {
                Ok(reading) => reading,
                Err(_) => Reading::Unanswered(format!("no answer within {} s", limit.as_secs())),
            };
            debug!(?verb, path, attempt, answer = reading.name(), "asked GitHub");
            match reading {
                Reading::Answered(answer) => return Ok(answer),
                Reading::Refused { status, message } => {
                    // It was not carried out.
                    self.writes -= u64::from(kind != Kind::Read);
                    return Err(Error::Refused { status, message });
                }
                Reading::Later(after) => {
                    self.writes -= u64::from(kind != Kind::Read);
                    if attempt == ATTEMPTS {
                        return Err(Error::Down("GitHub's limit of requests is used up".to_owned()));
                    }
                    let pause = after.unwrap_or_else(|| self.pace.limited(attempt));
                    warn!(seconds = pause.as_secs(), "GitHub asks to wait");
                    self.wait(pause).await?;
                }
                Reading::Unanswered(message) => {
                    if kind == Kind::Once {
                        return Err(Error::Unanswered(message));
                    }
                    if attempt == ATTEMPTS {
                        return Err(Error::Down(message));
                    }
                    self.wait(self.pace.failed(attempt)).await?;
                }
            }
        }
    }

    /// Waits before something that got no answer is looked at again.
    pub(crate) async fn pause(&self, round: u32) -> Result<(), Error> {
        self.wait(self.pace.failed(round)).await
    }

    async fn wait(&self, pause: Duration) -> Result<(), Error> {
        if Instant::now() + pause >= self.end {
            return Err(Error::TimeUp);
        }
        sleep(pause).await;
        Ok(())
    }
}

/// Sends a request once.
async fn exchange(client: &Octocrab, verb: Verb, path: &str, body: Option<&Value>) -> Reading {
    let sent = match verb {
        Verb::Get => client._get(path).await,
        Verb::Post => client._post(path, body).await,
        Verb::Patch => client._patch(path, body).await,
    };
    let response = match sent {
        Ok(response) => response,
        // Its text may quote what was sent; its kind is enough.
        Err(_) => return Reading::Unanswered("the connection failed".to_owned()),
    };
    let (parts, body) = response.into_parts();
    match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => read(parts.status, &parts.headers, &body.to_bytes(), jiff::Timestamp::now().as_second()),
        Err(_) => Reading::Unanswered("the answer broke off or was too long".to_owned()),
    }
}

fn client(address: &str, token: &SecretString, patience: Duration) -> Result<Octocrab, Error> {
    let usage = |_| Error::Usage(format!("`{address}` is no address of GitHub"));
    Octocrab::builder()
        .base_uri(address)
        .map_err(usage)?
        .personal_token(token.clone())
        .add_retry_config(RetryConfig::None)
        .set_connect_timeout(Some(patience))
        .add_header(http::header::ACCEPT, "application/vnd.github+json".to_owned())
        .add_header(http::HeaderName::from_static("x-github-api-version"), "2022-11-28".to_owned())
        .build()
        .map_err(usage)
}

/// An address in its host (with the path before) and its last part.
fn split(address: &str) -> Option<(&str, &str)> {
    let at = address.rfind('/').filter(|at| *at > "https://".len())?;
    Some((&address[..at], &address[at..])).filter(|(_, path)| path.len() > 1)
}

/// A part of a path: whatever could end it is spelled out.
fn part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_graphql_are_split() {
        let cloud = split("https://api.github.com/graphql");
        assert_eq!(cloud, Some(("https://api.github.com", "/graphql")));
        let server = split("https://ghes.example/api/graphql");
        assert_eq!(server, Some(("https://ghes.example/api", "/graphql")));
        assert_eq!(split("https://ghes.example"), None);
    }

    #[test]
    fn a_name_cannot_leave_its_part_of_a_path() {
        assert_eq!(part("../x?y"), "..%2Fx%3Fy");
        assert_eq!(part("dependabot[bot]"), "dependabot%5Bbot%5D");
    }
}
