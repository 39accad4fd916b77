//! Loops and what jumps out of them.

use super::Writer;
use super::chain::Chain;
use super::chain::Item;
use super::construct::Construct;
use super::construct::mark;
use super::model::Returns;
use super::scope::By;
use super::types::KEPT;
use super::types::Type;

impl Writer<'_> {
    pub(super) fn some_loop(&mut self) {
        if self.loops.len() > 1 || self.depth > 3 {
            self.change(2);
            return;
        }
        match self.between(0, 12) {
            0..=3 => self.for_range(),
            4 | 5 => self.for_array(),
            6..=8 => self.for_chain(),
            12 => self.triangle(),
            _ => self.counted_while(),
        }
    }

    /// `'label: ` or nothing, and the loop is entered.
    fn enter(&mut self, may_continue: bool) -> String {
        let label = may_continue && self.chance(0.2);
        let name = label.then(|| format!("'loop_{}", self.used.len() + self.loops.len()));
        if let Some(name) = &name {
            self.used.push(name.clone());
        }
        self.loops.push(match (&name, may_continue) {
            (Some(name), _) => Some(name.clone()),
            (None, true) => Some(String::new()),
            (None, false) => None,
        });
        name.map_or(String::new(), |name| format!("{name}: "))
    }

    fn body(&mut self, extra: impl FnOnce(&mut Self)) -> String {
        let nested = self.loops.len() > 1;
        let (text, ()) = self.collected(|w| {
            extra(w);
            for _ in 0..w.between(1, if nested { 1 } else { 2 }) {
                if w.budget > 0 && w.chance(0.5) {
                    w.statement();
                } else {
                    w.change(2);
                }
            }
            if w.chance(0.25) {
                w.branch();
            }
            w.change(2);
        });
        self.loops.pop();
        text
    }

    fn for_range(&mut self) {
        let i = self.index_name();
        let n = self.whole(2, 4);
        let nested = if self.loops.is_empty() { String::new() } else { mark(Construct::ForNested) };
        let (construct, over, ty) = match self.between(0, 9) {
            0 => (Construct::ForRev, format!("(0..{n}usize).rev()"), Type::Int("usize", 0, n - 1)),
            1 => (Construct::ForRev, format!("(0..{}usize).step_by(2)", n + 2), Type::Int("usize", 0, n + 1)),
            2 | 3 => {
                let (int, lo) = (self.pick(&["i32", "i32", "i64", "isize"]), -self.whole(1, 3));
                let dots = self.pick(&["..", "..="]);
                let range = format!("{lo}{dots}{}{int}", lo + n);
                let range = if self.chance(0.3) { format!("({range}).rev()") } else { range };
                let hi = if dots == ".." { lo + n - 1 } else { lo + n };
                (Construct::ForNegative, range, Type::Int(int, lo, hi))
            }
            4 => (Construct::ForRange, format!("0..={n}u8"), Type::Int("u8", 0, n)),
            5 => {
                let bound = self.int_in("usize", 1, 4, 1);
                let typed =
                    if bound.bare { format!("{}usize", bound.text) } else { bound.inside(super::Binds::Sum) };
                (Construct::ForRange, format!("0..{typed}"), Type::Int("usize", 0, 3))
            }
            _ => (Construct::ForRange, format!("0..{n}usize"), Type::Int("usize", 0, n - 1)),
        };
        let label = self.enter(true);
        let name = i.clone();
        let body = self.body(|w| {
            w.value_of(&name, ty);
        });
        self.line(format!("{nested}{}{label}for {i} in {over} {{ {body} }}", mark(construct)));
    }

    /// A triangle: a loop that ends or starts where the loop around it is, over an array that is written again and again.
    fn triangle(&mut self) {
        let wanted = |ty: &Type| matches!(ty, Type::Array(inner, n) if **inner == Type::Real(KEPT) && *n > 1);
        let Some(place) = self.place(true, &wanted) else { return self.for_range() };
        let Type::Array(_, n) = place.ty.clone() else { return self.for_range() };
        // What it is written from: another array most often, so that a write is all there is in its place.
        let from = self.chance(0.8).then(|| self.place(false, &|ty| *ty == place.ty)).flatten();
        let from = from.map_or_else(|| place.text.clone(), |from| from.text);
        let (row, i, k) = (place.text, self.index_name(), self.fresh());
        let rows = self.pick(&["0..N", "(0..N).rev()", "1..N", "(1..N).rev()"]).replace('N', &n.to_string());
        let short = self.pick(&["0..K", "0..=K", "K..N", "K + 1..N", "(0..K).rev()"]);
        let short = short.replace('K', &k).replace('N', &n.to_string());
        // Nothing grows.
        let terms = ["(0.5 * #^ - 0.25 * #~)", "(#^ * #~).sin()", "(0.9 * #~)", "(#~ + #^).cos()"];
        let of = |term: &str, array: &str, i: &str| {
            term.replace('#', array).replace('^', &format!("[{i}]")).replace('~', &format!("[{k}]"))
        };
        let inner = of(self.pick(&terms), &from, &i);
        let end = match self.between(0, 3) {
            0 => of("#~ *= 0.5", &row, &k),
            1 => format!("{row}[{}] = {}", n - 1, of(self.pick(&terms), &from, &k)),
            _ => format!("{row}[{k}] = {}", of(self.pick(&terms), &from, &k)),
        };
        let inner = format!("for {i} in {short} {{ {row}[{i}] = {inner}; }}");
        let nested = mark(Construct::ForNested);
        let body = if self.chance(0.5) { format!("{inner}\n{end};") } else { format!("{end};\n{inner}") };
        self.line(format!("{nested}{}for {k} in {rows} {{ {body} }}", mark(Construct::ForRange)));
    }

    fn for_array(&mut self) {
        let kind = self.between(0, 4);
        let changes = kind == 2;
        let Some(place) = self.place(changes, &|ty| matches!(ty, Type::Array(..))) else {
            return self.for_range();
        };
        let Type::Array(inner, _) = place.ty.clone() else { return };
        let locks = self.locks.clone();
        let label = self.enter(true);
        let (construct, over, by) = match kind {
            2 => {
                self.locks.hide(place.id);
                (Construct::ForMut, self.as_mut_reference(&place), By::Mut)
            }
            0 | 1 => (Construct::ForValue, self.as_target(&place), By::Value),
            _ => {
                self.locks.freeze(place.id);
                (Construct::ForRef, self.as_borrow(&place), By::Ref)
            }
        };
        let mut pattern = String::new();
        let body = self.body(|w| {
            pattern = w.bind_item(&Item::One(*inner, by));
        });
        self.locks = locks;
        self.line(format!("{}{label}for {pattern} in {over} {{ {body} }}", mark(construct)));
    }

    fn for_chain(&mut self) {
        let (changes, adaptors) = (self.chance(0.35), self.between(0, 2));
        let locks = self.locks.clone();
        let Some(Chain { text, item, .. }) = self.chain(changes, adaptors) else { return self.for_range() };
        let label = self.enter(true);
        let mut pattern = String::new();
        let body = self.body(|w| {
            pattern = w.bind_item(&item);
        });
        self.locks = locks;
        let construct = match (adaptors, changes) {
            (0, true) => Construct::ForMut,
            (0, false) => Construct::ForRef,
            _ => Construct::ForChain,
        };
        self.line(format!("{}{label}for {pattern} in {text} {{ {body} }}", mark(construct)));
    }

    fn counted_while(&mut self) {
        let k = format!("count_{}", self.used.len());
        self.used.push(k.clone());
        let int = self.pick(&["usize", "i32", "i32"]);
        let n = self.whole(2, 4);
        self.line(format!("let mut {k} = 0{int};"));
        let first = self.chance(0.5);
        let id = self.declare(&k, Type::Int(int, 0, n), false, By::Value);
        let condition = match self.chance(0.3) {
            true => {
                let condition = self.pure(|w| w.flag(0));
                format!(" && {}", condition.inside(super::Binds::Prefix))
            }
            false => String::new(),
        };
        let label = self.enter(first);
        let body = self.body(|w| {
            if first {
                w.line(format!("{k} += 1;"));
            }
        });
        let last = if first { String::new() } else { format!("\n{k} += 1;") };
        let _ = id;
        self.write(Construct::While, format!("{label}while {k} < {n}{condition} {{ {body}{last} }}"));
    }

    /// `break`, `continue` or `return` at the end of a branch, sometimes.
    pub(super) fn jump(&mut self) {
        if !self.loops.is_empty() && self.chance(0.3) {
            let labelled: Vec<String> =
                self.loops.iter().flatten().filter(|label| !label.is_empty()).cloned().collect();
            let label = match !labelled.is_empty() && self.chance(0.6) {
                true => format!(" {}{}", mark(Construct::Label), self.pick(&labelled)),
                false => String::new(),
            };
            let may_continue = !label.is_empty() || self.loops.last().is_some_and(Option::is_some);
            if may_continue && self.chance(0.5) {
                self.write(Construct::Continue, format!("continue{label};"));
            } else {
                self.write(Construct::Break, format!("break{label};"));
            }
            return;
        }
        if let Some(returns) = self.returns.clone()
            && self.depth < 3
            && self.chance(0.12)
        {
            let construct =
                if self.loops.is_empty() { Construct::EarlyReturn } else { Construct::LoopReturn };
            match returns {
                Returns::Value(ty) => {
                    let e = self.pure(|w| w.value(&ty, 1));
                    self.write(construct, format!("return {};", e.text));
                }
                Returns::InPlace(outputs) => {
                    for (name, ty) in outputs {
                        let e = self.pure(|w| w.value(&ty, 1));
                        self.write(construct, format!("*{name} = {};", e.text));
                    }
                    self.line("return;");
                }
            }
        }
    }
}
