//! A repository as plain files, for whoever has the token.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{TOKEN, World};

pub fn answer(world: &World, file: &str, headers: &HeaderMap) -> Response {
    let wanted = format!("Basic {}", BASE64_STANDARD.encode(format!("x-access-token:{TOKEN}")));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    let response = Response::builder();
    if given != Some(&wanted) {
        let asked = response.status(401).header("www-authenticate", "Basic realm=\"fake\"");
        return asked.body(Body::empty()).expect("a response");
    }
    let bytes = world.repository.as_ref().and_then(|folder| std::fs::read(folder.join(file)).ok());
    match bytes {
        Some(bytes) => response.body(Body::from(bytes)).expect("a response"),
        None => response.status(404).body(Body::empty()).expect("a response"),
    }
}
