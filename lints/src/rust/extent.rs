//! Where syntax nodes begin and end.
//!
//! `syn::spanned` puts a whole node back into tokens to see the first and the last of them; asked of each link of a
//! chain of calls, that costs the square of its length. Here a node's first and last token are looked up in its
//! shape; only kinds that are small or rare go the long way.

use proc_macro2::Span as Token;
use syn::spanned::Spanned;
use syn::{Attribute, Block, Expr, Pat, Path, Stmt};

use crate::source::Span;

/// The first and the last token of a node.
type Ends = Option<(Token, Token)>;

/// A node that has a place.
pub(crate) trait Extent: quote::ToTokens {
    /// First and last token, where the node's shape tells without a walk over all of it.
    fn ends(&self) -> Ends {
        None
    }
}

/// A place that is looked up only where something is found there: the parser keeps places by character, so that each
/// look-up costs more than the walk over the node does.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// Looked up before, counted in the file.
    Known(Span),
    /// That of a node, counted in the parsed text.
    Of(&'a dyn Extent),
}

impl Place<'_> {
    /// Its bytes in the file, where the parsed text begins at byte `base`.
    pub(crate) fn span(self, base: u32) -> Span {
        match self {
            Place::Known(span) => span,
            Place::Of(node) => of(node).shifted(base),
        }
    }

    /// Where it begins.
    pub(crate) fn start(self, base: u32) -> u32 {
        match self {
            Place::Known(span) => span.start,
            Place::Of(node) => start(node) + base,
        }
    }
}

/// Bytes of a node in the parsed text.
pub(crate) fn of<T: Extent + ?Sized>(node: &T) -> Span {
    match node.ends() {
        Some((first, last)) => token(first).join(token(last)),
        None => token(node.span()),
    }
}

/// Where a node begins.
pub(crate) fn start<T: Extent + ?Sized>(node: &T) -> u32 {
    token(node.ends().map_or_else(|| node.span(), |(first, _)| first)).start
}

/// The last token of a node.
pub(crate) fn last<T: Extent + ?Sized>(node: &T) -> Span {
    token(node.ends().map_or_else(|| node.span(), |(_, last)| last))
}

/// Bytes of one token.
pub(crate) fn token(span: Token) -> Span {
    let range = span.byte_range();
    Span::new(range.start, range.end)
}

/// Where a statement ends: its semicolon, if it has one.
pub(crate) fn statement_end(node: &Stmt) -> Span {
    match node {
        Stmt::Item(_) => Span::default(),
        _ => last(node),
    }
}

/// Bytes of a statement that gives a block its value.
pub(crate) fn value(node: &Stmt) -> Span {
    match node {
        Stmt::Expr(inner, _) => of(inner),
        Stmt::Local(_) | Stmt::Macro(_) | Stmt::Item(_) => of(node),
    }
}

impl Extent for syn::Ident {
    fn ends(&self) -> Ends {
        Some((self.span(), self.span()))
    }
}

impl Extent for Path {
    fn ends(&self) -> Ends {
        let first = self.segments.first()?;
        let last = self.segments.last()?;
        let plain = self.leading_colon.is_none() && last.arguments.is_none();
        plain.then(|| (first.ident.span(), last.ident.span()))
    }
}

impl Extent for Block {
    fn ends(&self) -> Ends {
        Some((self.brace_token.span.open(), self.brace_token.span.close()))
    }
}

impl Extent for Attribute {
    fn ends(&self) -> Ends {
        Some((self.pound_token.span, self.bracket_token.span.close()))
    }
}

impl Extent for syn::Macro {
    fn ends(&self) -> Ends {
        let close = match &self.delimiter {
            syn::MacroDelimiter::Paren(paren) => paren.span.close(),
            syn::MacroDelimiter::Brace(brace) => brace.span.close(),
            syn::MacroDelimiter::Bracket(bracket) => bracket.span.close(),
        };
        Some((self.path.ends()?.0, close))
    }
}

