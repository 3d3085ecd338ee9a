//! Everything that tunes the process, read at one moment.

mod allocator;
mod system;

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::sync::LazyLock;

use runtime_policy_rules::{EnvVar, environment};

use crate::rules;

pub(crate) use allocator::known as known_allocators;
#[cfg(unix)]
pub(crate) use system::limit;

/// A setting that tunes the process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Knob {
    /// An environment variable of the catalogue.
    Variable(&'static str),
    /// A resource limit, soft and hard.
    Limit(&'static str),
    /// The priority of the process.
    Priority,
    /// The scheduling class of the process.
    #[cfg_attr(
        any(not(target_os = "linux"), miri),
        allow(dead_code, reason = "only Linux tells, and not to miri")
    )]
    Class,
    /// An option of an allocator.
    #[cfg_attr(
        not(any(feature = "jemalloc", feature = "mimalloc")),
        allow(dead_code, reason = "no allocator whose options can be read")
    )]
    Allocator(&'static str),
    /// The size of a pool of workers.
    Workers(&'static str),
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Knob::Variable(name) => write!(f, "environment variable `{name}`"),
            Knob::Limit(name) => write!(f, "resource limit `{name}`"),
            Knob::Priority => f.write_str("priority of the process"),
            Knob::Class => f.write_str("scheduling class of the process"),
            Knob::Allocator(name) => write!(f, "allocator option `{name}`"),
            Knob::Workers(name) => write!(f, "worker count of `{name}`"),
        }
    }
}

impl Knob {
    /// What is worth knowing about the knob beyond the rule's advice.
    pub(crate) fn help(&self) -> Option<&'static str> {
        let Knob::Variable(name) = self else { return None };
        let variable = variables().iter().find(|variable| variable.name == *name)?;
        variable.before_main.then_some(
            "set it where the process is started: it is read once, before `main`, so that this changed nothing but the \
             environment of children",
        )
    }
}

/// Variables that tune a runtime or an allocator.
static VARIABLES: LazyLock<Vec<&'static EnvVar>> = LazyLock::new(|| {
    let all = environment();
    all.filter(|variable| {
        variable.effect.is_some() && variable.rules.iter().any(|rule| rule == rules::TUNING)
    })
    .collect()
});

fn variables() -> &'static [&'static EnvVar] {
    &VARIABLES
}

/// The catalogue's own name of a variable that tunes, if it is one.
#[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see names"))]
pub(crate) fn variable(name: &str) -> Option<&'static str> {
    variables().iter().find(|variable| variable.name == name).map(|variable| variable.name.as_ref())
}

/// A pool whose workers can be counted.
pub(crate) struct Pool {
    pub(crate) name: &'static str,
    pub(crate) count: Box<dyn Fn() -> usize + Send + Sync>,
}

/// The value of every knob that has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<Knob, String>);

impl Snapshot {
    /// Reads every knob.
    pub(crate) fn take(pools: &[Pool]) -> Snapshot {
        let mut knobs = BTreeMap::new();
        for variable in variables() {
            if let Some(value) = env::var_os(variable.name.as_ref()) {
                knobs.insert(Knob::Variable(variable.name.as_ref()), value.to_string_lossy().into_owned());
            }
        }
        system::read(&mut knobs);
        allocator::read(&mut knobs);
        for pool in pools {
            knobs.insert(Knob::Workers(pool.name), (pool.count)().to_string());
        }
        Snapshot(knobs)
    }

    /// Whether a knob of this kind could be read.
    pub(crate) fn has(&self, is_of_kind: impl Fn(&Knob) -> bool) -> bool {
        self.0.keys().any(is_of_kind)
    }

    /// What differs in a later one, in the order of the knobs. Only variables can go: what else is missing later could
    /// not be read any more, as after a filter of system calls.
    pub(crate) fn changes<'s>(&'s self, later: &'s Snapshot) -> impl Iterator<Item = Change> + 's {
        let gone =
            self.0.keys().filter(|knob| matches!(knob, Knob::Variable(_)) && !later.0.contains_key(knob));
        let mut knobs: Vec<&Knob> = later.0.keys().chain(gone).collect();
        knobs.sort_unstable();
        knobs.into_iter().filter_map(|knob| {
            let (before, after) = (self.0.get(knob), later.0.get(knob));
            (before != after).then(|| Change {
                knob: knob.clone(),
                before: before.cloned(),
                after: after.cloned(),
            })
        })
    }

    /// Takes a knob's value from a later snapshot, and gives the change if there is one, so that it is not seen twice.
    #[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see single changes"))]
    pub(crate) fn adopt(&mut self, knob: &Knob, later: &Snapshot) -> Option<Change> {
        let change = Change {
            knob: knob.clone(),
            before: self.0.get(knob).cloned(),
            after: later.0.get(knob).cloned(),
        };
        match &change.after {
            Some(value) => self.0.insert(knob.clone(), value.clone()),
            None => self.0.remove(knob),
        };
        (change.before != change.after).then_some(change)
    }

    /// The knob of a resource limit, by name.
    #[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see names"))]
    pub(crate) fn limit(&self, name: &str) -> Option<Knob> {
        self.0.keys().find(|knob| matches!(knob, Knob::Limit(known) if *known == name)).cloned()
    }
}

/// A knob that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) knob: Knob,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl fmt::Display for Change {
    /// Continues a knob's name: `from 4 to 8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "was changed from `{before}` to `{after}`"),
            (None, Some(after)) => write!(f, "was set to `{after}`"),
            (Some(before), None) => write!(f, "was removed, it was `{before}`"),
            (None, None) => f.write_str("is as it was"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_by_knob_and_in_order() {
        let of = |pairs: &[(Knob, &str)]| {
            Snapshot(pairs.iter().map(|(knob, value)| (knob.clone(), (*value).to_owned())).collect())
        };
        let (nofile, nice) = (Knob::Limit("nofile"), Knob::Priority);
        let (mut before, after) = (
            of(&[(nofile.clone(), "1024"), (Knob::Variable("MALLOC_CONF"), "a:1")]),
            of(&[(nofile.clone(), "4096"), (nice.clone(), "5")]),
        );
        let told: Vec<String> =
            before.changes(&after).map(|change| format!("{} {change}", change.knob)).collect();
        assert_eq!(
            told,
            [
                "environment variable `MALLOC_CONF` was removed, it was `a:1`",
                "resource limit `nofile` was changed from `1024` to `4096`",
                "priority of the process was set to `5`",
            ]
        );
        assert!(before.adopt(&nofile, &after).is_some() && before.adopt(&nofile, &after).is_none());
        assert!(before.changes(&after).all(|change| change.knob != nofile));
        assert_eq!(after.changes(&after).count(), 0);
    }

    #[test]
    fn what_is_read_before_main_gets_its_own_advice() {
        assert!(Knob::Variable("MALLOC_CONF").help().is_some());
        assert!(Knob::Variable("RAYON_NUM_THREADS").help().is_none());
    }
}
