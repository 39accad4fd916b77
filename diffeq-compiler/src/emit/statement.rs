//! Statements.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use super::expression::Prec;
use super::expression::integer;
use super::paths;
use super::types::length;
use super::types::local_type;
use crate::ir::For;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Merge;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::rules::Prim;

impl Body<'_> {
    pub(super) fn block(&self, block: &[Stmt]) -> TokenStream {
        block.iter().map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&self, stmt: &Stmt) -> TokenStream {
        match stmt {
            Stmt::Let(v, _) if self.inline.contains(*v) || self.arrays.is_part(*v) => quote!(),
            Stmt::Local(o, _) if self.arrays.is_input(*o) => quote!(),
            Stmt::Copy(_, q) if self.arrays.landing(q.object).is_some() => quote!(),
            Stmt::Let(v, op) => {
                let name = self.names.value(*v);
                let value = self.told(self.is_found(*v) || self.tells(*v), || self.op(*v, op).0);
                quote!(let #name = #value;)
            }
            Stmt::Local(o, init) => self.local(*o, init),
            Stmt::Store(p, v) => {
                let place = self.place(p);
                // a target has the type that its memory started with
                let value = self.told(true, || self.expr(*v, Prec::Loose));
                quote!(#place = #value;)
            }
            Stmt::Accumulate(p, v) => self.accumulate(p, *v),
            Stmt::Copy(p, q) => {
                if self.program.objects[p.object.0].is_plain() && self.constant(q).is_some() {
                    let (to, from) = (self.place(p), self.receiver(q));
                    quote!(#to = #from;)
                } else if let Some(constant) = self.constant(q) {
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
            Stmt::AddAll(p, q) if self.is_part(p) => {
                let (part, to, from) = (paths::item("Part"), self.reference_mut(p), self.reference(q));
                let scalar = &self.scalar;
                if p.object == q.object {
                    // two parts of one array can't be borrowed at a time
                    let of = self.receiver(q);
                    quote!({ let part_1 = #of.clone(); #part::<#scalar>::add_all(#to, &part_1); })
                } else {
                    quote!(#part::<#scalar>::add_all(#to, #from);)
                }
            }
            Stmt::AddAll(p, q) => {
                let (f, to) = (paths::item("add_all"), self.reference_mut(p));
                let scalar = &self.scalar;
                if p.object == q.object {
                    // two parts of one array can't be borrowed at a time
                    let part = self.place(q);
                    quote!({ let part_1 = #part; #f::<#scalar, _>(#to, &part_1); })
                } else {
                    let from = self.reference(q);
                    quote!(#f::<#scalar, _>(#to, #from);)
                }
            }
            Stmt::Clear(p) if self.is_part(p) => {
                let (part, place) = (paths::item("Part"), self.reference_mut(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::clear(#place);)
            }
            Stmt::Clear(p) => {
                let (f, place) = (paths::item("clear"), self.reference_mut(p));
                let scalar = &self.scalar;
                quote!(#f::<#scalar, _>(#place);)
            }
            Stmt::Assert(cond, text) => {
                let cond = self.expr(*cond, Prec::Loose);
                quote!(::core::assert!(#cond, #text);)
            }
            Stmt::For(l) => self.for_loop(l),
            Stmt::If(l) => self.branch(l),
            Stmt::Call(call) => self.call(call),
            Stmt::Push(v) => {
                match self.program.kind(*v) {
                    ScalarKind::Real => {
                        let value = self.expr(*v, Prec::Loose);
                        quote!(work_1.push(#value);)
                    }
                    ScalarKind::Int if self.carrier(*v).is_some() => {
                        let carrier = self.carrier(*v);
                        let value = self.told(true, || self.expr(*v, Prec::Loose));
                        quote!(#carrier.push(work_1, #value);)
                    }
                    ScalarKind::Int if self.is_wide(*v) => {
                        let value = self.told(false, || self.expr(*v, Prec::Unary));
                        quote!(work_1.push_wide(#value as u128);)
                    }
                    // A cast binds more tightly than the comparisons that conditions are made of.
                    _ => {
                        let value = self.told(false, || self.expr(*v, Prec::Unary));
                        quote!(work_1.push_index(#value as usize);)
                    }
                }
            }
            Stmt::Pop(v) => {
                let name = self.names.value(*v);
                match self.program.kind(*v) {
                    ScalarKind::Real => quote!(let #name = work_1.pop();),
                    ScalarKind::Bool => quote!(let #name = work_1.pop_index() != 0;),
                    ScalarKind::Int if self.carrier(*v).is_some() => {
                        let carrier = self.carrier(*v);
                        quote!(let #name = #carrier.pop(work_1);)
                    }
                    ScalarKind::Int if self.is_wide(*v) => {
                        let cast = self.cast_back(*v);
                        quote!(let #name = work_1.pop_wide() #cast;)
                    }
                    ScalarKind::Int => {
                        let cast = self.cast_back(*v);
                        quote!(let #name = work_1.pop_index() #cast;)
                    }
                }
            }
            Stmt::PushAll(p) if self.is_part(p) => {
                let (part, place) = (paths::item("Part"), self.reference(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::push_all(#place, work_1);)
            }
            Stmt::PopAll(p) if self.is_part(p) => {
                let (part, place) = (paths::item("Part"), self.reference_mut(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::pop_all(#place, work_1);)
            }
            Stmt::PushAll(p) => {
                let place = self.reference(p);
                quote!(work_1.push_all(#place);)
            }
            Stmt::PopAll(p) => {
                let place = self.reference_mut(p);
                quote!(work_1.pop_all(#place);)
            }
        }
    }

    /// Whether a place is a local whose type is not written down.
    fn is_untold(&self, place: &Place) -> bool {
        let object = &self.program.objects[place.object.0];
        let element = place.path.iter().all(|proj| matches!(proj, Proj::Index(_)));
        element && !object.by_ref && matches!(self.shape_at(place), Some(Shape::Unknown | Shape::Plain(_)))
    }

    /// Whether a place is no value that Rust copies: a slice, or what nothing is known of.
    fn is_open(&self, place: &Place) -> bool {
        place.path.is_empty() && matches!(self.shape_at(place), Some(Shape::Slice(_) | Shape::Unknown) | None)
    }

    fn local(&self, o: Obj, init: &Init) -> TokenStream {
        let name = self.names.object(o);
        let shape = &self.program.objects[o.0].shape;
        let mutable = if self.written.contains(&o) { quote!(mut) } else { quote!() };
        let value = self.initial(o, init);
        if matches!(init, Init::Zeros) && of_structs(shape) {
            let ty = local_type(shape, &self.scalar);
            return quote!(let #mutable #name: #ty = #value;);
        }
        // What is chosen among values of the user's starts with one of them, which may be overwritten unread.
        let unread = matches!(shape, Shape::Plain(_)) && self.written.contains(&o);
        let allow = unread.then(|| quote!(#[allow(unused_assignments)]));
        quote!(#allow let #mutable #name = #value;)
    }

    /// What memory starts with, as an expression.
    pub(super) fn initial(&self, o: Obj, init: &Init) -> TokenStream {
        self.told(self.is_found_in(o), || self.start(o, init))
    }

    fn start(&self, o: Obj, init: &Init) -> TokenStream {
        let shape = &self.program.objects[o.0].shape;
        match init {
            Init::Zeros => {
                let suffix = self.suffix(self.classes.of_object(o));
                self.zeros(shape, &integer(0, &suffix))
            }
            Init::Filled(v) => {
                let value = self.expr(*v, Prec::Loose);
                filled(shape, &value)
            }
            Init::Elements(vs) => {
                let values = vs.iter().map(|v| self.expr(*v, Prec::Loose));
                quote!([#(#values),*])
            }
            Init::From(p) => {
                if matches!(shape, Shape::Plain(_)) && self.constant(p).is_some() {
                    // Not over the scalar type, whatever it is.
                    self.receiver(p)
                } else if let Some(constant) = self.constant(p) {
                    constant
                } else if self.is_open(p) {
                    let place = self.receiver(p);
                    quote!(#place.clone())
                } else {
                    self.place(p)
                }
            }
            Init::ZerosLike(p) if self.constant(p).is_some() => {
                self.lifted("constant_twin", &self.receiver(p))
            }
            // As many as there; of integers, or of what is not written down.
            Init::ZerosLike(p) | Init::ZerosAlong(p)
                if let Shape::Array(inner, len) = shape
                    && (matches!(init, Init::ZerosAlong(_))
                        || shape.is_discrete()
                        || !matches!(self.shape_at(p), Some(Shape::Array(..) | Shape::Slice(_)))) =>
            {
                let suffix = self.suffix(self.classes.of_object(o));
                if !matches!(len, Len::Inferred) {
                    return self.zeros(shape, &integer(0, &suffix));
                }
                let (zero, place) = (self.zeros(inner, &integer(0, &suffix)), self.receiver(p));
                if of_structs(inner) {
                    let ty = local_type(inner, &self.scalar);
                    return quote!(#place.map(|_| -> #ty { #zero }));
                }
                quote!(#place.map(|_| #zero))
            }
            Init::ZerosLike(p) if self.is_part(p) => {
                let (part, place) = (paths::item("Part"), self.reference(p));
                let scalar = &self.scalar;
                quote!(#part::<#scalar>::zeros_like(#place))
            }
            Init::ZerosLike(p) | Init::ZerosAlong(p) => {
                let (f, place) = (paths::item("zeros_like"), self.reference(p));
                let scalar = &self.scalar;
                quote!(#f::<#scalar, _>(#place))
            }
        }
    }

    fn zeros(&self, shape: &Shape, integer: &TokenStream) -> TokenStream {
        let scalar = &self.scalar;
        match shape {
            Shape::Scalar(ScalarKind::Real) => quote!(#scalar::ZERO),
            Shape::Scalar(ScalarKind::Int) => integer.clone(),
            Shape::Scalar(ScalarKind::Bool) => quote!(false),
            Shape::Array(inner, len) => {
                let inner = self.zeros(inner, integer);
                let len = length(len);
                quote!([#inner; #len])
            }
            Shape::Tuple(parts) if !parts.is_empty() => {
                let parts = parts.iter().map(|part| self.zeros(part, integer));
                quote!((#(#parts,)*))
            }
            Shape::Slice(_) | Shape::Struct(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => {
                quote!(::core::default::Default::default())
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
        if let Some(again) = l.again {
            return self.until(l, again);
        }
        let index = self.names.value(l.index);
        let told = self.is_found(l.index) || self.tells(l.start) || self.tells(l.end);
        let (start, end) = self.told(told, || (self.expr(l.start, Prec::Sum), self.expr(l.end, Prec::Sum)));
        let range = if l.reversed { quote!((#start..#end).rev()) } else { quote!(#start..#end) };
        let inits = self.inits(l);
        let body = self.block(&l.body);
        let nexts = self.nexts(l);
        quote! {
            #inits
            for #index in #range {
                #body
                #nexts
            }
        }
    }

    fn inits(&self, l: &For) -> TokenStream {
        l.carried
            .iter()
            .map(|c| {
                let name = self.names.value(c.param);
                let init = self.told(self.is_found(c.param), || self.expr(c.init, Prec::Loose));
                quote!(let mut #name = #init;)
            })
            .collect()
    }

    /// A loop that ends by its condition: `while` where that is asked for first and nothing else, `loop` otherwise.
    fn until(&self, l: &For, again: Value) -> TokenStream {
        let inits = self.inits(l);
        if let Some((before, branch)) = l.guarded() {
            let before = self.block(before);
            let then = self.block(&branch.then);
            let merged = |v: Value| branch.merges.iter().find(|m| m.result == v).map_or(v, |m| m.then);
            let mut inner = l.clone();
            inner.carried.iter_mut().for_each(|c| c.next = merged(c.next));
            let nexts = self.nexts(&inner);
            return if before.is_empty() {
                let cond = self.expr(again, Prec::Loose);
                quote!(#inits while #cond { #then #nexts })
            } else {
                let over = self.negated(again);
                quote!(#inits loop { #before if #over { break; } #then #nexts })
            };
        }
        let body = self.block(&l.body);
        let nexts = self.nexts(l);
        // what is handed on may be what the condition compares
        let moved = l.carried.iter().any(|c| self.reads_now(again, c.param));
        let (asked, over) = match (moved, self.ops.get(&again)) {
            (_, Some(Op::Bool(true))) => return quote!(#inits loop { #body #nexts }),
            (false, _) => (quote!(), self.negated(again)),
            (true, _) => {
                let cond = self.expr(again, Prec::Loose);
                (quote!(let again_1 = #cond;), quote!(!again_1))
            }
        };
        quote!(#inits loop { #body #asked #nexts if #over { break; } })
    }

    /// What a loop hands on. One assignment must not disturb what the next one reads: then all happen at once.
    fn nexts(&self, l: &For) -> TokenStream {
        // a variable has the type that it started with
        self.told(true, || self.assigned(l))
    }

    fn assigned(&self, l: &For) -> TokenStream {
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
        let arm = |m: &Merge, v: Value| {
            let told = self.is_found(m.result) || self.tells(m.then) || self.tells(m.otherwise);
            self.told(told, || self.expr(v, Prec::Loose))
        };
        let thens = tuple(l.merges.iter().map(|m| arm(m, m.then)).collect());
        let otherwises = tuple(l.merges.iter().map(|m| arm(m, m.otherwise)).collect());
        quote!(let #names = if #cond { #then #thens } else { #otherwise #otherwises };)
    }
}

/// Whether a zero of this shape does not show what it is made of.
fn of_structs(shape: &Shape) -> bool {
    match shape {
        Shape::Array(inner, _) => of_structs(inner),
        Shape::Struct(_) => true,
        Shape::Tuple(parts) => !parts.is_empty(),
        _ => false,
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
