//! What can be seen of a process without its help.
//!
//! `runtime-guard` looks at its own process with it, `cargo runtime-policy watch` at any other. Everything is read from
//! `/proc`, asked of the kernel by number, or learned by connecting to a socket of the process that is looked at;
//! nothing attaches to a process or stops it. What a platform does not offer is an error of kind
//! [`Unsupported`](std::io::ErrorKind::Unsupported), never an empty answer.

pub mod affinity;
pub mod cgroup;
pub mod probe;
pub mod process;
pub mod sockets;
