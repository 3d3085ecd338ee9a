//! What GitHub's Actions give a step and take from it.

use std::path::PathBuf;
use std::time::Duration;

use runtime_policy_bot::github::{GitHub, Limits, Settings};
use runtime_policy_bot::local::Local;
use secrecy::SecretString;
use serde_json::Value;

use crate::failure::Failure;
use crate::files;

/// A step's environment.
#[derive(Debug)]
pub struct Actions {
    /// The event's name.
    pub event: String,
    /// The event.
    pub payload: Value,
    api: String,
    graphql: String,
    token: Option<SecretString>,
    summary: Option<PathBuf>,
    outputs: Option<PathBuf>,
}

impl Actions {
    /// Reads it.
    pub fn read() -> Result<Actions, Failure> {
        let event = wanted("GITHUB_EVENT_NAME")?;
        let path = PathBuf::from(wanted("GITHUB_EVENT_PATH")?);
        let payload = serde_json::from_str(&files::read(&path)?).map_err(|error| {
            Failure::Usage(format!("the event in `{}` is no JSON: {error}", path.display()))
        })?;
        let api = given("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
        let graphql = given("GITHUB_GRAPHQL_URL").unwrap_or_else(|| format!("{api}/graphql"));
        Ok(Actions {
            event,
            payload,
            api,
            graphql,
            token: given("GITHUB_TOKEN").map(SecretString::from),
            summary: given("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            outputs: given("GITHUB_OUTPUT").map(PathBuf::from),
        })
    }

    /// The commit that a workflow was started for by hand.
    pub fn dispatched(&self) -> Option<String> {
        if self.event == "workflow_dispatch" { given("GITHUB_SHA") } else { None }
    }

    /// A connection for at most `budget`; none without a token.
    pub fn connect(&self, budget: Duration) -> Result<Option<GitHub>, Failure> {
        let Some(token) = &self.token else { return Ok(None) };
        let settings = Settings {
            api: self.api.clone(),
            graphql: self.graphql.clone(),
            token: token.clone(),
            limits: Limits::default(),
            budget,
        };
        GitHub::new(&settings).map(Some).map_err(|error| Failure::Usage(error.to_string()))
    }

    /// Writes the step summary, and `name=value` lines for later steps. Values are counts, words and paths of ours.
    pub fn write(&self, local: &Local, outputs: &[(&str, String)]) -> Result<(), Failure> {
        if let Some(file) = &self.summary {
            files::append(file, &local.summary)?;
        }
        let Some(file) = &self.outputs else { return Ok(()) };
        let line = |(name, value): &(&str, String)| format!("{name}={}\n", value.replace(['\n', '\r'], " "));
        files::append(file, &outputs.iter().map(line).collect::<String>())
    }
}

fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn wanted(name: &str) -> Result<String, Failure> {
    given(name).ok_or_else(|| {
        let message =
            format!("`{name}` is not set: this command is for GitHub's Actions; `render` works elsewhere");
        Failure::Usage(message)
    })
}
