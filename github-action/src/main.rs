//! `runtime-policy-bot`: the command line.

mod actions;
mod arguments;
mod failure;
mod files;
mod server;
mod workflow;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use runtime_policy_bot::diff::Diff;
use runtime_policy_bot::escape::command::log;
use runtime_policy_bot::remark;
use runtime_policy_bot::render::render;
use runtime_policy_bot::review::Review;

use arguments::{Arguments, Command, Render};
use failure::Failure;

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_max_level(arguments::log_level(&command))
        .init();
    let result = match command {
        Command::Review(options) => workflow::review(&options),
        Command::Publish(options) => workflow::published(&options),
        Command::Serve(options) => server::serve(&options),
        Command::Render(options) => offline(&options),
    };
    let code = result.unwrap_or_else(|failure| {
        let _ = writeln!(io::stderr(), "error: {}", log(&failure.to_string()));
        failure.code()
    });
    ExitCode::from(code)
}

fn offline(options: &Render) -> Result<u8, Failure> {
    let report = files::read(&options.report)?;
    let remarks = remark::read(&report)
        .map_err(|error| Failure::Tool(format!("{}: {error}", options.report.display())))?;
    let diff = options.diff.as_deref().map(files::read).transpose()?;
    let diff = diff.map_or_else(Diff::default, |text| Diff::parse(&text));
    let review = Review { remarks, ..Review::default() };
    let text = |path: &str| files::inside(&options.root, path);
    let (shown, verdict) = render(&review, &diff, &text, options.fail_on.level());
    // That nobody reads it changes nothing about what was found.
    let _ = io::stdout().lock().write_all(shown.as_bytes());
    Ok(failure::code(verdict, false))
}
