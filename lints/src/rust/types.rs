//! Written types to definitions.

use std::sync::Arc;

use syn::spanned::Spanned;

use crate::rust::outline::{ItemIndex, ItemKind};
use crate::rust::program::{FileIndex, ModuleId, Program};
use crate::rust::resolve::{Def, Space};

/// A type as far as methods and fields need it. References are seen through when a type is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ty {
    /// A struct, enum, trait object, alias' target or generic parameter's bound, with its arguments.
    Named(Def, Vec<Ty>),
    /// `(A, B)`.
    Tuple(Vec<Ty>),
    /// `[T]`, `[T; N]`.
    Slice(Box<Ty>),
    /// A function or closure: what it returns.
    Fn(Box<Ty>),
    /// Not known.
    Unknown,
}

/// Types whose methods include those of their first argument, through `Deref` or by the usual unwrapping calls.
const TRANSPARENT: &[&str] = &[
    "std::boxed::Box",
    "std::sync::Arc",
    "std::rc::Rc",
    "std::pin::Pin",
    "std::borrow::Cow",
    "std::option::Option",
    "std::result::Result",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::MutexGuard",
    "std::cell::RefCell",
    "std::cell::OnceCell",
    "std::cell::LazyCell",
    "std::sync::OnceLock",
    "std::sync::LazyLock",
    "std::mem::ManuallyDrop",
    "std::thread::LocalKey",
    "once_cell::sync::Lazy",
    "once_cell::sync::OnceCell",
    "once_cell::unsync::Lazy",
    "once_cell::unsync::OnceCell",
    "parking_lot::Mutex",
    "parking_lot::RwLock",
    "tokio::sync::Mutex",
    "tokio::sync::RwLock",
    "tokio::sync::OnceCell",
    "async_once_cell::OnceCell",
];

/// Names of the prelude.
const PRELUDE: &[(&str, &str)] = &[
    ("Box", "std::boxed::Box"),
    ("Vec", "std::vec::Vec"),
    ("String", "std::string::String"),
    ("Option", "std::option::Option"),
    ("Result", "std::result::Result"),
    ("str", "str"),
    ("Some", "std::option::Option::Some"),
    ("None", "std::option::Option::None"),
    ("Ok", "std::result::Result::Ok"),
    ("Err", "std::result::Result::Err"),
    ("Drop", "std::ops::Drop"),
    ("Default", "std::default::Default"),
    ("Clone", "std::clone::Clone"),
    ("Iterator", "std::iter::Iterator"),
    ("From", "std::convert::From"),
    ("drop", "std::mem::drop"),
];

/// What a name of the prelude means.
pub(crate) fn prelude(name: &str) -> Option<&'static str> {
    PRELUDE.iter().find(|(known, _)| *known == name).map(|(_, path)| *path)
}

impl Ty {
    /// A type of another crate.
    pub(crate) fn outside(path: &str) -> Ty {
        Ty::Named(Def::Extern(path.into()), Vec::new())
    }

    /// The type inside a box, pointer, cell, option or lock.
    pub(crate) fn inner(&self) -> Option<&Ty> {
        match self {
            Ty::Named(Def::Extern(path), args)
                if TRANSPARENT.contains(&&**path) || path.ends_with("::Result") =>
            {
                args.first()
            }
            _ => None,
        }
    }

    /// The type with all boxes, pointers, cells, options and locks taken off.
    pub(crate) fn peeled(&self) -> &Ty {
        let mut at = self;
        while let Some(inner) = at.inner() {
            at = inner;
        }
        at
    }

    /// The path of a type of another crate.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Ty::Named(Def::Extern(path), _) => Some(path),
            _ => None,
        }
    }

    /// Whether nothing is known.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Ty::Unknown)
    }
}

