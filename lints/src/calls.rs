//! What follows from who calls whom, whatever the language: start-up scope, handlers, loops, what callers pass in.
//!
//! A front end says who calls a function and how functions begin; the answers to rules' questions follow from that.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::code::{Outside, StartUp};
use crate::facts::{Context, FileIndex, Function, Mention, Production, Site, Value};
use crate::source::Span;

/// A function by its file and its number in the front end's tables of that file.
pub(crate) type Callable = (FileIndex, u32);

/// A place that shows something.
pub(crate) type Place = (FileIndex, Span);

/// Calls between a loop and what runs in it that are followed.
const LOOP_DEPTH: u32 = 2;

/// Lazy cells filled within what fills lazy cells that are followed.
const FILLS_DEPTH: u32 = 4;

/// Callers of callers of a handler that are followed.
const HANDLER_DEPTH: usize = 4;

/// A mention with the function that holds it.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub mention: Mention,
    /// The item that holds it.
    pub item: u32,
    pub function: Option<Arc<Function>>,
}

impl Caller {
    fn is_live(&self) -> bool {
        self.mention.site.production == Production::Yes
    }

    /// The function that holds it, if it is held by one.
    fn holder(&self) -> Option<Callable> {
        self.function.as_ref().map(|_| (self.mention.site.file, self.item))
    }
}

/// A program as far as its calls go.
pub(crate) trait Calls {
    /// Every mention of a function in the workspace.
    fn callers(&self, function: Callable) -> Arc<Vec<Caller>>;

    /// Whether a function is where a program begins.
    fn is_main(&self, function: Callable) -> bool;

    /// Whether somebody says of a function that it belongs to start-up.
    fn is_owner(&self, function: Callable) -> bool;

    /// What a function is that nothing calls.
    fn without_callers(&self, function: Callable) -> Outside;

    /// What code is that stands in no function.
    fn outside_functions(&self, site: &Site) -> Option<Outside>;

    /// Whether a function is a handler by its own form: an attribute, its signature, its name.
    fn is_bound(&self, function: Callable) -> bool;

    /// Whether so many files name a function that it serves more than requests.
    fn is_widely_named(&self, function: Callable) -> bool;
}

/// Whether a place runs in start-up scope; `function` is the one around it, `of` answers for functions.
pub(crate) fn start_up_of_site(
    calls: &impl Calls,
    site: &Site,
    function: Option<Callable>,
    of: impl FnOnce(Callable) -> StartUp,
) -> StartUp {
    match outside_here(calls, site, function) {
        Some(outside) => StartUp::No(outside, None),
        None if site.context.in_command => StartUp::Yes,
        None => match function.map_or(StartUp::Yes, of) {
            StartUp::No(_, place) if site.context.filled => StartUp::No(Outside::LazyStatic, place),
            found => found,
        },
    }
}

/// What keeps a place out of start-up scope by itself, whoever calls its function.
fn outside_here(calls: &impl Calls, site: &Site, function: Option<Callable>) -> Option<Outside> {
    if let Some(outside) = outside_by_context(site.context) {
        return Some(outside);
    }
    match function {
        _ if site.context.in_command => None,
        // A helper may try several values in a loop; `main` that does so has begun its work.
        Some(function) => (site.context.in_loop && calls.is_main(function)).then_some(Outside::Loop),
        None => calls.outside_functions(site),
    }
}

fn outside_by_context(context: Context) -> Option<Outside> {
    if context.in_static && !context.filled {
        Some(Outside::LazyStatic)
    } else if context.in_task {
        Some(Outside::Task)
    } else if context.after_serve {
        Some(Outside::AfterServing)
    } else {
        None
    }
}

/// Whether all calls of a function lie in start-up scope: goes from the function to its callers, and to theirs, each
/// once, until one of them is seen outside start-up.
pub(crate) fn start_up(calls: &impl Calls, function: Callable) -> StartUp {
    start_up_within(calls, function, FILLS_DEPTH)
}

fn start_up_within(calls: &impl Calls, function: Callable, fills: u32) -> StartUp {
    let mut seen = FxHashSet::default();
    let mut open: Vec<(Callable, Option<Place>)> = vec![(function, None)];
    let (mut uncalled, mut reached) = (None, false);
    while let Some((function, through)) = open.pop() {
        if !seen.insert(function) {
            continue;
        }
        if calls.is_main(function) || calls.is_owner(function) {
            reached = true;
            continue;
        }
        let callers = calls.callers(function);
        let live: Vec<&Caller> = callers.iter().filter(|caller| caller.is_live()).collect();
        if live.is_empty() {
            match calls.without_callers(function) {
                // What nothing calls runs nowhere, and says nothing of what it calls.
                Outside::Uncalled => uncalled = uncalled.or(Some(through)),
                other => return StartUp::No(other, through),
            }
        }
        for caller in live.into_iter().rev() {
            let site = &caller.mention.site;
            let place = Some((site.file, site.span));
            if !caller.mention.called {
                let given = if site.context.in_static { Outside::LazyStatic } else { Outside::Value };
                return StartUp::No(given, place);
            }
            let holder = caller.holder();
            match outside_here(calls, site, holder) {
                Some(Outside::Uncalled) => uncalled = uncalled.or(Some(place)),
                Some(outside) => return StartUp::No(outside, place),
                None if site.context.in_command => reached = true,
                None if site.context.filled => {
                    let filled =
                        |holder| fills > 0 && start_up_within(calls, holder, fills - 1) == StartUp::Yes;
                    if !holder.is_some_and(filled) {
                        return StartUp::No(Outside::LazyStatic, place);
                    }
                    reached = true;
                }
                None => open.extend(holder.map(|holder| (holder, place))),
            }
        }
    }
    match uncalled {
        Some(place) if !reached => StartUp::No(Outside::Uncalled, place),
        _ => StartUp::Yes,
    }
}

