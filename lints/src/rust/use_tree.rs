//! `use` declarations, flattened to one binding a name.

use std::sync::Arc;

/// What one leaf of a use tree brings into scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// Path as written; `self`, `super`, `crate` kept, `r#` stripped. A leading `::` is an empty first segment.
    pub path: Arc<[Box<str>]>,
    /// Name in scope; `None` for a glob.
    pub name: Option<Box<str>>,
}

/// The leaves of a use tree.
///
/// `text` is what stands between `use` and `;`, comments included. What is not a use tree gives no leaves.
pub(crate) fn imports(text: &str) -> Vec<Import> {
    let words = words(text);
    let mut parser = Parser { words: &words, at: 0, found: Vec::new() };
    parser.tree(&mut Vec::new(), 0);
    parser.found
}

fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0usize;
    for token in ra_ap_rustc_lexer::tokenize(text, ra_ap_rustc_lexer::FrontmatterAllowed::No) {
        use ra_ap_rustc_lexer::TokenKind as T;
        let end = at + token.len as usize;
        if !matches!(token.kind, T::Whitespace | T::LineComment { .. } | T::BlockComment { .. }) {
            found.push(text[at..end].trim_start_matches("r#"));
        }
        at = end;
    }
    found
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
    found: Vec<Import>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a str {
        self.words.get(self.at).copied().unwrap_or("")
    }

    fn separator(&mut self) -> bool {
        let is = self.peek() == ":" && self.words.get(self.at + 1) == Some(&":");
        self.at += if is { 2 } else { 0 };
        is
    }

    fn tree(&mut self, prefix: &mut Vec<&'a str>, depth: u32) {
        let kept = prefix.len();
        if self.separator() && prefix.is_empty() {
            prefix.push("");
        }
        loop {
            match self.peek() {
                "{" if depth < 64 => {
                    self.at += 1;
                    while !matches!(self.peek(), "}" | "") {
                        let before = self.at;
                        self.tree(prefix, depth + 1);
                        self.at += usize::from(self.peek() == ",");
                        self.at += usize::from(self.at == before);
                    }
                    self.at += 1;
                    break;
                }
                "*" => {
                    self.at += 1;
                    self.push(prefix, None);
                    break;
                }
                word if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                    self.at += 1;
                    prefix.push(word);
                    if !self.separator() {
                        self.leaf(prefix);
                        break;
                    }
                }
                _ => break,
            }
        }
        prefix.truncate(kept);
    }

    fn leaf(&mut self, path: &mut Vec<&'a str>) {
        if path.len() > 1 && path.last() == Some(&"self") {
            path.pop();
        }
        let mut name = path.last().copied().unwrap_or("");
        if self.peek() == "as" {
            self.at += 1;
            name = self.peek();
            self.at += 1;
        }
        self.push(path, Some(name));
    }

    fn push(&mut self, path: &[&str], name: Option<&str>) {
        let path: Arc<[Box<str>]> = path.iter().map(|segment| Box::from(*segment)).collect();
        self.found.push(Import { path, name: name.map(Box::from) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> Vec<String> {
        imports(text)
            .iter()
            .map(|import| format!("{} as {}", import.path.join("::"), import.name.as_deref().unwrap_or("*")))
            .collect()
    }

    #[test]
    fn groups_renames_globs_and_self() {
        assert_eq!(
            flat("tokio::{self, runtime::{Builder as B, *}, /* c */ r#task::spawn, }"),
            [
                "tokio as tokio",
                "tokio::runtime::Builder as B",
                "tokio::runtime as *",
                "tokio::task::spawn as spawn"
            ]
        );
        assert_eq!(flat("::std::env"), ["::std::env as env"]);
        assert_eq!(flat("super::super::x as _"), ["super::super::x as _"]);
        assert_eq!(flat("{a, b::c}"), ["a as a", "b::c as c"]);
    }

    #[test]
    fn broken_trees_end() {
        for text in ["", "{", "a::{b, {c", "a::", "::", "a as", "{,,}", "1 + 2"] {
            flat(text);
        }
    }
}
