//! `missing-keep-alive`: what to say of a raw pointer that outlives what it points into.

use crate::facts::Production;
use crate::facts::pointer::{Hazard, PointerFacts, PointerFlow, Reclaims};
use crate::finding::Level;
use crate::rules::{Case, Place, Remark};
use crate::source::Span;

const RULE: &str = "missing-keep-alive";

/// Judges the pointers of a whole program: what one function gives away another may take back.
pub(super) fn judge_together(cases: &[Case<'_>], remarks: &mut Vec<Remark>) {
    let mut reclaims = Reclaims::default();
    for body in cases.iter().flat_map(|case| &case.facts.pointers) {
        reclaims.add(&body.facts);
    }
    for case in cases {
        let strict = case.config.strict_keep_alive(case.path);
        for body in case.facts.pointers.iter().filter(|body| body.production == Production::Yes) {
            let item = case.facts.functions.get(body.function as usize);
            remarks.extend(judge(&body.facts, &reclaims, strict).into_iter().map(|found| {
                Remark {
                    rule: RULE.into(),
                    by_default: None,
                    at_most: Some(found.level),
                    file: case.facts.file,
                    span: found.span,
                    message: found.message,
                    why: Some(found.why.to_owned()),
                    help: Some(found.help),
                    related: found
                        .related
                        .into_iter()
                        .map(|(span, message)| Place { file: case.facts.file, span, message })
                        .collect(),
                    fix: None,
                    item: item.map_or_else(|| "".into(), |function| function.path.clone()),
                }
            }));
        }
    }
}

/// A remark about one pointer, before configuration and suppressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepAlive {
    /// Level of the shape: a leak is a warning.
    pub level: Level,
    /// Where to show it, in bytes of the text that was parsed.
    pub span: Span,
    /// What was seen.
    pub message: String,
    /// Why it matters.
    pub why: &'static str,
    /// The one thing to do.
    pub help: String,
    /// Further places, with what is there.
    pub related: Vec<(Span, String)>,
}

const FREED: &str = "a raw pointer borrows nothing, so the compiler frees or moves its owner without a word and \
                     foreign code reads freed memory";
const LEAK: &str = "`into_raw` gives up ownership, so what nothing takes back is never freed";
const TWICE: &str = "each `from_raw` makes an owner, and two owners free the same memory twice";
const WORKS_ON: &str = "foreign code goes on reading or writing the memory after the function was left and its \
                        locals were freed";
const NUMBER: &str = "a number keeps nothing alive: the collector may free what it was made from, or the stack may move, \
                      before foreign code uses it";
const FINALISED: &str = "the value may be collected once nothing names it, and its finalizer then ends the handle while \
                         foreign code uses it";
const STRICT: &str = "strict keep-alive wants the owner's life past the last foreign use to stand in the text, so \
                      that a later change cannot shorten it unseen";

/// Judges the pointers of one function body. `reclaims` = what the whole program takes back; `strict` = ask for an
/// explicit keep-alive after the last foreign use.
pub fn judge(facts: &PointerFacts, reclaims: &Reclaims, strict: bool) -> Vec<KeepAlive> {
    let leaked = |flow: &PointerFlow| flow.raw.as_ref().is_none_or(|key| !reclaims.may_take(key));
    let broken = facts.flows.iter().filter(|flow| leaked(flow));
    let unmentioned = facts
        .unmentioned
        .iter()
        .filter(|flow| strict && !facts.flows.iter().any(|broken| broken.taken == flow.taken));
    broken.chain(unmentioned).map(remark).collect()
}

fn remark(flow: &PointerFlow) -> KeepAlive {
    let owner = &flow.owner;
    let (level, why) = match flow.hazard {
        Hazard::RawLeaked => (Level::Warning, LEAK),
        Hazard::RawReclaimedTwice => (Level::Error, TWICE),
        Hazard::ForeignWorksOn => (Level::Error, WORKS_ON),
        Hazard::OnlyImplicitlyKept => (Level::Error, STRICT),
        Hazard::AddressAsNumber => (Level::Error, NUMBER),
        Hazard::FinalisedInUse => (Level::Error, FINALISED),
        _ => (Level::Error, FREED),
    };
    // A double reclaim stands where it happens; everything else where the pointer was taken.
    let span = match (flow.hazard, flow.used) {
        (Hazard::RawReclaimedTwice, Some(second)) => second,
        _ => flow.taken,
    };
    KeepAlive {
        level,
        span,
        message: message(flow),
        why,
        help: help(flow.hazard, owner),
        related: related(flow),
    }
}

