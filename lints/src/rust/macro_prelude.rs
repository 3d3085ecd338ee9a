//! Macros in scope everywhere: `#[macro_use] extern crate tracing;`.

use crate::rust::outline::ItemKind;
use crate::rust::program::{ModuleId, Program};
use crate::rust::resolve::Space;
use crate::rust::walk::{Walker, ident};

impl Program<'_> {
    /// The path of a catalogued macro or attribute that the crate's root brings into every module.
    fn in_macro_prelude(&self, module: ModuleId, name: &str) -> Option<String> {
        let root = self.root_module(self.crate_of(module)?)?;
        let data = self.file(root.file)?;
        data.outline
            .children(None)
            .filter(|index| data.outline.item(*index).kind == ItemKind::ExternCrate)
            .filter(|index| data.attributes(*index).any(|text| text.starts_with("macro_use")))
            .map(|index| format!("{}::{name}", data.outline.item(index).name))
            .find(|path| {
                let known = |path: &str| !self.catalogue.by_path(path).is_empty();
                known(path) || known(&format!("{path}!"))
            })
    }
}

impl Walker<'_, '_> {
    /// The canonical path of a macro or an attribute, its `!` left out.
    pub(super) fn macro_path(&self, path: &syn::Path) -> Option<String> {
        let named = self.canonical(path, Space::Values).map(|(_, text)| text);
        named.or_else(|| self.program.in_macro_prelude(self.module, &ident(path.get_ident()?)))
    }
}
