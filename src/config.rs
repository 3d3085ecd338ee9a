//! `init` and `config`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use runtime_policy_lints::policy::{self, FILE_NAME, TEMPLATE};

use crate::arguments::{Common, ConfigCommand};
use crate::output::{self, Failure};
use crate::run;

/// Writes a commented configuration file, if there is none.
pub fn init(common: &Common) -> Result<ExitCode, Failure> {
    let file = run::root(common)?.join(FILE_NAME);
    match write_new(&file, TEMPLATE) {
        Ok(()) => {
            output::say(&format!("wrote `{}`", file.display()));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Failure::new(format!("`{}` is there already and stays as it is", file.display())))
        }
        Err(error) => Err(Failure::new(format!("cannot write `{}`: {error}", file.display()))),
    }
}

/// Writes a file where there is none.
pub fn write_new(file: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}

/// Runs `config`.
pub fn run(common: &Common, command: &ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Verify => verify(common)?,
        ConfigCommand::Show { path } => {
            let config = run::with_nested(run::config(common)?, &run::root(common)?)?;
            output::print(&config.show(path.trim_start_matches("./")))?;
        }
        ConfigCommand::Schema => {
            let schema = policy::schema::schema();
            output::print(&format!("{schema:#}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(common: &Common) -> Result<(), Failure> {
    let config = run::with_nested(run::config(common)?, &run::root(common)?)?;
    let files: Vec<&str> = config.files().collect();
    match files.as_slice() {
        [] => output::print(&format!("there is no {FILE_NAME}; `cargo runtime-policy init` writes one\n")),
        files => output::print(&files.iter().map(|file| format!("{file}: ok\n")).collect::<String>()),
    }
}
