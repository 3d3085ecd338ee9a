//! `--since`, `--staged` and `--diff FILE`: what a change brings, told by real git.

use super::repository::{Repository, git, git_command, with_input};
use super::tree::{TRIM, Tree, command};

const CLEAN: &str = "pub fn tidy() {}\n";

fn twice() -> String {
    TRIM.replace("tidy", "more") + TRIM
}

#[test]
fn what_was_there_before_is_old_wherever_it_stands_now() {
    let repository = Repository::new(&[("src/lib.rs", TRIM)]);
    repository.0.write("src/lib.rs", &format!("// A line more.\n\n{TRIM}"));
    assert_eq!(repository.found(&["--since", "HEAD"]), [""; 0]);
    repository.0.write("src/lib.rs", &twice());
    for change in [&["--since", "HEAD"][..], &["--since", "main"]] {
        assert_eq!(repository.found(change), ["src/lib.rs:2 manual-gc error"], "{change:?}");
    }
    let (code, out, _) = repository.0.say(&["check", "--since", "HEAD"]);
    assert!(code == 1 && out.contains("1 error in 1 file"), "{out}");
}

#[test]
fn of_two_alike_in_one_function_the_one_on_the_added_line_is_new() {
    let call = "    unsafe { libc::malloc_trim(0) };\n";
    let body = |calls: &str| format!("pub fn tidy() {{\n{calls}}}\n");
    let repository = Repository::new(&[("src/lib.rs", &body(&format!("    let _a = 1;\n{call}")))]);
    repository.0.write("src/lib.rs", &body(&format!("{call}    let _a = 1;\n{call}")));
    assert_eq!(repository.found(&["--since", "HEAD"]), ["src/lib.rs:2 manual-gc error"]);
}

#[test]
fn a_branch_answers_for_its_own_commits_only() {
    let repository = Repository::new(&[("src/lib.rs", "pub mod a;\n"), ("src/a.rs", TRIM)]);
    repository.git(&["switch", "-q", "-c", "topic"]);
    repository.0.write("src/b.rs", TRIM);
    repository.0.write("src/lib.rs", "pub mod a;\npub mod b;\n");
    repository.commit("topic");
    repository.git(&["switch", "-q", "main"]);
    repository.0.write("src/a.rs", CLEAN);
    repository.commit("mended on main");
    repository.git(&["switch", "-q", "topic"]);
    assert_eq!(repository.found(&["--since", "main"]), ["src/b.rs:2 manual-gc error"]);
    repository.0.write("src/new.rs", TRIM);
    repository.0.write("src/lib.rs", "pub mod a;\npub mod b;\npub mod new;\n");
    let both = ["src/b.rs:2 manual-gc error", "src/new.rs:2 manual-gc error"];
    assert_eq!(repository.found(&["--since", "main"]), both, "files that git does not know yet are new");
}

#[test]
fn staged_means_the_index_and_not_the_work_tree() {
    let repository = Repository::new(&[("src/lib.rs", CLEAN)]);
    repository.0.write("src/lib.rs", TRIM);
    repository.0.write("src/untracked.rs", TRIM);
    assert_eq!(repository.found(&["--staged"]), [""; 0], "nothing is staged");
    repository.git(&["add", "src/lib.rs"]);
    repository.0.write("src/lib.rs", "// Mended, but not staged.\n");
    assert_eq!(repository.found(&["--staged"]), ["src/lib.rs:2 manual-gc error"]);
    let (_, out, _) = repository.0.say(&["check", "--staged"]);
    assert!(out.contains("2 |     unsafe { libc::malloc_trim(0) };"), "the excerpt is of the index: {out}");

    std::fs::remove_file(repository.0.path().join("src/lib.rs")).expect("removed");
    assert_eq!(repository.found(&["--staged"]), ["src/lib.rs:2 manual-gc error"]);
    repository.commit("as staged");
    assert_eq!(repository.found(&["--staged"]), [""; 0]);
    repository.git(&["add", "-N", "src/untracked.rs"]);
    assert_eq!(repository.found(&["--staged"]), [""; 0], "a file to be added has no contents staged yet");
}

