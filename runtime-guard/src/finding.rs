//! What the guard says.

use std::fmt;
use std::net::SocketAddr;
use std::panic::Location;

use crate::stack::Stack;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported.
    Off,
    /// Reported for information.
    Info,
    /// Reported as a warning.
    Warning,
    /// Reported as an error; fails a test.
    Error,
}

impl Level {
    /// As `runtime-policy.toml` names it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// Where something was seen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Place {
    /// The process as a whole.
    Process,
    /// A thread.
    Thread {
        /// The kernel's number of it.
        id: i32,
        /// Its name; may be empty.
        name: String,
    },
    /// A line of the program.
    Line(&'static Location<'static>),
    /// A listening socket.
    Socket(SocketAddr),
    /// A call, with the thread that made it.
    Call {
        /// The kernel's number of the thread.
        thread: i32,
        /// How it came there.
        stack: Box<Stack>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Process => f.write_str("the process"),
            Place::Thread { id, name } => write!(f, "thread {id} `{name}`"),
            Place::Line(location) => location.fmt(f),
            Place::Socket(address) => write!(f, "socket {address}"),
            Place::Call { thread, stack } => write!(f, "thread {thread}\n{stack}"),
        }
    }
}

/// A second place that explains a finding.
#[derive(Debug, Clone)]
pub struct Related {
    /// What is there.
    pub what: String,
    /// Where.
    pub place: Place,
}

/// One thing that breaks the policy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's id, as the analyser names it: `manual-gc`.
    pub rule: &'static str,
    /// By the policy.
    pub level: Level,
    /// What was seen; starts lower case, ends without a full stop.
    pub seen: String,
    /// Where.
    pub place: Place,
    /// Further places.
    pub related: Vec<Related>,
    /// Why it matters: one sentence.
    pub why: &'static str,
    /// The one thing to do.
    pub help: &'static str,
}

impl Finding {
    /// A finding with the rule's own texts and level.
    pub(crate) fn new(rule: &'static str, seen: String, place: Place) -> Finding {
        let page = runtime_policy_rules::rule(rule);
        let text = |text: Option<&'static str>| text.unwrap_or_default();
        Finding {
            rule,
            level: crate::policy::default_level(rule),
            seen,
            place,
            related: Vec::new(),
            why: text(page.map(|page| page.why.as_ref())),
            help: text(page.map(|page| page.help.as_ref())),
        }
    }

    /// With a better advice than the rule's.
    pub(crate) fn help(mut self, help: &'static str) -> Finding {
        self.help = help;
        self
    }

    /// With a second place.
    pub(crate) fn related(mut self, what: impl Into<String>, place: Place) -> Finding {
        self.related.push(Related { what: what.into(), place });
        self
    }

    /// What two reports of the same thing have in common.
    pub(crate) fn identity(&self) -> (&'static str, String) {
        let place = match &self.place {
            Place::Call { stack, .. } => format!("{:?}", stack.frames()),
            place => place.to_string(),
        };
        (self.rule, format!("{}\0{place}", self.seen))
    }
}

impl fmt::Display for Finding {
    /// Several lines, the last one without a line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}[{}]: {}", self.level.name(), self.rule, self.seen)?;
        writeln!(f, "  --> {}", self.place)?;
        for related in &self.related {
            writeln!(f, "  ::: {}: {}", related.what, related.place)?;
        }
        writeln!(f, "  = note: {}", self.why)?;
        write!(f, "  = help: {}", self.help)
    }
}
