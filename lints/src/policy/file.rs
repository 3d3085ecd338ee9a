//! What a `runtime-policy.toml` may say: the keys and their types. Meaning is given to them in [`super::config`].

use std::collections::BTreeMap;

use runtime_policy_rules::{Api, Language, Shape};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::finding::Level;

/// One `runtime-policy.toml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(title = "runtime-policy.toml")]
pub struct File {
    /// Files of the same name in the folders above are not read.
    pub root: bool,
    /// What is not looked at, in the syntax of `.gitignore`, relative to this file's folder.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// Texts that mark a file as generated when they stand in a comment near its top.
    #[schemars(with = "Vec<String>")]
    pub generated: Vec<Spanned<String>>,
    /// Files larger than this many bytes are not read but named; 16777216 unless said. It holds for a whole run, so in
    /// folders below the root it is refused.
    #[schemars(with = "Option<std::num::NonZeroU32>")]
    pub max_file_bytes: Option<Spanned<std::num::NonZeroU32>>,
    /// Level by rule.
    #[schemars(with = "BTreeMap<String, LevelSetting>")]
    pub levels: Levels,
    /// Levels for some paths only; of several that match, the last one counts.
    #[serde(rename = "override")]
    pub overrides: Vec<Override>,
    /// Start-up scope.
    pub startup: Startup,
    /// The module that may call runtime APIs.
    pub wrapper: Wrapper,
    /// Functions that serve requests.
    pub handlers: Handlers,
    /// The rule `missing-keep-alive`.
    pub keep_alive: KeepAlive,
    /// Further entries for the catalogue, for built-in rules and rules of one's own.
    #[schemars(schema_with = "super::schema::apis")]
    pub api: Vec<Spanned<Api>>,
    /// Rules of one's own.
    pub rule: Vec<OwnRule>,
}

/// Rule ids with their levels.
pub type Levels = BTreeMap<Spanned<String>, Spanned<LevelSetting>>;

/// A level, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LevelSetting {
    /// The rule does not run.
    Off,
    /// Shown; never fails a run.
    Info,
    /// Shown; fails a run under `--deny-warnings`.
    Warning,
    /// Fails a run.
    Error,
}

impl LevelSetting {
    /// The level of findings; none for `off`.
    pub fn level(self) -> Option<Level> {
        match self {
            LevelSetting::Off => None,
            LevelSetting::Info => Some(Level::Info),
            LevelSetting::Warning => Some(Level::Warning),
            LevelSetting::Error => Some(Level::Error),
        }
    }
}

/// Levels for some paths.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Override {
    /// Where, in the syntax of `.gitignore`, relative to this file's folder; everywhere, if left out.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
    /// Where not.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub path_except: Vec<Spanned<String>>,
    /// Level by rule.
    #[schemars(with = "BTreeMap<String, LevelSetting>")]
    pub levels: Levels,
}

/// `[startup]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Startup {
    /// Modules and functions (`crate::runtime`, `my_crate::boot::init`) or files (`src/boot/**`) that run once,
    /// before the program serves.
    #[schemars(with = "Vec<String>")]
    pub owners: Vec<Spanned<String>>,
}

/// `[wrapper]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Wrapper {
    /// Modules (`crate::runtime`) or files (`src/runtime/**`) that may call runtime APIs themselves.
    #[schemars(with = "Vec<String>")]
    pub modules: Vec<Spanned<String>>,
    /// Reading (diagnostic) APIs belong into the wrapper as well.
    pub diagnostics: Option<bool>,
}

/// `[handlers]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Handlers {
    /// Names of functions that serve requests; `*` stands for any characters.
    #[schemars(with = "Vec<String>")]
    pub names: Vec<Spanned<String>>,
}

/// `[keep-alive]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KeepAlive {
    /// Owners need an explicit keep-alive after the last foreign call even where the language keeps them alive.
    pub strict: Option<bool>,
}

/// `[[rule]]`: a rule of one's own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OwnRule {
    /// Its id: lower-case words joined by `-`.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Its logic, shared with built-in rules.
    #[schemars(schema_with = "super::schema::shape")]
    pub shape: Spanned<Shape>,
    /// Full paths of the APIs that it is about: `launchdarkly::Client::new`, `log!`, `net/http.Serve`,
    /// `(*net/http.Client).Do`. What needs more than a path
    /// is an entry of `[[api]]` that names the rule.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub apis: Vec<Spanned<String>>,
    /// What a finding says was seen; starts lower case, ends without a full stop.
    pub message: String,
    /// Why it matters: one sentence.
    pub why: String,
    /// The one thing to do instead.
    pub help: String,
    /// Level of its findings.
    #[serde(default = "warning")]
    pub level: LevelSetting,
    /// Where a `prohibition` holds; everywhere in production code, if left out.
    #[serde(default)]
    pub within: Vec<Within>,
    /// The setting that all its APIs change: a `placement` then also reports a second owner.
    #[serde(default)]
    pub knob: Option<String>,
    /// How many people lift a finding by `approved-by`.
    #[serde(default)]
    pub approvals: u8,
    /// Languages that it judges; Rust alone, if left out.
    #[serde(default = "rust")]
    #[schemars(schema_with = "super::schema::languages")]
    pub languages: Vec<Language>,
}

fn warning() -> LevelSetting {
    LevelSetting::Warning
}

fn rust() -> Vec<Language> {
    vec![Language::Rust]
}

/// Where a `prohibition` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// In functions that serve a request.
    Handler,
    /// In loops.
    Loop,
}
