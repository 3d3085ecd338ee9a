//! For people: rustc's look, and a summary at the end.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level as Title, Origin, Patch, Renderer, Snippet,
};

use super::sources::range_in;
use super::{Context, page_url};
use crate::finding::{Approvals, Finding, Fix, Level, Location, Report, Subject};
use crate::source::Source;
use crate::visible::visible;

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if context.color { Renderer::styled() } else { Renderer::plain() };
    for (finding, further) in folded(&report.findings) {
        writeln!(out, "{}\n", render(finding, &further, context, &renderer))?;
    }
    write!(out, "{}", summary(report, context))
}

/// How many findings that say the same are shown in full, each with its text.
const SHOWN_IN_FULL: usize = 3;

/// Lines between a finding and a further place that a reader sees together.
const BESIDE: u32 = 5;

/// The findings to show, each with the further ones that it stands for: of many that say the same in the same words only
/// the first is shown, with the places of the others.
fn folded(findings: &[Finding]) -> Vec<(&Finding, Vec<&Finding>)> {
    let mut alike: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| is_told_in_place(finding)) {
        alike.entry(words_of(finding)).or_default().push(finding);
    }
    let mut shown = Vec::new();
    for finding in findings {
        match alike.get(&words_of(finding)).map(Vec::as_slice) {
            Some([first, further @ ..]) if further.len() >= SHOWN_IN_FULL && is_told_in_place(finding) => {
                if std::ptr::eq(*first, finding) {
                    shown.push((finding, further.to_vec()));
                }
            }
            _ => shown.push((finding, Vec::new())),
        }
    }
    shown
}

/// Whether a finding's further places stand right beside it, so that its own place leads there.
fn is_told_in_place(finding: &Finding) -> bool {
    let (path, line) = (&finding.location.path, finding.location.start.line);
    let near = |place: &Location| place.path == *path && place.start.line.abs_diff(line) <= BESIDE;
    finding.related.iter().all(|related| near(&related.location))
}

/// Everything that a finding says but for its places.
fn words_of(finding: &Finding) -> (&str, Level, &str, &str, &str, Option<&str>) {
    let fix = finding.fix.as_ref().map(|fix| fix.title.as_str());
    (&finding.rule, finding.level, &finding.message, &finding.why, &finding.help, fix)
}

/// Places in words, a line a file.
fn listed(further: &[&Finding]) -> String {
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in further {
        let place = &finding.location;
        lines.entry(&place.path).or_default().push(place.start.line.to_string());
    }
    let of_files = lines.into_iter().map(|(path, lines)| format!("{}:{}", visible(path), lines.join(",")));
    let places = of_files.collect::<Vec<_>>().join("\n");
    format!("the same at {} more places:\n{places}", further.len())
}

fn title(level: Level) -> Title<'static> {
    match level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Info => Title::INFO,
    }
}

fn render(finding: &Finding, further: &[&Finding], context: &Context<'_>, renderer: &Renderer) -> String {
    let mut headline =
        title(finding.level).primary_title(visible(&finding.message)).id(finding.rule.as_ref());
    if let Some(url) = page_url(&finding.rule) {
        headline = headline.id_url(url);
    }
    let mut main = Group::with_title(headline).elements(excerpts(finding, context));
    main = main.element(Title::NOTE.message(visible(&finding.why)));
    if let Some(approvals) = &finding.approvals {
        main = main.element(Title::NOTE.message(missing(approvals)));
    }
    main = main.element(Title::HELP.message(visible(&finding.help)));
    if !further.is_empty() {
        main = main.element(Title::NOTE.message(listed(further)));
    }
    let fix = finding.fix.as_ref().and_then(|fix| suggestion(fix, context));
    let groups: Vec<Group<'_>> = std::iter::once(main).chain(fix).collect();
    renderer.render(&groups)
}

/// What is still needed, in words.
fn missing(approvals: &Approvals) -> String {
    let given: Vec<String> = approvals.given.iter().map(|name| format!("@{}", visible(name))).collect();
    let by = if given.is_empty() {
        "nobody has approved yet".into()
    } else {
        format!("approved by {}", given.join(", "))
    };
    format!("{} people must approve this; {by}", approvals.needed)
}

/// A place with what is written under it.
struct Mark<'a> {
    location: &'a Location,
    label: Option<Cow<'a, str>>,
    kind: AnnotationKind,
}

/// The finding's place and its related ones, one excerpt a file.
fn excerpts<'a>(finding: &'a Finding, context: &Context<'_>) -> Vec<Element<'a>> {
    let mut marks = vec![Mark { location: &finding.location, label: None, kind: AnnotationKind::Primary }];
    for related in &finding.related {
        let label = Some(visible(&related.message));
        marks.push(Mark { location: &related.location, label, kind: AnnotationKind::Context });
    }
    let mut paths: Vec<&str> = Vec::new();
    for mark in &marks {
        if !paths.contains(&&*mark.location.path) {
            paths.push(&mark.location.path);
        }
    }
    let of = |path: &str| marks.iter().filter(|mark| *mark.location.path == *path).collect::<Vec<_>>();
    paths.into_iter().flat_map(|path| excerpt(path, &of(path), context)).collect()
}

