//! One walk over an item's syntax: who is called, where, with what.
//!
//! The walk keeps what a reader keeps in mind: which variables are in scope, which loop, closure or goroutine the code
//! stands in, whether the program serves already, and what becomes of each value. Recursion follows the nesting of the
//! syntax, which is bounded before an item is walked at all.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use tree_sitter::Node;

use crate::catalogue::Catalogue;
use crate::facts::passed::Passed;
use crate::facts::{
    ApiId, ApiUse, Certainty, Context, FileIndex, Function, Link, Mention, Outcome, Production, Site, Value,
};
use crate::go::program::{FileData, Program};
use crate::go::resolve::Def;
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
    given_to: Option<Arc<str>>,
    pub context: Context,
    pub production: Production,
    pub outcome: Outcome,
    /// The field that is being filled.
    pub field: Option<Arc<str>>,
    pub target: Option<Target>,
    pub found: Found,
}

/// What a call does with the functions among its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// Calls them in place, as far as is known.
    Call,
    /// Runs them as goroutines or signal handlers.
    Task,
    /// Binds them to a route.
    Route,
    /// Runs them as the program's commands.
    Command,
}

/// Types whose fields are the commands of a program, and calls that run what they are given as a part of start-up.
const COMMANDS: &[&str] = &[
    "github.com/spf13/cobra::Command",
    "github.com/urfave/cli::Command",
    "github.com/urfave/cli::App",
    "github.com/peterbourgon/ff/ffcli::Command",
    "github.com/mitchellh/cli::CLI",
    "github.com/spf13/cobra::OnInitialize",
    "github.com/alecthomas/kingpin",
    "gopkg.in/alecthomas/kingpin",
    "github.com/alecthomas/kong",
    "github.com/oklog/run::Group::Add",
    "sync::Once::Do",
];

