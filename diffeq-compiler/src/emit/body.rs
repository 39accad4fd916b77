//! Statements and expressions of one function.

use std::collections::HashMap;

use proc_macro2::Literal;
use proc_macro2::TokenStream;
use quote::quote;

use super::arrays::Arrays;
use super::inline::Inline;
use super::names::Names;
use super::paths;
use crate::ir::Binding;
use crate::ir::Block;
use crate::ir::CallResult;
use crate::ir::CmpOp;
use crate::ir::For;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Kind;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;
use crate::rules::Prim;

/// How tightly an expression binds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Prec {
    /// `if`, casts: in parentheses wherever something binds at all.
    Loose,
    Or,
    And,
    Compare,
    Union,
    Sum,
    Product,
    Unary,
    /// Paths, calls, indexing, literals.
    Tight,
}

/// Writes one program.
pub struct Body<'a> {
    program: &'a Program,
    inline: Inline,
    pub(super) arrays: Arrays,
    pub(super) names: Names,
    ops: HashMap<Value, &'a Op>,
    /// The scalar type: `T`, or the type of dependencies.
    scalar: TokenStream,
    /// The elements of arrays that are written out where they are given.
    inputs: HashMap<Obj, &'a Init>,
    pub(super) written: std::collections::HashSet<Obj>,
}