impl Extent for syn::Local {
    fn ends(&self) -> Ends {
        Some((led(&self.attrs, self.let_token.span), self.semi_token.span))
    }
}

impl Extent for syn::Arm {
    fn ends(&self) -> Ends {
        let last = match &self.comma {
            Some(comma) => comma.span,
            None => self.body.ends()?.1,
        };
        Some((led(&self.attrs, self.pat.ends()?.0), last))
    }
}

impl Extent for syn::StmtMacro {
    fn ends(&self) -> Ends {
        let (first, last) = self.mac.ends()?;
        Some((led(&self.attrs, first), self.semi_token.map_or(last, |semi| semi.span)))
    }
}

impl Extent for Stmt {
    fn ends(&self) -> Ends {
        match self {
            Stmt::Local(local) => local.ends(),
            Stmt::Expr(expr, Some(semi)) => Some((expr.ends()?.0, semi.span)),
            Stmt::Expr(expr, None) => expr.ends(),
            Stmt::Macro(found) => found.ends(),
            Stmt::Item(_) => None,
        }
    }
}

impl Extent for Pat {
    fn ends(&self) -> Ends {
        match self {
            Pat::Ident(found)
                if found.attrs.is_empty()
                    && found.by_ref.is_none()
                    && found.mutability.is_none()
                    && found.subpat.is_none() =>
            {
                found.ident.ends()
            }
            _ => None,
        }
    }
}

impl Extent for syn::ExprCall {
    fn ends(&self) -> Ends {
        Some((led(&self.attrs, self.func.ends()?.0), self.paren_token.span.close()))
    }
}

impl Extent for syn::ExprMethodCall {
    fn ends(&self) -> Ends {
        Some((led(&self.attrs, self.receiver.ends()?.0), self.paren_token.span.close()))
    }
}

impl Extent for syn::ExprPath {
    fn ends(&self) -> Ends {
        if self.qself.is_some() {
            return None;
        }
        let (first, last) = self.path.ends()?;
        Some((led(&self.attrs, first), last))
    }
}

impl Extent for syn::ExprStruct {
    fn ends(&self) -> Ends {
        if self.qself.is_some() {
            return None;
        }
        let first = self.path.segments.first().filter(|_| self.path.leading_colon.is_none())?;
        Some((led(&self.attrs, first.ident.span()), self.brace_token.span.close()))
    }
}

impl Extent for syn::ExprClosure {
    fn ends(&self) -> Ends {
        if self.lifetimes.is_some() || self.constness.is_some() {
            return None;
        }
        let first = (self.asyncness.map(|word| word.span))
            .or(self.capture.map(|word| word.span))
            .unwrap_or(self.inputs_begin.span);
        Some((led(&self.attrs, first), self.body.ends()?.1))
    }
}

impl Extent for syn::ExprAsync {
    fn ends(&self) -> Ends {
        Some((led(&self.attrs, self.async_token.span), self.block.brace_token.span.close()))
    }
}

impl Extent for syn::ExprAwait {
    fn ends(&self) -> Ends {
        Some((led(&self.attrs, self.base.ends()?.0), self.await_token.span))
    }
}

impl Extent for syn::ExprIf {
    fn ends(&self) -> Ends {
        let last = match &self.else_branch {
            Some((_, other)) => other.ends()?.1,
            None => self.then_branch.brace_token.span.close(),
        };
        Some((led(&self.attrs, self.if_token.span), last))
    }
}

