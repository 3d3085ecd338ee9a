//! Places of syntax nodes, found without walking all of them: the analysis asks for many places of large nodes.

use proc_macro2::Span as Token;
use syn::spanned::Spanned;
use syn::{Expr, Stmt};

use crate::source::Span;

/// Bytes of a small syntax node in the parsed text.
pub(super) fn of(node: &impl Spanned) -> Span {
    token(node.span())
}

/// Bytes of one token.
pub(super) fn token(span: Token) -> Span {
    let range = span.byte_range();
    Span::new(range.start, range.end)
}

/// Bytes of an expression.
pub(super) fn expr(node: &Expr) -> Span {
    match ends(node) {
        Some((first, last)) => token(first).join(token(last)),
        None => of(node),
    }
}

/// Where a statement ends: its semicolon, if it has one.
pub(super) fn statement_end(node: &Stmt) -> Span {
    match node {
        Stmt::Local(local) => token(local.semi_token.span),
        Stmt::Expr(_, Some(semi)) => token(semi.span),
        Stmt::Expr(inner, None) => end(inner),
        Stmt::Macro(mac) => mac.semi_token.map_or_else(|| of(node), |semi| token(semi.span)),
        Stmt::Item(_) => Span::default(),
    }
}

/// Bytes of a statement that gives a block its value.
pub(super) fn value(node: &Stmt) -> Span {
    match node {
        Stmt::Expr(inner, _) => expr(inner),
        Stmt::Local(_) | Stmt::Macro(_) | Stmt::Item(_) => of(node),
    }
}

/// The last token of an expression.
pub(super) fn end(node: &Expr) -> Span {
    match ends(node) {
        Some((_, last)) => token(last),
        None => of(node),
    }
}

/// First and last token; `None` for the kinds that are seldom large.
fn ends(node: &Expr) -> Option<(Token, Token)> {
    Some(match node {
        Expr::Call(call) => (ends(&call.func)?.0, call.paren_token.span.close()),
        Expr::MethodCall(call) => (ends(&call.receiver)?.0, call.paren_token.span.close()),
        Expr::Paren(inner) => (inner.paren_token.span.open(), inner.paren_token.span.close()),
        Expr::Block(inner) => (inner.block.brace_token.span.open(), inner.block.brace_token.span.close()),
        Expr::Unsafe(inner) => (inner.unsafe_token.span, inner.block.brace_token.span.close()),
        Expr::Async(inner) => (inner.async_token.span, inner.block.brace_token.span.close()),
        Expr::Match(inner) => (inner.match_token.span, inner.brace_token.span.close()),
        Expr::Loop(inner) => (inner.loop_token.span, inner.body.brace_token.span.close()),
        Expr::While(inner) => (inner.while_token.span, inner.body.brace_token.span.close()),
        Expr::ForLoop(inner) => (inner.for_token.span, inner.body.brace_token.span.close()),
        Expr::If(inner) => {
            let last = match &inner.else_branch {
                Some((_, other)) => ends(other)?.1,
                None => inner.then_branch.brace_token.span.close(),
            };
            (inner.if_token.span, last)
        }
        Expr::Try(inner) => (ends(&inner.expr)?.0, inner.question_token.span),
        Expr::Await(inner) => (ends(&inner.base)?.0, inner.await_token.span),
        Expr::Closure(inner) => {
            let first = inner.capture.map_or(inner.inputs_begin.span, |capture| capture.span);
            (first, ends(&inner.body)?.1)
        }
        Expr::Index(inner) => (ends(&inner.expr)?.0, inner.bracket_token.span.close()),
        Expr::Reference(inner) => (inner.and_token.span, ends(&inner.expr)?.1),
        Expr::Path(path) => {
            let first = path.path.segments.first()?;
            let last = path.path.segments.last()?;
            if path.qself.is_some() || path.path.leading_colon.is_some() || !last.arguments.is_none() {
                return None;
            }
            (first.ident.span(), last.ident.span())
        }
        Expr::Macro(mac) => {
            let close = match &mac.mac.delimiter {
                syn::MacroDelimiter::Paren(paren) => paren.span.close(),
                syn::MacroDelimiter::Brace(brace) => brace.span.close(),
                syn::MacroDelimiter::Bracket(bracket) => bracket.span.close(),
            };
            (mac.mac.path.segments.first()?.ident.span(), close)
        }
        Expr::Struct(literal) => {
            (literal.path.segments.first()?.ident.span(), literal.brace_token.span.close())
        }
        Expr::Array(array) => (array.bracket_token.span.open(), array.bracket_token.span.close()),
        Expr::Tuple(tuple) => (tuple.paren_token.span.open(), tuple.paren_token.span.close()),
        Expr::Unary(unary) => (unary.op.span(), ends(&unary.expr)?.1),
        Expr::RawAddr(inner) => (inner.and_token.span, ends(&inner.expr)?.1),
        Expr::Cast(cast) => (ends(&cast.expr)?.0, cast.ty.span()),
        Expr::Field(field) => (ends(&field.base)?.0, field.member.span()),
        Expr::Assign(assign) => (ends(&assign.left)?.0, ends(&assign.right)?.1),
        Expr::Binary(binary) => (ends(&binary.left)?.0, ends(&binary.right)?.1),
        Expr::Return(inner) => (inner.return_token.span, ends(inner.expr.as_deref()?)?.1),
        Expr::Lit(literal) => (literal.lit.span(), literal.lit.span()),
        _ => return None,
    })
}
