//! What the guard costs: the allocator with 0, 1 and 100 leases, and a whole check.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use runtime_guard::{LeaseAlloc, Options, lease};

/// Allocates and gives back.
fn pair(allocator: &impl GlobalAlloc, layout: Layout) {
    // SAFETY: the layout is not empty, and the block goes back where it is from.
    unsafe {
        let block = black_box(allocator.alloc(layout));
        allocator.dealloc(block, layout);
    }
}

fn allocator(c: &mut Criterion) {
    let guarded = LeaseAlloc::new(System);
    for size in [64, 4096, 1 << 20] {
        let layout = Layout::from_size_align(size, 8).expect("a layout");
        let mut group = c.benchmark_group(format!("alloc+free/{size} bytes"));
        group.bench_function("System", |b| b.iter(|| pair(&System, layout)));
        for leases in [0usize, 1, 100] {
            let buffers: Vec<Vec<u8>> = (0..leases).map(|_| vec![0; 64]).collect();
            let held: Vec<_> = buffers.iter().map(|buffer| lease(&buffer[..], "a benchmark")).collect();
            group.bench_function(format!("guarded, {leases} leases"), |b| b.iter(|| pair(&guarded, layout)));
            drop(held);
        }
        group.finish();
    }
}

fn check(c: &mut Criterion) {
    let guard = Options::new().log(false).metrics(false).every(None).install().expect("no other guard");
    guard.seal();
    for threads in [10usize, 1000] {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let stopped = std::sync::Mutex::new(stopped);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let _ = stopped.lock().map(|stopped| stopped.recv());
                });
            }
            let sockets: Vec<_> =
                (0..threads).filter_map(|_| std::net::TcpListener::bind("127.0.0.1:0").ok()).collect();
            let name = format!("check/{threads} threads, {} sockets", sockets.len());
            c.bench_function(&name, |b| b.iter(|| guard.check()));
            drop(stop);
        });
    }
    c.bench_function("exposition", |b| b.iter(|| guard.exposition()));
}

criterion_group!(benches, allocator, check);
criterion_main!(benches);
