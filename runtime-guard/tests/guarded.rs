//! `#[runtime_guard::test]`.

use std::alloc::System;
use std::num::ParseIntError;

use runtime_guard::LeaseAlloc;

#[global_allocator]
static ALLOCATOR: LeaseAlloc<System> = LeaseAlloc::new(System);

#[runtime_guard::test]
#[should_panic(expected = "missing-keep-alive")]
fn a_guarded_test_fails_on_what_the_guard_finds() {
    let buffer = vec![7u8; 64];
    let _lease = runtime_guard::lease(&buffer[..], "a test").expect("room");
    drop(buffer);
}

#[runtime_guard::test]
fn a_guarded_test_may_give_a_result() -> Result<(), ParseIntError> {
    "7".parse::<u8>().map(drop)
}

#[runtime_guard::test]
#[should_panic(expected = "its own words")]
fn a_guarded_test_that_panics_keeps_its_own_words() {
    panic!("its own words");
}
