//! Completions and the man page, made from the definitions of the arguments; and the words of the selection, for
//! `benches/speed`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::output::{self, Failure};

/// Prints completions for the program's own name; cargo passes its arguments on to no completion.
pub fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    let mut command = Arguments::command().bin_name("cargo-runtime-policy");
    clap_complete::generate(shell, &mut command, "cargo-runtime-policy", &mut text);
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the man page.
pub fn man() -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut text)?;
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the words that select Rust files under the default rules.
pub fn words() -> Result<ExitCode, Failure> {
    let words = runtime_policy_lints::engine::words(&runtime_policy_lints::policy::Config::default());
    output::print(&(words.join("\n") + "\n"))?;
    Ok(ExitCode::SUCCESS)
}
