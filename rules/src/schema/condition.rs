//! When a use of an API counts.

use serde::Deserialize;

use super::{Level, List, Text};

names! {
    /// How a [`Test`] compares.
    Op {
        /// The argument is the value.
        Eq,
        /// The argument is not the value, as far as can be seen; `null` is any spelling of a null pointer.
        Ne,
        /// The argument is a number over the value.
        Gt,
        /// The argument is a number under the value.
        Lt,
        /// The argument is no number under the value, as far as can be seen.
        NotLt,
        /// The argument is one of the values; names are compared by their last segments.
        In,
        /// The argument is a string that the regular expression finds something in.
        Matches,
        /// The argument is a string that the regular expression finds nothing in, or is not known.
        NotMatches,
        /// The argument's text contains the value.
        Contains,
        /// The argument's text does not contain the value.
        NotContains,
        /// The argument is a literal, an arithmetic of literals, or a struct whose every value is one; one constant or
        /// local is followed.
        Literal,
        /// Nothing more is asked.
        Always,
        /// The argument names an environment variable that tunes something.
        KnobVariable,
        /// The argument (a closure) uses one of the paths.
        ContainsPath,
        /// The argument (a closure) uses an API of the effect.
        ContainsEffect,
        /// The argument holds a pointer.
        ContainsPointer,
        /// The result becomes a size through the method.
        UsedAsCount,
        /// The builder's chain ends in one of the methods.
        ChainEndsIn,
        /// The builder's chain has none of the methods.
        ChainLacks,
        /// The API was used by one of the names (last segments of `paths`).
        NameIn,
        /// The argument is an address that is not loopback.
        NotLoopback,
        /// The result is dropped where it is made.
        DroppedAtOnce,
        /// The result is dropped before `main` ends.
        DroppedBeforeMainEnds,
        /// The result is forgotten.
        MemForget,
        /// The result lives across an `.await`.
        HeldAcrossAwait,
        /// No `cfg(feature = ..)` or `cfg(debug_assertions)` surrounds the use.
        NoFeatureGate,
        /// The process does not end right after the use.
        GoesOn,
        /// Nothing in the function uses the entry's pair.
        PairMissing,
        /// A route's handler reaches the use.
        ReachedFromRoute,
        /// The use lies in a handler or a loop.
        InHandlerOrLoop,
        /// The manifest does not switch the crate's feature on.
        CargoFeatureMissing,
        /// The manifest asks for a version in the range.
        CrateVersion,
        /// The attribute is there.
        AttributePresent,
        /// The item bears the attribute.
        WithAttribute,
        /// The item is defined here.
        Defined,
    }
}

names! {
    /// A kind of Cargo target.
    Target {
        /// A library.
        Library,
    }
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A string, or the last segments of a name (`Resource::AS`).
    Text(Text),
    /// Several values.
    List(List<Value>),
}

/// Which argument of a use is meant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// Position, counted from 0 without the receiver.
    Position(u8),
    /// `"receiver"`, `"last"`, or a name: key of an attribute, field of a literal, `value` of a static.
    Name(Text),
    /// Any one of the names.
    Names(List<Text>),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// What is compared; not needed where `op` looks at the whole use.
    #[serde(default)]
    pub arg: Option<Arg>,
    /// How.
    pub op: Op,
    /// With what; not needed by every `op`.
    #[serde(default)]
    pub value: Option<Value>,
}

/// When a use of an API counts.
///
/// A rule that conditions name fires only where one of them holds. A rule that no condition names fires where one of
/// the conditions without `rule` holds, or always where there is none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The rule that the condition is about; every rule of the entry that no condition names, if absent.
    #[serde(default)]
    pub rule: Option<Text>,
    /// The first comparison: what is compared.
    #[serde(default)]
    pub arg: Option<Arg>,
    /// How.
    pub op: Op,
    /// With what.
    #[serde(default)]
    pub value: Option<Value>,
    /// A second comparison that must hold too.
    #[serde(default)]
    pub and: Option<Test>,
    /// One of these methods or strings must follow in the chain.
    #[serde(default)]
    pub then: List<Text>,
    /// Only in targets of this kind.
    #[serde(default)]
    pub target: Option<Target>,
    /// Level of the finding, where it differs from the entry's.
    #[serde(default)]
    pub level: Option<Level>,
}
