//! APIs, environment variables, debug paths and receivers' types.

use serde::Deserialize;

use super::{Arg, Condition, Level, List, Text};

names! {
    /// The kind of thing that an API is.
    Kind {
        /// Free or associated function.
        Function,
        /// Called on a receiver.
        Method,
        /// Associated function that makes the value.
        Constructor,
        /// The method that ends a builder's chain.
        BuilderTerminal,
        /// `#[path(..)]`, and derive helpers such as `#[arg(..)]`.
        AttributeMacro,
        /// `path!(..)`, and operators written as such (`&raw const`).
        Macro,
        /// A static that is defined or named; in Go a package's variable, whose new value is argument 0.
        Static,
        /// A struct literal or one of its fields.
        StructLiteral,
        /// An implemented trait method.
        TraitImpl,
        /// `Type::Variant`.
        EnumVariant,
        /// Any use of the type.
        Type,
        /// Importing the package, in any form: what it does happens in its `init`.
        Import,
        /// A comment that the compiler obeys: `//go:linkname`, `#cgo noescape`.
        Directive,
    }
}

names! {
    /// How a reviewer sorts an API.
    Class {
        /// Biases a runtime, allocator or engine.
        Tuning,
        /// Takes a decision away from it: pins, collections, finalizers.
        Control,
        /// Looks at it.
        Diagnostic,
        /// Neither; matters to a rule all the same.
        Neutral,
    }
}

names! {
    /// What using an API does: the property that rules judge.
    Effect {
        /// Sets a knob of a runtime, pool, allocator, engine or process.
        Tuning,
        /// Writes an environment variable of this process.
        EnvWrite,
        /// Limits memory.
        MemoryLimit,
        /// Sets a sampling rate.
        Rate,
        /// Binds a thread to processors.
        Pin,
        /// Sets a priority or scheduling class.
        Priority,
        /// Uses per-thread kernel state: a cause for keeping a thread, not a pin.
        ThreadState,
        /// Forces a collection or purge.
        Gc,
        /// Switches a collector off.
        Disable,
        /// Reads metrics at a cost for the whole process.
        MetricsHeavy,
        /// A place where such a cost counts.
        ScrapePath,
        /// Counts processors of the host, not of the container.
        HostCpu,
        /// Captures stacks.
        Dump,
        /// Profiles.
        Profiler,
        /// Captures until a guard is dropped.
        CaptureGuard,
        /// Serves debugging data when reached from a route.
        DebugEndpoint,
        /// Listens for a debugging client.
        DebugListener,
        /// Listens on an address of its own choice.
        ListenDefault,
        /// Installs a handler for a signal.
        SignalHook,
        /// From here on the program serves.
        Serve,
        /// Binds a listener.
        Listen,
        /// Binds a handler to a path.
        Route,
        /// Puts a layer around routes.
        Layer,
        /// Demands authentication.
        Auth,
        /// Gives the default of a flag or variable.
        FlagDefault,
        /// Starts a task or thread.
        Spawn,
        /// Carries a span into a task.
        ContextCarrier,
        /// Enters a span until a guard is dropped.
        SpanGuard,
        /// Blocks or fails in a way that a `Drop` can not report.
        BlockingDrop,
        /// Runs when the owner is collected or dropped.
        Finalizer,
        /// Makes a queue without a bound.
        Unbounded,
        /// Makes a queue with a bound.
        Bounded,
        /// Waits for room in a queue.
        BlockingSend,
        /// Takes a pointer out of an owner.
        OwnerToPointer,
        /// Takes a descriptor or handle out of an owner.
        OwnerToHandle,
        /// Makes an owner.
        OwnerConstructor,
        /// May move what the owner holds.
        Realloc,
        /// Gives ownership away.
        Leak,
        /// Takes it back.
        Reclaim,
        /// Keeps the owner alive.
        KeepAlive,
        /// Foreign code keeps the pointer after the call.
        ForeignKeepsPointer,
        /// The pointer belongs to the foreign library.
        ForeignOwnsPointer,
        /// Foreign code is done with the pointer when the call returns.
        ForeignReturnsFirst,
        /// Calls foreign code, or the kernel with numbers that may stand for addresses.
        ForeignCall,
        /// Keeps the calling goroutine on its OS thread.
        ThreadLock,
        /// Lets it go.
        ThreadUnlock,
        /// Starts a capture that goes on until it is stopped.
        CaptureStart,
        /// Stops one.
        CaptureStop,
        /// Gives work a context that knows nothing of the caller's.
        FreshContext,
        /// Yields to the scheduler, ends the goroutine, or stops in the debugger.
        Schedule,
        /// Bounds how long a request or a wait may take.
        Timeout,
        /// Reads the container's own limit, which is the one to go by.
        ContainerLimit,
        /// Reads how much memory the host has, not the container.
        HostMemory,
        /// Names a metric of the runtime.
        MetricName,
        /// Looks only; never a finding.
        ReadOnly,
    }
}

