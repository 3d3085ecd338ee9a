//! A pull request and what people and the bot have said in it.

use secrecy::SecretString;
use serde_json::Value;

use super::threads::Threads;
use super::{Error, GitHub, Kind, Verb, part};
use crate::diff::Diff;
use crate::draft::Draft;
use crate::event::{Ended, Event, Occasion};
use crate::reconcile::Step;
use crate::requests;

/// Most files that GitHub lists of a pull request.
const MOST_FILES: usize = 3_000;

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The repository that it goes into: its owner.
    pub owner: String,
    /// The repository's name.
    pub repository: String,
    /// Its number.
    pub number: u64,
}

impl Pull {
    fn path(&self, rest: &str) -> String {
        format!("{}/pulls/{}{rest}", repository(&self.owner, &self.repository), self.number)
    }
}

/// The path of a repository.
pub(super) fn repository(owner: &str, name: &str) -> String {
    format!("/repos/{}/{}", part(owner), part(name))
}

/// What is known of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its last commit now.
    pub head: String,
    /// Who has opened it.
    pub author: String,
}

impl GitHub {
    /// How a pull request is now.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn state(&mut self, pull: &Pull) -> Result<State, Error> {
        let path = pull.path("");
        let found = self.get(&path).await?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| Error::odd(&path));
        Ok(State { head: text(&found["head"]["sha"])?, author: text(&found["user"]["login"])? })
    }

    /// What the pull request shows, as GitHub sees it: only there are comments taken.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn diff(&mut self, pull: &Pull) -> Result<Diff, Error> {
        let mut diff = Diff::default();
        let files = self.list(&pull.path("/files"), None).await?;
        for file in files.iter().take(MOST_FILES).filter(|file| file["status"] != "removed") {
            if let Some(path) = file["filename"].as_str() {
                diff.add(path, file["patch"].as_str());
            }
        }
        Ok(diff)
    }

    /// The threads that the bot has begun there.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn threads(&mut self, pull: &Pull) -> Result<Threads, Error> {
        super::threads::read(self, pull).await
    }

    /// Says drafts in one review. GitHub takes all of them or none.
    ///
    /// # Errors
    /// It takes none, or nobody knows.
    pub async fn review(&mut self, pull: &Pull, head: &str, drafts: &[&Draft]) -> Result<(), Error> {
        self.post(&pull.path("/reviews"), &requests::review(head, drafts)).await.map(drop)
    }

    /// Comments on a file as a whole.
    ///
    /// # Errors
    /// GitHub does not take it, or nobody knows.
    pub async fn file_comment(&mut self, pull: &Pull, head: &str, draft: &Draft) -> Result<(), Error> {
        self.post(&pull.path("/comments"), &requests::file_comment(head, draft)).await.map(drop)
    }

    /// Changes a thread. `head` is the commit that was looked at.
    ///
    /// # Errors
    /// GitHub does not do it, or nobody knows.
    pub async fn step(&mut self, pull: &Pull, head: &str, step: &Step) -> Result<(), Error> {
        match step {
            Step::Reopen { thread } => super::threads::reopen(self, thread).await,
            Step::Resolve { thread, or_say } => match (super::threads::resolve(self, thread).await, or_say) {
                // Some tokens may comment and not resolve.
                (Err(error), Some(comment)) if error.is_forbidden() => {
                    self.say_gone(pull, head, *comment).await
                }
                (done, _) => done,
            },
            Step::Update { comment, body } => {
                let path = repository(&pull.owner, &pull.repository);
                let path = format!("{path}/pulls/comments/{comment}");
                self.patch(&path, &requests::text(body), Kind::Repeatable).await.map(drop)
            }
            Step::SayGone { comment } => self.say_gone(pull, head, *comment).await,
        }
    }

    async fn say_gone(&mut self, pull: &Pull, head: &str, comment: u64) -> Result<(), Error> {
        let body = requests::text(&crate::body::gone(head));
        self.post(&pull.path(&format!("/comments/{comment}/replies")), &body).await.map(drop)
    }

    /// A token for one repository of an App's installation; the connection speaks as the App.
    ///
    /// # Errors
    /// GitHub gives none.
    pub async fn token(
        &mut self,
        installation: u64,
        name: &str,
        scanning: bool,
        teams: bool,
    ) -> Result<SecretString, Error> {
        let path = format!("/app/installations/{installation}/access_tokens");
        // A token too many harms nobody.
        let body = requests::token(name, scanning, teams);
        let made = self.send(Verb::Post, &path, Some(&body), Kind::Repeatable).await?.body;
        made["token"].as_str().map(SecretString::from).ok_or_else(|| Error::odd(&path))
    }

    /// The event of the open pull request that an ended run was for; none where it has moved on or is closed.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn event_of(&mut self, run: &Ended) -> Result<Option<Event>, Error> {
        let path = repository(&run.owner, &run.repository);
        let from = format!("{}:{}", part(&run.from), part(&run.branch));
        let pulls = self.list(&format!("{path}/pulls?state=open&head={from}"), None).await?;
        let of_run = |pull: &&Value| pull["head"]["sha"] == run.head.as_str();
        Ok(pulls.iter().find(of_run).and_then(|pull| event(&run.owner, &run.repository, pull)))
    }

    /// The event of the open pull request whose last commit this is; none where there is none.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn event_of_head(
        &mut self,
        owner: &str,
        name: &str,
        head: &str,
    ) -> Result<Option<Event>, Error> {
        let path = format!("{}/commits/{}/pulls", repository(owner, name), part(head));
        let pulls = self.list(&path, None).await?;
        let is_meant = |pull: &&Value| pull["state"] == "open" && pull["head"]["sha"] == head;
        Ok(pulls.iter().find(is_meant).and_then(|pull| event(owner, name, pull)))
    }

    /// The merged or open pull request that brought a commit; none where it came otherwise.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn pull_of(&mut self, owner: &str, name: &str, commit: &str) -> Result<Option<u64>, Error> {
        let path = format!("{}/commits/{}/pulls", repository(owner, name), part(commit));
        Ok(self.list(&path, None).await?.first().and_then(|pull| pull["number"].as_u64()))
    }
}

/// The event that a pull request, as GitHub lists it, would have been opened with.
fn event(owner: &str, name: &str, pull: &Value) -> Option<Event> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let number = pull["number"].as_u64()?;
    Some(Event {
        owner: owner.to_owned(),
        repository: name.to_owned(),
        occasion: Occasion::Pull,
        pull: Some(number),
        base: text(&pull["base"]["sha"])?,
        head: text(&pull["head"]["sha"])?,
        reference: format!("refs/pull/{number}/head"),
        onto: text(&pull["base"]["ref"]).map(|branch| format!("refs/heads/{branch}")),
        from_fork: pull["head"]["repo"]["full_name"] != pull["base"]["repo"]["full_name"],
        again: None,
    })
}
