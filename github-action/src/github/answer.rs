//! What an answer means, by its status and headers.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// Most characters of GitHub's own words that are kept.
const MOST_WORDS: usize = 300;

/// A good answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub body: Value,
    /// Whether a list goes on.
    pub has_next: bool,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    Answered(Answer),
    /// Not done, for good.
    Refused {
        status: u16,
        message: String,
    },
    /// Not done; GitHub wants fewer requests. With how long to wait, if it said so.
    Later(Option<Duration>),
    /// Perhaps done.
    Unanswered(String),
}

impl Reading {
    /// What it is, for the log: what GitHub says may quote strangers.
    pub fn name(&self) -> &'static str {
        match self {
            Reading::Answered(_) => "answered",
            Reading::Refused { .. } => "refused",
            Reading::Later(_) => "later",
            Reading::Unanswered(_) => "unanswered",
        }
    }
}

/// Reads an answer. `now` is the time in seconds since 1970, to which GitHub's resets relate.
pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], now: i64) -> Reading {
    let parsed = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice::<Value>(body) };
    if status.is_success() {
        let has_next = text(headers, "link").is_some_and(|links| links.contains("rel=\"next\""));
        return match parsed {
            Ok(body) => Reading::Answered(Answer { body, has_next }),
            Err(_) => Reading::Unanswered("the answer is no JSON".to_owned()),
        };
    }
    let said = parsed.ok().and_then(|body| body["message"].as_str().map(str::to_owned)).unwrap_or_default();
    let is_limit = status == StatusCode::TOO_MANY_REQUESTS
        || (status == StatusCode::FORBIDDEN
            && (headers.contains_key("retry-after")
                || text(headers, "x-ratelimit-remaining") == Some("0")
                || said.to_lowercase().contains("rate limit")));
    if is_limit {
        return Reading::Later(pause(headers, now));
    }
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return Reading::Unanswered(format!("status {}", status.as_u16()));
    }
    let message: String = said.chars().take(MOST_WORDS).collect();
    Reading::Refused { status: status.as_u16(), message }
}

/// How long GitHub wants to be left alone.
fn pause(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let number = |name| text(headers, name).and_then(|value| value.trim().parse::<i64>().ok());
    let seconds = number("retry-after").or_else(|| {
        // A reset says something only about a limit that is used up.
        let used_up = number("x-ratelimit-remaining") == Some(0);
        number("x-ratelimit-reset").filter(|_| used_up).map(|reset| reset.saturating_sub(now))
    })?;
    Some(Duration::from_secs(seconds.clamp(1, 86_400).unsigned_abs()))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reading {
        let headers = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), value.parse().expect("a header's value"))
        });
        read(StatusCode::from_u16(status).unwrap(), &headers.collect(), body.as_bytes(), 1_000)
    }

    #[test]
    fn limits_are_told_from_refusals() {
        let seconds = |seconds| Reading::Later(Some(Duration::from_secs(seconds)));
        assert_eq!(reading(429, &[], ""), Reading::Later(None));
        assert_eq!(reading(403, &[("retry-after", "7")], ""), seconds(7));
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1090")];
        assert_eq!(reading(403, &used_up, ""), seconds(90));
        let secondary = r#"{"message":"You have exceeded a secondary rate limit"}"#;
        assert_eq!(
            reading(403, &[("x-ratelimit-remaining", "44"), ("x-ratelimit-reset", "1090")], secondary),
            Reading::Later(None)
        );
        let forbidden = r#"{"message":"Resource not accessible by integration"}"#;
        assert!(matches!(reading(403, &[], forbidden), Reading::Refused { status: 403, .. }));
    }

    #[test]
    fn a_fault_of_the_server_leaves_open_whether_it_was_done() {
        assert!(matches!(reading(502, &[], "<html>"), Reading::Unanswered(_)));
        assert!(matches!(reading(201, &[], "{\"id\":"), Reading::Unanswered(_)));
        assert!(matches!(reading(204, &[], ""), Reading::Answered(_)));
    }

    #[test]
    fn lists_say_whether_they_go_on() {
        let Reading::Answered(answer) = reading(200, &[("link", "<x>; rel=\"next\"")], "[]") else {
            panic!()
        };
        assert!(answer.has_next);
        let Reading::Answered(answer) = reading(200, &[("link", "<x>; rel=\"prev\"")], "[]") else {
            panic!()
        };
        assert!(!answer.has_next);
    }
}
