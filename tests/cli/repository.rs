//! A folder with files that real git keeps, and the program run in it.

use std::path::Path;
use std::process::{Command, Output};

use super::tree::{Tree, command};

/// A tree in a repository of its own, whose branch is `main`.
pub struct Repository(pub Tree);

impl Repository {
    /// With a manifest that depends on libc and further files, all of them committed.
    pub fn new(files: &[(&str, &str)]) -> Repository {
        Repository::with(&["init", "-q", "-b", "main"], files)
    }

    /// As [`Repository::new`], made by another command.
    pub fn with(init: &[&str], files: &[(&str, &str)]) -> Repository {
        let repository = Repository(Tree::package(files));
        repository.git(init);
        repository.commit("first");
        repository
    }

    /// Runs git, which has to succeed; gives its output without the last line end.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(self.0.path(), arguments)
    }

    /// Commits all there is.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// What `check` finds, as `src/lib.rs:2 manual-gc error`; it must not end with 2.
    pub fn found(&self, arguments: &[&str]) -> Vec<String> {
        let (code, _, error) = self.0.say(&[&["check"], arguments].concat());
        assert!(code < 2, "{arguments:?}: {error}");
        self.0.found(arguments)
    }
}

/// Runs git in a folder, without what this machine's users have set.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let run = git_command(folder).args(arguments).output().expect("git");
    assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).trim_end().to_owned()
}

/// Git in a folder, without what this machine's users have set.
pub fn git_command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=A Person", "-c", "user.email=person@example.org"])
        .args(["-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"]);
    git
}

/// Runs the program on a diff given on standard input.
pub fn with_input(folder: &Path, arguments: &[&str], input: &str) -> Output {
    command(folder).args(arguments).write_stdin(input).output().expect("runs")
}
