//! What to do with what was said before: keep, update, resolve, reopen, or say something new.
//!
//! The result is the least that has to be written: for the same change twice, nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::marker::Key;

/// A review thread that the bot itself has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// GraphQL's id, which resolving takes.
    pub id: String,
    /// REST's id of its first comment, which editing and answering take.
    pub comment: u64,
    /// What it is about.
    pub key: Key,
    /// Its first comment's text.
    pub body: String,
    /// By whom it is resolved.
    pub resolved: Resolved,
    /// Whether somebody else has answered.
    pub answered: bool,
    /// Whether the bot's last word is that the finding is gone.
    pub said_gone: bool,
}

/// By whom a thread is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// It is open.
    No,
    /// By the bot, when the finding was gone.
    ByUs,
    /// By a person, who has decided.
    ByPeople,
}

/// A comment that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is about.
    pub key: Key,
    /// Its text.
    pub body: String,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Open a thread again: its finding is back.
    Reopen {
        /// The thread.
        thread: String,
    },
    /// Change a comment's text.
    Update {
        /// The comment.
        comment: u64,
        /// Its new text.
        body: String,
    },
    /// Resolve a thread: its finding is gone, or another thread says the same.
    Resolve {
        /// The thread.
        thread: String,
        /// Under which comment to say so where the token may not resolve; none where that is said.
        or_say: Option<u64>,
    },
    /// Answer people's words under a finding that is gone, once.
    SayGone {
        /// The thread's first comment.
        comment: u64,
    },
}

/// What to do about threads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Changes to threads that are there, in the order of the threads.
    pub steps: Vec<Step>,
    /// What no thread says yet: indices into what is wanted.
    pub create: Vec<usize>,
    /// How many threads stay as they are.
    pub kept: usize,
}

/// Plans. `threads` are the bot's own only, the oldest first.
pub fn plan(threads: &[Thread], wanted: &[Wanted]) -> Plan {
    let by_key: BTreeMap<&Key, &Wanted> = wanted.iter().map(|wanted| (&wanted.key, wanted)).collect();
    let mut plan = Plan::default();
    let mut said = BTreeSet::new();
    for thread in threads {
        let before = plan.steps.len();
        match by_key.get(&thread.key) {
            Some(wanted) if said.insert(&thread.key) => keep(thread, wanted, &mut plan.steps),
            // A second thread about the same is left over from a run that got no answer.
            Some(_) => close(thread, None, &mut plan.steps),
            None => close(thread, (!thread.said_gone).then_some(thread.comment), &mut plan.steps),
        }
        plan.kept += usize::from(plan.steps.len() == before);
    }
    plan.create = (0..wanted.len()).filter(|index| !said.contains(&wanted[*index].key)).collect();
    plan
}

fn keep(thread: &Thread, wanted: &Wanted, steps: &mut Vec<Step>) {
    match thread.resolved {
        // Whoever has resolved it has read it.
        Resolved::ByPeople => return,
        Resolved::ByUs => steps.push(Step::Reopen { thread: thread.id.clone() }),
        Resolved::No => {}
    }
    if normal(&thread.body) != normal(&wanted.body) {
        steps.push(Step::Update { comment: thread.comment, body: wanted.body.clone() });
    }
}

fn close(thread: &Thread, or_say: Option<u64>, steps: &mut Vec<Step>) {
    match (thread.resolved, thread.answered, or_say) {
        (Resolved::No, false, _) => steps.push(Step::Resolve { thread: thread.id.clone(), or_say }),
        // People talk there: whether that is over is for them to say.
        (Resolved::No, true, Some(comment)) => steps.push(Step::SayGone { comment }),
        _ => {}
    }
}

/// GitHub keeps texts with `\r\n` and without blanks at their end.
fn normal(body: &str) -> String {
    body.replace("\r\n", "\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> Key {
        Key { fingerprint: digit.to_string().repeat(32), occurrence: 1 }
    }

    fn thread(digit: char) -> Thread {
        Thread {
            id: format!("T{digit}"),
            comment: digit.into(),
            key: key(digit),
            body: "text".to_owned(),
            resolved: Resolved::No,
            answered: false,
            said_gone: false,
        }
    }

    fn wanted(digit: char) -> Wanted {
        Wanted { key: key(digit), body: "text".to_owned() }
    }

    #[test]
    fn the_same_twice_is_nothing_to_do() {
        let plan = plan(&[thread('a'), thread('b')], &[wanted('b'), wanted('a')]);
        assert_eq!(plan, Plan { kept: 2, ..Plan::default() });
        let stored = Thread { body: "text\r\n".to_owned(), ..thread('a') };
        assert_eq!(super::plan(&[stored], &[wanted('a')]).steps, []);
    }

    #[test]
    fn what_is_gone_is_resolved_and_what_is_back_is_reopened() {
        let gone = plan(&[thread('a')], &[]);
        assert_eq!(gone.steps, [Step::Resolve { thread: "Ta".to_owned(), or_say: Some('a'.into()) }]);
        let resolved = Thread { resolved: Resolved::ByUs, ..thread('a') };
        assert_eq!(plan(std::slice::from_ref(&resolved), &[]).steps, []);
        let back = plan(&[resolved], &[wanted('a')]);
        assert_eq!(back.steps, [Step::Reopen { thread: "Ta".to_owned() }]);
        assert_eq!(back.create, [0_usize; 0]);
    }

    #[test]
    fn what_people_resolved_stays_resolved() {
        let resolved = Thread { resolved: Resolved::ByPeople, body: "old".to_owned(), ..thread('a') };
        assert_eq!(plan(&[resolved], &[wanted('a')]), Plan { kept: 1, ..Plan::default() });
    }

    #[test]
    fn where_people_talk_the_bot_answers_once() {
        let talked = Thread { answered: true, ..thread('a') };
        assert_eq!(plan(std::slice::from_ref(&talked), &[]).steps, [Step::SayGone { comment: 'a'.into() }]);
        assert_eq!(plan(&[Thread { said_gone: true, ..talked }], &[]).steps, []);
    }

    #[test]
    fn new_words_are_an_edit_and_new_findings_a_comment() {
        let changed = Wanted { body: "other".to_owned(), ..wanted('a') };
        let plan = plan(&[thread('a')], &[changed, wanted('b')]);
        assert_eq!(plan.steps, [Step::Update { comment: 'a'.into(), body: "other".to_owned() }]);
        assert_eq!(plan.create, [1]);
    }

    #[test]
    fn of_two_threads_about_the_same_the_first_stays() {
        let second = Thread { id: "T2".to_owned(), ..thread('a') };
        let plan = plan(&[thread('a'), second], &[wanted('a')]);
        assert_eq!(plan.steps, [Step::Resolve { thread: "T2".to_owned(), or_say: None }]);
        assert_eq!((plan.kept, plan.create.len()), (1, 0));
    }
}
