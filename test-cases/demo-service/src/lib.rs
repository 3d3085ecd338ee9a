//! Parcel tracker: scanners report where a parcel is, people ask.

pub mod api;
pub mod carrier;
pub mod debug;
pub mod depot;
pub mod janitor;
pub mod scanner;
pub mod store;
