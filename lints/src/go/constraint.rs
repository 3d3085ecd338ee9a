//! Build constraints: what a file's name and its `//go:build` line say about when it is compiled.

use crate::source::Source;

/// What a constraint says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Constraint {
    /// Never part of a build: `ignore`, `tools`.
    pub never: bool,
    /// Only with a tag that is neither a platform nor one of the tool chain's.
    pub tagged: bool,
    /// Only where something is tested or measured: a tag with such a word.
    pub test: bool,
    /// Only with a tag for debugging builds.
    pub debug: bool,
}

/// Tags that the go command sets by itself; platforms and architectures are told by their lower case and list.
const OWN: &[&str] = &[
    "linux",
    "darwin",
    "windows",
    "freebsd",
    "openbsd",
    "netbsd",
    "dragonfly",
    "solaris",
    "illumos",
    "aix",
    "android",
    "ios",
    "plan9",
    "js",
    "wasip1",
    "unix",
    "hurd",
    "nacl",
    "zos",
    "386",
    "amd64",
    "arm",
    "arm64",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mipsle",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "wasm",
    "sparc64",
    "cgo",
    "gc",
    "gccgo",
    "race",
    "msan",
    "asan",
    "boringcrypto",
    "purego",
    "appengine",
    "osusergo",
    "netgo",
    "static",
];

/// Reads the constraint line above the `package` clause.
pub(super) fn constraint(source: &Source) -> Constraint {
    let line = source
        .text
        .lines()
        .take(60)
        .take_while(|line| !line.starts_with("package "))
        .find_map(|line| line.strip_prefix("//go:build ").or_else(|| line.strip_prefix("// +build ")));
    line.map(read).unwrap_or_default()
}

/// A tag counts where the file needs it: not behind `!`, and in no alternative without one.
fn read(line: &str) -> Constraint {
    let mut found = Constraint { never: true, tagged: true, test: true, debug: true };
    for alternative in line.split("||") {
        let mut here = Constraint::default();
        let words = alternative.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '!')));
        for tag in words.filter(|tag| !tag.is_empty() && !tag.starts_with('!')) {
            if OWN.contains(&tag) || tag.starts_with("go1.") {
                continue;
            }
            let word = |wanted: &[&str]| tag.split(['_', '.']).any(|part| wanted.contains(&part));
            here.tagged = true;
            here.never |= matches!(tag, "ignore" | "tools" | "none" | "never");
            here.test |= word(&[
                "test",
                "tests",
                "testing",
                "e2e",
                "integration",
                "bench",
                "benchmark",
                "fuzz",
                "gofuzz",
            ]);
            here.debug |= word(&["debug", "pprof", "profile", "dev", "trace"]);
        }
        found.never &= here.never;
        found.tagged &= here.tagged;
        found.test &= here.test;
        found.debug &= here.debug;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_where_every_build_needs_it() {
        assert!(read("ignore").never);
        assert!(read("linux && integration").test);
        assert!(read("debug").debug && read("debug").tagged);
        assert_eq!(read("!debug && (linux || darwin)"), Constraint::default());
        assert_eq!(read("go1.24 || debug"), Constraint::default());
    }
}
