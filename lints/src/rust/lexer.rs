//! Tokens and comments of a Rust file, by rustc's own lexer.
//!
//! White space is dropped; comments go to a list of their own. Nothing here fails: bytes that are no Rust become
//! `Other` tokens.

use ra_ap_rustc_lexer::{DocStyle, FrontmatterAllowed, TokenKind, strip_shebang, tokenize};

use crate::facts::comment::{Comment, CommentKind};
use crate::rust::nesting::Nesting;
use crate::source::{Source, Span};

/// What the outline needs to know of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Identifier or keyword, raw ones too.
    Ident,
    /// `"…"` of any kind, with its quotes.
    Str,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// Any other single mark.
    Mark,
    /// Numbers, characters, lifetimes and what is not Rust.
    Other,
}

/// A token: its kind, where it is and its first byte, which tells marks and brackets apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub kind: Kind,
    pub first: u8,
    pub start: u32,
    pub len: u32,
}

impl Token {
    /// Its bytes' place.
    pub(crate) fn span(self) -> Span {
        Span { start: self.start, end: self.start + self.len }
    }
}

/// A file cut into tokens.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub tokens: Vec<Token>,
    pub comments: Vec<CommentAt>,
    /// Whether the parser's stack could not hold it.
    pub too_deep: bool,
}

/// Cuts a whole file.
pub(crate) fn lex(source: &Source) -> Lexed {
    let text: &str = &source.text;
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let skipped = bom + strip_shebang(&text[bom..]).unwrap_or(0);
    let mut lexed = Lexed::default();
    let mut nesting = Nesting::default();
    let mut at = skipped as u32;
    for token in tokenize(&text[skipped..], FrontmatterAllowed::Yes) {
        let start = at;
        at += token.len;
        let kind = match token.kind {
            TokenKind::Whitespace | TokenKind::Frontmatter { .. } => continue,
            TokenKind::LineComment { doc_style } => {
                lexed.comments.push(CommentAt::new(Span { start, end: at }, doc_style, false));
                continue;
            }
            TokenKind::BlockComment { doc_style, .. } => {
                lexed.comments.push(CommentAt::new(Span { start, end: at }, doc_style, true));
                continue;
            }
            TokenKind::Ident | TokenKind::RawIdent => Kind::Ident,
            TokenKind::Literal { .. } if text[start as usize..at as usize].contains('"') => Kind::Str,
            TokenKind::OpenParen | TokenKind::OpenBrace | TokenKind::OpenBracket => Kind::Open,
            TokenKind::CloseParen | TokenKind::CloseBrace | TokenKind::CloseBracket => Kind::Close,
            TokenKind::Literal { .. }
            | TokenKind::Lifetime { .. }
            | TokenKind::RawLifetime
            | TokenKind::UnknownPrefixLifetime
            | TokenKind::UnknownPrefix
            | TokenKind::InvalidIdent
            | TokenKind::GuardedStrPrefix
            | TokenKind::ForcedKeywordIdent
            | TokenKind::Unknown => Kind::Other,
            _ => Kind::Mark,
        };
        let token = Token { kind, first: text.as_bytes()[start as usize], start, len: token.len };
        nesting.token(token, text);
        lexed.tokens.push(token);
    }
    lexed.too_deep = nesting.is_too_deep();
    lexed
}

/// Where a comment is: most are never read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommentAt {
    pub span: Span,
    kind: CommentKind,
    block: bool,
}

impl CommentAt {
    fn new(span: Span, style: Option<DocStyle>, block: bool) -> Self {
        let kind = match style {
            Some(DocStyle::Outer) => CommentKind::Doc,
            Some(DocStyle::Inner) => CommentKind::InnerDoc,
            None if block => CommentKind::Block,
            None => CommentKind::Line,
        };
        Self { span, kind, block }
    }

    /// The comment itself.
    pub(crate) fn read(self, source: &Source) -> Comment {
        let Self { span, kind, block } = self;
        let line = source.line_of(span.start);
        let end_line = source.line_of(span.end.saturating_sub(1).max(span.start));
        let before = &source.text[source.line_starts()[line] as usize..span.start as usize];
        Comment {
            span,
            text: comment_text(source.slice(span), block),
            line: line as u32 + 1,
            end_line: end_line as u32 + 1,
            kind,
            own_line: before.trim_start_matches('\u{feff}').trim().is_empty(),
        }
    }
}

fn comment_text(raw: &str, block: bool) -> String {
    if !block {
        return raw.trim_start_matches('/').trim_start_matches('!').trim().to_owned();
    }
    let inner = raw.trim_start_matches('/').trim_end_matches('/').trim_matches('*').trim_start_matches('!');
    let lines: Vec<&str> = inner.lines().map(|line| line.trim().trim_start_matches('*').trim()).collect();
    lines.join("\n").trim().to_owned()
}
