//! The stand-ins. None of them allocates before a guard is installed, panics, or looks up names.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::io::Write;
use std::mem::transmute;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use libc::{cpu_set_t, pid_t, pthread_t, rlimit, rlimit64};
use runtime_guard_view::affinity::Cpus;

use super::next::Next;
use crate::events::{self, DETAIL, Event, What};
use crate::stack::Stack;
use crate::{pins, purges};

thread_local! {
    /// A call is being noted: what noting calls itself is not.
    static NOTING: Cell<bool> = const { Cell::new(false) };
}

/// Notes a call, with a detail that is cut where it is too long.
fn note(function: &'static str, detail: impl FnOnce(&mut &mut [u8])) {
    if !events::is_armed() || !NOTING.try_with(|noting| !noting.replace(true)).unwrap_or(false) {
        return;
    }
    let mut text = [0; DETAIL];
    let mut rest = &mut text[..];
    detail(&mut rest);
    let used = (DETAIL - rest.len()) as u8;
    let what = What::Called { function, detail: (text, used) };
    events::note(Event { what, thread: events::thread(), stack: Stack::here() });
    let _ = NOTING.try_with(|noting| noting.set(false));
}

/// Notes a text; one that is too long is cut.
fn text(bytes: &[u8]) -> impl FnOnce(&mut &mut [u8]) + '_ {
    |rest| {
        let fits = bytes.len().min(rest.len());
        let _ = rest.write(&bytes[..fits]);
    }
}

/// Declares stand-ins: what to note before the call, and what to give where there is no next definition.
macro_rules! hooks {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty, or $missing:expr; $note:expr;)+) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// As for the C library's own.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> $result {
                static NEXT: Next = Next::new(
                    match CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                        Ok(name) => name,
                        Err(_) => c"",
                    }
                );
                $note;
                let next = NEXT.get();
                if next.is_null() {
                    return $missing;
                }
                // SAFETY: the symbol has this type in the C library.
                let next: unsafe extern "C" fn($($type),*) -> $result = unsafe { transmute(next) };
                // SAFETY: as the caller promises.
                unsafe { next($($argument),*) }
            }
        )+

        /// Every stand-in: its name and its address.
        pub(super) const ALL: &[(&str, *const c_void)] = &[$((stringify!($name), $name as *const c_void)),+];
    };
}

hooks! {
    /// Stands in for the C library's collection.
    fn malloc_trim(pad: usize) -> c_int, or 0; {
        if !purges::is_wanted_here() {
            note("malloc_trim", |_| ());
        }
    };

    /// Stands in for the call that binds a thread to CPUs.
    fn sched_setaffinity(pid: pid_t, size: usize, mask: *const cpu_set_t) -> c_int, or -1; {
        if (pid == 0 || pid == events::thread()) && !pins::is_justified_here() {
            // SAFETY: the caller gives as many bytes.
            note("sched_setaffinity", unsafe { cpus(size, mask) });
        }
    };

    /// Stands in for the call that binds a thread to CPUs.
    fn pthread_setaffinity_np(thread: pthread_t, size: usize, mask: *const cpu_set_t) -> c_int, or libc::ENOSYS; {
        // SAFETY: takes nothing.
        if thread == unsafe { libc::pthread_self() } && !pins::is_justified_here() {
            // SAFETY: the caller gives as many bytes.
            note("pthread_setaffinity_np", unsafe { cpus(size, mask) });
        }
    };

    /// Stands in for the call that tunes the allocator.
    fn mallopt(parameter: c_int, value: c_int) -> c_int, or 0; {
        note("mallopt", |rest| drop(write!(rest, "{parameter} = {value}")));
    };

    /// Stands in for the call that sets a limit.
    fn setrlimit(resource: c_uint, limit: *const rlimit) -> c_int, or -1; {
        note("setrlimit", text(limit_name(resource).as_bytes()));
    };

    /// Stands in for the call that sets a limit.
    fn setrlimit64(resource: c_uint, limit: *const rlimit64) -> c_int, or -1; {
        note("setrlimit64", text(limit_name(resource).as_bytes()));
    };

    /// Stands in for the call that sets or gets a limit.
    fn prlimit(pid: pid_t, resource: c_uint, new: *const rlimit, old: *mut rlimit) -> c_int, or -1; {
        if pid == 0 && !new.is_null() {
            note("prlimit", text(limit_name(resource).as_bytes()));
        }
    };

    /// Stands in for the call that sets or gets a limit.
    fn prlimit64(pid: pid_t, resource: c_uint, new: *const rlimit64, old: *mut rlimit64) -> c_int, or -1; {
        if pid == 0 && !new.is_null() {
            note("prlimit64", text(limit_name(resource).as_bytes()));
        }
    };

    /// Stands in for the call of many purposes, of which the one that switches huge pages off is of interest.
    fn prctl(option: c_int, a: usize, b: usize, c: usize, d: usize) -> c_int, or -1; {
        if option == libc::PR_SET_THP_DISABLE {
            note("prctl", text(b"PR_SET_THP_DISABLE"));
        }
    };

    /// Stands in for the call that sets a variable.
    fn setenv(name: *const c_char, value: *const c_char, overwrite: c_int) -> c_int, or -1; {
        // SAFETY: the caller gives a C string.
        note("setenv", text(unsafe { bytes(name) }));
    };

    /// Stands in for the call that removes a variable.
    fn unsetenv(name: *const c_char) -> c_int, or -1; {
        // SAFETY: the caller gives a C string.
        note("unsetenv", text(unsafe { bytes(name) }));
    };

    /// Stands in for the call that puts `name=value` into the environment.
    fn putenv(pair: *mut c_char) -> c_int, or -1; {
        // SAFETY: the caller gives a C string.
        let pair = unsafe { bytes(pair) };
        note("putenv", text(pair.split(|byte| *byte == b'=').next().unwrap_or(pair)));
    };

    /// Stands in for the call that opens a socket to others.
    fn listen(socket: c_int, backlog: c_int) -> c_int, or -1; {
        note("listen", address(socket));
    };

    /// Stands in for the call that starts a thread.
    fn pthread_create(
        thread: *mut pthread_t,
        attributes: *const libc::pthread_attr_t,
        start: extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void
    ) -> c_int, or libc::EAGAIN; {
        // Before the seal, threads are what start-up is for.
        if events::is_sealed() {
            note("pthread_create", |_| ());
        }
    };
}

