//! Unified diffs, as `git diff` and `diff -u` write them.

use super::Error;

/// One file of a diff.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FilePatch {
    /// Line of the diff at which it begins, from 1.
    pub line: usize,
    /// Path before, without the `a/`; none where the file is new.
    pub before: Option<String>,
    /// Path after, without the `b/`; none where the file is deleted.
    pub after: Option<String>,
    pub hunks: Vec<HunkPatch>,
    /// Git wrote that it differs, but not how.
    pub binary: bool,
}

/// One hunk of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HunkPatch {
    /// Line of the diff at which it begins, from 1.
    pub line: usize,
    /// First line of the side after, from 1; 0 before the first line of a file.
    pub start: usize,
    pub lines: Vec<Line>,
}

/// One line of a hunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Context(String),
    Removed(String),
    Added(String),
}

/// Reads a diff. Text around its files, as `git show` writes it, is passed over.
///
/// # Errors
/// A hunk is damaged, a diff has several sides before, or the text is no diff at all.
pub(super) fn parse(text: &str) -> Result<Vec<FilePatch>, Error> {
    let mut reader = Reader { lines: text.split('\n').collect(), at: 0 };
    let mut files: Vec<FilePatch> = Vec::new();
    while let Some(line) = reader.peek() {
        if let Some(names) = line.strip_prefix("diff --git ") {
            files.push(header(&mut reader, names)?);
        } else if line.starts_with("--- ") && reader.ahead(1).is_some_and(|next| next.starts_with("+++ ")) {
            files.push(FilePatch { line: reader.at + 1, ..FilePatch::default() });
            names(&mut reader, files.last_mut())?;
        } else if line.starts_with("@@ ") {
            let hunk = hunk(&mut reader)?;
            match files.last_mut() {
                Some(file) => file.hunks.push(hunk),
                None => {
                    return Err(error(
                        hunk.line,
                        "a hunk without a file; the diff needs its `---` and `+++` lines",
                    ));
                }
            }
        } else if line.starts_with("diff --cc ") || line.starts_with("diff --combined ") {
            return Err(error(
                reader.at + 1,
                "a merge has several sides before; give the diff with one parent",
            ));
        } else {
            reader.at += 1;
        }
    }
    if files.is_empty() && !text.trim().is_empty() {
        return Err(error(1, "no unified diff, as `git diff` writes it, is in here"));
    }
    Ok(files)
}

struct Reader<'t> {
    lines: Vec<&'t str>,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> Option<&'t str> {
        self.lines.get(self.at + by).copied()
    }
}

fn error(line: usize, message: impl Into<String>) -> Error {
    Error::Diff { line, message: message.into() }
}

/// `diff --git a/x b/x` and the lines that belong to it, up to its hunks.
fn header(reader: &mut Reader<'_>, names_given: &str) -> Result<FilePatch, Error> {
    let mut file = FilePatch { line: reader.at + 1, ..FilePatch::default() };
    let (mut is_new, mut is_deleted) = (false, false);
    reader.at += 1;
    while let Some(line) = reader.peek() {
        let whole = line.trim_end_matches('\r');
        if let Some(path) = whole.strip_prefix("rename from ").or_else(|| whole.strip_prefix("copy from ")) {
            file.before = Some(unquoted(path));
        } else if let Some(path) = whole.strip_prefix("rename to ").or_else(|| whole.strip_prefix("copy to "))
        {
            file.after = Some(unquoted(path));
        } else if whole.starts_with("--- ") {
            names(reader, Some(&mut file))?;
            return Ok(file);
        } else if whole.starts_with("Binary files ") || whole == "GIT binary patch" {
            file.binary = true;
        } else if whole.starts_with("diff ") || whole.starts_with("@@ ") {
            break;
        }
        is_new |= whole.starts_with("new file mode ");
        is_deleted |= whole.starts_with("deleted file mode ");
        reader.at += 1;
    }
    // Neither hunks nor a rename: an empty file, a mode or a binary one. Both names are the same.
    if file.before.is_none() && file.after.is_none() {
        let path = same_name(names_given.trim_end_matches('\r'));
        file.before = path.clone().filter(|_| !is_new);
        file.after = path.filter(|_| !is_deleted);
    }
    Ok(file)
}

/// `x` of `a/x b/x`, whatever spaces it has.
fn same_name(names: &str) -> Option<String> {
    if let Some(rest) = names.strip_prefix('"') {
        let (first, _) = rest.split_once("\" ")?;
        return Some(stripped(&unquoted(&format!("\"{first}\""))));
    }
    let middle = names.len() / 2;
    let (before, after) = (names.get(..middle)?, names.get(middle..)?.strip_prefix(' ')?);
    (stripped(before) == stripped(after)).then(|| stripped(before))
}

/// `--- a/x` and `+++ b/x`.
fn names(reader: &mut Reader<'_>, file: Option<&mut FilePatch>) -> Result<(), Error> {
    let line = reader.at + 1;
    let (before, after) = (reader.peek().unwrap_or_default(), reader.ahead(1).unwrap_or_default());
    let (Some(before), Some(after)) = (before.strip_prefix("--- "), after.strip_prefix("+++ ")) else {
        return Err(error(line, "a `---` line without its `+++` line"));
    };
    reader.at += 2;
    if let Some(file) = file {
        // A rename's own lines have no prefix that would have to be taken off.
        let renamed = (file.before.is_some(), file.after.is_some()) == (true, true);
        if !renamed {
            (file.before, file.after) = (name(before), name(after));
        }
    }
    Ok(())
}

