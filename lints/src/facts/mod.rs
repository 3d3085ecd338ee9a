//! The vocabulary that both front ends emit and that rules judge: plain data, no syntax.

pub mod code;
pub mod comment;
pub mod exit;
pub mod exposure;
pub mod finalizer;
pub mod lifetime;
pub mod passed;
pub mod pointer;
pub mod setting;
pub mod value;

use std::sync::Arc;

use crate::source::Span;
pub use value::{Origin, Value};

/// Index of an entry in the run's [`Catalogue`](crate::catalogue::Catalogue).
pub type ApiId = u32;

/// Index of a file in the workspace.
pub type FileIndex = u32;

/// Whether code runs in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Production {
    /// It does.
    #[default]
    Yes,
    /// A test, or test support.
    Test,
    /// A benchmark.
    Bench,
    /// An example.
    Example,
    /// A build script.
    BuildScript,
    /// A fuzz target.
    Fuzz,
    /// Written by a generator.
    Generated,
}

/// What surrounds a use, from the inside out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context {
    /// In the body of a loop.
    pub in_loop: bool,
    /// In a closure or block given to a spawn, a route, a signal handler.
    pub in_task: bool,
    /// In a closure or call that is given to a route.
    pub in_route: bool,
    /// In any closure.
    pub in_closure: bool,
    /// In what runs when the function ends: `defer`.
    pub deferred: bool,
    /// After a signal was waited for: runs as often as somebody sends one.
    pub on_signal: bool,
    /// Where the caller's context is at hand, as a parameter.
    pub has_context: bool,
    /// In the body of a command of the program, which its command line runs once, or in a closure that a named owner of
    /// start-up runs.
    pub in_command: bool,
    /// In the initialiser of a `static`, a lazy cell or a package-level variable.
    pub in_static: bool,
    /// In what a call of a function fills a lazy cell with: whoever runs the function first fills it.
    pub filled: bool,
    /// After a call that starts serving, on the same path.
    pub after_serve: bool,
    /// Under a condition that only debug builds meet.
    pub debug_only: bool,
    /// Under a compile-time feature of its own.
    pub feature_gated: bool,
    /// In a macro's definition: the use runs wherever the macro is called.
    pub in_macro_rules: bool,
    /// In an `if`, `match` or `switch` on an environment variable.
    pub env_gated: bool,
}

/// A place in code, with what a rule may need to know around it.
#[derive(Debug, Clone)]
pub struct Site {
    /// The file.
    pub file: FileIndex,
    /// The whole expression or attribute.
    pub span: Span,
    /// The name to point at.
    pub anchor: Span,
    /// The statement around it.
    pub statement: Span,
    /// Starts of what encloses it (statement, blocks, closures, function), innermost first.
    pub enclosing: Vec<u32>,
    /// The function that holds it: index into the file's functions.
    pub function: Option<u32>,
    /// The call that an enclosing closure is given to; its canonical path, or its name if that is all that is known.
    pub given_to: Option<Arc<str>>,
    /// What surrounds it.
    pub context: Context,
    /// Whether it runs in production.
    pub production: Production,
}

/// A function, method or initialiser.
#[derive(Debug, Clone)]
pub struct Function {
    /// Canonical name: `krate::module::Type::name`.
    pub path: Arc<str>,
    /// Last part of it.
    pub name: Arc<str>,
    /// The whole item.
    pub span: Span,
    /// Where the item begins, doc comments and attributes left out.
    pub head: u32,
    /// Index of the item in the front end's own tables.
    pub item: u32,
    /// Attributes as written, without marks: `tokio::main(flavor = "current_thread")`.
    pub attributes: Vec<String>,
    /// Canonical path of the type that it is a method of.
    pub self_type: Option<Arc<str>>,
    /// Canonical path of the trait that it implements.
    pub trait_path: Option<Arc<str>>,
    /// Whether it is an associated function that takes no value of its type and returns one.
    pub makes_self: bool,
    /// Whether other crates or packages can name it.
    pub public: bool,
    /// How many statements its body has at its top.
    pub statements: u32,
}

/// One call in a chain: `.worker_threads(2)`.
#[derive(Debug, Clone)]
pub struct Link {
    /// Method's name, or the last segment of the function that begins the chain.
    pub name: Arc<str>,
    /// Values of its arguments.
    pub args: Vec<Value>,
    /// From its name to its closing bracket.
    pub span: Span,
}

