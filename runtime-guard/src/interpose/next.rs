//! Stand-ins that share the name of what they stand in for, and the definition that comes after ours.

use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The next definition of a function, looked up once.
pub(super) struct Next {
    name: &'static std::ffi::CStr,
    found: AtomicPtr<c_void>,
}

impl Next {
    pub(super) const fn new(name: &'static std::ffi::CStr) -> Next {
        Next { name, found: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Its address; null where there is none.
    pub(super) fn get(&self) -> *mut c_void {
        let found = self.found.load(Ordering::Relaxed);
        if !found.is_null() {
            return found;
        }
        // SAFETY: the name ends in a zero byte.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        self.found.store(found, Ordering::Relaxed);
        found
    }
}

/// Whether each symbol means our definition to the rest of the process.
pub(super) fn all_are_first(stand_ins: &[(&str, *const c_void)]) -> Result<(), (String, &'static str)> {
    let missed: Vec<&str> =
        stand_ins.iter().filter(|(name, own)| !is_first(name, *own)).map(|(name, _)| *name).collect();
    match missed.is_empty() {
        true => Ok(()),
        false => Err((
            format!("something else stands in for {}", missed.join(", ")),
            "link the guard into the program itself, not into a library that is loaded later",
        )),
    }
}

/// Whether a symbol means our definition to the rest of the process.
pub(super) fn is_first(name: &str, own: *const c_void) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: the name ends in a zero byte.
    ptr::eq(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }, own)
}

/// Declares stand-ins: what to note before the call, and what to give where there is no next definition.
macro_rules! stand_ins {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty, or $missing:expr; $note:expr;)+) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// As for the function that it stands in for.
            #[allow(clippy::unused_unit, reason = "some give nothing")]
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> $result {
                static NEXT: $crate::interpose::next::Next = $crate::interpose::next::Next::new(
                    match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                        Ok(name) => name,
                        Err(_) => c"",
                    }
                );
                $note;
                let next = NEXT.get();
                if next.is_null() {
                    return $missing;
                }
                // SAFETY: the symbol has this type wherever it is defined.
                let next: unsafe extern "C" fn($($type),*) -> $result = unsafe { std::mem::transmute(next) };
                // SAFETY: as the caller promises.
                unsafe { next($($argument),*) }
            }
        )+

        /// Every stand-in: its name and its address.
        pub(super) const ALL: &[(&str, *const std::ffi::c_void)] =
            &[$((stringify!($name), $name as *const std::ffi::c_void)),+];
    };
}
pub(super) use stand_ins;
