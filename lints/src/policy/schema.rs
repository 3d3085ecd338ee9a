//! The JSON Schema of `runtime-policy.toml`, for editors.

use runtime_policy_rules::{Class, Effect, Kind, Language};
use schemars::{Schema, SchemaGenerator, json_schema, schema_for};
use serde::Serialize;

use super::file::File;
use super::own::SHAPES;

/// The schema, as `config schema` prints it.
pub fn schema() -> serde_json::Value {
    schema_for!(File).to_value()
}

/// `[[api]]`: the columns that a team's own entries need. The catalogue knows more; they are allowed, not described.
pub(super) fn apis(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["id", "rules", "paths", "kind", "class", "effect"],
            "properties": {
                "id": { "type": "string", "description": "a name of its own" },
                "rules": strings("rules that use the entry, built-in ones or the team's own"),
                "crate": { "type": "string", "description": "the package in Cargo.toml" },
                "paths": strings("full paths, the canonical one first"),
                "kind": one_of(Kind::ALL),
                "receiver": { "type": "string", "description": "type of the receiver, for methods" },
                "class": one_of(Class::ALL),
                "effect": one_of(Effect::ALL),
                "knob": { "type": "string", "description": "identity of the setting, to find its second owner" },
                "replacement": { "type": "string", "description": "what to do instead" },
                "reason": { "type": "string", "description": "why it matters: one sentence" },
            },
        },
    })
}

/// The shapes that a rule of one's own may have.
pub(super) fn shape(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = SHAPES.iter().map(|(_, name)| *name).collect();
    json_schema!({ "type": "string", "enum": names })
}

/// A list of languages.
pub(super) fn languages(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": one_of(Language::ALL) })
}

fn strings(description: &str) -> serde_json::Value {
    serde_json::json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

fn one_of<T: Serialize>(values: &[T]) -> serde_json::Value {
    serde_json::json!({ "type": "string", "enum": values })
}
