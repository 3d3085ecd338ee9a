//! Logic that several rules share.

pub(crate) mod argument;
pub(crate) mod hot_path;
pub(crate) mod justification;
pub(crate) mod knob;
pub(crate) mod owner;
pub(crate) mod pairing;
pub(crate) mod placement;
