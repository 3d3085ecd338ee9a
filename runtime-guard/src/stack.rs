//! Call stacks: taken as bare addresses, named only when somebody reads them.

use std::ffi::c_void;
use std::fmt;

/// Frames that are kept of a stack.
pub(crate) const DEPTH: usize = 40;

/// The addresses of a call stack, the innermost first.
///
/// Taking one allocates nothing. Names are looked up when it is displayed, which takes milliseconds the first time.
#[derive(Clone, Copy)]
pub struct Stack {
    frames: [usize; DEPTH],
    count: usize,
}

impl Stack {
    /// No frame.
    pub(crate) const EMPTY: Stack = Stack { frames: [0; DEPTH], count: 0 };

    /// The stack of the caller.
    #[inline(never)]
    pub(crate) fn here() -> Stack {
        let mut stack = Stack::EMPTY;
        // SAFETY: what must not happen at the same time is looking up names, which this does not; the unwinder itself
        // may run on several threads.
        unsafe {
            backtrace::trace_unsynchronized(|frame| {
                stack.frames[stack.count] = frame.ip() as usize;
                stack.count += 1;
                stack.count < DEPTH
            });
        }
        stack
    }

    /// A stack of addresses that were taken elsewhere.
    #[cfg(target_os = "linux")]
    pub(crate) fn from_frames(frames: impl Iterator<Item = usize>) -> Stack {
        let mut stack = Stack::EMPTY;
        for frame in frames.take(DEPTH) {
            stack.frames[stack.count] = frame;
            stack.count += 1;
        }
        stack
    }

    /// The addresses, the innermost first.
    pub fn frames(&self) -> &[usize] {
        &self.frames[..self.count]
    }

    /// The functions of the stack, the innermost first, as far as the program has names.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for frame in self.frames() {
            resolve(*frame, |symbol| names.extend(symbol.name().map(|name| name.to_string())));
        }
        names
    }
}

/// Calls `tell` for the function at an address, and for those that were inlined there.
fn resolve(frame: usize, tell: impl FnMut(&backtrace::Symbol)) {
    // The address is that of the next instruction, which may belong to the next line.
    backtrace::resolve(frame.saturating_sub(1) as *mut c_void, tell);
}

/// Whether a frame belongs to how the guard or the standard library got here, which tells a reader nothing.
fn is_plumbing(name: &str) -> bool {
    const PREFIXES: [&str; 10] = [
        "__libc_start",
        "__rustc::",
        "_start",
        "backtrace::",
        "core::",
        "runtime_guard::",
        "std::panic",
        "std::rt::",
        "std::sys::",
        "std::thread::",
    ];
    PREFIXES
        .iter()
        .any(|prefix| name.trim_start_matches(['<', '&']).trim_start_matches("dyn ").starts_with(prefix))
}

impl fmt::Display for Stack {
    /// A line a function: its name and place; an address where it has no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        // The last frame of a stack may be none.
        for frame in self.frames().iter().filter(|frame| **frame != 0) {
            let mut lines = Vec::new();
            let mut is_named = false;
            resolve(*frame, |symbol| {
                let Some(name) = symbol.name() else { return };
                is_named = true;
                let name = format!("{name:#}");
                if !is_plumbing(&name) {
                    let place = symbol.filename().zip(symbol.lineno());
                    let place = place.map(|(file, line)| format!(" at {}:{line}", file.display()));
                    lines.push(format!("{name}{}", place.unwrap_or_default()));
                }
            });
            if !is_named {
                lines.push(format!("{frame:#x}"));
            }
            for line in lines {
                write!(f, "{separator}      {line}")?;
                separator = "\n";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.frames().iter().map(|frame| format!("{frame:#x}"))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_names_who_took_it() {
        #[inline(never)]
        fn somebody() -> Stack {
            std::hint::black_box(Stack::here())
        }
        let stack = somebody();
        assert!(stack.frames().len() > 3);
        assert!(stack.names().iter().any(|name| name.contains("somebody")), "{:?}", stack.names());
        assert_eq!(Stack::EMPTY.to_string(), "");
    }
}
