//! Targets, declared and discovered, by cargo's rules.
//!
//! What exists is what the walk has found: no file system is asked again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::{Build, Manifest, PackageTable, TargetTable};
use super::package::Edition;

/// What a target becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetKind {
    /// The library.
    Lib {
        /// It runs inside the compiler.
        proc_macro: bool,
        /// `lib`, `rlib`, `dylib`, `cdylib`, `staticlib` or `proc-macro`; never empty.
        crate_types: Vec<String>,
    },
    /// A program.
    Bin,
    /// An example.
    Example,
    /// An integration test.
    Test,
    /// A benchmark.
    Bench,
    /// A build script.
    BuildScript,
}

/// One crate of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it becomes.
    pub kind: TargetKind,
    /// The crate's name, underscores for hyphens.
    pub name: String,
    /// The root file, relative to the run's root. A manifest may name a file that does not exist or lies outside the
    /// run's root (`../…`): then no [`super::FileEntry`] has this path.
    pub root: Arc<str>,
    /// Features without which it is not built.
    pub required_features: Vec<String>,
    /// Whether cargo's test harness provides `main`; matters to tests and benches.
    pub harness: bool,
}

/// The files of one package's folder.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    /// The package's folder.
    pub folder: &'a str,
    /// All Rust files under the root, sorted.
    pub rust: &'a [&'a str],
}

impl<'a> Tree<'a> {
    fn path(self, relative: &str) -> String {
        if self.folder.is_empty() { relative.to_string() } else { format!("{}/{relative}", self.folder) }
    }

    fn has(self, relative: &str) -> bool {
        let path = self.path(relative);
        self.rust.binary_search(&path.as_str()).is_ok()
    }

    /// `(name, path)` of each target that cargo finds in a folder: `name.rs` and `name/main.rs`.
    fn infer(self, folder: &str) -> Vec<(String, String)> {
        let prefix = self.path(folder) + "/";
        let first = self.rust.partition_point(|path| *path < prefix.as_str());
        self.rust[first..]
            .iter()
            .map_while(|path| path.strip_prefix(&prefix))
            .filter(|path| !path.starts_with('.'))
            .filter_map(|path| {
                let name = match path.split_once('/') {
                    Some((name, "main.rs")) => name,
                    Some(_) => return None,
                    None => path.strip_suffix(".rs")?,
                };
                Some((name.to_string(), format!("{folder}/{path}")))
            })
            .collect()
    }
}

/// All targets of a package: the library, programs, examples, tests, benches, build scripts.
pub(super) fn resolve(
    manifest: &Manifest,
    package: &PackageTable,
    edition: Edition,
    tree: Tree,
) -> Vec<Target> {
    let mut bins = tree.infer("src/bin");
    if tree.has("src/main.rs") {
        bins.insert(0, (package.name.clone(), "src/main.rs".to_string()));
    }
    let listed = |declared: &Option<Vec<TargetTable>>, inferred, auto, kind| {
        list(declared.as_deref(), inferred, auto, edition, kind, tree)
    };
    let mut targets: Vec<Target> = library(manifest, package, tree).into_iter().collect();
    targets.extend(listed(&manifest.bin, bins, package.autobins, TargetKind::Bin));
    let folders = [
        (&manifest.example, "examples", package.autoexamples, TargetKind::Example),
        (&manifest.test, "tests", package.autotests, TargetKind::Test),
        (&manifest.bench, "benches", package.autobenches, TargetKind::Bench),
    ];
    for (declared, folder, auto, kind) in folders {
        targets.extend(listed(declared, tree.infer(folder), auto, kind));
    }
    targets.extend(build_scripts(package, tree));
    targets
}

