//! `cargo runtime-policy`: the command line.

fn main() {}
