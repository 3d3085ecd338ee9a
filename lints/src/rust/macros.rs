//! What stands in a macro's brackets, read as well as it can be.
//!
//! Macros are never expanded. Their tokens are tried as expressions, statements and items; what fits none is cut at
//! its separators and brackets, and the pieces are tried. Pieces that are no Rust are passed over.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use typed_arena::Arena;

/// Brackets within brackets that are still looked into.
const MAX_DEPTH: u32 = 24;

/// A readable piece of a macro's tokens.
#[derive(Debug)]
pub(crate) enum Part {
    Expr(syn::Expr),
    Statements(Vec<syn::Stmt>),
    /// `static ref X: T = expr;`, `static X: T = expr;` as `lazy_static!` and `thread_local!` have them.
    Static(syn::Expr),
    Item(Box<syn::Item>),
}

/// Keeps what macros held for as long as the walk over their item lasts.
#[derive(Default)]
pub(crate) struct MacroArena(Arena<Vec<Part>>);

impl MacroArena {
    /// The readable pieces of a call's tokens.
    pub(crate) fn parts(&self, name: &str, tokens: &TokenStream) -> &[Part] {
        let parts = match name {
            "lazy_static" | "thread_local" => statics(tokens),
            // Token trees of another language, or text.
            "quote" | "quote_spanned" | "asm" | "global_asm" | "stringify" | "sql" | "html" | "rsx" => {
                Vec::new()
            }
            _ => pieces(tokens.clone(), 0),
        };
        self.0.alloc(parts)
    }

    /// The readable pieces of what a `macro_rules!` definition expands to.
    pub(crate) fn transcribers(&self, tokens: TokenStream) -> &[Part] {
        let mut parts = Vec::new();
        let mut after_arrow = false;
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for pair in trees.windows(2).chain(trees.last().map(std::slice::from_ref)) {
            match &pair[0] {
                TokenTree::Punct(mark) if mark.as_char() == '>' => after_arrow = true,
                TokenTree::Group(group) if after_arrow => {
                    after_arrow = false;
                    parts.extend(pieces(without_dollars(group.stream()), 0));
                }
                _ => after_arrow = false,
            }
        }
        self.0.alloc(parts)
    }
}

fn pieces(tokens: TokenStream, depth: u32) -> Vec<Part> {
    if tokens.is_empty() || depth > MAX_DEPTH {
        return Vec::new();
    }
    let list = Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated.parse2(tokens.clone());
    if let Ok(list) = list {
        return list.into_iter().map(Part::Expr).collect();
    }
    if let Ok(stmts) = syn::Block::parse_within.parse2(tokens.clone())
        && !stmts.is_empty()
    {
        return vec![Part::Statements(stmts)];
    }
    if let Ok(file) = syn::parse2::<syn::File>(tokens.clone()) {
        return file.items.into_iter().map(|item| Part::Item(Box::new(item))).collect();
    }
    cut(tokens, depth)
}

/// Pieces between `,`, `;` and `=>`; a piece that cannot be read is looked into bracket by bracket.
fn cut(tokens: TokenStream, depth: u32) -> Vec<Part> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at <= trees.len() {
        let (ends, width) = match trees.get(at) {
            None => (true, 1),
            Some(TokenTree::Punct(mark)) if matches!(mark.as_char(), ',' | ';') => (true, 1),
            Some(TokenTree::Punct(mark)) if mark.as_char() == '=' && is_mark(trees.get(at + 1), '>') => {
                (true, 2)
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let before: TokenStream = trees[from..at].iter().cloned().collect();
                let whole: TokenStream = trees[from..=at].iter().cloned().collect();
                match syn::parse2::<syn::Expr>(whole) {
                    Ok(expr) => parts.push(Part::Expr(expr)),
                    Err(_) => {
                        parts.extend(piece(before, depth));
                        parts.extend(pieces(group.stream(), depth + 1));
                    }
                }
                from = at + 1;
                (false, 1)
            }
            _ => (false, 1),
        };
        if ends && from < at {
            parts.extend(piece(trees[from..at].iter().cloned().collect(), depth));
        }
        if ends {
            from = at + width;
        }
        at += width;
    }
    parts
}

fn is_mark(tree: Option<&TokenTree>, mark: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

fn piece(tokens: TokenStream, depth: u32) -> Vec<Part> {
    if tokens.is_empty() {
        return Vec::new();
    }
    if let Ok(expr) = syn::parse2::<syn::Expr>(tokens.clone()) {
        return vec![Part::Expr(expr)];
    }
    // `name = expr`, `%expr`, `key: expr`: what follows the mark may be an expression.
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for at in 0..trees.len().min(4) {
        if matches!(&trees[at], TokenTree::Punct(mark) if matches!(mark.as_char(), '=' | ':' | '%' | '?')) {
            let rest: TokenStream = trees[at + 1..].iter().cloned().collect();
            if let Ok(expr) = syn::parse2::<syn::Expr>(rest) {
                return vec![Part::Expr(expr)];
            }
        }
    }
    trees
        .iter()
        .filter_map(|tree| match tree {
            TokenTree::Group(group) => Some(pieces(group.stream(), depth + 1)),
            _ => None,
        })
        .flatten()
        .collect()
}

/// `$name` becomes `name`, `$(…)*` what it repeats.
fn without_dollars(tokens: TokenStream) -> TokenStream {
    let mut out = Vec::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(mark) if mark.as_char() == '$' => match trees.peek() {
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                    out.extend(without_dollars(group.stream()));
                    trees.next();
                    if matches!(trees.peek(), Some(TokenTree::Punct(p)) if matches!(p.as_char(), ',' | ';')) {
                        out.extend(trees.next());
                    }
                    if matches!(trees.peek(), Some(TokenTree::Punct(p)) if matches!(p.as_char(), '*' | '+' | '?'))
                    {
                        trees.next();
                    }
                }
                _ => {}
            },
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_dollars(group.stream()));
                inner.set_span(group.span());
                out.push(TokenTree::Group(inner));
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

fn statics(tokens: &TokenStream) -> Vec<Part> {
    let parse = |input: syn::parse::ParseStream<'_>| {
        let mut parts = Vec::new();
        while !input.is_empty() {
            input.call(syn::Attribute::parse_outer)?;
            input.parse::<syn::Visibility>()?;
            input.parse::<syn::Token![static]>()?;
            input.parse::<Option<syn::Token![ref]>>()?;
            input.parse::<syn::Ident>()?;
            input.parse::<syn::Token![:]>()?;
            input.parse::<syn::Type>()?;
            input.parse::<syn::Token![=]>()?;
            let expr: syn::Expr = input.parse()?;
            input.parse::<Option<syn::Token![;]>>()?;
            parts.push(Part::Static(expr));
        }
        Ok(parts)
    };
    parse.parse2(tokens.clone()).unwrap_or_else(|_| pieces(tokens.clone(), 0))
}
