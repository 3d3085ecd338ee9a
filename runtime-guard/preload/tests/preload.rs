//! A C program that was never built with the guard, watched.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = r#"
#define _GNU_SOURCE
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>

static void janitor(void) { malloc_trim(0); }

int main(int count, char **words) {
    if (count > 1) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(0, &cpus);
        sched_setaffinity(0, sizeof cpus, &cpus);
        janitor();
    }
    return 7;
}
"#;

/// The library that cargo has built beside this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let folders = test.ancestors().skip(1);
    let found = folders.map(|folder| folder.join("libruntime_guard_preload.so")).find(|file| file.is_file());
    found.expect("the library is built with its test")
}

fn compiled(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("program.c"), folder.join("program"));
    std::fs::write(&source, PROGRAM).expect("a file");
    let status = Command::new("cc").arg("-o").arg(&program).arg(&source).status().expect("a C compiler");
    assert!(status.success());
    program
}

/// Runs the program, and gives what the guard wrote.
fn watched(program: &Path, folder: &Path, words: &[&str]) -> String {
    let output = folder.join(format!("findings-{}", words.len()));
    let status = Command::new(program)
        .args(words)
        .env("LD_PRELOAD", library())
        .env("RUNTIME_GUARD_OUTPUT", &output)
        .status()
        .expect("the program runs");
    assert_eq!(status.code(), Some(7), "the program ends as it would without the guard");
    std::fs::read_to_string(output).unwrap_or_default()
}

#[test]
fn calls_of_a_program_that_knows_nothing_of_it_are_seen() {
    let folder = std::env::temp_dir().join(format!("runtime-guard-preload-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let program = compiled(&folder);
    let (broken, clean) = (watched(&program, &folder, &["break"]), watched(&program, &folder, &[]));
    std::fs::remove_dir_all(&folder).expect("a folder");
    assert!(broken.contains("error[manual-gc]: `malloc_trim` forces a collection"), "{broken}");
    if std::thread::available_parallelism().is_ok_and(|count| count.get() > 1) {
        assert!(broken.contains("error[unjustified-thread-pin]: `sched_setaffinity` binds"), "{broken}");
    }
    assert_eq!(clean, "");
}
