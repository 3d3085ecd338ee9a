//! Rules of one's own: `[[rule]]` and `[[api]]`, made into what built-in rules are made of.

use std::borrow::Cow;
use std::sync::Arc;

use runtime_policy_rules::path::without_major;
use runtime_policy_rules::{Api, Class, Effect, Group, Kind, Level, Rule, Shape};

use super::file::{LevelSetting, OwnRule, Within};
use super::layer::Layer;
use super::problem::Problem;

/// A rule of one's own, as the engine needs it beyond what every rule has.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// The rule, like a built-in one.
    pub rule: Rule,
    /// The configuration file that it stands in; it holds where that file has a say.
    pub file: Arc<str>,
    /// Level before `[levels]` and the command line.
    pub level: LevelSetting,
    /// What a finding says was seen.
    pub message: String,
    /// Where a prohibition holds; everywhere in production code, if empty.
    pub within: Vec<Within>,
    /// The catalogue's entries made from its `apis`.
    pub apis: Vec<Api>,
}

/// Shapes that a rule of one's own may have.
pub const SHAPES: &[(Shape, &str)] = &[
    (Shape::Placement, "placement"),
    (Shape::Justification, "justification"),
    (Shape::Prohibition, "prohibition"),
    (Shape::Approval, "approval"),
    (Shape::Argument, "argument"),
    (Shape::Pairing, "pairing"),
];

/// Reads one `[[rule]]`.
pub fn read(layer: &Layer, written: &OwnRule, problems: &mut Vec<Problem>) -> Own {
    check(layer, written, problems);
    let id = written.id.get_ref();
    Own {
        file: layer.path.clone(),
        rule: Rule {
            id: id.clone().into(),
            level: if written.level == LevelSetting::Error { Level::Error } else { Level::Warning },
            group: Group::Default,
            languages: written.languages.clone().into(),
            since: Cow::Borrowed(""),
            shape: *written.shape.get_ref(),
            approvals: written.approvals,
            summary: written.message.clone().into(),
            why: written.why.clone().into(),
            help: written.help.clone().into(),
            page: page(layer, written).into(),
        },
        level: written.level,
        message: written.message.clone(),
        within: written.within.clone(),
        apis: written
            .apis
            .iter()
            .enumerate()
            .flat_map(|(index, path)| entries(written, index, path.get_ref()))
            .collect(),
    }
}

