//! Fields that hold an address: the defaults of flags and settings, and what struct literals put there.

use crate::exposure::address::{Traced, join, names_address};
use crate::exposure::sketch::{Kind, Node};
use crate::facts::exposure::Address;
use crate::facts::{Origin, Production};
use crate::identifiers::words_at;
use crate::rust::exposure::address::is_address_type;
use crate::rust::exposure::{Sketch, World};
use crate::rust::outline::ItemKind;
use crate::rust::resolve::{Def, Space};

/// Types that are followed to a field's owner.
const MAX_TYPES: u32 = 8;

impl World<'_> {
    /// `base.name`.
    pub(super) fn trace_field(
        &self,
        at: &Sketch,
        node: &Node,
        base: &Node,
        name: &str,
        steps: u32,
    ) -> Option<Traced> {
        let owner = self.type_of(at, base, MAX_TYPES);
        if let Some(owner) = owner {
            let found = self.field_default(owner, name, steps);
            return found.map(|found| Traced { place: (at.file, node.span), ..found });
        }
        names_address(name).then(|| Traced {
            address: Address::Unknown(name.into()),
            listener: false,
            place: (at.file, node.span),
        })
    }

    /// A variable that a pattern takes out of a struct.
    pub(super) fn trace_pattern_field(
        &self,
        at: &Sketch,
        node: &Node,
        ty: &[String],
        field: &str,
        init: Option<&Node>,
        steps: u32,
    ) -> Option<Traced> {
        let owner = match self.resolve(at, ty, Space::Types) {
            Some(Def::Item(file, item)) => Some((file, item)),
            _ => init.and_then(|init| self.type_of(at, init, MAX_TYPES)),
        };
        let found = self.field_default(owner?, field, steps)?;
        Some(Traced { place: (at.file, node.span), ..found })
    }

    /// What a struct's field is by default: an attribute says so, or the literals that make the struct.
    fn field_default(&self, owner: (u32, u32), name: &str, steps: u32) -> Option<Traced> {
        let key = (owner.0, owner.1, name.to_owned());
        if let Some(known) = self.fields.borrow().get(&key) {
            return known.clone();
        }
        // A field that is made from itself ends here.
        self.fields.borrow_mut().insert(key.clone(), None);
        let found = self.field_uncached(owner, name, steps);
        self.fields.borrow_mut().insert(key, found.clone());
        found
    }

    fn field_uncached(&self, (file, item): (u32, u32), name: &str, steps: u32) -> Option<Traced> {
        let data = self.program.file(file)?;
        let struct_span = data.outline.item(item).span;
        let parsed =
            syn::parse_str::<syn::ItemStruct>(data.source.slice(data.outline.item(item).head)).ok()?;
        let field = parsed.fields.iter().find(|field| field.ident.as_ref().is_some_and(|own| own == name))?;
        let written = quote_type(&field.ty);
        let (is_address, is_listener) = (is_address_type(&written), written.contains("Listener"));
        if !is_address && !names_address(name) {
            return None;
        }
        let place = (file, struct_span);
        let mut flag = false;
        for attribute in &field.attrs {
            let syn::Meta::List(list) = &attribute.meta else { continue };
            let text = list.tokens.to_string();
            flag |= ["arg", "clap", "structopt", "argh"].iter().any(|known| attribute.path().is_ident(known));
            if let Some(found) = self.attribute_default((file, item), &text, steps) {
                return Some(Traced { place, ..found });
            }
        }
        let literals = join(self.literals_of((file, item), name).into_iter().filter_map(|(sketch, span)| {
            let mut value = None;
            sketch.body.walk(&mut |node| {
                if let Kind::Struct(_, fields, _) = &node.kind {
                    let given = fields.iter().find(|(known, value)| known == name && value.span == span);
                    value = given.map(|(_, given)| given).or(value);
                }
            });
            self.trace(&sketch, value?, steps)
        }));
        if let Some(found) = literals {
            return Some(Traced { listener: found.listener || is_listener, ..found });
        }
        let filled = self.program.filled_by(file, item);
        let address = if flag || filled == Some(Origin::Flag) {
            Address::Undecided
        } else {
            Address::Unknown(name.into())
        };
        Some(Traced { address, listener: is_listener, place })
    }

    /// `default_value = "…"`, `default_value_t = …`, `default = "function"`.
    fn attribute_default(&self, (file, item): (u32, u32), text: &str, steps: u32) -> Option<Traced> {
        let at = text.find("default_value").or_else(|| text.find("default"))?;
        let (key, after) = text[at..].split_once('=')?;
        let key = key.trim();
        if key.contains(',') {
            return None;
        }
        let parsed = one_expression(after)?;
        let data = self.program.file(file)?;
        let module = self.program.enclosing_module(data, data.outline.item(item).parent, file);
        match (&parsed, key) {
            // serde's `default = "path"` names a function.
            (syn::Expr::Lit(lit), "default") => {
                let syn::Lit::Str(path) = &lit.lit else { return None };
                let path: Vec<String> = path.value().split("::").map(str::to_owned).collect();
                let Def::Item(file, item) = self.program.resolve(module, &path, Space::Values)? else {
                    return None;
                };
                let sketch = self.sketch(file, item)?;
                join(sketch.body.results().into_iter().filter_map(|value| self.trace(&sketch, value, steps)))
            }
            (syn::Expr::Lit(lit), _) => {
                let syn::Lit::Str(text) = &lit.lit else { return None };
                let address = crate::exposure::address::written(&text.value())?;
                Some(Traced { address, listener: false, place: (file, data.outline.item(item).span) })
            }
            _ => {
                let sketch = super::lower::of_expression(&parsed, file, item, module);
                self.trace(&sketch, &sketch.body, steps)
            }
        }
    }

    /// Places in production code that give a struct's field a value in a literal, with the value's span.
    fn literals_of(&self, owner: (u32, u32), name: &str) -> Vec<(std::rc::Rc<Sketch>, crate::source::Span)> {
        let mut found = Vec::new();
        let scope = self.program.reach(owner.0, true);
        for file in self.program.files_mentioning(name, &scope) {
            let Some(data) = self.program.file(file).cloned() else { continue };
            let mut seen = Vec::new();
            for place in words_at(&data.source.text, name) {
                let Some(index) = data.outline.innermost(place) else { continue };
                if data.outline.item(index).kind != ItemKind::Fn || seen.contains(&index) {
                    continue;
                }
                seen.push(index);
                let Some(sketch) = self.sketch(file, index) else { continue };
                if sketch.production != Production::Yes {
                    continue;
                }
                let mut spans = Vec::new();
                sketch.body.walk(&mut |node| {
                    let Kind::Struct(path, fields, _) = &node.kind else { return };
                    let Some((_, value)) = fields.iter().find(|(known, _)| known == name) else { return };
                    if self.resolve(&sketch, path, Space::Types) == Some(Def::Item(owner.0, owner.1)) {
                        spans.push(value.span);
                    }
                });
                found.extend(spans.into_iter().map(|span| (sketch.clone(), span)));
            }
        }
        found
    }
}

fn quote_type(ty: &syn::Type) -> String {
    fn words(ty: &syn::Type, found: &mut String) {
        match ty {
            syn::Type::Path(path) => {
                for segment in &path.path.segments {
                    found.push_str(&segment.ident.to_string());
                    found.push(' ');
                    let syn::PathArguments::AngleBracketed(args) = &segment.arguments else { continue };
                    for arg in &args.args {
                        if let syn::GenericArgument::Type(inner) = arg {
                            words(inner, found);
                        }
                    }
                }
            }
            syn::Type::Reference(inner) => words(&inner.elem, found),
            _ => {}
        }
    }
    let mut found = String::new();
    words(ty, &mut found);
    found
}

/// The expression at the start of an attribute's tokens, up to the next comma.
fn one_expression(text: &str) -> Option<syn::Expr> {
    use syn::parse::Parser;
    let first = |input: syn::parse::ParseStream<'_>| {
        let expr = input.parse::<syn::Expr>()?;
        let _ = input.parse::<proc_macro2::TokenStream>()?;
        Ok(expr)
    };
    first.parse_str(text).ok()
}
