//! The configuration of a run: every `runtime-policy.toml` that has a say, and the command line's selection.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use runtime_policy_rules::{Api, Group, Rule};

use super::FILE_NAME;
use super::file::LevelSetting;
use super::layer::{Folder, Layer};
use super::own::{self, Own};
use super::problem::{ConfigError, Problem, suggestion};
use crate::finding::Level;

/// Which rules the command line asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// These rules only, even those that are off by default; every rule, if empty.
    pub select: BTreeSet<String>,
    /// Not these.
    pub ignore: BTreeSet<String>,
    /// The pedantic rules too.
    pub pedantic: bool,
}

/// Gives the text of a file.
pub type Reader<'r> = dyn Fn(&Path) -> std::io::Result<String> + 'r;

/// Name that stands for all pedantic rules in `[levels]`.
pub const PEDANTIC: &str = "pedantic";

/// What the team has decided, for every path of a run.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The outermost first, parents before their children.
    layers: Vec<Layer>,
    own: Vec<Own>,
    apis: Vec<Api>,
    selection: Selection,
    takes_nested: bool,
}

impl Config {
    /// The configuration files in `root` and in the folders above it, up to one that says `root = true` or to the
    /// top of the repository.
    ///
    /// # Errors
    /// A file cannot be read or says something wrong.
    pub fn find(root: &Path) -> Result<Config, ConfigError> {
        Config::find_in(root, &super::regular::read)
    }

    /// As [`Config::find`], with files read by `read`, which is given absolute paths.
    ///
    /// # Errors
    /// As [`Config::find`].
    pub fn find_in(root: &Path, read: &Reader<'_>) -> Result<Config, ConfigError> {
        let mut found = Vec::new();
        let mut below = String::new();
        let mut folder = Some(root);
        while let Some(here) = folder {
            let file = here.join(FILE_NAME);
            let text = read(&file);
            if !matches!(&text, Err(error) if is_no_file(error)) {
                let up = "../".repeat(below.matches('/').count());
                let layer = layer(text, format!("{up}{FILE_NAME}").into(), Folder::Above(below.clone()))?;
                let is_root = layer.file.root;
                found.push(layer);
                if is_root {
                    break;
                }
            }
            if here.join(".git").exists() {
                break;
            }
            let Some(name) = here.file_name().and_then(|name| name.to_str()) else { break };
            below = format!("{name}/{below}");
            folder = here.parent();
        }
        found.reverse();
        Config { layers: found, takes_nested: true, ..Config::default() }.checked()
    }

    /// The one configuration file that the command line names; its globs are relative to the root of the run, and
    /// no other file is read.
    ///
    /// # Errors
    /// The file cannot be read or says something wrong.
    pub fn read(file: &Path) -> Result<Config, ConfigError> {
        let shown = file.to_string_lossy().replace('\\', "/");
        let layer = layer(std::fs::read_to_string(file), shown.into(), Folder::Above(String::new()))?;
        Config { layers: vec![layer], ..Config::default() }.checked()
    }

    /// A configuration from a text, as if it stood in the root of the run.
    ///
    /// # Errors
    /// It says something wrong.
    pub fn from_text(text: &str) -> Result<Config, ConfigError> {
        let layer =
            Layer::parse(FILE_NAME.into(), text.into(), Folder::Above(String::new())).map_err(ConfigError)?;
        Config { layers: vec![layer], takes_nested: true, ..Config::default() }.checked()
    }