fn check(layer: &Layer, written: &OwnRule, problems: &mut Vec<Problem>) {
    let id = written.id.get_ref();
    let mut report = |span, message: String, help: &str| {
        problems.push(layer.problem(span, message, (!help.is_empty()).then(|| help.to_owned())));
    };
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(is_word) || id.starts_with('-') || id.ends_with('-') {
        report(
            written.id.span(),
            format!("`{id}` cannot be a rule's id"),
            "write lower-case words joined by `-`",
        );
    } else if runtime_policy_rules::rule(id).is_some() {
        report(
            written.id.span(),
            format!("`{id}` is a built-in rule"),
            "choose another id, or set the built-in rule's level in `[levels]`",
        );
    }
    if !SHAPES.iter().any(|(shape, _)| shape == written.shape.get_ref()) {
        let names: Vec<&str> = SHAPES.iter().map(|(_, name)| *name).collect();
        report(
            written.shape.span(),
            "a rule of one's own cannot have this shape".into(),
            &format!("choose one of `{}`", names.join("`, `")),
        );
    }
    if *written.shape.get_ref() == Shape::Approval && written.approvals == 0 {
        report(
            written.shape.span(),
            "a rule of the shape `approval` says how many people must approve".into(),
            "add `approvals = 1` or more",
        );
    }
    if !written.within.is_empty() && *written.shape.get_ref() != Shape::Prohibition {
        report(
            written.shape.span(),
            "`within` belongs to rules of the shape `prohibition`".into(),
            "change the shape or remove `within`",
        );
    }
    for path in &written.apis {
        if let Err(help) = check_path(path.get_ref()) {
            report(path.span(), format!("`{}` is not the path of an API", path.get_ref()), help);
        }
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    if go_path(path).is_some() {
        return Ok(());
    }
    let bare = path.strip_suffix('!').unwrap_or(path);
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if path.contains('(') {
        return Err("leave the brackets out; a method of Go's is written `(*example.com/pkg.Type).Method`");
    }
    if path.contains('.') {
        return Err("write the import path and the name: `github.com/getsentry/sentry-go.Init`");
    }
    if !bare.split("::").all(is_name) {
        return Err("write names joined by `::`, from the crate on: `launchdarkly::Client::new`");
    }
    if !bare.contains("::") {
        return Err("begin with the crate: `sentry::flush`, not `flush`");
    }
    Ok(())
}

/// What Go writes as `net/http.Serve`, `(*net/http.Client).Do` or `net/http.Client.Do`, in the catalogue's spelling; none
/// where it is no such path.
fn go_path(written: &str) -> Option<String> {
    let plain = match written.strip_prefix('(') {
        Some(method) => method.strip_prefix('*').unwrap_or(method).replacen(')', "", 1),
        None => written.to_owned(),
    };
    let last = plain.rfind('/').map_or(0, |slash| slash + 1);
    // A package may end in its version: `gopkg.in/yaml.v3`.
    let is_version = |part: &&str| part.len() > 1 && part[1..].bytes().all(|b| b.is_ascii_digit());
    let mut parts = plain[last..].split('.');
    let package = parts.next()?;
    let names: Vec<&str> = parts.skip_while(|part| part.starts_with('v') && is_version(part)).collect();
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let in_path = |c: char| c.is_ascii_alphanumeric() || "-_.~/".contains(c);
    let import = format!("{}{package}", &plain[..last]);
    let fits = matches!(names.len(), 1 | 2)
        && names.iter().all(is_name)
        && !package.is_empty()
        && import.chars().all(in_path);
    fits.then(|| format!("{}::{}", without_major(&import), names.join("::")))
}

/// What use of an API the shape is interested in; shapes find their entries by it.
fn effect(shape: Shape) -> Effect {
    match shape {
        Shape::Placement => Effect::Tuning,
        Shape::Justification => Effect::Pin,
        Shape::Approval => Effect::Disable,
        Shape::Argument => Effect::Rate,
        Shape::Pairing => Effect::CaptureGuard,
        _ => Effect::Gc,
    }
}

/// The catalogue's entries for one path: `Type::name` is both called as a function and on a receiver.
fn entries(written: &OwnRule, index: usize, path: &str) -> Vec<Api> {
    let go = go_path(path);
    let path = go.as_deref().unwrap_or(path);
    let mut segments = path.trim_end_matches('!').rsplit("::");
    let _name = segments.next();
    let parent = segments.next();
    let of_type = match go {
        Some(_) => segments.next().is_some(),
        None => parent.is_some_and(|parent| parent.starts_with(char::is_uppercase)),
    };
    let kinds: &[Kind] = match (path.ends_with('!'), of_type) {
        (true, _) => &[Kind::Macro],
        (false, true) => &[Kind::Constructor, Kind::Method],
        (false, false) => &[Kind::Function],
    };
    kinds
        .iter()
        .map(|kind| entry(written, &format!("{}.{index}", written.id.get_ref()), path, *kind))
        .collect()
}

fn entry(written: &OwnRule, id: &str, path: &str, kind: Kind) -> Api {
    let owner = path.rsplit_once("::").map(|(owner, _)| owner.to_owned());
    let package = path.split("::").next().unwrap_or_default().to_owned();
    let suffix = if kind == Kind::Method { ".method" } else { "" };
    Api {
        id: format!("{id}{suffix}").into(),
        rules: vec![Cow::Owned(written.id.get_ref().clone())].into(),
        package: package.into(),
        paths: vec![Cow::Owned(path.to_owned())].into(),
        kind,
        receiver: if kind == Kind::Method { owner.map(Cow::Owned) } else { None },
        of_trait: None,
        unambiguous: false,
        same_name_in: Cow::Borrowed(&[]),
        class: Class::Control,
        effect: effect(*written.shape.get_ref()),
        level: None,
        scope: None,
        platform: None,
        since: None,
        feature: None,
        arg: None,
        conditions: Cow::Borrowed(&[]),
        values: None,
        knob: written.knob.clone().map(Cow::Owned),
        pair: None,
        owner: None,
        keeps: None,
        parts: None,
        replacement: None,
        older: None,
        fix: false,
        reason: written.why.clone().into(),
        note: None,
        versions: None,
        verified: None,
        auxiliary: Some(false),
        beside: None,
        words: Cow::Borrowed(&[]),
    }
}

/// The page that `explain` shows.
fn page(layer: &Layer, written: &OwnRule) -> String {
    let mut page = format!(
        "# {}\n\nA rule of this repository's own, from `{}`.\n\n## What it does\n\nReports that {}.\n\n## Why\n\n{}\n\n## \
         Instead\n\n{}\n",
        written.id.get_ref(),
        layer.path,
        written.message,
        written.why,
        written.help,
    );
    if !written.apis.is_empty() {
        page.push_str("\n## APIs\n\n");
        for path in &written.apis {
            page.push_str(&format!("- `{}`\n", path.get_ref()));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_s_paths_are_understood_as_go_writes_them() {
        for (written, canonical) in [
            ("runtime.GC", "runtime::GC"),
            ("net/http.Serve", "net/http::Serve"),
            ("(*net/http.Client).Do", "net/http::Client::Do"),
            ("(net/http.Header).Set", "net/http::Header::Set"),
            ("github.com/getsentry/sentry-go.Init", "github.com/getsentry/sentry-go::Init"),
            (
                "github.com/launchdarkly/go-server-sdk/v7.MakeClient",
                "github.com/launchdarkly/go-server-sdk::MakeClient",
            ),
            ("gopkg.in/yaml.v3.Unmarshal", "gopkg.in/yaml::Unmarshal"),
            ("(*gopkg.in/yaml.v3.Decoder).Decode", "gopkg.in/yaml::Decoder::Decode"),
        ] {
            assert_eq!(go_path(written).as_deref(), Some(canonical), "{written}");
            assert_eq!(check_path(written), Ok(()), "{written}");
        }
        for wrong in ["tokio::spawn", "flush", "net/http", "net/http.", "a.b.c.d", "log!", "github.com/x/y"] {
            assert_eq!(go_path(wrong), None, "{wrong}");
        }
    }
}
