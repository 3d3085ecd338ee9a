//! `impl Drop` blocks: what is called while a value is dropped, and what its type offers besides.

use std::sync::Arc;

use syn::visit::{self, Visit};

use crate::facts::Production;
use crate::facts::finalizer::{DropCall, Fate, Finalizer};
use crate::identifiers::words_at;
use crate::rust::extent::{self, Extent};
use crate::rust::outline::{ItemIndex, ItemKind};
use crate::rust::program::{FileData, FileIndex, Program};
use crate::rust::resolve::Def;
use crate::rust::types::Ty;
use crate::rust::walk::{Found, ident, links};
use crate::source::Span;

impl Program<'_> {
    /// The clean-up code that an item is, if it is `Drop::drop`. `found` is what the walk over it found.
    pub(super) fn finalizer(
        &self,
        data: &Arc<FileData>,
        file: FileIndex,
        index: ItemIndex,
        found: &Found,
    ) -> Option<Finalizer> {
        let item = data.outline.item(index);
        let function = found.functions.first()?;
        let drops = item.kind == ItemKind::Fn
            && &*item.name == "drop"
            && matches!(function.trait_path.as_deref(), Some("std::ops::Drop" | "Drop"));
        if !drops {
            return None;
        }
        let own = self.impl_type(file, item.parent?)?;
        let Ty::Named(Def::Item(type_file, type_item), _) = own.peeled().clone() else { return None };
        let type_name: Arc<str> = (&*self.file(type_file)?.outline.item(type_item).name).into();
        let mut calls = self.drop_calls(data, index, found);
        if calls.is_empty() {
            return None;
        }
        for helper in self.helpers(file, (type_file, type_item), &calls) {
            if let Some(inner) = self.walk_item(data, file, helper, None) {
                calls.extend(self.drop_calls(data, helper, &inner));
            }
        }
        calls.sort_by_key(|call| (call.span, call.anchor));
        Some(Finalizer {
            file,
            production: self.production(file, Some(index)),
            path: function.path.clone(),
            type_name,
            of: (type_file, type_item),
            calls,
        })
    }

    /// Names of a type's methods, and for a private type of those of the types in its file that hold it; sorted.
    pub(super) fn methods_around(&self, of: (FileIndex, ItemIndex)) -> Vec<Arc<str>> {
        let Some(data) = self.file(of.0) else { return Vec::new() };
        let name = data.outline.item(of.1).name.clone();
        let mut methods = self.methods_of(of.0, of.1, &name);
        methods.extend(self.methods_of_holders(of.0, of.1, &name));
        let mut methods: Vec<Arc<str>> = methods.iter().map(|name| (&**name).into()).collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    /// Methods of a type in every `impl` of its package, `Drop` left out.
    fn methods_of(&self, file: FileIndex, item: ItemIndex, name: &str) -> Vec<Box<str>> {
        let packages: Vec<_> = self.workspace.files[file as usize].package.into_iter().collect();
        let mut found = Vec::new();
        for candidate in self.files_mentioning(name, &packages) {
            let Some(data) = self.file(candidate) else { continue };
            let methods = self.methods_in(candidate, (file, item), name);
            found.extend(methods.map(|method| data.outline.item(method).name.clone()));
        }
        found
    }

    /// Methods of a type in the `impl` blocks of a file, `Drop` left out.
    fn methods_in(
        &self,
        file: FileIndex,
        of: (FileIndex, ItemIndex),
        name: &str,
    ) -> impl Iterator<Item = ItemIndex> {
        let items = self.file(file).map_or(&[][..], |data| &data.outline.items);
        let blocks = (0u32..).zip(items).filter(move |(number, block)| {
            let Some(data) = self.file(file) else { return false };
            let Some(body) = block.body.filter(|_| block.kind == ItemKind::Impl) else { return false };
            let head = data.source.slice(Span { start: block.head.start, end: body.start });
            let named = words_at(head, name).next().is_some() && !head.contains("Drop for");
            let same = || {
                matches!(
                    self.impl_type(file, *number).as_ref().map(Ty::peeled),
                    Some(Ty::Named(Def::Item(f, i), _)) if (*f, *i) == of
                )
            };
            named && same() && self.production(file, Some(*number)) == Production::Yes
        });
        blocks.flat_map(move |(number, _)| {
            let methods = self.file(file).map(|data| {
                let functions = move |index: &ItemIndex| data.outline.item(*index).kind == ItemKind::Fn;
                data.outline.children(Some(number)).filter(functions)
            });
            methods.into_iter().flatten()
        })
    }

    /// Methods of the types that hold a private type: what it has to offer, it offers through them.
    fn methods_of_holders(&self, file: FileIndex, item: ItemIndex, name: &str) -> Vec<Box<str>> {
        let Some(data) = self.file(file).cloned() else { return Vec::new() };
        if data.outline.item(item).public {
            return Vec::new();
        }
        let holders = (0..data.outline.items.len() as ItemIndex).filter(|other| {
            let found = data.outline.item(*other);
            *other != item
                && matches!(found.kind, ItemKind::Struct | ItemKind::Enum)
                && words_at(data.source.slice(found.head), name).next().is_some()
        });
        holders.flat_map(|other| self.methods_of(file, other, &data.outline.item(other).name)).collect()
    }

    /// The type's own methods, in the same file, that clean-up code calls.
    fn helpers(&self, file: FileIndex, of: (FileIndex, ItemIndex), calls: &[DropCall]) -> Vec<ItemIndex> {
        if !calls.iter().any(|call| call.on_self) {
            return Vec::new();
        }
        let (Some(data), Some(home)) = (self.file(file), self.file(of.0)) else { return Vec::new() };
        let is_called = |index: &ItemIndex| {
            let name = &data.outline.item(*index).name;
            calls.iter().any(|call| call.on_self && *call.name == **name)
        };
        self.methods_in(file, of, &home.outline.item(of.1).name).filter(is_called).collect()
    }

    fn drop_calls(&self, data: &FileData, index: ItemIndex, found: &Found) -> Vec<DropCall> {
        let span = data.outline.item(index).span;
        let Ok(parsed) = syn::parse_str::<syn::ItemFn>(data.source.slice(span)) else { return Vec::new() };
        let mut calls = Calls {
            base: span.start,
            fate: Fate::Bare,
            bound: Vec::new(),
            terminals: Vec::new(),
            found: Vec::new(),
        };
        calls.visit_block(&parsed.block);
        for call in &mut calls.found {
            call.api = found.uses.iter().find(|used| used.site.span == call.span).map(|used| used.api);
        }
        calls.found
    }
}

