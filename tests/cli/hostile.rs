//! Trees made to break the program: it ends in words, in bounded time and memory, and every other file is still judged.

use super::tree::{TRIM, Tree};

const GO: &str = "package main\n\nimport \"runtime\"\n\nfunc main() {\n\truntime.GC()\n}\n";
const MODULE: &str = "module example.org/x\n\ngo 1.24\n";

/// What is found besides a hostile file, which is named.
fn costs_only_itself(tree: &Tree, hostile: &str, says: &str) {
    let (code, out, error) = tree.say(&["--format", "short"]);
    assert_eq!(code, 1, "{hostile}: {error}");
    let others: Vec<&str> = out.lines().filter(|line| !line.starts_with(hostile)).collect();
    assert_eq!(others.len(), 1, "{hostile}: {out}");
    assert!(error.contains(&format!("warning: {hostile}")) && error.contains(says), "{hostile}: {error}");
}

#[test]
fn nesting_a_hundred_thousand_deep() {
    const DEEP: usize = 100_000;
    for (open, close) in
        [("(", ")"), ("{", "}"), ("[", "]"), ("-", ""), ("vec![", "]"), ("|x| ", ""), ("&", "")]
    {
        let nested = format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP));
        let tree = Tree::package(&[
            ("src/lib.rs", TRIM),
            ("src/deep.rs", &format!("{TRIM}fn a() {{ {nested} }}\n")),
        ]);
        costs_only_itself(&tree, "src/deep.rs", "nest");
    }
    for (open, close) in [("(", ")"), ("func() {", "}()"), ("[]", "int{}"), ("-", ""), ("if true {", "}")] {
        let nested = format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP));
        let deep = format!(
            "package main\n\nimport \"runtime\"\n\nfunc a() {{\n\truntime.GC()\n\t_ = {nested}\n}}\n"
        );
        let tree = Tree::new(&[("go.mod", MODULE), ("main.go", GO), ("deep.go", &deep)]);
        costs_only_itself(&tree, "deep.go", "");
    }
    for (name, open, close) in
        [("compose.yaml", "[", "]"), ("compose.yaml", "- ", ""), ("compose.yaml", "{a: ", "}")]
    {
        let nested = format!("services:\n  x: {}1{}\n", open.repeat(DEEP), close.repeat(DEEP));
        let tree = Tree::package(&[
            ("src/lib.rs", TRIM),
            (name, &format!("# mem_limit GOGC MALLOC_CONF\n{nested}")),
        ]);
        let (code, out, error) = tree.say(&["--format", "short"]);
        assert_eq!((code, out.lines().count()), (1, 1), "{name} {open}: {error}");
    }
    let manifest = format!(
        "[package]\nname = \"x\"\n[dependencies]\nlibc = {}1{}\n",
        "[".repeat(DEEP),
        "]".repeat(DEEP)
    );
    let tree = Tree::new(&[("Cargo.toml", &manifest), ("src/lib.rs", TRIM)]);
    assert!(tree.say(&[]).2.contains("Cargo.toml"), "{}", tree.say(&[]).2);
    let tree = Tree::package(&[
        ("src/lib.rs", TRIM),
        ("runtime-policy.toml", &format!("exclude = {}", "[".repeat(DEEP))),
    ]);
    assert_eq!(tree.say(&[]).0, 2);
}

#[test]
fn a_hundred_megabytes_on_one_line() {
    let long = format!("pub const X: &str = \"malloc_trim {}\";", "x".repeat(100 << 20));
    let tree = Tree::package(&[("src/lib.rs", TRIM), ("src/long.rs", &long)]);
    costs_only_itself(&tree, "src/long.rs", "more than the limit of 16777216");
    // Below the limit it is only a long line.
    let long =
        format!("pub fn x() {{ let _ = \"{}\"; unsafe {{ libc::malloc_trim(0) }}; }}", "x".repeat(3 << 20));
    let tree = Tree::package(&[("src/lib.rs", TRIM), ("src/long.rs", &long)]);
    let (code, out, error) = tree.say(&["--format", "short"]);
    assert_eq!((code, out.lines().count(), error.as_str()), (1, 2, ""));
    assert!(out.len() < 1 << 16, "{} bytes are shown", out.len());
    let human = tree.say(&[]).1;
    assert!(human.len() < 1 << 16, "{} bytes are shown", human.len());
}

#[test]
fn the_largest_file_is_a_matter_of_configuration() {
    let large = format!("{TRIM}// {}\n", "x".repeat(200));
    let limit = ("runtime-policy.toml", "max-file-bytes = 200\n");
    let tree = Tree::package(&[("src/lib.rs", TRIM), ("src/large.rs", &large), limit]);
    costs_only_itself(&tree, "src/large.rs", "more than the limit of 200");
    tree.write("runtime-policy.toml", "max-file-bytes = 20971520\n");
    assert_eq!(tree.found(&[]).len(), 2);
    tree.write("src/runtime-policy.toml", limit.1);
    let (code, _, error) = tree.say(&[]);
    assert!(code == 2 && error.contains("holds for a whole run"), "{error}");
}

