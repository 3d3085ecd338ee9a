//! `check`: findings, their output and the exit code.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use runtime_policy_lints::change::Comparison;
use runtime_policy_lints::engine::Options;
use runtime_policy_lints::finding::{Level, Report};
use runtime_policy_lints::policy::Baseline;
use runtime_policy_lints::report::{self, Context, Disk, Format, Sources};
use runtime_policy_lints::timings::Timings;
use runtime_policy_lints::visible::visible;

use crate::arguments::{Check, Common, FailOn};
use crate::output::{self, Failure};
use crate::{change, fix, run};

/// Runs `check`.
pub fn run(common: &Common, arguments: &Check) -> Result<ExitCode, Failure> {
    agree(arguments)?;
    let asked = change::asked(arguments)?;
    let comparison = asked.as_ref().map(|asked| change::open(common, asked)).transpose()?;
    let config = match &comparison {
        Some(comparison) => change::config(common, comparison)?,
        None => run::config(common)?,
    };
    let timings = arguments.timings.then(Arc::<Timings>::default);
    let options = run::options_under(common, &arguments.scan, config)?;
    let options = Options { timings: timings.clone(), ..options };
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let check = |comparison: Option<&Comparison>| match comparison {
        Some(comparison) => change::check(&options, comparison, arguments.changes.filter, baseline.as_ref()),
        None => run::check(&options, baseline.as_ref()),
    };
    let report = if arguments.fixes.fix {
        // Each fix alters one side of a change.
        let anew = || {
            let comparison = asked.as_ref().map(|asked| change::open(common, asked)).transpose()?;
            check(comparison.as_ref())
        };
        fix::apply(common, &arguments.fixes, &options.root, anew)?
    } else {
        check(comparison.as_ref())?
    };
    let code = exit_code(arguments, &report);
    let written = if arguments.fixes.prints() {
        fix::print_diff(&options.root, &report, arguments.fixes.unsafe_fixes)
    } else {
        write(common, arguments, &options, comparison.as_ref(), &report)
    };
    match written {
        // That the reader has seen enough changes nothing about what was found.
        Ok(()) | Err(Failure::Pipe) => {}
        Err(failure) => return Err(failure),
    }
    run::name_notices(common, &report);
    if arguments.statistics {
        statistics(&report);
    }
    if let Some(timings) = timings {
        timing(&timings);
    }
    Ok(ExitCode::from(code))
}

/// The exit code of a check that could be made.
fn exit_code(arguments: &Check, report: &Report) -> u8 {
    if arguments.strict_parse && !report.notices.is_empty() {
        return 2;
    }
    u8::from(fails(arguments.fail_on, arguments.deny_warnings, report))
}

/// Whether a finding is at or over the level that fails.
pub fn fails(fail_on: FailOn, deny_warnings: bool, report: &Report) -> bool {
    let lowest = match if deny_warnings { FailOn::Warning } else { fail_on } {
        FailOn::Error => Some(Level::Error),
        FailOn::Warning => Some(Level::Warning),
        FailOn::Never => None,
    };
    lowest.is_some_and(|lowest| report.findings.iter().any(|finding| finding.level >= lowest))
}

/// Reads a baseline.
pub fn read_baseline(file: &Path) -> Result<Baseline, Failure> {
    let name = file.to_string_lossy();
    let name = visible(&name);
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(format!("cannot read the baseline `{name}`: {error}; `baseline write` makes one"))
    })?;
    Baseline::parse(&text).map_err(|error| Failure::new(format!("the baseline `{name}` is damaged: {error}")))
}

/// Refuses options that do not go together, where their definitions cannot say so.
fn agree(arguments: &Check) -> Result<(), Failure> {
    let fixes = &arguments.fixes;
    if fixes.unsafe_fixes && !fixes.fix && !fixes.prints() {
        return Err(Failure::new("`--unsafe-fixes` needs `--fix` or `--diff`"));
    }
    if fixes.fix && fixes.diff.is_some() {
        return Err(Failure::new(
            "`--diff` changes nothing and reads what is there: it does not go with `--fix`",
        ));
    }
    if fixes.prints() && (arguments.format.is_some() || arguments.output.is_some()) {
        return Err(Failure::new(
            "`--diff` without a file prints fixes: leave out `--format` and `--output`",
        ));
    }
    Ok(())
}

fn write(
    common: &Common,
    arguments: &Check,
    options: &Options,
    comparison: Option<&Comparison>,
    report: &Report,
) -> Result<(), Failure> {
    let disk = Disk::new(options.root.clone());
    let after = comparison.map(change::After::new);
    let sources: &dyn Sources = after.as_ref().map_or(&disk, |after| after);
    let form = Form { format: arguments.format, output: arguments.output.as_deref() };
    print(common, form, sources, &prefix(&options.root), report)
}

