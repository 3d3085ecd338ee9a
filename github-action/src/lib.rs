//! The bot that reviews pull requests against the runtime policy.
//!
//! Data moves one way: an `event` says which change is meant, the analyser says what is new in it (`review`), and
//! `publish` says it on GitHub, one rung of the `ladder` after the other, so that nothing is lost where GitHub refuses.
//! What is to be said is decided without any connection: `anchor` finds the place, `body` the words, `reconcile` what
//! to do with what was said before, `approvals` whether people have lifted a finding. `github` alone talks to GitHub.
//!
//! Nothing of what is reviewed is run or built, and every text that comes from it passes one of the functions of
//! `escape` on its way out.

pub mod analysis;
pub mod anchor;
pub mod approvals;
pub mod body;
pub mod check_run;
pub mod codeowners;
pub mod commands;
pub mod diff;
pub mod draft;
pub mod escape;
pub mod event;
pub mod github;
pub mod ladder;
pub mod local;
pub mod marker;
pub mod preview;
pub mod publish;
pub mod reconcile;
pub mod remark;
pub mod render;
pub mod requests;
pub mod review;
pub mod serve;
pub mod suggestion;
pub mod summary;
