//! Reviews what is in the queue.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info, warn};

use super::dump::Progress;
use super::mirror::{Source, fetch};
use super::queue::{Job, Queue};
use super::task::{self, Task};
use super::{Settings, app};
use crate::analysis::{Analysis, Subject, analyse};
use crate::escape::command::log;
use crate::event::{Again, Event, Occasion};
use crate::github::GitHub;
use crate::publish;
use crate::review::Review;

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(30);

/// Works until told to stop; then finishes what is under way, if it is done in time.
pub(super) async fn work(
    settings: &Settings,
    queue: &Queue,
    progress: &Progress,
    mut told: watch::Receiver<bool>,
) {
    let mut resting = Resting::default();
    while !*told.borrow() {
        match queue.first(|name| resting.holds(name)) {
            Ok(Some((name, job))) => {
                let review = review(settings, queue, progress, &name, &job);
                let done = in_time(settings, &told, review).await;
                progress.idle();
                match done {
                    None => return warn!(name, "left for the next start"),
                    Some(Ok(())) => forget(queue, &name),
                    Some(Err(message)) => {
                        warn!(name, "failed: {}", log(&message));
                        match queue.failed(&name, &job) {
                            Ok(true) => resting.add(name),
                            Ok(false) => error!(name, "set aside after the last try"),
                            Err(cause) => error!(name, %cause, "cannot be written"),
                        }
                    }
                }
                continue;
            }
            Ok(None) => {}
            Err(cause) => error!(%cause, "the queue cannot be read"),
        }
        tokio::select! {
            () = queue.changed() => {}
            () = sleep(PAUSE) => {}
            _ = told.wait_for(|stopped| *stopped) => {}
        }
    }
}

/// A review's end; none if the server was told to stop and the review was not done within the grace. What is not done
/// is still in the queue, and nothing is said twice.
async fn in_time<T>(
    settings: &Settings,
    told: &watch::Receiver<bool>,
    review: impl Future<Output = T>,
) -> Option<T> {
    let mut review = std::pin::pin!(review);
    let mut stop = told.clone();
    tokio::select! {
        done = &mut review => Some(done),
        _ = stop.wait_for(|stopped| *stopped) => timeout(settings.grace, &mut review).await.ok(),
    }
}

/// Deliveries that have failed a moment ago, so that they hold up no other.
#[derive(Default)]
struct Resting(BTreeMap<String, Instant>);

impl Resting {
    fn add(&mut self, name: String) {
        self.0.retain(|_, until| *until > Instant::now());
        self.0.insert(name, Instant::now() + PAUSE);
    }

    fn holds(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|until| *until > Instant::now())
    }
}

fn forget(queue: &Queue, name: &str) {
    if let Err(cause) = queue.done(name) {
        error!(name, %cause, "cannot be taken from the queue");
    }
}

/// Reviews one delivery. A refusal by GitHub is no failure: another try would get the same.
async fn review(
    settings: &Settings,
    queue: &Queue,
    progress: &Progress,
    name: &str,
    job: &Job,
) -> Result<(), String> {
    let task = match task::read(&job.event, &job.payload) {
        Ok(task) => task,
        Err(refusal) => {
            info!(name, "nothing to review: {}", log(&refusal.to_string()));
            return Ok(());
        }
    };
    if is_overtaken(queue, name, &task) {
        info!(name, "a later delivery is about the same");
        return Ok(());
    }
    let installation = job.payload["installation"]["id"].as_u64();
    let installation = installation.ok_or("the delivery names no installation of the App")?;
    progress.at(name, "asking for a token");
    let token =
        app::token(settings, installation, task.repository()).await.map_err(|error| error.to_string())?;
    let event = match task {
        Task::Change(event) => event,
        Task::Again(again) => match event_again(settings, &token, &again).await? {
            Some(event) => Event { again: Some(name.trim_end_matches(".json").to_owned()), ..event },
            None => {
                info!(name, "nothing to review: no open pull request ends with the commit");
                return Ok(());
            }
        },
    };
    let references = references(&event).ok_or("the delivery names no branch")?;
    let source = Source {
        server: &settings.server,
        owner: &event.owner,
        name: &event.repository,
        token: &token,
        references: &references,
        limit: settings.budget,
    };
    let place =
        fetch(&settings.state.join("repositories"), &source).await.map_err(|error| error.to_string())?;
    let subject = Subject {
        root: place,
        base: event.base.clone(),
        head: event.head.clone(),
        baseline: settings.baseline.clone(),
        today: Offset::UTC.to_datetime(Timestamp::now()).date(),
    };
    progress.at(name, "analysing");
    let analysis = analysed(settings, subject).await;
    let review = match &analysis {
        Ok(analysis) => analysis.review.clone(),
        // Another try would come to the same; the check run says why.
        Err(reason) => cut_short(&event, reason),
    };
    let analysis = analysis.ok();
    let mut github = GitHub::new(&app::connection(settings, token)).map_err(|error| error.to_string())?;
    progress.at(name, "telling GitHub");
    let text = |path: &str| analysis.as_ref()?.text(path);
    let source = publish::Source { text: &text, sarif: analysis.as_ref().map(|analysis| &*analysis.sarif) };
    let done = publish::publish(&mut github, &event, &review, &settings.choice, &source).await;
    for trouble in &done.troubles {
        warn!(name, "{}", log(trouble));
    }
    info!(name, writes = github.writes(), findings = done.judged.open.len(), "reviewed");
    if done.failed { Err("GitHub could not be told".to_owned()) } else { Ok(()) }
}

