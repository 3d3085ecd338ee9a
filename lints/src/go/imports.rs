//! Imports: which package a name stands for in a file.

use runtime_policy_rules::path::without_major;

use crate::go::syntax;
use crate::source::{Source, Span};
use tree_sitter::Node;

/// One import.
#[derive(Debug, Clone)]
pub(super) struct Import {
    /// The path without its major version: what facts and the catalogue name.
    pub path: Box<str>,
    /// How the file names the package.
    pub name: ImportName,
    /// The whole line.
    pub span: Span,
}

/// How an import names its package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ImportName {
    /// As the package names itself.
    Own,
    /// `import other "path"`.
    Other(Box<str>),
    /// `import . "path"`: the package's names are the file's.
    Dot,
    /// `import _ "path"`: for what its `init` does.
    Blank,
}

/// The imports of a file's root node.
pub(super) fn imports(source: &Source, root: Node<'_>) -> Vec<Import> {
    let mut found = Vec::new();
    for declaration in syntax::children(root) {
        if declaration.kind() != "import_declaration" {
            continue;
        }
        for part in syntax::children(declaration) {
            match part.kind() {
                "import_spec" => found.extend(import(source, part)),
                _ => found.extend(syntax::children(part).into_iter().filter_map(|spec| import(source, spec))),
            }
        }
    }
    found
}

fn import(source: &Source, spec: Node<'_>) -> Option<Import> {
    let raw = syntax::text(source, spec.child_by_field_name("path")?).trim_matches(['"', '`']);
    let name = match spec.child_by_field_name("name") {
        None => ImportName::Own,
        Some(name) => match syntax::text(source, name) {
            "." => ImportName::Dot,
            "_" => ImportName::Blank,
            other => ImportName::Other(other.into()),
        },
    };
    Some(Import { path: without_major(raw).into(), name, span: syntax::span(spec) })
}

impl Import {
    /// Whether a name may stand for the package. What a package calls itself is not written where it is imported: of
    /// `github.com/x/go-foo` it is `foo` as a rule.
    pub(super) fn is_named(&self, name: &str, own: Option<&str>) -> bool {
        match &self.name {
            ImportName::Other(other) => **other == *name,
            ImportName::Dot | ImportName::Blank => false,
            ImportName::Own => match own {
                Some(own) => own == name,
                None => may_be_called(&self.path, name),
            },
        }
    }
}

fn may_be_called(path: &str, name: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    let bare = last.strip_prefix("go-").unwrap_or(last);
    let bare = ["-go", ".go", "-golang"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
    let plain = |text: &str| text.replace(['-', '.', '_'], "");
    name == last
        || name == bare
        || plain(bare) == name
        || plain(last) == name
        || bare.rsplit(['-', '.']).next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_called_what_they_usually_are() {
        assert!(may_be_called("github.com/gotk3/gotk3/glib", "glib"));
        assert!(may_be_called("github.com/x/go-foo", "foo"));
        assert!(may_be_called("github.com/x/foo-go", "foo"));
        assert!(may_be_called("github.com/x/foo-bar", "foobar"));
        assert!(!may_be_called("github.com/x/foo", "bar"));
    }
}