fn name(written: &str) -> Option<String> {
    // `diff -u` writes a time after a tab.
    let written =
        if written.starts_with('"') { written } else { written.split('\t').next().unwrap_or_default() };
    let path = unquoted(written.trim_end_matches('\r'));
    (path != "/dev/null").then(|| stripped(&path))
}

/// Without `a/` or `b/`, or whatever else git was told to write there.
fn stripped(path: &str) -> String {
    let short = ["a/", "b/", "i/", "w/", "c/", "o/"].iter().find_map(|prefix| path.strip_prefix(prefix));
    short.unwrap_or(path).to_owned()
}

/// A name as git writes it: in quotes with escapes where it has odd characters.
fn unquoted(written: &str) -> String {
    let Some(inner) = written.strip_prefix('"').and_then(|rest| rest.trim_end().strip_suffix('"')) else {
        return written.to_owned();
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'a') => 7,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'v') => 11,
            Some(first @ b'0'..=b'3') => {
                let digits = [first, rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                digits.iter().fold(0u8, |value, digit| (value << 3) | (digit.wrapping_sub(b'0') & 7))
            }
            Some(other) => other,
            None => b'\\',
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `@@ -1,2 +3,4 @@` and its lines.
fn hunk(reader: &mut Reader<'_>) -> Result<HunkPatch, Error> {
    let line = reader.at + 1;
    let head = reader.peek().unwrap_or_default();
    let ((_, mut old), (start, mut new)) =
        ranges(head).ok_or_else(|| error(line, "a hunk whose first line is damaged"))?;
    reader.at += 1;
    let mut hunk = HunkPatch { line, start, lines: Vec::new() };
    while old > 0 || new > 0 {
        let cut = || error(line, "a hunk that ends before its last line");
        let written = reader.peek().ok_or_else(cut)?;
        let (mark, rest) = match written.chars().next() {
            Some(mark) => (mark, written[mark.len_utf8()..].to_owned()),
            // Some programs trim the space of an empty line.
            None => (' ', String::new()),
        };
        match mark {
            ' ' => {
                (old, new) = (old.checked_sub(1).ok_or_else(cut)?, new.checked_sub(1).ok_or_else(cut)?);
                hunk.lines.push(Line::Context(rest));
            }
            '-' => {
                old = old.checked_sub(1).ok_or_else(cut)?;
                hunk.lines.push(Line::Removed(rest));
            }
            '+' => {
                new = new.checked_sub(1).ok_or_else(cut)?;
                hunk.lines.push(Line::Added(rest));
            }
            // "\ No newline at end of file" is no line.
            '\\' => {}
            _ => return Err(cut()),
        }
        reader.at += 1;
    }
    Ok(hunk)
}

/// `(start, lines)` of both sides of a hunk.
fn ranges(head: &str) -> Option<((usize, usize), (usize, usize))> {
    let (old, rest) = head.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let range = |text: &str| {
        let (start, lines) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, lines.parse().ok()?))
    };
    Some((range(old)?, range(new)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> FilePatch {
        let mut files = parse(text).expect("a diff");
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    #[test]
    fn names_of_both_sides() {
        let names = |text: &str| {
            let file = one(text);
            (file.before.unwrap_or_default(), file.after.unwrap_or_default())
        };
        let pair = |before: &str, after: &str| (before.to_owned(), after.to_owned());
        assert_eq!(
            names("--- a/x y.rs\t2026-01-01\n+++ b/x y.rs\n@@ -1 +1 @@\n-a\n+b\n"),
            pair("x y.rs", "x y.rs")
        );
        assert_eq!(
            names("diff --git a/n.rs b/n.rs\nnew file mode 100644\n--- /dev/null\n+++ b/n.rs\n"),
            pair("", "n.rs")
        );
        assert_eq!(
            names(
                "diff --git a/o.rs b/n.rs\nsimilarity index 90%\nrename from o.rs\nrename to n.rs\n--- a/o.rs\n+++ b/n.rs\n"
            ),
            pair("o.rs", "n.rs")
        );
        assert_eq!(
            names("diff --git a/e f.rs b/e f.rs\ndeleted file mode 100644\nindex e69..000\n"),
            pair("e f.rs", "")
        );
        assert_eq!(
            names("--- \"a/\\303\\244\\t.rs\"\n+++ \"b/\\303\\244\\t.rs\"\n"),
            pair("ä\t.rs", "ä\t.rs")
        );
    }

    #[test]
    fn a_removed_line_that_looks_like_a_name_is_a_line() {
        let file = one(
            "--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1 @@\n--- a/comment\n keep\n\\ No newline at end of file\n",
        );
        assert_eq!(file.hunks[0].lines, [Line::Removed("-- a/comment".into()), Line::Context("keep".into())]);
    }

    #[test]
    fn what_is_no_diff_is_refused_with_its_line() {
        for (text, at) in [
            ("hello\n", 1),
            ("@@ -1 +1 @@\n-a\n+b\n", 1),
            ("--- a/x\n+++ b/x\n@@ -1,3 +1 @@\n-a\n", 3),
            ("--- a/x\n+++ b/x\n@@ one @@\n", 3),
            ("diff --cc x\n@@@ -1 -1 +1 @@@\n", 1),
        ] {
            match parse(text) {
                Err(Error::Diff { line, .. }) => assert_eq!(line, at, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert_eq!(parse(" \n").expect("nothing has changed"), []);
    }
}
