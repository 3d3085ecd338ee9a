//! Says a review on GitHub: down the ladder, as far as it must.

mod comments;

use std::collections::{BTreeMap, BTreeSet};

use runtime_policy_lints::finding::Level;

use crate::approvals::{Counting, Whose};
use crate::body::MOST;
use crate::check_run::CheckRun;
use crate::draft::drafts;
use crate::event::{Event, Occasion};
use crate::github::{Error, GitHub, Pull};
use crate::ladder::{Ladder, Rung};
use crate::remark::Remark;
use crate::review::{Judged, Review, Verdict};
use crate::summary::Overview;
use comments::Said;

/// Most annotations of a check run; GitHub takes 50 at a time, and nobody reads more.
const MOST_ANNOTATIONS: usize = 500;

/// What a team has chosen.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The lowest level that fails; none, if findings never fail.
    pub fails_from: Option<Level>,
    /// Whose approvals count.
    pub whose: Whose,
    /// Whether comments are made.
    pub comments: bool,
    /// Whether code scanning is told.
    pub scanning: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Published {
    /// The review with approvals.
    pub judged: Judged,
    /// Which findings GitHub shows, and which are left for the rungs below.
    pub ladder: Ladder,
    /// What went wrong, in words.
    pub troubles: Vec<String>,
    /// Whether GitHub failed, rather than not to allow something.
    pub failed: bool,
}

impl Published {
    fn trouble(&mut self, what: &str, error: &Error) {
        self.failed |= !matches!(error, Error::Refused { .. });
        self.troubles.push(format!("{what}: {error}"));
    }

    /// What it comes to.
    pub fn verdict(&self, review: &Review, choice: &Choice) -> Verdict {
        self.judged.verdict(review, choice.fails_from)
    }
}

/// What the analyser knows beyond the review; nothing, where the review comes from a file.
pub struct Source<'a> {
    /// Gives a file as it is at the head commit.
    pub text: &'a dyn Fn(&str) -> Option<String>,
    /// The review for code scanning.
    pub sarif: Option<&'a str>,
}

impl Source<'_> {
    /// Nothing.
    pub const NONE: Source<'static> = Source { text: &|_| None, sarif: None };
}

/// Says a review.
pub async fn publish(
    github: &mut GitHub,
    event: &Event,
    review: &Review,
    choice: &Choice,
    source: &Source<'_>,
) -> Published {
    let mut done = Published::default();
    let counting = counting(github, event, review, choice, &mut done).await;
    done.judged = review.judge(|remark| counting.get(&remark.path).cloned().unwrap_or_default());
    done.ladder = Ladder::new(done.judged.open.len());
    comment(github, event, review, choice, source.text, &mut done).await;
    check(github, event, review, choice, &mut done).await;
    if let Some(sarif) = source.sarif.filter(|_| choice.scanning) {
        let (owner, name) = (&event.owner, &event.repository);
        if let Err(error) = github.sarif(owner, name, &review.head, &event.reference, sarif).await {
            done.trouble("code scanning", &error);
        }
    }
    done
}

/// Without connection and approvals: for a token that there is not.
pub fn keep(review: &Review, reason: &str) -> Published {
    let judged = review.judge(|_| Counting::default());
    let mut ladder = Ladder::new(judged.open.len());
    for rung in [Rung::Comments, Rung::Check] {
        ladder.step(rung, |_| Some(reason.to_owned()));
    }
    Published { judged, ladder, ..Published::default() }
}

/// Whose approvals count, by path. Where GitHub does not say, nobody has approved.
async fn counting(
    github: &mut GitHub,
    event: &Event,
    review: &Review,
    choice: &Choice,
    done: &mut Published,
) -> BTreeMap<String, Counting> {
    let paths = review.asking();
    if paths.is_empty() {
        return BTreeMap::new();
    }
    find_counting(github, event, review, &choice.whose, &paths).await.unwrap_or_else(|error| {
        done.trouble("approvals", &error);
        BTreeMap::new()
    })
}

async fn find_counting(
    github: &mut GitHub,
    event: &Event,
    review: &Review,
    whose: &Whose,
    paths: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Counting>, Error> {
    let number = match event.pull {
        Some(number) => Some(number),
        None => github.pull_of(&event.owner, &event.repository, &event.head).await?,
    };
    let Some(number) = number else { return Ok(BTreeMap::new()) };
    let pull = pull(event, number);
    let mut state = github.state(&pull).await?;
    // What a queue or a push brings is a commit of its own; people have approved the pull request's.
    if event.occasion == Occasion::Pull {
        state.head.clone_from(&review.head);
    }
    github.counting(&pull, &state, &event.base, whose, paths).await
}

fn pull(event: &Event, number: u64) -> Pull {
    Pull { owner: event.owner.clone(), repository: event.repository.clone(), number }
}

async fn comment(
    github: &mut GitHub,
    event: &Event,
    review: &Review,
    choice: &Choice,
    text: &dyn Fn(&str) -> Option<String>,
    done: &mut Published,
) {
    let Published { judged, ladder, .. } = done;
    let reason = match event.pull {
        _ if !choice.comments => "comments are switched off",
        Some(number) if event.occasion == Occasion::Pull => {
            match say(github, &pull(event, number), review, judged, text).await {
                Ok(outcome) => {
                    ladder.step(Rung::Comments, |index| outcome.unsaid.get(&index).cloned());
                    outcome.troubles.iter().for_each(|error| done.trouble("comments", error));
                }
                Err(error) => {
                    ladder.step(Rung::Comments, |_| Some(error.to_string()));
                    done.trouble("comments", &error);
                }
            }
            return;
        }
        _ => "there is no pull request to comment in",
    };
    ladder.step(Rung::Comments, |_| Some(reason.to_owned()));
}

async fn say(
    github: &mut GitHub,
    pull: &Pull,
    review: &Review,
    judged: &Judged,
    text: &dyn Fn(&str) -> Option<String>,
) -> Result<comments::Outcome, Error> {
    let state = github.state(pull).await?;
    if state.head != review.head {
        let message = "the pull request has moved on to another commit, which has a review of its own";
        return Err(Error::Refused { status: 0, message: message.to_owned() });
    }
    let diff = github.diff(pull).await?;
    let drafts = drafts(&judged.open, &diff, text);
    let all: Vec<Said<'_>> =
        judged.open.iter().zip(&drafts).map(|(remark, draft)| Said { remark, draft }).collect();
    Ok(comments::say(github, pull, &review.head, &all).await)
}

async fn check(github: &mut GitHub, event: &Event, review: &Review, choice: &Choice, done: &mut Published) {
    let verdict = done.verdict(review, choice);
    let overview = Overview { review, judged: &done.judged, verdict, left: done.ladder.left() };
    let said: Vec<&Remark> =
        done.ladder.open().iter().take(MOST_ANNOTATIONS).map(|index| &done.judged.open[*index]).collect();
    let run = CheckRun::new(&review.head, verdict, overview.title(), overview.markdown(MOST), &said)
        .again(event.again.as_deref());
    let last = done.ladder.open().get(MOST_ANNOTATIONS).copied();
    match github.check_run(&event.owner, &event.repository, &review.head, &run).await {
        Ok(()) => done.ladder.step(Rung::Check, |index| {
            last.is_some_and(|last| index >= last).then(|| format!("there are more than {MOST_ANNOTATIONS}"))
        }),
        Err(error) => {
            done.ladder.step(Rung::Check, |_| Some(error.to_string()));
            done.trouble("check run", &error);
        }
    }
}