impl Extent for Expr {
    fn ends(&self) -> Ends {
        Some(match self {
            Expr::Path(path) => return path.ends(),
            Expr::Call(call) => return call.ends(),
            Expr::MethodCall(call) => return call.ends(),
            Expr::Struct(literal) => return literal.ends(),
            Expr::Closure(closure) => return closure.ends(),
            Expr::Async(block) => return block.ends(),
            Expr::Await(found) => return found.ends(),
            Expr::If(branches) => return branches.ends(),
            Expr::Macro(found) => {
                let (first, last) = found.mac.ends()?;
                (led(&found.attrs, first), last)
            }
            Expr::Lit(literal) => (led(&literal.attrs, literal.lit.span()), literal.lit.span()),
            Expr::Paren(inner) => pair(&inner.attrs, &inner.paren_token.span),
            Expr::Tuple(tuple) => pair(&tuple.attrs, &tuple.paren_token.span),
            Expr::Array(array) => pair(&array.attrs, &array.bracket_token.span),
            Expr::Repeat(array) => pair(&array.attrs, &array.bracket_token.span),
            Expr::Block(inner) => {
                let open = inner.block.brace_token.span.open();
                (labelled(&inner.attrs, inner.label.as_ref(), open), inner.block.brace_token.span.close())
            }
            Expr::Unsafe(inner) => {
                (led(&inner.attrs, inner.unsafe_token.span), inner.block.brace_token.span.close())
            }
            Expr::Match(inner) => (led(&inner.attrs, inner.match_token.span), inner.brace_token.span.close()),
            Expr::Loop(inner) => {
                let first = labelled(&inner.attrs, inner.label.as_ref(), inner.loop_token.span);
                (first, inner.body.brace_token.span.close())
            }
            Expr::While(inner) => {
                let first = labelled(&inner.attrs, inner.label.as_ref(), inner.while_token.span);
                (first, inner.body.brace_token.span.close())
            }
            Expr::ForLoop(inner) => {
                let first = labelled(&inner.attrs, inner.label.as_ref(), inner.for_token.span);
                (first, inner.body.brace_token.span.close())
            }
            Expr::Try(inner) => (led(&inner.attrs, inner.expr.ends()?.0), inner.question_token.span),
            Expr::Index(inner) => (led(&inner.attrs, inner.expr.ends()?.0), inner.bracket_token.span.close()),
            Expr::Field(field) => (led(&field.attrs, field.base.ends()?.0), field.member.span()),
            Expr::Reference(inner) => (led(&inner.attrs, inner.and_token.span), inner.expr.ends()?.1),
            Expr::RawAddr(inner) => (led(&inner.attrs, inner.and_token.span), inner.expr.ends()?.1),
            Expr::Unary(unary) => (led(&unary.attrs, unary.op.span()), unary.expr.ends()?.1),
            Expr::Cast(cast) => (led(&cast.attrs, cast.expr.ends()?.0), cast.ty.span()),
            Expr::Let(found) => (led(&found.attrs, found.let_token.span), found.expr.ends()?.1),
            Expr::Assign(found) => (led(&found.attrs, found.left.ends()?.0), found.right.ends()?.1),
            Expr::Binary(found) => (led(&found.attrs, found.left.ends()?.0), found.right.ends()?.1),
            Expr::Return(inner) => {
                (led(&inner.attrs, inner.return_token.span), inner.expr.as_deref()?.ends()?.1)
            }
            _ => return None,
        })
    }
}

/// What is put into tokens to see its ends: small wherever it is asked for.
macro_rules! the_long_way {
    ($($node:ty),+ $(,)?) => { $(impl Extent for $node {})+ };
}

the_long_way!(syn::Type, syn::Member, syn::UseTree, syn::Item, proc_macro2::TokenStream);

impl<T: Extent> Extent for &T {
    fn ends(&self) -> Ends {
        (**self).ends()
    }
}

impl<T: Extent> Extent for Box<T> {
    fn ends(&self) -> Ends {
        (**self).ends()
    }
}

/// The first token of a node with attributes.
fn led(attributes: &[Attribute], first: Token) -> Token {
    match attributes.first() {
        Some(attribute) if matches!(attribute.style, syn::AttrStyle::Outer) => attribute.pound_token.span,
        _ => first,
    }
}

fn labelled(attributes: &[Attribute], label: Option<&syn::Label>, first: Token) -> Token {
    led(attributes, label.map_or(first, |label| label.name.apostrophe))
}

fn pair(attributes: &[Attribute], brackets: &proc_macro2::extra::DelimSpan) -> (Token, Token) {
    (led(attributes, brackets.open()), brackets.close())
}
