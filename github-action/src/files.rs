//! Files, with limits.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use runtime_policy_bot::remark::{MOST_BYTES, is_inside};

use crate::failure::Failure;

/// A text of at most [`MOST_BYTES`].
pub fn read(file: &Path) -> Result<String, Failure> {
    let fail = |message: String| Failure::Usage(format!("cannot read `{}`: {message}", file.display()));
    let mut text = String::new();
    let open = File::open(file).map_err(|error| fail(error.to_string()))?;
    open.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(fail(format!("it has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(text)
}

/// Writes a file.
pub fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text)
        .map_err(|error| Failure::Usage(format!("cannot write `{}`: {error}", file.display())))
}

/// Adds to a file that other steps write to as well.
pub fn append(file: &Path, text: &str) -> Result<(), Failure> {
    let fail = |error| Failure::Usage(format!("cannot write `{}`: {error}", file.display()));
    let mut open = OpenOptions::new().append(true).create(true).open(file).map_err(fail)?;
    open.write_all(text.as_bytes()).map_err(fail)
}

/// A file's text, if it really lies below `root`: not through a link that leads out.
pub fn inside(root: &Path, path: &str) -> Option<String> {
    if !is_inside(path) {
        return None;
    }
    let root = root.canonicalize().ok()?;
    let file = root.join(path).canonicalize().ok()?;
    file.starts_with(&root).then(|| read(&file).ok())?
}
