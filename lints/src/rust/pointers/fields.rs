//! Owners that are fields, and pointers stored in statics.

use syn::ExprMethodCall;

use super::Flow;
use super::owners::{self, Class};
use super::places::path_text;
use super::state::{Obj, Shape, Slot, Status, Value};
use crate::source::Span;

impl Flow<'_> {
    /// `self.buf.as_ptr()` where the type of the field is known: the memory is not this function's to end, but it may
    /// be moved by growth.
    pub(super) fn placed_owner(&mut self, call: &ExprMethodCall, name: &str, at: Span) -> Option<Value> {
        let key = path_text(&call.receiver).filter(|key| key.contains('.'))?;
        let known = self.names.type_of(&call.receiver)?;
        let class = match known.rsplit("::").next()? {
            "Vec" => Class::Vec,
            "String" => Class::String,
            _ => return None,
        };
        if class.gives_pointer(name) {
            let obj = self.placed_object(&key);
            return Some(self.pointer_into(Some(obj), Vec::new(), at));
        }
        if owners::regrows(class, name) {
            let args = self.arguments(call.args.iter());
            for arg in &args {
                self.state.keep(&arg.holds);
            }
            let obj = self.placed_object(&key);
            if name.contains("reserve") || !self.state.get(obj).roomy {
                self.regrow(obj, at);
            }
            self.state.get_mut(obj).roomy |= name.contains("reserve");
            return Some(Value::default());
        }
        None
    }

    fn placed_object(&mut self, key: &str) -> Obj {
        if let Some(obj) = self.placed.get(key) {
            return *obj;
        }
        let obj = self.state.object(key, Status::Kept);
        self.placed.insert(key.to_string(), obj);
        obj
    }

    /// `STATIC.store(p, ..)`.
    pub(super) fn stored_in_static(&mut self, call: &ExprMethodCall, args: Vec<Value>, at: Span) -> Value {
        let name = path_text(&call.receiver).unwrap_or_default();
        self.state.slots.remove(&name);
        for arg in args {
            self.state.keep(&arg.holds);
            if arg.shape == Shape::Pointer && !arg.points.is_empty() {
                let slot = Slot { points: arg.points, stored: at, touched: false };
                self.state.slots.insert(name.clone(), slot);
            }
        }
        Value::default()
    }
}
