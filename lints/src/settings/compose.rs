//! Compose files: the `environment` of services, as a mapping or as a list.

use crate::facts::setting::Setting;
use crate::settings::shell::{assignment, value_of};
use crate::settings::yaml::scalars;
use crate::settings::{Settings, yaml};
use crate::source::Source;

/// The settings of a compose file.
pub(super) fn settings(source: &Source) -> Settings {
    let found = scalars(source)?;
    Ok(found.iter().filter_map(|scalar| of_scalar(source, scalar, "environment")).collect())
}

/// A variable in a mapping or list of that name; also in one kept for later under a key of one's own (`x-env`).
pub(super) fn of_scalar(source: &Source, scalar: &yaml::Scalar, name: &str) -> Option<Setting> {
    let holds = |key: &String| *key == name || key.starts_with("x-");
    match scalar.key {
        Some(key) => {
            let [.., holder, variable] = scalar.keys.as_slice() else { return None };
            holds(holder).then(|| Setting {
                name: variable.as_str().into(),
                value: value_of(&scalar.value).into(),
                span: key.join(scalar.span),
            })
        }
        None => scalar
            .keys
            .last()
            .filter(|key| holds(key))
            .and_then(|_| assignment(source.slice(scalar.span).trim_end(), scalar.span.start as usize)),
    }
}

#[cfg(test)]
mod tests {
    use crate::source::Source;

    #[test]
    fn mappings_lists_and_defaults_are_read() {
        let text = "services:\n  api:\n    environment:\n      A: 1\n      B: \"${B:-2}\"\n  db:\n    environment:\n      \
                    - C=3\n      - 'D=4 5'\n      - E\n    labels:\n      F: 6\n";
        let found = super::settings(&Source::new("compose.yaml".into(), text)).expect("YAML");
        let shown: Vec<String> = found
            .iter()
            .map(|found| format!("{}={} {}", found.name, found.value, &text[found.span.range()]))
            .collect();
        assert_eq!(shown, ["A=1 A: 1", "B=2 B: \"${B:-2}\"", "C=3 C=3", "D=4 5 D=4 5"]);
    }
}
