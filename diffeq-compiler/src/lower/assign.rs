//! `=`, `+=` and their like: the right side is computed first, then the place on the left.

use quote::ToTokens;
use syn::BinOp;
use syn::Expr;
use syn::ExprBinary;
use syn::Member;
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::exits;
use super::syntax::expr::as_from_fn;
use super::syntax::expr::has_length;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::ASSIGN_TO_INPUT;
use crate::diagnostics::catalogue::GLOBAL_STATE;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::NOT_A_PLACE;
use crate::diagnostics::catalogue::TYPE_MISMATCH;
use crate::diagnostics::catalogue::UNKNOWN_FIELD;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;
use crate::rules::Prim;

/// What stands on the left of `=`.
enum Left {
    Var(super::Var),
    Memory(Located),
    /// A variable that holds an option.
    Optional(usize),
    /// A tuple that is assigned as a whole.
    Parts(Vec<Left>),
}

impl<'a> Lowering<'a, '_> {
    /// The place on the left of an assignment, its indices computed now.
    fn left(&mut self, expr: &'a Expr) -> Checked<Left> {
        let place = self.raw(expr)?;
        self.left_of(place, expr)
    }

    fn left_of(&mut self, place: Meaning<'a>, expr: &'a Expr) -> Checked<Left> {
        match place {
            Meaning::Tuple(parts) => {
                let parts: Checked<Vec<_>> = parts.into_iter().map(|part| self.left_of(part, expr)).collect();
                parts.map(Left::Parts)
            }
            Meaning::Variable(var, Hold::Place) if self.inputs.contains(&var) => {
                let name = types::text(expr);
                Err(self.error(expr, &ASSIGN_TO_INPUT, &[&name, &name, &name]))
            }
            // `r = &x;` of a name for a `&`
            Meaning::Variable(var, Hold::Place | Hold::Reference) => Ok(Left::Var(var)),
            Meaning::Optional(which) => Ok(Left::Optional(which)),
            Meaning::Memory(located) if matches!(located.hold, Hold::Place | Hold::Fresh) => {
                self.writable(&located, expr)?;
                Ok(Left::Memory(located))
            }
            Meaning::Variable(..) | Meaning::Memory(_) => {
                let help = format!(
                    "write to where it points, `*{} = ..`, or bind another one to a new name: `let r = &mut x;`",
                    types::text(expr)
                );
                let words = ["another place for a reference", help.as_str()];
                Err(self.error(expr, &UNSUPPORTED_SYNTAX, &words))
            }
            Meaning::Const(path) => {
                let word = types::text(&path);
                Err(self.error(expr, &GLOBAL_STATE, &[&word]))
            }
            _ => Err(self.error(expr, &NOT_A_PLACE, &[])),
        }
    }

    /// `left = right`
    pub(super) fn assign(&mut self, left: &'a Expr, right: &'a Expr) -> Checked<()> {
        let assigned = self.assign_in_order(left, right);
        if assigned.is_err() {
            self.spoil(left);
        }
        assigned
    }

    /// A name that would have got its first value, had there been no mistake: its uses are not reported again.
    fn spoil(&mut self, left: &Expr) {
        let Expr::Path(path) = left else { return };
        let Some(name) = path.path.get_ident().map(ToString::to_string) else { return };
        let Some(super::Binding::Var(var)) = self.lookup(&name) else { return };
        if self.vars[var.0].current.is_some() {
            return;
        }
        let mut scope = Some(self.scope);
        while let Some(index) = scope {
            if let Some(binding) = self.scopes[index].names.get_mut(&name) {
                *binding = super::Binding::Broken;
                return;
            }
            scope = self.scopes[index].parent;
        }
    }

    fn assign_in_order(&mut self, left: &'a Expr, right: &'a Expr) -> Checked<()> {
        self.jumps_not(left)?;
        if exits::leaves(right) {
            let meaning = self.expr(right)?;
            let assign = |s: &mut Self| s.assign_parts(left, meaning, right).map(|()| Meaning::Unit);
            return self.unless_left(right, assign).map(|_| ());
        }
        let parts = matches!(left, Expr::Infer(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Struct(_));
        if parts || self.in_order(left, right) {
            let meaning = match as_from_fn(right) {
                // The place tells how long it is, and where it is is asked afterwards.
                Some(call) if !parts && !has_length(call) && !self.acts(left) => match self.left(left)? {
                    Left::Memory(like) => self.array_alike(call, like)?,
                    _ => self.expr(right)?,
                },
                _ => self.expr(right)?,
            };
            return self.assign_parts(left, meaning, right);
        }
        // The order makes no difference: the right side writes its parts to where they belong.
        match self.left(left) {
            Ok(Left::Memory(located)) => match &located.shape {
                Shape::Scalar(kind) => {
                    let value = self.scalar_expr(right, *kind)?;
                    self.push(Stmt::Store(located.place, value));
                    Ok(())
                }
                _ => self.fill_memory(right, located.place, located.shape),
            },
            Ok(left) => {
                let meaning = self.expr(right)?;
                self.store(left, meaning, right)
            }
            Err(reported) => {
                let _ = self.expr(right);
                Err(reported)
            }
        }
    }

    /// Whether it shows which side of an assignment is computed first: the place depends on more than constants, and a
    /// side does something.
    fn in_order(&self, left: &Expr, right: &Expr) -> bool {
        moves(left) && (self.acts(left) || self.acts(right))
    }

    /// Whether an expression may change variables or memory.
    pub(super) fn acts(&self, expr: &Expr) -> bool {
        struct Acts<'l, F: Fn(&syn::ExprPath) -> bool> {
            is_bound: &'l F,
            found: bool,
        }
        impl<'ast, F: Fn(&syn::ExprPath) -> bool> Visit<'ast> for Acts<'_, F> {
            fn visit_expr_assign(&mut self, _: &'ast syn::ExprAssign) {
                self.found = true;
            }
            fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
                self.found |= reference.mutability.is_some();
                syn::visit::visit_expr_reference(self, reference);
            }
            fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
                self.found |= super::syntax::op::assigns(&binary.op);
                syn::visit::visit_expr_binary(self, binary);
            }
            fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
                // Methods that change their receiver return nothing, or a way to change it.
                let name = call.method.to_string();
                self.found |= name.ends_with("_mut")
                    || matches!(
                        &*name,
                        "swap"
                            | "fill"
                            | "copy_from_slice"
                            | "clone_from_slice"
                            | "reverse"
                            | "rotate_left"
                            | "rotate_right"
                            | "take"
                            | "next"
                    );
                syn::visit::visit_expr_method_call(self, call);
            }
            // A closure, whose body stands elsewhere.
            fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
                self.found |= (self.is_bound)(path);
            }
        }
        let is_closure = |path: &syn::ExprPath| {
            path.path.get_ident().is_some_and(|ident| {
                matches!(self.lookup(&ident.to_string()), Some(super::Binding::Meaning(Meaning::Closure(_))))
            })
        };
        let mut acts = Acts { is_bound: &is_closure, found: false };
        acts.visit_expr(expr);
        acts.found
    }

    /// A computed value into the place on the left.
    fn store(&mut self, left: Left, meaning: Meaning<'a>, at: &'a Expr) -> Checked<()> {
        match left {
            Left::Var(var) => self.assign_var(var, meaning, at),
            Left::Optional(which) => self.hold_option(which, meaning, at),
            Left::Memory(located) => match located.shape {
                Shape::Scalar(kind) => {
                    let value = self.scalar(meaning, kind, at)?;
                    self.spanned(value, at);
                    self.push(Stmt::Store(located.place, value));
                    Ok(())
                }
                shape => self.meaning_into(meaning, located.place, shape, at),
            },
            Left::Parts(lefts) => match meaning {
                Meaning::Tuple(parts) if parts.len() == lefts.len() => {
                    lefts.into_iter().zip(parts).try_for_each(|(left, part)| self.store(left, part, at))
                }
                Meaning::Never => Ok(()),
                _ => Err(self.error(at, &TYPE_MISMATCH, &["this", "a tuple of as many parts"])),
            },
        }
    }

    fn assign_var(&mut self, var: super::Var, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        let kind = match self.vars[var.0].current {
            Some(value) => self.program.kind(value),
            None => self.kind(&meaning).unwrap_or(ScalarKind::Real),
        };
        let value = self.scalar(meaning, kind, at)?;
        if let Some(old) = self.vars[var.0].current {
            self.agree(old, value);
        }
        self.set(var, value);
        Ok(())
    }

    /// `(a, b) = (b, a)`: the parts of a value, one after the other, each to a place that is looked for then.
    fn assign_parts(&mut self, left: &'a Expr, meaning: Meaning<'a>, at: &'a Expr) -> Checked<()> {
        let mut result = Ok(());
        match (left, meaning) {
            (Expr::Infer(_), _) => {}
            (Expr::Paren(inner), meaning) => result = self.assign_parts(&inner.expr, meaning, at),
            (Expr::Group(inner), meaning) => result = self.assign_parts(&inner.expr, meaning, at),
            (Expr::Tuple(tuple), Meaning::Tuple(parts)) => {
                let rest = tuple.elems.iter().position(is_rest);
                let written = tuple.elems.len() - usize::from(rest.is_some());
                if written > parts.len() || (rest.is_none() && written < parts.len()) {
                    let words = [parts.len().to_string(), tuple.elems.len().to_string()];
                    let words = [&*words[0], &*words[1], "name every part of the tuple"];
                    return Err(self.error(tuple, &LENGTH_MISMATCH, &words));
                }
                let passed = parts.len() - written;
                let mut parts = parts.into_iter();
                for left in &tuple.elems {
                    if is_rest(left) {
                        (0..passed).for_each(|_| _ = parts.next());
                    } else if let Some(part) = parts.next() {
                        result = result.and(self.assign_parts(left, part, at));
                    }
                }
            }
            (Expr::Array(array), meaning @ Meaning::Memory(_)) => {
                let located = self.aggregate(meaning, None, at)?;
                let rest = array.elems.iter().position(is_rest);
                for (k, left) in array.elems.iter().enumerate() {
                    if is_rest(left) {
                        continue;
                    }
                    let index = match rest {
                        Some(rest) if k > rest => {
                            let length = self.length(&located, left.span());
                            let back = self.int((array.elems.len() - k) as i128, left.span());
                            self.int_op(crate::ir::IntOp::Sub, length, back, left.span())
                        }
                        _ => self.int(k as i128, left.span()),
                    };
                    let element = self.element(located.clone(), index, left)?;
                    let part = self.value(Meaning::Memory(element), left)?;
                    result = result.and(self.assign_parts(left, part, at));
                }
            }
            (Expr::Struct(literal), meaning @ Meaning::Memory(_)) => {
                let located = self.aggregate(meaning, None, at)?;
                for field in &literal.fields {
                    let name = match &field.member {
                        Member::Named(ident) => ident.to_string(),
                        Member::Unnamed(index) => index.index.to_string(),
                    };
                    let part = self.field_of(located.clone(), &name, &field.member)?;
                    let part = self.value(Meaning::Memory(part), &field.member)?;
                    result = result.and(self.assign_parts(&field.expr, part, at));
                }
            }
            (Expr::Tuple(_) | Expr::Struct(_), _) => {
                let words = ["parts", "the value on the right has none of these"];
                return Err(self.error(left, &UNKNOWN_FIELD, &words));
            }
            (left, meaning) => {
                let left = self.left(left)?;
                result = self.store(left, meaning, at);
            }
        }
        result
    }

    /// `left += right`: of numbers the right side comes first.
    pub(super) fn assign_with(&mut self, binary: &'a ExprBinary) -> Checked<()> {
        self.jumps_not(&binary.left)?;
        let right = self.expr(&binary.right);
        if right.is_ok() && exits::leaves(&binary.right) {
            let assign = |s: &mut Self| s.assign_computed(binary, right).map(|()| Meaning::Unit);
            return self.unless_left(&binary.right, assign).map(|_| ());
        }
        self.assign_computed(binary, right)
    }

    /// The same, of a right side that is computed.
    fn assign_computed(&mut self, binary: &'a ExprBinary, right: Checked<Meaning<'a>>) -> Checked<()> {
        let span = binary.span();
        let left = self.left(&binary.left)?;
        let right = right?;
        match left {
            Left::Var(var) => {
                let old = self.current(var, &binary.left)?;
                let kind = self.program.kind(old);
                self.has_bits(&binary.op, kind)?;
                let right = self.scalar(right, kind, &binary.right)?;
                self.spanned(right, &binary.right);
                let new = self.operate(binary, kind, old, right)?;
                self.set(var, new);
                Ok(())
            }
            Left::Memory(located) => {
                let kind = match &located.shape {
                    Shape::Scalar(kind) => *kind,
                    Shape::Unknown => ScalarKind::Real,
                    shape => {
                        let word = format!("an aggregate `{}`", types::describe(shape));
                        let help = "loop over its components: `for i in 0..N { .. }`";
                        return Err(self.error(&binary.left, &NOT_A_NUMBER, &[&word, help]));
                    }
                };
                self.has_bits(&binary.op, kind)?;
                let right = self.scalar(right, kind, &binary.right)?;
                self.spanned(right, &binary.right);
                let place = located.place;
                let site = (right, place.object, place.indices().collect());
                self.notes.accumulated.insert(site, binary.left.span());
                match (kind, &binary.op) {
                    (ScalarKind::Real, BinOp::AddAssign(_)) => self.push(Stmt::Accumulate(place, right)),
                    (ScalarKind::Real, BinOp::SubAssign(_)) => {
                        let negated = self.define(ScalarKind::Real, Op::Prim(Prim::Neg, vec![right]), span);
                        let site = (negated, place.object, place.indices().collect());
                        self.notes.accumulated.insert(site, binary.left.span());
                        self.push(Stmt::Accumulate(place, negated));
                    }
                    _ => {
                        let old = self.define(kind, Op::Load(place.clone()), binary.left.span());
                        let new = self.operate(binary, kind, old, right)?;
                        self.push(Stmt::Store(place, new));
                    }
                }
                Ok(())
            }
            Left::Optional(_) => {
                let words = ["an option", "take out what is in it: `if let Some(x) = o { .. }`"];
                Err(self.error(&binary.left, &NOT_A_NUMBER, &words))
            }
            Left::Parts(_) => {
                let words = ["a tuple", "assign to its parts: `pair.0 += x`"];
                Err(self.error(&binary.left, &NOT_A_NUMBER, &words))
            }
        }
    }
}

/// Whether a place depends on more than names and constants.
fn moves(left: &Expr) -> bool {
    match left {
        Expr::Index(index) => !matches!(&*index.index, Expr::Lit(_)) || moves(&index.expr),
        Expr::Field(field) => moves(&field.base),
        Expr::Unary(unary) => moves(&unary.expr),
        Expr::Paren(inner) => moves(&inner.expr),
        Expr::Group(inner) => moves(&inner.expr),
        Expr::Path(_) => false,
        _ => true,
    }
}

/// `..` among the parts on the left.
fn is_rest(expr: &Expr) -> bool {
    matches!(expr, Expr::Range(range) if range.start.is_none() && range.end.is_none())
}
