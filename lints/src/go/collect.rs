//! One file's facts: which of its items are walked, and what the walks find.

use crate::facts::{ApiUse, Certainty, Context, FileFacts, FileIndex, Function, Outcome, Production, Site};
use crate::go::imports::ImportName;
use crate::go::outline::{Item, ItemIndex, ItemKind, receiver};
use crate::go::program::{FileData, Program};
use crate::go::syntax;
use crate::go::walk::{Found, Target, Walker};
use crate::production;
use crate::source::Span;
use tree_sitter::Node;

impl<'w> Program<'w> {
    /// The facts of a file, and how many items were walked; `wanted` says which ones are worth it.
    pub(crate) fn facts(&self, file: FileIndex, wanted: &dyn Fn(&Item) -> bool) -> (FileFacts, u64) {
        let mut facts = FileFacts { file, ..FileFacts::default() };
        let Some(data) = self.file(file) else { return (facts, 0) };
        self.imported(file, data, &mut facts);
        let mut walked = 0;
        for index in 0..data.outline.items.len() as u32 {
            let item = data.outline.item(index);
            if !item.is_unit() || !wanted(item) {
                continue;
            }
            walked += 1;
            if let Some(found) = self.walk_item(file, index, None) {
                append(&mut facts, found);
            }
        }
        facts.uses.sort_by_key(|found| (found.site.span, found.api));
        (facts, walked)
    }

    /// Catalogued packages that the file imports, whatever for.
    fn imported(&self, file: FileIndex, data: &FileData, facts: &mut FileFacts) {
        for import in &data.outline.imports {
            let outcome = match import.name {
                ImportName::Blank => Outcome::Underscore,
                _ => Outcome::Other,
            };
            for api in self.catalogue.by_path(&import.path) {
                facts.uses.push(ApiUse {
                    api: *api,
                    path: (*import.path).into(),
                    site: self.import_site(file, data, import.span),
                    args: Vec::new(),
                    keys: Vec::new(),
                    arg_spans: Vec::new(),
                    receiver: None,
                    receiver_variable: None,
                    field: None,
                    before: Vec::new(),
                    after: Vec::new(),
                    chain: import.span,
                    outcome: outcome.clone(),
                    certainty: Certainty::Resolved,
                });
            }
        }
    }

    fn import_site(&self, file: FileIndex, data: &FileData, span: Span) -> Site {
        let context = Context {
            feature_gated: data.constraint.tagged,
            debug_only: data.constraint.debug,
            ..Context::default()
        };
        Site {
            file,
            span,
            anchor: span,
            statement: span,
            enclosing: vec![span.start],
            function: None,
            given_to: None,
            context,
            production: self.production(file, None),
        }
    }

    /// Walks one item: for uses of the catalogue, or for mentions of a function.
    pub(super) fn walk_item(
        &self,
        file: FileIndex,
        index: ItemIndex,
        target: Option<&Target>,
    ) -> Option<Found> {
        let data = self.file(file)?;
        let item = data.outline.item(index);
        if item.unfit {
            return None;
        }
        let node = syntax::node_at(&data.tree, item.span, item.node)?;
        let mut walker = Walker::new(self, file, data, self.production(file, Some(index)));
        walker.target = target.cloned();
        match item.kind {
            ItemKind::Func | ItemKind::Method => {
                walker.function(self.describe(file, data, index, node), node)
            }
            _ => walker.initialiser(node),
        }
        Some(walker.found)
    }

