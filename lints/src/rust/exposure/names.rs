//! Names within a sketch: variables, functions and types.

use std::rc::Rc;

use crate::exposure::sketch::{Kind, Node};
use crate::rust::exposure::{Sketch, World};
use crate::rust::outline::ItemKind;
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;

/// Types that are followed through types of types.
const MAX_TYPES: u32 = 8;

impl World<'_> {
    /// What a path means in a function.
    pub(super) fn resolve(&self, at: &Sketch, path: &[String], space: Space) -> Option<Def> {
        let first = path.first()?;
        if first == "Self" {
            let Some(Ty::Named(def, _)) = &at.scope.own else { return None };
            return match (def, &path[1..]) {
                (def, []) => Some(def.clone()),
                (Def::Item(file, item), rest) => Some(Def::Member(*file, *item, rest.join("::").into())),
                _ => None,
            };
        }
        let imported = at.scope.imports.iter().find(|import| import.name.as_deref() == Some(first));
        let found = match imported {
            Some(import) => {
                let rest = path[1..].iter().map(String::as_str);
                let whole: Vec<&str> = import.path.iter().map(|segment| &**segment).chain(rest).collect();
                self.program.resolve(at.scope.module, &whole, space)
            }
            None => self.program.resolve(at.scope.module, path, space),
        };
        found.map(|def| self.program.unaliased(def))
    }

    /// The function of the workspace that a path names.
    pub(super) fn function(&self, at: &Sketch, path: &[String]) -> Option<Rc<Sketch>> {
        let (file, item) = match self.resolve(at, path, Space::Values)? {
            Def::Item(file, item) => (file, item),
            Def::Member(file, item, name) => self.program.method(file, item, &name)?,
            _ => return None,
        };
        let data = self.program.file(file)?;
        (data.outline.item(item).kind == ItemKind::Fn).then(|| self.sketch(file, item))?
    }

    /// The method of the workspace that a call on a receiver means: by the receiver's type, else the only one of that
    /// name in the file.
    pub(super) fn method_of(&self, at: &Sketch, receiver: &Node, name: &str) -> Option<Rc<Sketch>> {
        let owner = self.type_of(at, receiver, MAX_TYPES);
        if let Some((file, item)) = owner.and_then(|(file, item)| self.program.method(file, item, name)) {
            return self.sketch(file, item);
        }
        let data = self.program.file(at.file)?;
        let mut named = (0..data.outline.items.len() as u32).filter(|index| {
            let item = data.outline.item(*index);
            item.kind == ItemKind::Fn && &*item.name == name && item.parent.is_some()
        });
        match (named.next(), named.next()) {
            (Some(only), None) => self.sketch(at.file, only),
            _ => None,
        }
    }

    /// The struct of the workspace that an expression is of.
    pub(super) fn type_of(&self, at: &Sketch, node: &Node, depth: u32) -> Option<(u32, u32)> {
        let depth = depth.checked_sub(1)?;
        match &node.kind {
            Kind::Path(path) => {
                let [name] = path.as_slice() else { return None };
                if name == "self" {
                    return named(at.scope.own.as_ref()?);
                }
                if let Some(binding) = at.binding(name, node.span.start) {
                    if let Some(ty) = &binding.ty {
                        return self.written_type(at, ty);
                    }
                    if let Some((ty, field)) = &binding.field {
                        let (file, item) = match self.resolve(at, ty, Space::Types)? {
                            Def::Item(file, item) => (file, item),
                            _ => return None,
                        };
                        return named(&self.program.field(file, item, field)?.0);
                    }
                    return self.type_of(at, binding.init.as_ref()?, depth);
                }
                let param = at.params.iter().find(|param| param.names.iter().any(|known| known == name))?;
                self.written_type(at, &param.ty)
            }
            Kind::Field(base, name) => {
                let (file, item) = self.type_of(at, base, depth)?;
                named(&self.program.field(file, item, name)?.0)
            }
            Kind::Method { receiver, name, .. } => {
                let (file, item) = self.type_of(at, receiver, depth)?;
                match self.program.method(file, item, name) {
                    Some((file, item)) => named(&self.program.returns(file, item)),
                    None => Some((file, item)),
                }
            }
            Kind::Call(callee, args) => {
                let Kind::Path(path) = &callee.kind else { return None };
                match self.resolve(at, path, Space::Values) {
                    Some(Def::Item(file, item)) => named(&self.program.returns(file, item)),
                    Some(Def::Member(file, item, name)) => match self.program.method(file, item, &name) {
                        Some((file, item)) => named(&self.program.returns(file, item)),
                        // `parse` and the like, which a derive writes.
                        None => Some((file, item)),
                    },
                    // `Arc::new(x)`, `Some(x)`.
                    _ => self.type_of(at, args.first()?, depth),
                }
            }
            Kind::Struct(path, ..) => match self.resolve(at, path, Space::Types)? {
                Def::Item(file, item) => Some((file, item)),
                _ => None,
            },
            _ => None,
        }
    }

    fn written_type(&self, at: &Sketch, ty: &str) -> Option<(u32, u32)> {
        let parsed = syn::parse_str::<syn::Type>(ty).ok()?;
        named(&self.program.ty(at.scope.module, &parsed, at.scope.own.as_ref()))
    }
}

fn named(ty: &Ty) -> Option<(u32, u32)> {
    match ty.peeled() {
        Ty::Named(Def::Item(file, item), _) => Some((*file, *item)),
        _ => None,
    }
}
