//! Nothing of what is checked is executed: not its code, not what its settings name, not what the machine has.

use std::path::Path;
use std::process::Command;

use super::repository::{git, git_command};
use super::tree::{TRIM, Tree};

/// Programs that a tool of this kind might call.
const PROGRAMS: [&str; 9] = ["cargo", "rustc", "rustup", "git", "go", "sh", "cc", "rustfmt", "python3"];

/// A tree that leaves a mark if anything in it, or anything that it names, is run.
fn poisoned() -> Tree {
    let tree = Tree::new(&[]);
    let mark = tree.path().join("marker");
    let mark = mark.to_string_lossy();
    let touch = format!("#!/bin/sh\n: > '{mark}'\n");
    let manifest = "[package]\nname = \"bait\"\nversion = \"0.1.0\"\nedition = \"2024\"\nbuild = \"build.rs\"\n\
                    [lib]\nproc-macro = true\n[dependencies]\nlibc = \"0.2\"\n[build-dependencies]\ncc = \"1\"\n";
    let build = format!("fn main() {{ std::fs::write(\"{mark}\", \"\").unwrap(); }}\n");
    let cargo = format!(
        "[build]\nrustc = \"{0}\"\nrustc-wrapper = \"{0}\"\n[alias]\ncheck = \"run\"\nruntime-policy = \"!{0}\"\n\
         [target.'cfg(all())']\nrunner = \"{0}\"\nlinker = \"{0}\"\n[registry]\nglobal-credential-providers = [\"{0}\"]\n",
        tree.path().join("bin/rustc").display()
    );
    let git = format!(
        "[core]\n\tfsmonitor = {0}\n\thooksPath = {1}\n\tpager = {0}\n\tsshCommand = {0}\n[diff]\n\texternal = {0}\n\
         [filter \"bait\"]\n\tclean = {0}\n\tsmudge = {0}\n",
        tree.path().join("bin/git").display(),
        tree.path().join("bin").display()
    );
    tree.write("Cargo.toml", manifest);
    tree.write("build.rs", &build);
    tree.write("src/lib.rs", TRIM);
    tree.write(".cargo/config.toml", &cargo);
    tree.write("rust-toolchain.toml", "[toolchain]\npath = \"bin\"\n");
    tree.write(".git/HEAD", "ref: refs/heads/main\n");
    tree.write(".git/config", &git);
    tree.write(".gitattributes", "* filter=bait diff=bait\n");
    tree.write("go.mod", "module bait\n\ntoolchain go1.99.0\n");
    for name in PROGRAMS {
        executable(&tree, &format!("bin/{name}"), &touch);
    }
    for hook in ["pre-commit", "post-checkout", "fsmonitor-watchman", "post-index-change"] {
        executable(&tree, &format!(".git/hooks/{hook}"), &touch);
    }
    tree
}

#[cfg(unix)]
fn executable(tree: &Tree, path: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    tree.write(path, text);
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(tree.path().join(path), permissions).expect("made executable");
}

#[cfg(not(unix))]
fn executable(tree: &Tree, path: &str, text: &str) {
    tree.write(path, text);
}

/// With an environment that leads every call into the trap.
fn trapped(program: &Path, tree: &Tree) -> Command {
    let bin = tree.path().join("bin");
    let mut command = Command::new(program);
    command.current_dir(tree.path()).env("PATH", &bin);
    for (name, program) in [
        ("CARGO", "cargo"),
        ("RUSTC", "rustc"),
        ("RUSTC_WRAPPER", "rustc"),
        ("RUSTC_WORKSPACE_WRAPPER", "rustc"),
        ("RUSTFMT", "rustfmt"),
        ("GIT_EXTERNAL_DIFF", "git"),
        ("GIT_SSH_COMMAND", "git"),
        ("GIT_PAGER", "git"),
        ("PAGER", "sh"),
        ("SHELL", "sh"),
        ("EDITOR", "sh"),
        ("CC", "cc"),
    ] {
        command.env(name, bin.join(program));
    }
    command
}

