//! One walk over an item's syntax: who is called, where, with what.
//!
//! The walk keeps what a reader keeps in mind: which variables are in scope, which loop, closure or task the code
//! stands in, whether the program serves already, and what becomes of each value. Types are inferred only where a
//! method's name makes it worth while.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use syn::visit::{self, Visit};

use crate::catalogue::Catalogue;
use crate::facts::lifetime::{Handoff, Held};
use crate::facts::pointer::PointerBody;
use crate::facts::{ApiUse, Context, Function, Link, Mention, Outcome, Production, Site};
use crate::rust::extent::{self, Extent};
use crate::rust::flow::{self, is_gated_tail, says_the_same, takes_place};
use crate::rust::macros::{MacroArena, Part};
use crate::rust::program::{FileData, FileIndex, ModuleId, Program};
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;
use crate::rust::use_tree::Import;
use crate::source::Span;

/// An identifier without `r#`.
pub(crate) fn ident(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// The segments of a syntax path, generic arguments left out.
pub(crate) fn segments(path: &syn::Path) -> Vec<String> {
    let lead = path.leading_colon.map(|_| String::new());
    lead.into_iter().chain(path.segments.iter().map(|segment| ident(&segment.ident))).collect()
}

/// A variable.
#[derive(Debug, Clone)]
pub(super) struct Binding<'a> {
    pub name: String,
    pub ty: Option<&'a syn::Type>,
    pub init: Option<&'a syn::Expr>,
    /// The pattern took the value apart: `Some(x)`, `(a, b)` at an index.
    pub part: Option<usize>,
    pub mutable: bool,
    /// The position of the parameter that it is, or is a part of.
    pub parameter: Option<u32>,
    /// The variable that was visible before this one.
    pub previous: Option<u32>,
}

/// Names that a block declares for itself.
#[derive(Debug, Default)]
struct BlockNames {
    imports: Vec<Import>,
    /// Functions and types declared in the block: they shadow.
    own: Vec<String>,
}

/// What a mention search looks for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The function.
    pub def: Def,
    /// Its bare name.
    pub name: String,
    /// Its type, for a method.
    pub self_type: Option<Def>,
    /// Whether its first argument is `self`.
    pub takes_self: bool,
    /// Whether it is a trait's method, called through values of unknown type.
    pub by_trait: bool,
}

/// What one walk found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub functions: Vec<Function>,
    pub uses: Vec<ApiUse>,
    pub passed: Vec<crate::facts::passed::Passed>,
    pub mentions: Vec<Mention>,
    pub pointers: Vec<PointerBody>,
    pub held: Vec<Held>,
    pub handoffs: Vec<Handoff>,
}

/// The walk itself. `'a` is the life of the syntax tree and of what macros hold.
pub(crate) struct Walker<'p, 'a> {
    pub(super) program: &'p Program<'p>,
    pub(super) catalogue: &'p Catalogue,
    pub(super) data: &'p FileData,
    file: FileIndex,
    pub(super) module: ModuleId,
    base: u32,
    pub(super) arena: &'a MacroArena,
    pub(super) bindings: Vec<Binding<'a>>,
    pub(super) env: Option<u32>,
    blocks: Vec<BlockNames>,
    pub(super) own: Option<Ty>,
    pub(super) functions: Vec<u32>,
    enclosing: Vec<u32>,
    pub(super) statement: Span,
    given_to: Option<Arc<str>>,
    pub(super) context: Context,
    production: Production,
    pub(super) outcome: Outcome,
    /// The field that is being filled.
    pub(super) field: Option<Arc<str>>,
    /// What becomes of the value of the closure that comes next.
    pub(super) handed: Option<Outcome>,
    pub(super) target: Option<Target>,
    /// The parameter whose pattern is being bound.
    parameter: Option<u32>,
    pub(super) types: RefCell<FxHashMap<*const syn::Expr, Ty>>,
    pub(super) found: Found,
}

impl<'p, 'a> Walker<'p, 'a> {
    /// A walk over a slice of a file that begins at byte `base`.
    pub(crate) fn new(
        program: &'p Program<'p>,
        data: &'p FileData,
        module: ModuleId,
        base: u32,
        arena: &'a MacroArena,
        production: Production,
    ) -> Self {
        Self {
            program,
            catalogue: program.catalogue,
            data,
            file: module.file,
            module,
            base,
            arena,
            bindings: Vec::new(),
            env: None,
            blocks: Vec::new(),
            own: None,
            functions: Vec::new(),
            enclosing: Vec::new(),
            statement: Span::default(),
            given_to: None,
            context: Context::default(),
            production,
            outcome: Outcome::Other,
            field: None,
            handed: None,
            target: None,
            parameter: None,
            types: RefCell::default(),
            found: Found::default(),
        }
    }

