//! Suppressions in the code: which findings they lift, and what is wrong with them.

use jiff::civil::Date;

use super::config::Config;
use super::directive::{Directive, MARK, Malformed, Until, directives};
use super::problem::suggestion;
use crate::facts::comment::{Comment, CommentKind};
use crate::finding::{Applicability, Edit, Finding, Fix, Lift, Location, Suppressed};
use crate::fingerprint::fingerprint;
use crate::source::{Source, Span};

/// Rule about comments that cannot be understood or give no reason.
pub const WITHOUT_REASON: &str = "suppression-without-reason";
/// Rule about comments that lift nothing.
pub const UNUSED: &str = "unused-suppression";
/// Rule about comments whose day is over.
pub const EXPIRED: &str = "expired-suppression";

/// Rules about the policy itself, which no comment lifts.
pub const POLICY_RULES: [&str; 3] = [WITHOUT_REASON, UNUSED, EXPIRED];

/// A file's comments and what they stand above.
pub struct Commented<'a> {
    /// The file.
    pub source: &'a Source,
    /// Its comments in order.
    pub comments: &'a [Comment],
    /// The statement or item, with all that is in it, that a comment on lines of its own stands right above; for
    /// [`CommentKind::InnerDoc`] the module or function that it stands in. None where there is none: the comment
    /// then governs the next line, and an inner doc comment the whole file.
    pub governs: &'a dyn Fn(&Comment) -> Option<Span>,
}

/// Findings sorted out by the comments of their file.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What stays, with what is wrong with the suppressions themselves, in order of place and rule.
    pub findings: Vec<Finding>,
    /// What was lifted.
    pub suppressed: Vec<Suppressed>,
}

/// Sorts out the findings of one file. `today` decides which suppressions are over.
pub fn apply(file: &Commented<'_>, findings: Vec<Finding>, config: &Config, today: Date) -> Outcome {
    if !file.comments.iter().any(|comment| file.source.slice(comment.span).contains(MARK)) {
        return Outcome { findings, suppressed: Vec::new() };
    }
    let mut review = Review { file, config, today, entries: Vec::new(), remarks: Vec::new() };
    review.read();
    let mut outcome = Outcome::default();
    for finding in findings {
        match review.judge(finding) {
            Verdict::Keep(finding) => outcome.findings.push(*finding),
            Verdict::Lift(suppressed) => outcome.suppressed.push(*suppressed),
        }
    }
    review.report_unused();
    outcome.findings.append(&mut review.remarks);
    outcome
        .findings
        .sort_by(|a, b| (&a.location, &a.rule, &a.message).cmp(&(&b.location, &b.rule, &b.message)));
    outcome
}

enum Verdict {
    Keep(Box<Finding>),
    Lift(Box<Suppressed>),
}

/// How far a comment reaches.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// Lines, counted from 1, both included.
    Lines(u32, u32),
    Span(Span),
    File,
}

impl Reach {
    fn covers(self, place: &Location) -> bool {
        match self {
            Reach::Lines(first, last) => place.start.line <= last && place.end.line >= first,
            Reach::Span(span) => span.covers(place.start.byte),
            Reach::File => true,
        }
    }
}

/// An order that holds.
struct Entry {
    comment: usize,
    reach: Vec<Reach>,
    order: Order,
}

enum Order {
    /// Rule, its place in the comment, whether it lifted something.
    Allow {
        rules: Vec<(String, std::ops::Range<usize>, bool)>,
        reason: String,
    },
    Approved {
        names: Vec<String>,
        reason: String,
        used: bool,
    },
}

struct Review<'a> {
    file: &'a Commented<'a>,
    config: &'a Config,
    today: Date,
    entries: Vec<Entry>,
    remarks: Vec<Finding>,
}

