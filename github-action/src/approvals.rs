//! Rules that people lift: whether enough of them have approved the commit that is to be merged.

use std::collections::{BTreeMap, BTreeSet};

use crate::remark::Approvals;

/// A review as GitHub lists it, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Who has given it.
    pub login: String,
    /// What it says.
    pub state: State,
    /// The commit that was reviewed.
    pub commit: String,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Approved.
    Approved,
    /// Changes were asked for, or the review was dismissed.
    Refused,
    /// Words only; leaves what the same person said before.
    Commented,
}

/// Who has approved the head commit, by the last word of each: never the author. Names are in lower case, as GitHub
/// tells none apart by case.
pub fn approvers(reviews: &[Given], author: &str, head: &str) -> BTreeSet<String> {
    let mut last: BTreeMap<String, bool> = BTreeMap::new();
    for review in reviews.iter().filter(|review| review.state != State::Commented) {
        let approves = review.state == State::Approved && review.commit == head;
        last.insert(review.login.to_lowercase(), approves);
    }
    last.remove(&author.to_lowercase());
    last.into_iter().filter(|(_, approves)| *approves).map(|(login, _)| login).collect()
}

/// What a finding that wants approvals still lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Approving people who count.
    pub by: Vec<String>,
    /// People that the code names as approving and who have not approved.
    pub unproven: Vec<String>,
    /// How many more must approve; 0 if the finding is lifted.
    pub missing: usize,
}

/// Judges a finding that wants approvals. `approvers` are those who count for it, in lower case.
///
/// Where the code names people (`approved-by @one @two`), only theirs count: what the code says has to be true.
pub fn standing(wants: &Approvals, approvers: &BTreeSet<String>) -> Standing {
    let named: BTreeSet<String> = wants.given.iter().map(|name| name.to_lowercase()).collect();
    let counts = |login: &&String| named.is_empty() || named.contains(*login);
    let by: Vec<String> = approvers.iter().filter(counts).cloned().collect();
    let unproven: Vec<String> = named.difference(approvers).cloned().collect();
    let missing = usize::from(wants.needed).saturating_sub(by.len()).max(unproven.len());
    Standing { by, unproven, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(login: &str, state: State, commit: &str) -> Given {
        Given { login: login.to_owned(), state, commit: commit.to_owned() }
    }

    fn names(reviews: &[Given]) -> Vec<String> {
        approvers(reviews, "Author", "head").into_iter().collect()
    }

    #[test]
    fn only_others_approvals_of_the_head_commit_count() {
        use State::{Approved, Commented, Refused};
        assert_eq!(
            names(&[
                given("Ada", Approved, "head"),
                given("ada", Commented, "head"),
                given("author", Approved, "head"),
                given("grace", Approved, "older"),
                given("joan", Approved, "head"),
                given("joan", Refused, "head"),
                given("mary", Approved, "older"),
                given("mary", Approved, "head"),
            ]),
            ["ada", "mary"]
        );
    }

    #[test]
    fn an_approval_of_an_older_commit_does_not_stand_behind_a_newer_one() {
        use State::Approved;
        assert!(names(&[given("ada", Approved, "head"), given("ada", Approved, "older")]).is_empty());
    }

    #[test]
    fn names_in_the_code_have_to_be_true() {
        let approvers: BTreeSet<String> = ["ada", "joan"].map(str::to_owned).into();
        let wants =
            |given: &[&str]| Approvals { needed: 2, given: given.iter().map(|n| (*n).to_owned()).collect() };
        assert_eq!(standing(&wants(&[]), &approvers).missing, 0);
        let half = standing(&wants(&["Ada", "grace"]), &approvers);
        assert_eq!(
            (half.missing, half.unproven, half.by),
            (1, vec!["grace".to_owned()], vec!["ada".to_owned()])
        );
        assert_eq!(standing(&wants(&["ada", "Joan"]), &approvers).missing, 0);
        assert_eq!(standing(&wants(&["ada"]), &approvers).missing, 1);
    }
}
