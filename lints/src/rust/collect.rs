//! One file's facts: which of its items are parsed, and what the walk over them finds.

use std::sync::Arc;

use crate::facts::pointer::PointerBody;
use crate::facts::{FileFacts, Function, Production};
use crate::finding::Notice;
use crate::rust::extent::Place;
use crate::rust::macros::MacroArena;
use crate::rust::outline::{Item, ItemIndex, ItemKind};
use crate::rust::pointer_names::{self, PointerNames};
use crate::rust::pointers;
use crate::rust::program::{FileData, FileIndex, ModuleId, Program};
use crate::rust::types::Ty;
use crate::rust::vocabulary::Look;
use crate::rust::walk::{Found, Target, Walker};

/// Longest item that is given to the parser, in bytes.
const MAX_ITEM: u32 = 4 << 20;

/// A parsed item with what it needs around it.
enum Parsed {
    Fn(Box<syn::ItemFn>),
    Static(Box<syn::ItemStatic>),
    Const(Box<syn::ItemConst>),
    Struct(Box<syn::ItemStruct>),
    Macro(Box<syn::ItemMacro>),
}

/// Where an item stands.
struct Around {
    index: ItemIndex,
    module: ModuleId,
    /// What `Self` means.
    own: Option<Ty>,
    production: Production,
}

