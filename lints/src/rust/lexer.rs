//! Tokens and comments of a Rust file, by rustc's own lexer wherever more than a look at a byte is needed.
//!
//! White space is dropped; comments go to a list of their own. Nothing here fails: bytes that are no Rust become
//! `Other` tokens.

use ra_ap_rustc_lexer::{Cursor, DocStyle, FrontmatterAllowed, TokenKind, strip_shebang, tokenize};

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
    let mut lexed = Lexed::default();
    let mut nesting = Nesting::default();
    let mut at = begins(text);
    while at < text.len() {
        let start = at;
        let found = cut(text, start);
        at += found.len as usize;
        let span = Span { start: start as u32, end: at as u32 };
        match found.part {
            Part::Space => {}
            Part::Comment(style, block) => lexed.comments.push(CommentAt::new(span, style, block)),
            Part::Token(kind) => {
                let token = Token { kind, first: text.as_bytes()[start], start: span.start, len: found.len };
                nesting.token(token, text);
                lexed.tokens.push(token);
            }
        }
    }
    lexed.too_deep = nesting.is_too_deep();
    lexed
}

/// Where the code begins: after a byte order mark, `#!` and what stands between lines of `---`.
fn begins(text: &str) -> usize {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let shebang = bom + strip_shebang(&text[bom..]).unwrap_or(0);
    let mut at = shebang;
    for token in tokenize(&text[shebang..], FrontmatterAllowed::Yes) {
        at += token.len as usize;
        match token.kind {
            TokenKind::Whitespace => {}
            TokenKind::Frontmatter { .. } => return at,
            _ => break,
        }
    }
    shebang
}

/// The first part of some code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    part: Part,
    len: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Space,
    /// A comment, and whether it is `/* … */`.
    Comment(Option<DocStyle>, bool),
    Token(Kind),
}

/// What begins at a byte. Names, marks, space and line comments make up nearly all of a file and are told by their
/// bytes; whatever else there is, rustc's lexer cuts.
fn cut(text: &str, at: usize) -> Cut {
    let rest = &text.as_bytes()[at..];
    let found = |part: Part, len: usize| Cut { part, len: len as u32 };
    let run = |same: fn(&u8) -> bool| rest.iter().position(|byte| !same(byte)).unwrap_or(rest.len());
    match rest {
        [b' ' | b'\n' | b'\t' | b'\r', ..] => {
            let len = run(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r'));
            found(Part::Space, len)
        }
        [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => {
            let len = run(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            match rest.get(len) {
                // A prefix of something, or a name in another script.
                Some(b'"' | b'\'' | b'#' | 0x80..) => cut_by_rustc(&text[at..]),
                _ => found(Part::Token(Kind::Ident), len),
            }
        }
        [b'(' | b'[' | b'{', ..] => found(Part::Token(Kind::Open), 1),
        [b')' | b']' | b'}', ..] => found(Part::Token(Kind::Close), 1),
        [b'/', b'/', after @ ..] => {
            let style = match after {
                [b'!', ..] => Some(DocStyle::Inner),
                [b'/', b'/', ..] => None,
                [b'/', ..] => Some(DocStyle::Outer),
                _ => None,
            };
            found(Part::Comment(style, false), memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
        }
        [b'/', b'*', ..] | [b'#', b'"' | b'#', ..] => cut_by_rustc(&text[at..]),
        [mark, ..] if b";,.@~?:$=!<>-&|+*^%/#".contains(mark) => found(Part::Token(Kind::Mark), 1),
        _ => cut_by_rustc(&text[at..]),
    }
}

fn cut_by_rustc(text: &str) -> Cut {
    let token = Cursor::new(text, FrontmatterAllowed::No).advance_token();
    let kind = match token.kind {
        TokenKind::Whitespace | TokenKind::Frontmatter { .. } => {
            return Cut { part: Part::Space, len: token.len };
        }
        TokenKind::LineComment { doc_style } => {
            return Cut { part: Part::Comment(doc_style, false), len: token.len };
        }
        TokenKind::BlockComment { doc_style, .. } => {
            return Cut { part: Part::Comment(doc_style, true), len: token.len };
        }
        TokenKind::Ident | TokenKind::RawIdent => Kind::Ident,
        TokenKind::Literal { .. } if text[..token.len as usize].contains('"') => Kind::Str,
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
    Cut { part: Part::Token(kind), len: token.len }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part but space with its place, by rustc's lexer alone and by this one.
    fn both(text: &str) -> [Vec<(usize, Cut)>; 2] {
        [cut_by_rustc as fn(&str) -> Cut, |rest| cut(rest, 0)].map(|next| {
            let mut at = 0;
            let mut parts = Vec::new();
            while at < text.len() {
                let found = next(&text[at..]);
                parts.push((at, found));
                at += found.len as usize;
            }
            parts.retain(|(_, found)| found.part != Part::Space);
            parts
        })
    }

    #[test]
    fn parts_are_those_of_rustc_however_they_meet() {
        let parts = [
            "a", "r", "b", "c", "br", "k", "_", "É", "1", "0x1e", "1e", ".", "..", "+", "-", "/", "*", "//",
            "/*", "*/", "///", "//!", "////", "/**", "/*!", "\"", "\\", "'", "'a", "#", "##", "#!", "!", "$",
            "`", "{", "}", "(", "]", " ", "\n", "\r\n", "\u{2028}", "\u{feff}", "\0", "🦀", "r#\"", "\"#",
            "b'", "c\"", "r#a", "=>", "@",
        ];
        for first in parts {
            for second in parts {
                for third in parts {
                    for text in [format!("{first}{second}{third}"), format!("x {first} {second}{third} y")] {
                        let [rustc, ours] = both(&text);
                        assert_eq!(rustc, ours, "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn code_begins_after_marks_shebangs_and_frontmatter() {
        for (before, code) in [
            ("", "fn a() {}"),
            ("\u{feff}", "fn a() {}"),
            ("#!/usr/bin/env cargo", "\nfn a() {}"),
            ("", "#![allow(x)]"),
            ("---cargo\n[package]\n---", "\nfn a() {}"),
            ("", "- - -"),
        ] {
            let text = format!("{before}{code}");
            assert_eq!(&text[begins(&text)..], code);
        }
    }
}