    pub(super) fn describe(
        &self,
        file: FileIndex,
        data: &FileData,
        index: ItemIndex,
        node: Node<'_>,
    ) -> Function {
        let item = data.outline.item(index);
        let package = &self.package(file).path;
        let self_type = item.receiver.as_ref().map(|name| format!("{package}::{name}").into());
        let results = self.results((file, index));
        let own = results.first().and_then(|ty| ty.path()).is_some_and(|path| {
            self.package_at(path.rsplit_once("::").map_or("", |(package, _)| package))
                == Some(self.package_id(file))
        });
        let body = node.child_by_field_name("body");
        let statements = body.and_then(|body| syntax::child(body, "statement_list"));
        Function {
            path: self.item_path((file, index)).into(),
            name: item.name().into(),
            span: item.span,
            head: item.span.start,
            item: index,
            attributes: Vec::new(),
            trait_path: self.interface_of(file, data, item, node).map(Into::into),
            makes_self: item.receiver.is_none() && own,
            self_type,
            public: item.is_exported(),
            statements: statements.map_or(0, |list| syntax::children(list).len() as u32),
        }
    }

    /// The well-known interface that a method belongs to by its signature.
    fn interface_of(
        &self,
        file: FileIndex,
        data: &FileData,
        item: &Item,
        node: Node<'_>,
    ) -> Option<&'static str> {
        receiver(&data.source, node)?;
        let types = self.parameter_types(file, data, node);
        let of = |path: &str| types.iter().any(|ty| self.holds(ty, path));
        match item.name() {
            "Collect" if of(METRIC) => Some(COLLECTOR),
            "ServeHTTP" => Some("net/http::Handler"),
            _ => None,
        }
    }

    /// Whether code runs in production: the whole file's, or an item's.
    pub(super) fn production(&self, file: FileIndex, item: Option<ItemIndex>) -> Production {
        let by_role = self.production_by_role(file);
        if by_role != Production::Yes {
            return by_role;
        }
        let Some(data) = self.file(file) else { return Production::Yes };
        if data.constraint.never {
            Production::BuildScript
        } else if data.constraint.test || self.is_test_package(file) || self.takes_test(file, data, item) {
            Production::Test
        } else if self.is_generated(data) {
            Production::Generated
        } else {
            Production::Yes
        }
    }

    /// What a file's place says, before anything is read.
    pub(super) fn production_by_role(&self, file: FileIndex) -> Production {
        production::by_role(self.workspace.files[file as usize].role)
    }

    /// A package that calls itself one for tests, whatever its folder is called.
    fn is_test_package(&self, file: FileIndex) -> bool {
        let name = &self.file(file).map_or("", |data| &*data.outline.package);
        name.ends_with("_test") || name.contains("testutil") || matches!(*name, "testing" | "test" | "tests")
    }

    /// Whether a function takes `testing.TB` or one of its kind.
    fn takes_test(&self, file: FileIndex, data: &FileData, item: Option<ItemIndex>) -> bool {
        let Some(item) = item.map(|index| data.outline.item(index)) else { return false };
        if !data.outline.imports.iter().any(|import| &*import.path == "testing") {
            return false;
        }
        let Some(node) = syntax::node_at(&data.tree, item.span, item.node) else { return false };
        self.parameter_types(file, data, node)
            .iter()
            .any(|ty| ty.path().is_some_and(|path| path.starts_with("testing::")))
    }

    /// Whether a file says of itself that a generator wrote it.
    fn is_generated(&self, data: &FileData) -> bool {
        data.comments.iter().take_while(|comment| comment.span.start < data.outline.header_end).any(
            |comment| {
                let text = comment.text.as_str();
                (text.contains("Code generated") && text.contains("DO NOT EDIT"))
                    || text.contains("@generated")
                    || self.generated.as_ref().is_some_and(|says| says(text, &data.source.path))
            },
        )
    }
}

/// What a collector sends, and the interface it implements by that.
const METRIC: &str = "github.com/prometheus/client_golang/prometheus::Metric";
const COLLECTOR: &str = "github.com/prometheus/client_golang/prometheus::Collector";

fn append(facts: &mut FileFacts, found: Found) {
    facts.append(found.functions, found.uses, found.passed);
    facts.exits.extend(found.exits);
    facts.handoffs.extend(found.handoffs);
}
