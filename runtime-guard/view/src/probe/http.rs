//! One question in HTTP/1.1.

use std::io;
use std::net::SocketAddr;

use super::Stream;

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The status of an answer in HTTP.
    Status(u16),
    /// That TLS is spoken here: an alert, or a status and words of it.
    WantsTls,
    /// Something that is no HTTP.
    Other,
}

/// Bytes of an answer that are read: the status line and, of a complaint, the words after its headers.
const READ: usize = 512;

/// `HTTP/1.1 200`
const LINE: usize = 12;

/// Whether an answer begins with a record of TLS, of any version: an alert or a part of the handshake.
pub(super) fn is_tls(answer: &[u8]) -> bool {
    matches!(answer, [0x15 | 0x16, 0x03, ..])
}

/// Asks for a path.
pub(super) fn ask(stream: &mut dyn Stream, host: SocketAddr, method: &str, path: &str) -> io::Result<Said> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: runtime-guard\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; READ];
    let mut read = 0;
    // A status needs a line; only a complaint is read on, for its words.
    while read < LINE || (answer.starts_with(b"HTTP/") && answer[9..LINE] == *b"400" && read < READ) {
        match stream.read(&mut answer[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(_) if read > 0 => break,
            Err(error) => return Err(error),
        }
    }
    match read {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(understand(&answer[..read])),
    }
}

fn understand(answer: &[u8]) -> Said {
    if is_tls(answer) {
        return Said::WantsTls;
    }
    let line = answer.get(..LINE).and_then(|line| std::str::from_utf8(line).ok());
    let status = line.and_then(|line| line.strip_prefix("HTTP/1.")?.get(2..)?.parse().ok());
    match status {
        // Go's and nginx's words.
        Some(400) if String::from_utf8_lossy(answer).contains("HTTPS") => Said::WantsTls,
        Some(status) => Said::Status(status),
        None => Said::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_told_apart() {
        assert_eq!(understand(b"HTTP/1.1 404 Not Found"), Said::Status(404));
        assert_eq!(understand(b"HTTP/1.0 400 Bad Request\r\n\r\nno"), Said::Status(400));
        assert_eq!(understand(b"HTTP/1.0 400 Bad Request\r\n\r\nto an HTTPS server."), Said::WantsTls);
        assert_eq!(understand(b"\x15\x03\x03\0\x02\x02\x16"), Said::WantsTls);
        for other in [&b"SSH-2.0-OpenSSH"[..], b"\0\0\x12\x04\0\0\0\0\0\0\0", b"HTTP/1.1 2", b"x"] {
            assert_eq!(understand(other), Said::Other, "{other:?}");
        }
    }
}
