//! Iterators: where they come from, what adapts them, and what ends them.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::interval::Interval;
use super::scope::By;
use super::scope::Variable;
use super::types::KEPT;
use super::types::Type;

/// What an iterator gives.
#[derive(Debug, Clone)]
pub enum Item {
    One(Type, By),
    Two(Box<Item>, Box<Item>),
}

/// An iterator as it is written.
#[derive(Debug, Clone)]
pub struct Chain {
    pub text: String,
    pub item: Item,
    /// At most so many items.
    pub most: usize,
    /// It knows its length and can be reversed.
    exact: bool,
}

impl Writer<'_> {
    /// Where an iterator begins.
    fn source(&mut self, changes: bool) -> Option<Chain> {
        let since = self.log.len();
        if !changes && self.chance(0.2) {
            let (int, lo, hi) = match self.between(0, 2) {
                0 => ("i32", -1, 2),
                1 => ("usize", 1, 4),
                _ => ("usize", 0, 3),
            };
            let text = if int == "i32" { format!("({lo}..{hi}i32)") } else { format!("({lo}..{hi}usize)") };
            let item = Item::One(Type::Int(int, lo, hi - 1), By::Value);
            return Some(Chain { text, item, most: (hi - lo) as usize, exact: true });
        }
        let place = self.place(changes, &|ty| {
            matches!(ty, Type::Array(inner, _) if matches!(**inner, Type::Real(_) | Type::Int(..) | Type::Array(..)))
        })?;
        let Type::Array(inner, most) = place.ty.clone() else { return None };
        let name = if place.text.starts_with('*') { format!("({})", place.text) } else { place.text.clone() };
        let scalar = inner.is_scalar();
        let (text, by) = if changes {
            (format!("{name}.iter_mut()"), By::Mut)
        } else {
            match self.between(0, 5) {
                0 if scalar => (format!("{name}.iter().copied()"), By::Value),
                1 if !place.reference => (format!("{name}.into_iter()"), By::Value),
                _ => (format!("{name}.iter()"), By::Ref),
            }
        };
        if by != By::Value || text.ends_with("copied()") {
            self.hold(since);
        }
        Some(Chain { text, item: Item::One(*inner, by), most, exact: true })
    }

    /// An iterator with some adaptors; what it borrows stays borrowed.
    pub(super) fn chain(&mut self, changes: bool, adaptors: usize) -> Option<Chain> {
        let mut chain = self.source(changes)?;
        for _ in 0..adaptors {
            chain = self.adapted(chain);
        }
        Some(chain)
    }

    fn adapted(&mut self, chain: Chain) -> Chain {
        let Chain { text, item, most, exact } = chain;
        let with = |construct: Construct, text: String, item: Item, most: usize| Chain {
            text: mark(construct) + &text,
            item,
            most,
            exact,
        };
        match self.between(0, 7) {
            0 if exact => with(Construct::Rev, format!("{text}.rev()"), item, most),
            1 => {
                let index = Item::One(Type::Int("usize", 0, most as i64 - 1), By::Value);
                let item = Item::Two(Box::new(index), Box::new(item));
                with(Construct::Enumerate, format!("{text}.enumerate()"), item, most)
            }
            2 | 3 => {
                let Some(other) = self.source(false) else {
                    return Chain { text, item, most, exact };
                };
                let item = Item::Two(Box::new(item), Box::new(other.item));
                let most = most.min(other.most);
                with(Construct::Zip, format!("{text}.zip({})", other.text), item, most)
            }
            4 => {
                let k = self.between(0, 1);
                with(Construct::SkipTake, format!("{text}.skip({k})"), item, most)
            }
            5 => {
                let k = self.between(1, 3);
                with(Construct::SkipTake, format!("{text}.take({k})"), item, most.min(k))
            }
            6 => with(Construct::StepBy, format!("{text}.step_by(2)"), item, most),
            _ if !matches!(item, Item::One(_, By::Mut)) && !has_mut(&item) => {
                let returns = match self.between(0, 4) {
                    0 => Type::Tuple(vec![Type::Real(KEPT), Type::Real(KEPT)]),
                    1 => Type::Int("i32", -9, 9),
                    _ => Type::Real(KEPT),
                };
                if let Some((name, returns)) = self.closure_by_name(&item) {
                    let text = format!("{}{text}.map({name})", mark(Construct::ClosureByName));
                    return with(Construct::Map, text, Item::One(returns, By::Value), most);
                }
                let (closure, effect) = self.closure_over(&item, &returns);
                let marks = if effect { mark(Construct::ChainWithEffect) } else { String::new() };
                let item = match returns {
                    Type::Tuple(parts) => Item::Two(
                        Box::new(Item::One(parts[0].clone(), By::Value)),
                        Box::new(Item::One(parts[1].clone(), By::Value)),
                    ),
                    ty => Item::One(ty, By::Value),
                };
                with(Construct::Map, format!("{marks}{text}.map({closure})"), item, most)
            }
            _ => Chain { text, item, most, exact },
        }
    }

    /// A closure in scope that takes such an item.
    fn closure_by_name(&mut self, item: &Item) -> Option<(String, Type)> {
        let Item::One(ty, By::Value) = item else { return None };
        let fitting: Vec<Variable> = self
            .scope
            .visible()
            .into_iter()
            .filter(|v| self.locks.may_write(v.id))
            .filter(|v| {
                v.closure.as_ref().is_some_and(|c| {
                    !c.writes
                        && matches!(&c.takes[..], [taken] if taken.by == By::Value && ty.fits(&taken.ty))
                        && c.returns.is_real()
                })
            })
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let closure = self.pick(&fitting);
        self.log.push((closure.id, false));
        closure.closure.map(|c| (closure.name, c.returns))
    }

    /// `|pattern| ..`, whose captures stay borrowed; and whether it has an effect.
    fn closure_over(&mut self, item: &Item, returns: &Type) -> (String, bool) {
        let since = self.log.len();
        let scope = self.scope.enter();
        let (pattern, body) = self.enclosed(|w| {
            let pattern = w.bind_item(item);
            let (body, _) = w.closure_body(returns, 2);
            (pattern, body)
        });
        self.scope.leave(scope);
        let visible: Vec<usize> = self.scope.visible().iter().map(|v| v.id).collect();
        let written = self.log[since..].iter().any(|(id, written)| *written && visible.contains(id));
        self.hold(since);
        (format!("|{pattern}| {body}"), written)
    }

    /// A pattern for an item, whose names are declared.
    pub(super) fn bind_item(&mut self, item: &Item) -> String {
        match item {
            Item::Two(a, b) => {
                if self.chance(0.08) {
                    return format!("({}, _)", self.bind_item(a));
                }
                format!("({}, {})", self.bind_item(a), self.bind_item(b))
            }
            Item::One(ty, By::Ref) if ty.is_scalar() && self.chance(0.4) => {
                let name = self.fresh();
                self.value_of(&name, ty.clone());
                format!("&{name}")
            }
            Item::One(ty, by) => {
                let name = self.fresh();
                self.declare(&name, ty.clone(), *by == By::Mut, *by);
                name
            }
        }
    }

    /// A real computed by an iterator.
    pub(super) fn reduction(&mut self) -> Ex {
        if self.loops.len() > 1 || self.depth > 4 {
            return self.leaf();
        }
        let adaptors = self.between(0, 3);
        let e = self.borrowing(|w| {
            let chain = w.chain(false, adaptors)?;
            Some(w.reduced(chain))
        });
        e.unwrap_or_else(|| self.leaf())
    }

    pub(super) fn reduced(&mut self, chain: Chain) -> Ex {
        let n = chain.most.max(1);
        let direct = matches!(&chain.item, Item::One(Type::Real(_), _));
        match self.between(0, 5) {
            0 | 1 => {
                let (text, range) = match &chain.item {
                    Item::One(Type::Real(range), _) if direct => (chain.text.clone(), *range),
                    item => {
                        let (closure, effect) = self.closure_over(item, &Type::Real(KEPT));
                        let marks = if effect { mark(Construct::ChainWithEffect) } else { String::new() };
                        (format!("{marks}{}.map({closure})", chain.text), KEPT)
                    }
                };
                Ex::real(format!("{text}.sum::<f64>()"), range.sum_of(n), Binds::Atom).tagged(Construct::Sum)
            }
            2 if direct => {
                let Item::One(Type::Real(range), _) = chain.item else { return self.leaf() };
                let size = range.size().max(1.0).powi(n as i32);
                Ex::real(format!("{}.product::<f64>()", chain.text), Interval::new(-size, size), Binds::Atom)
                    .tagged(Construct::Sum)
            }
            3 if matches!(&chain.item, Item::One(Type::Real(_), By::Value)) && self.chance(0.5) => {
                let text = format!("{}.fold(-3.0, f64::max)", chain.text);
                Ex::real(text, Interval::new(-3.0, 8.0), Binds::Atom).tagged(Construct::Fold)
            }
            _ => {
                let total = self.fresh();
                let item = chain.item.clone();
                let scope = self.scope.enter();
                let since = self.log.len();
                let (pattern, body) = self.enclosed(|w| {
                    w.value_of(&total, Type::Real(KEPT));
                    let pattern = w.bind_item(&item);
                    let (body, _) = w.closure_body(&Type::Real(KEPT), 2);
                    (pattern, body)
                });
                self.scope.leave(scope);
                self.hold(since);
                let (_, start) = self.constant(-2.0, 2.0);
                let text = format!("{}.fold({start}, |{total}: f64, {pattern}| {body})", chain.text);
                Ex::real(text, KEPT, Binds::Atom).tagged(Construct::Fold)
            }
        }
    }

    /// `any` or `all`.
    pub(super) fn any_all(&mut self) -> Option<Ex> {
        if self.loops.len() > 1 || self.depth > 4 {
            return None;
        }
        let adaptors = self.between(0, 2);
        self.borrowing(|w| {
            let chain = w.chain(false, adaptors)?;
            let (closure, effect) = w.closure_over(&chain.item, &Type::Bool);
            let marks = if effect { mark(Construct::ChainWithEffect) } else { String::new() };
            let method = w.pick(&["any", "all"]);
            Some(
                Ex::atom(format!("{marks}{}.{method}({closure})", chain.text), Type::Bool)
                    .tagged(Construct::AnyAll),
            )
        })
    }

    /// `chain.for_each(|x| ..);`
    pub(super) fn for_each(&mut self) {
        let changes = self.chance(0.6);
        let adaptors = self.between(0, 2);
        self.borrowing(|w| {
            let Some(chain) = w.chain(changes, adaptors) else { return };
            let scope = w.scope.enter();
            let (pattern, body) = w.enclosed(|w| {
                let pattern = w.bind_item(&chain.item);
                let (body, _) = w.collected(|w| {
                    w.change(2);
                });
                (pattern, body)
            });
            w.scope.leave(scope);
            w.write(Construct::ForEach, format!("{}.for_each(|{pattern}| {{ {body} }});", chain.text));
        });
    }

    /// An iterator bound by `let`, used after other things happened.
    pub(super) fn let_chain(&mut self) {
        let locks = self.locks.clone();
        let adaptors = self.between(1, 2);
        let Some(chain) = self.chain(false, adaptors) else { return self.let_any() };
        let name = self.fresh();
        self.write(Construct::IterBound, format!("let {name} = {};", chain.text));
        for _ in 0..self.between(0, 2) {
            match self.between(0, 2) {
                0 => self.shadow(),
                1 => self.let_any(),
                _ => {
                    self.change(1);
                }
            }
        }
        let chain = Chain { text: name, ..chain };
        let e = self.reduced(chain);
        self.locks = locks;
        self.bind_value(e);
    }
}

fn has_mut(item: &Item) -> bool {
    match item {
        Item::One(_, by) => *by == By::Mut,
        Item::Two(a, b) => has_mut(a) || has_mut(b),
    }
}
