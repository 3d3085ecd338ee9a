//! `policy!`: the levels of a `runtime-policy.toml`, as a constant.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

const FILE_NAME: &str = "runtime-policy.toml";

pub(crate) fn expand(arguments: TokenStream) -> Result<TokenStream> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into()));
    let (file, name, span) = if arguments.is_empty() {
        let file = nearest(&package)?;
        let name = file.display().to_string();
        (file, name, Span::call_site())
    } else {
        let name: LitStr = syn::parse2(arguments)
            .map_err(|error| Error::new(error.span(), "`policy!` takes a path in quotes, or nothing"))?;
        (package.join(name.value()), name.value(), name.span())
    };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Error::new(span, format!("cannot read `{name}`: {error}")))?;
    let levels = levels(&text).map_err(|error| Error::new(span, format!("`{name}`: {error}")))?;
    let pairs = levels.iter().map(|(rule, level)| {
        let level = syn::Ident::new(level, Span::call_site());
        quote!((#rule, ::runtime_guard::Level::#level))
    });
    // Read as well, so that cargo compiles the program anew when the file changes.
    let path = file.to_string_lossy();
    Ok(quote!({
        const _: &[u8] = ::core::include_bytes!(#path);
        ::runtime_guard::Policy::new(&[#(#pairs),*])
    }))
}

/// The file in a folder or the nearest one above it.
fn nearest(folder: &Path) -> Result<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file()).ok_or_else(|| {
        let message = format!("no `{FILE_NAME}` in `{}` or above it", folder.display());
        Error::new(Span::call_site(), message)
    })
}

/// `[levels]` of the file: a rule and the name of its level.
fn levels(text: &str) -> std::result::Result<Vec<(String, &'static str)>, String> {
    let file: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
    let Some(levels) = file.get("levels") else { return Ok(Vec::new()) };
    let levels = levels.as_table().ok_or("`levels` must be a table")?;
    let mut read = Vec::new();
    for (rule, level) in levels {
        let name = match level.as_str() {
            Some("off") => "Off",
            Some("info") => "Info",
            Some("warning") => "Warning",
            Some("error") => "Error",
            _ => return Err(format!("the level of `{rule}` must be off, info, warning or error")),
        };
        // The team's own rules and the pedantic group are the analyser's alone.
        if runtime_policy_rules::rule(rule).is_some() {
            read.push((rule.clone(), name));
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn levels_of_built_in_rules_are_taken_and_mistakes_named() {
        let text = "[levels]\nmanual-gc = \"off\"\nour-own = \"error\"\n\n[startup]\nowners = [\"a\"]\n";
        assert_eq!(levels(text), Ok(vec![("manual-gc".to_owned(), "Off")]));
        assert_eq!(levels(""), Ok(Vec::new()));
        let wrong = levels("[levels]\nmanual-gc = \"loud\"\n").expect_err("no such level");
        assert!(wrong.contains("off, info, warning or error"), "{wrong}");
    }
}
