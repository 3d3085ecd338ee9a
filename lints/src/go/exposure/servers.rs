//! What the search for listeners asks of Go: who calls, what a call means, which calls serve, what asks who asks.

use std::rc::Rc;

use runtime_policy_rules::{Arg, Effect, Parts};

use crate::exposure::auth::speaks_of_auth;
use crate::exposure::flow::{Carried, Routers};
use crate::exposure::sketch::{Kind, Node};
use crate::facts::Production;
use crate::facts::exposure::{Address, Listener};
use crate::go::exposure::{DEFAULT_MUX, Scope, Sketch, World};
use crate::go::outline::ItemKind;
use crate::go::resolve::Def;
use crate::identifiers::Hashed;
use crate::source::Span;

/// Names by which a request's credentials are read or compared.
const READS: &[&str] =
    &["BasicAuth", "ConstantTimeCompare", "CompareHashAndPassword", "RequireAndVerifyClientCert"];

/// Methods that make a router for a part of another, with layers of its own.
const GROUPS: &[&str] = &["Group", "With", "Party"];

impl Routers for World<'_> {
    type Scope = Scope;

    fn calls_of(&self, at: &Sketch) -> Vec<(Rc<Sketch>, Span)> {
        let callers = self.program.find_callers((at.file, at.item));
        callers
            .iter()
            .filter(|caller| caller.mention.called && caller.mention.site.production == Production::Yes)
            .filter_map(|caller| {
                let site = &caller.mention.site;
                Some((self.sketch((site.file, caller.item))?, site.span))
            })
            .collect()
    }

    fn callee(&self, at: &Sketch, call: &Node) -> Option<Rc<Sketch>> {
        match self.called(at, call)? {
            Def::Item(item) => self.sketch(item),
            Def::Extern(_) => None,
        }
    }

    fn readers(&self, at: &Sketch, fields: &[String]) -> Vec<Rc<Sketch>> {
        let package = &self.program.packages[self.program.package_id(at.file) as usize];
        let words: Vec<Hashed> = fields.iter().map(|field| Hashed::of(field)).collect();
        let mut found = Vec::new();
        for file in &package.files {
            let holds = words.iter().any(|word| self.program.may_hold(*file, *word));
            let Some(data) = self.program.file(*file).filter(|_| holds) else { continue };
            for index in 0..data.outline.items.len() as u32 {
                let item = data.outline.item(index);
                let text = data.source.slice(item.span);
                let reads = || fields.iter().any(|field| text.contains(&format!(".{field}")));
                if item.kind == ItemKind::Method && (*file, index) != (at.file, at.item) && reads() {
                    found.extend(self.sketch((*file, index)));
                }
            }
        }
        found
    }

    fn served_by(&self, at: &Sketch, node: &Node, carried: &Carried) -> Vec<Listener> {
        // A router put on the default mux is served with it.
        if let Kind::Call(_, args) = &node.kind
            && args.iter().any(|arg| carried.at(arg))
            && let Some((_, api)) = self.entry(at, node, &[Effect::Route])
            && api.parts.as_ref().is_some_and(|parts| parts.router == Some(Arg::Name(DEFAULT_MUX.into())))
        {
            return self.of_default_mux(at.file);
        }
        let found = match &node.kind {
            Kind::Struct(..) => self.server_literal(at, node, &|handler| carried.at(handler)),
            Kind::Call(_, args) => self.entry(at, node, &[Effect::Serve]).and_then(|(_, api)| {
                let parts = api.parts.clone()?;
                let handler = position(&parts.handler, args)?;
                carried.at(handler).then(|| self.served_at(at, node, args, &parts))
            }),
            Kind::Method { receiver, args, .. } => {
                self.entry(at, node, &[Effect::Serve]).and_then(|(_, api)| {
                    let parts = api.parts.clone().unwrap_or_default();
                    let handed = position(&parts.handler, args).is_some_and(|handler| carried.at(handler));
                    // Where the literal of the server says where, that has been told.
                    let told = matches!(parts.address, Some(Arg::Name(_))) && at.body.any(&has_address);
                    let serves = !told && (handed || carried.at(receiver));
                    serves.then(|| self.served_at(at, node, args, &parts))
                })
            }
            _ => None,
        };
        found.into_iter().collect()
    }

    fn launched(&self, _: &Sketch) -> Option<Listener> {
        None
    }

    fn is_layered(&self, at: &Sketch, carried: &Carried) -> bool {
        let mut found = false;
        at.body.walk(&mut |node| {
            found = found
                || match &node.kind {
                    Kind::Method { receiver, args, .. } => {
                        carried.at(receiver)
                            && self.entry(at, node, &[Effect::Layer]).is_some()
                            && args.iter().any(|arg| !carried.at(arg) && self.is_auth(at, arg))
                    }
                    // `group := router.Group("/debug", auth)`
                    Kind::Let { binds, init: Some(init), .. } => {
                        binds.iter().any(|bind| carried.carriers.names.contains(&bind.name))
                            && matches!(&init.kind, Kind::Method { name, args, .. }
                                if GROUPS.contains(&name.as_str()) && args.iter().any(|arg| self.is_auth(at, arg)))
                    }
                    Kind::Call(callee, args) => {
                        callee.name().is_some_and(speaks_of_auth) && args.iter().any(|arg| carried.at(arg))
                    }
                    Kind::Path(path) => path.last().is_some_and(|last| last == "RequireAndVerifyClientCert"),
                    _ => false,
                };
        });
        found
    }

    fn is_checked(&self, at: &Sketch, _: &Carried) -> bool {
        self.asks(at)
    }
}

