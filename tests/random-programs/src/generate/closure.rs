//! Closures: what they capture stays borrowed until their last call.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::scope::By;
use super::scope::Signature;
use super::scope::Taken;
use super::scope::Variable;
use super::types::KEPT;
use super::types::Type;
use super::types::kept;

impl Writer<'_> {
    /// A closure's body: an expression, or a block; and the type it has.
    pub(super) fn closure_body(&mut self, returns: &Type, depth: usize) -> (String, Type) {
        if self.chance(0.3) && self.depth < 4 {
            return self.value_block(returns, depth);
        }
        let e = self.typed_value(returns, depth);
        (if e.block { format!("{{ {} }}", e.text) } else { e.text }, e.ty)
    }

    /// Binds a closure by `let`, uses it, and ends its borrows.
    pub(super) fn closure(&mut self) {
        if self.depth > 2 {
            return self.let_any();
        }
        let name = self.fresh();
        let moves = self.chance(0.3);
        let takes: Vec<Taken> = (0..self.between(0, 2))
            .map(|_| match self.between(0, 7) {
                0 => Taken { ty: Type::Int(self.pick(&["usize", "i32"]), 0, 3), by: By::Value },
                1 => Taken { ty: Type::array(kept(), self.pick(&[2, 3])), by: By::Ref },
                2 => Taken { ty: Type::array(kept(), 2), by: By::Value },
                3 if !moves => Taken { ty: self.pick(&[kept(), Type::array(kept(), 2)]), by: By::Mut },
                _ => Taken { ty: kept(), by: By::Value },
            })
            .collect();
        let returns = match self.between(0, 9) {
            0 => Type::array(kept(), self.pick(&[2, 3])),
            1 => Type::Bool,
            2 => Type::Int("i32", -9, 9),
            3 => Type::Tuple(vec![kept(), kept()]),
            _ => kept(),
        };
        let outer = self.locks.clone();
        let since = self.log.len();
        let scope = self.scope.enter();
        let (parameters, body) = self.enclosed(|w| {
            // What is moved in is gone: references and closures that change something stay outside.
            if moves {
                for v in w.scope.visible() {
                    if v.by == By::Mut || v.closure.as_ref().is_some_and(|c| c.writes) {
                        w.locks.hide(v.id);
                    }
                }
            }
            let parameters: Vec<String> = takes
                .iter()
                .map(|taken| {
                    let name = w.fresh();
                    let changes = taken.by == By::Mut || (taken.by == By::Value && w.chance(0.2));
                    let mutable = if taken.by == By::Value && changes { "mut " } else { "" };
                    let text = format!("{mutable}{name}: {}", w.argument_text(&taken.ty, taken.by));
                    w.declare(&name, taken.ty.clone(), changes, taken.by);
                    text
                })
                .collect();
            let effects = w.effects;
            w.effects = effects && w.chance(0.6);
            let wants_change = w.effects && w.chance(0.6);
            let (text, _) = if wants_change {
                let returns = returns.clone();
                let (statements, value) = w.collected(|w| {
                    w.change(1);
                    w.typed_value(&returns, 2)
                });
                (format!("{{ {statements} {} }}", value.text), value.ty)
            } else {
                w.closure_body(&returns, 2)
            };
            w.effects = effects;
            (parameters, text)
        });
        self.scope.leave(scope);
        let visible: Vec<Variable> = self.scope.visible();
        let captured: Vec<(usize, bool)> =
            self.log[since..].iter().copied().filter(|(id, _)| visible.iter().any(|v| v.id == *id)).collect();
        let writes = captured.iter().any(|(_, written)| *written);
        let mut marks = mark(Construct::Closure);
        if !captured.is_empty() {
            marks += &mark(Construct::ClosureCaptures);
        }
        if moves {
            marks += &mark(Construct::ClosureMove);
        }
        if writes {
            marks += &mark(Construct::ClosureWrites);
        }
        if takes.iter().any(|t| matches!(t.ty, Type::Array(..))) || matches!(returns, Type::Array(..)) {
            marks += &mark(Construct::ClosureOfArray);
        }
        if visible.iter().any(|v| v.closure.is_some() && captured.iter().any(|(id, _)| *id == v.id)) {
            marks += &mark(Construct::ClosureInClosure);
        }
        let (kind, mutable) = (if moves { "move " } else { "" }, if writes { "mut " } else { "" });
        self.line(format!("{marks}let {mutable}{name} = {kind}|{}| {body};", parameters.join(", ")));
        self.locks = outer.clone();
        if !moves {
            for (id, written) in &captured {
                if *written {
                    self.locks.hide(*id);
                } else {
                    self.locks.freeze(*id);
                }
            }
        }
        self.ids += 1;
        let id = self.ids;
        let closure = Some(Signature { takes, returns: returns.clone(), writes });
        let ty = Type::Tuple(vec![]);
        self.scope.add(Variable {
            id,
            name: name.clone(),
            ty,
            mutable: false,
            by: By::Value,
            closure,
            gone: false,
        });
        self.uses_of_closure(id, &captured, moves);
        if !moves && captured.iter().any(|(id, _)| visible.iter().any(|v| v.id == *id && v.mutable)) {
            self.locks = outer;
            self.scope.retire(id);
        }
    }

    fn uses_of_closure(&mut self, id: usize, captured: &[(usize, bool)], moves: bool) {
        for k in 0..self.between(1, 3) {
            // What the closure saw is now another thing, or a thing of another name.
            let seen: Vec<Variable> = self
                .scope
                .visible()
                .into_iter()
                .filter(|v| captured.iter().any(|(id, _)| *id == v.id))
                .collect();
            if k == 0 && !seen.is_empty() && self.chance(0.4) {
                let variable = self.pick(&seen);
                if variable.ty.is_real()
                    && variable.by == By::Value
                    && super::statement::can_be_shadowed(&variable.name)
                {
                    let e = self.typed_value(&kept(), 1);
                    self.write(Construct::ClosureShadowed, format!("let {} = {};", variable.name, e.text));
                    self.value_of(&variable.name, e.ty);
                }
            }
            if moves && self.chance(0.5) {
                self.change(1);
            }
            let Some(closure) = self.scope.visible().into_iter().find(|v| v.id == id) else { return };
            if !self.locks.may_write(id) {
                return;
            }
            let call = self.call_closure(&closure, 2);
            let returns = call.ty.clone();
            match returns {
                Type::Real(_) if self.chance(0.4) => {
                    let other = self.real_in(KEPT, 1);
                    let op = self.pick(&["+", "-", "*"]);
                    let name = self.fresh();
                    let (left, right) = if self.chance(0.5) { (&call, &other) } else { (&other, &call) };
                    self.line(format!(
                        "let {name} = {} {op} {};",
                        left.inside(Binds::Atom),
                        right.right(Binds::Atom)
                    ));
                    self.value_of(&name, Type::Real(super::interval::Interval::new(-9.0, 9.0)));
                }
                _ => self.bind_value(call),
            }
            let Some(signature) = &closure.closure else { continue };
            let real = matches!(&signature.takes[..], [taken] if taken.ty.is_real() && taken.by == By::Value);
            if real && !signature.writes && signature.returns.is_real() && self.chance(0.5) {
                self.over_closure(&closure.name);
            }
            if !signature.writes && signature.returns.is_real() && self.chance(0.2) {
                self.over_another(&closure);
            }
        }
    }

    /// A closure that calls another one, and is called at once.
    fn over_another(&mut self, closure: &Variable) {
        let argument = self.real_in(KEPT, 1);
        let given = self.fresh();
        self.line(format!("let {given} = {};", argument.text));
        self.value_of(&given, argument.ty);
        let name = self.fresh();
        let since = self.log.len();
        let scope = self.scope.enter();
        let (parameter, body) = self.enclosed(|w| {
            let parameter = w.fresh();
            w.declare(&parameter, kept(), false, By::Value);
            let body = w.pure(|w| {
                let call = w.call_closure(closure, 2);
                let other = w.real_in(KEPT, 1);
                format!("{} - {}", call.inside(Binds::Atom), other.right(Binds::Atom))
            });
            (parameter, body)
        });
        self.scope.leave(scope);
        let mutable = if self.log[since..].iter().any(|(_, written)| *written) { "mut " } else { "" };
        self.write(Construct::ClosureInClosure, format!("let {mutable}{name} = |{parameter}: f64| {body};"));
        let range = super::interval::Interval::new(-9.0, 9.0);
        self.bind_value(Ex::real(format!("{name}({given})"), range, Binds::Atom));
    }

    /// `a.map(g)`, `a.iter().copied().map(g).sum()`.
    fn over_closure(&mut self, closure: &str) {
        let Some(place) = self.place(false, &|ty| matches!(ty, Type::Array(inner, _) if inner.fits(&kept())))
        else {
            return;
        };
        let array = self.as_value(&place).inside(Binds::Atom);
        let tag = mark(Construct::ClosureByName);
        let e = match self.chance(0.5) {
            true => Ex::atom(format!("{tag}{array}.map({closure})"), place.ty.clone()),
            false => Ex::real(
                format!("{tag}{array}.iter().copied().map({closure}).sum::<f64>()"),
                super::interval::Interval::new(-15.0, 15.0),
                Binds::Atom,
            ),
        };
        self.bind_value(e);
    }

    pub(super) fn call_closure(&mut self, closure: &Variable, depth: usize) -> Ex {
        let Some(signature) = closure.closure.clone() else { return self.leaf() };
        self.log.push((closure.id, signature.writes));
        let arguments = self.borrowing(|w| {
            if signature.writes {
                w.locks.hide(closure.id);
            }
            w.arguments(&signature.takes, depth)
        });
        match arguments {
            Some(arguments) => {
                Ex::atom(format!("{}({})", closure.name, arguments.join(", ")), signature.returns)
            }
            None => self.value(&signature.returns, 0),
        }
    }
}
