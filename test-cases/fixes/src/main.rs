//! One worker, asked for by the attribute.

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    needs_fixes::tasks::order(7).await;
}
