//! The parts of a `Cargo.toml` that matter here, as written: nothing is inherited or completed yet.
//!
//! Only these keys are read, so a manifest with keys newer than this program still parses.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::dependencies::DependencyKind;
use crate::finding::Notice;
use crate::source::Source;

type Table<T> = BTreeMap<String, T>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Manifest {
    #[serde(alias = "project")]
    pub package: Option<PackageTable>,
    pub workspace: Option<WorkspaceTable>,
    pub lib: Option<TargetTable>,
    pub bin: Option<Vec<TargetTable>>,
    pub example: Option<Vec<TargetTable>>,
    pub test: Option<Vec<TargetTable>>,
    pub bench: Option<Vec<TargetTable>>,
    // Not a flattened `DependencyTables`: flattening loses the places of errors.
    pub dependencies: Table<DependencyEntry>,
    #[serde(alias = "dev_dependencies")]
    pub dev_dependencies: Table<DependencyEntry>,
    #[serde(alias = "build_dependencies")]
    pub build_dependencies: Table<DependencyEntry>,
    pub target: Table<DependencyTables>,
    pub features: Table<Vec<String>>,
    pub patch: Table<Table<DependencyEntry>>,
    pub replace: Table<DependencyEntry>,
}

impl Manifest {
    /// Every entry of the dependency tables, with its platform where it has one.
    pub(super) fn dependency_entries(
        &self,
    ) -> impl Iterator<Item = (Option<&str>, DependencyKind, &str, &DependencyEntry)> {
        let own = (None, &self.dependencies, &self.dev_dependencies, &self.build_dependencies);
        let platforms = self.target.iter().map(|(cfg, tables)| {
            (Some(cfg.as_str()), &tables.dependencies, &tables.dev_dependencies, &tables.build_dependencies)
        });
        std::iter::once(own).chain(platforms).flat_map(|(cfg, normal, dev, build)| {
            [(DependencyKind::Normal, normal), (DependencyKind::Dev, dev), (DependencyKind::Build, build)]
                .into_iter()
                .flat_map(move |(kind, table)| {
                    table.iter().map(move |(key, entry)| (cfg, kind, key.as_str(), entry))
                })
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct DependencyTables {
    pub dependencies: Table<DependencyEntry>,
    #[serde(alias = "dev_dependencies")]
    pub dev_dependencies: Table<DependencyEntry>,
    #[serde(alias = "build_dependencies")]
    pub build_dependencies: Table<DependencyEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PackageTable {
    pub name: String,
    /// Only whether it is there: a package without a version is not published.
    pub version: Option<IgnoredAny>,
    pub edition: Option<Inheritable<String>>,
    pub rust_version: Option<Inheritable<String>>,
    pub publish: Option<Inheritable<Publish>>,
    pub links: Option<String>,
    pub build: Option<Build>,
    pub workspace: Option<PathBuf>,
    pub autolib: Option<bool>,
    pub autobins: Option<bool>,
    pub autoexamples: Option<bool>,
    pub autotests: Option<bool>,
    pub autobenches: Option<bool>,
    pub metadata: Option<toml::Value>,
}

/// What `[workspace.package]` may hold for its members.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct PackageTemplate {
    pub edition: Option<String>,
    pub rust_version: Option<String>,
    pub publish: Option<Publish>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct WorkspaceTable {
    pub members: Vec<PathBuf>,
    pub exclude: Vec<PathBuf>,
    pub package: PackageTemplate,
    pub dependencies: Table<DependencyEntry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct TargetTable {
    pub name: Option<String>,
    pub path: Option<PathBuf>,
    #[serde(alias = "proc_macro")]
    pub proc_macro: Option<bool>,
    #[serde(alias = "crate_type")]
    pub crate_type: Option<Vec<String>>,
    pub required_features: Vec<String>,
    pub harness: Option<bool>,
}

/// A dependency as a bare version or as a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a version such as \"1.0\" or a table such as { version = \"1.0\" }")]
pub(super) enum DependencyEntry {
    Version(String),
    Table(Box<DependencyTable>),
}

impl DependencyEntry {
    /// Whether it says `workspace = true`.
    pub(super) fn is_inherited(&self) -> bool {
        matches!(self, DependencyEntry::Table(table) if table.workspace)
    }

    /// As a table, whichever way it was written.
    pub(super) fn table(&self) -> DependencyTable {
        match self {
            DependencyEntry::Version(version) => {
                DependencyTable { version: Some(version.clone()), ..DependencyTable::default() }
            }
            DependencyEntry::Table(table) => (**table).clone(),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct DependencyTable {
    pub workspace: bool,
    pub version: Option<String>,
    pub path: Option<PathBuf>,
    pub git: Option<String>,
    pub registry: Option<String>,
    pub package: Option<String>,
    pub optional: bool,
    pub features: Vec<String>,
    #[serde(alias = "default_features")]
    pub default_features: Option<bool>,
}

/// A value, or `key.workspace = true`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a value or { workspace = true }")]
pub(super) enum Inheritable<T> {
    Own(T),
    Workspace { workspace: bool },
}

/// `publish = false`, or the registries that may take the package.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a list of registries")]
pub(super) enum Publish {
    Allowed(bool),
    Registries(Vec<String>),
}

impl Publish {
    pub(super) fn allowed(&self) -> bool {
        match self {
            Publish::Allowed(allowed) => *allowed,
            Publish::Registries(registries) => !registries.is_empty(),
        }
    }
}

/// `build = false`, a path, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a path")]
pub(super) enum Build {
    Enabled(bool),
    Path(PathBuf),
    Paths(Vec<PathBuf>),
}

/// Parses a manifest's text.
///
/// # Errors
/// A notice with line and column.
pub(super) fn parse(path: &Arc<str>, text: String) -> Result<Manifest, Notice> {
    toml::from_str(&text).map_err(|error| {
        let source = Source::new(path.clone(), text.as_str());
        let place = error.span().map(|span| {
            let at = source.position(span.start as u32);
            (at.line, at.column)
        });
        let message = format!(
            "{}; this package is left out until the manifest is mended (`cargo metadata` shows the same error)",
            error.message().trim_end_matches('.').replace('\n', ", ")
        );
        Notice { path: path.clone(), place, message }
    })
}
