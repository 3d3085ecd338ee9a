//! One walk over an item's syntax: who is called, where, with what.
//!
//! The walk keeps what a reader keeps in mind: which variables are in scope, which loop, closure or goroutine the code
//! stands in, whether the program serves already, and what becomes of each value. Recursion follows the nesting of the
//! syntax, which is bounded before an item is walked at all.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use tree_sitter::Node;

use crate::catalogue::Catalogue;
use crate::facts::exit::Exit;
use crate::facts::lifetime::Handoff;
use crate::facts::passed::Passed;
use crate::facts::{
    ApiId, ApiUse, Certainty, Context, FileIndex, Function, Mention, Outcome, Production, Site, Value,
};
use crate::go::program::{FileData, Program};
use crate::go::syntax::{self, children, span, text};
use crate::go::types::Ty;
use crate::source::Span;

/// A variable.
#[derive(Debug, Clone)]
pub(super) struct Binding<'p> {
    pub name: &'p str,
    pub origin: Origin<'p>,
    /// The position of the parameter that it is.
    pub parameter: Option<u32>,
    /// The variable that was visible before this one.
    pub previous: Option<u32>,
}

/// Where a variable's type and value come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'p> {
    /// `var x T`, a parameter.
    Typed(Node<'p>),
    /// The n-th value of an expression.
    Value(Node<'p>, usize),
    /// Key (0) or element (1) of what a loop goes over.
    Range(Node<'p>, usize),
    /// Nothing that could be seen.
    Nothing,
}

/// What a mention search looks for: a function by its path, so that those of several platforms are one.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub path: Arc<str>,
    pub name: Box<str>,
    /// The type that it is a method of.
    pub receiver: Option<Arc<str>>,
}

/// What one walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub functions: Vec<Function>,
    pub uses: Vec<ApiUse>,
    pub passed: Vec<Passed>,
    pub mentions: Vec<Mention>,
    pub exits: Vec<Exit>,
    pub handoffs: Vec<Handoff>,
}

/// The walk itself.
pub(super) struct Walker<'p> {
    pub program: &'p Program<'p>,
    pub catalogue: &'p Catalogue,
    pub data: &'p FileData,
    pub file: FileIndex,
    pub bindings: Vec<Binding<'p>>,
    pub env: Option<u32>,
    /// Names that are given a value again somewhere in the item.
    pub assigned: FxHashSet<&'p str>,
    pub enclosing: Vec<u32>,
    pub statement: Span,
    pub given_to: Option<Arc<str>>,
    pub context: Context,
    pub production: Production,
    pub outcome: Outcome,
    /// The field that is being filled.
    pub field: Option<Arc<str>>,
    pub target: Option<Target>,
    /// The whole item.
    pub item: Option<Node<'p>>,
    /// The innermost function or closure around the walk.
    pub body: Span,
    pub found: Found,
}

impl<'p> Walker<'p> {
    /// A walk over an item of a file.
    pub(super) fn new(
        program: &'p Program<'p>,
        file: FileIndex,
        data: &'p FileData,
        production: Production,
    ) -> Self {
        let context = Context {
            feature_gated: data.constraint.tagged,
            debug_only: data.constraint.debug,
            ..Context::default()
        };
        Self {
            program,
            catalogue: program.catalogue,
            data,
            file,
            bindings: Vec::new(),
            env: None,
            assigned: FxHashSet::default(),
            enclosing: Vec::new(),
            statement: Span::default(),
            given_to: None,
            context,
            production,
            outcome: Outcome::Other,
            field: None,
            target: None,
            item: None,
            body: Span::default(),
            found: Found::default(),
        }
    }

    pub(super) fn text(&self, node: Node<'p>) -> &'p str {
        text(&self.data.source, node)
    }

    // ---- scopes

    pub(super) fn bind(&mut self, name: &'p str, origin: Origin<'p>, parameter: Option<u32>) -> u32 {
        let index = self.bindings.len() as u32;
        self.bindings.push(Binding { name, origin, parameter, previous: self.env });
        if name != "_" {
            self.env = Some(index);
        }
        index
    }

    /// The innermost variable of a name, seen from a variable on.
    pub(super) fn variable_at(&self, name: &str, mut env: Option<u32>) -> Option<u32> {
        while let Some(index) = env {
            let binding = &self.bindings[index as usize];
            if binding.name == name {
                return Some(index);
            }
            env = binding.previous;
        }
        None
    }

    pub(super) fn parameters(&mut self, list: Option<Node<'p>>, numbered: bool) {
        let mut number = 0;
        for parameter in list.map_or_else(Vec::new, children) {
            let origin = parameter.child_by_field_name("type").map_or(Origin::Nothing, Origin::Typed);
            self.context.has_context |= self.is_context(parameter);
            let names = syntax::fields(parameter, "name");
            number += u32::from(names.is_empty());
            for name in names {
                self.bind(self.text(name), origin, numbered.then_some(number));
                number += 1;
            }
        }
    }

    /// Whether a parameter is the caller's context, or holds it.
    fn is_context(&self, parameter: Node<'p>) -> bool {
        parameter.child_by_field_name("type").is_some_and(|ty| {
            let text = self.text(ty);
            (text.ends_with("Context") || text.ends_with("Request"))
                && self
                    .program
                    .written(self.file, self.data, ty)
                    .path()
                    .is_some_and(|path| matches!(&**path, "context::Context" | "net/http::Request"))
        })
    }

    // ---- places

    pub(super) fn site(&self, span: Span, anchor: Span) -> Site {
        Site {
            file: self.file,
            span,
            anchor,
            statement: self.statement,
            enclosing: self.enclosing.iter().rev().copied().collect(),
            function: self.found.functions.len().checked_sub(1).map(|last| last as u32),
            given_to: self.given_to.clone(),
            context: self.context,
            production: self.production,
        }
    }

    /// Runs `inside` with a changed context, and puts scope, context and outcome back.
    pub(super) fn within(
        &mut self,
        start: usize,
        change: impl FnOnce(&mut Context),
        inside: impl FnOnce(&mut Self),
    ) {
        let (context, env, outcome) = (self.context, self.env, self.outcome.clone());
        let given_to = self.given_to.clone();
        change(&mut self.context);
        self.enclosing.push(start as u32);
        inside(self);
        self.enclosing.pop();
        self.context = context;
        self.env = env;
        self.outcome = outcome;
        self.given_to = given_to;
    }

    pub(super) fn with_outcome(&mut self, outcome: Outcome, inside: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.outcome, outcome);
        inside(self);
        self.outcome = before;
    }

