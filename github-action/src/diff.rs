//! Which lines of which files a change shows: the places where GitHub takes comments.

use std::collections::BTreeMap;

/// A change's files by their path after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    files: BTreeMap<String, Vec<Hunk>>,
}

/// A stretch of lines that a change shows, as they are after it: context and added lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hunk {
    /// First line, from 1.
    pub start: u32,
    /// How many.
    pub lines: u32,
}

impl Hunk {
    /// The last line; before `start` where the hunk only takes lines away.
    pub fn end(self) -> u32 {
        (self.start + self.lines).saturating_sub(1)
    }
}

impl Diff {
    /// Reads what `git diff` prints. Of what is no diff nothing is read.
    pub fn parse(text: &str) -> Diff {
        let mut diff = Diff::default();
        let mut file: Option<String> = None;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("diff --git ") {
                file = None;
            } else if let Some(name) = line.strip_prefix("+++ ").or_else(|| line.strip_prefix("rename to ")) {
                file = new_name(name, line.starts_with("+++ "));
                if let Some(path) = &file {
                    diff.files.entry(path.clone()).or_default();
                }
            } else if let Some((old_lines, hunk)) = header(line) {
                if let Some(hunks) = file.as_ref().and_then(|path| diff.files.get_mut(path)) {
                    hunks.push(hunk);
                }
                skip_body(&mut lines, old_lines, hunk.lines);
            }
        }
        diff
    }

    /// Adds a file as GitHub's API lists it: its path after the change and its patch, which large files lack.
    pub fn add(&mut self, path: &str, patch: Option<&str>) {
        let hunks = self.files.entry(path.to_owned()).or_default();
        let mut lines = patch.unwrap_or("").lines();
        while let Some(line) = lines.next() {
            if let Some((old_lines, hunk)) = header(line) {
                hunks.push(hunk);
                skip_body(&mut lines, old_lines, hunk.lines);
            }
        }
    }

    /// The hunks of a file; none where the change does not touch it.
    pub fn hunks(&self, path: &str) -> Option<&[Hunk]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

/// `@@ -1,3 +1,4 @@`: how many lines are of before, and the hunk of after.
fn header(line: &str) -> Option<(u32, Hunk)> {
    let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let range = |text: &str| {
        let (start, lines) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse::<u32>().ok()?, lines.parse::<u32>().ok()?))
    };
    let (start, lines) = range(new)?;
    // A hunk can't reach beyond what a line number holds.
    start.checked_add(lines)?;
    Some((range(old)?.1, Hunk { start, lines }))
}

/// Leaves out a hunk's own lines, which may look like anything.
fn skip_body(lines: &mut std::str::Lines<'_>, mut old: u32, mut new: u32) {
    while old > 0 || new > 0 {
        let Some(line) = lines.next() else { return };
        match line.as_bytes().first() {
            Some(b'-') => old = old.saturating_sub(1),
            Some(b'+') => new = new.saturating_sub(1),
            Some(b'\\') => {}
            _ => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
        }
    }
}

/// The path in a `+++` or `rename to` line; none for `/dev/null`.
fn new_name(written: &str, has_prefix: bool) -> Option<String> {
    // Git ends a name that holds spaces with a tab.
    let written = written.strip_suffix('\t').unwrap_or(written);
    let name = match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => unquote(quoted)?,
        None => written.to_owned(),
    };
    if !has_prefix {
        return Some(name);
    }
    name.strip_prefix("b/").map(str::to_owned)
}

/// Undoes the quoting of names as C strings.
fn unquote(quoted: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'v' => 11,
            b'f' => 12,
            first @ b'0'..=b'3' => {
                let mut value = first - b'0';
                for _ in 0..2 {
                    let digit = rest.next().filter(|digit| (b'0'..=b'7').contains(digit))?;
                    value = value * 8 + (digit - b'0');
                }
                value
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
diff --git a/src/a.rs b/src/a.rs
index 111..222 100644
--- a/src/a.rs
+++ b/src/a.rs
@@ -1,3 +1,4 @@ fn main() {
 one
-+++ b/not-a-file.rs
+@@ -1 +900,9 @@
+two
 three
@@ -40 +41,2 @@
-x
+y
+z
\\ No newline at end of file
diff --git a/old.rs b/new.rs
similarity index 100%
rename from old.rs
rename to new.rs
diff --git a/gone.rs b/gone.rs
deleted file mode 100644
--- a/gone.rs
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git \"a/s\\303\\274\\\"\\n.rs\" \"b/s\\303\\274\\\"\\n.rs\"
--- /dev/null
+++ \"b/s\\303\\274\\\"\\n.rs\"
@@ -0,0 +1 @@
+x
";

    #[test]
    fn only_real_hunks_of_files_that_are_still_there_count() {
        let diff = Diff::parse(TEXT);
        assert_eq!(diff.paths().collect::<Vec<_>>(), ["new.rs", "src/a.rs", "sü\"\n.rs"]);
        let hunk = |start, lines| Hunk { start, lines };
        assert_eq!(diff.hunks("src/a.rs"), Some(&[hunk(1, 4), hunk(41, 2)][..]));
        assert_eq!(diff.hunks("new.rs"), Some(&[][..]));
        assert_eq!(diff.hunks("gone.rs"), None);
    }

    #[test]
    fn the_lists_of_the_api_give_the_same() {
        let mut diff = Diff::default();
        diff.add("src/a.rs", Some("@@ -1,3 +1,4 @@ fn\n one\n-a\n+@@ -1 +900,9 @@\n+two\n three"));
        diff.add("large.bin", None);
        assert_eq!(diff.hunks("src/a.rs"), Some(&[Hunk { start: 1, lines: 4 }][..]));
        assert_eq!(diff.hunks("large.bin"), Some(&[][..]));
    }
}
