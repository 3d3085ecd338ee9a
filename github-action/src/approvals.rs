//! Rules that people lift: whether enough of them have approved the commit that is to be merged.

use std::collections::{BTreeMap, BTreeSet};

use crate::codeowners::Team;
use crate::remark::Approvals;

/// Whose approvals count. The author's never do, and everybody has to have the right to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// Those of all who may write.
    #[default]
    Writers,
    /// A team's.
    Team(Team),
    /// Those of the people and teams that `CODEOWNERS` of the base commit names for the file.
    CodeOwners,
}

impl Whose {
    /// Reads what a user writes: `codeowners` or `organisation/team`.
    pub fn read(text: &str) -> Option<Whose> {
        match text {
            "codeowners" => Some(Whose::CodeOwners),
            _ => Team::read(text).map(Whose::Team),
        }
    }
}

/// Whose word counts for a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counting {
    /// Those who have approved and count, in lower case.
    pub by: BTreeSet<String>,
    /// Who is asked, as it is written (`@org/team`); empty, if all who may write are.
    pub from: Vec<String>,
    /// What could not be found out about them, in words.
    pub unknown: Vec<String>,
}

/// A review as GitHub lists it, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Who has given it.
    pub login: String,
    /// What it says.
    pub state: Said,
    /// The commit that was reviewed.
    pub commit: String,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
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
    for review in reviews.iter().filter(|review| review.state != Said::Commented) {
        let approves = review.state == Said::Approved && review.commit == head;
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
    /// Who is asked, as it is written; empty, if all who may write are.
    pub from: Vec<String>,
    /// What could not be found out about them, in words.
    pub unknown: Vec<String>,
}

/// Judges a finding that wants approvals.
///
/// Where the code names people (`approved-by @one @two`), only theirs count: what the code says has to be true.
pub fn standing(wants: &Approvals, counting: &Counting) -> Standing {
    let approvers = &counting.by;
    let named: BTreeSet<String> = wants.given.iter().map(|name| name.to_lowercase()).collect();
    let counts = |login: &&String| named.is_empty() || named.contains(*login);
    let by: Vec<String> = approvers.iter().filter(counts).cloned().collect();
    let unproven: Vec<String> = named.difference(approvers).cloned().collect();
    let missing = usize::from(wants.needed).saturating_sub(by.len()).max(unproven.len());
    Standing { by, unproven, missing, from: counting.from.clone(), unknown: counting.unknown.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(login: &str, state: Said, commit: &str) -> Given {
        Given { login: login.to_owned(), state, commit: commit.to_owned() }
    }

    fn names(reviews: &[Given]) -> Vec<String> {
        approvers(reviews, "Author", "head").into_iter().collect()
    }

    #[test]
    fn only_others_approvals_of_the_head_commit_count() {
        use Said::{Approved, Commented, Refused};
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
        use Said::Approved;
        assert!(names(&[given("ada", Approved, "head"), given("ada", Approved, "older")]).is_empty());
    }

    #[test]
    fn names_in_the_code_have_to_be_true() {
        let approvers = Counting { by: ["ada", "joan"].map(str::to_owned).into(), ..Counting::default() };
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
