//! Source texts and places in them.

use std::sync::Arc;

use crate::finding::{Location, Position};

/// A stretch of bytes in one file's text: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the byte at `at` lies within this span.
    pub fn covers(self, at: u32) -> bool {
        self.start <= at && at < self.end
    }

    /// The smallest span that holds both.
    pub fn join(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The same bytes of a text that begins `base` bytes earlier.
    pub(crate) fn shifted(self, base: u32) -> Span {
        Span { start: self.start + base, end: self.end + base }
    }

    /// As indices into the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One file's text with its lines.
///
/// Texts over 4 GiB are refused where they are read, so offsets fit in 32 bits.
#[derive(Debug)]
pub struct Source {
    /// Path relative to the root of the run, with `/`.
    pub path: Arc<str>,
    /// The text.
    pub text: Box<str>,
    line_starts: std::sync::OnceLock<Vec<u32>>,
}

impl Source {
    /// A text and where it came from.
    pub fn new(path: Arc<str>, text: impl Into<Box<str>>) -> Self {
        Self { path, text: text.into(), line_starts: std::sync::OnceLock::new() }
    }

    /// The text of a span; empty where the span lies outside the text or splits a character.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Byte offsets at which lines start.
    pub fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            std::iter::once(0)
                .chain(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1))
                .collect()
        })
    }

    /// Index of the line (from 0) that holds a byte.
    pub fn line_of(&self, byte: u32) -> usize {
        self.line_starts().partition_point(|start| *start <= byte) - 1
    }

    /// The text of a line (index from 0) without its line end; empty beyond the last line.
    pub fn line(&self, index: usize) -> &str {
        let starts = self.line_starts();
        let Some(&start) = starts.get(index) else { return "" };
        let end = starts.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// Line and column of a byte. A byte inside a character counts as that character.
    pub fn position(&self, byte: u32) -> Position {
        let line = self.line_of(byte);
        let start = self.line_starts()[line] as usize;
        let mut end = (byte as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let column = self.text[start..end].chars().count() as u32 + 1;
        Position { byte, line: line as u32 + 1, column }
    }

    /// A span as a place in a finding.
    pub fn location(&self, span: Span) -> Location {
        Location { path: self.path.clone(), start: self.position(span.start), end: self.position(span.end) }
    }
}
