//! The signature of a function: which argument plays which part.

use proc_macro2::Ident;
use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote;
use syn::FnArg;
use syn::GenericParam;
use syn::ItemFn;
use syn::Pat;
use syn::ReceiverKind;
use syn::ReturnType;

use super::types;
use super::types::Annotation;
use crate::diagnostics::Checked;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::ASYNC;
use crate::diagnostics::catalogue::GENERIC_PARAMETER;
use crate::diagnostics::catalogue::METHOD_RECEIVER;
use crate::diagnostics::catalogue::MUTABLE_ARGUMENT;
use crate::diagnostics::catalogue::NO_DERIVATIVE;
use crate::diagnostics::catalogue::NO_NOISE;
use crate::diagnostics::catalogue::NON_REAL_TYPE;
use crate::diagnostics::catalogue::QUALIFIED_FUNCTION;
use crate::diagnostics::catalogue::RETURN_WITH_DERIVATIVE;
use crate::diagnostics::catalogue::STATE_AND_DERIVATIVE_DIFFER;
use crate::diagnostics::catalogue::TIME_NOT_REAL;
use crate::diagnostics::catalogue::UNSAFE;
use crate::diagnostics::catalogue::UNSUPPORTED_TYPE;
use crate::diagnostics::catalogue::WRONG_ARGUMENT_COUNT;
use crate::diagnostics::catalogue::WRONG_ARGUMENT_ORDER;
use crate::ir::Len;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::function::EventPart;
use crate::ir::function::EventRole;
use crate::ir::function::HistoryPart;

/// An argument as written.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its pattern.
    pub pat: Pat,
    /// Its type.
    pub ty: Annotation,
    /// The tokens of its type, for messages.
    pub written: TokenStream,
}

/// The signature of an equation.
#[derive(Debug, Clone)]
pub struct Equation {
    /// What the function writes in place: `du`, and beside it what else it computes. Empty where it returns the derivative.
    pub written: Vec<Argument>,
    /// The state.
    pub u: Argument,
    /// The parameters, where there are any.
    pub p: Option<Argument>,
    /// The time, where the function takes it.
    pub t: Option<Argument>,
    /// The shape of the state and of the derivative.
    pub state: Shape,
    /// What comes out, written in place or returned: the derivative, and what else the function computes.
    pub outputs: Vec<Out>,
}

/// Something that an equation computes.
#[derive(Debug, Clone)]
pub struct Out {
    /// Its shape.
    pub shape: Shape,
    /// Its type as written, for messages.
    pub written: TokenStream,
}

impl Equation {
    /// The shapes of the state and of the parameters.
    pub fn shapes(&self) -> (Shape, Shape) {
        let none = Shape::Array(Box::new(Shape::Scalar(ScalarKind::Real)), Len::Lit(0));
        (self.state.clone(), self.p.as_ref().map_or(none, |p| p.ty.shape.clone()))
    }
}

/// The signature of a helper.
#[derive(Debug, Clone)]
pub struct Helper {
    /// The arguments in order.
    pub args: Vec<Argument>,
    /// What it returns.
    pub output: Annotation,
    /// Whether it returns anything: what it is lent by `&mut` is changed all the same.
    pub returns: bool,
}

impl Helper {
    /// What it can be to an event: its first argument is a state, by reference.
    ///
    /// One that takes reals by value is none, so that no ordinary formula counts as the condition of an event.
    pub fn event_part(&self) -> Option<EventPart> {
        let (u, rest) = self.args.split_first()?;
        let is_self = matches!(&u.pat, Pat::Ident(ident) if ident.ident == "self");
        let (p, t) = match rest {
            [] => (None, None),
            [t] if is_time(t) => (None, Some(t)),
            [p] => (Some(p), None),
            [p, t] if is_scalar(t) => (Some(p), Some(t)),
            _ => return None,
        };
        let mut read = [Some(u), p].into_iter().flatten();
        if is_self
            || !u.ty.by_ref
            || !read.all(|arg| types::is_real(&arg.ty.shape))
            || t.is_some_and(|t| t.ty.mutable)
        {
            return None;
        }
        let of_params = p.is_some_and(|p| p.ty.mutable);
        let role = match (&self.output.shape, self.returns) {
            (_, false) if u.ty.mutable => EventRole::Effect { of_params },
            (Shape::Scalar(kind), true) if !u.ty.mutable && !of_params && !self.output.option => match kind {
                ScalarKind::Real => EventRole::Condition,
                ScalarKind::Bool => EventRole::Predicate,
                ScalarKind::Int => return None,
            },
            _ => return None,
        };
        Some(EventPart { role, takes_params: p.is_some(), takes_time: t.is_some() })
    }

