//! Which types own memory, how they are made, and what their methods do to it.

use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// Kinds of owners that matter to pointers into them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    CString,
    String,
    Vec,
    /// `Box<T>` of a sized `T`
    Boxed,
    /// `Box<[T]>`, `Box<str>` and borrowed slices
    Slice,
    /// `Rc`, `Arc`
    Shared,
    /// `OsString`, `PathBuf`, `HSTRING`, `U16CString`
    Wide,
    Array,
    /// `Cell`, `UnsafeCell`, atomics, locks: data lies in the value, and the value is not `Copy`
    Cell,
    /// `MaybeUninit`
    Uninit,
    /// Any other value
    Plain,
}

impl Class {
    /// Data lies on the heap and stays there when the owner moves.
    pub(super) fn heap(self) -> bool {
        !matches!(self, Class::Array | Class::Cell | Class::Uninit | Class::Plain)
    }

    /// Name of a temporary in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Class::CString => "CString",
            Class::String => "String",
            Class::Vec => "Vec",
            Class::Boxed | Class::Slice => "Box",
            Class::Shared => "Arc",
            Class::Wide => "wide string",
            Class::Array => "array",
            Class::Cell => "cell",
            Class::Uninit => "MaybeUninit",
            Class::Plain => "value",
        }
    }

    /// Whether `method` returns a raw pointer into the owner's data.
    pub(super) fn gives_pointer(self, method: &str) -> bool {
        match self {
            Class::CString | Class::Wide => method == "as_ptr",
            Class::String | Class::Vec | Class::Slice | Class::Array => {
                matches!(
                    method,
                    "as_ptr" | "as_mut_ptr" | "as_non_null" | "as_ptr_range" | "as_mut_ptr_range"
                )
            }
            Class::Cell => matches!(method, "as_ptr" | "get_ptr" | "data_ptr"),
            Class::Uninit => matches!(method, "as_ptr" | "as_mut_ptr"),
            Class::Boxed | Class::Shared | Class::Plain => false,
        }
    }

    /// Class of what a consuming method leaves the same memory in.
    pub(super) fn turned_into(self, method: &str) -> Option<Class> {
        Some(match method {
            "into_bytes" | "into_bytes_with_nul" | "into_vec" => Class::Vec,
            "into_boxed_slice" | "into_boxed_str" | "into_boxed_c_str" => Class::Slice,
            "into_os_string" | "into_path_buf" => Class::Wide,
            "into_owned" | "into_inner" if self == Class::Vec || self == Class::String => self,
            _ => return None,
        })
    }
}

/// A class, whether it lies in an `Option` or `Result`, and whether room was reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) class: Class,
    pub(super) wrapped: bool,
    pub(super) roomy: bool,
}

fn plain(class: Class) -> Option<Made> {
    Some(Made { class, wrapped: false, roomy: false })
}

fn wrapped(class: Class) -> Option<Made> {
    Some(Made { class, wrapped: true, roomy: false })
}

/// What the associated function `ty::function` makes, by the last two segments of its path.
pub(super) fn constructor(ty: &str, function: &str) -> Option<Made> {
    match (ty, function) {
        ("CString", "new" | "from_vec_with_nul") => wrapped(Class::CString),
        ("CString", "from_vec_unchecked" | "from_vec_with_nul_unchecked" | "from" | "default") => {
            plain(Class::CString)
        }
        ("String", "from_utf8" | "from_utf16") => wrapped(Class::String),
        ("String", "new" | "from" | "from_utf16_lossy" | "from_utf8_unchecked" | "default") => {
            plain(Class::String)
        }
        ("Vec", "new" | "from" | "from_iter" | "default") => plain(Class::Vec),
        ("String", "with_capacity") => Some(Made { class: Class::String, wrapped: false, roomy: true }),
        ("Vec", "with_capacity") => Some(Made { class: Class::Vec, wrapped: false, roomy: true }),
        ("Box", "new" | "new_uninit" | "new_zeroed") => plain(Class::Boxed),
        ("Rc" | "Arc", "new") => plain(Class::Shared),
        ("OsString" | "PathBuf" | "HSTRING", "new" | "from") => plain(Class::Wide),
        ("U16CString" | "U32CString" | "WideCString", "from_str" | "from_os_str" | "from_vec") => {
            wrapped(Class::Wide)
        }
        ("U16CString" | "WideCString", "from_str_truncate" | "from_os_str_truncate") => plain(Class::Wide),
        ("MaybeUninit", "uninit" | "zeroed" | "new") => plain(Class::Uninit),
        ("Cell" | "RefCell" | "UnsafeCell" | "Mutex" | "RwLock" | "OnceCell" | "SyncUnsafeCell", "new") => {
            plain(Class::Cell)
        }
        (atomic, "new") if atomic.starts_with("Atomic") => plain(Class::Cell),
        ("mem", "zeroed") => plain(Class::Plain),
        _ => None,
    }
}

