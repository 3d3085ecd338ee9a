//! `CODEOWNERS`: who owns a file, as GitHub reads it.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// Where GitHub looks for the file; the first one that is there counts.
pub const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Team {
    /// The organisation.
    pub organisation: String,
    /// The team's name in addresses.
    pub name: String,
}

impl Team {
    /// Reads `organisation/team`; none if it is no such name.
    pub fn read(text: &str) -> Option<Team> {
        let (organisation, name) = text.split_once('/')?;
        let team = Team { organisation: organisation.to_owned(), name: name.to_owned() };
        (is_name(organisation) && is_name(name)).then_some(team)
    }
}

/// An owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A person, by login.
    Person(String),
    /// A team.
    Team(Team),
    /// A person, by an address that GitHub tells only those who own it.
    Address(String),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Person(login) => write!(f, "@{login}"),
            Owner::Team(team) => write!(f, "@{}/{}", team.organisation, team.name),
            Owner::Address(address) => f.write_str(address),
        }
    }
}

impl Owner {
    fn read(text: &str) -> Option<Owner> {
        match text.strip_prefix('@') {
            Some(name) if name.contains('/') => Team::read(name).map(Owner::Team),
            Some(name) => is_name(name).then(|| Owner::Person(name.to_owned())),
            None => {
                let (person, host) = text.split_once('@')?;
                (!person.is_empty() && host.contains('.')).then(|| Owner::Address(text.to_owned()))
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// A file `CODEOWNERS`.
#[derive(Debug, Clone, Default)]
pub struct CodeOwners(Vec<Line>);

#[derive(Debug, Clone)]
struct Line {
    /// The path itself, and what is below it.
    globs: Vec<GlobMatcher>,
    owners: Vec<Owner>,
}

impl CodeOwners {
    /// Reads the file's text. Lines that are wrong are left out, as GitHub leaves them out.
    pub fn read(text: &str) -> CodeOwners {
        CodeOwners(text.lines().filter_map(Line::read).collect())
    }

    /// Who owns a file, by the last line that is about it; nobody if there is none, or if it names nobody.
    pub fn owners(&self, path: &str) -> &[Owner] {
        let last = self.0.iter().rev().find(|line| line.globs.iter().any(|glob| glob.is_match(path)));
        last.map_or(&[], |line| &line.owners)
    }
}

impl Line {
    /// A line with a pattern; none if there is none, or something in it that GitHub does not take.
    fn read(line: &str) -> Option<Line> {
        let (pattern, rest) = split(line.trim());
        if pattern.is_empty() || pattern.starts_with('#') {
            return None;
        }
        let named = rest.split_whitespace().take_while(|word| !word.starts_with('#'));
        let owners: Option<Vec<Owner>> = named.map(Owner::read).collect();
        Some(Line { globs: globs(pattern)?, owners: owners? })
    }
}

/// The pattern, up to the first blank without a backslash, and what follows.
fn split(line: &str) -> (&str, &str) {
    let mut is_escaped = false;
    for (at, character) in line.char_indices() {
        if character.is_whitespace() && !is_escaped {
            return line.split_at(at);
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    (line, "")
}

/// What a pattern stands for: one of gitignore's, less `!` and `[ ]`, which GitHub does not take here.
fn globs(pattern: &str) -> Option<Vec<GlobMatcher>> {
    if pattern.starts_with('!') || pattern.contains(['[', ']']) || pattern.contains("***") {
        return None;
    }
    let (body, is_folder) = match pattern.strip_suffix('/') {
        Some(body) => (body, true),
        None => (pattern, false),
    };
    // With a slash before its end, a pattern begins at the top of the repository.
    let place = match body.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if body.contains('/') => body.to_owned(),
        None => format!("**/{body}"),
    };
    if place.is_empty() {
        return None;
    }
    let is_shallow = matches!(place.rsplit('/').next(), Some("*" | "**"));
    let below = format!("{place}/**");
    let wanted = match (is_folder, is_shallow && place != "**/*") {
        (true, _) => vec![below],
        (false, true) => vec![place],
        (false, false) => vec![place, below],
    };
    wanted.iter().map(|glob| matcher(glob)).collect()
}

fn matcher(glob: &str) -> Option<GlobMatcher> {
    // Braces mean nothing to GitHub.
    let plain = glob.replace('{', "\\{").replace('}', "\\}");
    let built = GlobBuilder::new(&plain).literal_separator(true).backslash_escape(true).build();
    built.ok().map(|glob| glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(text: &str, path: &str) -> String {
        let read = CodeOwners::read(text);
        read.owners(path).iter().map(Owner::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_last_line_about_a_file_counts() {
        let text = "\
# everybody's
*       @org/all

*.rs    @ada # inline
/docs/  docs@example.org
/src/gc/ @grace @org/runtime
/src/gc/free.rs
";
        assert_eq!(owners(text, "build.sh"), "@org/all");
        assert_eq!(owners(text, "lib/deep/x.rs"), "@ada");
        assert_eq!(owners(text, "docs/a/b.rs"), "docs@example.org");
        assert_eq!(owners(text, "src/gc/trim.rs"), "@grace @org/runtime");
        assert_eq!(owners(text, "src/gc/free.rs"), "", "a line without owners takes them away");
        assert_eq!(owners("", "a"), "");
    }

    #[test]
    fn patterns_mean_what_they_mean_to_github() {
        for (pattern, inside, outside) in [
            ("*", &["a", "a/b/c"][..], &[][..]),
            ("foo", &["foo", "foo/a", "x/foo", "x/foo/a"], &["foo.txt", "xfoo"]),
            ("/foo", &["foo", "foo/a/b"], &["x/foo", "food"]),
            ("foo/", &["foo/a", "x/foo/a/b"], &["foo", "x/foo"]),
            ("/foo/", &["foo/a", "foo/a/b"], &["foo", "x/foo/a"]),
            ("a/b", &["a/b", "a/b/c"], &["x/a/b", "a/bc"]),
            ("docs/*", &["docs/a.md"], &["docs/a/b.md", "x/docs/a.md", "docs"]),
            ("/docs/*.md", &["docs/a.md"], &["docs/a/b.md"]),
            ("**/logs", &["logs", "a/b/logs", "a/logs/x"], &["a/logs.txt"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "x/a/b"]),
            ("a/**/z", &["a/z", "a/b/z", "a/b/c/z/y"], &["a/zz"]),
            ("*.rs", &["a.rs", "x/y.rs"], &["a.rsx"]),
            ("/f?o*", &["foo", "fxoo/a"], &["fo", "f/o"]),
            ("a\\ b", &["a b", "x/a b"], &["a\\ b"]),
            ("{a,b}", &["{a,b}"], &["a", "b"]),
            ("**", &["a", "a/b"], &[]),
            ("/", &[], &["a", "a/b"]),
        ] {
            let text = format!("{pattern} @ada");
            for path in inside {
                assert_eq!(owners(&text, path), "@ada", "{pattern} is about {path}");
            }
            for path in outside {
                assert_eq!(owners(&text, path), "", "{pattern} is not about {path}");
            }
        }
    }

    #[test]
    fn what_github_does_not_take_is_left_out() {
        for line in ["!*.rs @joan", "[a-z] @joan", "*.rs joan", "*.rs @joan @", "*.rs @a/b/c", "a*** @joan"] {
            assert_eq!(owners(&format!("* @ada\n{line}"), "a.rs"), "@ada", "{line}");
        }
    }

    #[test]
    fn teams_have_two_names() {
        assert!(Team::read("org/runtime-team").is_some());
        for wrong in ["org", "org/", "/x", "a/b/c", "a/b c"] {
            assert_eq!(Team::read(wrong), None, "{wrong}");
        }
    }
}