#[test]
fn the_first_commit_is_all_new() {
    let tree = Tree::package(&[("src/lib.rs", TRIM)]);
    git(tree.path(), &["init", "-q"]);
    git(tree.path(), &["add", "."]);
    assert_eq!(tree.found(&["--staged"]), ["src/lib.rs:2 manual-gc error"]);
}

const BOOT: &str =
    "pub fn runtime() -> tokio::runtime::Runtime {\n    tokio::runtime::Runtime::new().unwrap()\n}\n";
const MAIN: &str = "mod boot;\nmod serve;\nfn main() {\n    let runtime = boot::runtime();\n    \
                    runtime.block_on(async { serve::serve() });\n}\n";
const TOKIO: &str = "[package]\nname = \"a-case\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
                     tokio = { version = \"1\", features = [\"full\"] }\nlibc = \"0.2\"\ncore_affinity = \"0.8\"\n";

#[test]
fn a_new_caller_makes_an_old_call_wrong_in_a_file_that_nobody_touched() {
    let serve = "pub fn serve() {}\n";
    let repository =
        Repository::new(&[("src/main.rs", MAIN), ("src/boot.rs", BOOT), ("src/serve.rs", serve)]);
    repository.0.write("Cargo.toml", TOKIO);
    repository.commit("depend on tokio");
    assert_eq!(repository.found(&[]), [""; 0], "built in start-up scope");
    let calls = "pub fn serve() {\n    std::thread::spawn(|| loop { drop(crate::boot::runtime()) });\n}\n";
    repository.0.write("src/serve.rs", calls);
    let caused = ["src/boot.rs:2 tuning-outside-main error"];
    assert_eq!(repository.found(&["--since", "HEAD"]), caused);
    let diff = repository.git(&["diff"]) + "\n";
    let run = with_input(repository.0.path(), &["check", "--format", "short", "--diff", "-"], &diff);
    assert!(String::from_utf8_lossy(&run.stdout).contains("src/boot.rs:2"), "{run:?}");
    repository.git(&["add", "."]);
    assert_eq!(repository.found(&["--staged"]), caused);
    for filter in ["file", "context", "added"] {
        assert_eq!(repository.found(&["--staged", "--filter", filter]), [""; 0], "{filter}");
    }
}

#[test]
fn a_removed_comment_makes_a_call_wrong_that_nobody_touched() {
    let pinned = "pub fn pin() {\n    // Core 3 is isolated (isolcpus=3): nothing else is scheduled there.\n    \
                  core_affinity::set_for_current(core_affinity::CoreId { id: 3 });\n}\n";
    let bare: String =
        pinned.lines().filter(|line| !line.contains("//")).map(|line| format!("{line}\n")).collect();
    let repository = Repository::new(&[("src/lib.rs", pinned)]);
    repository.0.write("Cargo.toml", TOKIO);
    repository.commit("depend on core_affinity");
    assert_eq!(repository.found(&[]), [""; 0]);
    repository.0.write("src/lib.rs", &bare);
    let found = ["src/lib.rs:2 unjustified-thread-pin error"];
    for filter in ["all", "file", "context"] {
        assert_eq!(repository.found(&["--since", "HEAD", "--filter", filter]), found, "{filter}");
    }
    assert_eq!(repository.found(&["--since", "HEAD", "--filter", "added"]), [""; 0]);
}

#[test]
fn a_file_with_another_name_brings_nothing_but_what_was_added_to_it() {
    let long = format!("{TRIM}{}", "// A line that makes the files alike.\n".repeat(20));
    let repository = Repository::new(&[("src/lib.rs", "pub mod a;\n"), ("src/a.rs", &long)]);
    repository.git(&["mv", "src/a.rs", "src/b.rs"]);
    repository.0.write("src/lib.rs", "pub mod b;\n");
    repository.git(&["add", "."]);
    for change in [&["--staged"][..], &["--since", "HEAD"]] {
        assert_eq!(repository.found(change), [""; 0], "{change:?}");
    }
    repository.0.write("src/b.rs", &format!("{}{long}", TRIM.replace("(0)", "(1)")));
    repository.git(&["add", "."]);
    let diff = repository.git(&["diff", "--cached", "-M"]) + "\n";
    repository.0.write("changes.patch", &diff);
    for change in [&["--staged"][..], &["--since", "HEAD"], &["--diff", "changes.patch"]] {
        assert_eq!(repository.found(change), ["src/b.rs:2 manual-gc error"], "{change:?}");
    }
}

#[test]
fn a_diff_has_to_lead_to_the_work_tree() {
    let repository = Repository::new(&[("src/lib.rs", CLEAN)]);
    repository.0.write("src/lib.rs", &twice());
    let diff = repository.git(&["diff"]) + "\n";
    repository.0.write("changes.patch", &diff);
    assert_eq!(repository.found(&["--diff", "changes.patch"]).len(), 2);
    repository.0.write("src/lib.rs", TRIM);
    let (code, out, error) = repository.0.say(&["check", "--diff", "changes.patch"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("does not fit `src/lib.rs`"), "{error}");
    repository.0.write("changes.patch", "not a diff\n");
    assert!(repository.0.say(&["check", "--diff", "changes.patch"]).2.contains("no unified diff"));
    let (code, _, error) = repository.0.say(&["check", "--diff", "src"]);
    assert!(code == 2 && error.contains("is a folder"), "{error}");
}

#[test]
fn what_is_new_is_told_without_what_was_accepted() {
    let repository = Repository::new(&[("src/lib.rs", TRIM)]);
    repository.0.say(&["baseline", "write"]);
    repository.commit("accept");
    let call = "    unsafe { libc::malloc_trim(0) };\n";
    repository.0.write("src/lib.rs", &TRIM.replace(call, &call.repeat(2)));
    let baseline = ["--baseline", "runtime-policy-baseline.txt"];
    assert_eq!(repository.found(&[&["--since", "HEAD"], &baseline[..]].concat()).len(), 1);
    assert_eq!(repository.found(&baseline).len(), 1);
}

#[test]
fn a_change_of_nothing_that_is_looked_at_reads_nothing() {
    let repository = Repository::new(&[("src/lib.rs", TRIM), ("README.md", "one\n")]);
    repository.0.write("README.md", "two\n");
    repository.git(&["add", "."]);
    for change in [&["--staged"][..], &["--since", "HEAD"]] {
        let (code, _, error) = repository.0.say(&[&["check", "--statistics"], change].concat());
        assert_eq!(code, 0);
        assert!(error.contains("           0  bytes read"), "{change:?}: {error}");
    }
}

#[test]
fn the_configuration_is_that_of_the_side_after() {
    let repository = Repository::new(&[("src/lib.rs", CLEAN), ("web/src/lib.rs", CLEAN)]);
    let off = "[levels]\nmanual-gc = \"off\"\n";
    repository.0.write("src/lib.rs", TRIM);
    repository.0.write("web/src/lib.rs", TRIM);
    repository.0.write("web/runtime-policy.toml", off);
    repository.git(&["add", "."]);
    repository.0.write("web/runtime-policy.toml", "");
    repository.0.write("runtime-policy.toml", off);
    repository.git(&["add", "runtime-policy.toml"]);
    repository.0.write("runtime-policy.toml", "not toml");
    assert_eq!(repository.found(&["--staged"]), [""; 0], "both as staged");
    repository.0.write("runtime-policy.toml", "");
    assert_eq!(repository.found(&["--since", "HEAD"]).len(), 2, "both as they lie there");
}

#[test]
fn a_suppression_is_no_finding_and_its_removal_is_one() {
    let lifted =
        TRIM.replace("    unsafe", "    // runtime-policy: allow(manual-gc) -- measured in #12\n    unsafe");
    let repository = Repository::new(&[("src/lib.rs", TRIM)]);
    repository.0.write("src/lib.rs", &lifted);
    assert_eq!(repository.found(&["--since", "HEAD"]), [""; 0]);
    repository.commit("suppress");
    repository.0.write("src/lib.rs", TRIM);
    assert_eq!(repository.found(&["--since", "HEAD"]), ["src/lib.rs:2 manual-gc error"]);
}

#[test]
fn a_change_that_cannot_be_seen_is_an_error() {
    let fails = |tree: &Tree, arguments: &[&str], says: &str| {
        let (code, out, error) = tree.say(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(says), "{arguments:?}: {error}");
    };
    let bare = Tree::package(&[("src/lib.rs", TRIM)]);
    fails(&bare, &["--staged"], "lies in no git repository");
    fails(&bare, &["--filter", "added"], "`--filter` needs a change");
    let repository = Repository::new(&[("src/lib.rs", CLEAN)]);
    fails(&repository.0, &["--since", "nowhere"], "git knows no commit `nowhere`");
    fails(&repository.0, &["--since=--output=x"], "git knows no commit");
    repository.git(&["switch", "-q", "--orphan", "other"]);
    repository.0.write("src/lib.rs", TRIM);
    repository.commit("another history");
    fails(&repository.0, &["--since", "main"], "no common ancestor");

    repository.git(&["switch", "-q", "-c", "topic", "main"]);
    repository.0.write("src/lib.rs", "// One.\n");
    repository.commit("one");
    repository.git(&["switch", "-q", "main"]);
    repository.0.write("src/lib.rs", "// Two.\n");
    repository.commit("two");
    assert!(
        !git_command(repository.0.path()).args(["merge", "-q", "topic"]).status().expect("git").success()
    );
    fails(&repository.0, &["--staged"], "unresolved conflicts; resolve and stage them:\n  src/lib.rs");
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let origin = Repository::new(&[("src/lib.rs", CLEAN)]);
    origin.git(&["branch", "topic"]);
    for number in 0..3 {
        origin.0.write("src/lib.rs", &format!("// {number}\n"));
        origin.commit("on main");
    }
    origin.git(&["switch", "-q", "topic"]);
    origin.0.write("src/lib.rs", TRIM);
    origin.commit("on topic");
    let clone = Tree::new(&[]);
    let url = format!("file://{}", origin.0.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", "--no-single-branch", &url, "."]);
    let (code, _, error) = clone.say(&["--since", "origin/main"]);
    assert_eq!(code, 2);
    assert!(error.contains("no common ancestor") && error.contains("git fetch --unshallow"), "{error}");
    git(clone.path(), &["fetch", "-q", "--unshallow"]);
    assert_eq!(clone.found(&["--since", "origin/main"]), ["src/lib.rs:2 manual-gc error"]);
}

#[test]
fn a_partial_clone_fetches_nothing_on_the_way() {
    let origin = Repository::new(&[("src/lib.rs", CLEAN)]);
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    origin.0.write("src/lib.rs", TRIM);
    origin.commit("second");
    let clone = Tree::new(&[]);
    let url = format!("file://{}", origin.0.path().display());
    git(clone.path(), &["clone", "-q", "--filter=blob:none", &url, "."]);
    let (code, _, error) = clone.say(&["--since", "HEAD~1"]);
    assert_eq!(code, 2);
    assert!(error.contains("lacks the object"), "{error}");
}

/// What is left of an object after the disk was full, or a byte fell over.
#[test]
fn a_damaged_object_is_an_error_and_no_empty_side() {
    for damage in [&b""[..], b"x\x9cK", b"garbage"] {
        let repository = Repository::new(&[("src/lib.rs", CLEAN)]);
        repository.0.write("src/lib.rs", TRIM);
        for (object, change) in
            [("HEAD:src/lib.rs", "--since=HEAD"), ("HEAD", "--since=HEAD"), ("HEAD", "--staged")]
        {
            let id = repository.git(&["rev-parse", object]);
            let (folder, name) = id.trim().split_at(2);
            let file = repository.0.path().join(".git/objects").join(folder).join(name);
            let whole = std::fs::read(&file).expect("a loose object");
            std::fs::remove_file(&file).expect("removed");
            std::fs::write(&file, damage).expect("written");
            let (code, out, error) = repository.0.say(&[change]);
            assert_eq!((code, out.as_str()), (2, ""), "{object} {change} {damage:?}: {error}");
            assert!(error.starts_with("error: "), "{error}");
            std::fs::write(&file, whole).expect("written");
        }
        assert_eq!(repository.found(&["--since", "HEAD"]).len(), 1);
    }
}

#[test]
fn a_submodule_at_another_commit_is_named() {
    let inner = Repository::new(&[("src/lib.rs", CLEAN)]);
    let outer = Repository::new(&[("src/lib.rs", CLEAN)]);
    outer.git(&["submodule", "--quiet", "add", &inner.0.path().to_string_lossy(), "inner"]);
    outer.commit("submodule");
    inner.0.write("src/lib.rs", TRIM);
    inner.commit("worse");
    git(&outer.0.path().join("inner"), &["pull", "-q"]);
    let (code, _, error) = outer.0.say(&["--since", "HEAD"]);
    assert_eq!(code, 0);
    assert!(error.contains("inner: is a submodule at another commit"), "{error}");
    outer.git(&["add", "inner"]);
    assert!(outer.0.say(&["--staged"]).2.contains("inner: is a submodule at another commit"));
    // Its files, and those of a clone that git does not know, are not new because this history lacks them.
    git(outer.0.path(), &["clone", "-q", &inner.0.path().to_string_lossy(), "clone"]);
    outer.0.write("src/lib.rs", TRIM);
    assert_eq!(outer.found(&["--since", "HEAD"]), ["src/lib.rs:2 manual-gc error"]);
}

#[test]
fn other_forms_of_repositories_work_alike() {
    let sha256 =
        Repository::with(&["init", "-q", "-b", "main", "--object-format=sha256"], &[("src/lib.rs", CLEAN)]);
    sha256.0.write("src/lib.rs", TRIM);
    assert_eq!(sha256.found(&["--since", "main"]).len(), 1);
    sha256.git(&["add", "."]);
    assert_eq!(sha256.found(&["--staged"]).len(), 1);

    let folder = tempfile::tempdir().expect("a folder");
    let linked = folder.path().join("linked");
    sha256.git(&["worktree", "add", "-q", "-b", "topic", &linked.to_string_lossy()]);
    std::fs::write(linked.join("src/lib.rs"), twice()).expect("written");
    git(&linked, &["add", "."]);
    let run = command(&linked).args(["check", "--staged", "--format", "short"]).output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&run.stdout).lines().count(), 2, "{run:?}");
}

#[test]
fn a_sparse_checkout_is_checked_as_far_as_it_is_there() {
    let repository = Repository::new(&[
        ("src/lib.rs", CLEAN),
        ("away/src/lib.rs", TRIM),
        ("away/Cargo.toml", "[package]\nname = \"x\"\n"),
    ]);
    repository.git(&["sparse-checkout", "set", "src"]);
    assert!(!repository.0.path().join("away").exists());
    repository.0.write("src/lib.rs", TRIM);
    for change in [&["--since", "HEAD"][..], &["--staged"]] {
        assert_eq!(repository.found(change), ["src/lib.rs:2 manual-gc error"], "{change:?}");
        repository.git(&["add", "."]);
    }
}

#[test]
fn a_folder_of_a_repository_can_be_the_root() {
    let repository = Repository::new(&[("one/src/lib.rs", CLEAN), ("two/src/lib.rs", CLEAN)]);
    repository.0.write("one/src/lib.rs", TRIM);
    repository.0.write("two/src/lib.rs", TRIM);
    let diff = repository.git(&["diff"]) + "\n";
    repository.0.write("changes.patch", &diff);
    repository.git(&["add", "one", "two"]);
    for change in [&["--since", "HEAD"][..], &["--staged"], &["--diff", "changes.patch"]] {
        assert_eq!(
            repository.found(&[&["--root", "one"], change].concat()),
            ["src/lib.rs:2 manual-gc error"]
        );
    }
}

/// Git tells its hooks where things are, relative to where it runs them.
#[cfg(unix)]
#[test]
fn in_a_hook_the_index_of_the_commit_counts() {
    use std::os::unix::fs::PermissionsExt;
    let repository = Repository::new(&[("one/src/lib.rs", CLEAN), ("one/src/other.rs", CLEAN)]);
    let program = assert_cmd::cargo::cargo_bin!("cargo-runtime-policy");
    let hook = repository.0.path().join(".git/hooks/pre-commit");
    let commits = |arguments: &[&str]| {
        git_command(repository.0.path())
            .args([&["commit", "-q", "-m", "x"], arguments].concat())
            .output()
            .expect("git")
    };
    for root in [".", "one"] {
        let script =
            format!("#!/bin/sh\nexec '{}' check --root {root} --staged --format short\n", program.display());
        std::fs::write(&hook, script).expect("written");
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("executable");
        // `commit -a` and `commit PATH` have an index of their own, which only the hook sees.
        repository.0.write("one/src/lib.rs", TRIM);
        for arguments in [&["-a"][..], &["one/src/lib.rs"]] {
            let run = commits(arguments);
            let said =
                String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
            assert!(!run.status.success() && said.contains("src/lib.rs:2"), "{root} {arguments:?}: {said}");
        }
        repository.0.write("one/src/other.rs", &format!("// {root}\n"));
        let run = commits(&["one/src/other.rs"]);
        assert!(run.status.success(), "the other file is not part of it: {run:?}");
        // A hook may check another repository, which these variables are not about.
        let other = Repository::new(&[("src/lib.rs", CLEAN)]);
        other.0.write("src/lib.rs", TRIM);
        let run = command(repository.0.path())
            .args(["check", "--since", "HEAD", "--format", "short", "--root"])
            .arg(other.0.path())
            .env("GIT_DIR", ".git")
            .env("GIT_INDEX_FILE", ".git/index")
            .output()
            .expect("runs");
        assert!(String::from_utf8_lossy(&run.stdout).starts_with("src/lib.rs:2"), "{run:?}");
    }
}

#[test]
fn only_what_is_new_is_fixed() {
    let unused = "    // runtime-policy: allow(manual-gc) -- after the import\n";
    let old = format!("pub fn a() -> u8 {{\n{unused}    1\n}}\n");
    let repository = Repository::new(&[("src/lib.rs", &old)]);
    repository.0.write("src/lib.rs", &format!("{old}{}", old.replace("fn a", "fn b")));
    repository.git(&["add", "."]);
    let (code, _, error) = repository.0.say(&["--since", "HEAD", "--fix"]);
    assert_eq!((code, error.as_str()), (0, "applied 1 fix\n"));
    assert_eq!(repository.0.read("src/lib.rs"), format!("{old}pub fn b() -> u8 {{\n    1\n}}\n"));
}

#[cfg(unix)]
#[test]
fn a_hook_is_written_once_and_guards_the_commit() {
    let repository = Repository::new(&[("one/src/lib.rs", CLEAN)]);
    let (code, _, error) = repository.0.say(&["init", "--git-hook", "--root", "one"]);
    assert_eq!((code, error.as_str()), (0, "wrote `ROOT/.git/hooks/pre-commit`\n"));
    let hook = repository.0.read(".git/hooks/pre-commit");
    assert!(hook.ends_with("exec cargo-runtime-policy check --staged --root 'one'\n"), "{hook}");
    let (code, _, error) = repository.0.say(&["init", "--git-hook"]);
    assert!(code == 2 && error.contains("stays as it is; let it run `cargo-runtime-policy check"), "{error}");

    let program = assert_cmd::cargo::cargo_bin!("cargo-runtime-policy");
    let mut path = program.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    repository.0.write("one/src/lib.rs", TRIM);
    let run = git_command(repository.0.path())
        .env("PATH", path)
        .args(["commit", "-qam", "x"])
        .output()
        .expect("git");
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success() && said.contains("manual-gc"), "{said}");

    repository.git(&["config", "core.hooksPath", ".husky/_"]);
    let (code, _, error) = repository.0.say(&["init", "--git-hook"]);
    assert!(code == 2 && error.contains(".husky/_` (core.hooksPath)"), "{error}");
}
