//! Shell scripts: `export NAME=value`, `NAME=value command`, `env NAME=value command`, `docker run -e NAME=value`.

use crate::facts::setting::Setting;
use crate::settings::comments::start_of;
use crate::source::Span;

/// Words that may stand before an assignment.
const BEFORE: &[&str] =
    &["export", "env", "sudo", "exec", "declare", "typeset", "readonly", "nohup", "time", "then", "do"];

/// Words of a command that only tests or measures.
const TESTS: &[&str] = &["test", "nextest", "bench", "miri", "criterion", "llvm-cov", "tarpaulin", "clippy"];

/// What Go's own command does without running the program: what it is given is its own business.
const BUILDS: &[&str] =
    &["build", "fmt", "generate", "get", "install", "list", "mod", "test", "tool", "vet", "work"];

/// Programs that only look at code.
const LINTERS: &[&str] = &["golangci-lint", "gosec", "revive", "staticcheck"];

/// A word of a command.
#[derive(Debug)]
struct Word<'t> {
    text: &'t str,
    start: usize,
}

/// The settings of a script that begins at byte `base` of its file.
pub(super) fn settings(text: &str, base: usize) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = &line[..start_of(line, true).unwrap_or(line.len())];
        for command in commands(code, base + at) {
            of_command(&command, &mut found);
        }
        at += line.len();
    }
    found
}

/// The commands of a line, each as its words.
fn commands<'t>(line: &'t str, base: usize) -> Vec<Vec<Word<'t>>> {
    let mut commands = vec![Vec::new()];
    let (mut start, mut quote, mut depth) = (None, None, 0);
    let mut before = ' ';
    let close = |start: &mut Option<usize>, at: usize, commands: &mut Vec<Vec<Word<'t>>>| {
        if let (Some(from), Some(words)) = (start.take(), commands.last_mut()) {
            words.push(Word { text: &line[from..at], start: base + from });
        }
    };
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open && before != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => {
                quote = Some(c);
                start.get_or_insert(at);
            }
            (None, '{') if before == '$' => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, ';' | '&' | '|' | '(' | ')') if depth == 0 => {
                close(&mut start, at, &mut commands);
                commands.push(Vec::new());
            }
            (None, c) if c.is_whitespace() && depth == 0 => close(&mut start, at, &mut commands),
            (None, _) => {
                start.get_or_insert(at);
            }
        }
        before = c;
    }
    close(&mut start, line.len(), &mut commands);
    commands
}

fn of_command(words: &[Word<'_>], found: &mut Vec<Setting>) {
    let names = |known: &[&str]| words.iter().any(|word| known.contains(&last_part(word.text)));
    if names(&["cargo"]) && names(TESTS)
        || names(&["go", "$(GO)", "${GO}"]) && names(BUILDS)
        || names(LINTERS)
    {
        return;
    }
    // `echo "NAME=value" >> "$GITHUB_ENV"` sets the variable for the steps that follow.
    let for_later = words.first().is_some_and(|word| matches!(word.text, "echo" | "printf"))
        && words.iter().any(|word| word.text.contains("GITHUB_ENV"));
    let mut leading = true;
    let mut option = false;
    for word in words {
        let assigned = leading || option || for_later;
        option = matches!(word.text, "-e" | "--env");
        if let Some(setting) = assignment(word.text, word.start).filter(|_| assigned) {
            found.push(setting);
        } else if let Some(given) = word.text.strip_prefix("--env=").or_else(|| word.text.strip_prefix("-e"))
        {
            found.extend(assignment(given, word.start + word.text.len() - given.len()));
        }
        leading &= BEFORE.contains(&last_part(word.text))
            || word.text.starts_with('-')
            || assignment(word.text, word.start).is_some();
    }
}

fn last_part(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// `NAME=value`, perhaps in quotes or with the value in quotes, at a byte of its file.
pub(super) fn assignment(word: &str, start: usize) -> Option<Setting> {
    let bare = unquoted(word);
    let start = start + word.find(bare)?;
    let (name, value) = bare.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| Setting {
        name: name.into(),
        value: value_of(value).into(),
        span: Span::new(start, start + bare.len()),
    })
}

/// A value without quotes; of `${NAME:-default}` the default.
pub(super) fn value_of(written: &str) -> &str {
    let bare = unquoted(written.trim());
    let default = bare.strip_prefix("${").and_then(|inner| inner.strip_suffix('}'));
    match default.and_then(|inner| inner.split_once('-')) {
        Some((_, default)) => default,
        None => bare,
    }
}

fn unquoted(text: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::settings;

    fn read(text: &str) -> Vec<String> {
        settings(text, 0)
            .into_iter()
            .map(|found| {
                assert!(text[found.span.range()].starts_with(&*found.name), "{found:?}");
                format!("{}={}", found.name, found.value)
            })
            .collect()
    }

    #[test]
    fn assignments_are_told_from_arguments() {
        assert_eq!(read("export A=1 B='2 3'\n"), ["A=1", "B=2 3"]);
        assert_eq!(read("A=1 B=2 ./serve --C=3 D=4"), ["A=1", "B=2"]);
        assert_eq!(read("cd /srv && exec env -i A=1 serve; B=2 serve"), ["A=1", "B=2"]);
        assert_eq!(read("docker run -e A=1 --env=B=2 --env C=3 image"), ["A=1", "B=2", "C=3"]);
        assert_eq!(read("export A=\"${A:-1}\" # B=2"), ["A=1"]);
        assert_eq!(read("echo \"set A=1 to be slow\"\n# A=1\ngrep A=1 file"), [""; 0]);
        assert_eq!(read("echo \"A=1\" >> \"$GITHUB_ENV\""), ["A=1"]);
        assert_eq!(read("A=1 cargo test --workspace\nB=1 cargo run"), ["B=1"]);
        assert_eq!(read("A=1 go build ./...\nB=1 go run .\nC=1 golangci-lint run\nD=1 ./go build"), ["B=1"]);
    }
}
