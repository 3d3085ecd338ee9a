//! Deliveries from GitHub, and questions about health. Each has a listener of its own.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tracing::{info, warn};

use super::queue::{Job, MOST, Queue, Taken};
use super::task;

/// Most bytes of a delivery: what GitHub sends at most.
const MOST_BYTES: usize = 25 << 20;

#[derive(Debug, Clone)]
struct Door {
    queue: Arc<Queue>,
    secret: SecretString,
}

/// The routes for GitHub.
pub(super) fn router(queue: Arc<Queue>, secret: SecretString) -> Router {
    Router::new()
        .route("/webhook", post(deliver))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(Door { queue, secret })
}

/// The routes for whoever watches the server.
pub(super) fn health(queue: Arc<Queue>) -> Router {
    Router::new().route("/healthz", get(healthy)).with_state(queue)
}

async fn healthy(State(queue): State<Arc<Queue>>) -> (StatusCode, String) {
    match queue.names().map(|names| names.len()) {
        Ok(waiting) if waiting < MOST => (StatusCode::OK, format!("{waiting} waiting\n")),
        Ok(waiting) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{waiting} waiting, which is all there is room for\n"))
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the queue cannot be read\n".to_owned()),
    }
}

async fn deliver(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_signed(&door.secret, text("x-hub-signature-256"), &body) {
        return (StatusCode::UNAUTHORIZED, "the signature is wrong");
    }
    let (event, id) = (text("x-github-event").to_owned(), text("x-github-delivery").to_owned());
    let Ok(payload) = serde_json::from_slice(&body) else {
        return (
            StatusCode::BAD_REQUEST,
            "the delivery is no JSON; set the content type to application/json",
        );
    };
    if let Err(refusal) = task::read(&event, &payload) {
        info!(%id, "nothing to review: {}", crate::escape::command::log(&refusal.to_string()));
        return (StatusCode::OK, "nothing to review");
    }
    let job = Job { event, payload, attempts: 0 };
    // The disk may be slow, and other deliveries need not wait for it.
    let written = tokio::task::spawn_blocking(move || (door.queue.add(&id, &job), id)).await;
    match written {
        Ok((Ok(Taken::Yes), id)) => {
            info!(%id, "taken");
            (StatusCode::ACCEPTED, "taken")
        }
        Ok((Ok(Taken::Before), _)) => (StatusCode::OK, "taken before"),
        Ok((Ok(Taken::Full), id)) => {
            warn!(%id, "turned away: the queue is full");
            (StatusCode::SERVICE_UNAVAILABLE, "the queue is full")
        }
        Ok((Err(error), id)) => {
            warn!(%id, %error, "turned away: the queue cannot be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "the queue cannot be written")
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the queue cannot be written"),
    }
}

/// Whether a body is signed with the secret; compared in constant time.
fn is_signed(secret: &SecretString, signature: &str, body: &[u8]) -> bool {
    let Some(given) = signature.strip_prefix("sha256=").and_then(bytes) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hexadecimal
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect();
    let pairs = digits.filter(|digits| digits.len() == 64)?;
    Some(pairs.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_github_s_documents_is_signed() {
        let secret = SecretString::from("It's a Secret to Everybody");
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(is_signed(&secret, signature, b"Hello, World!"));
        assert!(!is_signed(&secret, signature, b"Hello, World?"));
        assert!(!is_signed(&"other".into(), signature, b"Hello, World!"));
        for wrong in ["", "sha256=", "sha1=757107", "sha256=75", &signature.replace("75", "€")] {
            assert!(!is_signed(&secret, wrong, b"Hello, World!"), "{wrong}");
        }
    }
}
