//! The items of a file, found by their brackets alone.
//!
//! An outline costs one lexing pass; function bodies are not looked into. It tells where each item is, so that only
//! the items that matter need the full parser.

use crate::rust::lexer::{Kind, Lexed, Token};
use crate::source::{Source, Span};

/// Items nested deeper than this are left out of the outline.
const MAX_NESTING: u32 = 64;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ItemKind {
    Fn,
    /// `mod x { … }` when `body` is set, else `mod x;`.
    Mod,
    Struct,
    Enum,
    Union,
    Trait,
    Impl,
    Type,
    Const,
    Static,
    Use,
    ExternCrate,
    /// `extern "C" { … }`.
    Foreign,
    MacroRules,
    /// A macro called where items stand; `name` is its last path segment.
    MacroCall,
}

impl ItemKind {
    /// As code writes it.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            ItemKind::Fn => "fn",
            ItemKind::Mod => "mod",
            ItemKind::Struct => "struct",
            ItemKind::Enum => "enum",
            ItemKind::Union => "union",
            ItemKind::Trait => "trait",
            ItemKind::Impl => "impl",
            ItemKind::Type => "type",
            ItemKind::Const => "const",
            ItemKind::Static => "static",
            ItemKind::Use => "use",
            ItemKind::ExternCrate => "extern crate",
            ItemKind::Foreign => "extern",
            ItemKind::MacroRules => "macro_rules!",
            ItemKind::MacroCall => "macro call",
        }
    }
}

/// Index of an item in its file's outline.
pub(crate) type ItemIndex = u32;

/// One item. Spans are byte offsets in the file.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub kind: ItemKind,
    /// Empty for `impl`, `use` and foreign blocks.
    pub name: Box<str>,
    /// With attributes, visibility and body.
    pub span: Span,
    /// From the first token after attributes.
    pub head: Span,
    /// Outer attributes, each `#[…]` whole.
    pub attributes: Vec<Span>,
    /// What stands between the braces, or between a macro's brackets.
    pub body: Option<Span>,
    pub parent: Option<ItemIndex>,
    pub public: bool,
}

/// All items of a file in order of place; children follow their parent.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub items: Vec<Item>,
    /// `#![…]` of the file itself.
    pub inner_attributes: Vec<Span>,
}

impl Outline {
    /// Indices of the items directly below `parent` (`None` = the file).
    pub(crate) fn children(&self, parent: Option<ItemIndex>) -> impl Iterator<Item = ItemIndex> + '_ {
        (0..self.items.len() as u32).filter(move |index| self.items[*index as usize].parent == parent)
    }

    /// The item at an index.
    pub(crate) fn item(&self, index: ItemIndex) -> &Item {
        &self.items[index as usize]
    }

    /// The innermost item whose span covers a byte.
    pub(crate) fn innermost(&self, byte: u32) -> Option<ItemIndex> {
        let before = self.items.partition_point(|item| item.span.start <= byte);
        (0..before as u32).rev().find(|index| self.item(*index).span.covers(byte))
    }
}

/// Finds the items of a lexed file.
pub(crate) fn outline(source: &Source, lexed: &Lexed) -> Outline {
    let mut builder =
        Builder { source, tokens: &lexed.tokens, at: 0, outline: Outline::default(), nesting: 0 };
    builder.items(None, lexed.tokens.len());
    builder.outline
}

struct Builder<'a> {
    source: &'a Source,
    tokens: &'a [Token],
    at: usize,
    outline: Outline,
    nesting: u32,
}

