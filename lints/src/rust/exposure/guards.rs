//! Authentication: what its names are, and whether a handler or a layer has it.

use crate::exposure::auth::speaks_of_auth;
use crate::exposure::sketch::{Kind, Node};
use crate::rust::exposure::{Sketch, World};
use crate::rust::program::FileIndex;
use crate::source::Span;

/// Words that say that what is listed needs no authentication.
const EXEMPT: &[&str] = &[
    "allow",
    "whitelist",
    "exempt",
    "exclude",
    "public",
    "unauth",
    "no_auth",
    "noauth",
    "skip",
    "bypass",
    "anonymous",
    "without",
    "not_auth",
    "free_path",
    "open_path",
];

/// How far before a list its name may stand, in bytes.
const LIST_NAME: usize = 120;

/// Whether a node itself, not what is below it, names authentication.
fn names_auth(node: &Node) -> bool {
    match &node.kind {
        Kind::Path(path) => {
            let validator = path.iter().any(|segment| segment == "ValidateRequestHeaderLayer")
                && path.last().is_some_and(|last| matches!(last.as_str(), "basic" | "custom" | "bearer"));
            validator || path.iter().any(|segment| speaks_of_auth(segment) || segment == "AUTHORIZATION")
        }
        Kind::Method { name, .. } | Kind::Macro(name, _) => speaks_of_auth(name),
        Kind::Text(text) => {
            text.eq_ignore_ascii_case("authorization") || text.eq_ignore_ascii_case("x-api-key")
        }
        _ => false,
    }
}

/// Whether a call checks who asks: only calls count, names of variables and types do not.
fn checks(node: &Node) -> bool {
    match &node.kind {
        Kind::Call(callee, _) => callee.name().is_some_and(speaks_of_auth),
        Kind::Method { name, .. } | Kind::Macro(name, _) => speaks_of_auth(name),
        Kind::Text(_) => names_auth(node),
        Kind::Path(path) => path.last().is_some_and(|last| last == "AUTHORIZATION"),
        _ => false,
    }
}

impl World<'_> {
    /// Whether what is given to a layer is authentication: by its names, or by what a function of the workspace does.
    pub(super) fn is_auth(&self, at: &Sketch, node: &Node) -> bool {
        node.any(&|node| {
            if names_auth(node) {
                return true;
            }
            let Kind::Path(path) = &node.kind else { return false };
            if let [name] = path.as_slice()
                && let Some(binding) = at.binding(name, node.span.start)
            {
                return binding.init.as_ref().is_some_and(|init| init.any(&names_auth));
            }
            self.function(at, path).is_some_and(|found| found.body.any(&checks))
        })
    }

    /// Whether a handler asks who asks: in its parameters, or anywhere in its body.
    pub(super) fn is_guarded_handler(&self, at: &Sketch, handler: &Node) -> bool {
        handler.any(&|node| {
            if checks(node) {
                return true;
            }
            let found = match &node.kind {
                Kind::Path(path) => self.function(at, path),
                Kind::Method { receiver, name, .. } => self.method_of(at, receiver, name),
                _ => None,
            };
            found.is_some_and(|found| {
                found.params.iter().any(|param| is_auth_type(&param.ty)) || found.body.any(&checks)
            })
        })
    }

    /// Whether a function that is given requests checks who asks before a place.
    pub(super) fn checks_before(&self, at: &Sketch, place: Span) -> bool {
        let mut found = false;
        at.body.walk(&mut |node| {
            let call = matches!(node.kind, Kind::Call(..) | Kind::Method { .. });
            found |= call && node.span.end <= place.start && checks(node);
        });
        found
    }

    /// The place in a file that lists a path among those which need no authentication.
    pub(super) fn exemption(&self, file: FileIndex, path: &str) -> Option<Span> {
        let data = self.program.file(file)?;
        let text = &data.source.text;
        let literal = format!("\"{path}\"");
        memchr::memmem::find_iter(text.as_bytes(), literal.as_bytes()).find_map(|at| {
            let open = text[..at].rfind(['[', ';', '}'])?;
            if text.as_bytes()[open] != b'[' {
                return None;
            }
            let mut from = open.saturating_sub(LIST_NAME);
            while !text.is_char_boundary(from) {
                from += 1;
            }
            let before = text[from..open].rsplit([';', '}', '"']).next()?.to_lowercase();
            let span = Span { start: at as u32, end: (at + literal.len()) as u32 };
            EXEMPT.iter().any(|word| before.contains(word)).then_some(span)
        })
    }
}

/// Whether a parameter of that type is made only for those who may ask.
fn is_auth_type(ty: &str) -> bool {
    let state = ["State", "Extension", "Data", "Arc", "web::Data", "axum::extract::State"];
    let own = ty.trim_start_matches(['&', ' ']);
    if state.iter().any(|known| own.starts_with(&format!("{known}<"))) {
        return false;
    }
    own.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|name| speaks_of_auth(name) || matches!(name, "Identity" | "Principal" | "AdminUser"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_ask_who_asks() {
        assert!(is_auth_type("BasicAuth"));
        assert!(is_auth_type("Option<TypedHeader<Authorization<Bearer>>>"));
        assert!(!is_auth_type("State<AuthState>"));
    }
}
