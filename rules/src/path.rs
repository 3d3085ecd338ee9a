//! Paths of APIs: how messages show them, and what of an import path only tells a version.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::schema::Language;

/// Import paths in the catalogue that hold no `/`: `runtime`, `os`, `C`.
static GO_ROOTS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let paths = crate::apis(Language::Go).iter().flat_map(|api| api.paths.iter());
    paths.filter_map(|path| Some(path.split_once("::")?.0)).filter(|import| !import.contains('/')).collect()
});

/// How a message names an API: the last two names of a Rust path, `Runtime::new`; of a Go path the package's name and
/// what follows, `http.ListenAndServe`.
pub fn short(path: &str) -> Cow<'_, str> {
    let import = path.split("::").next().unwrap_or(path);
    if import.contains('/') || GO_ROOTS.contains(import) {
        let name_at = import.rfind('/').map_or(0, |slash| slash + 1);
        return Cow::Owned(path[name_at..].replace("::", "."));
    }
    let mut at = path.rmatch_indices("::");
    at.next();
    Cow::Borrowed(at.next().map_or(path, |(index, _)| &path[index + 2..]))
}

/// An import path without what only tells its major version: `/v2`, `.v1`. The catalogue spells it so, and what is
/// looked up in it must be spelt so too.
pub fn without_major(import: &str) -> Cow<'_, str> {
    let is_major = |part: &str| {
        part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let ends_in_one = |part: &str| part.rsplit_once('.').is_some_and(|(_, end)| is_major(end));
    if !import.split('/').any(|part| is_major(part) || ends_in_one(part)) {
        return Cow::Borrowed(import);
    }
    let name =
        |part| if ends_in_one(part) { part.rsplit_once('.').map_or(part, |(name, _)| name) } else { part };
    Cow::Owned(import.split('/').filter(|part| !is_major(part)).map(name).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_names_are_shown_as_go_writes_them() {
        for (path, shown) in [
            ("tokio::runtime::Runtime::new", "Runtime::new"),
            ("malloc_trim", "malloc_trim"),
            ("runtime::GC", "runtime.GC"),
            ("net/http::Server::Serve", "http.Server.Serve"),
            ("net/http/pprof", "pprof"),
            ("C::malloc_trim", "C.malloc_trim"),
        ] {
            assert_eq!(short(path), shown, "{path}");
        }
    }

    #[test]
    fn no_rust_crate_is_called_like_a_package_of_go() {
        let crates = crate::apis(Language::Rust).iter().flat_map(|api| api.paths.iter());
        let crates: BTreeSet<&str> = crates.filter_map(|path| Some(path.split_once("::")?.0)).collect();
        assert_eq!(GO_ROOTS.intersection(&crates).count(), 0, "{:?}", GO_ROOTS.intersection(&crates));
    }

    #[test]
    fn major_versions_are_left_out() {
        for (import, bare) in [
            ("github.com/gofiber/fiber/v2/middleware/pprof", "github.com/gofiber/fiber/middleware/pprof"),
            ("gopkg.in/DataDog/dd-trace-go.v1/profiler", "gopkg.in/DataDog/dd-trace-go/profiler"),
            ("github.com/vishvananda/netns", "github.com/vishvananda/netns"),
        ] {
            assert_eq!(without_major(import), bare);
        }
    }
}
