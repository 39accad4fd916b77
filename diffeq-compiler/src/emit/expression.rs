//! Expressions and places.

use proc_macro2::Literal;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote;
use quote::quote_spanned;

use super::body::Body;
use super::types::length;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;
use crate::ir::integer::IntType;
use crate::rules::Prim;

/// How tightly an expression binds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Prec {
    /// `if`, casts: in parentheses wherever something binds at all.
    Loose,
    Or,
    And,
    Compare,
    /// `|`, of dependencies as of integers.
    Union,
    BitXor,
    BitAnd,
    Shift,
    Sum,
    Product,
    Unary,
    /// Paths, calls, indexing, literals.
    Tight,
}

impl Body<'_> {
    /// A value where it is returned.
    pub fn result(&self, v: Value) -> TokenStream {
        self.told(true, || self.expr(v, Prec::Loose))
    }

    /// Writes an integer that is cast to a type.
    pub(super) fn cast(&self, v: Value, to: &str) -> TokenStream {
        let before = self.cast.replace(to != "i32" && !self.tells(v));
        let written = self.told(false, || self.expr(v, Prec::Unary));
        self.cast.set(before);
        written
    }

    pub(super) fn expr(&self, v: Value, around: Prec) -> TokenStream {
        if !self.inline.contains(v) {
            let name = self.names.value(v);
            return quote!(#name);
        }
        let Some(op) = self.ops.get(&v) else { return quote!() };
        let (tokens, prec) = self.told(self.is_told() || self.tells(v), || self.op(v, op));
        if prec < around { quote!((#tokens)) } else { tokens }
    }

    pub(super) fn op(&self, v: Value, op: &Op) -> (TokenStream, Prec) {
        let scalar = &self.scalar;
        let binary = |a: Value, b: Value, sign: TokenStream, prec: Prec, right: Prec| {
            let (a, b) = (self.expr(a, prec), self.expr(b, right));
            (quote!(#a #sign #b), prec)
        };
        match op {
            Op::Real(x) => (real(*x, scalar), Prec::Tight),
            Op::RealNamed(path) => {
                // what rustc finds to say of its type points at the user's path
                let span = path.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
                let real = quote_spanned!(span=> f64::from(#path));
                (quote!(#scalar::lit(#real)), Prec::Tight)
            }
            Op::Prim(prim, args) => match (prim, args.as_slice()) {
                (Prim::Add, &[a, b]) => binary(a, b, quote!(+), Prec::Sum, Prec::Product),
                (Prim::Sub, &[a, b]) => binary(a, b, quote!(-), Prec::Sum, Prec::Product),
                (Prim::Mul, &[a, b]) => binary(a, b, quote!(*), Prec::Product, Prec::Unary),
                (Prim::Div, &[a, b]) => binary(a, b, quote!(/), Prec::Product, Prec::Unary),
                (Prim::Neg, &[a]) => {
                    let a = self.expr(a, Prec::Unary);
                    (quote!(-#a), Prec::Unary)
                }
                (_, [receiver, rest @ ..]) => {
                    let method = quote::format_ident!("{}", prim.method());
                    let receiver = self.expr(*receiver, Prec::Tight);
                    let rest = rest.iter().map(|a| self.expr(*a, Prec::Loose));
                    (quote!(#receiver.#method(#(#rest),*)), Prec::Tight)
                }
                (_, []) => (quote!(), Prec::Tight),
            },
            Op::Union(args) => match args.as_slice() {
                [] => (quote!(#scalar::ZERO), Prec::Tight),
                [one] => (self.expr(*one, Prec::Union), Prec::Union),
                many => {
                    let many = many.iter().map(|a| self.expr(*a, Prec::Sum));
                    (quote!(#(#many)|*), Prec::Union)
                }
            },
            Op::Powi(x, n) => {
                let x = self.expr(*x, Prec::Tight);
                let exponent = self.told(true, || self.expr(*n, Prec::Loose));
                (quote!(#x.powi(#exponent)), Prec::Tight)
            }
            Op::FromInt(n) => {
                let n = self.told(false, || self.expr(*n, Prec::Unary));
                (quote!(#scalar::lit(#n as f64)), Prec::Tight)
            }
            Op::Load(place) if self.is_inert(place) => {
                let tokens = self.receiver(place);
                match self.program.kind(v) {
                    ScalarKind::Real => (quote!(#scalar::lit(f64::from(#tokens))), Prec::Tight),
                    _ => (tokens, Prec::Tight),
                }
            }
            Op::Load(place) => {
                let tokens = self.place(place);
                let deref = place.path.is_empty() && self.program.objects[place.object.0].by_ref;
                (tokens, if deref { Prec::Unary } else { Prec::Tight })
            }
            Op::Select(c, a, b) => {
                let c = self.expr(*c, Prec::Loose);
                let (a, b) = (self.expr(*a, Prec::Loose), self.expr(*b, Prec::Loose));
                (quote!(if #c { #a } else { #b }), Prec::Loose)
            }
            Op::Int(n) => {
                let suffix = self.suffix(self.classes.of_value(v));
                (integer(*n, &suffix), if *n < 0 { Prec::Unary } else { Prec::Tight })
            }
            Op::IntNamed(path) => (quote!(#path), Prec::Tight),
            Op::IntOp(op, a, b) => match op {
                IntOp::Add => binary(*a, *b, quote!(+), Prec::Sum, Prec::Product),
                IntOp::Sub => binary(*a, *b, quote!(-), Prec::Sum, Prec::Product),
                IntOp::Mul => binary(*a, *b, quote!(*), Prec::Product, Prec::Unary),
                IntOp::Div => binary(*a, *b, quote!(/), Prec::Product, Prec::Unary),
                IntOp::Rem => binary(*a, *b, quote!(%), Prec::Product, Prec::Unary),
                IntOp::BitAnd => binary(*a, *b, quote!(&), Prec::BitAnd, Prec::Shift),
                IntOp::BitXor => binary(*a, *b, quote!(^), Prec::BitXor, Prec::BitAnd),
                IntOp::BitOr => binary(*a, *b, quote!(|), Prec::Union, Prec::BitXor),
                IntOp::Shl | IntOp::Shr => {
                    let a = self.expr(*a, Prec::Shift);
                    let b = self.told(false, || self.expr(*b, Prec::Sum));
                    let sign = if *op == IntOp::Shl { quote!(<<) } else { quote!(>>) };
                    (quote!(#a #sign #b), Prec::Shift)
                }
                _ => self.int_method(*op, &[*a, *b]),
            },
            Op::IntUnary(IntOp::Not, a) => {
                let a = self.expr(*a, Prec::Unary);
                (quote!(!#a), Prec::Unary)
            }
            Op::IntUnary(op, a) => self.int_method(*op, &[*a]),
            Op::ToInt(x, ty) => {
                let x = self.expr(*x, Prec::Tight);
                (quote!(#x.value() as #ty), Prec::Loose)
            }
            Op::IntNeg(a) => {
                let a = self.expr(*a, Prec::Unary);
                (quote!(-#a), Prec::Unary)
            }
            Op::Cast(a, ty) => {
                let inferred = self.int_type(v).filter(|_| ty.to_string() == "_");
                let ty = inferred.as_ref().unwrap_or(ty);
                let a = self.cast(*a, &ty.to_string());
                (quote!(#a as #ty), Prec::Loose)
            }
            Op::Len(place) => match self.shape_at(place) {
                Some(Shape::Array(_, len @ (Len::Lit(_) | Len::Expr(_)))) => (length(len), Prec::Tight),
                _ => {
                    let place = self.receiver(place);
                    (quote!(#place.len()), Prec::Tight)
                }
            },
            Op::Bool(b) => (quote!(#b), Prec::Tight),
            Op::Cmp(cmp, a, b) => {
                let sign = match cmp {
                    CmpOp::Eq => quote!(==),
                    CmpOp::Ne => quote!(!=),
                    CmpOp::Lt => quote!(<),
                    CmpOp::Le => quote!(<=),
                    CmpOp::Gt => quote!(>),
                    CmpOp::Ge => quote!(>=),
                };
                let told = self.tells(*a) || self.tells(*b);
                let (a, b) = self.told(told, || (self.expr(*a, Prec::Union), self.expr(*b, Prec::Union)));
                (quote!(#a #sign #b), Prec::Compare)
            }
            Op::And(a, b) => binary(*a, *b, quote!(&&), Prec::And, Prec::Compare),
            Op::Or(a, b) => binary(*a, *b, quote!(||), Prec::Or, Prec::And),
            Op::Not(a) => (self.negated(*a), Prec::Unary),
            Op::Test(name, a) => {
                let method = quote::format_ident!("{name}");
                let a = self.expr(*a, Prec::Tight);
                (quote!(#a.#method()), Prec::Tight)
            }
        }
    }

    /// The place as an expression or as the target of an assignment.
    pub(super) fn place(&self, place: &Place) -> TokenStream {
        if let Some(constant) = self.constant(place) {
            return constant;
        }
        let name = self.names.object(place.object);
        if place.path.is_empty() {
            return if self.program.objects[place.object.0].by_ref { quote!(*#name) } else { quote!(#name) };
        }
        self.receiver(place)
    }

    /// A constant outside the function over the scalar type.
    pub(super) fn constant(&self, place: &Place) -> Option<TokenStream> {
        self.program.objects[place.object.0].constant.as_ref()?;
        if let Some((whole, Proj::Range(a, b))) = place.part_of() {
            let whole = self.constant(&whole)?;
            let (a, b) = (self.index(a), self.index(b));
            return Some(quote!(#whole[#a..#b]));
        }
        Some(self.lifted("constant", &self.receiver(place)))
    }

    /// What the user declared outside the function over the scalar type, or its tangent. Errors in its type, which rustc
    /// alone sees, point at the constant.
    pub(super) fn lifted(&self, f: &str, constant: &TokenStream) -> TokenStream {
        let (f, scalar) = (super::paths::item(f), &self.scalar);
        let span = constant.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
        let f: TokenStream = f
            .into_iter()
            .map(|mut tree| {
                tree.set_span(span);
                tree
            })
            .collect();
        quote_spanned!(span=> #f!(#constant, #scalar))
    }

    /// Whether what lies at a place is not over the scalar type, but what the user declared.
    pub(super) fn is_inert(&self, place: &Place) -> bool {
        let object = &self.program.objects[place.object.0];
        object.constant.is_some() || object.is_plain()
    }

    /// Whether there may be integers and conditions at a place: a tuple, an array of these, or what a helper returned.
    pub(super) fn is_part(&self, place: &Place) -> bool {
        match self.shape_at(place) {
            Some(shape) if holds_discrete(shape) => true,
            Some(Shape::Unknown) => {
                let object = &self.program.objects[place.object.0];
                place.path.is_empty() && object.constant.is_none()
            }
            _ => false,
        }
    }

    /// The place in front of a dot.
    pub(super) fn receiver(&self, place: &Place) -> TokenStream {
        let mut tokens = match &self.program.objects[place.object.0].constant {
            Some(path) => path.clone(),
            None => {
                let name = self.names.object(place.object);
                let object = &self.program.objects[place.object.0];
                if object.by_ref && object.is_plain() { quote!((*#name)) } else { quote!(#name) }
            }
        };
        for proj in &place.path {
            match proj {
                Proj::Index(i) => {
                    let index = self.index(*i);
                    tokens.extend(quote!([#index]));
                }
                Proj::Range(a, b) => {
                    let (a, b) = (self.index(*a), self.index(*b));
                    tokens.extend(quote!([#a..#b]));
                }
                Proj::Matches(pattern) => {
                    let pattern = pattern.parse::<TokenStream>().unwrap_or_default();
                    tokens = quote!(::core::matches!(#tokens, #pattern));
                }
                Proj::Part(pattern, name) => {
                    let pattern = pattern.parse::<TokenStream>().unwrap_or_default();
                    let name = name.parse::<TokenStream>().unwrap_or_default();
                    tokens = quote!((match #tokens { #pattern => #name, _ => ::core::unreachable!() }));
                }
                Proj::Field(f) => match f.parse::<usize>() {
                    Ok(n) => {
                        let n = Literal::usize_unsuffixed(n);
                        tokens.extend(quote!(.#n));
                    }
                    Err(_) => {
                        let f = super::names::ident(f);
                        tokens.extend(quote!(.#f));
                    }
                },
            }
        }
        tokens
    }

    /// An index: of another type than `usize` it is cast.
    fn index(&self, i: Value) -> TokenStream {
        let foreign = self.classes.of_value(i).is_some_and(|ty| ty != "usize");
        let literal = matches!(self.ops.get(&i), Some(Op::Int(_)));
        if foreign && !literal {
            let index = self.cast(i, "usize");
            quote!(#index as usize)
        } else {
            self.told(true, || self.expr(i, Prec::Loose))
        }
    }

    pub(super) fn reference(&self, place: &Place) -> TokenStream {
        if let Some(init) = self.inputs.get(&place.object) {
            let value = self.initial(place.object, init);
            return quote!(&#value);
        }
        if let Some(constant) = self.constant(place) {
            return quote!(&#constant);
        }
        let tokens = self.receiver(place);
        let behind = place.path.is_empty() && self.program.objects[place.object.0].by_ref;
        if behind { tokens } else { quote!(&#tokens) }
    }

    pub(super) fn reference_mut(&self, place: &Place) -> TokenStream {
        let tokens = self.receiver(place);
        let behind = place.path.is_empty() && self.program.objects[place.object.0].by_ref;
        if behind { tokens } else { quote!(&mut #tokens) }
    }

    /// The shape of a place, as far as it is written down.
    pub(super) fn shape_at(&self, place: &Place) -> Option<&Shape> {
        self.program.shape_at(place)
    }

    /// A method of an integer by its path, `usize::pow(i, 2)`: before a dot rustc would have to know the type of a literal
    /// or a variable already.
    fn int_method(&self, op: IntOp, args: &[Value]) -> (TokenStream, Prec) {
        let method = quote::format_ident!("{}", op.method());
        self.told(true, || {
            let Some(ty) = self.int_type(args[0]) else {
                let receiver = self.expr(args[0], Prec::Tight);
                let rest = args[1..].iter().map(|n| self.expr(*n, Prec::Loose));
                return (quote!(#receiver.#method(#(#rest),*)), Prec::Tight);
            };
            let args = args.iter().map(|n| self.expr(*n, Prec::Loose));
            (quote!(#ty::#method(#(#args),*)), Prec::Tight)
        })
    }

    /// `as i32` where an integer kept as `usize` had another type.
    pub(super) fn cast_back(&self, v: Value) -> TokenStream {
        match self.int_type(v) {
            Some(ty) if ty.to_string() == "usize" => quote!(),
            Some(ty) => quote!(as #ty),
            None => quote!(as _),
        }
    }

    /// Whether an integer is wider than what the workspace keeps at a time on some target.
    pub(super) fn is_wide(&self, v: Value) -> bool {
        let ty = self.classes.of_value(v).and_then(|ty| IntType::of(&ty));
        ty.is_some_and(|ty| ty.bits > 32 && !ty.of_target)
    }

    pub(super) fn negated(&self, v: Value) -> TokenStream {
        let cond = self.expr(v, Prec::Unary);
        quote!(!#cond)
    }
}

/// An integer literal.
pub(super) fn integer(n: i128, suffix: &str) -> TokenStream {
    format!("{n}{suffix}").parse().unwrap_or_else(|_| Literal::i128_unsuffixed(n).into_token_stream())
}

fn real(x: f64, scalar: &TokenStream) -> TokenStream {
    if x == 0.0 && x.is_sign_positive() {
        return quote!(#scalar::ZERO);
    }
    if x == 1.0 {
        return quote!(#scalar::ONE);
    }
    if !x.is_finite() {
        let name = if x.is_nan() {
            quote!(NAN)
        } else if x > 0.0 {
            quote!(INFINITY)
        } else {
            quote!(NEG_INFINITY)
        };
        return quote!(#scalar::lit(f64::#name));
    }
    let magnitude = Literal::f64_unsuffixed(x.abs());
    if x.is_sign_negative() { quote!(#scalar::lit(-#magnitude)) } else { quote!(#scalar::lit(#magnitude)) }
}

/// Whether there are integers or conditions in a shape, as far as it is written down: in a tuple there may be.
fn holds_discrete(shape: &Shape) -> bool {
    match shape {
        Shape::Scalar(kind) => *kind != ScalarKind::Real,
        Shape::Array(inner, _) => holds_discrete(inner),
        Shape::Tuple(_) => true,
        Shape::Slice(_) | Shape::Struct(_) | Shape::Plain(_) | Shape::Unknown => false,
    }
}
