//! Listening TCP sockets of a process.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::process::Process;

/// The state that the kernel's tables give a listening socket.
const LISTEN: &str = "0A";

/// Whether others than this machine's own programs reach an address.
pub fn is_reachable(address: &SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// The addresses that a process listens on, in order.
///
/// Joins the sockets among its descriptors with the tables of its network namespace.
///
/// # Errors
/// The process has ended, belongs to another user, or `/proc` is not mounted.
pub fn listening(process: Process) -> io::Result<Vec<SocketAddr>> {
    let own = inodes(process)?;
    let mut found = Vec::new();
    for table in ["net/tcp", "net/tcp6"] {
        match fs::read_to_string(process.file(table)) {
            Ok(text) => {
                found.extend(rows(&text).filter(|(_, inode)| own.contains(inode)).map(|(address, _)| address))
            }
            // A kernel without IPv6 has no table of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound && table == "net/tcp6" => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The inodes of the sockets among a process's descriptors.
fn inodes(process: Process) -> io::Result<HashSet<u64>> {
    let mut found = HashSet::new();
    for entry in fs::read_dir(process.file("fd"))? {
        // A descriptor may be closed while the folder is read.
        let Ok(target) = fs::read_link(entry?.path()) else { continue };
        let inode = target.to_str().and_then(|target| target.strip_prefix("socket:[")?.strip_suffix(']'));
        found.extend(inode.and_then(|inode| inode.parse::<u64>().ok()));
    }
    Ok(found)
}

/// Addresses and inodes of the listening sockets in a table.
fn rows(table: &str) -> impl Iterator<Item = (SocketAddr, u64)> + '_ {
    table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let address = address(fields.nth(1)?)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?.parse().ok()?;
        (state == LISTEN).then_some((address, inode))
    })
}

/// Reads `0100007F:1F90`: words of four bytes in the machine's order, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(host.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip: IpAddr = match host.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn loopback_in_every_form_is_not_reachable() {
        for text in ["127.0.0.1:1", "127.8.9.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(!is_reachable(&text.parse().expect("an address")), "{text}");
        }
        for text in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1"] {
            assert!(is_reachable(&text.parse().expect("an address")), "{text}");
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn the_kernels_tables_are_read() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n\
             1: 0100007F:1F91 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n\
             2: 0000000000000000FFFF00000100007F:0050 0:0 0A 0:0 00:0 0 0 0 4713 1 0\n\
             damaged\n";
        let found: Vec<_> = rows(table).collect();
        let expected =
            ["127.0.0.1:8080", "[::ffff:127.0.0.1]:80"].map(|text| text.parse().expect("an address"));
        assert_eq!(found, [(expected[0], 4711), (expected[1], 4713)]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_listener_of_the_own_process_is_seen_while_it_is_open() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        assert!(listening(Process::Own).expect("proc").contains(&address));
        drop(listener);
        assert!(!listening(Process::Own).expect("proc").contains(&address));
    }
}
