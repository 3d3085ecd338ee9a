//! What attributes say about an item, read from syntax or from an outline's text.

use crate::facts::Production;

/// Whether attributes keep an item out of production: `#[cfg(test)]`, `#[test]`, `#[bench]`.
pub(crate) fn production_of(attributes: &[syn::Attribute]) -> Option<Production> {
    attributes.iter().find_map(|attribute| {
        let path: Vec<String> =
            attribute.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
        let args = match &attribute.meta {
            syn::Meta::List(list) => list.tokens.to_string(),
            _ => String::new(),
        };
        verdict(path.last().map_or("", String::as_str), &args)
    })
}

/// As [`production_of`], for an attribute's text without its marks.
pub(crate) fn production_of_text(attribute: &str) -> Option<Production> {
    let (path, args) = attribute.split_once('(').unwrap_or((attribute, ""));
    let name = path.rsplit("::").next().unwrap_or(path).trim();
    verdict(name, args.trim_end_matches(')'))
}

fn verdict(name: &str, args: &str) -> Option<Production> {
    match name {
        "cfg" if mentions_test(args) => Some(Production::Test),
        "cfg_attr" => None,
        "bench" | "divan" => Some(Production::Bench),
        "test" | "rstest" | "test_case" | "quickcheck" | "wasm_bindgen_test" | "ctor_test" | "proptest" => {
            Some(Production::Test)
        }
        // `#[tokio::test]`, `#[actix_rt::test]`, `#[sqlx_test]`, `#[gpui::test]` and the like.
        other if other.ends_with("_test") => Some(Production::Test),
        _ => None,
    }
}

/// Whether a `cfg` predicate can only hold where `test` or a feature named for tests is on.
///
/// `not(test)` is the opposite; a word within `any(…)` next to others counts, since rules.md takes code under
/// `any(test, feature = "testing")` for test code.
fn mentions_test(predicate: &str) -> bool {
    let compact: String = predicate.chars().filter(|c| !c.is_whitespace()).collect();
    let positive = without_negations(&compact);
    positive.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).any(|word| {
        matches!(
            word,
            "test"
                | "tests"
                | "testing"
                | "test-utils"
                | "test_utils"
                | "madsim"
                | "loom"
                | "fuzz"
                | "fuzzing"
        )
    })
}

fn without_negations(predicate: &str) -> String {
    let mut out = String::new();
    let mut rest = predicate;
    while let Some(at) = rest.find("not(") {
        out.push_str(&rest[..at]);
        let mut depth = 0usize;
        let end = rest[at..].char_indices().find_map(|(offset, c)| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(offset);
                    }
                }
                _ => {}
            }
            None
        });
        let Some(end) = end else { return out };
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

/// Whether a `cfg` attribute's text limits code to debug builds.
pub(crate) fn debug_only(attribute: &str) -> bool {
    attribute.starts_with("cfg(debug_assertions")
}

/// Whether a `cfg` attribute's text asks for a feature.
pub(crate) fn feature_gated(attribute: &str) -> bool {
    attribute.starts_with("cfg(") && attribute.contains("feature") && !attribute.contains("not(feature")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_code_is_told_from_production() {
        for text in [
            "cfg(test)",
            "cfg(all(test, unix))",
            "cfg(any(test, feature = \"testing\"))",
            "cfg(fuzzing)",
            "cfg(feature = \"fuzzing\")",
            "tokio::test",
            "test",
        ] {
            assert_eq!(production_of_text(text), Some(Production::Test), "{text}");
        }
        for text in [
            "cfg(not(test))",
            "cfg(unix)",
            "cfg(feature = \"contest\")",
            "inline",
            "cfg(all(unix, not(test)))",
        ] {
            assert_eq!(production_of_text(text), None, "{text}");
        }
    }
}
