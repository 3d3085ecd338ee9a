//! Types of expressions, from what is written nearby.
//!
//! Demand-driven: a type is looked for when a method's name could be a catalogued API's. Constructors, builder
//! chains, annotations, parameters, fields, closures' captures and return types of functions in the workspace are
//! followed; generics and trait selection are not.

use crate::facts::Certainty;
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;
use crate::rust::walk::{Walker, ident, member, segments};

/// How many steps one inference may take.
const MAX_STEPS: u32 = 40;

impl<'a> Walker<'_, 'a> {
    /// A written type, with names as they mean here.
    pub(super) fn written_type(&self, ty: &syn::Type) -> Ty {
        let resolve = |path: &[String]| self.def(path, Space::Types);
        self.program.ty_at(&resolve, ty, self.own.as_ref(), 0)
    }

    /// The type of an expression; `Unknown` where nothing nearby tells.
    pub(super) fn infer(&self, expr: &'a syn::Expr) -> Ty {
        self.infer_at(expr, self.env, MAX_STEPS)
    }

    fn infer_at(&self, expr: &'a syn::Expr, env: Option<u32>, steps: u32) -> Ty {
        let Some(steps) = steps.checked_sub(1) else { return Ty::Unknown };
        let key: *const syn::Expr = expr;
        if let Some(known) = self.types.borrow().get(&key) {
            return known.clone();
        }
        let ty = self.infer_new(expr, env, steps);
        self.types.borrow_mut().insert(key, ty.clone());
        ty
    }

    fn infer_new(&self, expr: &'a syn::Expr, env: Option<u32>, steps: u32) -> Ty {
        match expr {
            syn::Expr::Paren(found) => self.infer_at(&found.expr, env, steps),
            syn::Expr::Group(found) => self.infer_at(&found.expr, env, steps),
            syn::Expr::Reference(found) => self.infer_at(&found.expr, env, steps),
            syn::Expr::Unary(found) => self.infer_at(&found.expr, env, steps),
            syn::Expr::Await(found) => self.infer_at(&found.base, env, steps),
            syn::Expr::Try(found) => {
                let ty = self.infer_at(&found.expr, env, steps);
                unwrapped(&ty).cloned().unwrap_or(ty)
            }
            syn::Expr::Cast(found) => self.written_type(&found.ty),
            syn::Expr::Struct(found) => match self.def(&segments(&found.path), Space::Types) {
                Some(def) => Ty::Named(def, Vec::new()),
                None => Ty::Unknown,
            },
            syn::Expr::Path(found) => self.infer_path(found, env, steps),
            syn::Expr::Macro(found) => self.infer_macro(&found.mac),
            syn::Expr::Call(found) => self.infer_call(found, env, steps),
            syn::Expr::MethodCall(found) => self.infer_method(found, env, steps),
            syn::Expr::Field(found) => self.infer_field(found, env, steps),
            syn::Expr::Index(found) => match self.infer_at(&found.expr, env, steps) {
                Ty::Slice(element) => *element,
                Ty::Named(_, args) => args.into_iter().next_back().unwrap_or(Ty::Unknown),
                _ => Ty::Unknown,
            },
            syn::Expr::Block(found) => self.infer_tail(&found.block, env, steps),
            syn::Expr::Unsafe(found) => self.infer_tail(&found.block, env, steps),
            syn::Expr::If(found) => self.infer_tail(&found.then_branch, env, steps),
            syn::Expr::Tuple(found) => {
                Ty::Tuple(found.elems.iter().map(|element| self.infer_at(element, env, steps)).collect())
            }
            syn::Expr::Lit(found) => match &found.lit {
                syn::Lit::Str(_) => Ty::outside("str"),
                syn::Lit::ByteStr(_) => Ty::Slice(Box::new(Ty::outside("u8"))),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }

    /// What a macro of the catalogue makes: `info_span!(…)`.
    fn infer_macro(&self, mac: &syn::Macro) -> Ty {
        let made = self.macro_path(&mac.path).and_then(|path| self.catalogue.made_by(&format!("{path}!")));
        made.map_or(Ty::Unknown, Ty::outside)
    }

    fn infer_tail(&self, block: &'a syn::Block, env: Option<u32>, steps: u32) -> Ty {
        match block.stmts.last() {
            Some(syn::Stmt::Expr(tail, None)) if block.stmts.len() == 1 => self.infer_at(tail, env, steps),
            _ => Ty::Unknown,
        }
    }

    /// The innermost variable of a name among those visible from `env`.
    pub(super) fn variable_at(&self, name: &str, env: Option<u32>) -> Option<u32> {
        let mut at = env;
        while let Some(index) = at {
            let binding = &self.bindings[index as usize];
            if binding.name == name {
                return Some(index);
            }
            at = binding.previous;
        }
        None
    }

    fn infer_path(&self, path: &'a syn::ExprPath, env: Option<u32>, steps: u32) -> Ty {
        if let Some(name) = path.path.get_ident() {
            let name = ident(name);
            if name == "self" {
                return self.own.clone().unwrap_or(Ty::Unknown);
            }
            if let Some(index) = self.variable_at(&name, env) {
                return self.infer_variable(index, steps);
            }
        }
        match self.def(&segments(&path.path), Space::Values) {
            Some(Def::Item(file, item)) => self.program.declared_type(file, item),
            _ => Ty::Unknown,
        }
    }

    pub(super) fn infer_variable(&self, index: u32, steps: u32) -> Ty {
        let binding = &self.bindings[index as usize];
        if let Some(ty) = binding.ty {
            let written = self.written_type(ty);
            if !written.is_unknown() {
                return written;
            }
        }
        let Some(init) = binding.init else { return Ty::Unknown };
        let ty = self.infer_at(init, binding.previous, steps);
        match (binding.part, ty) {
            (Some(number), Ty::Tuple(mut elements)) if number < elements.len() => {
                elements.swap_remove(number)
            }
            (Some(_), _) => Ty::Unknown,
            (None, ty) => ty,
        }
    }

    fn infer_call(&self, call: &'a syn::ExprCall, env: Option<u32>, steps: u32) -> Ty {
        let syn::Expr::Path(path) = &*call.func else {
            return match self.infer_at(&call.func, env, steps) {
                Ty::Fn(returned) => *returned,
                _ => Ty::Unknown,
            };
        };
        let names = segments(&path.path);
        if let (Some("Some" | "Ok"), Some(arg)) = (names.last().map(String::as_str), call.args.first()) {
            return self.infer_at(arg, env, steps);
        }
        match self.def(&names, Space::Values) {
            Some(Def::Extern(full)) => {
                if let Some(made) = self.catalogue.made_by(&full) {
                    return Ty::outside(made);
                }
                let Some((owner, _)) = full.rsplit_once("::") else { return Ty::Unknown };
                let owned =
                    owner.rsplit("::").next().is_some_and(|last| last.starts_with(char::is_uppercase));
                if !owned {
                    return Ty::Unknown;
                }
                let args = call.args.first().map(|arg| self.infer_at(arg, env, steps)).into_iter().collect();
                Ty::Named(Def::Extern(owner.into()), args)
            }
            Some(Def::Item(file, item)) => match self.program.returns(file, item) {
                Ty::Unknown => self.tuple_struct(file, item),
                ty => ty,
            },
            Some(Def::Member(file, item, name)) => match self.program.method_returns(file, item, &name) {
                // Derived and trait constructors: `Options::parse()`, `Config::default()`.
                Ty::Unknown => Ty::Named(Def::Item(file, item), Vec::new()),
                ty => ty,
            },
            _ => Ty::Unknown,
        }
    }

    fn tuple_struct(&self, file: u32, item: u32) -> Ty {
        let is_struct = self
            .program
            .file(file)
            .is_some_and(|data| data.outline.item(item).kind == crate::rust::outline::ItemKind::Struct);
        if is_struct { Ty::Named(Def::Item(file, item), Vec::new()) } else { Ty::Unknown }
    }

    fn infer_method(&self, call: &'a syn::ExprMethodCall, env: Option<u32>, steps: u32) -> Ty {
        let receiver = self.infer_at(&call.receiver, env, steps);
        let name = ident(&call.method);
        if matches!(
            name.as_str(),
            "unwrap"
                | "expect"
                | "unwrap_or_default"
                | "unwrap_or_else"
                | "unwrap_or"
                | "lock"
                | "read"
                | "write"
        ) && let Some(inner) = unwrapped(&receiver)
        {
            return inner.clone();
        }
        let mut at = Some(&receiver);
        while let Some(ty) = at {
            match ty {
                Ty::Named(Def::Extern(path), _) => {
                    if let Some(made) = self.catalogue.made_by(&format!("{path}::{name}")) {
                        return Ty::outside(made);
                    }
                }
                Ty::Named(Def::Item(file, item), _) => {
                    let returned = self.program.method_returns(*file, *item, &name);
                    if !returned.is_unknown() {
                        return returned;
                    }
                }
                _ => {}
            }
            at = ty.inner();
        }
        // Builders hand themselves on; conversions and accessors of a wrapper keep what is inside.
        match receiver.peeled() {
            Ty::Named(Def::Extern(path), _) if self.catalogue.is_receiver(path) => receiver,
            _ if matches!(
                name.as_str(),
                "clone" | "as_ref" | "as_mut" | "borrow" | "borrow_mut" | "get" | "by_ref"
            ) =>
            {
                receiver
            }
            _ => Ty::Unknown,
        }
    }

    fn infer_field(&self, field: &'a syn::ExprField, env: Option<u32>, steps: u32) -> Ty {
        let base = self.infer_at(&field.base, env, steps);
        let name = member(&field.member);
        match base.peeled() {
            Ty::Named(Def::Item(file, item), _) => {
                self.program.field(*file, *item, &name).map_or(Ty::Unknown, |(ty, _)| ty)
            }
            Ty::Tuple(elements) => name
                .parse::<usize>()
                .ok()
                .and_then(|number| elements.get(number).cloned())
                .unwrap_or(Ty::Unknown),
            _ => Ty::Unknown,
        }
    }

    /// The catalogued APIs that a method call means.
    pub(super) fn match_method(
        &self,
        name: &str,
        call: &'a syn::ExprMethodCall,
    ) -> Option<(Vec<u32>, String, Certainty)> {
        let receiver = self.infer(&call.receiver);
        let mut at = Some(&receiver);
        let mut known = false;
        while let Some(ty) = at {
            if let Ty::Named(def, _) = ty {
                known = true;
                let path = format!("{}::{name}", self.program.canonical(def));
                let apis = self.catalogue.by_path(&path);
                if !apis.is_empty() {
                    return Some((apis.to_vec(), path, Certainty::Resolved));
                }
            }
            at = ty.inner();
        }
        self.match_trait(name, &receiver).or_else(|| {
            if !known || matches!(receiver.peeled(), Ty::Unknown) {
                return self.match_by_name(name);
            }
            self.match_in_crate(name, receiver.peeled())
        })
    }

    /// Methods of extension traits: any receiver will do that has no such method of its own, if the trait is in
    /// scope.
    fn match_trait(&self, name: &str, receiver: &Ty) -> Option<(Vec<u32>, String, Certainty)> {
        // A type's own method comes before any trait's.
        if let Ty::Named(Def::Item(file, item), _) = receiver.peeled()
            && self.program.method(*file, *item, name).is_some()
        {
            return None;
        }
        let apis: Vec<u32> = self
            .catalogue
            .by_trait_method(name)
            .iter()
            .filter(|(_, of_trait)| self.trait_in_scope(of_trait))
            .map(|(api, _)| *api)
            .collect();
        let first = *apis.first()?;
        Some((apis, self.catalogue.method_path(first, name), Certainty::Resolved))
    }

    fn trait_in_scope(&self, of_trait: &str) -> bool {
        let last = of_trait.rsplit("::").next().unwrap_or(of_trait);
        match self.def(&[last.to_owned()], Space::Types) {
            Some(Def::Extern(path)) => {
                *path == *of_trait || (path.ends_with(&format!("::{last}")) && self.program.knows(&path))
            }
            // `use Trait as _;`
            _ => self.data.source.text.contains(&format!("{last} as _")),
        }
    }

    /// Another type of the same crate, which may dereference to the catalogued one: `v8::PinScope` to `v8::Isolate`.
    fn match_in_crate(&self, name: &str, receiver: &Ty) -> Option<(Vec<u32>, String, Certainty)> {
        let Ty::Named(Def::Extern(path), _) = receiver else { return None };
        let root = path.split("::").next()?;
        let same = |api: &u32| self.catalogue.method_path(*api, name).split("::").next() == Some(root);
        let apis: Vec<u32> = self.catalogue.unambiguous(name).iter().copied().filter(same).collect();
        let first = *apis.first()?;
        Some((apis, self.catalogue.method_path(first, name), Certainty::ByName))
    }

    /// A name that no other known crate has, in a package that depends on the crate which does.
    fn match_by_name(&self, name: &str) -> Option<(Vec<u32>, String, Certainty)> {
        let package = self.program.package_of(self.module.file)?;
        let apis: Vec<u32> = self
            .catalogue
            .unambiguous(name)
            .iter()
            .copied()
            .filter(|api| {
                let wanted = self.catalogue.package(*api);
                package.dependencies.iter().any(|dependency| dependency.package == wanted)
            })
            .collect();
        let first = *apis.first()?;
        Some((apis, self.catalogue.method_path(first, name), Certainty::ByName))
    }
}

fn unwrapped(ty: &Ty) -> Option<&Ty> {
    ty.inner()
}
