//! What breaks a rule, as far as it can be seen from outside.

use std::net::SocketAddr;

use runtime_guard_view::affinity::Cpus;
use runtime_guard_view::cgroup::Effective;
use runtime_policy_lints::holds_for_value;
use runtime_policy_rules::environment as catalogue;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The rule's id.
    pub rule: &'static str,
    /// What was seen.
    pub message: String,
    /// A better advice than the rule's.
    pub help: Option<&'static str>,
    /// Whether what lifts such a finding would be seen from outside.
    pub is_certain: bool,
}

/// Rules that a variable's value breaks by itself, and what it does there.
const BY_VALUE: [(&str, &str); 3] = [
    ("collector-disabled", "switches a collector or the return of memory off"),
    ("profile-rate", "sets a sampling rate off the default"),
    ("single-worker-runtime", "asks for one worker"),
];

/// Variables that size a pool of workers.
const WORKERS: [&str; 4] = ["GOMAXPROCS", "TOKIO_WORKER_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS"];

/// Judges the environment that a process was started with.
pub fn environment(variables: &[(String, String)], effective: Option<&Effective>) -> Vec<Seen> {
    let mut found = Vec::new();
    for (name, value) in variables {
        for known in catalogue().filter(|known| known.name == *name) {
            for (rule, what) in BY_VALUE {
                if holds_for_value(rule, known, value) {
                    found.push(Seen {
                        rule,
                        message: format!("`{name}={value}` {what}"),
                        help: None,
                        is_certain: true,
                    });
                }
            }
        }
        let Some(effective) = effective else { continue };
        found.extend(too_many_workers(name, value, effective));
        found.extend(no_headroom(name, value, effective));
    }
    found.sort();
    found.dedup();
    found
}

fn too_many_workers(name: &str, value: &str, effective: &Effective) -> Option<Seen> {
    let workers: u32 = value.parse().ok().filter(|_| WORKERS.contains(&name))?;
    (f64::from(workers) > effective.cpus.ceil()).then(|| Seen {
        rule: "host-cpu-count",
        message: format!(
            "`{name}={value}` asks for more workers than the {} CPUs of the process",
            effective.cpus
        ),
        help: Some("leave the variable out: the runtime reads the quota by itself"),
        is_certain: true,
    })
}

fn no_headroom(name: &str, value: &str, effective: &Effective) -> Option<Seen> {
    let limit = bytes(value).filter(|_| name == "GOMEMLIMIT")?;
    let memory = effective.memory?;
    (limit >= memory).then(|| Seen {
        rule: "hardcoded-memory-limit",
        message: format!(
            "`{name}={value}` leaves nothing of the process's {memory} bytes for what is no heap"
        ),
        help: Some("set it 5 to 10 % below the control group's limit"),
        is_certain: true,
    })
}

/// Reads `1536MiB`.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// A thread that is bound to fewer CPUs than its process.
pub fn pin(thread: &str, cpus: &Cpus, whole: &Cpus) -> Seen {
    Seen {
        rule: "unjustified-thread-pin",
        message: format!(
            "thread `{thread}` is bound to CPU {cpus} of {whole}; a cause cannot be seen from outside"
        ),
        help: None,
        is_certain: false,
    }
}

/// A listener that others reach and that serves debugging data.
pub fn endpoint(address: &SocketAddr, what: &str) -> Seen {
    Seen {
        rule: "exposed-debug-endpoint",
        message: format!("`{address}`, which others reach, serves {what} to anybody"),
        help: None,
        is_certain: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime_guard_view::cgroup::From;

    fn judged(name: &str, value: &str) -> Vec<(&'static str, String)> {
        let effective = Effective {
            cpus: 1.5,
            cpus_from: From::Affinity,
            memory: Some(1 << 30),
            memory_from: From::Machine,
        };
        let seen = environment(&[(name.to_owned(), value.to_owned())], Some(&effective));
        seen.into_iter().map(|seen| (seen.rule, seen.message)).collect()
    }

    #[test]
    fn values_are_judged_as_in_files_and_against_the_control_group() {
        assert_eq!(
            judged("GOGC", "off"),
            [(
                "collector-disabled",
                "`GOGC=off` switches a collector or the return of memory off".to_owned()
            )]
        );
        assert_eq!(judged("GOMAXPROCS", "1")[0].0, "single-worker-runtime");
        assert_eq!(judged("GOMAXPROCS", "64")[0].0, "host-cpu-count");
        assert_eq!(judged("GOMEMLIMIT", "1GiB")[0].0, "hardcoded-memory-limit");
        for (name, value) in [
            ("GOMAXPROCS", "2"),
            ("GOGC", "100"),
            ("GOMEMLIMIT", "900MiB"),
            ("GOMEMLIMIT", "off"),
            ("HOME", "/"),
        ] {
            assert_eq!(judged(name, value), [], "{name}={value}");
        }
    }
}