impl World<'_> {
    /// The listener of a call that serves.
    pub(super) fn served_at(&self, at: &Sketch, node: &Node, args: &[Node], parts: &Parts) -> Listener {
        let here = |address| Listener { file: at.file, span: node.span, address };
        if matches!(&parts.network, Some(Arg::Name(network)) if network == "unix") {
            return here(Address::Unix);
        }
        let given = position(&parts.listener, args).or_else(|| position(&parts.address, args));
        let given = given.filter(|given| !matches!(&given.kind, Kind::Text(text) if text.is_empty()));
        if let Some(given) = given {
            let traced = self.address(at, given);
            let (file, span) = traced.place;
            let (file, span) = if file == at.file { (file, span) } else { (at.file, given.span) };
            return Listener { file, span, address: traced.address };
        }
        // `server.Addr = …`, where the literal gives none.
        if let Some(Arg::Name(field)) = &parts.address
            && let Some(address) = self.assigned_field(at, field)
        {
            return here(address);
        }
        here(match (&parts.default_address, &parts.address) {
            (Some(default), Some(Arg::Position(_)) | None) => Address::Public(default.as_ref().into()),
            // A server that is made elsewhere says there where it listens.
            (Some(default), _) if at.body.any(&is_server) => Address::Public(default.as_ref().into()),
            _ => Address::Unknown("the server".into()),
        })
    }

    fn assigned_field(&self, at: &Sketch, field: &str) -> Option<Address> {
        let mut found = None;
        at.body.walk(&mut |node| {
            if let Kind::Assign(left, right) = &node.kind
                && matches!(&left.kind, Kind::Field(_, name) if name == field)
            {
                found = Some(self.address(at, right).address);
            }
        });
        found
    }

    /// The listener of a literal of a server: `http.Server{Addr: …, Handler: …}`, where the handler is what is asked for.
    pub(super) fn server_literal(
        &self,
        at: &Sketch,
        node: &Node,
        is_it: &dyn Fn(&Node) -> bool,
    ) -> Option<Listener> {
        let Kind::Struct(_, fields, _) = &node.kind else { return None };
        if !is_server(node) {
            return None;
        }
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        if !field("Handler").is_some_and(is_it) {
            return None;
        }
        let address =
            field("Addr").filter(|given| !matches!(&given.kind, Kind::Text(text) if text.is_empty()))?;
        let traced = self.address(at, address);
        Some(Listener { file: at.file, span: address.span, address: traced.address })
    }

    /// Whether what is given to a layer is authentication: by its names, or by what a function of the workspace does.
    pub(super) fn is_auth(&self, at: &Sketch, node: &Node) -> bool {
        node.any(&|node| {
            if names_auth(node) {
                return true;
            }
            if let Some(name) = node.variable()
                && let Some(binding) = at.binding(name, node.span.start)
            {
                return binding.init.as_ref().is_some_and(|init| init.any(&names_auth));
            }
            self.function_value(at, node).is_some_and(|found| self.asks(&found))
        })
    }

    /// Whether a route's handler is wrapped in authentication, or asks itself.
    pub(super) fn is_guarded(&self, at: &Sketch, route: &Node) -> bool {
        let args = match &route.kind {
            Kind::Call(_, args) | Kind::Method { args, .. } => args,
            _ => return false,
        };
        args.iter().any(|arg| self.is_auth(at, arg))
    }

    /// Whether a function reads or compares credentials, or calls what its name says does.
    pub(super) fn asks(&self, at: &Sketch) -> bool {
        at.body.any(&|node| match &node.kind {
            Kind::Call(callee, _) => callee.name().is_some_and(reads_credentials),
            Kind::Method { name, .. } => reads_credentials(name),
            Kind::Text(text) => text.eq_ignore_ascii_case("authorization"),
            _ => false,
        })
    }
}

/// Whether a node is the literal of a server.
fn is_server(node: &Node) -> bool {
    let Kind::Struct(path, ..) = &node.kind else { return false };
    matches!(
        path.join("::").as_str(),
        "net/http::Server"
            | "github.com/quic-go/quic-go/http3::Server"
            | "github.com/valyala/fasthttp::Server"
    )
}

fn has_address(node: &Node) -> bool {
    let Kind::Struct(_, fields, _) = &node.kind else { return false };
    is_server(node) && fields.iter().any(|(name, _)| name == "Addr")
}

fn reads_credentials(name: &str) -> bool {
    READS.contains(&name) || speaks_of_auth(name)
}

/// Whether a node itself, not what is below it, names authentication.
fn names_auth(node: &Node) -> bool {
    match &node.kind {
        Kind::Path(path) => path.last().is_some_and(|last| reads_credentials(last)),
        Kind::Field(_, name) | Kind::Method { name, .. } => reads_credentials(name),
        _ => false,
    }
}

/// The argument at a position.
pub(super) fn position<'n>(part: &Option<Arg>, args: &'n [Node]) -> Option<&'n Node> {
    match part {
        Some(Arg::Position(number)) => args.get(*number as usize),
        _ => None,
    }
}
