//! The public HTTP API.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Serialize;

use crate::{
    debug, depot,
    store::{Scan, Store},
};

/// What the handlers share.
#[derive(Clone)]
pub struct Api {
    pub store: Arc<Store>,
    pub spool: Option<PathBuf>,
}

/// The routes that are served to everybody.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/parcels/{number}", get(track))
        .route("/parcels/{number}/scans", post(scan))
        .route("/depot", get(depot_state))
        .route("/debug/pprof/profile", get(debug::cpu_profile))
        .with_state(api)
}

async fn track(State(api): State<Api>, Path(number): Path<String>) -> Result<Json<Vec<Scan>>, StatusCode> {
    api.store.history(&number).map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn scan(State(api): State<Api>, Path(number): Path<String>, Json(scan): Json<Scan>) -> StatusCode {
    api.store.record(&number, scan);
    StatusCode::CREATED
}

#[derive(Serialize)]
struct DepotState {
    parcels: usize,
    spool_bytes_free: u64,
}

async fn depot_state(State(api): State<Api>) -> Result<Json<DepotState>, StatusCode> {
    let spool_bytes_free =
        depot::bytes_free(api.spool.as_deref()).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(DepotState { parcels: api.store.len(), spool_bytes_free }))
}
