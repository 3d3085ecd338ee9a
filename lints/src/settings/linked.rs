//! Variables that a build tells the linker to fill: `-ldflags "-X main.version=1.2"`, wherever it is written.

use crate::facts::setting::Linked;
use crate::settings::comments::start_of;
use crate::source::Span;

/// The variables of a text, in order. `trailing` = a comment may stand after something else on its line.
pub(super) fn linked(text: &str, trailing: bool) -> Vec<Linked> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = &line[..start_of(line, trailing).unwrap_or(line.len())];
        let flags = code.match_indices("-X").filter_map(|(flag, _)| of_flag(code, flag));
        found.extend(
            flags.map(|(name, end, flag)| Linked { name: name.into(), span: Span::new(at + flag, at + end) }),
        );
        at += line.len();
    }
    found
}

/// The variable that a `-X` at a byte of its line fills, where it ends, and where the flag begins.
fn of_flag(code: &str, flag: usize) -> Option<(&str, usize, usize)> {
    let starts =
        code[..flag].chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '='));
    let rest = code[flag + 2..].strip_prefix(['=', ' ', '\t'])?;
    let written = rest.trim_start().trim_start_matches(['"', '\'']);
    let end = written.find(['=', ' ', '\t', '"', '\''])?;
    let name = &written[..end];
    let fills = starts && written[end..].starts_with('=') && name.contains('.');
    fills.then(|| (name, code.len() - written.len() + end, flag))
}

#[cfg(test)]
mod tests {
    use super::linked;

    #[test]
    fn flags_of_the_linker_are_told_from_others() {
        let text = "go build -ldflags \"-s -X main.version=$V -X=example.com/a/b.Commit=$C\" .\n\
                    LDFLAGS += -X '$(PKG).date=$(DATE)'\ncurl -X POST a.b=c\n# -X main.version=1\ngcc -Xlinker a.b=c\n";
        let found: Vec<String> = linked(text, true).iter().map(|found| found.name.to_string()).collect();
        assert_eq!(found, ["main.version", "example.com/a/b.Commit", "$(PKG).date"]);
    }
}