/// The bytes of a C string; none for null.
///
/// # Safety
/// The pointer is null or leads to a C string that outlives the call.
unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

/// Notes a set of CPUs as the kernel writes it.
///
/// # Safety
/// The mask is null or of that size.
unsafe fn cpus(size: usize, mask: *const cpu_set_t) -> impl FnOnce(&mut &mut [u8]) {
    let mut numbers = Cpus::NONE;
    if !mask.is_null() {
        // SAFETY: as the caller promises.
        let bytes = unsafe { std::slice::from_raw_parts(mask.cast::<u8>(), size) };
        let is_set = |number: &usize| bytes[number / 8] >> (number % 8) & 1 == 1;
        numbers = Cpus::of((0..size * 8).filter(is_set));
    }
    move |rest| drop(write!(rest, "{numbers}"))
}

/// Notes the address of a TCP socket that will listen.
fn address(socket: c_int) -> impl FnOnce(&mut &mut [u8]) {
    move |rest| {
        // SAFETY: the caller holds the descriptor open; where it does not, the answer is an error.
        let socket = unsafe { BorrowedFd::borrow_raw(socket.max(0)) };
        let name = rustix::net::getsockname(socket).ok();
        if let Some(address) = name.and_then(|name| SocketAddr::try_from(name).ok()) {
            let _ = write!(rest, "{address}");
        }
    }
}

/// A resource as the snapshot names it.
fn limit_name(resource: c_uint) -> &'static str {
    match resource {
        libc::RLIMIT_AS => "as",
        libc::RLIMIT_CORE => "core",
        libc::RLIMIT_CPU => "cpu",
        libc::RLIMIT_DATA => "data",
        libc::RLIMIT_FSIZE => "fsize",
        libc::RLIMIT_MEMLOCK => "memlock",
        libc::RLIMIT_MSGQUEUE => "msgqueue",
        libc::RLIMIT_NICE => "nice",
        libc::RLIMIT_NOFILE => "nofile",
        libc::RLIMIT_NPROC => "nproc",
        libc::RLIMIT_RSS => "rss",
        libc::RLIMIT_RTPRIO => "rtprio",
        libc::RLIMIT_RTTIME => "rttime",
        libc::RLIMIT_SIGPENDING => "sigpending",
        libc::RLIMIT_STACK => "stack",
        _ => "",
    }
}
