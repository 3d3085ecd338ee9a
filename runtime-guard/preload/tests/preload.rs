//! A C program that was never built with the guard, watched.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = r#"
#define _GNU_SOURCE
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>

extern int mallctl(const char *, void *, size_t *, void *, size_t);
extern void mi_collect(_Bool);

static void janitor(void) {
    malloc_trim(0);
    /* 7: whether the call comes to the allocator all the same. */
    if (mallctl("arena.0.purge", 0, 0, 0, 0) != 7 || mallctl("version", 0, 0, 0, 0) != 7) exit(1);
    mi_collect(1);
}

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

/// Stands for allocators that a program loads as shared libraries.
const ALLOCATORS: &str = "
#include <stddef.h>
int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size) { return 7; }
void mi_collect(_Bool force) {}
";

/// The library that cargo has built beside this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let folders = test.ancestors().skip(1);
    let found = folders.map(|folder| folder.join("libruntime_guard_preload.so")).find(|file| file.is_file());
    found.expect("the library is built with its test")
}

fn build(source: &str, output: &Path, arguments: &[&str]) {
    let file = output.with_extension("c");
    std::fs::write(&file, source).expect("a file");
    let status = Command::new("cc").arg("-o").arg(output).arg(&file).args(arguments).status();
    assert!(status.expect("a C compiler").success());
}

fn compiled(folder: &Path) -> PathBuf {
    let (library, program) = (folder.join("liballocators.so"), folder.join("program"));
    build(ALLOCATORS, &library, &["-shared", "-fPIC"]);
    let folder = folder.display();
    build(PROGRAM, &program, &[&format!("-L{folder}"), "-lallocators", &format!("-Wl,-rpath,{folder}")]);
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
    for purge in
        ["`malloc_trim` forces", "`mallctl` forces a collection: `arena.0.purge`", "`mi_collect` forces"]
    {
        assert!(broken.contains(&format!("error[manual-gc]: {purge}")), "{purge} is missing in {broken}");
    }
    assert!(!broken.contains("version"), "{broken}");
    if std::thread::available_parallelism().is_ok_and(|count| count.get() > 1) {
        assert!(broken.contains("error[unjustified-thread-pin]: `sched_setaffinity` binds"), "{broken}");
    }
    assert_eq!(clean, "");
}

#[test]
fn a_guard_that_is_loaded_late_says_that_it_sees_no_calls() {
    const LATE: &str = r#"
#include <dlfcn.h>
#include <malloc.h>

int main(int count, char **words) {
    if (!dlopen(words[1], RTLD_NOW | RTLD_GLOBAL)) return 1;
    malloc_trim(0);
    return 7;
}
"#;
    let folder = std::env::temp_dir().join(format!("runtime-guard-late-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (program, output) = (folder.join("late"), folder.join("output"));
    build(LATE, &program, &["-ldl"]);
    let run = Command::new(&program).arg(library()).env("RUNTIME_GUARD_OUTPUT", &output).status();
    let said = std::fs::read_to_string(&output).unwrap_or_default();
    std::fs::remove_dir_all(&folder).expect("a folder");
    assert_eq!(run.expect("the program runs").code(), Some(7));
    assert!(
        said.contains("warning: calls of the C library cannot be checked: something else stands in for "),
        "{said}"
    );
    assert!(said.contains("malloc_trim") && !said.contains("error["), "{said}");
}
