//! The vocabulary that both front ends emit and that rules judge: plain data, no syntax.

pub mod comment;
