//! Dependencies with what the workspace, `[patch]` and `[replace]` say about them.

use std::path::Path;
use std::sync::Arc;

use super::manifest::{DependencyEntry, DependencyTable, Manifest};
use super::package::PackageId;

/// When a dependency is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependencyKind {
    /// `[dependencies]`.
    Normal,
    /// `[dev-dependencies]`.
    Dev,
    /// `[build-dependencies]`.
    Build,
}

/// One entry of a package's dependency tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The crate's name in code: the key where it renames, else the local package's library name where that is
    /// known, else the package's name; underscores for hyphens. A registry package whose library is named otherwise
    /// (`md-5` is `md5`) is not known here.
    pub name_in_code: String,
    /// The key in the manifest: what `features` refer to.
    pub key: String,
    /// The package's real name.
    pub package: String,
    /// The package under the root that it means, by `path`, `[patch]` or `[replace]`.
    pub local: Option<PackageId>,
    /// When it is linked.
    pub kind: DependencyKind,
    /// Linked only when a feature asks for it.
    pub optional: bool,
    /// Features switched on, those of the workspace first.
    pub features: Vec<String>,
    /// Whether the `default` feature is on.
    pub default_features: bool,
    /// The version requirement as written.
    pub version: Option<String>,
    /// The `cfg(..)` or target triple it is limited to, as written.
    pub target_cfg: Option<String>,
}

/// Where inherited and overridden dependencies come from: a workspace's root manifest and its folder.
#[derive(Clone, Copy)]
pub(super) struct Root<'a> {
    pub folder: &'a str,
    pub manifest: &'a Manifest,
}

/// A dependency whose local package is still a folder.
pub(super) struct Unlinked {
    pub dependency: Dependency,
    /// Folder of the package, relative to the run's root.
    pub folder: Option<String>,
    /// Whether the manifest itself names the crate, so that the library's name does not matter.
    pub renamed: bool,
}

/// All dependencies of a manifest in `folder`, in the order of kinds, keys and platforms.
pub(super) fn resolve(manifest: &Manifest, folder: &str, root: Option<Root>) -> Vec<Unlinked> {
    manifest
        .dependency_entries()
        .map(|(cfg, kind, key, entry)| one(key, entry, kind, cfg, folder, root))
        .collect()
}

fn one(
    key: &str,
    entry: &DependencyEntry,
    kind: DependencyKind,
    cfg: Option<&str>,
    folder: &str,
    root: Option<Root>,
) -> Unlinked {
    let written = entry.table();
    let (table, base) = if written.workspace { inherit(key, written, root) } else { (written, Some(folder)) };
    let package = table.package.clone().unwrap_or_else(|| key.to_string());
    let folder = match (&table.path, base) {
        (Some(path), Some(base)) => Some(super::join(base, path)),
        _ => root.and_then(|root| overridden(&package, &table, root)),
    };
    let dependency = Dependency {
        name_in_code: key.replace('-', "_"),
        key: key.to_string(),
        package,
        local: None,
        kind,
        optional: table.optional,
        features: table.features,
        default_features: table.default_features.unwrap_or(true),
        version: table.version,
        target_cfg: cfg.map(str::to_string),
    };
    Unlinked { dependency, folder, renamed: table.package.is_some() }
}

/// `key.workspace = true`: the workspace's entry with the member's features added, and the folder its path starts in.
fn inherit<'a>(
    key: &str,
    own: DependencyTable,
    root: Option<Root<'a>>,
) -> (DependencyTable, Option<&'a str>) {
    let shared =
        root.and_then(|root| Some((root.manifest.workspace.as_ref()?.dependencies.get(key)?, root.folder)));
    let Some((shared, folder)) = shared else { return (own, None) };
    let mut table = shared.table();
    table.optional = own.optional;
    table.features.extend(own.features);
    // As cargo has it: a member can switch default features on, never off.
    if own.default_features == Some(true) {
        table.default_features = Some(true);
    }
    (table, Some(folder))
}

/// The folder that `[patch]` or `[replace]` of the workspace puts in the place of a package. Versions are not
/// compared: who patches a package in the tree means that one.
fn overridden(package: &str, table: &DependencyTable, root: Root) -> Option<String> {
    let source = table.git.as_deref().or(table.registry.as_deref()).unwrap_or("crates-io");
    let patched =
        root.manifest.patch.iter().filter(|(from, _)| same_source(from, source)).find_map(|(_, patches)| {
            patches.iter().find_map(|(key, entry)| {
                let patch = entry.table();
                (patch.package.as_deref().unwrap_or(key) == package).then_some(patch.path)?
            })
        });
    let replaced = || {
        root.manifest.replace.iter().find_map(|(spec, entry)| {
            let name = spec.split([':', '@']).next()?;
            (name == package).then(|| entry.table().path)?
        })
    };
    patched.or_else(replaced).map(|path| super::join(root.folder, Path::new(&path)))
}

fn same_source(a: &str, b: &str) -> bool {
    fn plain(source: &str) -> &str {
        let source = source.trim_end_matches('/');
        source.strip_suffix(".git").unwrap_or(source)
    }
    plain(a) == plain(b)
}

impl Unlinked {
    /// Fills in the local package found in the folder, and its library's name where code uses that.
    pub(super) fn link(
        self,
        find: impl Fn(&str) -> Option<PackageId>,
        library: impl Fn(PackageId) -> Option<Arc<str>>,
    ) -> Dependency {
        let mut dependency = self.dependency;
        dependency.local = self.folder.as_deref().and_then(find);
        if !self.renamed
            && let Some(name) = dependency.local.and_then(library)
        {
            dependency.name_in_code = name.to_string();
        }
        dependency
    }
}
