//! What the allocator costs more with the guard than without, pair by pair: both are measured in turns of less than a
//! millisecond, so that whatever else the machine does falls on both, and the median of the ratios is taken.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::time::{Duration, Instant};

use runtime_guard::{LeaseAlloc, lease};

/// Pairs of turns; odd, so that there is a middle one.
const ROUNDS: usize = 4001;

/// Bytes that a turn allocates at most, and times at most.
const TURN: (usize, usize) = (64 << 20, 10_000);

/// Allocates and gives back, `times` times.
fn turn(allocator: &impl GlobalAlloc, layout: Layout, times: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        // SAFETY: the layout is not empty, and the block goes back where it is from.
        unsafe {
            let block = black_box(allocator.alloc(layout));
            allocator.dealloc(block, layout);
        }
    }
    start.elapsed()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn compare(size: usize, leases: usize) {
    let layout = Layout::from_size_align(size, 8).expect("a layout");
    let guarded = LeaseAlloc::new(System);
    let buffers: Vec<Vec<u8>> = (0..leases).map(|_| vec![0; 64]).collect();
    let held: Vec<_> = buffers.iter().map(|buffer| lease(&buffer[..], "a benchmark")).collect();
    let times = (TURN.0 / size).clamp(1, TURN.1);
    let (mut bare, mut ratios) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Who comes second finds warmer caches: by turns.
        let (without, with) = if round % 2 == 0 {
            let without = turn(&System, layout, times);
            (without, turn(&guarded, layout, times))
        } else {
            let with = turn(&guarded, layout, times);
            (turn(&System, layout, times), with)
        };
        bare.push(without.as_secs_f64() * 1e9 / times as f64);
        ratios.push(with.as_secs_f64() / without.as_secs_f64());
    }
    drop(held);
    let (bare, more) = (median(bare), (median(ratios) - 1.0) * 100.0);
    println!(
        "{size:>8} bytes, {leases:>3} leases: {bare:>8.2} ns without, {more:+.1} % ({:+.2} ns) with the guard",
        bare * more / 100.0
    );
}

fn main() {
    for size in [64, 4096, 1 << 20] {
        for leases in [0, 1, 100] {
            compare(size, leases);
        }
    }
}
