//! Calls: of closures, of functions of `f64` by path, of `array::from_fn`, and of helpers.

use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::ExprCall;
use syn::ExprPath;
use syn::GenericArgument;
use syn::PathArguments;
use syn::spanned::Spanned;

use super::Callable;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::syntax::expr::is_from_fn;
use super::syntax::expr::turbofish_is_real;
use super::syntax::expr::turbofish_length;
use super::vocabulary::RANDOM;
use super::vocabulary::is_random;
use super::vocabulary::is_real_method;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::CLOSURE;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::RANGE_INDEX;
use crate::diagnostics::catalogue::RECURSION;
use crate::diagnostics::catalogue::UNKNOWN_FUNCTION;
use crate::diagnostics::catalogue::UNKNOWN_RESULT_TYPE;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Form;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// `function(arguments)`
    pub(super) fn call_expr(&mut self, call: &'a ExprCall) -> Checked<Meaning<'a>> {
        let is_statement = std::mem::take(&mut self.is_statement);
        self.arguments_jump_not(&call.args, is_statement || self.acts(&call.func))?;
        if super::syntax::pat::is_constant_call(call) {
            return Ok(Meaning::Const(call.to_token_stream()));
        }
        match &*call.func {
            Expr::Path(path) => {
                if is_from_fn(path) {
                    return self.array_from_fn(call);
                }
                let function = self.callable(&call.func);
                if matches!(function, Ok(Callable::Function(_))) && self.lends(&call.args, is_statement) {
                    return self.lending_call(path, call, is_statement);
                }
                let args: Vec<_> = call.args.iter().map(|arg| self.argument(arg, Some(&call.func))).collect();
                let args = args.into_iter().collect::<Checked<Vec<_>>>();
                self.not_itself(path)?;
                let written: Vec<&Expr> = call.args.iter().collect();
                match function? {
                    Callable::Closure(closure) => self.apply_closure(closure, args?, call),
                    Callable::Function(path) => self.call_path(path, args?, &written, call),
                }
            }
            function => {
                let function = self.callable(function);
                let args: Checked<Vec<_>> =
                    call.args.iter().map(|arg| self.argument(arg, Some(&call.func))).collect();
                self.apply(function?, args?, call)
            }
        }
    }

    /// An argument as whoever is called gets it.
    pub(super) fn argument(&mut self, arg: &'a Expr, called: Option<&Expr>) -> Checked<Meaning<'a>> {
        let meaning = self.raw(arg)?;
        // A number that is lent stays in memory; one that is in none gets some.
        if let Meaning::Memory(Located { shape: Shape::Scalar(_), hold: Hold::Reference, .. }) = meaning {
            return Ok(meaning);
        }
        let lent = matches!(arg, Expr::Reference(reference) if reference.mutability.is_none())
            || matches!(meaning, Meaning::Variable(_, Hold::Reference));
        match self.value(meaning, arg)? {
            // A literal behind `&` is lent, not given.
            Meaning::Memory(located) if located.hold == Hold::Fresh && matches!(arg, Expr::Reference(_)) => {
                Ok(Meaning::Memory(Located { hold: Hold::Reference, ..located }))
            }
            Meaning::Scalar(value) if lent => {
                let shape = Shape::Scalar(self.program.kind(value));
                let name = self.program.info(value).name.clone().unwrap_or_else(|| "lent".to_string());
                let object = self.program.object(name, shape.clone(), arg.span());
                self.push(Stmt::Local(object, Init::Filled(value)));
                Ok(Meaning::Memory(Located { place: Place::whole(object), shape, hold: Hold::Reference }))
            }
            // Whoever is called sees a part as an array of its own.
            Meaning::View(view)
                if !called.is_some_and(|called| self.calls_closure(called)) && !self.is_copied(&view) =>
            {
                Ok(Meaning::View(view))
            }
            Meaning::View(view) if !called.is_some_and(|called| self.calls_closure(called)) => {
                Ok(Meaning::Memory(Located { hold: Hold::Reference, ..self.copied_view(&view, arg)? }))
            }
            other => Ok(other),
        }
    }

    /// Whether a helper gets something that it may change.
    fn lends<'e>(&self, args: impl IntoIterator<Item = &'e Expr>, is_statement: bool) -> bool {
        args.into_iter().any(|arg| self.is_lent(arg, is_statement))
    }

    /// Whether an argument is lent by `&mut`: it is written so, or is such a reference itself, where the call is made for
    /// what it changes.
    pub(super) fn is_lent(&self, arg: &Expr, is_statement: bool) -> bool {
        match arg {
            Expr::Paren(inner) => self.is_lent(&inner.expr, is_statement),
            Expr::Reference(reference) => reference.mutability.is_some(),
            Expr::Path(path) => {
                path.path.get_ident().is_some_and(|ident| match self.lookup(&ident.to_string()) {
                    Some(super::Binding::Borrowed(_)) => true,
                    Some(super::Binding::Alias(located)) if located.hold == Hold::Mutable => {
                        is_statement || matches!(located.shape, Shape::Scalar(_))
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// A call of a helper that changes what it is lent: it returns all of that, and it is put back.
    fn lending_call(
        &mut self,
        path: &'a ExprPath,
        call: &'a ExprCall,
        is_statement: bool,
    ) -> Checked<Meaning<'a>> {
        let standard = path.path.segments.len() > 1
            && matches!(
                path.path.segments[path.path.segments.len() - 2].ident.to_string().as_str(),
                "mem" | "array"
            );
        let written: Vec<&Expr> = call.args.iter().collect();
        if standard {
            let args: Vec<_> = call.args.iter().map(|arg| self.argument(arg, Some(&call.func))).collect();
            let args = args.into_iter().collect::<Checked<Vec<_>>>()?;
            return self.call_path(path, args, &written, call);
        }
        self.not_itself(path)?;
        let mut list = Vec::new();
        let mut lent = Vec::new();
        for arg in &call.args {
            let (handed, place) = self.lent_argument(arg, Some(&call.func), is_statement)?;
            list.push(handed);
            lent.extend(place.map(|place| (place, arg)));
        }
        let result = self.called(callee(path, self.constants_given(path)), list, path.span());
        let left = self.put_back(result, lent)?;
        Ok(if is_statement { Meaning::Unit } else { left })
    }

    /// An argument of a call that may change it, with its place if it may.
    pub(super) fn lent_argument(
        &mut self,
        arg: &'a Expr,
        called: Option<&Expr>,
        is_statement: bool,
    ) -> Checked<(CallArg, Option<Meaning<'a>>)> {
        if !self.is_lent(arg, is_statement) {
            let meaning = self.argument(arg, called)?;
            return self.handed(meaning, arg).map(|handed| (handed, None));
        }
        let place = self.raw(arg)?;
        let handed = match &place {
            Meaning::Variable(var, _) => {
                let value = self.current(*var, arg)?;
                let shape = Shape::Scalar(self.program.kind(value));
                let object = self.program.object("lent", shape, arg.span());
                self.push(Stmt::Local(object, Init::Filled(value)));
                CallArg::Place { place: Place::whole(object), by_ref: true }
            }
            Meaning::Memory(located) => {
                self.writable(located, arg)?;
                CallArg::Place { place: located.place.clone(), by_ref: true }
            }
            _ => return Err(self.error(arg, &RANGE_INDEX, &[])),
        };
        Ok((handed, Some(place)))
    }

    /// A call of a helper.
    pub(super) fn called(&mut self, callee: Callee, args: Vec<CallArg>, span: proc_macro2::Span) -> Located {
        // Whether it returns a number or an aggregate only its uses tell (`passes/copies.rs` makes numbers values).
        let object = self.program.object("result", Shape::Unknown, span);
        self.push(Stmt::Call(Call {
            callee,
            form: Form::Primal,
            args,
            result: CallResult::Object(object),
            result_twin: None,
            twins: Vec::new(),
        }));
        Located { place: Place::whole(object), shape: Shape::Unknown, hold: Hold::Fresh }
    }

    /// Puts back what a call has changed; what is left is what the helper returns.
    pub(super) fn put_back(
        &mut self,
        result: Located,
        lent: Vec<(Meaning<'a>, &'a Expr)>,
    ) -> Checked<Meaning<'a>> {
        let object = result.place.object;
        self.notes.lent.insert(object);
        self.program.objects[object.0].shape = Shape::Tuple(Vec::new());
        let result = Located { shape: Shape::Tuple(Vec::new()), hold: Hold::Place, ..result };
        let count = lent.len();
        for (n, (place, at)) in lent.into_iter().enumerate() {
            let changed = Meaning::Memory(self.field_of(result.clone(), &n.to_string(), at)?);
            match place {
                Meaning::Variable(var, _) => {
                    let old = self.current(var, at)?;
                    let kind = self.program.kind(old);
                    let value = self.scalar(changed, kind, at)?;
                    self.agree(old, value);
                    self.set(var, value);
                }
                Meaning::Memory(located) => self.meaning_into(changed, located.place, located.shape, at)?,
                _ => {}
            }
        }
        let mut place = result.place;
        place.path.push(crate::ir::Proj::Field(count.to_string()));
        Ok(Meaning::Memory(Located { place, shape: Shape::Unknown, hold: Hold::Place }))
    }

    fn calls_closure(&self, called: &Expr) -> bool {
        match called {
            Expr::Path(path) => self.is_bound(path),
            _ => true,
        }
    }

    fn not_itself(&mut self, path: &ExprPath) -> Checked<()> {
        let last = path.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let lead = path.path.segments.first().map(|s| s.ident.to_string()).unwrap_or_default();
        let here = path.path.segments.len() == 1 || lead == "self";
        if here && last == self.program.name && self.lookup(&last).is_none() {
            return Err(self.error(path, &RECURSION, &[&last]));
        }
        Ok(())
    }

    /// A call of a function by its path.
    pub(super) fn call_path(
        &mut self,
        path: &'a ExprPath,
        args: Vec<Meaning<'a>>,
        written: &[&'a Expr],
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        if path.path.is_ident("Some")
            && let [_] = args.as_slice()
        {
            let inner = args.into_iter().next().unwrap_or(Meaning::Unit);
            return Ok(self.some(inner, at));
        }
        let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
        let name = names.last().cloned().unwrap_or_default();
        let owner = names.len().checked_sub(2).map(|k| names[k].clone()).unwrap_or_default();
        if owner == "mem" && name == "swap" && args.len() == 2 {
            let mut args = args.into_iter();
            let (a, b) = (args.next().unwrap_or(Meaning::Unit), args.next().unwrap_or(Meaning::Unit));
            return self.swapped(a, b, at);
        }
        if owner == "mem" && matches!((name.as_str(), args.len()), ("replace", 2) | ("take", 1)) {
            let mut args = args.into_iter();
            return self.replaced_by(args.next().unwrap_or(Meaning::Unit), args.next(), at);
        }
        match owner.as_str() {
            "f64" | "f32" if matches!(name.as_str(), "total_cmp" | "partial_cmp") && args.len() == 2 => {
                let mut args = args.into_iter();
                let (a, b) = (args.next().unwrap_or(Meaning::Unit), args.next().unwrap_or(Meaning::Unit));
                return self.compared(&name, a, b, at);
            }
            "f64" | "f32" => return self.associated(&name, ScalarKind::Real, args, written, path, at),
            owner if types::INTEGERS.contains(&owner) => {
                return self.associated(&name, ScalarKind::Int, args, written, path, at);
            }
            "cmp" if matches!(name.as_str(), "max" | "min") => {
                return self.associated(&name, ScalarKind::Int, args, written, path, at);
            }
            _ => {}
        }
        let typed = owner.chars().next().is_some_and(char::is_uppercase);
        let constructor = name.chars().next().is_some_and(char::is_uppercase);
        let standard =
            matches!(names.first().map(String::as_str), Some("std" | "core" | "alloc")) && names.len() > 1;
        if typed && name == "default" && args.is_empty() {
            return Ok(Meaning::Memory(self.table(&at.to_token_stream(), path.span())));
        }
        let is_foreign = standard || is_of_standard(&owner) || names.iter().any(|name| is_random(name));
        if typed && !constructor && !is_foreign {
            return self.helper_call(path, args, written, at).map(Meaning::Memory);
        }
        let help = if names.iter().any(|name| is_random(name)) {
            RANDOM.to_string()
        } else if owner == "Vec" {
            "there is no memory of its own in a derivative: write an array, `[0.0; N]`".to_string()
        } else if names.len() == 1 && is_real_method(&name) {
            let first = written.first().map_or_else(|| "x".to_string(), |arg| types::text(arg));
            let simple = first.chars().all(|c| c.is_alphanumeric() || "_.[]".contains(c));
            let first = if simple { first } else { format!("({first})") };
            let rest: Vec<String> = written.iter().skip(1).map(|arg| types::text(arg)).collect();
            format!("it is a method of `f64`: write `{first}.{name}({})`", rest.join(", "))
        } else if matches!(name.as_str(), "Ok" | "Err") {
            "a value that may be missing is an `Option`: `Some(x)`, `None`".into()
        } else if constructor && names.len() == 1 {
            "a struct that can be differentiated has named fields, `S { x: .., y: .. }`, and derives `Components`".into()
        } else if constructor || typed {
            "only free functions with `#[differentiable]` can be called; structs are written `S { x: .., y: .. }`".into()
        } else if standard {
            "functions of the standard library are called as methods of a number: `x.max(y)`".into()
        } else {
            return self.helper_call(path, args, written, at).map(Meaning::Memory);
        };
        Err(self.error(path, &UNKNOWN_FUNCTION, &[&types::text(path), &help]))
    }

    /// `f64::max(a, b)`, `usize::min(a, b)`, `f64::from(n)`.
    fn associated(
        &mut self,
        name: &str,
        kind: ScalarKind,
        args: Vec<Meaning<'a>>,
        written: &[&'a Expr],
        path: &ExprPath,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let mut args = args.into_iter().enumerate();
        let Some((_, first)) = args.next() else {
            let help = "call it on a number: `x.max(y)`";
            return Err(self.error(path, &UNKNOWN_FUNCTION, &[&types::text(path), help]));
        };
        let first_at: &dyn ToTokens = match written.first() {
            Some(arg) => *arg,
            None => at,
        };
        if name == "from" && kind == ScalarKind::Real {
            let own = self.kind(&first).unwrap_or(ScalarKind::Int);
            let value = self.scalar(first, own, first_at)?;
            self.not_truncated(value)?;
            return Ok(Meaning::Scalar(self.as_real(value, path.span())));
        }
        // The type before the method is that of its receiver.
        let owner = path.path.segments.iter().rev().nth(1).map(|segment| segment.ident.to_string());
        let int_type =
            owner.filter(|owner| kind == ScalarKind::Int && types::INTEGERS.contains(&owner.as_str()));
        if let ("from", Some(ty)) = (name, &int_type) {
            let own = self.kind(&first).unwrap_or(ScalarKind::Int);
            let value = self.scalar(first, own, first_at)?;
            return self.as_integer(value, ty, path.span()).map(Meaning::Scalar);
        }
        let receiver = self.scalar(first, kind, first_at)?;
        if let Some(ty) = int_type {
            self.program.values[receiver.0].int_type.get_or_insert(ty);
        }
        let args: Vec<(Meaning<'a>, Option<&'a Expr>)> =
            args.map(|(k, arg)| (arg, written.get(k).copied())).collect();
        let method = path.path.segments.last().map(|s| &s.ident);
        let method: &dyn ToTokens = match method {
            Some(ident) => ident,
            None => path,
        };
        match kind {
            ScalarKind::Real => self.real_method(name, receiver, args, method, at),
            _ => self.int_method(name, receiver, args, method, at),
        }
    }

    /// An argument of a helper.
    pub(super) fn handed(&mut self, arg: Meaning<'a>, at: &dyn ToTokens) -> Checked<CallArg> {
        Ok(match arg {
            Meaning::Const(path) => {
                let table = self.table(&path, types::span(at));
                CallArg::Place { place: table.place, by_ref: false }
            }
            Meaning::Memory(located)
                if !matches!(located.shape, Shape::Scalar(_)) || located.hold == Hold::Reference =>
            {
                let by_ref = matches!(located.hold, Hold::Reference | Hold::Mutable);
                CallArg::Place { place: located.place, by_ref }
            }
            Meaning::View(view) => {
                let span = types::span(at);
                let end = self.int_op(crate::ir::IntOp::Add, view.start, view.len, span);
                self.program.values[end.0].int_type = Some("usize".into());
                let mut place = view.base.place;
                place.path.push(crate::ir::Proj::Range(view.start, end));
                CallArg::Place { place, by_ref: true }
            }
            Meaning::Tuple(parts) => {
                let located = self.tuple_memory(parts, at)?;
                CallArg::Place { place: located.place, by_ref: false }
            }
            Meaning::Unit | Meaning::Never => {
                let words =
                    ["no number and no array", "pass numbers, arrays and structs that derive `Components`"];
                return Err(self.error(at, &NOT_A_NUMBER, &words));
            }
            Meaning::Closure(_) | Meaning::Iter(_) => return Err(self.error(at, &CLOSURE, &[])),
            scalar => CallArg::Value(self.any_scalar(scalar, at)?),
        })
    }

    fn helper_call(
        &mut self,
        path: &'a ExprPath,
        args: Vec<Meaning<'a>>,
        written: &[&'a Expr],
        at: &dyn ToTokens,
    ) -> Checked<Located> {
        let mut list = Vec::new();
        for (k, arg) in args.into_iter().enumerate() {
            let arg_at: &dyn ToTokens = match written.get(k) {
                Some(arg) => *arg,
                None => at,
            };
            list.push(self.handed(arg, arg_at)?);
        }
        Ok(self.called(callee(path, self.constants_given(path)), list, path.span()))
    }

    /// The constants that a call gives a helper, `grid::<3>(x)`; none where one is known to this body alone.
    fn constants_given(&self, path: &ExprPath) -> TokenStream {
        let Some(PathArguments::AngleBracketed(list)) = path.path.segments.last().map(|last| &last.arguments)
        else {
            return quote!();
        };
        let given = list.args.iter().filter(|arg| !matches!(arg, GenericArgument::Lifetime(_))).map(|arg| {
            let len = match arg {
                GenericArgument::Const(expr) => types::length(expr),
                other => Len::Expr(other.to_token_stream()),
            };
            match self.known_length(len) {
                Len::Lit(n) => Some(proc_macro2::Literal::usize_unsuffixed(n).to_token_stream()),
                Len::Expr(tokens) if self.mentions_bound(&tokens) => None,
                Len::Expr(tokens) if tokens.clone().into_iter().count() == 1 => Some(tokens),
                Len::Expr(tokens) => Some(quote!({ #tokens })),
                Len::Inferred => Some(quote!(_)),
            }
        });
        let given: Option<Vec<TokenStream>> = given.collect();
        given.map_or_else(|| quote!(), |given| quote!(#(#given),*))
    }

    /// Whether tokens name something of this body.
    fn mentions_bound(&self, tokens: &TokenStream) -> bool {
        tokens.clone().into_iter().any(|tree| match tree {
            TokenTree::Ident(ident) => self.lookup(&ident.to_string()).is_some(),
            TokenTree::Group(group) => self.mentions_bound(&group.stream()),
            _ => false,
        })
    }

    /// `place = array::from_fn(|i| ..)`, as long as the place.
    pub(super) fn array_alike(&mut self, call: &'a ExprCall, like: Located) -> Checked<Meaning<'a>> {
        let Some(function) = call.args.first() else { return Err(self.error(call, &CLOSURE, &[])) };
        let callable = self.callable(function)?;
        let inner = match &like.shape {
            Shape::Array(inner, _) => Some((**inner).clone()),
            _ => None,
        };
        self.filled_alike(like, inner, call, |s, index| {
            s.apply(callable, vec![Meaning::Scalar(index)], function)
        })
    }

    /// `array::from_fn(|i| ..)`, its length from the type written beside it or from the turbofish.
    pub(super) fn array_from_fn(&mut self, call: &'a ExprCall) -> Checked<Meaning<'a>> {
        let expected = self.expected.take();
        let (inner, len) = match expected {
            Some(Shape::Array(inner, len)) => (Some(*inner), Some(len)),
            _ => (None, None),
        };
        let len = len.filter(|len| !matches!(len, Len::Inferred));
        let written = turbofish_length(&call.func).map(|len| self.known_length(len));
        let Some(len) = written.or(len) else {
            return Err(self.error(&call.func, &UNKNOWN_RESULT_TYPE, &[]));
        };
        let Some(function) = call.args.first() else { return Err(self.error(call, &CLOSURE, &[])) };
        let is_real = turbofish_is_real(&call.func);
        let callable = self.callable(function)?;
        self.filled(len, inner, call, |s, index| {
            let element = s.apply(callable, vec![Meaning::Scalar(index)], function)?;
            // What a place in a struct holds is not known here, unless it is written down.
            if is_real {
                Ok(Meaning::Scalar(s.scalar(element, ScalarKind::Real, function)?))
            } else {
                Ok(element)
            }
        })
    }
}

/// What a path calls. The generated forms are generic in other ways than the user's function: the constants that it is
/// given stay, everything else rustc finds out.
fn callee(path: &ExprPath, constants: TokenStream) -> Callee {
    let mut segments: Vec<syn::PathSegment> = path.path.segments.iter().cloned().collect();
    if let [.., owner, name] = segments.as_slice()
        && owner.ident.to_string().starts_with(char::is_uppercase)
    {
        let name = name.ident.clone();
        segments.pop();
        let lead = path.path.leading_colon;
        return Callee::Associated(quote!(#lead #(#segments)::*), name);
    }
    let mut plain = path.clone();
    for segment in &mut plain.path.segments {
        segment.arguments = PathArguments::None;
    }
    Callee::Helper(plain.to_token_stream(), constants)
}

/// Whether the functions of a type are the standard library's.
fn is_of_standard(owner: &str) -> bool {
    ["Vec", "String", "Box", "Option", "Result", "HashMap", "Rc", "Arc", "Cell", "RefCell", "Instant"]
        .contains(&owner)
}
