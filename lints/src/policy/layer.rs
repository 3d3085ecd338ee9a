//! One configuration file made ready to be asked: globs compiled, names checked, its place in the tree known.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use toml::Spanned;

use super::file::{File, LevelSetting, Levels, Override};
use super::problem::{Problem, from_toml};

/// Where a configuration file stands, seen from the root of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// In the root (empty text), or above it: what leads from the file's folder to the root, `crates/web/`.
    Above(String),
    /// Below the root: what leads from the root to the file's folder, `crates/web/`.
    Below(String),
}

impl Folder {
    /// A path relative to the root of the run, made relative to the file's folder; none if it is not in there.
    pub fn relative<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        match self {
            Folder::Above(prefix) if prefix.is_empty() => Some(Cow::Borrowed(path)),
            Folder::Above(prefix) => Some(Cow::Owned(format!("{prefix}{path}"))),
            Folder::Below(prefix) => path.strip_prefix(prefix.as_str()).map(Cow::Borrowed),
        }
    }
}

/// Paths in the syntax of `.gitignore`.
#[derive(Debug, Clone)]
pub struct Globs(Option<Gitignore>);

impl Globs {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a file, or a folder that it lies in, matches.
    pub fn matches(&self, path: &str) -> bool {
        // `matched_path_or_any_parents` refuses absolute paths by panicking; ours are relative by construction.
        self.0.as_ref().is_some_and(|globs| {
            Path::new(path).is_relative() && globs.matched_path_or_any_parents(path, false).is_ignore()
        })
    }
}

/// Modules and files.
#[derive(Debug, Clone)]
pub struct Places {
    modules: Vec<String>,
    files: Globs,
}

impl Places {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty() && self.files.is_empty()
    }

    /// Whether an item (`my_crate::boot::init`) or the file that holds it is named.
    pub fn holds(&self, item: &str, file: &str) -> bool {
        self.modules.iter().any(|module| lies_in(item, module)) || self.files.matches(file)
    }
}

/// Whether `item` is `module` or within it; a leading `crate` in `module` stands for any crate.
fn lies_in(item: &str, module: &str) -> bool {
    let (item, module) = match module.strip_prefix("crate") {
        Some(rest) if rest.is_empty() || rest.starts_with("::") => {
            (&item[item.find("::").unwrap_or(item.len())..], rest)
        }
        _ => (item, module),
    };
    item.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A `[[override]]`.
#[derive(Debug, Clone)]
struct PathLevels {
    paths: Globs,
    except: Globs,
    levels: BTreeMap<String, LevelSetting>,
}

/// One configuration file, ready to be asked.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The file, as the user knows it.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Its keys.
    pub file: File,
    /// Where it stands.
    pub folder: Folder,
    /// What is not looked at.
    pub exclude: Globs,
    /// Start-up scope.
    pub owners: Places,
    /// Who may call runtime APIs.
    pub wrapper: Places,
    handlers: Vec<String>,
    levels: BTreeMap<String, LevelSetting>,
    overrides: Vec<PathLevels>,
}

impl Layer {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Every problem that the file shows by itself. Whether the rules that it names exist is not asked here, since
    /// another file may bring them.
    pub fn parse(path: Arc<str>, text: Arc<str>, folder: Folder) -> Result<Layer, Vec<Problem>> {
        let file: File =
            toml::from_str(&text).map_err(|error| vec![from_toml(path.clone(), text.clone(), &error)])?;
        let mut reader = Reader { path, text, problems: Vec::new() };
        let layer = Layer {
            exclude: reader.globs(&file.exclude),
            owners: reader.places(&file.startup.owners),
            wrapper: reader.places(&file.wrapper.modules),
            handlers: reader.names(&file.handlers.names),
            levels: plain(&file.levels),
            overrides: file.overrides.iter().map(|entry| reader.path_levels(entry)).collect(),
            path: reader.path.clone(),
            text: reader.text.clone(),
            folder,
            file,
        };
        reader.markers(&layer.file.generated);
        if reader.problems.is_empty() { Ok(layer) } else { Err(reader.problems) }
    }

    /// A problem at a place in this file.
    pub fn problem(&self, span: Range<usize>, message: String, help: Option<String>) -> Problem {
        Problem { path: self.path.clone(), text: self.text.clone(), span: Some(span), message, help }
    }

    /// Every rule id to which the file gives a level, with its place.
    pub fn named_rules(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.file.levels.keys().chain(self.file.overrides.iter().flat_map(|entry| entry.levels.keys()))
    }

    /// The level that `[levels]` gives a rule.
    pub fn level(&self, rule: &str) -> Option<LevelSetting> {
        self.levels.get(rule).copied()
    }

    /// The level that an `[[override]]` gives a rule for a path relative to the file's folder.
    pub fn path_level(&self, rule: &str, relative: &str) -> Option<LevelSetting> {
        self.overrides
            .iter()
            .rev()
            .filter(|entry| entry.paths.is_empty() || entry.paths.matches(relative))
            .filter(|entry| !entry.except.matches(relative))
            .find_map(|entry| entry.levels.get(rule).copied())
    }