    /// Whether it can be the history of a delayed equation: a state by the time, and before that perhaps of parameters.
    pub fn history_part(&self) -> Option<HistoryPart> {
        let (t, rest) = self.args.split_last()?;
        let p = match rest {
            [] => None,
            [p] => Some(p),
            _ => return None,
        };
        let is_self = |arg: &Argument| matches!(&arg.pat, Pat::Ident(ident) if ident.ident == "self");
        let fits = is_time(t)
            && !t.ty.mutable
            && p.is_none_or(|p| !p.ty.mutable && !is_self(p) && types::is_real(&p.ty.shape))
            && self.returns
            && !self.output.option
            && !self.output.by_ref
            && types::is_real(&self.output.shape)
            && !matches!(self.output.shape, Shape::Slice(_));
        fits.then(|| HistoryPart { takes_params: p.is_some(), state: self.output.shape.clone() })
    }
}

/// What all functions share.
#[derive(Debug, Clone)]
pub struct Head {
    /// `const N: usize`
    pub generic_params: TokenStream,
    /// `N`
    pub generic_args: TokenStream,
    /// The const parameters with their types.
    pub consts: Vec<(Ident, String)>,
    /// The lines of the doc comment.
    pub docs: Vec<String>,
    /// The other attributes, but for those that only functions have: the function keeps them.
    pub attrs: TokenStream,
}

