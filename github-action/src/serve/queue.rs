//! What has to be reviewed, on disk: a file a delivery, so that a restart forgets nothing.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

/// Most deliveries that wait; more are turned away, and GitHub keeps them for a redelivery.
pub const MOST: usize = 1_000;
/// How often a delivery is tried.
const ATTEMPTS: u32 = 5;

/// A delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The event's name.
    pub event: String,
    /// The event.
    pub payload: Value,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
}

/// The queue. One process has it at a time.
#[derive(Debug)]
pub struct Queue {
    folder: PathBuf,
    changed: Notify,
}

/// Whether a delivery was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is on disk.
    Yes,
    /// It was there already: GitHub has sent it twice.
    Before,
    /// There is no room.
    Full,
}

impl Queue {
    /// Opens the queue in a folder that only its owner may read, and makes it if it is not there.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(folder: &Path) -> io::Result<Queue> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        let queue = Queue { folder: folder.to_owned(), changed: Notify::new() };
        queue.names()?;
        Ok(queue)
    }

    /// Takes a delivery: it is on disk when this returns. `id` is GitHub's for the delivery.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&self, id: &str, job: &Job) -> io::Result<Taken> {
        let names = self.names()?;
        // Older deliveries have smaller numbers; the number says nothing else.
        let number =
            names.last().and_then(|name| name.split('-').next()?.parse::<u64>().ok()).unwrap_or(0) + 1;
        let end = format!("-{}.json", plain(id));
        if names.iter().any(|name| name.ends_with(&end)) {
            return Ok(Taken::Before);
        }
        if names.len() >= MOST {
            return Ok(Taken::Full);
        }
        self.write(&format!("{number:020}{end}"), job)?;
        self.changed.notify_one();
        Ok(Taken::Yes)
    }

    /// The oldest delivery that does not rest, and its name.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn first(&self, rests: impl Fn(&str) -> bool) -> io::Result<Option<(String, Job)>> {
        for name in self.names()?.into_iter().filter(|name| !rests(name)) {
            let text = fs::read(self.folder.join(&name))?;
            match serde_json::from_slice(&text) {
                Ok(job) => return Ok(Some((name, job))),
                // Written by another version, perhaps; it must not hold up the others.
                Err(_) => self.set_aside(&name)?,
            }
        }
        Ok(None)
    }

    /// Names of deliveries that wait, the oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".json") {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// A delivery by its name; none if it cannot be read.
    pub fn get(&self, name: &str) -> Option<Job> {
        serde_json::from_slice(&fs::read(self.folder.join(name)).ok()?).ok()
    }

    /// A delivery is done.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn done(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.folder.join(name))
    }

    /// A delivery has failed: it stays to be tried again, or is set aside after the last try. Says whether it stays.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn failed(&self, name: &str, job: &Job) -> io::Result<bool> {
        let job = Job { attempts: job.attempts + 1, ..job.clone() };
        if job.attempts >= ATTEMPTS {
            self.set_aside(name)?;
            return Ok(false);
        }
        self.write(name, &job)?;
        Ok(true)
    }

    /// Waits until something is added.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn set_aside(&self, name: &str) -> io::Result<()> {
        fs::rename(self.folder.join(name), self.folder.join(format!("{name}.failed")))
    }

    /// Writes a file so that it is there whole or not at all, whatever happens.
    fn write(&self, name: &str, job: &Job) -> io::Result<()> {
        let (new, path) = (self.folder.join(format!("{name}.new")), self.folder.join(name));
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(job)?)?;
        file.sync_all()?;
        fs::rename(new, path)?;
        // The name has to last as well.
        File::open(&self.folder)?.sync_all()
    }
}

/// A delivery's id as part of a file's name.
fn plain(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tempfile::TempDir;

    fn job(number: u64) -> Job {
        Job { event: "pull_request".to_owned(), payload: json!({ "number": number }), attempts: 0 }
    }

    #[test]
    fn what_was_taken_is_there_after_a_restart_and_in_order() {
        let folder = TempDir::new().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        for number in 1..=12 {
            assert_eq!(queue.add(&format!("id-{number}"), &job(number)).unwrap(), Taken::Yes);
        }
        assert_eq!(queue.add("id-3", &job(3)).unwrap(), Taken::Before);
        drop(queue);
        fs::write(folder.path().join("half.json.new"), "{").unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        for number in 1..=12 {
            let (name, found) = queue.first(|_| false).unwrap().expect("a job");
            assert_eq!(found, job(number));
            queue.done(&name).unwrap();
        }
        assert_eq!(queue.first(|_| false).unwrap(), None);
    }

    #[test]
    fn what_fails_is_tried_again_and_then_set_aside() {
        let folder = TempDir::new().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        queue.add("../../x", &job(1)).unwrap();
        let mut tries = 0;
        while let Some((name, job)) = queue.first(|_| false).unwrap() {
            tries += 1;
            queue.failed(&name, &job).unwrap();
        }
        assert_eq!(tries, ATTEMPTS);
        let aside: Vec<_> = fs::read_dir(folder.path()).unwrap().filter_map(Result::ok).collect();
        assert_eq!(aside.len(), 1, "{aside:?}");
    }

    #[test]
    fn a_full_queue_turns_away() {
        let folder = TempDir::new().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        for number in 0..MOST {
            fs::write(folder.path().join(format!("{number:020}-x{number}.json")), "{}").unwrap();
        }
        assert_eq!(queue.add("one-more", &job(1)).unwrap(), Taken::Full);
    }

    #[test]
    fn a_file_that_cannot_be_read_holds_up_no_other() {
        let folder = TempDir::new().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        fs::write(folder.path().join("00000000000000000000-x.json"), "?").unwrap();
        queue.add("good", &job(1)).unwrap();
        assert_eq!(queue.first(|_| false).unwrap().map(|(_, job)| job), Some(job(1)));
    }
}
