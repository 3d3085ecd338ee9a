//! Allowed in start-up scope only, and there once.

use rustc_hash::FxHashMap;

use crate::facts::code::{Outside, StartUp};
use crate::rules::shapes::knob::knob_of;
use crate::rules::{Case, Place, Remark, Used};

/// Why a use does not run in start-up scope, with the place that shows it; nothing where it does, or where nothing calls
/// it.
pub(crate) fn outside(case: &Case<'_>, used: &Used<'_>) -> Option<(Outside, Option<Place>)> {
    let StartUp::No(outside, witness) = case.code.start_up(case.facts, &used.found.site) else { return None };
    if outside == Outside::Uncalled {
        return None;
    }
    let place = witness.map(|(file, span)| Place { file, span, message: witnessed(outside).to_owned() });
    Some((outside, place))
}

fn witnessed(outside: Outside) -> &'static str {
    match outside {
        Outside::LazyStatic => "reached from this initialiser, which runs at first use",
        Outside::Load => "reached from here, which runs wherever the package is part of a program",
        Outside::Task => "reached from this task",
        Outside::AfterServing => "called here, after serving began",
        Outside::Loop => "called here, in a loop",
        Outside::Value => "given away as a value here",
        Outside::Library | Outside::Uncalled => "called here, which no program's start-up reaches",
    }
}

/// Knobs of a program that two functions of its start-up set: the finding is at the later one.
pub(crate) fn second_owners(
    cases: &[Case<'_>],
    rule: &str,
    owns: impl Fn(&Case<'_>, &Used<'_>) -> bool,
    remarks: &mut Vec<Remark>,
) {
    let mut first: FxHashMap<(u32, String), (usize, Used<'_>)> = FxHashMap::default();
    for (number, case) in cases.iter().enumerate() {
        for used in case.uses(rule).filter(|used| owns(case, used)) {
            let Some(program) = case.code.program(used.found.site.file) else { continue };
            let Some(knob) = knob_of(used.api, used.found) else { continue };
            if case.code.start_up(case.facts, &used.found.site) != StartUp::Yes {
                continue;
            }
            match first.get(&(program, knob.clone())) {
                None => {
                    first.insert((program, knob), (number, used));
                }
                Some((holder, owner)) => {
                    remarks.extend(second_owner(case, rule, &used, &knob, (&cases[*holder], owner)));
                }
            }
        }
    }
}

fn second_owner(
    case: &Case<'_>,
    rule: &str,
    used: &Used<'_>,
    knob: &str,
    (holder, owner): (&Case<'_>, &Used<'_>),
) -> Option<Remark> {
    let (here, there) = (case.function(&used.found.site)?, holder.function(&owner.found.site)?);
    // The same name twice is one function compiled for several platforms.
    if here.name == there.name {
        return None;
    }
    let message = format!("`{knob}` has a second owner: `{}` sets it too", there.name);
    let mut remark = case.remark(rule, used, message);
    remark.help = Some("keep one of the two, where start-up is".to_owned());
    let site = &owner.found.site;
    let message = "the first owner sets it here".to_owned();
    remark.related.push(Place { file: site.file, span: site.span, message });
    Some(remark)
}