fn message(flow: &PointerFlow) -> String {
    let owner = &flow.owner;
    let by = flow.by.as_deref().filter(|name| !name.is_empty());
    match flow.hazard {
        Hazard::TemporaryDies => {
            format!("pointer into a temporary `{owner}` that is dropped before the pointer is used")
        }
        Hazard::OwnerLeavesScope => {
            format!("pointer into `{owner}`, which goes out of scope before it is used")
        }
        Hazard::OwnerDropped => format!("pointer into `{owner}`, which is dropped before it is used"),
        Hazard::OwnerReassigned => {
            format!("pointer into `{owner}`, which gets a new value before it is used")
        }
        Hazard::OwnerMoved { inline: true } => {
            format!("pointer into `{owner}`, whose bytes are moved away before it is used")
        }
        Hazard::OwnerMoved { inline: false } => {
            format!("pointer into `{owner}`, which is moved to where it may end before the pointer is used")
        }
        Hazard::OwnerReallocates => {
            format!("pointer into `{owner}`, which may move its data before the pointer is used")
        }
        Hazard::EscapesLocal if flow.used.is_some() => format!("pointer into local `{owner}` is returned"),
        Hazard::EscapesLocal => format!("pointer into local `{owner}` is stored in a place that outlives it"),
        Hazard::KeptByForeign => match by {
            Some(by) => format!("`{by}` keeps a pointer into local `{owner}` after the function returned"),
            None => format!("foreign code keeps a pointer into local `{owner}`"),
        },
        Hazard::ForeignWorksOn => match by {
            Some(by) => format!("`{by}` still works on local `{owner}` when the function may be left"),
            None => format!("foreign code still works on local `{owner}` when the function may be left"),
        },
        Hazard::AddressAsNumber => {
            format!("address of `{owner}` is held as a number when foreign code gets it")
        }
        Hazard::FinalisedInUse => {
            let owner = if owner == "the receiver" { owner.clone() } else { format!("`{owner}`") };
            let of_type = flow.owner_type.as_ref().map_or_else(String::new, |ty| {
                let article = if ty.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                format!(", {article} `{ty}`,")
            });
            format!("the finalizer of {owner}{of_type} may run while foreign code uses its handle")
        }
        Hazard::RawLeaked => format!("`{owner}` is given away by `into_raw` and nothing takes it back"),
        Hazard::RawReclaimedTwice => format!("memory of `{owner}` is taken back by `from_raw` a second time"),
        Hazard::OnlyImplicitlyKept => {
            format!("`{owner}` is not named after the last foreign use of the pointer into it")
        }
    }
}

fn help(hazard: Hazard, owner: &str) -> String {
    match hazard {
        Hazard::TemporaryDies => {
            "bind the owner to a name that lives past the last use of the pointer".to_string()
        }
        Hazard::OwnerLeavesScope => format!("declare `{owner}` outside the block, before the pointer"),
        Hazard::OwnerDropped => format!("drop `{owner}` after the last use of the pointer"),
        Hazard::OwnerReassigned | Hazard::OwnerReallocates => {
            format!("take the pointer again after `{owner}` has changed")
        }
        Hazard::OwnerMoved { inline: true } => {
            format!("box or pin `{owner}`, or take the pointer after the move")
        }
        Hazard::OwnerMoved { inline: false } => {
            format!(
                "keep `{owner}` here until the last use of the pointer, or take the pointer from its new holder"
            )
        }
        Hazard::EscapesLocal => {
            format!(
                "hand `{owner}` out with the pointer, or give it away with `into_raw` and take it back later"
            )
        }
        Hazard::KeptByForeign => {
            format!(
                "keep `{owner}` on the heap with whoever unregisters it, or unregister before the function ends"
            )
        }
        Hazard::ForeignWorksOn => {
            format!("move `{owner}` to the heap and let the operation own it until its completion")
        }
        Hazard::RawLeaked => {
            format!("take it back with `from_raw` of `{owner}` in `Drop` or in the callback")
        }
        Hazard::AddressAsNumber => {
            format!("convert within the call's arguments, or end with `runtime.KeepAlive({owner})`")
        }
        Hazard::FinalisedInUse => match owner {
            "the receiver" => "end with `runtime.KeepAlive` of the receiver".to_owned(),
            owner => format!("write `runtime.KeepAlive({owner})` after the call"),
        },
        Hazard::RawReclaimedTwice => "take ownership back once, and pass the owner on".to_string(),
        Hazard::OnlyImplicitlyKept => {
            format!("end with `drop({owner})` or `runtime_guard::keep_alive(&{owner})`")
        }
    }
}

