//! How deep the parser would go: it recurses with brackets, and with long expressions that have none (`!!!!x`,
//! `a.b().c()…`, `if … else if …`). Its stack is finite, so what goes deeper than any person writes is not given to it.

use crate::rust::lexer::{Kind, Token};

/// Brackets nested deeper than this are not given to the parser.
const MAX_BRACKETS: usize = 300;

/// Tokens on the way down to one token, those of closed brackets and earlier statements left out.
const MAX_TOKENS: u32 = 3000;

/// Watches tokens go by.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// Length of the expression that each open bracket stands in.
    outer: Vec<u32>,
    /// Length of the current expression.
    run: u32,
    /// `run` and `outer` together.
    total: u32,
    after_block: bool,
    too_deep: bool,
}

impl Nesting {
    /// Whether any token so far was deeper than the parser may go.
    pub(super) fn is_too_deep(&self) -> bool {
        self.too_deep
    }

    /// The next token of a text.
    pub(super) fn token(&mut self, token: Token, text: &str) {
        let continues = || match token.kind {
            Kind::Mark => token.first != b'#',
            _ => matches!(text.get(token.span().range()), Some("else" | "as")),
        };
        let ends = token.kind == Kind::Mark && matches!(token.first, b',' | b';');
        let after_block = std::mem::take(&mut self.after_block);
        if ends || after_block && !continues() {
            self.total -= self.run;
            self.run = 0;
        }
        self.run += 1;
        self.total += 1;
        match token.kind {
            Kind::Open => self.outer.push(std::mem::take(&mut self.run)),
            Kind::Close => {
                self.total -= self.run;
                self.run = self.outer.pop().unwrap_or(0);
                self.after_block = token.first == b'}';
            }
            _ => {}
        }
        self.too_deep |= self.outer.len() > MAX_BRACKETS || self.total > MAX_TOKENS;
    }
}

#[cfg(test)]
mod tests {
    use crate::rust::lexer::lex;
    use crate::source::Source;

    fn too_deep(text: &str) -> bool {
        lex(&Source::new("a.rs".into(), text)).too_deep
    }

    #[test]
    fn what_goes_on_and_on_is_too_deep() {
        for part in
            ["(", "[", "{", "!", "&", "1 + ", "x = ", "|a| ", ".b()", "if x {} else ", "{} + ", "!(", "a as "]
        {
            assert!(too_deep(&part.repeat(4000)), "{part}");
            assert!(!too_deep(&part.repeat(200)), "{part}");
        }
    }

    #[test]
    fn many_statements_items_and_elements_are_not() {
        for part in
            ["a();", "{}", "fn a() { b(); }", "1, ", "Some(x) => {}", "#[a] fn b() {}", "if x {}", ")", "}"]
        {
            assert!(!too_deep(&part.repeat(5000)), "{part}");
        }
    }
}
