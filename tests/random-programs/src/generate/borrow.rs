//! References bound by `let`, through patterns, by choice, and given to closures.

use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::place::Place;
use super::scope::By;
use super::types::Type;
use super::types::kept;

impl Writer<'_> {
    /// Borrows something, uses the reference, and ends the borrow.
    pub(super) fn borrow(&mut self) {
        if self.depth > 3 {
            return self.let_any();
        }
        match self.between(0, 9) {
            0 => self.shared(),
            1 | 2 => self.pattern_of_mut(),
            3 | 4 | 6 | 7 => self.tuple_of_mut(),
            5 => self.mut_to_closure(),
            _ => self.one_mut(),
        }
    }

    fn of_place(place: &Place) -> Construct {
        match &place.ty {
            Type::Array(..) if place.text.contains('[') => Construct::RefRow,
            _ if place.text.ends_with(']') => Construct::RefElement,
            _ if place.text.contains('.') => Construct::RefField,
            ty if ty.is_scalar() => Construct::RefScalar,
            _ => Construct::RefRow,
        }
    }

    fn shared(&mut self) {
        let Some(place) = self.place(false, &|ty| !ty.is_scalar()) else { return self.let_any() };
        let name = self.fresh();
        self.write(Construct::RefShared, format!("let {name} = {};", self.as_borrow(&place)));
        let locks = self.locks.clone();
        self.locks.freeze(place.id);
        let id = self.declare(&name, place.ty.clone(), false, By::Ref);
        self.let_any();
        if let Some(variable) = self.scope.visible().into_iter().find(|v| v.id == id) {
            let read = self.inside(&variable, false, &|ty| ty.is_scalar());
            let e = self.as_value(&read);
            self.bind_value(e);
        }
        self.locks = locks;
        self.scope.retire(id);
    }

    /// Uses of references that were just bound, until they end.
    fn uses_of(&mut self, ids: &[usize]) {
        for k in 0..self.between(1, 3) {
            let live: Vec<_> = self
                .scope
                .visible()
                .into_iter()
                .filter(|v| ids.contains(&v.id) && self.locks.may_write(v.id))
                .collect();
            if live.is_empty() {
                break;
            }
            if k == 0 || self.chance(0.7) {
                // Through one of these references, whatever else could be changed.
                let variable = self.pick(&live);
                let others: Vec<usize> =
                    self.scope.visible().iter().filter(|v| v.id != variable.id).map(|v| v.id).collect();
                let locks = self.locks.clone();
                others.iter().for_each(|id| self.locks.freeze(*id));
                self.change(2);
                self.locks = locks;
            } else {
                self.statement();
            }
        }
    }

    fn one_mut(&mut self) {
        let scalar = self.chance(0.6);
        let want = move |ty: &Type| if scalar { ty.is_scalar() } else { !matches!(ty, Type::Tuple(_)) };
        let Some(place) = self.place(true, &want) else { return self.let_any() };
        let name = self.fresh();
        self.write(Self::of_place(&place), format!("let {name} = {};", self.as_mut_reference(&place)));
        let locks = self.locks.clone();
        self.locks.hide(place.id);
        let id = self.declare(&name, place.ty.clone(), true, By::Mut);
        self.uses_of(&[id]);
        if self.chance(0.25) && self.locks.may_write(id) && self.scope.visible().iter().any(|v| v.id == id) {
            let again = self.fresh();
            self.write(Construct::RefAgain, format!("let {again} = &mut *{name};"));
            let outer = self.locks.clone();
            self.locks.hide(id);
            let inner = self.declare(&again, place.ty.clone(), true, By::Mut);
            self.uses_of(&[inner]);
            self.locks = outer;
            self.scope.retire(inner);
            self.uses_of(&[id]);
        }
        self.locks = locks;
        self.scope.retire(id);
    }

    fn pattern_of_mut(&mut self) {
        let want = |ty: &Type| matches!(ty, Type::Array(_, 2 | 3) | Type::Struct(_) | Type::Tuple(_));
        let Some(place) = self.place(true, &want) else { return self.let_any() };
        let mut ids = Vec::new();
        let locks = self.locks.clone();
        self.locks.hide(place.id);
        let pattern = match place.ty.clone() {
            Type::Array(inner, n) => {
                let names: Vec<String> = (0..n)
                    .map(|_| {
                        let name = self.fresh();
                        ids.push(self.declare(&name, (*inner).clone(), true, By::Mut));
                        name
                    })
                    .collect();
                format!("[{}]", names.join(", "))
            }
            Type::Tuple(parts) => {
                let names: Vec<String> = parts
                    .iter()
                    .map(|part| {
                        let name = self.fresh();
                        ids.push(self.declare(&name, part.clone(), true, By::Mut));
                        name
                    })
                    .collect();
                format!("({})", names.join(", "))
            }
            Type::Struct(k) => {
                let record = self.items.structs[k].clone();
                let mut parts = Vec::new();
                for (field, ty) in &record.fields {
                    let name = self.fresh();
                    ids.push(self.declare(&name, ty.clone(), true, By::Mut));
                    parts.push(format!("{field}: {name}"));
                }
                format!("{} {{ {} }}", record.name, parts.join(", "))
            }
            _ => return,
        };
        let text = format!("let {pattern} = {};", self.as_mut_reference(&place));
        self.write(Construct::RefPattern, text);
        self.uses_of(&ids);
        self.locks = locks;
        ids.into_iter().for_each(|id| self.scope.retire(id));
    }

    /// Two places of different variables.
    fn two_places(&mut self) -> Option<(Place, Place)> {
        let first = self.place(true, &|ty: &Type| *ty == kept() || !matches!(ty, Type::Tuple(_)))?;
        let locks = self.locks.clone();
        self.locks.hide(first.id);
        let second = self.place(true, &|ty: &Type| ty.is_real());
        self.locks = locks;
        Some((first, second?))
    }

    fn tuple_of_mut(&mut self) {
        let Some((a, b)) = self.two_places() else { return self.let_any() };
        let (x, y) = (self.fresh(), self.fresh());
        let text =
            format!("let ({x}, {y}) = ({}, {});", self.as_mut_reference(&a), self.as_mut_reference(&b));
        self.write(Construct::RefTuple, text);
        let locks = self.locks.clone();
        self.locks.hide(a.id);
        self.locks.hide(b.id);
        let ids = [self.declare(&x, a.ty, true, By::Mut), self.declare(&y, b.ty, true, By::Mut)];
        self.uses_of(&ids);
        self.locks = locks;
        ids.into_iter().for_each(|id| self.scope.retire(id));
    }

    fn mut_to_closure(&mut self) {
        let Some(place) = self.place(true, &|ty| *ty == kept() || *ty == Type::array(kept(), 2)) else {
            return self.let_any();
        };
        let (name, argument, extra) = (self.fresh(), self.fresh(), self.fresh());
        let (_, factor) = self.constant(0.1, 0.9);
        let body = match place.ty {
            Type::Real(_) => {
                format!("{{ *{argument} -= {factor} * ({extra} + *{argument}); *{argument} * {extra} }}")
            }
            _ => format!(
                "{{ {argument}[0] = {factor} * {extra}; {argument}.swap(0, 1); {argument}[0] + {extra} }}"
            ),
        };
        let ty = self.type_text(&place.ty);
        self.line(format!("let {name} = |{argument}: &mut {ty}, {extra}: f64| {body};"));
        let result = self.fresh();
        let e = self.pure(|w| {
            w.borrowing(|w| {
                w.locks.hide(place.id);
                w.real_in(super::interval::Interval::new(-1.0, 1.0), 1)
            })
        });
        let target = self.as_mut_reference(&place);
        self.line(format!("{}let {result} = {name}({target}, {});", mark(Construct::RefToClosure), e.text));
        self.value_of(&result, Type::Real(super::interval::Interval::new(-6.0, 6.0)));
    }
}
