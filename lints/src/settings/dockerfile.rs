//! Container files: `ENV`, and assignments in `CMD` and `ENTRYPOINT`, of the stage that the image is made of.

use crate::facts::setting::Setting;
use crate::settings::shell::{self, value_of};
use crate::source::Span;

/// An instruction: its word, and its arguments with the byte at which they begin. Lines that `\` joins are kept joined.
struct Instruction<'t> {
    word: &'t str,
    arguments: &'t str,
    start: usize,
}

/// One `FROM` and what follows it.
#[derive(Default)]
struct Stage<'t> {
    name: Option<&'t str>,
    base: &'t str,
    settings: Vec<Setting>,
}

/// The settings that a container of the last stage starts with.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut stages: Vec<Stage<'_>> = Vec::new();
    for instruction in instructions(text) {
        match (instruction.word.to_ascii_uppercase().as_str(), stages.last_mut()) {
            ("FROM", _) => stages.push(stage(instruction.arguments)),
            ("ENV", Some(stage)) => stage.settings.extend(env(&instruction)),
            ("CMD" | "ENTRYPOINT", Some(stage)) => stage.settings.extend(started(&instruction)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let mut at = stages.len().checked_sub(1);
    while let Some(number) = at {
        let base = stages[number].base;
        found.append(&mut stages[number].settings);
        // A stage begins where an earlier one ended.
        at = stages[..number]
            .iter()
            .rposition(|stage| stage.name.is_some_and(|name| name.eq_ignore_ascii_case(base)));
    }
    found.sort_by_key(|setting| setting.span);
    found
}

fn stage(arguments: &str) -> Stage<'_> {
    let mut words = arguments.split_whitespace().filter(|word| !word.starts_with("--"));
    let base = words.next().unwrap_or("");
    let name = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
    Stage { name, base, settings: Vec::new() }
}

fn instructions(text: &str) -> Vec<Instruction<'_>> {
    let mut found: Vec<Instruction<'_>> = Vec::new();
    let mut at = 0;
    let mut joined = false;
    for line in text.split_inclusive('\n') {
        let (start, code) = (at, line.trim());
        at += line.len();
        // Comments and empty lines may stand within an instruction.
        if code.starts_with('#') || code.is_empty() {
            continue;
        }
        if joined {
            if let Some(last) = found.last_mut() {
                last.arguments = &text[last.start..start + line.trim_end().len()];
            }
        } else {
            let indent = line.len() - line.trim_start().len();
            let word = code.split(char::is_whitespace).next().unwrap_or("");
            let begin = start + indent + word.len();
            found.push(Instruction {
                word,
                arguments: &text[begin..start + line.trim_end().len()],
                start: begin,
            });
        }
        joined = code.ends_with('\\');
    }
    found
}

/// `ENV A=1 B="2 3"`, `ENV A 1`.
fn env(instruction: &Instruction<'_>) -> Vec<Setting> {
    let first = instruction.arguments.split_whitespace().next().unwrap_or("");
    if first.contains('=') {
        // `ENV` takes assignments alone, as `export` does.
        return lines(instruction).flat_map(|(line, at)| shell::settings(line, at)).collect();
    }
    let text = instruction.arguments;
    let Some(at) = text.find(first).filter(|_| !first.is_empty()) else { return Vec::new() };
    let value = text[at + first.len()..].trim();
    let span = Span::new(instruction.start + at, instruction.start + text.trim_end().len());
    vec![Setting { name: first.into(), value: value_of(value).into(), span }]
}

/// `CMD A=1 serve`, `CMD ["sh", "-c", "A=1 exec serve"]`, `ENTRYPOINT ["env", "A=1", "serve"]`.
fn started(instruction: &Instruction<'_>) -> Vec<Setting> {
    if !instruction.arguments.trim_start().starts_with('[') {
        return lines(instruction).flat_map(|(line, at)| shell::settings(line, at)).collect();
    }
    let mut at = instruction.start;
    let mut found = Vec::new();
    for (number, part) in instruction.arguments.split('"').enumerate() {
        if number % 2 == 1 {
            found.extend(shell::settings(part, at));
        }
        at += part.len() + 1;
    }
    found
}

/// The lines of an instruction with their places, comments left out and the `\` at their ends.
fn lines<'t>(instruction: &Instruction<'t>) -> impl Iterator<Item = (&'t str, usize)> {
    let mut at = instruction.start;
    instruction.arguments.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let code = line.trim_end().trim_end_matches('\\');
        (!code.trim_start().starts_with('#')).then_some((code, start))
    })
}

#[cfg(test)]
mod tests {
    use super::settings;

    fn read(text: &str) -> Vec<String> {
        settings(text).into_iter().map(|found| format!("{}={}", found.name, found.value)).collect()
    }

    #[test]
    fn only_the_last_stage_and_what_it_is_made_of_counts() {
        let text = "FROM rust AS build\nENV A=1\nFROM debian AS base\nENV B=2 \\\n  # why\n  C='3 4'\nFROM base\nENV D 5\n\
                    CMD [\"sh\", \"-c\", \"E=6 exec serve\"]\n";
        assert_eq!(read(text), ["B=2", "C=3 4", "D=5", "E=6"]);
    }
}
