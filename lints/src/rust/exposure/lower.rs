//! Syntax to sketches.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::exposure::sketch::{Arm, Bind, Kind, Node, Param};
use crate::facts::Production;
use crate::rust::attributes::production_of;
use crate::rust::exposure::{Scope, Sketch};
use crate::rust::extent::{self, Extent};
use crate::rust::macros::{MacroArena, Part};
use crate::rust::outline::{ItemIndex, ItemKind};
use crate::rust::program::{FileIndex, ModuleId, Program};
use crate::rust::use_tree::{Import, imports};
use crate::rust::walk::{ident, member, segments};
use crate::source::Span;

/// Longest item that is sketched, in bytes.
const MAX_ITEM: u32 = 1 << 20;

impl Program<'_> {
    /// The sketch of a function, constant or static; `None` for other items and what cannot be parsed.
    pub(super) fn sketch(&self, file: FileIndex, item: ItemIndex) -> Option<Sketch> {
        let data = self.file(file)?.clone();
        let found = data.outline.item(item);
        let span = found.span;
        if span.end - span.start > MAX_ITEM || data.too_deep {
            return None;
        }
        let text = data.source.slice(span);
        let arena = MacroArena::default();
        let mut lower =
            Lower { base: span.start, arena: &arena, text: &data.source.text, imports: Vec::new() };
        let mut params = Vec::new();
        let mut method = false;
        let mut returns = String::new();
        let body = match found.kind {
            ItemKind::Fn => {
                let parsed = syn::parse_str::<syn::ItemFn>(text).ok()?;
                for input in &parsed.sig.inputs {
                    match input {
                        syn::FnArg::Typed(typed) => params.push(Param {
                            names: lower.binds(&typed.pat).into_iter().map(|bind| bind.name).collect(),
                            ty: lower.slice(&*typed.ty).to_owned(),
                        }),
                        syn::FnArg::Receiver(_) => method = true,
                    }
                }
                if let syn::ReturnType::Type(_, ty) = &parsed.sig.output {
                    returns = lower.slice(&**ty).to_owned();
                }
                lower.block(&parsed.block)
            }
            ItemKind::Const => lower.expr(&syn::parse_str::<syn::ItemConst>(text).ok()?.expr),
            ItemKind::Static => lower.expr(&syn::parse_str::<syn::ItemStatic>(text).ok()?.expr),
            _ => return None,
        };
        Some(Sketch {
            file,
            item,
            scope: Scope {
                module: self.enclosing_module(&data, found.parent, file),
                own: found.parent.and_then(|parent| self.impl_type(file, parent)),
                imports: lower.imports,
            },
            params,
            method,
            returns,
            body,
            bindings: OnceCell::new(),
            production: self.production(file, Some(item)),
        })
    }
}

/// A sketch of an expression that an attribute of an item holds; its places mean nothing.
pub(super) fn of_expression(expr: &syn::Expr, file: FileIndex, item: ItemIndex, module: ModuleId) -> Sketch {
    let arena = MacroArena::default();
    let mut lower = Lower { base: 0, arena: &arena, text: "", imports: Vec::new() };
    let body = lower.expr(expr);
    Sketch {
        file,
        item,
        scope: Scope { module, own: None, imports: Vec::new() },
        params: Vec::new(),
        method: false,
        returns: String::new(),
        body,
        bindings: OnceCell::new(),
        production: Production::Yes,
    }
}

/// Syntax to nodes.
struct Lower<'a> {
    base: u32,
    arena: &'a MacroArena,
    text: &'a str,
    imports: Vec<Import>,
}

