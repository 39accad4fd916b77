//! Calls of helpers and of networks.

use proc_macro2::Group;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::quote;

use super::arrays::Landing;
use super::body::Body;
use super::expression::Prec;
use super::paths;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Form;
use crate::ir::Place;
use crate::ir::Shape;

impl Body<'_> {
    pub(super) fn call(&self, call: &Call) -> TokenStream {
        match &call.callee {
            Callee::Helper(path) => self.helper(call, path),
            Callee::Network(span) => self.network(call, *span),
        }
    }

    fn helper(&self, call: &Call, path: &TokenStream) -> TokenStream {
        let arg = |arg: &CallArg| self.argument(arg);
        let result = self.bound(call.result);
        match call.form {
            Form::Primal => {
                let args = call.args.iter().map(arg);
                quote!(let #result = #path::value(#(#args),*);)
            }
            Form::Marks => {
                let args = call.args.iter().map(arg);
                quote!(let #result = #path::marks(#(#args),*);)
            }
            Form::Jvp => {
                let args = call.args.iter().zip(&call.twins).flat_map(|(a, twin)| {
                    let a = arg(a);
                    match twin {
                        Some(twin) => vec![a, arg(twin)],
                        None => vec![a],
                    }
                });
                match call.result_twin {
                    Some(twin) => {
                        let twin = self.bound(twin);
                        quote!(let (#result, #twin) = #path::jvp(#(#args),*);)
                    }
                    None => quote!(let #result = #path::jvp(#(#args),*);),
                }
            }
            Form::Vjp => {
                let args = call.args.iter().map(arg);
                let seed = match call.result_twin {
                    Some(CallResult::Value(v)) => self.expr(v, Prec::Loose),
                    Some(CallResult::Object(o)) => {
                        let bar = self.reference_mut(&Place::whole(o));
                        if matches!(self.program.objects[o.0].shape, Shape::Unknown) {
                            let seed = paths::item("seed");
                            quote!(#seed(#bar))
                        } else {
                            bar
                        }
                    }
                    None => quote!(),
                };
                let bars = self.bars(call);
                quote!(#path::vjp(#(#args,)* #seed, #(#bars,)* work);)
            }
        }
    }

    fn network(&self, call: &Call, span: Span) -> TokenStream {
        // Errors in sizes, which rustc alone sees, point at the user's call.
        let outputs = |value| self.outputs(call, &spanned(value, span));
        let method = |name: &str| {
            let method = quote::format_ident!("{name}");
            let network = paths::item("Network");
            quote!(#network::#method)
        };
        let args: Vec<TokenStream> = call.args.iter().map(|arg| self.argument(arg)).collect();
        let twins = call.twins.iter().map(|twin| twin.as_ref().map(|twin| self.argument(twin)));
        let twins: Vec<Option<TokenStream>> = twins.collect();
        match (call.form, args.as_slice(), twins.as_slice()) {
            (Form::Jvp, [network, x], [Some(dot), Some(x_dot)]) => {
                let jvp = method("jvp");
                outputs(quote!(#jvp(#network, #dot, #x, #x_dot)))
            }
            (Form::Jvp, [network, x], [None, Some(x_dot)]) => {
                let input_jvp = method("input_jvp");
                outputs(quote!(#input_jvp(#network, #x, #x_dot)))
            }
            (Form::Vjp, [network, x], [parameters, ..]) => {
                let vjp = method(if parameters.is_some() { "vjp" } else { "input_vjp" });
                let seed = match call.result_twin {
                    Some(CallResult::Object(o)) => self.reference(&Place::whole(o)),
                    _ => quote!(),
                };
                let bars = self.bars(call);
                spanned(quote!(#vjp(#network, #x, #seed, #(#bars),*);), span)
            }
            _ => {
                let forward = method("forward");
                outputs(quote!(#forward(#(#args),*)))
            }
        }
    }

    /// A network's outputs bound to names, taken apart, or assigned to where they are wanted.
    fn outputs(&self, call: &Call, value: &TokenStream) -> TokenStream {
        let mut assigned = false;
        let targets: Vec<TokenStream> = call
            .bound()
            .map(|result| match result {
                CallResult::Object(o) => match self.arrays.landing(o) {
                    Some(Landing::Nowhere) => quote!(_),
                    Some(Landing::Parts(parts)) => {
                        let parts = parts.iter().map(|part| match part {
                            Some(v) => {
                                let name = self.names.value(*v);
                                quote!(#name)
                            }
                            None => quote!(_),
                        });
                        quote!([#(#parts),*])
                    }
                    Some(Landing::Place(place)) => {
                        assigned = true;
                        self.place(place)
                    }
                    None => self.bound(result),
                },
                CallResult::Value(_) => self.bound(result),
            })
            .collect();
        let target = match targets.as_slice() {
            [one] => one.clone(),
            many => quote!((#(#many),*)),
        };
        if assigned { quote!(#target = #value;) } else { quote!(let #target = #value;) }
    }

    fn argument(&self, arg: &CallArg) -> TokenStream {
        match arg {
            CallArg::Value(v) => self.told(true, || self.expr(*v, Prec::Loose)),
            CallArg::Place { place, by_ref: true } => self.reference(place),
            CallArg::Place { place, by_ref: false } => {
                if matches!(self.shape_at(place), Some(Shape::Array(..))) {
                    self.place(place)
                } else {
                    let place = self.receiver(place);
                    quote!(#place.clone())
                }
            }
        }
    }

    fn bars(&self, call: &Call) -> Vec<TokenStream> {
        let bars = call.twins.iter().flatten().map(|twin| match twin {
            CallArg::Place { place, .. } => self.reference_mut(place),
            CallArg::Value(_) => quote!(),
        });
        bars.collect()
    }

    fn bound(&self, result: CallResult) -> TokenStream {
        match result {
            CallResult::Value(v) => {
                let name = self.names.value(v);
                quote!(#name)
            }
            CallResult::Object(o) => {
                let name = self.names.object(o);
                if self.written.contains(&o) { quote!(mut #name) } else { quote!(#name) }
            }
        }
    }
}

/// The tokens at one place, those inside delimiters too.
fn spanned(tokens: TokenStream, span: Span) -> TokenStream {
    let place = |tree| match tree {
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), spanned(group.stream(), span));
            inner.set_span(span);
            TokenTree::Group(inner)
        }
        mut other => {
            other.set_span(span);
            other
        }
    };
    tokens.into_iter().map(place).collect()
}
