//! Copies of repositories, for the analyser to read. Git brings commits and does nothing else: no checkout, no hook, no
//! filter, no submodule.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;
use tokio::process::Command;
use tokio::time::timeout;

/// Settings that could run something, or lead elsewhere.
const SETTINGS: [&str; 10] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "fetch.fsckObjects=true",
    "gc.auto=0",
    "http.followRedirects=false",
    "maintenance.auto=false",
    "protocol.allow=never",
    "protocol.https.allow=always",
];

/// Why a repository cannot be had.
#[derive(Debug)]
pub(super) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom to fetch from.
pub(super) struct Source<'a> {
    /// Where repositories are: `https://github.com`.
    pub server: &'a str,
    pub owner: &'a str,
    pub name: &'a str,
    pub token: &'a SecretString,
    /// Full names of what to fetch.
    pub references: &'a [String],
    /// How long that may take.
    pub limit: Duration,
}

/// Brings a copy below `folder` up to date and gives its place.
pub(super) async fn fetch(folder: &Path, source: &Source<'_>) -> Result<PathBuf, Error> {
    let place = folder.join(source.owner).join(source.name);
    std::fs::create_dir_all(&place)
        .map_err(|error| Error(format!("cannot make `{}`: {error}", place.display())))?;
    // Anew each time: nothing can have settled in its configuration.
    git(&place, &["init", "--quiet", "--template="], source.limit).await?;
    let secret = credentials(folder, source)?;
    let helper = format!("credential.helper=store --file='{}'", secret.path().display());
    let address = format!("{}/{}/{}.git", source.server, source.owner, source.name);
    let mut arguments = vec!["-c", &helper];
    // For tests, which have no certificates: loopback only.
    if source.server.starts_with("http://127.0.0.1:") {
        arguments.extend(["-c", "protocol.http.allow=always"]);
    }
    arguments.extend(["fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--", &address]);
    let wanted: Vec<String> = source
        .references
        .iter()
        .map(|name| format!("+{name}:refs/reviewed/{}", name.trim_start_matches("refs/")))
        .collect();
    arguments.extend(wanted.iter().map(String::as_str));
    git(&place, &arguments, source.limit).await?;
    Ok(place)
}

/// The token, in a file that only its owner may read and that is gone with the value: neither arguments nor an
/// environment keep a secret.
fn credentials(folder: &Path, source: &Source<'_>) -> Result<NamedTempFile, Error> {
    let fail = |error: std::io::Error| Error(format!("cannot write below `{}`: {error}", folder.display()));
    let mut file = NamedTempFile::new_in(folder).map_err(fail)?;
    let (scheme, host) = source.server.split_once("://").unwrap_or(("https", source.server));
    writeln!(file, "{scheme}://x-access-token:{}@{host}", source.token.expose_secret()).map_err(fail)?;
    Ok(file)
}

async fn git(place: &Path, arguments: &[&str], limit: Duration) -> Result<(), Error> {
    let mut command = Command::new("git");
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
        .args(arguments)
        .current_dir(place)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CEILING_DIRECTORIES", place.parent().unwrap_or(place))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = match timeout(limit, command.output()).await {
        Ok(output) => output.map_err(|error| Error(format!("git cannot be run: {error}")))?,
        Err(_) => return Err(Error(format!("git took more than {} s", limit.as_secs()))),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error(format!("git: {}", said.lines().next().unwrap_or("no word"))))
}
