//! Telling files apart by their names.

use std::ffi::OsStr;
use std::path::Path;

/// What a file holds, told from its name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `*.rs`.
    Rust,
    /// `*.go`.
    Go,
    /// `Dockerfile`, `Containerfile`, `Dockerfile.*`, `*.dockerfile`.
    Dockerfile,
    /// `compose.yaml`, `docker-compose.yml`, `compose.prod.yaml`, `docker-compose-dev.yml` …
    Compose,
    /// `*.service` and the `*.conf` of a `*.service.d` folder.
    SystemdUnit,
    /// `*.sh`, `*.bash`, `*.ksh`, `*.zsh`.
    Shell,
    /// `.github/workflows/*.yml` or `*.yaml`.
    Workflow,
    /// `Makefile`, `makefile`, `GNUmakefile`, `*.mk`.
    Makefile,
    /// `.goreleaser.yaml`, `goreleaser.yml` …
    Goreleaser,
    /// `runtime-policy.toml`: not analysed, but found on the same walk.
    Policy,
}

impl FileKind {
    /// The kind of the file at `path`; none for files that no rule looks at.
    pub fn of(path: &Path) -> Option<FileKind> {
        let name = path.file_name()?;
        match path.extension().and_then(OsStr::to_str) {
            Some("rs") => Some(FileKind::Rust),
            Some("go") => Some(FileKind::Go),
            Some("sh" | "bash" | "ksh" | "zsh") => Some(FileKind::Shell),
            Some("mk") => Some(FileKind::Makefile),
            Some("service") => Some(FileKind::SystemdUnit),
            Some("conf") => {
                in_folder(path, |folder| folder.ends_with(".service.d")).then_some(FileKind::SystemdUnit)
            }
            Some("toml") => (name == crate::policy::FILE_NAME).then_some(FileKind::Policy),
            Some("dockerfile" | "Dockerfile") => Some(FileKind::Dockerfile),
            Some("yml" | "yaml") => yaml(path, name.to_str()?),
            _ if matches!(name.to_str(), Some("Makefile" | "makefile" | "GNUmakefile")) => {
                Some(FileKind::Makefile)
            }
            _ => dockerfile(name.to_str()?),
        }
    }
}

/// Files that say how others are to be seen: manifests, ignore files, marks of vendored folders.
const GOVERNING: [&str; 8] = [
    "Cargo.toml",
    "go.mod",
    "go.work",
    ".gitignore",
    ".ignore",
    ".cargo-checksum.json",
    "modules.txt",
    "CACHEDIR.TAG",
];

/// Whether a file of that path can change what a run finds, told from its name alone.
pub fn matters(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    GOVERNING.contains(&name) || FileKind::of(Path::new(path)).is_some()
}

fn yaml(path: &Path, name: &str) -> Option<FileKind> {
    let compose = |stem: &str| stem.starts_with(['.', '-', '_']);
    if name.strip_prefix("docker-compose").or_else(|| name.strip_prefix("compose")).is_some_and(compose) {
        return Some(FileKind::Compose);
    }
    if matches!(name, ".goreleaser.yml" | ".goreleaser.yaml" | "goreleaser.yml" | "goreleaser.yaml") {
        return Some(FileKind::Goreleaser);
    }
    let workflows = in_folder(path, |folder| folder == "workflows")
        && path.parent().is_some_and(|folder| in_folder(folder, |above| above == ".github"));
    workflows.then_some(FileKind::Workflow)
}

fn dockerfile(name: &str) -> Option<FileKind> {
    let rest = name.strip_prefix("Dockerfile").or_else(|| name.strip_prefix("Containerfile"))?;
    // `Dockerfile.dockerignore` lists files, it builds nothing.
    (rest.is_empty() || rest.starts_with('.') && rest != ".dockerignore").then_some(FileKind::Dockerfile)
}

fn in_folder(path: &Path, test: impl Fn(&str) -> bool) -> bool {
    path.parent().and_then(Path::file_name).and_then(OsStr::to_str).is_some_and(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_name() {
        let cases = [
            ("src/main.rs", Some(FileKind::Rust)),
            ("cmd/main.go", Some(FileKind::Go)),
            ("Dockerfile", Some(FileKind::Dockerfile)),
            ("docker/Dockerfile.alpine", Some(FileKind::Dockerfile)),
            ("api.dockerfile", Some(FileKind::Dockerfile)),
            ("Dockerfile.dockerignore", None),
            ("Dockerfiles", None),
            ("docker-compose.yml", Some(FileKind::Compose)),
            ("compose.prod.yaml", Some(FileKind::Compose)),
            ("composer.yaml", None),
            ("etc/app.service", Some(FileKind::SystemdUnit)),
            ("etc/app.service.d/limits.conf", Some(FileKind::SystemdUnit)),
            ("etc/nginx.conf", None),
            ("run.sh", Some(FileKind::Shell)),
            (".github/workflows/ci.yml", Some(FileKind::Workflow)),
            ("workflows/ci.yml", None),
            ("Makefile", Some(FileKind::Makefile)),
            ("scripts/build.mk", Some(FileKind::Makefile)),
            (".goreleaser.yaml", Some(FileKind::Goreleaser)),
            ("values.yaml", None),
            ("Cargo.toml", None),
        ];
        for (path, kind) in cases {
            assert_eq!(FileKind::of(Path::new(path)), kind, "{path}");
        }
    }
}
