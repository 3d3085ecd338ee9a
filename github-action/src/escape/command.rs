//! Workflow commands and log lines of GitHub Actions, whose runner reads both output streams for orders.

pub use runtime_policy_lints::report::{command_data as data, command_property as property};
use runtime_policy_lints::visible::visible;

/// A line for the log that the runner takes for no command, whatever stands in it: the runner obeys `::` at a line's
/// start and `##[` anywhere.
pub fn log(text: &str) -> String {
    let shown = visible(text).replace("##[", "## [");
    if shown.trim_start().starts_with("::") { format!("| {shown}") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the runner undoes it.
    fn read(text: &str) -> String {
        text.replace("%2C", ",")
            .replace("%3A", ":")
            .replace("%0A", "\n")
            .replace("%0D", "\r")
            .replace("%25", "%")
    }

    proptest! {
        #[test]
        fn the_runner_reads_what_was_meant(text in any::<String>()) {
            prop_assert_eq!(read(&data(&text)), text.clone());
            prop_assert_eq!(read(&property(&text)), text);
        }

        #[test]
        fn no_text_leaves_its_command(text in r"[\n\r%:,#\[a0AD\u{202e}]*") {
            prop_assert!(!data(&text).contains(['\n', '\r']));
            prop_assert!(!property(&text).contains(['\n', '\r', ':', ',']));
        }

        #[test]
        fn no_log_line_is_a_command(text in r"[ \t\n\r:#\[\]a\u{85}\u{2028}\u{1b}]*") {
            let line = log(&text);
            prop_assert!(!line.contains(['\n', '\r', '\u{1b}', '\u{2028}', '\u{85}']), "{line:?}");
            prop_assert!(!line.trim_start().starts_with("::"), "{line:?}");
            prop_assert!(!line.contains("##["), "{line:?}");
        }
    }
}
