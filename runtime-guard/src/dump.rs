//! Every thread's stack on SIGUSR1: caught as bare addresses, named and written by a thread of its own, not more often
//! than wanted. Nothing on the way of a request takes part in it.

use std::ffi::c_int;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use runtime_guard_view::process::Process;

use crate::stack::{DEPTH, Stack};

/// How long a thread may take to give its stack.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often it is looked for.
const GLANCE: Duration = Duration::from_micros(50);

/// Room for a dump's text, taken when the handler is installed.
const ROOM: usize = 256 * 1024;

/// Where the signal's handler writes; -1 while there is none.
static WAKE: AtomicI32 = AtomicI32::new(-1);
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// The thread that is asked for its stack; 0 for none.
static ASKED: AtomicI32 = AtomicI32::new(0);
/// How many frames it gave; what it gives before that is not looked at.
static GIVEN: AtomicUsize = AtomicUsize::new(NOT_YET);
static FRAMES: [AtomicUsize; DEPTH] = [const { AtomicUsize::new(0) }; DEPTH];

const NOT_YET: usize = usize::MAX;

type Section = (String, Box<dyn Fn() -> String + Send>);

/// Where dumps go, and how many there may be.
pub struct Dump {
    sink: Box<dyn Write + Send>,
    pause: Duration,
    sections: Vec<Section>,
}

impl Dump {
    /// Dumps into a file or any other sink; at most one every ten seconds.
    pub fn to(sink: impl Write + Send + 'static) -> Dump {
        Dump { sink: Box::new(sink), pause: Duration::from_secs(10), sections: Vec::new() }
    }

    /// The least time between two dumps; a signal that comes earlier is counted and otherwise passed over.
    pub fn pause(mut self, pause: Duration) -> Dump {
        self.pause = pause;
        self
    }

    /// Adds what the program knows of itself, such as its tokio tasks where it is built for
    /// `tokio::runtime::Handle::dump`. It is called on the dump's own thread and must not block.
    pub fn section(mut self, title: impl Into<String>, text: impl Fn() -> String + Send + 'static) -> Dump {
        self.sections.push((title.into(), Box::new(text)));
        self
    }
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").field("pause", &self.pause).finish_non_exhaustive()
    }
}

/// Writes every thread's stack whenever the process gets SIGUSR1.
///
/// Each thread is asked by a real-time signal of its own, `SIGRTMIN + 3`; a thread that blocks it, or does not answer in
/// a tenth of a second, is named without a stack. System calls go on after the signal where the kernel restarts them
/// (`SA_RESTART`); a few, such as `poll`, return `EINTR` instead, as for any handled signal.
///
/// # Errors
/// It is installed already, or the system refuses.
pub fn dump_on_sigusr1(dump: Dump) -> io::Result<()> {
    if INSTALLED.swap(true, Ordering::SeqCst) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "dumps are written already"));
    }
    install(dump).inspect_err(|_| INSTALLED.store(false, Ordering::SeqCst))
}

fn install(dump: Dump) -> io::Result<()> {
    let mut ends = [0; 2];
    // SAFETY: the place has room for two descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else's. The other end stays open for good: the handler writes to it.
    let wake = std::fs::File::from(unsafe { OwnedFd::from_raw_fd(ends[0]) });
    // SAFETY: the descriptor is open; only the writer's end must never block.
    unsafe { libc::fcntl(ends[0], libc::F_SETFL, 0) };
    WAKE.store(ends[1], Ordering::SeqCst);
    handle(ask(), give_stack)?;
    handle(libc::SIGUSR1, wake_up)?;
    thread::Builder::new().name("runtime-dump".to_owned()).spawn(move || serve(wake, dump)).map(drop)
}

/// The signal that asks a thread for its stack.
fn ask() -> c_int {
    libc::SIGRTMIN() + 3
}

