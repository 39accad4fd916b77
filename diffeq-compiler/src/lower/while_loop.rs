//! `while` and `loop`. A `while` that counts to a bound is a counted loop; any other ends when the run says so.

use syn::BinOp;
use syn::Expr;
use syn::ExprLoop;
use syn::ExprWhile;
use syn::Lit;
use syn::Stmt;
use syn::UnOp;
use syn::visit::Visit;

use super::Binding;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::Var;
use super::exits::Finder;
use super::vocabulary::is_real_method;
use crate::diagnostics::Checked;
use crate::ir::IntOp;
use crate::ir::ScalarKind;
use crate::ir::Value;

/// `counter < bound`, with the step by which the body counts.
struct Bound<'a> {
    counter: Var,
    bound: &'a Expr,
    inclusive: bool,
    step: i128,
}

impl<'a> Lowering<'a, '_> {
    /// `while condition { .. }`
    pub(super) fn while_loop(&mut self, l: &'a ExprWhile) -> Checked<()> {
        if let Expr::Let(pattern) = &*l.cond {
            return self.while_some(l, pattern);
        }
        let label = l.label.as_ref().map(|l| l.name.ident.to_string());
        let Some(bound) = self.find_bound(&l.cond, l) else {
            return self.with_exits(label, &l.body, |s, guard| {
                s.until(guard, &l.while_token, |s| {
                    let cond = s.scalar_expr(&l.cond, ScalarKind::Bool);
                    let cond = match cond {
                        Ok(cond) => cond,
                        Err(reported) => {
                            let _ = s.collected(|s| s.block(&l.body, Target::Value));
                            return Err(reported);
                        }
                    };
                    let body = |s: &mut Self| s.block(&l.body, Target::Value).map(|_| Meaning::Unit);
                    s.branch(cond, l, body, |_| Ok(Meaning::Unit))?;
                    Ok(Some(cond))
                })
            });
        };
        let span = l.while_token.span;
        let end = self.int_expr(bound.bound)?;
        let end = if bound.inclusive { self.after(end, span) } else { end };
        let first = self.current(bound.counter, &l.cond)?;
        let count = self.iterations(first, end, bound.step, span);
        let start = self.int(0, span);
        self.with_exits(label, &l.body, |s, guard| {
            s.counted(None, start, count, false, &l.while_token, |s, _| {
                s.guarded(guard, l, |s| {
                    let cond = s.scalar_expr(&l.cond, ScalarKind::Bool)?;
                    // Once it fails nothing changes any more, so that it goes on failing.
                    let body = |s: &mut Self| s.block(&l.body, Target::Value).map(|_| Meaning::Unit);
                    s.branch(cond, l, body, |_| Ok(Meaning::Unit)).map(|_| ())
                })
            })
        })
    }

    /// `loop { .. }`
    pub(super) fn endless(&mut self, l: &'a ExprLoop) -> Checked<Meaning<'a>> {
        let label = l.label.as_ref().map(|l| l.name.ident.to_string());
        let result = self.broken_values(&l.body, label.as_deref(), false);
        let mut left = None;
        self.with_exits(label, &l.body, |s, guard| {
            if let Some(this) = s.loops.last_mut() {
                this.result = result;
            }
            let done = s.until(guard, &l.loop_token, |s| s.block(&l.body, Target::Value).map(|_| None));
            left = s.loops.last_mut().and_then(|this| this.result.take());
            done
        })?;
        if super::exits::breaks(&l.body, l.label.as_ref()) {
            Ok(self.broken_meaning(left))
        } else {
            Ok(Meaning::Never)
        }
    }

    /// `ceil((end - first) / step)`, or none where the counter is past the end already.
    fn iterations(&mut self, first: Value, end: Value, step: i128, span: proc_macro2::Span) -> Value {
        let end = self.int_op(IntOp::Max, end, first, span);
        let room = self.int_op(IntOp::Sub, end, first, span);
        if step == 1 {
            return room;
        }
        let less = self.int(step - 1, span);
        let sum = self.int_op(IntOp::Add, room, less, span);
        let step = self.int(step, span);
        self.int_op(IntOp::Div, sum, step, span)
    }

    /// The bound of a `while` that is certain to make as many trips as its counter allows, or fewer, and to do nothing
    /// once its condition has failed: the counter is changed by one statement of the body, which no `continue` passes
    /// over; nothing changes the bound; to ask for the condition changes nothing.
    fn find_bound(&self, cond: &'a Expr, l: &'a ExprWhile) -> Option<Bound<'a>> {
        if self.is_pure(cond) { self.bound_in(cond, l) } else { None }
    }

    fn bound_in(&self, cond: &'a Expr, l: &'a ExprWhile) -> Option<Bound<'a>> {
        match cond {
            Expr::Paren(inner) => self.bound_in(&inner.expr, l),
            Expr::Group(inner) => self.bound_in(&inner.expr, l),
            Expr::Binary(binary) => {
                let (counter, bound, inclusive) = match binary.op {
                    BinOp::And(_) => {
                        return self.bound_in(&binary.left, l).or_else(|| self.bound_in(&binary.right, l));
                    }
                    BinOp::Lt(_) => (&binary.left, &binary.right, false),
                    BinOp::Le(_) => (&binary.left, &binary.right, true),
                    BinOp::Gt(_) => (&binary.right, &binary.left, false),
                    BinOp::Ge(_) => (&binary.right, &binary.left, true),
                    _ => return None,
                };
                let name = ident_of(counter)?;
                let Some(Binding::Var(var)) = self.lookup(&name) else { return None };
                let value = self.vars[var.0].current?;
                if self.program.kind(value) != ScalarKind::Int {
                    return None;
                }
                let step = counted_once(&name, l)?;
                let written = Written::of(&l.body);
                let names = integer_names(bound)?;
                let steady = !written.by_pattern
                    && written.times(&name) == 1
                    && names.iter().all(|(n, is_length)| {
                        *n != name && if *is_length { written.replaced(n) } else { written.times(n) } == 0
                    });
                steady.then_some(Bound { counter: *var, bound, inclusive, step })
            }
            _ => None,
        }
    }

    /// Whether an expression surely does nothing but give its value.
    fn is_pure(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Lit(_) | Expr::Path(_) => true,
            Expr::Paren(e) => self.is_pure(&e.expr),
            Expr::Group(e) => self.is_pure(&e.expr),
            Expr::Unary(e) => self.is_pure(&e.expr),
            Expr::Field(e) => self.is_pure(&e.base),
            Expr::Cast(e) => self.is_pure(&e.expr),
            Expr::Index(e) => self.is_pure(&e.expr) && self.is_pure(&e.index),
            Expr::Reference(e) => e.mutability.is_none() && self.is_pure(&e.expr),
            Expr::Binary(e) => {
                !super::syntax::op::assigns(&e.op) && self.is_pure(&e.left) && self.is_pure(&e.right)
            }
            Expr::MethodCall(e) => {
                let name = e.method.to_string();
                let known = is_real_method(&name) || PURE.contains(&name.as_str());
                known && self.is_pure(&e.receiver) && e.args.iter().all(|arg| self.is_pure(arg))
            }
            // a bound closure may change what it has captured
            Expr::Call(e) => {
                let free = matches!(&*e.func, Expr::Path(path) if !self.is_bound(path));
                free && e.args.iter().all(|arg| self.is_pure(arg))
            }
            _ => false,
        }
    }
}

