//! `serve`: the App's server, until it is told to stop.

use std::sync::Arc;

use runtime_policy_bot::github::Limits;
use runtime_policy_bot::publish::Choice;
use runtime_policy_bot::serve::{Key, Server, Settings};
use secrecy::SecretString;

use crate::arguments::Serve;
use crate::failure::Failure;
use crate::files;
use crate::workflow::{block_on, choice};

/// What deliveries are signed with.
const SECRET: &str = "RUNTIME_POLICY_WEBHOOK_SECRET";

/// Runs `serve`.
pub fn serve(options: &Serve) -> Result<u8, Failure> {
    let settings = settings(options)?;
    block_on(async {
        let failed = |error: runtime_policy_bot::serve::Error| Failure::Tool(error.to_string());
        let server = Server::open(settings).await.map_err(failed)?;
        server.run(told_to_stop()?).await.map_err(failed)?;
        Ok(0)
    })
}

fn settings(options: &Serve) -> Result<Settings, Failure> {
    let secret = std::env::var(SECRET).ok().filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| Failure::Usage(format!("`{SECRET}` is not set")))?;
    let pem = files::read(&options.key_file)?;
    let key = Key::read(pem.as_bytes())
        .map_err(|reason| Failure::Usage(format!("`{}`: {reason}", options.key_file.display())))?;
    Ok(Settings {
        listen: options.listen,
        health: options.health,
        state: options.state.clone(),
        secret: SecretString::from(secret),
        app: options.app_id,
        key: Arc::new(key),
        api: options.api.clone(),
        graphql: options.graphql.clone(),
        server: options.server.trim_end_matches('/').to_owned(),
        limits: Limits::default(),
        budget: options.say.budget,
        grace: options.grace,
        baseline: options.check.baseline.clone(),
        choice: Choice { scanning: options.check.upload_sarif, ..choice(&options.say)? },
    })
}

/// Done when the system asks the program to end.
#[cfg(unix)]
fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen =
        |kind| signal(kind).map_err(|error| Failure::Tool(format!("cannot listen for signals: {error}")));
    let (mut end, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = end.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Done when the user asks the program to end.
#[cfg(not(unix))]
fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        // Where nobody can ask, nobody does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
