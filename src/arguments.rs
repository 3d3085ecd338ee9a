//! What the command line takes. Help, completions and the man page are all made from this.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use runtime_policy_lints::change::Filter;
use runtime_policy_lints::report::Format;

/// The name under which cargo calls the program.
const CARGO_NAME: &str = "runtime-policy";

/// Reads the arguments; on a mistake says so and exits with 2.
pub fn parse(given: impl IntoIterator<Item = OsString>) -> Arguments {
    Arguments::parse_from(without_cargo_name(given.into_iter().collect()))
}

/// `cargo runtime-policy check` calls `cargo-runtime-policy runtime-policy check`.
fn without_cargo_name(mut given: Vec<OsString>) -> Vec<OsString> {
    if given.get(1).is_some_and(|first| first == CARGO_NAME) {
        given.remove(1);
    }
    given
}

/// Reviews Rust code against the runtime policy: who tunes schedulers and allocators, pins threads, hands pointers
/// to foreign code, serves debug endpoints and forces collections.
///
/// Without a command, `check` is run. Nothing of what is checked is ever executed.
///
/// Exit codes: 0 clean, 1 findings at or over the level of `--fail-on`, 2 a mistake on the command line or in the
/// configuration, or a check that could not be made.
#[derive(Debug, Parser)]
#[command(name = "cargo-runtime-policy", bin_name = "cargo runtime-policy", version)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// For `check` without its name.
    #[command(flatten)]
    pub check: Check,
    /// For every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Folder that reported paths are relative to [default: the current one]
    #[arg(long, value_name = "DIR", global = true, help_heading = "Common options")]
    pub root: Option<PathBuf>,
    /// Read this configuration file and no other
    #[arg(long, value_name = "FILE", global = true, help_heading = "Common options")]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, conflicts_with = "config", help_heading = "Common options")]
    pub no_config: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", help_heading = "Common options")]
    pub color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look for findings (the default command)
    Check(Box<Check>),
    /// Show a rule's page
    Explain {
        /// The rule's id
        rule: String,
    },
    /// Tell why a file was skipped or parsed, and what was seen in it
    Inspect {
        /// The file
        file: PathBuf,
        /// Form of the answer
        #[arg(long, value_name = "FORMAT", default_value = "human")]
        format: InspectFormat,
    },
    /// List the rules
    Rules {
        /// Form of the list
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
    /// Write a commented runtime-policy.toml
    Init {
        /// Write a hook that checks each commit, instead
        #[arg(long)]
        git_hook: bool,
    },
    /// Look at the configuration
    Config {
        /// How.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Accept today's findings, and keep that list true
    Baseline {
        /// How.
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Look at a running process from outside: its threads' affinity, sockets, environment and limits
    Watch(Box<Watch>),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    Man,
    /// Print the words that make the analyser look into a Rust file, one a line
    #[command(hide = true)]
    DebugWords,
}

/// Form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Table,
    /// One JSON object a line
    Json,
}

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    /// For people
    Human,
    /// One JSON object
    Json,
}

/// How to look at the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check every configuration file of the tree
    Verify,
    /// Show what holds for a path
    Show {
        /// The path, relative to the root
        #[arg(default_value = "src/main.rs")]
        path: String,
    },
    /// Print the JSON Schema of runtime-policy.toml, for editors
    Schema,
}

/// How to keep a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Accept all findings there are
    Write(Baseline),
    /// Remove what is mended
    Prune(Baseline),
    /// Fail if something in it is mended
    Check(Baseline),
}

/// A baseline and what it is about.
#[derive(Debug, Args)]
pub struct Baseline {
    /// The baseline's file
    #[arg(long, value_name = "FILE", default_value = "runtime-policy-baseline.txt")]
    pub baseline: PathBuf,
    /// What to check and how.
    #[command(flatten)]
    pub scan: Scan,
}

