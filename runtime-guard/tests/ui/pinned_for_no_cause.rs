#[runtime_guard::pinned(because = "for performance, it is faster")]
fn poll() {}

#[runtime_guard::pinned(because = "fast")]
fn spin() {}

fn main() {
    poll();
    spin();
}
