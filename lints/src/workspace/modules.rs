//! Go modules: what a `go.mod` says, and the `go.work` above it.
//!
//! Modules of one tree see each other, whether a `go.work`, a `replace` or nothing ties them. A `toolchain` line changes
//! nothing here: it says what builds, while `go` says which API the code may ask for and which defaults it runs under.

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
    /// The release whose defaults its programs run under: that of the `go.work` that uses it, else its own.
    pub defaults: Release,
    /// Paths of the modules that it requires, as written.
    pub requires: Vec<Arc<str>>,
    /// Paths that it, or the `go.work` that uses it, imports from a folder: the path, and the folder relative to the root.
    pub replaces: Vec<(Arc<str>, Arc<str>)>,
}

/// What Go takes a module without a `go` directive for.
const WITHOUT_DIRECTIVE: Release = (1, 16);

/// Reads `go.mod` files, sorted by path, into modules, and lets the `go.work` files say what they say of them.
pub(super) fn read_all(
    manifests: &[FoundManifest],
    works: &[FoundManifest],
    options: &Discovery,
    notices: &mut Vec<Notice>,
) -> Vec<Module> {
    let text_of = |found: &FoundManifest, notices: &mut Vec<Notice>| {
        let text = options.tree.text(&found.absolute, &found.path, options.max_file_bytes);
        text.map_err(|notice| notices.push(notice)).ok()
    };
    let mut modules = Vec::new();
    for found in manifests {
        let Some(text) = text_of(found, notices) else { continue };
        match parse(&found.path, &text) {
            Some(module) => modules.push(module),
            None => {
                let message = "names no module; its packages are taken for programs' own".to_owned();
                notices.push(Notice { path: found.path.clone(), place: None, message });
            }
        }
    }
    // The nearest `go.work` counts, which comes after those above it.
    for found in works {
        if let Some(text) = text_of(found, notices) {
            use_in(&found.path, &text, &mut modules, notices);
        }
    }
    modules
}

fn parse(manifest: &Arc<str>, text: &str) -> Option<Module> {
    let dir = parent(manifest);
    let (mut path, mut go, mut requires, mut replaces) = (None, WITHOUT_DIRECTIVE, Vec::new(), Vec::new());
    for Line { directive, words, .. } in lines(text) {
        match (directive, words.as_slice()) {
            ("module", [value, ..]) => path = Some(*value),
            ("go", [value, ..]) => go = release(value).unwrap_or(go),
            ("require", [value, ..]) => requires.push((*value).into()),
            ("replace", words) => replaces.extend(replacement(dir, words)),
            _ => {}
        }
    }
    Some(Module {
        manifest: manifest.clone(),
        dir: dir.into(),
        path: path?.into(),
        go,
        defaults: go,
        requires,
        replaces,
    })
}

/// Notes in the modules that a `go.work` uses what it says for them.
fn use_in(work: &Arc<str>, text: &str, modules: &mut [Module], notices: &mut Vec<Notice>) {
    let dir = parent(work);
    let (mut go, mut used, mut replaces) = (WITHOUT_DIRECTIVE, Vec::new(), Vec::new());
    for Line { number, directive, words } in lines(text) {
        match (directive, words.as_slice()) {
            ("go", [value, ..]) => go = release(value).unwrap_or(go),
            ("use", [folder, ..]) => used.push((number, *folder)),
            ("replace", words) => replaces.extend(replacement(dir, words)),
            _ => {}
        }
    }
    for (number, folder) in used {
        // What lies outside of the root is not seen, and nothing is wrong with it.
        let Some(of) = joined(dir, folder) else { continue };
        match modules.iter_mut().find(|module| *module.dir == *of) {
            Some(module) => {
                module.defaults = go;
                module.replaces.extend(replaces.iter().cloned());
            }
            None => notices.push(Notice {
                path: work.clone(),
                place: Some((number, 1)),
                message: format!("uses `{folder}`, where no `go.mod` was found: mend or drop the line"),
            }),
        }
    }
}

/// A line of a `go.mod` or `go.work` with the directive that it belongs to.
struct Line<'t> {
    number: u32,
    directive: &'t str,
    words: Vec<&'t str>,
}

/// The lines that say something; those of a block each with the block's directive.
fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut found, mut block) = (Vec::new(), "");
    for (number, line) in text.lines().enumerate() {
        let line = line.split("//").next().unwrap_or("");
        let mut words: Vec<&str> =
            line.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
        match words.as_slice() {
            [] => {}
            [")", ..] => block = "",
            [directive, "(", ..] => block = directive,
            [_, ..] => {
                let directive = if block.is_empty() { words.remove(0) } else { block };
                found.push(Line { number: number as u32 + 1, directive, words });
            }
        }
    }
    found
}

/// `path [version] => folder`: what is imported from a folder.
fn replacement(dir: &str, words: &[&str]) -> Option<(Arc<str>, Arc<str>)> {
    let arrow = words.iter().position(|word| *word == "=>")?;
    let folder = words.get(arrow + 1).filter(|target| target.starts_with('.'))?;
    Some(((*words.first()?).into(), joined(dir, folder)?.into()))
}

/// A folder as written in a file of another, relative to the root; none where it lies outside.
fn joined(dir: &str, folder: &str) -> Option<String> {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in folder.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!folder.starts_with('/')).then(|| parts.join("/"))
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
        assert_eq!(
            (module.defaults, &module.replaces[..]),
            ((1, 24), &[("github.com/x/y".into(), "y".into())][..])
        );
        assert_eq!(parse(&"go.mod".into(), "module m\n").expect("a module").go, (1, 16));
        assert_eq!(parse(&"go.mod".into(), "go 1.2\n"), None);
    }
    #[test]
    fn a_workspace_gives_its_modules_defaults_and_replacements() {
        let module = |dir: &str| {
            parse(&format!("{dir}/go.mod").into(), "module example.com/m\ngo 1.23\n").expect("a module")
        };
        let mut modules = [module("a"), module("b")];
        let mut notices = Vec::new();
        let work = "go 1.25.0\ntoolchain go1.26.1\nuse (\n\t./a\n\t./gone\n\t../outside\n)\n\
                    replace example.com/x v1.0.0 => ./forks/x\nreplace example.com/y => example.com/z v1.2.3\n";
        use_in(&"go.work".into(), work, &mut modules, &mut notices);
        let [used, other] = &modules;
        assert_eq!((used.go, used.defaults, other.defaults), ((1, 23), (1, 25), (1, 23)));
        assert_eq!(used.replaces, [("example.com/x".into(), "forks/x".into())]);
        assert!(other.replaces.is_empty());
        let [notice] = &notices[..] else { panic!("one notice") };
        assert_eq!((&*notice.path, notice.place), ("go.work", Some((5, 1))));
    }
}
