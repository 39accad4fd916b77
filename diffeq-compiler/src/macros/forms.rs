//! The forms of what an equation computes: its value and its derivatives, each as a method of a trait of the runtime.

use proc_macro2::Literal;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::quote;
use quote::quote_spanned;

use super::keeping::Keeping;
use super::sweep::work;
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
use crate::ir::function::LayoutStep;
use crate::passes::adjoint::Adjoint;
use crate::passes::adjoint::adjoint;
use crate::passes::factor::factor;
use crate::passes::schedule::schedule;
use crate::passes::simplify::simplify;
use crate::passes::simplify::simplify_derivative;
use crate::passes::sparsity::sparsity;
use crate::passes::tangent::tangent;
use crate::passes::tangent::tangent_by;

/// The arguments of an equation and what it writes: its derivative, its noise, or both.
pub(super) struct Forms {
    /// What is written, in order.
    outs: Vec<Obj>,
    u: Obj,
    p: Obj,
    t: Arg,
    /// The history of a delayed equation.
    past: Option<Obj>,
    /// The types of what is written.
    pub(super) results: Vec<Shape>,
    pub(super) state: Shape,
    pub(super) params: Shape,
}

/// What moves with the past, and what takes its cotangents.
const TANGENT: &str = "HistoryTangent";
const COTANGENT: &str = "HistoryCotangent";

impl Forms {
    pub(super) fn of(program: &Program) -> Option<Self> {
        let outs: Option<Vec<Obj>> = program.outputs.iter().map(|output| output.object()).collect();
        let outs = outs.filter(|outs| !outs.is_empty())?;
        let (u, p, t, past) = match *program.args.as_slice() {
            [Arg::Object(u), Arg::Object(p), t] => (u, p, t, None),
            [Arg::Object(u), Arg::Object(p), t, Arg::Object(past)] => (u, p, t, Some(past)),
            _ => return None,
        };
        let shape = |o: Obj| program.objects[o.0].shape.clone();
        let results = outs.iter().map(|o| shape(*o)).collect();
        Some(Forms { outs, u, p, t, past, results, state: shape(u), params: shape(p) })
    }

