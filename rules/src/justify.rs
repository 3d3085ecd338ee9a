//! How a justification is weighed: the one piece of logic that stands beside the lexicon.
//!
//! The analyser weighs comments with it, the guard the reasons that a program gives when it runs, so that both accept
//! and refuse the same words.

use crate::{EventLoop, EvidenceKind, Lexicon, Library, LoopKind, lexicon};

/// What is asked of a justification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A cause for binding to one CPU.
    Cpu,
    /// A cause for a priority or scheduling class.
    Priority,
    /// A cause for keeping one OS thread.
    Thread,
}

/// Weighs a text; `call` is the call that it is about, which naming is no cause.
///
/// # Errors
/// Why the text names no cause; continues "the comment gives no cause: …".
pub fn weigh(text: &str, wanted: Wanted, call: &str) -> Result<(), String> {
    let lexicon = lexicon();
    let lower = text.to_lowercase();
    if words(&lower).count() < 3 {
        return Err("it is too short to name a cause".to_owned());
    }
    if names_a_cause(lexicon, text, wanted, call) || has_evidence(lexicon, &lower) {
        return Ok(());
    }
    let phrase = lexicon.not_reasons.iter().find(|known| lower.contains(&*known.phrase.to_lowercase()));
    Err(match phrase {
        Some(phrase) => format!("`{}` {}", phrase.phrase, phrase.reason),
        None => "it names no library, kernel state, loop or measurement that needs it".to_owned(),
    })
}

/// Whether a text names kernel state, a library or, for a priority, a real-time loop that is a cause.
pub fn names_a_cause(lexicon: &Lexicon, text: &str, wanted: Wanted, call: &str) -> bool {
    let lower = text.to_lowercase();
    let call = call.to_lowercase();
    let state = lexicon.kernel_states.iter().any(|state| {
        let phrase = state.phrase.to_lowercase();
        (wanted != Wanted::Cpu || state.justifies_cpu_pin)
            && holds_phrase(&lower, &phrase)
            && !call.contains(&phrase)
    });
    let library = || {
        lexicon.libraries.iter().any(|library| {
            justifies(library, wanted) && library.words.iter().any(|word| holds_phrase(text, word))
        })
    };
    let more = || match wanted {
        Wanted::Cpu => false,
        Wanted::Priority => names_a_real_time_loop(lexicon, text, &lower),
        Wanted::Thread => names_a_call_of_one_thread(lexicon, &lower, &call) || names_a_loop(lexicon, text),
    };
    state || library() || more()
}

fn justifies(library: &Library, wanted: Wanted) -> bool {
    match wanted {
        Wanted::Thread => library.justifies_os_thread || library.accepted,
        Wanted::Cpu | Wanted::Priority => library.justifies_cpu_pin,
    }
}

/// A system call that acts on the calling thread.
fn names_a_call_of_one_thread(lexicon: &Lexicon, lower: &str, call: &str) -> bool {
    let calls = lexicon.syscalls.iter().filter(|known| known.per_thread && known.name.len() > 2);
    calls.into_iter().any(|known| holds_phrase(lower, &known.name) && !call.contains(&*known.name))
}

/// A loop that owns its thread. Words that are common to many name no framework; two kinds of them say which loop it is.
fn names_a_loop(lexicon: &Lexicon, text: &str) -> bool {
    let named =
        lexicon.loops.iter().filter(|known| known.spellings.iter().any(|word| holds_phrase(text, word)));
    let named: Vec<&EventLoop> = named.collect();
    named.len() > 1 || named.iter().any(|known| !known.generic)
}

/// Whether a text names something that the code around it binds, by the names of `bound` (links, headers, packages); or
/// a loop of the usual kind where one of them is a library that wants one thread.
pub fn names_what_is_bound(lexicon: &Lexicon, text: &str, bound: &[impl AsRef<str>]) -> bool {
    let lower = text.to_lowercase();
    let named = |bound: &str| {
        let last = bound.rsplit('/').next().unwrap_or(bound);
        let name = last.strip_suffix(".h").unwrap_or(last).to_lowercase();
        name.len() > 2 && holds_phrase(&lower, &name)
    };
    let foreign = |bound: &str| bound.ends_with(".h") || !bound.contains('/');
    if bound.iter().map(AsRef::as_ref).any(|bound| foreign(bound) && named(bound)) {
        return true;
    }
    let usual = lexicon.loops.iter().filter(|known| known.generic);
    usual.into_iter().any(|known| known.spellings.iter().any(|word| holds_phrase(text, word)))
        && lexicon.libraries.iter().any(|library| {
            let names = [
                &library.links,
                &library.includes,
                &library.pkg_config,
                &library.frameworks,
                &library.go_packages,
                &library.rust_crates,
            ];
            let mut names = names.into_iter().flat_map(|names| names.iter());
            library.justifies_os_thread
                && names.any(|name| bound.iter().any(|bound| is_of(bound.as_ref(), name)))
        })
}

/// Whether a name is another, or lies below it: `github.com/go-gl/glfw/v3.3/glfw`.
fn is_of(bound: &str, name: &str) -> bool {
    bound.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn names_a_real_time_loop(lexicon: &Lexicon, text: &str, lower: &str) -> bool {
    let audio = lexicon.loops.iter().any(|known| {
        known.kind == LoopKind::Audio && known.spellings.iter().any(|word| holds_phrase(text, word))
    });
    audio || ["audio", "real-time", "realtime", "real time"].iter().any(|word| holds_phrase(lower, word))
}

/// The words of a text.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a phrase stands in a text as whole words.
fn holds_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(|c| c.is_alphanumeric() && c != 's')
    })
}

/// Whether a lower-case text holds a link, an issue's number, a path to a benchmark, or a figure with its
/// unit.
pub fn has_evidence(lexicon: &Lexicon, lower: &str) -> bool {
    lexicon.evidence.iter().any(|evidence| {
        evidence.patterns.iter().any(|pattern| match evidence.kind {
            EvidenceKind::Link | EvidenceKind::Path => lower.contains(&**pattern),
            EvidenceKind::Issue => lower.match_indices(&**pattern).any(|(at, _)| {
                let starts = !lower[..at].ends_with(char::is_alphanumeric);
                starts && lower[at + pattern.len()..].starts_with(|c: char| c.is_ascii_digit())
            }),
            EvidenceKind::Unit => has_figure(lower, pattern),
        })
    })
}

fn has_figure(lower: &str, unit: &str) -> bool {
    lower.match_indices(unit).any(|(at, _)| {
        let before = lower[..at].trim_end_matches(' ');
        let number = before.ends_with(|c: char| c.is_ascii_digit());
        let ends = !lower[at + unit.len()..].starts_with(char::is_alphanumeric);
        number && ends
    })
}
