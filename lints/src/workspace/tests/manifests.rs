use super::*;

fn package<'a>(workspace: &'a Workspace, name: &str) -> &'a Package {
    workspace.packages.iter().find(|package| package.name == name).expect(name)
}

/// `kind name root` of each target.
fn targets(package: &Package) -> Vec<String> {
    let kind = |kind: &TargetKind| match kind {
        TargetKind::Lib { proc_macro: true, .. } => "proc-macro".to_string(),
        TargetKind::Lib { crate_types, .. } => crate_types.join("+"),
        other => format!("{other:?}").to_lowercase(),
    };
    package.targets.iter().map(|t| format!("{} {} {}", kind(&t.kind), t.name, t.root)).collect()
}

fn dependency<'a>(package: &'a Package, key: &str) -> &'a Dependency {
    package.dependencies.iter().find(|dependency| dependency.key == key).expect(key)
}

#[test]
fn targets_are_discovered_by_cargos_rules() {
    let root = tree(&[
        ("Cargo.toml", "[package]\nname = \"my-app\"\nedition = \"2021\""),
        ("build.rs", ""),
        ("src/lib.rs", ""),
        ("src/main.rs", ""),
        ("src/bin/one-tool.rs", ""),
        ("src/bin/two/main.rs", ""),
        ("src/bin/two/part.rs", ""),
        ("src/bin/not/a.rs", ""),
        ("examples/ex.rs", ""),
        ("tests/it/main.rs", ""),
        ("tests/common/mod.rs", ""),
        ("benches/speed.rs", ""),
    ]);
    let workspace = discover(root.path());
    assert_eq!(
        targets(package(&workspace, "my-app")),
        [
            "lib my_app src/lib.rs",
            "bin my_app src/main.rs",
            "bin one_tool src/bin/one-tool.rs",
            "bin two src/bin/two/main.rs",
            "example ex examples/ex.rs",
            "test it tests/it/main.rs",
            "bench speed benches/speed.rs",
            "buildscript build_script_build build.rs",
        ]
    );
}

#[test]
fn declared_targets_win_over_discovered_ones() {
    let root = tree(&[
        (
            "p/Cargo.toml",
            r#"
            [package]
            name = "p"
            edition = "2021"
            build = "build/main.rs"
            autoexamples = false
            [lib]
            name = "other"
            path = "lib/all.rs"
            crate-type = ["cdylib", "rlib"]
            [[bin]]
            name = "p-daemon"
            path = "./src/main.rs"
            required-features = ["daemon"]
            [[bin]]
            name = "tool"
            [[example]]
            name = "kept"
            [[test]]
            name = "gone"
            [[test]]
            name = "far"
            path = "../shared/far.rs"
            [[bench]]
            name = "speed"
            harness = false
            [[bin]]
            name = "out"
            path = "../../elsewhere.rs"
            "#,
        ),
        ("p/src/main.rs", ""),
        ("p/src/bin/tool/main.rs", ""),
        ("p/src/bin/found.rs", ""),
        ("p/examples/kept.rs", ""),
        ("p/examples/dropped.rs", ""),
        ("p/benches/speed.rs", ""),
        ("shared/far.rs", ""),
    ]);
    let workspace = discover(root.path());
    let package = package(&workspace, "p");
    assert_eq!(
        targets(package),
        [
            "cdylib+rlib other p/lib/all.rs",
            "bin p_daemon p/src/main.rs",
            "bin tool p/src/bin/tool/main.rs",
            "bin out ../elsewhere.rs",
            "bin found p/src/bin/found.rs",
            "example kept p/examples/kept.rs",
            "test far shared/far.rs",
            "bench speed p/benches/speed.rs",
            "buildscript build_script_main p/build/main.rs",
        ]
    );
    assert_eq!(package.targets[1].required_features, ["daemon"]);
    assert!(package.targets.iter().filter(|target| !target.harness).all(|target| target.name == "speed"));
}

