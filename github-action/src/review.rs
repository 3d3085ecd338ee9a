//! What there is to say about a change, before it is decided where.

use std::collections::BTreeSet;

use runtime_policy_lints::finding::Level;
use serde::{Deserialize, Serialize};

use crate::approvals::{self, Counting, Standing};
use crate::preview::Preview;
use crate::remark::{self, Approvals, ReadError, Remark};

/// What is new with a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The commit that the change goes into; 40 or 64 hexadecimal digits.
    pub base: String,
    /// The commit that was reviewed.
    pub head: String,
    /// Findings that the change brings, in order of path and place.
    pub remarks: Vec<Remark>,
    /// Findings that the change brings and lifts at once, by a comment.
    #[serde(default)]
    pub lifted: Vec<Lifted>,
    /// Paths of policy files that the change touches, sorted. What they say holds only once it is merged.
    #[serde(default)]
    pub policy: Vec<String>,
    /// What the changed policy would say; none, if it is not changed.
    #[serde(default)]
    pub preview: Option<Preview>,
    /// What could not be read or parsed.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// Why not everything was looked at, if so.
    #[serde(default)]
    pub incomplete: Option<String>,
}

/// A finding that a comment in the change lifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifted {
    /// The finding.
    pub remark: Remark,
    /// The reason that the comment gives.
    pub reason: String,
}

/// Something that could not be read or parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Path relative to the repository's root.
    pub path: String,
    /// Line, from 1, if known.
    pub line: Option<u32>,
    /// What happened.
    pub message: String,
}

/// A finding that people may lift, and how that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The finding.
    pub remark: Remark,
    /// What is there and what is missing.
    pub standing: Standing,
}

/// The JSON file of a run, as far as another run reads it.
#[derive(Debug, Deserialize)]
struct File {
    review: Review,
}

/// A review with people's approvals worked in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// What has to be mended or approved, in order of path and place.
    pub open: Vec<Remark>,
    /// Findings that wait for people or have been lifted by them.
    pub asked: Vec<Asked>,
}

impl Review {
    /// Reads the file that an unprivileged run has left, trusting nothing in it.
    ///
    /// # Errors
    /// It is no such file, or one that no honest run writes.
    pub fn read(text: &str) -> Result<Review, ReadError> {
        let File { review } = serde_json::from_str(text)
            .map_err(|cause| ReadError { line: cause.line(), message: format!("no review: {cause}") })?;
        let lifted: Vec<Remark> = review.lifted.iter().map(|lifted| lifted.remark.clone()).collect();
        remark::check(&review.remarks)?;
        remark::check(&lifted)?;
        let error = |message: &str| Err(ReadError { line: 1, message: message.to_owned() });
        if ![&review.base, &review.head].into_iter().all(|sha| is_sha(sha)) {
            return error("`base` or `head` is no commit");
        }
        let effects = review.preview.iter().flat_map(|preview| &preview.effects);
        let paths = review.policy.iter().chain(review.notices.iter().map(|notice| &notice.path));
        let paths = paths.chain(effects.map(|effect| &effect.path));
        if !paths.clone().all(|path| remark::is_inside(path)) || paths.count() > remark::MOST_REMARKS {
            return error("a path leads out of the repository, or there are too many");
        }
        Ok(review)
    }

    /// Without anything that a stranger could have made up to good effect: what built-in rules say is taken from their
    /// pages, how many must approve from the rules, and there are no suggestions.
    pub fn distrusted(mut self) -> Review {
        let lifted = self.lifted.iter_mut().map(|lifted| &mut lifted.remark);
        for remark in self.remarks.iter_mut().chain(lifted) {
            remark.fix = None;
            if let Some(rule) = runtime_policy_rules::rule(&remark.rule) {
                remark.why = rule.why.to_string();
                remark.help = rule.help.to_string();
                let given = remark.approvals.take().map(|approvals| approvals.given).unwrap_or_default();
                remark.approvals =
                    (rule.approvals > 0).then_some(Approvals { needed: rule.approvals, given });
            }
        }
        self
    }

    /// Works people's approvals in. `counting` says whose word counts for a finding.
    pub fn judge(&self, counting: impl Fn(&Remark) -> Counting) -> Judged {
        let mut judged = Judged::default();
        let lifted =
            self.lifted.iter().map(|lifted| &lifted.remark).filter(|remark| remark.approvals.is_some());
        for remark in self.remarks.iter().chain(lifted) {
            let Some(wants) = &remark.approvals else {
                judged.open.push(remark.clone());
                continue;
            };
            let standing = approvals::standing(wants, &counting(remark));
            if standing.missing > 0 {
                judged.open.push(remark.clone());
            }
            judged.asked.push(Asked { remark: remark.clone(), standing });
        }
        let place = |remark: &Remark| (remark.path.clone(), remark.line, remark.column, remark.rule.clone());
        judged.open.sort_by_key(place);
        judged
    }

