//! YAML, as far as settings need it: every scalar with the keys that lead to it.

use saphyr_parser::{Event, Marker, Parser};

use crate::source::{Source, Span};

/// A scalar, and where it stands.
pub(super) struct Scalar {
    /// The keys of the mappings around it, the outermost first; an element of a list adds none.
    pub keys: Vec<String>,
    /// The key that it is the value of; none for an element of a list.
    pub key: Option<Span>,
    /// Its text.
    pub value: String,
    /// As it is written, quotes included.
    pub span: Span,
}

/// A mapping or a list that is open.
enum Open {
    /// With the key that comes before the next value.
    Mapping(Option<(String, Span)>),
    Sequence,
}

/// All scalars of a text that are values, in order.
pub(super) fn scalars(source: &Source) -> Result<Vec<Scalar>, (u32, u32, String)> {
    let mut open: Vec<Open> = Vec::new();
    let mut found = Vec::new();
    for event in Parser::new_from_str(&source.text) {
        let (event, place) = event.map_err(|error| {
            let mark = error.marker();
            (mark.line() as u32, mark.col() as u32 + 1, error.info().to_owned())
        })?;
        match event {
            Event::MappingStart(..) => open.push(Open::Mapping(None)),
            Event::SequenceStart(..) => open.push(Open::Sequence),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                value_done(&mut open);
            }
            Event::Alias(_) => value_done(&mut open),
            Event::Scalar(text, ..) => {
                let span = Span { start: byte(source, place.start), end: byte(source, place.end) };
                if let Some(Open::Mapping(key @ None)) = open.last_mut() {
                    *key = Some((text.into_owned(), span));
                    continue;
                }
                let key = match open.last() {
                    Some(Open::Mapping(Some((_, span)))) => Some(*span),
                    _ => None,
                };
                found.push(Scalar { keys: keys(&open), key, value: text.into_owned(), span });
                value_done(&mut open);
            }
            _ => {}
        }
    }
    Ok(found)
}

fn value_done(open: &mut [Open]) {
    if let Some(Open::Mapping(key)) = open.last_mut() {
        *key = None;
    }
}

fn keys(open: &[Open]) -> Vec<String> {
    open.iter()
        .filter_map(|one| match one {
            Open::Mapping(Some((key, _))) => Some(key.clone()),
            _ => None,
        })
        .collect()
}

/// The byte of a mark: a line from 1, and characters from its start.
fn byte(source: &Source, mark: Marker) -> u32 {
    let number = mark.line().saturating_sub(1);
    let Some(start) = source.line_starts().get(number) else { return source.text.len() as u32 };
    let line = source.line(number);
    let column = line.char_indices().nth(mark.col()).map_or(line.len(), |(at, _)| at);
    start + column as u32
}
