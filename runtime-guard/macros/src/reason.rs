//! `because = "…"`: reading and weighing it.

use proc_macro2::{Span, TokenStream};
use runtime_policy_rules::justify::{Wanted, has_evidence, weigh};
use runtime_policy_rules::lexicon;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, LitStr, MetaNameValue, Result, Token};

/// Reads the only argument, `key = "text"`.
pub(crate) fn argument(arguments: TokenStream, attribute: &str, key: &str) -> Result<Option<LitStr>> {
    let usage = format!("`#[runtime_guard::{attribute}]` takes `{key} = \"…\"`");
    let parser = Punctuated::<MetaNameValue, Token![,]>::parse_terminated;
    let given =
        parser.parse2(arguments).map_err(|error| Error::new(error.span(), format!("{usage}: {error}")))?;
    let mut found = None;
    for pair in given {
        if !pair.path.is_ident(key) {
            return Err(Error::new_spanned(&pair.path, format!("unknown argument; {usage}")));
        }
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = pair.value else {
            return Err(Error::new_spanned(&pair.value, format!("`{key}` must be a string literal")));
        };
        if found.replace(text).is_some() {
            return Err(Error::new_spanned(&pair.path, format!("`{key}` is given twice")));
        }
    }
    Ok(found)
}

/// Reads `because` and fails unless it is there.
fn because(arguments: TokenStream, attribute: &str, example: &str) -> Result<LitStr> {
    argument(arguments, attribute, "because")?.ok_or_else(|| {
        let message =
            format!("a reason is missing: write `#[runtime_guard::{attribute}(because = \"{example}\")]`");
        Error::new(Span::call_site(), message)
    })
}

/// A cause for a pin, as the rule `unjustified-thread-pin` accepts it.
pub(crate) fn for_pin(arguments: TokenStream) -> Result<LitStr> {
    let reason = because(arguments, "pinned", "polls NIC queue 0, whose IRQ is on core 0")?;
    weigh(&reason.value(), Wanted::Cpu, "").map_err(|why| {
        let message = format!(
            "this gives no cause for a pin: {why}\nname the kernel state, library or measurement that needs it"
        );
        Error::new(reason.span(), message)
    })?;
    Ok(reason)
}

/// A checkable reason for a purge, as the rule `manual-gc` tolerates it.
pub(crate) fn for_purge(arguments: TokenStream) -> Result<LitStr> {
    let reason = because(arguments, "purges", "frees 4 GiB after the nightly import, see issue #12")?;
    if !has_evidence(lexicon(), &reason.value().to_lowercase()) {
        let message = "this reason cannot be checked\nadd a link, an issue's number, or figures with units";
        return Err(Error::new(reason.span(), message));
    }
    Ok(reason)
}
