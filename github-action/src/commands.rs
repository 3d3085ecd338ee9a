//! Annotations by workflow commands, for tokens that may write nothing: GitHub shows ten of each level a step.

use runtime_policy_lints::finding::Level;
use runtime_policy_lints::visible::visible;

use crate::escape::command::{data, property};
use crate::remark::Remark;

/// How many of one level GitHub shows.
pub const MOST: usize = 10;

/// The lines for findings, and how many of each are left out, by place in `remarks`.
pub fn commands(remarks: &[&Remark]) -> (String, Vec<bool>) {
    let mut lines = String::new();
    let mut said = Vec::with_capacity(remarks.len());
    for (index, remark) in remarks.iter().enumerate() {
        let before = remarks[..index].iter().filter(|other| other.level == remark.level).count();
        said.push(before < MOST);
        if before < MOST {
            lines.push_str(&command(remark));
        }
    }
    (lines, said)
}

fn command(remark: &Remark) -> String {
    let name = match remark.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let mut place = format!("line={},endLine={}", remark.line, remark.last_line());
    if remark.line == remark.end_line {
        place.push_str(&format!(",col={},endColumn={}", remark.column, remark.end_column));
    }
    let parts = [&remark.message, &remark.why, &remark.help].map(|part| data(&visible(part)));
    format!(
        "::{name} file={},{place},title={}::{}\n",
        property(&visible(&remark.path)),
        property(&format!("runtime-policy: {}", remark.rule)),
        parts.join("%0A"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remark::tests::remark;

    #[test]
    fn ten_of_a_level_are_shown() {
        let errors: Vec<Remark> = (1..=12).map(|line| remark("manual-gc", "a.rs", line)).collect();
        let warning = Remark { level: Level::Warning, ..remark("manual-gc", "a.rs", 40) };
        let all: Vec<&Remark> = errors.iter().chain([&warning]).collect();
        let (lines, said) = commands(&all);
        assert_eq!(lines.lines().count(), 11);
        assert_eq!(said.iter().filter(|said| !**said).count(), 2);
        assert!(said[12], "another level has its own ten");
    }

    #[test]
    fn one_line_whatever_the_finding_says() {
        let mut nasty = remark("manual-gc", "a,b:c\n::error::.rs", 1);
        nasty.message = "%0A::stop-commands::x\r\n::add-mask::y".to_owned();
        let (lines, _) = commands(&[&nasty]);
        assert_eq!(lines.lines().count(), 1);
        let expected = r"::error file=a%2Cb%3Ac\n%3A%3Aerror%3A%3A.rs,line=1,endLine=1,col=5,endColumn=20,";
        assert!(lines.starts_with(expected), "{lines}");
    }
}
