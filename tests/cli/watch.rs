//! `watch`, with processes of the test's own.
#![cfg(target_os = "linux")]

use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::tree::Tree;

#[test]
fn a_command_is_watched_until_it_ends_and_its_words_stay_out_of_the_report() {
    let tree = Tree::new(&[]);
    let (code, out, error) = tree.say(&["watch", "--every", "20", "--", "sh", "-c", "echo words; sleep 0.2"]);
    assert_eq!((code, error.as_str()), (0, "words\n"));
    assert!(out.starts_with("no findings in "), "{out}");
}

#[test]
fn the_environment_of_a_program_in_any_language_is_judged() {
    let tree = Tree::new(&[]);
    // Looked at often and for long enough, so that a busy machine sees it as well.
    let arguments = [
        "watch",
        "--every",
        "20",
        "--format",
        "short",
        "--",
        "env",
        "GOGC=off",
        "GOMAXPROCS=1",
        "MALLOC_CONF=dirty_decay_ms:-1",
        "sleep",
        "2",
    ];
    let (code, out, _) = tree.say(&arguments);
    let told = "sleep:1:1: error[collector-disabled]: `GOGC=off` switches a collector or the return of memory off\n\
                sleep:1:1: error[collector-disabled]: `MALLOC_CONF=dirty_decay_ms:-1` switches a collector or the return of \
                memory off\n\
                sleep:1:1: warning[single-worker-runtime]: `GOMAXPROCS=1` asks for one worker\n";
    assert_eq!((code, out.as_str()), (1, told));
    // The policy has the last word.
    tree.write("runtime-policy.toml", "[levels]\ncollector-disabled = \"off\"\n");
    let (code, out, _) = tree.say(&arguments);
    assert_eq!((code, out.lines().count()), (0, 1), "{out}");
}

#[test]
fn a_debug_endpoint_of_a_process_that_runs_is_found_by_its_number() {
    use std::io::{BufRead, BufReader, Write};
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serve = move || {
        for stream in listener.incoming().flatten() {
            let mut line = String::new();
            let mut reader = BufReader::new(&stream);
            let mut header = String::new();
            let _ = reader.read_line(&mut line);
            while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
                header.clear();
            }
            let status = if line.contains(" /debug/vars ") { "200 OK" } else { "404 Not Found" };
            let _ = write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        }
    };
    std::thread::spawn(serve);
    let tree = Tree::new(&[]);
    let own = std::process::id().to_string();
    let (code, out, _) = tree.say(&["watch", "--pid", &own, "--format", "short", "--fail-on", "error"]);
    let told = format!(
        "error[exposed-debug-endpoint]: `{address}`, which others reach, serves `/debug/vars` to anybody"
    );
    assert_eq!(code, 1, "{out}");
    assert!(out.contains(&told), "{out}");
}

#[test]
fn a_thread_that_binds_itself_is_seen_and_only_warned_of() {
    if std::thread::available_parallelism().is_ok_and(|count| count.get() < 2) {
        return;
    }
    let tree = Tree::new(&[]);
    let bound = ["taskset", "-c", "0", "sleep", "2"];
    let is_there = Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok();
    assert!(is_there, "taskset is a part of every Debian system");
    let (code, out, _) =
        tree.say(&[&["watch", "--every", "20", "--format", "short", "--"][..], &bound].concat());
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("sleep:1:1: warning[unjustified-thread-pin]: thread `sleep` is bound to CPU 0 of "),
        "{out}"
    );
}

#[test]
fn threads_that_only_grow_are_worth_a_word() {
    let tree = Tree::new(&[]);
    let grow = "import threading, time\n\
                for _ in range(12):\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n    \
                time.sleep(0.05)\n\
                time.sleep(60)";
    let (code, _, error) =
        tree.say(&["watch", "--every", "30", "--looks", "100", "--", "python3", "-c", grow]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("its threads grew from 1 to 13 and never fell"), "{error}");
}

#[test]
fn what_cannot_be_watched_is_said() {
    let tree = Tree::new(&[]);
    let (code, _, error) = tree.say(&["watch", "--pid", "2147483647"]);
    assert_eq!((code, error.as_str()), (2, "error: there is no process 2147483647\n"));
    let (code, _, error) = tree.say(&["watch", "--", "no-such-program-anywhere"]);
    assert_eq!(code, 2);
    assert!(error.starts_with("error: cannot start `no-such-program-anywhere`: "), "{error}");
    let (code, _, error) = tree.say(&["watch"]);
    assert_eq!(code, 2);
    assert!(error.contains("--pid"), "{error}");
}
