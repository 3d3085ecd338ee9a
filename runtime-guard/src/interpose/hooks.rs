//! The stand-ins for functions of the C library.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::BorrowedFd;

use libc::{cpu_set_t, pid_t, pthread_t, rlimit, rlimit64, sockaddr, socklen_t};
use runtime_guard_view::affinity::Cpus;

use super::next::stand_ins;
use super::note::{bytes, note, text};
use crate::{events, pins, purges};

stand_ins! {
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

    /// Stands in for the call of many purposes, of which those that switch huge pages off and let timers be late are of interest.
    fn prctl(option: c_int, a: usize, b: usize, c: usize, d: usize) -> c_int, or -1; {
        match option {
            libc::PR_SET_THP_DISABLE => note("prctl", text(b"PR_SET_THP_DISABLE")),
            libc::PR_SET_TIMERSLACK => note("prctl", text(b"PR_SET_TIMERSLACK")),
            _ => {}
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

    /// Stands in for the call that gives a socket its address.
    fn bind(socket: c_int, address: *const sockaddr, length: socklen_t) -> c_int, or -1; {
        // SAFETY: the caller gives an address of that length.
        if let Some(address) = unsafe { internet(address, length) } {
            note("bind", |rest| drop(write!(rest, "{address}")));
        }
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

/// The address of the internet that a call was given, if it is one.
///
/// # Safety
/// The pointer is null or leads to as many bytes.
unsafe fn internet(address: *const sockaddr, length: socklen_t) -> Option<SocketAddr> {
    let length = usize::try_from(length).ok()?;
    if address.is_null() || length < size_of::<libc::sockaddr_in>() {
        return None;
    }
    // SAFETY: the caller gives at least that many bytes, at any alignment.
    let four = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
    let address = match i32::from(four.sin_family) {
        libc::AF_INET => {
            let ip = Ipv4Addr::from(four.sin_addr.s_addr.to_ne_bytes());
            SocketAddr::from((ip, u16::from_be(four.sin_port)))
        }
        libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as above.
            let six = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
            SocketAddr::from((Ipv6Addr::from(six.sin6_addr.s6_addr), u16::from_be(six.sin6_port)))
        }
        _ => return None,
    };
    // The kernel chooses the port: `listen` will tell.
    (address.port() != 0).then_some(address)
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