/// What a method makes of any receiver, however little is known of it.
pub(super) fn fresh(method: &str) -> Option<Class> {
    Some(match method {
        "to_string" | "to_uppercase" | "to_lowercase" | "to_ascii_uppercase" | "to_ascii_lowercase" => {
            Class::String
        }
        "to_vec" | "into_bytes" | "into_bytes_with_nul" => Class::Vec,
        "into_boxed_slice" | "into_boxed_str" => Class::Slice,
        _ => return None,
    })
}

/// Methods that give a reference into the owner's data without copying it.
pub(super) fn borrows(method: &str) -> bool {
    matches!(
        method,
        "as_slice"
            | "as_mut_slice"
            | "as_bytes"
            | "as_bytes_mut"
            | "as_bytes_with_nul"
            | "to_bytes"
            | "to_bytes_with_nul"
            | "as_encoded_bytes"
            | "as_c_str"
            | "as_str"
            | "as_mut_str"
            | "as_os_str"
            | "as_path"
            | "as_ref"
            | "as_mut"
            | "as_deref"
            | "as_deref_mut"
            | "borrow"
            | "borrow_mut"
            | "deref"
            | "deref_mut"
            | "spare_capacity_mut"
            | "trim"
    )
}

/// Methods that may move the data of a growable owner.
pub(super) fn regrows(class: Class, method: &str) -> bool {
    match class {
        Class::Vec => matches!(
            method,
            "push"
                | "insert"
                | "append"
                | "extend"
                | "extend_from_slice"
                | "extend_from_within"
                | "reserve"
                | "reserve_exact"
                | "try_reserve"
                | "try_reserve_exact"
                | "resize"
                | "resize_with"
                | "shrink_to_fit"
                | "shrink_to"
                | "write_all"
        ),
        Class::String => matches!(
            method,
            "push"
                | "push_str"
                | "insert"
                | "insert_str"
                | "reserve"
                | "reserve_exact"
                | "extend"
                | "shrink_to_fit"
                | "shrink_to"
                | "replace_range"
                | "write_str"
                | "write_fmt"
        ),
        Class::Wide => matches!(method, "push" | "set_file_name" | "set_extension"),
        _ => false,
    }
}

/// Methods that take the value out of an `Option` or `Result`.
pub(super) fn unwraps(method: &str) -> bool {
    matches!(
        method,
        "unwrap"
            | "expect"
            | "unwrap_or"
            | "unwrap_or_else"
            | "unwrap_or_default"
            | "unwrap_unchecked"
            | "unwrap_or_log"
            | "unwrap_or_exit"
    )
}

/// Methods that keep the value in its `Option` or `Result`.
pub(super) fn rewraps(method: &str) -> bool {
    matches!(
        method,
        "ok" | "map_err"
            | "ok_or"
            | "ok_or_else"
            | "context"
            | "with_context"
            | "or"
            | "or_else"
            | "inspect_err"
            | "wrap_err"
            | "wrap_err_with"
    )
}

/// Methods that run a closure on the value and give back what it returns.
pub(super) fn maps(method: &str) -> bool {
    matches!(
        method,
        "map" | "map_or" | "map_or_else" | "and_then" | "filter_map" | "flat_map" | "then" | "unwrap_or_else"
    )
}

