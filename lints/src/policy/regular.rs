//! Reading configuration that the program finds by itself: strangers may have put anything in its place.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most bytes of a configuration file.
const MAX_BYTES: u64 = 1 << 20;

/// The text of a regular file. Pipes would be waited at for ever, and devices read for ever.
pub(crate) fn read(file: &Path) -> io::Result<String> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes")));
    }
    Ok(text)
}
