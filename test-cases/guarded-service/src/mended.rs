//! The same work with what the rules ask for.

use std::sync::mpsc::channel;
use std::thread;

use runtime_guard::Because;

/// Does everything, and gives what has to stay until the end.
pub fn everything(leases: bool) -> Box<dyn Send> {
    let buffer = vec![0u8; 8192];
    let lease =
        leases.then(|| runtime_guard::lease(&buffer[..], "a ring's fixed buffer").expect("room for a lease"));
    let (until_the_end, ended) = channel::<()>();
    let (pinned, is_pinned) = channel();
    thread::spawn(move || {
        let cause = Because::new("polls NIC queue 0, whose IRQ is on core 0");
        let _ = pinned.send(runtime_guard::pin_current_thread(&[0], cause).is_ok());
        let _ = ended.recv();
    });
    let _ = is_pinned.recv();
    // In the order of the fields: first the foreign code is done, then the owner goes.
    Box::new((lease, until_the_end, buffer))
}
