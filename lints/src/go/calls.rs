//! The walk over calls and chains of calls.

use std::sync::Arc;

use tree_sitter::Node;

use crate::facts::passed::REPEAT;
use crate::facts::{ApiId, ApiUse, Certainty, Context, Link, Outcome, Value};
use crate::go::syntax::{children, span};
use crate::go::walk::Walker;
use crate::source::Span;

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
    "github.com/codegangsta/cli::Command",
    "github.com/codegangsta/cli::App",
    "github.com/minio/cli::Command",
    "github.com/minio/cli::App",
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
    /// A whole chain of calls, from its root outwards: `r.Group("/x").Handle("GET", h)`.
    pub(super) fn chain(&mut self, whole: Node<'p>) {
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
                ..walk.call_draft(call, &args, anchor)
            });
        }
        if let Some(flag) = self.flag(name, &args) {
            let before = self.field.replace(flag);
            self.with_outcome(Outcome::Stored, |walk| args.iter().for_each(|arg| walk.expr(*arg)));
            self.field = before;
        } else if hands_on(&path) {
            self.with_outcome(shape.outcome.clone(), |walk| args.iter().for_each(|arg| walk.expr(*arg)));
        } else {
            let callee = self.made(&path, &args).unwrap_or(path);
            self.given(&args, Some(callee), given);
        }
    }

    /// A call that a loop repeats with a larger buffer until all fits in is made once, as far as its work goes.
    fn call_draft(&self, call: Node<'p>, args: &[Node<'p>], anchor: Span) -> ApiUse {
        let mut draft = self.draft(span(call), anchor);
        let buffer = args.first().filter(|arg| arg.kind() == "identifier").map(|arg| self.text(*arg));
        if let Some(buffer) = buffer.filter(|_| draft.site.context.in_loop) {
            let mut around = call.parent();
            while let Some(up) = around.filter(|up| up.kind() != "for_statement") {
                around = up.parent();
            }
            let grown =
                around.is_some_and(|repeated| self.text(repeated).contains(&format!("{buffer} = make(")));
            draft.site.context.in_loop &= !grown;
        }
        draft
    }

    /// The name of the flag that a call declares: what it is given is stored under that name.
    fn flag(&self, name: &str, args: &[Node<'p>]) -> Option<Arc<str>> {
        let kind = name.strip_suffix('P').unwrap_or(name);
        let kind = kind.strip_suffix("Var").unwrap_or(kind);
        let declares =
            args.len() > 2 && matches!(kind, "Int" | "Int32" | "Int64" | "Uint" | "Uint32" | "Uint64");
        let named = args.iter().take(2).find_map(|arg| self.value(*arg).str().map(Arc::from));
        named.filter(|_| declares)
    }

    /// What `make` makes, where its size is one of work that waits or of a part for each.
    fn made(&self, path: &str, args: &[Node<'p>]) -> Option<Arc<str>> {
        match args.first().filter(|_| path == "make")?.kind() {
            "channel_type" => Some("channel".into()),
            "slice_type" => Some(REPEAT.into()),
            _ => None,
        }
    }

    /// The value that a method is called on.
    pub(super) fn receiver(&mut self, operand: Node<'p>, through: &[Node<'p>]) {
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

    fn root_variable(&self, node: Node<'p>) -> Option<u32> {
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
pub(super) fn is_command(path: &str) -> bool {
    COMMANDS
        .iter()
        .any(|known| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")))
}

/// Calls that hand their argument's value on: conversions, and what picks one of its arguments.
fn hands_on(path: &str) -> bool {
    let name = path.rsplit("::").next().unwrap_or(path);
    matches!(
        name,
        "Ceil"
            | "Floor"
            | "Round"
            | "int"
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
