//! Who has approved, and whether their word counts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::pull::repository;
use super::{Error, GitHub, Pull, part};
use crate::approvals::{Given, State, approvers};

impl GitHub {
    /// The people who have approved a commit and may: not the author, with the right to write in the repository (on a
    /// public one anybody can approve), and in `team` (`organisation/team`) if one is given. In lower case.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn approvers(
        &mut self,
        pull: &Pull,
        author: &str,
        head: &str,
        team: Option<&str>,
    ) -> Result<BTreeSet<String>, Error> {
        let path = repository(&pull.owner, &pull.repository);
        let reviews = self.list(&format!("{path}/pulls/{}/reviews", pull.number), None).await?;
        let given: Vec<Given> = reviews.iter().filter_map(given).collect();
        let mut counted = BTreeSet::new();
        for login in approvers(&given, author, head) {
            let may_write = self.may_write(&path, &login).await?;
            if may_write && self.is_in(team, &login).await? {
                counted.insert(login);
            }
        }
        Ok(counted)
    }

    async fn may_write(&mut self, path: &str, login: &str) -> Result<bool, Error> {
        let address = format!("{path}/collaborators/{}/permission", part(login));
        match self.get(&address).await {
            Ok(answer) => Ok(matches!(answer["permission"].as_str(), Some("admin" | "write"))),
            // Nobody of that name works here.
            Err(Error::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn is_in(&mut self, team: Option<&str>, login: &str) -> Result<bool, Error> {
        let Some((organisation, team)) = team.and_then(|team| team.split_once('/')) else { return Ok(true) };
        let address =
            format!("/orgs/{}/teams/{}/memberships/{}", part(organisation), part(team), part(login));
        match self.get(&address).await {
            Ok(answer) => Ok(answer["state"] == "active"),
            Err(Error::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A review by a person. Bots' words lift nothing.
fn given(review: &Value) -> Option<Given> {
    if review["user"]["type"] != "User" {
        return None;
    }
    let state = match review["state"].as_str()? {
        "APPROVED" => State::Approved,
        "CHANGES_REQUESTED" | "DISMISSED" => State::Refused,
        _ => State::Commented,
    };
    Some(Given {
        login: review["user"]["login"].as_str()?.to_owned(),
        state,
        commit: review["commit_id"].as_str().unwrap_or_default().to_owned(),
    })
}