/// Reads what all functions share, and refuses what none may be.
pub fn head(item: &ItemFn, diagnostics: &mut Diagnostics) -> Head {
    let sig = &item.sig;
    if let Some(token) = &sig.asyncness {
        diagnostics.error(token, &ASYNC, &[]);
    }
    if let syn::Safety::Unsafe(token) = &sig.safety {
        diagnostics.error(token, &UNSAFE, &[]);
    }
    if let Some(abi) = &sig.abi {
        diagnostics.error(abi, &QUALIFIED_FUNCTION, &["extern", "extern"]);
    }
    if let Some(variadic) = &sig.variadic {
        diagnostics.error(variadic, &QUALIFIED_FUNCTION, &["variadic", "..."]);
    }
    let mut head = Head {
        generic_params: TokenStream::new(),
        generic_args: TokenStream::new(),
        consts: Vec::new(),
        docs: Vec::new(),
        attrs: TokenStream::new(),
    };
    let mut params = Vec::new();
    let mut args = Vec::new();
    for param in &sig.generics.params {
        match param {
            GenericParam::Const(param) => {
                let (ident, ty) = (&param.ident, &param.ty);
                head.consts.push((ident.clone(), ty.to_token_stream().to_string()));
                params.push(quote!(const #ident: #ty));
                args.push(quote!(#ident));
            }
            GenericParam::Type(param) => {
                diagnostics.error(
                    param,
                    &GENERIC_PARAMETER,
                    &[&format!("generic parameter `{}`", param.ident)],
                );
            }
            // References of arguments have no name in the generated code.
            GenericParam::Lifetime(_) => {}
        }
    }
    if let Some(clause) = &sig.generics.where_clause {
        diagnostics.error(clause, &GENERIC_PARAMETER, &["`where` clause"]);
    }
    head.generic_params = quote!(#(#params),*);
    head.generic_args = quote!(#(#args),*);
    for attr in &item.attrs {
        match doc_line(attr) {
            Some(line) => head.docs.push(line),
            None if ["inline", "cold", "track_caller"].iter().any(|name| attr.path().is_ident(name)) => {}
            None => attr.to_tokens(&mut head.attrs),
        }
    }
    head
}

fn doc_line(attr: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attr.meta else { return None };
    if !pair.path.is_ident("doc") {
        return None;
    }
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
            Some(text.value().trim().to_string())
        }
        _ => None,
    }
}

/// How the types of a signature are read.
type Reader = fn(&syn::Type, &mut Diagnostics) -> Checked<Annotation>;

fn arguments(
    item: &ItemFn,
    method: bool,
    read: Reader,
    diagnostics: &mut Diagnostics,
) -> Checked<Vec<Argument>> {
    let mut arguments = Vec::new();
    let mut failed = None;
    for input in &item.sig.inputs {
        match input {
            FnArg::Receiver(receiver) if method && !matches!(receiver.kind, ReceiverKind::Typed(..)) => {
                let pat = Pat::Ident(syn::PatIdent {
                    attrs: Vec::new(),
                    by_ref: None,
                    mutability: receiver.mutability,
                    ident: receiver.self_token.into(),
                    subpat: None,
                });
                let ty = Annotation {
                    shape: Shape::Struct(quote!(Self)),
                    by_ref: true,
                    mutable: matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))),
                    int_type: None,
                    parts: Vec::new(),
                    option: false,
                };
                arguments.push(Argument { pat, ty, written: receiver.to_token_stream() });
            }
            FnArg::Receiver(receiver) => failed = Some(diagnostics.error(receiver, &METHOD_RECEIVER, &[])),
            FnArg::Typed(typed) => match read(&typed.ty, diagnostics) {
                Ok(ty) => arguments.push(Argument {
                    pat: (*typed.pat).clone(),
                    ty,
                    written: typed.ty.to_token_stream(),
                }),
                Err(reported) => failed = Some(reported),
            },
        }
    }
    match failed {
        Some(reported) => Err(reported),
        None => Ok(arguments),
    }
}

/// What the function returns; `()` is nothing.
fn output(item: &ItemFn, read: Reader, diagnostics: &mut Diagnostics) -> Checked<Option<Annotation>> {
    match &item.sig.output {
        ReturnType::Default => Ok(None),
        ReturnType::Type(_, ty) => match types::strip(ty) {
            syn::Type::Tuple(tuple) if tuple.elems.is_empty() => Ok(None),
            ty => read(ty, diagnostics).map(Some),
        },
    }
}

/// Reads the signature of an equation: `du, u, p, t` in place, or `u, p, t` with the derivative returned. One that computes
/// more than its derivative (`outputs`) writes all of it in place, the derivative first, or returns a tuple.
pub fn equation(item: &ItemFn, outputs: usize, diagnostics: &mut Diagnostics) -> Checked<Equation> {
    let sig = &item.sig;
    if let Some(token) = &sig.constness {
        diagnostics.error(token, &QUALIFIED_FUNCTION, &["const", "const"]);
    }
    let args = arguments(item, false, types::annotation, diagnostics);
    let output = output(item, if outputs > 1 { types::handed } else { types::annotation }, diagnostics);
    let (args, output) = (args?, output?);
    if let Some(misplaced) = args.iter().skip(outputs).find(|arg| arg.ty.mutable) {
        let first_is_mutable = args.first().is_some_and(|arg| arg.ty.mutable);
        return Err(if first_is_mutable {
            let help = match outputs {
                1 => "read the state and the parameters through `&`",
                _ => {
                    "two outputs are written, the drift and the noise; read the state and the parameters through `&`"
                }
            };
            diagnostics.error(&misplaced.written, &MUTABLE_ARGUMENT, &[help])
        } else {
            let first = match outputs {
                1 => "`&mut`, the derivative, comes first",
                _ => "what is written through `&mut` comes first, the derivative and the noise",
            };
            diagnostics.error(&misplaced.pat, &WRONG_ARGUMENT_ORDER, &[first, order(outputs)])
        });
    }
    if output.is_none()
        && let Some(first) = args.first()
        && !first.ty.mutable
    {
        let message = if outputs > 1 { &NO_NOISE } else { &NO_DERIVATIVE };
        return Err(diagnostics.error(&first.pat, message, &[]));
    }
    let mut rest = args.into_iter().peekable();
    let mut written = Vec::new();
    while written.len() < outputs
        && let Some(arg) = rest.next_if(|arg| arg.ty.mutable)
    {
        written.push(arg);
    }
    let count = sig.inputs.len();
    let Some(u) = rest.next() else {
        return Err(diagnostics.error(
            &sig.ident,
            &WRONG_ARGUMENT_COUNT,
            &counted(count, outputs).each_ref().map(|word| word.as_str()),
        ));
    };
    let rest: Vec<Argument> = rest.collect();
    let (p, t) = match <[Argument; 2]>::try_from(rest) {
        Ok([p, t]) => {
            if is_time(&p) && !is_time(&t) {
                let words = ["the parameters come before the time", order(outputs)];
                return Err(diagnostics.error(&p.pat, &WRONG_ARGUMENT_ORDER, &words));
            }
            (Some(p), Some(t))
        }
        Err(mut one) => match (one.pop(), one.is_empty()) {
            (None, _) => (None, None),
            (Some(only), true) if is_time(&only) => (None, Some(only)),
            (Some(only), true) => (Some(only), None),
            (Some(_), false) => {
                return Err(diagnostics.error(
                    &sig.inputs,
                    &WRONG_ARGUMENT_COUNT,
                    &counted(count, outputs).each_ref().map(|word| word.as_str()),
                ));
            }
        },
    };
    if let Some(p) = &p
        && is_called(&u, &["p", "params", "parameters"])
        && is_called(p, &["u", "x", "y", "state"])
    {
        let words = ["the state comes before the parameters", order(outputs)];
        return Err(diagnostics.error(&u.pat, &WRONG_ARGUMENT_ORDER, &words));
    }
    let mut failed = None;
    if let Some(t) = &t
        && !is_scalar(t)
    {
        failed = Some(diagnostics.error(&t.written, &TIME_NOT_REAL, &[&types::text(&t.written)]));
    }
    for arg in written.iter().chain([&u]).chain(&p) {
        if !types::is_real(&arg.ty.shape) {
            failed = Some(diagnostics.error(&arg.written, &NON_REAL_TYPE, &[&types::text(&arg.written)]));
        }
    }
    let mut returned = Vec::new();
    let derivative = match (written.first(), &output) {
        (None, Some(output)) if outputs > 1 => {
            returned = parts(&sig.output, output, outputs)
                .ok_or_else(|| diagnostics.error(&sig.output, &NO_NOISE, &[]))?;
            (&returned[0].shape, returned[0].written.clone())
        }
        (Some(_), None) if written.len() < outputs => {
            return Err(diagnostics.error(&u.pat, &NO_NOISE, &[]));
        }
        (Some(_), Some(_)) => {
            return Err(diagnostics.error(&sig.output, &RETURN_WITH_DERIVATIVE, &[]));
        }
        (Some(du), None) => (&du.ty.shape, du.written.clone()),
        (None, Some(output)) if output.by_ref => {
            let ReturnType::Type(_, ty) = &sig.output else {
                return Err(diagnostics.error(&u.pat, &NO_DERIVATIVE, &[]));
            };
            let help = format!(
                "return the value itself: `-> {}`, with `*` before what is a reference",
                types::describe(&output.shape)
            );
            return Err(diagnostics.error(ty, &UNSUPPORTED_TYPE, &[&types::text(ty), &help]));
        }
        (None, Some(output)) => (&output.shape, sig.output.to_token_stream()),
        (None, None) => return Err(diagnostics.error(&u.pat, &NO_DERIVATIVE, &[])),
    };
    if failed.is_none() && !types::shapes_fit(derivative.0, &u.ty.shape) {
        let words = [types::describe(derivative.0), types::describe(&u.ty.shape)];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        failed = Some(diagnostics.error(&derivative.1, &STATE_AND_DERIVATIVE_DIFFER, &words));
    }
    match failed {
        Some(reported) => Err(reported),
        None => {
            let state = u.ty.shape.clone();
            let mut outputs = returned;
            outputs.extend(
                written.iter().map(|arg| Out { shape: arg.ty.shape.clone(), written: arg.written.clone() }),
            );
            if outputs.is_empty() {
                outputs.push(Out { shape: state.clone(), written: sig.output.to_token_stream() });
            }
            Ok(Equation { written, u, p, t, state, outputs })
        }
    }
}

/// The order of the arguments, for messages.
fn order(outputs: usize) -> &'static str {
    match outputs {
        1 => "`du: &mut S, u: &S, p: &P, t: f64`, or `u: &S, p: &P, t: f64` with the derivative returned",
        _ => {
            "`du: &mut S, noise: &mut G, u: &S, p: &P, t: f64`, or `u: &S, p: &P, t: f64` with drift and noise returned"
        }
    }
}

