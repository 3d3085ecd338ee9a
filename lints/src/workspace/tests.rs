mod manifests;
mod roles;

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

#[test]
fn vendored_folders_are_left_out_unless_asked_for() {
    let root = tree(&[
        ("src/lib.rs", ""),
        ("vendor/modules.txt", ""),
        ("vendor/github.com/x/x.go", ""),
        ("rust/vendor/libc/.cargo-checksum.json", "{}"),
        ("rust/vendor/libc/src/lib.rs", ""),
        ("deps/rand/.cargo-checksum.json", "{}"),
        ("deps/rand/Cargo.toml", "[package]\nname = \"rand\""),
        ("deps/rand/src/lib.rs", ""),
        ("node_modules/a/a.rs", ""),
        ("third_party/a.rs", ""),
        ("target/CACHEDIR.TAG", ""),
        ("target/debug/build/out.rs", ""),
        ("src/target/mod.rs", ""),
        ("src/vendor/mod.rs", ""),
    ]);
    let workspace = discover(root.path());
    assert_eq!(paths(&workspace), ["src/lib.rs", "src/target/mod.rs", "src/vendor/mod.rs"]);
    assert!(workspace.packages.is_empty());

    let all = Workspace::discover(root.path(), &Discovery { vendored: true, ..Discovery::default() });
    assert_eq!(all.expect("a workspace").files.len(), 9);

    let asked = Discovery { paths: vec!["third_party".into(), "deps/rand".into()], ..Discovery::default() };
    let workspace = Workspace::discover(root.path(), &asked).expect("a workspace");
    let reported: Vec<_> =
        workspace.files.iter().filter(|file| file.reported).map(|file| &*file.path).collect();
    assert_eq!(reported, ["deps/rand/src/lib.rs", "third_party/a.rs"]);
}

#[test]
fn ignore_files_follow_ripgrep() {
    let files = [("a.rs", ""), ("b.rs", ""), ("c.rs", ""), (".gitignore", "a.rs"), (".ignore", "b.rs")];
    let root = tree(&files);
    assert_eq!(paths(&discover(root.path())), ["a.rs", "c.rs"], "no repository: `.gitignore` says nothing");
    fs::create_dir(root.path().join(".git")).expect("a folder");
    assert_eq!(paths(&discover(root.path())), ["c.rs"]);
    let off = Discovery { ignore_files: false, ..Discovery::default() };
    assert_eq!(Workspace::discover(root.path(), &off).expect("a workspace").files.len(), 3);
    let asked = Discovery { paths: vec!["a.rs".into()], ..Discovery::default() };
    let workspace = Workspace::discover(root.path(), &asked).expect("a workspace");
    let reported: Vec<_> = workspace.files.iter().map(|file| (&*file.path, file.reported)).collect();
    assert_eq!(reported, [("a.rs", true), ("c.rs", false)], "a named file is taken though ignored");
}

#[test]
fn excluded_paths_are_gone_even_when_named() {
    let root = tree(&[("src/a.rs", ""), ("gen/b.rs", ""), ("src/c_pb.rs", "")]);
    let options = Discovery {
        exclude: vec!["gen/".into(), "*_pb.rs".into()],
        paths: vec!["gen/b.rs".into(), "src".into()],
        ..Discovery::default()
    };
    assert_eq!(paths(&Workspace::discover(root.path(), &options).expect("a workspace")), ["src/a.rs"]);
    let malformed = Discovery { exclude: vec!["a{b".into()], ..Discovery::default() };
    let error = Workspace::discover(root.path(), &malformed).expect_err("a malformed glob");
    assert!(error.to_string().starts_with("malformed glob to exclude, `a{b`"), "{error}");
}

#[test]
fn paths_that_are_not_there_or_outside_are_errors() {
    let root = tree(&[("in/a.rs", ""), ("out/b.rs", "")]);
    let inside = root.path().join("in");
    let ask = |path: &str| {
        let options = Discovery { paths: vec![path.into()], ..Discovery::default() };
        Workspace::discover(&inside, &options).expect_err(path).to_string()
    };
    assert!(ask("nowhere.rs").contains("nowhere.rs"));
    assert!(ask("../out/b.rs").contains("lies outside"));
    assert!(Workspace::discover(&root.path().join("nowhere"), &Discovery::default()).is_err());
}

#[test]
fn a_lone_file_is_its_own_root() {
    let root = tree(&[("a.rs", "fn main() {}"), ("b.rs", ""), ("Cargo.toml", "[package]\nname = \"x\"")]);
    let workspace = discover(&root.path().join("a.rs"));
    assert_eq!(paths(&workspace), ["a.rs"]);
    assert_eq!(workspace.files[0].package, None);
    assert_eq!(&*workspace.read(&workspace.files[0]).expect("a text").text, "fn main() {}");
}