#[test]
fn edition_2015_looks_no_further_than_what_is_declared() {
    let manifest = "[package]\nname = \"old\"\nbuild = false\n[[bin]]\nname = \"tool\"";
    let root = tree(&[
        ("Cargo.toml", manifest),
        ("build.rs", ""),
        ("src/old.rs", ""),
        ("src/tool.rs", ""),
        ("src/bin/other.rs", ""),
        ("tests/a.rs", ""),
    ]);
    let workspace = discover(root.path());
    let package = package(&workspace, "old");
    assert_eq!(package.edition, Edition::E2015);
    assert_eq!(targets(package), ["bin tool src/tool.rs", "test a tests/a.rs"]);
}

#[test]
fn proc_macros_are_told() {
    let root = tree(&[
        ("a/Cargo.toml", "[package]\nname = \"a\"\n[lib]\nproc-macro = true"),
        ("a/src/lib.rs", ""),
        ("b/Cargo.toml", "[package]\nname = \"b\"\n[lib]\ncrate-type = [\"proc-macro\"]"),
        ("b/src/lib.rs", ""),
    ]);
    let workspace = discover(root.path());
    assert_eq!(targets(package(&workspace, "a")), ["proc-macro a a/src/lib.rs"]);
    assert_eq!(targets(package(&workspace, "b")), ["proc-macro b b/src/lib.rs"]);
}

#[test]
fn members_inherit_from_their_workspace() {
    let root = tree(&[
        (
            "Cargo.toml",
            r#"
            [workspace]
            members = ["app", "libs/*"]
            [workspace.package]
            edition = "2024"
            rust-version = "1.88"
            publish = false
            [workspace.dependencies]
            rt = { package = "tokio", version = "1", default-features = false, features = ["rt"] }
            core-lib = { path = "libs/core" }
            "#,
        ),
        (
            "app/Cargo.toml",
            r#"
            [package]
            name = "app"
            version = "1.0.0"
            edition.workspace = true
            rust-version.workspace = true
            publish.workspace = true
            [dependencies]
            rt = { workspace = true, features = ["net"], optional = true }
            core-lib.workspace = true
            [dev-dependencies]
            rt = { workspace = true, default-features = true }
            [target.'cfg(unix)'.build-dependencies]
            libc = "0.2"
            "#,
        ),
        ("app/src/main.rs", ""),
        ("libs/core/Cargo.toml", "[package]\nname = \"core-lib\"\nlinks = \"z\"\n[lib]\nname = \"heart\""),
        ("libs/core/src/lib.rs", ""),
    ]);
    let workspace = discover(root.path());
    assert!(workspace.notices.is_empty(), "{:?}", workspace.notices);
    let app = package(&workspace, "app");
    assert_eq!(app.edition, Edition::E2024);
    assert_eq!(app.rust_version.as_deref(), Some("1.88"));
    assert_eq!(app.workspace.as_deref(), Some("Cargo.toml"));
    assert!(!app.publish);

    let core = dependency(app, "core-lib");
    let local = workspace.package(core.local.expect("a local package"));
    assert_eq!((&*local.dir, local.links.as_deref()), ("libs/core", Some("z")));
    assert_eq!(core.name_in_code, "heart", "code uses the library's name");

    let rt = dependency(app, "rt");
    assert_eq!((rt.name_in_code.as_str(), rt.package.as_str(), rt.local), ("rt", "tokio", None));
    assert_eq!(rt.features, ["rt", "net"]);
    assert!(rt.optional && !rt.default_features);
    let dev = app.dependencies.iter().find(|it| it.key == "rt" && it.kind == DependencyKind::Dev);
    assert!(dev.expect("a dev-dependency").default_features, "a member can switch defaults on");

    let libc = dependency(app, "libc");
    assert_eq!((libc.kind, libc.target_cfg.as_deref()), (DependencyKind::Build, Some("cfg(unix)")));
    assert_eq!(libc.version.as_deref(), Some("0.2"));
}

