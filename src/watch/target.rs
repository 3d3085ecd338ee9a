//! The process that is looked at: given by number, or started here.

use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use runtime_guard_view::affinity::{self, Cpus};
use runtime_guard_view::cgroup::cpuset;
use runtime_guard_view::process::Process;

use crate::arguments::Watch;
use crate::output::Failure;

/// How often the end of a command is looked for.
const GLANCE: Duration = Duration::from_millis(10);

/// The process that is looked at.
pub struct Target {
    number: i32,
    /// Set where the process was started here.
    child: Option<Child>,
    /// The CPUs that the process was started with, where that is known.
    pub started_with: Option<Cpus>,
}

impl Target {
    /// Finds the process, or starts the command.
    pub fn open(arguments: &Watch) -> Result<Target, Failure> {
        if let Some(number) = arguments.pid {
            let number =
                i32::try_from(number).ok().filter(|number| Process::Number(*number).threads().is_ok());
            let number = number.ok_or_else(|| {
                Failure::new(format!("there is no process {}", arguments.pid.unwrap_or_default()))
            })?;
            return Ok(Target { number, child: None, started_with: None });
        }
        let Some((program, words)) = arguments.command.split_first() else {
            return Err(Failure::new("name a command after `--`, or a process with `--pid`"));
        };
        // Standard output is the report's.
        let child = Command::new(program).args(words).stdout(Stdio::from(io::stderr())).spawn();
        let child = child.map_err(|error| {
            Failure::new(format!("cannot start `{}`: {error}", program.to_string_lossy()))
        })?;
        let started_with = affinity::of_thread(0).ok();
        Ok(Target { number: i32::try_from(child.id()).unwrap_or_default(), child: Some(child), started_with })
    }

    /// Its number.
    pub fn number(&self) -> i32 {
        self.number
    }

    /// Whether it was there before.
    pub fn is_given(&self) -> bool {
        self.child.is_none()
    }

    /// The CPUs that the process could use: what it was started with, or what its control group says.
    pub fn cpus(&self) -> Option<Cpus> {
        self.started_with.or_else(|| cpuset(Process::Number(self.number)))
    }

    /// Waits for so long, or until the process has ended.
    pub fn has_ended_within(&mut self, time: Duration) -> Result<bool, Failure> {
        let start = Instant::now();
        loop {
            let has_ended = match &mut self.child {
                Some(child) => child
                    .try_wait()
                    .map_err(|error| Failure::new(format!("cannot wait for the command: {error}")))?
                    .is_some(),
                None => Process::Number(self.number).threads().is_err(),
            };
            if has_ended || start.elapsed() >= time {
                return Ok(has_ended);
            }
            thread::sleep(GLANCE.min(time));
        }
    }

    /// Ends the command that was started here.
    pub fn end(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.end();
    }
}
