//! Source texts for excerpts, read again when a report is written.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::finding::{Location, Position};
use crate::source::{Source, Span};

/// Gives source texts by path.
pub trait Sources {
    /// The text of a file; none if it cannot be read (any more).
    fn read(&self, path: &str) -> Option<Arc<Source>>;
}

/// Files under the root of the run.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    known: RefCell<HashMap<String, Option<Arc<Source>>>>,
}

impl Disk {
    /// Files under `root`.
    pub fn new(root: PathBuf) -> Self {
        Disk { root, known: RefCell::default() }
    }
}

impl Sources for Disk {
    fn read(&self, path: &str) -> Option<Arc<Source>> {
        let mut known = self.known.borrow_mut();
        let load = || {
            let text = std::fs::read_to_string(self.root.join(path)).ok()?;
            Some(Arc::new(Source::new(path.into(), text)))
        };
        known.entry(path.to_owned()).or_insert_with(load).clone()
    }
}

/// The bytes of a place, if the text still has that place: a file may have changed since it was checked.
pub fn range_in(source: &Source, location: &Location) -> Option<std::ops::Range<usize>> {
    let (start, end) = (location.start.byte, location.end.byte);
    let fits = start <= end
        && source.text.get(start as usize..end as usize).is_some()
        && source.position(start) == location.start
        && source.position(end) == location.end;
    fits.then_some(start as usize..end as usize)
}

/// A span's start and end as positions; none where it lies outside the text.
pub fn positions(source: &Source, start: u32, end: u32) -> Option<(Position, Position)> {
    let span = Span { start, end };
    source.text.get(span.range())?;
    Some((source.position(start), source.position(end)))
}
