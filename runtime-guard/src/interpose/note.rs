//! Noting a call, from within it: nothing here allocates before a guard is installed, panics, or looks up names.

use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::io::Write;

use crate::events::{self, DETAIL, Event, What};
use crate::stack::Stack;

thread_local! {
    /// A call is being noted: what noting calls itself is not.
    static NOTING: Cell<bool> = const { Cell::new(false) };
}

/// Notes a call, with a detail that is cut where it is too long.
pub(super) fn note(function: &'static str, detail: impl FnOnce(&mut &mut [u8])) {
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
pub(super) fn text(bytes: &[u8]) -> impl FnOnce(&mut &mut [u8]) + '_ {
    |rest| {
        let fits = bytes.len().min(rest.len());
        let _ = rest.write(&bytes[..fits]);
    }
}

/// The bytes of a C string; none for null.
///
/// # Safety
/// The pointer is null or leads to a C string that outlives the call.
pub(super) unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}