    /// Searches for mentions of a function instead of uses of the catalogue.
    pub(crate) fn looking_for(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// What `Self` means.
    pub(crate) fn with_self(mut self, own: Option<Ty>) -> Self {
        self.own = own;
        self
    }

    /// What was found.
    pub(crate) fn finish(self) -> Found {
        self.found
    }

    pub(super) fn span(&self, node: &impl Extent) -> Span {
        extent::of(node).shifted(self.base)
    }

    /// Where a node begins.
    fn start(&self, node: &impl Extent) -> u32 {
        extent::start(node) + self.base
    }

    // ---- names

    /// What a path means here; variables and items of enclosing blocks shadow.
    pub(super) fn def(&self, path: &[String], space: Space) -> Option<Def> {
        let first = path.first()?;
        if path.len() == 1 && space == Space::Values && self.variable(first).is_some() {
            return None;
        }
        for block in self.blocks.iter().rev() {
            if block.own.iter().any(|name| name == first) {
                return None;
            }
            for import in &block.imports {
                match &import.name {
                    Some(name) if **name == **first => {
                        let whole: Vec<&str> = import
                            .path
                            .iter()
                            .map(|s| &**s)
                            .chain(path[1..].iter().map(String::as_str))
                            .collect();
                        return self.program.resolve(self.module, &whole, space);
                    }
                    None => {
                        let whole: Vec<&str> =
                            import.path.iter().map(|s| &**s).chain(path.iter().map(String::as_str)).collect();
                        let found = self.program.resolve(self.module, &whole, space);
                        let known = match &found {
                            Some(Def::Extern(path)) => self.program.knows(path),
                            other => other.is_some(),
                        };
                        if known {
                            return found;
                        }
                    }
                    _ => {}
                }
            }
        }
        if first == "Self" {
            return match self.own.as_ref()?.clone() {
                Ty::Named(def, _) if path.len() == 1 => Some(def),
                Ty::Named(Def::Item(file, item), _) => {
                    Some(Def::Member(file, item, path[1..].join("::").into()))
                }
                Ty::Named(Def::Extern(root), _) => {
                    Some(Def::Extern(format!("{root}::{}", path[1..].join("::")).into()))
                }
                _ => None,
            };
        }
        self.program.resolve(self.module, path, space).map(|def| self.program.unaliased(def)).or_else(|| {
            let known = crate::rust::types::prelude(first)?;
            let rest: String = path[1..].iter().flat_map(|segment| ["::", segment]).collect();
            Some(Def::Extern(format!("{known}{rest}").into()))
        })
    }

    /// The canonical path of a value or function path.
    pub(super) fn canonical(&self, path: &syn::Path, space: Space) -> Option<(Def, String)> {
        let def = self.def(&segments(path), space)?;
        let text = self.program.canonical(&def);
        Some((def, text))
    }

    /// The innermost variable of a name.
    pub(super) fn variable(&self, name: &str) -> Option<u32> {
        self.variable_at(name, self.env)
    }

    fn bind(&mut self, binding: Binding<'a>) -> u32 {
        let index = self.bindings.len() as u32;
        self.bindings.push(Binding { previous: self.env, ..binding });
        self.env = Some(index);
        index
    }

    fn bind_pattern(
        &mut self,
        pattern: &'a syn::Pat,
        ty: Option<&'a syn::Type>,
        init: Option<&'a syn::Expr>,
        part: Option<usize>,
    ) {
        match pattern {
            syn::Pat::Ident(found) => {
                let binding = Binding {
                    name: ident(&found.ident),
                    ty,
                    init,
                    part,
                    mutable: found.mutability.is_some(),
                    parameter: self.parameter,
                    previous: None,
                };
                self.bind(binding);
                if let Some((_, inner)) = &found.subpat {
                    self.bind_pattern(inner, ty, init, part);
                }
            }
            syn::Pat::Type(typed) => self.bind_pattern(&typed.pat, Some(&typed.ty), init, part),
            syn::Pat::Reference(inner) => self.bind_pattern(&inner.pat, ty, init, part),
            syn::Pat::Paren(inner) => self.bind_pattern(&inner.pat, ty, init, part),
            syn::Pat::Tuple(tuple) => {
                for (number, element) in tuple.elems.iter().enumerate() {
                    self.bind_pattern(element, None, init, Some(number));
                }
            }
            syn::Pat::TupleStruct(tuple) => {
                let inner = ty.and_then(|ty| flow::wrapped(tuple, ty));
                // What is taken out of another variant has another type than the whole.
                let same = tuple
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| matches!(ident(&last.ident).as_str(), "Some" | "Ok" | "Err"));
                for element in &tuple.elems {
                    self.bind_pattern(element, inner, init.filter(|_| same), part);
                }
            }
            syn::Pat::Struct(found) => {
                for field in &found.fields {
                    self.bind_pattern(&field.pat, None, None, None);
                }
            }
            syn::Pat::Slice(slice) => {
                for element in &slice.elems {
                    self.bind_pattern(element, None, None, None);
                }
            }
            syn::Pat::Or(or) => {
                for case in &or.cases {
                    self.bind_pattern(case, ty, init, part);
                }
            }
            _ => {}
        }
    }

    // ---- places

    fn site(&self, span: Span, anchor: Span) -> Site {
        Site {
            file: self.file,
            span,
            anchor,
            statement: self.statement,
            enclosing: self.enclosing.iter().rev().copied().collect(),
            function: self.functions.last().copied(),
            given_to: self.given_to.clone(),
            context: self.context,
            production: self.production,
        }
    }

    /// Runs `inside` with a changed context and outcome, and puts both back.
    fn within(&mut self, start: u32, change: impl FnOnce(&mut Context), inside: impl FnOnce(&mut Self)) {
        let (context, env, outcome) = (self.context, self.env, self.outcome.clone());
        let given_to = self.given_to.clone();
        change(&mut self.context);
        self.enclosing.push(start);
        inside(self);
        self.enclosing.pop();
        self.context =
            Context { after_serve: self.context.after_serve && !self.left_task(context), ..context };
        self.env = env;
        self.outcome = outcome;
        self.given_to = given_to;
    }

