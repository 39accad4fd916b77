//! Statements.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use super::body::length;
use super::expression::Prec;
use super::paths;
use crate::ir::Block;
use crate::ir::For;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::Kind;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::rules::Prim;

impl Body<'_> {
    pub(super) fn block(&self, block: &Block) -> TokenStream {
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
                if let Some(constant) = self.constant(q) {
                    let to = self.place(p);
                    quote!(#to = #constant;)
                } else if self.is_untold(p) {
                    // What it is, is known by what is assigned.
                    let (to, from) = (self.place(p), self.receiver(q));
                    quote!(#to = #from.clone();)
                } else if self.is_open(p) || self.is_open(q) {
                    let (to, from) = (self.receiver(p), self.reference(q));
                    quote!(#to.clone_from(#from);)
                } else {
                    let (to, from) = (self.place(p), self.place(q));
                    quote!(#to = #from;)
                }
            }
            Stmt::AddAll(p, q) if self.is_tuple(p) => {
                let (part, to, from) = (paths::item("Part"), self.reference_mut(p), self.reference(q));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::add_all(#to, #from);)
            }
            Stmt::AddAll(p, q) => {
                let (f, to, from) = (paths::item("add_all"), self.reference_mut(p), self.reference(q));
                let scalar = &self.scalar;
                quote!(#f::<#scalar, _>(#to, #from);)
            }
            Stmt::Clear(p) if self.is_tuple(p) => {
                let (part, place) = (paths::item("Part"), self.reference_mut(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::clear(#place);)
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
            Stmt::PushAll(p) if self.is_tuple(p) => {
                let (part, place) = (paths::item("Part"), self.reference(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::push_all(#place, work);)
            }
            Stmt::PopAll(p) if self.is_tuple(p) => {
                let (part, place) = (paths::item("Part"), self.reference_mut(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::pop_all(#place, work);)
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

    /// Whether a place is a local whose type is not written down.
    fn is_untold(&self, place: &Place) -> bool {
        let object = &self.program.objects[place.object.0];
        place.path.is_empty() && !object.by_ref && matches!(object.shape, Shape::Unknown | Shape::Plain(_))
    }

    /// Whether a place is no value that Rust copies: a slice, or what nothing is known of.
    fn is_open(&self, place: &Place) -> bool {
        place.path.is_empty() && matches!(self.shape_at(place), Some(Shape::Slice(_) | Shape::Unknown) | None)
    }

    fn local(&self, o: Obj, init: &Init) -> TokenStream {
        let name = self.names.object(o);
        let shape = &self.program.objects[o.0].shape;
        let mutable = if self.written.contains(&o) { quote!(mut) } else { quote!() };
        let told = match shape {
            Shape::Struct(_) => true,
            Shape::Tuple(parts) => !parts.is_empty(),
            _ => false,
        };
        if told && matches!(init, Init::Zeros) {
            let (ty, zeros) = (Self::ty(shape, &self.scalar), self.zeros(shape));
            return quote!(let #mutable #name: #ty = #zeros;);
        }
        let value = self.initial(o, init);
        quote!(let #mutable #name = #value;)
    }

    /// What memory starts with, as an expression.
    pub(super) fn initial(&self, o: Obj, init: &Init) -> TokenStream {
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
                if let Some(constant) = self.constant(p) {
                    constant
                } else if self.is_open(p) {
                    let place = self.receiver(p);
                    quote!(#place.clone())
                } else {
                    self.place(p)
                }
            }
            Init::ZerosLike(p) if self.constant(p).is_some() => {
                let (f, place, scalar) = (paths::item("constant_twin"), self.receiver(p), &self.scalar);
                quote!(#f!(#place, #scalar))
            }
            Init::ZerosLike(p) if self.is_tuple(p) => {
                let (part, place) = (paths::item("Part"), self.reference(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::zeros_like(#place))
            }
            Init::ZerosLike(p) => {
                let (f, place) = (paths::item("zeros_like"), self.reference(p));
                let scalar = &self.scalar;
                quote!(#f::<#scalar, _>(#place))
            }
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
            Shape::Tuple(parts) if !parts.is_empty() => {
                let parts = parts.iter().map(|part| self.zeros(part));
                quote!((#(#parts,)*))
            }
            Shape::Slice(_) | Shape::Struct(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => {
                quote!(Default::default())
            }
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
