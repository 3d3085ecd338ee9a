//! The overview of a review in Markdown: for the check run, the step summary and `render`.

use std::fmt::Write as _;

use runtime_policy_lints::finding::Level;
use runtime_policy_lints::visible::visible;

use crate::body;
use crate::escape::markdown::{code, fence};
use crate::ladder::Left;
use crate::preview::Effect;
use crate::remark::Remark;
use crate::review::{Asked, Judged, Review, Verdict};

/// What one overview is made of.
#[derive(Debug, Clone, Copy)]
pub struct Overview<'a> {
    /// The review.
    pub review: &'a Review,
    /// The review with approvals.
    pub judged: &'a Judged,
    /// What it comes to.
    pub verdict: Verdict,
    /// What rungs could not say.
    pub left: &'a [Left],
}

/// Room that is kept for the last line of a list that was cut.
const RESERVE: usize = 200;

/// A text that grows to a limit in characters and then says how much is missing.
struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Adds a part, if there is room.
    fn add(&mut self, part: &str) -> bool {
        let length = part.chars().count();
        let fits = length <= self.room;
        if fits {
            self.text.push_str(part);
            self.room -= length;
        }
        fits
    }

    /// Adds a list under a title; says what did not fit.
    fn list(&mut self, title: &str, entries: impl ExactSizeIterator<Item = String>) {
        let total = entries.len();
        if total == 0 || !self.add(&format!("\n### {title}\n\n")) {
            return;
        }
        for (done, entry) in entries.enumerate() {
            if entry.chars().count() + RESERVE > self.room {
                self.add(&format!("- … and {} more, which are in the JSON file\n", total - done));
                return;
            }
            self.add(&entry);
        }
    }
}

impl Overview<'_> {
    /// The headline: what it comes to, in a few words without Markdown.
    pub fn title(&self) -> String {
        let count = |level| self.judged.open.iter().filter(|remark| remark.level == level).count();
        let mut parts = Vec::new();
        for (level, one, many) in [
            (Level::Error, "error", "errors"),
            (Level::Warning, "warning", "warnings"),
            (Level::Info, "note", "notes"),
        ] {
            match count(level) {
                0 => {}
                1 => parts.push(format!("1 {one}")),
                number => parts.push(format!("{number} {many}")),
            }
        }
        let missing = self.judged.asked.iter().filter(|asked| asked.standing.missing > 0).count();
        if missing > 0 {
            parts.push(format!("{missing} waiting for approvals"));
        }
        let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
        match self.verdict {
            Verdict::Incomplete => format!("incomplete: {found} so far"),
            Verdict::Clean | Verdict::Findings => found,
        }
    }

    /// The overview in at most `most` characters.
    pub fn markdown(&self, most: usize) -> String {
        let mut page = Page { text: String::new(), room: most };
        page.add(&format!("## Runtime policy: {}\n", self.title()));
        if let Some(reason) = &self.review.incomplete {
            let lines: Vec<_> = reason.lines().map(visible).collect();
            page.add(&format!("\nNot everything was looked at:\n\n{}\n", fence("text", &lines.join("\n"))));
        }
        page.list("Findings", self.judged.open.iter().map(finding));
        page.list("Approvals", self.judged.asked.iter().map(asked));
        page.list("Policy changes", self.review.policy.iter().map(|path| policy(path)));
        if let Some(preview) = &self.review.preview {
            let listed = preview.effects.iter().map(effect);
            let more = preview.gone + preview.new + preview.relevelled;
            let rest = more.saturating_sub(preview.effects.len());
            let more = (rest > 0).then(|| format!("- … and {rest} more\n"));
            let error = preview
                .error
                .as_ref()
                .map(|error| format!("- it cannot be used: {}\n", body::message(error)));
            let entries: Vec<String> = error.into_iter().chain(listed).chain(more).collect();
            page.list("Under the new policy", entries.into_iter());
        }
        let lifted = self.review.lifted.iter();
        page.list(
            "New suppressions",
            lifted.map(|lifted| {
                let (place, reason) = (place(&lifted.remark), body::message(&lifted.reason));
                format!("- {} at {place}: {reason}\n", body::rule(&lifted.remark.rule))
            }),
        );
        page.list(
            "Not or only partly read",
            self.review.notices.iter().map(|notice| {
                let line = notice.line.map_or(String::new(), |line| format!(", line {line}"));
                format!("- {}{line}: {}\n", body::path(&notice.path), body::message(&notice.message))
            }),
        );
        page.list(
            "Said elsewhere",
            self.left.iter().map(|left| {
                format!(
                    "- {} of the findings not as {}: {}\n",
                    left.count,
                    left.rung,
                    body::message(&left.reason)
                )
            }),
        );
        page.text
    }
}

