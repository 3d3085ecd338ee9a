//! `init --git-hook`: a check before each commit.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use runtime_policy_lints::change;
use runtime_policy_lints::visible::visible;

use crate::arguments::Common;
use crate::config::write_new;
use crate::output::{self, Failure};
use crate::run;

/// What the hook runs.
const CHECK: &str = "cargo-runtime-policy check --staged";

/// Writes a pre-commit hook, if there is none and no other tool keeps the repository's hooks.
pub fn init(common: &Common) -> Result<ExitCode, Failure> {
    let hooks = change::hooks(&run::root(common)?)?;
    let file = hooks.folder.join("pre-commit");
    let shown = file.to_string_lossy();
    let check = match hooks.prefix.trim_end_matches('/') {
        "" => CHECK.to_owned(),
        folder => format!("{CHECK} --root '{}'", folder.replace('\'', r"'\''")),
    };
    if hooks.is_set {
        let folder = hooks.folder.to_string_lossy();
        let message = format!(
            "hooks are kept in `{}` (core.hooksPath), by another tool perhaps; let its pre-commit run `{check}`",
            visible(&folder)
        );
        return Err(Failure::new(message));
    }
    let write = || {
        std::fs::create_dir_all(&hooks.folder)?;
        write_new(&file, &text(&check))?;
        make_executable(&file)
    };
    match write() {
        Ok(()) => {
            output::say(&format!("wrote `{}`", visible(&shown)));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::new(format!(
            "`{}` is there already and stays as it is; let it run `{check}`",
            visible(&shown)
        ))),
        Err(error) => Err(Failure::new(format!("cannot write `{}`: {error}", visible(&shown)))),
    }
}

fn text(check: &str) -> String {
    format!(
        "#!/bin/sh\n\
         # What the commit brings against the runtime policy; `git commit --no-verify` passes it by.\n\
         # Programs with windows run hooks without the search path of a shell.\n\
         PATH=\"$PATH:${{CARGO_HOME:-$HOME/.cargo}}/bin\"\n\
         exec {check}\n"
    )
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

/// Git runs hooks by their first line there.
#[cfg(not(unix))]
fn make_executable(_file: &Path) -> std::io::Result<()> {
    Ok(())
}
