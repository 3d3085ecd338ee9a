//! Starts the parcel tracker: public API, admin listener, scanner threads, janitor.

use std::{env, io, path::PathBuf, sync::Arc};

use parcel_tracker::{api, debug, depot, janitor, scanner, store::Store};
use tokio::net::TcpListener;

/// Reached from the depot's own machine only.
const ADMIN: &str = "127.0.0.1:6060";

#[tokio::main]
async fn main() -> io::Result<()> {
    let spool = env::var_os("PARCEL_SPOOL").map(PathBuf::from);
    if let Some(spool) = &spool
        && !depot::is_writable(spool)?
    {
        return Err(io::Error::other(format!("{} is not writable", spool.display())));
    }

    let store = Arc::new(Store::default());
    scanner::start(Arc::clone(&store))?;
    tokio::spawn(janitor::run(Arc::clone(&store)));

    let admin = TcpListener::bind(ADMIN).await?;
    tokio::spawn(async move { axum::serve(admin, debug::admin_router()).await });

    let address = env::var("PARCEL_LISTEN").unwrap_or_else(|_| "0.0.0.0:8080".to_owned());
    let public = TcpListener::bind(&address).await?;
    println!("parcel tracker on {address}, admin on {ADMIN}");
    axum::serve(public, api::router(api::Api { store, spool })).with_graceful_shutdown(interrupted()).await
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("no signal handler, stopping at once: {error}");
    }
}
