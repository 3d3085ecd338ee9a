//! How fast GitHub may be written to. Its documents ask for a second between changes, at most 80 contents a minute and
//! 500 an hour; who is faster is locked out.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How fast to write, and how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time between two changes.
    pub gap: Duration,
    /// Changes within a minute.
    pub a_minute: usize,
    /// Changes within an hour.
    pub an_hour: usize,
    /// First pause after a failure; each further one is twice as long.
    pub backoff: Duration,
    /// First pause where GitHub says that it is asked too much, and not for how long.
    pub limited: Duration,
    /// How long to wait for an answer.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            gap: Duration::from_secs(1),
            a_minute: 70,
            an_hour: 450,
            backoff: Duration::from_secs(2),
            limited: Duration::from_secs(60),
            patience: Duration::from_secs(30),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// When was written.
#[derive(Debug)]
pub(super) struct Pace {
    pub limits: Limits,
    /// Times of changes within the last hour, the oldest first.
    writes: VecDeque<Instant>,
}

impl Pace {
    pub fn new(limits: Limits) -> Pace {
        Pace { limits, writes: VecDeque::new() }
    }

    /// How long to wait before the next change.
    pub fn before_write(&self, now: Instant) -> Duration {
        let after = |time: Option<&Instant>, span: Duration| {
            time.map_or(Duration::ZERO, |time| (*time + span).saturating_duration_since(now))
        };
        // The change that has to be a minute (an hour) old before there is room for another one.
        let oldest =
            |most: usize| self.writes.len().checked_sub(most.max(1)).and_then(|at| self.writes.get(at));
        after(self.writes.back(), self.limits.gap)
            .max(after(oldest(self.limits.a_minute), MINUTE))
            .max(after(oldest(self.limits.an_hour), HOUR))
    }

    /// Notes a change.
    pub fn note_write(&mut self, now: Instant) {
        self.writes.push_back(now);
        while self.writes.len() > self.limits.an_hour.max(1) {
            self.writes.pop_front();
        }
    }

    /// The pause after a failure.
    pub fn failed(&self, attempt: u32) -> Duration {
        self.limits.backoff * 2_u32.pow(attempt.min(10) - 1)
    }

    /// The pause where there are too many requests.
    pub fn limited(&self, attempt: u32) -> Duration {
        self.limits.limited * 2_u32.pow(attempt.min(10) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { a_minute: 3, an_hour: 5, ..Limits::default() }
    }

    #[test]
    fn changes_keep_their_distance() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut pace = Pace::new(limits());
        assert_eq!(pace.before_write(begin), Duration::ZERO);
        pace.note_write(begin);
        assert_eq!(pace.before_write(begin), Duration::from_secs(1));
        pace.note_write(at(10));
        pace.note_write(at(20));
        assert_eq!(pace.before_write(at(30)), Duration::from_secs(30), "three within a minute");
        pace.note_write(at(61));
        pace.note_write(at(121));
        assert_eq!(pace.before_write(at(200)), Duration::from_secs(3_400), "five within an hour");
        assert_eq!(pace.before_write(at(3_601)), Duration::ZERO);
    }

    #[test]
    fn pauses_double() {
        let pace = Pace::new(limits());
        assert_eq!([1, 2, 3].map(|attempt| pace.failed(attempt).as_secs()), [2, 4, 8]);
        assert_eq!([1, 2].map(|attempt| pace.limited(attempt).as_secs()), [60, 120]);
    }
}
