//! Turns the pages, the catalogues and the lexicon into static Rust data, so that starting the tool costs nothing.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use load::File;
use schema::Language;

#[path = "build/emit.rs"]
mod emit;
#[allow(dead_code, reason = "the library uses the rest")]
#[path = "src/load.rs"]
mod load;
#[allow(dead_code, unused_imports, reason = "the library uses the rest")]
#[path = "src/schema/mod.rs"]
mod schema;
#[path = "src/words.rs"]
mod words;

fn main() -> ExitCode {
    // The whole crate, so that a new page or table is seen too.
    println!("cargo::rerun-if-changed=.");
    let files = match read_all() {
        Ok(files) => files,
        Err(error) => {
            eprintln!("the checklist could not be read: {error}");
            return ExitCode::FAILURE;
        }
    };
    let checklist = match load::checklist(&files) {
        Ok(checklist) => checklist,
        Err(problems) => {
            for problem in problems {
                eprintln!("{problem}");
            }
            return ExitCode::FAILURE;
        }
    };
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("data.rs");
    if let Err(error) = fs::write(&out, emit::data(&checklist)) {
        eprintln!("{} could not be written: {error}", out.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Every file of the checklist, in an order that does not depend on the file system.
fn read_all() -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    read_folder(".", None, &mut files)?;
    read_folder("apis/rust", Some(Language::Rust), &mut files)?;
    read_folder("apis/go", Some(Language::Go), &mut files)?;
    read_folder("lexicon", None, &mut files)?;
    Ok(files)
}

/// The pages (in the crate's own folder) or tables of a folder.
fn read_folder(folder: &str, language: Option<Language>, files: &mut Vec<File>) -> io::Result<()> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    let wanted = |name: &String| match folder {
        "." => name.ends_with(".md") && name != "README.md",
        _ => name.ends_with(".toml"),
    };
    for name in names.into_iter().filter(wanted) {
        let path = if folder == "." { name } else { format!("{folder}/{name}") };
        files.push(File { text: fs::read_to_string(&path)?, path, language });
    }
    Ok(())
}
