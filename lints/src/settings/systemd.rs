//! Unit files: `Environment=A=1 "B=2 3"`, and assignments in `Exec…=`.

use crate::facts::setting::Setting;
use crate::settings::shell;

/// The settings of a unit.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = line.trim_end();
        if code.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let sets = |key: &str| key == "Environment" || key.starts_with("Exec");
        let (skipped, wanted) = match code.split_once('=') {
            _ if continued => (0, true),
            Some((key, _)) => (key.len() + 1, sets(key.trim())),
            None => (0, false),
        };
        if wanted {
            let value = code[skipped..].trim_end_matches('\\');
            found.extend(shell::settings(value, start + skipped));
        }
        continued = wanted && code.ends_with('\\');
    }
    found
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn environments_and_commands_are_read() {
        let text = "[Service]\nEnvironment=A=1 \"B=2 3\" \\\n  C=4\n; Environment=D=5\nExecStart=/usr/bin/env E=6 serve\n\
                    Description=F=7\n";
        let found: Vec<String> =
            settings(text).into_iter().map(|found| format!("{}={}", found.name, found.value)).collect();
        assert_eq!(found, ["A=1", "B=2 3", "C=4", "E=6"]);
    }
}