/// What is said of so many arguments: these, of what, and what to write.
fn counted(count: usize, outputs: usize) -> [String; 3] {
    let (what, forms) = match outputs {
        1 => (
            "a right-hand side",
            "`fn f(du: &mut S, u: &S, p: &P, t: f64)` or `fn f(u: &S, p: &P, t: f64) -> S`",
        ),
        _ => (
            "a stochastic equation",
            "`fn f(du: &mut S, noise: &mut G, u: &S, p: &P, t: f64)` or `fn f(u: &S, p: &P, t: f64) -> (S, G)`",
        ),
    };
    [count.to_string(), what.to_string(), forms.to_string()]
}

/// The parts of a tuple that is returned, if it has so many and all are real values.
fn parts(output: &ReturnType, ty: &Annotation, outputs: usize) -> Option<Vec<Out>> {
    let ReturnType::Type(_, written) = output else { return None };
    let syn::Type::Tuple(tuple) = types::strip(written) else { return None };
    let real = |part: &&Annotation| !part.by_ref && !part.option && types::is_real(&part.shape);
    let parts = ty.parts.iter().filter(real).zip(&tuple.elems);
    let parts: Vec<Out> = parts
        .map(|(part, written)| Out { shape: part.shape.clone(), written: written.to_token_stream() })
        .collect();
    (tuple.elems.len() == outputs && parts.len() == outputs).then_some(parts)
}

