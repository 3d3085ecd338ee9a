//! What a process's control groups leave it: CPUs and memory, of version 1 and 2, the least of the whole path up.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::affinity::{self, Cpus};
use crate::process::Process;

/// Memory limits from here up mean none: version 1 writes "no limit" as a number near the greatest.
const NO_LIMIT: u64 = 1 << 62;

/// What a process may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// CPUs, of which the last may be a part of one: `1.5`.
    pub cpus: f64,
    /// What set [`cpus`](Effective::cpus).
    pub cpus_from: From,
    /// Memory in bytes, where anything is known of it.
    pub memory: Option<u64>,
    /// What set [`memory`](Effective::memory).
    pub memory_from: From,
}

/// What sets a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The CPUs that the process's first thread may run on.
    Affinity,
    /// The machine.
    Machine,
    /// This file of a control group.
    Group(PathBuf),
}

impl Effective {
    /// Worker threads for work that keeps a CPU busy: whole CPUs, at least one.
    pub fn workers(&self) -> usize {
        // At most 1024, and rounded down as the standard library does.
        (self.cpus as usize).max(1)
    }

    /// Memory in bytes less a share of it in percent, for what the limit counts and a heap does not.
    pub fn memory_less(&self, percent: u8) -> Option<u64> {
        let keep = 100 - u64::from(percent.min(100));
        self.memory.map(|bytes| bytes / 100 * keep)
    }
}

/// What a process may use.
///
/// # Errors
/// `/proc` is not mounted, or there is no such process. A platform without control groups is an error too; there,
/// [`std::thread::available_parallelism`] tells the CPUs.
pub fn effective(process: Process) -> io::Result<Effective> {
    let number = match process {
        Process::Own => 0,
        Process::Number(number) => number,
    };
    let affinity = affinity::of_thread(number)?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let limits = limits(Path::new("/"), &process.control_groups()?, &mounts);
    Ok(combine(affinity, limits, machine_memory()))
}

/// Quota and memory limit of the groups, each with the file that set it.
#[derive(Debug, Default, PartialEq)]
struct Limits {
    cpus: Option<(f64, PathBuf)>,
    memory: Option<(u64, PathBuf)>,
}

fn combine(affinity: Cpus, limits: Limits, machine: Option<u64>) -> Effective {
    let (mut cpus, mut cpus_from) = (affinity.count().max(1) as f64, From::Affinity);
    if let Some((quota, file)) = limits.cpus.filter(|(quota, _)| *quota < cpus) {
        (cpus, cpus_from) = (quota, From::Group(file));
    }
    let (memory, memory_from) = match limits.memory {
        Some((limit, file)) if machine.is_none_or(|all| limit < all) => (Some(limit), From::Group(file)),
        _ => (machine, From::Machine),
    };
    Effective { cpus, cpus_from, memory, memory_from }
}

/// The CPUs that the control group leaves the process now; none where no group says so.
pub fn cpuset(process: Process) -> Option<Cpus> {
    let (groups, mounts) = (process.control_groups().ok()?, fs::read_to_string("/proc/self/mountinfo").ok()?);
    let mut found = None;
    each_group(Path::new("/"), &groups, &mounts, &mut |folder, _| {
        // The innermost group that has the file comes first.
        let read = |name: &str| Cpus::parse(&fs::read_to_string(folder.join(name)).ok()?);
        found = found.or_else(|| read("cpuset.cpus.effective")).or_else(|| read("cpuset.effective_cpus"));
    });
    found.filter(|cpus| cpus.count() > 0)
}

/// Follows `/proc/…/cgroup` through the mounts to the least of all limits. `root` is put before every path.
fn limits(root: &Path, groups: &str, mounts: &str) -> Limits {
    let mut found = Limits::default();
    each_group(root, groups, mounts, &mut |folder, is_second| note(folder, is_second, &mut found));
    found
}

/// Visits the folder of every group that the process is in, and of every one above it, with whether it is of version 2.
fn each_group(root: &Path, groups: &str, mounts: &str, visit: &mut dyn FnMut(&Path, bool)) {
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let controllers: Vec<&str> = controllers.split(',').collect();
        let is_second = controllers == [""];
        for mount in mounts.lines().filter_map(Mount::parse) {
            let fits = match is_second {
                true => mount.kind == "cgroup2",
                false => {
                    mount.kind == "cgroup" && mount.options.iter().any(|option| controllers.contains(option))
                }
            };
            if fits {
                climb(root, &mount, path, &mut |folder| visit(folder, is_second));
            }
        }
    }
}

