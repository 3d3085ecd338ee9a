//! One walk over an item's syntax: who is called, where, with what.
//!
//! The walk keeps what a reader keeps in mind: which variables are in scope, which loop, closure or task the code
//! stands in, whether the program serves already, and what becomes of each value. Types are inferred only where a
//! method's name makes it worth while.

mod calls;
mod items;
mod statements;

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::catalogue::Catalogue;
use crate::facts::lifetime::{Handoff, Held};
use crate::facts::pointer::PointerBody;
use crate::facts::{ApiUse, Context, Function, Mention, Outcome, Production, Site};
use crate::rust::extent::{self, Extent, Place};
use crate::rust::flow;
use crate::rust::macros::MacroArena;
use crate::rust::program::{FileData, FileIndex, ModuleId, Program};
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;
use crate::rust::use_tree::Import;
use crate::source::Span;

pub(super) use calls::links;

/// An identifier without `r#`.
pub(crate) fn ident(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// The segments of a syntax path, generic arguments left out.
pub(crate) fn segments(path: &syn::Path) -> Vec<String> {
    let lead = path.leading_colon.map(|_| String::new());
    lead.into_iter().chain(path.segments.iter().map(|segment| ident(&segment.ident))).collect()
}

/// A variable.
#[derive(Debug, Clone)]
pub(super) struct Binding<'a> {
    pub name: String,
    pub ty: Option<&'a syn::Type>,
    pub init: Option<&'a syn::Expr>,
    /// The pattern took the value apart: `Some(x)`, `(a, b)` at an index.
    pub part: Option<usize>,
    pub mutable: bool,
    /// The position of the parameter that it is, or is a part of.
    pub parameter: Option<u32>,
    /// The variable that was visible before this one.
    pub previous: Option<u32>,
}

/// Names that a block declares for itself.
#[derive(Debug, Default)]
struct BlockNames {
    imports: Vec<Import>,
    /// Functions and types declared in the block: they shadow.
    own: Vec<String>,
}

/// What a mention search looks for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The function.
    pub def: Def,
    /// Its bare name.
    pub name: String,
    /// The name that is looked for: its own, or one that stands for it.
    pub called: String,
    /// Its type, for a method.
    pub self_type: Option<Def>,
    /// Whether its first argument is `self`.
    pub takes_self: bool,
    /// How many arguments it takes besides `self`.
    pub takes: usize,
    /// Whether it is a trait's method, called through values of unknown type.
    pub by_trait: bool,
}

/// What one walk found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub functions: Vec<Function>,
    pub uses: Vec<ApiUse>,
    pub passed: Vec<crate::facts::passed::Passed>,
    pub mentions: Vec<Mention>,
    pub pointers: Vec<PointerBody>,
    pub held: Vec<Held>,
    pub handoffs: Vec<Handoff>,
}

/// The walk itself. `'a` is the life of the syntax tree and of what macros hold.
pub(crate) struct Walker<'p, 'a> {
    pub(super) program: &'p Program<'p>,
    pub(super) catalogue: &'p Catalogue,
    pub(super) data: &'p FileData,
    file: FileIndex,
    pub(super) module: ModuleId,
    base: u32,
    pub(super) arena: &'a MacroArena,
    pub(super) bindings: Vec<Binding<'a>>,
    pub(super) env: Option<u32>,
    blocks: Vec<BlockNames>,
    pub(super) own: Option<Ty>,
    pub(super) functions: Vec<u32>,
    enclosing: Vec<Place<'a>>,
    pub(super) statement: Place<'a>,
    given_to: Option<Arc<str>>,
    pub(super) context: Context,
    production: Production,
    pub(super) outcome: Outcome,
    /// The field that is being filled.
    pub(super) field: Option<Arc<str>>,
    /// What becomes of the value of the closure that comes next.
    pub(super) handed: Option<Outcome>,
    pub(super) target: Option<Target>,
    /// The parameter whose pattern is being bound.
    parameter: Option<u32>,
    pub(super) types: RefCell<FxHashMap<*const syn::Expr, Ty>>,
    pub(super) found: Found,
}

