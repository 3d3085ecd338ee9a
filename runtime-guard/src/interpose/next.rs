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

/// Whether each of our symbols means our definition to the rest of the process.
pub(super) fn all_are_first(names: &[&str]) -> Result<(), (String, &'static str)> {
    let missed: Vec<&str> = names.iter().filter(|name| !is_first(name)).copied().collect();
    match missed.is_empty() {
        true => Ok(()),
        false => Err((
            format!("something else stands in for {}", missed.join(", ")),
            "link the guard into the program itself, not into a library that is loaded later",
        )),
    }
}

/// Whether a symbol means what lies in the same program or library as this function.
///
/// Our own definition cannot be asked for its address: where another one comes first, its name means that one here, too.
fn is_first(name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: the name ends in a zero byte.
    let first = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    let here = object(is_first as fn(&str) -> bool as *const c_void);
    here.is_some() && object(first) == here
}

/// Where the program or library that holds an address begins.
fn object(address: *const c_void) -> Option<*mut c_void> {
    // SAFETY: nothing but addresses and null.
    let mut found: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: there is room for the answer.
    (unsafe { libc::dladdr(address, &mut found) } != 0).then_some(found.dli_fbase)
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

        /// The name of every stand-in.
        pub(super) const ALL: &[&str] = &[$(stringify!($name)),+];
    };
}

pub(super) use stand_ins;
