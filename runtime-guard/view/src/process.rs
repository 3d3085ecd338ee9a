//! What `/proc` tells about a process.

use std::fs;
use std::io;
use std::path::PathBuf;

/// A process: by its number, or the own one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// The calling process.
    Own,
    /// Another one.
    Number(i32),
}

impl Process {
    /// A file of the process in `/proc`.
    pub fn file(self, name: &str) -> PathBuf {
        match self {
            Process::Own => PathBuf::from(format!("/proc/self/{name}")),
            Process::Number(number) => PathBuf::from(format!("/proc/{number}/{name}")),
        }
    }

    /// The kernel's numbers of its threads, in order.
    ///
    /// # Errors
    /// `/proc` is not mounted, or there is no such process.
    pub fn threads(self) -> io::Result<Vec<i32>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(self.file("task"))? {
            numbers.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The process, its children and theirs, by number and in order.
    ///
    /// # Errors
    /// `/proc` is not mounted.
    pub fn family(number: i32) -> io::Result<Vec<i32>> {
        let mut parents = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let child = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
            parents.extend(child.and_then(|child| Some((child, Process::Number(child).parent()?))));
        }
        let mut family = vec![number];
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
            at += 1;
        }
        family.sort_unstable();
        Ok(family)
    }

    /// The number of the process's parent.
    fn parent(self) -> Option<i32> {
        // The name, in parentheses, may hold anything.
        let stat = fs::read_to_string(self.file("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    }

    /// The name of a thread; empty if it has ended meanwhile.
    pub fn thread_name(self, thread: i32) -> String {
        let name = fs::read_to_string(self.file(&format!("task/{thread}/comm"))).unwrap_or_default();
        name.trim_end().to_owned()
    }

    /// The environment that the process was started with; what it has set since then is not in it.
    /// Bytes that are no UTF-8 are replaced.
    ///
    /// # Errors
    /// The process has ended or belongs to another user.
    pub fn environment(self) -> io::Result<Vec<(String, String)>> {
        let bytes = fs::read(self.file("environ"))?;
        let pairs = bytes.split(|byte| *byte == 0).filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            Some((text(&pair[..at]), text(&pair[at + 1..])))
        });
        Ok(pairs.collect())
    }

    /// The soft resource limits: the kernel's name and the number, none where there is no limit.
    ///
    /// # Errors
    /// The process has ended or `/proc` is not mounted.
    pub fn limits(self) -> io::Result<Vec<(String, Option<u64>)>> {
        Ok(parse_limits(&fs::read_to_string(self.file("limits"))?))
    }

    /// The control groups that the process is in, as `/proc` writes them.
    ///
    /// # Errors
    /// The process has ended or `/proc` is not mounted.
    pub fn control_groups(self) -> io::Result<String> {
        fs::read_to_string(self.file("cgroup"))
    }
}

/// Lines of `Max open files            1024                 1048576              files`.
fn parse_limits(text: &str) -> Vec<(String, Option<u64>)> {
    let line = |line: &str| {
        let (name, rest) = line.split_at_checked(26)?;
        let soft = rest.split_whitespace().next()?;
        Some((name.trim().to_owned(), soft.parse().ok()))
    };
    text.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_by_column() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max open files            1024                 1048576              files     \n\
                    Max address space         unlimited            unlimited            bytes     \n";
        let limits = parse_limits(text);
        assert_eq!(
            limits,
            [("Max open files".to_owned(), Some(1024)), ("Max address space".to_owned(), None)]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_own_process_is_seen_by_name_and_by_number() {
        let own = i32::try_from(std::process::id()).expect("a process number");
        for process in [Process::Own, Process::Number(own)] {
            let threads = process.threads().expect("threads");
            assert!(threads.contains(&own));
            assert!(!process.thread_name(own).is_empty());
            assert!(process.environment().expect("environment").iter().any(|(name, _)| name == "PATH"));
            assert!(process.limits().expect("limits").iter().any(|(name, _)| name == "Max open files"));
        }
        assert!(Process::Number(i32::MAX).threads().is_err());
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("a child");
        let number = i32::try_from(child.id()).expect("a process number");
        let family = Process::family(own).expect("proc");
        child.kill().and_then(|()| child.wait()).expect("the child ends");
        assert!(family.contains(&own) && family.contains(&number), "{family:?}");
    }
}
