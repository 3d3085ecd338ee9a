//! What the command line takes. Secrets come from the environment only: arguments can be read by everybody.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use runtime_policy_lints::finding::Level;

/// Reviews pull requests against the runtime policy.
///
/// Exit codes: 0 clean, 1 findings or missing approvals, 2 a mistake in how it was called, 3 the review could not be
/// made, 4 GitHub could not be told, 5 not everything was looked at.
#[derive(Debug, Parser)]
#[command(name = "runtime-policy-bot", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Review the change that a workflow was started for, and say on GitHub what it brings
    Review(Box<Review>),
    /// Say what an unprivileged `review` has left in its JSON file; for `workflow_run`
    Publish(Publish),
    /// Serve a GitHub App's webhook, and review what it delivers
    Serve(Box<Serve>),
    /// Print what would be said, as Markdown; opens no connection
    Render(Render),
}

/// Options of `review`. Each can be given by the environment as well, as the action does.
#[derive(Debug, clap::Args)]
pub struct Review {
    /// The top of the repository's work tree
    #[arg(long, value_name = "DIR", env = "RUNTIME_POLICY_ROOT", default_value = ".")]
    pub root: PathBuf,
    /// The commit that the change goes to [default: the event's]
    #[arg(long, value_name = "COMMIT", env = "RUNTIME_POLICY_BASE")]
    pub base: Option<String>,
    /// The last commit of the change [default: the event's]
    #[arg(long, value_name = "COMMIT", env = "RUNTIME_POLICY_HEAD")]
    pub head: Option<String>,
    /// How to check.
    #[command(flatten)]
    pub check: Check,
    /// Write SARIF here
    #[arg(long, value_name = "FILE", env = "RUNTIME_POLICY_SARIF_FILE")]
    pub sarif_file: Option<PathBuf>,
    /// The day by which suppressions expire
    #[arg(long, value_name = "YYYY-MM-DD", env = "RUNTIME_POLICY_TODAY", hide = true)]
    pub today: Option<String>,
    /// How to say it.
    #[command(flatten)]
    pub say: Say,
}

/// Options of `publish`.
#[derive(Debug, clap::Args)]
pub struct Publish {
    /// The JSON file of the run that has ended
    #[arg(long, value_name = "FILE", env = "RUNTIME_POLICY_FILE")]
    pub file: PathBuf,
    /// How to say it.
    #[command(flatten)]
    pub say: Say,
}

/// Options of `serve`. The webhook's secret comes from `RUNTIME_POLICY_WEBHOOK_SECRET`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Where deliveries come in, at `/webhook`
    #[arg(long, value_name = "ADDRESS", env = "RUNTIME_POLICY_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where `/healthz` is asked for; not for the world
    #[arg(long, value_name = "ADDRESS", env = "RUNTIME_POLICY_HEALTH", default_value = "127.0.0.1:8081")]
    pub health: SocketAddr,
    /// Where the queue and copies of repositories are kept
    #[arg(long, value_name = "DIR", env = "RUNTIME_POLICY_STATE")]
    pub state: PathBuf,
    /// The App's id
    #[arg(long, value_name = "NUMBER", env = "RUNTIME_POLICY_APP_ID")]
    pub app_id: u64,
    /// The App's private key, in PEM
    #[arg(long, value_name = "FILE", env = "RUNTIME_POLICY_KEY_FILE")]
    pub key_file: PathBuf,
    /// GitHub's REST interface
    #[arg(long, value_name = "URL", env = "GITHUB_API_URL", default_value = "https://api.github.com")]
    pub api: String,
    /// GitHub's GraphQL
    #[arg(
        long,
        value_name = "URL",
        env = "GITHUB_GRAPHQL_URL",
        default_value = "https://api.github.com/graphql"
    )]
    pub graphql: String,
    /// Where repositories are
    #[arg(long, value_name = "URL", env = "GITHUB_SERVER_URL", default_value = "https://github.com")]
    pub server: String,
    /// How to check.
    #[command(flatten)]
    pub check: Check,
    /// Seconds that the review under way has when the server is told to stop
    #[arg(long, value_name = "SECONDS", env = "RUNTIME_POLICY_GRACE", default_value = "20", value_parser = seconds)]
    pub grace: Duration,
    /// How to say it.
    #[command(flatten)]
    pub say: Say,
}

/// How a change is checked.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The baseline's path in the repository; read from the base commit, if it has one
    #[arg(
        long,
        value_name = "PATH",
        env = "RUNTIME_POLICY_BASELINE",
        default_value = "runtime-policy-baseline.txt"
    )]
    pub baseline: String,
    /// Upload SARIF to code scanning
    #[arg(
        long,
        value_name = "BOOL",
        env = "RUNTIME_POLICY_UPLOAD_SARIF",
        default_value = "false",
        action = clap::ArgAction::Set
    )]
    pub upload_sarif: bool,
}

/// How a review is said.
#[derive(Debug, clap::Args)]
pub struct Say {
    /// The lowest level that fails
    #[arg(long, value_name = "LEVEL", env = "RUNTIME_POLICY_FAIL_ON", default_value = "error")]
    pub fail_on: FailOn,
    /// Whose approvals count: `codeowners`, or a team as `organisation/team` [default: all who may write]
    #[arg(long, value_name = "WHO", env = "RUNTIME_POLICY_APPROVERS")]
    pub approvers: Option<String>,
    /// Comment on lines of the pull request
    #[arg(
        long,
        value_name = "BOOL",
        env = "RUNTIME_POLICY_COMMENTS",
        default_value = "true",
        action = clap::ArgAction::Set
    )]
    pub comments: bool,
    /// Write everything here, as JSON
    #[arg(long, value_name = "FILE", env = "RUNTIME_POLICY_JSON_FILE")]
    pub json_file: Option<PathBuf>,
    /// Seconds after which the run ends as incomplete
    #[arg(
        long,
        value_name = "SECONDS",
        env = "RUNTIME_POLICY_BUDGET",
        default_value = "900",
        value_parser = seconds
    )]
    pub budget: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("write seconds from 1 to 86400".to_owned()),
    }
}

/// Options of `render`.
#[derive(Debug, clap::Args)]
pub struct Render {
    /// Findings, as `cargo runtime-policy check --format json` writes them
    #[arg(long, value_name = "FILE")]
    pub report: PathBuf,
    /// The change, as `git diff` prints it; without it every finding counts as outside the change
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
    /// The tree that was checked, for suggestions
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,
    /// The lowest level that fails
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
}

/// The lowest level that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Warnings as well
    Warning,
    /// Nothing
    Never,
}

impl FailOn {
    /// As a level.
    pub fn level(self) -> Option<Level> {
        match self {
            FailOn::Error => Some(Level::Error),
            FailOn::Warning => Some(Level::Warning),
            FailOn::Never => None,
        }
    }
}

/// How much is logged to standard error: `RUNNER_DEBUG`, which Actions set for runs that are to be watched, shows
/// every request (never a token or a body).
pub fn log_level(command: &Command) -> tracing::level_filters::LevelFilter {
    use tracing::level_filters::LevelFilter;
    let watched = std::env::var_os("RUNNER_DEBUG").is_some_and(|value| value == "1");
    match command {
        _ if watched => LevelFilter::DEBUG,
        Command::Serve(_) => LevelFilter::INFO,
        _ => LevelFilter::WARN,
    }
}