#[test]
fn names_that_lead_round_and_round() {
    // Each module takes all of the next two, by glob and again by name: without memory, two to the number of modules.
    let mut files = vec![("src/lib.rs".to_owned(), String::new())];
    let mut list = String::new();
    for number in 0..60 {
        list.push_str(&format!("pub mod m{number};\n"));
        let (one, two) = ((number + 1) % 60, (number + 2) % 60);
        files.push((
            format!("src/m{number}.rs"),
            format!(
                "pub use crate::m{one}::*;\npub use crate::m{two}::*;\npub use crate::m{one}::trim as t{number};\n\
                 pub fn f{number}() {{ unsafe {{ trim(0) }}; t{two}(); libc_too::malloc_trim(0); }}\n"
            ),
        ));
    }
    files[0].1 = format!("{list}pub use libc::malloc_trim as trim;\n{TRIM}");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let tree = Tree::package(&files);
    let found = tree.found(&[]);
    assert!(found.contains(&"src/lib.rs:63 manual-gc error".to_owned()), "{found:?}");
}

#[test]
fn modules_that_hold_each_other() {
    let tree = Tree::package(&[
        ("src/lib.rs", &format!("#[path = \"lib.rs\"]\nmod again;\nmod a;\n{TRIM}")),
        ("src/a.rs", "#[path = \"b.rs\"]\nmod b;\n#[path = \"../src/lib.rs\"]\nmod lib;\n"),
        ("src/b.rs", &format!("#[path = \"a.rs\"]\nmod a;\n{TRIM}")),
    ]);
    assert_eq!(tree.found(&[]), ["src/b.rs:4 manual-gc error", "src/lib.rs:5 manual-gc error"]);
}

#[test]
fn calls_that_lead_round_and_round() {
    let mut text = String::new();
    for number in 0..400 {
        let (one, two) = ((number + 1) % 400, (number * 7 + 3) % 400);
        text.push_str(&format!(
            "pub fn f{number}(x: usize) {{ f{one}(x); f{two}(x); if x > 1 {{ f{number}(x) }} }}\n"
        ));
    }
    text.push_str(
        "pub fn last() { f0(1); unsafe { libc::mallopt(1, 2) }; unsafe { libc::malloc_trim(0) }; f399(2) }\n",
    );
    text.push_str(&text.replace("pub fn f", "pub fn g"));
    let tree = Tree::package(&[("src/lib.rs", &text)]);
    assert_eq!(tree.say(&[]).0, 1);
    let mut text =
        "package main\n\nimport (\n\t\"runtime\"\n\t\"runtime/debug\"\n)\n\nfunc main() { f0(1) }\n"
            .to_owned();
    for number in 0..400 {
        let (one, two) = ((number + 1) % 400, (number * 7 + 3) % 400);
        text.push_str(&format!(
            "func f{number}(x int) {{ f{one}(x); f{two}(x); debug.SetGCPercent(x); runtime.GC() }}\n"
        ));
    }
    let tree = Tree::new(&[("go.mod", MODULE), ("main.go", &text)]);
    assert_eq!(tree.say(&[]).0, 1);
}