/// Methods of raw pointers that give another pointer to the same memory.
pub(super) fn moves_pointer(method: &str) -> bool {
    matches!(
        method,
        "cast"
            | "cast_mut"
            | "cast_const"
            | "add"
            | "sub"
            | "offset"
            | "byte_add"
            | "byte_sub"
            | "byte_offset"
            | "wrapping_add"
            | "wrapping_sub"
            | "wrapping_offset"
            | "as_ptr"
            | "as_mut_ptr"
    )
}

/// Methods that hand pointers in a value on in another form.
pub(super) fn passes_on(method: &str) -> bool {
    unwraps(method)
        || rewraps(method)
        || moves_pointer(method)
        || matches!(
            method,
            "clone"
                | "into"
                | "iter"
                | "iter_mut"
                | "into_iter"
                | "collect"
                | "copied"
                | "cloned"
                | "chain"
                | "rev"
                | "to_vec"
                | "into_boxed_slice"
                | "as_slice"
                | "as_mut_slice"
                | "as_ref"
                | "as_mut"
                | "take"
                | "get"
                | "first"
                | "last"
                | "pop"
                | "build"
                | "user_data"
                | "flags"
        )
}

/// Methods and functions that look at an address only, or end a holder of pointers without following them.
pub(super) fn looks_only(name: &str) -> bool {
    matches!(
        name,
        "is_null"
            | "addr"
            | "expose_provenance"
            | "expose_addr"
            | "offset_from"
            | "byte_offset_from"
            | "sub_ptr"
            | "is_aligned"
            | "is_aligned_to"
            | "align_offset"
            | "eq"
            | "ne"
            | "cmp"
            | "partial_cmp"
            | "lt"
            | "gt"
            | "le"
            | "ge"
            | "max"
            | "min"
            | "hash"
            | "fmt"
            | "len"
            | "is_empty"
            | "capacity"
            | "is_some"
            | "is_none"
            | "is_ok"
            | "is_err"
            | "clear"
            | "truncate"
            | "contains"
            | "contains_key"
            | "contains_ptr"
            | "get"
            | "remove"
            | "reserve"
            | "addr_eq"
            | "drop"
            | "forget"
            | "size_of_val"
            | "align_of_val"
            | "ptr_eq"
            | "to_bits"
            | "type_name_of_val"
    )
}

/// Owner class of a written type; `None` for references, pointers and types that are not known to own memory.
pub(super) fn of_type(ty: &Type) -> Option<Made> {
    match ty {
        Type::Paren(inner) => of_type(&inner.elem),
        Type::Group(inner) => of_type(&inner.elem),
        Type::Array(_) => plain(Class::Array),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let first = first_type(&last.arguments);
            match last.ident.to_string().as_str() {
                "CString" => plain(Class::CString),
                "String" => plain(Class::String),
                "Vec" => plain(Class::Vec),
                "Box" => match first {
                    Some(Type::Slice(_)) => plain(Class::Slice),
                    Some(Type::Path(inner)) if inner.path.is_ident("str") => plain(Class::Slice),
                    _ => plain(Class::Boxed),
                },
                "Rc" | "Arc" => plain(Class::Shared),
                "OsString" | "PathBuf" | "HSTRING" | "U16CString" | "WideCString" => plain(Class::Wide),
                "MaybeUninit" => plain(Class::Uninit),
                "Cell" | "UnsafeCell" | "RefCell" => plain(Class::Cell),
                "Option" | "Result" => {
                    of_type(first?).filter(|made| !made.wrapped).map(|made| Made { wrapped: true, ..made })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a written type is a raw pointer.
pub(super) fn is_raw(ty: &Type) -> bool {
    match ty {
        Type::Ptr(_) => true,
        Type::Paren(inner) => is_raw(&inner.elem),
        Type::Group(inner) => is_raw(&inner.elem),
        _ => false,
    }
}

/// Whether a function's written result is a raw pointer.
pub(super) fn returns_raw(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if is_raw(ty))
}

/// The first type among generic arguments.
pub(super) fn first_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = arguments else { return None };
    list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
