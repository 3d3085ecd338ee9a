#[runtime_guard::startup]
struct Boot;

#[runtime_guard::pinned(because = "polls NIC queue 0, whose IRQ is on core 0")]
mod poll {}

fn main() {}
