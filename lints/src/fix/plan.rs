//! Which fixes of a report can be applied together, and what files look like afterwards.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::finding::{Applicability, Edit, Fix, Report, digest};

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path relative to the root of the run.
    pub path: Arc<str>,
    /// As it is.
    pub before: String,
    /// As it will be.
    pub after: String,
}

/// A fix that is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The file that stands in the way.
    pub path: Arc<str>,
    /// Why; starts lower case, ends without a full stop.
    pub reason: &'static str,
}

/// One round.
#[derive(Debug, Default)]
pub struct Plan {
    /// Sorted by path.
    pub changes: Vec<Change>,
    /// Sorted by path, each once. Fixes that only overlap others are not among them: the next round takes them.
    pub refused: Vec<Refusal>,
    /// How many fixes the changes hold.
    pub fixes: usize,
}

/// A file with the edits accepted so far.
struct File {
    before: String,
    edits: Vec<Edit>,
    after: String,
}

/// Chooses fixes in the report's order.
pub fn plan(root: &Path, report: &Report, unsafe_fixes: bool) -> Plan {
    let mut files: BTreeMap<Arc<str>, Result<File, &'static str>> = BTreeMap::new();
    let mut plan = Plan::default();
    let wanted = |fix: &&Fix| unsafe_fixes || fix.applicability == Applicability::Safe;
    let mut taken: Vec<&Fix> = Vec::new();
    for fix in report.findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(wanted) {
        // Two findings may ask for the same mend.
        if taken.contains(&fix) {
            continue;
        }
        for edit in &fix.edits {
            files.entry(edit.path.clone()).or_insert_with(|| open(root, &edit.path, report));
        }
        match add(&mut files, fix) {
            Ok(true) => taken.push(fix),
            Ok(false) => {}
            Err(refusal) => plan.refused.push(refusal),
        }
    }
    plan.fixes = taken.len();
    plan.refused.sort();
    plan.refused.dedup();
    for (path, file) in files {
        if let Ok(file) = file
            && file.before != file.after
        {
            plan.changes.push(Change { path, before: file.before, after: file.after });
        }
    }
    plan
}

fn open(root: &Path, path: &str, report: &Report) -> Result<File, &'static str> {
    let Ok(before) = std::fs::read_to_string(root.join(path)) else { return Err("it cannot be read again") };
    if report.digests.get(path) != Some(&digest(&before)) {
        return Err("it has changed since it was checked");
    }
    if !parses(path, &before) {
        return Err("it does not parse, so a fix could not be checked");
    }
    Ok(File { edits: Vec::new(), after: before.clone(), before })
}

/// Adds a fix to the files; false if it would touch what another fix edits.
fn add(files: &mut BTreeMap<Arc<str>, Result<File, &'static str>>, fix: &Fix) -> Result<bool, Refusal> {
    let mut changed: Vec<(Arc<str>, Vec<Edit>, String)> = Vec::new();
    for edits in fix.edits.chunk_by(|a, b| a.path == b.path) {
        let path = &edits[0].path;
        let refuse = |reason| Err(Refusal { path: path.clone(), reason });
        let file = match files.get(path) {
            Some(Ok(file)) => file,
            Some(Err(reason)) => return refuse(reason),
            None => return refuse("it cannot be read again"),
        };
        let mut all = file.edits.clone();
        all.extend(edits.iter().cloned());
        all.sort_by_key(|edit| (edit.start, edit.end));
        if all.windows(2).any(|pair| touch(&pair[0], &pair[1])) {
            return Ok(false);
        }
        let Some(after) = apply(&file.before, &all) else { return refuse("a fix lies outside its text") };
        if !parses(path, &after) {
            return refuse("a fix would leave code that does not parse");
        }
        changed.push((path.clone(), all, after));
    }
    for (path, edits, after) in changed {
        if let Some(Ok(file)) = files.get_mut(&path) {
            (file.edits, file.after) = (edits, after);
        }
    }
    Ok(true)
}

/// Whether two edits, in order of place, overlap or insert at the same place.
fn touch(first: &Edit, second: &Edit) -> bool {
    second.start < first.end || second.start == first.start
}

fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        result.push_str(text.get(at..edit.start as usize)?);
        text.get(edit.start as usize..edit.end as usize)?;
        result.push_str(&edit.replacement);
        at = edit.end as usize;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

/// Whether a Rust file parses. Files that are not code cannot be broken that way.
fn parses(path: &str, text: &str) -> bool {
    !path.ends_with(".rs") || syn::parse_file(text).is_ok()
}
