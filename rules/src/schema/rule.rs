//! Rules: the front matter of their pages.

use serde::Deserialize;

use super::{Language, Level, List, Text};

names! {
    /// The set that a rule is switched on with.
    Group {
        /// On unless switched off.
        Default,
        /// Off unless `--pedantic` or the rule's name asks for it.
        Pedantic,
        /// About the policy itself: suppressions.
        Policy,
    }
}

names! {
    /// The logic that a rule shares with others; a rule of a known shape needs no code of its own.
    Shape {
        /// Allowed in some scopes only.
        Placement,
        /// Needs an attached comment that names a cause.
        Justification,
        /// Not in production code, or not in handlers, loops and the like.
        Prohibition,
        /// Needs its counterpart.
        Pairing,
        /// Judged by the value of an argument.
        Argument,
        /// Reachable on a listener.
        Exposure,
        /// A pointer must not outlive its owner.
        KeepAlive,
        /// Lifted by approving reviewers.
        Approval,
        /// Judges suppressions.
        Policy,
    }
}

/// A rule: the front matter of its page, and the page.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id: the page's file name.
    pub id: Text,
    /// Level before configuration.
    pub level: Level,
    /// The set it is switched on with.
    pub group: Group,
    /// Languages it judges.
    pub languages: List<Language>,
    /// The first release that has it.
    pub since: Text,
    /// Its logic.
    pub shape: Shape,
    /// How many people lift it by approving; 0 if approving does not.
    pub approvals: u8,
    /// One line for tables.
    pub summary: Text,
    /// Why it matters: one sentence.
    pub why: Text,
    /// What to do, where the API has no better advice.
    pub help: Text,
    /// The page in Markdown, without its front matter.
    #[serde(default)]
    pub page: Text,
}
