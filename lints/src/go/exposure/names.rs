//! Names within a sketch: functions, types, and what the catalogue says of calls.

use std::rc::Rc;
use std::sync::Arc;

use runtime_policy_rules::{Api, Effect};

use crate::exposure::sketch::{Kind, Node};
use crate::go::exposure::candidates::is_default_mux;
use crate::go::exposure::{Sketch, World};
use crate::go::outline::ItemKind;
use crate::go::resolve::Def;
use crate::go::types::Ty;

/// Types that are followed through values of values.
const MAX_TYPES: u32 = 8;

impl World<'_> {
    /// What a path means in a function; nothing where it is a variable.
    fn def(&self, at: &Sketch, path: &[String]) -> Option<Def> {
        match path {
            [name] if name == "self" || at.binding(name, u32::MAX).is_some() => None,
            [name] if at.params.iter().chain(&at.scope.results).any(|param| param.names.contains(name)) => {
                None
            }
            [name] => {
                let own = self.program.declared_in(self.program.package_id(at.file), name).map(Def::Item);
                own.or_else(|| self.program.through_dot(at.file, name))
            }
            [package, name] => match self.program.package_at(package) {
                Some(id) => self.program.declared_in(id, name).map(Def::Item),
                None => Some(Def::Extern(format!("{package}::{name}").into())),
            },
            _ => None,
        }
    }

    /// A variable or constant of a package.
    pub(super) fn global(&self, at: &Sketch, path: &[String]) -> Option<Rc<Sketch>> {
        let Def::Item(item) = self.def(at, path)? else { return None };
        let data = self.program.file(item.0)?;
        let kind = data.outline.item(item.1).kind;
        matches!(kind, ItemKind::Var | ItemKind::Const).then(|| self.sketch(item))?
    }

    /// What a call means: something of the workspace or of another package.
    pub(super) fn called(&self, at: &Sketch, call: &Node) -> Option<Def> {
        match &call.kind {
            Kind::Call(callee, _) => match &callee.kind {
                Kind::Path(path) => self.def(at, path),
                _ => None,
            },
            Kind::Method { receiver, name, .. } => {
                let ty = self.type_of(at, receiver, MAX_TYPES)?;
                self.program.method(&Ty::Named(ty), name)
            }
            _ => None,
        }
    }

    /// The function or method of the workspace that a node names as a value.
    pub(super) fn function_value(&self, at: &Sketch, node: &Node) -> Option<Rc<Sketch>> {
        let def = match &node.kind {
            Kind::Path(path) => self.def(at, path)?,
            Kind::Field(base, name) => {
                let ty = self.type_of(at, base, MAX_TYPES)?;
                self.program.method(&Ty::Named(ty), name)?
            }
            _ => return None,
        };
        match def {
            Def::Item(item) => self.sketch(item).filter(|found| matches!(found.body.kind, Kind::Block(..))),
            Def::Extern(_) => None,
        }
    }

    /// The catalogue's entry of a rule-relevant effect for a call, a literal or a function as a value.
    pub(in crate::go) fn entry(
        &self,
        at: &Sketch,
        node: &Node,
        effects: &[Effect],
    ) -> Option<(Arc<str>, &Api)> {
        let path: Arc<str> = match &node.kind {
            Kind::Call(..) | Kind::Method { .. } => self.program.canonical(&self.called(at, node)?),
            Kind::Struct(path, ..) | Kind::Path(path) if path.len() == 2 => path.join("::").into(),
            Kind::Field(base, name) => format!("{}::{name}", self.type_of(at, base, MAX_TYPES)?).into(),
            _ => return None,
        };
        let known = self.program.catalogue.by_path(&path);
        let apis = known.iter().map(|id| self.program.catalogue.api(*id));
        let found = apis.into_iter().find(|api| effects.contains(&api.effect))?;
        Some((path, found))
    }

    /// The canonical path of the type that an expression is of.
    pub(in crate::go) fn type_of(&self, at: &Sketch, node: &Node, steps: u32) -> Option<Arc<str>> {
        let steps = steps.checked_sub(1)?;
        match &node.kind {
            Kind::Path(path) => match path.as_slice() {
                [name] if name == "self" => at.scope.own.clone(),
                [name] => self.type_of_variable(at, node, name, steps),
                _ if is_default_mux(node) => Some("net/http::ServeMux".into()),
                _ => self.type_of_global(at, path, steps),
            },
            Kind::Struct(path, ..) => match self.def(at, path)? {
                Def::Item(item) => Some(self.program.item_path(item).into()),
                Def::Extern(path) => Some(path),
            },
            Kind::Field(base, name) => {
                let ty = self.type_of(at, base, steps)?;
                self.program.field(&Ty::Named(ty), name)?.path().cloned()
            }
            Kind::Call(callee, args) => match self.called(at, node) {
                Some(def) => self.result(&def),
                None if callee.variable() == Some("new") => self.type_of_written(at, args.first()?),
                None => None,
            },
            Kind::Method { .. } => self.result(&self.called(at, node)?),
            Kind::List(values) => self.type_of(at, values.first()?, steps),
            _ => None,
        }
    }

    fn type_of_variable(&self, at: &Sketch, node: &Node, name: &str, steps: u32) -> Option<Arc<str>> {
        if let Some(binding) = at.binding(name, node.span.start) {
            if let Some(ty) = &binding.ty {
                return Some(ty.as_str().into());
            }
            return self.type_of(at, binding.init.as_ref()?, steps);
        }
        let mut params = at.params.iter().chain(&at.scope.results);
        if let Some(param) = params.find(|param| param.names.iter().any(|known| known == name)) {
            return Some(param.ty.as_str().into());
        }
        self.type_of_global(at, &[name.to_owned()], steps)
    }

    fn type_of_global(&self, at: &Sketch, path: &[String], steps: u32) -> Option<Arc<str>> {
        let found = self.global(at, path)?;
        let data = self.program.file(found.file)?;
        let item = data.outline.item(found.item);
        let node = crate::go::syntax::node_at(&data.tree, item.span, item.node)?;
        match node.child_by_field_name("type") {
            Some(ty) => self.program.written(found.file, data, ty).path().cloned(),
            None => self.type_of(&found, &found.body, steps),
        }
    }

    /// The type that an expression names, if it names one.
    pub(in crate::go) fn named_type(&self, at: &Sketch, node: &Node) -> Option<Arc<str>> {
        let Kind::Path(path) = &node.kind else { return None };
        match self.def(at, path)? {
            Def::Item((file, item)) => {
                let is_type = self.program.file(file)?.outline.item(item).kind == ItemKind::Type;
                is_type.then(|| self.program.item_path((file, item)).into())
            }
            Def::Extern(path) => Some(path),
        }
    }

    fn type_of_written(&self, at: &Sketch, node: &Node) -> Option<Arc<str>> {
        let Kind::Path(path) = &node.kind else { return None };
        Some(self.program.canonical(&self.def(at, path)?))
    }

    /// The type of what calling something gives first.
    fn result(&self, def: &Def) -> Option<Arc<str>> {
        match def {
            Def::Item(item) => self.program.results(*item).first()?.path().cloned(),
            Def::Extern(path) => self.program.catalogue.made_by(path).map(Into::into),
        }
    }
}
