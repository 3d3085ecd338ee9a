//! What the guard sees of the broken service, from inside and outside, and that it sees nothing of the mended one.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The service, while it runs.
struct Service {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    address: String,
}

impl Service {
    fn start(mode: &str) -> Service {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guarded-service"))
            .arg(mode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("piped"));
        let mut service = Service { child, input, output: BufReader::new(output), address: String::new() };
        service.address = service.line().strip_prefix("listening ").expect("its first words").to_owned();
        service
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the service speaks");
        line.trim_end().to_owned()
    }

    /// Findings of one check.
    fn check(&mut self) -> Vec<String> {
        writeln!(self.input.as_mut().expect("open"), "check").expect("the service listens");
        let mut findings = Vec::new();
        loop {
            let line = self.line();
            if line == "checked" {
                return findings;
            }
            findings.push(line.strip_prefix("finding ").expect("a finding").to_owned());
        }
    }

    /// What `cargo runtime-policy watch` says of it: its exit code, and level and rule of each finding.
    fn watch(&self) -> (Option<i32>, BTreeSet<String>) {
        let program = std::env::var("CARGO_RUNTIME_POLICY").expect("`run` says where the program is");
        let number = self.child.id().to_string();
        let arguments = ["watch", "--no-config", "--format", "short", "--pid", &number];
        let output = Command::new(program).args(arguments).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let told =
            text.lines().filter_map(|line| Some(line.split_once(": ")?.1.split_once("]: ")?.0.to_owned()));
        (output.status.code(), told.collect())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

fn set<'a>(items: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    items.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_broken_invariant_is_found_and_no_other() {
    let mut service = Service::start("broken");
    let mut expected = vec![
        "error exposed-debug-endpoint",
        "error missing-keep-alive",
        "error tuning-outside-main",
        "error tuning-outside-main",
    ];
    if cfg!(feature = "interpose") {
        // The C library's, and the allocator's.
        expected.extend(["error manual-gc"; 2]);
    }
    if std::thread::available_parallelism().is_ok_and(|count| count.get() > 1) {
        expected.push("error unjustified-thread-pin");
    }
    expected.sort_unstable();
    let mut found = service.check();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(service.check(), [""; 0], "each is told once");
}

#[test]
fn the_mended_service_is_silent() {
    let mut service = Service::start("mended");
    assert_eq!(service.check(), [""; 0]);
    assert_eq!(service.check(), [""; 0]);
}

#[test]
fn from_outside_the_endpoint_and_the_pin_are_seen() {
    let (code, found) = Service::start("broken").watch();
    let mut expected = set(["error[exposed-debug-endpoint"]);
    if std::thread::available_parallelism().is_ok_and(|count| count.get() > 1) {
        expected.extend(set(["warning[unjustified-thread-pin"]));
    }
    assert_eq!((code, found), (Some(1), expected));
    let (code, found) = Service::start("mended").watch();
    // The cause stands in the service's source: from outside, only the pin shows.
    assert_eq!((code, found.contains("error[exposed-debug-endpoint")), (Some(0), false));
}
