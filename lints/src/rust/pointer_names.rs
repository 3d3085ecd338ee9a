//! What the pointer analysis asks of names and types, answered by the front end.

use std::cell::RefCell;
use std::sync::LazyLock;

use runtime_policy_rules::{Api, Arg, Effect as ApiEffect, Kind, Op, Value as Wanted};
use rustc_hash::FxHashMap;

use crate::facts::pointer::Summary;
use crate::rust::outline::ItemKind;
use crate::rust::pointers::{Argument, Effect, Names, analyse};
use crate::rust::program::{FileIndex, ModuleId, Program};
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;
use crate::rust::walk::{member, segments};
use crate::select::Selector;

/// A body without any of these takes no raw pointer that is followed, and gives none up.
pub(crate) const WORDS: &[&str] = &[
    "as_ptr",
    "as_mut_ptr",
    "as_ptr_range",
    "as_mut_ptr_range",
    "as *const",
    "as *mut",
    "&raw const",
    "&raw mut",
    "addr_of!",
    "addr_of_mut!",
    "from_ref",
    "from_mut",
    "NonNull",
    "into_raw",
    "from_raw",
    "from_raw_parts",
    "from_non_null",
    "decrement_strong_count",
    "into_raw_parts",
];

/// Those of them that take back what was given away.
pub(crate) const RECLAIMS: &[&str] =
    &["from_raw", "from_raw_parts", "from_non_null", "decrement_strong_count"];

/// Calls of calls whose summaries are asked for.
const MAX_DEPTH: usize = 4;

/// Whether a function is worth the analysis.
pub(crate) fn mentions_pointers(text: &str) -> bool {
    static SELECTOR: LazyLock<Selector> =
        LazyLock::new(|| Selector::new(WORDS.iter().map(|word| (*word).to_owned())));
    SELECTOR.holds_any(text)
}

/// The functions that a function's body declares, at any depth.
pub(crate) fn nested_functions(block: &syn::Block) -> Vec<&syn::ItemFn> {
    struct Finder<'a>(Vec<&'a syn::ItemFn>);
    impl<'a> syn::visit::Visit<'a> for Finder<'a> {
        fn visit_item_fn(&mut self, found: &'a syn::ItemFn) {
            self.0.push(found);
            syn::visit::visit_item_fn(self, found);
        }
    }
    let mut finder = Finder(Vec::new());
    syn::visit::Visit::visit_block(&mut finder, block);
    finder.0
}

/// Names of one function.
pub(crate) struct PointerNames<'p> {
    program: &'p Program<'p>,
    module: ModuleId,
    own: Option<&'p Ty>,
    /// Functions whose summaries are being found out, this one among them.
    open: Vec<(FileIndex, u32)>,
    items: RefCell<FxHashMap<String, Def>>,
}

impl<'p> PointerNames<'p> {
    /// Names as they mean in a module, with `Self` as given.
    pub(crate) fn new(program: &'p Program<'p>, module: ModuleId, own: Option<&'p Ty>) -> Self {
        Self { program, module, own, open: Vec::new(), items: RefCell::default() }
    }

    fn def(&self, path: &syn::Path, space: Space) -> Option<Def> {
        let names = segments(path);
        if names.first().is_some_and(|first| first == "Self") {
            return match self.own? {
                Ty::Named(Def::Item(file, item), _) => {
                    Some(Def::Member(*file, *item, names[1..].join("::").into()))
                }
                _ => None,
            };
        }
        self.program.resolve(self.module, &names, space)
    }

    /// The function of the workspace behind a canonical path.
    fn function(&self, canonical: &str) -> Option<(FileIndex, u32)> {
        match self.items.borrow().get(canonical)? {
            Def::Item(file, item) => Some((*file, *item)),
            Def::Member(file, item, name) => self.program.method(*file, *item, name),
            _ => None,
        }
    }
}

impl Names for PointerNames<'_> {
    fn callee(&self, path: &syn::ExprPath) -> Option<String> {
        let def = self.def(&path.path, Space::Values)?;
        let canonical = self.program.canonical(&def);
        self.items.borrow_mut().insert(canonical.clone(), def);
        Some(canonical)
    }

    fn type_of(&self, expr: &syn::Expr) -> Option<String> {
        let syn::Expr::Field(field) = expr else { return None };
        let syn::Expr::Path(base) = &*field.base else { return None };
        if !base.path.is_ident("self") {
            return None;
        }
        let Ty::Named(Def::Item(file, item), _) = self.own?.peeled() else { return None };
        match self.program.field(*file, *item, &member(&field.member))?.0 {
            Ty::Named(def, _) => Some(self.program.canonical(&def)),
            _ => None,
        }
    }

    fn returns(&self, callee: &str) -> Option<String> {
        let (file, item) = self.function(callee)?;
        self.program.returned_text(file, item)
    }

    fn summary(&self, callee: &str) -> Option<Summary> {
        let (file, item) = self.function(callee)?;
        self.program.pointer_summary(file, item, &self.open)
    }

    fn foreign(&self, path: &syn::ExprPath) -> bool {
        match self.def(&path.path, Space::Values) {
            Some(Def::Item(file, item)) => self.program.is_foreign(file, item),
            Some(Def::Extern(path)) => {
                let root = path.split("::").next().unwrap_or("");
                root == "libc" || root.ends_with("_sys")
            }
            _ => false,
        }
    }

    fn effect(&self, canonical: &str, arguments: &[&syn::Expr]) -> Option<Effect> {
        self.program.catalogue.by_path(canonical).iter().find_map(|id| {
            let api = self.program.catalogue.api(*id);
            if api.effect != ApiEffect::ForeignKeepsPointer {
                return None;
            }
            if api.kind == Kind::Constructor {
                return Some(Effect::Carries);
            }
            let until = api.keeps.clone()?.into_owned();
            let argument = match api.arg.as_ref()? {
                Arg::Position(number) => Argument::At(usize::from(*number)),
                Arg::Name(name) if name == "last" => Argument::Last,
                _ => return None,
            };
            counts(api, arguments).then_some(Effect::Keeps { argument, until })
        })
    }

    fn constructs(&self, path: &syn::ExprPath) -> bool {
        match self.def(&path.path, Space::Values) {
            Some(Def::Item(file, item)) => self.program.is_kind(file, item, ItemKind::Struct),
            // An enum's variant.
            Some(Def::Member(file, item, _)) => self.program.is_kind(file, item, ItemKind::Enum),
            _ => false,
        }
    }
}