    // ---- uses

    pub(super) fn record(&mut self, path: &str, make: impl FnOnce(&Self) -> ApiUse) {
        let apis = self.catalogue.by_path(path);
        if !apis.is_empty() {
            self.push_uses(apis.to_vec(), path, make);
        }
    }

    pub(super) fn push_uses(&mut self, apis: Vec<ApiId>, path: &str, make: impl FnOnce(&Self) -> ApiUse) {
        if self.target.is_none() {
            let path: Arc<str> = path.into();
            let draft = make(self);
            self.found.uses.extend(apis.iter().map(|api| ApiUse {
                api: *api,
                path: path.clone(),
                ..draft.clone()
            }));
        }
        self.context.after_serve |= apis.iter().any(|api| self.catalogue.is_serve(*api));
    }

    /// A use as far as it follows from where the walk stands.
    pub(super) fn draft(&self, span: Span, anchor: Span) -> ApiUse {
        ApiUse {
            api: 0,
            path: "".into(),
            site: self.site(span, anchor),
            args: Vec::new(),
            keys: Vec::new(),
            arg_spans: Vec::new(),
            receiver: None,
            receiver_variable: None,
            field: self.field.clone().filter(|_| self.outcome == Outcome::Stored),
            before: Vec::new(),
            after: Vec::new(),
            chain: span,
            outcome: self.outcome.clone(),
            certainty: Certainty::Resolved,
        }
    }

    pub(super) fn mention(&mut self, path: &str, span: Span, args: Option<Vec<Value>>) {
        if self.target.as_ref().is_some_and(|target| *target.path == *path) {
            let called = args.is_some() || self.context.in_command;
            let args = args.unwrap_or_default();
            self.found.mentions.push(Mention { site: self.site(span, span), called, args });
        }
    }

    /// A call on a value whose type hides which method it reaches.
    pub(super) fn hidden_mention(&mut self, name: &str, ty: &Ty, span: Span, args: Vec<Value>) {
        let Some(target) = &self.target else { return };
        let Some(owner) = &target.receiver else { return };
        if *target.name != *name {
            return;
        }
        let may_be = match ty.peeled() {
            // Out of sight of the type's own package, the same name is another method's as a rule.
            Ty::Unknown => self.program.sees(self.file, owner),
            ty => self.program.is_interface(ty),
        };
        if may_be {
            self.found.mentions.push(Mention { site: self.site(span, span), called: true, args });
        }
    }

    // ---- items

    /// A function's body, as a function of its own.
    pub(super) fn function(&mut self, function: Function, node: Node<'p>) {
        self.assigned = self.assignments(node);
        self.item = Some(node);
        self.enclosing.push(function.head);
        self.found.functions.push(function);
        self.parameters(node.child_by_field_name("receiver"), false);
        self.parameters(node.child_by_field_name("parameters"), true);
        self.parameters(
            node.child_by_field_name("result").filter(|node| node.kind() == "parameter_list"),
            false,
        );
        self.body_of(node);
        self.enclosing.pop();
    }

    /// `var a, b = f()`, `const x = 1` at the top of a file.
    pub(super) fn initialiser(&mut self, node: Node<'p>) {
        self.statement = span(node);
        self.enclosing.push(node.start_byte() as u32);
        for value in syntax::fields(node, "value").into_iter().flat_map(children) {
            self.with_outcome(Outcome::Stored, |walk| walk.expr(value));
        }
        self.enclosing.pop();
    }

    /// Names that are assigned to, or whose address is taken, in an item.
    fn assignments(&self, item: Node<'p>) -> FxHashSet<&'p str> {
        let mut found = FxHashSet::default();
        let mut cursor = item.walk();
        loop {
            let node = cursor.node();
            match node.kind() {
                "assignment_statement" => {
                    for left in syntax::fields(node, "left").into_iter().flat_map(children) {
                        if left.kind() == "identifier" {
                            found.insert(self.text(left));
                        }
                    }
                }
                "inc_statement" | "dec_statement" | "unary_expression" => {
                    let address = node.kind() != "unary_expression" || self.text(node).starts_with('&');
                    let operand =
                        children(node).first().copied().filter(|operand| operand.kind() == "identifier");
                    found.extend(operand.filter(|_| address).map(|operand| self.text(operand)));
                }
                _ => {}
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
            }
        }
    }
}
