//! Which level each rule has.

use crate::finding::Level;

/// Levels by rule, over those of the checklist: made by [`policy!`](crate::policy!) from `runtime-policy.toml`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    levels: &'static [(&'static str, Level)],
}

impl Policy {
    /// Levels by rule id; rules that are not named keep the level of the checklist.
    pub const fn new(levels: &'static [(&'static str, Level)]) -> Policy {
        Policy { levels }
    }

    /// The level of a rule, if the policy names it.
    pub(crate) fn level(&self, rule: &str) -> Option<Level> {
        self.levels.iter().find(|(named, _)| *named == rule).map(|(_, level)| *level)
    }
}

/// The checklist's own level of a rule.
pub(crate) fn default_level(rule: &str) -> Level {
    use runtime_policy_rules::Level as Known;
    match runtime_policy_rules::rule(rule).map(|rule| rule.level) {
        Some(Known::Error) => Level::Error,
        Some(Known::Warning | Known::Pedantic) => Level::Warning,
        Some(Known::Off) | None => Level::Info,
    }
}
