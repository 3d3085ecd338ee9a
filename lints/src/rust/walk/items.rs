//! Items, attributes and macros, where walks begin and go on.

use syn::visit::Visit;

use super::calls::{Draft, Shape};
use super::{Walker, ident, segments};
use crate::facts::{Context, Function, Outcome};
use crate::rust::extent::Place;
use crate::rust::flow;
use crate::rust::macros::Part;
use crate::source::Span;

impl<'a> Walker<'_, 'a> {
    pub(super) fn nested_item(&mut self, item: &'a syn::Item) {
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
        self.enclosing.push(Place::Known(Span { start: head, end: head }));
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
        self.statement = Place::Of(expr);
        self.within(
            Place::Of(expr),
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
        let span = Place::Of(attribute);
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
        let (span, anchor) = (Place::Known(span), Place::Known(anchor));
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

    pub(crate) fn macro_call(&mut self, mac: &'a syn::Macro, start: Place<'a>) {
        let name = mac.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
        let span = Place::Of(&mac.path);
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

    pub(crate) fn part(&mut self, part: &'a Part, start: Place<'a>) {
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
        self.macro_call(mac, Place::Of(mac));
    }

    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}

    fn visit_type(&mut self, _: &'a syn::Type) {}

    fn visit_pat(&mut self, _: &'a syn::Pat) {}
}

pub(super) fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Fn(found) => &found.attrs,
        syn::Item::Mod(found) => &found.attrs,
        syn::Item::Impl(found) => &found.attrs,
        syn::Item::Static(found) => &found.attrs,
        syn::Item::Const(found) => &found.attrs,
        _ => &[],
    }
}
