//! GitHub's Markdown.
//!
//! What comes from a pull request is shown in code spans and fences, where GitHub neither links nor mentions. Prose
//! between them loses every meaning that Markdown, HTML and GitHub's own linking would give it.

use std::borrow::Cow;

use runtime_policy_lints::visible::visible;

/// Stands between characters that GitHub would link together; takes no room.
const BREAK: char = '\u{200B}';
/// Longest run of backticks that is put in code: GitHub's parser knows no code span of more than 80 around it, and no
/// fence of more than 255.
const MOST_TICKS: usize = 64;

/// A message with its `code` in code spans and all else as plain prose, on one line.
pub fn prose(message: &str) -> String {
    let message = visible(message);
    let mut shown = String::with_capacity(message.len() + 16);
    let mut rest: &str = &message;
    while let Some((before, after)) = rest.split_once('`') {
        shown.push_str(&plain(before));
        match after.split_once('`') {
            Some((inside, after)) => {
                shown.push_str(&code(inside));
                rest = after;
            }
            None => {
                shown.push_str(r"\`");
                rest = after;
            }
        }
    }
    shown.push_str(&plain(rest));
    shown
}

/// A text as nothing but its characters, on one line.
pub fn plain(text: &str) -> String {
    let text = visible(text);
    let mut shown = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut digits = 0_u8;
    for character in text.chars() {
        match character {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            // An address, a mention, an issue, another repository's issue.
            '@' | '#' => shown.extend(['\\', character, BREAK]),
            '-' if before.is_ascii_alphabetic() => shown.extend([BREAK, '-', BREAK]),
            // `http:`, `www.`
            ':' => shown.extend([':', BREAK]),
            '.' if before == 'w' || before == 'W' => shown.extend([BREAK, '.']),
            _ if character.is_ascii_punctuation() && character != '.' && character != ',' => {
                shown.extend(['\\', character]);
            }
            _ => shown.push(character),
        }
        digits = if character.is_ascii_hexdigit() { digits + 1 } else { 0 };
        // Seven such digits may be a commit.
        if digits == 6 {
            shown.push(BREAK);
            digits = 0;
        }
        before = character;
    }
    // `1.` and four blanks mean something at a line's start.
    let numbered = shown.trim_start().split('.').next().is_some_and(|first| {
        !first.is_empty()
            && first.len() < shown.trim_start().len()
            && first.bytes().all(|b| b.is_ascii_digit())
    });
    if numbered { shown.trim_start().replacen('.', "\\.", 1) } else { shown }
}

/// Whether code spans and fences can hold a text as it is.
pub fn holds_in_code(text: &str) -> bool {
    longest_run(text, '`') <= MOST_TICKS
}

/// A text that code spans and fences can hold: longer runs of backticks get something between them.
fn held(text: &str) -> Cow<'_, str> {
    if holds_in_code(text) {
        return Cow::Borrowed(text);
    }
    let ticks = "`".repeat(MOST_TICKS);
    Cow::Owned(text.replace(&ticks, &format!("{ticks}{BREAK}")))
}

/// A text in a code span, on one line.
pub fn code(text: &str) -> String {
    let text = visible(text);
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() {
        return "` `".to_owned();
    }
    let text = &*held(text);
    let ticks = "`".repeat(longest_run(text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A text between fences that it can't close. The text must end its lines with `\n` only.
pub fn fence(language: &str, text: &str) -> String {
    let text = &*held(text);
    let ticks = "`".repeat((longest_run(text, '`') + 1).max(3));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{ticks}{language}\n{text}{end}{ticks}")
}

/// A text of at most `most` characters, with a sign where it was cut.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", &text[..end]))
        }
    }
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|character| character != of).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_keep_their_code() {
        assert_eq!(prose("`malloc_trim` runs in `handle`, twice"), "`malloc_trim` runs in `handle`, twice");
        assert_eq!(prose("a lone ` stays"), r"a lone \` stays");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x`"), "`` `x` ``");
    }

    #[test]
    fn nothing_is_linked_or_mentioned() {
        for (text, never) in [
            ("@ada and @org/team", "@a"),
            ("see #12 and a/b#3", "#1"),
            ("GH-12", "GH-1"),
            ("http://evil.example", "://"),
            ("www.evil.example", "www."),
            ("![x](y)", "![x]("),
            ("<img src=x>", "<"),
            ("deadbeefdeadbeef", "deadbee"),
        ] {
            assert!(!plain(text).contains(never), "{text}: {}", plain(text));
        }
    }

    #[test]
    fn no_more_backticks_are_used_than_the_parser_counts() {
        for number in [81, 300] {
            let many = "`".repeat(number);
            for shown in [code(&format!("a{many}b")), fence("text", &format!("{many}\n"))] {
                assert_eq!(longest_run(&shown, '`'), MOST_TICKS + 1, "what is around is the longest run");
            }
        }
    }

    #[test]
    fn cuts_fall_between_characters() {
        assert_eq!(cut("größer", 6), "größer");
        assert_eq!(cut("größer", 4), "grö…");
    }

    proptest! {
        #[test]
        fn a_fence_holds_whatever_is_in_it(text in r"[`~a \n<>@]*") {
            let fenced = fence("rust", &text);
            let opening = fenced.bytes().take_while(|byte| *byte == b'`').count();
            let closes = |line: &str| {
                let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
                ticks >= opening
            };
            let inside = fenced.lines().count() - 2;
            let closing: Vec<usize> = fenced
                .lines()
                .skip(1)
                .enumerate()
                .filter(|(_, line)| closes(line))
                .map(|(index, _)| index)
                .collect();
            prop_assert_eq!(closing, [inside], "{}", fenced);
        }

        #[test]
        fn a_code_span_holds_whatever_is_in_it(text in r"[`a \n<|>@\\\u{202e}]*") {
            let span = code(&text);
            prop_assert!(!span.contains(['\n', '\u{202e}']), "{span:?}");
            let opening = span.bytes().take_while(|byte| *byte == b'`').count();
            let inside = &span[opening..span.len() - opening];
            prop_assert!(inside.split(|c| c != '`').all(|run| run.len() != opening), "{span:?}");
        }

        #[test]
        fn prose_opens_nothing(text in any::<String>()) {
            let shown = plain(&text);
            prop_assert!(!shown.contains(['<', '>', '\n', '\r', '\u{202e}']), "{shown:?}");
            let bytes: Vec<char> = shown.chars().collect();
            for (index, character) in bytes.iter().enumerate() {
                if matches!(character, '`' | '*' | '_' | '[' | ']' | '!' | '|' | '~' | '\\' | '$') {
                    let escapes = bytes[..index].iter().rev().take_while(|c| **c == '\\').count();
                    let is_escape = *character == '\\' && bytes.get(index + 1).is_some_and(char::is_ascii_punctuation);
                    prop_assert!(escapes % 2 == 1 || is_escape, "{shown:?} at {index}");
                }
            }
        }
    }
}