#[test]
fn texts_in_other_writings() {
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(TRIM.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let tree = Tree::package(&[("src/lib.rs", TRIM)]);
    std::fs::write(tree.path().join("src/wide.rs"), utf16).expect("written");
    costs_only_itself(&tree, "src/wide.rs", "is UTF-16");
    // What the compiler takes is judged, at the line where people see it.
    for (name, text) in [
        ("BOM", format!("\u{feff}{TRIM}")),
        ("CRLF", TRIM.replace('\n', "\r\n")),
        ("NUL", format!("{TRIM}\0\n")),
        ("marks", TRIM.replace("0)", "0 /* \u{202e}\u{200b}\u{feff} */)")),
    ] {
        let tree = Tree::package(&[("src/lib.rs", &text)]);
        assert_eq!(tree.found(&[]), ["src/lib.rs:2 manual-gc error"], "{name}");
    }
    for (name, text) in [("BOM", format!("\u{feff}{GO}")), ("CRLF", GO.replace('\n', "\r\n"))] {
        let tree = Tree::new(&[("go.mod", MODULE), ("main.go", &text)]);
        assert_eq!(tree.found(&[]), ["main.go:6 manual-gc error"], "{name}");
    }
}

#[cfg(unix)]
mod on_unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn rights(path: &Path, mode: u32) {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("rights");
    }

    /// A pipe would be waited at for ever, a device read for ever.
    #[test]
    fn pipes_sockets_and_devices_are_not_opened() {
        let tree = Tree::package(&[("src/lib.rs", TRIM)]);
        let made = std::process::Command::new("mkfifo").arg(tree.path().join("src/pipe.rs")).status();
        assert!(made.expect("mkfifo").success());
        let _socket =
            std::os::unix::net::UnixListener::bind(tree.path().join("src/socket.rs")).expect("bound");
        for (name, device) in [("Cargo.toml", "zero"), ("main.go", "zero"), ("runtime-policy.toml", "random")]
        {
            let folder = tree.path().join(format!("{device}-{name}"));
            std::fs::create_dir(&folder).expect("made");
            std::os::unix::fs::symlink(format!("/dev/{device}"), folder.join(name)).expect("linked");
        }
        assert_eq!(tree.found(&[]), ["src/lib.rs:2 manual-gc error"]);
        let (code, _, error) = tree.say(&["src/pipe.rs", "src/lib.rs"]);
        assert!(code == 1 && error.contains("src/pipe.rs: is not a regular file"), "{error}");
        let pipe = Tree::package(&[("src/lib.rs", TRIM)]);
        let made = std::process::Command::new("mkfifo").arg(pipe.path().join("runtime-policy.toml")).status();
        assert!(made.expect("mkfifo").success());
        let endless = Tree::package(&[("src/lib.rs", TRIM)]);
        std::os::unix::fs::symlink("/dev/zero", endless.path().join("runtime-policy.toml")).expect("linked");
        for tree in [pipe, endless] {
            let (code, _, error) = tree.say(&[]);
            assert_eq!(code, 2, "{error}");
            assert!(error.contains("it is not a regular file\n--> runtime-policy.toml"), "{error}");
        }
    }

    #[test]
    fn what_may_not_be_read_is_named() {
        let tree = Tree::package(&[("src/lib.rs", TRIM), ("src/shut/mod.rs", TRIM), ("src/closed.rs", TRIM)]);
        let (folder, file) = (tree.path().join("src/shut"), tree.path().join("src/closed.rs"));
        rights(&folder, 0o000);
        rights(&file, 0o000);
        let may_all = std::fs::File::open(&file).is_ok();
        let (code, out, error) = tree.say(&["--format", "short"]);
        rights(&folder, 0o755);
        if may_all {
            return;
        }
        assert_eq!((code, out.lines().count()), (1, 1), "{error}");
        assert!(error.contains("src/shut") && error.contains("src/closed.rs"), "{error}");
    }

    #[test]
    fn names_that_are_no_text_are_reported() {
        let tree = Tree::package(&[("src/lib.rs", TRIM)]);
        std::fs::write(tree.path().join("src").join(OsStr::from_bytes(b"a\xff\n.rs")), TRIM)
            .expect("written");
        let (code, out, error) = tree.say(&["--format", "short"]);
        assert_eq!((code, out.lines().count()), (1, 1), "{error}");
        assert!(error.contains("not UTF-8") && error.lines().count() == 1, "{error}");
    }

    #[test]
    fn links_within_out_of_and_round_the_tree() {
        let outside = Tree::package(&[("src/lib.rs", TRIM)]);
        let tree = Tree::package(&[("src/lib.rs", TRIM)]);
        let link =
            |to: &Path, name: &str| std::os::unix::fs::symlink(to, tree.path().join(name)).expect("linked");
        link(outside.path(), "outside");
        link(&outside.path().join("src/lib.rs"), "src/out.rs");
        link(Path::new("loop"), "loop");
        link(Path::new("."), "here");
        link(Path::new("nowhere"), "src/gone.rs");
        link(Path::new("lib.rs"), "src/same.rs");
        std::fs::write(tree.path().join("src/main.rs"), "mod out;\nmod same;\nmod gone;\nfn main() {}\n")
            .expect("written");
        assert_eq!(tree.found(&[]), ["src/lib.rs:2 manual-gc error"]);
    }

    /// Files come and go while the program reads.
    #[test]
    fn files_that_vanish_while_they_are_read() {
        let names: Vec<String> = (0..300).map(|number| format!("src/m{number}.rs")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, TRIM)).collect();
        let tree = Tree::package(&files);
        tree.write("src/lib.rs", TRIM);
        std::thread::scope(|scope| {
            let stirring = scope.spawn(|| {
                for name in names.iter().rev() {
                    let _ = std::fs::remove_file(tree.path().join(name));
                    std::thread::yield_now();
                }
            });
            for _ in 0..4 {
                let (code, out, _) = tree.say(&["--format", "json"]);
                assert_eq!(code, 1);
                assert!(out.contains("src/lib.rs"));
                assert!(out.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
            }
            stirring.join().expect("no panic");
        });
    }
}
