//! What is given to a task or thread, and whether a span goes with it.

use syn::visit::Visit;

use crate::facts::lifetime::Handoff;
use crate::rust::types::Ty;
use crate::rust::walk::{Walker, ident};
use crate::source::Span;

/// Types that carry a task's context.
const CONTEXTS: &[&str] = &[
    "tracing::Span",
    "tracing::span::Span",
    "tracing::span::EnteredSpan",
    "opentelemetry::Context",
    "opentelemetry::context::Context",
    "fastrace::Span",
];

/// Calls by which a closure enters a span that it captured.
const ENTERS: &[&str] = &[".enter()", ".entered()", ".in_scope("];

impl<'a> Walker<'_, 'a> {
    /// Notes work that a call starts elsewhere.
    pub(super) fn handoff(&mut self, args: &[&'a syn::Expr]) {
        if self.target.is_some() {
            return;
        }
        for arg in args {
            let work = self.made_from(arg);
            let mut later = Later { walk: self, spans: Vec::new() };
            later.visit_expr(work);
            let deferred = later.spans;
            let work_span = self.span(work);
            let handoff = Handoff {
                given: self.span(*arg),
                work: work_span,
                deferred,
                // What a macro makes of its input cannot be seen: it may bring a span of its own.
                names_span: matches!(work, syn::Expr::Macro(_)) || self.names_context(work_span),
                is_future_body: matches!(arg, syn::Expr::Async(_)),
            };
            self.found.handoffs.push(handoff);
        }
    }

    /// What a variable was bound to; any other expression itself.
    fn made_from(&self, arg: &'a syn::Expr) -> &'a syn::Expr {
        let syn::Expr::Path(path) = arg else { return arg };
        let variable = path.path.get_ident().and_then(|name| self.variable(&ident(name)));
        let binding = variable.map(|index| &self.bindings[index as usize]);
        binding.filter(|binding| binding.part.is_none()).and_then(|binding| binding.init).unwrap_or(arg)
    }

    /// Whether a text names a variable of the function that holds a context.
    fn names_context(&self, place: Span) -> bool {
        let text = self.data.source.slice(place);
        let mut words: Vec<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| word.starts_with(|c: char| c.is_lowercase() || c == '_'))
            .collect();
        words.sort_unstable();
        words.dedup();
        words.iter().any(|word| {
            let Some(variable) = self.variable(word) else { return false };
            match self.infer_variable(variable, 20).peeled() {
                // Nothing else that a task could capture has methods of these names.
                Ty::Unknown => ENTERS.iter().any(|method| text.contains(&format!("{word}{method}"))),
                ty => ty.path().is_some_and(|path| CONTEXTS.contains(&path)),
            }
        })
    }
}

struct Later<'w, 'p, 'a> {
    walk: &'w Walker<'p, 'a>,
    spans: Vec<Span>,
}

impl<'a> Visit<'a> for Later<'_, '_, '_> {
    fn visit_expr_closure(&mut self, found: &'a syn::ExprClosure) {
        self.spans.push(self.walk.span(found));
    }

    fn visit_expr_async(&mut self, found: &'a syn::ExprAsync) {
        self.spans.push(self.walk.span(found));
    }

    fn visit_item(&mut self, _: &'a syn::Item) {}
}
