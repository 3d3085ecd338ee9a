//! Workflow files: `env` of the workflow, its jobs and steps, and assignments in `run`.

use crate::settings::yaml::scalars;
use crate::settings::{Settings, compose, shell};
use crate::source::Source;

/// The settings of a workflow.
pub(super) fn settings(source: &Source) -> Settings {
    let mut found = Vec::new();
    for scalar in scalars(source)? {
        if scalar.keys.last().is_some_and(|key| key == "run") {
            found.extend(shell::settings(source.slice(scalar.span), scalar.span.start as usize));
        } else {
            found.extend(compose::of_scalar(source, &scalar, "env"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::source::Source;

    #[test]
    fn environments_and_scripts_are_read() {
        let text = "env:\n  A: 1\njobs:\n  build:\n    env: { B: '2' }\n    steps:\n      - run: |\n          export C=3\n          \
                    D=4 cargo test\n      - run: E=5 ./serve\n        env:\n          F: 6\n";
        let found = super::settings(&Source::new(".github/workflows/ci.yml".into(), text)).expect("YAML");
        let shown: Vec<String> =
            found.iter().map(|found| format!("{}={}", found.name, found.value)).collect();
        assert_eq!(shown, ["A=1", "B=2", "C=3", "E=5", "F=6"]);
    }
}