impl Review<'_> {
    fn path(&self) -> &str {
        &self.file.source.path
    }

    fn read(&mut self) {
        let comments = self.file.comments;
        for (index, comment) in comments.iter().enumerate() {
            for directive in directives(self.file.source.slice(comment.span)) {
                let order = match directive {
                    Ok(Directive::Allow { rules, reason, until }) => {
                        self.allow(comment, rules, reason, until)
                    }
                    Ok(Directive::ApprovedBy { names, twice, reason }) => {
                        self.approved(comment, names, twice, reason)
                    }
                    Err(Malformed { message, help }) => {
                        self.remark(WITHOUT_REASON, comment, message, help, None);
                        None
                    }
                };
                if let Some(order) = order {
                    let reach = self.reach(comment, index);
                    self.entries.push(Entry { comment: index, reach, order });
                }
            }
        }
    }

    fn allow(
        &mut self,
        comment: &Comment,
        rules: Vec<(String, std::ops::Range<usize>)>,
        reason: Option<String>,
        until: Option<Until>,
    ) -> Option<Order> {
        let mut valid = Vec::new();
        for (rule, place) in rules {
            match self.objection(&rule) {
                Some((message, help)) => self.remark(WITHOUT_REASON, comment, message, help, None),
                None => valid.push((rule, place, false)),
            }
        }
        if valid.is_empty() {
            return None;
        }
        let names =
            valid.iter().map(|(rule, ..): &(String, _, bool)| rule.as_str()).collect::<Vec<_>>().join(", ");
        if reason.is_none() && self.config.level(WITHOUT_REASON, self.path()).is_some() {
            let help = format!("write `runtime-policy: allow({names}) -- reason`");
            self.remark(WITHOUT_REASON, comment, format!("`allow({names})` gives no reason"), help, None);
            return None;
        }
        if let Some(until) = until.filter(|until| until.is_over(self.today)) {
            let (message, help) = match until {
                Until::Day(day) => (
                    format!("`allow({names})` ended after {day}"),
                    "mend what it allowed, or decide anew and write a later day".to_owned(),
                ),
                Until::Malformed(written) => (
                    format!("`{written}` is no day, so `allow({names})` counts as ended"),
                    "write the last day as `until=YYYY-MM-DD`".to_owned(),
                ),
            };
            self.remark(EXPIRED, comment, message, help, None);
            return None;
        }
        Some(Order::Allow { rules: valid, reason: reason.unwrap_or_default() })
    }

    /// Why a rule cannot be named in `allow`.
    fn objection(&self, rule: &str) -> Option<(String, String)> {
        if POLICY_RULES.contains(&rule) {
            return Some((
                format!("`{rule}` cannot be allowed by a comment"),
                "set its level in `runtime-policy.toml`".to_owned(),
            ));
        }
        let Some(known) = self.config.rule(rule) else {
            let help = suggestion(rule, self.config.rules().map(|known| known.id.as_ref()))
                .unwrap_or_else(|| "`cargo runtime-policy rules` lists all rules".to_owned());
            return Some((format!("unknown rule `{rule}`"), help));
        };
        (known.approvals > 0).then(|| {
            (
                format!("`{rule}` is lifted by {} approving people, not by `allow`", known.approvals),
                "write `runtime-policy: approved-by @name @name -- why`".to_owned(),
            )
        })
    }

    fn approved(
        &mut self,
        comment: &Comment,
        names: Vec<String>,
        twice: Option<String>,
        reason: Option<String>,
    ) -> Option<Order> {
        if let Some(name) = twice {
            let help = "each of the approving people is named once".to_owned();
            self.remark(
                WITHOUT_REASON,
                comment,
                format!("`@{name}` stands twice in `approved-by`"),
                help,
                None,
            );
        }
        if reason.is_none() && self.config.level(WITHOUT_REASON, self.path()).is_some() {
            let written: Vec<String> = names.iter().map(|name| format!("@{name}")).collect();
            let help = format!("write `runtime-policy: approved-by {} -- why`", written.join(" "));
            self.remark(WITHOUT_REASON, comment, "`approved-by` gives no reason".to_owned(), help, None);
            return None;
        }
        Some(Order::Approved { names, reason: reason.unwrap_or_default(), used: false })
    }

    fn reach(&self, comment: &Comment, index: usize) -> Vec<Reach> {
        if comment.kind == CommentKind::InnerDoc {
            return vec![(self.file.governs)(comment).map_or(Reach::File, Reach::Span)];
        }
        if !comment.own_line {
            return vec![Reach::Lines(comment.line, comment.end_line)];
        }
        let next = self.next_code_line(index);
        let mut reach = vec![Reach::Lines(next, next)];
        reach.extend((self.file.governs)(comment).map(Reach::Span));
        reach
    }

    /// The first line below a comment that is not itself a comment.
    fn next_code_line(&self, index: usize) -> u32 {
        let mut next = self.file.comments[index].end_line + 1;
        for comment in &self.file.comments[index + 1..] {
            if comment.own_line && comment.line == next {
                next = comment.end_line + 1;
            } else if comment.line >= next {
                break;
            }
        }
        next
    }

    fn judge(&mut self, mut finding: Finding) -> Verdict {
        if let Some(approvals) = &mut finding.approvals {
            let mut why = String::new();
            for entry in &mut self.entries {
                if let Order::Approved { names, reason, used } = &mut entry.order
                    && entry.reach.iter().any(|reach| reach.covers(&finding.location))
                {
                    *used = true;
                    why.clone_from(reason);
                    for name in names.iter() {
                        if !approvals.given.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                            approvals.given.push(name.clone());
                        }
                    }
                }
            }
            if approvals.given.len() >= usize::from(approvals.needed) {
                return Verdict::Lift(Box::new(Suppressed { finding, by: Lift::InSource, reason: why }));
            }
            return Verdict::Keep(Box::new(finding));
        }
        let narrowest = self
            .entries
            .iter_mut()
            .filter_map(|entry| {
                let reach = entry
                    .reach
                    .iter()
                    .filter(|reach| reach.covers(&finding.location))
                    .min_by_key(|reach| width(**reach))
                    .copied()?;
                let Order::Allow { rules, reason } = &mut entry.order else { return None };
                let rule = rules.iter_mut().find(|(rule, ..)| **rule == *finding.rule)?;
                Some((reach, rule, reason))
            })
            .min_by_key(|(reach, ..)| width(*reach));
        match narrowest {
            Some((_, rule, reason)) => {
                rule.2 = true;
                let reason = reason.clone();
                Verdict::Lift(Box::new(Suppressed { finding, by: Lift::InSource, reason }))
            }
            None => Verdict::Keep(Box::new(finding)),
        }
    }

    fn report_unused(&mut self) {
        for entry in std::mem::take(&mut self.entries) {
            let comment = &self.file.comments[entry.comment];
            match entry.order {
                Order::Allow { rules, .. } => self.report_unused_rules(comment, &rules),
                Order::Approved { used: false, .. } if self.may_need_approval() => {
                    let message =
                        "`approved-by` approves nothing: no finding below it asks for approvals".to_owned();
                    let fix = self.removal(comment);
                    self.remark(UNUSED, comment, message, "remove the comment".to_owned(), fix);
                }
                Order::Approved { .. } => {}
            }
        }
    }

    /// Only a rule that runs here can tell that nothing is there to allow.
    fn report_unused_rules(&mut self, comment: &Comment, rules: &[(String, std::ops::Range<usize>, bool)]) {
        let unused: Vec<usize> = (0..rules.len())
            .filter(|index| !rules[*index].2 && self.config.level(&rules[*index].0, self.path()).is_some())
            .collect();
        if unused.is_empty() {
            return;
        }
        let names = unused.iter().map(|index| rules[*index].0.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!("`allow({names})` allows nothing: there is no such finding here");
        if unused.len() == rules.len() {
            let fix = self.removal(comment);
            self.remark(UNUSED, comment, message, "remove the comment".to_owned(), fix);
        } else {
            let fix = self.shortening(comment, rules, &unused);
            self.remark(UNUSED, comment, message, format!("remove `{names}` from the list"), Some(fix));
        }
    }

    fn may_need_approval(&self) -> bool {
        self.config
            .rules()
            .any(|rule| rule.approvals > 0 && self.config.level(&rule.id, self.path()).is_some())
    }

    /// Takes the comment away, with its line if it stands alone there. None where the comment says more.
    fn removal(&self, comment: &Comment) -> Option<Fix> {
        let text = &self.file.source.text;
        let mut span = comment.span.range();
        span.end = span.start + text.get(span.clone())?.trim_end().len();
        if text.get(span.clone())?.contains('\n') {
            return None;
        }
        let before = text.get(..span.start)?.trim_end_matches([' ', '\t']).len();
        let rest = text.get(span.end..)?;
        let (start, end) = if !comment.own_line {
            (before, span.end)
        } else if let Some(newline) = rest.find('\n').filter(|newline| rest[..*newline].trim().is_empty()) {
            (before, span.end + newline + 1)
        } else {
            (span.start, span.end)
        };
        Some(self.fix("remove the comment", vec![(start, end, String::new())]))
    }

    fn shortening(
        &self,
        comment: &Comment,
        rules: &[(String, std::ops::Range<usize>, bool)],
        unused: &[usize],
    ) -> Fix {
        let kept: Vec<&str> = (0..rules.len())
            .filter(|index| !unused.contains(index))
            .map(|index| rules[index].0.as_str())
            .collect();
        let base = comment.span.start as usize;
        let first = rules.first().map_or(0, |(_, place, _)| place.start);
        let last = rules.last().map_or(first, |(_, place, _)| place.end);
        self.fix("allow only what is there", vec![(base + first, base + last, kept.join(", "))])
    }

    fn fix(&self, title: &str, edits: Vec<(usize, usize, String)>) -> Fix {
        let edit = |(start, end, replacement)| Edit {
            path: self.file.source.path.clone(),
            start: start as u32,
            end: end as u32,
            replacement,
        };
        Fix {
            title: title.to_owned(),
            edits: edits.into_iter().map(edit).collect(),
            applicability: Applicability::Safe,
        }
    }

    fn remark(&mut self, rule: &str, comment: &Comment, message: String, help: String, fix: Option<Fix>) {
        let Some(level) = self.config.level(rule, self.path()) else { return };
        let why = self.config.rule(rule).map(|rule| rule.why.to_string()).unwrap_or_default();
        let text = self.file.source.slice(comment.span);
        self.remarks.push(Finding {
            rule: rule.into(),
            level,
            location: self.file.source.location(comment.span),
            message,
            why,
            help,
            related: Vec::new(),
            fix,
            fingerprint: fingerprint(rule, self.path(), "", text),
            approvals: None,
        });
    }
}

/// Order of reaches from narrow to wide.
fn width(reach: Reach) -> (u8, u32) {
    match reach {
        Reach::Lines(first, last) => (0, last - first),
        Reach::Span(span) => (1, span.end - span.start),
        Reach::File => (2, 0),
    }
}

#[cfg(test)]
mod tests;
