//! Figures of the process, its allocator and its pools in Prometheus' text format, cheap enough to scrape: a few files of
//! `/proc` are read, nothing is walked and nothing stops.

use std::fmt::{Display, Write};
use std::sync::PoisonError;

use runtime_guard_view::cgroup;
use runtime_guard_view::process::Process;

use crate::core::Core;
use crate::guard::Guard;

/// A figure that the program adds.
pub(crate) struct Gauge {
    name: &'static str,
    help: &'static str,
    read: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl Guard {
    /// Adds a figure to the exposition; `read` must be cheap.
    ///
    /// # Panics
    /// The name is no metric name: letters, digits, `_` and `:`, not beginning with a digit.
    pub fn watch_gauge(
        &self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        let is_part = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
        assert!(
            !name.is_empty() && name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit()),
            "`{name}` is no metric name"
        );
        let mut gauges = self.core().gauges.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.push(Gauge { name, help, read: Box::new(read) });
    }

    /// Watches a tokio runtime: its workers with every check, its tasks and queue in the exposition.
    #[cfg(feature = "tokio")]
    #[track_caller]
    pub fn watch_tokio(&self, name: &'static str, runtime: &tokio::runtime::Handle) {
        let metrics = runtime.metrics();
        let workers = metrics.clone();
        self.watch_workers(name, move || workers.num_workers());
        let tasks = metrics.clone();
        self.watch_gauge("tokio_alive_tasks", "Tasks that are not done.", move || {
            tasks.num_alive_tasks() as f64
        });
        self.watch_gauge("tokio_global_queue_depth", "Tasks that wait for a worker.", move || {
            metrics.global_queue_depth() as f64
        });
    }

    /// The figures as Prometheus reads them, content type `text/plain; version=0.0.4`: threads, descriptors, memory and
    /// CPU time of the process, what the control group leaves it, allocator, workers, findings.
    pub fn exposition(&self) -> String {
        let mut text = Text::default();
        of_process(&mut text);
        #[cfg(feature = "jemalloc")]
        of_jemalloc(&mut text);
        of_guard(self.core(), &mut text);
        text.0
    }
}

/// The text so far.
#[derive(Default)]
struct Text(String);

impl Text {
    /// One figure without labels; nothing where it is not known.
    fn one(&mut self, kind: &str, name: &str, help: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.head(kind, name, help);
            let _ = writeln!(self.0, "{name} {value}");
        }
    }

    /// A figure by a label.
    fn by(&mut self, kind: &str, name: &str, help: &str, label: &str, values: &[(&str, u64)]) {
        self.head(kind, name, help);
        for (of, value) in values {
            let of = of.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = writeln!(self.0, "{name}{{{label}=\"{of}\"}} {value}");
        }
    }

    fn head(&mut self, kind: &str, name: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }
}

fn of_process(text: &mut Text) {
    let status = std::fs::read_to_string(Process::Own.file("status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    text.one("gauge", "process_threads", "Threads of the process.", field("Threads"));
    let resident = field("VmRSS").map(|kilobytes| kilobytes * 1024);
    text.one("gauge", "process_resident_memory_bytes", "Memory that is in RAM.", resident);
    let open =
        std::fs::read_dir(Process::Own.file("fd")).ok().map(|entries| entries.count().saturating_sub(1));
    text.one("gauge", "process_open_fds", "Open descriptors.", open);
    #[cfg(unix)]
    {
        let most = crate::snapshot::limit(libc::RLIMIT_NOFILE as _).map(|(soft, _)| soft);
        let most = most.filter(|most| *most != libc::RLIM_INFINITY);
        text.one("gauge", "process_max_fds", "Descriptors that may be open.", most);
        text.one("counter", "process_cpu_seconds_total", "CPU time, user and system.", cpu_seconds());
    }
    let effective = cgroup::effective(Process::Own).ok();
    let cpus = effective.as_ref().map(|effective| effective.cpus);
    text.one("gauge", "runtime_guard_effective_cpus", "CPUs that the process may use.", cpus);
    let memory = effective.and_then(|effective| effective.memory);
    text.one("gauge", "runtime_guard_effective_memory_bytes", "Memory that the process may use.", memory);
}

#[cfg(unix)]
fn cpu_seconds() -> Option<f64> {
    // SAFETY: all zeroes are a value of it.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the place is large enough.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) } != 0 {
        return None;
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Some(seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

#[cfg(feature = "jemalloc")]
fn of_jemalloc(text: &mut Text) {
    use tikv_jemalloc_ctl::{epoch, raw};

    if epoch::advance().is_err() {
        return;
    }
    // A jemalloc that was built without statistics has none of these.
    for (name, help, key) in [
        ("jemalloc_allocated_bytes", "Memory that the program holds.", b"stats.allocated\0".as_slice()),
        ("jemalloc_active_bytes", "Memory of pages that are in use.", b"stats.active\0"),
        ("jemalloc_resident_bytes", "Memory that jemalloc has in RAM.", b"stats.resident\0"),
    ] {
        // SAFETY: the key ends in a zero byte, and its value is a `size_t`.
        text.one("gauge", name, help, unsafe { raw::read::<usize>(key) }.ok());
    }
}

fn of_guard(core: &Core, text: &mut Text) {
    let workers: Vec<(&str, u64)> =
        core.state().pools.iter().map(|pool| (pool.name, (pool.count)() as u64)).collect();
    text.by("gauge", "runtime_guard_workers", "Workers of a pool.", "pool", &workers);
    for gauge in core.gauges.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        text.one("gauge", gauge.name, gauge.help, Some((gauge.read)()));
    }
    let findings: Vec<(&str, u64)> = core.counts().into_iter().collect();
    text.by("counter", "runtime_guard_findings_total", "Findings of the guard.", "rule", &findings);
    let panics = core.callback_panics();
    text.one("counter", "runtime_guard_callback_panics_total", "Callbacks that panicked.", Some(panics));
}
