//! The rooms of the house: what each part of the analyser must not know of, read from its own source.

use std::path::{Path, PathBuf};

/// A room, what it must not mention, and what of that is allowed.
struct Room {
    paths: &'static [&'static str],
    must_not: &'static [&'static str],
    but_may: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room {
        // Rules judge facts, whatever language they come from, and do not care how a finding is shown.
        paths: &["rules"],
        must_not: &[
            "syn::",
            "proc_macro2",
            "tree_sitter",
            "crate::rust",
            "crate::go",
            "crate::report",
            "crate::workspace",
            "crate::fix",
        ],
        but_may: &[],
    },
    Room {
        // The vocabulary is plain data.
        paths: &["facts"],
        must_not: &[
            "syn::",
            "proc_macro2",
            "tree_sitter",
            "crate::rust",
            "crate::go",
            "crate::rules",
            "crate::policy",
            "crate::report",
            "crate::finding",
            "crate::workspace",
        ],
        but_may: &[],
    },
    Room {
        // Front ends know no rule, no level, no message.
        paths: &["rust", "go", "settings"],
        must_not: &["crate::rules", "crate::policy", "crate::report", "crate::fix", "crate::finding"],
        but_may: &["crate::finding::Notice"],
    },
    Room {
        // What holds for every language knows none: how a router goes through functions, what follows from callers.
        paths: &["exposure", "calls.rs", "identifiers.rs", "production.rs"],
        must_not: &[
            "syn::",
            "proc_macro2",
            "tree_sitter",
            "crate::rust",
            "crate::go",
            "crate::rules",
            "crate::policy",
        ],
        but_may: &[],
    },
    Room { paths: &["rust"], must_not: &["tree_sitter", "crate::go"], but_may: &[] },
    Room { paths: &["go"], must_not: &["syn::", "proc_macro2", "crate::rust"], but_may: &[] },
    Room { paths: &["select.rs"], must_not: &["syn::", "proc_macro2", "crate::"], but_may: &[] },
    Room {
        // Finding files has nothing to do with what is in them.
        paths: &["workspace"],
        must_not: &["syn::", "crate::rust", "crate::rules", "crate::facts", "crate::report", "crate::policy"],
        but_may: &["crate::policy::FILE_NAME"],
    },
    Room {
        // Policy works on findings and comments.
        paths: &["policy"],
        must_not: &[
            "syn::",
            "crate::rust",
            "crate::rules",
            "crate::report",
            "crate::workspace",
            "crate::facts",
        ],
        but_may: &["crate::facts::comment"],
    },
    Room {
        // Reports see findings and texts.
        paths: &["report"],
        must_not: &[
            "syn::",
            "crate::rust",
            "crate::rules",
            "crate::facts",
            "crate::policy",
            "crate::workspace",
            "crate::engine",
        ],
        but_may: &[],
    },
    Room {
        // What differs has nothing to do with what is found in it.
        paths: &["change"],
        must_not: &["syn::", "crate::rust", "crate::rules", "crate::facts", "crate::report", "crate::engine"],
        but_may: &[],
    },
    Room {
        // Nothing is run; but for git, in the one file that knows how to ask it.
        paths: &[
            "calls.rs",
            "catalogue.rs",
            "change/error.rs",
            "change/lines.rs",
            "change/mod.rs",
            "change/patch.rs",
            "change/raw.rs",
            "change/reverse.rs",
            "change/sides.rs",
            "engine.rs",
            "engine",
            "exposure",
            "facts",
            "finding.rs",
            "go",
            "identifiers.rs",
            "policy",
            "report",
            "rules",
            "rust",
            "settings",
            "select.rs",
            "source.rs",
            "workspace",
            "fix",
        ],
        must_not: &["process::", "Command::new", "TcpStream", "TcpListener", "UdpSocket"],
        but_may: &[],
    },
];

#[test]
fn no_room_knows_what_it_must_not() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut trespasses = Vec::new();
    for room in ROOMS {
        for path in room.paths {
            let files = files(&source.join(path));
            assert!(!files.is_empty(), "{path} is gone: mend the table");
            for file in files {
                let text = std::fs::read_to_string(&file).expect("read");
                let shown = file.strip_prefix(&source).unwrap_or(&file).display();
                trespasses
                    .extend(trespass(&text, room).map(|(line, word)| format!("{shown}:{line}: {word}")));
            }
        }
    }
    assert!(trespasses.is_empty(), "{}", trespasses.join("\n"));
}

#[test]
fn a_trespass_is_seen() {
    let seen = |text: &str, path: &str| {
        let room = ROOMS.iter().find(|room| room.paths.contains(&path)).expect("a room");
        trespass(text, room).count()
    };
    assert_eq!(seen("use syn::Expr;\n", "rules"), 1);
    assert_eq!(seen("use crate::{\n    finding::Finding,\n    rust::program::Program,\n};\n", "rules"), 1);
    assert_eq!(seen("// crate::rust makes these\n#[cfg(test)]\nuse crate::rust::x;\n", "rules"), 0);
    assert_eq!(seen("use crate::facts::comment::Comment;\nuse crate::facts::Site;\n", "policy"), 1);
}

/// Lines (from 1) and words of code, not of comments or tests, that a room must not mention.
fn trespass<'t>(text: &'t str, room: &'t Room) -> impl Iterator<Item = (usize, &'static str)> + 't {
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    let mut group = false;
    code.lines().enumerate().flat_map(move |(index, line)| {
        // What stands in quotes is data.
        let line: String = line.split('"').step_by(2).collect();
        let line = line.split("//").next().unwrap_or("").trim();
        // `use crate::{ … }` over several lines: each line goes on from `crate::`.
        let written = if group { format!("crate::{line}") } else { line.to_owned() };
        group = line.starts_with("use crate::{") && !line.contains('}') || group && !line.contains("};");
        room.must_not
            .iter()
            .copied()
            .filter(|word| mentions(&written, word, room.but_may))
            .map(|word| (index + 1, word))
            .collect::<Vec<_>>()
    })
}

fn mentions(line: &str, word: &str, but_may: &[&str]) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = !line[..at].ends_with(part)
            && (word.ends_with(':') || !line[at + word.len()..].starts_with(part));
        whole && !but_may.iter().any(|allowed| line[at..].starts_with(allowed))
    })
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let inner = entries.flatten().flat_map(|entry| files(&entry.path()));
    inner
        .filter(|file| {
            let is_test = |part: std::path::Component<'_>| {
                part.as_os_str() == "tests" || part.as_os_str() == "tests.rs"
            };
            file.extension().is_some_and(|extension| extension == "rs") && !file.components().any(is_test)
        })
        .collect()
}
