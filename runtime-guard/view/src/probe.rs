//! Whether a listening socket serves debugging data.
//!
//! A debug path is asked for with `OPTIONS`, which routers answer without running the handler behind it, so that no
//! profile is taken. What the server says to a path that cannot exist is taken off: a server that answers everything
//! alike has told nothing.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use runtime_policy_rules::{Language, Level, PathKind, debug_paths};

/// A path that no service has.
const CONTROL: &str = "/runtime-guard-asks-for-a-path-that-is-not-there";

/// Paths that are cheap to serve, for servers that answer `OPTIONS` by other means than their routes.
const CHEAP: [&str; 3] = ["/debug/pprof/", "/debug/pprof/cmdline", "/debug/vars"];

/// What a listener said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It serves this debug path to anybody.
    Serves(String),
    /// It speaks HTTP and serves no debug path that is known.
    Clean,
    /// It speaks no HTTP, or did not answer in time.
    Silent,
}

/// Asks a listener of a process that one owns, waiting up to `patience` for each answer.
///
/// An address that stands for every interface is asked on loopback. The first debug path found ends the questions; so
/// does the first that gets no answer.
pub fn probe(address: SocketAddr, patience: Duration) -> Answer {
    let peer = peer(address);
    let ask = |method: &str, path: &str| status(peer, method, path, patience);
    let (Ok(no_option), Ok(no_page)) = (ask("OPTIONS", CONTROL), ask("GET", CONTROL)) else {
        return Answer::Silent;
    };
    for path in CHEAP {
        match ask("GET", path) {
            Ok(status) if status != no_page && (200..300).contains(&status) => {
                return Answer::Serves(path.to_owned());
            }
            Ok(_) => {}
            Err(_) => return Answer::Clean,
        }
    }
    for path in paths() {
        match ask("OPTIONS", path) {
            // 405 and 2xx: there is a route, behind no lock.
            Ok(status) if status != no_option && (status == 405 || (200..300).contains(&status)) => {
                return Answer::Serves(path.to_owned());
            }
            Ok(_) => {}
            Err(_) => return Answer::Clean,
        }
    }
    Answer::Clean
}

/// Every path that is a debug path by itself, in the order of the catalogues.
fn paths() -> impl Iterator<Item = &'static str> {
    let of_all = Language::ALL.iter().flat_map(|language| debug_paths(*language));
    of_all
        .filter(|path| path.level == Level::Error && matches!(path.kind, PathKind::Exact | PathKind::Prefix))
        .map(|path| path.pattern.as_ref())
        .filter(|path| path.starts_with('/'))
}

/// Where to connect to.
fn peer(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The status of the answer to one request.
fn status(peer: SocketAddr, method: &str, path: &str, patience: Duration) -> io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&peer, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {peer}\r\nUser-Agent: runtime-guard\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    // `HTTP/1.1 200`
    let mut line = [0; 12];
    stream.read_exact(&mut line)?;
    let text = std::str::from_utf8(&line).unwrap_or_default();
    let code = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..)?.parse().ok());
    code.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no HTTP"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufRead;
    use std::net::TcpListener;

    /// A server of as many answers as the test needs; `answer` maps a request's first line to a status.
    fn server(answer: fn(&str) -> Option<&'static str>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut line = String::new();
                let mut reader = io::BufReader::new(&stream);
                if reader.read_line(&mut line).is_err() {
                    continue;
                }
                let mut header = String::new();
                while reader.read_line(&mut header).is_ok_and(|_| header != "\r\n") {
                    header.clear();
                }
                if let Some(status) = answer(&line) {
                    let _ = write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                }
            }
        });
        address
    }

    fn asked(answer: fn(&str) -> Option<&'static str>) -> Answer {
        probe(server(answer), Duration::from_secs(10))
    }

    #[test]
    fn a_route_is_found_without_running_what_is_behind_it() {
        let answer = asked(|line| match line {
            line if line.starts_with("GET /debug/pprof/heap ") => Some("500 was run"),
            line if line.starts_with("OPTIONS /debug/pprof/heap ") => Some("405 no such method"),
            _ => Some("404 not found"),
        });
        assert_eq!(answer, Answer::Serves("/debug/pprof/heap".to_owned()));
    }

    #[test]
    fn an_index_is_found_where_everything_answers_options() {
        let answer = asked(|line| match line {
            line if line.starts_with("OPTIONS ") || line.starts_with("GET /debug/pprof/ ") => {
                Some("200 fine")
            }
            _ => Some("404 not found"),
        });
        assert_eq!(answer, Answer::Serves("/debug/pprof/".to_owned()));
    }

    #[test]
    fn who_answers_everything_alike_or_asks_for_a_password_is_clean() {
        assert_eq!(asked(|_| Some("200 fine")), Answer::Clean);
        assert_eq!(asked(|_| Some("404 not found")), Answer::Clean);
        assert_eq!(
            asked(|line| if line.contains("/debug/") {
                Some("401 who are you")
            } else {
                Some("404 not found")
            }),
            Answer::Clean
        );
    }

    #[test]
    fn who_closes_without_a_word_is_silent() {
        assert_eq!(asked(|_| None), Answer::Silent);
    }

    #[test]
    fn every_interface_is_asked_on_loopback() {
        assert_eq!(peer("0.0.0.0:80".parse().expect("an address")).to_string(), "127.0.0.1:80");
        assert_eq!(peer("[::]:80".parse().expect("an address")).to_string(), "[::1]:80");
    }
}