    /// Serving inside a task or closure does not mean that what follows the spawn comes after serving.
    fn left_task(&self, outer: Context) -> bool {
        (self.context.in_task && !outer.in_task) || (self.context.in_closure && !outer.in_closure)
    }

    pub(super) fn with_outcome(&mut self, outcome: Outcome, inside: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.outcome, outcome);
        inside(self);
        self.outcome = before;
    }

    // ---- uses

    fn record(&mut self, path: &str, make: impl FnOnce(&Self) -> Draft) {
        let apis = self.catalogue.by_path(path);
        if apis.is_empty() {
            return;
        }
        if self.target.is_some() {
            self.context.after_serve |= apis.iter().any(|api| self.catalogue.is_serve(*api));
            return;
        }
        let draft = make(self);
        let apis: Vec<u32> = apis.to_vec();
        self.push_uses(&apis, path, draft);
    }

    fn push_uses(&mut self, apis: &[u32], path: &str, draft: Draft) {
        let path: Arc<str> = path.into();
        if apis.iter().any(|api| self.catalogue.is_serve(*api)) {
            self.context.after_serve = true;
        }
        if self.target.is_some() {
            return;
        }
        for api in apis {
            self.found.uses.push(ApiUse {
                api: *api,
                path: path.clone(),
                site: draft.site.clone(),
                args: draft.args.clone(),
                keys: draft.keys.clone(),
                arg_spans: draft.arg_spans.clone(),
                receiver: draft.receiver.clone(),
                receiver_variable: draft.receiver_variable,
                field: draft.field.clone(),
                before: draft.before.clone(),
                after: draft.after.clone(),
                chain: draft.chain,
                outcome: draft.outcome.clone(),
                certainty: draft.certainty,
            });
        }
    }

    fn mention(&mut self, def: &Def, span: Span, args: Option<Vec<crate::facts::Value>>) {
        let Some(target) = &self.target else { return };
        let same = match (def, &target.self_type) {
            (Def::Member(file, item, name), Some(Def::Item(f, i))) => {
                (file, item) == (f, i) && **name == *target.name
            }
            _ => *def == target.def,
        };
        if same {
            let mention = Mention {
                site: self.site(span, span),
                called: args.is_some(),
                args: args.unwrap_or_default(),
            };
            self.found.mentions.push(mention);
        }
    }

    fn method_mention(&mut self, name: &str, receiver: &'a syn::Expr, span: Span, args: &Args<'a>) {
        let Some(target) = self.target.clone() else { return };
        if *name != *target.name || target.self_type.is_none() {
            return;
        }
        let ty = self.infer(receiver);
        let certain = [&ty, ty.peeled()].iter().any(|ty| match ty {
            Ty::Named(def, _) => Some(def) == target.self_type.as_ref(),
            _ => false,
        });
        if certain || target.by_trait || matches!(ty.peeled(), Ty::Unknown) {
            let args = args.iter().map(|arg| self.value(arg)).collect();
            self.found.mentions.push(Mention { site: self.site(span, span), called: true, args });
        }
    }

    // ---- chains and calls

    /// A whole method chain, from its root outwards: `Builder::new_multi_thread().enable_all().build()?`.
    fn chain(&mut self, whole: &'a syn::Expr) {
        let (root, nodes) = links(whole);
        let chain = self.span(whole);
        let outcome = self.outcome.clone();
        let call = match root {
            syn::Expr::Call(call) => Some(call),
            _ => None,
        };
        match (call, root) {
            (Some(call), _) => {
                let shape = Shape { chain, root: None, before: &[], after: &nodes, outcome };
                self.call(call, shape);
            }
            (None, syn::Expr::Path(path)) if nodes.is_empty() => self.path_value(path),
            (None, other) => {
                let handed = if says_the_same(&nodes) { outcome } else { Outcome::Other };
                self.with_outcome(handed, |walk| match other {
                    syn::Expr::Path(path) if walk.pass(path, &nodes) => {}
                    other => walk.visit_plain(other),
                });
            }
        }
        for (number, node) in nodes.iter().enumerate() {
            let (before, after) = (&nodes[..number], &nodes[number + 1..]);
            let shape = Shape { chain, root: call, before, after, outcome: self.outcome.clone() };
            self.method(node, shape);
        }
    }

    fn root_link(&self, call: &'a syn::ExprCall) -> Option<Link> {
        let syn::Expr::Path(path) = &*call.func else { return None };
        let last = path.path.segments.last()?;
        Some(Link {
            name: ident(&last.ident).into(),
            args: call.args.iter().map(|arg| self.value(arg)).collect(),
            span: self.span(call),
        })
    }

    fn link(&self, node: &'a syn::ExprMethodCall) -> Link {
        Link {
            name: ident(&node.method).into(),
            args: node.args.iter().map(|arg| self.value(arg)).collect(),
            span: self.span(&node.method).join(self.span(node)),
        }
    }

    fn call(&mut self, call: &'a syn::ExprCall, shape: Shape<'a, '_>) {
        let span = self.span(call);
        let args: Vec<&'a syn::Expr> = call.args.iter().collect();
        let syn::Expr::Path(path) = &*call.func else {
            self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&call.func));
            self.arguments(&args, None, Given::Call);
            return;
        };
        let named = if path.qself.is_some() {
            self.qualified(path)
        } else {
            self.canonical(&path.path, Space::Values)
        };
        let name = path.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
        let Some((def, canonical)) = named else {
            self.arguments(&args, None, Given::of(name.starts_with("spawn"), false));
            return;
        };
        let values =
            |walk: &Self| -> Vec<crate::facts::Value> { args.iter().map(|arg| walk.value(arg)).collect() };
        if let Some(target) = &self.target {
            let receiver = usize::from(target.takes_self);
            let values = values(self).into_iter().skip(receiver).collect();
            self.mention(&def, span, Some(values));
        }
        let anchor = self.span(path);
        // A method called by its path carries its receiver as the first argument.
        let skipped = usize::from(self.catalogue.takes_receiver_by_path(&canonical));
        self.record(&canonical, |walk| Draft {
            args: args.iter().skip(skipped).map(|arg| walk.value(arg)).collect(),
            arg_spans: args.iter().skip(skipped).map(|arg| walk.span(*arg)).collect(),
            ..walk.draft(span, anchor, &shape)
        });
        let task = name.starts_with("spawn") || self.catalogue.starts_task(&canonical);
        let given = Given::of(task, self.catalogue.binds_route(&canonical));
        let wraps = wraps_value(&canonical);
        if wraps {
            self.with_outcome(shape.outcome.clone(), |walk| args.iter().for_each(|arg| walk.visit_expr(arg)));
        } else {
            self.arguments(&args, Some(canonical.into()), given);
        }
    }

    /// `<T as Trait>::name`, `<T>::name`.
    fn qualified(&self, path: &syn::ExprPath) -> Option<(Def, String)> {
        let own = path.qself.as_ref()?;
        let last = ident(&path.path.segments.last()?.ident);
        if own.position > 0 {
            return self.canonical(&path.path, Space::Values);
        }
        match self.written_type(&own.ty) {
            Ty::Named(Def::Item(file, item), _) => {
                let def = Def::Member(file, item, last.into());
                let text = self.program.canonical(&def);
                Some((def, text))
            }
            Ty::Named(Def::Extern(root), _) => {
                let text = format!("{root}::{last}");
                Some((Def::Extern(text.as_str().into()), text))
            }
            _ => None,
        }
    }

    fn method(&mut self, node: &'a syn::ExprMethodCall, shape: Shape<'a, '_>) {
        let name = ident(&node.method);
        let args: Vec<&'a syn::Expr> = node.args.iter().collect();
        let (span, anchor) = (self.span(node), self.span(&node.method));
        self.method_mention(&name, &node.receiver, anchor.join(span_end(span)), &args);
        let mut task = name.starts_with("spawn");
        let mut route = false;
        let mut callee = None;
        if self.catalogue.is_method(&name) {
            let matched = self.match_method(&name, node);
            if let Some((apis, path, certainty)) = matched {
                task |= apis.iter().any(|api| self.catalogue.is_task_start(*api));
                route |= apis.iter().any(|api| self.catalogue.is_route(*api));
                let draft = Draft {
                    args: args.iter().map(|arg| self.value(arg)).collect(),
                    arg_spans: args.iter().map(|arg| self.span(*arg)).collect(),
                    receiver: Some(self.value(&node.receiver))
                        .filter(|value| *value != crate::facts::Value::Unknown),
                    receiver_variable: self.root_variable(&node.receiver),
                    certainty,
                    ..self.draft(span, anchor, &shape)
                };
                self.push_uses(&apis, &path, draft);
                callee = Some(Arc::from(path));
            }
        }
        if takes_place(&name) {
            args.iter().for_each(|arg| self.in_place(arg, shape.outcome.clone()));
            return;
        }
        let outer = self.outcome.clone();
        let in_static = self.context.in_static;
        self.context.in_static |= FILLS.contains(&name.as_str()) && self.is_static(&node.receiver);
        self.arguments(&args, callee.or_else(|| Some(name.into())), Given::of(task, route));
        self.context.in_static = in_static;
        self.outcome = outer;
    }

    /// Whether an expression names a `static`, of a module or of the function.
    fn is_static(&self, expr: &syn::Expr) -> bool {
        let syn::Expr::Path(path) = expr else { return false };
        match self.def(&segments(&path.path), Space::Values) {
            Some(Def::Item(file, item)) => self
                .program
                .file(file)
                .is_some_and(|data| data.outline.item(item).kind == crate::rust::outline::ItemKind::Static),
            Some(_) => false,
            // Statics of a function are known by the case of their names.
            None => path.path.get_ident().is_some_and(|name| {
                let name = ident(name);
                self.variable(&name).is_none() && !name.chars().any(char::is_lowercase)
            }),
        }
    }

    fn root_variable(&self, expr: &syn::Expr) -> Option<u32> {
        match links(expr).0 {
            syn::Expr::Path(path) => path.path.get_ident().and_then(|name| self.variable(&ident(name))),
            syn::Expr::Reference(reference) => self.root_variable(&reference.expr),
            _ => None,
        }
    }

    fn draft(&self, span: Span, anchor: Span, shape: &Shape<'a, '_>) -> Draft {
        Draft {
            site: self.site(span, anchor),
            args: Vec::new(),
            keys: Vec::new(),
            arg_spans: Vec::new(),
            receiver: None,
            receiver_variable: None,
            field: self.stored_in(),
            before: shape
                .root
                .and_then(|root| self.root_link(root))
                .into_iter()
                .chain(shape.before.iter().map(|node| self.link(node)))
                .collect(),
            after: shape.after.iter().map(|node| self.link(node)).collect(),
            chain: shape.chain,
            outcome: shape.outcome.clone(),
            certainty: crate::facts::Certainty::Resolved,
        }
    }

    fn arguments(&mut self, args: &[&'a syn::Expr], callee: Option<Arc<str>>, given: Given) {
        let context = self.context;
        let task = given != Given::Call;
        self.context.in_task |= task;
        self.context.in_route |= given == Given::Route;
        if given == Given::Task {
            self.handoff(args);
        }
        self.with_outcome(Outcome::Argument(callee), |walk| args.iter().for_each(|arg| walk.visit_expr(arg)));
        self.context = Context { after_serve: self.context.after_serve && !task, ..context };
        self.context.after_serve |= context.after_serve;
    }

    /// A path that is not called: a constant, a variant, a function given as a value.
    fn path_value(&mut self, path: &'a syn::ExprPath) {
        if self.pass(path, &[]) {
            return;
        }
        let span = self.span(path);
        let Some((def, canonical)) = self.canonical(&path.path, Space::Values) else { return };
        self.mention(&def, span, None);
        let shape = Shape { chain: span, root: None, before: &[], after: &[], outcome: self.outcome.clone() };
        self.record(&canonical, |walk| walk.draft(span, span, &shape));
    }

    /// Visits an expression that is not a chain.
    fn visit_plain(&mut self, expr: &'a syn::Expr) {
        match expr {
            syn::Expr::MethodCall(_) | syn::Expr::Call(_) | syn::Expr::Await(_) | syn::Expr::Try(_) => {
                self.chain(expr);
            }
            syn::Expr::Path(path) => self.path_value(path),
            syn::Expr::Field(field) => self.visit_expr(&field.base),
            other => self.visit_other(other),
        }
    }

    fn visit_other(&mut self, expr: &'a syn::Expr) {
        let start = self.start(expr);
        let handed = self.handed.take();
        match expr {
            syn::Expr::Closure(closure) => self.within(
                start,
                |context| context.in_closure = true,
                |walk| {
                    if let Outcome::Argument(callee) = &walk.outcome {
                        walk.given_to = callee.clone();
                    }
                    for input in &closure.inputs {
                        walk.bind_pattern(input, None, None, None);
                    }
                    walk.outcome = handed.unwrap_or(Outcome::Returned);
                    walk.visit_expr(&closure.body);
                },
            ),
            syn::Expr::Async(block) => {
                self.within(start, |_| {}, |walk| walk.block(&block.block, Outcome::Returned));
            }
            syn::Expr::Loop(found) => {
                self.within(
                    start,
                    |context| context.in_loop = true,
                    |walk| walk.block(&found.body, Outcome::Other),
                );
            }
            syn::Expr::While(found) => self.within(
                start,
                |context| context.in_loop = true,
                |walk| {
                    walk.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.cond));
                    walk.block(&found.body, Outcome::Other);
                },
            ),
            syn::Expr::ForLoop(found) => {
                self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.expr));
                self.within(
                    start,
                    |context| context.in_loop = true,
                    |walk| {
                        walk.bind_pattern(&found.pat, None, None, None);
                        walk.block(&found.body, Outcome::Other);
                    },
                );
            }
            syn::Expr::If(found) => self.branch(found, start),
            syn::Expr::Match(found) => self.arms(found, start),
            syn::Expr::Block(block) => {
                let outcome = self.outcome.clone();
                self.within(start, |_| {}, |walk| walk.block(&block.block, outcome));
            }
            syn::Expr::Unsafe(block) => {
                let outcome = self.outcome.clone();
                self.within(start, |_| {}, |walk| walk.block(&block.block, outcome));
            }
            syn::Expr::Return(found) => {
                if let Some(value) = &found.expr {
                    self.with_outcome(Outcome::Returned, |walk| walk.visit_expr(value));
                }
            }
            syn::Expr::Assign(found) => {
                self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.left));
                let field = match &*found.left {
                    syn::Expr::Field(place) => Some(member(&place.member).into()),
                    _ => self.field.clone(),
                };
                self.stored(field, &found.right);
            }
            syn::Expr::Struct(found) => self.literal(found),
            syn::Expr::Let(found) => {
                self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.expr));
                self.bind_pattern(&found.pat, None, Some(&found.expr), None);
            }
            syn::Expr::Macro(found) => self.macro_call(&found.mac, start),
            syn::Expr::Paren(found) => self.visit_expr(&found.expr),
            syn::Expr::Group(found) => self.visit_expr(&found.expr),
            syn::Expr::Reference(found) => self.visit_expr(&found.expr),
            syn::Expr::Cast(found) => self.visit_expr(&found.expr),
            other if self.operands(other) => {}
            other => self.with_outcome(Outcome::Other, |walk| visit::visit_expr(walk, other)),
        }
    }

    fn literal(&mut self, found: &'a syn::ExprStruct) {
        let span = self.span(found);
        if let Some((_, canonical)) = self.canonical(&found.path, Space::Types) {
            let anchor = self.span(&found.path);
            let shape =
                Shape { chain: span, root: None, before: &[], after: &[], outcome: self.outcome.clone() };
            self.record(&canonical, |walk| Draft {
                keys: found
                    .fields
                    .iter()
                    .map(|field| (member(&field.member).into(), walk.value(&field.expr)))
                    .collect(),
                ..walk.draft(span, anchor, &shape)
            });
        }
        for field in &found.fields {
            self.stored(Some(member(&field.member).into()), &field.expr);
        }
        if let Some(rest) = &found.rest {
            self.stored(None, rest);
        }
    }

    fn branch(&mut self, found: &'a syn::ExprIf, start: u32) {
        let outcome = self.outcome.clone();
        let gate = condition_gate(&found.cond, self);
        self.within(
            start,
            |context| gate.apply(context),
            |walk| {
                walk.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.cond));
                walk.block(&found.then_branch, outcome.clone());
                walk.context.after_serve = false;
            },
        );
        if let Some((_, other)) = &found.else_branch {
            let served = self.context.after_serve;
            self.with_outcome(outcome, |walk| walk.visit_expr(other));
            self.context.after_serve = served;
        }
    }

    fn arms(&mut self, found: &'a syn::ExprMatch, start: u32) {
        let outcome = self.outcome.clone();
        self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.expr));
        let served = self.context.after_serve;
        for arm in &found.arms {
            let arm_start = self.start(arm);
            self.enclosing.push(start);
            self.within(
                arm_start,
                |_| {},
                |walk| {
                    walk.bind_pattern(&arm.pat, None, Some(&found.expr), None);
                    walk.with_outcome(outcome.clone(), |walk| walk.visit_expr(&arm.body));
                },
            );
            self.enclosing.pop();
            self.context.after_serve = served;
        }
    }

    fn block(&mut self, block: &'a syn::Block, outcome: Outcome) {
        self.block_names(&block.stmts);
        let env = self.env;
        let statement = self.statement;
        for (number, stmt) in block.stmts.iter().enumerate() {
            let last = number + 1 == block.stmts.len() || is_gated_tail(stmt);
            // Without a semicolon, a value that is not the last one is that of a branch which `cfg` picks.
            self.stmt(stmt, if last { outcome.clone() } else { Outcome::Other });
            self.hold(stmt, &block.stmts[number + 1..]);
        }
        self.statement = statement;
        self.env = env;
        self.blocks.pop();
    }

    fn block_names(&mut self, stmts: &[syn::Stmt]) {
        let mut names = BlockNames::default();
        for stmt in stmts {
            let syn::Stmt::Item(item) = stmt else { continue };
            match item {
                syn::Item::Use(found) => {
                    let text = self.data.source.slice(self.span(&found.tree));
                    names.imports.extend(crate::rust::use_tree::imports(text));
                }
                syn::Item::Fn(found) => names.own.push(ident(&found.sig.ident)),
                syn::Item::Struct(found) => names.own.push(ident(&found.ident)),
                syn::Item::Enum(found) => names.own.push(ident(&found.ident)),
                syn::Item::Mod(found) => names.own.push(ident(&found.ident)),
                _ => {}
            }
        }
        self.blocks.push(names);
    }

    fn stmt(&mut self, stmt: &'a syn::Stmt, outcome: Outcome) {
        let production = self.production;
        if let Some(changed) = crate::rust::attributes::production_of(flow::attributes_of(stmt)) {
            self.production = changed;
        }
        self.statement = self.span(stmt);
        self.enclosing.push(self.statement.start);
        self.under(flow::attributes_of(stmt), |walk| walk.plain_stmt(stmt, outcome));
        self.enclosing.pop();
        self.production = production;
    }

    fn plain_stmt(&mut self, stmt: &'a syn::Stmt, outcome: Outcome) {
        match stmt {
            syn::Stmt::Local(local) => self.local(local),
            syn::Stmt::Expr(expr, semicolon) => {
                let outcome = if semicolon.is_some() { Outcome::Discarded } else { outcome };
                self.with_outcome(outcome, |walk| walk.visit_expr(expr));
            }
            syn::Stmt::Macro(found) => {
                let start = self.statement.start;
                let outcome = if found.semi_token.is_some() { Outcome::Discarded } else { outcome };
                self.with_outcome(outcome, |walk| walk.macro_call(&found.mac, start));
            }
            syn::Stmt::Item(item) => self.nested_item(item),
        }
    }

    fn local(&mut self, local: &'a syn::Local) {
        let (pattern, ty) = match &local.pat {
            syn::Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            other => (other, None),
        };
        let init = local.init.as_ref().map(|init| &*init.expr);
        if let Some(expr) = init {
            let outcome = match pattern {
                syn::Pat::Wild(_) => Outcome::Underscore,
                syn::Pat::Ident(found) => {
                    Outcome::Bound(self.bindings.len() as u32, ident(&found.ident).into())
                }
                _ => Outcome::Other,
            };
            // The number promised to the outcome is the one that the variable gets.
            if let syn::Pat::Ident(found) = pattern {
                let binding = Binding {
                    name: ident(&found.ident),
                    ty,
                    init,
                    part: None,
                    mutable: found.mutability.is_some(),
                    parameter: None,
                    previous: self.env,
                };
                let index = self.bindings.len() as u32;
                self.bindings.push(binding);
                self.with_outcome(outcome, |walk| walk.visit_expr(expr));
                self.env = Some(index);
            } else {
                self.with_outcome(outcome, |walk| walk.visit_expr(expr));
                self.bind_pattern(pattern, ty, init, None);
            }
        } else {
            self.bind_pattern(pattern, ty, None, None);
        }
        if let Some((_, diverge)) = local.init.as_ref().and_then(|init| init.diverge.as_ref()) {
            self.with_outcome(Outcome::Other, |walk| walk.visit_expr(diverge));
        }
    }

    // ---- items

    fn nested_item(&mut self, item: &'a syn::Item) {
        let (context, production) = (self.context, self.production);
        if let Some(changed) = crate::rust::attributes::production_of(attributes_of(item)) {
            self.production = changed;
        }
        self.visit_item(item);
        self.context = context;
        self.production = production;
    }

    /// A function's body, as a function of its own.
    pub(crate) fn function(&mut self, function: Function, sig: &'a syn::Signature, block: &'a syn::Block) {
        let (env, own_context) = (self.env, self.context);
        self.found.functions.push(function);
        self.functions.push(self.found.functions.len() as u32 - 1);
        let head = self.found.functions.last().map_or(0, |function| function.head);
        self.enclosing.push(head);
        let typed = sig.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(typed) => Some(typed),
            syn::FnArg::Receiver(_) => None,
        });
        for (number, typed) in typed.enumerate() {
            self.parameter = Some(number as u32);
            self.bind_pattern(&typed.pat, Some(&typed.ty), None, None);
        }
        self.parameter = None;
        self.block(block, Outcome::Returned);
        self.enclosing.pop();
        self.functions.pop();
        self.context = own_context;
        self.env = env;
    }

    /// The initialiser of a `static` or `const`.
    pub(crate) fn initialiser(&mut self, expr: &'a syn::Expr, is_static: bool) {
        let start = self.start(expr);
        self.statement = self.span(expr);
        self.within(
            start,
            |context| context.in_static = is_static,
            |walk| {
                walk.outcome = Outcome::Stored;
                walk.visit_expr(expr);
            },
        );
    }

    /// An attribute of the catalogue on an item: `#[tokio::main(worker_threads = 1)]`.
    pub(crate) fn attribute(&mut self, attribute: &'a syn::Attribute) {
        let path = attribute.path();
        let span = self.span(attribute);
        let canonical = self.macro_path(path).unwrap_or_else(|| segments(path).join("::"));
        let shape = Shape { chain: span, root: None, before: &[], after: &[], outcome: Outcome::Other };
        let before = self.statement;
        self.statement = span;
        let function = self.functions.last().copied();
        self.record(&canonical, |walk| {
            let mut draft = walk.draft(span, span, &shape);
            draft.keys = walk.attribute_keys(attribute);
            draft.site.function = function;
            draft
        });
        self.statement = before;
    }

    /// Notes the use of an item that the catalogue knows by its name: `static malloc_conf`, `impl GlobalAlloc`.
    pub(crate) fn declared(
        &mut self,
        canonical: &str,
        span: Span,
        anchor: Span,
        value: Option<&'a syn::Expr>,
    ) {
        let shape = Shape { chain: span, root: None, before: &[], after: &[], outcome: Outcome::Other };
        let before = std::mem::replace(&mut self.statement, span);
        self.record(canonical, |walk| Draft {
            args: value.map(|expr| walk.value(expr)).into_iter().collect(),
            arg_spans: value.map(|expr| walk.span(expr)).into_iter().collect(),
            ..walk.draft(span, anchor, &shape)
        });
        self.statement = before;
    }

    /// An attribute of the function walked last.
    pub(crate) fn function_attribute(&mut self, attribute: &'a syn::Attribute) {
        self.functions.push(0);
        self.attribute(attribute);
        self.functions.pop();
    }

    /// The place of a name.
    pub(crate) fn name_span(&self, name: &syn::Ident) -> Span {
        self.span(name)
    }

    /// Says that the item is compiled only in debug builds, or only with a feature.
    pub(crate) fn gate(&mut self, (debug_only, feature): (bool, bool)) {
        self.context.debug_only |= debug_only;
        self.context.feature_gated |= feature;
    }

    /// Marks what follows as given to `macro_rules!`.
    pub(crate) fn in_macro_rules(&mut self) {
        self.context.in_macro_rules = true;
    }

    // ---- macros

    pub(crate) fn macro_call(&mut self, mac: &'a syn::Macro, start: u32) {
        let name = mac.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
        let span = self.span(&mac.path);
        if let Some(canonical) = self.macro_path(&mac.path) {
            let shape =
                Shape { chain: span, root: None, before: &[], after: &[], outcome: self.outcome.clone() };
            self.record(&format!("{canonical}!"), |walk| walk.draft(span, span, &shape));
        }
        let parts = self.arena.parts(&name, &mac.tokens);
        let (context, env) = (self.context, self.env);
        for part in parts {
            if let Some((value, len)) = flow::repetition(&name, part) {
                self.stmt(value, Outcome::Other);
                self.repeated(len);
            } else {
                self.part(part, start);
            }
            self.context = Context { after_serve: self.context.after_serve, ..context };
        }
        self.env = env;
    }

    pub(crate) fn part(&mut self, part: &'a Part, start: u32) {
        match part {
            Part::Expr(expr) => self.with_outcome(Outcome::Argument(None), |walk| walk.visit_expr(expr)),
            Part::Statements(stmts) => {
                self.enclosing.push(start);
                self.block_names(stmts);
                let (env, statement) = (self.env, self.statement);
                stmts.iter().for_each(|stmt| self.stmt(stmt, Outcome::Other));
                self.statement = statement;
                self.env = env;
                self.blocks.pop();
                self.enclosing.pop();
            }
            Part::Static(expr) => self.initialiser(expr, true),
            Part::Item(item) => self.nested_item(item),
        }
    }
}

