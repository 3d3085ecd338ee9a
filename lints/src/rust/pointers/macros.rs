//! Macro calls: the standard ones are understood, arguments of others are walked as expressions if they parse.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Macro, Token};

use super::Flow;
use super::foreign::Mentions;
use super::owners::{Class, Made};
use super::state::{Shape, Value};
use crate::rust::extent;

fn arguments(tokens: &TokenStream) -> Option<Vec<Expr>> {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    parser.parse2(tokens.clone()).ok().map(|list| list.into_iter().collect())
}

impl Flow<'_> {
    pub(super) fn macro_call(&mut self, mac: &Macro) -> Value {
        let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        match name.as_str() {
            "vec" => self.vec_macro(&mac.tokens),
            "format" => {
                self.looked_at(&mac.tokens);
                self.make(Made { class: Class::String, wrapped: false, roomy: false }, "")
            }
            "addr_of" | "addr_of_mut" => match syn::parse2::<Expr>(mac.tokens.clone()) {
                Ok(place) => {
                    let value = self.refer(&place, false);
                    self.as_pointer(value, extent::of(mac))
                }
                Err(_) => Value::default(),
            },
            "pin" => match syn::parse2::<Expr>(mac.tokens.clone()) {
                Ok(inner) => {
                    let value = self.eval(&inner);
                    self.temporary(&value, true);
                    Value { holds: Vec::new(), ..value }
                }
                Err(_) => Value::default(),
            },
            "panic" | "unreachable" | "todo" | "unimplemented" | "bail" | "exit" => {
                self.looked_at(&mac.tokens);
                self.state.unreachable = true;
                Value::default()
            }
            "write" | "writeln" => self.write_macro(mac),
            "println"
            | "print"
            | "eprintln"
            | "eprint"
            | "assert"
            | "assert_eq"
            | "assert_ne"
            | "debug_assert"
            | "debug_assert_eq"
            | "debug_assert_ne"
            | "trace"
            | "debug"
            | "info"
            | "warn"
            | "error"
            | "log"
            | "matches"
            | "format_args"
            | "dbg"
            | "ensure"
            | "anyhow"
            | "const_format"
            | "concat"
            | "debug_assert_matches"
            | "assert_matches" => {
                self.looked_at(&mac.tokens);
                Value::default()
            }
            _ => {
                self.unknown_macro(&mac.tokens);
                Value::default()
            }
        }
    }

    fn vec_macro(&mut self, tokens: &TokenStream) -> Value {
        let mut made = self.make(Made { class: Class::Vec, wrapped: false, roomy: false }, "");
        if let Some(elements) = arguments(tokens) {
            for element in &elements {
                let element = self.eval(element);
                made.absorb(element);
            }
        } else if let Ok(repeat) = syn::parse2::<syn::ExprRepeat>(bracketed(tokens)) {
            let element = self.eval(&repeat.expr);
            self.eval(&repeat.len);
            made.absorb(element);
        }
        made
    }

    /// Arguments that are formatted or compared: addresses only, and nothing moves.
    fn looked_at(&mut self, tokens: &TokenStream) {
        for argument in arguments(tokens).unwrap_or_default() {
            if !self.is_place(&argument) && !matches!(argument, Expr::Assign(_) | Expr::Lit(_)) {
                let value = self.eval(&argument);
                self.temporary(&value, false);
            }
        }
    }

    /// `write!(s, ..)` grows a `String`.
    fn write_macro(&mut self, mac: &Macro) -> Value {
        if let Some(list) = arguments(&mac.tokens)
            && let Some(first) = list.first()
        {
            let value = self.refer(first, false);
            if let Shape::Borrow { class: Some(Class::String), heap: Some(heap), .. } = value.shape
                && !self.state.get(heap).roomy
            {
                self.regrow(heap, extent::of(&mac.path));
            }
        }
        Value::default()
    }

    /// Whatever an unknown macro mentions may go anywhere.
    fn unknown_macro(&mut self, tokens: &TokenStream) {
        let mut names = Mentions::default();
        names.in_tokens(tokens.clone());
        for name in &names.found {
            if let Some(local) = self.state.locals.iter().rposition(|local| *local.name == **name) {
                let holds = self.state.locals[local].value.holds.clone();
                self.state.keep(&holds);
                self.state.keep(&[self.state.locals[local].storage]);
            }
            self.ends_holding(name);
            self.touch_name(name);
        }
        for argument in arguments(tokens).unwrap_or_default() {
            if !self.is_place(&argument) {
                let value = self.eval(&argument);
                self.temporary(&value, false);
            }
        }
    }

    fn touch_name(&mut self, name: &str) {
        for (key, slot) in &mut self.state.slots {
            if key.trim_start_matches('*').split('.').any(|part| part == name) {
                slot.touched = true;
            }
        }
    }
}

fn bracketed(tokens: &TokenStream) -> TokenStream {
    let group = proc_macro2::Group::new(proc_macro2::Delimiter::Bracket, tokens.clone());
    std::iter::once(proc_macro2::TokenTree::Group(group)).collect()
}