const RUNS: [&[&str]; 6] = [
    &["check"],
    &["check", "--no-select", "--format", "sarif"],
    &["check", "--diff", "--unsafe-fixes"],
    &["inspect", "src/lib.rs"],
    &["baseline", "write"],
    &["config", "verify"],
];

fn program() -> &'static Path {
    Path::new(assert_cmd::cargo::cargo_bin!("cargo-runtime-policy"))
}

#[test]
fn no_trap_of_a_poisoned_tree_springs() {
    let tree = poisoned();
    let marker = tree.path().join("marker");
    for arguments in RUNS {
        let run = trapped(program(), &tree).args(arguments).output().expect("runs");
        assert!(matches!(run.status.code(), Some(0 | 1)), "{arguments:?}: {run:?}");
        assert!(!marker.exists(), "{arguments:?} ran something");
    }
    let found = trapped(program(), &tree).args(["--format", "short"]).output().expect("runs");
    assert!(String::from_utf8_lossy(&found.stdout).contains("manual-gc"), "the tree was checked: {found:?}");
}

#[cfg(unix)]
#[test]
fn the_trap_works() {
    let tree = poisoned();
    let run = Command::new(tree.path().join("bin/git")).output().expect("runs");
    assert!(run.status.success() && tree.path().join("marker").exists());
}

/// A repository that real git keeps, whose settings name programs wherever git would run one.
fn poisoned_repository() -> Tree {
    let tree = Tree::package(&[("src/lib.rs", "pub fn tidy() {}\n"), ("src/other.rs", "")]);
    git(tree.path(), &["init", "-q", "-b", "main"]);
    git(tree.path(), &["add", "."]);
    git(tree.path(), &["commit", "-q", "-m", "first"]);
    // An object that is not there, and a remote that would bring it.
    let id = git(tree.path(), &["rev-parse", "HEAD:src/other.rs"]);
    std::fs::remove_file(tree.path().join(".git/objects").join(&id[..2]).join(&id[2..])).expect("removed");
    let unused = "// runtime-policy: allow(profile-rate) -- there is a fix for this\n";
    tree.write("src/lib.rs", &(TRIM.to_owned() + unused));
    let trap = tree.path().join("bin/sh");
    let trap = trap.display();
    executable(&tree, "bin/sh", &format!("#!/bin/sh\n: > '{}'\n", tree.path().join("marker").display()));
    for hook in ["pre-commit", "post-index-change", "fsmonitor-watchman", "query-watchman"] {
        executable(&tree, &format!("bin/{hook}"), &tree.read("bin/sh"));
    }
    for (name, value) in [
        ("core.fsmonitor", format!("{trap}")),
        ("core.hooksPath", format!("{}", tree.path().join("bin").display())),
        ("core.pager", format!("{trap}")),
        ("core.sshCommand", format!("{trap}")),
        ("core.alternateRefsCommand", format!("{trap}")),
        ("diff.external", format!("{trap}")),
        ("diff.bait.command", format!("{trap}")),
        ("diff.bait.textconv", format!("{trap}")),
        ("filter.bait.clean", format!("{trap}")),
        ("filter.bait.smudge", format!("{trap}")),
        ("filter.bait.required", "true".to_owned()),
        ("filter.a=b.process", format!("{trap}")),
        ("filter.a=b.required", "true".to_owned()),
        ("remote.origin.url", format!("ext::{trap}")),
        ("remote.origin.promisor", "true".to_owned()),
        ("protocol.ext.allow", "always".to_owned()),
        ("extensions.partialClone", "origin".to_owned()),
        ("core.repositoryFormatVersion", "1".to_owned()),
    ] {
        git(tree.path(), &["config", name, &value]);
    }
    tree.write(".git/info/attributes", "* filter=bait diff=bait\n*.toml filter=a=b\n");
    tree
}