/// What to look at, and how.
#[derive(Debug, Default, Args)]
pub struct Scan {
    /// Files and folders to report on [default: the whole root]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Run these rules only, separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub select: Vec<String>,
    /// Leave these rules out, separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub ignore: Vec<String>,
    /// Run the pedantic rules, too
    #[arg(long, help_heading = "Rules")]
    pub pedantic: bool,
    /// Parse every file, even where no byte of it matters
    #[arg(long, help_heading = "How to run")]
    pub no_select: bool,
    /// Threads [default: as many as the machine has to give]
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        hide_default_value = true,
        help_heading = "How to run"
    )]
    pub threads: usize,
    /// The day by which suppressions expire
    #[arg(long, value_name = "YYYY-MM-DD", env = "RUNTIME_POLICY_TODAY", hide = true)]
    pub today: Option<String>,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// What to look at, and how.
    #[command(flatten)]
    pub scan: Scan,
    /// Form of the output [default: human, or github inside its Actions]
    #[arg(long, value_name = "FORMAT", value_parser = format(), help_heading = "Output")]
    pub format: Option<Format>,
    /// Write the report to a file
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Print what was read, parsed and judged to standard error
    #[arg(long, help_heading = "Output")]
    pub statistics: bool,
    /// Print how long each stage and each rule took to standard error
    #[arg(long, help_heading = "Output")]
    pub timings: bool,
    /// The lowest level that fails the run
    #[arg(long, value_name = "LEVEL", default_value = "error", help_heading = "Outcome")]
    pub fail_on: FailOn,
    /// Fail on warnings as well
    #[arg(long, conflicts_with = "fail_on", help_heading = "Outcome")]
    pub deny_warnings: bool,
    /// Fail with 2 if a file could not be parsed
    #[arg(long, help_heading = "Outcome")]
    pub strict_parse: bool,
    /// Leave out the findings that this baseline accepts
    #[arg(long, value_name = "FILE", help_heading = "Outcome")]
    pub baseline: Option<PathBuf>,
    /// Which change to look at, if not at everything.
    #[command(flatten)]
    pub changes: Changes,
    /// What to mend.
    #[command(flatten)]
    pub fixes: Fixes,
}

/// Which change to look at.
#[derive(Debug, Args)]
pub struct Changes {
    /// Report only what the work tree brings since its branch left REF
    #[arg(long, value_name = "REF", conflicts_with_all = ["staged", "diff"], help_heading = "Changes")]
    pub since: Option<String>,
    /// Report only what the next commit brings: what is staged, whatever the work tree has
    #[arg(long, conflicts_with_all = ["diff", "fix"], help_heading = "Changes")]
    pub staged: bool,
    /// Which of the findings that a change brings to report
    #[arg(long, value_name = "WHICH", value_parser = filter(), default_value = "all", help_heading = "Changes")]
    pub filter: Filter,
}

/// What to mend.
#[derive(Debug, Args)]
pub struct Fixes {
    /// Apply safe fixes
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,
    /// With --fix or --diff: fixes that want a reader, too
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,
    /// Print what --fix would change, and change nothing. With FILE (`-`: standard input): report only what this
    /// unified diff, which leads to the work tree, has brought
    #[arg(long, value_name = "FILE", num_args = 0..=1, help_heading = "Fixes")]
    pub diff: Option<Option<PathBuf>>,
    /// With --fix: also change files that git could not bring back
    #[arg(long, requires = "fix", help_heading = "Fixes")]
    pub allow_dirty: bool,
}

impl Fixes {
    /// Whether to print what would be fixed.
    pub fn prints(&self) -> bool {
        matches!(self.diff, Some(None))
    }
}

/// Options of `watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// Number of the process to look at, with its descendants
    #[arg(long, value_name = "PID", required_unless_present = "command", conflicts_with = "command")]
    pub pid: Option<u32>,
    /// Stop after so many looks [default: 1 with --pid, none with a command]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub looks: Option<u32>,
    /// Milliseconds between two looks
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Form of the output [default: human, or github inside its Actions]
    #[arg(long, value_name = "FORMAT", value_parser = format(), help_heading = "Output")]
    pub format: Option<Format>,
    /// Write the report to a file
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// The lowest level that fails the run
    #[arg(long, value_name = "LEVEL", default_value = "error", help_heading = "Outcome")]
    pub fail_on: FailOn,
    /// Fail on warnings as well
    #[arg(long, conflicts_with = "fail_on", help_heading = "Outcome")]
    pub deny_warnings: bool,
    /// Command to start and to look at until it ends; what it prints goes to standard error
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// The lowest level that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// Nothing
    Never,
}

fn format() -> impl TypedValueParser<Value = Format> {
    let names = Format::ALL.map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(names).map(|name| {
        let named = Format::ALL.into_iter().find(|format| format.name() == name);
        named.unwrap_or(Format::Human)
    })
}

fn filter() -> impl TypedValueParser<Value = Filter> {
    let filters = [
        ("added", "on lines that the change adds or alters", Filter::Added),
        ("context", "on such lines or at most three lines away", Filter::Context),
        ("file", "in files that the change touches", Filter::File),
        ("all", "anywhere: a new caller can make an old call wrong", Filter::All),
    ];
    let names = filters.map(|(name, about, _)| PossibleValue::new(name).help(about));
    PossibleValuesParser::new(names).map(move |name| {
        filters.iter().find(|(known, ..)| *known == name).map_or(Filter::All, |(.., filter)| *filter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_agree_with_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn cargo_and_people_call_it_alike() {
        let parsed = |words: &[&str]| {
            let given = words.iter().map(OsString::from).collect();
            format!("{:?}", Arguments::parse_from(without_cargo_name(given)))
        };
        let expected = parsed(&["cargo-runtime-policy", "check", "src", "--pedantic"]);
        assert_eq!(
            parsed(&["cargo-runtime-policy", "runtime-policy", "check", "src", "--pedantic"]),
            expected
        );
    }
}
