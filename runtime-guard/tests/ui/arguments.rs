#[runtime_guard::pinned(reason = "polls NIC queue 0, whose IRQ is on core 0")]
fn poll() {}

#[runtime_guard::pinned(because = WHY)]
fn spin() {}

#[runtime_guard::startup("boot")]
fn boot() {}

#[runtime_guard::startup(owner = "a", owner = "b")]
fn twice() {}

fn main() {}
