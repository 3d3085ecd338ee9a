//! What users of the checklist rely on.

use std::collections::{BTreeMap, BTreeSet};

use runtime_policy_rules::{
    Api, Arg, Effect, Language, Level, Op, Rule, Value, apis, debug_paths, environment, handlers, lexicon,
    metric_mistakes, metrics, receiver_types, rule, rules, runtime_switches, words,
};

fn api(id: &str) -> &'static Api {
    apis(Language::Rust).iter().find(|api| api.id == id).expect("the catalogue has the entry")
}

#[test]
fn rules_are_found_by_id_and_sorted() {
    let ids: Vec<&str> = rules().iter().map(|rule| rule.id.as_ref()).collect();
    assert!(ids.is_sorted());
    assert!(ids.iter().all(|id| rule(id).is_some_and(|rule| rule.id == *id)));
    assert!(rule("no-such-rule").is_none());
}

#[test]
fn the_catalogue_holds_every_kind_of_fact() {
    assert!(apis(Language::Rust).len() > 650);
    assert!(environment().any(|variable| variable.name == "TOKIO_WORKER_THREADS"));
    assert!(debug_paths(Language::Rust).iter().any(|path| path.pattern == "/debug/pprof"));
    assert!(receiver_types(Language::Rust).iter().any(|receiver| receiver.path == "tokio::runtime::Builder"));
    let lexicon = lexicon();
    assert!(lexicon.libraries.iter().any(|library| library.name == "SQLite" && !library.justifies_os_thread));
    assert!(lexicon.syscalls.iter().any(|syscall| syscall.name == "unshare" && syscall.per_thread));
    assert!(lexicon.kernel_states.iter().any(|state| state.phrase == "NUMA node" && state.justifies_cpu_pin));
    assert!(lexicon.loops.iter().any(|event_loop| event_loop.generic));
    assert!(lexicon.not_reasons.iter().any(|phrase| phrase.phrase == "just in case"));
    assert!(!lexicon.evidence.is_empty());
}

#[test]
fn the_catalogue_of_go_holds_every_kind_of_fact() {
    assert!(apis(Language::Go).len() > 500);
    let path = |path: &str| apis(Language::Go).iter().find(|api| api.paths.iter().any(|known| known == path));
    assert_eq!(path("runtime/debug::SetGCPercent").map(|api| &*api.package), Some("std"));
    let serves = path("net/http::Server::ListenAndServe").and_then(|api| api.parts.as_ref());
    assert_eq!(serves.and_then(|parts| parts.address.clone()), Some(Arg::Name("Addr".into())));
    assert!(environment().any(|variable| variable.name == "GOGC" && variable.before_main));
    assert!(metrics().iter().any(|metric| metric.name == "/sched/latencies:seconds"));
    assert!(
        metric_mistakes().iter().all(|mistake| metrics().iter().all(|known| known.name != mistake.wrong))
    );
    assert!(runtime_switches().iter().any(|switch| switch.key == "containermaxprocs" && switch.knob));
    assert!(handlers(Language::Go).iter().any(|shape| shape.method.as_deref() == Some("ServeHTTP")));
    let gl = lexicon().libraries.iter().find(|library| library.name == "OpenGL").expect("is listed");
    assert!(gl.justifies_os_thread && gl.includes.iter().any(|header| header == "GL/gl.h"));
}

#[test]
fn go_paths_are_spelt_without_major_versions() {
    let major = |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
    for path in apis(Language::Go).iter().flat_map(|api| api.paths.iter()) {
        let import = path.split("::").next().unwrap_or_default();
        assert!(!import.split(['/', '.']).any(major), "{path}");
    }
}

/// The entries of every language.
fn all_apis() -> impl Iterator<Item = &'static Api> {
    Language::ALL.iter().flat_map(|language| apis(*language))
}

