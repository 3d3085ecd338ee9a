//! A function's expressions as plain data, kept for as long as a run follows routers and addresses through it.
//!
//! Front ends make them; a parser's own tree cannot be kept, since the places of its tokens end with the next file that
//! is parsed.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::facts::{FileIndex, Production};
use crate::source::Span;

/// An expression, statement or pattern.
#[derive(Debug)]
pub(crate) struct Node {
    pub span: Span,
    pub kind: Kind,
}

/// What a node is. References, `?`, `.await`, casts and brackets are left out: what they hold stands for them. The value
/// that a method is called on is named `self`, whatever the language.
#[derive(Debug)]
pub(crate) enum Kind {
    Text(Arc<str>),
    Int(i128),
    Path(Vec<String>),
    Call(Box<Node>, Vec<Node>),
    Method {
        receiver: Box<Node>,
        name: String,
        /// Where the name stands.
        at: u32,
        args: Vec<Node>,
    },
    Field(Box<Node>, String),
    Macro(String, Vec<Node>),
    Struct(Vec<String>, Vec<(String, Node)>, Option<Box<Node>>),
    /// A tuple or an array.
    List(Vec<Node>),
    Closure(Vec<Bind>, Box<Node>),
    /// Statements; the last one is the value if the flag is set.
    Block(Vec<Node>, bool),
    Let {
        binds: Vec<Bind>,
        ty: Option<String>,
        init: Option<Rc<Node>>,
        other: Option<Box<Node>>,
    },
    Assign(Box<Node>, Rc<Node>),
    Return(Option<Box<Node>>),
    If(Box<Node>, Box<Node>, Option<Box<Node>>),
    Match(Rc<Node>, Vec<Arm>),
    Equal(Box<Node>, Box<Node>),
    Other(Vec<Node>),
}

/// A name that a pattern binds.
#[derive(Debug, Clone)]
pub(crate) struct Bind {
    pub name: String,
    /// The struct's type and the field, where the pattern takes a struct apart.
    pub field: Option<(Vec<String>, String)>,
}

/// One arm of a `match`.
#[derive(Debug)]
pub(crate) struct Arm {
    pub span: Span,
    /// Literals and paths that the pattern holds.
    pub pattern: Vec<Node>,
    pub binds: Vec<Bind>,
    pub guard: Option<Node>,
    pub body: Node,
}

/// A parameter of a function.
#[derive(Debug)]
pub(crate) struct Param {
    pub names: Vec<String>,
    /// Its type as written.
    pub ty: String,
}

/// A function, constant or static; `S` is what the front end looks names up by.
#[derive(Debug)]
pub(crate) struct Sketch<S> {
    pub file: FileIndex,
    pub item: u32,
    pub scope: S,
    pub params: Vec<Param>,
    /// Whether the first parameter is `self`.
    pub method: bool,
    /// What it returns, as written.
    pub returns: String,
    pub body: Node,
    pub production: Production,
    /// Variables by name, made when first asked for.
    pub bindings: OnceCell<FxHashMap<String, Vec<Binding>>>,
}

/// Where a variable gets a value.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub ty: Option<String>,
    pub init: Option<Rc<Node>>,
    /// The struct's type and the field, where a pattern takes a struct apart.
    pub field: Option<(Vec<String>, String)>,
    /// An assignment, not a declaration.
    pub assigned: bool,
    /// Where the value is visible from, and where it no longer is.
    from: u32,
    until: u32,
}

impl<S> Sketch<S> {
    /// Whether it runs in production.
    pub(crate) fn is_live(&self) -> bool {
        self.production == Production::Yes
    }

    /// The declaration of a variable that is nearest before a place.
    pub(crate) fn binding(&self, name: &str, before: u32) -> Option<&Binding> {
        let known = self.table().get(name)?;
        let visible =
            |binding: &&Binding| !binding.assigned && binding.from <= before && before <= binding.until;
        known.iter().filter(visible).max_by_key(|binding| binding.from)
    }

    /// What is assigned to a variable anywhere in the function.
    pub(crate) fn assigned(&self, name: &str) -> impl Iterator<Item = &Rc<Node>> {
        let known = self.table().get(name).map_or(&[][..], Vec::as_slice);
        known.iter().filter(|binding| binding.assigned).filter_map(|binding| binding.init.as_ref())
    }

    fn table(&self) -> &FxHashMap<String, Vec<Binding>> {
        self.bindings.get_or_init(|| {
            let mut table = FxHashMap::default();
            self.body.walk(&mut |node| note_bindings(node, &mut table));
            table
        })
    }
}