fn place(remark: &Remark) -> String {
    format!("{}, line {}", body::path(&remark.path), remark.line)
}

fn finding(remark: &Remark) -> String {
    let (rule, level) = (body::rule(&remark.rule), body::level(remark.level));
    let (place, message) = (place(remark), body::message(&remark.message));
    format!("- **{rule}** · {level} · {place}\n  {message}. To mend it, {}.\n", body::message(&remark.help))
}

fn policy(path: &str) -> String {
    format!(
        "- {} is changed; this review goes by the base commit's, the new one holds once merged\n",
        body::path(path)
    )
}

fn effect(effect: &Effect) -> String {
    let what = match (effect.now, effect.then) {
        (Some(now), Some(then)) => format!("{} instead of {}", body::level(then), body::level(now)),
        (None, Some(then)) => format!("new, {}", body::level(then)),
        (_, None) => "gone".to_owned(),
    };
    let (rule, path) = (body::rule(&effect.rule), body::path(&effect.path));
    format!("- **{rule}** · {what} · {path}, line {}: {}\n", effect.line, body::message(&effect.message))
}

fn asked(asked: &Asked) -> String {
    let standing = &asked.standing;
    let needed = asked.remark.approvals.as_ref().map_or(0, |wants| wants.needed);
    let names = |logins: &[String]| logins.iter().map(|login| code(login)).collect::<Vec<_>>().join(", ");
    let by = if standing.by.is_empty() { "nobody".to_owned() } else { names(&standing.by) };
    let from = match &*standing.from {
        [] => "people".to_owned(),
        owners => format!("of {}", names(owners)),
    };
    let mut line = format!(
        "- **{}** at {}: {needed} {from} have to approve the head commit; approved by {by}",
        body::rule(&asked.remark.rule),
        place(&asked.remark)
    );
    match standing.missing {
        0 => line.push_str("; lifted"),
        missing => {
            let _ = write!(line, "; {missing} missing");
        }
    }
    if !standing.unproven.is_empty() {
        let _ = write!(line, " (the code names {}, who have not approved)", names(&standing.unproven));
    }
    for unknown in &standing.unknown {
        let _ = write!(line, "; {}", body::message(unknown));
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approvals::Counting;
    use crate::ladder::Rung;
    use crate::remark::Approvals;
    use crate::remark::tests::remark;
    use crate::review::{Lifted, Notice};

    fn review(findings: u32) -> Review {
        let asking = Remark {
            approvals: Some(Approvals { needed: 2, given: Vec::new() }),
            ..remark("collector-disabled", "src/gc.rs", 9)
        };
        let lifted = Lifted { remark: remark("profile-rate", "src/b.rs", 2), reason: "see `#1`".to_owned() };
        Review {
            remarks: (1..=findings)
                .map(|line| remark("manual-gc", "src/a.rs", line))
                .chain([asking])
                .collect(),
            lifted: vec![lifted],
            policy: vec!["runtime-policy.toml".to_owned()],
            notices: vec![Notice { path: "c.rs".to_owned(), line: Some(4), message: "no Rust".to_owned() }],
            ..Review::default()
        }
    }

    fn markdown(review: &Review, most: usize) -> String {
        let judged = review.judge(|_| Counting { by: ["ada".to_owned()].into(), ..Counting::default() });
        let left = [Left { rung: Rung::Comments, count: 1, reason: "outside the change".to_owned() }];
        let verdict = judged.verdict(review, Some(Level::Error));
        Overview { review, judged: &judged, verdict, left: &left }.markdown(most)
    }

    #[test]
    fn everything_has_its_part() {
        insta::assert_snapshot!(markdown(&review(2), body::MOST));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let text = markdown(&review(5_000), body::MOST);
        assert!(text.chars().count() <= body::MOST);
        assert!(text.contains("more, which are in the JSON file"), "{}", &text[text.len() - 300..]);
    }
}
