//! Git, asked for what it has. The only program that the analyser ever runs.
//!
//! A repository's own settings can name programs: monitors, hooks, filters, pagers, transports. None of them is run:
//! they are switched off where git is called, and nothing is asked that would need them.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::Error;
use crate::workspace::MAX_FILE_BYTES;

/// Variables that say where a repository is; git sets them for its hooks.
const PLACES: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
];

/// Settings that could run something, or keep git from answering about a checkout that another user owns.
const SETTINGS: [&str; 8] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.alternateRefsCommand=",
    "protocol.allow=never",
    "submodule.recurse=false",
    "diff.ignoreSubmodules=dirty",
    "safe.directory=*",
];

/// Bytes of one file that are kept at most: one more than a run reads unless it is told to read larger files.
const MAX_BYTES: u64 = MAX_FILE_BYTES + 1;

/// A repository with a work tree.
#[derive(Debug)]
pub(crate) struct Git {
    program: PathBuf,
    /// Where commands run: the folder asked about, then the top of the work tree.
    folder: PathBuf,
    places: Vec<(&'static str, Option<OsString>)>,
    /// The folder asked about, relative to the top: empty or ending in `/`.
    pub prefix: String,
    filters: OnceLock<Vec<(String, &'static str)>>,
}

impl Git {
    /// The repository that a folder lies in.
    pub(crate) fn at(root: &Path) -> Result<Git, Error> {
        let mut git = Git {
            program: program().ok_or(Error::NoGit)?,
            folder: root.to_owned(),
            places: Vec::new(),
            prefix: String::new(),
            filters: OnceLock::new(),
        };
        git.places = git.places_for(root);
        let answer = git
            .text(&["rev-parse", "--show-toplevel", "--show-prefix"])
            .map_err(|message| Error::NoRepository { root: root.to_owned(), message })?;
        let mut lines = answer.lines();
        git.folder = PathBuf::from(lines.next().unwrap_or_default());
        git.prefix = lines.next().unwrap_or_default().to_owned();
        Ok(git)
    }

    /// Git names the places for its hooks relative to where it runs them, and takes the folder it runs in for the top
    /// where only one of them is given; commands here run in other folders.
    fn places_for(&self, root: &Path) -> Vec<(&'static str, Option<OsString>)> {
        let Ok(here) = std::env::current_dir() else { return Vec::new() };
        let given = |name| std::env::var_os(name).map(|place| here.join(place).into_os_string());
        let is_set = |name: &&str| std::env::var_os(name).is_some();
        let absolute = || PLACES.into_iter().filter(is_set).map(|name| (name, given(name))).collect();
        if std::env::var_os("GIT_DIR").is_none() {
            return absolute();
        }
        let asked = Git {
            program: self.program.clone(),
            folder: here.clone(),
            places: Vec::new(),
            prefix: String::new(),
            filters: OnceLock::new(),
        };
        let top = asked.text(&["rev-parse", "--show-toplevel"]).ok();
        let top = top.and_then(|top| Path::new(top.trim_end_matches('\n')).canonicalize().ok());
        match top.filter(|top| root.starts_with(top)) {
            Some(top) => {
                let mut places: Vec<_> = absolute();
                places.retain(|(name, _)| *name != "GIT_WORK_TREE");
                places.push(("GIT_WORK_TREE", Some(top.into_os_string())));
                places
            }
            // They are about another repository than the one that is checked.
            None => PLACES.into_iter().map(|name| (name, None)).collect(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.command_under(SETTINGS.iter().copied(), arguments)
    }

    fn command_under<'s>(&self, settings: impl Iterator<Item = &'s str>, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).arg("--literal-pathspecs");
        for setting in settings {
            command.args(["-c", setting]);
        }
        for (name, place) in &self.places {
            match place {
                Some(place) => command.env(name, place),
                None => command.env_remove(name),
            };
        }
        for name in ["GIT_CONFIG_PARAMETERS", "GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND"] {
            command.env_remove(name);
        }
        // Git is asked for what lies here, and needs nobody's secrets for it.
        for (name, _) in std::env::vars_os() {
            let upper = name.to_string_lossy().to_uppercase();
            let is_secret = ["TOKEN", "SECRET", "PASSWORD", "KEY"].iter().any(|word| upper.contains(word));
            if is_secret && !upper.starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// As [`Git::command`], for what compares files on disk: git would send some through filters.
    fn looking_at_files(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        let filters = self.filters.get_or_init(|| self.filters());
        command.env("GIT_CONFIG_COUNT", filters.len().to_string());
        for (number, (name, value)) in filters.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{number}"), name)
                .env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command
    }

    /// Every setting of a filter, with a value that switches the filter off.
    fn filters(&self) -> Vec<(String, &'static str)> {
        let asked = ["config", "-z", "--name-only", "--get-regexp", r"^filter\."];
        let names = self.text(&asked).unwrap_or_default();
        let off = |name: &str| {
            let value = if name.ends_with(".required") { "false" } else { "" };
            (name.to_owned(), value)
        };
        names.split('\0').filter(|name| !name.is_empty()).map(off).collect()
    }

    /// The folder of the repository's hooks, and whether somebody has set it.
    pub(crate) fn hooks(&self) -> Result<(PathBuf, bool), Error> {
        let settings = || SETTINGS.into_iter().filter(|setting| !setting.starts_with("core.hooksPath="));
        let ask = |arguments: &[&str]| answer(&mut self.command_under(settings(), arguments), None);
        let folder = ask(&["rev-parse", "--git-path", "hooks"]).map_err(Error::Git)?;
        let folder = self.folder.join(String::from_utf8_lossy(&folder).trim_end_matches('\n'));
        Ok((folder, ask(&["config", "--get", "core.hooksPath"]).is_ok()))
    }

    /// What git answers, as text; on failure its first words.
    pub(crate) fn text(&self, arguments: &[&str]) -> Result<String, String> {
        let output = answer(&mut self.command(arguments), None)?;
        String::from_utf8(output).map_err(|_| "it gave a name that is not UTF-8".to_owned())
    }

    /// What git answers to a question about files on disk.
    pub(crate) fn about_files(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        answer(&mut self.looking_at_files(arguments), None).map_err(Error::Git)
    }

    /// What git answers.
    pub(crate) fn bytes(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        answer(&mut self.command(arguments), None).map_err(Error::Git)
    }

    /// What git answers to an input.
    pub(crate) fn with_input(&self, arguments: &[&str], input: &[u8]) -> Result<String, String> {
        let output = answer(&mut self.command(arguments), Some(input))?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    /// The contents of objects, each read once.
    pub(crate) fn blobs(&self, ids: &[&str]) -> Result<FxHashMap<String, Arc<[u8]>>, Error> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(FxHashMap::default());
        }
        let failed = |error: std::io::Error| Error::Git(error.to_string());
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let asked = ids.join("\n") + "\n";
        let found = std::thread::scope(|scope| {
            // Git answers while it is asked: neither side may wait for the other.
            scope.spawn(move || input.map(|mut input| input.write_all(asked.as_bytes())));
            let Some(output) = output else { return Ok(FxHashMap::default()) };
            read_blobs(&mut BufReader::with_capacity(1 << 16, output), &ids)
        });
        child.wait().map_err(failed)?;
        found
    }
}

fn read_blobs(output: &mut impl BufRead, ids: &[&str]) -> Result<FxHashMap<String, Arc<[u8]>>, Error> {
    let failed = |error: std::io::Error| Error::Git(error.to_string());
    let mut found = FxHashMap::default();
    for id in ids {
        let mut head = String::new();
        output.read_line(&mut head).map_err(failed)?;
        let Some(size) = head.split_whitespace().nth(2).and_then(|size| size.parse::<u64>().ok()) else {
            return Err(Error::MissingObject((*id).to_owned()));
        };
        let kept = size.min(MAX_BYTES);
        let mut bytes = Vec::with_capacity(kept as usize);
        output.take(kept).read_to_end(&mut bytes).map_err(failed)?;
        // The rest of what is too large, and the line end.
        std::io::copy(&mut output.take(size - kept + 1), &mut std::io::sink()).map_err(failed)?;
        found.insert((*id).to_owned(), bytes.into());
    }
    Ok(found)
}

/// Where git is. Folders of the search path that are relative are passed over: they would lead into what is checked.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("git{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(OsStr::new(&name)))
        .find(|file| file.is_file())
}

fn answer(git: &mut Command, input: Option<&[u8]>) -> Result<Vec<u8>, String> {
    if input.is_some() {
        git.stdin(Stdio::piped());
    }
    let run = || {
        let mut child = git.spawn()?;
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            stdin.write_all(input)?;
        }
        child.wait_with_output()
    };
    let output: std::process::Output = { run }().map_err(|error: std::io::Error| error.to_string())?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        let first = message.lines().next().unwrap_or_default();
        let first = first.trim_start_matches("fatal: ").trim_start_matches("error: ");
        return Err(if first.is_empty() { "it failed without a word".to_owned() } else { first.to_owned() });
    }
    Ok(output.stdout)
}
