//! Hostile characters made visible: what stands in an analysed file must not steer a terminal or a parser.

use std::borrow::Cow;

/// Whether a character could move the cursor, colour the terminal, or reorder what is read.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// The text on one line: control characters and characters that change the direction of writing are written as
/// `\n`, `\u{202e}` and so on; all else stays.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hostile(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(visible("größer als `x`"), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_and_direction_marks_are_spelled_out() {
        assert_eq!(visible("a\u{1b}[31mb\n\u{202e}c\u{7f}"), r"a\u{1b}[31mb\n\u{202e}c\u{7f}");
    }
}
