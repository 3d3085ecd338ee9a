//! Addresses: as text, by the names that hold them, and several possibilities as one.

use std::sync::Arc;

use crate::exposure::auth::words;
use crate::exposure::sketch::{Kind, Node};
use crate::facts::FileIndex;
use crate::facts::exposure::Address;
use crate::source::Span;

/// How many steps one address is followed.
pub(crate) const MAX_STEPS: u32 = 40;

/// What an expression was followed to.
#[derive(Debug, Clone)]
pub(crate) struct Traced {
    pub address: Address,
    /// It is a listener or connection, not a bare address.
    pub listener: bool,
    /// Where the address is given.
    pub place: (FileIndex, Span),
}

/// The arguments of the call at a place, the receiver of a method called by its path left out.
pub(crate) fn arguments_at(body: &Node, span: Span, method: bool) -> Option<&[Node]> {
    let mut found = None;
    body.walk(&mut |node| match &node.kind {
        Kind::Call(_, args) if node.span == span => {
            found = Some(if method { args.get(1..).unwrap_or(&[]) } else { args.as_slice() });
        }
        Kind::Method { at, args, .. } if *at == span.start && node.span.end == span.end => {
            found = Some(args.as_slice());
        }
        _ => {}
    });
    found
}

/// Several possibilities as one: what others reach outweighs what they do not, and that outweighs what is not seen.
pub(crate) fn join(found: impl Iterator<Item = Traced>) -> Option<Traced> {
    found.max_by_key(|one| match one.address {
        Address::Public(_) => 4,
        Address::Loopback | Address::Unix => 3,
        Address::Undecided => 2,
        Address::Unknown(_) => 1,
    })
}

/// Whether a name speaks of an address or a listener.
pub(crate) fn names_address(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "addr"
                | "addrs"
                | "address"
                | "addresses"
                | "listen"
                | "listener"
                | "bind"
                | "host"
                | "ip"
                | "interface"
        )
    })
}

/// What arguments say in words: the first name among them.
pub(crate) fn shown(args: &[Node]) -> Arc<str> {
    args.iter().find_map(Node::name).unwrap_or("its argument").into()
}

/// An address as text: `0.0.0.0:80`, `[::1]:80`, `:80`, `localhost:{port}`, `unix:/run/x.sock`.
pub(crate) fn written(text: &str) -> Option<Address> {
    let text = text.trim();
    if text.starts_with("unix:") || text.ends_with(".sock") || text.ends_with(".socket") {
        return Some(Address::Unix);
    }
    let bare = ["http://", "https://", "tcp://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let bare = bare.unwrap_or(text);
    let (host, port) = match bare.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.starts_with('[') => (host, Some(port)),
        _ => (bare, None),
    };
    let is_port = |port: &str| port.starts_with('{') || port.bytes().all(|byte| byte.is_ascii_digit());
    if port.is_some_and(|port| !is_port(port) || port.is_empty()) {
        return None;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host == "localhost" {
        return Some(Address::Loopback);
    }
    if (host.is_empty() || host == "*") && port.is_some() {
        return Some(Address::Public(text.into()));
    }
    let ip: std::net::IpAddr = host.parse().ok()?;
    Some(if ip.is_loopback() { Address::Loopback } else { Address::Public(text.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_text() {
        assert_eq!(written("0.0.0.0:8080"), Some(Address::Public("0.0.0.0:8080".into())));
        assert_eq!(written("[::]:{port}"), Some(Address::Public("[::]:{port}".into())));
        assert_eq!(written(":6060"), Some(Address::Public(":6060".into())));
        assert_eq!(written("127.0.0.1:{}"), Some(Address::Loopback));
        assert_eq!(written("[::1]:80"), Some(Address::Loopback));
        assert_eq!(written("::1"), Some(Address::Loopback));
        assert_eq!(written("http://localhost:80"), Some(Address::Loopback));
        assert_eq!(written("/run/app/debug.sock"), Some(Address::Unix));
        assert_eq!(written("name: value"), None);
        assert_eq!(written("8080"), None);
        assert_eq!(written(""), None);
    }
}
