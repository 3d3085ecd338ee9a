//! Places that run often: handlers, loops, scrapes.

use crate::facts::Site;
use crate::rules::{Case, Place};

/// Why a place runs often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hot {
    /// Serves a request.
    Handler,
    /// In a loop.
    Loop,
    /// In a function that is called in a loop.
    CalledInLoop,
    /// Collects metrics for a scrape.
    Scrape,
}

impl Hot {
    /// As a message says it.
    pub(crate) fn said(self) -> &'static str {
        match self {
            Hot::Handler => "in a request handler",
            Hot::Loop => "in a loop",
            Hot::CalledInLoop => "in a function that is called in a loop",
            Hot::Scrape => "each time metrics are collected",
        }
    }
}

/// Words in a condition or callee that show a limit on how often what follows runs.
const LIMITS: &[&str] = &[
    "rate_limit",
    "ratelimit",
    "limiter",
    "throttle",
    "elapsed",
    "interval",
    "call_once",
    "should_log",
    "cooldown",
    "sample",
    "last_",
    "is_multiple_of",
];

/// Why a place runs often by what surrounds it; `None` where it does not, or where a limit stands around it.
pub(crate) fn hot(case: &Case<'_>, site: &Site) -> Option<Hot> {
    if site.context.in_static || is_lifted(case, site) {
        None
    } else if case.code.in_handler(case.facts, site) {
        Some(Hot::Handler)
    } else if site.context.in_loop && !site.context.on_signal {
        Some(Hot::Loop)
    } else {
        is_scrape(case, site).then_some(Hot::Scrape)
    }
}

/// As [`hot`], and where a loop calls the function, with that call.
pub(crate) fn hot_through_calls(case: &Case<'_>, site: &Site) -> Option<(Hot, Option<Place>)> {
    if let Some(why) = hot(case, site) {
        return Some((why, None));
    }
    // A static is filled once, however often the function around it runs.
    if site.context.in_static || is_lifted(case, site) {
        return None;
    }
    let (file, span) = case.code.called_in_loop(case.facts, site)?;
    Some((Hot::CalledInLoop, Some(Place { file, span, message: "called here, in a loop".to_owned() })))
}

/// Whether a place is in debug builds only, limited, or the last thing that the process does.
pub(crate) fn is_lifted(case: &Case<'_>, site: &Site) -> bool {
    site.context.debug_only || is_limited(case, site) || ends_the_process(case, site)
}

/// `Collector::collect`, `Collector::encode`.
fn is_scrape(case: &Case<'_>, site: &Site) -> bool {
    case.function(site).is_some_and(|function| {
        matches!(&*function.name.to_lowercase(), "collect" | "encode")
            && function.trait_path.as_ref().is_some_and(|path| path.ends_with("Collector"))
    })
}

/// Whether a condition around the place, or a call it is given to, limits how often it runs.
fn is_limited(case: &Case<'_>, site: &Site) -> bool {
    let source = case.code.source(site.file);
    let head = case.function(site).map(|function| function.head);
    let around = site.enclosing.iter().filter(|start| Some(**start) != head && **start < site.span.start);
    around.into_iter().any(|start| {
        let text = &source.text[*start as usize..site.span.start as usize];
        let condition = text.split(['{', '|']).next().unwrap_or("").to_lowercase();
        let condition = condition.split('\n').map(str::trim_start).filter(|line| !line.starts_with("//"));
        condition.into_iter().any(|line| LIMITS.iter().any(|word| line.contains(word)))
    })
}

/// Whether the process ends right after.
pub(crate) fn ends_the_process(case: &Case<'_>, site: &Site) -> bool {
    let source = case.code.source(site.file);
    let line = source.line_of(site.statement.end.max(site.span.end).saturating_sub(1));
    (line..line + 3).any(|line| {
        let text = source.line(line);
        ["abort(", "process::exit(", "panic!(", "panic(", "unreachable!("]
            .iter()
            .any(|end| text.contains(end))
    })
}