impl Program<'_> {
    /// A written type in a module. `own` is what `Self` stands for.
    pub(crate) fn ty(&self, module: ModuleId, ty: &syn::Type, own: Option<&Ty>) -> Ty {
        self.ty_at(&|path| self.type_def(module, path), ty, own, 0)
    }

    /// What a path of segments means as a type in a module, the prelude included.
    pub(crate) fn type_def(&self, module: ModuleId, path: &[String]) -> Option<Def> {
        if let Some(found) = self.resolve(module, path, Space::Types) {
            return Some(self.unaliased(found));
        }
        match path {
            [name] => prelude(name).map(|known| Def::Extern(known.into())),
            _ => None,
        }
    }

    /// As [`Program::ty`] with names looked up by `resolve`, which a function body can shadow.
    pub(crate) fn ty_at(
        &self,
        resolve: &dyn Fn(&[String]) -> Option<Def>,
        ty: &syn::Type,
        own: Option<&Ty>,
        depth: u32,
    ) -> Ty {
        if depth > 24 {
            return Ty::Unknown;
        }
        let inner = |ty: &syn::Type| self.ty_at(resolve, ty, own, depth + 1);
        match ty {
            syn::Type::Reference(reference) => inner(&reference.elem),
            syn::Type::Paren(paren) => inner(&paren.elem),
            syn::Type::Group(group) => inner(&group.elem),
            syn::Type::Slice(slice) => Ty::Slice(Box::new(inner(&slice.elem))),
            syn::Type::Array(array) => Ty::Slice(Box::new(inner(&array.elem))),
            syn::Type::Tuple(tuple) => Ty::Tuple(tuple.elems.iter().map(inner).collect()),
            syn::Type::Path(path) if path.qself.is_none() => {
                let segments: Vec<String> = path
                    .path
                    .segments
                    .iter()
                    .map(|segment| crate::rust::walk::ident(&segment.ident))
                    .collect();
                if segments.len() == 1 && segments[0] == "Self" {
                    return own.cloned().unwrap_or(Ty::Unknown);
                }
                let args =
                    path.path.segments.last().map_or_else(Vec::new, |segment| match &segment.arguments {
                        syn::PathArguments::AngleBracketed(found) => found
                            .args
                            .iter()
                            .filter_map(|arg| match arg {
                                syn::GenericArgument::Type(ty) => Some(inner(ty)),
                                _ => None,
                            })
                            .collect(),
                        _ => Vec::new(),
                    });
                resolve(&segments).map_or(Ty::Unknown, |def| Ty::Named(def, args))
            }
            syn::Type::ImplTrait(bounds) => self.bounds(resolve, &bounds.bounds, own, depth),
            syn::Type::TraitObject(bounds) => self.bounds(resolve, &bounds.bounds, own, depth),
            _ => Ty::Unknown,
        }
    }

    fn bounds(
        &self,
        resolve: &dyn Fn(&[String]) -> Option<Def>,
        bounds: &syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>,
        own: Option<&Ty>,
        depth: u32,
    ) -> Ty {
        let Some(syn::TypeParamBound::Trait(bound)) = bounds.first() else { return Ty::Unknown };
        let Some(last) = bound.path.segments.last() else { return Ty::Unknown };
        match &last.arguments {
            syn::PathArguments::Parenthesized(args) => match &args.output {
                syn::ReturnType::Type(_, ty) => Ty::Fn(Box::new(self.ty_at(resolve, ty, own, depth + 1))),
                syn::ReturnType::Default => Ty::Unknown,
            },
            _ => {
                let segments: Vec<String> = bound
                    .path
                    .segments
                    .iter()
                    .map(|segment| crate::rust::walk::ident(&segment.ident))
                    .collect();
                resolve(&segments).map_or(Ty::Unknown, |def| Ty::Named(def, Vec::new()))
            }
        }
    }

    /// What a function of the workspace returns.
    pub(crate) fn returns(&self, file: FileIndex, item: ItemIndex) -> Ty {
        let key = (file, item);
        if let Some(known) = self.returned.lock().expect("no panic while held").get(&key) {
            return known.clone();
        }
        let ty = self.returns_uncached(file, item).unwrap_or(Ty::Unknown);
        self.returned.lock().expect("no panic while held").insert(key, ty.clone());
        ty
    }

    fn returns_uncached(&self, file: FileIndex, item: ItemIndex) -> Option<Ty> {
        let signature = self.signature(file, item)?;
        let syn::ReturnType::Type(_, ty) = &signature.output else { return None };
        let data = self.file(file)?;
        let found = data.outline.item(item);
        let module = self.enclosing_module(data, found.parent, file);
        let own = found.parent.and_then(|parent| self.impl_type(file, parent));
        Some(self.ty(module, ty, own.as_ref()))
    }

    /// The declared type of a `static` or `const`.
    pub(crate) fn declared_type(&self, file: FileIndex, item: ItemIndex) -> Ty {
        self.declared_type_of(file, item).unwrap_or(Ty::Unknown)
    }

    fn declared_type_of(&self, file: FileIndex, item: ItemIndex) -> Option<Ty> {
        let data = self.file(file)?;
        let found = data.outline.item(item);
        if !matches!(found.kind, ItemKind::Static | ItemKind::Const) {
            return None;
        }
        let text = data.source.slice(found.head);
        let written = text.split_once(':')?.1;
        let ty = syn::parse_str::<syn::Type>(written.split_once(" =")?.0.trim()).ok()?;
        let module = self.enclosing_module(data, found.parent, file);
        Some(self.ty(module, &ty, None))
    }

    /// What a method of a type of the workspace returns.
    pub(crate) fn method_returns(&self, file: FileIndex, item: ItemIndex, name: &str) -> Ty {
        match self.method(file, item, name) {
            Some((file, item)) => self.returns(file, item),
            None => Ty::Unknown,
        }
    }

    /// The method of a name that a type of the workspace has in the file which declares the type.
    pub(crate) fn method(
        &self,
        file: FileIndex,
        item: ItemIndex,
        name: &str,
    ) -> Option<(FileIndex, ItemIndex)> {
        let key = (file, item, Box::<str>::from(name));
        if let Some(known) = self.methods.lock().expect("no panic while held").get(&key) {
            return *known;
        }
        let found = self.method_uncached(file, item, name);
        self.methods.lock().expect("no panic while held").insert(key, found);
        found
    }

    fn method_uncached(
        &self,
        file: FileIndex,
        item: ItemIndex,
        name: &str,
    ) -> Option<(FileIndex, ItemIndex)> {
        let data = self.file(file)?;
        let def = Def::Item(file, item);
        let index = data.outline.items.iter().position(|candidate| {
            candidate.kind == ItemKind::Fn
                && &*candidate.name == name
                && candidate.parent.is_some_and(|parent| {
                    matches!(self.impl_type(file, parent), Some(Ty::Named(found, _)) if found == def)
                })
        })?;
        Some((file, index as u32))
    }

    /// A function's signature, read without its body.
    pub(crate) fn signature(&self, file: FileIndex, item: ItemIndex) -> Option<syn::Signature> {
        let data = self.file(file)?;
        let found = data.outline.item(item);
        if found.kind != ItemKind::Fn {
            return None;
        }
        let head = match found.body {
            Some(body) => data.source.text.get(found.head.start as usize..body.start as usize)?,
            None => data.source.slice(found.head).trim_end_matches(';'),
        };
        let text = if found.body.is_some() { format!("{head}}}") } else { format!("{head}{{}}") };
        syn::parse_str::<syn::ItemFn>(&text).ok().map(|parsed| parsed.sig)
    }

    /// The type that an `impl` block is for; `None` for other items.
    pub(crate) fn impl_type(&self, file: FileIndex, item: ItemIndex) -> Option<Ty> {
        let key = (file, item);
        if let Some(known) = self.impl_types.lock().expect("no panic while held").get(&key) {
            return known.clone();
        }
        let found = self.impl_type_uncached(file, item);
        self.impl_types.lock().expect("no panic while held").insert(key, found.clone());
        found
    }

    fn impl_type_uncached(&self, file: FileIndex, item: ItemIndex) -> Option<Ty> {
        let data = self.file(file)?;
        let found = data.outline.item(item);
        if found.kind == ItemKind::Trait {
            return Some(Ty::Named(Def::Item(file, item), Vec::new()));
        }
        if found.kind != ItemKind::Impl {
            return None;
        }
        let (_, ty) = self.impl_head(file, item)?;
        let module = self.enclosing_module(data, found.parent, file);
        Some(self.ty(module, &ty, None))
    }

    /// The trait (as a path) and the type of an `impl` block.
    pub(crate) fn impl_head(
        &self,
        file: FileIndex,
        item: ItemIndex,
    ) -> Option<(Option<syn::Path>, Box<syn::Type>)> {
        let data = self.file(file)?;
        let found = data.outline.item(item);
        let body = found.body?;
        let head = data.source.text.get(found.head.start as usize..body.start as usize)?;
        let parsed = syn::parse_str::<syn::ItemImpl>(&format!("{head}}}")).ok()?;
        Some((impl_trait(&parsed), parsed.self_ty))
    }

    /// The declared type of a field of a struct of the workspace, and the text of the field's attributes.
    pub(crate) fn field(&self, file: FileIndex, item: ItemIndex, name: &str) -> Option<(Ty, Vec<String>)> {
        let fields = self.fields_of(file, item);
        let field = fields.iter().find(|field| field.name == name)?;
        Some((field.ty.clone(), field.attributes.clone()))
    }

    fn fields_of(&self, file: FileIndex, item: ItemIndex) -> Arc<Vec<Field>> {
        let key = (file, item);
        if let Some(known) = self.fields.lock().expect("no panic while held").get(&key) {
            return known.clone();
        }
        let found = Arc::new(self.fields_uncached(file, item).unwrap_or_default());
        self.fields.lock().expect("no panic while held").insert(key, found.clone());
        found
    }

    fn fields_uncached(&self, file: FileIndex, item: ItemIndex) -> Option<Vec<Field>> {
        let data = self.file(file)?;
        let found = data.outline.item(item);
        if found.kind != ItemKind::Struct {
            return None;
        }
        let text = data.source.slice(found.head);
        let parsed = syn::parse_str::<syn::ItemStruct>(text).ok()?;
        let module = self.enclosing_module(data, found.parent, file);
        let fields = parsed.fields.iter().enumerate().map(|(number, field)| Field {
            name: field.ident.as_ref().map_or_else(|| number.to_string(), crate::rust::walk::ident),
            ty: self.ty(module, &field.ty, None),
            attributes: field
                .attrs
                .iter()
                .filter_map(|attribute| text.get(attribute.span().byte_range()).map(str::to_owned))
                .collect(),
        });
        Some(fields.collect())
    }
}

/// The fields of structs that somebody has asked about.
pub(crate) type Fields = rustc_hash::FxHashMap<(FileIndex, ItemIndex), Arc<Vec<Field>>>;

/// A field of a struct of the workspace.
#[derive(Debug)]
pub(crate) struct Field {
    name: String,
    ty: Ty,
    /// As written, with their marks.
    attributes: Vec<String>,
}

/// The trait of an `impl` block, if it is one for a trait.
pub(crate) fn impl_trait(parsed: &syn::ItemImpl) -> Option<syn::Path> {
    parsed.trait_.as_ref().map(|(path, _)| path.clone())
}
