//! What became of raw pointers into owned memory within one function body.

use std::collections::BTreeSet;

use crate::facts::Production;
use crate::source::Span;

/// Why a raw pointer does not hold what it promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hazard {
    /// The owner is a temporary that is dropped at the end of its statement, arm or branch.
    TemporaryDies,
    /// The owner's block ends before the pointer's last use.
    OwnerLeavesScope,
    /// The owner is dropped by name.
    OwnerDropped,
    /// The owner is given a new value, which drops the old one.
    OwnerReassigned,
    /// The owner is moved.
    OwnerMoved {
        /// The bytes lie in the owner itself and move with it; otherwise its new holder may end first.
        inline: bool,
    },
    /// The owner may move its heap memory elsewhere: `push`, `reserve`, `shrink_to_fit` …
    OwnerReallocates,
    /// The pointer leaves the function that owns the memory: returned, or stored in a longer-lived place.
    EscapesLocal,
    /// A foreign function keeps the pointer longer than the local owner lives.
    KeptByForeign,
    /// Foreign code still works on the memory when the function may be left.
    ForeignWorksOn,
    /// Ownership given away by `into_raw`; a leak unless something takes it back.
    RawLeaked,
    /// Ownership taken back twice, which frees the memory twice.
    RawReclaimedTwice,
    /// The pointer was turned into a number before foreign code got it: no collector knows what that points at.
    AddressAsNumber,
    /// A handle taken out of a value that a finalizer ends, which nothing names while foreign code uses the handle.
    FinalisedInUse,
    /// The owner outlives the last foreign use, but nothing in the text says so; for `strict` only.
    OnlyImplicitlyKept,
}

/// A raw pointer and the event that breaks it. Spans are bytes of the text that was parsed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PointerFlow {
    /// What goes wrong.
    pub hazard: Hazard,
    /// The owner as a message names it: a variable's name, or the type of a temporary.
    pub owner: String,
    /// The owner's type, where a message should name it beside the owner.
    pub owner_type: Option<String>,
    /// Where the pointer was taken.
    pub taken: Span,
    /// What ended, moved or regrew the owner, if it is a place of its own.
    pub event: Option<Span>,
    /// Where the pointer is used afterwards, or leaves the function.
    pub used: Option<Span>,
    /// The call or place that holds on to the pointer.
    pub through: Option<Span>,
    /// Name of the foreign function that keeps the pointer, or of the call that gave ownership away.
    pub by: Option<String>,
    /// Set for `RawLeaked`: what a matching `from_raw` would be of.
    pub raw: Option<RawKey>,
}

/// The smart pointers whose `into_raw` gives ownership away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RawFamily {
    /// `Box`
    Box,
    /// `Arc`
    Arc,
    /// `Rc`
    Rc,
    /// `CString`
    CString,
    /// `Vec` and `String`, by `from_raw_parts`
    Vec,
}

/// What was turned into a raw pointer, or back: the smart pointer and, if seen, its pointee.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawKey {
    /// Which smart pointer.
    pub family: RawFamily,
    /// Last segment of the pointee's type; `None` where it cannot be seen or is generic.
    pub pointee: Option<String>,
}

/// What calling a function does to the memory of its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Position of the one parameter whose memory the returned raw pointer points into.
    pub returns_into: Option<usize>,
    /// Positions of owners that are taken by value and end before the function returns.
    pub ends: Vec<usize>,
}

/// Everything one function body says about raw pointers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PointerFacts {
    /// Broken pointers, in order of place; `RawLeaked` entries want a look at the whole program.
    pub flows: Vec<PointerFlow>,
    /// Owners that foreign code had a pointer into and that are not named afterwards, for `strict`.
    pub unmentioned: Vec<PointerFlow>,
    /// What the body takes back by `from_raw` and its like.
    pub reclaims: Vec<RawKey>,
    /// For callers.
    pub summary: Summary,
}

impl PointerFacts {
    /// The same facts with spans moved by `base` bytes: from the parsed slice to its file.
    pub fn shifted(mut self, base: u32) -> Self {
        let moved = |span: Span| Span { start: span.start + base, end: span.end + base };
        for flow in self.flows.iter_mut().chain(&mut self.unmentioned) {
            flow.taken = moved(flow.taken);
            flow.event = flow.event.map(moved);
            flow.used = flow.used.map(moved);
            flow.through = flow.through.map(moved);
        }
        self
    }
}

/// The pointers of one function of a file.
#[derive(Debug, Clone)]
pub struct PointerBody {
    /// Index of the function in the file's functions.
    pub function: u32,
    /// Whether it runs in production.
    pub production: Production,
    /// What its body says, with spans of the file.
    pub facts: PointerFacts,
}

/// What a whole program takes back, to tell a leak from a hand-over.
#[derive(Debug, Clone, Default)]
pub struct Reclaims {
    seen: BTreeSet<RawKey>,
}

impl Reclaims {
    /// Notes what a function body takes back.
    pub fn add(&mut self, facts: &PointerFacts) {
        self.seen.extend(facts.reclaims.iter().cloned());
    }

    /// Whether something may take `key` back. An unseen pointee on either side counts as a match, and memory of any
    /// owner but `Rc` and `Arc` may come back through `from_raw_parts`.
    pub fn may_take(&self, key: &RawKey) -> bool {
        let counted = matches!(key.family, RawFamily::Arc | RawFamily::Rc);
        self.seen.iter().any(|seen| {
            let family = seen.family == key.family || seen.family == RawFamily::Vec && !counted;
            family && (seen.pointee.is_none() || key.pointee.is_none() || seen.pointee == key.pointee)
        })
    }
}