impl Program<'_> {
    /// The facts of a file; `look` says what is to be done with each item.
    pub(crate) fn facts(&self, file: FileIndex, look: &dyn Fn(ItemIndex) -> Look) -> (FileFacts, u64) {
        let mut facts = FileFacts { file, ..FileFacts::default() };
        let Some(data) = self.file(file).cloned() else { return (facts, 0) };
        let mut parsed = 0;
        for index in 0..data.outline.items.len() as u32 {
            let look = if is_unit(&data, data.outline.item(index)) { look(index) } else { Look::default() };
            if !look.any() {
                continue;
            }
            parsed += 1;
            if let Some(found) = self.item_facts(&data, file, index, look) {
                facts.finalizers.extend(self.finalizer(&data, file, index, &found));
                append(&mut facts, found);
            }
        }
        proc_macro2::extra::invalidate_current_thread_spans();
        facts.uses.sort_by_key(|found| (found.site.span, found.api));
        (facts, parsed)
    }

    fn item_facts(
        &self,
        data: &Arc<FileData>,
        file: FileIndex,
        index: ItemIndex,
        look: Look,
    ) -> Option<Found> {
        let item = data.outline.item(index);
        let (parsed, base) = self.parse(data, file, item)?;
        let around = self.around(data, file, index);
        let mut found = match look.walk {
            true => self.walk(data, &parsed, base, &around, None),
            false => Found::default(),
        };
        if let (true, Parsed::Fn(function)) = (look.pointers, &parsed) {
            if found.functions.is_empty() {
                found.functions.push(self.describe(data, file, index, &around));
            }
            found.pointers = self.pointers(function, base, &around);
        }
        Some(found)
    }

    /// Walks one item: for uses of the catalogue, or for mentions of a function.
    pub(crate) fn walk_item(
        &self,
        data: &Arc<FileData>,
        file: FileIndex,
        index: ItemIndex,
        target: Option<&Target>,
    ) -> Option<Found> {
        let (parsed, base) = self.parse(data, file, data.outline.item(index))?;
        Some(self.walk(data, &parsed, base, &self.around(data, file, index), target))
    }

    fn around(&self, data: &FileData, file: FileIndex, index: ItemIndex) -> Around {
        let item = data.outline.item(index);
        Around {
            index,
            module: self.enclosing_module(data, item.parent, file),
            own: item.parent.and_then(|parent| self.impl_type(file, parent)),
            production: self.production(file, Some(index)),
        }
    }

    fn walk(
        &self,
        data: &Arc<FileData>,
        parsed: &Parsed,
        base: u32,
        around: &Around,
        target: Option<&Target>,
    ) -> Found {
        let (file, index) = (around.module.file, around.index);
        let item = data.outline.item(index);
        let arena = MacroArena::default();
        let mut walker = Walker::new(self, data, around.module, base, &arena, around.production)
            .with_self(around.own.clone());
        if let Some(target) = target {
            walker = walker.looking_for(target.clone());
        }
        walker.gate(self.gated(file, Some(index)));
        match parsed {
            Parsed::Fn(found) => {
                let mut function = self.describe(data, file, index, around);
                function.statements = found.block.stmts.len() as u32;
                walker.function(function, &found.sig, &found.block);
                found.attrs.iter().for_each(|attribute| walker.function_attribute(attribute));
            }
            Parsed::Static(found) => {
                found.attrs.iter().for_each(|attribute| walker.attribute(attribute));
                let name = data.attributes(index).find_map(exported_as).unwrap_or(&item.name);
                walker.declared(name, item.span, walker.name_span(&found.ident), Some(&found.expr));
                walker.initialiser(&found.expr, true);
            }
            Parsed::Const(found) => walker.initialiser(&found.expr, false),
            Parsed::Struct(found) => walker.defaults(&found.fields),
            Parsed::Macro(found) if item.kind == ItemKind::MacroRules => {
                walker.in_macro_rules();
                for part in arena.transcribers(found.mac.tokens.clone()) {
                    walker.part(part, Place::Known(item.span));
                }
            }
            Parsed::Macro(found) => walker.macro_call(&found.mac, Place::Known(item.span)),
        }
        walker.finish()
    }

    /// The pointers of a function and of the functions within it: those are no part of its flow, and take back what it
    /// gives away.
    fn pointers(&self, found: &syn::ItemFn, base: u32, around: &Around) -> Vec<PointerBody> {
        let names = PointerNames::new(self, around.module, around.own.as_ref());
        let body = |sig: &syn::Signature, block: &syn::Block| PointerBody {
            function: 0,
            production: around.production,
            facts: pointers::analyse(&names, sig, block).shifted(base),
        };
        let inner = pointer_names::nested_functions(&found.block);
        let inner = inner.into_iter().map(|inner| body(&inner.sig, &inner.block));
        std::iter::once(body(&found.sig, &found.block)).chain(inner).collect()
    }

    /// The pointers of a function that names none itself; `None` where it does, which has been looked at already.
    pub(crate) fn pointer_body(&self, file: FileIndex, index: ItemIndex) -> Option<(Function, PointerBody)> {
        let data = self.file(file)?;
        let item = data.outline.item(index);
        if item.kind != ItemKind::Fn || pointer_names::mentions_pointers(data.source.slice(item.span)) {
            return None;
        }
        let (Parsed::Fn(found), base) = self.parse(data, file, item)? else { return None };
        let around = self.around(data, file, index);
        let body = self.pointers(&found, base, &around).into_iter().next()?;
        proc_macro2::extra::invalidate_current_thread_spans();
        Some((self.describe(data, file, index, &around), body))
    }

    fn parse(&self, data: &FileData, file: FileIndex, item: &Item) -> Option<(Parsed, u32)> {
        let span = item.span;
        if span.end - span.start > MAX_ITEM || data.too_deep {
            self.unparsed(data, file, span.start, "nested or long beyond what is parsed");
            return None;
        }
        let lazy = item
            .parent
            .map(|parent| data.outline.item(parent))
            .is_some_and(|parent| parent.kind == ItemKind::MacroCall && &*parent.name != "cfg_if");
        let text = data.source.slice(span);
        let parsed = match item.kind {
            ItemKind::Fn => syn::parse_str(text).map(|found| Parsed::Fn(Box::new(found))),
            ItemKind::Static if lazy => return self.parse_lazy(data, item),
            ItemKind::Static => syn::parse_str(text).map(|found| Parsed::Static(Box::new(found))),
            ItemKind::Const => syn::parse_str(text).map(|found| Parsed::Const(Box::new(found))),
            ItemKind::Struct => syn::parse_str(text).map(|found| Parsed::Struct(Box::new(found))),
            _ => syn::parse_str(text).map(|found| Parsed::Macro(Box::new(found))),
        };
        match parsed {
            Ok(parsed) => Some((parsed, span.start)),
            Err(error) => {
                let at = span.start + error.span().byte_range().start as u32;
                self.unparsed(data, file, at, &error.to_string());
                None
            }
        }
    }

    /// `static ref X: T = expr;`, `static X: T = const { expr };` within a macro: the keyword `ref` is blanked.
    fn parse_lazy(&self, data: &FileData, item: &Item) -> Option<(Parsed, u32)> {
        let text = data.source.slice(item.span);
        let blanked = match text.find("static ref ") {
            Some(at) => format!("{}static     {}", &text[..at], &text[at + "static ref ".len()..]),
            None => text.to_owned(),
        };
        let blanked = if blanked.trim_end().ends_with(';') { blanked } else { format!("{blanked};") };
        let found = syn::parse_str(&blanked).ok()?;
        Some((Parsed::Static(Box::new(found)), item.span.start))
    }

    fn unparsed(&self, data: &FileData, file: FileIndex, at: u32, why: &str) {
        let place = data.source.position(at.min(data.source.text.len() as u32));
        self.notice(Notice {
            path: self.path(file).clone(),
            place: Some((place.line, place.column)),
            message: format!("an item here was not analysed: {why}"),
        });
    }

    fn describe(&self, data: &FileData, file: FileIndex, index: ItemIndex, around: &Around) -> Function {
        let (module, own) = (around.module, around.own.as_ref());
        let item = data.outline.item(index);
        let own_path = own.and_then(|ty| match ty {
            Ty::Named(def, _) => Some(self.canonical(def)),
            _ => None,
        });
        let prefix = own_path.clone().unwrap_or_else(|| self.module_path(module));
        let trait_path = item.parent.and_then(|parent| self.impl_head(file, parent)).and_then(|(of, _)| {
            let path = crate::rust::walk::segments(&of?);
            let def = self.type_def(module, &path);
            Some(def.map_or_else(|| path.join("::"), |def| self.canonical(&def)))
        });
        Function {
            path: format!("{prefix}::{}", item.name).into(),
            name: item.name.to_string().into(),
            span: item.span,
            head: item.head.start,
            item: index,
            attributes: data.attributes(index).map(|text| self.whole_attribute(file, text)).collect(),
            self_type: own_path.map(Into::into),
            trait_path: trait_path.map(Into::into),
            makes_self: own.is_some_and(|own| self.makes(file, index, own)),
            public: item.public,
            statements: 0,
        }
    }

    /// Whether a function of a type takes no value of it and returns one, be it in a `Result` or a box.
    fn makes(&self, file: FileIndex, index: ItemIndex, own: &Ty) -> bool {
        let takes_none = self.signature(file, index).is_some_and(|signature| signature.receiver().is_none());
        takes_none && self.returns(file, index).peeled() == own.peeled()
    }
}

