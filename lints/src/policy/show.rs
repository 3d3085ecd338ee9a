//! The policy in force, as `config show` prints it.

use std::fmt::Write as _;

use super::config::Config;
use crate::finding::Level;

impl Config {
    /// What holds for one path: the files that say so, and then, in the form of a configuration file, every rule's
    /// level and every list.
    pub fn show(&self, path: &str) -> String {
        let mut text = format!("# what holds for {path}\n");
        let mut files: Vec<&str> = self.layers(path).map(|(layer, _)| layer.path.as_ref()).collect();
        files.reverse();
        let from =
            if files.is_empty() { "no file; these are the defaults".to_owned() } else { files.join(", ") };
        text.push_str(&format!("# from {from}\n\n"));
        let places = |name, of: &dyn Fn(&super::file::File) -> Vec<String>| {
            let mut all: Vec<String> = self.layers(path).flat_map(|(layer, _)| of(&layer.file)).collect();
            all.sort();
            all.dedup();
            format!("{name} = {}\n", toml::Value::from(all))
        };
        let plain =
            |texts: &[toml::Spanned<String>]| texts.iter().map(|text| text.get_ref().clone()).collect();
        text.push_str(&places("exclude", &|file| plain(&file.exclude)));
        text.push_str(&places("generated", &|file| plain(&file.generated)));
        text.push_str("\n[levels]\n");
        for rule in self.rules() {
            let level = match self.level(&rule.id, path) {
                Some(Level::Error) => "error",
                Some(Level::Warning) => "warning",
                Some(Level::Info) => "info",
                None => "off",
            };
            let _ = writeln!(text, "{} = \"{level}\"", rule.id);
        }
        text.push_str("\n[startup]\n");
        text.push_str(&places("owners", &|file| plain(&file.startup.owners)));
        text.push_str("\n[wrapper]\n");
        text.push_str(&places("modules", &|file| plain(&file.wrapper.modules)));
        let _ = writeln!(text, "diagnostics = {}", self.wraps_diagnostics(path));
        text.push_str("\n[handlers]\n");
        text.push_str(&places("names", &|file| plain(&file.handlers.names)));
        let _ = writeln!(text, "\n[keep-alive]\nstrict = {}", self.strict_keep_alive(path));
        text
    }
}
