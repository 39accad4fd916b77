//! `if` and `match`, as values and as statements.

use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::flag::head;
use super::types::KEPT;
use super::types::Type;
use super::types::is_signed;

impl Writer<'_> {
    /// Statements and a value, in braces.
    pub(super) fn value_block(&mut self, ty: &Type, depth: usize) -> (String, Type) {
        let ty = ty.clone();
        let (statements, value) = self.collected(|w| {
            if w.depth < 4 && w.chance(0.25) {
                w.let_any();
            }
            if w.effects && w.depth < 4 && w.chance(0.25) {
                w.change(1);
            }
            w.typed_value(&ty, depth.saturating_sub(1))
        });
        (format!("{{ {statements} {} }}", value.text), value.ty)
    }

    pub(super) fn if_value(&mut self, ty: &Type, depth: usize) -> Ex {
        let condition = self.flag(1);
        let (first, _) = self.value_block(ty, depth);
        let mut text = format!("if {} {first}", head(Construct::IfValue, &condition));
        while self.chance(0.2) && self.budget > 0 {
            let condition = self.flag(0);
            let (next, _) = self.value_block(ty, depth);
            text += &format!(" else if {} {next}", condition.text);
        }
        let (last, _) = self.value_block(ty, depth);
        text += &format!(" else {last}");
        Ex { block: true, ..Ex::atom(text, ty.clone()) }
    }

    pub(super) fn match_value(&mut self, ty: &Type, depth: usize) -> Ex {
        let ty = ty.clone();
        let (on, arms) = self.arms(|w, braces| match braces {
            true => w.value_block(&ty, depth).0,
            false => w.typed_value(&ty, depth.saturating_sub(1)).text,
        });
        let text = format!("match {}{on} {{ {arms} }}", mark(Construct::MatchValue));
        Ex { block: true, ..Ex::atom(text, ty) }
    }

    /// What a `match` is on, and its arms; `body` writes what an arm gives, in braces where that is asked for.
    fn arms(&mut self, mut body: impl FnMut(&mut Self, bool) -> String) -> (String, String) {
        let braces = self.chance(0.3);
        let arm = |w: &mut Self,
                   pattern: String,
                   bound: Vec<(String, Type)>,
                   body: &mut dyn FnMut(&mut Self, bool) -> String| {
            let mark = w.scope.enter();
            for (name, ty) in bound {
                w.value_of(&name, ty);
            }
            let guard = match pattern.contains("if") {
                true => String::new(),
                false if w.chance(0.2) => {
                    let condition = w.pure(|w| w.flag(0));
                    format!(" if {}", head(Construct::MatchGuard, &condition))
                }
                false => String::new(),
            };
            let value = body(w, braces);
            w.scope.leave(mark);
            format!("{pattern}{guard} => {value},")
        };
        let mut arms = Vec::new();
        match self.between(0, 5) {
            0 => {
                let condition = self.flag(1);
                let on = condition.text;
                let value = body(self, braces);
                arms.push(arm(self, "true".into(), vec![], &mut body));
                arms.push(format!("true => {value},"));
                let value = body(self, braces);
                arms.push(format!("false => {value},"));
                (on, arms.join("\n"))
            }
            1 => {
                let int = self.pick(&["usize", "i32", "u8"]);
                let (a, b) = (self.int_in(int, 0, 3, 1), self.flag(0));
                let typed = if a.bare { format!("{}{int}", a.text) } else { a.text.clone() };
                let on = format!("{}({typed}, {})", mark(Construct::MatchTuple), b.text);
                arms.push(arm(self, "(0, true)".into(), vec![], &mut body));
                let name = self.fresh();
                let pattern = format!("({}{name} @ 1..=2, _)", mark(Construct::MatchBinding));
                arms.push(arm(self, pattern, vec![(name, Type::Int(int, 1, 2))], &mut body));
                arms.push(arm(self, "(_, false)".into(), vec![], &mut body));
                let value = body(self, braces);
                arms.push(format!("_ => {value},"));
                (on, arms.join("\n"))
            }
            _ => {
                let int = self.pick(&["usize", "i32", "i32", "i64", "u8"]);
                let lo = if is_signed(int) { -2 } else { 0 };
                let on = self.int(int, 1);
                let on =
                    if on.whole().0 < -2 || on.whole().1 > 6 { self.int_fit(on, int, lo, 4) } else { on };
                let typed = if on.bare { format!("{}{int}", on.text) } else { on.text.clone() };
                for _ in 0..self.between(1, 3) {
                    let k = self.whole(lo, 3);
                    let range = mark(Construct::MatchRange);
                    let (pattern, bound) = match self.between(0, 6) {
                        0 => (format!("{k} | {}{}", k + 2, range), vec![]),
                        1 => (format!("{k}..={}{range}", k + 1), vec![]),
                        2 => (format!("{k}..{}{range}", k + 2), vec![]),
                        3 => {
                            let name = self.fresh();
                            let bind = mark(Construct::MatchBinding);
                            (
                                format!("{bind}{name} @ {k}..={}", k + 1),
                                vec![(name, Type::Int(int, k, k + 1))],
                            )
                        }
                        4 => {
                            let name = self.fresh();
                            let bind = mark(Construct::MatchBinding);
                            let guard = mark(Construct::MatchGuard);
                            (
                                format!("{bind}{name} if {guard}{name} > {}", k.max(lo)),
                                vec![(
                                    name,
                                    Type::Int(int, lo.min(-2).max(if is_signed(int) { -2 } else { 0 }), 6),
                                )],
                            )
                        }
                        _ => (k.to_string(), vec![]),
                    };
                    arms.push(arm(self, pattern, bound, &mut body));
                }
                let value = body(self, braces);
                arms.push(format!("_ => {value},"));
                (typed, arms.join("\n"))
            }
        }
    }

    /// A branch that changes what is mutable.
    pub(super) fn branch(&mut self) {
        let condition = self.flag(1);
        let (body, _) = self.collected(Self::few_changes);
        let mut text = format!("if {} {{ {body} }}", head(Construct::If, &condition));
        if self.chance(0.25) {
            let condition = self.flag(0);
            let (body, _) = self.collected(Self::few_changes);
            text += &format!(" else if {} {{ {body} }}", condition.text);
        }
        if self.chance(0.6) {
            let (body, _) = self.collected(Self::few_changes);
            text += &format!(" else {{ {body} }}");
        }
        self.line(text);
    }

    pub(super) fn match_statement(&mut self) {
        let (on, arms) = self.arms(|w, _| {
            let (body, _) = w.collected(Self::few_changes);
            format!("{{ {body} }}")
        });
        self.write(Construct::Match, format!("match {on} {{ {arms} }}"));
    }

    pub(super) fn few_changes(&mut self) {
        if self.chance(0.3) {
            self.let_any();
        }
        for _ in 0..self.between(1, 2) {
            self.change(2);
        }
        if self.depth < 3 && self.budget > 0 && self.chance(0.25) {
            self.statement();
        }
        self.jump();
    }

    /// A value that two branches give to a name declared before them.
    pub(super) fn let_later(&mut self) {
        let name = self.fresh();
        let condition = self.flag(1);
        let (a, b) = (self.typed_value(&Type::Real(KEPT), 2), self.typed_value(&Type::Real(KEPT), 1));
        self.write(Construct::LetLater, format!("let {name};"));
        self.line(format!(
            "if {} {{ {name} = {}; }} else {{ {name} = {}; }}",
            condition.text, a.text, b.text
        ));
        self.value_of(&name, Type::Real(KEPT));
    }
}