    /// The history as an argument after the state, and the generics that it brings; nothing where there is none. Where it
    /// moves, or takes a cotangent, its `twin` stands behind it.
    fn history(&self, body: &Body, twin: Option<(Arg, &str)>) -> (TokenStream, TokenStream) {
        let Some(past) = self.past else { return (quote!(), quote!()) };
        let (name, history, state) =
            (body.arg(Arg::Object(past)), paths::item("History"), self.state(body.scalar()));
        let scalar = body.scalar();
        let Some((twin, bound)) = twin else {
            return (quote!(<H: #history<#scalar, #state>>), quote!(#name: &H,));
        };
        let behind = if bound == COTANGENT { quote!(&mut B) } else { quote!(&B) };
        let (twin, bound) = (body.arg(twin), paths::item(bound));
        (
            quote!(<H: #history<#scalar, #state>, B: #bound<#scalar, #state>>),
            quote!(#name: &H, #twin: #behind,),
        )
    }

    /// The arguments that every form reads, and the history.
    fn inputs<const N: usize>(&self, inputs: [Arg; N]) -> Vec<Arg> {
        inputs.into_iter().chain(self.past.map(Arg::Object)).collect()
    }

    /// The types of what is written.
    pub(super) fn result_types(&self, scalar: &TokenStream) -> Vec<TokenStream> {
        self.results.iter().map(|shape| owned(shape, scalar)).collect()
    }

    /// `out: &mut Type`, one for each output.
    fn writes(&self, body: &Body, outs: &[Arg]) -> TokenStream {
        let names = outs.iter().map(|out| body.arg(*out));
        let types = self.result_types(body.scalar()).into_iter();
        let writes = names.zip(types).map(|(name, ty)| quote!(#name: &mut #ty,));
        writes.collect()
    }

    /// Asks rustc, which knows the structs, whether every component is assigned.
    pub(super) fn every_component(&self, primal: &Program, assigned: &Ways) -> TokenStream {
        let (Some(ways), [out], [shape]) = (assigned, &self.outs[..], &self.results[..]) else {
            return quote!();
        };
        let span = primal.objects[out.0].span;
        let assigned = paths::item("assigned");
        let layout = layout(shape);
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

    pub(super) fn state(&self, scalar: &TokenStream) -> TokenStream {
        owned(&self.state, scalar)
    }

    pub(super) fn params(&self, scalar: &TokenStream) -> TokenStream {
        owned(&self.params, scalar)
    }

    /// The value: what is written, from `u`, `p` and `t`.
    pub(super) fn value(&self, method: &TokenStream, primal: &Program, check: &TokenStream) -> TokenStream {
        self.value_keeping(method, primal, check, None)
    }

    /// The value, where networks keep what their derivatives need.
    pub(super) fn value_keeping(
        &self,
        method: &TokenStream,
        primal: &Program,
        check: &TokenStream,
        keeping: Option<&Keeping>,
    ) -> TokenStream {
        let outs: Vec<Arg> = self.outs.iter().map(|out| Arg::Object(*out)).collect();
        let inputs = [Arg::Object(self.u), Arg::Object(self.p), self.t];
        let args = [&outs[..], &self.inputs(inputs)].concat();
        let taken = keeping.map(Keeping::taken).unwrap_or_default();
        let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
        let body = Body::new(primal, &args, &taken, quote!(T));
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let (body, kept, parts) = match keeping {
            None => (body, None, None),
            Some(keeping) => {
                let parts = keeping.parts(&quote!(split_at_mut_checked));
                (body.keeping(keeping.names(), false), Some(quote!(, kept_0: &mut [T])), Some(parts))
            }
        };
        let writes = self.writes(&body, &outs);
        let [u, p, t] = inputs.map(|arg| body.arg(arg));
        let (generics, history) = self.history(&body, None);
        let statements = body.statements();
        quote! {
            #[inline]
            fn #method #generics(&self, #writes #u: &#state, #history #p: &#params, #t: T #kept) {
                #check #parts #statements
            }
        }
    }

    pub(super) fn jvp(&self, method: &TokenStream, primal: &Program) -> TokenStream {
        let derivative = tangent(primal);
        let [Some(u_dot), Some(p_dot), Some(t_dot), ref rest @ ..] = derivative.dots[..] else {
            return quote!();
        };
        let past_dot = rest.first().copied().flatten();
        let dots = derivative.program.output_dots.iter().flatten().map(|dot| dot.arg());
        let outs: Vec<Arg> = self.outs.iter().map(|out| Arg::Object(*out)).chain(dots).collect();
        let program = factor(simplify_derivative(derivative.program.clone()));
        let inputs = [Arg::Object(self.u), u_dot, Arg::Object(self.p), p_dot, self.t, t_dot];
        let mut args = [&outs[..], &self.inputs(inputs)].concat();
        args.extend(past_dot);
        let body = Body::new(&program, &args, &[], quote!(T));
        let (values, tangents) = outs.split_at(self.outs.len());
        let (writes, writes_dots) = (self.writes(&body, values), self.writes(&body, tangents));
        let [u, u_dot, p, p_dot, t, t_dot] = inputs.map(|arg| body.arg(arg));
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let (generics, history) = self.history(&body, past_dot.map(|dot| (dot, TANGENT)));
        let statements = body.statements();
        quote! {
            #[inline]
            fn #method #generics(
                &self,
                #writes
                #writes_dots
                #u: &#state,
                #u_dot: &#state,
                #history
                #p: &#params,
                #p_dot: &#params,
                #t: T,
                #t_dot: T,
            ) { #statements }
        }
    }

    /// A reverse sweep: cotangents of what is written, added to those of the arguments.
    pub(super) fn pullback(&self, method: &TokenStream, adjoint: Adjoint) -> TokenStream {
        self.pullback_of_kept(method, adjoint, None)
    }

    /// The same where networks have kept what it needs.
    pub(super) fn pullback_of_kept(
        &self,
        method: &TokenStream,
        adjoint: Adjoint,
        keeping: Option<&Keeping>,
    ) -> TokenStream {
        let Adjoint { program, seeds, bars } = adjoint;
        let seeds: Option<Vec<Arg>> = seeds.into_iter().collect();
        let Some(seeds) = seeds.filter(|seeds| seeds.len() == self.outs.len()) else { return quote!() };
        let mut program = schedule(program);
        for (out, bar) in self.outs.iter().zip(&seeds) {
            program = reading_output(program, *out, *bar);
        }
        let inputs = [Arg::Object(self.u), Arg::Object(self.p), self.t];
        let args = seeds.iter().copied().chain(self.inputs(inputs));
        let args: Vec<Arg> = args.chain(bars.iter().flatten().map(|bar| Arg::Object(*bar))).collect();
        let taken = keeping.map(Keeping::taken).unwrap_or_default();
        let taken: Vec<&str> = taken.iter().map(String::as_str).chain(["work_1"]).collect();
        let body = Body::new(&program, &args, &taken, quote!(T));
        let scalar = quote!(T);
        let (state, params) = (self.state(&scalar), self.params(&scalar));
        let (body, kept, parts) = match keeping {
            None => (body, None, None),
            Some(keeping) => {
                let parts = keeping.parts(&quote!(split_at_checked));
                (body.keeping(keeping.names(), true), Some(quote!(kept_0: &[T],)), Some(parts))
            }
        };
        let writes = self.writes(&body, &seeds);
        let [u, p, t] = inputs.map(|arg| body.arg(arg));
        let cotangents = bars.iter().zip([&state, &params, &scalar]).filter_map(|(bar, ty)| {
            let name = body.arg(Arg::Object((*bar)?));
            Some(quote!(#name: &mut #ty,))
        });
        let cotangents: TokenStream = cotangents.collect();
        let past_bar = bars.get(3).copied().flatten();
        let (generics, history) = self.history(&body, past_bar.map(|bar| (Arg::Object(bar), COTANGENT)));
        let statements = body.statements();
        let (work, workspace) = (work(&program), paths::item("Workspace"));
        quote! {
            #[inline]
            fn #method #generics(
                &self,
                #kept
                #writes
                #u: &#state,
                #history
                #p: &#params,
                #t: T,
                #cotangents
                #work: &mut #workspace<T>,
            ) { #parts #statements }
        }
    }

    /// What is written where networks keep something, under these names: for the trait of the value, and for that of its
    /// derivative. A history brings arguments that are not there then.
    pub(super) fn kept(
        &self,
        [len, keeping, of_kept]: [&str; 3],
        (value, primal): (&Program, &Program),
    ) -> Option<[TokenStream; 2]> {
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let kept = Keeping::of((value, primal), (self.u, self.p), &params).filter(|_| self.past.is_none())?;
        let [len, keeping, of_kept] = [len, keeping, of_kept].map(|name| quote::format_ident!("{name}"));
        let lens = kept.lens();
        let keeping_fn = self.value_keeping(&quote!(#keeping), value, &quote!(), Some(&kept));
        let of_kept_fn = self.pullback_of_kept(&quote!(#of_kept), adjoint(primal), Some(&kept));
        let keeping = quote! {
            #[inline]
            fn #len(&self, _: &#state) -> usize { #(#lens)+* }
            #keeping_fn
        };
        Some([keeping, of_kept_fn])
    }

    /// The derivative along a direction of everything, without the value of `f`.
    pub(super) fn tangent(&self, primal: &Program) -> TokenStream {
        self.linear_map(derivative_by(primal, |_| true), &quote!(tangent))
    }

    /// `df/dt`: the tangent along time alone.
    pub(super) fn time_gradient(&self, primal: &Program) -> TokenStream {
        let mut derivative = derivative_by(primal, |n| n == 2);
        if let Some(Arg::Value(dot)) = derivative.directions[2].take() {
            derivative.program.body.insert(0, Stmt::Let(dot, Op::Real(1.0)));
        }
        self.linear_map(derivative, &quote!(time_gradient))
    }

    /// The derivative by the state times a vector, without the value.
    pub(super) fn state_jvp(&self, method: &TokenStream, primal: &Program) -> TokenStream {
        self.linear_map(derivative_by(primal, |n| n == 0), method)
    }

    fn linear_map(&self, derivative: Derivative, method: &TokenStream) -> TokenStream {
        let Derivative { program, output: Some(output), directions } = derivative else { return quote!() };
        let [out] = self.outs[..] else { return quote!() };
        // the value itself is memory of its own where the derivative reads it
        let program = reading_output(factor(simplify_derivative(program)), out, output);
        let args = [Arg::Object(self.u), Arg::Object(self.p), self.t];
        let all: Vec<Arg> =
            [output].into_iter().chain(self.inputs(args)).chain(directions.into_iter().flatten()).collect();
        let body = Body::new(&program, &all, &[], quote!(T));
        let (writes, scalar) = (self.writes(&body, &[output]), quote!(T));
        let (state, params) = (self.state(&scalar), self.params(&scalar));
        let types = [quote!(&#state), quote!(&#params), scalar];
        let inputs = args.into_iter().zip(directions).zip(&types).map(|((arg, direction), ty)| {
            let names = [Some(arg), direction].into_iter().flatten().map(|binding| body.arg(binding));
            quote!(#(#names: #ty,)*)
        });
        let inputs: TokenStream = inputs.collect();
        let (generics, history) = self.history(&body, None);
        let statements = body.statements();
        quote! {
            #[inline]
            fn #method #generics(&self, #writes #history #inputs) { #statements }
        }
    }

    /// A state and parameters without dependencies.
    pub(super) fn blank(&self) -> TokenStream {
        let mark = paths::item("Mark");
        let (state, params) = (self.state(&mark), self.params(&mark));
        let (u_blank, p_blank) = {
            let zero = quote!(#mark(0));
            (
                blank(&self.state, &quote!(state_len_1), &zero),
                blank(&self.params, &quote!(params_len_1), &zero),
            )
        };
        let open = |shape: &Shape, name: &str| {
            let sized = !matches!(shape, Shape::Slice(_));
            quote::format_ident!("{}{name}", if sized { "_" } else { "" })
        };
        let (u_len, p_len) = (open(&self.state, "state_len_1"), open(&self.params, "params_len_1"));
        quote! {
            fn blank(&self, #u_len: usize, #p_len: usize) -> (#state, #params) { (#u_blank, #p_blank) }
        }
    }

    /// What is written on what it depends on.
    pub(super) fn dependencies(&self, method: &TokenStream, primal: &Program) -> TokenStream {
        let mark = paths::item("Mark");
        let (state, params) = (self.state(&mark), self.params(&mark));
        let Some(program) = sparsity(primal) else {
            let (everything, results) = (paths::item("depend_on_everything"), self.result_types(&mark));
            return quote! {
                fn #method(&self, #(out_1: &mut #results,)* _u_1: &#state, _p_1: &#params, _t_1: #mark) { #everything(out_1); }
            };
        };
        let program = simplify(program);
        let outs: Vec<Arg> = self.outs.iter().map(|out| Arg::Object(*out)).collect();
        let inputs = [Arg::Object(self.u), Arg::Object(self.p), self.t];
        let args = [&outs[..], &inputs[..]].concat();
        let body = Body::new(&program, &args, &[], mark.clone());
        let writes = self.writes(&body, &outs);
        let [u, p, t] = inputs.map(|arg| body.arg(arg));
        let statements = body.statements();
        quote! {
            fn #method(&self, #writes #u: &#state, #p: &#params, #t: #mark) { #statements }
        }
    }
}

/// The parts of an output that are assigned, where structs are among them.
pub(super) type Ways = Option<Vec<Vec<LayoutStep>>>;

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