fn append(facts: &mut FileFacts, found: Found) {
    let offset = facts.append(found.functions, found.uses, found.passed);
    facts.pointers.extend(found.pointers.into_iter().map(|mut body| {
        body.function += offset;
        body
    }));
    facts.held.extend(found.held);
    facts.handoffs.extend(found.handoffs);
}

/// The name that an attribute gives a static towards the linker: `unsafe(export_name = "malloc_conf")`.
fn exported_as(attribute: &str) -> Option<&str> {
    let (_, after) = attribute.split_once("export_name")?;
    after.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?.split('"').next()
}

/// Items that the parser is given whole.
pub(crate) fn is_unit(data: &FileData, item: &Item) -> bool {
    match item.kind {
        ItemKind::Fn => item.body.is_some(),
        ItemKind::Static | ItemKind::Const | ItemKind::MacroRules => true,
        // Defaults of flags are expressions: `#[arg(default_value_t = num_cpus::get())]`.
        ItemKind::Struct => data.source.slice(item.span).contains("default_value"),
        ItemKind::MacroCall => {
            !matches!(&*item.name, "cfg_if" | "lazy_static" | "thread_local" | "include")
                && item.parent.is_none_or(|parent| data.outline.item(parent).kind != ItemKind::MacroCall)
        }
        _ => false,
    }
}