/// The analysis, or why there is none.
async fn analysed(settings: &Settings, subject: Subject) -> Result<Analysis, String> {
    let analysis = tokio::task::spawn_blocking(move || analyse(&subject));
    match timeout(settings.budget, analysis).await {
        Ok(Ok(analysis)) => analysis.map_err(|error| error.to_string()),
        Ok(Err(_)) => Err("the analyser broke off".to_owned()),
        Err(_) => Err("the time was up before all was looked at".to_owned()),
    }
}

fn cut_short(event: &Event, reason: &str) -> Review {
    Review {
        base: event.base.clone(),
        head: event.head.clone(),
        incomplete: Some(reason.to_owned()),
        ..Review::default()
    }
}

/// Whether a later delivery asks for the same.
fn is_overtaken(queue: &Queue, name: &str, task: &Task) -> bool {
    let names = queue.names().unwrap_or_default();
    let later = names.iter().filter(|other| other.as_str() > name);
    later
        .filter_map(|other| queue.get(other))
        .filter_map(|job| task::read(&job.event, &job.payload).ok())
        .any(|later| later.is_same(task))
}

/// What a commit was reviewed for.
async fn event_again(
    settings: &Settings,
    token: &SecretString,
    again: &Again,
) -> Result<Option<Event>, String> {
    if let Some(event) = again.queue() {
        return Ok(Some(event));
    }
    let connection = app::connection(settings, token.clone());
    let mut github = GitHub::new(&connection).map_err(|error| error.to_string())?;
    let event = github.event_of_head(&again.owner, &again.repository, &again.head).await;
    Ok(event.map_err(|error| error.to_string())?.or_else(|| again.push()))
}

/// What to fetch; none where a name is missing or is none of a branch.
fn references(event: &Event) -> Option<Vec<String>> {
    let onto = match event.occasion {
        Occasion::Pull | Occasion::Queue => Some(event.onto.clone()?),
        Occasion::Push => None,
    };
    let all: Vec<String> = onto.into_iter().chain([event.reference.clone()]).collect();
    all.iter().all(|name| is_reference(name)).then_some(all)
}

/// Whether a text is a reference's name and nothing that git would take for more.
fn is_reference(name: &str) -> bool {
    let strange = |character: char| character.is_control() || " ~^:?*[\\".contains(character);
    name.starts_with("refs/") && !name.contains("..") && !name.contains(strange)
}

#[cfg(test)]
mod tests {
    use super::is_reference;

    #[test]
    fn names_that_mean_more_to_git_are_none() {
        assert!(is_reference("refs/heads/feature/größe-1"));
        for name in
            ["main", "refs/heads/*", "refs/heads/a:refs/heads/b", "refs/heads/a..b", "refs/heads/a\nb"]
        {
            assert!(!is_reference(name), "{name}");
        }
    }
}
