//! Whether a listening socket serves debugging data.
//!
//! A debug path is asked for with `OPTIONS`, which routers answer without running the handler behind it, so that no
//! profile is taken. What the server says to a path that cannot exist is taken off: a server that answers everything
//! alike has told nothing. Behind TLS the same is asked with the feature `tls`, whoever's certificate it is. A server
//! that speaks HTTP/2 only is asked for tokio's console.

mod console;
#[cfg(not(feature = "tls"))]
mod hello;
mod http;
#[cfg(feature = "tls")]
mod tls;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use http::Said;
use runtime_policy_rules::{Language, Level, PathKind, debug_paths};

/// A path that no service has.
const CONTROL: &str = "/runtime-guard-asks-for-a-path-that-is-not-there";

/// Paths that are cheap to serve, for servers that answer `OPTIONS` by other means than their routes.
const CHEAP: [&str; 3] = ["/debug/pprof/", "/debug/pprof/cmdline", "/debug/vars"];

/// What a listener said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It serves this to anybody: a debug path in backticks, or a name.
    Serves(String),
    /// It speaks HTTP and serves no debug path that is known.
    Clean,
    /// It speaks TLS, which this build cannot: the feature `tls` is off.
    Locked,
    /// It speaks nothing that is known, or did not answer in time.
    Silent,
}

/// Asks a listener of a process that one owns, waiting up to `patience` for each answer.
///
/// An address that stands for every interface is asked on loopback. The first debug path found ends the questions; so
/// does the first that gets no answer.
pub fn probe(address: SocketAddr, patience: Duration) -> Answer {
    let plain = Peer { address: reachable(address), patience, is_behind_tls: false };
    match plain.ask("OPTIONS", CONTROL) {
        Ok(Said::Status(no_option)) => plain.go_through(no_option),
        Ok(Said::WantsTls) if cfg!(not(feature = "tls")) => Answer::Locked,
        Ok(Said::WantsTls) => behind_tls(plain).unwrap_or(Answer::Silent),
        Ok(Said::Other) => other(plain),
        // Without a word: to whoever speaks no TLS, or no HTTP/2.
        Err(error) if is_hang_up(&error) => other(plain),
        Err(_) => Answer::Silent,
    }
}

/// Asks who speaks no HTTP/1 in plain text.
fn other(plain: Peer) -> Answer {
    match console::is_served(&plain) {
        Ok(true) => Answer::Serves("tokio's console".to_owned()),
        #[cfg(not(feature = "tls"))]
        _ if hello::is_answered(&plain).unwrap_or(false) => Answer::Locked,
        _ => behind_tls(plain).unwrap_or(Answer::Silent),
    }
}

/// Asks behind TLS; none where that cannot be spoken.
fn behind_tls(plain: Peer) -> Option<Answer> {
    let peer = Peer { is_behind_tls: true, ..plain };
    match peer.ask("OPTIONS", CONTROL) {
        Ok(Said::Status(no_option)) => Some(peer.go_through(no_option)),
        Ok(_) => Some(Answer::Clean),
        Err(_) => None,
    }
}

fn is_hang_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// What a listener is spoken to through.
trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A listener, and how it is spoken to.
#[derive(Clone, Copy)]
struct Peer {
    address: SocketAddr,
    patience: Duration,
    is_behind_tls: bool,
}

impl Peer {
    fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect_timeout(&self.address, self.patience)?;
        stream.set_read_timeout(Some(self.patience))?;
        stream.set_write_timeout(Some(self.patience))?;
        match self.is_behind_tls {
            false => Ok(Box::new(stream)),
            #[cfg(feature = "tls")]
            true => tls::over(stream, self.address.ip()),
            #[cfg(not(feature = "tls"))]
            true => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn ask(&self, method: &str, path: &str) -> io::Result<Said> {
        http::ask(&mut *self.connect()?, self.address, method, path)
    }

    /// The status of the answer to one request.
    fn status(&self, method: &str, path: &str) -> io::Result<u16> {
        match self.ask(method, path)? {
            Said::Status(status) => Ok(status),
            Said::WantsTls | Said::Other => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Asks for every debug path; `no_option` is what the server says to a path that is not there.
    fn go_through(&self, no_option: u16) -> Answer {
        let Ok(no_page) = self.status("GET", CONTROL) else { return Answer::Silent };
        for path in CHEAP {
            match self.status("GET", path) {
                Ok(status) if status != no_page && (200..300).contains(&status) => return serves(path),
                Ok(_) => {}
                Err(_) => return Answer::Clean,
            }
        }
        for path in paths() {
            match self.status("OPTIONS", path) {
                // 405 and 2xx: there is a route, behind no lock.
                Ok(status) if status != no_option && (status == 405 || (200..300).contains(&status)) => {
                    return serves(path);
                }
                Ok(_) => {}
                Err(_) => return Answer::Clean,
            }
        }
        Answer::Clean
    }
}

fn serves(path: &str) -> Answer {
    Answer::Serves(format!("`{path}`"))
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
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
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
        assert_eq!(answer, serves("/debug/pprof/heap"));
    }

    #[test]
    fn an_index_is_found_where_everything_answers_options() {
        let answer = asked(|line| match line {
            line if line.starts_with("OPTIONS ") || line.starts_with("GET /debug/pprof/ ") => {
                Some("200 fine")
            }
            _ => Some("404 not found"),
        });
        assert_eq!(answer, serves("/debug/pprof/"));
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
    fn who_wants_tls_is_told_from_who_is_clean() {
        // Asked behind TLS, this one answers in plain text as well: nothing is learned.
        let said = asked(|_| Some("400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server."));
        assert_eq!(said, if cfg!(feature = "tls") { Answer::Silent } else { Answer::Locked });
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn who_hangs_up_on_plain_text_is_greeted_in_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 56];
                // A greeting: the record is as long as it says, and so is the message in it.
                let is_greeting = stream.read_exact(&mut request).is_ok() && request[0] == 0x16;
                if is_greeting && request[4] == 51 && request[8] == 47 {
                    let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, 40]);
                }
            }
        });
        assert_eq!(probe(address, Duration::from_secs(10)), Answer::Locked);
    }

    #[test]
    fn who_closes_without_a_word_is_silent() {
        // It reads every greeting to its end, which does not come: nobody waits long for it.
        assert_eq!(probe(server(|_| None), Duration::from_millis(200)), Answer::Silent);
    }

    #[test]
    fn every_interface_is_asked_on_loopback() {
        assert_eq!(reachable("0.0.0.0:80".parse().expect("an address")).to_string(), "127.0.0.1:80");
        assert_eq!(reachable("[::]:80".parse().expect("an address")).to_string(), "[::1]:80");
    }
}