impl Lower<'_> {
    fn span(&self, node: &impl Extent) -> Span {
        extent::of(node).shifted(self.base)
    }

    fn slice(&self, node: &impl Extent) -> &str {
        self.text.get(self.span(node).range()).unwrap_or("")
    }

    fn boxed(&mut self, expr: &syn::Expr) -> Box<Node> {
        Box::new(self.expr(expr))
    }

    fn shared(&mut self, expr: &syn::Expr) -> Rc<Node> {
        Rc::new(self.expr(expr))
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e syn::Expr>) -> Vec<Node> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    fn expr(&mut self, expr: &syn::Expr) -> Node {
        let span = self.span(expr);
        let kind = match expr {
            syn::Expr::Lit(found) => literal(&found.lit),
            syn::Expr::Path(found) => Kind::Path(segments(&found.path)),
            syn::Expr::Call(found) => Kind::Call(self.boxed(&found.func), self.exprs(&found.args)),
            syn::Expr::MethodCall(found) => Kind::Method {
                receiver: self.boxed(&found.receiver),
                name: ident(&found.method),
                at: self.span(&found.method).start,
                args: self.exprs(&found.args),
            },
            syn::Expr::Field(found) => Kind::Field(self.boxed(&found.base), member(&found.member)),
            syn::Expr::Macro(found) => self.mac(&found.mac),
            syn::Expr::Struct(found) => Kind::Struct(
                segments(&found.path),
                found.fields.iter().map(|field| (member(&field.member), self.expr(&field.expr))).collect(),
                found.rest.as_ref().map(|rest| self.boxed(rest)),
            ),
            syn::Expr::Array(found) => Kind::List(self.exprs(&found.elems)),
            syn::Expr::Tuple(found) => Kind::List(self.exprs(&found.elems)),
            syn::Expr::Repeat(found) => Kind::List(vec![self.expr(&found.expr)]),
            syn::Expr::Closure(found) => {
                let binds = found.inputs.iter().flat_map(|input| self.binds(input)).collect();
                Kind::Closure(binds, self.boxed(&found.body))
            }
            syn::Expr::Block(found) => return self.block(&found.block),
            syn::Expr::Unsafe(found) => return self.block(&found.block),
            syn::Expr::Async(found) => return self.block(&found.block),
            syn::Expr::Assign(found) => Kind::Assign(self.boxed(&found.left), self.shared(&found.right)),
            syn::Expr::Return(found) => Kind::Return(found.expr.as_ref().map(|value| self.boxed(value))),
            syn::Expr::If(found) => Kind::If(
                self.boxed(&found.cond),
                Box::new(self.block(&found.then_branch)),
                found.else_branch.as_ref().map(|(_, other)| self.boxed(other)),
            ),
            syn::Expr::Match(found) => {
                Kind::Match(self.shared(&found.expr), found.arms.iter().map(|arm| self.arm(arm)).collect())
            }
            syn::Expr::Let(found) => Kind::Let {
                binds: self.binds(&found.pat),
                ty: None,
                init: Some(self.shared(&found.expr)),
                other: None,
            },
            syn::Expr::Binary(found) => {
                let (left, right) = (self.boxed(&found.left), self.boxed(&found.right));
                match found.op {
                    syn::BinOp::Eq(_) => Kind::Equal(left, right),
                    _ => Kind::Other(vec![*left, *right]),
                }
            }
            syn::Expr::Loop(found) => Kind::Other(vec![self.block(&found.body)]),
            syn::Expr::While(found) => Kind::Other(vec![self.expr(&found.cond), self.block(&found.body)]),
            syn::Expr::ForLoop(found) => {
                let bound = Kind::Let {
                    binds: self.binds(&found.pat),
                    ty: None,
                    init: Some(self.shared(&found.expr)),
                    other: None,
                };
                Kind::Other(vec![Node { span: self.span(&found.expr), kind: bound }, self.block(&found.body)])
            }
            syn::Expr::Reference(found) => return self.expr(&found.expr),
            syn::Expr::Paren(found) => return self.expr(&found.expr),
            syn::Expr::Group(found) => return self.expr(&found.expr),
            syn::Expr::Try(found) => return self.expr(&found.expr),
            syn::Expr::Await(found) => return self.expr(&found.base),
            syn::Expr::Cast(found) => return self.expr(&found.expr),
            syn::Expr::Unary(found) => match found.op {
                syn::UnOp::Deref(_) => return self.expr(&found.expr),
                _ => Kind::Other(vec![self.expr(&found.expr)]),
            },
            syn::Expr::Index(found) => Kind::Other(vec![self.expr(&found.expr), self.expr(&found.index)]),
            syn::Expr::Break(found) => Kind::Other(found.expr.iter().map(|value| self.expr(value)).collect()),
            _ => Kind::Other(Vec::new()),
        };
        Node { span, kind }
    }

    fn block(&mut self, block: &syn::Block) -> Node {
        let span = self.span(block);
        let (parts, tail) = self.statements(&block.stmts);
        Node { span, kind: Kind::Block(parts, tail) }
    }

    fn statements(&mut self, stmts: &[syn::Stmt]) -> (Vec<Node>, bool) {
        let mut parts = Vec::new();
        let mut tail = false;
        for stmt in stmts {
            tail = matches!(stmt, syn::Stmt::Expr(_, None))
                || matches!(stmt, syn::Stmt::Macro(found) if found.semi_token.is_none());
            match stmt {
                syn::Stmt::Local(local) if production_of(&local.attrs).is_none() => {
                    parts.push(self.local(local));
                }
                syn::Stmt::Expr(expr, _) => parts.push(self.expr(expr)),
                syn::Stmt::Macro(found) => {
                    let span = self.span(found);
                    parts.push(Node { span, kind: self.mac(&found.mac) });
                }
                syn::Stmt::Item(syn::Item::Use(found)) => {
                    let more = imports(self.slice(&found.tree));
                    self.imports.extend(more);
                }
                syn::Stmt::Item(syn::Item::Fn(found)) => parts.push(self.block(&found.block)),
                syn::Stmt::Item(_) | syn::Stmt::Local(_) => {}
            }
        }
        (parts, tail)
    }

    fn local(&mut self, local: &syn::Local) -> Node {
        let (pattern, ty) = match &local.pat {
            syn::Pat::Type(typed) => (&*typed.pat, Some(self.slice(&*typed.ty).to_owned())),
            other => (other, None),
        };
        let init = local.init.as_ref();
        let kind = Kind::Let {
            binds: self.binds(pattern),
            ty,
            init: init.map(|init| self.shared(&init.expr)),
            other: init.and_then(|init| init.diverge.as_ref()).map(|(_, other)| self.boxed(other)),
        };
        Node { span: self.span(local), kind }
    }

    fn arm(&mut self, arm: &syn::Arm) -> Arm {
        let (pattern, guard) = match &arm.pat {
            syn::Pat::Guard(found) => (&*found.pat, Some(self.expr(&found.guard))),
            other => (other, None),
        };
        let mut leaves = Vec::new();
        self.leaves(pattern, &mut leaves);
        Arm {
            span: self.span(arm),
            pattern: leaves,
            binds: self.binds(pattern),
            guard,
            body: self.expr(&arm.body),
        }
    }

    /// The literals and paths of a pattern.
    fn leaves(&mut self, pattern: &syn::Pat, found: &mut Vec<Node>) {
        let span = self.span(pattern);
        match pattern {
            syn::Pat::Lit(lit) => found.push(Node { span, kind: literal(&lit.lit) }),
            syn::Pat::Path(path) => found.push(Node { span, kind: Kind::Path(segments(&path.path)) }),
            syn::Pat::Ident(name) if name.subpat.is_none() => {
                found.push(Node { span, kind: Kind::Path(vec![ident(&name.ident)]) });
            }
            syn::Pat::Or(or) => or.cases.iter().for_each(|case| self.leaves(case, found)),
            syn::Pat::Tuple(tuple) => tuple.elems.iter().for_each(|element| self.leaves(element, found)),
            syn::Pat::TupleStruct(tuple) => {
                tuple.elems.iter().for_each(|element| self.leaves(element, found));
            }
            syn::Pat::Reference(inner) => self.leaves(&inner.pat, found),
            syn::Pat::Paren(inner) => self.leaves(&inner.pat, found),
            _ => {}
        }
    }

    fn binds(&self, pattern: &syn::Pat) -> Vec<Bind> {
        let mut found = Vec::new();
        bind(pattern, None, &mut found);
        found
    }

    fn mac(&mut self, mac: &syn::Macro) -> Kind {
        let name = mac.path.segments.last().map_or_else(String::new, |last| ident(&last.ident));
        let mut nodes = Vec::new();
        for part in self.arena.parts(&name, &mac.tokens) {
            match part {
                Part::Expr(expr) | Part::Static(expr) => nodes.push(self.expr(expr)),
                Part::Statements(stmts) => nodes.extend(self.statements(stmts).0),
                Part::Item(item) => {
                    if let syn::Item::Fn(found) = &**item {
                        nodes.push(self.block(&found.block));
                    }
                }
            }
        }
        Kind::Macro(name, nodes)
    }
}

