//! Code that `--fix` rewrites, in the shapes in which people write it.

pub mod counts;
pub mod guards;
pub mod tasks;

/// A comment for the tool that has outlived its cause.
pub fn tidy() -> usize {
    // runtime-policy: allow(manual-gc) -- after the nightly import
    let kept = 1;
    kept + 1 // runtime-policy: allow(profile-rate) -- one run an hour
}
