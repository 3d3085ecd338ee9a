//! Asks a service on this machine again and again, and says how fast it answered: `load ADDRESS CONNECTIONS REQUESTS`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, requests] = &words[..] else {
        return Err("load ADDRESS CONNECTIONS REQUESTS".into());
    };
    let port = address.parse::<SocketAddr>()?.port();
    // Never another machine.
    let peer = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
    let (connections, requests): (usize, usize) = (connections.parse()?, requests.parse()?);
    let start = Instant::now();
    let clients: Vec<_> = (0..connections).map(|_| thread::spawn(move || ask(peer, requests))).collect();
    for client in clients {
        client.join().map_err(|_| "a client panicked")??;
    }
    let rate = (connections * requests) as f64 / start.elapsed().as_secs_f64();
    println!("{rate:.0} requests per second");
    Ok(())
}

fn ask(peer: SocketAddr, requests: usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(peer)?;
    stream.set_nodelay(true)?;
    let mut answer = [0; 4096];
    for _ in 0..requests {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")?;
        let mut read = 0;
        while !answer[..read].ends_with(b"hello\n")
            || !answer[..read].windows(4).any(|end| end == b"\r\n\r\n")
        {
            read += stream.read(&mut answer[read..])?;
        }
    }
    Ok(())
}