fn bind(pattern: &syn::Pat, field: Option<(Vec<String>, String)>, found: &mut Vec<Bind>) {
    match pattern {
        syn::Pat::Ident(name) => {
            found.push(Bind { name: ident(&name.ident), field });
            if let Some((_, inner)) = &name.subpat {
                bind(inner, None, found);
            }
        }
        syn::Pat::Type(typed) => bind(&typed.pat, field, found),
        syn::Pat::Reference(inner) => bind(&inner.pat, field, found),
        syn::Pat::Paren(inner) => bind(&inner.pat, field, found),
        syn::Pat::Guard(inner) => bind(&inner.pat, field, found),
        syn::Pat::Tuple(tuple) => tuple.elems.iter().for_each(|element| bind(element, None, found)),
        syn::Pat::TupleStruct(tuple) => {
            tuple.elems.iter().for_each(|element| bind(element, field.clone(), found));
        }
        syn::Pat::Slice(slice) => slice.elems.iter().for_each(|element| bind(element, None, found)),
        syn::Pat::Or(or) => or.cases.iter().for_each(|case| bind(case, field.clone(), found)),
        syn::Pat::Struct(taken) => {
            for part in &taken.fields {
                bind(&part.pat, Some((segments(&taken.path), member(&part.member))), found);
            }
        }
        _ => {}
    }
}

fn literal(lit: &syn::Lit) -> Kind {
    match lit {
        syn::Lit::Str(found) => Kind::Text(found.value().into()),
        syn::Lit::ByteStr(found) => Kind::Text(String::from_utf8_lossy(&found.value()).into()),
        syn::Lit::Int(found) => found.base10_parse::<i128>().map_or(Kind::Other(Vec::new()), Kind::Int),
        _ => Kind::Other(Vec::new()),
    }
}