#[test]
fn the_nearest_workspace_that_does_not_exclude_is_the_one() {
    let edition = "edition.workspace = true";
    let member = |name: &str| format!("[package]\nname = \"{name}\"\n{edition}");
    let root_manifest =
        "[workspace]\nexclude = [\"out\", \"nested\"]\n[workspace.package]\nedition = \"2018\"";
    let root = tree(&[
        ("Cargo.toml", root_manifest),
        ("in/Cargo.toml", &member("inner")),
        ("out/Cargo.toml", "[package]\nname = \"out\""),
        ("nested/Cargo.toml", "[workspace]\n[workspace.package]\nedition = \"2021\""),
        ("nested/a/Cargo.toml", &member("nested")),
        (
            "in/deep/Cargo.toml",
            "[package]\nname = \"far\"\nworkspace = \"../../nested\"\nedition.workspace = true",
        ),
    ]);
    let workspace = discover(root.path());
    let seen = |name| {
        let package = package(&workspace, name);
        (package.edition, package.workspace.as_deref())
    };
    assert_eq!(seen("inner"), (Edition::E2018, Some("Cargo.toml")));
    assert_eq!(seen("out"), (Edition::E2015, None));
    assert_eq!(seen("nested"), (Edition::E2021, Some("nested/Cargo.toml")));
    assert_eq!(seen("far"), (Edition::E2021, Some("nested/Cargo.toml")));
}

#[test]
fn patches_lead_to_local_packages() {
    let root = tree(&[
        (
            "Cargo.toml",
            r#"
            [package]
            name = "app"
            [dependencies]
            plain = "1"
            odd = { package = "renamed", version = "2" }
            forked = { git = "https://example.org/forked" }
            old = "0.1"
            other = "1"
            [patch.crates-io]
            plain = { path = "patched/plain" }
            anything = { package = "renamed", path = "patched/renamed" }
            [patch."https://example.org/forked.git"]
            forked = { path = "patched/forked" }
            [replace]
            "old:0.1.0" = { path = "patched/old" }
            "#,
        ),
        ("patched/plain/Cargo.toml", "[package]\nname = \"plain\""),
        ("patched/renamed/Cargo.toml", "[package]\nname = \"renamed\""),
        ("patched/renamed/src/lib.rs", ""),
        ("patched/forked/Cargo.toml", "[package]\nname = \"forked\""),
        ("patched/old/Cargo.toml", "[package]\nname = \"old\""),
        ("other/Cargo.toml", "[package]\nname = \"other\""),
    ]);
    let workspace = discover(root.path());
    let app = package(&workspace, "app");
    let local = |key| dependency(app, key).local.map(|id| &*workspace.package(id).dir);
    assert_eq!(local("plain"), Some("patched/plain"));
    assert_eq!(local("odd"), Some("patched/renamed"));
    assert_eq!(local("forked"), Some("patched/forked"));
    assert_eq!(local("old"), Some("patched/old"));
    assert_eq!(local("other"), None, "the registry's, though a package here bears the name");
    assert_eq!(dependency(app, "odd").name_in_code, "odd");
}

#[test]
fn a_workspace_out_of_sight_is_told_once() {
    let member = "[package]\nname = \"m\"\nedition.workspace = true\n[dependencies]\nlog.workspace = true";
    let root =
        tree(&[("Cargo.toml", "[workspace]"), ("in/a/Cargo.toml", member), ("in/b/Cargo.toml", member)]);
    let workspace = discover(&root.path().join("in"));
    assert_eq!(workspace.packages[0].edition, Edition::LATEST);
    assert_eq!(dependency(&workspace.packages[0], "log").package, "log");
    let notices: Vec<_> = workspace.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("and 1 more"), "{notices:?}");
}

#[test]
fn paths_out_of_the_root_are_named_but_not_read() {
    let root = tree(&[
        ("out/Cargo.toml", "[package]\nname = \"out\""),
        ("in/Cargo.toml", "[package]\nname = \"in\"\n[dependencies]\nout = { path = \"../out\" }"),
    ]);
    let workspace = discover(&root.path().join("in"));
    assert_eq!(workspace.packages.len(), 1);
    assert_eq!(dependency(&workspace.packages[0], "out").local, None);
}
