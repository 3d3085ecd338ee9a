//! What a justification may and may not say.

use serde::Deserialize;

use super::{List, Text, Verified};

names! {
    /// What a library asks of the thread that calls it.
    Affinity {
        /// The first thread of the process.
        MainThread,
        /// The thread that made the object.
        CreatingThread,
        /// The thread on which the context is current.
        CurrentContext,
        /// It keeps state in thread-local storage.
        ThreadLocalState,
        /// It reports errors in thread-local storage.
        ThreadLocalError,
        /// One thread at a time; a mutex is enough.
        OneThreadAtATime,
        /// It calls back on a thread of its own.
        CallbackThread,
        /// Its threads are pinned by its design.
        PinnedByDesign,
        /// Any thread.
        AnyThread,
    }
}

/// A C library or engine that a justification may name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Its name.
    pub name: Text,
    /// As comments name it; compared as whole words.
    pub words: List<Text>,
    /// Rust packages that bind it.
    #[serde(default)]
    pub rust_crates: List<Text>,
    /// Names it is linked by.
    #[serde(default)]
    pub links: List<Text>,
    /// Go packages that bind it: import paths, or what they begin with.
    #[serde(default)]
    pub go_packages: List<Text>,
    /// Headers by which cgo includes it.
    #[serde(default)]
    pub includes: List<Text>,
    /// Names by which `pkg-config` finds it.
    #[serde(default)]
    pub pkg_config: List<Text>,
    /// Frameworks of Apple's systems that it is.
    #[serde(default)]
    pub frameworks: List<Text>,
    /// What it asks of threads.
    pub affinity: Affinity,
    /// Naming it is a cause for keeping one OS thread.
    pub justifies_os_thread: bool,
    /// Naming it is a cause for binding to a processor.
    pub justifies_cpu_pin: bool,
    /// The checklist names it: accepted for an OS thread even where it asks for none, with a remark.
    pub accepted: bool,
    /// Why.
    pub reason: Text,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}

/// A system call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syscall {
    /// Its name.
    pub name: Text,
    /// It acts on the calling thread, so that naming it is a cause.
    pub per_thread: bool,
    /// On what it acts.
    pub reason: Text,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}

/// A phrase that names per-thread or per-processor state of the kernel.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelState {
    /// As comments name it.
    pub phrase: Text,
    /// It is a cause for binding to a processor, not only to a thread.
    pub justifies_cpu_pin: bool,
    /// What it is.
    pub reason: Text,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}

names! {
    /// The kind of an [`EventLoop`].
    LoopKind {
        /// Windows and widgets.
        Gui,
        /// Other events.
        Event,
        /// Drawing.
        Graphics,
        /// A game.
        Game,
        /// Sound.
        Audio,
    }
}

/// A loop that owns its thread.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLoop {
    /// Its name.
    pub name: Text,
    /// As comments and code name it.
    pub spellings: List<Text>,
    /// Package that runs it.
    #[serde(rename = "crate", default)]
    pub package: Option<Text>,
    /// Its kind.
    pub kind: LoopKind,
    /// Which thread it wants, for people.
    #[serde(default)]
    pub main_thread: Option<Text>,
    /// Its words are so common that a framework or library must be named beside them.
    #[serde(default)]
    pub generic: bool,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Releases read.
    #[serde(default)]
    pub versions: Option<Text>,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}

/// A phrase that sounds like a reason and names no cause.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotAReason {
    /// The phrase, lower case unless it is a tag.
    pub phrase: Text,
    /// Why it is none: continues "the comment …".
    pub reason: Text,
    /// What beside it would be one.
    #[serde(default)]
    pub lifted_by: Option<Text>,
}

names! {
    /// What makes a claim checkable.
    EvidenceKind {
        /// A link: the patterns start it.
        Link,
        /// An issue: the patterns stand right before a number.
        Issue,
        /// A file in the repository: the patterns occur in its path.
        Path,
        /// A figure: the patterns stand right after a number.
        Unit,
    }
}

/// Spellings that make a claim checkable.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Of what kind.
    pub kind: EvidenceKind,
    /// The spellings; compared without regard to case.
    pub patterns: List<Text>,
}

/// What a justification may and may not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Lexicon {
    /// Libraries.
    pub libraries: List<Library>,
    /// System calls.
    pub syscalls: List<Syscall>,
    /// Kernel state.
    pub kernel_states: List<KernelState>,
    /// Loops.
    pub loops: List<EventLoop>,
    /// Phrases that are no reason.
    pub not_reasons: List<NotAReason>,
    /// What makes a claim checkable.
    pub evidence: List<Evidence>,
}
