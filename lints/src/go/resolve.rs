//! Names of packages and of what they declare.

use std::sync::Arc;

use crate::calls::Callable;
use crate::facts::FileIndex;
use crate::go::imports::{Import, ImportName};
use crate::go::program::{FileData, Program};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Def {
    /// Something that the workspace declares.
    Item(Callable),
    /// Something of a package that is not in the workspace, by its canonical path.
    Extern(Arc<str>),
}

impl Program<'_> {
    /// The import that a name stands for in a file.
    pub(super) fn import<'d>(&self, data: &'d FileData, name: &str) -> Option<&'d Import> {
        let own = |import: &Import| match import.name {
            ImportName::Own => self.package_at(&import.path).map(|id| self.package_name(id)),
            _ => None,
        };
        data.outline.imports.iter().find(|import| import.is_named(name, own(import)))
    }

    /// What `package.name` means in a file; `None` where `package` is no import.
    pub(super) fn member_of_import(
        &self,
        file: FileIndex,
        data: &FileData,
        package: &str,
        name: &str,
    ) -> Option<Def> {
        let import = self.import(data, package)?;
        let _ = file;
        Some(self.member(import, name))
    }

    fn member(&self, import: &Import, name: &str) -> Def {
        let own = self.package_at(&import.path).and_then(|id| self.declared_in(id, name));
        own.map_or_else(|| Def::Extern(format!("{}::{name}", import.path).into()), Def::Item)
    }

    /// What a bare name means that the file's own package does not declare: something of a dot import.
    pub(super) fn through_dot(&self, file: FileIndex, name: &str) -> Option<Def> {
        let data = self.file(file)?;
        let dots = data.outline.imports.iter().filter(|import| import.name == ImportName::Dot);
        dots.map(|import| self.member(import, name)).find(|def| match def {
            Def::Item(_) => true,
            Def::Extern(path) => self.catalogue.knows(path),
        })
    }

    /// The canonical path of a definition.
    pub(super) fn canonical(&self, def: &Def) -> Arc<str> {
        match def {
            Def::Item(item) => self.item_path(*item).into(),
            Def::Extern(path) => path.clone(),
        }
    }
}
