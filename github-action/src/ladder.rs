//! The rungs on which a finding can be said, and what each leaves to the next.
//!
//! GitHub refuses for many reasons: a token that may only read, too many findings, a place outside the change, an
//! outage. A refusal costs a rung, never a finding: the last rung is a file that holds them all.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A place to say findings, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// Comments on the change's lines.
    Comments,
    /// The check run's annotations.
    Check,
    /// Annotations by workflow commands.
    Commands,
    /// The step summary.
    Summary,
    /// The JSON file.
    Artifact,
}

impl Rung {
    /// All, the best first.
    pub const ALL: [Rung; 5] = [Rung::Comments, Rung::Check, Rung::Commands, Rung::Summary, Rung::Artifact];
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rung::Comments => "review comments",
            Rung::Check => "check run",
            Rung::Commands => "workflow annotations",
            Rung::Summary => "step summary",
            Rung::Artifact => "JSON file",
        })
    }
}

/// What one rung left to the next ones, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The rung.
    pub rung: Rung,
    /// How many findings.
    pub count: usize,
    /// Why; starts lower case, ends without a full stop.
    pub reason: String,
}

/// Which findings still have to be said, by their place in the review.
#[derive(Debug, Clone, Default)]
pub struct Ladder {
    open: Vec<usize>,
    left: Vec<Left>,
}

impl Ladder {
    /// At the top, with all of `total` findings to say.
    pub fn new(total: usize) -> Ladder {
        Ladder { open: (0..total).collect(), left: Vec::new() }
    }

    /// The findings that no rung has said yet, in order.
    pub fn open(&self) -> &[usize] {
        &self.open
    }

    /// Notes what a rung did: `why` says of each open finding that it was said (`None`) or why not.
    pub fn step(&mut self, rung: Rung, mut why: impl FnMut(usize) -> Option<String>) {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        self.open.retain(|index| match why(*index) {
            None => false,
            Some(reason) => {
                *reasons.entry(reason).or_default() += 1;
                true
            }
        });
        self.left.extend(reasons.into_iter().map(|(reason, count)| Left { rung, count, reason }));
    }

    /// What every rung left, in their order.
    pub fn left(&self) -> &[Left] {
        &self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rung_gets_what_the_one_above_left() {
        let mut ladder = Ladder::new(4);
        ladder.step(Rung::Comments, |index| (index % 2 == 1).then(|| "outside the change".to_owned()));
        assert_eq!(ladder.open(), [1, 3]);
        ladder.step(Rung::Check, |_| Some("the token may only read".to_owned()));
        assert_eq!(ladder.open(), [1, 3]);
        ladder.step(Rung::Commands, |_| None);
        assert!(ladder.open().is_empty());
        let said: Vec<(Rung, usize)> = ladder.left().iter().map(|left| (left.rung, left.count)).collect();
        assert_eq!(said, [(Rung::Comments, 2), (Rung::Check, 2)]);
    }
}