fn library(manifest: &Manifest, package: &PackageTable, tree: Tree) -> Option<Target> {
    let inferred = tree.has("src/lib.rs");
    if manifest.lib.is_none() && (!inferred || package.autolib == Some(false)) {
        return None;
    }
    let declared = manifest.lib.clone().unwrap_or_default();
    let name = declared.name.clone().unwrap_or_else(|| package.name.clone());
    let crate_types = declared.crate_type.clone().unwrap_or_default();
    let proc_macro = declared.proc_macro == Some(true) || crate_types.iter().any(|kind| kind == "proc-macro");
    let crate_types = match crate_types.is_empty() {
        _ if proc_macro => vec!["proc-macro".to_string()],
        true => vec!["lib".to_string()],
        false => crate_types,
    };
    // `src/<name>.rs` is edition 2015's other place for a library.
    let legacy = format!("src/{name}.rs");
    let fallback = if !inferred && tree.has(&legacy) { legacy } else { "src/lib.rs".to_string() };
    Some(target(declared, &name, &fallback, TargetKind::Lib { proc_macro, crate_types }, tree))
}

/// Declared targets of one kind, then those found that are not declared.
fn list(
    declared: Option<&[TargetTable]>,
    inferred: Vec<(String, String)>,
    auto: Option<bool>,
    edition: Edition,
    kind: TargetKind,
    tree: Tree,
) -> Vec<Target> {
    // Edition 2015 stops looking once a target of the kind is declared.
    let auto = auto.unwrap_or(declared.is_none() || edition > Edition::E2015);
    let declared = declared.unwrap_or_default();
    let known = |name: &str, path: &str| {
        declared.iter().any(|target| {
            target.name.as_deref() == Some(name) || target.path.as_deref().is_some_and(|p| same(p, path))
        })
    };
    let mut targets: Vec<Target> = declared
        .iter()
        .filter_map(|table| {
            let name = table.name.as_deref()?;
            let found = inferred.iter().find(|(found, _)| found == name).map(|(_, path)| path.clone());
            // Without a path and without a file there is no such target.
            let fallback = match &table.path {
                Some(_) => String::new(),
                None => found.or_else(|| legacy_program(name, &kind, tree))?,
            };
            Some(target(table.clone(), name, &fallback, kind.clone(), tree))
        })
        .collect();
    if auto {
        let rest = inferred.iter().filter(|(name, path)| !known(name, path));
        targets
            .extend(rest.map(|(name, path)| target(TargetTable::default(), name, path, kind.clone(), tree)));
    }
    targets
}

/// Whether a path as written (`./src/x.rs`) means a plain one.
fn same(written: &Path, plain: &str) -> bool {
    super::join("", written) == plain
}

/// Edition 2015's other places for a program.
fn legacy_program(name: &str, kind: &TargetKind, tree: Tree) -> Option<String> {
    let legacy = [format!("src/{name}.rs"), "src/bin/main.rs".to_string(), "src/main.rs".to_string()];
    (*kind == TargetKind::Bin).then(|| legacy.into_iter().find(|path| tree.has(path)))?
}

fn target(table: TargetTable, name: &str, fallback: &str, kind: TargetKind, tree: Tree) -> Target {
    let path = table.path.unwrap_or_else(|| PathBuf::from(fallback));
    Target {
        kind,
        name: name.replace('-', "_"),
        root: super::join(tree.folder, &path).into(),
        required_features: table.required_features,
        harness: table.harness.unwrap_or(true),
    }
}

fn build_scripts(package: &PackageTable, tree: Tree) -> Vec<Target> {
    let default = PathBuf::from("build.rs");
    let paths = match &package.build {
        None if tree.has("build.rs") => vec![default],
        None | Some(Build::Enabled(false)) => Vec::new(),
        Some(Build::Enabled(true)) => vec![default],
        Some(Build::Path(path)) => vec![path.clone()],
        Some(Build::Paths(paths)) => paths.clone(),
    };
    let script = |path: PathBuf| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("build_script_{stem}");
        let table = TargetTable { path: Some(path.clone()), ..TargetTable::default() };
        target(table, &name, "", TargetKind::BuildScript, tree)
    };
    paths.into_iter().map(script).collect()
}