impl<'a> Visit<'a> for Walker<'_, 'a> {
    fn visit_expr(&mut self, expr: &'a syn::Expr) {
        self.visit_plain(expr);
    }

    fn visit_block(&mut self, block: &'a syn::Block) {
        self.block(block, Outcome::Other);
    }

    fn visit_item_fn(&mut self, found: &'a syn::ItemFn) {
        self.block(&found.block, Outcome::Returned);
    }

    fn visit_impl_item_fn(&mut self, found: &'a syn::ImplItemFn) {
        self.block(&found.block, Outcome::Returned);
    }

    fn visit_item_static(&mut self, found: &'a syn::ItemStatic) {
        self.initialiser(&found.expr, true);
    }

    fn visit_item_const(&mut self, found: &'a syn::ItemConst) {
        self.initialiser(&found.expr, false);
    }

    fn visit_item_use(&mut self, _: &'a syn::ItemUse) {}

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        let start = self.start(mac);
        self.macro_call(mac, start);
    }

    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}

    fn visit_type(&mut self, _: &'a syn::Type) {}

    fn visit_pat(&mut self, _: &'a syn::Pat) {}
}

/// Methods that fill a lazily filled static with what a closure makes.
const FILLS: &[&str] =
    &["get_or_init", "get_or_try_init", "get_or_insert_with", "call_once", "call_once_force"];

type Args<'a> = Vec<&'a syn::Expr>;

/// What a call does with the closures and functions among its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// Calls them in place, as far as is known.
    Call,
    /// Runs them as tasks, threads or signal handlers.
    Task,
    /// Binds them to a route.
    Route,
}

