//! Whether TLS is spoken, for builds that do not speak it: a greeting, and the first bytes that come back.

use std::io;

use super::Peer;
use super::http::is_tls;

/// A `ClientHello` of TLS 1.2 without extensions, which every server answers, be it by refusing.
const HELLO: [u8; 56] = {
    // Record: handshake, version, length; message: hello, length, version; random; no session; suites; no compression.
    let mut bytes = [7; 56];
    let head = [0x16, 3, 1, 0, 51, 1, 0, 0, 47, 3, 3];
    let tail = [0, 0, 6, 0xc0, 0x2b, 0xc0, 0x2f, 0, 0x2f, 1, 0];
    let mut at = 0;
    while at < head.len() {
        bytes[at] = head[at];
        at += 1;
    }
    at = 0;
    while at < tail.len() {
        bytes[bytes.len() - tail.len() + at] = tail[at];
        at += 1;
    }
    bytes
};

/// Whether a server answers the greeting in TLS.
pub(super) fn is_answered(peer: &Peer) -> io::Result<bool> {
    let mut stream = peer.connect()?;
    stream.write_all(&HELLO)?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer)?;
    Ok(is_tls(&answer))
}