    /// Whether `[handlers]` names any function.
    pub fn names_handlers(&self) -> bool {
        !self.handlers.is_empty()
    }

    /// Whether `[handlers]` names a function.
    pub fn is_handler_name(&self, name: &str) -> bool {
        self.handlers.iter().any(|pattern| wildcard(pattern, name))
    }
}

fn plain(levels: &Levels) -> BTreeMap<String, LevelSetting> {
    levels.iter().map(|(rule, level)| (rule.get_ref().clone(), *level.get_ref())).collect()
}

/// Whether `name` fits a pattern in which `*` stands for any characters.
fn wildcard(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| wildcard(tail, &rest[at..]))
}

/// Compiles a file's texts and collects what is wrong with them.
struct Reader {
    path: Arc<str>,
    text: Arc<str>,
    problems: Vec<Problem>,
}

impl Reader {
    fn problem(&mut self, span: Range<usize>, message: String, help: &str) {
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.problems.push(Problem {
            path: self.path.clone(),
            text: self.text.clone(),
            span: Some(span),
            message,
            help,
        });
    }

    fn globs(&mut self, globs: &[Spanned<String>]) -> Globs {
        if globs.is_empty() {
            return Globs(None);
        }
        let mut builder = GitignoreBuilder::new("");
        for glob in globs {
            let text = glob.get_ref().trim_start_matches("./");
            if text.is_empty() {
                self.problem(glob.span(), "an empty glob matches nothing".into(), "name files or folders");
            } else if let Err(error) = builder.add_line(None, text) {
                self.problem(
                    glob.span(),
                    format!("malformed glob: {error}"),
                    "globs are written as in `.gitignore`",
                );
            }
        }
        Globs(builder.build().ok())
    }

    fn places(&mut self, places: &[Spanned<String>]) -> Places {
        let is_module = |place: &str| place == "crate" || place.contains("::");
        let (modules, files): (Vec<_>, Vec<_>) =
            places.iter().cloned().partition(|place| is_module(place.get_ref()));
        for place in &files {
            if !place.get_ref().contains(['/', '*', '.']) {
                self.problem(
                    place.span(),
                    format!("`{}` is neither a module nor a file", place.get_ref()),
                    "name a module from its crate on (`crate::runtime`) or files by a glob (`src/boot/**`)",
                );
            }
        }
        Places { modules: modules.into_iter().map(Spanned::into_inner).collect(), files: self.globs(&files) }
    }

    fn names(&mut self, names: &[Spanned<String>]) -> Vec<String> {
        for name in names {
            let known = |c: char| c.is_alphanumeric() || c == '_' || c == '*';
            if name.get_ref().is_empty() || !name.get_ref().chars().all(known) {
                self.problem(
                    name.span(),
                    format!("`{}` is not the name of a function", name.get_ref()),
                    "write the bare name, with `*` for any characters: `handle_*`",
                );
            }
        }
        names.iter().map(|name| name.get_ref().clone()).collect()
    }

    fn markers(&mut self, markers: &[Spanned<String>]) {
        for marker in markers {
            if marker.get_ref().trim().len() < 3 {
                self.problem(
                    marker.span(),
                    "a marker of generated code has at least three characters".into(),
                    "shorter texts stand in comments by chance",
                );
            }
        }
    }

    fn path_levels(&mut self, entry: &Override) -> PathLevels {
        PathLevels {
            paths: self.globs(&entry.paths),
            except: self.globs(&entry.path_except),
            levels: plain(&entry.levels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crate_stands_for_any_crate_and_modules_hold_what_is_in_them() {
        assert!(lies_in("web::runtime::build", "crate::runtime"));
        assert!(lies_in("web::runtime", "crate::runtime"));
        assert!(lies_in("web::anything", "crate"));
        assert!(lies_in("web::runtime::build", "web::runtime::build"));
        assert!(!lies_in("web::runtime_extra::build", "crate::runtime"));
        assert!(!lies_in("other::runtime::build", "web::runtime"));
        assert!(!lies_in("crates::runtime", "crate::x"));
    }

    #[test]
    fn a_star_in_a_name_stands_for_any_characters() {
        assert!(wildcard("handle_*", "handle_upload"));
        assert!(wildcard("*_handler", "upload_handler"));
        assert!(wildcard("on*end", "on_the_end"));
        assert!(!wildcard("handle_*", "rehandle_x"));
        assert!(!wildcard("serve", "server"));
    }

    #[test]
    fn folders_translate_paths() {
        assert_eq!(
            Folder::Above("crates/web/".into()).relative("src/a.rs").as_deref(),
            Some("crates/web/src/a.rs")
        );
        assert_eq!(
            Folder::Below("crates/web/".into()).relative("crates/web/src/a.rs").as_deref(),
            Some("src/a.rs")
        );
        assert_eq!(Folder::Below("crates/web/".into()).relative("crates/webs/src/a.rs"), None);
    }
}
