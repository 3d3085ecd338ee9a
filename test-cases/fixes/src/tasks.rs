//! Tasks that lose the span they are started in.

use tokio::task::JoinSet;
use tracing::Instrument;

/// A block of one line.
#[tracing::instrument]
pub async fn order(id: u64) {
    let done = tokio::spawn(async move { id + 1 });
    drop(done.await);
}

/// A block of many, with what it borrows moved in.
#[tracing::instrument(skip(names))]
pub fn each(names: Vec<String>) {
    for name in names {
        tokio::spawn(async move {
            // Comments stay where they are.
            tracing::info!(name, "seen");
        });
    }
}

/// The method is in use here already.
#[tracing::instrument]
pub fn both() {
    tokio::spawn(async { tracing::info!("one") }.in_current_span());
    tokio::spawn(async { tracing::info!("two") });
}

/// A set of tasks, and a task within a task.
#[tracing::instrument]
pub async fn set() -> usize {
    let mut tasks = JoinSet::new();
    tasks.spawn(async {
        tokio::spawn(async { tracing::info!("inner") });
        1
    });
    tasks.join_all().await.len()
}

/// A type of its own.
pub struct Depot {
    runtime: tokio::runtime::Handle,
}

impl Depot {
    /// Over a handle.
    pub fn new(runtime: tokio::runtime::Handle) -> Self {
        Depot { runtime }
    }

    /// A task of a handle.
    #[tracing::instrument(skip(self))]
    pub fn restock(&self, id: u64) {
        self.runtime.spawn(async move { tracing::info!(id, "restocked") });
    }
}
