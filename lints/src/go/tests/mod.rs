//! The front end over small trees, with entries of its own so that the checklist's may change.

mod calls;
mod names;
mod places;
mod values;

use std::fs;

use runtime_policy_rules::{Api, Language};

use crate::catalogue::Catalogue;
use crate::facts::code::{Code, StartUp};
use crate::facts::{ApiUse, FileFacts};
use crate::go::program::Program;
use crate::workspace::{Discovery, Workspace};

/// Entries of every kind that the tests use.
const APIS: &str = r#"
[[api]]
id = "set"
rules = ["tuning-outside-main"]
crate = "std"
paths = ["runtime/debug::SetGCPercent", "runtime::GOMAXPROCS"]
kind = "function"
class = "tuning"
effect = "tuning"
scope = "process"

[[api]]
id = "rate"
rules = ["profile-rate"]
crate = "std"
paths = ["runtime::MemProfileRate"]
kind = "static"
class = "tuning"
effect = "rate"

[[api]]
id = "serve"
rules = ["exposed-debug-endpoint"]
crate = "std"
paths = ["net/http::ListenAndServe", "net/http::Server::ListenAndServe"]
kind = "function"
class = "neutral"
effect = "serve"

[[api]]
id = "route"
rules = ["exposed-debug-endpoint"]
crate = "std"
paths = ["net/http::HandleFunc", "net/http::ServeMux::HandleFunc"]
kind = "method"
class = "neutral"
effect = "route"

[[api]]
id = "close"
rules = ["manual-gc"]
crate = "github.com/x/engine"
paths = ["github.com/x/engine::Engine::Collect", "github.com/x/engine::Open"]
kind = "method"
class = "control"
effect = "gc"

[[api]]
id = "literal"
rules = ["manual-gc"]
crate = "std"
paths = ["net/http::Server"]
kind = "struct-literal"
class = "neutral"
effect = "listen"

[[api]]
id = "c"
rules = ["manual-gc"]
crate = ""
paths = ["C::malloc_trim"]
kind = "function"
class = "control"
effect = "gc"
"#;

/// A workspace in a temporary folder.
struct Tree {
    workspace: Workspace,
    catalogue: Catalogue,
    _folder: tempfile::TempDir,
}

/// A tree of files; a `go.mod` of `example.com/m` is added where there is none.
fn tree(files: &[(&str, &str)]) -> Tree {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = files.iter().any(|(path, _)| path.ends_with("go.mod"));
    let module =
        [("go.mod", "module example.com/m/v2\n\ngo 1.24\n\nrequire github.com/x/engine/v3 v3.1.0\n")];
    for (path, text) in files.iter().chain(module.iter().filter(|_| !own)) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    let workspace = Workspace::discover(folder.path(), &Discovery::default()).expect("a workspace");
    #[derive(serde::Deserialize)]
    struct Table {
        api: Vec<Api>,
    }
    let table: Table = toml::from_str(APIS).expect("entries");
    Tree { workspace, catalogue: Catalogue::only(Language::Go, &table.api), _folder: folder }
}

impl Tree {
    fn program(&self) -> Program<'_> {
        Program::new(&self.workspace, &self.catalogue)
    }
}

/// The facts of every file.
fn facts(program: &Program<'_>) -> Vec<FileFacts> {
    program.review(false, &|| {}).0
}

/// All uses, as `path` and what a closure says of each.
fn uses<T>(tree: &Tree, say: impl Fn(&Program<'_>, &FileFacts, &ApiUse) -> T) -> Vec<(String, T)> {
    let program = tree.program();
    let facts = facts(&program);
    let each = |facts: &FileFacts| -> Vec<(String, T)> {
        facts.uses.iter().map(|found| (found.path.to_string(), say(&program, facts, found))).collect()
    };
    facts.iter().flat_map(each).collect()
}

/// Paths of all uses.
fn paths(files: &[(&str, &str)]) -> Vec<String> {
    uses(&tree(files), |_, _, _| ()).into_iter().map(|(path, ())| path).collect()
}

/// Whether each tuning call runs in start-up scope, in order of file and place.
fn start_up(files: &[(&str, &str)]) -> Vec<StartUp> {
    let tunes = |path: &str| path.ends_with("SetGCPercent") || path.ends_with("GOMAXPROCS");
    uses(&tree(files), |program, facts, found| program.start_up(facts, &found.site))
        .into_iter()
        .filter(|(path, _)| tunes(path))
        .map(|(_, scope)| match scope {
            StartUp::No(outside, _) => StartUp::No(outside, None),
            yes => yes,
        })
        .collect()
}
