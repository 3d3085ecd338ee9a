//! The check run on a commit.

use serde_json::Value;

use super::pull::repository;
use super::{Error, GitHub, Kind, part};
use crate::check_run::{CheckRun, NAME};

/// How often a run that broke off is taken up again.
const ROUNDS: u32 = 3;

impl GitHub {
    /// Brings the check run of a commit to what it should say. Says nothing twice: where no answer came, it first
    /// looks what is there.
    ///
    /// # Errors
    /// GitHub does not take it, or nobody knows.
    pub async fn check_run(
        &mut self,
        owner: &str,
        name: &str,
        head: &str,
        run: &CheckRun,
    ) -> Result<(), Error> {
        let path = repository(owner, name);
        let mut last = Error::TimeUp;
        for round in 1..=ROUNDS {
            match self.try_check_run(&path, head, run).await {
                Err(error) if error.is_open() => last = error,
                done => return done,
            }
            self.pause(round).await?;
        }
        Err(last)
    }

    async fn try_check_run(&mut self, path: &str, head: &str, run: &CheckRun) -> Result<(), Error> {
        let (id, there) = match self.latest(path, head).await? {
            Some(known) if known["external_id"].as_str().is_some_and(|id| run.is(id)) => {
                if known["status"] == "completed" {
                    return Ok(());
                }
                let id = number(&known, path)?;
                (id, self.list(&format!("{path}/check-runs/{id}/annotations"), None).await?)
            }
            _ => {
                let body = run.create();
                let made = self.post(&format!("{path}/check-runs"), &body).await?;
                if body["status"] == "completed" {
                    return Ok(());
                }
                let said = body["output"]["annotations"].as_array().cloned().unwrap_or_default();
                (number(&made, path)?, said)
            }
        };
        for body in run.finish(&there) {
            // GitHub adds annotations to those there are, so twice would be twice.
            self.patch(&format!("{path}/check-runs/{id}"), &body, Kind::Once).await?;
        }
        Ok(())
    }

    /// The newest run of the bot's name.
    async fn latest(&mut self, path: &str, head: &str) -> Result<Option<Value>, Error> {
        let address = format!("{path}/commits/{}/check-runs?check_name={NAME}&filter=all", part(head));
        let runs = self.list(&address, Some("check_runs")).await?;
        Ok(runs.into_iter().max_by_key(|run| run["id"].as_u64()))
    }
}

fn number(run: &Value, path: &str) -> Result<u64, Error> {
    run["id"].as_u64().ok_or_else(|| Error::odd(path))
}