#[test]
fn results_do_not_depend_on_threads() {
    let root = tempfile::tempdir().expect("a temporary folder");
    for at in 0..60 {
        write(root.path(), &format!("p{}/d{at}/src/f{at}.rs", at % 7), b"");
    }
    let with = |threads| {
        let options = Discovery { threads, ..Discovery::default() };
        Workspace::discover(root.path(), &options).expect("a workspace").files
    };
    assert_eq!(with(1), with(8));
    assert!(with(8).is_sorted_by(|a, b| a.path < b.path));
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_never_opened() {
    let root = tree(&[("in/a.rs", ""), ("out/b.rs", ""), ("out/Cargo.toml", "[package]\nname = \"x\"")]);
    let inside = root.path().join("in");
    std::os::unix::fs::symlink("../out", inside.join("folder")).expect("a link");
    std::os::unix::fs::symlink("../out/b.rs", inside.join("file.rs")).expect("a link");
    std::os::unix::fs::symlink("../out/Cargo.toml", inside.join("Cargo.toml")).expect("a link");
    std::os::unix::fs::symlink(".", inside.join("loop")).expect("a link");
    std::os::unix::net::UnixListener::bind(inside.join("socket.rs")).expect("a socket");
    let workspace = discover(&inside);
    assert_eq!(paths(&workspace), ["a.rs"]);
    assert!(workspace.packages.is_empty());
}

#[cfg(unix)]
#[test]
fn folders_that_cannot_be_read_become_notices() {
    use std::os::unix::fs::PermissionsExt;
    let root = tree(&[("a.rs", ""), ("locked/b.rs", "")]);
    let locked = root.path().join("locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).expect("permissions");
    if fs::read_dir(&locked).is_ok() {
        return; // The superuser reads everything.
    }
    let workspace = discover(root.path());
    assert_eq!(paths(&workspace), ["a.rs"]);
    let notices: Vec<_> = workspace.notices.iter().map(|n| (&*n.path, n.message.as_str())).collect();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].0, "locked");
    assert!(notices[0].1.starts_with("cannot be read: "), "{notices:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_become_notices() {
    use std::os::unix::ffi::OsStrExt;
    let root = tree(&[("a.rs", "")]);
    let folder = root.path().join(std::ffi::OsStr::from_bytes(b"d\xff"));
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("x.rs"), "").expect("a file");
    fs::write(root.path().join(std::ffi::OsStr::from_bytes(b"f\xff.rs")), "").expect("a file");
    let workspace = discover(root.path());
    assert_eq!(paths(&workspace), ["a.rs"]);
    let noticed: Vec<_> = workspace.notices.iter().map(|notice| &*notice.path).collect();
    assert_eq!(noticed, ["d\u{fffd}", "f\u{fffd}.rs"]);
}

#[test]
fn texts_that_cannot_be_used_are_told_with_their_place() {
    let root = tree(&[("bom.rs", "\u{feff}fn a() {}")]);
    write(root.path(), "latin.rs", b"fn a() {}\n// gr\xfc\xdfe\n");
    write(root.path(), "utf16.rs", b"\xff\xfef\0n\0");
    write(root.path(), "big.rs", &[b' '; 65]);
    let options = Discovery { max_file_bytes: 64, ..Discovery::default() };
    let workspace = Workspace::discover(root.path(), &options).expect("a workspace");
    let read = |path: &str| workspace.read(workspace.file(path).expect(path));
    assert!(read("bom.rs").expect("a text").text.starts_with('\u{feff}'), "offsets count the mark");
    let latin = read("latin.rs").expect_err("not UTF-8");
    assert_eq!((&*latin.path, latin.place), ("latin.rs", Some((2, 6))));
    assert!(read("utf16.rs").expect_err("UTF-16").message.contains("UTF-16"));
    assert!(read("big.rs").expect_err("too large").message.contains("65 bytes, more than the limit of 64"));
}

#[test]
fn a_manifest_that_does_not_parse_costs_only_its_package() {
    let root = tree(&[
        ("Cargo.toml", "[package]\nname = \"outer\"\nedition = \"2021\""),
        ("src/lib.rs", ""),
        ("bad/Cargo.toml", "[package]\nname = \"bad\"\nedition = "),
        ("bad/src/lib.rs", ""),
        (
            "typed/Cargo.toml",
            "[package]\nname = \"typed\"\n\n[dependencies]\na = \"1\"\nb = { optional = 3 }",
        ),
    ]);
    let workspace = discover(root.path());
    assert_eq!(workspace.packages.len(), 1);
    assert_eq!(workspace.package_of("src/lib.rs"), Some(PackageId(0)));
    assert_eq!(workspace.package_of("bad/src/lib.rs"), None, "not the outer package's");
    let places: Vec<_> = workspace.notices.iter().map(|notice| (&*notice.path, notice.place)).collect();
    assert_eq!(places, [("bad/Cargo.toml", Some((3, 11))), ("typed/Cargo.toml", Some((6, 5)))]);
    assert!(workspace.notices.iter().all(|notice| notice.message.contains("until the manifest is mended")));
}
