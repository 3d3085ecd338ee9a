//! `baseline write`, `prune` and `check`.

use std::path::Path;
use std::process::ExitCode;

use runtime_policy_lints::engine::Options;
use runtime_policy_lints::policy::Baseline;
use runtime_policy_lints::visible::visible;

use crate::arguments::{self, BaselineCommand, Common};
use crate::check::read_baseline;
use crate::output::{self, Failure};
use crate::run;

/// Runs `baseline`.
pub fn run(common: &Common, command: &BaselineCommand) -> Result<ExitCode, Failure> {
    match command {
        BaselineCommand::Write(arguments) => write(common, arguments),
        BaselineCommand::Prune(arguments) => prune(common, arguments),
        BaselineCommand::Check(arguments) => check(common, arguments),
    }
}

fn write(common: &Common, arguments: &arguments::Baseline) -> Result<ExitCode, Failure> {
    let options = run::options(common, &arguments.scan)?;
    let report = run::check(&options, None)?;
    let baseline = Baseline::of(&report);
    save(&arguments.baseline, &baseline)?;
    run::name_notices(common, &report);
    output::say(&format!("accepted {} in `{}`", findings(baseline.total()), arguments.baseline.display()));
    Ok(ExitCode::SUCCESS)
}

fn prune(common: &Common, arguments: &arguments::Baseline) -> Result<ExitCode, Failure> {
    let (baseline, stale) = stale(common, arguments)?;
    let removed: u64 = stale.iter().map(|(_, count)| u64::from(*count)).sum();
    if removed > 0 {
        save(&arguments.baseline, &baseline.pruned(&stale))?;
    }
    output::say(&format!("removed {} from `{}`", findings(removed), arguments.baseline.display()));
    Ok(ExitCode::SUCCESS)
}

fn check(common: &Common, arguments: &arguments::Baseline) -> Result<ExitCode, Failure> {
    let (_, stale) = stale(common, arguments)?;
    for (key, count) in &stale {
        let times = if *count == 1 { String::new() } else { format!(" ({count} times)") };
        output::print(&format!(
            "{}: {}{times} is mended but still accepted\n",
            visible(&key.path),
            key.rule
        ))?;
    }
    if stale.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    output::say("run `cargo runtime-policy baseline prune`, so that it stays mended");
    Ok(ExitCode::FAILURE)
}

type Stale = Vec<(runtime_policy_lints::policy::baseline::Key, u32)>;

fn stale(common: &Common, arguments: &arguments::Baseline) -> Result<(Baseline, Stale), Failure> {
    let baseline = read_baseline(&arguments.baseline)?;
    let options = run::options(common, &arguments.scan)?;
    let report = run::check(&options, None)?;
    run::name_notices(common, &report);
    let stale = baseline
        .stale(&report, |path| concerns(&options, path))
        .into_iter()
        .filter(|(key, _)| was_asked_for(arguments, &key.rule))
        .collect();
    Ok((baseline, stale))
}

/// Whether a path was part of the run.
fn concerns(options: &Options, path: &str) -> bool {
    let path = options.root.join(path);
    options.paths.is_empty() || options.paths.iter().any(|asked| path.starts_with(asked))
}

/// Whether a rule was part of the run as far as the command line goes. A rule that the configuration has switched
/// off finds nothing any more, so what the baseline accepts of it is stale.
fn was_asked_for(arguments: &arguments::Baseline, rule: &str) -> bool {
    let scan = &arguments.scan;
    let names = |rules: &[String]| rules.iter().any(|name| name == rule);
    !names(&scan.ignore) && (scan.select.is_empty() || names(&scan.select))
}

fn save(file: &Path, baseline: &Baseline) -> Result<(), Failure> {
    std::fs::write(file, baseline.to_string())
        .map_err(|error| Failure::new(format!("cannot write `{}`: {error}", file.display())))
}

fn findings(count: u64) -> String {
    format!("{count} finding{}", if count == 1 { "" } else { "s" })
}
