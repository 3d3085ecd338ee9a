//! `// runtime-policy: …`: what a comment orders.
//!
//! A comment that addresses the tool is either understood or reported; it is never passed over.

use std::ops::Range;

use jiff::civil::Date;

use super::problem::did_you_mean;

/// The word that addresses the tool.
pub const MARK: &str = "runtime-policy";

/// What a comment orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// `allow(rule[, rule]) -- reason [until=YYYY-MM-DD]`
    Allow {
        /// The rules, with their places in the comment.
        rules: Vec<(String, Range<usize>)>,
        /// Why; none if nothing is written.
        reason: Option<String>,
        /// The last day on which it holds.
        until: Option<Until>,
    },
    /// `approved-by @one @two -- why`
    ApprovedBy {
        /// Distinct names without `@`, in the order written.
        names: Vec<String>,
        /// A name that stands there twice.
        twice: Option<String>,
        /// Why; none if nothing is written.
        reason: Option<String>,
    },
}

/// The last day of a suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// That day, itself included.
    Day(Date),
    /// Not a day; counts as past.
    Malformed(String),
}

impl Until {
    /// Whether the day is over.
    pub fn is_over(&self, today: Date) -> bool {
        match self {
            Until::Day(day) => today > *day,
            Until::Malformed(_) => true,
        }
    }
}

/// Why a comment that addresses the tool was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong; starts lower case, ends without a full stop.
    pub message: String,
    /// How to write it.
    pub help: String,
}

const ALLOW_FORM: &str = "write `runtime-policy: allow(rule) -- reason`";
const APPROVED_FORM: &str = "write `runtime-policy: approved-by @name @name -- why`";

fn malformed<T>(message: impl Into<String>, help: &str) -> Result<T, Malformed> {
    Err(Malformed { message: message.into(), help: help.to_owned() })
}

/// Every directive in a comment, given as it is written, marks included. Places are relative to the comment's start.
pub fn directives(comment: &str) -> Vec<Result<Directive, Malformed>> {
    if !comment.contains(MARK) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut offset = 0;
    for (index, line) in comment.split('\n').enumerate() {
        let words = words_of(line, index == 0);
        let start = offset + (words.as_ptr() as usize - line.as_ptr() as usize);
        if let Some(rest) = words.strip_prefix(MARK) {
            found.extend(addressed(rest, start + MARK.len()));
        } else if is_misplaced(words) {
            found.push(malformed("a directive must be the first thing in its comment", ALLOW_FORM));
        }
        offset += line.len() + 1;
    }
    found
}

/// A line of a comment without the comment's marks.
fn words_of(line: &str, is_first: bool) -> &str {
    let marks: &[&str] = if is_first { &["///", "//!", "//", "/**", "/*!", "/*", "#", ";"] } else { &["*"] };
    let line = line.trim_start();
    let line = match marks.iter().find_map(|mark| line.strip_prefix(mark)) {
        Some(rest) if !is_first && rest.starts_with('/') => return &rest[rest.len()..],
        Some(rest) => rest,
        None => line,
    };
    let line = line.trim();
    line.strip_suffix("*/").unwrap_or(line).trim()
}

/// Whether a directive stands behind other words; one that is quoted is spoken about, not given.
fn is_misplaced(words: &str) -> bool {
    words.match_indices(MARK).any(|(at, _)| {
        let before = &words[..at];
        let quoted =
            before.ends_with(['`', '"', '\'', '-', '_']) || before.trim_end().ends_with(['/', '#', '*', '!']);
        let rest = words[at + MARK.len()..].strip_prefix(':').map(str::trim_start);
        !quoted && rest.is_some_and(|rest| rest.starts_with("allow(") || rest.starts_with("approved-by @"))
    })
}

/// What follows the mark; nothing if the mark is only part of a sentence.
fn addressed(rest: &str, start: usize) -> Option<Result<Directive, Malformed>> {
    let Some(order) = rest.strip_prefix(':') else {
        let spoken = rest.trim_start();
        let forgot = rest.len() != spoken.len()
            && (spoken.starts_with("allow(") || spoken.starts_with("approved-by @"));
        return forgot.then(|| malformed("a colon must follow `runtime-policy`", ALLOW_FORM));
    };
    let order_start = start + 1 + (order.len() - order.trim_start().len());
    let order = order.trim_start();
    let verb_end = order.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(order.len());
    let (verb, arguments) = order.split_at(verb_end);
    Some(match verb {
        "allow" => allow(arguments, order_start + verb_end),
        "approved-by" => approved_by(arguments),
        "" => malformed("nothing follows `runtime-policy:`", ALLOW_FORM),
        _ => unknown_verb(verb),
    })
}

fn unknown_verb(verb: &str) -> Result<Directive, Malformed> {
    let help = match did_you_mean(verb, ["allow", "approved-by"]) {
        Some("approved-by") => APPROVED_FORM,
        _ => ALLOW_FORM,
    };
    malformed(format!("`{verb}` is nothing that a comment can order"), help)
}

