//! What C code a package binds: cgo's preamble and the packages that wrap libraries.

use std::sync::Arc;

use crate::go::program::{FileData, PackageId, Program};

impl Program<'_> {
    /// Libraries, headers, frameworks and imported packages of a package's files, as they name them; sorted.
    pub(super) fn bound_by(&self, package: PackageId) -> Vec<Arc<str>> {
        let files = self.packages[package as usize].files.iter().filter_map(|file| self.file(*file));
        let mut names: Vec<Arc<str>> = Vec::new();
        for data in files {
            // A package of the standard library binds nothing, and its name is a word like others.
            let imports = data.outline.imports.iter().filter(|import| import.path.contains('.'));
            names.extend(imports.map(|import| Arc::from(&*import.path)));
            preambles(data).for_each(|text| names.extend(bound_in(text)));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The comments above `import "C"`.
fn preambles(data: &FileData) -> impl Iterator<Item = &str> {
    let import = data.outline.imports.iter().find(|import| &*import.path == "C");
    let end = import.map_or(0, |import| import.span.start);
    let comments = data.comments.iter().filter(move |comment| comment.span.end <= end);
    comments.map(|comment| comment.text.as_str())
}

/// `#include <GL/gl.h>`, `#cgo LDFLAGS: -lGL -framework Cocoa`, `#cgo pkg-config: gtk+-3.0`.
fn bound_in(preamble: &str) -> Vec<Arc<str>> {
    let mut names = Vec::new();
    for line in preamble.lines() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix("#include").or_else(|| line.strip_prefix("#import")) {
            names.push(header.trim().trim_matches(['<', '>', '"']).into());
        } else if let Some((to, flags)) = line.strip_prefix("#cgo").and_then(|rest| rest.split_once(':')) {
            let mut words = flags.split_whitespace();
            while let Some(word) = words.next() {
                match word {
                    "-framework" => names.extend(words.next().map(Arc::from)),
                    _ if to.contains("pkg-config") => names.push(word.into()),
                    _ => names.extend(word.strip_prefix("-l").map(Arc::from)),
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preamble_names_what_it_binds() {
        let text = "#cgo LDFLAGS: -L/x -lGL -framework Cocoa\n#cgo linux pkg-config: gtk+-3.0\n#include <a/b.h>\nint x;";
        let names = bound_in(text);
        assert_eq!(
            names.iter().map(|name| &**name).collect::<Vec<_>>(),
            ["GL", "Cocoa", "gtk+-3.0", "a/b.h"]
        );
    }
}
