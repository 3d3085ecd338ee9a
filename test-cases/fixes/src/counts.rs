//! The host's processors as the size of a pool.

use num_cpus::get_physical;

/// A pool of a given size or, without one, of the host's.
pub fn pool(threads: Option<usize>) -> rayon::ThreadPool {
    let threads = threads.unwrap_or_else(num_cpus::get_physical);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

/// Twice as many.
pub fn large_pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(2 * num_cpus::get_physical()).build().expect("threads")
}

/// By an imported name, in a chain.
pub fn workers() -> usize {
    let workers = get_physical().max(2);
    tokio::sync::Semaphore::new(workers).available_permits()
}