/// Looks at the group and every one above it, up to the mount.
fn climb(root: &Path, mount: &Mount<'_>, path: &str, visit: &mut dyn FnMut(&Path)) {
    // In a container the mount may show a part of the tree only, which begins at its `root`.
    let below = path.strip_prefix(mount.root.trim_end_matches('/')).unwrap_or("");
    let top = root.join(mount.point.trim_start_matches('/'));
    let mut folder = top.join(below.trim_start_matches('/'));
    if !folder.is_dir() || below.contains("..") {
        folder.clone_from(&top);
    }
    loop {
        visit(&folder);
        if folder == top || !folder.pop() {
            return;
        }
    }
}

/// Takes the limits of one group where they are lower.
fn note(folder: &Path, is_second: bool, found: &mut Limits) {
    let (cpu_file, memory_file) = match is_second {
        true => ("cpu.max", "memory.max"),
        false => ("cpu.cfs_quota_us", "memory.limit_in_bytes"),
    };
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let quota = read(cpu_file).and_then(|text| {
        let mut words = text.split_whitespace();
        let quota: f64 = words.next()?.parse().ok().filter(|quota| *quota > 0.0)?;
        let period: f64 = match is_second {
            true => words.next()?.parse().ok()?,
            false => read("cpu.cfs_period_us")?.trim().parse().ok()?,
        };
        (period > 0.0).then_some(quota / period)
    });
    if let Some(quota) = quota.filter(|quota| found.cpus.as_ref().is_none_or(|(least, _)| quota < least)) {
        found.cpus = Some((quota, folder.join(cpu_file)));
    }
    let limit = read(memory_file).and_then(|text| text.trim().parse().ok()).filter(|limit| *limit < NO_LIMIT);
    if let Some(limit) = limit.filter(|limit| found.memory.as_ref().is_none_or(|(least, _)| limit < least)) {
        found.memory = Some((limit, folder.join(memory_file)));
    }
}

/// A line of `mountinfo`: `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: Vec<&'a str>,
}

impl Mount<'_> {
    fn parse(line: &str) -> Option<Mount<'_>> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let mut after = after.split(' ');
        Some(Mount {
            root: before.next()?,
            point: before.next()?,
            kind: after.next()?,
            options: after.nth(1)?.split(',').collect(),
        })
    }
}

/// The machine's memory in bytes.
fn machine_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up file system.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            fs::write(file, text).expect("a file");
        }
        root
    }

    const SECOND: &str = "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

    #[test]
    fn the_least_of_the_path_counts_in_version_2() {
        let root = tree(&[
            ("sys/fs/cgroup/a/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/a/memory.max", "max\n"),
            ("sys/fs/cgroup/a/b/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/a/b/memory.max", "1073741824\n"),
        ]);
        let found = limits(root.path(), "0::/a/b\n", SECOND);
        assert_eq!(found.cpus, Some((1.5, root.path().join("sys/fs/cgroup/a/cpu.max"))));
        assert_eq!(found.memory.map(|(bytes, _)| bytes), Some(1 << 30));
    }

    #[test]
    fn version_1_is_read_by_controller() {
        let root = tree(&[
            ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        let mounts = "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                      32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let found = limits(root.path(), "4:memory:/job\n3:cpu,cpuacct:/job\n", mounts);
        assert_eq!(found.cpus.map(|(cpus, _)| cpus), Some(0.5));
        assert_eq!(found.memory, None);
    }

    #[test]
    fn a_container_sees_its_part_of_the_tree_at_the_mount() {
        let root = tree(&[("sys/fs/cgroup/cpu.max", "200000 100000\n")]);
        let mounts = "30 25 0:26 /docker/4f /sys/fs/cgroup ro - cgroup2 cgroup rw";
        for groups in ["0::/docker/4f\n", "0::/\n", "0::/../../elsewhere\n"] {
            let found = limits(root.path(), groups, mounts);
            assert_eq!(found.cpus.map(|(cpus, _)| cpus), Some(2.0), "{groups}");
        }
    }

    #[test]
    fn limits_lower_what_the_machine_has_and_never_raise_it() {
        let file = || PathBuf::from("cpu.max");
        let limited = Limits { cpus: Some((1.5, file())), memory: Some((1000, file())) };
        let found = combine(Cpus::of(0..4), limited, Some(5000));
        assert_eq!((found.cpus, found.workers(), found.memory), (1.5, 1, Some(1000)));
        assert_eq!(found.memory_less(10), Some(900));
        let wide = Limits { cpus: Some((64.0, file())), memory: Some((9000, file())) };
        let found = combine(Cpus::of(0..4), wide, Some(5000));
        assert_eq!((found.cpus, found.cpus_from), (4.0, From::Affinity));
        assert_eq!((found.memory, found.memory_from), (Some(5000), From::Machine));
        let tiny = Limits { cpus: Some((0.25, file())), memory: None };
        assert_eq!(combine(Cpus::of(0..4), tiny, None).workers(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_own_process_may_use_something() {
        let found = effective(Process::Own).expect("proc");
        assert!(found.cpus > 0.0 && found.workers() >= 1 && found.memory.is_some_and(|bytes| bytes > 0));
    }
}
