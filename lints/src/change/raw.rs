//! Git's lists, parted by zero bytes: what differs, and what the index holds.

use super::Error;

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub before: Side,
    pub after: Side,
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Side {
    /// Relative to the top of the work tree.
    pub path: String,
    pub mode: Mode,
    /// The object; zeros where git has none.
    pub id: String,
}

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Not there.
    Absent,
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

impl Mode {
    fn parse(text: &str) -> Mode {
        match text {
            "000000" => Mode::Absent,
            "120000" => Mode::Link,
            "160000" => Mode::Submodule,
            _ => Mode::File,
        }
    }
}

/// What the index says of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub path: String,
    pub mode: Mode,
    pub id: String,
    /// Not 0 while a conflict is unresolved.
    pub stage: u8,
    /// Not checked out, because the checkout is sparse.
    pub skipped: bool,
    /// Git was told not to look at the file on disk.
    pub unwatched: bool,
}

fn text(bytes: &[u8]) -> String {
    // A name that is not UTF-8 names no file that is looked at; `�` keeps it from naming another one.
    String::from_utf8_lossy(bytes).into_owned()
}

fn strange(what: &[u8]) -> Error {
    Error::Git(format!("it gave a list that is not understood: `{}`", text(what)))
}

/// Reads the output of `diff-index`, `diff-files` and `diff-tree` with `--raw -z --no-abbrev`.
pub(super) fn differences(output: &[u8]) -> Result<Vec<Difference>, Error> {
    let mut parts = output.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    let mut found = Vec::new();
    while let Some(head) = parts.next() {
        let line = text(head);
        let fields: Vec<&str> = line.strip_prefix(':').unwrap_or_default().split(' ').collect();
        let [old_mode, new_mode, old, new, status] = fields[..] else { return Err(strange(head)) };
        let first = text(parts.next().ok_or_else(|| strange(head))?);
        let second = match status.starts_with(['R', 'C']) {
            true => text(parts.next().ok_or_else(|| strange(head))?),
            false => first.clone(),
        };
        found.push(Difference {
            before: Side { path: first, mode: Mode::parse(old_mode), id: old.to_owned() },
            after: Side { path: second, mode: Mode::parse(new_mode), id: new.to_owned() },
        });
    }
    Ok(found)
}

/// Reads the output of `ls-files -z -s -v`.
pub(super) fn index(output: &[u8]) -> Result<Vec<Entry>, Error> {
    let entry = |line: &[u8]| {
        let tab = memchr::memchr(b'\t', line).ok_or_else(|| strange(line))?;
        let head = text(&line[..tab]);
        let [tag, mode, id, stage] = head.split(' ').collect::<Vec<_>>()[..] else {
            return Err(strange(line));
        };
        Ok(Entry {
            path: text(&line[tab + 1..]),
            mode: Mode::parse(mode),
            id: id.to_owned(),
            stage: stage.parse().map_err(|_| strange(line))?,
            skipped: tag.eq_ignore_ascii_case("s"),
            unwatched: tag.starts_with(|tag: char| tag.is_ascii_lowercase()),
        })
    };
    output.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(entry).collect()
}

/// Reads the output of `ls-tree -r -z --full-tree`: path, mode and object.
pub(super) fn tree(output: &[u8]) -> Result<Vec<Side>, Error> {
    let side = |line: &[u8]| {
        let tab = memchr::memchr(b'\t', line).ok_or_else(|| strange(line))?;
        let head = text(&line[..tab]);
        let [mode, _, id] = head.split(' ').collect::<Vec<_>>()[..] else { return Err(strange(line)) };
        Ok(Side { path: text(&line[tab + 1..]), mode: Mode::parse(mode), id: id.to_owned() })
    };
    output.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(side).collect()
}

/// Reads a list of paths.
pub(super) fn paths(output: &[u8]) -> Vec<String> {
    output.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_have_two_paths_and_the_rest_one() {
        let output = b":100644 100644 aa bb M\0src/a b.rs\0:100644 100755 cc dd R087\0old.rs\0new.rs\0\
                       :000000 120000 00 ee A\0link\0:160000 160000 11 22 M\0sub\0";
        let found = differences(output).expect("read");
        let shown: Vec<_> =
            found.iter().map(|one| (&*one.before.path, &*one.after.path, one.after.mode)).collect();
        assert_eq!(
            shown,
            [
                ("src/a b.rs", "src/a b.rs", Mode::File),
                ("old.rs", "new.rs", Mode::File),
                ("link", "link", Mode::Link),
                ("sub", "sub", Mode::Submodule),
            ]
        );
        assert_eq!(found[2].before.mode, Mode::Absent);
        assert!(differences(b"M\0src/a.rs\0").is_err());
    }

    #[test]
    fn the_index_tells_stages_and_what_is_not_checked_out() {
        let output =
            b"H 100644 aa 0\ta.rs\0S 100644 bb 0\tb.rs\0h 100644 cc 0\tc\td.rs\0H 100644 dd 2\te.rs\0";
        let found = index(output).expect("read");
        let shown: Vec<_> =
            found.iter().map(|one| (&*one.path, one.skipped, one.unwatched, one.stage)).collect();
        let expected = [
            ("a.rs", false, false, 0),
            ("b.rs", true, false, 0),
            ("c\td.rs", false, true, 0),
            ("e.rs", false, false, 2),
        ];
        assert_eq!(shown, expected);
    }
}
