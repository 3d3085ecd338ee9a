//! `cargo runtime-policy`: the command line.

mod arguments;
mod baseline;
mod change;
mod check;
mod config;
mod explain;
mod fix;
mod hook;
mod inspect;
mod output;
mod progress;
mod rules;
mod run;
mod shell;
mod watch;

use std::process::ExitCode;

use arguments::Command;
use output::Failure;

// The parser makes and drops millions of small values; the platform's allocator took a fifth of a run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = arguments::parse(std::env::args_os());
    let common = &arguments.common;
    let result = match arguments.command {
        None => check::run(common, &arguments.check),
        Some(Command::Check(check)) => check::run(common, &check),
        Some(Command::Explain { rule }) => explain::run(common, &rule),
        Some(Command::Inspect { file, format }) => inspect::run(common, file, format),
        Some(Command::Rules { format }) => rules::run(common, format),
        Some(Command::Init { git_hook: false }) => config::init(common),
        Some(Command::Init { git_hook: true }) => hook::init(common),
        Some(Command::Config { command }) => config::run(common, &command),
        Some(Command::Baseline { command }) => baseline::run(common, &command),
        Some(Command::Completions { shell }) => shell::completions(shell),
        Some(Command::Man) => shell::man(),
        Some(Command::Watch(watch)) => watch::run(common, &watch),
        Some(Command::DebugWords) => shell::words(),
    };
    match result {
        Ok(code) => code,
        Err(Failure::Pipe) => ExitCode::SUCCESS,
        Err(Failure::Message(message)) => {
            output::complain(common, &message);
            ExitCode::from(2)
        }
        Err(Failure::Config(error)) => {
            output::say(&error.render(output::color_on_stderr(common)));
            ExitCode::from(2)
        }
    }
}
