//! One worker that is blocked in place: only a reader can say whether the other flavour would do.

#[tokio::main(worker_threads = 1)]
async fn main() {
    tokio::task::block_in_place(|| needs_fixes::counts::pool(None));
}
