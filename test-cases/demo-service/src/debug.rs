//! Looking into the running service.

use std::{fmt::Write, time::Duration};

use axum::{Router, extract::Query, http::StatusCode, routing::get};
use pprof::ProfilerGuardBuilder;
use serde::Deserialize;

/// The routes of the admin listener, which is bound to loopback.
pub fn admin_router() -> Router {
    Router::new().route("/debug/pprof/profile", get(cpu_profile)).route("/debug/tasks", get(tasks))
}

/// How long to look.
#[derive(Deserialize)]
pub struct Capture {
    #[serde(default = "ten")]
    seconds: u64,
}

fn ten() -> u64 {
    10
}

/// Where the CPU time goes: one line a stack, with its count of samples.
pub async fn cpu_profile(Query(capture): Query<Capture>) -> Result<String, StatusCode> {
    let guard =
        ProfilerGuardBuilder::default().frequency(99).build().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    tokio::time::sleep(Duration::from_secs(capture.seconds.min(30))).await;
    let report = guard.report().build().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let mut text = String::new();
    for (stack, samples) in &report.data {
        let frames: Vec<String> = stack.frames.iter().rev().flatten().map(ToString::to_string).collect();
        writeln!(text, "{} {samples}", frames.join(";")).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    }
    Ok(text)
}

async fn tasks() -> String {
    let metrics = tokio::runtime::Handle::current().metrics();
    format!("alive {}, workers {}\n", metrics.num_alive_tasks(), metrics.num_workers())
}