/// Reads the signature of a helper: any arguments that are read, and one result.
pub fn helper(item: &ItemFn, diagnostics: &mut Diagnostics) -> Checked<Helper> {
    let args = arguments(item, true, types::handed, diagnostics);
    let output = output(item, types::handed, diagnostics);
    let (args, output) = (args?, output?);
    let mut failed = None;
    for arg in args.iter().filter(|arg| arg.ty.option) {
        let help = "pass the number and a condition: `x: f64, known: bool`";
        failed =
            Some(diagnostics.error(&arg.written, &UNSUPPORTED_TYPE, &[&types::text(&arg.written), help]));
    }
    let lends = args.iter().any(|arg| arg.ty.mutable);
    for arg in args.iter().filter(|arg| arg.ty.mutable && matches!(arg.ty.shape, Shape::Slice(_))) {
        let help = "give it an array: `fn f<const N: usize>(x: &mut [f64; N])`";
        failed = Some(diagnostics.error(&arg.written, &MUTABLE_ARGUMENT, &[help]));
    }
    match (failed, output) {
        (Some(reported), _) => Err(reported),
        (None, Some(output)) => Ok(Helper { args, output, returns: true }),
        (None, None) if lends => {
            let output = Annotation {
                shape: Shape::Tuple(Vec::new()),
                by_ref: false,
                mutable: false,
                int_type: None,
                parts: Vec::new(),
                option: false,
            };
            Ok(Helper { args, output, returns: false })
        }
        (None, None) => Err(diagnostics.error(
            &item.sig.ident,
            &crate::diagnostics::catalogue::MISSING_RETURN,
            &["a value"],
        )),
    }
}

/// Whether a function stands in an `impl` block, as far as it shows: it takes `self`, or names `Self`.
pub fn is_beside(item: &ItemFn) -> bool {
    item.sig.receiver().is_some() || mentions(&item.to_token_stream(), "Self")
}

/// Whether a name stands among tokens.
pub fn mentions(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        proc_macro2::TokenTree::Ident(ident) => ident == name,
        proc_macro2::TokenTree::Group(group) => mentions(&group.stream(), name),
        _ => false,
    })
}

fn is_scalar(arg: &Argument) -> bool {
    matches!(arg.ty.shape, Shape::Scalar(ScalarKind::Real)) && !arg.ty.by_ref
}

/// Whether an argument is the time: a real by value that is called so.
///
/// With `du`, `u` and one more argument the order alone does not tell a scalar parameter from the time.
fn is_time(arg: &Argument) -> bool {
    is_scalar(arg) && is_called(arg, &["t", "time", ""])
}

fn is_called(arg: &Argument, names: &[&str]) -> bool {
    let Pat::Ident(ident) = &arg.pat else { return false };
    names.contains(&ident.ident.to_string().trim_start_matches('_'))
}