impl Given {
    fn of(task: bool, route: bool) -> Self {
        match (task, route) {
            (_, true) => Given::Route,
            (true, false) => Given::Task,
            (false, false) => Given::Call,
        }
    }
}

struct Draft {
    site: Site,
    args: Vec<crate::facts::Value>,
    keys: Vec<(Arc<str>, crate::facts::Value)>,
    arg_spans: Vec<Span>,
    receiver: Option<crate::facts::Value>,
    receiver_variable: Option<u32>,
    field: Option<Arc<str>>,
    before: Vec<Link>,
    after: Vec<Link>,
    chain: Span,
    outcome: Outcome,
    certainty: crate::facts::Certainty,
}

/// Where a call stands in its chain.
struct Shape<'a, 's> {
    chain: Span,
    /// The call that the chain begins with, for calls after it.
    root: Option<&'a syn::ExprCall>,
    before: &'s [&'a syn::ExprMethodCall],
    after: &'s [&'a syn::ExprMethodCall],
    outcome: Outcome,
}

fn span_end(span: Span) -> Span {
    Span { start: span.end, end: span.end }
}

pub(super) fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => ident(name),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}

/// The root of a method chain and its calls, first one first. `?`, `.await`, brackets and references are looked
/// through, and so are fields between two calls.
pub(super) fn links(whole: &syn::Expr) -> (&syn::Expr, Vec<&syn::ExprMethodCall>) {
    let mut nodes = Vec::new();
    let mut at = whole;
    loop {
        at = match at {
            syn::Expr::MethodCall(call) => {
                nodes.push(call);
                &call.receiver
            }
            syn::Expr::Await(found) => &found.base,
            syn::Expr::Try(found) => &found.expr,
            syn::Expr::Paren(found) => &found.expr,
            syn::Expr::Group(found) => &found.expr,
            syn::Expr::Field(found)
                if matches!(&*found.base, syn::Expr::MethodCall(_) | syn::Expr::Call(_)) =>
            {
                &found.base
            }
            other => {
                nodes.reverse();
                return (other, nodes);
            }
        };
    }
}