/// What becomes of an expression's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// `expr;`
    Discarded,
    /// `let _ = expr;`: dropped at once.
    Underscore,
    /// `let name = expr;` with the variable's number in its function.
    Bound(u32, Arc<str>),
    /// Returned, or the value of the function's body.
    Returned,
    /// Assigned to a place that outlives the statement, a field or a struct literal.
    Stored,
    /// An argument of a call; the callee's canonical path if known.
    Argument(Option<Arc<str>>),
    /// Anything else.
    Other,
}

/// How sure the front end is that the name means the catalogued API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The path or the receiver's type was resolved.
    Resolved,
    /// The method's name occurs in no other known crate, and the package depends on this one.
    ByName,
}

/// A use of a catalogued API.
#[derive(Debug, Clone)]
pub struct ApiUse {
    /// The catalogue's entry.
    pub api: ApiId,
    /// The path that matched, canonical: `tokio::runtime::Runtime::new`.
    pub path: Arc<str>,
    /// Where.
    pub site: Site,
    /// Arguments in order, the receiver left out.
    pub args: Vec<Value>,
    /// Keys of an attribute or fields of a literal.
    pub keys: Vec<(Arc<str>, Value)>,
    /// Spans of the arguments.
    pub arg_spans: Vec<Span>,
    /// The receiver's value where it is a literal or constant: `b"arena.0.purge\0".name()`.
    pub receiver: Option<Value>,
    /// The variable that the call is made on: its number in the function.
    pub receiver_variable: Option<u32>,
    /// The field of a literal or of a place that the chain's value is stored in.
    pub field: Option<Arc<str>>,
    /// Calls before this one in the same chain, first one first.
    pub before: Vec<Link>,
    /// Calls after this one in the same chain.
    pub after: Vec<Link>,
    /// The whole chain.
    pub chain: Span,
    /// What becomes of the chain's value.
    pub outcome: Outcome,
    /// How sure the match is.
    pub certainty: Certainty,
}

impl ApiUse {
    /// Whether a later call of the chain has one of these names.
    pub fn followed_by(&self, names: &[&str]) -> bool {
        self.after.iter().any(|link| names.contains(&&*link.name))
    }
}

/// A mention of a function of the workspace: a call, or its name as a value.
#[derive(Debug, Clone)]
pub struct Mention {
    /// Where.
    pub site: Site,
    /// `false`: named as a value, so that it may be called from anywhere later.
    pub called: bool,
    /// Values of the call's arguments.
    pub args: Vec<Value>,
}

/// What one file says about the catalogued APIs.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// The file.
    pub file: FileIndex,
    /// Functions that hold uses.
    pub functions: Vec<Function>,
    /// Uses in order of place.
    pub uses: Vec<ApiUse>,
    /// Raw pointers, by function.
    pub pointers: Vec<pointer::PointerBody>,
    /// Guards of catalogued calls.
    pub held: Vec<lifetime::Held>,
    /// Work given to tasks and threads.
    pub handoffs: Vec<lifetime::Handoff>,
    /// Clean-up code of types.
    pub finalizers: Vec<finalizer::Finalizer>,
    /// What is attached to values, to run when they are collected.
    pub attached: Vec<finalizer::Attached>,
    /// Where the values of local variables go, in the functions that hold uses.
    pub passed: Vec<passed::Passed>,
    /// Variables that the file gives to the processes it starts.
    pub settings: Vec<setting::Setting>,
    /// Variables that the file tells the linker to fill.
    pub linked: Vec<setting::Linked>,
    /// Where the functions that hold uses are left, in languages without guards.
    pub exits: Vec<exit::Exit>,
    /// Whether the text holds a debugging path, or the beginning of one.
    pub debug_paths: bool,
}

impl FileFacts {
    /// Adds what a walk over one item found, and gives the number that its first function got.
    pub(crate) fn append(
        &mut self,
        functions: Vec<Function>,
        uses: Vec<ApiUse>,
        passed: Vec<passed::Passed>,
    ) -> u32 {
        let offset = self.functions.len() as u32;
        self.functions.extend(functions);
        self.passed.extend(passed.into_iter().map(|mut passed| {
            passed.function = passed.function.map(|index| index + offset);
            passed
        }));
        self.uses.extend(uses.into_iter().map(|mut api_use| {
            api_use.site.function = api_use.site.function.map(|index| index + offset);
            api_use
        }));
        offset
    }
}