    /// With the configuration files that were found below the root, given by their paths relative to it. A file that
    /// is known already, as the one in the root itself is, is left out.
    ///
    /// # Errors
    /// A file cannot be read or says something wrong.
    pub fn with_nested<'a>(
        self,
        root: &Path,
        files: impl IntoIterator<Item = &'a str>,
    ) -> Result<Config, ConfigError> {
        self.with_nested_in(root, files, &super::regular::read)
    }

    /// As [`Config::with_nested`], with files read by `read`, which is given absolute paths.
    ///
    /// # Errors
    /// As [`Config::with_nested`].
    pub fn with_nested_in<'a>(
        mut self,
        root: &Path,
        files: impl IntoIterator<Item = &'a str>,
        read: &Reader<'_>,
    ) -> Result<Config, ConfigError> {
        if !self.takes_nested {
            return Ok(self);
        }
        let mut nested: Vec<(&str, &str)> =
            files.into_iter().filter_map(|path| Some((path.strip_suffix(FILE_NAME)?, path))).collect();
        let is_known =
            |folder: &str| self.layers.iter().any(|layer| layer.folder == Folder::Below(folder.to_owned()));
        nested.retain(|(folder, _)| folder.ends_with('/') && !is_known(folder));
        nested.sort_unstable();
        nested.dedup();
        let mut problems = Vec::new();
        for (folder, path) in nested {
            match layer(read(&root.join(path)), path.into(), Folder::Below(folder.to_owned())) {
                Ok(layer) => self.layers.push(layer),
                Err(error) => problems.extend(error.0),
            }
        }
        if problems.is_empty() { self.checked() } else { Err(ConfigError(problems)) }
    }

    /// The files read so far and no others: further nested ones are not taken.
    pub fn alone(mut self) -> Config {
        self.takes_nested = false;
        self
    }

    /// With what the command line asks for.
    pub fn with_selection(mut self, selection: Selection) -> Config {
        self.selection = selection;
        self
    }

    /// Makes rules of one's own ready, and checks what only all files together can tell.
    fn checked(mut self) -> Result<Config, ConfigError> {
        let mut problems = Vec::new();
        self.own.clear();
        self.apis.clear();
        for layer in &self.layers {
            for written in &layer.file.rule {
                let own = own::read(layer, written, &mut problems);
                if self.own.iter().any(|other| other.rule.id == own.rule.id) {
                    let message = format!("the rule `{}` is defined twice", own.rule.id);
                    problems.push(layer.problem(
                        written.id.span(),
                        message,
                        Some("choose another id".into()),
                    ));
                }
                self.apis.extend(own.apis.iter().cloned());
                self.own.push(own);
            }
        }
        for layer in &self.layers {
            self.check_names(layer, &mut problems);
            if let (Some(limit), Folder::Below(_)) = (&layer.file.max_file_bytes, &layer.folder) {
                let message = "`max-file-bytes` holds for a whole run".to_owned();
                let help = "say it in the file at the root".to_owned();
                problems.push(layer.problem(limit.span(), message, Some(help)));
            }
            self.apis.extend(layer.file.api.iter().map(|api| api.get_ref().clone()));
        }
        if problems.is_empty() { Ok(self) } else { Err(ConfigError(problems)) }
    }

    fn check_names(&self, layer: &Layer, problems: &mut Vec<Problem>) {
        for name in layer.named_rules() {
            if name.get_ref() != PEDANTIC && self.rule(name.get_ref()).is_none() {
                problems.push(self.unknown_rule(layer, name.span(), name.get_ref()));
            }
        }
        let built_in =
            runtime_policy_rules::Language::ALL.iter().flat_map(|l| runtime_policy_rules::apis(*l));
        let mut ids: BTreeSet<&str> = if layer.file.api.is_empty() {
            BTreeSet::new()
        } else {
            built_in.map(|api| api.id.as_ref()).collect()
        };
        for entry in &layer.file.api {
            let api = entry.get_ref();
            for rule in api.rules.iter().filter(|rule| self.rule(rule).is_none()) {
                problems.push(self.unknown_rule(layer, entry.span(), rule));
            }
            if api.rules.is_empty() || api.paths.is_empty() {
                let message = format!(
                    "the API `{}` names no {}",
                    api.id,
                    if api.rules.is_empty() { "rule" } else { "path" }
                );
                problems.push(layer.problem(entry.span(), message, None));
            }
            if !ids.insert(&api.id) {
                let message = format!("the API `{}` is in the catalogue already", api.id);
                problems.push(layer.problem(entry.span(), message, Some("choose another id".into())));
            }
        }
    }

    fn unknown_rule(&self, layer: &Layer, span: std::ops::Range<usize>, rule: &str) -> Problem {
        let help = suggestion(rule, self.rules().map(|known| known.id.as_ref()))
            .unwrap_or_else(|| "`cargo runtime-policy rules` lists all rules".into());
        layer.problem(span, format!("unknown rule `{rule}`"), Some(help))
    }

    /// Bytes of the largest file that is read, if the team has said so.
    pub fn max_file_bytes(&self) -> Option<u64> {
        let said = self.layers.iter().rev().find_map(|layer| layer.file.max_file_bytes.as_ref())?;
        Some(u64::from(said.get_ref().get()))
    }

    /// Every rule, built-in ones and the team's own, sorted by id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let mut all: Vec<&Rule> =
            runtime_policy_rules::rules().iter().chain(self.own.iter().map(|own| &own.rule)).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.into_iter()
    }

    /// The rule of that id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        runtime_policy_rules::rule(id).or_else(|| self.own_rule(id).map(|own| &own.rule))
    }

    /// Rules of the team's own.
    pub fn own_rules(&self) -> &[Own] {
        &self.own
    }

    /// The rule of the team's own of that id.
    pub fn own_rule(&self, id: &str) -> Option<&Own> {
        self.own.iter().find(|own| own.rule.id == id)
    }

    /// Entries that `[[api]]` and `[[rule]]` add to the catalogue.
    pub fn apis(&self) -> &[Api] {
        &self.apis
    }

    /// The files that have a say on a path, the innermost first, with the path as each file sees it.
    pub(super) fn layers<'c>(
        &'c self,
        path: &'c str,
    ) -> impl Iterator<Item = (&'c Layer, std::borrow::Cow<'c, str>)> {
        let mut cut = false;
        self.layers
            .iter()
            .rev()
            .filter_map(move |layer| Some((layer, layer.folder.relative(path)?)))
            .take_while(move |(layer, _)| {
                let is_within = !cut;
                cut |= layer.file.root;
                is_within
            })
    }

    /// The level of a rule's findings in a file; none where the rule is off.
    ///
    /// `path` is relative to the root of the run, with `/`, here and below.
    pub fn level(&self, rule: &str, path: &str) -> Option<Level> {
        self.level_or(rule, path, None)
    }

    /// As [`Config::level`], for a place at which a pedantic rule has a level of its own where nothing is said of the
    /// rule or its group.
    pub fn level_or(&self, rule: &str, path: &str, here: Option<Level>) -> Option<Level> {
        let selection = &self.selection;
        let named = selection.select.contains(rule);
        if selection.ignore.contains(rule) || (!selection.select.is_empty() && !named) {
            return None;
        }
        let by_path = self.layers(path).find_map(|(layer, relative)| {
            layer
                .path_level(rule, &relative)
                .or_else(|| layer.level(rule))
                .map(|level| (layer, relative, level))
        });
        match by_path {
            Some((layer, relative, LevelSetting::Off)) => {
                // A rule named on the command line runs even where it is off by name, but not where a path is freed.
                let freed = layer.path_level(rule, &relative).is_some();
                (named && !freed).then_some(Level::Warning)
            }
            Some((_, _, setting)) => setting.level(),
            None => self.default_level(rule, path, named).or(here),
        }
    }

    fn default_level(&self, rule: &str, path: &str, named: bool) -> Option<Level> {
        if let Some(own) = self.own_rule(rule) {
            if !self.layers(path).any(|(layer, _)| layer.path == own.file) {
                return None;
            }
            return own.level.level().or_else(|| named.then_some(Level::Warning));
        }
        let built_in = runtime_policy_rules::rule(rule)?;
        let level = match built_in.level {
            runtime_policy_rules::Level::Error => Some(Level::Error),
            runtime_policy_rules::Level::Warning => Some(Level::Warning),
            runtime_policy_rules::Level::Off | runtime_policy_rules::Level::Pedantic => None,
        };
        if built_in.group == Group::Pedantic {
            let group = self.pedantic_level(path);
            return group.or_else(|| named.then_some(Level::Warning));
        }
        level.or_else(|| named.then_some(Level::Warning))
    }

    /// Whether a rule may say something in some file: it is on by default, or somebody has switched it on somewhere.
    pub fn may_be_on(&self, rule: &str) -> bool {
        let named = |name: &str| {
            self.layers.iter().any(|layer| layer.named_rules().any(|known| known.get_ref() == name))
        };
        self.selection.pedantic
            || self.selection.select.contains(rule)
            || self.default_level(rule, "", false).is_some()
            || named(rule)
            || named(PEDANTIC)
    }

    /// The level of pedantic rules and of an API's pedantic uses in a file; none where they are off.
    pub fn pedantic_level(&self, path: &str) -> Option<Level> {
        let configured = self.layers(path).find_map(|(layer, relative)| {
            layer.path_level(PEDANTIC, &relative).or_else(|| layer.level(PEDANTIC))
        });
        match configured {
            Some(LevelSetting::Off) | None => self.selection.pedantic.then_some(Level::Warning),
            Some(setting) => setting.level(),
        }
    }

    /// Whether the configuration names an item (`my_crate::boot::init`) or its file as start-up scope.
    pub fn is_startup_owner(&self, item: &str, path: &str) -> bool {
        self.layers(path).any(|(layer, relative)| layer.owners.holds(item, &relative))
    }

    /// Whether the configuration names the module or the file as one that may call runtime APIs.
    pub fn is_wrapper(&self, item: &str, path: &str) -> bool {
        self.layers(path).any(|(layer, relative)| layer.wrapper.holds(item, &relative))
    }

    /// Whether any wrapper module is named for a file.
    pub fn has_wrapper(&self, path: &str) -> bool {
        self.layers(path).any(|(layer, _)| !layer.wrapper.is_empty())
    }

    /// Whether reading (diagnostic) APIs belong into the wrapper as well.
    pub fn wraps_diagnostics(&self, path: &str) -> bool {
        self.layers(path).find_map(|(layer, _)| layer.file.wrapper.diagnostics).unwrap_or(false)
    }

    /// Whether the configuration says that functions of this name serve requests.
    pub fn is_handler_name(&self, name: &str, path: &str) -> bool {
        self.layers(path).any(|(layer, _)| layer.is_handler_name(name))
    }

    /// Whether some file names functions that serve requests.
    pub fn names_handlers(&self) -> bool {
        self.layers.iter().any(Layer::names_handlers)
    }

    /// Whether a file is not to be looked at.
    pub fn excluded(&self, path: &str) -> bool {
        self.layers(path).any(|(layer, relative)| layer.exclude.matches(&relative))
    }

    /// The globs of the configuration file in the root of the run, for the walk to leave out whole folders by. All
    /// others are asked for by [`Config::excluded`].
    pub fn walk_excludes(&self) -> Vec<String> {
        let in_root = |layer: &&Layer| layer.folder == Folder::Above(String::new());
        self.layers
            .iter()
            .filter(in_root)
            .flat_map(|layer| layer.file.exclude.iter().map(|glob| glob.get_ref().clone()))
            .collect()
    }

    /// Texts that mark a file as generated when they stand near its top, beyond the usual ones.
    pub fn generated_markers<'c>(&'c self, path: &'c str) -> impl Iterator<Item = &'c str> {
        self.layers(path)
            .flat_map(|(layer, _)| layer.file.generated.iter().map(|marker| marker.get_ref().as_str()))
    }

    /// Whether owners need an explicit keep-alive even where the language keeps them alive.
    pub fn strict_keep_alive(&self, path: &str) -> bool {
        self.layers(path).find_map(|(layer, _)| layer.file.keep_alive.strict).unwrap_or(false)
    }

    /// The configuration files of the run, the outermost first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.path.as_ref())
    }
}

/// Whether there is no configuration file of that name, but perhaps a folder.
fn is_no_file(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory)
}

fn layer(text: std::io::Result<String>, shown: Arc<str>, folder: Folder) -> Result<Layer, ConfigError> {
    match text {
        Ok(text) => Layer::parse(shown, text.into(), folder).map_err(ConfigError),
        Err(error) => Err(ConfigError(vec![Problem {
            path: shown,
            text: "".into(),
            span: None,
            message: format!("cannot read the configuration: {error}"),
            help: None,
        }])),
    }
}

#[cfg(test)]
mod tests;
