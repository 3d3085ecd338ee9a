//! Clears out delivered parcels every few minutes.

use std::{sync::Arc, time::Duration};

use crate::store::Store;

const EVERY: Duration = Duration::from_secs(5 * 60);

/// Runs until the service stops.
pub async fn run(store: Arc<Store>) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        let forgotten = store.forget_delivered();
        if forgotten > 0 {
            println!("{forgotten} delivered parcels forgotten");
            // SAFETY: takes no pointer and may be called at any time.
            unsafe { libc::malloc_trim(0) };
        }
    }
}
