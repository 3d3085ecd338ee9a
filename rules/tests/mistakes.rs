//! What an editor of the checklist is told about a mistake: file, line and how to mend it.

use runtime_policy_rules::Language;
use runtime_policy_rules::load::{File, checklist};

const PAGE: &str = r#"+++
id = "manual-gc"
level = "error"
group = "default"
languages = ["rust"]
since = "0.1.0"
shape = "prohibition"
approvals = 0
summary = "a forced collection"
why = "it stops the world"
help = "remove it"
+++

# manual-gc
"#;

const ENTRY: &str = r#"
[[api]]
id = "engine.collect"
rules = ["manual-gc"]
crate = "engine"
paths = ["engine::collect"]
kind = "function"
class = "control"
effect = "gc"
replacement = "remove it"
"#;

/// The messages about a page and a table, one a line.
fn messages(page: &str, table: &str) -> String {
    let file = |path: &str, text: &str, language| File { path: path.into(), text: text.into(), language };
    let files =
        [file("manual-gc.md", page, None), file("apis/rust/engine.toml", table, Some(Language::Rust))];
    match checklist(&files) {
        Ok(_) => String::new(),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

/// A table with one entry in which `from` reads `to`.
fn entry(from: &str, to: &str) -> String {
    assert!(ENTRY.contains(from), "the sample has no `{from}`");
    ENTRY.replace(from, to)
}

#[track_caller]
fn assert_says(messages: &str, start: &str, part: &str) {
    assert!(messages.starts_with(start) && messages.contains(part), "said: {messages}");
}

#[test]
fn a_sound_checklist_has_no_problems() {
    assert_eq!(messages(PAGE, ENTRY), "");
}

#[test]
fn an_unknown_rule_is_named_with_its_place() {
    let said = messages(PAGE, &entry("\"manual-gc\"", "\"manual-cg\""));
    assert_says(&said, "apis/rust/engine.toml:2: ", "no rule is called `manual-cg`");
}

#[test]
fn an_unknown_rule_of_a_variable_is_named_with_its_place() {
    let table = "# variables\n[[env_var]]\nname = \"X\"\nreader = \"x\"\nrules = [\"other\"]\nknob = \"x\"\n";
    assert_says(&messages(PAGE, table), "apis/rust/engine.toml:2: ", "no rule is called `other`");
}

#[test]
fn an_unknown_effect_is_refused_with_the_known_ones() {
    let said = messages(PAGE, &entry("\"gc\"", "\"collection\""));
    assert_says(&said, "apis/rust/engine.toml:9: ", "unknown variant `collection`");
    assert!(said.contains("`metrics-heavy`"), "said: {said}");
}

#[test]
fn an_unknown_column_is_refused() {
    let said = messages(PAGE, &entry("kind =", "sort ="));
    assert_says(&said, "apis/rust/engine.toml:7: ", "unknown field `sort`");
}

#[test]
fn a_path_has_one_entry_for_a_rule_and_a_receiver() {
    let second = entry("engine.collect", "engine.again");
    let said = messages(PAGE, &format!("{ENTRY}{second}"));
    assert_says(
        &said,
        "apis/rust/engine.toml:12: ",
        "`engine.again` repeats `engine::collect` for `manual-gc`",
    );

    let other_receiver = format!("{second}receiver = \"engine::Heap\"\n");
    assert_eq!(messages(PAGE, &format!("{ENTRY}{other_receiver}")), "");
}

#[test]
fn an_id_is_used_once() {
    let second = entry("engine::collect", "engine::purge");
    assert_says(&messages(PAGE, &format!("{ENTRY}{second}")), "apis/rust/engine.toml:12: ", "is taken");
}

#[test]
fn what_can_be_found_says_what_to_do_instead() {
    let table = entry("replacement = \"remove it\"\n", "");
    assert_says(&messages(PAGE, &table), "apis/rust/engine.toml:2: ", "has no `replacement`");
    assert_eq!(messages(PAGE, &format!("{table}level = \"off\"\n")), "");
}

#[test]
fn a_pair_exists() {
    let table = format!("{ENTRY}pair = \"engine.start\"\n");
    assert_says(&messages(PAGE, &table), "apis/rust/engine.toml:2: ", "the pair `engine.start`");
}

#[test]
fn a_condition_is_about_a_rule_of_its_entry() {
    let table = format!("{ENTRY}match = [{{ rule = \"profile-rate\", op = \"always\" }}]\n");
    assert_says(&messages(PAGE, &table), "apis/rust/engine.toml:2: ", "is about `profile-rate`");
}

#[test]
fn a_condition_gives_its_operator_what_it_takes() {
    let table = format!("{ENTRY}match = [{{ arg = 0, op = \"gt\", value = \"many\" }}]\n");
    assert_says(&messages(PAGE, &table), "apis/rust/engine.toml:2: ", "a whole number");
    let table = format!("{ENTRY}match = [{{ arg = 0, op = \"similar\" }}]\n");
    assert_says(&messages(PAGE, &table), "apis/rust/engine.toml:11: ", "unknown variant `similar`");
}

#[test]
fn a_condition_that_can_never_hold_is_refused() {
    let table = format!("{ENTRY}match = [{{ op = \"name-in\", value = [\"purge\"] }}]\n");
    assert_says(&messages(PAGE, &table), "apis/rust/engine.toml:2: ", "names `purge`");
    let table = format!("{ENTRY}match = [{{ op = \"pair-missing\" }}]\n");
    assert_says(&messages(PAGE, &table), "apis/rust/engine.toml:2: ", "asks for its `pair`");
}

#[test]
fn a_page_has_front_matter_that_fits_its_name() {
    assert_says(&messages("# manual-gc\n", ENTRY), "manual-gc.md:1: ", "front matter");
    assert_says(&messages(&PAGE.replace("\n+++\n", "\n"), ENTRY), "manual-gc.md:1: ", "no end");
    let renamed = PAGE.replace("id = \"manual-gc\"", "id = \"forced-gc\"");
    assert_says(&messages(&renamed, ENTRY), "manual-gc.md:2: ", "not the file's name");
    let level = PAGE.replace("level = \"error\"", "level = \"fatal\"");
    assert_says(&messages(&level, ENTRY), "manual-gc.md:3: ", "unknown variant `fatal`");
    let pedantic = PAGE.replace("level = \"error\"", "level = \"pedantic\"");
    assert_says(&messages(&pedantic, ENTRY), "manual-gc.md:2: ", "`group`");
}