/// Methods, beside those of reals, that change nothing.
const PURE: &[&str] =
    &["len", "is_empty", "pow", "abs", "min", "max", "clone", "powi", "is_nan", "is_finite"];

fn ident_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Paren(inner) => ident_of(&inner.expr),
        Expr::Group(inner) => ident_of(&inner.expr),
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// The step by which one statement of the body raises the counter, if no jump to the next iteration passes over it.
fn counted_once(name: &str, l: &ExprWhile) -> Option<i128> {
    let (at, step) = l.body.stmts.iter().enumerate().find_map(|(at, stmt)| match stmt {
        Stmt::Expr(expr, _) => increment(name, expr).map(|step| (at, step)),
        _ => None,
    })?;
    let label = l.label.as_ref().map(|l| l.name.ident.to_string());
    let skips = l.body.stmts[..at].iter().any(|stmt| Finder::continues(stmt, label.as_deref()));
    (!skips).then_some(step)
}

/// The step of `k += 2` or `k = k + 2`.
fn increment(name: &str, expr: &Expr) -> Option<i128> {
    let step = match expr {
        Expr::Binary(binary)
            if matches!(binary.op, BinOp::AddAssign(_)) && ident_of(&binary.left)? == name =>
        {
            &binary.right
        }
        Expr::Assign(assign) if ident_of(&assign.left)? == name => match &*assign.right {
            Expr::Binary(sum)
                if matches!(sum.op, BinOp::Add(_)) && ident_of(&sum.left).as_deref() == Some(name) =>
            {
                &sum.right
            }
            _ => return None,
        },
        _ => return None,
    };
    match &**step {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(n) => n.base10_parse().ok().filter(|n| *n > 0),
            _ => None,
        },
        _ => None,
    }
}

