//! What `#[ode]` writes around the bodies: the trait implementations of an equation.

use proc_macro2::Literal;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::quote;
use quote::quote_spanned;

use crate::emit;
use crate::emit::Body;
use crate::emit::blank;
use crate::emit::components::layout;
use crate::emit::mentioned;
use crate::emit::owned;
use crate::emit::paths;
use crate::ir::Arg;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::function::Function;
use crate::ir::function::LayoutStep;
use crate::macros::model;
use crate::macros::sweep::work;
use crate::macros::written;
use crate::passes::adjoint::Adjoint;
use crate::passes::adjoint::adjoint;
use crate::passes::adjoint::adjoint_by;
use crate::passes::assertions::without_assertions;
use crate::passes::factor::factor;
use crate::passes::schedule::schedule;
use crate::passes::simplify::simplify;
use crate::passes::simplify::simplify_derivative;
use crate::passes::sparsity::sparsity;
use crate::passes::structure::structure;
use crate::passes::tangent::tangent;
use crate::passes::tangent::tangent_by;

/// Everything that `#[ode]` writes.
pub fn ode(function: &Function) -> TokenStream {
    let Function { ident, vis, attrs, generic_params, generic_args, original, .. } = function;
    let docs = function.docs.iter().map(|line| format!(" {}", line.trim_start()));
    let doc_text = function.docs.join("\n");
    let name = ident.to_string();
    let mut program = function.program.clone();
    let gate = emit::gate(&mut program, function.checked.as_ref());
    let value = simplify(program.clone());
    let primal = simplify(without_assertions(program));
    let real = paths::item("Real");
    let angled = if generic_args.is_empty() { quote!() } else { quote!(<#generic_args>) };
    let declared = if generic_params.is_empty() { quote!() } else { quote!(<#generic_params>) };
    let over_t =
        if generic_params.is_empty() { quote!(<T: #real>) } else { quote!(<T: #real, #generic_params>) };
    let [system, rhs, jvp, vjp, sparsity, jacobian, model] =
        ["System", "Rhs", "Jvp", "Vjp", "Sparsity", "Jacobian", "Model"].map(paths::item);
    let Some(equation) = Equation::of(&primal) else { return quote!(#original) };
    let (state, params) = (equation.state(&quote!(T)), equation.params(&quote!(T)));
    // What rustc finds to say of the types, that one is private above all, stands at the user's.
    let span =
        |ty: &TokenStream| ty.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    let state_type = quote_spanned!(span(&state)=> type State = #state;);
    let params_type = quote_spanned!(span(&params)=> type Params = #params;);
    let sparsity = if equation.past.is_some() { paths::item("DelayedSparsity") } else { sparsity };
    let switching = super::switching::items(function, &primal, &params);
    let jvp_fn = equation.jvp(&primal);
    let tangent_fn = equation.tangent(&primal);
    let vjp_fn = equation.vjp(&primal);
    let state_vjp_fn = equation.state_vjp(&primal);
    let sparsity_fn = equation.sparsity(&primal);
    let time_gradient_fn = equation.time_gradient(&primal);
    let state_jvp_fn = equation.state_jvp(&primal);
    let facts = structure(&primal);
    let (autonomous, constant) = (facts.autonomous, facts.constant_jacobian);
    let (constant_in_state, affine) = (facts.constant_in_state, facts.affine);
    let state_names = model::component_names("state_names", &equation.state, &function.state_names);
    let check = equation.every_component(&primal, function);
    let asked = function.reach.as_ref().filter(|reach| !reach.at_run_time).map(emit::reach::asked);
    let outside_fn = function.reach.as_ref().filter(|reach| reach.at_run_time).map(emit::reach::method);
    let check = match (check.is_empty(), asked) {
        (_, None) => check,
        (true, Some(asked)) => asked,
        (false, Some(asked)) => quote!({ #check; #asked }),
    };
    // a constant of its own can't name the generics of the function
    let (check, check_in_rhs) = match (check.is_empty(), generic_args.is_empty()) {
        (true, _) => (quote!(), quote!()),
        (false, true) => (quote!(const _: () = #check;), quote!()),
        (false, false) => (quote!(), quote!(const { #check };)),
    };
    let rhs_fn = equation.rhs(&value, &check_in_rhs);
    let delayed = super::lags::items(&primal, &params);
    let param_names = model::component_names("param_names", &equation.params, &function.param_names);
    let [state_len, params_len] = [
        model::real_count("state_len", &equation.state, function.lengths[0]),
        model::real_count("params_len", &equation.params, function.lengths[1]),
    ];
    let without_forms = emit::without_forms(&primal);
    let written_fns = written::functions(function, &equation.state, &equation.params);
    let impls = match delayed {
        Some(lags) => {
            let [system, jvp, vjp] = ["Delayed", "DelayedJvp", "DelayedVjp"].map(paths::item);
            quote! {
                impl #over_t #system<T> for #ident #angled {
                    #state_type
                    #params_type
                    #lags
                    #rhs_fn
                }
                impl #over_t #jvp<T> for #ident #angled { #jvp_fn #time_gradient_fn #state_jvp_fn }
                impl #over_t #vjp<T> for #ident #angled { #vjp_fn #state_vjp_fn }
                impl #declared #sparsity for #ident #angled { #sparsity_fn }
            }
        }
        None => quote! {
            impl #over_t #system<T> for #ident #angled {
                #state_type
                #params_type
                #switching
            }
            impl #over_t #rhs<T> for #ident #angled { #rhs_fn }
            impl #over_t #jvp<T> for #ident #angled { #jvp_fn #tangent_fn }
            impl #over_t #vjp<T> for #ident #angled { #vjp_fn #state_vjp_fn }
            impl #declared #sparsity for #ident #angled { #sparsity_fn }
            impl #over_t #jacobian<T> for #ident #angled {
                const AUTONOMOUS: bool = #autonomous;
                const CONSTANT_IN_STATE: bool = #constant_in_state;
                const AFFINE: bool = #affine;
                const CONSTANT: bool = #constant;
                #time_gradient_fn
                #state_jvp_fn
            }
        },
    };
    quote! {
        #(#[doc = #docs])*
        #attrs
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #ident #declared;

        #[allow(unused_imports, clippy::all, clippy::pedantic)]
        const _: () = {
            use #real as _;
            #gate
            #without_forms
            #[allow(dead_code)]
            #original

            #impls
            impl #declared #model for #ident #angled {
                const NAME: &'static str = #name;
                const DOC: &'static str = #doc_text;
                #state_names
                #param_names
                #state_len
                #params_len
                #outside_fn
                #written_fns
            }
            #check
        };
    }
}

/// The arguments of an equation and the types of its state and parameters.
struct Equation {
    du: Obj,
    u: Obj,
    p: Obj,
    t: Arg,
    /// The history of a delayed equation.
    past: Option<Obj>,
    state: Shape,
    params: Shape,
}

impl Equation {
    fn of(program: &Program) -> Option<Self> {
        let Some(Output::Object(du)) = program.output() else { return None };
        let [Arg::Object(u), Arg::Object(p), t, ref rest @ ..] = *program.args.as_slice() else { return None };
        let past = match *rest {
            [] => None,
            [Arg::Object(past)] => Some(past),
            _ => return None,
        };
        let shape = |o: Obj| program.objects[o.0].shape.clone();
        Some(Equation { du, u, p, t, past, state: shape(u), params: shape(p) })
    }

    /// The history as an argument, and the generics that it brings: `<H: History<T, S>>`; nothing where there is none.
    fn past(&self, body: &Body) -> (TokenStream, TokenStream) {
        let Some(past) = self.past else { return (quote!(), quote!()) };
        let (name, history, state) = (body.arg(Arg::Object(past)), paths::item("History"), self.state(&quote!(T)));
        (quote!(<H: #history<T, #state>>), quote!(#name: &H,))
    }

    /// The same with what of it moves along, or takes a cotangent.
    fn past_and(&self, body: &Body, twin: Option<Arg>, bound: &str) -> (TokenStream, TokenStream) {
        let (generics, past) = self.past(body);
        let (Some(_), Some(twin)) = (self.past, twin) else { return (generics, past) };
        let (name, history, bound, state) =
            (body.arg(twin), paths::item("History"), paths::item(bound), self.state(&quote!(T)));
        let behind = if matches!(twin, Arg::Object(_)) && bound.to_string().contains("Cotangent") {
            quote!(&mut B)
        } else {
            quote!(&B)
        };
        (quote!(<H: #history<T, #state>, B: #bound<T, #state>>), quote!(#past #name: #behind,))
    }

    fn args<const N: usize>(&self, args: [Arg; N]) -> Vec<Arg> {
        args.into_iter().chain(self.past.map(Arg::Object)).collect()
    }

    /// Asks rustc, which knows the structs, whether every component is assigned.
    fn every_component(&self, primal: &Program, function: &Function) -> TokenStream {
        let Some(Some(ways)) = function.assigned.first() else { return quote!() };
        let span = primal.objects[self.du.0].span;
        let assigned = paths::item("assigned");
        let layout = layout(&self.state);
        let ways = ways.iter().map(|way| {
            let steps = way.iter().map(|step| match step {
                LayoutStep::Field(name) => {
                    let name = name.trim_start_matches("r#");
                    quote!(#assigned::Segment::Field(#name))
                }
                LayoutStep::Elements(Some((start, end))) => {
                    let [start, end] = [*start, *end].map(Literal::usize_unsuffixed);
                    quote!(#assigned::Segment::Elements(#start, #end))
                }
                LayoutStep::Elements(None) => quote!(#assigned::Segment::Elements(0, usize::MAX)),
            });
            quote!(&[#(#steps),*])
        });
        // The call points at the user's `du`, its path included.
        let check = quote!(#assigned::every_component_is_assigned);
        let check: TokenStream = check.into_iter().map(|tree| respanned(tree, span)).collect();
        quote_spanned!(span=> #check(&#layout, &[#(#ways),*]))
    }

    fn state(&self, scalar: &TokenStream) -> TokenStream {
        owned(&self.state, scalar)
    }

    fn params(&self, scalar: &TokenStream) -> TokenStream {
        owned(&self.params, scalar)
    }

    fn rhs(&self, primal: &Program, check: &TokenStream) -> TokenStream {
        let args = [Arg::Object(self.du), Arg::Object(self.u), Arg::Object(self.p), self.t];
        let body = Body::new(primal, &self.args(args), &[], quote!(T));
        let [du, u, p, t] = args.map(|arg| body.arg(arg));
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let (generics, past) = self.past(&body);
        let statements = body.statements();
        quote! {
            #[inline]
            fn rhs #generics(&self, #du: &mut #state, #u: &#state, #past #p: &#params, #t: T) {
                #check #statements
            }
        }
    }

    fn jvp(&self, primal: &Program) -> TokenStream {
        let derivative = tangent(primal);
        let (&[Some(Output::Object(du_dot))], [Some(u_dot), Some(p_dot), Some(t_dot), rest @ ..]) =
            (derivative.program.output_dots.as_slice(), derivative.dots.as_slice())
        else {
            return quote!();
        };
        let program = factor(simplify_derivative(derivative.program.clone()));
        let args = [
            Arg::Object(self.du),
            Arg::Object(du_dot),
            Arg::Object(self.u),
            *u_dot,
            Arg::Object(self.p),
            *p_dot,
            self.t,
            *t_dot,
        ];
        let past_dot = rest.first().copied().flatten();
        let all: Vec<Arg> = self.args(args).into_iter().chain(past_dot).collect();
        let body = Body::new(&program, &all, &[], quote!(T));
        let [du, du_dot, u, u_dot, p, p_dot, t, t_dot] = args.map(|arg| body.arg(arg));
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let (generics, past) = self.past_and(&body, past_dot, "HistoryTangent");
        let statements = body.statements();
        quote! {
            #[inline]
            fn jvp #generics(
                &self,
                #du: &mut #state,
                #du_dot: &mut #state,
                #u: &#state,
                #u_dot: &#state,
                #past
                #p: &#params,
                #p_dot: &#params,
                #t: T,
                #t_dot: T,
            ) { #statements }
        }
    }

    fn vjp(&self, primal: &Program) -> TokenStream {
        self.pullback(&quote!(vjp), adjoint(primal))
    }

    /// The cotangent of the state alone.
    fn state_vjp(&self, primal: &Program) -> TokenStream {
        self.pullback(&quote!(state_vjp), adjoint_by(primal, |n| n == 0))
    }

    fn pullback(&self, method: &TokenStream, adjoint: Adjoint) -> TokenStream {
        let Adjoint { program, seeds, bars } = adjoint;
        let [Some(du_bar)] = seeds[..] else { return quote!() };
        let program = reading_output(schedule(program), self.du, du_bar);
        let inputs = [du_bar, Arg::Object(self.u), Arg::Object(self.p), self.t];
        let args: Vec<Arg> =
            self.args(inputs).into_iter().chain(bars.iter().flatten().map(|bar| Arg::Object(*bar))).collect();
        let body = Body::new(&program, &args, &["work"], quote!(T));
        let [du_bar, u, p, t] = inputs.map(|arg| body.arg(arg));
        let past_bar = bars.get(3).copied().flatten().map(Arg::Object);
        let (generics, past) = self.past_and(&body, past_bar, "HistoryCotangent");
        let scalar = quote!(T);
        let (state, params) = (self.state(&scalar), self.params(&scalar));
        let cotangents = bars.iter().zip([&state, &params, &scalar]).filter_map(|(bar, ty)| {
            let name = body.arg(Arg::Object((*bar)?));
            Some(quote!(#name: &mut #ty,))
        });
        let cotangents: TokenStream = cotangents.collect();
        let statements = body.statements();
        let (work, workspace) = (work(&program), paths::item("Workspace"));
        quote! {
            #[inline]
            fn #method #generics(
                &self,
                #du_bar: &mut #state,
                #u: &#state,
                #past
                #p: &#params,
                #t: T,
                #cotangents
                #work: &mut #workspace<T>,
            ) { #statements }
        }
    }

    /// The derivative along a direction of everything, without the value of `f`.
    fn tangent(&self, primal: &Program) -> TokenStream {
        self.linear_map(derivative_by(primal, |_| true), &quote!(tangent))
    }

    /// `df/dt`: the tangent along time alone.
    fn time_gradient(&self, primal: &Program) -> TokenStream {
        let mut derivative = derivative_by(primal, |n| n == 2);
        if let Some(Arg::Value(dot)) = derivative.directions[2].take() {
            derivative.program.body.insert(0, Stmt::Let(dot, Op::Real(1.0)));
        }
        self.linear_map(derivative, &quote!(time_gradient))
    }

    /// `df/du` times a vector, without the value of `f`.
    fn state_jvp(&self, primal: &Program) -> TokenStream {
        self.linear_map(derivative_by(primal, |n| n == 0), &quote!(state_jvp))
    }

    fn linear_map(&self, derivative: Derivative, method: &TokenStream) -> TokenStream {
        let Derivative { program, output: Some(output), directions } = derivative else { return quote!() };
        // the value of `f` itself is memory of its own where the derivative reads it
        let program = reading_output(factor(simplify_derivative(program)), self.du, output);
        let args = [Arg::Object(self.u), Arg::Object(self.p), self.t];
        let all: Vec<Arg> =
            [output].into_iter().chain(self.args(args)).chain(directions.into_iter().flatten()).collect();
        let body = Body::new(&program, &all, &[], quote!(T));
        let (out, scalar) = (body.arg(output), quote!(T));
        let (state, params) = (self.state(&scalar), self.params(&scalar));
        let types = [quote!(&#state), quote!(&#params), scalar];
        let inputs = args.into_iter().zip(directions).zip(&types).map(|((arg, direction), ty)| {
            let names = [Some(arg), direction].into_iter().flatten().map(|binding| body.arg(binding));
            quote!(#(#names: #ty,)*)
        });
        let inputs: TokenStream = inputs.collect();
        let (generics, past) = self.past(&body);
        let statements = body.statements();
        quote! {
            #[inline]
            fn #method #generics(&self, #out: &mut #state, #past #inputs) { #statements }
        }
    }

    fn sparsity(&self, primal: &Program) -> TokenStream {
        let mark = paths::item("Mark");
        let (state, params) = (self.state(&mark), self.params(&mark));
        let (u_blank, p_blank) = {
            let zero = quote!(#mark(0));
            (blank(&self.state, &quote!(state_len), &zero), blank(&self.params, &quote!(params_len), &zero))
        };
        let open = |shape: &Shape, name: &str| {
            let sized = !matches!(shape, Shape::Slice(_));
            quote::format_ident!("{}{name}", if sized { "_" } else { "" })
        };
        let (u_len, p_len) = (open(&self.state, "state_len"), open(&self.params, "params_len"));
        let blank_fn = quote! {
            fn blank(&self, #u_len: usize, #p_len: usize) -> (#state, #params) { (#u_blank, #p_blank) }
        };
        let Some(program) = sparsity(primal) else {
            let everything = paths::item("depend_on_everything");
            return quote! {
                #blank_fn
                fn dependencies(&self, du: &mut #state, _u: &#state, _p: &#params, _t: #mark) { #everything(du); }
            };
        };
        let program = simplify(program);
        let args = [Arg::Object(self.du), Arg::Object(self.u), Arg::Object(self.p), self.t];
        let body = Body::new(&program, &args, &[], mark.clone());
        let [du, u, p, t] = args.map(|arg| body.arg(arg));
        let statements = body.statements();
        quote! {
            #blank_fn
            fn dependencies(&self, #du: &mut #state, #u: &#state, #p: &#params, #t: #mark) { #statements }
        }
    }
}

/// The derivative of an equation by some of its arguments, without its value.
struct Derivative {
    program: Program,
    output: Option<Arg>,
    /// Along which, for each argument that it is a derivative by.
    directions: [Option<Arg>; 3],
}

fn derivative_by(primal: &Program, chosen: impl Fn(usize) -> bool) -> Derivative {
    let derivative = tangent_by(primal, &chosen);
    let direction = |n: usize| derivative.dots.get(n).copied().flatten().filter(|_| chosen(n));
    let directions = [0, 1, 2].map(direction);
    let program = derivative.program.tangents_alone();
    let output = program.output().map(Output::arg);
    Derivative { program, output, directions }
}

fn respanned(mut tree: TokenTree, span: Span) -> TokenTree {
    tree.set_span(span);
    tree
}

/// The reverse sweep of an equation that reads what it has written to `du` needs memory for it.
fn reading_output(mut program: Program, du: Obj, du_bar: Arg) -> Program {
    if let Arg::Object(du_bar) = du_bar
        && mentioned(&program).contains(&du)
    {
        program.objects[du.0].by_ref = false;
        let memory = Stmt::Local(du, Init::ZerosLike(Place::whole(du_bar)));
        program.body.insert(0, memory);
    }
    program
}
