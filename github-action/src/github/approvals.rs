//! Who has approved, and whether their word counts.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::pull::repository;
use super::{Error, GitHub, Pull, State, part};
use crate::approvals::{Counting, Given, Said, Whose, approvers};
use crate::codeowners::{CodeOwners, Owner, PLACES, Team};

/// What is known of somebody and a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Yes,
    No,
    /// The token may not see it.
    Unseen,
}

impl GitHub {
    /// Whose approvals of a commit count, for each of some paths: never the author's, and only of people with the right
    /// to write in the repository (on a public one anybody can approve). `base` is the commit whose `CODEOWNERS` holds.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn counting(
        &mut self,
        pull: &Pull,
        state: &State,
        base: &str,
        whose: &Whose,
        paths: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Counting>, Error> {
        let approvers = self.approvers(pull, state).await?;
        let owners = match whose {
            Whose::CodeOwners => self.code_owners(pull, base).await?,
            Whose::Writers | Whose::Team(_) => None,
        };
        let mut members = BTreeMap::new();
        let mut counting = BTreeMap::new();
        for path in paths {
            let asked: Vec<Owner> = match (whose, &owners) {
                (Whose::Writers, _) => Vec::new(),
                (Whose::Team(team), _) => vec![Owner::Team(team.clone())],
                (Whose::CodeOwners, Some(owners)) => owners.owners(path).to_vec(),
                (Whose::CodeOwners, None) => {
                    counting.insert((*path).to_owned(), no_code_owners());
                    continue;
                }
            };
            let counted = self.counted(&approvers, &asked, &mut members).await?;
            counting.insert((*path).to_owned(), counted);
        }
        Ok(counting)
    }

    /// Those who have approved and may write.
    async fn approvers(&mut self, pull: &Pull, state: &State) -> Result<BTreeSet<String>, Error> {
        let path = repository(&pull.owner, &pull.repository);
        let reviews = self.list(&format!("{path}/pulls/{}/reviews", pull.number), None).await?;
        let given: Vec<Given> = reviews.iter().filter_map(given).collect();
        let mut writers = BTreeSet::new();
        for login in approvers(&given, &state.author, &state.head) {
            if self.may_write(&path, &login).await? {
                writers.insert(login);
            }
        }
        Ok(writers)
    }

    /// Those of the approvers who are among the asked; all, if nobody in particular is asked.
    async fn counted(
        &mut self,
        approvers: &BTreeSet<String>,
        asked: &[Owner],
        members: &mut BTreeMap<(Team, String), Member>,
    ) -> Result<Counting, Error> {
        let from = asked.iter().map(Owner::to_string).collect();
        let mut counting = Counting { from, ..Counting::default() };
        if asked.is_empty() {
            counting.by.clone_from(approvers);
        }
        for owner in asked {
            match owner {
                Owner::Person(login) => {
                    let login = login.to_lowercase();
                    counting.by.extend(approvers.get(&login).cloned());
                }
                Owner::Address(address) => {
                    counting.unknown.push(format!("GitHub does not say whose address {address} is"));
                }
                Owner::Team(team) => {
                    let mut is_unseen = false;
                    for login in approvers {
                        match self.member(team, login, members).await? {
                            Member::Yes => drop(counting.by.insert(login.clone())),
                            Member::No => {}
                            Member::Unseen => is_unseen = true,
                        }
                    }
                    if is_unseen {
                        counting.unknown.push(format!("the token may not see who is in {owner}"));
                    }
                }
            }
        }
        Ok(counting)
    }

    async fn may_write(&mut self, path: &str, login: &str) -> Result<bool, Error> {
        let address = format!("{path}/collaborators/{}/permission", part(login));
        let answer = self.find(&address).await?;
        // Nobody of that name works here, or somebody who may only read.
        Ok(answer.is_some_and(|answer| matches!(answer["permission"].as_str(), Some("admin" | "write"))))
    }

    async fn member(
        &mut self,
        team: &Team,
        login: &str,
        known: &mut BTreeMap<(Team, String), Member>,
    ) -> Result<Member, Error> {
        let key = (team.clone(), login.to_owned());
        if let Some(member) = known.get(&key) {
            return Ok(*member);
        }
        let place = format!("/orgs/{}/teams/{}", part(&team.organisation), part(&team.name));
        let member = match self.find(&format!("{place}/memberships/{}", part(login))).await {
            Ok(Some(answer)) if answer["state"] == "active" => Member::Yes,
            Ok(Some(_)) => Member::No,
            // GitHub says the same of somebody outside as of a team that the token may not see.
            Ok(None) if self.find(&place).await.is_ok_and(|team| team.is_some()) => Member::No,
            Ok(None) => Member::Unseen,
            Err(error) if error.is_forbidden() => Member::Unseen,
            Err(error) => return Err(error),
        };
        known.insert(key, member);
        Ok(member)
    }

    /// `CODEOWNERS` of a commit; none where there is none.
    async fn code_owners(&mut self, pull: &Pull, commit: &str) -> Result<Option<CodeOwners>, Error> {
        for place in PLACES {
            let path = repository(&pull.owner, &pull.repository);
            let address = format!("{path}/contents/{place}?ref={}", part(commit));
            if let Some(file) = self.find(&address).await? {
                let text = content(&file).ok_or_else(|| Error::odd(&address))?;
                return Ok(Some(CodeOwners::read(&text)));
            }
        }
        Ok(None)
    }

    /// What is there; none where GitHub knows nothing of it.
    async fn find(&mut self, path: &str) -> Result<Option<Value>, Error> {
        match self.get(path).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Approvals of code owners are asked for where nobody owns anything.
fn no_code_owners() -> Counting {
    let unknown = "the base commit has no CODEOWNERS, or the token may not read it".to_owned();
    Counting { unknown: vec![unknown], ..Counting::default() }
}

/// A file's text; GitHub gives files of up to a megabyte so, and lines of 76 characters.
fn content(file: &Value) -> Option<String> {
    let encoded = file["content"].as_str().filter(|_| file["encoding"] == "base64")?;
    let bytes = BASE64_STANDARD.decode(encoded.replace(['\n', '\r'], "")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A review by a person. Bots' words lift nothing.
fn given(review: &Value) -> Option<Given> {
    if review["user"]["type"] != "User" {
        return None;
    }
    let state = match review["state"].as_str()? {
        "APPROVED" => Said::Approved,
        "CHANGES_REQUESTED" | "DISMISSED" => Said::Refused,
        _ => Said::Commented,
    };
    Some(Given {
        login: review["user"]["login"].as_str()?.to_owned(),
        state,
        commit: review["commit_id"].as_str().unwrap_or_default().to_owned(),
    })
}