/// Collects calls with what becomes of their results.
struct Calls {
    base: u32,
    /// What becomes of the expression visited next.
    fate: Fate,
    /// Variables that hold the result of a call: name, and the call's number.
    bound: Vec<(String, usize)>,
    /// Variables that hold the standard output or error.
    terminals: Vec<String>,
    found: Vec<DropCall>,
}

impl Calls {
    fn span(&self, node: &impl Extent) -> Span {
        extent::of(node).shifted(self.base)
    }

    fn with(&mut self, fate: Fate, expr: &syn::Expr) {
        let before = std::mem::replace(&mut self.fate, fate);
        self.visit_expr(expr);
        self.fate = before;
    }

    fn chain(&mut self, whole: &syn::Expr) {
        let outer = std::mem::replace(&mut self.fate, Fate::Used);
        let (root, nodes) = links(whole);
        let names: Vec<String> = nodes.iter().map(|node| ident(&node.method)).collect();
        match root {
            syn::Expr::Call(call) => self.call(call, fate_after(&names, outer)),
            other => {
                self.unwrap_bound(other, &names);
                self.visit_expr(other);
            }
        }
        let prints = self.is_terminal(root);
        for (number, node) in nodes.iter().enumerate() {
            // Nobody misses what the standard output or error did not take.
            if prints && names[number] == "flush" {
                continue;
            }
            let fate = fate_after(&names[number + 1..], outer);
            let call = DropCall {
                name: names[number].as_str().into(),
                args: node.args.len(),
                is_method: true,
                on_self: is_self(&node.receiver),
                span: self.span(*node),
                anchor: self.span(&node.method),
                fate,
                api: None,
            };
            self.found.push(call);
            self.arguments(&names[number], node.args.iter(), fate);
        }
        self.fate = outer;
    }

    /// Whether an expression is the standard output or error, or a variable that holds it.
    fn is_terminal(&self, root: &syn::Expr) -> bool {
        match root {
            syn::Expr::Call(call) => {
                let syn::Expr::Path(path) = &*call.func else { return false };
                let name = path.path.segments.last().map(|segment| ident(&segment.ident));
                name.is_some_and(|name| matches!(name.as_str(), "stdout" | "stderr"))
            }
            syn::Expr::Path(path) => {
                path.path.get_ident().is_some_and(|name| self.terminals.contains(&ident(name)))
            }
            _ => false,
        }
    }