fn handle(signal: c_int, handler: extern "C" fn(c_int)) -> io::Result<()> {
    // SAFETY: all zeroes are a value of it.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the action is whole; the handlers do only what a handler may.
    match unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Keeps `errno` as the interrupted code has it.
fn with_errno(body: impl FnOnce()) {
    // SAFETY: the place is the thread's own.
    let errno = unsafe { *libc::__errno_location() };
    body();
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

extern "C" fn wake_up(_: c_int) {
    with_errno(|| {
        // SAFETY: one byte is there. A full pipe has woken the reader already.
        unsafe { libc::write(WAKE.load(Ordering::Relaxed), [1u8].as_ptr().cast(), 1) };
    });
}

extern "C" fn give_stack(_: c_int) {
    with_errno(|| {
        let own = crate::events::thread();
        if ASKED.load(Ordering::Acquire) != own || GIVEN.load(Ordering::Acquire) != NOT_YET {
            return;
        }
        let stack = Stack::here();
        for (place, frame) in FRAMES.iter().zip(stack.frames()) {
            place.store(*frame, Ordering::Relaxed);
        }
        GIVEN.store(stack.frames().len(), Ordering::Release);
    });
}

/// Whether a stack can be taken in a signal's handler: the unwinder finds tables without a lock since glibc 2.35.
fn can_unwind() -> bool {
    // SAFETY: the name ends in a zero byte.
    !unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_dl_find_object".as_ptr()) }.is_null()
}

fn serve(mut wake: std::fs::File, mut dump: Dump) {
    let mut text = String::with_capacity(ROOM);
    let mut last: Option<Instant> = None;
    let mut passed_over = 0usize;
    let mut signals = [0; 64];
    while let Ok(count) = wake.read(&mut signals) {
        if last.is_some_and(|last| last.elapsed() < dump.pause) {
            passed_over += count;
            continue;
        }
        last = Some(Instant::now());
        text.clear();
        write_all(&mut text, passed_over, &dump.sections);
        passed_over = 0;
        // That nobody can read it is no reason to stop.
        let _ = dump.sink.write_all(text.as_bytes()).and_then(|()| dump.sink.flush());
    }
}

fn write_all(text: &mut String, passed_over: usize, sections: &[Section]) {
    use fmt::Write;

    let threads = Process::Own.threads().unwrap_or_default();
    let _ = writeln!(text, "== {} threads of process {}", threads.len(), std::process::id());
    if passed_over > 0 {
        let _ =
            writeln!(text, "== {passed_over} signals came too soon after the last dump and were passed over");
    }
    let can_unwind = can_unwind();
    if !can_unwind {
        let _ = writeln!(text, "== no stacks: this C library cannot unwind inside a signal's handler");
    }
    // All stacks first, so that they are of one moment; names take longer.
    let stacks: Vec<Option<Stack>> =
        threads.iter().map(|thread| can_unwind.then(|| stack_of(*thread)).flatten()).collect();
    for (thread, stack) in threads.iter().zip(stacks) {
        let _ = writeln!(text, "\nthread {thread} `{}`", Process::Own.thread_name(*thread));
        match stack {
            Some(stack) => drop(writeln!(text, "{stack}")),
            None if can_unwind => text.push_str("      gave no stack in time\n"),
            None => {}
        }
    }
    for (title, section) in sections {
        let _ = writeln!(text, "\n== {title}\n{}", section());
    }
}

/// Asks one thread for its stack.
fn stack_of(thread: i32) -> Option<Stack> {
    if thread == crate::events::thread() {
        return Some(Stack::here());
    }
    GIVEN.store(NOT_YET, Ordering::Release);
    ASKED.store(thread, Ordering::Release);
    // SAFETY: takes numbers; a thread that has gone is an error.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, ask()) } == 0;
    let start = Instant::now();
    let mut given = GIVEN.load(Ordering::Acquire);
    while sent && given == NOT_YET && start.elapsed() < PATIENCE {
        thread::sleep(GLANCE);
        given = GIVEN.load(Ordering::Acquire);
    }
    ASKED.store(0, Ordering::Release);
    (given != NOT_YET).then(|| {
        Stack::from_frames(FRAMES[..given.min(DEPTH)].iter().map(|frame| frame.load(Ordering::Relaxed)))
    })
}