names! {
    /// How far the effect of an API reaches.
    Scope {
        /// The whole process.
        Process,
        /// The calling thread.
        Thread,
        /// One asynchronous runtime.
        Runtime,
        /// One thread pool.
        Pool,
        /// One embedded engine.
        Engine,
        /// One object.
        Local,
    }
}

names! {
    /// Where the memory behind a pointer lies.
    Owner {
        /// Moving the owner leaves the data where it is.
        Heap,
        /// The data moves with the owner.
        Inline,
        /// A borrow of either.
        View,
    }
}

names! {
    /// Where a name was checked.
    Verified {
        /// In the crate's source.
        Source,
        /// In the documentation of the standard library.
        StdDocs,
        /// In other documentation.
        Documentation,
    }
}

/// What the arguments of a call that serves, listens or binds routes are.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parts {
    /// The path that a route is bound to, or a prefix.
    pub pattern: Option<Arg>,
    /// The handler, or the first of several.
    pub handler: Option<Arg>,
    /// The handler's position is the first of all the rest.
    pub variadic: bool,
    /// The router that routes are put on; a name where it is a variable of a package.
    pub router: Option<Arg>,
    /// The address that is listened on: a position, or a field.
    pub address: Option<Arg>,
    /// The listener.
    pub listener: Option<Arg>,
    /// The network: `tcp`, `unix`.
    pub network: Option<Arg>,
    /// The address where none is given.
    pub default_address: Option<Text>,
    /// The path that is served where none is given.
    pub serves: Option<Text>,
}

/// What to use instead where a program runs under the defaults of older releases.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Older {
    /// The first release with the present defaults: `1.25`.
    pub than: Text,
    /// What to use before.
    pub replacement: Text,
}

impl Older {
    /// Whether a program under the defaults of a release, major and minor, is told this.
    pub fn is_for(&self, defaults: (u32, u32)) -> bool {
        let parts = self.than.split_once('.');
        let first = parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        first.is_some_and(|first: (u32, u32)| defaults < first)
    }
}

