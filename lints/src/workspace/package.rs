//! Packages: manifests read once, joined with their workspaces, targets and each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::dependencies::{self, Dependency, Root, Unlinked};
use super::manifest::{self, Inheritable, Manifest, PackageTable, PackageTemplate};
use super::targets::{self, Target, TargetKind, Tree};
use super::walk::FoundManifest;
use super::{Discovery, ancestors, join, parent};
use crate::finding::Notice;

/// A package of one [`super::Workspace`]: an index into its `packages`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

/// A Rust edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// 2015, where none is written.
    E2015,
    /// 2018.
    E2018,
    /// 2021.
    E2021,
    /// 2024.
    E2024,
}

impl Edition {
    /// The newest edition known: what files without a package are taken for.
    pub const LATEST: Edition = Edition::E2024;

    fn parse(text: &str) -> Option<Edition> {
        match text {
            "2015" => Some(Edition::E2015),
            "2018" => Some(Edition::E2018),
            "2021" => Some(Edition::E2021),
            "2024" => Some(Edition::E2024),
            _ => None,
        }
    }
}

/// What one manifest with a `[package]` says, inheritance and discovery done.
#[derive(Debug, Clone)]
pub struct Package {
    /// Path of the `Cargo.toml`, relative to the root.
    pub manifest: Arc<str>,
    /// Its folder, relative to the root; empty for the root itself.
    pub dir: Arc<str>,
    /// As written.
    pub name: String,
    /// 2015 where none is written.
    pub edition: Edition,
    /// The least Rust version, as written.
    pub rust_version: Option<String>,
    /// The native library that it binds.
    pub links: Option<String>,
    /// The library first, then programs, examples, tests, benches and build scripts.
    pub targets: Vec<Target>,
    /// Normal, dev and build dependencies by key, then those of each platform.
    pub dependencies: Vec<Dependency>,
    /// Feature names and what they switch on, as written.
    pub features: BTreeMap<String, Vec<String>>,
    /// Whether any registry may take it; never one without a version.
    pub publish: bool,
    /// Path of its workspace's root manifest; its own where it is a root itself; none outside a workspace.
    pub workspace: Option<Arc<str>>,
    /// Whether it holds fuzz targets (`package.metadata.cargo-fuzz`).
    pub fuzz: bool,
}

impl Package {
    /// The library target.
    pub fn library(&self) -> Option<&Target> {
        self.targets.iter().find(|target| matches!(target.kind, TargetKind::Lib { .. }))
    }
}

/// All packages, and which folder belongs to which.
pub(super) struct Packages {
    pub packages: Vec<Package>,
    /// Every folder that holds a manifest; none where that manifest has no readable package.
    pub owners: FxHashMap<Arc<str>, Option<PackageId>>,
}

/// One manifest and its folder.
struct Read {
    path: Arc<str>,
    folder: Arc<str>,
    manifest: Option<Manifest>,
}

/// Reads manifests, sorted by path, into packages. `rust` are all Rust files, sorted.
pub(super) fn read_all(
    found: &[FoundManifest],
    rust: &[&str],
    options: &Discovery,
    notices: &mut Vec<Notice>,
) -> Packages {
    let parsed: Vec<_> = found
        .par_iter()
        .map(|found| {
            let text = options.tree.text(&found.absolute, &found.path, options.max_file_bytes)?;
            manifest::parse(&found.path, text)
        })
        .collect();
    let mut read = Vec::with_capacity(found.len());
    for (found, parsed) in found.iter().zip(parsed) {
        let manifest = parsed.map_err(|notice| notices.push(notice)).ok();
        read.push(Read { path: found.path.clone(), folder: parent(&found.path).into(), manifest });
    }
    let manifests = Manifests::new(&read);
    let mut packages = Vec::new();
    let mut unlinked = Vec::new();
    let mut owners = FxHashMap::default();
    let mut lost: Vec<&Arc<str>> = Vec::new();
    for read in &read {
        let built = read.manifest.as_ref().and_then(|manifest| {
            let table = manifest.package.as_ref()?;
            if needs_workspace(manifest, table)
                && !matches!(manifests.workspace_of(read, manifest), Home::Found(_))
            {
                lost.push(&read.path);
            }
            Some(build(read, manifest, table, &manifests, rust, notices))
        });
        let id = built.map(|(package, dependencies)| {
            let id = PackageId(packages.len() as u32);
            packages.push(package);
            unlinked.push(dependencies);
            id
        });
        owners.insert(read.folder.clone(), id);
    }
    notices.extend(lost_workspace(&lost));
    link(&mut packages, unlinked, &owners);
    Packages { packages, owners }
}

/// One notice for all manifests that inherit from a workspace out of sight.
fn lost_workspace(manifests: &[&Arc<str>]) -> Option<Notice> {
    let (first, rest) = manifests.split_first()?;
    let more = match rest.len() {
        0 => String::new(),
        n => format!(" (and {n} more manifests)"),
    };
    let message = format!(
        "inherits from a workspace whose manifest is not under the root of this run{more}; give the workspace's \
         folder as the root"
    );
    Some(Notice { path: Arc::clone(first), place: None, message })
}

/// Points path dependencies at the packages in their folders.
fn link(
    packages: &mut [Package],
    unlinked: Vec<Vec<Unlinked>>,
    owners: &FxHashMap<Arc<str>, Option<PackageId>>,
) {
    let libraries: Vec<Option<Arc<str>>> = packages
        .iter()
        .map(|package| package.library().map(|library| library.name.as_str().into()))
        .collect();
    for (package, dependencies) in packages.iter_mut().zip(unlinked) {
        let find = |folder: &str| owners.get(folder).copied().flatten();
        let library = |id: PackageId| libraries[id.0 as usize].clone();
        package.dependencies = dependencies.into_iter().map(|it| it.link(find, library)).collect();
    }
}

