#[runtime_guard::startup(owner = "boot")]
async fn boot() -> u8 {
    std::future::ready(1).await
}

#[runtime_guard::startup]
fn limits(depth: &mut u8) -> &mut u8 {
    if *depth > 1 {
        return depth;
    }
    *depth += 1;
    depth
}

#[runtime_guard::pinned(because = "polls NIC queue 0, whose IRQ is on core 0")]
fn poll<T: Default>() -> T {
    T::default()
}

#[runtime_guard::purges(because = "gives 4 GiB back after the nightly import, issue #12")]
unsafe fn trim() {}

fn is_send(_: impl Send) {}

fn main() {
    is_send(boot());
    assert_eq!(*limits(&mut 0), 1);
    assert_eq!(poll::<u8>(), 0);
    unsafe { trim() };
}
