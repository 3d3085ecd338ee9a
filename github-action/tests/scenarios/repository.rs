//! A git repository with a pull request in it.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A repository whose work tree is not what is reviewed: it stays at the base.
pub struct Repository {
    folder: TempDir,
    pub base: String,
    pub head: String,
}

/// A handler that the change makes trim.
pub const TRIMS: &str = "\
pub fn answer(_request: &str) -> u32 {
    unsafe { libc::malloc_trim(0) };
    1
}
";

impl Repository {
    /// A service, and a change with these further files.
    pub fn with(files: &[(&str, &str)]) -> Repository {
        Repository::between(&[], files)
    }

    /// A service with these further files, and the change.
    pub fn on_base(files: &[(&str, &str)]) -> Repository {
        Repository::between(files, &[])
    }

    /// A service with these further files, and the change with those.
    pub fn between(on_base: &[(&str, &str)], changed: &[(&str, &str)]) -> Repository {
        let folder = TempDir::new().expect("a folder");
        let root = folder.path();
        git(root, &["init", "-q", "-b", "main"]);
        write(
            root,
            "Cargo.toml",
            "[package]\nname = \"service\"\nedition = \"2024\"\n\n[dependencies]\nlibc = \"0.2\"\n",
        );
        write(root, "src/lib.rs", "pub mod a;\n\npub fn one() -> u32 {\n    1\n}\n");
        write(root, "src/a.rs", "pub fn answer(_request: &str) -> u32 {\n    1\n}\n");
        on_base.iter().for_each(|(path, text)| write(root, path, text));
        let base = commit(root);
        git(root, &["checkout", "-q", "-b", "change"]);
        write(root, "src/a.rs", TRIMS);
        changed.iter().for_each(|(path, text)| write(root, path, text));
        let head = commit(root);
        git(root, &["checkout", "-q", "main"]);
        Repository { folder, base, head }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the change another branch.
    pub fn branch(&self, name: &str) {
        git(self.root(), &["update-ref", &format!("refs/heads/{name}"), &self.head]);
    }

    /// Its git folder, with the lists that git needs to fetch from plain files and with GitHub's name of the change.
    pub fn served(&self) -> std::path::PathBuf {
        git(self.root(), &["update-ref", "refs/pull/3/head", &self.head]);
        git(self.root(), &["update-server-info"]);
        self.root().join(".git")
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
    std::fs::write(file, text).expect("a file");
}

fn commit(root: &Path) -> String {
    git(root, &["add", "-A"]);
    git(root, &["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x"]);
    git(root, &["rev-parse", "HEAD"]).trim().to_owned()
}

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").current_dir(root).args(arguments).output().expect("git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
