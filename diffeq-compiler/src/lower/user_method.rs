//! Calls of the user's own methods, those with `#[differentiable]`: `machine.electrical_power(delta)`.

use syn::ExprMethodCall;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Form;
use crate::ir::Place;
use crate::ir::Shape;
use crate::ir::Stmt;
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
    ) -> Checked<Meaning<'a>> {
        // The forms of a method take it behind a reference, whether the method itself does or not.
        let mut args = vec![CallArg::Place { place: receiver.place, by_ref: true }];
        let values: Vec<_> = call.args.iter().map(|arg| self.argument(arg, None)).collect();
        for (value, arg) in values.into_iter().zip(&call.args) {
            args.push(self.handed(value?, arg)?);
        }
        let object = self.program.object("result", Shape::Unknown, types::span(&call.method));
        self.push(Stmt::Call(Call {
            callee: Callee::Method(call.method.clone()),
            form: Form::Primal,
            args,
            result: CallResult::Object(object),
            result_twin: None,
            twins: Vec::new(),
        }));
        Ok(Meaning::Memory(Located { place: Place::whole(object), shape: Shape::Unknown, hold: Hold::Fresh }))
    }
}
