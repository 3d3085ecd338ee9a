//! Trigger words: which bytes an item must hold to use an API at all.
//!
//! Selection looks for these words before anything is parsed. A word too many costs time, a word too few costs
//! findings: the word must stand in every item that uses the API under its own name. (A rename, `use a::b as c`, puts
//! the word on the `use` line: whoever selects follows it.)

use crate::schema::{Api, Effect, List, Text};

/// Names that stand for nothing by themselves, so that the segment before them is the word.
///
/// Methods of such a name are found by the type's name; where that is not enough, the entry says `words = [..]`.
#[rustfmt::skip]
pub const GENERIC_NAMES: &[&str] = &[
    "abort", "add", "advance", "append", "at", "attach", "bind", "build", "builder", "capture", "channel", "clear",
    "close", "collect", "commit", "config", "configure", "copy", "create", "default", "disable", "drain", "drop",
    "dump", "enable", "encode", "enter", "entry", "eval", "execute", "extend", "finish", "flush", "from", "gc", "get",
    "handle", "import", "init", "initialize", "insert", "install", "join", "layer", "leak", "listen", "lock", "main",
    "map", "maps", "name", "new", "nice", "open", "output", "path", "pids", "post", "pragma", "priority", "processes",
    "push", "put", "raise", "read", "recv", "register", "remove", "replace", "report", "reserve", "resize", "resolve",
    "retain", "route", "run", "scope", "send", "serve", "service", "set", "set_config", "set_data", "set_priority",
    "signal", "spawn", "start", "status", "stop", "swap", "test", "threads", "trace", "truncate",
    "update", "user_data", "wait", "with_capacity", "with_context", "workers", "wrap", "write",
];

/// Effects of entries that make no finding by themselves: they are looked up only inside items that another entry
/// selected (a route near a profiler, a reallocation near a pointer, a spawn under a span), so they need no words.
///
/// An entry may say otherwise with `auxiliary = false`.
pub const fn is_auxiliary(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Auth
            | Effect::BlockingDrop
            | Effect::Bounded
            | Effect::CaptureStop
            | Effect::ContainerLimit
            | Effect::ContextCarrier
            | Effect::FlagDefault
            | Effect::ForeignOwnsPointer
            | Effect::ForeignReturnsFirst
            | Effect::FreshContext
            | Effect::KeepAlive
            | Effect::Layer
            | Effect::Listen
            | Effect::OwnerConstructor
            | Effect::ReadOnly
            | Effect::Realloc
            | Effect::Reclaim
            | Effect::Route
            | Effect::ScrapePath
            | Effect::Serve
            | Effect::SignalHook
            | Effect::Spawn
            | Effect::ThreadState
            | Effect::ThreadUnlock
            | Effect::Timeout
    )
}

/// The words of an entry: those it names, else one for each path; none for auxiliary entries.
pub fn of(api: &Api) -> List<Text> {
    if api.is_auxiliary() {
        return List::default();
    }
    if !api.words.is_empty() {
        return api.words.clone();
    }
    let mut words: Vec<Text> = Vec::new();
    for path in api.paths.iter() {
        let word = of_path(path);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    List::Owned(words)
}

/// The word of one path: its last segment, or of a chain its last method, that is not generic; the whole path where
/// all are.
pub fn of_path(path: &str) -> Text {
    let end = path.find(['"', '<']).unwrap_or(path.len());
    let plain = path[..end].trim_start_matches("#[").trim_end_matches([']', '!', '(', ')']);
    let mut segments = plain.split(['.', ':']).map(|part| part.split('(').next().unwrap_or(part).trim());
    let word = segments.rfind(|part| !part.is_empty() && !GENERIC_NAMES.contains(part)).unwrap_or(plain);
    Text::Owned(word.to_owned())
}
