//! Which CPUs threads may run on.

use std::fmt;
use std::io;

#[cfg(target_os = "linux")]
use rustix::{process::Pid, thread};

/// The number of CPUs that a set can hold.
const CAPACITY: usize = 1024;

/// A set of CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpus([u64; CAPACITY / 64]);

impl Cpus {
    /// No CPU.
    pub const NONE: Cpus = Cpus([0; CAPACITY / 64]);

    /// A set of CPUs by number; numbers over 1023 are left out.
    pub fn of(numbers: impl IntoIterator<Item = usize>) -> Cpus {
        let mut cpus = Cpus::NONE;
        for number in numbers.into_iter().filter(|number| *number < CAPACITY) {
            cpus.0[number / 64] |= 1 << (number % 64);
        }
        cpus
    }

    /// Reads the kernel's list format: `0-3,8`. None if the text is something else.
    pub fn parse(text: &str) -> Option<Cpus> {
        let mut numbers = Vec::new();
        for part in text.trim().split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            numbers.extend(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?.min(CAPACITY - 1));
        }
        Some(Cpus::of(numbers))
    }

    /// The numbers in the set, in order.
    pub fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        (0..CAPACITY).filter(|number| self.0[number / 64] >> (number % 64) & 1 == 1)
    }

    /// How many CPUs the set holds.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// What is in both sets.
    pub fn and(&self, other: &Cpus) -> Cpus {
        Cpus(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    /// Whether every CPU of the set is in the other, which has more.
    pub fn is_part_of(&self, other: &Cpus) -> bool {
        self.and(other) == *self && self != other
    }
}

impl fmt::Display for Cpus {
    /// The kernel's list format: `0-3,8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.numbers().peekable();
        let mut separator = "";
        while let Some(first) = numbers.next() {
            let mut last = first;
            while let Some(next) = numbers.next_if_eq(&(last + 1)) {
                last = next;
            }
            match first == last {
                true => write!(f, "{separator}{first}")?,
                false => write!(f, "{separator}{first}-{last}")?,
            }
            separator = ",";
        }
        Ok(())
    }
}

/// The CPUs that a thread may run on, by the kernel's number of the thread; 0 is the calling one.
///
/// # Errors
/// There is no such thread, or the platform does not tell.
#[cfg(target_os = "linux")]
pub fn of_thread(thread: i32) -> io::Result<Cpus> {
    let cpus = thread::sched_getaffinity(Pid::from_raw(thread))?;
    Ok(Cpus::of((0..CAPACITY).filter(|number| cpus.is_set(*number))))
}

/// The CPUs that a thread may run on.
///
/// # Errors
/// Always: the platform does not tell.
#[cfg(not(target_os = "linux"))]
pub fn of_thread(_: i32) -> io::Result<Cpus> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_the_kernel_writes_them() {
        for text in ["0", "0-3", "0-1,3", "5,7-9,1023", ""] {
            assert_eq!(Cpus::parse(text).expect("a list").to_string(), text);
        }
        assert_eq!(Cpus::parse("0-x"), None);
        assert_eq!(Cpus::parse("0-3").expect("a list").count(), 4);
    }

    #[test]
    fn a_part_is_smaller_than_the_whole() {
        let (all, one) = (Cpus::of(0..4), Cpus::of([2]));
        assert!(one.is_part_of(&all) && !all.is_part_of(&all) && !all.is_part_of(&one));
        assert!(!Cpus::of([9]).is_part_of(&all));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_calling_thread_has_a_cpu() {
        assert!(of_thread(0).expect("linux tells").count() > 0);
        assert!(of_thread(i32::MAX).is_err());
    }
}
