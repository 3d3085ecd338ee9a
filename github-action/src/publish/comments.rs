//! The rung of comments: brings the bot's threads in a pull request to what they should be.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::anchor::Anchor;
use crate::draft::Draft;
use crate::github::{Error, GitHub, Pull};
use crate::reconcile::{Wanted, plan};
use crate::remark::Remark;

/// Most comments of the bot in one pull request; more are noise, and the check run has them all.
const MOST: usize = 50;
/// Most comments in one review: GitHub is slow with them.
const BATCH: usize = 25;
/// How often a run that got no answer looks again.
const ROUNDS: u32 = 3;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Why a finding has no comment, by its place; those that have one are not in it.
    pub unsaid: BTreeMap<usize, String>,
    /// What went wrong.
    pub troubles: Vec<Error>,
}

/// One finding with its comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub remark: &'a Remark,
    pub draft: &'a Draft,
}

/// Says findings. Whatever happens, each has a comment afterwards or a reason why not.
pub(super) async fn say(github: &mut GitHub, pull: &Pull, head: &str, all: &[Said<'_>]) -> Outcome {
    let wanted = all.iter().map(|said| said.draft.wanted.clone()).collect();
    let mut speaker = Speaker {
        github,
        pull,
        head,
        all,
        wanted,
        refused: BTreeMap::new(),
        as_file: BTreeSet::new(),
        said: BTreeSet::new(),
        troubles: Vec::new(),
    };
    let mut end = None;
    for round in 1..=ROUNDS {
        end = speaker.round().await.err();
        // Where no answer came it was perhaps done: look before anything is said again.
        let again = end.as_ref().is_some_and(Error::is_open);
        if !again || speaker.github.pause(round).await.is_err() {
            break;
        }
    }
    let Speaker { said, refused, mut troubles, .. } = speaker;
    let reason = end.as_ref().map_or_else(String::new, Error::to_string);
    let unsaid = (0..all.len())
        .filter(|index| !said.contains(index))
        .map(|index| (index, refused.get(&index).cloned().unwrap_or_else(|| reason.clone())))
        .collect();
    troubles.extend(end);
    Outcome { unsaid, troubles }
}

struct Speaker<'a> {
    github: &'a mut GitHub,
    pull: &'a Pull,
    head: &'a str,
    all: &'a [Said<'a>],
    wanted: Vec<Wanted>,
    /// Why not, by place.
    refused: BTreeMap<usize, String>,
    /// Those whose lines GitHub did not take.
    as_file: BTreeSet<usize>,
    said: BTreeSet<usize>,
    troubles: Vec<Error>,
}

impl Speaker<'_> {
    async fn round(&mut self) -> Result<(), Error> {
        let threads = self.github.threads(self.pull).await?;
        let plan = plan(&threads, &self.wanted);
        let missing: BTreeSet<usize> = plan.create.iter().copied().collect();
        self.said = (0..self.all.len()).filter(|index| !missing.contains(index)).collect();
        for step in &plan.steps {
            match self.github.step(self.pull, self.head, step).await {
                // What one thread refuses concerns no other.
                Err(error @ Error::Refused { .. }) => self.troubles.push(error),
                done => done?,
            }
        }
        let (files, lines) = self.choose(plan.create).into_iter().partition(|index| self.is_file(*index));
        self.say_lines(lines).await?;
        self.say_files(files).await
    }

    /// Those of the missing that are to be said: the weightiest, as far as there is room.
    fn choose(&mut self, missing: Vec<usize>) -> Vec<usize> {
        let mut chosen = Vec::new();
        for index in missing {
            match self.all[index].draft.anchor {
                Anchor::Nowhere => {
                    self.refused.insert(index, "the change does not touch the file".to_owned());
                }
                _ if self.refused.contains_key(&index) => {}
                _ => chosen.push(index),
            }
        }
        chosen.sort_by_key(|index| (Reverse(self.all[*index].remark.level), *index));
        let room = MOST.saturating_sub(self.said.len()).min(chosen.len());
        for index in chosen.split_off(room) {
            self.refused.insert(index, format!("there are more than {MOST}"));
        }
        chosen.sort_unstable();
        chosen
    }

    fn is_file(&self, index: usize) -> bool {
        self.as_file.contains(&index) || self.all[index].draft.anchor == Anchor::File
    }

    /// GitHub takes a review whole or not at all: where it does not, halves are tried, and what is left alone is said
    /// about its file.
    async fn say_lines(&mut self, lines: Vec<usize>) -> Result<(), Error> {
        let mut groups: Vec<Vec<usize>> = lines.chunks(BATCH).rev().map(<[usize]>::to_vec).collect();
        let mut alone = Vec::new();
        while let Some(mut group) = groups.pop() {
            let drafts: Vec<&Draft> = group.iter().map(|index| self.all[*index].draft).collect();
            match self.github.review(self.pull, self.head, &drafts).await {
                Ok(()) => self.said.extend(group),
                Err(error) if error.is_invalid() && group.len() > 1 => {
                    let second = group.split_off(group.len() / 2);
                    groups.extend([second, group]);
                }
                Err(error) if error.is_invalid() => alone.extend(group),
                Err(error) => return Err(error),
            }
        }
        self.as_file.extend(&alone);
        self.say_files(alone).await
    }

    async fn say_files(&mut self, files: Vec<usize>) -> Result<(), Error> {
        for index in files {
            match self.github.file_comment(self.pull, self.head, self.all[index].draft).await {
                Ok(()) => drop(self.said.insert(index)),
                Err(error) if error.is_invalid() => drop(self.refused.insert(index, error.to_string())),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
