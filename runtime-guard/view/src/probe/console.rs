//! Whether tokio's console is served: gRPC, asked with the few bytes of HTTP/2 that it takes.
//!
//! The console answers the call for updates with a stream; a server without it refuses at once, as it does any call that
//! there is not.

use std::io::{self, Read};

use super::{Peer, Stream};

const UPDATES: &str = "/rs.tokio.console.instrument.Instrument/WatchUpdates";

/// A call that no console has.
const CONTROL: &str = "/rs.tokio.console.instrument.Instrument/RuntimeGuardAsks";

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;

/// Flags of frames.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The first stream that a client opens.
const STREAM: u32 = 1;

/// Frames that are read while waiting for the answer's headers.
const PATIENCE: usize = 16;

/// The longest payload that a server may send unasked.
const LONGEST: usize = 1 << 14;

/// Whether a server answers the console's call as it answers no other.
pub(super) fn is_served(peer: &Peer) -> io::Result<bool> {
    Ok(goes_on(&mut *peer.connect()?, UPDATES)? && !goes_on(&mut *peer.connect()?, CONTROL)?)
}

/// Makes a call; whether the answer has begun and more of it is to come.
fn goes_on(stream: &mut dyn Stream, call: &str) -> io::Result<bool> {
    let mut bytes = PREFACE.to_vec();
    frame(&mut bytes, SETTINGS, 0, 0, &[]);
    frame(&mut bytes, HEADERS, END_HEADERS, STREAM, &headers(call));
    // A message without content: not compressed, and no bytes long.
    frame(&mut bytes, DATA, END_STREAM, STREAM, &[0; 5]);
    stream.write_all(&bytes)?;
    for _ in 0..PATIENCE {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let [high, middle, low, kind, flags, of @ ..] = head;
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        io::copy(&mut stream.take(length as u64), &mut io::sink())?;
        if kind == HEADERS && u32::from_be_bytes(of) == STREAM {
            return Ok(flags & END_STREAM == 0);
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    // The payloads here are short.
    bytes.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}

/// The headers of a call, by HPACK's static table and in plain text.
fn headers(call: &str) -> Vec<u8> {
    // `:method: POST`, `:scheme: http`
    let mut bytes = vec![0x83, 0x86];
    let mut add = |name: &[u8], value: &str| {
        bytes.extend_from_slice(name);
        // None of them is longer than a byte can say.
        bytes.push(value.len() as u8);
        bytes.extend_from_slice(value.as_bytes());
    };
    // By number: `:authority`, `:path`, `content-type`; by name: `te`.
    add(&[0x01], "localhost");
    add(&[0x04], call);
    add(&[0x0f, 0x10], "application/grpc");
    add(&[0x00, 2, b't', b'e'], "trailers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;
    use std::time::Duration;

    /// A server that answers calls with the flags that `flags` says, after its settings.
    fn asked(flags: fn(&[u8]) -> u8) -> io::Result<bool> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 1024];
                let read = stream.read(&mut request).unwrap_or_default();
                let mut answer = Vec::new();
                frame(&mut answer, SETTINGS, 0, 0, &[]);
                frame(&mut answer, HEADERS, END_HEADERS | flags(&request[..read]), STREAM, &[0x88]);
                let _ = stream.write_all(&answer);
            }
        });
        is_served(&Peer { address, patience: Duration::from_secs(10), is_behind_tls: false })
    }

    #[test]
    fn a_console_streams_and_others_refuse_or_answer_everything_alike() {
        let console = |request: &[u8]| {
            let is_known = request.windows(UPDATES.len()).any(|part| part == UPDATES.as_bytes());
            if is_known { 0 } else { END_STREAM }
        };
        assert!(asked(console).expect("an answer"));
        assert!(!asked(|_| END_STREAM).expect("an answer"));
        assert!(!asked(|_| 0).expect("an answer"));
    }
}
