//! Paths of the workspace's own items as a team writes them, and where the items are defined.

use std::borrow::Cow;

use runtime_policy_rules::{Api, Language};

use crate::catalogue::Catalogue;
use crate::rust::program::{ModuleId, Program};
use crate::rust::resolve::Space;
use crate::workspace::{PackageId, Workspace};

/// The configuration's entries. One that is about an item of the workspace also gets the path of its definition, so that
/// it may be written as it is imported: `my_crate::Client` for `my_crate::flags::Client`.
pub(crate) fn with_definitions(workspace: &Workspace, apis: &[Api]) -> Vec<Api> {
    let mut apis = apis.to_vec();
    if apis.is_empty() {
        return apis;
    }
    let catalogue = Catalogue::new(Language::Rust, &[]);
    let program = Program::new(workspace, &catalogue);
    for api in &mut apis {
        let defined: Vec<String> = api.paths.iter().filter_map(|path| program.defined(path)).collect();
        let mut paths = api.paths.to_vec();
        for path in defined.into_iter().map(Cow::Owned) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        api.paths = paths.into();
    }
    apis
}

impl Program<'_> {
    /// Where an item of the workspace is defined, told by any path that leads to it.
    fn defined(&self, path: &str) -> Option<String> {
        let (name, rest) = path.split_once("::")?;
        let root = self.root_named(name)?;
        let names: Vec<&str> = std::iter::once("crate").chain(rest.split("::")).collect();
        if let Some(def) = self.resolve(root, &names, Space::Values) {
            return Some(self.canonical(&def));
        }
        let (method, holder) = names.split_last()?;
        let def = self.resolve(root, holder, Space::Types)?;
        Some(format!("{}::{method}", self.canonical(&def)))
    }

    fn root_named(&self, name: &str) -> Option<ModuleId> {
        (0..self.workspace.packages.len() as u32)
            .filter_map(|number| self.library_of(PackageId(number)))
            .find(|id| self.target(*id).name == name)
            .and_then(|id| self.root_module(id))
    }
}
