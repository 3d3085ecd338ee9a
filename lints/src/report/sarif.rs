//! SARIF 2.1.0, for code scanning.

use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime_policy_rules::Rule;
use serde_json::{Map, Value, json};

use super::sources::{positions, range_in};
use super::{Context, HOME, page_url};
use crate::finding::{Finding, Fix, Level, Lift, Location, Notice, Position, Report, Suppressed};
use crate::visible::visible;

/// Key of our fingerprints; the number changes when they do.
const FINGERPRINT: &str = "runtimePolicy/v1";

/// What a path keeps as it is in a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown = report.findings.iter().map(|finding| result(finding, None, context));
    let lifted = report.suppressed.iter().map(|lifted| result(&lifted.finding, Some(lifted), context));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "runtime-policy",
                "informationUri": HOME,
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": context.rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "the root of the run" } } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": report.notices.iter().map(notification).collect::<Vec<_>>(),
            }],
            "results": shown.chain(lifted).collect::<Vec<_>>(),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn descriptor(rule: &Rule) -> Value {
    let (default, enabled) = match rule.level {
        runtime_policy_rules::Level::Error => ("error", true),
        runtime_policy_rules::Level::Warning => ("warning", true),
        _ => ("warning", false),
    };
    let mut descriptor = json!({
        "id": rule.id,
        "name": pascal(&rule.id),
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("{}\n\n{}", rule.why, rule.help), "markdown": rule.page },
        "defaultConfiguration": { "level": default, "enabled": enabled },
    });
    if let Some(url) = page_url(&rule.id) {
        descriptor["helpUri"] = url.into();
    }
    descriptor
}

/// An id in the form that the standard's tools want names in: `manual-gc` as `ManualGc`.
fn pascal(id: &str) -> String {
    let mut is_first = true;
    let letter = |letter: char| match letter {
        '-' => {
            is_first = true;
            None
        }
        letter if std::mem::take(&mut is_first) => Some(letter.to_ascii_uppercase()),
        letter => Some(letter),
    };
    id.chars().filter_map(letter).collect()
}

/// A message without what viewers would make a link of, or could not show: it may name what strangers wrote.
fn words(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(visible).collect();
    lines.join("\n").replace("](", "] (")
}

fn artifact(path: &str) -> Value {
    json!({ "uri": utf8_percent_encode(path, PATH).to_string(), "uriBaseId": "%SRCROOT%" })
}

fn region(start: Position, end: Position) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn physical(location: &Location) -> Value {
    json!({ "artifactLocation": artifact(&location.path), "region": region(location.start, location.end) })
}

fn result(finding: &Finding, lifted: Option<&Suppressed>, context: &Context<'_>) -> Value {
    let related = finding.related.iter().enumerate().map(|(index, related)| {
        json!({
            "id": index + 1,
            "physicalLocation": physical(&related.location),
            "message": { "text": words(&related.message) },
        })
    });
    let mut result = Map::new();
    result.insert("ruleId".into(), finding.rule.as_ref().into());
    if let Some(index) = context.rules.iter().position(|rule| rule.id == *finding.rule) {
        result.insert("ruleIndex".into(), index.into());
    }
    result.insert("level".into(), level(finding.level).into());
    let text = format!("{}: {}. To mend it, {}.", finding.message, finding.why, finding.help);
    result.insert("message".into(), json!({ "text": words(&text) }));
    result.insert("locations".into(), json!([{ "physicalLocation": physical(&finding.location) }]));
    result.insert("relatedLocations".into(), related.collect());
    result.insert("partialFingerprints".into(), json!({ FINGERPRINT: finding.fingerprint }));
    // The standard wants the property on every result or on none.
    result.insert("suppressions".into(), lifted.map(suppression).into_iter().collect());
    if let Some(fix) = finding.fix.as_ref().and_then(|fix| repair(fix, finding, context)) {
        result.insert("fixes".into(), json!([fix]));
    }
    Value::Object(result)
}

fn suppression(lifted: &Suppressed) -> Value {
    match lifted.by {
        Lift::InSource => json!({ "kind": "inSource", "status": "accepted", "justification": lifted.reason }),
        Lift::Baseline => {
            json!({ "kind": "external", "status": "accepted", "justification": "in the baseline" })
        }
    }
}

/// The fix in lines and columns; none where a text cannot be read again.
fn repair(fix: &Fix, finding: &Finding, context: &Context<'_>) -> Option<Value> {
    let own = context.sources.read(&finding.location.path)?;
    range_in(&own, &finding.location)?;
    let mut changes = Vec::new();
    for edits in fix.edits.chunk_by(|a, b| a.path == b.path) {
        let path = &edits[0].path;
        let source = context.sources.read(path)?;
        let replacements: Option<Vec<Value>> = edits
            .iter()
            .map(|edit| {
                let (start, end) = positions(&source, edit.start, edit.end)?;
                let inserted = json!({ "text": edit.replacement });
                Some(json!({ "deletedRegion": region(start, end), "insertedContent": inserted }))
            })
            .collect();
        changes.push(json!({ "artifactLocation": artifact(path), "replacements": replacements? }));
    }
    Some(json!({ "description": { "text": fix.title }, "artifactChanges": changes }))
}

fn notification(notice: &Notice) -> Value {
    let mut place = json!({ "artifactLocation": artifact(&notice.path) });
    if let Some((line, column)) = notice.place {
        place["region"] = json!({ "startLine": line, "startColumn": column });
    }
    json!({
        "level": "warning",
        "message": { "text": words(&notice.message) },
        "locations": [{ "physicalLocation": place }],
    })
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_strangers_name_is_no_link() {
        assert_eq!(
            words("`[x](https://evil.example)`\nand \u{202e}y"),
            "`[x] (https://evil.example)`\nand \\u{202e}y"
        );
    }
}