fn excerpt<'a>(path: &'a str, marks: &[&Mark<'a>], context: &Context<'_>) -> Vec<Element<'a>> {
    let source = context.sources.read(path);
    let ranges: Option<Vec<_>> =
        source.as_ref().and_then(|source| marks.iter().map(|mark| range_in(source, mark.location)).collect());
    let (Some(source), Some(ranges)) = (source, ranges) else { return places(path, marks) };
    let first = ranges.iter().map(|range| range.start).min().unwrap_or(0);
    let last = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let (line, offset, text) = window(&source, first, last);
    let annotations = marks.iter().zip(ranges).map(|(mark, range)| -> Annotation<'a> {
        mark.kind
            .span(range.start - offset..range.end - offset)
            .label(mark.label.clone().map(Cow::into_owned))
    });
    vec![Snippet::source(text).line_start(line).path(visible(path)).annotations(annotations).into()]
}

/// Places without their text, for a file that cannot be read again or has changed.
fn places<'a>(path: &'a str, marks: &[&Mark<'a>]) -> Vec<Element<'a>> {
    let mut elements: Vec<Element<'a>> = Vec::new();
    for mark in marks {
        let start = mark.location.start;
        elements.push(
            Origin::path(visible(path)).line(start.line as usize).char_column(start.column as usize).into(),
        );
        if let Some(label) = &mark.label {
            elements.push(Title::NOTE.message(label.clone()).into());
        }
    }
    elements
}

/// The whole lines that hold `first..last`: the number of the first one, its offset and the text.
fn window(source: &Source, first: usize, last: usize) -> (usize, usize, String) {
    let line = source.line_of(first as u32);
    let offset = source.line_starts()[line] as usize;
    let end = source.text[last..].find('\n').map_or(source.text.len(), |at| last + at + 1);
    (line + 1, offset, tame(&source.text[offset..end]))
}

/// Replaces the control characters that the renderer lets through by others of the same length.
fn tame(text: &str) -> String {
    text.replace(|character| matches!(character, '\u{80}'..='\u{9f}'), "¿")
        .replace(['\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'], "\u{fffd}")
}

fn suggestion<'a>(fix: &'a Fix, context: &Context<'_>) -> Option<Group<'a>> {
    let mut group = Group::with_title(Title::HELP.secondary_title(visible(&fix.title)));
    let paths: BTreeSet<&str> = fix.edits.iter().map(|edit| edit.path.as_ref()).collect();
    for path in paths {
        let source = context.sources.read(path)?;
        let edits: Vec<_> = fix.edits.iter().filter(|edit| *edit.path == *path).collect();
        let first = edits.iter().map(|edit| edit.start as usize).min()?;
        let last = edits.iter().map(|edit| edit.end as usize).max()?;
        source.text.get(first..last)?;
        let (line, offset, text) = window(&source, first, last);
        let patches = edits.iter().map(|edit| {
            Patch::new(edit.start as usize - offset..edit.end as usize - offset, edit.replacement.as_str())
        });
        group = group.element(Snippet::source(text).line_start(line).path(visible(path)).patches(patches));
    }
    Some(group)
}

/// What the run found, by level and by rule: a few lines, each ended by a line break.
pub fn summary(report: &Report, context: &Context<'_>) -> String {
    let lifted = match report.suppressed.len() {
        0 => String::new(),
        count => format!(" ({count} suppressed)"),
    };
    if report.findings.is_empty() {
        return format!(
            "no findings in {}{lifted}\n",
            of_subject(report.counts.files as usize, report.subject)
        );
    }
    let of = |level| report.findings.iter().filter(|finding| finding.level == level).count();
    let levels: Vec<String> = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Info, "info")]
        .into_iter()
        .filter(|(level, _)| of(*level) > 0)
        .map(|(level, name)| counted(of(level), name))
        .collect();
    let files: BTreeSet<&str> =
        report.findings.iter().map(|finding| finding.location.path.as_ref()).collect();
    let mut text = format!("{} in {}{lifted}\n", levels.join(", "), of_subject(files.len(), report.subject));
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &report.findings {
        *rules.entry(&finding.rule).or_default() += 1;
    }
    let width = rules.keys().map(|rule| rule.len()).max().unwrap_or(0);
    for (rule, count) in &rules {
        let about =
            context.rules.iter().find(|known| known.id == *rule).map_or("", |known| known.summary.as_ref());
        text.push_str(format!("{count:>5}  {rule:width$}  {}", visible(about)).trim_end());
        text.push('\n');
    }
    if let Some(rule) = rules.keys().next() {
        text.push_str(&format!("`cargo runtime-policy explain {rule}` says more\n"));
    }
    text
}

/// How many of what was looked at.
fn of_subject(count: usize, subject: Subject) -> String {
    match subject {
        Subject::Files => counted(count, "file"),
        Subject::Processes if count == 1 => "1 process".to_owned(),
        Subject::Processes => format!("{count} processes"),
    }
}

fn counted(count: usize, name: &str) -> String {
    let plural = if count == 1 || name == "info" { "" } else { "s" };
    format!("{count} {name}{plural}")
}
