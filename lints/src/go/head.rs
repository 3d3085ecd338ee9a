//! A file's head, read without the parser: its package's name and what it imports.
//!
//! Which packages a program consists of is asked of every file of a module; parsing them all for it took most of a run.

use memchr::memmem;
use runtime_policy_rules::path::without_major;
use rustc_hash::FxHashSet;

/// What a file says before its first declaration.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// As the `package` clause says; empty where there is none.
    pub package: Box<str>,
    /// The paths that it imports, without their major versions.
    pub imports: FxHashSet<Box<str>>,
}

impl Head {
    /// Reads a text's head.
    pub(crate) fn of(text: &str) -> Self {
        let Some(rest) = after_comments(text).strip_prefix("package") else { return Self::default() };
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (package, rest) = rest.split_at(end);
        let imports = quoted(&rest[..first_declaration(rest)]).map(|path| without_major(path).into());
        Self { package: package.into(), imports: imports.collect() }
    }
}

/// A text from the first byte on that is no space and in no comment.
fn after_comments(text: &str) -> &str {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = if rest.starts_with("//") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|at| at + 2)
        } else {
            return rest;
        };
        let Some(end) = end else { return "" };
        rest = rest[end..].trim_start();
    }
}

/// Where the first declaration begins that is no import. One that a comment among the imports mentions may come first:
/// it stands at the beginning of a line in code alone that is formatted.
fn first_declaration(text: &str) -> usize {
    let starts = ["\nfunc ", "\nfunc(", "\ntype ", "\nvar ", "\nvar(", "\nconst ", "\nconst("];
    let found = starts.iter().filter_map(|start| memmem::find(text.as_bytes(), start.as_bytes()));
    found.min().unwrap_or(text.len())
}

/// What stands in quotes and holds no space.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '`']).skip(1).filter(|part| !part.is_empty() && !part.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_over_comments_and_up_to_the_first_declaration() {
        let text = "// Copyright\n/*\npackage no\n*/\n//go:build linux\n\npackage main // here\n\nimport (\n\
                    \t\"fmt\"\n\tx `os`\n\t_ \"example.com/a/v2\"\n)\n\nfunc main() { fmt.Println(\"not/this\") }\n";
        let head = Head::of(text);
        assert_eq!(&*head.package, "main");
        let mut imports: Vec<&str> = head.imports.iter().map(|path| &**path).collect();
        imports.sort_unstable();
        assert_eq!(imports, ["example.com/a", "fmt", "os"]);
    }

    #[test]
    fn no_text_is_no_head() {
        for text in ["", "// only", "/* open", "func main() {}"] {
            assert_eq!(&*Head::of(text).package, "", "{text:?}");
        }
    }
}