impl<'p, 'a> Walker<'p, 'a> {
    /// A walk over a slice of a file that begins at byte `base`.
    pub(crate) fn new(
        program: &'p Program<'p>,
        data: &'p FileData,
        module: ModuleId,
        base: u32,
        arena: &'a MacroArena,
        production: Production,
    ) -> Self {
        Self {
            program,
            catalogue: program.catalogue,
            data,
            file: module.file,
            module,
            base,
            arena,
            bindings: Vec::new(),
            env: None,
            blocks: Vec::new(),
            own: None,
            functions: Vec::new(),
            enclosing: Vec::new(),
            statement: Place::Known(Span::default()),
            given_to: None,
            context: Context::default(),
            production,
            outcome: Outcome::Other,
            field: None,
            handed: None,
            target: None,
            parameter: None,
            types: RefCell::default(),
            found: Found::default(),
        }
    }

    /// Searches for mentions of a function instead of uses of the catalogue.
    pub(crate) fn looking_for(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// What `Self` means.
    pub(crate) fn with_self(mut self, own: Option<Ty>) -> Self {
        self.own = own;
        self
    }

    /// What was found.
    pub(crate) fn finish(self) -> Found {
        self.found
    }

    pub(super) fn span(&self, node: &impl Extent) -> Span {
        extent::of(node).shifted(self.base)
    }

    // ---- names

    /// What a path means here; variables and items of enclosing blocks shadow.
    pub(super) fn def(&self, path: &[String], space: Space) -> Option<Def> {
        let first = path.first()?;
        if path.len() == 1 && space == Space::Values && self.variable(first).is_some() {
            return None;
        }
        for block in self.blocks.iter().rev() {
            if block.own.iter().any(|name| name == first) {
                return None;
            }
            for import in &block.imports {
                match &import.name {
                    Some(name) if **name == **first => {
                        let whole: Vec<&str> = import
                            .path
                            .iter()
                            .map(|s| &**s)
                            .chain(path[1..].iter().map(String::as_str))
                            .collect();
                        return self.program.resolve(self.module, &whole, space);
                    }
                    None => {
                        let whole: Vec<&str> =
                            import.path.iter().map(|s| &**s).chain(path.iter().map(String::as_str)).collect();
                        let found = self.program.resolve(self.module, &whole, space);
                        let known = match &found {
                            Some(Def::Extern(path)) => self.program.knows(path),
                            other => other.is_some(),
                        };
                        if known {
                            return found;
                        }
                    }
                    _ => {}
                }
            }
        }
        if first == "Self" {
            return match self.own.as_ref()?.clone() {
                Ty::Named(def, _) if path.len() == 1 => Some(def),
                Ty::Named(Def::Item(file, item), _) => {
                    Some(Def::Member(file, item, path[1..].join("::").into()))
                }
                Ty::Named(Def::Extern(root), _) => {
                    Some(Def::Extern(format!("{root}::{}", path[1..].join("::")).into()))
                }
                _ => None,
            };
        }
        self.program.resolve(self.module, path, space).map(|def| self.program.unaliased(def)).or_else(|| {
            let known = crate::rust::types::prelude(first)?;
            let rest: String = path[1..].iter().flat_map(|segment| ["::", segment]).collect();
            Some(Def::Extern(format!("{known}{rest}").into()))
        })
    }

    /// Whether a path can mean an entry of the catalogue, or what is searched for: its last name is that of one, or
    /// stands for it. Where nobody has looked for names that stand for others, any path can.
    pub(super) fn may_matter(&self, path: &syn::Path) -> bool {
        let (Some(renamed), Some(last)) = (self.program.renamed.get(), path.segments.last()) else {
            return true;
        };
        let last = ident(&last.ident);
        let imported = |import: &Import| import.name.as_deref() == Some(last.as_str());
        self.catalogue.has_name(&last)
            || renamed.contains(&last)
            || self.target.as_ref().is_some_and(|target| target.called == last)
            || self.blocks.iter().any(|block| block.imports.iter().any(imported))
    }

    /// The canonical path of a value or function path.
    pub(super) fn canonical(&self, path: &syn::Path, space: Space) -> Option<(Def, String)> {
        let def = self.def(&segments(path), space)?;
        let text = self.program.canonical(&def);
        Some((def, text))
    }

    /// The innermost variable of a name.
    pub(super) fn variable(&self, name: &str) -> Option<u32> {
        self.variable_at(name, self.env)
    }

    fn bind(&mut self, binding: Binding<'a>) -> u32 {
        let index = self.bindings.len() as u32;
        self.bindings.push(Binding { previous: self.env, ..binding });
        self.env = Some(index);
        index
    }

    fn bind_pattern(
        &mut self,
        pattern: &'a syn::Pat,
        ty: Option<&'a syn::Type>,
        init: Option<&'a syn::Expr>,
        part: Option<usize>,
    ) {
        match pattern {
            syn::Pat::Ident(found) => {
                let binding = Binding {
                    name: ident(&found.ident),
                    ty,
                    init,
                    part,
                    mutable: found.mutability.is_some(),
                    parameter: self.parameter,
                    previous: None,
                };
                self.bind(binding);
                if let Some((_, inner)) = &found.subpat {
                    self.bind_pattern(inner, ty, init, part);
                }
            }
            syn::Pat::Type(typed) => self.bind_pattern(&typed.pat, Some(&typed.ty), init, part),
            syn::Pat::Reference(inner) => self.bind_pattern(&inner.pat, ty, init, part),
            syn::Pat::Paren(inner) => self.bind_pattern(&inner.pat, ty, init, part),
            syn::Pat::Tuple(tuple) => {
                for (number, element) in tuple.elems.iter().enumerate() {
                    self.bind_pattern(element, None, init, Some(number));
                }
            }
            syn::Pat::TupleStruct(tuple) => {
                let inner = ty.and_then(|ty| flow::wrapped(tuple, ty));
                // What is taken out of another variant has another type than the whole.
                let same = tuple
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| matches!(ident(&last.ident).as_str(), "Some" | "Ok" | "Err"));
                for element in &tuple.elems {
                    self.bind_pattern(element, inner, init.filter(|_| same), part);
                }
            }
            syn::Pat::Struct(found) => {
                for field in &found.fields {
                    self.bind_pattern(&field.pat, None, None, None);
                }
            }
            syn::Pat::Slice(slice) => {
                for element in &slice.elems {
                    self.bind_pattern(element, None, None, None);
                }
            }
            syn::Pat::Or(or) => {
                for case in &or.cases {
                    self.bind_pattern(case, ty, init, part);
                }
            }
            _ => {}
        }
    }

