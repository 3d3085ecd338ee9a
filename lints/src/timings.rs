//! Where a run's time goes, by stage and by rule.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Time that went into a part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The stage, or the rule's id.
    pub name: &'static str,
    /// Of a stage: from its beginning to its end. Of a rule: all threads' time together, without the questions that an
    /// earlier rule has had answered.
    pub time: Duration,
    /// How often it ran.
    pub runs: u64,
}

/// Collects the times of a run, from all of its threads.
#[derive(Debug, Default)]
pub struct Timings {
    stages: Mutex<Vec<Part>>,
    rules: Mutex<Vec<Part>>,
}

impl Timings {
    /// The stages in the order in which they first ran; of a change, both sides together.
    pub fn stages(&self) -> Vec<Part> {
        self.stages.lock().expect("no panic while held").clone()
    }

    /// The rules, the costliest first.
    pub fn rules(&self) -> Vec<Part> {
        let mut rules = self.rules.lock().expect("no panic while held").clone();
        rules.sort_by(|a, b| b.time.cmp(&a.time).then(a.name.cmp(b.name)));
        rules
    }
}

/// Whom to tell how long things take, if anybody.
#[derive(Clone, Copy)]
pub(crate) struct Clock<'t>(Option<&'t Timings>);

impl<'t> Clock<'t> {
    pub(crate) fn new(timings: Option<&'t Timings>) -> Self {
        Self(timings)
    }

    /// Runs a stage.
    pub(crate) fn stage<T>(self, name: &'static str, work: impl FnOnce() -> T) -> T {
        timed(self.0.map(|timings| &timings.stages), name, work)
    }

    /// Runs a rule over one file.
    pub(crate) fn rule<T>(self, name: &'static str, work: impl FnOnce() -> T) -> T {
        timed(self.0.map(|timings| &timings.rules), name, work)
    }
}

fn timed<T>(parts: Option<&Mutex<Vec<Part>>>, name: &'static str, work: impl FnOnce() -> T) -> T {
    let Some(parts) = parts else { return work() };
    let start = Instant::now();
    let result = work();
    let time = start.elapsed();
    let mut parts = parts.lock().expect("no panic while held");
    match parts.iter_mut().find(|part| part.name == name) {
        Some(part) => {
            part.time += time;
            part.runs += 1;
        }
        None => parts.push(Part { name, time, runs: 1 }),
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_keep_their_order() {
        let timings = Timings::default();
        let clock = Clock::new(Some(&timings));
        assert_eq!(clock.stage("first", || 1) + clock.stage("second", || 2) + clock.stage("first", || 3), 6);
        clock.rule("a-rule", || ());
        let runs = |parts: Vec<Part>| -> Vec<(&str, u64)> {
            parts.iter().map(|part| (part.name, part.runs)).collect()
        };
        assert_eq!(runs(timings.stages()), [("first", 2), ("second", 1)]);
        assert_eq!(runs(timings.rules()), [("a-rule", 1)]);
    }
}