#[test]
fn every_rule_but_those_about_suppressions_has_an_api() {
    let used: BTreeSet<&str> =
        all_apis().flat_map(|api| api.rules.iter().map(|rule| rule.as_ref())).collect();
    let without: Vec<&str> =
        rules().iter().map(|rule| rule.id.as_ref()).filter(|id| !used.contains(id)).collect();
    let expected = ["expired-suppression", "suppression-without-reason", "unused-suppression"];
    assert_eq!(without, expected);
}

#[test]
fn an_entry_that_selects_items_has_words_and_an_auxiliary_one_has_none() {
    for api in all_apis() {
        assert_eq!(api.words.is_empty(), api.is_auxiliary(), "{}", api.id);
        assert!(api.words.iter().all(|word| word.len() > 2), "{}: {:?}", api.id, api.words);
    }
}

#[test]
fn a_word_is_the_last_segment_that_says_something() {
    for (path, word) in [
        ("libc::malloc_trim", "malloc_trim"),
        ("tokio::runtime::Runtime::new", "Runtime"),
        ("warp::path!", "warp"),
        ("std::ptr::addr_of!", "addr_of"),
        ("#[global_allocator]", "global_allocator"),
        ("str::as_bytes().as_ptr()", "as_ptr"),
        ("std::ffi::OsStr::encode_wide().collect::<Vec<u16>>().as_ptr()", "encode_wide"),
        ("GC_gcollect", "GC_gcollect"),
    ] {
        assert_eq!(words::of_path(path), word, "{path}");
    }
    assert_eq!(api("rayon.build_global").words.as_ref(), ["build_global"]);
    assert!(api("tokio.spawn").words.is_empty());
    assert_eq!(api("tokio.spawn").effect, Effect::Spawn);
}

/// The words are listed in files, so that one that is too common catches the eye of who reads the change.
#[test]
fn the_lists_of_words_are_up_to_date() {
    for (language, file) in [(Language::Rust, "tests/words.tsv"), (Language::Go, "tests/words-go.tsv")] {
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for api in apis(language) {
            for word in api.words.iter() {
                ids.entry(word).or_default().push(&api.id);
            }
        }
        let list: String = ids.iter().map(|(word, ids)| format!("{word}\t{}\n", ids.join(" "))).collect();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if std::env::var_os("UPDATE_WORDS").is_some() {
            std::fs::write(&path, &list).expect("the list can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            list == committed,
            "{file} is out of date: run the test with UPDATE_WORDS=1 and read the change"
        );
    }
}

#[test]
fn regular_expressions_compile() {
    for api in all_apis() {
        for condition in api.conditions.iter() {
            let tests = [(condition.op, &condition.value)]
                .into_iter()
                .chain(condition.and.iter().map(|test| (test.op, &test.value)));
            for (op, value) in tests {
                if let (Op::Matches | Op::NotMatches, Some(Value::Text(pattern))) = (op, value) {
                    assert!(regex::Regex::new(pattern).is_ok(), "{}: {pattern}", api.id);
                }
            }
        }
    }
}

#[test]
fn messages_read_alike() {
    let starts_low = |text: &str| {
        let mut letters = text.chars();
        // An acronym or a path may start a sentence; a capital that only starts it may not.
        let first = letters.next().is_some_and(char::is_uppercase);
        !(first && letters.next().is_some_and(char::is_lowercase) && text.contains(' '))
    };
    let sound = |text: &str| !text.is_empty() && !text.ends_with('.') && !text.contains('\n');
    for rule in rules() {
        for text in [&rule.summary, &rule.why, &rule.help] {
            assert!(sound(text) && starts_low(text), "{}: {text}", rule.id);
        }
    }
    for api in all_apis().filter(|api| !api.is_auxiliary()) {
        let replacement = api.replacement.as_deref().unwrap_or_default();
        assert!(sound(replacement), "{}: {replacement:?}", api.id);
        assert!(sound(&api.reason), "{}: {:?}", api.id, api.reason);
    }
}

#[test]
fn tuning_and_control_have_a_level_that_a_rule_can_raise() {
    assert_eq!(api("tokio.builder.new_current_thread").level, Some(Level::Off));
    assert_eq!(rule("manual-gc").map(|rule: &Rule| rule.level), Some(Level::Error));
}
