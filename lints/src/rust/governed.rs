//! What a suppression comment stands above.

use syn::visit::{self, Visit};

use crate::facts::comment::{Comment, CommentKind};
use crate::rust::extent::{self, Extent};
use crate::rust::outline::ItemKind;
use crate::rust::program::{FileData, FileIndex, Program};
use crate::source::Span;

impl Program<'_> {
    /// The statement or item that a comment on lines of its own stands right above; for an inner doc comment the
    /// module or function that it stands in.
    pub(super) fn governed_by(&self, file: FileIndex, comment: &Comment) -> Option<Span> {
        let data = self.file(file)?;
        if comment.kind == CommentKind::InnerDoc {
            return data.outline.innermost(comment.span.start).map(|item| data.outline.item(item).span);
        }
        let next = next_code(data, comment)?;
        let starts = |item: &&crate::rust::outline::Item| item.span.start == next || item.head.start == next;
        if let Some(item) = data.outline.items.iter().find(starts) {
            return Some(item.span);
        }
        let inner = data.outline.innermost(next)?;
        let item = data.outline.item(inner);
        if !matches!(item.kind, ItemKind::Fn | ItemKind::Static | ItemKind::Const) {
            return None;
        }
        let text = data.source.slice(item.span);
        let mut finder = Finder { at: (next - item.span.start) as usize, found: None };
        match syn::parse_str::<syn::ItemFn>(text) {
            Ok(parsed) => finder.visit_item_fn(&parsed),
            Err(_) => finder.visit_item(&syn::parse_str(text).ok()?),
        }
        proc_macro2::extra::invalidate_current_thread_spans();
        let (start, end) = finder.found?;
        Some(Span { start: item.span.start + start as u32, end: item.span.start + end as u32 })
    }
}

/// The first byte of code after a comment, further comments left out.
fn next_code(data: &FileData, comment: &Comment) -> Option<u32> {
    let mut at = comment.span.end as usize;
    loop {
        let rest = data.source.text.get(at..)?;
        at += rest.len() - rest.trim_start().len();
        match data.comment_at(at as u32) {
            Some(span) => at = span.end as usize,
            None => return (at < data.source.text.len()).then_some(at as u32),
        }
    }
}

struct Finder {
    at: usize,
    found: Option<(usize, usize)>,
}

impl Finder {
    fn note(&mut self, node: &impl Extent) {
        let place = extent::of(node).range();
        if place.start == self.at && self.found.is_none_or(|(_, end)| end < place.end) {
            self.found = Some((place.start, place.end));
        }
    }
}

impl<'a> Visit<'a> for Finder {
    fn visit_stmt(&mut self, stmt: &'a syn::Stmt) {
        self.note(stmt);
        visit::visit_stmt(self, stmt);
    }

    fn visit_arm(&mut self, arm: &'a syn::Arm) {
        self.note(arm);
        visit::visit_arm(self, arm);
    }

    fn visit_expr(&mut self, expr: &'a syn::Expr) {
        self.note(expr);
        visit::visit_expr(self, expr);
    }
}