fn note_bindings(node: &Node, table: &mut FxHashMap<String, Vec<Binding>>) {
    let mut note = |bind: &Bind, binding: Binding| {
        let field = bind.field.clone();
        table.entry(bind.name.clone()).or_default().push(Binding { field, ..binding });
    };
    let plain = |init: Option<&Rc<Node>>, from: u32, until: u32| Binding {
        ty: None,
        init: init.cloned(),
        field: None,
        assigned: false,
        from,
        until,
    };
    match &node.kind {
        Kind::Let { binds, ty, init, .. } => {
            for bind in binds {
                note(bind, Binding { ty: ty.clone(), ..plain(init.as_ref(), node.span.end, u32::MAX) });
            }
        }
        Kind::Match(on, arms) => {
            for arm in arms {
                arm.binds.iter().for_each(|bind| note(bind, plain(Some(on), arm.span.start, arm.span.end)));
            }
        }
        Kind::Closure(binds, _) => {
            binds.iter().for_each(|bind| note(bind, plain(None, node.span.start, node.span.end)));
        }
        Kind::Assign(left, right) => {
            if let Some(name) = left.variable() {
                let bind = Bind { name: name.to_owned(), field: None };
                note(&bind, Binding { assigned: true, ..plain(Some(right), node.span.start, u32::MAX) });
            }
        }
        _ => {}
    }
}

impl Node {
    /// Calls `each` with the nodes right below.
    pub(crate) fn children<'n>(&'n self, mut each: impl FnMut(&'n Node)) {
        match &self.kind {
            Kind::Text(_) | Kind::Int(_) | Kind::Path(_) => {}
            Kind::Call(callee, args) => {
                each(callee);
                args.iter().for_each(each);
            }
            Kind::Method { receiver, args, .. } => {
                each(receiver);
                args.iter().for_each(each);
            }
            Kind::Field(base, _) | Kind::Closure(_, base) => each(base),
            Kind::Struct(_, fields, rest) => {
                fields.iter().for_each(|(_, value)| each(value));
                rest.iter().for_each(|rest| each(rest));
            }
            Kind::Macro(_, parts) | Kind::List(parts) | Kind::Block(parts, _) | Kind::Other(parts) => {
                parts.iter().for_each(each);
            }
            Kind::Let { init, other, .. } => {
                init.iter().for_each(|node| each(node));
                other.iter().for_each(|node| each(node));
            }
            Kind::Assign(left, right) => {
                each(left);
                each(right);
            }
            Kind::Equal(left, right) => {
                each(left);
                each(right);
            }
            Kind::Return(value) => value.iter().for_each(|value| each(value)),
            Kind::If(on, then, other) => {
                each(on);
                each(then);
                other.iter().for_each(|other| each(other));
            }
            Kind::Match(on, arms) => {
                each(on);
                for arm in arms {
                    arm.pattern.iter().chain(&arm.guard).for_each(&mut each);
                    each(&arm.body);
                }
            }
        }
    }

    /// Calls `each` with this node and everything below, outer ones first.
    pub(crate) fn walk<'n>(&'n self, each: &mut dyn FnMut(&'n Node)) {
        each(self);
        self.children(|child| child.walk(each));
    }

    /// Whether anything here or below is what is asked for.
    pub(crate) fn any(&self, ask: &dyn Fn(&Node) -> bool) -> bool {
        let mut found = ask(self);
        if !found {
            self.children(|child| found = found || child.any(ask));
        }
        found
    }

    /// The node that begins a chain of method calls and fields.
    pub(crate) fn root(&self) -> &Node {
        match &self.kind {
            Kind::Method { receiver, .. } => receiver.root(),
            Kind::Field(base, _) => base.root(),
            _ => self,
        }
    }

    /// The variable that a path of one name is, if it is one.
    pub(crate) fn variable(&self) -> Option<&str> {
        match &self.kind {
            Kind::Path(path) => match path.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        }
    }

    /// The last name of what is called or named.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Path(path) => path.last().map(String::as_str),
            Kind::Call(callee, _) => callee.name(),
            Kind::Method { name, .. } | Kind::Field(_, name) | Kind::Macro(name, _) => Some(name),
            Kind::Struct(path, ..) => path.last().map(String::as_str),
            _ => None,
        }
    }

    /// What a block, closure or branch comes to: the expressions that give its value.
    pub(crate) fn values(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Block(parts, true) => parts.last().map_or_else(Vec::new, Node::values),
            Kind::Block(..) => Vec::new(),
            Kind::Closure(_, body) => body.values(),
            Kind::If(_, then, other) => {
                then.values().into_iter().chain(other.iter().flat_map(|other| other.values())).collect()
            }
            Kind::Match(_, arms) => arms.iter().flat_map(|arm| arm.body.values()).collect(),
            Kind::Return(Some(value)) => value.values(),
            _ => vec![self],
        }
    }

    /// The values of a function's body: its tail, and what it returns early.
    pub(crate) fn results(&self) -> Vec<&Node> {
        let mut found = self.values();
        self.walk(&mut |node| {
            if let Kind::Return(Some(value)) = &node.kind {
                found.extend(value.values());
            }
        });
        found
    }
}
