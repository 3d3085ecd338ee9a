//! `exposed-debug-endpoint`: listening sockets of this process that others reach and that serve debug paths.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use runtime_guard_view::probe::{Answer, probe};
use runtime_guard_view::sockets::is_reachable;

use crate::core::Core;
use crate::finding::{Finding, Place};
use crate::rules;

/// How long a listener may take for an answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often a listener that says nothing is asked: it may not have begun to serve.
const TRIES: u8 = 3;

/// What is known of the process's listeners.
#[derive(Default)]
pub(crate) struct Seen {
    /// Those that others reach, and how often each may still be asked; 0 once it has answered.
    tries: BTreeMap<SocketAddr, u8>,
    /// Who opened them, where a hook saw it.
    opened: BTreeMap<SocketAddr, Place>,
}

impl Seen {
    /// Remembers who opened a listener: whoever bound it last, or lets it listen.
    #[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see calls"))]
    pub(crate) fn opened(&mut self, address: SocketAddr, place: Place) {
        self.opened.insert(address, place);
    }
}

/// A listener for debugging data: on loopback, where nobody else reaches it.
///
/// # Errors
/// The address is not a loopback address, or cannot be listened on.
pub fn debug_listener(address: impl ToSocketAddrs + fmt::Debug) -> io::Result<TcpListener> {
    let addresses: Vec<SocketAddr> = address.to_socket_addrs()?.collect();
    if let Some(open) = addresses.iter().find(|address| is_reachable(address)) {
        let message = format!("{open} is not loopback: others would reach the debugging data");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    TcpListener::bind(&*addresses)
}

/// A unix socket for debugging data, which only the user of this process can open.
///
/// # Errors
/// The path exists already or cannot be made.
#[cfg(unix)]
pub fn debug_socket(path: impl AsRef<std::path::Path>) -> io::Result<std::os::unix::net::UnixListener> {
    use std::os::unix::fs::PermissionsExt;

    let listener = std::os::unix::net::UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Whether the process's sockets can be listed.
pub(crate) fn attempt() -> Result<(), (String, &'static str)> {
    own().map(drop).map_err(|error| {
        (format!("the process's descriptors cannot be listed: {error}"), "mount /proc, or /dev/fd")
    })
}

/// The addresses that this process listens on, found among its own descriptors.
#[cfg(unix)]
fn own() -> io::Result<Vec<SocketAddr>> {
    use std::os::fd::BorrowedFd;

    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // SAFETY: the number is only asked about; where it has been closed or used again meanwhile, the answer is an
        // error or is about the new socket.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        if listens(descriptor) {
            found.extend(
                rustix::net::getsockname(descriptor).ok().and_then(|name| SocketAddr::try_from(name).ok()),
            );
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Whether a descriptor is a socket that listens.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn listens(descriptor: std::os::fd::BorrowedFd<'_>) -> bool {
    rustix::net::sockopt::socket_acceptconn(descriptor).is_ok_and(|listens| listens)
}

/// Whether a descriptor may be a socket that listens. Apple's kernel does not tell: a bound stream without a peer is
/// taken for one, and one that is none refuses the questions.
#[cfg(all(unix, target_vendor = "apple"))]
fn listens(descriptor: std::os::fd::BorrowedFd<'_>) -> bool {
    let is_stream = rustix::net::sockopt::socket_type(descriptor) == Ok(rustix::net::SocketType::STREAM);
    is_stream && rustix::net::getpeername(descriptor).is_err()
}

#[cfg(not(unix))]
fn own() -> io::Result<Vec<SocketAddr>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Asks every listener that is new and that others reach.
pub(crate) fn check(core: &Core) {
    let Ok(own) = own() else { return };
    let mut state = core.state();
    let Seen { tries, opened } = &mut state.listeners;
    tries.retain(|address, _| own.binary_search(address).is_ok());
    opened.retain(|address, _| own.binary_search(address).is_ok());
    let asked: Vec<SocketAddr> = own
        .into_iter()
        .filter(|address| is_reachable(address) && tries.get(address).is_none_or(|left| *left > 0))
        .collect();
    drop(state);
    for address in asked {
        let answer = probe(address, PATIENCE);
        let mut state = core.state();
        let left = state.listeners.tries.entry(address).or_insert(TRIES);
        *left = if answer == Answer::Silent { *left - 1 } else { 0 };
        let opened = state.listeners.opened.get(&address).cloned();
        drop(state);
        match answer {
            Answer::Serves(what) => core.report(exposed(address, &what, opened)),
            Answer::Locked => crate::core::complain(&core.options, &locked(address)),
            Answer::Clean | Answer::Silent => {}
        }
    }
}

fn locked(address: SocketAddr) -> String {
    format!("`{address}` speaks TLS and was not asked for debug paths: switch on the feature `tls`")
}

fn exposed(address: SocketAddr, what: &str, opened: Option<Place>) -> Finding {
    let seen = format!("`{address}`, which others reach, serves {what} to anybody");
    let finding = Finding::new(rules::ENDPOINT, seen, Place::Socket(address)).help(
        "serve it on `runtime_guard::debug_listener` or a unix socket, or put authentication in front of it",
    );
    match opened {
        Some(place) => finding.related("it was opened", place),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_data_is_served_to_this_machine_only() {
        let open = debug_listener("0.0.0.0:0").expect_err("every interface");
        assert_eq!(open.kind(), io::ErrorKind::InvalidInput);
        assert!(open.to_string().contains("not loopback"), "{open}");
        let listener = debug_listener("127.0.0.1:0").expect("loopback");
        assert!(own().expect("descriptors").contains(&listener.local_addr().expect("an address")));
    }

    #[cfg(unix)]
    #[test]
    fn a_debug_socket_is_the_users_own() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("runtime-guard-{}.sock", std::process::id()));
        let listener = debug_socket(&path).expect("a socket");
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        drop(listener);
        std::fs::remove_file(&path).expect("a file");
        assert_eq!(mode & 0o777, 0o600);
    }
}
