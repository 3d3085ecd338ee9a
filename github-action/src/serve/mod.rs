//! The bot as a server: a GitHub App's webhook.
//!
//! A delivery is verified, written to a queue on disk and only then acknowledged; one worker reviews what is in the
//! queue, one change after the other. What was acknowledged survives a restart.

mod app;
mod dump;
mod mirror;
mod queue;
mod task;
mod webhook;
mod worker;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::info;

use crate::github::Limits;
use crate::publish::Choice;

pub use app::Key;
pub use queue::{Job, Queue};

/// How a server runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where deliveries come in.
    pub listen: SocketAddr,
    /// Where `/healthz` is asked for: an address that the world does not reach.
    pub health: SocketAddr,
    /// Where the queue and the repositories are kept.
    pub state: PathBuf,
    /// What deliveries are signed with.
    pub secret: SecretString,
    /// The App's id.
    pub app: u64,
    /// The App's private key.
    pub key: Arc<Key>,
    /// Where the REST interface is.
    pub api: String,
    /// Where GraphQL is.
    pub graphql: String,
    /// Where repositories are: `https://github.com`.
    pub server: String,
    /// How fast to write to GitHub.
    pub limits: Limits,
    /// How long one review may take.
    pub budget: Duration,
    /// How long to wait for the review that is under way when the server is told to stop.
    pub grace: Duration,
    /// The baseline's path in repositories.
    pub baseline: String,
    /// What the team has chosen.
    pub choice: Choice,
}

/// Why a server did not start or broke off.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// A server that has its addresses and does not serve yet.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    queue: Arc<Queue>,
    webhook: TcpListener,
    health: TcpListener,
}

impl Server {
    /// Opens the queue and both addresses.
    ///
    /// # Errors
    /// One of them cannot be had.
    pub async fn open(settings: Settings) -> Result<Server, Error> {
        let queue = Queue::open(&settings.state.join("queue")).map_err(|error| Error(error.to_string()))?;
        let webhook = listen(settings.listen).await?;
        let health = listen(settings.health).await?;
        Ok(Server { settings, queue: Arc::new(queue), webhook, health })
    }

    /// Where deliveries and questions for health are taken.
    ///
    /// # Errors
    /// The system does not say.
    pub fn addresses(&self) -> Result<(SocketAddr, SocketAddr), Error> {
        let address =
            |listener: &TcpListener| listener.local_addr().map_err(|error| Error(error.to_string()));
        Ok((address(&self.webhook)?, address(&self.health)?))
    }

    /// Serves until `stop` is done: then takes no more deliveries and gives the review under way its time. What is in
    /// the queue stays there for the next start.
    ///
    /// # Errors
    /// A listener breaks.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let Server { settings, queue, webhook, health } = self;
        let (tell, told) = watch::channel(false);
        let until = |mut told: watch::Receiver<bool>| async move {
            // A sender that is gone means the same.
            let _ = told.wait_for(|stopped| *stopped).await;
        };
        let taking = axum::serve(webhook, webhook::router(queue.clone(), settings.secret.clone()))
            .with_graceful_shutdown(until(told.clone()));
        let answering =
            axum::serve(health, webhook::health(queue.clone())).with_graceful_shutdown(until(told.clone()));
        let progress = dump::Progress::default();
        let file = settings.state.join("dump.txt");
        let dumping = dump::on_signal(&file, &progress, &queue, told.clone());
        let working = worker::work(&settings, &queue, &progress, told);
        let stopping = async {
            stop.await;
            info!("stopping");
            tell.send_replace(true);
        };
        let broken = |error: std::io::Error| Error(format!("a listener broke: {error}"));
        let (taken, answered, ..) = tokio::join!(taking, answering, working, dumping, stopping);
        taken.and(answered).map_err(broken)
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| Error(format!("cannot listen on {address}: {error}")))
}
