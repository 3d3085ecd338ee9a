#[runtime_guard::pinned(because = "polls NIC queue 0, whose IRQ is on core 0")]
async fn poll() {}

#[runtime_guard::pinned(because = "polls NIC queue 0, whose IRQ is on core 0")]
const fn spin() {}

fn main() {
    let _ = poll();
    spin();
}