/// Changes that git is asked about; the last one needs the object that is not there.
const CHANGES: [(&[&str], i32); 4] = [
    (&["check", "--since", "HEAD"], 1),
    (&["check", "--staged"], 0),
    (&["check", "--fix"], 2),
    (&["check", "--since", "HEAD", "--no-select"], 2),
];

/// Runs each of [`CHANGES`] as `run` says.
fn each_change(mut run: impl FnMut(&Tree, &[&str]) -> std::process::Output) {
    for (number, (arguments, code)) in CHANGES.into_iter().enumerate() {
        let tree = poisoned_repository();
        if number + 1 == CHANGES.len() {
            tree.write("src/other.rs", "// Another text.\n");
        }
        // Git compares a file's contents where it is as new as the index; then it would ask the filters.
        let now = std::time::SystemTime::now();
        for path in [".git/index", "Cargo.toml", "src/lib.rs"] {
            let file = std::fs::File::options().write(true).open(tree.path().join(path)).expect("there");
            file.set_modified(now).expect("set");
        }
        let done = run(&tree, arguments);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {done:?}");
        assert!(!tree.path().join("marker").exists(), "{arguments:?} ran something");
    }
}

#[cfg(unix)]
#[test]
fn git_is_asked_so_that_it_runs_nothing_of_the_repositorys() {
    each_change(|tree, arguments| {
        // A relative folder on the search path would lead into what is checked.
        let mut path = std::ffi::OsString::from("bin:");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        executable(tree, "bin/git", &tree.read("bin/sh"));
        Command::new(program())
            .current_dir(tree.path())
            .env("PATH", path)
            .args(arguments)
            .output()
            .expect("runs")
    });
    let tree = poisoned_repository();
    let run = git_command(tree.path()).args(["add", "Cargo.toml", "src/lib.rs"]).output().expect("git");
    assert!(tree.path().join("marker").exists(), "the trap works: {run:?}");
}

/// The kernel's word: one program starts, it is ours, and no connection is opened; where a change is asked about, git
/// starts too.
#[cfg(target_os = "linux")]
#[test]
fn a_tracer_sees_one_program_and_no_socket() {
    let on_path = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    };
    let Some(strace) = on_path("strace") else {
        assert!(std::env::var_os("CI").is_none(), "strace is missing; .ci/run installs it");
        eprintln!("strace is not installed: the tracer's half of this test did not run");
        return;
    };
    let traced = |mut command: Command, folder: &Path, arguments: &[&str]| {
        let log = tempfile::NamedTempFile::new().expect("a file");
        command.args(["-f", "-qq", "-e", "trace=execve,execveat,socket,connect", "-o"]).arg(log.path());
        let run = command.current_dir(folder).arg(program()).args(arguments).output().expect("runs");
        let log = std::fs::read_to_string(log.path()).expect("read");
        let is_call = |line: &&str| line.contains('(') && !line.contains("<detached");
        (run, log.lines().filter(is_call).map(str::to_owned).collect::<Vec<_>>())
    };
    for arguments in RUNS {
        let tree = poisoned();
        let (run, calls) = traced(trapped(&strace, &tree), tree.path(), arguments);
        assert!(matches!(run.status.code(), Some(0 | 1)), "{arguments:?}: {run:?}");
        assert_eq!(calls.len(), 1, "{arguments:?}: {calls:?}");
        assert!(calls[0].contains("execve(") && calls[0].contains("cargo-runtime-policy"), "{calls:?}");
    }
    let git = on_path("git").expect("git");
    each_change(|tree, arguments| {
        let (run, calls) = traced(Command::new(&strace), tree.path(), arguments);
        let ours = format!("execve(\"{}\"", program().display());
        let gits = format!("execve(\"{}\"", git.display());
        assert!(calls.iter().all(|call| call.contains(&ours) || call.contains(&gits)), "{calls:?}");
        run
    });
}
