//! Configuration files further down in the tree.

use std::path::Path;

use ignore::WalkBuilder;

use super::FILE_NAME;

/// Every configuration file below `root`, its own left out: paths relative to it, with `/`, sorted. Looks where a
/// check looks: not into ignored or hidden folders.
pub fn nested(root: &Path) -> Vec<String> {
    let mut found: Vec<String> = WalkBuilder::new(root)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.depth() > 1 && entry.file_name() == FILE_NAME)
        .filter_map(|entry| {
            let relative = entry.path().strip_prefix(root).ok()?.to_str()?;
            Some(relative.replace('\\', "/"))
        })
        .collect();
    found.sort();
    found
}