/// An API, or a few that behave alike, as the rules see it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Stable name; the first part is the crate or family.
    pub id: Text,
    /// Every rule that uses the entry.
    pub rules: List<Text>,
    /// Package in `Cargo.toml`; `std` for the standard library. In Go the module's path, `C` for C functions.
    #[serde(rename = "crate", default)]
    pub package: Text,
    /// Full paths, canonical first. `README.md` in `apis/` lists the unusual spellings.
    pub paths: List<Text>,
    /// What it is.
    pub kind: Kind,
    /// Type of the receiver, for methods.
    #[serde(default)]
    pub receiver: Option<Text>,
    /// Trait that the method belongs to.
    #[serde(rename = "trait", default)]
    pub of_trait: Option<Text>,
    /// No other known crate has a function of that name: an unresolved call may be taken for it where the package
    /// depends on the crate.
    #[serde(default)]
    pub unambiguous: bool,
    /// Packages that have a function of the same name.
    #[serde(default)]
    pub same_name_in: List<Text>,
    /// How a reviewer sorts it.
    pub class: Class,
    /// What it does.
    pub effect: Effect,
    /// Level, where it differs from the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// How far it reaches.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Platforms that have it, if not all.
    #[serde(default)]
    pub platform: Option<Text>,
    /// First release of the language that has it: `1.24`.
    #[serde(default)]
    pub since: Option<Text>,
    /// Cargo feature or `cfg` that it needs.
    #[serde(default)]
    pub feature: Option<Text>,
    /// The argument that carries the value.
    #[serde(default)]
    pub arg: Option<Arg>,
    /// When a use counts; always, if empty.
    #[serde(rename = "match", default)]
    pub conditions: List<Condition>,
    /// Values that matter, for people.
    #[serde(default)]
    pub values: Option<Text>,
    /// Identity of the setting, to find its second owner; `<name>` stands for the argument.
    #[serde(default)]
    pub knob: Option<Text>,
    /// Id of the entry that undoes it.
    #[serde(default)]
    pub pair: Option<Text>,
    /// Where the memory lies, for pointers.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// What foreign code keeps, and until when.
    #[serde(default)]
    pub keeps: Option<Text>,
    /// What the arguments are, for calls that serve, listen or bind routes.
    #[serde(default)]
    pub parts: Option<Parts>,
    /// What to do instead: an order, lower case.
    #[serde(default)]
    pub replacement: Option<Text>,
    /// What to use instead under the defaults of older releases of the language.
    pub older: Option<Older>,
    /// The replacement is a path that can be written in place of this one.
    #[serde(default)]
    pub fix: bool,
    /// Why it matters: one sentence, lower case.
    #[serde(default)]
    pub reason: Text,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Oldest and newest release that was read and has it.
    #[serde(default)]
    pub versions: Option<Text>,
    /// Where the names were checked.
    #[serde(default)]
    pub verified: Option<Verified>,
    /// Looked up only inside items that another entry selected; follows from the effect unless written.
    #[serde(default)]
    pub auxiliary: Option<bool>,
    /// A use matters only in an item that also holds the name of an entry of this effect.
    #[serde(default)]
    pub beside: Option<Effect>,
    /// Bytes of which an item that uses the API holds at least one; derived from `paths` unless written.
    #[serde(default)]
    pub words: List<Text>,
}

impl Api {
    /// Whether the entry is looked up only inside items that another entry selected.
    pub fn is_auxiliary(&self) -> bool {
        self.auxiliary
            .unwrap_or_else(|| self.level == Some(Level::Off) || crate::words::is_auxiliary(self.effect))
    }
}

/// An environment variable that a runtime, allocator or engine reads.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvVar {
    /// Its name.
    pub name: Text,
    /// Package that reads it, if it is a Rust one.
    #[serde(rename = "crate", default)]
    pub package: Option<Text>,
    /// Who reads it.
    pub reader: Text,
    /// Rules that use the entry.
    #[serde(default)]
    pub rules: List<Text>,
    /// What writing it does; none for variables that are no knobs.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Identity of the setting.
    pub knob: Text,
    /// Whether it is read once, before `main`: writing it changes nothing but the environment of children.
    #[serde(default)]
    pub before_main: bool,
    /// Which values count for which rule, where a file gives the variable to a process: `rule`, `op` and `value` of
    /// each are looked at.
    #[serde(rename = "match", default)]
    pub conditions: List<Condition>,
    /// Values that matter, for people.
    #[serde(default)]
    pub values: Option<Text>,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Releases read.
    #[serde(default)]
    pub versions: Option<Text>,
    /// Where the name was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}

names! {
    /// How a [`DebugPath`] is compared with a route.
    PathKind {
        /// The route starts with it.
        Prefix,
        /// One or more whole segments of the route are it.
        Segment,
        /// The route is it.
        Exact,
    }
}

/// A path under which programs serve debugging data.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DebugPath {
    /// The path.
    pub pattern: Text,
    /// How it is compared.
    pub kind: PathKind,
    /// Level of the finding; `off` for paths that only look like one.
    pub level: Level,
    /// Crates that serve it.
    pub served_by: List<Text>,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Where it was seen.
    #[serde(default)]
    pub verified: Option<Verified>,
}

/// The type of a receiver and what makes one, for local inference.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiverType {
    /// Path of the type.
    pub path: Text,
    /// Package that has it.
    #[serde(rename = "crate")]
    pub package: Text,
    /// Functions that return it, perhaps in a `Result`, `Option` or builder's reference, or before an error.
    pub made_by: List<Text>,
    /// Types that deref to it, or that it derefs to, for people.
    #[serde(default)]
    pub deref: Option<Text>,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}
