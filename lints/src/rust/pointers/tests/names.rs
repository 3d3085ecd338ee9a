//! What the real front end resolves, guessed from last segments.

use syn::{Expr, ExprPath, Item};

use crate::facts::pointer::Summary;
use crate::rust::pointers::{Argument, Effect, Names, analyse};

/// Names by their written form: what the real front end resolves, guessed from last segments.
pub(super) struct Written {
    returns: Vec<(String, String)>,
    summaries: Vec<(String, Summary)>,
    foreign: Vec<String>,
}

const KEEPERS: [(&str, usize, &str); 9] = [
    ("sqlite3_update_hook", 2, "the argument until the hook is replaced or the connection closed"),
    ("SDL_RWFromMem", 0, "the memory until the RWops or surface is freed"),
    ("putenv", 0, "the string itself becomes part of the environment"),
    ("sigaction", 1, "the handler for the life of the process or until replaced"),
    ("pthread_create", 3, "the argument until the thread has read it"),
    ("aio_read", 0, "the aiocb and its buffer until aio_return"),
    ("ReadFile", 4, "buffer and OVERLAPPED are written when the operation completes"),
    ("register_thing", 1, "until deregistered"),
    ("SubmissionQueue::push", 0, "what the entry points to until its completion"),
];

impl Names for Written {
    fn callee(&self, path: &ExprPath) -> Option<String> {
        let segments: Vec<String> = path.path.segments.iter().map(|part| part.ident.to_string()).collect();
        let last = segments.last()?;
        let known = self.returns.iter().any(|(name, _)| name == last)
            || KEEPERS.iter().any(|(name, ..)| name == last)
            || segments.iter().any(|segment| segment == "opcode");
        known.then(|| segments.join("::"))
    }

    fn type_of(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Field(field) => match &field.member {
                syn::Member::Named(name) if name == "buf" => Some("alloc::vec::Vec".to_string()),
                _ => None,
            },
            Expr::MethodCall(call) if call.method == "submission" => {
                Some("io_uring::squeue::SubmissionQueue".to_string())
            }
            _ => None,
        }
    }

    fn returns(&self, callee: &str) -> Option<String> {
        self.returns.iter().find(|(name, _)| name == callee).map(|(_, ty)| ty.clone())
    }

    fn summary(&self, callee: &str) -> Option<Summary> {
        self.summaries.iter().find(|(name, _)| name == callee).map(|(_, summary)| summary.clone())
    }

    fn foreign(&self, path: &ExprPath) -> bool {
        path.path.segments.last().is_some_and(|last| self.foreign.iter().any(|name| last.ident == name))
    }

    fn effect(&self, canonical: &str, _arguments: &[&Expr]) -> Option<Effect> {
        if canonical.contains("opcode::") {
            return Some(Effect::Carries);
        }
        KEEPERS.iter().find(|(name, ..)| canonical.ends_with(name)).map(|(_, position, until)| {
            Effect::Keeps { argument: Argument::At(*position), until: (*until).to_string() }
        })
    }

    fn constructs(&self, path: &ExprPath) -> bool {
        path.path.is_ident("Handle")
    }
}

impl Written {
    pub(super) fn of(items: &[Item]) -> Self {
        let mut names = Self { returns: Vec::new(), summaries: Vec::new(), foreign: Vec::new() };
        for item in items {
            match item {
                Item::ForeignMod(foreign) => {
                    names.foreign.extend(foreign.items.iter().filter_map(|item| match item {
                        syn::ForeignItem::Fn(function) => Some(function.sig.ident.to_string()),
                        _ => None,
                    }));
                }
                Item::Fn(function) => {
                    let name = function.sig.ident.to_string();
                    let summary = analyse(&names, &function.sig, &function.block).summary;
                    if let syn::ReturnType::Type(_, ty) = &function.sig.output {
                        use quote_free::text;
                        names.returns.push((name.clone(), text(ty)));
                    } else {
                        names.returns.push((name.clone(), String::new()));
                    }
                    names.summaries.push((name, summary));
                }
                _ => {}
            }
        }
        names
    }
}

/// Text of a type, from where it stands, without a printing crate.
mod quote_free {
    pub(super) fn text(ty: &syn::Type) -> String {
        use syn::spanned::Spanned;
        ty.span().source_text().unwrap_or_default()
    }
}
