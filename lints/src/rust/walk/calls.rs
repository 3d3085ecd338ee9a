//! Calls: what is used, with what, and what becomes of it.

use std::sync::Arc;

use super::{Walker, ident, segments};
use syn::visit::Visit;

use crate::facts::{ApiUse, Context, Link, Mention, Outcome, Site};
use crate::rust::extent::Place;
use crate::rust::flow::{says_the_same, takes_place};
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;
use crate::source::Span;

impl<'a> Walker<'_, 'a> {
    pub(super) fn record(&mut self, path: &str, make: impl FnOnce(&Self) -> Draft) {
        let apis = self.catalogue.by_path(path);
        if apis.is_empty() {
            return;
        }
        let apis: Vec<u32> = apis.to_vec();
        self.push_uses(&apis, path, make);
    }

    pub(super) fn push_uses(&mut self, apis: &[u32], path: &str, make: impl FnOnce(&Self) -> Draft) {
        let draft = self.target.is_none().then(|| make(self));
        self.context.after_serve |= apis.iter().any(|api| self.catalogue.is_serve(*api));
        // Who searches for a function's callers wants no uses.
        let Some(draft) = draft else { return };
        let path: Arc<str> = path.into();
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

    pub(super) fn mention(&mut self, def: &Def, span: Place<'a>, args: Option<&[&'a syn::Expr]>) {
        let Some(target) = &self.target else { return };
        let same = match (def, &target.self_type) {
            (Def::Member(file, item, name), Some(Def::Item(f, i))) => {
                (file, item) == (f, i) && **name == *target.name
            }
            _ => *def == target.def,
        };
        if same {
            // A method called by its path carries its receiver as the first argument.
            let receiver = usize::from(target.takes_self);
            let values = args.into_iter().flatten().skip(receiver).map(|arg| self.value(arg));
            let span = self.at(span);
            let mention =
                Mention { site: self.site(span, span), called: args.is_some(), args: values.collect() };
            self.found.mentions.push(mention);
        }
    }

    pub(super) fn method_mention(&mut self, name: &str, node: &'a syn::ExprMethodCall, args: &Args<'a>) {
        let Some(target) = self.target.as_ref().filter(|target| *name == *target.name) else { return };
        // A function without `self` is no method, and one that takes other arguments is another one.
        let fits = target.takes_self && target.takes == args.len();
        if target.self_type.is_none() || !fits {
            return;
        }
        let ty = self.infer(&node.receiver);
        let certain = [&ty, ty.peeled()].iter().any(|ty| match ty {
            Ty::Named(def, _) => Some(def) == target.self_type.as_ref(),
            _ => false,
        });
        if certain || target.by_trait || matches!(ty.peeled(), Ty::Unknown) {
            let args = args.iter().map(|arg| self.value(arg)).collect();
            let span = Span { start: self.span(&node.method).start, end: self.span(node).end };
            self.found.mentions.push(Mention { site: self.site(span, span), called: true, args });
        }
    }

    // ---- chains and calls

    /// A whole method chain, from its root outwards: `Builder::new_multi_thread().enable_all().build()?`.
    pub(super) fn chain(&mut self, whole: &'a syn::Expr) {
        let (root, nodes) = links(whole);
        let chain = Place::Of(whole);
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

    pub(super) fn root_link(&self, call: &'a syn::ExprCall) -> Option<Link> {
        let syn::Expr::Path(path) = &*call.func else { return None };
        let last = path.path.segments.last()?;
        Some(Link {
            name: ident(&last.ident).into(),
            args: call.args.iter().map(|arg| self.value(arg)).collect(),
            span: self.span(call),
        })
    }

    pub(super) fn link(&self, node: &'a syn::ExprMethodCall) -> Link {
        Link {
            name: ident(&node.method).into(),
            args: node.args.iter().map(|arg| self.value(arg)).collect(),
            span: self.span(&node.method).join(self.span(node)),
        }
    }

    pub(super) fn call(&mut self, call: &'a syn::ExprCall, shape: Shape<'a, '_>) {
        let span = Place::Of(call);
        let args: Vec<&'a syn::Expr> = call.args.iter().collect();
        let syn::Expr::Path(path) = &*call.func else {
            self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&call.func));
            self.arguments(&args, None, Given::Call);
            return;
        };
        let name = path.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
        let named = if path.qself.is_some() {
            self.qualified(path)
        } else if self.may_matter(&path.path) || takes(&name) {
            self.canonical(&path.path, Space::Values)
        } else {
            let written = segments(&path.path).join("::").into();
            let task = name.starts_with("spawn").then(|| self.started(&name, &shape));
            self.arguments(&args, Some(written), Given::of(task, false));
            return;
        };
        let Some((def, canonical)) = named else {
            let task = name.starts_with("spawn").then(|| self.started(&name, &shape));
            self.arguments(&args, None, Given::of(task, false));
            return;
        };
        self.mention(&def, span, Some(&args));
        let anchor = Place::Of(path);
        // A method called by its path carries its receiver as the first argument.
        let skipped = usize::from(self.catalogue.takes_receiver_by_path(&canonical));
        self.record(&canonical, |walk| Draft {
            args: args.iter().skip(skipped).map(|arg| walk.value(arg)).collect(),
            arg_spans: args.iter().skip(skipped).map(|arg| walk.span(*arg)).collect(),
            ..walk.draft(span, anchor, &shape)
        });
        let task = name.starts_with("spawn") || self.catalogue.starts_task(&canonical);
        let task = task.then(|| self.started(&name, &shape));
        let given = Given::of(task, self.catalogue.binds_route(&canonical));
        let wraps = wraps_value(&canonical);
        if wraps {
            self.with_outcome(shape.outcome.clone(), |walk| args.iter().for_each(|arg| walk.visit_expr(arg)));
        } else {
            self.arguments(&args, Some(canonical.into()), given);
        }
    }

    /// `<T as Trait>::name`, `<T>::name`.
    pub(super) fn qualified(&self, path: &syn::ExprPath) -> Option<(Def, String)> {
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

    pub(super) fn method(&mut self, node: &'a syn::ExprMethodCall, shape: Shape<'a, '_>) {
        let name = ident(&node.method);
        let args: Vec<&'a syn::Expr> = node.args.iter().collect();
        self.method_mention(&name, node, &args);
        let mut task = name.starts_with("spawn");
        let mut route = false;
        let mut callee = None;
        if self.catalogue.is_method(&name) {
            let matched = self.match_method(&name, node);
            if let Some((apis, path, certainty)) = matched {
                task |= apis.iter().any(|api| self.catalogue.is_task_start(*api));
                route |= apis.iter().any(|api| self.catalogue.is_route(*api));
                self.push_uses(&apis, &path, |walk| Draft {
                    args: args.iter().map(|arg| walk.value(arg)).collect(),
                    arg_spans: args.iter().map(|arg| walk.span(*arg)).collect(),
                    receiver: Some(walk.value(&node.receiver))
                        .filter(|value| *value != crate::facts::Value::Unknown),
                    receiver_variable: walk.root_variable(&node.receiver),
                    certainty,
                    ..walk.draft(Place::Of(node), Place::Of(&node.method), &shape)
                });
                callee = Some(Arc::from(path));
            }
        }
        if takes_place(&name) {
            args.iter().for_each(|arg| self.in_place(arg, shape.outcome.clone()));
            return;
        }
        let outer = self.outcome.clone();
        let Context { in_static, filled, .. } = self.context;
        let fills = FILLS.contains(&name.as_str()) && self.is_static(&node.receiver);
        self.context.in_static |= fills;
        self.context.filled |= fills && !in_static;
        let task = task.then(|| self.started(&name, &shape));
        self.arguments(&args, callee.or_else(|| Some(name.into())), Given::of(task, route));
        self.context = Context { in_static, filled, ..self.context };
        self.outcome = outer;
    }

    /// Whether an expression names a `static`, of a module or of the function.
    pub(super) fn is_static(&self, expr: &syn::Expr) -> bool {
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

    pub(super) fn root_variable(&self, expr: &syn::Expr) -> Option<u32> {
        match links(expr).0 {
            syn::Expr::Path(path) => path.path.get_ident().and_then(|name| self.variable(&ident(name))),
            syn::Expr::Reference(reference) => self.root_variable(&reference.expr),
            _ => None,
        }
    }

    pub(super) fn draft(&self, span: Place<'a>, anchor: Place<'a>, shape: &Shape<'a, '_>) -> Draft {
        Draft {
            site: self.site(self.at(span), self.at(anchor)),
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
            chain: self.at(shape.chain),
            outcome: shape.outcome.clone(),
            certainty: crate::facts::Certainty::Resolved,
        }
    }

    pub(super) fn arguments(&mut self, args: &[&'a syn::Expr], callee: Option<Arc<str>>, given: Given) {
        let context = self.context;
        let task = matches!(given, Given::Task | Given::Route);
        self.context.in_task |= task;
        self.context.in_route |= given == Given::Route;
        if matches!(given, Given::Task | Given::Joined) {
            self.handoff(args);
        }
        self.with_outcome(Outcome::Argument(callee), |walk| {
            args.iter().for_each(|arg| match arg {
                syn::Expr::Path(path) if given == Given::Joined && walk.runs_in_place(path) => {}
                arg => walk.visit_expr(arg),
            });
        });
        self.context = Context { after_serve: self.context.after_serve && !task, ..context };
        self.context.after_serve |= context.after_serve;
    }

    /// Whether a path is a function: one that a thread runs while its caller waits for it is as good as called.
    fn runs_in_place(&mut self, path: &'a syn::ExprPath) -> bool {
        if !self.may_matter(&path.path) {
            return false;
        }
        let Some((def, _)) = self.canonical(&path.path, Space::Values) else { return false };
        self.mention(&def, Place::Of(path), Some(&[]));
        true
    }

    /// What a call that starts a thread does with it: `thread::spawn(run).join()`, and the same in two statements.
    fn started(&self, name: &str, shape: &Shape<'a, '_>) -> Given {
        let joins = |node: &&syn::ExprMethodCall| node.method == "join" && node.args.is_empty();
        let joined = match &shape.outcome {
            _ if name != "spawn" => false,
            _ if shape.after.iter().any(joins) => true,
            Outcome::Bound(_, variable) => {
                let chain = self.at(shape.chain);
                let after = &self.data.source.text[self.site(chain, chain).statement.end as usize..];
                let next = after.split([';', '{', '}']).map(str::trim).find(|text| !text.is_empty());
                next.is_some_and(|next| {
                    next.split_once(&**variable).is_some_and(|(before, after)| {
                        !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'))
                            && after.trim_start().starts_with(".join()")
                    })
                })
            }
            _ => false,
        };
        if joined { Given::Joined } else { Given::Task }
    }

    /// A path that is not called: a constant, a variant, a function given as a value.
    pub(super) fn path_value(&mut self, path: &'a syn::ExprPath) {
        if self.pass(path, &[]) {
            return;
        }
        if !self.may_matter(&path.path) {
            return;
        }
        let span = Place::Of(path);
        let Some((def, canonical)) = self.canonical(&path.path, Space::Values) else { return };
        self.mention(&def, span, None);
        let shape = Shape { chain: span, root: None, before: &[], after: &[], outcome: self.outcome.clone() };
        self.record(&canonical, |walk| walk.draft(span, span, &shape));
    }
}

/// Methods that fill a lazily filled static with what a closure makes.
pub(super) const FILLS: &[&str] =
    &["get_or_init", "get_or_try_init", "get_or_insert_with", "call_once", "call_once_force"];

type Args<'a> = Vec<&'a syn::Expr>;

/// What a call does with the closures and functions among its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Calls them in place, as far as is known.
    Call,
    /// Runs them as tasks, threads or signal handlers.
    Task,
    /// Runs them in a thread of their own, and waits for that at once.
    Joined,
    /// Binds them to a route.
    Route,
}

impl Given {
    pub(super) fn of(task: Option<Given>, route: bool) -> Self {
        match (task, route) {
            (_, true) => Given::Route,
            (Some(started), false) => started,
            (None, false) => Given::Call,
        }
    }
}

pub(super) struct Draft {
    pub site: Site,
    pub args: Vec<crate::facts::Value>,
    pub keys: Vec<(Arc<str>, crate::facts::Value)>,
    pub arg_spans: Vec<Span>,
    pub receiver: Option<crate::facts::Value>,
    pub receiver_variable: Option<u32>,
    pub field: Option<Arc<str>>,
    pub before: Vec<Link>,
    pub after: Vec<Link>,
    pub chain: Span,
    pub outcome: Outcome,
    pub certainty: crate::facts::Certainty,
}

/// Where a call stands in its chain.
pub(super) struct Shape<'a, 's> {
    pub chain: Place<'a>,
    /// The call that the chain begins with, for calls after it.
    pub root: Option<&'a syn::ExprCall>,
    pub before: &'s [&'a syn::ExprMethodCall],
    pub after: &'s [&'a syn::ExprMethodCall],
    pub outcome: Outcome,
}

/// The root of a method chain and its calls, first one first. `?`, `.await`, brackets and references are looked
/// through, and so are fields between two calls.
pub(in crate::rust) fn links(whole: &syn::Expr) -> (&syn::Expr, Vec<&syn::ExprMethodCall>) {
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

/// Whether rules may ask what a function of that name is, given a value: one that wraps it, drops it or forgets it.
fn takes(name: &str) -> bool {
    matches!(name, "new" | "Some" | "Ok" | "forget" | "drop")
}

/// Calls that hand their argument's value on: what becomes of the call becomes of the argument.
pub(super) fn wraps_value(path: &str) -> bool {
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
