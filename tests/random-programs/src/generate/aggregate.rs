//! Values of any type: literals, copies, what methods and calls make, blocks.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::scope::By;
use super::types::Type;

impl Writer<'_> {
    /// A value of a type, in its ranges.
    pub(super) fn value(&mut self, ty: &Type, depth: usize) -> Ex {
        self.expected &= matches!(ty, Type::Array(..));
        match ty {
            Type::Real(range) => self.real_in(*range, depth),
            Type::Int(int, lo, hi) => self.int_in(int, *lo, *hi, depth.min(2)),
            Type::Bool => self.flag(depth.min(1)),
            Type::Array(inner, n) => self.array(ty, inner, *n, depth),
            Type::Struct(k) => self.record(ty, *k, depth),
            Type::Tuple(parts) => self.tuple(ty, parts, depth),
        }
    }

    /// A value whose type is seen from the value itself: no bare literal.
    pub(super) fn typed_value(&mut self, ty: &Type, depth: usize) -> Ex {
        self.expected = false;
        let e = self.value(ty, depth);
        match (&e.ty, e.bare) {
            (Type::Real(_), true) => Ex { text: format!("{}_f64", e.text), bare: false, ..e },
            (Type::Int(int, ..), true) => Ex { text: format!("{}{int}", e.text), bare: false, ..e },
            _ => e,
        }
    }

    /// A value whose type follows from where it goes: it need not say it itself.
    pub(super) fn expected_value(&mut self, ty: &Type, depth: usize) -> Ex {
        self.expected = true;
        let e = self.value(ty, depth);
        self.expected = false;
        e
    }

    /// A place of a type, copied.
    fn copy(&mut self, ty: &Type) -> Option<Ex> {
        let wanted = ty.clone();
        self.read(&move |found| found.fits(&wanted))
    }

    fn array(&mut self, ty: &Type, inner: &Type, n: usize, depth: usize) -> Ex {
        let below = depth.saturating_sub(1);
        let expected = std::mem::take(&mut self.expected);
        let choice = if self.budget <= 0 { self.between(0, 5) } else { self.between(0, 17) };
        self.budget -= 1;
        let nested = matches!(inner, Type::Array(..));
        match choice {
            0..=3 if let Some(e) = self.copy(ty) => e,
            6 | 7 => {
                let wanted = ty.clone();
                match self.call_to(&move |found| found.fits(&wanted), depth) {
                    Some(e) => e,
                    None => self.literal_array(ty, inner, n, below),
                }
            }
            8 if depth > 0 => self.if_value(ty, depth).tagged(Construct::IfAggregate),
            9 if depth > 0 => self.match_value(ty, depth),
            10 | 11 if depth > 0 => self.effect(ty, depth),
            12 | 13 => {
                self.mapped(ty, inner, n, below).unwrap_or_else(|| self.literal_array(ty, inner, n, below))
            }
            14 if expected => {
                let i = self.index_name();
                let body = self.closure_of_one(&i, Type::Int("usize", 0, n as i64 - 1), inner, below);
                Ex::atom(format!("std::array::from_fn(|{i}| {body})"), ty.clone()).tagged(Construct::FromFn)
            }
            15 => {
                let e = self.typed_value(inner, below);
                Ex::atom(format!("[{}; {n}]", e.text), ty.clone()).tagged(Construct::ArrayRepeat)
            }
            _ => {
                let e = self.literal_array(ty, inner, n, below);
                if nested { e.tagged(Construct::Matrix) } else { e }
            }
        }
    }

    /// A closure's body over one argument.
    fn closure_of_one(&mut self, name: &str, argument: Type, returns: &Type, depth: usize) -> String {
        let returns = returns.clone();
        let mark = self.scope.enter();
        let (body, _) = self.enclosed(|w| {
            w.value_of(name, argument);
            w.closure_body(&returns, depth)
        });
        self.scope.leave(mark);
        body
    }

    fn literal_array(&mut self, ty: &Type, inner: &Type, n: usize, depth: usize) -> Ex {
        let elements: Vec<String> = (0..n)
            .map(|k| match k {
                // The first says what the others are.
                0 => self.typed_value(inner, depth).text,
                _ => self.value(inner, depth).text,
            })
            .collect();
        Ex::atom(format!("{}[{}]", mark(Construct::ArrayLiteral), elements.join(", ")), ty.clone())
    }

    /// `a.map(|x| ..)` over an array of any elements.
    fn mapped(&mut self, ty: &Type, inner: &Type, n: usize, depth: usize) -> Option<Ex> {
        let array = self.read(&move |found| matches!(found, Type::Array(_, m) if *m == n))?;
        let Type::Array(from, _) = array.ty.clone() else { return None };
        let name = self.fresh();
        let body = self.closure_of_one(&name, *from, inner, depth);
        Some(
            Ex::atom(format!("{}.map(|{name}| {body})", array.receiver()), ty.clone())
                .tagged(Construct::ArrayMap),
        )
    }

    fn record(&mut self, ty: &Type, k: usize, depth: usize) -> Ex {
        let below = depth.saturating_sub(1);
        let choice = if self.budget <= 0 { self.between(0, 5) } else { self.between(0, 13) };
        self.budget -= 1;
        match choice {
            0..=3 if let Some(e) = self.copy(ty) => return e,
            6 | 7 => {
                let wanted = ty.clone();
                if let Some(e) = self.call_to(&move |found| found.fits(&wanted), depth) {
                    return e;
                }
            }
            8 if depth > 0 => return self.if_value(ty, depth).tagged(Construct::IfAggregate),
            9 if depth > 0 => return self.match_value(ty, depth),
            10 | 11 if depth > 0 => return self.effect(ty, depth),
            _ => {}
        }
        let (name, fields) = (self.items.structs[k].name.clone(), self.items.structs[k].fields.clone());
        let base = match fields.len() > 1 && self.chance(0.25) {
            true => self.copy(ty),
            false => None,
        };
        let kept = if base.is_some() { self.between(1, fields.len() - 1) } else { fields.len() };
        let mut parts: Vec<String> = Vec::new();
        let mut order: Vec<usize> = (0..fields.len()).collect();
        if self.chance(0.3) {
            order.reverse();
        }
        for index in order.into_iter().take(kept) {
            let (field, ty) = &fields[index];
            let e = self.value(ty, below);
            if let Type::Struct(_) = ty {
                parts.push(format!("{}{field}: {}", mark(Construct::StructNested), e.text));
            } else {
                parts.push(format!("{field}: {}", e.text));
            }
        }
        let mut construct = Construct::StructLiteral;
        if let Some(base) = base {
            parts.push(format!("..{}", base.text));
            construct = Construct::StructUpdate;
        }
        Ex::atom(format!("{name} {{ {} }}", parts.join(", ")), ty.clone()).tagged(construct)
    }

    fn tuple(&mut self, ty: &Type, parts: &[Type], depth: usize) -> Ex {
        let below = depth.saturating_sub(1);
        match self.between(0, 7) {
            0 | 1 if let Some(e) = self.copy(ty) => return e,
            2 if depth > 0 && self.budget > 0 => return self.if_value(ty, depth),
            3 if depth > 0 && self.budget > 0 => return self.effect(ty, depth),
            _ => {}
        }
        let parts: Vec<String> = parts.iter().map(|part| self.typed_value(part, below).text).collect();
        Ex::atom(format!("({})", parts.join(", ")), ty.clone())
    }

    /// A block that changes something before its value.
    pub(super) fn effect(&mut self, ty: &Type, depth: usize) -> Ex {
        let below = depth.saturating_sub(1);
        if !self.effects || self.budget <= 0 || self.depth > 4 {
            return self.value(ty, below);
        }
        let ty = ty.clone();
        let (statements, (changed, value)) = self.collected(|w| {
            let changed = w.change(1);
            if changed && w.chance(0.2) {
                w.change(1);
            }
            if !changed {
                w.let_any();
            }
            (changed, w.typed_value(&ty, below))
        });
        let construct = if changed { Construct::BlockWithEffect } else { Construct::Block };
        let text = format!("{}{{ {statements} {} }}", mark(construct), value.text);
        Ex { block: true, ..Ex::atom(text, value.ty) }
    }

    /// A call of a closure or a helper whose result is of a wanted type.
    pub(super) fn call_to(&mut self, want: &dyn Fn(&Type) -> bool, depth: usize) -> Option<Ex> {
        if self.budget <= 0 || depth == 0 {
            return None;
        }
        let closures: Vec<_> = self
            .scope
            .visible()
            .into_iter()
            .filter(|v| v.closure.as_ref().is_some_and(|c| want(&c.returns)))
            .filter(|v| self.locks.may_write(v.id))
            .collect();
        if !closures.is_empty() && self.chance(0.7) {
            let closure = self.pick(&closures);
            return Some(self.call_closure(&closure, depth));
        }
        self.call_helper(want, depth)
    }

    /// Arguments from left to right; what is borrowed by one stays borrowed for the others.
    pub(super) fn arguments(&mut self, takes: &[super::scope::Taken], depth: usize) -> Option<Vec<String>> {
        self.borrowing(|w| {
            let mut arguments = Vec::new();
            for taken in takes {
                let wanted = taken.ty.clone();
                let below = depth.saturating_sub(1);
                arguments.push(match taken.by {
                    By::Value => w.typed_value(&taken.ty, below).text,
                    By::Ref => {
                        let since = w.log.len();
                        match w.place(false, &move |found| found.fits(&wanted)) {
                            Some(place) => {
                                w.hold(since);
                                w.as_reference(&place)
                            }
                            None => {
                                let e = w.pure(|w| w.typed_value(&taken.ty, below.min(1)));
                                format!("&{}", e.inside(Binds::Prefix))
                            }
                        }
                    }
                    By::Mut => {
                        let since = w.log.len();
                        let place = w.place(true, &move |found| same_ranges(found, &wanted))?;
                        w.hold(since);
                        w.as_mut_reference(&place)
                    }
                });
            }
            Some(arguments)
        })
    }
}

/// Whether a place of one type may be changed as one of the other.
pub fn same_ranges(found: &Type, wanted: &Type) -> bool {
    found == wanted
}