    // ---- places

    /// The bytes of a place in the file.
    pub(super) fn at(&self, place: Place<'a>) -> Span {
        place.span(self.base)
    }

    fn site(&self, span: Span, anchor: Span) -> Site {
        Site {
            file: self.file,
            span,
            anchor,
            statement: self.at(self.statement),
            enclosing: self.enclosing.iter().rev().map(|place| place.start(self.base)).collect(),
            function: self.functions.last().copied(),
            given_to: self.given_to.clone(),
            context: self.context,
            production: self.production,
        }
    }

    /// Runs `inside` with a changed context and outcome, and puts both back.
    fn within(
        &mut self,
        place: Place<'a>,
        change: impl FnOnce(&mut Context),
        inside: impl FnOnce(&mut Self),
    ) {
        let (context, env, outcome) = (self.context, self.env, self.outcome.clone());
        let given_to = self.given_to.clone();
        change(&mut self.context);
        self.enclosing.push(place);
        inside(self);
        self.enclosing.pop();
        self.context =
            Context { after_serve: self.context.after_serve && !self.left_task(context), ..context };
        self.env = env;
        self.outcome = outcome;
        self.given_to = given_to;
    }

    /// Serving inside a task or closure does not mean that what follows the spawn comes after serving.
    fn left_task(&self, outer: Context) -> bool {
        (self.context.in_task && !outer.in_task) || (self.context.in_closure && !outer.in_closure)
    }

    pub(super) fn with_outcome(&mut self, outcome: Outcome, inside: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.outcome, outcome);
        inside(self);
        self.outcome = before;
    }
}

pub(super) fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => ident(name),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}