/// Where a call stands in its chain.
struct Shape<'p, 's> {
    chain: Span,
    before: &'s [Node<'p>],
    after: &'s [Node<'p>],
    outcome: Outcome,
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
            found: Found::default(),
        }
    }

    pub(super) fn text(&self, node: Node<'p>) -> &'p str {
        text(&self.data.source, node)
    }

    // ---- scopes

    fn bind(&mut self, name: &'p str, origin: Origin<'p>, parameter: Option<u32>) -> u32 {
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

    fn parameters(&mut self, list: Option<Node<'p>>, numbered: bool) {
        let mut number = 0;
        for parameter in list.map_or_else(Vec::new, children) {
            let origin = parameter.child_by_field_name("type").map_or(Origin::Nothing, Origin::Typed);
            let names = syntax::fields(parameter, "name");
            number += u32::from(names.is_empty());
            for name in names {
                self.bind(self.text(name), origin, numbered.then_some(number));
                number += 1;
            }
        }
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
    fn within(&mut self, start: usize, change: impl FnOnce(&mut Context), inside: impl FnOnce(&mut Self)) {
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

    fn with_outcome(&mut self, outcome: Outcome, inside: impl FnOnce(&mut Self)) {
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

    fn push_uses(&mut self, apis: Vec<ApiId>, path: &str, make: impl FnOnce(&Self) -> ApiUse) {
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

    fn mention(&mut self, path: &str, span: Span, args: Option<Vec<Value>>) {
        if self.target.as_ref().is_some_and(|target| *target.path == *path) {
            let called = args.is_some() || self.context.in_command;
            let args = args.unwrap_or_default();
            self.found.mentions.push(Mention { site: self.site(span, span), called, args });
        }
    }

    /// A call on a value whose type hides which method it reaches.
    fn hidden_mention(&mut self, name: &str, ty: &Ty, span: Span, args: Vec<Value>) {
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
        self.enclosing.push(function.head);
        self.found.functions.push(function);
        self.parameters(node.child_by_field_name("receiver"), false);
        self.parameters(node.child_by_field_name("parameters"), true);
        self.parameters(
            node.child_by_field_name("result").filter(|node| node.kind() == "parameter_list"),
            false,
        );
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body);
        }
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

    // ---- statements

    fn block(&mut self, block: Node<'p>) {
        let (env, statement) = (self.env, self.statement);
        for part in children(block) {
            match part.kind() {
                "statement_list" => children(part).into_iter().for_each(|part| self.stmt(part)),
                _ => self.stmt(part),
            }
        }
        self.statement = statement;
        self.env = env;
    }

    fn stmt(&mut self, node: Node<'p>) {
        self.statement = span(node);
        self.enclosing.push(self.statement.start);
        self.with_outcome(Outcome::Discarded, |walk| walk.plain_stmt(node));
        self.enclosing.pop();
    }

    fn plain_stmt(&mut self, node: Node<'p>) {
        match node.kind() {
            "expression_statement" => children(node).into_iter().for_each(|expr| self.expr(expr)),
            "short_var_declaration" => self.declare(node),
            "var_declaration" => {
                for spec in children(node) {
                    match spec.kind() {
                        "var_spec_list" => children(spec).into_iter().for_each(|spec| self.var_spec(spec)),
                        _ => self.var_spec(spec),
                    }
                }
            }
            "const_declaration" => children(node).into_iter().for_each(|spec| self.var_spec(spec)),
            "assignment_statement" => self.assign(node),
            "return_statement" => self.others(node, Outcome::Returned),
            "go_statement" => self.within(
                node.start_byte(),
                |context| {
                    *context = Context { in_task: true, in_command: false, after_serve: false, ..*context }
                },
                |walk| walk.others(node, Outcome::Discarded),
            ),
            "defer_statement" => self.within(
                node.start_byte(),
                |context| context.deferred = true,
                |walk| walk.others(node, Outcome::Discarded),
            ),
            "if_statement" => self.branch(node),
            "for_statement" => self.repeat(node),
            "expression_switch_statement" | "type_switch_statement" | "select_statement" => self.cases(node),
            "labeled_statement" => {
                children(node)
                    .into_iter()
                    .filter(|part| part.kind() != "label_name")
                    .for_each(|part| self.stmt(part));
            }
            "block" => self.within(node.start_byte(), |_| {}, |walk| walk.block(node)),
            "statement_list" => children(node).into_iter().for_each(|part| self.stmt(part)),
            "type_declaration"
            | "empty_statement"
            | "break_statement"
            | "continue_statement"
            | "goto_statement"
            | "fallthrough_statement" => {}
            "send_statement" => {
                let part = |field| node.child_by_field_name(field);
                part("channel")
                    .into_iter()
                    .for_each(|channel| self.with_outcome(Outcome::Other, |walk| walk.expr(channel)));
                part("value")
                    .into_iter()
                    .for_each(|value| self.with_outcome(Outcome::Stored, |walk| walk.expr(value)));
            }
            _ => self.others(node, Outcome::Other),
        }
    }

    fn others(&mut self, node: Node<'p>, outcome: Outcome) {
        for part in children(node) {
            match part.kind() {
                "expression_list" => self.others(part, outcome.clone()),
                _ => self.with_outcome(outcome.clone(), |walk| walk.expr(part)),
            }
        }
    }

    /// `a, b := f()`, `a, b := x, y`.
    fn declare(&mut self, node: Node<'p>) {
        let list = |field| syntax::fields(node, field).into_iter().flat_map(children).collect::<Vec<_>>();
        let (left, right) = (list("left"), list("right"));
        self.bind_all(&left, &right, None);
    }

    fn var_spec(&mut self, spec: Node<'p>) {
        let names = syntax::fields(spec, "name");
        let values: Vec<Node<'p>> = syntax::fields(spec, "value").into_iter().flat_map(children).collect();
        self.bind_all(&names, &values, spec.child_by_field_name("type"));
    }

    fn bind_all(&mut self, left: &[Node<'p>], right: &[Node<'p>], ty: Option<Node<'p>>) {
        let first = self.bindings.len() as u32;
        // A name that is already the scope's is given a new value; as a variable of its own it does no harm.
        let paired = left.len() == right.len();
        for (at, value) in right.iter().enumerate() {
            let number = if paired { at } else { 0 };
            let outcome = match left.get(number).map(|name| self.text(*name)) {
                Some("_") => Outcome::Underscore,
                Some(name) => Outcome::Bound(first + number as u32, name.into()),
                None => Outcome::Other,
            };
            self.with_outcome(outcome, |walk| walk.expr(*value));
        }
        // What closures among the values bind comes before; the numbers promised to outcomes are made true.
        let shift = self.bindings.len() as u32 - first;
        for (at, name) in left.iter().enumerate() {
            let origin = match (ty, right) {
                (Some(ty), []) => Origin::Typed(ty),
                (_, [one]) if !paired => Origin::Value(*one, at),
                (_, many) => many.get(at).map_or(Origin::Nothing, |value| Origin::Value(*value, 0)),
            };
            let origin = match (ty, origin) {
                (Some(ty), Origin::Nothing) => Origin::Typed(ty),
                (_, origin) => origin,
            };
            self.bind(self.text(*name), origin, None);
        }
        if shift > 0 {
            self.renumber(first, left.len() as u32, shift);
        }
    }

    /// Moves the numbers of variables that were promised before others were bound.
    fn renumber(&mut self, first: u32, count: u32, shift: u32) {
        let within = first..first + count;
        let (statement, bindings) = (self.statement, &self.bindings);
        let moved = |outcome: &mut Outcome| {
            if let Outcome::Bound(number, name) = outcome
                && within.contains(number)
                && bindings.get((*number + shift) as usize).is_some_and(|binding| binding.name == &**name)
            {
                *number += shift;
            }
        };
        let ours = |span: Span| statement.contains(span);
        self.found
            .uses
            .iter_mut()
            .filter(|found| ours(found.site.span))
            .for_each(|found| moved(&mut found.outcome));
        self.found
            .passed
            .iter_mut()
            .filter(|passed| passed.statement == statement)
            .for_each(|passed| moved(&mut passed.outcome));
    }

    fn assign(&mut self, node: Node<'p>) {
        let list = |field| syntax::fields(node, field).into_iter().flat_map(children).collect::<Vec<_>>();
        let (left, right) = (list("left"), list("right"));
        for (at, value) in right.iter().enumerate() {
            let place = left.get(at).copied();
            let (outcome, field) = place.map_or((Outcome::Other, None), |place| self.place(place));
            let command = place.is_some_and(|place| self.is_command_field(place));
            let before = (std::mem::replace(&mut self.field, field), self.context.in_command);
            self.context.in_command |= command;
            self.with_outcome(outcome, |walk| walk.expr(*value));
            (self.field, self.context.in_command) = before;
        }
        for (at, place) in left.iter().enumerate() {
            self.assigned_to(*place, right.get(at).copied());
        }
    }

    /// What becomes of a value that is assigned to a place.
    fn place(&self, place: Node<'p>) -> (Outcome, Option<Arc<str>>) {
        match place.kind() {
            "identifier" if self.text(place) == "_" => (Outcome::Underscore, None),
            "identifier" => {
                let name = self.text(place);
                match self.variable_at(name, self.env) {
                    Some(variable) => (Outcome::Bound(variable, name.into()), None),
                    None => (Outcome::Stored, Some(name.into())),
                }
            }
            "selector_expression" => {
                let field = place.child_by_field_name("field").map(|field| self.text(field).into());
                (Outcome::Stored, field)
            }
            _ => (Outcome::Stored, None),
        }
    }

    /// `cmd.Run = …` on a command.
    fn is_command_field(&self, place: Node<'p>) -> bool {
        place.kind() == "selector_expression"
            && place
                .child_by_field_name("operand")
                .is_some_and(|operand| self.infer(operand).path().is_some_and(|path| is_command(path)))
    }

    /// A catalogued variable that is given a value: `runtime.MemProfileRate = 1`.
    fn assigned_to(&mut self, place: Node<'p>, value: Option<Node<'p>>) {
        if let Some(Def::Extern(path)) = self.def_of(place) {
            let at = span(place);
            self.record(&path, |walk| ApiUse {
                args: vec![value.map_or(Value::Unknown, |value| walk.value(value))],
                arg_spans: value.map(span).into_iter().collect(),
                outcome: Outcome::Stored,
                ..walk.draft(value.map_or(at, |value| at.join(span(value))), at)
            });
        } else if place.kind() != "identifier" {
            self.with_outcome(Outcome::Other, |walk| walk.expr(place));
        }
    }

    fn branch(&mut self, node: Node<'p>) {
        let env = self.env;
        let part = |field| node.child_by_field_name(field);
        if let Some(initializer) = part("initializer") {
            self.plain_stmt(initializer);
        }
        if let Some(condition) = part("condition") {
            self.with_outcome(Outcome::Other, |walk| walk.expr(condition));
        }
        let head = [part("initializer"), part("condition")].into_iter().flatten();
        let by_environment = head
            .into_iter()
            .any(|part| ["Getenv(", "LookupEnv("].iter().any(|call| self.text(part).contains(call)));
        if let Some(then) = part("consequence") {
            self.within(
                node.start_byte(),
                |context| context.env_gated |= by_environment,
                |walk| walk.block(then),
            );
        }
        match part("alternative") {
            Some(other) if other.kind() == "if_statement" => {
                self.within(other.start_byte(), |_| {}, |walk| walk.branch(other));
            }
            Some(other) => self.within(other.start_byte(), |_| {}, |walk| walk.block(other)),
            None => {}
        }
        self.env = env;
    }

    fn repeat(&mut self, node: Node<'p>) {
        let env = self.env;
        let mut over = None;
        for part in children(node) {
            match part.kind() {
                "for_clause" => {
                    if let Some(initializer) = part.child_by_field_name("initializer") {
                        self.plain_stmt(initializer);
                    }
                    over = Some(part);
                }
                "range_clause" => {
                    let right = part.child_by_field_name("right");
                    right.into_iter().for_each(|right| {
                        let outcome = Outcome::Argument(Some(crate::facts::passed::RANGE.into()));
                        self.with_outcome(outcome, |walk| walk.expr(right));
                    });
                    let names = part.child_by_field_name("left").map_or_else(Vec::new, children);
                    for (at, name) in names.into_iter().enumerate() {
                        let origin = right.map_or(Origin::Nothing, |right| Origin::Range(right, at));
                        self.bind(self.text(name), origin, None);
                    }
                }
                "block" => {}
                _ => over = Some(part),
            }
        }
        self.within(
            node.start_byte(),
            |context| context.in_loop = true,
            |walk| {
                if let Some(over) = over {
                    walk.condition(over);
                }
                if let Some(body) = node.child_by_field_name("body") {
                    walk.block(body);
                }
            },
        );
        self.env = env;
    }

    /// The head of a loop: `i < n; i++`, or a condition alone.
    fn condition(&mut self, head: Node<'p>) {
        if head.kind() != "for_clause" {
            self.with_outcome(Outcome::Other, |walk| walk.expr(head));
            return;
        }
        if let Some(condition) = head.child_by_field_name("condition") {
            let outcome = Outcome::Argument(Some(crate::facts::passed::RANGE.into()));
            self.with_outcome(outcome, |walk| walk.others_or_self(condition));
        }
        if let Some(update) = head.child_by_field_name("update") {
            self.plain_stmt(update);
        }
    }

    /// The two sides of a comparison, or the expression.
    fn others_or_self(&mut self, node: Node<'p>) {
        if node.kind() == "binary_expression" {
            let outcome = self.outcome.clone();
            self.others(node, outcome);
        } else {
            self.expr(node);
        }
    }

    fn cases(&mut self, node: Node<'p>) {
        let env = self.env;
        if let Some(initializer) = node.child_by_field_name("initializer") {
            self.plain_stmt(initializer);
        }
        let value = node.child_by_field_name("value");
        value.into_iter().for_each(|value| self.with_outcome(Outcome::Other, |walk| walk.expr(value)));
        let alias = node.child_by_field_name("alias").and_then(|alias| children(alias).first().copied());
        let by_environment = value.is_some_and(|value| self.text(value).contains("Getenv("));
        for case in children(node) {
            if !matches!(case.kind(), "expression_case" | "type_case" | "default_case" | "communication_case")
            {
                continue;
            }
            self.within(
                case.start_byte(),
                |context| context.env_gated |= by_environment,
                |walk| walk.case(case, alias),
            );
        }
        self.env = env;
    }

    fn case(&mut self, case: Node<'p>, alias: Option<Node<'p>>) {
        if let Some(alias) = alias {
            let types = syntax::fields(case, "type");
            let origin = match types.as_slice() {
                [only] => Origin::Typed(*only),
                _ => Origin::Nothing,
            };
            self.bind(self.text(alias), origin, None);
        }
        for part in children(case) {
            match part.kind() {
                "statement_list" => children(part).into_iter().for_each(|part| self.stmt(part)),
                "expression_list" => self.others(part, Outcome::Other),
                "receive_statement" => self.receive(part),
                "send_statement" => self.plain_stmt(part),
                // The types of a type switch.
                _ if alias.is_some() || case.kind() == "type_case" => {}
                _ => self.stmt(part),
            }
        }
    }

    fn receive(&mut self, node: Node<'p>) {
        let right = node.child_by_field_name("right");
        right.into_iter().for_each(|right| self.with_outcome(Outcome::Other, |walk| walk.expr(right)));
        let names = node.child_by_field_name("left").map_or_else(Vec::new, children);
        for (at, name) in names.into_iter().enumerate().filter(|(_, name)| name.kind() == "identifier") {
            let origin = right.map_or(Origin::Nothing, |right| Origin::Value(right, at));
            self.bind(self.text(name), origin, None);
        }
    }

    // ---- expressions

    pub(super) fn expr(&mut self, node: Node<'p>) {
        match node.kind() {
            "call_expression" => self.chain(node),
            "identifier" => self.name(node),
            "selector_expression" => self.selector(node),
            "func_literal" => self.closure(node),
            "composite_literal" => {
                let written = node.child_by_field_name("type");
                let ty = written.map_or(Ty::Unknown, |ty| self.program.written(self.file, self.data, ty));
                self.literal(node, written.map_or(span(node), span), &ty);
            }
            "parenthesized_expression" => children(node).into_iter().for_each(|inner| self.expr(inner)),
            "unary_expression" if self.text(node).starts_with('&') => {
                children(node).into_iter().for_each(|inner| self.expr(inner));
            }
            "unary_expression" => self.others(node, Outcome::Other),
            "binary_expression" => self.operands(node),
            "type_conversion_expression" => {
                node.child_by_field_name("operand").into_iter().for_each(|operand| self.expr(operand));
            }
            "type_assertion_expression" => {
                node.child_by_field_name("operand").into_iter().for_each(|operand| self.expr(operand));
            }
            "int_literal"
            | "float_literal"
            | "imaginary_literal"
            | "rune_literal"
            | "interpreted_string_literal"
            | "raw_string_literal"
            | "nil"
            | "true"
            | "false"
            | "iota" => {}
            _ => self.others(node, Outcome::Other),
        }
    }

    /// What arithmetic makes of a value is still that value's: `runtime.NumCPU() * 2`.
    fn operands(&mut self, node: Node<'p>) {
        let operator = node.child_by_field_name("operator").map_or("", |operator| self.text(operator));
        let outcome = match operator {
            "+" | "-" | "*" | "/" | "<<" | ">>" => self.outcome.clone(),
            _ => Outcome::Other,
        };
        self.others(node, outcome);
    }

    /// A name that is not called.
    fn name(&mut self, node: Node<'p>) {
        let name = self.text(node);
        if let Some(variable) = self.variable_at(name, self.env) {
            self.pass(variable, &[]);
            return;
        }
        if let Some(def) = self.def_of(node) {
            self.named(&def, span(node), span(node));
        }
    }

    /// `package.Name`, `value.field`, `value.Method` that is not called.
    fn selector(&mut self, node: Node<'p>) {
        let anchor = node.child_by_field_name("field").map_or(span(node), span);
        match self.def_of(node) {
            Some(def) => {
                self.named(&def, span(node), if self.is_package(node) { span(node) } else { anchor })
            }
            None => {
                if let Some(target) = &self.target
                    && node
                        .child_by_field_name("field")
                        .is_some_and(|field| self.text(field) == &*target.name)
                    && let Some(operand) = node.child_by_field_name("operand")
                {
                    let ty = self.infer(operand);
                    self.hidden_value(&ty, span(node));
                }
            }
        }
        if !self.is_package(node)
            && let Some(operand) = node.child_by_field_name("operand")
        {
            self.with_outcome(Outcome::Other, |walk| walk.expr(operand));
        }
    }

    /// A method's value taken where only the method's name is known.
    fn hidden_value(&mut self, ty: &Ty, span: Span) {
        let owner = self.target.as_ref().and_then(|target| target.receiver.clone());
        let Some(owner) = owner else { return };
        // A field of the same name is likelier than a method's value.
        if self.program.is_interface(ty) && self.program.sees(self.file, &owner) {
            let called = self.context.in_command;
            self.found.mentions.push(Mention { site: self.site(span, span), called, args: Vec::new() });
        }
    }

    fn named(&mut self, def: &Def, span: Span, anchor: Span) {
        let path = self.program.canonical(def);
        self.mention(&path, span, None);
        self.record(&path, |walk| walk.draft(span, anchor));
    }

    fn pass(&mut self, variable: u32, through: &[Node<'p>]) {
        if self.target.is_some() {
            return;
        }
        let method = |call: &Node<'p>| -> Option<Arc<str>> { Some(self.callee_name(*call)?.into()) };
        self.found.passed.push(Passed {
            variable,
            function: self.found.functions.len().checked_sub(1).map(|last| last as u32),
            through: through.iter().filter_map(method).collect(),
            statement: self.statement,
            outcome: self.outcome.clone(),
            field: self.field.clone().filter(|_| self.outcome == Outcome::Stored),
        });
    }

    fn closure(&mut self, node: Node<'p>) {
        let route = self.program.is_handler_signature(self.file, self.data, node);
        self.within(
            node.start_byte(),
            |context| {
                context.in_closure = true;
                context.in_route |= route;
                context.in_task |= route;
                // A command begins where it is run, not where it is declared.
                context.after_serve &= !context.in_command;
            },
            |walk| {
                if let Outcome::Argument(callee) = &walk.outcome {
                    walk.given_to = callee.clone();
                }
                walk.body(node);
            },
        );
    }

    fn body(&mut self, function: Node<'p>) {
        self.parameters(function.child_by_field_name("parameters"), false);
        if let Some(body) = function.child_by_field_name("body") {
            self.block(body);
        }
    }

    /// A composite literal, or the braces of one whose type the literal around it gives.
    fn literal(&mut self, node: Node<'p>, anchor: Span, ty: &Ty) {
        let body = if node.kind() == "literal_value" { Some(node) } else { node.child_by_field_name("body") };
        let elements = body.map_or_else(Vec::new, children);
        let command = ty.path().is_some_and(|path| is_command(path));
        if let Some(path) = ty.path().cloned() {
            self.record(&path, |walk| ApiUse {
                keys: elements.iter().filter_map(|element| walk.keyed(*element)).collect(),
                ..walk.draft(span(node), anchor)
            });
        }
        let before = self.context;
        self.context.in_command |= command;
        for element in elements {
            let (key, value) = match element.kind() {
                "keyed_element" => (element.child_by_field_name("key"), element.child_by_field_name("value")),
                _ => (None, Some(element)),
            };
            let field: Option<Arc<str>> = key.map(|key| self.text(key).into());
            let inner = match ty.peeled() {
                Ty::Of(inner) => (**inner).clone(),
                _ => Ty::Unknown,
            };
            // Keys of a map are values, those of a struct are names.
            if let Some(key) = key.filter(|_| matches!(ty, Ty::Of(_))) {
                self.element(key, &Ty::Unknown, None);
            }
            if let Some(value) = value {
                self.element(value, &inner, field);
            }
        }
        self.context.in_command = before.in_command;
    }

    fn element(&mut self, element: Node<'p>, ty: &Ty, field: Option<Arc<str>>) {
        let Some(inner) = children(element).first().copied() else { return };
        let before = std::mem::replace(&mut self.field, field);
        self.with_outcome(Outcome::Stored, |walk| match inner.kind() {
            "literal_value" => walk.literal(inner, span(inner), ty),
            _ => walk.expr(inner),
        });
        self.field = before;
    }

    fn keyed(&self, element: Node<'p>) -> Option<(Arc<str>, Value)> {
        if element.kind() != "keyed_element" {
            return None;
        }
        let key = element.child_by_field_name("key")?;
        let value = children(element.child_by_field_name("value")?).first().copied()?;
        Some((self.text(key).into(), self.value(value)))
    }

    // ---- calls

    /// A whole chain of calls, from its root outwards: `r.Group("/x").Handle("GET", h)`.
    fn chain(&mut self, whole: Node<'p>) {
        let calls = links(whole);
        let outcome = self.outcome.clone();
        for (number, call) in calls.iter().enumerate() {
            let shape = Shape {
                chain: span(whole),
                before: &calls[..number],
                after: &calls[number + 1..],
                outcome: outcome.clone(),
            };
            self.call(*call, &shape);
        }
    }

    /// The name by which a call names what it calls.
    pub(super) fn callee_name(&self, call: Node<'p>) -> Option<&'p str> {
        let function = callee(call)?;
        match function.kind() {
            "selector_expression" => function.child_by_field_name("field").map(|field| self.text(field)),
            "identifier" => Some(self.text(function)),
            _ => None,
        }
    }

    pub(super) fn arguments(&self, call: Node<'p>) -> Vec<Node<'p>> {
        call.child_by_field_name("arguments").map_or_else(Vec::new, children)
    }

    fn link(&self, call: Node<'p>) -> Link {
        let name = self.callee_name(call).unwrap_or("");
        let at = callee(call).and_then(|callee| callee.child_by_field_name("field")).map_or(span(call), span);
        Link {
            name: name.into(),
            args: self.arguments(call).into_iter().map(|arg| self.value(arg)).collect(),
            span: at.join(Span { start: call.end_byte() as u32, end: call.end_byte() as u32 }),
        }
    }

    fn call(&mut self, call: Node<'p>, shape: &Shape<'p, '_>) {
        let Some(function) = callee(call) else { return };
        let args = self.arguments(call);
        if function.kind() == "func_literal" {
            // Called where it stands: `func() { … }()`, `go func() { … }()`.
            self.given(&args, None, Given::Call);
            self.within(function.start_byte(), |_| {}, |walk| walk.body(function));
            return;
        }
        let name = self.callee_name(call).unwrap_or("");
        let def = self.def_of(function);
        let operand = function
            .child_by_field_name("operand")
            .filter(|_| function.kind() == "selector_expression" && !self.is_package(function));
        if let Some(operand) = operand.filter(|operand| operand.kind() != "call_expression") {
            self.receiver(operand, &shape_calls(call, shape));
        } else if !matches!(function.kind(), "identifier" | "selector_expression") {
            self.with_outcome(Outcome::Other, |walk| walk.expr(function));
        }
        let values = || args.iter().map(|arg| self.value(*arg)).collect::<Vec<_>>();
        let path = def.as_ref().map(|def| self.program.canonical(def));
        if self.target.is_some() {
            let values = values();
            match (&path, operand) {
                (Some(path), _) if self.is_reachable(path, operand) => {
                    self.mention(path, span(call), Some(values))
                }
                (_, Some(operand)) => {
                    let ty = self.infer(operand);
                    self.hidden_mention(name, &ty, span(call), values);
                }
                _ => {}
            }
        }
        let (apis, certainty) = match &path {
            Some(path) => (self.catalogue.by_path(path).to_vec(), Certainty::Resolved),
            None => (self.by_name(name, operand), Certainty::ByName),
        };
        let path = path.unwrap_or_else(|| match apis.first() {
            Some(api) => self.catalogue.method_path(*api, name).into(),
            None => name.into(),
        });
        let given = self.gives(&path, name, &apis);
        if !apis.is_empty() {
            let anchor = if operand.is_some() {
                function.child_by_field_name("field").map_or(span(function), span)
            } else {
                span(function)
            };
            self.push_uses(apis, &path, |walk| ApiUse {
                args: args.iter().map(|arg| walk.value(*arg)).collect(),
                arg_spans: args.iter().map(|arg| span(*arg)).collect(),
                receiver: operand.map(|operand| walk.value(operand)).filter(|value| *value != Value::Unknown),
                receiver_variable: operand.and_then(|operand| walk.root_variable(operand)),
                before: shape.before.iter().map(|call| walk.link(*call)).collect(),
                after: shape.after.iter().map(|call| walk.link(*call)).collect(),
                chain: shape.chain,
                outcome: shape.outcome.clone(),
                certainty,
                ..walk.draft(span(call), anchor)
            });
        }
        if hands_on(&path) {
            self.with_outcome(shape.outcome.clone(), |walk| args.iter().for_each(|arg| walk.expr(*arg)));
        } else {
            self.given(&args, Some(path), given);
        }
    }

    /// The value that a method is called on.
    fn receiver(&mut self, operand: Node<'p>, through: &[Node<'p>]) {
        match self.root_variable(operand).filter(|_| operand.kind() == "identifier") {
            Some(variable) => {
                self.pass(variable, through);
            }
            None => self.with_outcome(Outcome::Other, |walk| walk.expr(operand)),
        }
    }

    /// Whether a call's resolved path says which method it reaches: not where the value is an interface.
    fn is_reachable(&self, path: &str, operand: Option<Node<'p>>) -> bool {
        match &self.target {
            Some(target) if *target.path == *path => true,
            _ => operand.is_none_or(|operand| !self.program.is_interface(&self.infer(operand))),
        }
    }

    /// Entries whose method no other known package has, where the receiver is not known.
    fn by_name(&self, name: &str, operand: Option<Node<'p>>) -> Vec<ApiId> {
        if operand.is_none() {
            return Vec::new();
        }
        let known = self.catalogue.unambiguous(name).iter().copied();
        known.filter(|api| self.program.requires(self.file, self.catalogue.package(*api))).collect()
    }

    fn gives(&self, path: &str, name: &str, apis: &[ApiId]) -> Given {
        if apis.iter().any(|api| self.catalogue.is_route(*api)) {
            Given::Route
        } else if is_command(path) {
            Given::Command
        } else if apis.iter().any(|api| self.catalogue.is_task_start(*api))
            || matches!(name, "Go" | "TryGo" | "GoFunc" | "Spawn" | "AfterFunc")
        {
            Given::Task
        } else {
            Given::Call
        }
    }

    /// Visits a call's arguments.
    fn given(&mut self, args: &[Node<'p>], callee: Option<Arc<str>>, given: Given) {
        let context = self.context;
        self.context.in_task |= matches!(given, Given::Task | Given::Route);
        self.context.in_route |= given == Given::Route;
        self.context.in_command |= given == Given::Command;
        let own = matches!(given, Given::Task | Given::Route);
        self.with_outcome(Outcome::Argument(callee), |walk| args.iter().for_each(|arg| walk.expr(*arg)));
        self.context =
            Context { after_serve: context.after_serve || (self.context.after_serve && !own), ..context };
    }

    pub(super) fn root_variable(&self, node: Node<'p>) -> Option<u32> {
        let mut node = node;
        loop {
            node = match node.kind() {
                "identifier" => return self.variable_at(self.text(node), self.env),
                "selector_expression" | "index_expression" | "slice_expression" => {
                    node.child_by_field_name("operand")?
                }
                "parenthesized_expression" | "unary_expression" => children(node).first().copied()?,
                "call_expression" => callee(node)?,
                _ => return None,
            };
        }
    }
}

/// The calls of a chain from one on, for what a variable goes through.
fn shape_calls<'p>(call: Node<'p>, shape: &Shape<'p, '_>) -> Vec<Node<'p>> {
    std::iter::once(call).chain(shape.after.iter().copied()).collect()
}

/// What a call calls, type arguments and brackets looked through.
pub(super) fn callee(call: Node<'_>) -> Option<Node<'_>> {
    let mut function = call.child_by_field_name("function")?;
    for _ in 0..8 {
        function = match function.kind() {
            "parenthesized_expression" => children(function).first().copied()?,
            "type_instantiation_expression" => function.child_by_field_name("type")?,
            "index_expression" => {
                // `f[T](x)`; a call of a slice's element is no function's own.
                let index = function.child_by_field_name("index")?;
                let operand = function.child_by_field_name("operand")?;
                if !matches!(index.kind(), "identifier" | "selector_expression" | "type_identifier")
                    || operand.kind() == "call_expression"
                {
                    return Some(function);
                }
                operand
            }
            _ => return Some(function),
        };
    }
    Some(function)
}

/// The calls of a chain, innermost first.
fn links(whole: Node<'_>) -> Vec<Node<'_>> {
    let mut calls = vec![whole];
    let mut at = whole;
    loop {
        let next = callee(at)
            .filter(|function| function.kind() == "selector_expression")
            .and_then(|function| function.child_by_field_name("operand"))
            .filter(|operand| operand.kind() == "call_expression");
        match next {
            Some(inner) => {
                calls.push(inner);
                at = inner;
            }
            None => {
                calls.reverse();
                return calls;
            }
        }
    }
}

/// Whether a path is that of a type or call that holds a program's commands.
fn is_command(path: &str) -> bool {
    COMMANDS
        .iter()
        .any(|known| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")))
}

/// Calls that hand their argument's value on: conversions, and what picks one of its arguments.
fn hands_on(path: &str) -> bool {
    let name = path.rsplit("::").next().unwrap_or(path);
    matches!(
        name,
        "int"
            | "int8"
            | "int16"
            | "int32"
            | "int64"
            | "uint"
            | "uint8"
            | "uint16"
            | "uint32"
            | "uint64"
            | "uintptr"
            | "float32"
            | "float64"
            | "string"
            | "min"
            | "max"
            | "Min"
            | "Max"
    )
}
