//! A folder with files, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

/// A function that breaks `manual-gc` on its second line.
pub const TRIM: &str = "pub fn tidy() {\n    unsafe { libc::malloc_trim(0) };\n}\n";

const MANIFEST: &str =
    "[package]\nname = \"a-case\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nlibc = \"0.2\"\n";

/// The repository's own example.
pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test-cases/demo-service")
}

/// A folder with files.
pub struct Tree(tempfile::TempDir);

impl Tree {
    /// With files by their paths.
    pub fn new(files: &[(&str, &str)]) -> Tree {
        let tree = Tree(tempfile::tempdir().expect("a folder"));
        files.iter().for_each(|(path, text)| tree.write(path, text));
        tree
    }

    /// With a manifest that depends on libc, and further files.
    pub fn package(files: &[(&str, &str)]) -> Tree {
        let tree = Tree::new(files);
        tree.write("Cargo.toml", MANIFEST);
        tree
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("has one")).expect("folders");
        std::fs::write(file, text).expect("written");
    }

    /// Reads a file.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).expect("read")
    }

    /// Runs the program as `cargo runtime-policy …` does.
    pub fn run(&self, arguments: &[&str]) -> Output {
        command(self.path()).arg("runtime-policy").args(arguments).output().expect("runs")
    }

    /// Exit code, standard output and standard error, with the folder's name taken out.
    pub fn say(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.run(arguments);
        let root = self.path().canonicalize().expect("there");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*root.to_string_lossy(), "ROOT");
        (output.status.code().expect("ended by itself"), text(&output.stdout), text(&output.stderr))
    }

    /// Findings as `src/lib.rs:2 manual-gc error`.
    pub fn found(&self, arguments: &[&str]) -> Vec<String> {
        let (_, out, _) = self.say(&[&["check", "--format", "json"], arguments].concat());
        let line = |line: &str| {
            let finding: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let word = |key: &str| finding[key].as_str().expect("text").to_owned();
            format!("{}:{} {} {}", word("path"), finding["line"], word("rule"), word("level"))
        };
        out.lines().map(line).collect()
    }
}

/// The program, in a folder and without what this machine's environment may say to it.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cargo-runtime-policy").expect("built");
    command.current_dir(folder);
    for name in ["GITHUB_ACTIONS", "GITHUB_WORKSPACE", "RUNTIME_POLICY_TODAY", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}
