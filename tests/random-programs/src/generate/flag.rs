//! Conditions.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::types::Type;

impl Writer<'_> {
    /// A condition.
    pub(super) fn flag(&mut self, depth: usize) -> Ex {
        let sum = |text: String| Ex::new(text, Type::Bool, Binds::Sum);
        if self.chance(0.2)
            && let Some(e) = self.read(&|ty| *ty == Type::Bool)
        {
            if self.chance(0.3) {
                return Ex::new(format!("!{}", e.right(Binds::Prefix)), Type::Bool, Binds::Prefix);
            }
            return e;
        }
        match self.between(0, 15) {
            0 | 1 if depth > 0 => {
                let op = self.pick(&["&&", "||"]);
                let (left, right) = (self.flag(depth - 1), self.flag(0));
                let text = format!("({} {op} {})", left.inside(Binds::Sum), right.right(Binds::Sum));
                Ex::atom(text, Type::Bool).tagged(Construct::And)
            }
            2 if depth > 0 => {
                let e = self.flag(depth - 1);
                Ex::new(format!("!{}", e.inside(Binds::Atom)), Type::Bool, Binds::Prefix)
                    .tagged(Construct::And)
            }
            3 | 4 if depth > 0 && self.effects && self.budget > 0 => {
                let op = self.pick(&["&&", "||"]);
                let left = self.flag(0);
                let right = self.effect(&Type::Bool, depth);
                if !right.block {
                    return left;
                }
                let text = format!("({} {op} {})", left.inside(Binds::Sum), right.text);
                Ex::atom(text, Type::Bool).tagged(Construct::AndWithEffect)
            }
            5..=7 => {
                let int = self.pick(&["usize", "i32", "i32", "u8", "i64"]);
                let left = self.int(int, depth.min(1));
                let (lo, hi) = left.whole();
                let comparison = self.pick(&["<", ">", "==", "!=", "<=", ">="]);
                let right = match self.chance(0.6) {
                    true => self.int_literal(int, lo, hi),
                    false => self.int_leaf(int),
                };
                if left.bare && right.bare {
                    return sum(format!("{}{int} {comparison} {}", left.text, right.text));
                }
                sum(compared(&left, comparison, &right))
            }
            8 => {
                let int = self.pick(&["usize", "i32"]);
                let e = self.pure(|w| w.int(int, 1));
                let (lo, hi) = e.whole();
                if e.bare {
                    return sum(format!("{}{int} > 0", e.text));
                }
                if e.text.contains('{') {
                    return sum(format!("({}) > 0", e.text));
                }
                let (a, b) = (self.whole(lo, hi), self.whole(lo, hi));
                let (a, b) = (a.min(b), a.max(b));
                let dots = self.pick(&["..", "..="]);
                Ex::atom(format!("({a}{dots}{b}).contains(&{})", e.inside(Binds::Atom)), Type::Bool)
                    .tagged(Construct::Contains)
            }
            9 if depth > 0 => {
                let e = self.real(depth - 1);
                let predicate = self.pick(&["is_nan", "is_finite", "is_sign_negative", "is_sign_positive"]);
                Ex::atom(format!("{}.{predicate}()", e.receiver()), Type::Bool).tagged(Construct::Predicates)
            }
            10 if depth > 0 => self.any_all().unwrap_or_else(|| self.flag(0)),
            11 if depth > 0 => self.call_to(&|ty| *ty == Type::Bool, depth).unwrap_or_else(|| self.flag(0)),
            _ => {
                let left = self.real(depth.min(1));
                let comparison = self.pick(&["<", ">", "<=", ">="]);
                let range = left.range();
                if left.bare || self.chance(0.5) {
                    let left = if left.bare { self.leaf() } else { left };
                    let range = left.range();
                    let (_, text) = self
                        .constant(0.7 * range.lo + 0.3 * range.hi, 0.3 * range.lo + 0.7 * range.hi + 0.01);
                    return sum(format!("{} {comparison} {text}", before_comparison(&left)));
                }
                let _ = range;
                let right = self.leaf();
                sum(compared(&left, comparison, &right))
            }
        }
    }
}

/// `a < b`: a type before `<` would begin generic arguments, and `<` after `<` is no chain.
fn compared(left: &Ex, comparison: &str, right: &Ex) -> String {
    format!("{} {comparison} {}", before_comparison(left), right.right(Binds::Sum))
}

fn before_comparison(left: &Ex) -> String {
    let last = left.text.rsplit(' ').next().unwrap_or("");
    let is_type = last.chars().next().is_some_and(|c| "fiu".contains(c)) && left.text.contains(" as ");
    if is_type || left.block { format!("({})", left.text) } else { left.text.clone() }
}

/// A condition as it stands after `if`, with its mark.
pub fn head(construct: Construct, condition: &Ex) -> String {
    format!("{}{}", mark(construct), condition.text)
}
