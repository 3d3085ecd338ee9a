//! Attributes that put a scope around a function's body.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Error, ItemFn, Result, Signature};

use crate::reason;

pub(crate) fn startup(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function = function(item, "startup")?;
    no_const(&function.sig, "startup")?;
    let name = function.sig.ident.to_string();
    let owner = match reason::argument(arguments, "startup", "owner")? {
        Some(owner) => quote!(#owner),
        None => quote!(::core::concat!(::core::module_path!(), "::", #name)),
    };
    Ok(with_scope(function, quote!(::runtime_guard::tuning_scope(#owner))))
}

pub(crate) fn pinned(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let reason = reason::for_pin(arguments)?;
    let function = function(item, "pinned")?;
    one_thread(&function.sig, "pinned")?;
    Ok(with_scope(function, quote!(::runtime_guard::pinned_scope(::runtime_guard::Because::new(#reason)))))
}

pub(crate) fn purges(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let reason = reason::for_purge(arguments)?;
    let function = function(item, "purges")?;
    one_thread(&function.sig, "purges")?;
    Ok(with_scope(function, quote!(::runtime_guard::purging_scope(#reason))))
}

pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[runtime_guard::test]` takes no arguments"));
    }
    let ItemFn { attrs, vis, sig, block, .. } = function(item, "test")?;
    no_const(&sig, "test")?;
    if let Some(asyncness) = sig.asyncness {
        let message = "`#[runtime_guard::test]` takes a plain function: build the runtime in it and call `block_on`, \
            so that the runtime's threads are gone when the guard looks";
        return Err(Error::new_spanned(asyncness, message));
    }
    if let Some(input) = sig.inputs.first() {
        return Err(Error::new_spanned(input, "a test takes no arguments"));
    }
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis #sig {
            ::runtime_guard::testing::run(move || #block)
        }
    })
}

/// The item as a function with a body.
fn function(item: TokenStream, attribute: &str) -> Result<ItemFn> {
    syn::parse2(item).map_err(|error| {
        let message = format!("`#[runtime_guard::{attribute}]` belongs on a function with a body");
        Error::new(error.span(), message)
    })
}

fn no_const(signature: &Signature, attribute: &str) -> Result<()> {
    match &signature.constness {
        Some(constness) => {
            let message =
                format!("`#[runtime_guard::{attribute}]` cannot mark a `const fn`: it does work at run time");
            Err(Error::new_spanned(constness, message))
        }
        None => Ok(()),
    }
}

/// A justification belongs to a thread, and an `async fn` moves between threads.
fn one_thread(signature: &Signature, attribute: &str) -> Result<()> {
    no_const(signature, attribute)?;
    match &signature.asyncness {
        Some(asyncness) => {
            let message = format!(
                "`#[runtime_guard::{attribute}]` cannot mark an `async fn`, which moves between threads\nmark the plain \
                 function that makes the call"
            );
            Err(Error::new_spanned(asyncness, message))
        }
        None => Ok(()),
    }
}

/// The function with a scope that lives as long as its body runs.
fn with_scope(mut function: ItemFn, scope: TokenStream) -> TokenStream {
    let block = &function.block;
    // The body stays a block of its own, so that its last expression stays its value.
    let body = quote!({ let __runtime_guard_scope = #scope; #block });
    match syn::parse2(body) {
        Ok(body) => function.block = body,
        Err(error) => return Error::new(Span::call_site(), error).into_compile_error(),
    }
    function.into_token_stream()
}
