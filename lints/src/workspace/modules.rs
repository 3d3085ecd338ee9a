//! Go modules: what a `go.mod` says.
//!
//! Modules of one tree see each other, whether a `go.work`, a `replace` or nothing ties them: a `go.work` is not read.

use std::sync::Arc;

use super::walk::FoundManifest;
use super::{Discovery, parent};
use crate::finding::Notice;

/// A release of a language: major and minor.
pub type Release = (u32, u32);

/// A Go module of one [`super::Workspace`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Path of the `go.mod`, relative to the root.
    pub manifest: Arc<str>,
    /// Its folder, relative to the root; empty for the root itself.
    pub dir: Arc<str>,
    /// The module's path, as written.
    pub path: Arc<str>,
    /// The `go` directive: 1.16 where none is written.
    pub go: Release,
    /// Paths of the modules that it requires, as written.
    pub requires: Vec<Arc<str>>,
}

/// What Go takes a module without a `go` directive for.
const WITHOUT_DIRECTIVE: Release = (1, 16);

/// Reads `go.mod` files, sorted by path, into modules.
pub(super) fn read_all(
    found: &[FoundManifest],
    options: &Discovery,
    notices: &mut Vec<Notice>,
) -> Vec<Module> {
    let read =
        |found: &FoundManifest| match options.tree.text(&found.absolute, &found.path, options.max_file_bytes)
        {
            Ok(text) => {
                let module = parse(&found.path, &text);
                if module.is_none() {
                    let message = "names no module; its packages are taken for programs' own".to_owned();
                    notices.push(Notice { path: found.path.clone(), place: None, message });
                }
                module
            }
            Err(notice) => {
                notices.push(notice);
                None
            }
        };
    found.iter().filter_map(read).collect()
}

fn parse(manifest: &Arc<str>, text: &str) -> Option<Module> {
    let (mut path, mut go, mut requires) = (None, WITHOUT_DIRECTIVE, Vec::new());
    let mut block = "";
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or("").trim();
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        if first == ")" {
            block = "";
            continue;
        }
        let (directive, value) = if block.is_empty() { (first, words.next()) } else { (block, Some(first)) };
        if value == Some("(") {
            block = directive;
            continue;
        }
        let value = value.map(|value| value.trim_matches(['"', '`']));
        match (directive, value) {
            ("module", Some(value)) => path = Some(value),
            ("go", Some(value)) => go = release(value).unwrap_or(go),
            ("require", Some(value)) => requires.push(value.into()),
            _ => {}
        }
    }
    Some(Module {
        manifest: manifest.clone(),
        dir: parent(manifest).into(),
        path: path?.into(),
        go,
        requires,
    })
}

/// `1.25`, `1.25.3`, `1.26rc1`.
fn release(text: &str) -> Option<Release> {
    let (major, rest) = text.split_once('.')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((major.parse().ok()?, rest[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_tells_path_release_and_what_it_requires() {
        let text = "// the module\nmodule \"example.com/a/v2\"\n\ngo 1.24.3 // at least\ntoolchain go1.25.1\n\
                    require github.com/x/y v1.2.3\nrequire (\n\tgo.uber.org/automaxprocs v1.5.0 // indirect\n)\n\
                    replace github.com/x/y => ../y\n";
        let module = parse(&"sub/go.mod".into(), text).expect("a module");
        assert_eq!((&*module.path, &*module.dir, module.go), ("example.com/a/v2", "sub", (1, 24)));
        assert_eq!(module.requires, ["github.com/x/y".into(), "go.uber.org/automaxprocs".into()]);
        assert_eq!(parse(&"go.mod".into(), "module m\n").expect("a module").go, (1, 16));
        assert_eq!(parse(&"go.mod".into(), "go 1.2\n"), None);
    }
}
