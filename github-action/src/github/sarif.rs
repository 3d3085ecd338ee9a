//! Uploads to code scanning.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::pull::repository;
use super::{Error, GitHub, part};
use crate::requests;

/// Most bytes of an upload, compressed.
const MOST_BYTES: usize = 10 << 20;

impl GitHub {
    /// Uploads SARIF for a commit, unless it is there already. `reference` is a full one: `refs/pull/3/merge`.
    ///
    /// # Errors
    /// It is too large, or GitHub does not take it.
    pub async fn sarif(
        &mut self,
        owner: &str,
        name: &str,
        commit: &str,
        reference: &str,
        text: &str,
    ) -> Result<(), Error> {
        let path = repository(owner, name);
        if self.is_uploaded(&path, commit, reference).await {
            return Ok(());
        }
        let too_large = |size: usize| Error::Refused {
            status: 413,
            message: format!("the SARIF file has {size} bytes compressed, and GitHub takes {MOST_BYTES}"),
        };
        let packed = pack(text).map_err(|error| Error::Unanswered(error.to_string()))?;
        if packed.len() > MOST_BYTES {
            return Err(too_large(packed.len()));
        }
        let body = requests::sarif(commit, reference, &BASE64_STANDARD.encode(packed));
        self.post(&format!("{path}/code-scanning/sarifs"), &body).await.map(drop)
    }

    /// Whether this version has told code scanning about the commit. Where GitHub does not say, another upload does no
    /// harm: it takes the place of the first.
    async fn is_uploaded(&mut self, path: &str, commit: &str, reference: &str) -> bool {
        let address = format!(
            "{path}/code-scanning/analyses?tool_name=runtime-policy&ref={}&per_page=100",
            part(reference)
        );
        let Ok(answer) = self.get(&address).await else { return false };
        let is_this = |analysis: &serde_json::Value| {
            analysis["commit_sha"] == commit && analysis["tool"]["version"] == env!("CARGO_PKG_VERSION")
        };
        answer.as_array().is_some_and(|analyses| analyses.iter().any(is_this))
    }
}

fn pack(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}
