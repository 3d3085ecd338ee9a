//! `render`: what would be said, as Markdown, without any connection.

use runtime_policy_lints::finding::Level;

use crate::anchor::Anchor;
use crate::approvals::Counting;
use crate::body::{self, MOST};
use crate::diff::Diff;
use crate::draft::drafts;
use crate::review::{Review, Verdict};
use crate::summary::Overview;

/// The overview and every comment, and what the review comes to without anybody's approval.
pub fn render(
    review: &Review,
    diff: &Diff,
    text: &dyn Fn(&str) -> Option<String>,
    fails_from: Option<Level>,
) -> (String, Verdict) {
    let judged = review.judge(|_| Counting::default());
    let verdict = judged.verdict(review, fails_from);
    let mut shown = Overview { review, judged: &judged, verdict, left: &[] }.markdown(MOST);
    for draft in drafts(&judged.open, diff, text) {
        let place = match draft.anchor {
            Anchor::Lines(first, last) if first == last => format!("Comment on line {first} of"),
            Anchor::Lines(first, last) => format!("Comment on lines {first} to {last} of"),
            Anchor::File => "Comment on the file".to_owned(),
            Anchor::Nowhere => "No comment: the change does not touch".to_owned(),
        };
        shown.push_str(&format!("\n---\n\n{place} {}\n", body::path(&draft.path)));
        if draft.anchor != Anchor::Nowhere {
            shown.push_str(&format!("\n{}\n", draft.wanted.body));
        }
    }
    (shown, verdict)
}
