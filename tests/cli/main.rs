//! The program as a user meets it: files, words and an environment in; words and an exit code out.

mod baseline;
mod command_line;
mod configuration;
mod diff;
mod documents;
mod findings;
mod fixes;
mod hostile;
mod inspect;
mod nothing_runs;
mod own_rules;
mod repository;
mod same_bytes;
mod strangers;
mod suppressions;
mod tree;
mod watch;
