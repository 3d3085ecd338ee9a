//! What is wrong with a configuration file, shown at its place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::visible::visible;

/// One thing that is wrong with a `runtime-policy.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user knows it.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Bytes at fault; none where the whole file is.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Problem {
    /// Line, counted from 1, that the problem is in.
    pub fn line(&self) -> Option<usize> {
        let start = self.span.as_ref()?.start;
        Some(self.text.get(..start)?.matches('\n').count() + 1)
    }

    fn render(&self, renderer: &Renderer) -> String {
        let message = visible(&self.message);
        let help = self.help.as_deref().map(visible);
        let title = Level::ERROR.primary_title(message);
        let length = self.text.len();
        let span = self.span.clone().filter(|span| span.end <= length);
        let mut group = match span {
            Some(span) => title.element(
                Snippet::source(self.text.as_ref())
                    .path(self.path.as_ref())
                    .annotation(AnnotationKind::Primary.span(span)),
            ),
            None => title.element(annotate_snippets::Origin::path(self.path.as_ref())),
        };
        if let Some(help) = help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}

/// Everything that is wrong with the configuration of a run; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Problem>);

impl ConfigError {
    /// With file, line and a caret under each place. `color` allows terminal colours.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let shown: Vec<String> = self.0.iter().map(|problem| problem.render(&renderer)).collect();
        shown.join("\n\n")
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ConfigError {}

/// The known name that `given` was most likely meant to be, if one is close.
pub fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// `did_you_mean` as a sentence for the help line.
pub fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    did_you_mean(given, known).map(|name| format!("did you mean `{name}`?"))
}

/// The problem that the TOML reader found.
pub fn from_toml(path: Arc<str>, text: Arc<str>, error: &toml::de::Error) -> Problem {
    let message = error.message();
    let (message, help) = match unknown_name(message) {
        Some((what, given, known)) => {
            let help = suggestion(given, known.iter().copied())
                .or_else(|| (!known.is_empty()).then(|| format!("known here: `{}`", known.join("`, `"))));
            (format!("unknown {what} `{given}`"), help)
        }
        None => (message.trim_end().to_owned(), None),
    };
    Problem { path, text, span: error.span(), message, help }
}

/// Takes apart serde's "unknown field `a`, expected one of `b`, `c`": what it is, the name given, the names known.
fn unknown_name(message: &str) -> Option<(&'static str, &str, Vec<&str>)> {
    let what = if message.starts_with("unknown field") {
        "key"
    } else if message.starts_with("unknown variant") {
        "value"
    } else {
        return None;
    };
    let mut quoted = message.split('`').skip(1).step_by(2);
    Some((what, quoted.next()?, quoted.collect()))
}