    fn call(&mut self, call: &syn::ExprCall, fate: Fate) {
        let syn::Expr::Path(path) = &*call.func else {
            visit::visit_expr_call(self, call);
            return;
        };
        let name = path.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
        let found = DropCall {
            name: name.as_str().into(),
            args: call.args.len(),
            is_method: false,
            on_self: path.path.segments.first().is_some_and(|segment| segment.ident == "Self"),
            span: self.span(call),
            anchor: self.span(path),
            fate,
            api: None,
        };
        self.found.push(found);
        let handed_on = match name.as_str() {
            "drop" => Fate::Ignored,
            _ => Fate::Used,
        };
        self.arguments(&name, call.args.iter(), handed_on);
    }

    /// What a call is given. Work for another thread or task is not done while the value is dropped.
    fn arguments<'e>(&mut self, name: &str, args: impl Iterator<Item = &'e syn::Expr>, fate: Fate) {
        let elsewhere = name.starts_with("spawn") || name == "unblock";
        for arg in args {
            match arg {
                syn::Expr::Closure(_) | syn::Expr::Async(_) if elsewhere => {}
                // The closure's value becomes the call's.
                syn::Expr::Closure(closure) => self.with(fate, &closure.body),
                other => self.with(if name == "drop" { fate } else { Fate::Used }, other),
            }
        }
    }

    /// `result.expect(…)`, where `let result = handle.join();`.
    fn unwrap_bound(&mut self, root: &syn::Expr, names: &[String]) {
        let syn::Expr::Path(path) = root else { return };
        let Some(name) = path.path.get_ident().map(ident) else { return };
        let call = self.bound.iter().rev().find(|(bound, _)| *bound == name).map(|(_, call)| *call);
        if let (Some(call), Fate::Unwrapped) = (call, fate_after(names, Fate::Used)) {
            self.found[call].fate = Fate::Unwrapped;
        }
    }
}

/// What becomes of a result on which these methods are called, and whose last value has a fate.
fn fate_after(names: &[String], outer: Fate) -> Fate {
    let mut rest = names.iter().map(String::as_str).skip_while(|name| matches!(*name, "map_err" | "take"));
    match (rest.next(), rest.next()) {
        (None, _) => outer,
        (Some("unwrap" | "expect"), _) => Fate::Unwrapped,
        (Some("ok"), None) if matches!(outer, Fate::Bare | Fate::Ignored) => Fate::Ignored,
        _ => Fate::Used,
    }
}

fn is_self(expr: &syn::Expr) -> bool {
    matches!(expr, syn::Expr::Path(path) if path.path.is_ident("self"))
}

impl<'a> Visit<'a> for Calls {
    fn visit_local(&mut self, local: &'a syn::Local) {
        let Some(init) = &local.init else { return };
        let (fate, name) = match &local.pat {
            syn::Pat::Wild(_) => (Fate::Ignored, None),
            syn::Pat::Ident(found) => (Fate::Used, Some(ident(&found.ident))),
            _ => (Fate::Used, None),
        };
        self.with(fate, &init.expr);
        let place = self.span(&*init.expr);
        let made = self.found.iter().rposition(|call| call.span == place);
        if let Some(name) = name {
            if self.is_terminal(links(&init.expr).0) {
                self.terminals.push(name.clone());
            }
            self.bound.extend(made.map(|made| (name, made)));
        }
        if let Some((_, diverge)) = &init.diverge {
            self.with(Fate::Used, diverge);
        }
    }

    fn visit_stmt(&mut self, stmt: &'a syn::Stmt) {
        let before = std::mem::replace(&mut self.fate, Fate::Bare);
        visit::visit_stmt(self, stmt);
        self.fate = before;
    }

    fn visit_expr(&mut self, expr: &'a syn::Expr) {
        match expr {
            syn::Expr::MethodCall(_) | syn::Expr::Call(_) | syn::Expr::Try(_) | syn::Expr::Await(_) => {
                self.chain(expr);
            }
            syn::Expr::Assign(found) if matches!(&*found.left, syn::Expr::Infer(_)) => {
                self.with(Fate::Ignored, &found.right);
            }
            syn::Expr::Block(_) | syn::Expr::Unsafe(_) | syn::Expr::Paren(_) => visit::visit_expr(self, expr),
            syn::Expr::If(found) => {
                self.with(Fate::Used, &found.cond);
                self.visit_block(&found.then_branch);
                if let Some((_, other)) = &found.else_branch {
                    self.visit_expr(other);
                }
            }
            syn::Expr::Match(found) => {
                self.with(Fate::Used, &found.expr);
                found.arms.iter().for_each(|arm| self.visit_expr(&arm.body));
            }
            syn::Expr::Closure(found) => self.with(Fate::Used, &found.body),
            syn::Expr::Async(_) => {}
            other => {
                let before = std::mem::replace(&mut self.fate, Fate::Used);
                visit::visit_expr(self, other);
                self.fate = before;
            }
        }
    }

    fn visit_item(&mut self, _: &'a syn::Item) {}
}