impl Builder<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| self.source.slice(token.span()))
    }

    fn is_mark(&self, at: usize, mark: u8) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.kind != Kind::Str && token.first == mark && token.len == 1)
    }

    fn is_ident(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Kind::Ident)
    }

    fn end_of(&self, at: usize) -> u32 {
        self.tokens.get(at).or(self.tokens.last()).map_or(0, |token| token.span().end)
    }

    /// Index one past the group that opens at `open`, never beyond `end`.
    fn skip_group(&self, open: usize, end: usize) -> usize {
        let mut depth = 0usize;
        for at in open..end {
            match self.tokens[at].kind {
                Kind::Open => depth += 1,
                Kind::Close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
        }
        end
    }

    fn items(&mut self, parent: Option<ItemIndex>, end: usize) {
        while self.at < end {
            let before = self.at;
            self.item(parent, end);
            if self.at == before {
                self.at += 1;
            }
        }
    }

    fn attributes(&mut self, parent: Option<ItemIndex>, end: usize) -> Vec<Span> {
        let mut found = Vec::new();
        while self.is_mark(self.at, b'#') {
            let inner = self.is_mark(self.at + 1, b'!');
            let open = self.at + 1 + usize::from(inner);
            if !self.is_mark(open, b'[') {
                break;
            }
            let close = self.skip_group(open, end);
            let span = Span { start: self.tokens[self.at].start, end: self.end_of(close - 1) };
            if !inner {
                found.push(span);
            } else if let Some(parent) = parent {
                self.outline.items[parent as usize].attributes.push(span);
            } else {
                self.outline.inner_attributes.push(span);
            }
            self.at = close;
        }
        found
    }

    fn visibility(&mut self, end: usize) -> bool {
        if self.text(self.at) != "pub" {
            return false;
        }
        self.at += 1;
        if self.is_mark(self.at, b'(') {
            self.at = self.skip_group(self.at, end);
        }
        true
    }

    fn item(&mut self, parent: Option<ItemIndex>, end: usize) {
        let attributes = self.attributes(parent, end);
        if self.at >= end {
            return;
        }
        let head = self.tokens[self.at].start;
        let public = self.visibility(end);
        // Attributes of the file may stand before those of its first item.
        let start = attributes.first().map_or(head, |attribute| attribute.start);
        let seed = Seed { start, head, attributes, public, parent };
        self.declaration(seed, end);
    }

    fn declaration(&mut self, seed: Seed, end: usize) {
        let mut at = self.at;
        while matches!(self.text(at), "default" | "async" | "unsafe" | "safe" | "auto" | "gen")
            && self.is_ident(at + 1)
        {
            at += 1;
        }
        match self.text(at) {
            "const" if matches!(self.text(at + 1), "fn" | "unsafe" | "async" | "extern") => {
                self.function(seed, at + 1, end);
            }
            "extern" if self.text(at + 1) == "crate" => {
                self.until_semicolon(seed, ItemKind::ExternCrate, at + 2, end)
            }
            "extern" => {
                let named = usize::from(self.tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Str));
                let next = at + 1 + named;
                if self.is_mark(next, b'{') {
                    self.braced(seed, ItemKind::Foreign, at, end);
                } else {
                    self.function(seed, next, end);
                }
            }
            "fn" => self.function(seed, at, end),
            "mod" => self.braced(seed, ItemKind::Mod, at + 1, end),
            "trait" => self.braced(seed, ItemKind::Trait, at + 1, end),
            "impl" => self.braced(seed, ItemKind::Impl, at, end),
            "struct" => self.braced(seed, ItemKind::Struct, at + 1, end),
            "enum" => self.braced(seed, ItemKind::Enum, at + 1, end),
            "union" if self.is_ident(at + 1) => self.braced(seed, ItemKind::Union, at + 1, end),
            "use" => self.until_semicolon(seed, ItemKind::Use, at + 1, end),
            "type" => self.until_semicolon(seed, ItemKind::Type, at + 1, end),
            "const" => self.until_semicolon(seed, ItemKind::Const, at + 1, end),
            "static" => {
                let name = at + 1 + usize::from(matches!(self.text(at + 1), "mut" | "ref"));
                self.until_semicolon(seed, ItemKind::Static, name, end);
            }
            "macro_rules" if self.is_mark(at + 1, b'!') => {
                self.macro_item(seed, ItemKind::MacroRules, at + 2, end)
            }
            "macro" if self.is_ident(at + 1) => self.braced(seed, ItemKind::MacroRules, at + 1, end),
            _ if self.is_ident(at) || self.is_mark(at, b':') => self.macro_call(seed, at, end),
            _ => self.at = (at + 1).min(end),
        }
    }

    fn function(&mut self, seed: Seed, mut at: usize, end: usize) {
        while at < end && self.text(at) != "fn" {
            at += 1;
        }
        self.braced(seed, ItemKind::Fn, at + 1, end);
    }

    /// An item that ends with a `{ … }` body or a `;`, whichever comes first outside brackets.
    fn braced(&mut self, seed: Seed, kind: ItemKind, name: usize, end: usize) {
        let mut at = name;
        while at < end {
            if self.is_mark(at, b'{') {
                let close = self.skip_group(at, end);
                let body =
                    Span { start: self.end_of(at), end: self.tokens[close - 1].start.max(self.end_of(at)) };
                let index = self.push(seed, kind, name, close, Some(body));
                self.at = close;
                if matches!(kind, ItemKind::Mod | ItemKind::Trait | ItemKind::Impl | ItemKind::Foreign) {
                    self.nested(index, at + 1, close - 1);
                }
                return;
            }
            if self.is_mark(at, b';') {
                self.at = at + 1;
                self.push(seed, kind, name, at + 1, None);
                return;
            }
            at = if self.tokens[at].kind == Kind::Open { self.skip_group(at, end) } else { at + 1 };
        }
        self.at = end;
    }

    fn nested(&mut self, parent: ItemIndex, from: usize, to: usize) {
        if self.nesting >= MAX_NESTING || from >= to {
            return;
        }
        let resume = std::mem::replace(&mut self.at, from);
        self.nesting += 1;
        self.items(Some(parent), to);
        self.nesting -= 1;
        self.at = resume;
    }

    fn until_semicolon(&mut self, seed: Seed, kind: ItemKind, name: usize, end: usize) {
        let mut at = name;
        while at < end && !self.is_mark(at, b';') {
            at = if self.tokens[at].kind == Kind::Open { self.skip_group(at, end) } else { at + 1 };
        }
        let close = (at + 1).min(end);
        self.at = close;
        self.push(seed, kind, name, close, None);
    }

    fn macro_call(&mut self, seed: Seed, mut at: usize, end: usize) {
        while self.is_ident(at) || self.is_mark(at, b':') {
            at += 1;
        }
        if self.is_mark(at, b'!') && at > 0 {
            self.macro_item(seed, ItemKind::MacroCall, at + 1, end);
        } else {
            self.at = at.max(self.at + 1).min(end);
        }
    }

    fn macro_item(&mut self, seed: Seed, kind: ItemKind, mut at: usize, end: usize) {
        // `macro_rules! name { … }` has its name after the mark, a call before it.
        let name = if kind == ItemKind::MacroRules { at } else { at.saturating_sub(2) };
        if kind == ItemKind::MacroRules || self.is_ident(at) {
            at += usize::from(self.is_ident(at));
        }
        if !self.tokens.get(at).is_some_and(|token| token.kind == Kind::Open) {
            self.at = at.min(end);
            return;
        }
        let close = self.skip_group(at, end);
        let braces = self.is_mark(at, b'{');
        let tail = close + usize::from(!braces && self.is_mark(close, b';'));
        let body = Span { start: self.end_of(at), end: self.tokens[close - 1].start.max(self.end_of(at)) };
        let macro_name = self.text(name).to_owned();
        let index = self.push(seed, kind, name, tail.min(end), Some(body));
        self.at = tail.min(end);
        match macro_name.as_str() {
            "cfg_if" if kind == ItemKind::MacroCall => self.branches(index, at + 1, close - 1),
            "lazy_static" | "thread_local" if kind == ItemKind::MacroCall => {
                self.nested(index, at + 1, close - 1)
            }
            _ => {}
        }
    }

    /// The items in each branch of `cfg_if! { if #[cfg(…)] { … } else { … } }`.
    /// What a branch asks for is an attribute of its items.
    fn branches(&mut self, parent: ItemIndex, from: usize, to: usize) {
        let mut at = from;
        let mut asks: Option<Span> = None;
        while at < to {
            if self.is_mark(at, b'{') {
                let close = self.skip_group(at, to);
                let before = self.outline.items.len();
                self.nested(parent, at + 1, close - 1);
                if let Some(asks) = asks.take() {
                    let inside = self.outline.items[before..].iter_mut();
                    inside
                        .filter(|item| item.parent == Some(parent))
                        .for_each(|item| item.attributes.push(asks));
                }
                at = close;
            } else if self.tokens[at].kind == Kind::Open {
                let close = self.skip_group(at, to);
                if at > from && self.is_mark(at - 1, b'#') {
                    asks = Some(Span { start: self.tokens[at - 1].start, end: self.end_of(close - 1) });
                }
                at = close;
            } else {
                at += 1;
            }
        }
    }

    fn push(
        &mut self,
        seed: Seed,
        kind: ItemKind,
        name: usize,
        close: usize,
        body: Option<Span>,
    ) -> ItemIndex {
        let named = !matches!(kind, ItemKind::Impl | ItemKind::Use | ItemKind::Foreign);
        let name = if named { self.text(name).trim_start_matches("r#").into() } else { "".into() };
        let end = self.end_of(close.saturating_sub(1));
        self.outline.items.push(Item {
            kind,
            name,
            span: Span { start: seed.start, end },
            head: Span { start: seed.head, end },
            attributes: seed.attributes,
            body,
            parent: seed.parent,
            public: seed.public,
        });
        self.outline.items.len() as u32 - 1
    }
}

struct Seed {
    start: u32,
    head: u32,
    attributes: Vec<Span>,
    public: bool,
    parent: Option<ItemIndex>,
}
