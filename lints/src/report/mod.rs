//! Reports: one file a format, all of them deterministic and safe to print.
//!
//! Reporters see findings and source texts. They never see how a finding was reached.

mod agent;
mod checkstyle;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod rdjson;
mod sarif;
mod short;
mod sources;
mod xml;

use std::io::{self, Write};

use runtime_policy_rules::Rule;

pub use github::{command_data, command_property};
pub use human::summary;
pub use sources::{Disk, Sources};

use crate::finding::{Level, Location, Report};

/// Where the project lives.
pub const HOME: &str = "https://github.com/runtime-policy/runtime-policy";

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: source excerpts, reasons, a summary.
    Human,
    /// One line a finding, as compilers print it.
    Short,
    /// One JSON object a line.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// Code quality report of GitLab.
    Gitlab,
    /// JUnit's XML.
    Junit,
    /// Checkstyle's XML.
    Checkstyle,
    /// Reviewdog's diagnostic format.
    Rdjson,
    /// One compact line a finding with what to do, for coding tools.
    Agent,
}

impl Format {
    /// Every format, in the order of `--help`.
    pub const ALL: [Format; 10] = [
        Format::Human,
        Format::Short,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Checkstyle,
        Format::Rdjson,
        Format::Agent,
    ];

    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Short => "short",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Checkstyle => "checkstyle",
            Format::Rdjson => "rdjson",
            Format::Agent => "agent",
        }
    }

    /// What `--help` says about it.
    pub fn about(self) -> &'static str {
        match self {
            Format::Human => "excerpts, reasons and a summary, for people",
            Format::Short => "one line a finding, as compilers print it",
            Format::Json => "one JSON object a line",
            Format::Sarif => "SARIF 2.1.0",
            Format::Github => "annotations of GitHub Actions",
            Format::Gitlab => "GitLab's code quality report",
            Format::Junit => "JUnit's XML",
            Format::Checkstyle => "Checkstyle's XML",
            Format::Rdjson => "reviewdog's diagnostic format",
            Format::Agent => "one compact line a finding, for coding tools",
        }
    }
}

/// What reporters need besides the report.
pub struct Context<'a> {
    /// The texts that findings are in.
    pub sources: &'a dyn Sources,
    /// Every rule of the run, sorted by id.
    pub rules: &'a [&'a Rule],
    /// May terminal colours be used?
    pub color: bool,
    /// What to put before paths for GitHub, where the run's root is not the checkout's: empty or ending in `/`.
    pub prefix: &'a str,
}

/// Writes a report.
///
/// # Errors
/// `out` cannot be written to.
pub fn write(format: Format, report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, context, out),
        Format::Short => short::write(report, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, context, out),
        Format::Github => github::write(report, context, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Checkstyle => checkstyle::write(report, out),
        Format::Rdjson => rdjson::write(report, context, out),
        Format::Agent => agent::write(report, out),
    }
}

/// Where a built-in rule's page can be read; none for rules of one's own.
pub fn page_url(rule: &str) -> Option<String> {
    runtime_policy_rules::rule(rule).map(|rule| format!("{HOME}/blob/main/rules/{}.md", rule.id))
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
    }
}

/// `src/a.rs:3:7`, as terminals and editors link it.
fn place(location: &Location) -> String {
    let start = location.start;
    format!("{}:{}:{}", crate::visible::visible(&location.path), start.line, start.column)
}

#[cfg(test)]
mod tests;
