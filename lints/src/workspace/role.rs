//! Whether a file is production code, told from its place.

use super::modules::Module;
use super::package::Package;
use super::targets::TargetKind;

/// What a file is for. Rules look at [`Role::Production`] unless they say otherwise. Tests *inside* production files
/// (`#[cfg(test)]`) and generated code are told from the text, not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs where users notice.
    Production,
    /// Integration tests and their data.
    Test,
    /// Benchmarks.
    Bench,
    /// Examples.
    Example,
    /// Fuzz targets.
    Fuzz,
    /// Runs while the package is built.
    BuildScript,
    /// A package or folder that exists for tests: helpers, harnesses, end-to-end suites.
    TestSupport,
}

/// The role of a file, from the first of these that says something:
///
/// 1. a folder named `tests`, `benches`, `examples`, `fuzz`, `testing`, `benchmarks`, `e2e_tests` or the like on the way
///    from the root to the package, or right in the package. Deeper folders do not count: `src/examples/mod.rs` is a module like any other. Where a file
///    has no package, all its folders count;
/// 2. a package marked as cargo-fuzz's or with `fuzzing` in its name, one whose name has the word `benchmark`, or one of
///    the words `test`, `tests`, `testing`, `tstest`, `e2e`, or has `testutil` in it (`test_utils`, `foo-test-helpers`,
///    `e2e-runner`);
/// 3. a test, bench, example or build script declared with a path of its own: its root, and where that is named `main.rs`,
///    the folder around it.
pub fn production_role(path: &str, package: Option<&Package>) -> Role {
    by_folder(path, package)
        .or_else(|| package.and_then(by_package))
        .or_else(|| package.and_then(|package| by_target(path, package)))
        .unwrap_or(Role::Production)
}

fn by_folder(path: &str, package: Option<&Package>) -> Option<Role> {
    let folders = super::parent(path);
    let counted = match package {
        None => usize::MAX,
        Some(package) => package.dir.split('/').filter(|part| !part.is_empty()).count() + 1,
    };
    folders.split('/').take(counted).find_map(|folder| match folder {
        "tests" => Some(Role::Test),
        "benches" | "benchmarks" => Some(Role::Bench),
        "examples" => Some(Role::Example),
        "fuzz" | "fuzzing" => Some(Role::Fuzz),
        "testing" | "testsuite" | "e2e" | "e2e_tests" | "e2e-tests" | "integration_tests"
        | "integration-tests" => Some(Role::TestSupport),
        _ => None,
    })
}

fn by_package(package: &Package) -> Option<Role> {
    if package.fuzz {
        return Some(Role::Fuzz);
    }
    let words = || package.name.split(['-', '_']);
    if words().any(|word| matches!(word, "fuzzing" | "fuzzer" | "fuzzers")) {
        return Some(Role::Fuzz);
    }
    if words().any(|word| matches!(word, "benchmark" | "benchmarks")) {
        return Some(Role::Bench);
    }
    let test = |word: &str| matches!(word, "test" | "tests" | "testing" | "tstest" | "e2e");
    let named = package.name.contains("testutil") || words().any(test);
    named.then_some(Role::TestSupport)
}

fn by_target(path: &str, package: &Package) -> Option<Role> {
    package.targets.iter().find_map(|target| {
        let role = match target.kind {
            TargetKind::Test => Role::Test,
            TargetKind::Bench => Role::Bench,
            TargetKind::Example => Role::Example,
            TargetKind::BuildScript => Role::BuildScript,
            TargetKind::Lib { .. } | TargetKind::Bin => return None,
        };
        let around = || {
            let folder = target.root.strip_suffix("/main.rs")?;
            let inner = folder.strip_prefix(&*package.dir)?.trim_start_matches('/');
            (!inner.is_empty() && inner != "src").then(|| path.strip_prefix(folder)?.strip_prefix('/'))?
        };
        (*target.root == *path || around().is_some()).then_some(role)
    })
}

/// The role of a Go file: by its own name, else by the folders between its module and it, `internal` and `cmd` left out,
/// else by the last element of its module's path, else by a folder of examples that its module lies in.
pub(super) fn go_role(path: &str, module: Option<&Module>) -> Role {
    let within = module.map_or(path, |module| path.strip_prefix(&*module.dir).unwrap_or(path));
    let (folders, name) = within.rsplit_once('/').unwrap_or(("", within));
    if name.ends_with("_test.go") {
        return Role::Test;
    }
    let of_module = module.and_then(|module| module.path.rsplit('/').next()).into_iter();
    let above = module.map_or("", |module| &module.dir).split('/');
    let example = |folder: &str| go_folder(folder).filter(|role| *role == Role::Example);
    let own = folders.split('/').chain(of_module).find_map(go_folder);
    own.or_else(|| above.into_iter().find_map(example)).unwrap_or(Role::Production)
}

fn go_folder(folder: &str) -> Option<Role> {
    // The go command builds no folder of these names.
    if folder == "testdata" || folder.starts_with('_') {
        return Some(Role::Test);
    }
    match folder {
        "examples" | "example" => Some(Role::Example),
        "benchmark" | "benchmarks" | "bench" => Some(Role::Bench),
        "fuzz" | "fuzzing" => Some(Role::Fuzz),
        _ => {
            let word = |word: &str| matches!(word, "test" | "tests" | "testing" | "e2e" | "e2etest");
            let named = folder == "tstest"
                || folder.contains("testutil")
                || folder.contains("testhelper")
                || folder.split(['-', '_']).any(word);
            named.then_some(Role::TestSupport)
        }
    }
}