/// Whether the conditions of an entry hold for written arguments: names and literals are compared as text, what cannot
/// be seen does not count.
fn counts(api: &Api, arguments: &[&syn::Expr]) -> bool {
    let conditions = api
        .conditions
        .iter()
        .filter(|condition| condition.rule.as_deref().is_none_or(|rule| rule == "missing-keep-alive"));
    let mut any = false;
    for condition in conditions {
        any = true;
        let Some(Arg::Position(number)) = condition.arg.as_ref().or(api.arg.as_ref()) else { continue };
        let Some(written) = arguments.get(usize::from(*number)).and_then(|expr| text_of(expr)) else {
            continue;
        };
        let named = condition.value.as_ref().is_some_and(|wanted| names(wanted, &written));
        let holds = match condition.op {
            Op::Eq | Op::In | Op::NameIn => named,
            Op::Ne => !named,
            Op::Always => true,
            _ => false,
        };
        if holds {
            return true;
        }
    }
    !any
}

fn names(wanted: &Wanted, written: &str) -> bool {
    match wanted {
        Wanted::Text(text) => written == text || (text == "null" && matches!(written, "null" | "null_mut")),
        Wanted::Int(number) => written == number.to_string(),
        Wanted::Bool(value) => written == value.to_string(),
        Wanted::List(items) => items.iter().any(|item| names(item, written)),
    }
}

fn text_of(expr: &syn::Expr) -> Option<String> {
    match expr {
        syn::Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        syn::Expr::Call(call) => text_of(&call.func),
        syn::Expr::Cast(cast) => text_of(&cast.expr),
        syn::Expr::Lit(found) => match &found.lit {
            syn::Lit::Int(number) => Some(number.base10_digits().to_owned()),
            _ => None,
        },
        _ => None,
    }
}

impl Program<'_> {
    /// The written return type of a function of the workspace; empty where it has none.
    fn returned_text(&self, file: FileIndex, item: u32) -> Option<String> {
        use syn::spanned::Spanned;
        let signature = self.signature(file, item)?;
        match &signature.output {
            syn::ReturnType::Default => Some(String::new()),
            syn::ReturnType::Type(_, ty) => ty.span().source_text(),
        }
    }

    fn is_kind(&self, file: FileIndex, item: u32, kind: ItemKind) -> bool {
        self.file(file).is_some_and(|data| data.outline.item(item).kind == kind)
    }

    fn is_foreign(&self, file: FileIndex, item: u32) -> bool {
        self.file(file).is_some_and(|data| {
            let parent = data.outline.item(item).parent;
            parent.is_some_and(|parent| data.outline.item(parent).kind == ItemKind::Foreign)
        })
    }

    /// What calling a function of the workspace does to the memory of its arguments; `None` while that is being found
    /// out further up.
    fn pointer_summary(&self, file: FileIndex, item: u32, open: &[(FileIndex, u32)]) -> Option<Summary> {
        let key = (file, item);
        if open.contains(&key) || open.len() >= MAX_DEPTH {
            return None;
        }
        if let Some(known) = self.summaries.lock().expect("no panic while held").get(&key) {
            return known.clone();
        }
        let found = self.pointer_summary_of(file, item, open);
        // An answer cut short by recursion is not kept: it would depend on who asked first.
        if open.is_empty() {
            self.summaries.lock().expect("no panic while held").insert(key, found.clone());
        }
        found
    }

    fn pointer_summary_of(&self, file: FileIndex, item: u32, open: &[(FileIndex, u32)]) -> Option<Summary> {
        let data = self.file(file)?;
        let found = data.outline.item(item);
        let text = data.source.slice(found.span);
        if found.kind != ItemKind::Fn {
            return None;
        }
        let parsed = syn::parse_str::<syn::ItemFn>(text).ok()?;
        let module = self.enclosing_module(data, found.parent, file);
        let own = found.parent.and_then(|parent| self.impl_type(file, parent));
        let mut names = PointerNames::new(self, module, own.as_ref());
        names.open = open.iter().copied().chain([(file, item)]).collect();
        Some(analyse(&names, &parsed.sig, &parsed.block).summary)
    }
}
