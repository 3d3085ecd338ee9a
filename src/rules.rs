//! `rules`: what there is to look for.

use std::process::ExitCode;

use runtime_policy_lints::finding::Level;
use runtime_policy_lints::policy::{Config, FILE_NAME};
use runtime_policy_lints::report::page_url;
use runtime_policy_rules::{Group, Language, Rule, Shape};
use serde::Serialize;

use crate::arguments::{Common, ListFormat};
use crate::output::{self, Failure};
use crate::run;

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    level: &'static str,
    group: Group,
    languages: &'a [Language],
    shape: Shape,
    approvals: u8,
    since: &'a str,
    summary: &'a str,
    why: &'a str,
    help: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Lists the rules with their levels in the root folder.
pub fn run(common: &Common, format: ListFormat) -> Result<ExitCode, Failure> {
    let config = run::config(common)?;
    let list = match format {
        ListFormat::Table => table(&config),
        ListFormat::Json => json(&config)?,
    };
    output::print(&list)?;
    Ok(ExitCode::SUCCESS)
}

fn level(config: &Config, rule: &Rule) -> &'static str {
    match config.level(&rule.id, FILE_NAME) {
        Some(Level::Error) => "error",
        Some(Level::Warning) => "warning",
        Some(Level::Info) => "info",
        None => "off",
    }
}

fn table(config: &Config) -> String {
    let width = config.rules().map(|rule| rule.id.len()).max().unwrap_or(0);
    config
        .rules()
        .map(|rule| format!("{:width$}  {:7}  {}\n", rule.id, level(config, rule), rule.summary))
        .collect()
}

fn json(config: &Config) -> Result<String, Failure> {
    let mut list = String::new();
    for rule in config.rules() {
        let line = Line {
            id: &rule.id,
            level: level(config, rule),
            group: rule.group,
            languages: &rule.languages,
            shape: rule.shape,
            approvals: rule.approvals,
            since: &rule.since,
            summary: &rule.summary,
            why: &rule.why,
            help: &rule.help,
            url: page_url(&rule.id),
        };
        list.push_str(&serde_json::to_string(&line).map_err(|error| Failure::new(error.to_string()))?);
        list.push('\n');
    }
    Ok(list)
}
