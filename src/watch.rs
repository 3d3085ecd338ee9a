//! `watch`: the policy, seen from outside of a running process.
//!
//! Nothing attaches to a process or stops it: `/proc` is read, the kernel is asked for affinities, and listening sockets
//! of the process are asked for debug paths. A command that was started here is ended here, if it is still running.

mod judge;
mod sight;
mod target;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use runtime_policy_lints::report::Disk;

use crate::arguments::{Common, Watch};
use crate::check::{self, Form};
use crate::output::Failure;
use crate::run;
use sight::Sight;
use target::Target;

/// Runs `watch`.
pub fn run(common: &Common, arguments: &Watch) -> Result<ExitCode, Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::new("`watch` reads /proc, which only Linux has"));
    }
    let config = run::config(common)?;
    let mut target = Target::open(arguments)?;
    let mut sight = Sight::default();
    let most = arguments.looks.or(target.is_given().then_some(1));
    let mut looks = 0;
    loop {
        looks += 1;
        sight.look(&target).map_err(|error| refused(&target, &error))?;
        if most == Some(looks) || target.has_ended_within(Duration::from_millis(arguments.every))? {
            break;
        }
    }
    target.end();
    let report = sight.report(&config);
    let form = Form { format: arguments.format, output: arguments.output.as_deref() };
    match check::print(common, form, &Disk::new(run::root(common)?), "", &report) {
        Ok(()) | Err(Failure::Pipe) => {}
        Err(failure) => return Err(failure),
    }
    run::name_notices(common, &report);
    Ok(ExitCode::from(u8::from(check::fails(arguments.fail_on, arguments.deny_warnings, &report))))
}

fn refused(target: &Target, error: &std::io::Error) -> Failure {
    let hint = match error.kind() {
        std::io::ErrorKind::PermissionDenied => "; run it as the user of that process",
        std::io::ErrorKind::NotFound if !Path::new("/proc/self").exists() => "; /proc is not mounted",
        _ => "",
    };
    Failure::new(format!("cannot look at process {}: {error}{hint}", target.number()))
}
