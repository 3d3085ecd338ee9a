//! Rules of one's own, by configuration alone.

use std::path::Path;

use super::tree::Tree;

const PAGE: &str = "docs/own-rules.md";

const MANIFEST: &str = "[package]\nname = \"a-case\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
                        launchdarkly-server-sdk = \"2\"\nacme-db = \"1\"\nacme-sdk = \"1\"\naxum = \"0.8\"\n";

/// A rule over an item of the workspace itself, written as it is imported.
const RULE: &str = r#"
[[rule]]
id = "flags-in-main"
shape = "placement"
apis = ["a_case::Client::new"]
message = "a flag client is made outside start-up"
why = "each client opens a stream of its own"
help = "make it once in `main`"
level = "error"
"#;

const LIBRARY: &str = "mod flags {\n    pub struct Client;\n    impl Client {\n        pub fn new() -> Client {\n            \
                       Client\n        }\n    }\n}\npub use flags::Client;\n";

const MAIN: &str = "use a_case::Client;\n\nfn main() {\n    let first = Client::new();\n    std::thread::spawn(|| {\n        \
                    let second = Client::new();\n        drop(second);\n    });\n    drop(first);\n}\n";

fn tree(main: &str) -> Tree {
    Tree::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", LIBRARY),
        ("src/main.rs", main),
        ("runtime-policy.toml", RULE),
    ])
}

#[test]
fn a_rule_added_by_configuration_finds_what_it_is_about() {
    assert_eq!(tree(MAIN).found(&[]), ["src/main.rs:6 flags-in-main error"]);
}

#[test]
fn it_is_listed_explained_lifted_and_described_like_a_built_in_one() {
    let tree = tree(MAIN);
    assert!(tree.say(&["rules"]).1.contains("flags-in-main"));
    assert!(tree.say(&["explain", "flags-in-main"]).1.contains("a flag client is made outside start-up"));

    let (code, out, _) = tree.say(&["check", "--format", "sarif"]);
    assert_eq!(code, 1);
    let sarif: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(rules.iter().any(|rule| rule["id"] == "flags-in-main"));
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "flags-in-main");

    let reason = "        // runtime-policy: allow(flags-in-main) -- a sandbox has a client of its own\n";
    tree.write("src/main.rs", &MAIN.replace("        let second", &format!("{reason}        let second")));
    assert_eq!(tree.found(&[]), [""; 0]);
    tree.write("runtime-policy.toml", &format!("{RULE}[levels]\nflags-in-main = \"off\"\n"));
    tree.write("src/main.rs", MAIN);
    assert_eq!(tree.found(&[]), [""; 0]);
}

#[test]
fn approvals_lift_it_where_it_asks_for_them() {
    let rule = RULE.replace("\"placement\"", "\"approval\"\napprovals = 2");
    let main = "fn main() {\n    // runtime-policy: approved-by @ann @bob -- one client a tenant\n    \
                a_case::Client::new();\n    a_case::Client::new();\n}\n";
    let tree = tree(main);
    tree.write("runtime-policy.toml", &rule);
    assert_eq!(tree.found(&[]), ["src/main.rs:4 flags-in-main error"]);
}

#[test]
fn each_other_shape_judges_its_own_way() {
    let rule = |id: &str, shape: &str, apis: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nshape = \"{shape}\"\napis = [{apis}]\nmessage = \"seen\"\nwhy = \"it matters\"\n\
             help = \"do something else\"\n"
        )
    };
    let config = [
        rule("say-why", "justification", "\"acme_db::truncate\""),
        rule("no-literals", "argument", "\"acme_db::set_pool_size\""),
        rule("stop-it", "pairing", "\"acme_db::start_trace\", \"acme_db::stop_trace\""),
        rule("never", "prohibition", "\"acme_db::drop_all!\""),
    ]
    .concat();
    let code = "pub fn a(size: usize) {\n    acme_db::truncate();\n    let size = size + 1;\n    \
                // The import table is rebuilt from its source each night.\n    acme_db::truncate();\n    \
                acme_db::set_pool_size(16);\n    acme_db::set_pool_size(size);\n    acme_db::start_trace();\n}\n\
                pub fn b() {\n    acme_db::start_trace();\n    acme_db::stop_trace();\n    acme_db::drop_all!();\n}\n";
    let tree = Tree::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", code),
        ("runtime-policy.toml", config.as_str()),
    ]);
    assert_eq!(
        tree.found(&[]),
        [
            "src/lib.rs:2 say-why warning",
            "src/lib.rs:6 no-literals warning",
            "src/lib.rs:8 stop-it warning",
            "src/lib.rs:13 never warning",
        ]
    );
}

/// Each example of the page: its rule's block of TOML, and code in which the lines marked `// found` are found.
#[test]
fn the_examples_of_the_page_find_what_they_say() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).expect("the page");
    let blocks: Vec<&str> = page.split("\n```").skip(1).step_by(2).collect();
    let mut ran = 0;
    for block in &blocks {
        let example = |language: &str| {
            let block = block.strip_prefix(language)?.strip_prefix(" example=")?;
            Some((language == "go", block.split_once('\n')?))
        };
        let Some((is_go, (id, code))) = example("rust").or_else(|| example("go")) else { continue };
        let config = blocks
            .iter()
            .find(|other| other.starts_with("toml") && other.contains(&format!("id = \"{id}\"")))
            .and_then(|other| other.split_once('\n'))
            .expect("the rule")
            .1;
        let (manifest, file) = match (is_go, code.contains("fn main")) {
            (true, _) => (("go.mod", "module example.com/app\n\ngo 1.25\n"), "main.go"),
            (false, true) => (("Cargo.toml", MANIFEST), "src/main.rs"),
            (false, false) => (("Cargo.toml", MANIFEST), "src/lib.rs"),
        };
        let tree = Tree::new(&[manifest, (file, code), ("runtime-policy.toml", config)]);
        let level = if config.contains("level = \"error\"") { "error" } else { "warning" };
        let marked = code.lines().enumerate().filter(|(_, line)| line.contains("// found"));
        let expected: Vec<String> =
            marked.map(|(number, _)| format!("{file}:{} {id} {level}", number + 1)).collect();
        assert_eq!(tree.found(&[]), expected, "{id}");
        assert!(!expected.is_empty(), "{id}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}