/// Everything about a package but its links to others.
fn build(
    read: &Read,
    manifest: &Manifest,
    table: &PackageTable,
    manifests: &Manifests,
    rust: &[&str],
    notices: &mut Vec<Notice>,
) -> (Package, Vec<Unlinked>) {
    let home = manifests.workspace_of(read, manifest);
    let root = match home {
        Home::Found(root) => root.manifest.as_ref().map(|manifest| Root { folder: &root.folder, manifest }),
        // `[patch]` works without a `[workspace]` too.
        Home::None => Some(Root { folder: &read.folder, manifest }),
        Home::Outside => None,
    };
    let template = root.and_then(|root| root.manifest.workspace.as_ref()).map(|workspace| &workspace.package);
    let edition = match inherited(&table.edition, template, |template| template.edition.as_ref()) {
        Some(text) => Edition::parse(text).unwrap_or_else(|| {
            let message =
                format!("edition `{text}` is not known to this version; it is read as the newest one");
            notices.push(Notice { path: read.path.clone(), place: None, message });
            Edition::LATEST
        }),
        // The edition is said elsewhere, where it cannot be seen: it is hardly the oldest one.
        None if table.edition.is_some() => Edition::LATEST,
        None => Edition::E2015,
    };
    let publish = inherited(&table.publish, template, |template| template.publish.as_ref());
    let package = Package {
        manifest: read.path.clone(),
        dir: read.folder.clone(),
        name: table.name.clone(),
        edition,
        rust_version: inherited(&table.rust_version, template, |t| t.rust_version.as_ref()).cloned(),
        links: table.links.clone(),
        targets: targets::resolve(manifest, table, edition, Tree { folder: &read.folder, rust }),
        dependencies: Vec::new(),
        features: manifest.features.clone(),
        publish: publish.map_or(table.version.is_some(), manifest::Publish::allowed),
        workspace: match home {
            Home::Found(root) => Some(root.path.clone()),
            Home::None | Home::Outside => None,
        },
        fuzz: is_fuzz(table),
    };
    (package, dependencies::resolve(manifest, &read.folder, root))
}

fn is_fuzz(table: &PackageTable) -> bool {
    let flag = table.metadata.as_ref().and_then(|metadata| metadata.get("cargo-fuzz"));
    flag.and_then(toml::Value::as_bool) == Some(true)
}

/// A key's own value or, where it says `workspace = true`, the workspace's.
fn inherited<'a, T>(
    own: &'a Option<Inheritable<T>>,
    template: Option<&'a PackageTemplate>,
    shared: impl Fn(&'a PackageTemplate) -> Option<&'a T>,
) -> Option<&'a T> {
    match own.as_ref()? {
        Inheritable::Own(value) => Some(value),
        Inheritable::Workspace { workspace } => template.filter(|_| *workspace).and_then(shared),
    }
}

/// Whether anything read here is inherited.
fn needs_workspace(manifest: &Manifest, table: &PackageTable) -> bool {
    matches!(table.edition, Some(Inheritable::Workspace { .. }))
        || manifest.dependency_entries().any(|(_, _, _, entry)| entry.is_inherited())
}

/// Where a package's workspace is.
#[derive(Clone, Copy)]
enum Home<'a> {
    /// Its root manifest, which may be one that could not be parsed.
    Found(&'a Read),
    /// Named by `package.workspace`, but not under the root of the run.
    Outside,
    /// Nowhere.
    None,
}

/// All manifests by folder.
struct Manifests<'a> {
    by_folder: FxHashMap<&'a str, &'a Read>,
}

impl<'a> Manifests<'a> {
    fn new(read: &'a [Read]) -> Self {
        Self { by_folder: read.iter().map(|read| (&*read.folder, read)).collect() }
    }

    /// By cargo's rule: the manifest itself, what `package.workspace` names, or the nearest manifest above that is a
    /// workspace and does not exclude the package.
    fn workspace_of(&self, read: &'a Read, manifest: &Manifest) -> Home<'a> {
        if manifest.workspace.is_some() {
            return Home::Found(read);
        }
        if let Some(folder) = pointer(&read.folder, manifest) {
            return self.by_folder.get(&*folder).map_or(Home::Outside, |root| Home::Found(root));
        }
        // The folder of the manifest is its first ancestor.
        let above = ancestors(&read.folder).filter_map(|folder| self.by_folder.get(folder).copied());
        for candidate in above {
            let Some(manifest) = &candidate.manifest else {
                return Home::Found(candidate);
            };
            if manifest.workspace.is_some() {
                if !excludes(&candidate.folder, manifest, &read.folder) {
                    return Home::Found(candidate);
                }
            } else if let Some(folder) = pointer(&candidate.folder, manifest) {
                return self.by_folder.get(&*folder).map_or(Home::Outside, |root| Home::Found(root));
            }
        }
        Home::None
    }
}

/// The folder that `package.workspace` names.
fn pointer(folder: &str, manifest: &Manifest) -> Option<String> {
    let path = manifest.package.as_ref()?.workspace.as_ref()?;
    Some(join(folder, path))
}

/// Whether a workspace in `root` leaves out the package in `folder`. A member named in full wins over `exclude`.
fn excludes(root: &str, manifest: &Manifest, folder: &str) -> bool {
    let Some(workspace) = &manifest.workspace else { return false };
    let covers = |paths: &[std::path::PathBuf]| {
        paths.iter().any(|path| {
            let path = join(root, path);
            path == folder || ancestors(folder).any(|above| above == path)
        })
    };
    covers(&workspace.exclude) && !covers(&workspace.members)
}
