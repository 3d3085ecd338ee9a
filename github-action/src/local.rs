//! The rungs that need no token: workflow commands, the step summary and the JSON file.

use serde::Serialize;

use crate::body;
use crate::commands::commands;
use crate::ladder::{Left, Rung};
use crate::publish::{Choice, Published};
use crate::remark::Remark;
use crate::review::{Review, Verdict};
use crate::summary::Overview;

/// Most characters of a step summary: GitHub refuses one over 1,024 KiB whole, and a character has four bytes at most.
const MOST_SUMMARY: usize = 250_000;

/// What a run leaves behind on the machine.
#[derive(Debug)]
pub struct Local {
    /// Lines for the log, which the runner makes annotations of.
    pub commands: String,
    /// The step summary.
    pub summary: String,
    /// The JSON file.
    pub json: String,
}

/// The JSON file: everything.
#[derive(Debug, Serialize)]
struct Whole<'a> {
    verdict: &'static str,
    review: &'a Review,
    open: &'a [Remark],
    approvals: Vec<Waiting<'a>>,
    left: &'a [Left],
    troubles: &'a [String],
}

/// A finding that people may lift.
#[derive(Debug, Serialize)]
struct Waiting<'a> {
    fingerprint: &'a str,
    by: &'a [String],
    unproven: &'a [String],
    missing: usize,
    from: &'a [String],
    unknown: &'a [String],
}

/// A verdict as programs read it.
pub fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Findings => "findings",
        Verdict::Incomplete => "incomplete",
    }
}

/// Says what is left on the last rungs.
pub fn local(review: &Review, choice: &Choice, done: &mut Published) -> Local {
    let verdict = done.verdict(review, choice);
    let open: Vec<usize> = done.ladder.open().to_vec();
    let remarks: Vec<&Remark> = open.iter().map(|index| &done.judged.open[*index]).collect();
    let (lines, said) = commands(&remarks);
    done.ladder.step(Rung::Commands, |index| {
        let at = open.iter().position(|known| *known == index);
        let is_said = at.is_some_and(|at| said[at]);
        (!is_said).then(|| format!("GitHub shows {} of a level", crate::commands::MOST))
    });
    let overview = Overview { review, judged: &done.judged, verdict, left: done.ladder.left() };
    let mut summary = overview.markdown(MOST_SUMMARY);
    for trouble in &done.troubles {
        summary.push_str(&format!("\nTrouble with {}\n", body::message(trouble)));
    }
    let waiting = done.judged.asked.iter().map(|asked| Waiting {
        fingerprint: &asked.remark.fingerprint,
        by: &asked.standing.by,
        unproven: &asked.standing.unproven,
        missing: asked.standing.missing,
        from: &asked.standing.from,
        unknown: &asked.standing.unknown,
    });
    let whole = Whole {
        verdict: name(verdict),
        review,
        open: &done.judged.open,
        approvals: waiting.collect(),
        left: done.ladder.left(),
        troubles: &done.troubles,
    };
    let json = serde_json::to_string(&whole).unwrap_or_default();
    Local { commands: lines, summary, json }
}
