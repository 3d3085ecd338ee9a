//! Environment settings in the files that start a process or build it: container, unit and workflow files, scripts,
//! Makefiles.
//!
//! What an operator sets there is start-up configuration; the same rules judge its values as judge code's. One file a
//! kind reads [`Setting`]s; comments begin with `#` in all of them.

mod comments;
mod compose;
mod dockerfile;
mod linked;
mod makefile;
mod shell;
mod systemd;
mod workflow;
mod yaml;

use rayon::prelude::*;
use runtime_policy_rules::environment;

use crate::facts::comment::Comment;
use crate::facts::setting::Setting;
use crate::facts::{FileFacts, FileIndex};
use crate::finding::Notice;
use crate::select::Selector;
use crate::source::Source;
use crate::workspace::{FileKind, Role, Workspace};

/// A file with what it sets.
pub(crate) struct Read {
    pub source: Source,
    pub comments: Vec<Comment>,
    pub facts: FileFacts,
}

/// Settings or, where the file cannot be read as what its name says, why not: line and column from 1.
type Settings = Result<Vec<Setting>, (u32, u32, String)>;

/// The files that set a variable which some rule is about, in the order of the workspace; with `select` those that name
/// none are not looked at any further. Files of tests and examples start nothing in production.
pub(crate) fn review(workspace: &Workspace, select: bool) -> (Vec<Read>, Vec<Notice>) {
    let files = &workspace.files;
    if !files.iter().any(|file| matches!(file.kind, FileKind::Rust | FileKind::Go)) {
        return (Vec::new(), Vec::new());
    }
    let selector = Selector::new(names());
    let wanted = |file: &FileIndex| {
        let entry = &files[*file as usize];
        entry.reported && entry.role == Role::Production && comments::trailing(entry.kind).is_some()
    };
    let read: Vec<Result<Option<Read>, Notice>> = (0..files.len() as FileIndex)
        .into_par_iter()
        .filter(wanted)
        .map(|file| read(workspace, file, &selector, select))
        .collect();
    let (mut found, mut notices) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(read) => found.extend(read),
            Err(notice) => notices.push(notice),
        }
    }
    (found, notices)
}

/// Words of what some rule judges: variables, and flags of the linker.
fn names() -> impl Iterator<Item = String> {
    let judged = environment().filter(|known| !known.conditions.is_empty());
    // Files that only address the tool are read too: their suppressions lift nothing and are reported.
    let others = ["runtime-policy", "ldflags", "LDFLAGS"];
    judged.map(|known| known.name.to_string()).chain(others.map(str::to_owned))
}

fn read(
    workspace: &Workspace,
    file: FileIndex,
    selector: &Selector,
    select: bool,
) -> Result<Option<Read>, Notice> {
    let entry = &workspace.files[file as usize];
    let source = workspace.read(entry)?;
    let named = !selector.find(&source.text).places.is_empty();
    if select && !named {
        return Ok(None);
    }
    let settings = match entry.kind {
        FileKind::Dockerfile => Ok(dockerfile::settings(&source.text)),
        FileKind::Compose => compose::settings(&source),
        FileKind::SystemdUnit => Ok(systemd::settings(&source.text)),
        FileKind::Shell => Ok(shell::settings(&source.text, 0)),
        FileKind::Workflow => workflow::settings(&source),
        FileKind::Makefile => Ok(makefile::settings(&source.text)),
        FileKind::Goreleaser => Ok(Vec::new()),
        FileKind::Rust | FileKind::Go | FileKind::Policy => return Ok(None),
    };
    let settings = match settings {
        Ok(settings) => settings,
        Err((line, column, why)) if named => {
            let message = format!("was not read for settings: {why}");
            return Err(Notice { path: source.path.clone(), place: Some((line, column)), message });
        }
        Err(_) => return Ok(None),
    };
    let trailing = comments::trailing(entry.kind).unwrap_or(false);
    let comments = comments::comments(&source, trailing);
    let linked = linked::linked(&source.text, trailing);
    let facts = FileFacts { file, settings, linked, ..FileFacts::default() };
    Ok(Some(Read { source, comments, facts }))
}
