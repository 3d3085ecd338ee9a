//! A service that breaks invariants while it runs (`broken`), and the same one mended (`mended`).
//!
//! It prints `listening ADDRESS`; for each line on standard input it checks, prints `finding LEVEL RULE` for each finding
//! and `checked`; it ends with its input. `leaseless` is the mended one without its lease, and `unguarded` is the mended one without a guard; built with the feature `bare`, its
//! allocator is jemalloc itself.

mod breaks;
mod mended;

use std::error::Error;
use std::io::{BufRead, stdin};
use std::net::TcpListener;

use axum::Router;
use axum::routing::get;
#[cfg(not(feature = "bare"))]
use runtime_guard::LeaseAlloc;
use runtime_guard::{Options, Process, cgroup};
use tikv_jemallocator::Jemalloc;
use tokio::runtime::{Builder, Runtime};

#[cfg(feature = "bare")]
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[cfg(not(feature = "bare"))]
#[global_allocator]
static ALLOCATOR: LeaseAlloc<Jemalloc> = LeaseAlloc::new(Jemalloc);

fn main() -> Result<(), Box<dyn Error>> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let is_broken = mode == "broken";
    let guard = match mode.as_str() {
        "broken" | "mended" | "leaseless" => Some(Options::new().policy(runtime_guard::policy!()).install()?),
        "unguarded" => None,
        _ => return Err("say broken, mended, leaseless or unguarded".into()),
    };
    let runtime = boot()?;
    if let Some(guard) = &guard {
        guard.watch_tokio("tokio", runtime.handle());
        guard.seal();
    }
    let address = serve(&runtime, is_broken)?;
    println!("listening {address}");
    let held = if is_broken { breaks::everything() } else { mended::everything(mode != "leaseless") };
    for line in stdin().lock().lines() {
        line?;
        for finding in guard.iter().flat_map(|guard| guard.check()) {
            println!("finding {} {}", finding.level.name(), finding.rule);
            eprintln!("{finding}\n");
        }
        println!("checked");
    }
    drop(held);
    Ok(())
}

/// The one owner of everything that tunes.
#[runtime_guard::startup]
fn boot() -> Result<Runtime, Box<dyn Error>> {
    let workers = cgroup::effective(Process::Own)?.workers();
    Ok(Builder::new_multi_thread().worker_threads(workers).enable_all().build()?)
}

/// Serves in the background; debugging data beside the rest where it is broken, on loopback where it is mended.
fn serve(runtime: &Runtime, is_broken: bool) -> Result<std::net::SocketAddr, Box<dyn Error>> {
    let public = Router::new().route("/", get(|| async { "hello\n".repeat(20) }));
    let debug = Router::new().route("/debug/pprof/heap", get(|| async { "no profile in this example\n" }));
    let open = TcpListener::bind("0.0.0.0:0")?;
    let address = open.local_addr()?;
    if is_broken {
        spawn(runtime, open, public.merge(debug))?;
    } else {
        spawn(runtime, open, public)?;
        spawn(runtime, runtime_guard::debug_listener("127.0.0.1:0")?, debug)?;
    }
    Ok(address)
}

fn spawn(runtime: &Runtime, listener: TcpListener, router: Router) -> Result<(), Box<dyn Error>> {
    listener.set_nonblocking(true)?;
    let _entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    runtime.spawn(async move { axum::serve(listener, router).await });
    Ok(())
}
