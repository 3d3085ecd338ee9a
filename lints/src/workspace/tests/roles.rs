use super::*;

/// The role of one file in a tree of manifests `(folder, package name)` and further files.
fn role(packages: &[(&str, &str)], path: &str) -> Role {
    let root = tree(&[(path, "")]);
    for (folder, name) in packages {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2021\"");
        write(root.path(), &format!("{folder}/Cargo.toml"), manifest.as_bytes());
    }
    discover(root.path()).file(path).expect(path).role
}

#[test]
fn roles_follow_folders_right_in_or_above_the_package() {
    let app = [("app", "app")];
    assert_eq!(role(&app, "app/src/main.rs"), Role::Production);
    assert_eq!(role(&app, "app/tests/it.rs"), Role::Test);
    assert_eq!(role(&app, "app/tests/deep/mod.rs"), Role::Test);
    assert_eq!(role(&app, "app/benches/b.rs"), Role::Bench);
    assert_eq!(role(&app, "app/examples/e/main.rs"), Role::Example);
    assert_eq!(role(&app, "app/fuzz/f.rs"), Role::Fuzz);
    assert_eq!(role(&app, "app/build.rs"), Role::BuildScript);
    assert_eq!(role(&app, "app/src/examples/mod.rs"), Role::Production, "a module like any other");
    assert_eq!(role(&[("testing/sim", "sim")], "testing/sim/src/lib.rs"), Role::TestSupport);
    assert_eq!(role(&[("src/tests/sim", "sim")], "src/tests/sim/src/lib.rs"), Role::Test);
    assert_eq!(role(&[], "scripts/tests/x.rs"), Role::Test);
    assert_eq!(role(&[], "scripts/x.rs"), Role::Production);
}

#[test]
fn packages_for_tests_are_told_by_name() {
    let support = [
        "test_helpers",
        "store-test",
        "x-test-utils",
        "xtestutil",
        "testutils",
        "tstest",
        "e2e-app",
        "a_tests",
    ];
    for name in support {
        assert_eq!(role(&[("p", name)], "p/src/lib.rs"), Role::TestSupport, "{name}");
    }
    for name in ["latest", "attestation", "nextest-runner", "contest", "testcontainers"] {
        assert_eq!(role(&[("p", name)], "p/src/lib.rs"), Role::Production, "{name}");
    }
}

#[test]
fn packages_that_measure_or_fuzz_are_told_by_name_and_folder() {
    assert_eq!(role(&[("p", "parser-fuzzing")], "p/src/lib.rs"), Role::Fuzz);
    assert_eq!(role(&[("p", "executor_benchmark")], "p/src/main.rs"), Role::Bench);
    assert_eq!(role(&[("core/benchmarks", "x-bench")], "core/benchmarks/src/lib.rs"), Role::Bench);
    assert_eq!(role(&[("e2e_tests/fixture", "fixture")], "e2e_tests/fixture/src/vm.rs"), Role::TestSupport);
    assert_eq!(role(&[("p", "workbench")], "p/src/lib.rs"), Role::Production);
    assert_eq!(role(&[("p", "p")], "p/src/benchmarks/mod.rs"), Role::Production);
}

#[test]
fn targets_with_their_own_paths_take_their_folder_along() {
    let manifest = r#"
        [package]
        name = "p"
        build = "build/main.rs"
        [[test]]
        name = "it"
        path = "integration/main.rs"
        [[bench]]
        name = "b"
        path = "src/speed.rs"
    "#;
    let root = tree(&[
        ("Cargo.toml", manifest),
        ("build/main.rs", ""),
        ("build/gen.rs", ""),
        ("integration/main.rs", ""),
        ("integration/a/b.rs", ""),
        ("src/speed.rs", ""),
        ("src/lib.rs", ""),
        ("fuzz/Cargo.toml", "[package]\nname = \"odd\"\n[package.metadata]\ncargo-fuzz = true"),
        ("fuzz/targets/t.rs", ""),
    ]);
    let workspace = discover(root.path());
    let role = |path: &str| workspace.file(path).expect(path).role;
    assert_eq!(role("build/gen.rs"), Role::BuildScript);
    assert_eq!(role("integration/a/b.rs"), Role::Test);
    assert_eq!(role("src/speed.rs"), Role::Bench);
    assert_eq!(role("src/lib.rs"), Role::Production);
    assert_eq!(role("fuzz/targets/t.rs"), Role::Fuzz);
}
