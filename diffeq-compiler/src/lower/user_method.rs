//! Calls of the user's own methods, those with `#[differentiable]`: `machine.electrical_power(delta)`.

use syn::ExprMethodCall;

use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::ir::CallArg;
use crate::ir::Callee;
use crate::ir::Shape;
use crate::parse::types;

/// Methods that people look for in a network.
const OF_NETWORKS: &[&str] =
    &["predict", "call", "eval", "evaluate", "apply", "infer", "run", "output", "forward_batch"];

/// The types of networks.
const NETWORKS: &[&str] = &["Mlp", "Dense", "Chain", "Map"];

impl<'a> Lowering<'a, '_> {
    /// Whether a method that numbers and arrays don't have is one of the user's.
    pub(super) fn is_user_method(&self, receiver: &Located, call: &ExprMethodCall) -> bool {
        match &receiver.shape {
            Shape::Struct(path) => {
                let last = path.to_string().split('<').next().unwrap_or_default().trim().to_string();
                !NETWORKS.iter().any(|network| last.ends_with(network))
            }
            Shape::Unknown => {
                !self.means_network(receiver, call)
                    || !OF_NETWORKS.contains(&call.method.to_string().as_str())
            }
            _ => false,
        }
    }

    /// A call of a method; whether it has the attribute rustc knows.
    pub(super) fn user_method(
        &mut self,
        receiver: Located,
        call: &'a ExprMethodCall,
        is_statement: bool,
    ) -> Checked<Meaning<'a>> {
        // The forms of a method take it behind a reference, whether the method itself does or not.
        let mut args = vec![CallArg::Place { place: receiver.place.clone(), by_ref: true }];
        let object = &self.program.objects[receiver.place.object.0];
        let may_change = is_statement && !object.read_only && object.constant.is_none();
        let mut lent = Vec::new();
        if may_change {
            lent.push((Meaning::Memory(receiver.into_place()), &*call.receiver));
        }
        for arg in &call.args {
            let (handed, place) = self.lent_argument(arg, None, is_statement)?;
            args.push(handed);
            lent.extend(place.map(|place| (place, arg)));
        }
        let result = self.called(Callee::Method(call.method.clone()), args, types::span(&call.method));
        if lent.is_empty() {
            return Ok(Meaning::Memory(result));
        }
        let left = self.put_back(result, lent)?;
        Ok(if is_statement { Meaning::Unit } else { left })
    }
}
