#[runtime_guard::pinned]
fn poll() {}

fn main() {
    poll();
}