/// The variables of an integer expression that is the same as long as they are, and whether just their length is asked
/// for; nothing for any other expression.
fn integer_names(expr: &Expr) -> Option<Vec<(String, bool)>> {
    match expr {
        Expr::Paren(e) => integer_names(&e.expr),
        Expr::Group(e) => integer_names(&e.expr),
        Expr::Lit(_) => Some(Vec::new()),
        Expr::Path(path) => {
            Some(path.path.get_ident().map(|ident| (ident.to_string(), false)).into_iter().collect())
        }
        Expr::Cast(e) => integer_names(&e.expr),
        Expr::Unary(e) if matches!(e.op, UnOp::Neg(_)) => integer_names(&e.expr),
        Expr::Binary(e) if !super::syntax::op::assigns(&e.op) => {
            let mut names = integer_names(&e.left)?;
            names.extend(integer_names(&e.right)?);
            Some(names)
        }
        Expr::MethodCall(e) if e.method == "len" && e.args.is_empty() => {
            ident_of(&e.receiver).map(|name| vec![(name, true)])
        }
        _ => None,
    }
}

/// The names that a piece of syntax may write to, once for each place where it may, and those that it hides.
#[derive(Default)]
struct Written {
    names: Vec<String>,
    /// Those that are given another value as a whole: the length of others stays.
    replaced: Vec<String>,
    /// `ref mut` lends what no name here tells.
    by_pattern: bool,
}

impl Written {
    fn of(body: &syn::Block) -> Self {
        let mut written = Written::default();
        written.visit_block(body);
        written
    }

    fn times(&self, name: &str) -> usize {
        self.names.iter().filter(|other| *other == name).count()
    }

    fn replaced(&self, name: &str) -> usize {
        self.replaced.iter().filter(|other| *other == name).count()
    }

    fn left(&mut self, expr: &Expr) {
        match expr {
            Expr::Paren(e) => self.left(&e.expr),
            Expr::Group(e) => self.left(&e.expr),
            Expr::Index(e) => self.left(&e.expr),
            Expr::Field(e) => self.left(&e.base),
            Expr::Unary(e) => self.left(&e.expr),
            Expr::Tuple(e) => e.elems.iter().for_each(|part| self.left(part)),
            Expr::Array(e) => e.elems.iter().for_each(|part| self.left(part)),
            Expr::Struct(e) => e.fields.iter().for_each(|field| self.left(&field.expr)),
            other => self.names.extend(ident_of(other)),
        }
    }
}

impl<'ast> Visit<'ast> for Written {
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.left(&assign.left);
        self.replaced.extend(ident_of(&assign.left));
        syn::visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if super::syntax::op::assigns(&binary.op) {
            self.left(&binary.left);
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        if reference.mutability.is_some() {
            self.left(&reference.expr);
        }
        syn::visit::visit_expr_reference(self, reference);
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.by_pattern |= pat.by_ref.is_some() && pat.mutability.is_some();
        // another variable of the same name hides which one is counted
        self.names.push(pat.ident.to_string());
        self.replaced.push(pat.ident.to_string());
        syn::visit::visit_pat_ident(self, pat);
    }
}
