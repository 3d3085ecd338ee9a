//! `review` and `publish`: one step of a workflow.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use runtime_policy_bot::analysis::{Analysis, Subject, analyse};
use runtime_policy_bot::approvals::Whose;
use runtime_policy_bot::escape::command::log;
use runtime_policy_bot::event::{self, Event, Given, Refusal};
use runtime_policy_bot::local::{self, local};
use runtime_policy_bot::publish::{Choice, Published, Source, keep, publish};
use runtime_policy_bot::review::Review;
use runtime_policy_lints::finding::Level;
use tracing::warn;

use crate::actions::Actions;
use crate::arguments;
use crate::failure::{Failure, code};
use crate::files;

/// What is left for saying a review whose making took all the time.
const LAST_MINUTE: Duration = Duration::from_secs(60);

/// Runs `review`.
pub fn review(options: &arguments::Review) -> Result<u8, Failure> {
    let begin = Instant::now();
    let actions = Actions::read()?;
    let event = match event(&actions, options) {
        Ok(event) => event,
        Err(refusal) => return refused(&refusal),
    };
    let analysis = analysed(options, &event)?;
    let (review, sarif) = match &analysis {
        Some(analysis) => (analysis.review.clone(), Some(analysis.sarif.clone())),
        None => (cut_short(&event, options), None),
    };
    if let (Some(file), Some(sarif)) = (&options.sarif_file, &sarif) {
        files::write(file, sarif)?;
    }
    let choice = Choice { scanning: options.check.upload_sarif, ..choice(&options.say)? };
    let text = |path: &str| analysis.as_ref()?.text(path);
    let source = Source { text: &text, sarif: sarif.as_deref() };
    let left = options.say.budget.saturating_sub(begin.elapsed()).max(LAST_MINUTE);
    let mut done = block_on(async {
        Ok(match actions.connect(left)? {
            Some(mut github) => publish(&mut github, &event, &review, &choice, &source).await,
            None => keep(&review, "there is no token"),
        })
    })?;
    let sarif_file = options.sarif_file.as_deref().filter(|_| analysis.is_some());
    finish(&actions, &review, &choice, &mut done, &options.say, sarif_file)
}

/// Runs `publish`. What the file says is a stranger's word; which pull request it is about, GitHub says.
pub fn published(options: &arguments::Publish) -> Result<u8, Failure> {
    let actions = Actions::read()?;
    if actions.event != "workflow_run" {
        let message = format!("`publish` is for the event `workflow_run`, not for `{}`", actions.event);
        return Err(Failure::Usage(message));
    }
    let run = match event::ended(&actions.payload) {
        Ok(run) => run,
        Err(refusal) => return refused(&refusal),
    };
    let review = Review::read(&files::read(&options.file)?)
        .map_err(|error| Failure::Tool(format!("the file of the run that has ended is refused: {error}")))?
        .distrusted();
    if review.head != run.head {
        let message =
            format!("the file is about the commit {}, and the run was for {}", review.head, run.head);
        return Err(Failure::Tool(message));
    }
    let choice = choice(&options.say)?;
    let done = block_on(async {
        let github = actions.connect(options.say.budget)?;
        let mut github = github.ok_or_else(|| Failure::Usage("`GITHUB_TOKEN` is not set".to_owned()))?;
        let found = github.event_of(&run).await.map_err(|error| Failure::GitHub(error.to_string()))?;
        let Some(event) = found else { return Ok(None) };
        Ok(Some(publish(&mut github, &event, &review, &choice, &Source::NONE).await))
    })?;
    let Some(mut done) = done else {
        return refused(&Refusal::Nothing("the pull request has moved on or is closed".to_owned()));
    };
    finish(&actions, &review, &choice, &mut done, &options.say, None)
}

fn event(actions: &Actions, options: &arguments::Review) -> Result<Event, Refusal> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let head = given(&options.head).or_else(|| actions.dispatched());
    event::read(&actions.event, &actions.payload, Given { base: given(&options.base), head })
}

fn refused(refusal: &Refusal) -> Result<u8, Failure> {
    match refusal {
        Refusal::Nothing(message) => {
            say(&format!("nothing to review: {message}"));
            Ok(0)
        }
        Refusal::Wrong(message) => Err(Failure::Usage(message.clone())),
    }
}

/// The analysis; none if the time was up.
fn analysed(options: &arguments::Review, event: &Event) -> Result<Option<Analysis>, Failure> {
    let subject = Subject {
        root: options.root.clone(),
        base: event.base.clone(),
        head: event.head.clone(),
        baseline: options.check.baseline.clone(),
        today: today(options)?,
    };
    let (send, receive) = sync_channel(1);
    // The analyser cannot be interrupted; the process ends soon after.
    std::thread::spawn(move || drop(send.send(analyse(&subject))));
    match receive.recv_timeout(options.say.budget) {
        Ok(analysis) => analysis.map(Some).map_err(|error| Failure::Tool(error.to_string())),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => {
            Err(Failure::Tool("the analyser broke off; please report this".to_owned()))
        }
    }
}

fn cut_short(event: &Event, options: &arguments::Review) -> Review {
    let seconds = options.say.budget.as_secs();
    Review {
        base: event.base.clone(),
        head: event.head.clone(),
        incomplete: Some(format!("the time of {seconds} s was up before all was looked at")),
        ..Review::default()
    }
}

fn today(options: &arguments::Review) -> Result<Date, Failure> {
    match options.today.as_deref().filter(|day| !day.is_empty()) {
        Some(day) => {
            day.parse().map_err(|_| Failure::Usage(format!("`{day}` is not a day: write YYYY-MM-DD")))
        }
        None => Ok(Offset::UTC.to_datetime(Timestamp::now()).date()),
    }
}

/// What the options choose.
pub fn choice(say: &arguments::Say) -> Result<Choice, Failure> {
    let wrong =
        || Failure::Usage("`--approvers` takes `codeowners`, or a team as `organisation/team`".to_owned());
    let whose = match say.approvers.as_deref().filter(|approvers| !approvers.is_empty()) {
        Some(approvers) => Whose::read(approvers).ok_or_else(wrong)?,
        None => Whose::Writers,
    };
    Ok(Choice { fails_from: say.fail_on.level(), whose, comments: say.comments, scanning: false })
}

/// One request goes after the other, so one thread is enough.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::Tool(format!("cannot start: {error}")))?.block_on(work)
}

/// The rungs on this machine, and the exit code.
fn finish(
    actions: &Actions,
    review: &Review,
    choice: &Choice,
    done: &mut Published,
    options: &arguments::Say,
    sarif: Option<&Path>,
) -> Result<u8, Failure> {
    let verdict = done.verdict(review, choice);
    let local = local(review, choice, done);
    if let Some(file) = options.json_file.as_deref() {
        files::write(file, &local.json)?;
    }
    say(local.commands.trim_end());
    for trouble in &done.troubles {
        warn!("{}", log(trouble));
    }
    let file =
        |file: Option<&Path>| file.map_or_else(String::new, |file| file.to_string_lossy().into_owned());
    let count = |level| done.judged.open.iter().filter(|remark| remark.level == level).count().to_string();
    actions.write(
        &local,
        &[
            ("verdict", local::name(verdict).to_owned()),
            ("findings", done.judged.open.len().to_string()),
            ("errors", count(Level::Error)),
            ("warnings", count(Level::Warning)),
            ("sarif-file", file(sarif)),
            ("json-file", file(options.json_file.as_deref())),
        ],
    )?;
    Ok(code(verdict, done.failed))
}

/// Standard output. That nobody reads it changes nothing.
fn say(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }
}
