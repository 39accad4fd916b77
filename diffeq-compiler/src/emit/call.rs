//! Calls of helpers, of networks, and of the past.

use proc_macro2::Group;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::quote;

use rustc_hash::FxHashSet as HashSet;

use super::arrays::Landing;
use super::body::Body;
use super::expression::Prec;
use super::paths;
use super::types::local_type;
use crate::ir::Asked;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Form;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

impl Body<'_> {
    pub(super) fn call(&self, call: &Call) -> TokenStream {
        match &call.callee {
            Callee::Helper(path, constants) => {
                let forms = forms_of(path).map_or_else(|| path.clone(), |name| quote!(#name));
                // A form is generic over the scalar, too, unless it is one of integers alone.
                let (real, discrete) = self.holds_reals(call);
                self.helper(call, None, &|name| {
                    let form = quote::format_ident!("{name}");
                    match name {
                        _ if constants.is_empty() || !(real || discrete) => quote!(#forms::#form),
                        "marks" => quote!(#forms::#form::<#constants>),
                        _ if real => quote!(#forms::#form::<_, #constants>),
                        _ => quote!(#forms::#form::<#constants>),
                    }
                })
            }
            Callee::Method(name) => {
                let values = paths::item("Values");
                // The forms are methods of the user's type, which what is over the scalar type is not.
                let receiver = match call.args.first() {
                    Some(CallArg::Place { place, .. }) if self.is_inert(place) => self.receiver(place),
                    Some(CallArg::Place { place, .. }) => {
                        let place = self.reference(place);
                        quote!(#values::values(#place))
                    }
                    _ => quote!(),
                };
                // The way to the forms is a method, too, so that rustc finds another one where there are none.
                let way = way_to_forms(name);
                let of = |form: &str| {
                    let form = method_form(name, form);
                    quote!(#receiver.#way().#form)
                };
                match call.args.first() {
                    // a constant is read on the same way, so that there is one thing to be said of it
                    Some(CallArg::Place { place, .. }) if self.constant(place).is_some() => {
                        let lifted = self.lifted("constant", &quote!(*#receiver.#way()));
                        self.helper(call, Some(quote!(&#lifted)), &of)
                    }
                    _ => self.helper(call, None, &of),
                }
            }
            Callee::Associated(owner, name) => self.helper(call, None, &|form| {
                let form = method_form(name, form);
                quote!(#owner::#form)
            }),
            Callee::Network(span) => self.network(call, *span),
            Callee::History(span, asked) => {
                let history = spanned(paths::item("History"), *span);
                let part = match (call.args.len() > 2, asked) {
                    (true, Asked::State) => "component_",
                    (true, Asked::Slope) => "component_slope_",
                    (false, Asked::State) => "state_",
                    (false, Asked::Slope) => "state_slope_",
                };
                self.helper(call, None, &|form| {
                    let form = quote::format_ident!("{part}{form}", span = *span);
                    quote!(#history::#form)
                })
            }
        }
    }

    /// Whether there surely are reals in what a helper takes and returns, and whether there surely are none.
    fn holds_reals(&self, call: &Call) -> (bool, bool) {
        fn holds(shape: &Shape) -> bool {
            match shape {
                Shape::Scalar(kind) => *kind == ScalarKind::Real,
                Shape::Array(inner, _) | Shape::Slice(inner) => holds(inner),
                Shape::Struct(_) => true,
                Shape::Tuple(parts) => parts.iter().any(holds),
                Shape::Plain(_) | Shape::Unknown => false,
            }
        }
        let is_real = |v: Value| self.program.kind(v) == ScalarKind::Real;
        let mut real = matches!(call.result, CallResult::Value(v) if is_real(v));
        let mut discrete = matches!(call.result, CallResult::Value(v) if !is_real(v));
        for arg in &call.args {
            match arg {
                CallArg::Value(v) => {
                    real |= is_real(*v);
                    discrete &= !is_real(*v);
                }
                CallArg::Place { place, .. } => {
                    real |= self.shape_at(place).is_some_and(holds);
                    discrete &= self.program.is_discrete(place);
                }
            }
        }
        (real, discrete)
    }

    /// A call of a form; `receiver` stands for the first argument.
    fn helper(
        &self,
        call: &Call,
        receiver: Option<TokenStream>,
        of: &dyn Fn(&str) -> TokenStream,
    ) -> TokenStream {
        let arg = |arg: &CallArg| match &receiver {
            Some(receiver) if call.args.first().is_some_and(|first| std::ptr::eq(first, arg)) => {
                receiver.clone()
            }
            _ => self.argument(arg),
        };
        let result = self.bound(call.result);
        // of integers alone rustc can't tell over which scalar the result is; a constant may be one
        let real = call.args.iter().any(|arg| match arg {
            CallArg::Value(v) => self.program.kind(*v) == ScalarKind::Real,
            CallArg::Place { place, .. } => {
                self.program.objects[place.object.0].constant.is_none()
                    && !self.program.is_discrete(place)
                    && !self.is_part(place)
            }
        });
        let scalar = &self.scalar;
        let untold =
            !real && matches!(call.result, CallResult::Value(v) if self.program.kind(v) == ScalarKind::Real);
        let (one, two) = match self.declared(call.result) {
            _ if untold => (quote!(: #scalar), quote!(: (#scalar, _))),
            Some(ty) => (quote!(: #ty), quote!(: (#ty, _))),
            None => (quote!(), quote!()),
        };
        match call.form {
            Form::Primal => {
                let args = call.args.iter().map(arg);
                let value = of("value");
                let scalar = if real { None } else { self.scalar_in(call.result) };
                quote!(let #result #one = #value(#(#args),*); #scalar)
            }
            Form::Marks => {
                let args = call.args.iter().map(arg);
                let marks = of("marks");
                quote!(let #result #one = #marks(#(#args),*);)
            }
            Form::Jvp => {
                let args = call.args.iter().zip(&call.twins).flat_map(|(a, twin)| {
                    let by_ref = matches!(a, CallArg::Place { by_ref: true, .. });
                    let nothing = if by_ref { quote!(&()) } else { quote!(()) };
                    let a = arg(a);
                    match twin {
                        Some(twin) => vec![a, arg(twin)],
                        None => vec![a, nothing],
                    }
                });
                let jvp = of("jvp");
                match call.result_twin {
                    Some(twin) => {
                        let twin = self.bound(twin);
                        quote!(let (#result, #twin) #two = #jvp(#(#args),*);)
                    }
                    None => quote!(let (#result, _) #two = #jvp(#(#args),*);),
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
                let bars = call.twins.iter().map(|twin| match twin {
                    Some(CallArg::Place { place, .. }) => self.reference_mut(place),
                    _ => quote!(&mut ()),
                });
                let vjp = of("vjp");
                quote!(#vjp(#(#args,)* #seed, #(#bars,)* work_1);)
            }
        }
    }

    /// The type of a result that is an array, where the user has written it down: a helper may be generic over its
    /// length.
    fn declared(&self, result: CallResult) -> Option<TokenStream> {
        let CallResult::Object(o) = result else { return None };
        let shape = &self.program.objects[o.0].shape;
        let written = matches!(shape, Shape::Array(..)) && shape.is_told();
        written.then(|| local_type(shape, &self.scalar))
    }

    /// Says over which scalar an aggregate is of which nothing else tells: by a real in it, of which there is one where it,
    /// or what is made like it, is read or written as one.
    fn scalar_in(&self, result: CallResult) -> Option<TokenStream> {
        let CallResult::Object(made) = result else { return None };
        let mut alike = HashSet::from_iter([made]);
        let mut found = None;
        visit::walk(&self.program.body, &mut |stmt| match stmt {
            Stmt::Local(o, Init::From(p) | Init::ZerosLike(p))
                if p.path.is_empty() && alike.contains(&p.object) =>
            {
                alike.insert(*o);
            }
            Stmt::Let(v, Op::Load(p)) | Stmt::Store(p, v) | Stmt::Accumulate(p, v)
                if found.is_none()
                    && !p.path.is_empty()
                    && alike.contains(&p.object)
                    && self.program.kind(*v) == ScalarKind::Real =>
            {
                found = Some(p.path.clone());
            }
            _ => {}
        });
        let mut place = self.receiver(&Place::whole(made));
        for step in found? {
            place.extend(match step {
                Proj::Index(_) => quote!([0]),
                Proj::Field(name) => {
                    let name: TokenStream = name.parse().ok()?;
                    quote!(.#name)
                }
                Proj::Matches(_) | Proj::Part(..) | Proj::Range(..) => return None,
            });
        }
        let scalar = &self.scalar;
        Some(quote!(let _: &#scalar = &#place;))
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
        let kept = match call.result {
            CallResult::Object(o) => self.kept.get(&o),
            CallResult::Value(_) => None,
        };
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
                // for the input alone there is no form of what is kept
                let kept = kept.filter(|_| parameters.is_some()).map(|kept| quote!(#kept,));
                let vjp = method(match (&kept, parameters) {
                    (Some(_), _) => "vjp_of_kept",
                    (None, Some(_)) => "vjp",
                    (None, None) => "input_vjp",
                });
                let seed = match call.result_twin {
                    Some(CallResult::Object(o)) => self.reference(&Place::whole(o)),
                    _ => quote!(),
                };
                let bars = self.bars(call);
                spanned(quote!(#vjp(#network, #x, #kept #seed, #(#bars),*);), span)
            }
            (Form::Primal, [network, x], _) if let Some(kept) = kept => {
                let form = method(if self.recalls { "recall" } else { "forward_keeping" });
                outputs(quote!(#form(#network, #x, #kept)))
            }
            _ => {
                let forward = method("forward");
                outputs(quote!(#forward(#(#args),*)))
            }
        }
    }

    /// How many reals a network keeps, where that is known before it is called: it lies in a field of the parameters, whose type
    /// this is, and its input is an array whose type is written down.
    pub fn kept_len(&self, call: &Call, p: Obj, params: &TokenStream) -> Option<TokenStream> {
        let [CallArg::Place { place: network, .. }, CallArg::Place { place: x, .. }] = &*call.args else {
            return None;
        };
        let shape = self.shape_at(x).filter(|shape| matches!(shape, Shape::Array(..)) && shape.is_told())?;
        let fields = network.path.iter().all(|step| matches!(step, Proj::Field(_)));
        if !call.is_network() || network.object != p || !fields {
            return None;
        }
        let (kept, input) = (paths::item("kept"), local_type(shape, &self.scalar));
        let (name, scalar, network) = (self.names.object(p), &self.scalar, self.reference(network));
        Some(quote!(#kept::<#scalar, _, #input, _>(|#name: &#params| #network)))
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
                if let Some(constant) = self.constant(place) {
                    return constant;
                }
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

/// The name of a form of a `#[differentiable]` method. It says what is missing where rustc does not find it.
pub fn method_form(name: &proc_macro2::Ident, form: &str) -> proc_macro2::Ident {
    quote::format_ident!("{}__differentiable_{form}", name, span = name.span())
}

/// The name of the method that leads to the forms of a `#[differentiable]` method.
pub fn way_to_forms(name: &proc_macro2::Ident) -> proc_macro2::Ident {
    quote::format_ident!("{}__differentiable", name, span = name.span())
}

/// A form that takes nothing of the scalar type, by its path; none of a method, whose type only rustc knows.
pub fn form_of(callee: &Callee, form: &str) -> Option<TokenStream> {
    match callee {
        Callee::Helper(path, _) => {
            let (forms, form) = (forms_of(path), quote::format_ident!("{form}"));
            Some(forms.map_or_else(|| quote!(#path::#form), |name| quote!(#name::#form)))
        }
        Callee::Associated(owner, name) => {
            let form = method_form(name, form);
            Some(quote!(#owner::#form))
        }
        Callee::Method(_) | Callee::Network(_) | Callee::History(..) => None,
    }
}

/// The name that stands for the forms of a helper: `hill_forms`. What belongs to `Self` has none.
fn forms_of(path: &TokenStream) -> Option<proc_macro2::Ident> {
    let mut name = String::new();
    for tree in path.clone() {
        if let TokenTree::Ident(ident) = tree {
            let ident = ident.to_string();
            if ident == "Self" {
                return None;
            }
            name.push_str(ident.trim_start_matches("r#"));
            name.push('_');
        }
    }
    Some(quote::format_ident!("{name}forms"))
}

/// The helpers that a program calls: the names of their forms, and their paths.
pub(super) fn helpers(program: &Program) -> Vec<(proc_macro2::Ident, TokenStream)> {
    let mut known: Vec<(proc_macro2::Ident, TokenStream)> = Vec::new();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Call(Call { callee: Callee::Helper(path, _), .. }) = stmt
            && let Some(name) = forms_of(path)
            && !known.iter().any(|(other, _)| *other == name)
        {
            known.push((name, path.clone()));
        }
    });
    known
}

/// What rustc finds where a method that a program calls has no forms: a method of every type, whose one condition nobody
/// meets and says so in words. A type's own methods come before it.
pub fn without_forms(program: &Program) -> TokenStream {
    let mut names: Vec<proc_macro2::Ident> = Vec::new();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Call(Call { callee: Callee::Method(name), .. }) = stmt
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    });
    if names.is_empty() {
        return quote!();
    }
    let forms = paths::item("DifferentiableMethods");
    let heads = names.iter().map(|name| {
        let way = way_to_forms(name);
        quote!(fn #way(&self) -> <Self as #forms>::Forms where Self: #forms)
    });
    let heads: Vec<TokenStream> = heads.collect();
    quote! {
        #[allow(dead_code, non_snake_case)]
        trait WithoutForms { #(#heads;)* }
        impl<X: ?Sized> WithoutForms for X { #(#heads { ::core::unreachable!() })* }
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
