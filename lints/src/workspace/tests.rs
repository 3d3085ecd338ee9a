use std::fs;

use super::*;

/// A tree of files, each with its text.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        write(root.path(), path, text.as_bytes());
    }
    root
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, bytes).expect("a file");
}

fn discover(root: &Path) -> Workspace {
    Workspace::discover(root, &Discovery::default()).expect("a workspace")
}

fn paths(workspace: &Workspace) -> Vec<&str> {
    workspace.files.iter().map(|file| &*file.path).collect()
}

#[test]
fn walk_finds_what_matters_sorted() {
    let root = tree(&[
        ("b.rs", ""),
        ("a/z.go", ""),
        ("a.rs", ""),
        ("README.md", ""),
        (".github/workflows/ci.yml", ""),
        (".github/other/x.rs", ""),
        (".hidden/x.rs", ""),
        ("Dockerfile", ""),
    ]);
    let workspace = discover(root.path());
    assert_eq!(paths(&workspace), [".github/workflows/ci.yml", "Dockerfile", "a.rs", "a/z.go", "b.rs"]);
    assert!(workspace.files.iter().all(|file| file.package.is_none() && file.reported));
    assert!(workspace.notices.is_empty());
}
