//! The items around the bodies: trait implementations of an equation, functions of a helper.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use super::inline::mentioned;
use super::paths;
use crate::ir::Binding;
use crate::ir::Form;
use crate::ir::Init;
use crate::ir::Kind;
use crate::ir::Obj;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::function::Function;
use crate::ir::visit;
use crate::passes::adjoint::Adjoint;
use crate::passes::adjoint::adjoint;
use crate::passes::simplify::simplify;
use crate::passes::sparsity::sparsity;
use crate::passes::structure::structure;
use crate::passes::tangent::tangent;

/// Everything that `#[ode]` writes.
pub fn ode(function: &Function) -> TokenStream {
    let Function { ident, vis, attrs, generic_params, generic_args, original, .. } = function;
    let docs = function.docs.iter();
    let doc_text = function.docs.join("\n");
    let name = ident.to_string();
    let primal = simplify(function.program.clone());
    let angled = if generic_args.is_empty() { quote!() } else { quote!(<#generic_args>) };
    let declared = if generic_params.is_empty() { quote!() } else { quote!(<#generic_params>) };
    let over_t = if generic_params.is_empty() {
        let real = paths::item("Real");
        quote!(<T: #real>)
    } else {
        let real = paths::item("Real");
        quote!(<T: #real, #generic_params>)
    };
    let [rhs, jvp, vjp, sparsity, jacobian, model] =
        ["Rhs", "Jvp", "Vjp", "Sparsity", "Jacobian", "Model"].map(paths::item);
    let Some(equation) = Equation::of(&primal) else { return quote!(#original) };
    let (state, params) = (equation.state(&quote!(T)), equation.params(&quote!(T)));
    let rhs_fn = equation.rhs(&primal);
    let jvp_fn = equation.jvp(&primal);
    let vjp_fn = equation.vjp(&primal);
    let sparsity_fn = equation.sparsity(&primal);
    let facts = structure(&primal);
    let (autonomous, linear, constant) = (facts.autonomous, facts.linear, facts.constant_jacobian);
    let (state_names, param_names) = (&function.state_names, &function.param_names);
    quote! {
        #(#[doc = #docs])*
        #attrs
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #ident #declared;

        const _: () = {
            #[allow(dead_code, clippy::all)]
            #original

            impl #over_t #rhs<T> for #ident #angled {
                type State = #state;
                type Params = #params;
                #rhs_fn
            }
            impl #over_t #jvp<T> for #ident #angled { #jvp_fn }
            impl #over_t #vjp<T> for #ident #angled { #vjp_fn }
            impl #declared #sparsity for #ident #angled { #sparsity_fn }
            impl #over_t #jacobian<T> for #ident #angled {
                const AUTONOMOUS: bool = #autonomous;
                const LINEAR: bool = #linear;
                const CONSTANT: bool = #constant;
            }
            impl #declared #model for #ident #angled {
                const NAME: &'static str = #name;
                const DOC: &'static str = #doc_text;
                const STATE_NAMES: &'static [&'static str] = &[#(#state_names),*];
                const PARAM_NAMES: &'static [&'static str] = &[#(#param_names),*];
            }
        };
    }
}

/// The arguments of an equation and the types of its state and parameters.
struct Equation {
    du: Obj,
    u: Obj,
    p: Obj,
    t: Binding,
    state: Shape,
    params: Shape,
}

impl Equation {
    fn of(program: &Program) -> Option<Self> {
        let Output::Object(du) = program.output else { return None };
        let [Binding::Object(u), Binding::Object(p), t] = *program.args.as_slice() else { return None };
        let shape = |o: Obj| program.objects[o.0].shape.clone();
        Some(Equation { du, u, p, t, state: shape(u), params: shape(p) })
    }

    fn state(&self, scalar: &TokenStream) -> TokenStream {
        owned(&self.state, scalar)
    }

    fn params(&self, scalar: &TokenStream) -> TokenStream {
        owned(&self.params, scalar)
    }

    fn rhs(&self, primal: &Program) -> TokenStream {
        let args = [Binding::Object(self.du), Binding::Object(self.u), Binding::Object(self.p), self.t];
        let body = Body::new(primal, &args, &[], quote!(T));
        let [du, u, p, t] = args.map(|arg| body.arg(arg));
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let statements = body.statements();
        quote! {
            #[inline]
            fn rhs(&self, #du: &mut #state, #u: &#state, #p: &#params, #t: T) { #statements }
        }
    }

    fn jvp(&self, primal: &Program) -> TokenStream {
        let derivative = tangent(primal);
        let (Some(Output::Object(du_dot)), [Some(u_dot), Some(p_dot), Some(t_dot)]) =
            (derivative.program.output_dot.clone(), derivative.dots.as_slice())
        else {
            return quote!();
        };
        let program = simplify(derivative.program.clone());
        let args = [
            Binding::Object(self.du),
            Binding::Object(du_dot),
            Binding::Object(self.u),
            *u_dot,
            Binding::Object(self.p),
            *p_dot,
            self.t,
            *t_dot,
        ];
        let body = Body::new(&program, &args, &[], quote!(T));
        let [du, du_dot, u, u_dot, p, p_dot, t, t_dot] = args.map(|arg| body.arg(arg));
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let statements = body.statements();
        quote! {
            #[inline]
            fn jvp(
                &self,
                #du: &mut #state,
                #du_dot: &mut #state,
                #u: &#state,
                #u_dot: &#state,
                #p: &#params,
                #p_dot: &#params,
                #t: T,
                #t_dot: T,
            ) { #statements }
        }
    }

    fn vjp(&self, primal: &Program) -> TokenStream {
        let Adjoint { program, seed: Some(du_bar), bars } = adjoint(primal) else { return quote!() };
        let [Some(u_bar), Some(p_bar), Some(t_bar)] = bars.as_slice() else { return quote!() };
        let program = reading_output(simplify(program), self.du, du_bar);
        let args = [
            du_bar,
            Binding::Object(self.u),
            Binding::Object(self.p),
            self.t,
            Binding::Object(*u_bar),
            Binding::Object(*p_bar),
            Binding::Object(*t_bar),
        ];
        let body = Body::new(&program, &args, &["work"], quote!(T));
        let [du_bar, u, p, t, u_bar, p_bar, t_bar] = args.map(|arg| body.arg(arg));
        let (state, params) = (self.state(&quote!(T)), self.params(&quote!(T)));
        let statements = body.statements();
        let (work, workspace) = (work(&program), paths::item("Workspace"));
        quote! {
            #[inline]
            fn vjp(
                &self,
                #du_bar: &mut #state,
                #u: &#state,
                #p: &#params,
                #t: T,
                #u_bar: &mut #state,
                #p_bar: &mut #params,
                #t_bar: &mut T,
                #work: &mut #workspace<T>,
            ) { #statements }
        }
    }

    fn sparsity(&self, primal: &Program) -> TokenStream {
        let mark = paths::item("Mark");
        let (state, params) = (self.state(&mark), self.params(&mark));
        let Some(program) = sparsity(primal) else {
            let everything = paths::item("depend_on_everything");
            return quote! {
                fn dependencies(&self, du: &mut #state, _u: &#state, _p: &#params, _t: #mark) { #everything(du); }
            };
        };
        let program = simplify(program);
        let args = [Binding::Object(self.du), Binding::Object(self.u), Binding::Object(self.p), self.t];
        let body = Body::new(&program, &args, &[], mark.clone());
        let [du, u, p, t] = args.map(|arg| body.arg(arg));
        let statements = body.statements();
        quote! {
            fn dependencies(&self, #du: &mut #state, #u: &#state, #p: &#params, #t: #mark) { #statements }
        }
    }
}

/// The type that a caller owns: a slice is a `Vec`.
fn owned(shape: &Shape, scalar: &TokenStream) -> TokenStream {
    match shape {
        Shape::Slice(inner) => {
            let inner = Body::ty(inner, scalar);
            quote!(Vec<#inner>)
        }
        _ => Body::ty(shape, scalar),
    }
}

/// The reverse sweep of an equation that reads what it has written to `du` needs memory for it.
fn reading_output(mut program: Program, du: Obj, du_bar: Binding) -> Program {
    if let Binding::Object(du_bar) = du_bar
        && mentioned(&program).contains(&du)
    {
        program.objects[du.0].by_ref = false;
        let memory = Stmt::Local(du, Init::ZerosLike(Place::whole(du_bar)));
        program.body.insert(0, memory);
    }
    program
}

/// `work`, or `_work` where the body keeps nothing.
fn work(program: &Program) -> TokenStream {
    let mut used = false;
    visit::walk(&program.body, &mut |stmt| {
        used |= match stmt {
            Stmt::Push(_) | Stmt::Pop(_) | Stmt::PushAll(_) | Stmt::PopAll(_) => true,
            Stmt::Call(call) => call.form == Form::Vjp,
            _ => false,
        };
    });
    if used { quote!(work) } else { quote!(_work) }
}

/// Everything that `#[differentiable]` writes.
///
/// The function itself lives among values, its derivatives in an empty type of the same name: `hill(x)`,
/// `hill::jvp(x, x_dot)`.
pub fn differentiable(function: &Function) -> TokenStream {
    let Function { ident, vis, attrs, generic_params, original, .. } = function;
    let docs = function.docs.iter();
    let primal = simplify(function.program.clone());
    let real = paths::item("Real");
    let generics =
        if generic_params.is_empty() { quote!(<T: #real>) } else { quote!(<T: #real, #generic_params>) };
    let plain = if generic_params.is_empty() { quote!() } else { quote!(<#generic_params>) };
    let (params, result, body) = helper_primal(&primal, &quote!(T));
    let jvp = helper_jvp(&primal, &generics);
    let vjp = helper_vjp(&primal, &generics);
    let marks = helper_marks(&primal, &plain);
    quote! {
        #(#[doc = #docs])*
        #attrs
        #[inline]
        #vis fn #ident #generics(#params) -> #result { #body }

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #ident {}

        const _: () = {
            #[allow(dead_code, clippy::all)]
            #original

            #[allow(missing_docs)]
            impl #ident {
                #jvp
                #vjp
                #marks
            }
        };
    }
}

/// The type of a helper's argument.
fn argument(program: &Program, arg: Binding, scalar: &TokenStream) -> TokenStream {
    match arg {
        Binding::Value(v) => scalar_type(program, v, scalar),
        Binding::Object(o) => {
            let object = &program.objects[o.0];
            let ty = Body::ty(&object.shape, scalar);
            if object.by_ref { quote!(&#ty) } else { ty }
        }
    }
}

fn scalar_type(program: &Program, v: crate::ir::Value, scalar: &TokenStream) -> TokenStream {
    let info = program.info(v);
    match info.kind {
        Kind::Real => scalar.clone(),
        Kind::Bool => quote!(bool),
        Kind::Int => match info.int_type.as_deref().map(syn::parse_str::<syn::Type>) {
            Some(Ok(ty)) => quote!(#ty),
            _ => quote!(usize),
        },
    }
}

fn result_type(program: &Program, output: &Output, scalar: &TokenStream) -> TokenStream {
    match output {
        Output::Value(v) => scalar_type(program, *v, scalar),
        Output::Object(o) | Output::Local(o) => Body::ty(&program.objects[o.0].shape, scalar),
    }
}

fn returned(body: &Body, output: &Output) -> TokenStream {
    match output {
        Output::Value(v) => body.result(*v),
        Output::Object(o) | Output::Local(o) => body.arg(Binding::Object(*o)),
    }
}

fn helper_primal(primal: &Program, scalar: &TokenStream) -> (TokenStream, TokenStream, TokenStream) {
    let body = Body::new(primal, &primal.args, &[], scalar.clone());
    let params = primal.args.iter().map(|arg| {
        let (name, ty) = (body.arg(*arg), argument(primal, *arg, scalar));
        quote!(#name: #ty)
    });
    let params = quote!(#(#params),*);
    let result = result_type(primal, &primal.output, scalar);
    let (statements, value) = (body.statements(), returned(&body, &primal.output));
    (params, result, quote!(#statements #value))
}

fn helper_jvp(primal: &Program, generics: &TokenStream) -> TokenStream {
    let derivative = tangent(primal);
    let scalar = quote!(T);
    let program = simplify(derivative.program);
    let args: Vec<Binding> = primal
        .args
        .iter()
        .zip(&derivative.dots)
        .flat_map(|(arg, dot)| std::iter::once(*arg).chain(*dot))
        .collect();
    let body = Body::new(&program, &args, &[], scalar.clone());
    let params = args.iter().map(|arg| {
        let (name, ty) = (body.arg(*arg), argument(&program, *arg, &scalar));
        quote!(#name: #ty)
    });
    let ty = result_type(&program, &program.output, &scalar);
    let value = returned(&body, &program.output);
    let statements = body.statements();
    match &program.output_dot {
        Some(dot) => {
            let dot = returned(&body, dot);
            quote! {
                #[inline]
                pub fn jvp #generics(#(#params),*) -> (#ty, #ty) { #statements (#value, #dot) }
            }
        }
        None => quote! {
            #[inline]
            pub fn jvp #generics(#(#params),*) -> #ty { #statements #value }
        },
    }
}

fn helper_vjp(primal: &Program, generics: &TokenStream) -> TokenStream {
    let Adjoint { program, seed: Some(seed), bars } = adjoint(primal) else { return quote!() };
    let scalar = quote!(T);
    let program = simplify(program);
    let mut args = primal.args.clone();
    args.push(seed);
    args.extend(bars.iter().flatten().map(|bar| Binding::Object(*bar)));
    let body = Body::new(&program, &args, &["work"], scalar.clone());
    let count = primal.args.len();
    let params = args.iter().enumerate().map(|(n, arg)| {
        let name = body.arg(*arg);
        let ty = match arg {
            Binding::Object(o) if n >= count => {
                let ty = Body::ty(&program.objects[o.0].shape, &scalar);
                quote!(&mut #ty)
            }
            _ => argument(&program, *arg, &scalar),
        };
        quote!(#name: #ty)
    });
    let (work, workspace) = (work(&program), paths::item("Workspace"));
    let statements = body.statements();
    quote! {
        #[inline]
        #[allow(clippy::too_many_arguments)]
        pub fn vjp #generics(#(#params,)* #work: &mut #workspace<T>) { #statements }
    }
}

fn helper_marks(primal: &Program, generics: &TokenStream) -> TokenStream {
    let mark = paths::item("Mark");
    match sparsity(primal) {
        Some(program) => {
            let program = simplify(program);
            let (params, result, body) = helper_primal(&program, &mark);
            quote! {
                pub fn marks #generics(#params) -> #result { #body }
            }
        }
        None => {
            let (params, result, _) = helper_primal(primal, &mark);
            let everything = paths::item("everything");
            quote! {
                #[allow(unused_variables)]
                pub fn marks #generics(#params) -> #result { #everything() }
            }
        }
    }
}
