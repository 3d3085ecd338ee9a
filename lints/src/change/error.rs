//! Why a change cannot be seen.

use std::fmt;
use std::path::PathBuf;

use crate::policy::ConfigError;
use crate::visible::visible;

/// Why the sides of a change cannot be had. Each says what to do.
#[derive(Debug)]
pub enum Error {
    /// The folder to check cannot be opened.
    Root {
        /// As given.
        path: PathBuf,
        /// The system's answer.
        error: std::io::Error,
    },
    /// There is no git on the search path.
    NoGit,
    /// The folder lies in no repository with a work tree.
    NoRepository {
        /// The folder.
        root: PathBuf,
        /// What git said.
        message: String,
    },
    /// There is no such revision.
    Revision {
        /// As given.
        name: String,
        /// Whether the repository has but a part of its history.
        shallow: bool,
    },
    /// Two revisions have no common ancestor here.
    NoMergeBase {
        /// The one, as given.
        base: String,
        /// The other.
        head: String,
        /// Whether the repository has but a part of its history.
        shallow: bool,
    },
    /// Files with conflicts that nobody has resolved.
    Unmerged(Vec<String>),
    /// The repository has no such object, though it names it.
    MissingObject(String),
    /// A diff cannot be read or applied.
    Diff {
        /// Line of the diff, from 1.
        line: usize,
        /// What is wrong and what to do.
        message: String,
    },
    /// A configuration file of a revision is wrong.
    Config(ConfigError),
    /// Git said something else.
    Git(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Root { path, error } => {
                write!(f, "cannot open `{}`: {error}", visible(&path.to_string_lossy()))
            }
            Error::NoGit => {
                f.write_str("git is not on the search path; it is needed to see what has changed")
            }
            Error::NoRepository { root, message } => write!(
                f,
                "`{}` lies in no git repository with a work tree ({}); check all of it, or give a diff with \
                 `--diff FILE`",
                visible(&root.to_string_lossy()),
                visible(message)
            ),
            Error::Revision { name, shallow } => {
                write!(f, "git knows no commit `{}`", visible(name))?;
                f.write_str(match shallow {
                    true => "; this clone is shallow: `git fetch --unshallow` (or `fetch-depth: 0`) brings all commits",
                    false => "; `git fetch` brings those of other repositories",
                })
            }
            Error::NoMergeBase { base, head, shallow } => {
                write!(f, "`{}` and `{}` have no common ancestor here", visible(base), visible(head))?;
                f.write_str(match shallow {
                    true => {
                        "; this clone is shallow: `git fetch --unshallow` (or `fetch-depth: 0`) brings it"
                    }
                    false => "; their histories never met, so give another revision",
                })
            }
            Error::Unmerged(paths) => {
                f.write_str("these files have unresolved conflicts; resolve and stage them:")?;
                paths.iter().try_for_each(|path| write!(f, "\n  {}", visible(path)))
            }
            Error::MissingObject(id) => write!(
                f,
                "this clone lacks the object {id} and nothing is fetched on the way; a full `git fetch` brings it"
            ),
            Error::Diff { line, message } => write!(f, "the diff, line {line}: {}", visible(message)),
            Error::Config(error) => error.fmt(f),
            Error::Git(message) => write!(f, "git cannot tell what has changed: {}", visible(message)),
        }
    }
}

impl std::error::Error for Error {}