/// Calls that hand their argument's value on: what becomes of the call becomes of the argument.
fn wraps_value(path: &str) -> bool {
    matches!(
        path,
        "std::sync::Arc::new"
            | "std::num::NonZeroUsize::new"
            | "std::num::NonZeroU32::new"
            | "std::boxed::Box::new"
            | "std::rc::Rc::new"
            | "std::sync::Mutex::new"
            | "std::option::Option::Some"
            | "std::result::Result::Ok"
    )
}

/// What a condition says about when its branch runs.
#[derive(Default)]
struct Gate {
    debug_only: bool,
    feature: bool,
    env: bool,
}

impl Gate {
    fn apply(&self, context: &mut Context) {
        context.debug_only |= self.debug_only;
        context.feature_gated |= self.feature;
        context.env_gated |= self.env;
    }
}

fn condition_gate(condition: &syn::Expr, walk: &Walker<'_, '_>) -> Gate {
    let text = walk.data.source.slice(walk.span(condition));
    Gate {
        debug_only: text.contains("cfg!(debug_assertions)"),
        feature: text.contains("cfg!(feature"),
        env: text.contains("env::var") || text.contains("var_os("),
    }
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Fn(found) => &found.attrs,
        syn::Item::Mod(found) => &found.attrs,
        syn::Item::Impl(found) => &found.attrs,
        syn::Item::Static(found) => &found.attrs,
        syn::Item::Const(found) => &found.attrs,
        _ => &[],
    }
}