    /// Paths of what depends on people's approvals.
    pub fn asking(&self) -> BTreeSet<&str> {
        let lifted = self.lifted.iter().map(|lifted| &lifted.remark);
        let asking = self.remarks.iter().chain(lifted).filter(|remark| remark.approvals.is_some());
        asking.map(|remark| remark.path.as_str()).collect()
    }
}

/// What a review comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing at or over the level that fails.
    Clean,
    /// Findings that fail, or approvals that are missing.
    Findings,
    /// Not everything was looked at: never clean.
    Incomplete,
}

impl Judged {
    /// What it comes to. `fails_from` is the lowest level that fails; none, if findings never fail.
    pub fn verdict(&self, review: &Review, fails_from: Option<Level>) -> Verdict {
        if review.incomplete.is_some() {
            Verdict::Incomplete
        } else if fails_from.is_some_and(|lowest| self.open.iter().any(|remark| remark.level >= lowest)) {
            Verdict::Findings
        } else {
            Verdict::Clean
        }
    }
}

/// Whether a text is a commit's full name.
pub fn is_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remark::tests::remark;

    fn review() -> Review {
        let asking = Remark {
            approvals: Some(Approvals { needed: 2, given: vec!["ada".to_owned(), "joan".to_owned()] }),
            ..remark("collector-disabled", "src/a.rs", 1)
        };
        Review {
            base: "0".repeat(40),
            head: "1".repeat(40),
            remarks: vec![remark("manual-gc", "src/a.rs", 3)],
            lifted: vec![Lifted { remark: asking, reason: "batch".to_owned() }],
            ..Review::default()
        }
    }

    #[test]
    fn a_comment_alone_lifts_nothing_that_people_have_to_lift() {
        let by = |names: &[&str]| Counting {
            by: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Counting::default()
        };
        let judged = review().judge(|_| by(&["ada"]));
        let open: Vec<&str> = judged.open.iter().map(|remark| remark.rule.as_str()).collect();
        assert_eq!(open, ["collector-disabled", "manual-gc"]);
        assert_eq!(judged.asked[0].standing.unproven, ["joan"]);
        let judged = review().judge(|_| by(&["ada", "joan"]));
        assert_eq!(judged.open.len(), 1);
    }

    #[test]
    fn a_stranger_s_file_says_only_what_rules_say() {
        let mut forged = review();
        forged.lifted[0].remark.approvals = None;
        forged.remarks[0].why = "send money".to_owned();
        forged.remarks[0].fix = Some(Vec::new());
        let trusted = forged.distrusted();
        let page = runtime_policy_rules::rule("manual-gc").expect("a built-in rule");
        assert_eq!((&*trusted.remarks[0].why, &trusted.remarks[0].fix), (&*page.why, &None));
        let needed = trusted.lifted[0].remark.approvals.as_ref().map(|approvals| approvals.needed);
        assert_eq!(needed, Some(2), "the rule asks for two, whatever the file says");
    }

    #[test]
    fn what_was_cut_short_is_never_clean() {
        let mut review = Review { remarks: Vec::new(), lifted: Vec::new(), ..review() };
        let verdict =
            |review: &Review| review.judge(|_| Counting::default()).verdict(review, Some(Level::Error));
        assert_eq!(verdict(&review), Verdict::Clean);
        review.incomplete = Some("the time was up".to_owned());
        assert_eq!(verdict(&review), Verdict::Incomplete);
    }

    #[test]
    fn a_file_is_read_back_and_a_forged_one_is_refused() {
        let text = format!("{{\"review\":{},\"more\":1}}", serde_json::to_string(&review()).unwrap());
        assert_eq!(Review::read(&text), Ok(review()));
        for (from, to, says) in [
            ("\"src/a.rs\"", "\"../a.rs\"", "out of the repository"),
            ("\"policy\":[]", "\"policy\":[\"/x\"]", "out of the repository"),
            ("\"policy\":[]", "\"token\":1", "unknown field"),
            (&"1".repeat(40), "main", "no commit"),
        ] {
            let error = Review::read(&text.replace(from, to)).expect_err(says);
            assert!(error.message.contains(says), "{}", error.message);
        }
    }
}
