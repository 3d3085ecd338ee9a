//! Asks a service on this machine again and again, and says how often it answered: `load ADDRESS CONNECTIONS SECONDS`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, seconds] = &words[..] else {
        return Err("load ADDRESS CONNECTIONS SECONDS".into());
    };
    let port = address.parse::<SocketAddr>()?.port();
    // Never another machine.
    let peer = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
    let (connections, seconds): (usize, u64) = (connections.parse()?, seconds.parse()?);
    let end = Instant::now() + Duration::from_secs(seconds);
    let clients: Vec<_> = (0..connections).map(|_| thread::spawn(move || ask(peer, end))).collect();
    let mut answers = 0;
    for client in clients {
        answers += client.join().map_err(|_| "a client panicked")??;
    }
    println!("{answers}");
    Ok(())
}

/// How many requests were answered until the end.
fn ask(peer: SocketAddr, end: Instant) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(peer)?;
    stream.set_nodelay(true)?;
    let mut answer = [0; 4096];
    let mut answers = 0;
    while Instant::now() < end {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")?;
        let mut read = 0;
        while !answer[..read].ends_with(b"hello\n")
            || !answer[..read].windows(4).any(|end| end == b"\r\n\r\n")
        {
            read += match stream.read(&mut answer[read..])? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => read,
            };
        }
        answers += 1;
    }
    Ok(answers)
}
