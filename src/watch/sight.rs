//! What was seen so far, look by look.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use runtime_guard_view::cgroup;
use runtime_guard_view::probe::{self, Answer};
use runtime_guard_view::process::Process;
use runtime_guard_view::{affinity, sockets};
use runtime_policy_lints::finding::{Counts, Finding, Level, Location, Notice, Position, Report, Subject};
use runtime_policy_lints::fingerprint::fingerprint;
use runtime_policy_lints::policy::Config;

use super::judge::{self, Seen};
use super::target::Target;

/// How long a socket may take for an answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often a socket that says nothing is asked: the service may not have begun to serve.
const TRIES: u8 = 3;

/// Looks before growth of threads is worth a word.
const GROWTH: usize = 4;

/// Everything seen so far.
#[derive(Default)]
pub struct Sight {
    /// By process, rule and words, so that what is seen again is told once.
    seen: BTreeSet<(String, Seen)>,
    /// Names by number of the processes that were met.
    met: BTreeMap<i32, String>,
    /// Sockets that others reach and that have not answered yet: how often each may still be asked; 0 when it has.
    tries: BTreeMap<SocketAddr, u8>,
    /// Threads of each process, look by look.
    threads: BTreeMap<i32, Vec<usize>>,
    /// What could not be looked at.
    blind: BTreeSet<(String, String)>,
}

impl Sight {
    /// Looks at the process and its descendants once. One that ends meanwhile is passed over.
    pub fn look(&mut self, target: &Target) -> io::Result<()> {
        for number in Process::family(target.number())? {
            let process = Process::Number(number);
            let Ok(threads) = process.threads() else { continue };
            let name = process.thread_name(number);
            if name.is_empty() {
                continue;
            }
            // A program that is started takes its name with `exec`.
            if self.met.insert(number, name.clone()) != Some(name.clone()) {
                self.begin(number, &name);
            }
            self.threads.entry(number).or_default().push(threads.len());
            self.pins(target, process, &name, &threads);
            if let Err(error) = self.sockets(process, &name) {
                self.cannot(&name, "its sockets", &error);
            }
        }
        Ok(())
    }

    /// What does not change: environment and limits.
    fn begin(&mut self, number: i32, name: &str) {
        let process = Process::Number(number);
        let effective = cgroup::effective(process).ok();
        match process.environment() {
            // Another program has taken the process over meanwhile: it is met at the next look, under its own name.
            Ok(_) if process.thread_name(number) != name => {}
            Ok(environment) => {
                for seen in judge::environment(&environment, effective.as_ref()) {
                    self.seen.insert((name.to_owned(), seen));
                }
            }
            Err(error) => self.cannot(name, "its environment", &error),
        }
    }

    fn pins(&mut self, target: &Target, process: Process, name: &str, threads: &[i32]) {
        let of_each: Vec<_> =
            threads.iter().filter_map(|thread| Some((*thread, affinity::of_thread(*thread).ok()?))).collect();
        // Where all are alike, whoever started the process may have chosen: nobody bound a thread.
        let are_alike = of_each.windows(2).all(|two| two[0].1 == two[1].1);
        let Some(whole) = target.cpus() else { return };
        if target.started_with.is_none() && are_alike {
            return;
        }
        for (thread, cpus) in of_each {
            if cpus.is_part_of(&whole) {
                let thread = process.thread_name(thread);
                self.seen.insert((name.to_owned(), judge::pin(&thread, &cpus, &whole)));
            }
        }
    }

    fn sockets(&mut self, process: Process, name: &str) -> io::Result<()> {
        for address in sockets::listening(process)? {
            let left = self.tries.entry(address).or_insert(TRIES);
            if !sockets::is_reachable(&address) || *left == 0 {
                continue;
            }
            match probe::probe(address, PATIENCE) {
                Answer::Silent => *left -= 1,
                Answer::Clean => *left = 0,
                Answer::Serves(what) => {
                    *left = 0;
                    self.seen.insert((name.to_owned(), judge::endpoint(&address, &what)));
                }
                Answer::Locked => {
                    *left = 0;
                    let words =
                        "speaks TLS and was not asked for debug paths: build this with the feature `tls`";
                    self.blind.insert((name.to_owned(), format!("`{address}` {words}")));
                }
            }
        }
        Ok(())
    }

    fn cannot(&mut self, name: &str, what: &str, error: &io::Error) {
        // A process that has just ended is no obstacle.
        if error.kind() != io::ErrorKind::NotFound && error.raw_os_error() != Some(3) {
            self.blind.insert((name.to_owned(), format!("{what} cannot be looked at: {error}")));
        }
    }

    /// What was seen, by the configuration.
    pub fn report(self, config: &Config) -> Report {
        let mut report = Report { subject: Subject::Processes, ..Report::default() };
        report.counts = Counts { files: self.met.len() as u64, ..Counts::default() };
        for (name, seen) in self.seen {
            report.findings.extend(finding(config, &name, seen));
        }
        let grown = self.threads.iter().filter_map(|(number, counts)| {
            let (first, last) = (counts.first()?, counts.last()?);
            let grows = counts.len() >= GROWTH && counts.is_sorted() && last >= &(2 * first);
            grows.then(|| {
                (self.met[number].clone(), format!("its threads grew from {first} to {last} and never fell"))
            })
        });
        let notice = |(name, message): (String, String)| Notice { path: name.into(), place: None, message };
        report.notices = grown.chain(self.blind.iter().cloned()).map(notice).collect();
        report.notices.sort();
        report
    }
}

/// A finding in place of whose path stands the process's name; none where the rule is off.
fn finding(config: &Config, name: &str, seen: Seen) -> Option<Finding> {
    let level = config.level(seen.rule, name)?;
    let rule = runtime_policy_rules::rule(seen.rule)?;
    let start = Position { byte: 0, line: 1, column: 1 };
    Some(Finding {
        rule: seen.rule.into(),
        level: if seen.is_certain { level } else { level.min(Level::Warning) },
        location: Location { path: name.into(), start, end: start },
        fingerprint: fingerprint(seen.rule, name, "", &seen.message),
        message: seen.message,
        why: rule.why.to_string(),
        help: seen.help.map_or_else(|| rule.help.to_string(), str::to_owned),
        related: Vec::new(),
        fix: None,
        approvals: None,
    })
}
