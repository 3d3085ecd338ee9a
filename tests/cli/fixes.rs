//! `--fix` and `--diff`, on findings of the real engine.

use super::tree::Tree;

const UNUSED: &str =
    "pub fn a() -> u8 {\n    // runtime-policy: allow(manual-gc) -- after the import\n    1\n}\n";
const MENDED: &str = "pub fn a() -> u8 {\n    1\n}\n";

#[test]
fn a_suppression_that_lifts_nothing_is_removed() {
    let tree = Tree::package(&[("src/lib.rs", UNUSED)]);
    let (code, diff, _) = tree.say(&["--diff"]);
    assert_eq!(code, 0);
    assert!(diff.contains("\n-    // runtime-policy: allow(manual-gc) -- after the import\n"), "{diff}");
    assert_eq!(tree.read("src/lib.rs"), UNUSED, "--diff changes nothing");
    let (code, out, error) = tree.say(&["--fix"]);
    assert_eq!((code, out.as_str(), error.as_str()), (0, "no findings in 1 file\n", "applied 1 fix\n"));
    assert_eq!(tree.read("src/lib.rs"), MENDED);
    assert_eq!(tree.say(&["--fix"]).2, "applied 0 fixes\n");
}

#[test]
fn a_file_that_git_could_not_bring_back_is_left_alone() {
    let tree = Tree::package(&[("src/lib.rs", UNUSED)]);
    let git = |arguments: &[&str]| {
        let run = std::process::Command::new("git").arg("-C").arg(tree.path()).args(arguments).output();
        assert!(run.expect("git").status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    let (code, _, error) = tree.say(&["--fix"]);
    assert_eq!(code, 2);
    assert!(error.contains("src/lib.rs") && error.contains("--allow-dirty"), "{error}");
    assert_eq!(tree.read("src/lib.rs"), UNUSED);
    git(&["add", "."]);
    assert_eq!(tree.say(&["--fix"]).0, 0);
    assert_eq!(tree.read("src/lib.rs"), MENDED);
}

/// What `--fix` makes of a package that depends on tracing, tokio and tracing-appender.
fn fixed(before: &str) -> String {
    let manifest = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                    tokio = \"1\"\ntracing = \"0.1\"\ntracing-appender = \"0.2\"\n";
    let tree = Tree::new(&[("Cargo.toml", manifest), ("src/lib.rs", before)]);
    let (code, out, error) = tree.say(&["--fix"]);
    assert_eq!(code, 0, "{out}{error}");
    tree.read("src/lib.rs")
}

#[test]
fn a_task_gets_the_span_that_is_current() {
    let before =
        "#[tracing::instrument]\npub fn order(id: u64) {\n    tokio::spawn(async move { drop(id) });\n}\n";
    let after = before
        .replace("async move { drop(id) }", "tracing::Instrument::in_current_span(async move { drop(id) })");
    assert_eq!(fixed(before), after);
}

#[test]
fn a_task_gets_the_span_by_the_method_where_the_function_calls_it_already() {
    let before = "use tracing::Instrument;\n\n#[tracing::instrument]\npub fn order(id: u64) {\n    \
                  tokio::spawn(async move { drop(id) });\n    \
                  tokio::spawn(async move { drop(id + 1) }.in_current_span());\n}\n";
    let after = before.replace("{ drop(id) }", "{ drop(id) }.in_current_span()");
    assert_eq!(fixed(before), after);
}

#[test]
fn a_guard_that_is_dropped_at_once_gets_a_name() {
    let before = "pub fn log(span: &tracing::Span) {\n    let _ = span.enter();\n    \
                  let (writer, _) = tracing_appender::non_blocking(std::io::stderr());\n    \
                  drop(writer);\n}\n";
    let after = before.replace("let _ =", "let _guard =").replace("(writer, _)", "(writer, _guard)");
    assert_eq!(fixed(before), after);
}

#[test]
fn a_guard_of_a_span_that_nothing_else_holds_owns_it() {
    let before = "pub fn log() {\n    let _ = tracing::info_span!(\"import\").enter();\n}\n";
    assert_eq!(fixed(before), before.replace("_ =", "_guard =").replace("enter()", "entered()"));
}

#[test]
fn a_guard_gets_a_name_that_is_free() {
    let before =
        "pub fn log(span: &tracing::Span, _guard: u8) -> u8 {\n    let _ = span.enter();\n    _guard\n}\n";
    assert_eq!(fixed(before), before.replace("let _ =", "let _guard_2 ="));
}

#[test]
fn a_guard_is_not_kept_across_a_wait() {
    let before = "pub async fn log(span: &tracing::Span) {\n    let _ = span.enter();\n    \
                  tokio::task::yield_now().await;\n}\n";
    assert_eq!(fixed(before), before);
}

#[test]
fn a_count_of_the_hosts_processors_becomes_that_of_the_containers() {
    let manifest =
        "[package]\nname = \"p\"\nversion = \"0.1.0\"\n[dependencies]\nnum_cpus = \"1\"\nrayon = \"1\"\n";
    let before = "pub fn pool(asked: Option<usize>) -> rayon::ThreadPoolBuilder {\n    let builder = \
                  rayon::ThreadPoolBuilder::new().num_threads(num_cpus::get_physical() * 2);\n    \
                  builder.num_threads(asked.unwrap_or_else(num_cpus::get_physical))\n}\n";
    let tree = Tree::new(&[("Cargo.toml", manifest), ("src/lib.rs", before)]);
    let (code, out, error) = tree.say(&["--fix"]);
    assert_eq!(code, 0, "{out}{error}");
    let count = "std::thread::available_parallelism().map_or(1, usize::from)";
    let after = before
        .replace("get_physical() * 2", &format!("{count} * 2"))
        .replace("_else(num_cpus::get_physical)", &format!("_else(|| {count})"))
        .replace("num_cpus::std", "std");
    assert_eq!(tree.read("src/lib.rs"), after);
}

#[test]
fn a_lone_worker_becomes_the_current_thread_flavour() {
    let manifest = "[package]\nname = \"p\"\nversion = \"0.1.0\"\n[dependencies]\ntokio = \"1\"\n";
    let main = "#[tokio::main(flavor = \"multi_thread\", worker_threads = 1)]\nasync fn main() {}\n";
    let tree = Tree::new(&[("Cargo.toml", manifest), ("src/main.rs", main)]);
    assert_eq!(tree.say(&["--fix"]).0, 0);
    assert_eq!(tree.read("src/main.rs"), "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() {}\n");

    let blocks = main.replace("{}", "{ tokio::task::block_in_place(|| {}) }");
    tree.write("src/main.rs", &blocks);
    tree.say(&["--fix"]);
    assert_eq!(tree.read("src/main.rs"), blocks, "block_in_place panics on that flavour");
}

#[test]
fn a_suppression_in_a_container_file_that_lifts_nothing_is_removed() {
    let tree = Tree::package(&[
        ("src/lib.rs", ""),
        ("Dockerfile", "FROM scratch\n# runtime-policy: allow(single-worker-runtime) -- ACME-12\nENV A=1\n"),
    ]);
    assert_eq!(tree.say(&["--fix"]).2, "applied 1 fix\n");
    assert_eq!(tree.read("Dockerfile"), "FROM scratch\nENV A=1\n");
}
