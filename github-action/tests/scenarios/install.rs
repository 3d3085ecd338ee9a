//! How the action puts the bot on a runner: `github-action/install`, with a network and a compiler that are made up.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What the release's server gives, whatever it is asked for.
const RELEASED: &str = "#!/bin/sh\necho released\n";
const CHECKSUM: &str = "0b9a8c1f47d3b2a3d1a1f4b3b1ac9f3ff9a2a5f62b4c3a1c2c1c1e3a0f7b6d5e";

struct Runner {
    folder: TempDir,
}

impl Runner {
    /// A runner with the action on it, which knows this checksum of the binary for Linux.
    fn new(checksum: Option<&str>) -> Runner {
        let runner = Runner { folder: TempDir::new().expect("a folder") };
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["src", "lints", "rules", "bin", "temp", "github-action"] {
            std::fs::create_dir(runner.at(folder)).expect("a folder");
        }
        std::fs::copy(here.join("install"), runner.at("github-action/install")).expect("the script");
        std::fs::copy(here.join("../Cargo.toml"), runner.at("Cargo.toml")).expect("the version");
        runner.write("Cargo.lock", "");
        runner.write("released", RELEASED);
        let name = concat!("runtime-policy-bot-", env!("CARGO_PKG_VERSION"), "-x86_64-unknown-linux-musl");
        let line = checksum.map_or_else(String::new, |sum| format!("{sum}  {name}\n"));
        runner.write("github-action/checksums.txt", &format!("# Checksums.\n{line}"));
        let root = runner.folder.path().display();
        runner.program(
            "curl",
            &format!("printf '%s' \"$*\" >{root}/asked; while [ \"$1\" != --output ]; do shift; done; cp {root}/released \"$2\""),
        );
        runner.program(
            "cargo",
            "while [ \"$1\" != --target-dir ]; do shift; done; mkdir -p \"$2/release\"; \
             printf '#!/bin/sh\\necho built\\n' >\"$2/release/runtime-policy-bot\"; \
             chmod +x \"$2/release/runtime-policy-bot\"",
        );
        runner
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.at(path), text).expect("a file");
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.at("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("rights");
    }

    fn run(&self, step: &str, input: &str, bot: &str) -> Output {
        let path = std::env::var("PATH").expect("a search path");
        Command::new("bash")
            .arg(self.at("github-action/install"))
            .arg(step)
            .env("PATH", format!("{}:{path}", self.at("bin").display()))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("RUNNER_TEMP", self.at("temp"))
            .env("GITHUB_OUTPUT", self.at("outputs"))
            .env("GITHUB_SERVER_URL", "https://github.example")
            .env("INSTALL", input)
            .env("BOT", bot)
            .output()
            .expect("bash")
    }

    /// One of the outputs of a step.
    fn output(&self, name: &str) -> String {
        let all = std::fs::read_to_string(self.at("outputs")).expect("outputs");
        let mut values = all.lines().rev().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.next().expect("the output").to_owned()
    }

    /// Installs as action.yml does; what the bot then says.
    fn install(&self, input: &str) -> Result<String, String> {
        let out = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
        let chosen = self.run("choose", input, "");
        assert!(chosen.status.success(), "{chosen:?}");
        let (how, bot) = (self.output("how"), self.output("bot"));
        let installed = self.run(&how, input, &bot);
        if !installed.status.success() {
            assert!(!Path::new(&bot).exists(), "what is refused is not left to be run");
            return Err(out(&installed));
        }
        Ok(out(&Command::new(bot).output().expect("a program")))
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_released_binary_is_taken_if_its_checksum_is_known() {
    let runner = Runner::new(Some(&sha256(RELEASED)));
    assert_eq!(runner.install("auto"), Ok("released\n".to_owned()));
    let asked = std::fs::read_to_string(runner.at("asked")).expect("it was asked for");
    let version = env!("CARGO_PKG_VERSION");
    let address =
        format!("https://github.example/runtime-policy/runtime-policy/releases/download/v{version}/");
    assert!(asked.contains(&address) && asked.contains("--proto =https"), "{asked}");
}

#[test]
fn a_binary_with_another_checksum_is_refused() {
    let refused = Runner::new(Some(CHECKSUM)).install("auto");
    assert!(refused.as_ref().is_err_and(|said| said.contains("another checksum")), "{refused:?}");
}

/// As it is before the first release.
#[test]
fn where_no_binary_is_known_the_action_s_own_source_is_built() {
    let runner = Runner::new(None);
    assert_eq!(runner.install("auto"), Ok("built\n".to_owned()));
    let refused = runner.run("binary", "binary", &runner.at("temp/other").display().to_string());
    assert!(String::from_utf8_lossy(&refused.stdout).contains("use `install: source`"), "{refused:?}");
}

#[test]
fn what_was_built_is_kept_until_the_source_changes() {
    let runner = Runner::new(None);
    let key = || {
        runner.run("choose", "source", "");
        runner.output("key")
    };
    let first = key();
    assert_eq!(first, key());
    runner.write("lints/x.rs", "// new");
    assert_ne!(first, key());
}
