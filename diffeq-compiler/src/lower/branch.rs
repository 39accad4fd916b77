//! Two ways, and what comes of them afterwards.

use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::ExprIf;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::syntax::expr::is_assertion;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::BORROW_CHOICE;
use crate::diagnostics::catalogue::MISSING_ELSE;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::Block;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Merge;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// `if .. { .. } else { .. }`
    pub(super) fn if_expr(&mut self, branch: &'a ExprIf, target: Target) -> Checked<Meaning<'a>> {
        let cond = self.scalar_expr(&branch.cond, ScalarKind::Bool);
        if let (Ok(cond), true) = (cond, is_assertion(branch)) {
            let holds = self.define(ScalarKind::Bool, Op::Not(cond), types::span(branch));
            self.insist(holds, "this cannot be computed");
            return Ok(Meaning::Unit);
        }
        let (then_target, else_target) = (target.clone(), target.clone());
        let alone = branch.else_branch.is_none() && matches!(target, Target::Value);
        let then = |s: &mut Self| {
            let meaning = s.block(&branch.then_branch, then_target)?;
            match meaning {
                Meaning::Unit | Meaning::Never => Ok(meaning),
                _ if alone => Err(s.error(&branch.if_token, &MISSING_ELSE, &[])),
                _ => Ok(meaning),
            }
        };
        let otherwise = |s: &mut Self| match &branch.else_branch {
            Some((_, expr)) => s.expr_to(expr, else_target),
            None => Ok(Meaning::Unit),
        };
        match cond {
            Ok(cond) => self.unless_left(&branch.cond, |s| s.branch(cond, branch, then, otherwise)),
            Err(reported) => {
                // The branches are read for their mistakes alone.
                let _ = self.collected(then);
                let _ = self.collected(otherwise);
                Err(reported)
            }
        }
    }

    /// A branch with its variables merged; its meaning is that of the two sides together.
    pub(super) fn branch(
        &mut self,
        cond: Value,
        at: &dyn ToTokens,
        then: impl FnOnce(&mut Self) -> Checked<Meaning<'a>>,
        otherwise: impl FnOnce(&mut Self) -> Checked<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        let before: Vec<Option<Value>> = self.vars.iter().map(|v| v.current).collect();
        let (left, mut then) = self.collected(then);
        let after_then: Vec<Option<Value>> = self.vars.iter().map(|v| v.current).collect();
        for (var, value) in self.vars.iter_mut().zip(&before) {
            var.current = *value;
        }
        let (right, mut otherwise) = self.collected(otherwise);
        let (left, right) = (left?, right?);
        let mut merges = Vec::new();
        for (index, a) in after_then.into_iter().enumerate().take(before.len()) {
            let b = self.vars[index].current;
            if a == b {
                continue;
            }
            // Unset on one side: either the other side alone goes on, or rustc refuses the use.
            let known = a.or(b).map_or(ScalarKind::Real, |v| self.program.kind(v));
            let a = a.unwrap_or_else(|| self.nothing(&mut then, known));
            let b = b.unwrap_or_else(|| self.nothing(&mut otherwise, known));
            let name = Some(self.vars[index].name.clone()).filter(|name| !name.is_empty());
            let result = self.merged(a, b, name);
            merges.push(Merge { result, then: a, otherwise: b });
            self.vars[index].current = Some(result);
        }
        let mut before = Block::new();
        let meaning = self.join(left, &mut then, right, &mut otherwise, &mut merges, &mut before, at);
        before.into_iter().for_each(|stmt| self.push(stmt));
        if !(then.is_empty() && otherwise.is_empty() && merges.is_empty()) {
            self.push(Stmt::If(If { cond, then, otherwise, merges }));
        }
        meaning
    }

    fn merged(&mut self, a: Value, b: Value, name: Option<String>) -> Value {
        let (kind, span) = (self.program.kind(a), self.program.info(a).span);
        let result = self.program.value(kind, name, span);
        self.agree(result, a);
        self.agree(result, b);
        result
    }

    /// A value that nobody will look at.
    fn nothing(&mut self, block: &mut Block, kind: ScalarKind) -> Value {
        let op = match kind {
            ScalarKind::Real => Op::Real(0.0),
            ScalarKind::Int => Op::Int(0),
            ScalarKind::Bool => Op::Bool(false),
        };
        self.program.define(block, kind, op)
    }

    #[allow(clippy::too_many_arguments)]
    fn join(
        &mut self,
        left: Meaning<'a>,
        then: &mut Block,
        right: Meaning<'a>,
        otherwise: &mut Block,
        merges: &mut Vec<Merge>,
        before: &mut Block,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        use Meaning::Const;
        use Meaning::Memory;
        use Meaning::Never;
        use Meaning::Tuple;
        use Meaning::Unit;
        match (left, right) {
            (Never, Never) => Ok(Never),
            (Unit | Never, Unit | Never) => Ok(Unit),
            // Nothing was asked of the value: `if c { f(x); } else { .. }`.
            (Unit, _) | (_, Unit) => Ok(Unit),
            (Const(a), Const(b)) if is_variant(&a) && is_variant(&b) && a.to_string() != b.to_string() => {
                let (a, b) = (self.table(&a, types::span(at)), self.table(&b, types::span(at)));
                let shape = Shape::Plain(quote!(_));
                let object = self.program.object("choice", shape.clone(), types::span(at));
                before.push(Stmt::Local(object, Init::From(a.place)));
                otherwise.push(Stmt::Copy(Place::whole(object), b.place));
                Ok(Memory(Located { place: Place::whole(object), shape, hold: Hold::Fresh }))
            }
            (Const(a), Memory(b)) if is_variant(&a) && matches!(b.shape, Shape::Plain(_)) => {
                let a = self.table(&a, types::span(at));
                Ok(self.plain_choice((then, a.place), (otherwise, b.place), before, at))
            }
            (Memory(a), Const(b)) if is_variant(&b) && matches!(a.shape, Shape::Plain(_)) => {
                let b = self.table(&b, types::span(at));
                Ok(self.plain_choice((then, a.place), (otherwise, b.place), before, at))
            }
            (Memory(a), Memory(b))
                if matches!(a.shape, Shape::Plain(_)) && matches!(b.shape, Shape::Plain(_)) =>
            {
                Ok(self.plain_choice((then, a.place), (otherwise, b.place), before, at))
            }
            (a, b) if is_borrow(&a) || is_borrow(&b) => Err(self.error(at, &BORROW_CHOICE, &[])),
            (Const(a), Never) | (Never, Const(a)) => Ok(Const(a)),
            (Const(a), Const(b)) if a.to_string() == b.to_string() => Ok(Const(a)),
            (Meaning::Option(some, a), Meaning::Option(other, b)) => {
                let result = self.merged(some, other, None);
                merges.push(Merge { result, then: some, otherwise: other });
                let a = self.read_where_held(then, some, *a, at)?;
                let b = self.read_where_held(otherwise, other, *b, at)?;
                let inner = self.join(a, then, b, otherwise, merges, before, at)?;
                Ok(Meaning::Option(result, Box::new(inner)))
            }
            (Meaning::Option(some, a), Never) => {
                let nothing = self.nothing(otherwise, ScalarKind::Bool);
                let result = self.merged(some, nothing, None);
                merges.push(Merge { result, then: some, otherwise: nothing });
                let a = self.read_where_held(then, some, *a, at)?;
                let inner = self.join(a, then, Never, otherwise, merges, before, at)?;
                Ok(Meaning::Option(result, Box::new(inner)))
            }
            (Never, Meaning::Option(some, b)) => {
                let nothing = self.nothing(then, ScalarKind::Bool);
                let result = self.merged(nothing, some, None);
                merges.push(Merge { result, then: nothing, otherwise: some });
                let b = self.read_where_held(otherwise, some, *b, at)?;
                let inner = self.join(Never, then, b, otherwise, merges, before, at)?;
                Ok(Meaning::Option(result, Box::new(inner)))
            }
            (Tuple(a), Tuple(b)) if a.len() == b.len() => {
                let parts = a.into_iter().zip(b);
                let parts: Checked<Vec<_>> =
                    parts.map(|(a, b)| self.join(a, then, b, otherwise, merges, before, at)).collect();
                Ok(Tuple(parts?))
            }
            (Tuple(a), Never) => {
                let parts = a.into_iter();
                let parts: Checked<Vec<_>> =
                    parts.map(|a| self.join(a, then, Never, otherwise, merges, before, at)).collect();
                Ok(Tuple(parts?))
            }
            (Never, Tuple(b)) => {
                let parts = b.into_iter();
                let parts: Checked<Vec<_>> =
                    parts.map(|b| self.join(Never, then, b, otherwise, merges, before, at)).collect();
                Ok(Tuple(parts?))
            }
            // Two fields, or what two helpers returned: whether they are numbers, what follows tells.
            (Memory(a), Memory(b)) if is_unknown(&a.shape) && is_unknown(&b.shape) => {
                let dst = self.choice(Shape::Unknown, before);
                self.moved(then, dst.clone(), a.place);
                self.moved(otherwise, dst.clone(), b.place);
                Ok(Memory(Located { place: dst, shape: Shape::Unknown, hold: Hold::Fresh }))
            }
            (Memory(a), Memory(b)) if a.shape.is_aggregate() || b.shape.is_aggregate() => {
                let told = a.shape.is_aggregate() && !matches!(a.shape, Shape::Array(_, Len::Inferred));
                let shape = if told { a.shape.clone() } else { b.shape.clone() };
                let dst = self.choice(shape.clone(), before);
                self.moved(then, dst.clone(), a.place);
                self.moved(otherwise, dst.clone(), b.place);
                Ok(Memory(Located { place: dst, shape, hold: Hold::Fresh }))
            }
            (Memory(a), Never) if !matches!(a.shape, Shape::Scalar(_)) => {
                let dst = self.choice(a.shape.clone(), before);
                self.moved(then, dst.clone(), a.place);
                Ok(Memory(Located { place: dst, shape: a.shape, hold: Hold::Fresh }))
            }
            (Never, Memory(b)) if !matches!(b.shape, Shape::Scalar(_)) => {
                let dst = self.choice(b.shape.clone(), before);
                self.moved(otherwise, dst.clone(), b.place);
                Ok(Memory(Located { place: dst, shape: b.shape, hold: Hold::Fresh }))
            }
            (Meaning::Closure(_) | Meaning::Iter(_), _) | (_, Meaning::Closure(_) | Meaning::Iter(_)) => {
                let words = ["a choice between closures or iterators", "choose between their results"];
                Err(self.error(at, &UNSUPPORTED_SYNTAX, &words))
            }
            (a, b) => {
                let kind = self.kind(&a).or_else(|| self.kind(&b)).unwrap_or(ScalarKind::Real);
                let kind = if matches!(a, Never | Const(_)) { self.kind(&b).unwrap_or(kind) } else { kind };
                let a = self.side(then, a, kind, at);
                let b = self.side(otherwise, b, kind, at);
                let (a, b) = (a?, b?);
                let result = self.merged(a, b, None);
                merges.push(Merge { result, then: a, otherwise: b });
                Ok(Meaning::Scalar(result))
            }
        }
    }

    /// One of two values of a type without a derivative: there is none to begin with, so that each side makes its own.
    fn plain_choice(
        &mut self,
        (then, a): (&mut Block, Place),
        (otherwise, b): (&mut Block, Place),
        before: &mut Block,
        at: &dyn ToTokens,
    ) -> Meaning<'a> {
        let shape = Shape::Plain(quote!(_));
        let object = self.program.object("choice", shape.clone(), types::span(at));
        // What it begins with is one of the constants that it may be.
        let first =
            [&a, &b].into_iter().find(|place| self.program.objects[place.object.0].constant.is_some());
        let first = match first {
            Some(constant) => Some(constant.clone()),
            None => {
                [&*then, &*otherwise].into_iter().flat_map(|block| block.iter()).find_map(|stmt| match stmt {
                    Stmt::Local(_, Init::From(from)) | Stmt::Copy(_, from)
                        if self.program.objects[from.object.0].constant.is_some() =>
                    {
                        Some(from.clone())
                    }
                    _ => None,
                })
            }
        };
        match first {
            Some(first) => before.push(Stmt::Local(object, Init::From(first))),
            None => before.push(Stmt::Local(object, Init::From(a.clone()))),
        }
        then.push(Stmt::Copy(Place::whole(object), a));
        otherwise.push(Stmt::Copy(Place::whole(object), b));
        Meaning::Memory(Located { place: Place::whole(object), shape, hold: Hold::Fresh })
    }

    /// What is in an option at the end of one side: an element is there to be read only where the option holds.
    fn read_where_held(
        &mut self,
        block: &mut Block,
        some: Value,
        inner: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let kind = match &inner {
            Meaning::Memory(Located { shape: Shape::Scalar(kind), .. }) => *kind,
            _ => return Ok(inner),
        };
        self.blocks.push(std::mem::take(block));
        let read = |s: &mut Self| s.scalar(inner, kind, at).map(Meaning::Scalar);
        let read = self.branch(some, at, read, |_| Ok(Meaning::Never));
        *block = self.blocks.pop().unwrap_or_default();
        read
    }

    /// A scalar at the end of one side.
    fn side(
        &mut self,
        block: &mut Block,
        meaning: Meaning<'a>,
        kind: ScalarKind,
        at: &dyn ToTokens,
    ) -> Checked<Value> {
        if matches!(meaning, Meaning::Never) {
            return Ok(self.nothing(block, kind));
        }
        self.blocks.push(std::mem::take(block));
        let value = self.scalar(meaning, kind, at);
        *block = self.blocks.pop().unwrap_or_default();
        value
    }

    /// Memory for an aggregate that both sides write.
    fn choice(&mut self, shape: Shape, before: &mut Block) -> Place {
        let object = self.program.object("choice", shape, Span::call_site());
        before.push(Stmt::Local(object, Init::Zeros));
        Place::whole(object)
    }

    /// Moves an aggregate at the end of one side; one just made of its elements is stored directly.
    fn moved(&mut self, block: &mut Block, dst: Place, src: Place) {
        if src.path.is_empty()
            && let Some(Stmt::Local(object, Init::Elements(elements))) = block.last()
            && *object == src.object
        {
            let elements = elements.clone();
            block.pop();
            for (i, element) in elements.into_iter().enumerate() {
                let index = self.program.define(block, ScalarKind::Int, Op::Int(i as i128));
                self.known.insert(index, i as i128);
                block.push(Stmt::Store(dst.clone().index(index), element));
            }
            return;
        }
        block.push(Stmt::Copy(dst, src));
    }
}

/// Whether something is written through by whoever has it.
fn is_borrow(meaning: &Meaning) -> bool {
    match meaning {
        Meaning::Variable(_, hold) | Meaning::Memory(Located { hold, .. }) => *hold == Hold::Mutable,
        _ => false,
    }
}

fn is_unknown(shape: &Shape) -> bool {
    matches!(shape, Shape::Unknown)
}

/// Whether a constant is by its look a variant of an enum.
fn is_variant(path: &TokenStream) -> bool {
    match syn::parse2::<Expr>(path.clone()) {
        Ok(Expr::Path(path)) => super::syntax::pat::is_variant(&path.path),
        Ok(other) => super::syntax::pat::is_constant_variant(&other),
        Err(_) => false,
    }
}
