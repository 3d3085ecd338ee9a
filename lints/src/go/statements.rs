//! The walk over statements.

use std::sync::Arc;

use tree_sitter::Node;

use crate::facts::lifetime::Handoff;
use crate::facts::passed::RANGE;
use crate::facts::{ApiUse, Context, Outcome, Value};
use crate::go::calls::is_command;
use crate::go::resolve::Def;
use crate::go::syntax::{self, children, span};
use crate::go::types::Ty;
use crate::go::walk::{Origin, Walker};
use crate::source::Span;

impl<'p> Walker<'p> {
    pub(super) fn block(&mut self, block: Node<'p>) {
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
            "expression_statement" => {
                children(node).into_iter().for_each(|expr| self.expr(expr));
                self.context.on_signal |=
                    children(node).first().is_some_and(|expr| self.waits_for_signal(*expr));
            }
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
            "return_statement" => {
                self.leave(span(node));
                self.others(node, Outcome::Returned);
            }
            "go_statement" => self.within(
                node.start_byte(),
                |context| {
                    *context = Context { in_task: true, in_command: false, after_serve: false, ..*context }
                },
                |walk| {
                    walk.hand_off(node);
                    walk.others(node, Outcome::Discarded);
                },
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

    /// `<-signals`
    fn waits_for_signal(&self, expr: Node<'p>) -> bool {
        expr.kind() == "unary_expression"
            && self.text(expr).starts_with("<-")
            && children(expr).first().is_some_and(|channel| self.is_signals(*channel))
    }

    /// A channel of signals.
    fn is_signals(&self, channel: Node<'p>) -> bool {
        matches!(self.infer(channel), Ty::Of(inner) if inner.path().is_some_and(|path| &**path == "os::Signal"))
    }

    /// A goroutine that is started.
    fn hand_off(&mut self, node: Node<'p>) {
        if self.target.is_none() {
            let (given, deferred) = (span(node), vec![span(node)]);
            self.found.handoffs.push(Handoff {
                given,
                work: given,
                deferred,
                names_span: false,
                is_future_body: false,
            });
        }
    }

    pub(super) fn others(&mut self, node: Node<'p>, outcome: Outcome) {
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
        let mut on_signal = false;
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
                    on_signal = right.is_some_and(|right| self.is_signals(right));
                    right.into_iter().for_each(|right| {
                        let outcome = Outcome::Argument(Some(RANGE.into()));
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
            |context| {
                context.in_loop = true;
                context.on_signal = on_signal;
            },
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
            let outcome = Outcome::Argument(Some(RANGE.into()));
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
        self.context.on_signal |= right.is_some_and(|right| self.waits_for_signal(right));
        let names = node.child_by_field_name("left").map_or_else(Vec::new, children);
        for (at, name) in names.into_iter().enumerate().filter(|(_, name)| name.kind() == "identifier") {
            let origin = right.map_or(Origin::Nothing, |right| Origin::Value(right, at));
            self.bind(self.text(name), origin, None);
        }
    }
}
