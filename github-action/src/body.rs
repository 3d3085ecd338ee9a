//! What a comment about a finding says.

use std::fmt::Write as _;

use runtime_policy_lints::finding::{Applicability, Level};
use runtime_policy_lints::report::page_url;
use runtime_policy_lints::visible::visible;

use crate::escape::markdown::{code, cut, prose};
use crate::marker::Key;
use crate::remark::Remark;
use crate::suggestion::Suggestion;

/// Most characters of a body: one less than GitHub refuses.
pub const MOST: usize = 65_535;
/// Most characters of one part of a comment; a longer one helps nobody.
const MOST_PART: usize = 2_000;
/// Most characters of what is said of a further place.
const MOST_OF_RELATED: usize = 300;
/// Most further places that a comment names.
const MOST_RELATED: usize = 10;

/// A level as people read it.
pub fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
    }
}

/// A message as Markdown, cut to what helps.
pub fn message(text: &str) -> String {
    short(text, MOST_PART)
}

/// Cut where all characters are visible already: spelling them out makes a text longer.
fn short(text: &str, most: usize) -> String {
    prose(&cut(&visible(text), most))
}

/// The rule's id, linked to its page if it is a built-in one.
pub fn rule(id: &str) -> String {
    match page_url(id) {
        Some(url) => format!("[{}]({url})", code(id)),
        None => code(id),
    }
}

/// A path in a code span.
pub fn path(path: &str) -> String {
    code(&cut(&visible(path), MOST_OF_RELATED))
}

/// The comment on a finding. It holds no line numbers: those would change with lines above.
pub fn comment(remark: &Remark, key: &Key, suggestion: Option<&Suggestion>) -> String {
    let mut body =
        format!("**{}** · {}\n\n{}.\n", rule(&remark.rule), level(remark.level), message(&remark.message));
    let _ = write!(body, "\n{}.\n\nTo mend it, {}.\n", sentence(&remark.why), message(&remark.help));
    if let Some(approvals) = &remark.approvals {
        let _ = write!(
            body,
            "\nOr {} people other than the author approve the pull request as it is at its last commit.\n",
            approvals.needed
        );
    }
    for related in remark.related.iter().take(MOST_RELATED) {
        let _ = write!(body, "\n- {}: {}", path(&related.path), short(&related.message, MOST_OF_RELATED));
    }
    if !remark.related.is_empty() {
        body.push('\n');
    }
    if let Some(suggestion) = suggestion {
        let reads = match suggestion.applicability {
            Applicability::Safe => "",
            Applicability::Unsafe => "\nRight in most programs; read it before you commit it:\n",
        };
        let _ = write!(body, "{reads}\n{}\n", suggestion.markdown());
    }
    let _ = write!(body, "\n{}", key.marker());
    body
}

/// The reply to people's words under a finding that is gone.
pub fn gone(head: &str) -> String {
    format!("No longer found at {head}.\n\n{}", crate::marker::GONE)
}

/// Why something matters, with a capital letter.
fn sentence(why: &str) -> String {
    let mut characters = why.chars();
    match characters.next() {
        Some(first) => message(&format!("{}{}", first.to_uppercase(), characters.as_str())),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::keys;
    use crate::remark::Related;
    use crate::remark::tests::remark;

    fn hostile() -> Remark {
        let nasty = "`a` @everyone <img src=x> ```\n::error::x #1 [a](http://b.example) \u{202e} <!-- runtime-policy:v1 ";
        let mut remark = remark("manual-gc", "src/a.rs", 3);
        remark.message = nasty.repeat(500);
        remark.why = nasty.to_owned();
        remark.help = nasty.to_owned();
        remark.related = (0..50)
            .map(|_| Related { path: nasty.repeat(300), line: 1, column: 1, message: nasty.repeat(300) })
            .collect();
        remark
    }

    #[test]
    fn a_comment_teaches_and_knows_itself() {
        let remark = remark("manual-gc", "src/a.rs", 3);
        let key = keys([&remark]).remove(0);
        let suggestion = Suggestion {
            first: 3,
            last: 3,
            text: "    keep();\n".to_owned(),
            applicability: Applicability::Unsafe,
        };
        insta::assert_snapshot!(comment(&remark, &key, Some(&suggestion)));
    }

    #[test]
    fn the_longest_and_worst_comment_fits_and_keeps_its_marker() {
        let remark = hostile();
        let key = keys([&remark]).remove(0);
        let suggestion =
            Suggestion { first: 3, last: 3, text: "`".repeat(8 << 10), applicability: Applicability::Safe };
        let body = comment(&remark, &key, Some(&suggestion));
        assert!(body.chars().count() <= MOST, "{}", body.chars().count());
        assert_eq!(Key::read(&body), Some(key));
        assert!(!body.contains('\u{202e}'));
    }
}