fn allow(arguments: &str, start: usize) -> Result<Directive, Malformed> {
    let Some(open) = arguments.find('(').filter(|open| arguments[..*open].trim().is_empty()) else {
        return malformed("`allow` names its rules in round brackets", ALLOW_FORM);
    };
    let Some(close) = arguments.find(')') else {
        return malformed("the bracket of `allow(` is not closed", ALLOW_FORM);
    };
    let mut rules = Vec::new();
    let mut at = start + open + 1;
    for written in arguments[open + 1..close].split(',') {
        let name = written.trim();
        if name.is_empty() || name == "*" || name == "all" {
            return malformed("there is no blanket suppression; `allow` names each rule", ALLOW_FORM);
        }
        let begin = at + (written.len() - written.trim_start().len());
        rules.push((name.to_owned(), begin..begin + name.len()));
        at += written.len() + 1;
    }
    let (reason, until) = split_until(reason(&arguments[close + 1..], ALLOW_FORM)?);
    Ok(Directive::Allow { rules, reason, until })
}

fn approved_by(arguments: &str) -> Result<Directive, Malformed> {
    let end = arguments.find("--").or_else(|| arguments.find('—')).unwrap_or(arguments.len());
    let mut names: Vec<String> = Vec::new();
    let mut twice = None;
    for word in arguments[..end].split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
        let Some(name) = word.strip_prefix('@').filter(|name| !name.is_empty()) else {
            return malformed(format!("`{word}` is not a name; names begin with `@`"), APPROVED_FORM);
        };
        if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            twice = Some(name.to_owned());
        } else {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return malformed("`approved-by` names nobody", APPROVED_FORM);
    }
    let reason =
        Some(reason(&arguments[end..], APPROVED_FORM)?.to_owned()).filter(|reason| !reason.is_empty());
    Ok(Directive::ApprovedBy { names, twice, reason })
}

/// The text after `--`; empty if there is none. Editors turn `--` into a dash, so a dash is taken as well.
fn reason<'a>(rest: &'a str, form: &str) -> Result<&'a str, Malformed> {
    let rest = rest.trim();
    if rest.is_empty() {
        return Ok("");
    }
    match ["--", "—", "–"].iter().find_map(|dash| rest.strip_prefix(dash)) {
        Some(reason) => Ok(reason.trim()),
        None => malformed("the reason must follow ` -- `", form),
    }
}

/// Parts the day from the reason. What looks like a day in another spelling counts as a malformed day, since a
/// suppression that was meant to end must not live for ever.
fn split_until(reason: &str) -> (Option<String>, Option<Until>) {
    let mut until = None;
    let mut words = Vec::new();
    for word in reason.split_whitespace() {
        let bare = word.trim_matches(['[', ']', '(', ')', ',', '.']);
        let lower = bare.to_ascii_lowercase();
        let is_day = ["until=", "until:", "expires=", "expires:", "expiry=", "expiry:"];
        if !is_day.iter().any(|key| lower.starts_with(key)) {
            words.push(word);
        } else if until.is_some() {
            until = Some(Until::Malformed(reason.to_owned()));
        } else {
            until = Some(day(bare));
        }
    }
    let reason = words.join(" ");
    let says_something = reason.chars().any(char::is_alphanumeric);
    (says_something.then_some(reason), until)
}

