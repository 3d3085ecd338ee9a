//! The check run: the verdict that a branch's protection can ask for, and annotations for what comments don't say.

use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

use runtime_policy_lints::finding::Level;
use runtime_policy_lints::visible::visible;

use crate::body;
use crate::escape::markdown::cut;
use crate::remark::Remark;
use crate::review::Verdict;

/// The name that a branch's protection asks for.
pub const NAME: &str = "runtime-policy";
/// Most annotations that GitHub takes at once.
pub const BATCH: usize = 50;
/// Most characters of an annotation's parts, of which GitHub takes 64 KB together.
const MOST_MESSAGE: usize = 8_000;
/// Most characters of an annotation's title.
const MOST_TITLE: usize = 255;

/// A check run as it is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckRun {
    head: String,
    conclusion: &'static str,
    title: String,
    summary: String,
    annotations: Vec<Value>,
    again: Option<String>,
}

impl CheckRun {
    /// A check run on `head`. `summary` is Markdown of at most [`body::MOST`] characters.
    pub fn new(head: &str, verdict: Verdict, title: String, summary: String, said: &[&Remark]) -> CheckRun {
        let conclusion = match verdict {
            Verdict::Clean => "success",
            Verdict::Findings => "failure",
            // Unlike `neutral`, this does not let a change pass.
            Verdict::Incomplete => "timed_out",
        };
        let annotations = said.iter().map(|remark| annotation(remark)).collect();
        CheckRun { head: head.to_owned(), conclusion, title, summary, annotations, again: None }
    }

    /// The same, asked for once more by `again`: GitHub waits for a new run then, even if it says nothing new.
    pub fn again(self, again: Option<&str>) -> CheckRun {
        CheckRun { again: again.map(str::to_owned), ..self }
    }

    /// Whether a run that GitHub knows by `id` says what this one is to say, and answers whoever has asked again.
    pub fn is(&self, id: &str) -> bool {
        match self.again {
            Some(_) => id == self.id(),
            None => id.split('-').next() == Some(&*self.content()),
        }
    }

    /// What tells this run from others.
    fn id(&self) -> String {
        match &self.again {
            Some(again) => format!("{}-{again}", self.content()),
            None => self.content(),
        }
    }

    /// What tells this run from one that says something else: 32 hexadecimal digits.
    fn content(&self) -> String {
        let all = json!([self.head, self.conclusion, self.title, self.summary, self.annotations]);
        format!("{:032x}", xxh3_128(all.to_string().as_bytes()))
    }

    /// The body that creates it: finished, if all of it fits, else with its first annotations.
    pub fn create(&self) -> Value {
        let (now, later) = self.annotations.split_at(self.annotations.len().min(BATCH));
        let mut body = json!({ "name": NAME, "head_sha": self.head, "external_id": self.id() });
        self.fill(&mut body, now, later.is_empty());
        body
    }

    /// The bodies that finish a run that has some annotations already, as GitHub lists them: GitHub adds what it is
    /// sent, so nothing may be sent twice.
    pub fn finish(&self, there: &[Value]) -> Vec<Value> {
        let mut there: Vec<Value> = there.iter().map(identity).collect();
        let mut missing: Vec<Value> = Vec::new();
        for annotation in &self.annotations {
            match there.iter().position(|known| *known == identity(annotation)) {
                Some(at) => drop(there.swap_remove(at)),
                None => missing.push(annotation.clone()),
            }
        }
        let mut batches: Vec<&[Value]> = missing.chunks(BATCH).collect();
        if batches.is_empty() {
            batches.push(&[]);
        }
        let last = batches.len() - 1;
        let body = |(index, batch): (usize, &&[Value])| {
            let mut body = json!({});
            self.fill(&mut body, batch, index == last);
            body
        };
        batches.iter().enumerate().map(body).collect()
    }

    fn fill(&self, body: &mut Value, annotations: &[Value], is_last: bool) {
        body["output"] = json!({ "title": self.title, "summary": self.summary, "annotations": annotations });
        if is_last {
            body["status"] = "completed".into();
            body["conclusion"] = self.conclusion.into();
        } else {
            body["status"] = "in_progress".into();
        }
    }
}

/// What two annotations must share to be the same one.
fn identity(annotation: &Value) -> Value {
    json!([annotation["path"], annotation["start_line"], annotation["title"], annotation["message"]])
}

fn annotation(remark: &Remark) -> Value {
    let level = match remark.level {
        Level::Error => "failure",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let parts = [&remark.message, &remark.why, &remark.help].map(|part| visible(part));
    let message = cut(&parts.join("\n"), MOST_MESSAGE).into_owned();
    let title = format!("{} ({})", remark.rule, body::level(remark.level));
    let mut annotation = json!({
        "path": remark.path,
        "start_line": remark.line,
        "end_line": remark.last_line(),
        "annotation_level": level,
        "message": message,
        "title": cut(&title, MOST_TITLE),
    });
    // GitHub refuses columns of annotations over more than one line.
    if remark.line == remark.end_line && remark.column < remark.end_column {
        annotation["start_column"] = remark.column.into();
        annotation["end_column"] = remark.end_column.into();
    }
    annotation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remark::tests::remark;

    fn run(findings: u32) -> CheckRun {
        let remarks: Vec<Remark> = (1..=findings).map(|line| remark("manual-gc", "src/a.rs", line)).collect();
        let said: Vec<&Remark> = remarks.iter().collect();
        CheckRun::new(&"1".repeat(40), Verdict::Findings, "t".to_owned(), "s".to_owned(), &said)
    }

    fn annotations(body: &Value) -> Vec<Value> {
        body["output"]["annotations"].as_array().cloned().unwrap_or_default()
    }

    #[test]
    fn what_fits_is_finished_at_once() {
        let body = run(50).create();
        assert_eq!((&body["status"], &body["conclusion"]), (&json!("completed"), &json!("failure")));
        assert_eq!(annotations(&body).len(), 50);
    }

    #[test]
    fn what_does_not_fit_comes_in_batches_and_only_the_last_one_concludes() {
        let run = run(120);
        let first = run.create();
        assert_eq!(first["conclusion"], Value::Null);
        let rest = run.finish(&annotations(&first));
        let sizes: Vec<usize> = rest.iter().map(|body| annotations(body).len()).collect();
        assert_eq!(sizes, [50, 20]);
        let concluded: Vec<bool> = rest.iter().map(|body| !body["conclusion"].is_null()).collect();
        assert_eq!(concluded, [false, true]);
    }

    #[test]
    fn after_a_crash_only_what_is_missing_is_sent() {
        let run = run(120);
        let mut there = annotations(&run.create());
        there.extend(annotations(&run.finish(&there)[0]));
        let rest = run.finish(&there);
        assert_eq!((rest.len(), annotations(&rest[0]).len()), (1, 20));
        there.extend(annotations(&rest[0]));
        let rest = run.finish(&there);
        assert_eq!((rest.len(), annotations(&rest[0]).len()), (1, 0), "only the conclusion is missing");
    }

    #[test]
    fn the_id_changes_with_what_is_said() {
        assert!(run(3).is(&run(3).id()));
        assert!(!run(3).is(&run(4).id()));
    }

    #[test]
    fn whoever_asks_again_gets_a_run_and_nobody_else_another_one() {
        let asked = run(3).again(Some("one"));
        assert!(!asked.is(&run(3).id()));
        assert!(asked.is(&asked.id()) && run(3).is(&asked.id()));
        assert!(!run(3).again(Some("two")).is(&asked.id()));
    }
}
