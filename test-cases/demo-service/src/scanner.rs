//! Hand scanners send `NUMBER PLACE [delivered]` as datagrams; two threads take them in.

use std::{
    env, io,
    net::UdpSocket,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use crate::{
    carrier,
    store::{Scan, Store},
};

/// The belt's scanners are never ahead by more than one pallet.
const PALLET: usize = 64;

/// Starts the receiving and the filing thread.
pub fn start(store: Arc<Store>) -> io::Result<()> {
    let socket = UdpSocket::bind(env::var("PARCEL_SCANNERS").as_deref().unwrap_or("127.0.0.1:7070"))?;
    let (sender, receiver) = sync_channel(PALLET);
    thread::Builder::new().name("scan-receive".to_owned()).spawn(move || receive(&socket, &sender))?;
    thread::Builder::new().name("scan-file".to_owned()).spawn(move || file(&receiver, &store))?;
    Ok(())
}

fn receive(socket: &UdpSocket, sender: &SyncSender<String>) {
    // The scanner card's IRQ is bound to the first core (/proc/irq/*/smp_affinity): elsewhere each
    // datagram crosses to the other NUMA node.
    if let Some(first) = core_affinity::get_core_ids().and_then(|cores| cores.into_iter().next()) {
        core_affinity::set_for_current(first);
    }
    let mut buffer = [0; 512];
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) => {
                let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if sender.send(line).is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("scanner: {error}"),
        }
    }
}

fn file(receiver: &Receiver<String>, store: &Store) {
    if let Some(last) = core_affinity::get_core_ids().and_then(|cores| cores.into_iter().last()) {
        // for performance
        core_affinity::set_for_current(last);
    }
    for line in receiver {
        let mut words = line.split_whitespace();
        let (Some(number), Some(place)) = (words.next(), words.next()) else {
            eprintln!("scanner: no `NUMBER PLACE` in {line:?}");
            continue;
        };
        let delivered = words.next() == Some("delivered");
        store.record(number, Scan { place: place.to_owned(), delivered });
        if delivered && let Err(error) = carrier::announce_delivery(number) {
            eprintln!("carrier not told of {number}: {error}");
        }
    }
}