impl<'a> Body<'a> {
    /// Prepares a program whose function has these arguments.
    pub fn new(program: &'a Program, args: &[Binding], taken: &[&str], scalar: TokenStream) -> Self {
        let inline = Inline::of(program);
        let arrays = Arrays::of(program, &inline);
        let names = Names::of(program, &inline, &arrays, args, taken);
        let mut ops = HashMap::new();
        let mut inputs = HashMap::new();
        let mut written = std::collections::HashSet::new();
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::Let(v, op) = stmt {
                ops.insert(*v, op);
            }
            if let Stmt::Local(o, init) = stmt
                && arrays.is_input(*o)
            {
                inputs.insert(*o, init);
            }
            if !matches!(stmt, Stmt::Local(..)) {
                let bound: Vec<Obj> = match stmt {
                    Stmt::Call(call) => call
                        .bound()
                        .filter_map(|r| match r {
                            CallResult::Object(o) => Some(o),
                            CallResult::Value(_) => None,
                        })
                        .collect(),
                    _ => vec![],
                };
                written.extend(stmt.writes().into_iter().filter(|o| !bound.contains(o)));
            }
        });
        Body { program, inline, arrays, names, ops, scalar, inputs, written }
    }

    /// The statements.
    pub fn statements(&self) -> TokenStream {
        self.block(&self.program.body)
    }

    /// The identifier of an argument.
    pub fn arg(&self, arg: Binding) -> TokenStream {
        match arg {
            Binding::Value(v) => {
                let name = self.names.value(v);
                quote!(#name)
            }
            Binding::Object(o) => {
                let name = self.names.object(o);
                quote!(#name)
            }
        }
    }

    /// A value where it is returned.
    pub fn result(&self, v: Value) -> TokenStream {
        self.expr(v, Prec::Loose)
    }

    /// The type of a shape.
    pub fn ty(shape: &Shape, scalar: &TokenStream) -> TokenStream {
        match shape {
            Shape::Scalar(Kind::Real) => scalar.clone(),
            Shape::Scalar(Kind::Int) => quote!(usize),
            Shape::Scalar(Kind::Bool) => quote!(bool),
            Shape::Array(inner, len) => {
                let inner = Self::ty(inner, scalar);
                let len = length(len);
                quote!([#inner; #len])
            }
            Shape::Slice(inner) => {
                let inner = Self::ty(inner, scalar);
                quote!([#inner])
            }
            Shape::Struct(path) => {
                let components = paths::item("Components");
                quote!(<#path as #components>::Of<#scalar>)
            }
            Shape::Unknown => quote!(_),
        }
    }

    fn zeros(&self, shape: &Shape) -> TokenStream {
        let scalar = &self.scalar;
        match shape {
            Shape::Scalar(Kind::Real) => quote!(#scalar::ZERO),
            Shape::Scalar(Kind::Int) => quote!(0usize),
            Shape::Scalar(Kind::Bool) => quote!(false),
            Shape::Array(inner, len) => {
                let inner = self.zeros(inner);
                let len = length(len);
                quote!([#inner; #len])
            }
            Shape::Slice(_) | Shape::Struct(_) | Shape::Unknown => quote!(Default::default()),
        }
    }

    fn block(&self, block: &Block) -> TokenStream {
        block.iter().map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&self, stmt: &Stmt) -> TokenStream {
        match stmt {
            Stmt::Let(v, _) if self.inline.contains(*v) || self.arrays.is_part(*v) => quote!(),
            Stmt::Local(o, _) if self.arrays.is_input(*o) => quote!(),
            Stmt::Copy(_, q) if self.arrays.landing(q.object).is_some() => quote!(),
            Stmt::Let(v, op) => {
                let name = self.names.value(*v);
                let value = self.op(*v, op).0;
                quote!(let #name = #value;)
            }
            Stmt::Local(o, init) => self.local(*o, init),
            Stmt::Store(p, v) => {
                let place = self.place(p);
                let value = self.stored(p, *v);
                quote!(#place = #value;)
            }
            Stmt::Accumulate(p, v) => self.accumulate(p, *v),
            Stmt::Copy(p, q) => {
                if matches!(self.shape_at(p), Some(Shape::Array(..))) {
                    let (to, from) = (self.place(p), self.place(q));
                    quote!(#to = #from;)
                } else {
                    let (to, from) = (self.receiver(p), self.reference(q));
                    quote!(#to.clone_from(#from);)
                }
            }
            Stmt::AddAll(p, q) => {
                let (f, to, from) = (paths::item("add_all"), self.reference_mut(p), self.reference(q));
                let scalar = &self.scalar;
                quote!(#f::<#scalar, _>(#to, #from);)
            }
            Stmt::Clear(p) => {
                let (f, place) = (paths::item("clear"), self.reference_mut(p));
                let scalar = &self.scalar;
                quote!(#f::<#scalar, _>(#place);)
            }
            Stmt::For(l) => self.for_loop(l),
            Stmt::If(l) => self.branch(l),
            Stmt::Call(call) => self.call(call),
            Stmt::Push(v) => {
                match self.program.kind(*v) {
                    Kind::Real => {
                        let value = self.expr(*v, Prec::Loose);
                        quote!(work.push(#value);)
                    }
                    // A cast binds more tightly than the comparisons that conditions are made of.
                    _ => {
                        let value = self.expr(*v, Prec::Unary);
                        quote!(work.push_index(#value as usize);)
                    }
                }
            }
            Stmt::Pop(v) => {
                let name = self.names.value(*v);
                match self.program.kind(*v) {
                    Kind::Real => quote!(let #name = work.pop();),
                    Kind::Bool => quote!(let #name = work.pop_index() != 0;),
                    Kind::Int => {
                        let cast = self.cast_back(*v);
                        quote!(let #name = work.pop_index() #cast;)
                    }
                }
            }
            Stmt::PushAll(p) => {
                let place = self.reference(p);
                quote!(work.push_all(#place);)
            }
            Stmt::PopAll(p) => {
                let place = self.reference_mut(p);
                quote!(work.pop_all(#place);)
            }
        }
    }

    /// `as i32` where an integer kept as `usize` had another type.
    fn cast_back(&self, v: Value) -> TokenStream {
        match self.program.info(v).int_type.as_deref() {
            Some("usize") => quote!(),
            Some(ty) => match syn::parse_str::<syn::Type>(ty) {
                Ok(ty) => quote!(as #ty),
                Err(_) => quote!(as _),
            },
            None => quote!(as _),
        }
    }

    fn stored(&self, place: &Place, v: Value) -> TokenStream {
        let value = self.expr(v, Prec::Loose);
        let is_usize = self.program.info(v).int_type.as_deref() == Some("usize");
        if self.program.kind(v) == Kind::Int && !is_usize && self.is_slot(place) {
            let value = self.expr(v, Prec::Tight);
            return quote!(#value as usize);
        }
        value
    }

    fn is_slot(&self, place: &Place) -> bool {
        matches!(self.shape_at(place), Some(Shape::Scalar(Kind::Int)))
    }

    /// The shape of a place, as far as it is written down.
    pub(super) fn shape_at(&self, place: &Place) -> Option<&Shape> {
        let mut shape = &self.program.objects[place.object.0].shape;
        for proj in &place.path {
            shape = match (proj, shape) {
                (Proj::Index(_), Shape::Array(inner, _) | Shape::Slice(inner)) => inner,
                _ => return None,
            };
        }
        Some(shape)
    }

    fn local(&self, o: Obj, init: &Init) -> TokenStream {
        let name = self.names.object(o);
        let shape = &self.program.objects[o.0].shape;
        let mutable = if self.written.contains(&o) { quote!(mut) } else { quote!() };
        if matches!((init, shape), (Init::Zeros, Shape::Struct(_))) {
            let ty = Self::ty(shape, &self.scalar);
            return quote!(let #mutable #name: #ty = Default::default(););
        }
        let value = self.initial(o, init);
        quote!(let #mutable #name = #value;)
    }

    /// What memory starts with, as an expression.
    fn initial(&self, o: Obj, init: &Init) -> TokenStream {
        let shape = &self.program.objects[o.0].shape;
        match init {
            Init::Zeros => self.zeros(shape),
            Init::Filled(v) => {
                let value = self.expr(*v, Prec::Loose);
                filled(shape, &value)
            }
            Init::Elements(vs) => {
                let values = vs.iter().map(|v| self.expr(*v, Prec::Loose));
                quote!([#(#values),*])
            }
            Init::From(p) => {
                if matches!(self.shape_at(p), Some(Shape::Array(..))) {
                    self.place(p)
                } else {
                    let place = self.receiver(p);
                    quote!(#place.clone())
                }
            }
            Init::ZerosLike(p) => {
                let (f, place) = (paths::item("zeros_like"), self.reference(p));
                let scalar = &self.scalar;
                quote!(#f::<#scalar, _>(#place))
            }
        }
    }

    fn accumulate(&self, p: &Place, v: Value) -> TokenStream {
        let place = self.place(p);
        if let Some(Op::Prim(Prim::Neg, args)) = self.ops.get(&v)
            && self.inline.contains(v)
            && !(self.program.objects[p.object.0].is_slice() && self.reads_memory(v, p.object))
        {
            let value = self.expr(args[0], Prec::Loose);
            return quote!(#place -= #value;);
        }
        // behind a `Vec` an update cannot borrow its target while it reads the same memory
        if self.program.objects[p.object.0].is_slice() && self.reads_memory(v, p.object) {
            let value = self.expr(v, Prec::Product);
            return quote!(#place = #place + #value;);
        }
        let value = self.expr(v, Prec::Loose);
        quote!(#place += #value;)
    }

    /// Whether the expression of `v`, written out here, reads the object.
    fn reads_memory(&self, v: Value, object: Obj) -> bool {
        self.inline.contains(v)
            && self.ops.get(&v).is_some_and(|op| {
                matches!(op, Op::Load(place) if place.object == object)
                    || op.operands().iter().any(|w| self.reads_memory(*w, object))
            })
    }

    fn for_loop(&self, l: &For) -> TokenStream {
        let index = self.names.value(l.index);
        let (start, end) = (self.expr(l.start, Prec::Sum), self.expr(l.end, Prec::Sum));
        let range = if l.reversed { quote!((#start..#end).rev()) } else { quote!(#start..#end) };
        let inits = l.carried.iter().map(|c| {
            let (name, init) = (self.names.value(c.param), self.expr(c.init, Prec::Loose));
            quote!(let mut #name = #init;)
        });
        let body = self.block(&l.body);
        let nexts = self.nexts(l);
        quote! {
            #(#inits)*
            for #index in #range {
                #body
                #nexts
            }
        }
    }

    /// What a loop hands on. One assignment must not disturb what the next one reads: then all happen at once.
    fn nexts(&self, l: &For) -> TokenStream {
        let conflict = l
            .carried
            .iter()
            .enumerate()
            .any(|(n, c)| l.carried[n + 1..].iter().any(|later| self.reads_now(later.next, c.param)));
        if conflict {
            let names = l.carried.iter().map(|c| self.names.value(c.param));
            let values = l.carried.iter().map(|c| self.expr(c.next, Prec::Loose));
            return quote!((#(#names),*) = (#(#values),*););
        }
        l.carried
            .iter()
            .map(|c| {
                let name = self.names.value(c.param);
                // `s = s + x` reads better as `s += x`
                if let Some(Op::Prim(prim @ (Prim::Add | Prim::Sub | Prim::Mul | Prim::Div), args)) =
                    self.ops.get(&c.next)
                    && self.inline.contains(c.next)
                {
                    let other = if args[0] == c.param && !self.reads_now(args[1], c.param) {
                        Some(args[1])
                    } else if *prim == Prim::Add && args[1] == c.param && !self.reads_now(args[0], c.param) {
                        Some(args[0])
                    } else {
                        None
                    };
                    if let Some(other) = other {
                        let other = self.expr(other, Prec::Loose);
                        return match prim {
                            Prim::Add => quote!(#name += #other;),
                            Prim::Sub => quote!(#name -= #other;),
                            Prim::Mul => quote!(#name *= #other;),
                            _ => quote!(#name /= #other;),
                        };
                    }
                }
                let next = self.expr(c.next, Prec::Loose);
                quote!(#name = #next;)
            })
            .collect()
    }

    /// Whether the expression of `v`, written out here, mentions `param`.
    fn reads_now(&self, v: Value, param: Value) -> bool {
        v == param
            || (self.inline.contains(v)
                && self.ops.get(&v).is_some_and(|op| op.operands().iter().any(|w| self.reads_now(*w, param))))
    }

    fn branch(&self, l: &If) -> TokenStream {
        let cond = self.expr(l.cond, Prec::Loose);
        let then = self.block(&l.then);
        let otherwise = self.block(&l.otherwise);
        if l.merges.is_empty() {
            return match (l.then.is_empty(), l.otherwise.is_empty()) {
                (_, true) => quote!(if #cond { #then }),
                (true, false) => {
                    let cond = self.negated(l.cond);
                    quote!(if #cond { #otherwise })
                }
                (false, false) => quote!(if #cond { #then } else { #otherwise }),
            };
        }
        let tuple = |items: Vec<TokenStream>| match items.as_slice() {
            [one] => one.clone(),
            many => quote!((#(#many),*)),
        };
        let names = tuple(
            l.merges
                .iter()
                .map(|m| {
                    let name = self.names.value(m.result);
                    quote!(#name)
                })
                .collect(),
        );
        let thens = tuple(l.merges.iter().map(|m| self.expr(m.then, Prec::Loose)).collect());
        let otherwises = tuple(l.merges.iter().map(|m| self.expr(m.otherwise, Prec::Loose)).collect());
        quote!(let #names = if #cond { #then #thens } else { #otherwise #otherwises };)
    }

    fn negated(&self, v: Value) -> TokenStream {
        let cond = self.expr(v, Prec::Unary);
        quote!(!#cond)
    }

    /// The place as an expression or as the target of an assignment.
    pub(super) fn place(&self, place: &Place) -> TokenStream {
        let name = self.names.object(place.object);
        if place.path.is_empty() {
            return if self.program.objects[place.object.0].by_ref { quote!(*#name) } else { quote!(#name) };
        }
        self.receiver(place)
    }

    /// The place in front of a dot.
    pub(super) fn receiver(&self, place: &Place) -> TokenStream {
        let name = self.names.object(place.object);
        let mut tokens = quote!(#name);
        for proj in &place.path {
            match proj {
                Proj::Index(i) => {
                    let foreign = self.program.info(*i).int_type.as_deref().is_some_and(|ty| ty != "usize");
                    let literal = matches!(self.ops.get(i), Some(Op::Int(_)));
                    if foreign && !literal {
                        let index = self.expr(*i, Prec::Unary);
                        tokens.extend(quote!([#index as usize]));
                    } else {
                        let index = self.expr(*i, Prec::Loose);
                        tokens.extend(quote!([#index]));
                    }
                }
                Proj::Field(f) => match f.parse::<usize>() {
                    Ok(n) => {
                        let n = Literal::usize_unsuffixed(n);
                        tokens.extend(quote!(.#n));
                    }
                    Err(_) => {
                        let f = quote::format_ident!("{f}");
                        tokens.extend(quote!(.#f));
                    }
                },
            }
        }
        tokens
    }

    pub(super) fn reference(&self, place: &Place) -> TokenStream {
        if let Some(init) = self.inputs.get(&place.object) {
            let value = self.initial(place.object, init);
            return quote!(&#value);
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

    pub(super) fn expr(&self, v: Value, around: Prec) -> TokenStream {
        if !self.inline.contains(v) {
            let name = self.names.value(v);
            return quote!(#name);
        }
        let Some(op) = self.ops.get(&v) else { return quote!() };
        let (tokens, prec) = self.op(v, op);
        if prec < around { quote!((#tokens)) } else { tokens }
    }

    fn op(&self, v: Value, op: &Op) -> (TokenStream, Prec) {
        let scalar = &self.scalar;
        let binary = |a: Value, b: Value, sign: TokenStream, prec: Prec, right: Prec| {
            let (a, b) = (self.expr(a, prec), self.expr(b, right));
            (quote!(#a #sign #b), prec)
        };
        match op {
            Op::Real(x) => (real(*x, scalar), Prec::Tight),
            Op::RealNamed(path) => (quote!(#scalar::lit(f64::from(#path))), Prec::Tight),
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
                let (x, exponent) = (self.expr(*x, Prec::Tight), self.expr(*n, Prec::Loose));
                (quote!(#x.powi(#exponent)), Prec::Tight)
            }
            Op::FromInt(n) => {
                let n = self.expr(*n, Prec::Unary);
                (quote!(#scalar::lit(#n as f64)), Prec::Tight)
            }
            Op::Load(place) => {
                let tokens = self.place(place);
                if self.is_slot(place) && self.program.info(v).int_type.as_deref() != Some("usize") {
                    let cast = self.cast_back(v);
                    return (quote!(#tokens #cast), Prec::Loose);
                }
                let deref = place.path.is_empty() && self.program.objects[place.object.0].by_ref;
                (tokens, if deref { Prec::Unary } else { Prec::Tight })
            }
            Op::Select(c, a, b) => {
                let c = self.expr(*c, Prec::Loose);
                let (a, b) = (self.expr(*a, Prec::Loose), self.expr(*b, Prec::Loose));
                (quote!(if #c { #a } else { #b }), Prec::Loose)
            }
            Op::Int(n) => {
                let literal = Literal::i128_unsuffixed(*n);
                if *n < 0 { (quote!(#literal), Prec::Unary) } else { (quote!(#literal), Prec::Tight) }
            }
            Op::IntNamed(path) => (quote!(#path), Prec::Tight),
            Op::IntOp(op, a, b) => {
                let method = |name: &str| {
                    let method = quote::format_ident!("{name}");
                    let (a, b) = (self.expr(*a, Prec::Tight), self.expr(*b, Prec::Loose));
                    (quote!(#a.#method(#b)), Prec::Tight)
                };
                match op {
                    IntOp::Add => binary(*a, *b, quote!(+), Prec::Sum, Prec::Product),
                    IntOp::Sub => binary(*a, *b, quote!(-), Prec::Sum, Prec::Product),
                    IntOp::Mul => binary(*a, *b, quote!(*), Prec::Product, Prec::Unary),
                    IntOp::Div => binary(*a, *b, quote!(/), Prec::Product, Prec::Unary),
                    IntOp::Rem => binary(*a, *b, quote!(%), Prec::Product, Prec::Unary),
                    IntOp::Min => method("min"),
                    IntOp::Max => method("max"),
                    IntOp::Pow => method("pow"),
                }
            }
            Op::IntNeg(a) => {
                let a = self.expr(*a, Prec::Unary);
                (quote!(-#a), Prec::Unary)
            }
            Op::Cast(a, ty) => {
                let a = self.expr(*a, Prec::Unary);
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
                let (a, b) = (self.expr(*a, Prec::Sum), self.expr(*b, Prec::Sum));
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
}

/// The type that a caller owns: a slice is a `Vec`.
pub fn owned(shape: &Shape, scalar: &TokenStream) -> TokenStream {
    match shape {
        Shape::Slice(inner) => {
            let inner = Body::ty(inner, scalar);
            quote!(Vec<#inner>)
        }
        _ => Body::ty(shape, scalar),
    }
}

/// The number of elements of an array, as tokens.
pub fn length(len: &Len) -> TokenStream {
    match len {
        Len::Lit(n) => {
            let n = Literal::usize_unsuffixed(*n);
            quote!(#n)
        }
        Len::Expr(e) => e.clone(),
        Len::Inferred => quote!(_),
    }
}

fn filled(shape: &Shape, value: &TokenStream) -> TokenStream {
    match shape {
        Shape::Array(inner, len) => {
            let (inner, len) = (filled(inner, value), length(len));
            quote!([#inner; #len])
        }
        _ => value.clone(),
    }
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