/// Where a report goes, and how.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// None for the usual one.
    pub format: Option<Format>,
    /// None for standard output.
    pub output: Option<&'a Path>,
}

/// Writes a report to where it was asked for.
pub fn print(
    common: &Common,
    form: Form<'_>,
    sources: &dyn Sources,
    prefix: &str,
    report: &Report,
) -> Result<(), Failure> {
    let mut rules: Vec<_> = runtime_policy_rules::rules().iter().chain(&report.own_rules).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let context = |color| Context { sources, rules: &rules, color, prefix };
    let Some(file) = form.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        let format = form.format.unwrap_or_else(usual_format);
        report::write(format, report, &context(output::color_on_stdout(common)), &mut out)?;
        return Ok(out.flush()?);
    };
    let fail = |error| Failure::new(format!("cannot write `{}`: {error}", file.display()));
    let mut out = BufWriter::new(File::create(file).map_err(fail)?);
    let context = context(false);
    report::write(form.format.unwrap_or(Format::Human), report, &context, &mut out).map_err(fail)?;
    out.flush().map_err(fail)?;
    output::say(report::summary(report, &context).trim_end());
    Ok(())
}

/// Inside GitHub's Actions, whose log shows annotations beside the code, those; a person at a terminal wants more.
fn usual_format() -> Format {
    let in_actions = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    if in_actions && !output::is_on_terminal() { Format::Github } else { Format::Human }
}

/// What leads from GitHub's checkout to the root of the run.
fn prefix(root: &Path) -> String {
    let Some(workspace) = std::env::var_os("GITHUB_WORKSPACE") else { return String::new() };
    let Ok(workspace) = Path::new(&workspace).canonicalize() else { return String::new() };
    match root.strip_prefix(workspace) {
        Ok(rest) if !rest.as_os_str().is_empty() => format!("{}/", rest.to_string_lossy().replace('\\', "/")),
        _ => String::new(),
    }
}

fn statistics(report: &Report) {
    let counts = &report.counts;
    for (count, what) in [
        (counts.files, "files found"),
        (counts.bytes, "bytes read"),
        (counts.selected, "files that mention a trigger word"),
        (counts.items, "items parsed"),
        (counts.uses, "uses of catalogued APIs judged"),
        (report.findings.len() as u64, "findings"),
        (report.suppressed.len() as u64, "findings suppressed"),
        (report.notices.len() as u64, "files not or only partly parsed"),
    ] {
        output::say(&format!("{count:>12}  {what}"));
    }
}

fn timing(timings: &Timings) {
    for (title, parts) in [
        ("stage, from its beginning to its end", timings.stages()),
        ("rule, all threads together (who asks first pays for an answer)", timings.rules()),
    ] {
        output::say(&format!("{:>9}  {:>7}  {title}", "ms", "runs"));
        for part in parts {
            let time = part.time.as_secs_f64() * 1000.0;
            output::say(&format!("{time:>9.1}  {:>7}  {}", part.runs, part.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use runtime_policy_lints::finding::{Finding, Location, Notice, Position};

    fn report(levels: &[Level]) -> Report {
        let start = Position { byte: 0, line: 1, column: 1 };
        let finding = |level: &Level| Finding {
            rule: "manual-gc".into(),
            level: *level,
            location: Location { path: "a.rs".into(), start, end: start },
            message: String::new(),
            why: String::new(),
            help: String::new(),
            related: Vec::new(),
            fix: None,
            fingerprint: String::new(),
            approvals: None,
        };
        Report { findings: levels.iter().map(finding).collect(), ..Report::default() }
    }

    fn code(words: &[&str], report: &Report) -> u8 {
        let words = ["cargo-runtime-policy"].iter().chain(words);
        exit_code(&crate::arguments::Arguments::parse_from(words).check, report)
    }

    #[test]
    fn findings_at_or_over_the_level_fail_the_run() {
        let (clean, info) = (report(&[]), report(&[Level::Info]));
        let (warning, error) = (report(&[Level::Info, Level::Warning]), report(&[Level::Error]));
        for (words, codes) in [
            (&[][..], [0, 0, 0, 1]),
            (&["--fail-on", "warning"], [0, 0, 1, 1]),
            (&["--deny-warnings"], [0, 0, 1, 1]),
            (&["--fail-on", "never"], [0, 0, 0, 0]),
        ] {
            assert_eq!(
                [&clean, &info, &warning, &error].map(|report| code(words, report)),
                codes,
                "{words:?}"
            );
        }
    }

    #[test]
    fn what_could_not_be_parsed_fails_only_when_asked_for() {
        let mut report = report(&[Level::Error]);
        report.notices.push(Notice { path: "b.rs".into(), place: None, message: String::new() });
        assert_eq!(code(&[], &report), 1);
        assert_eq!(code(&["--strict-parse", "--fail-on", "never"], &report), 2);
    }
}