/// Whether a place runs when a lazily filled static does: it stands in what fills it, or in a function that nothing
/// else calls.
pub(crate) fn fills_static(calls: &impl Calls, site: &Site, function: Option<Callable>) -> bool {
    if site.context.in_static {
        return true;
    }
    // Looking at every file that says `new` would cost more than all else that the rule asks.
    let Some(function) = function.filter(|function| !calls.is_widely_named(*function)) else { return false };
    let callers = calls.callers(function);
    let mut live = callers.iter().filter(|caller| caller.is_live()).peekable();
    live.peek().is_some() && live.all(|caller| caller.mention.site.context.in_static)
}

/// Whether a function is bound to a route, or is called by such functions only.
pub(crate) fn is_handler(calls: &impl Calls, function: Callable) -> bool {
    is_handler_at(calls, function, &mut FxHashMap::default(), 0)
}

fn is_handler_at(
    calls: &impl Calls,
    function: Callable,
    asked: &mut FxHashMap<Callable, bool>,
    depth: usize,
) -> bool {
    if let Some(known) = asked.get(&function) {
        return *known;
    }
    if depth >= HANDLER_DEPTH {
        return false;
    }
    asked.insert(function, false);
    if calls.is_bound(function) {
        return true;
    }
    // A handler is named where it is bound; a function that many files name serves more than requests.
    if calls.is_widely_named(function) {
        return false;
    }
    let callers = calls.callers(function);
    let live: Vec<&Caller> = callers.iter().filter(|caller| caller.is_live()).collect();
    let serves = |caller: &&Caller, asked: &mut FxHashMap<Callable, bool>| {
        let by_handler = |holder: Callable, asked: &mut _| is_handler_at(calls, holder, asked, depth + 1);
        caller.mention.site.context.in_route
            || (caller.mention.called && caller.holder().is_some_and(|holder| by_handler(holder, asked)))
    };
    let all = !live.is_empty() && live.iter().all(|caller| serves(caller, asked));
    asked.insert(function, all);
    all
}

/// A call in a loop that leads to a function in few calls.
pub(crate) fn loop_around(calls: &impl Calls, function: Callable) -> Option<Place> {
    loop_within(calls, function, LOOP_DEPTH)
}

/// What turns only when a signal comes repeats nothing of itself.
fn repeats(context: Context) -> bool {
    context.in_loop && !context.on_signal
}

fn loop_within(calls: &impl Calls, function: Callable, depth: u32) -> Option<Place> {
    let callers = calls.callers(function);
    let live = || callers.iter().filter(|caller| caller.mention.called && caller.is_live());
    if let Some(caller) = live().find(|caller| repeats(caller.mention.site.context)) {
        return Some((caller.mention.site.file, caller.mention.site.span));
    }
    live()
        .filter(|_| depth > 1)
        .filter_map(Caller::holder)
        .find_map(|holder| loop_within(calls, holder, depth - 1))
}

/// What callers give for a parameter; `None` where some caller cannot be seen.
pub(crate) fn given(calls: &impl Calls, function: Callable, parameter: u32) -> Option<Vec<Value>> {
    let callers = calls.callers(function);
    let live: Vec<&Caller> = callers.iter().filter(|caller| caller.is_live()).collect();
    if live.is_empty() || live.iter().any(|caller| !caller.mention.called) {
        return None;
    }
    live.iter().map(|caller| caller.mention.args.get(parameter as usize).cloned()).collect()
}

/// Whether a place is compiled, or its function called, only where a feature of the package's own is on.
pub(crate) fn only_under_a_feature(calls: &impl Calls, site: &Site, function: Option<Callable>) -> bool {
    let gated = |site: &Site| site.context.feature_gated || site.context.debug_only;
    if gated(site) {
        return true;
    }
    // Looking at every file that says `new` would cost more than all else that the rule asks.
    let Some(function) = function.filter(|function| !calls.is_widely_named(*function)) else { return false };
    let callers = calls.callers(function);
    let mut live = callers.iter().filter(|caller| caller.is_live()).peekable();
    live.peek().is_some() && live.all(|caller| gated(&caller.mention.site))
}
