//! Makefiles: variables given to every recipe by `export`, and assignments in recipes.

use crate::facts::setting::Setting;
use crate::settings::comments::start_of;
use crate::settings::shell;
use crate::source::Span;

/// What assigns, longest first.
const ASSIGNS: &[&str] = &["::=", ":=", "?=", "="];

/// The settings of a Makefile.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let exported: Vec<&str> = text.lines().filter_map(exported_by_name).flatten().collect();
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = &line[..start_of(line, true).unwrap_or(line.len())];
        match code.strip_prefix('\t') {
            Some(recipe) => {
                let command = recipe.trim_start_matches(['@', '-', '+', ' ']);
                found.extend(shell::settings(command, start + code.len() - command.len()));
            }
            None => found.extend(assigned(code, start, &exported)),
        }
    }
    found
}

/// The names of `export A B`, which are given a value elsewhere.
fn exported_by_name(line: &str) -> Option<impl Iterator<Item = &str>> {
    let names = line.strip_prefix("export ")?;
    (!names.contains('=')).then(|| names.split_whitespace())
}

/// `export A := 1`, `target: export A = 1`, and `A = 1` of an exported name.
fn assigned(code: &str, start: usize, exported: &[&str]) -> Option<Setting> {
    let (left, sign, right) = ASSIGNS.iter().find_map(|sign| {
        let (left, right) = code.split_once(sign)?;
        Some((left, *sign, right))
    })?;
    let words: Vec<&str> = left.split_whitespace().collect();
    let name = *words.last()?;
    let marked = words.len() > 1 && words[words.len() - 2] == "export";
    let plain = words.len() == 1 && exported.contains(&name);
    if !marked && !plain {
        return None;
    }
    let from = left.rfind(name)?;
    let end = left.len() + sign.len() + right.trim_end().len();
    Some(Setting {
        name: name.into(),
        value: shell::value_of(right).into(),
        span: Span::new(start + from, start + end.max(from + name.len())),
    })
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn what_reaches_a_process_is_read() {
        let text = "export A := 1\nB = 2\nC = 3\nexport C\nrun: export D ?= 4\nrun:\n\t@E=5 ./app # F=6\n\techo G=7\n";
        let found: Vec<String> = settings(text)
            .into_iter()
            .map(|found| {
                assert!(text[found.span.range()].starts_with(&*found.name), "{found:?}");
                format!("{}={}", found.name, found.value)
            })
            .collect();
        assert_eq!(found, ["A=1", "C=3", "D=4", "E=5"]);
    }
}
