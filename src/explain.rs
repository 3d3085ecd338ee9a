//! `explain`: a rule's page.

use std::process::ExitCode;

use crate::arguments::Common;
use crate::output::{self, Failure};
use crate::run;

/// Shows a rule's page: rendered on a terminal, as it is written elsewhere.
pub fn run(common: &Common, rule: &str) -> Result<ExitCode, Failure> {
    let root = run::root(common)?;
    let mut config = run::config(common)?;
    if config.rule(rule).is_none() {
        run::known(&config, &root, rule)?;
        config = run::with_nested(config, &root)?;
    }
    let page = config.rule(rule).map_or("", |rule| rule.page.as_ref()).trim();
    if output::is_on_terminal() {
        let skin = if output::color_on_stdout(common) {
            termimad::MadSkin::default()
        } else {
            termimad::MadSkin::no_style()
        };
        output::print(&format!("{}", skin.term_text(page)))?;
    } else {
        output::print(&format!("{page}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}
