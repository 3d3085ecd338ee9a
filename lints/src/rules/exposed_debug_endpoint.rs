//! `exposed-debug-endpoint`: profilers, consoles and dumps reachable on a public listener.

use runtime_policy_rules::Level;

use crate::facts::Production;
use crate::facts::exposure::{Address, Endpoint, EndpointKind, Listener, debug_path};
use crate::finding;
use crate::rules::{Case, Place, Remark, short};

const RULE: &str = "exposed-debug-endpoint";

pub(super) fn judge<'e>(
    case: &Case<'_>,
    endpoints: impl Iterator<Item = &'e Endpoint>,
    remarks: &mut Vec<Remark>,
) {
    for endpoint in endpoints {
        if endpoint.production != Production::Yes || endpoint.guarded {
            continue;
        }
        match exposing(&endpoint.listeners) {
            Some(listener) => remarks.push(remark(case, endpoint, listener)),
            None => remarks.extend(in_library(case, endpoint)),
        }
    }
}

/// The listener that makes an endpoint a finding: a public one; else one of unknown reach, if none is known to be local.
fn exposing(listeners: &[Listener]) -> Option<&Listener> {
    let public = listeners.iter().find(|listener| matches!(listener.address, Address::Public(_)));
    let local = |listener: &Listener| matches!(listener.address, Address::Loopback | Address::Unix);
    public.or_else(|| {
        if listeners.iter().any(local) {
            return None;
        }
        let undecided = listeners.iter().find(|listener| listener.address == Address::Undecided);
        undecided.or_else(|| listeners.first())
    })
}

/// A library that registers routes on the router of every program which it becomes part of.
fn in_library(case: &Case<'_>, endpoint: &Endpoint) -> Option<Remark> {
    let EndpointKind::Import { path, blank: true } = &endpoint.kind else { return None };
    case.code.in_library(case.facts.file).then(|| Remark {
        rule: RULE.into(),
        at_most: None,
        by_default: None,
        file: case.facts.file,
        span: endpoint.span,
        message: format!("a library imports `{path}`, which fills the default mux of every program with it"),
        why: None,
        help: Some("import it in the program's own main package, and serve it on loopback".to_owned()),
        related: Vec::new(),
        fix: None,
        item: endpoint.item.clone(),
    })
}

fn remark(case: &Case<'_>, endpoint: &Endpoint, listener: &Listener) -> Remark {
    let mut related = Vec::new();
    if !endpoint.span.contains(listener.span) || listener.file != case.facts.file {
        related.push(Place { file: listener.file, span: listener.span, message: "the listener".to_owned() });
    }
    if let Some(span) = endpoint.exempt {
        let message = "this path needs no authentication".to_owned();
        related.push(Place { file: case.facts.file, span, message });
    }
    let certain = matches!(listener.address, Address::Public(_)) && is_certain(case, endpoint);
    Remark {
        rule: RULE.into(),
        at_most: (!certain).then_some(finding::Level::Warning),
        by_default: None,
        file: case.facts.file,
        span: endpoint.span,
        message: message(endpoint, &listener.address),
        why: None,
        help: None,
        related,
        fix: None,
        item: endpoint.item.clone(),
    }
}

/// Whether what is served is known to be debugging data, rather than only to be called so.
fn is_certain(case: &Case<'_>, endpoint: &Endpoint) -> bool {
    match &endpoint.kind {
        EndpointKind::Tool(_) | EndpointKind::Import { .. } | EndpointKind::Shared(_) => true,
        EndpointKind::Route(path) => {
            endpoint.reaches.is_some()
                || debug_path(case.catalogue.language(), path)
                    .is_some_and(|known| known.level == Level::Error)
        }
    }
}

fn message(endpoint: &Endpoint, address: &Address) -> String {
    let what = match (&endpoint.kind, &endpoint.reaches) {
        (EndpointKind::Tool(path), _) => format!("`{}` serves debugging data", short(path)),
        (EndpointKind::Import { path, .. }, _) => {
            format!("importing `{path}` serves debugging data by the default mux")
        }
        (EndpointKind::Shared(path), _) => {
            format!("the default mux, which `{path}` fills elsewhere in the program, is served")
        }
        (EndpointKind::Route(path), Some(reached)) => {
            format!("`{path}` serves `{}`", short(reached))
        }
        (EndpointKind::Route(path), None) => format!("`{path}` serves debugging data"),
    };
    let exempt = if endpoint.exempt.is_some() { ", is exempt from authentication," } else { "" };
    match address {
        Address::Public(address) => format!("{what}{exempt} on `{address}`, which others reach"),
        Address::Undecided => {
            format!("{what}{exempt} on an address that has no default: every deployment chooses one")
        }
        Address::Unknown(name) => {
            format!("{what}{exempt} on an address that could not be seen: `{name}` is not known here")
        }
        Address::Loopback | Address::Unix => format!("{what} on this machine"),
    }
}