fn day(written: &str) -> Until {
    let strict =
        |text: &&str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match written.strip_prefix("until=").filter(strict).and_then(|text| text.parse::<Date>().ok()) {
        Some(day) => Until::Day(day),
        None => Until::Malformed(written.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(comment: &str) -> Result<Directive, Malformed> {
        let mut all = directives(comment);
        assert_eq!(all.len(), 1, "{comment}: {all:?}");
        all.remove(0)
    }

    fn allowed(comment: &str) -> (Vec<String>, Option<String>, Option<Until>) {
        match one(comment) {
            Ok(Directive::Allow { rules, reason, until }) => {
                for (name, place) in &rules {
                    assert_eq!(&comment[place.clone()], name);
                }
                (rules.into_iter().map(|(name, _)| name).collect(), reason, until)
            }
            other => panic!("{comment}: {other:?}"),
        }
    }

    fn complaint(comment: &str) -> String {
        match one(comment) {
            Err(malformed) => malformed.message,
            Ok(directive) => panic!("{comment}: {directive:?}"),
        }
    }

    #[test]
    fn every_form_of_comment_may_allow() {
        for comment in [
            "// runtime-policy: allow(manual-gc, profile-rate) -- batch job",
            "//runtime-policy:allow( manual-gc ,profile-rate )--batch job",
            "/// runtime-policy: allow(manual-gc, profile-rate) -- batch job",
            "//! runtime-policy: allow(manual-gc, profile-rate) -- batch job",
            "/* runtime-policy: allow(manual-gc, profile-rate) -- batch job */",
            "/*\n * runtime-policy: allow(manual-gc, profile-rate) -- batch job\n */",
            "# runtime-policy: allow(manual-gc, profile-rate) -- batch job",
            "// runtime-policy: allow(manual-gc, profile-rate) — batch job\r",
        ] {
            let (rules, reason, until) = allowed(comment);
            assert_eq!(rules, ["manual-gc", "profile-rate"], "{comment}");
            assert_eq!(reason.as_deref(), Some("batch job"), "{comment}");
            assert_eq!(until, None, "{comment}");
        }
    }

    #[test]
    fn a_day_is_part_of_no_reason() {
        let day = Until::Day(jiff::civil::date(2026, 12, 31));
        for comment in [
            "// runtime-policy: allow(manual-gc) -- until the cache is gone until=2026-12-31",
            "// runtime-policy: allow(manual-gc) -- until the cache is gone [until=2026-12-31]",
            "// runtime-policy: allow(manual-gc) -- until=2026-12-31 until the cache is gone",
        ] {
            let (_, reason, until) = allowed(comment);
            assert_eq!(reason.as_deref(), Some("until the cache is gone"), "{comment}");
            assert_eq!(until, Some(day.clone()), "{comment}");
        }
        assert!(!day.is_over(jiff::civil::date(2026, 12, 31)), "the day itself is included");
        assert!(day.is_over(jiff::civil::date(2027, 1, 1)));
    }

    #[test]
    fn what_is_no_day_is_over() {
        for word in [
            "until=soon",
            "until=2026-13-01",
            "until=2026-1-1",
            "until:2026-12-31",
            "Until=2026-12-31",
            "expires=2026-12-31",
            "until=",
            "until=2026-12-31T00:00",
            "until=2026-12-31 until=2027-12-31",
        ] {
            let (_, _, until) = allowed(&format!("// runtime-policy: allow(manual-gc) -- why {word}"));
            let until = until.unwrap_or_else(|| panic!("{word}"));
            assert!(matches!(until, Until::Malformed(_)), "{word}");
            assert!(until.is_over(jiff::civil::date(2000, 1, 1)), "{word}");
        }
    }

    #[test]
    fn a_day_or_a_dash_alone_is_no_reason() {
        for comment in [
            "// runtime-policy: allow(manual-gc)",
            "// runtime-policy: allow(manual-gc) --",
            "// runtime-policy: allow(manual-gc) -- until=2026-12-31",
            "// runtime-policy: allow(manual-gc) -- ...",
        ] {
            assert_eq!(allowed(comment).1, None, "{comment}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (comment, message) in [
            ("// runtime-policy: allow", "`allow` names its rules in round brackets"),
            ("// runtime-policy: allow manual-gc -- x", "`allow` names its rules in round brackets"),
            ("// runtime-policy: allow(manual-gc -- x", "the bracket of `allow(` is not closed"),
            ("// runtime-policy: allow() -- x", "there is no blanket suppression; `allow` names each rule"),
            ("// runtime-policy: allow(*) -- x", "there is no blanket suppression; `allow` names each rule"),
            (
                "// runtime-policy: allow(all) -- x",
                "there is no blanket suppression; `allow` names each rule",
            ),
            ("// runtime-policy: allow(manual-gc) because", "the reason must follow ` -- `"),
            ("// runtime-policy: alow(manual-gc) -- x", "`alow` is nothing that a comment can order"),
            ("// runtime-policy: ignore", "`ignore` is nothing that a comment can order"),
            ("// runtime-policy:", "nothing follows `runtime-policy:`"),
            ("// runtime-policy allow(manual-gc) -- x", "a colon must follow `runtime-policy`"),
            (
                "// see above. runtime-policy: allow(manual-gc) -- x",
                "a directive must be the first thing in its comment",
            ),
            ("// runtime-policy: approved-by -- x", "`approved-by` names nobody"),
            ("// runtime-policy: approved-by one @two -- x", "`one` is not a name; names begin with `@`"),
        ] {
            assert_eq!(complaint(comment), message, "{comment}");
        }
    }

    #[test]
    fn what_only_speaks_about_directives_is_left_alone() {
        for comment in [
            "// ordinary",
            "// the runtime-policy tool reads this",
            "/// Write `// runtime-policy: allow(manual-gc) -- why` above it.",
            "/// // runtime-policy: allow(manual-gc) -- in an example",
            "// cargo-runtime-policy: allow(x)",
        ] {
            assert_eq!(directives(comment), [], "{comment}");
        }
    }

    #[test]
    fn approvers_are_counted_once() {
        let one = one("// runtime-policy: approved-by @ann, @bob @Ann -- two weeks of soak tests");
        let Ok(Directive::ApprovedBy { names, twice, reason }) = one else { panic!("{one:?}") };
        assert_eq!(names, ["ann", "bob"]);
        assert_eq!(twice.as_deref(), Some("Ann"));
        assert_eq!(reason.as_deref(), Some("two weeks of soak tests"));
    }
}
