//! Calls of networks: `p.net.forward(x)`.
//!
//! What a network is only rustc sees: here it is a place with a method `forward`. Its input is an array, and so is its
//! result, as long as the network says.

use quote::ToTokens;
use syn::Expr;
use syn::ExprMethodCall;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::NETWORK_INPUT;
use crate::diagnostics::catalogue::NETWORK_METHOD;
use crate::diagnostics::catalogue::NETWORK_RECEIVER;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Form;
use crate::ir::Len;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// `network.forward(input)`
    pub(super) fn forward(&mut self, network: Located, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let input = self.network_input(call)?;
        let shape = Shape::Array(Box::new(Shape::Scalar(ScalarKind::Real)), Len::Inferred);
        let object = self.program.object("output", shape.clone(), call.method.span());
        let by_ref = |place| CallArg::Place { place, by_ref: true };
        self.push(Stmt::Call(Call {
            callee: Callee::Network(call.method.span()),
            form: Form::Primal,
            args: vec![by_ref(network.place), by_ref(input)],
            result: CallResult::Object(object),
            result_twin: None,
            twins: Vec::new(),
        }));
        Ok(Meaning::Memory(Located { place: Place::whole(object), shape, hold: Hold::Fresh }))
    }

    fn network_input(&mut self, call: &'a ExprMethodCall) -> Checked<Place> {
        let mut args = call.args.iter();
        let (Some(arg), None) = (args.next(), args.next()) else {
            let words = format!("{} arguments", call.args.len());
            let word = if call.args.is_empty() { "nothing" } else { &words };
            let help = "put the numbers into one array: `.forward([x, y])`";
            return Err(self.error(&call.method, &NETWORK_INPUT, &[word, help]));
        };
        let located = match self.raw(arg)? {
            Meaning::Memory(located) if !matches!(located.shape, Shape::Scalar(_)) => located,
            other => {
                let (word, help) = match other {
                    Meaning::Scalar(_) | Meaning::Variable(..) | Meaning::Memory(_) => {
                        ("a number", format!("write `[{}]` for a network of one input", types::text(arg)))
                    }
                    Meaning::Tuple(_) => ("a tuple", "write an array: `[x, y]`".to_string()),
                    _ => ("something else", "write an array, `[x, y]`, or a place, `u.position`".to_string()),
                };
                return Err(self.error(arg, &NETWORK_INPUT, &[word, &help]));
            }
        };
        if located.hold == Hold::Fresh && located.place.path.is_empty() {
            let name = &mut self.program.objects[located.place.object.0].name;
            if name == "local" {
                *name = "input".to_string();
            }
        }
        Ok(located.place)
    }

    /// `forward` of what can be no network.
    pub(super) fn no_network(
        &mut self,
        receiver: &Meaning<'a>,
        at: &dyn ToTokens,
    ) -> crate::diagnostics::Reported {
        let word = match receiver {
            Meaning::Const(_) => format!("the constant `{}`", types::text(at)),
            Meaning::Memory(located) if located.shape.is_aggregate() => {
                format!("`{}`", types::describe(&located.shape))
            }
            Meaning::Memory(located) if located.is_result() => "the result of a function".to_string(),
            Meaning::Scalar(_) | Meaning::Variable(..) | Meaning::Memory(_) => "a number".to_string(),
            _ => "this".to_string(),
        };
        self.error(at, &NETWORK_RECEIVER, &[&word])
    }

    /// Whether a method that no number has is meant for a network: its receiver is one, or its argument is an array.
    pub(super) fn means_network(&self, receiver: &Located, call: &ExprMethodCall) -> bool {
        let array = |arg: &Expr| match arg {
            Expr::Array(_) | Expr::Repeat(_) | Expr::Reference(_) => true,
            Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Deref(_)),
            Expr::Path(path) => path.path.get_ident().is_some_and(|ident| {
                matches!(self.lookup(&ident.to_string()), Some(super::Binding::Alias(_)))
            }),
            _ => false,
        };
        match receiver.shape {
            Shape::Struct(_) => true,
            Shape::Unknown => call.args.iter().any(array),
            _ => false,
        }
    }

    /// A method of a network that is not `forward`.
    pub(super) fn unknown_network_method(&mut self, call: &ExprMethodCall) -> crate::diagnostics::Reported {
        let written = format!("{}.forward({})", types::text(&call.receiver), types::text(&call.args));
        self.error(&call.method, &NETWORK_METHOD, &[&call.method.to_string(), &written])
    }

    /// Gives a network's result the length that its use tells.
    pub(super) fn measure(&mut self, located: &mut Located, wanted: &Shape) {
        if matches!(located.shape, Shape::Array(_, Len::Inferred))
            && !matches!(wanted, Shape::Unknown | Shape::Slice(_))
        {
            located.shape = match (&located.shape, wanted) {
                // What its elements are was seen where it was made.
                (Shape::Array(inner, _), Shape::Array(_, len))
                    if !matches!(**inner, Shape::Unknown | Shape::Scalar(ScalarKind::Real)) =>
                {
                    Shape::Array(inner.clone(), len.clone())
                }
                _ => wanted.clone(),
            };
            if located.place.path.is_empty() {
                self.program.objects[located.place.object.0].shape = located.shape.clone();
            }
        }
    }
}
