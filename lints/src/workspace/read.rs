//! Reading texts that strangers wrote.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::finding::Notice;

/// The text of the file at `absolute`, whose path in notices is `path`, if it is UTF-8 of at most `max` bytes.
pub(super) fn text(absolute: &Path, path: &Arc<str>, max: u64) -> Result<String, Notice> {
    let notice = |message: String| Notice { path: path.clone(), place: None, message };
    let unreadable = |error: std::io::Error| notice(format!("cannot be read: {error}"));
    let mut file = File::open(absolute).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(notice("is not a regular file and was skipped".into()));
    }
    // Offsets are 32 bits wide throughout.
    let max = max.min(u64::from(u32::MAX));
    if metadata.len() > max {
        return Err(too_large(path, metadata.len(), max));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    // The file may grow while it is read.
    file.by_ref().take(max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    decoded(bytes, path, max)
}

/// Bytes as a text, if they are UTF-8 and at most `max`.
pub(super) fn decoded(bytes: Vec<u8>, path: &Arc<str>, max: u64) -> Result<String, Notice> {
    if bytes.len() as u64 > max {
        return Err(too_large(path, bytes.len() as u64, max));
    }
    String::from_utf8(bytes)
        .map_err(|error| not_utf8(path, error.as_bytes(), error.utf8_error().valid_up_to()))
}

fn too_large(path: &Arc<str>, bytes: u64, max: u64) -> Notice {
    let message = format!("has {bytes} bytes, more than the limit of {max}; exclude it or raise the limit");
    Notice { path: path.clone(), place: None, message }
}

fn not_utf8(path: &Arc<str>, bytes: &[u8], valid: usize) -> Notice {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "is UTF-16 and was skipped; save it as UTF-8".into();
        return Notice { path: path.clone(), place: None, message };
    }
    let good = &bytes[..valid];
    let line = memchr::memchr_iter(b'\n', good).count() as u32 + 1;
    let start = memchr::memrchr(b'\n', good).map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&good[start..]).chars().count() as u32 + 1;
    let message = format!("is not UTF-8 (byte 0x{:02x}) and was skipped; save it as UTF-8", bytes[valid]);
    Notice { path: path.clone(), place: Some((line, column)), message }
}