fn related(flow: &PointerFlow) -> Vec<(Span, String)> {
    let mut places = Vec::new();
    let owner = &flow.owner;
    if let Some(event) = flow.event {
        let what = match flow.hazard {
            Hazard::TemporaryDies => "the temporary is dropped here".to_string(),
            Hazard::OwnerMoved { .. } => format!("`{owner}` is moved here"),
            Hazard::OwnerReassigned => format!("`{owner}` gets a new value here"),
            Hazard::OwnerReallocates => format!("`{owner}` may move its data here"),
            _ => format!("`{owner}` is dropped here"),
        };
        places.push((event, what));
    }
    if let Some(through) = flow.through {
        let what = match flow.hazard {
            Hazard::EscapesLocal => "the pointer is stored here",
            _ => "the pointer is handed over here",
        };
        places.push((through, what.to_string()));
    }
    match (flow.hazard, flow.used) {
        (Hazard::RawReclaimedTwice, _) if flow.used != Some(flow.taken) => {
            places.push((flow.taken, "taken back for the first time here".to_string()));
        }
        (Hazard::EscapesLocal, Some(used)) if used != flow.taken => {
            places.push((used, "the pointer leaves here".to_string()));
        }
        (Hazard::ForeignWorksOn, Some(used)) => {
            places.push((used, "the function may be left here".to_string()));
        }
        (Hazard::EscapesLocal | Hazard::KeptByForeign | Hazard::RawReclaimedTwice, _) | (_, None) => {}
        (_, Some(used)) => places.push((used, "the pointer is used here".to_string())),
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::pointer::{RawFamily, RawKey};

    fn flow(hazard: Hazard) -> PointerFlow {
        PointerFlow {
            hazard,
            owner: "name".to_string(),
            owner_type: None,
            taken: Span::new(10, 20),
            event: Some(Span::new(20, 21)),
            used: Some(Span::new(30, 40)),
            through: None,
            by: None,
            raw: None,
        }
    }

    #[test]
    fn a_broken_pointer_is_shown_where_it_is_taken_with_what_broke_it() {
        let facts = PointerFacts { flows: vec![flow(Hazard::OwnerDropped)], ..PointerFacts::default() };
        let [remark] = &judge(&facts, &Reclaims::default(), false)[..] else { panic!("one remark") };
        assert_eq!((remark.level, remark.span), (Level::Error, Span::new(10, 20)));
        assert_eq!(remark.message, "pointer into `name`, which is dropped before it is used");
        assert_eq!(
            remark.related,
            [
                (Span::new(20, 21), "`name` is dropped here".to_string()),
                (Span::new(30, 40), "the pointer is used here".to_string()),
            ]
        );
    }

    #[test]
    fn a_double_reclaim_is_shown_at_the_second_one() {
        let facts = PointerFacts { flows: vec![flow(Hazard::RawReclaimedTwice)], ..PointerFacts::default() };
        let [remark] = &judge(&facts, &Reclaims::default(), false)[..] else { panic!("one remark") };
        assert_eq!(remark.span, Span::new(30, 40));
    }

    #[test]
    fn a_leak_is_a_warning_unless_the_program_takes_it_back() {
        let key = RawKey { family: RawFamily::Box, pointee: Some("Session".to_string()) };
        let leak = PointerFlow { raw: Some(key.clone()), ..flow(Hazard::RawLeaked) };
        let facts = PointerFacts { flows: vec![leak], ..PointerFacts::default() };
        let mut reclaims = Reclaims::default();
        let remarks = judge(&facts, &reclaims, false);
        assert_eq!(remarks.iter().map(|remark| remark.level).collect::<Vec<_>>(), [Level::Warning]);
        reclaims.add(&PointerFacts { reclaims: vec![key], ..PointerFacts::default() });
        assert_eq!(judge(&facts, &reclaims, false), []);
    }

    #[test]
    fn strict_alone_asks_for_an_explicit_keep_alive() {
        let facts =
            PointerFacts { unmentioned: vec![flow(Hazard::OnlyImplicitlyKept)], ..PointerFacts::default() };
        assert_eq!(judge(&facts, &Reclaims::default(), false), []);
        assert_eq!(judge(&facts, &Reclaims::default(), true).len(), 1);
    }

    #[test]
    fn messages_start_lower_case_and_end_without_a_full_stop() {
        for hazard in [
            Hazard::TemporaryDies,
            Hazard::OwnerMoved { inline: true },
            Hazard::EscapesLocal,
            Hazard::KeptByForeign,
            Hazard::ForeignWorksOn,
            Hazard::RawLeaked,
            Hazard::OnlyImplicitlyKept,
        ] {
            let remark = remark(&flow(hazard));
            for text in [remark.message.as_str(), remark.why, remark.help.as_str()] {
                assert!(!text.starts_with(char::is_uppercase) && !text.ends_with('.'), "{text}");
            }
        }
    }
}
