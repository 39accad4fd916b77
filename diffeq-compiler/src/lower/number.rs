//! From the meaning of an expression to a scalar of the kind that its use asks for.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::operator::with_points;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::INTEGER_FOR_REAL;
use crate::diagnostics::catalogue::NOT_A_CONDITION;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::REAL_FOR_INTEGER;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Init;
use crate::ir::Op;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// The kind of a meaning, where it has one already.
    pub(super) fn kind(&self, meaning: &Meaning) -> Option<ScalarKind> {
        match meaning {
            Meaning::Scalar(value) => Some(self.program.kind(*value)),
            Meaning::Memory(Located { shape: Shape::Scalar(kind), .. }) => Some(*kind),
            // What an element of a constant is its use decides.
            Meaning::Memory(_) if self.is_open(meaning) => None,
            // Fields of `Components` and what helpers return are real unless something else is said.
            Meaning::Memory(located @ Located { shape: Shape::Unknown, .. }) => {
                let of_integers = self.call_of(located).is_some_and(|call| self.is_of_integers(call));
                (!of_integers).then_some(ScalarKind::Real)
            }
            Meaning::Variable(var, _) => self.vars[var.0].current.map(|value| self.program.kind(value)),
            _ => None,
        }
    }

    /// The call that has just made memory, where a call did.
    pub(super) fn call_of(&self, located: &Located) -> Option<&Call> {
        if located.hold != Hold::Fresh || !located.place.path.is_empty() {
            return None;
        }
        self.blocks.iter().rev().flatten().rev().find_map(|stmt| match stmt {
            Stmt::Call(call) if matches!(call.result, CallResult::Object(o) if o == located.place.object) => {
                Some(call)
            }
            _ => None,
        })
    }

    /// Whether it is an element, read where it stood, of an array that a helper returned.
    pub(super) fn is_element_of_result(&self, located: &Located) -> bool {
        let stmts = || self.blocks.iter().rev().flatten().rev();
        let copied = stmts().find_map(|stmt| match stmt {
            Stmt::Local(o, Init::From(from)) if *o == located.place.object => Some(from),
            _ => None,
        });
        let Some(from) = copied.filter(|_| located.hold == Hold::Fresh && located.place.path.is_empty())
        else {
            return false;
        };
        let returned = |call: &Call| {
            matches!(call.callee, Callee::Helper(..) | Callee::Method(_) | Callee::Associated(..))
                && matches!(call.result, CallResult::Object(o) if o == from.object)
        };
        matches!(located.shape, Shape::Unknown)
            && !from.path.is_empty()
            && from.path.iter().all(|step| matches!(step, Proj::Index(_)))
            && stmts().any(|stmt| matches!(stmt, Stmt::Call(call) if returned(call)))
    }

    /// Whether a helper is given no reals: what it returns is as likely an integer as a real.
    pub(super) fn is_of_integers(&self, call: &Call) -> bool {
        call.args.iter().all(|arg| match arg {
            CallArg::Value(v) => self.program.kind(*v) != ScalarKind::Real,
            CallArg::Place { place, .. } => self.program.is_discrete(place),
        })
    }

    /// The meaning as a scalar of a kind.
    pub(super) fn scalar(
        &mut self,
        meaning: Meaning<'a>,
        kind: ScalarKind,
        at: &dyn ToTokens,
    ) -> Checked<Value> {
        let span = at.to_token_stream().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
        match meaning {
            Meaning::Scalar(value) if self.program.kind(value) == kind => Ok(value),
            Meaning::Scalar(value) => Err(self.wrong_kind(value, kind, at)),
            Meaning::Const(path) => Ok(match kind {
                ScalarKind::Real => self.define(ScalarKind::Real, Op::RealNamed(path), span),
                ScalarKind::Int => self.define(ScalarKind::Int, Op::IntNamed(path), span),
                ScalarKind::Bool => self.opened(super::Open::Named(path), kind, span),
            }),
            Meaning::Open(open) => match kind {
                ScalarKind::Bool => Err(self.error(at, &NOT_A_CONDITION, &["a number"])),
                kind => Ok(self.opened(*open, kind, span)),
            },
            Meaning::Memory(Located { place, shape, .. }) => match shape {
                Shape::Scalar(stored) => {
                    let value = self.define(stored, Op::Load(place), span);
                    self.scalar(Meaning::Scalar(value), kind, at)
                }
                Shape::Unknown | Shape::Plain(_) => Ok(self.define(kind, Op::Load(place), span)),
                shape => {
                    let word = format!("an aggregate `{}`", types::describe(&shape));
                    let help =
                        "take one component, `a[0]`, or compute with all of them: `a.map(|x| ..)`, or a loop";
                    Err(self.error(at, &NOT_A_NUMBER, &[&word, help]))
                }
            },
            Meaning::Variable(var, _) => {
                let value = self.current(var, at)?;
                self.scalar(Meaning::Scalar(value), kind, at)
            }
            other => {
                let word = match other {
                    Meaning::Unit => "nothing `()`",
                    Meaning::Never => "a jump",
                    Meaning::Tuple(_) => "a tuple",
                    Meaning::Closure(_) => "a closure",
                    Meaning::View(_) => "a part of a slice",
                    Meaning::Option(..) | Meaning::Optional(_) => "an option",
                    Meaning::Ordering(..) => "an ordering",
                    _ => "an iterator",
                };
                let help = "an expression that gives a number stands here";
                Err(self.error(at, &NOT_A_NUMBER, &[word, help]))
            }
        }
    }

    fn wrong_kind(
        &mut self,
        value: Value,
        wanted: ScalarKind,
        at: &dyn ToTokens,
    ) -> crate::diagnostics::Reported {
        let written = types::text(at);
        let written = written.strip_prefix("- ").map_or(written.clone(), |number| format!("-{number}"));
        match (self.program.kind(value), wanted) {
            (ScalarKind::Int, ScalarKind::Real) => {
                if let Err(reported) = self.not_truncated(value) {
                    return reported;
                }
                let numbers = written.chars().all(|c| c.is_ascii_digit() || " _-+*()".contains(c));
                let literal = written.chars().all(|c| c.is_ascii_digit() || c == '_' || c == '-');
                let simple = written.chars().all(|c| c.is_alphanumeric() || c == '_');
                let help = match (literal, simple) {
                    (true, _) => format!("{written}.0"),
                    _ if numbers => with_points(&written),
                    (_, true) => format!("{written} as f64"),
                    _ => format!("({written}) as f64"),
                };
                self.error(at, &INTEGER_FOR_REAL, &[&help])
            }
            (ScalarKind::Real, ScalarKind::Int) => {
                let whole = written
                    .strip_suffix(".0")
                    .or(written.strip_suffix('.'))
                    .filter(|n| n.chars().all(|c| c.is_ascii_digit()));
                let help = match whole {
                    Some(whole) => format!("indices, counts and the exponent of `powi` are integers: write `{whole}`"),
                    None => "indices, counts and the exponent of `powi` are integers: `x as usize` cuts off what is behind the \
                             point, `powf` takes a real exponent"
                        .to_string(),
                };
                self.error(at, &REAL_FOR_INTEGER, &[&help])
            }
            (_, ScalarKind::Bool) => self.error(at, &NOT_A_CONDITION, &["a number"]),
            (_, _) => self.error(at, &NOT_A_NUMBER, &["a condition", "write `if c { 1.0 } else { 0.0 }`"]),
        }
    }

    /// The integers of an array have the type that is written beside it.
    pub(super) fn written_type(&mut self, located: &Located, ty: &types::Annotation) {
        let whole = located.place.path.iter().all(|proj| matches!(proj, Proj::Index(_)));
        if let (Some(int_type), true) = (&ty.int_type, whole) {
            self.program.objects[located.place.object.0].int_type = Some(int_type.clone());
        }
    }

    /// The expression as an integer.
    pub(super) fn int_expr(&mut self, expr: &'a Expr) -> Checked<Value> {
        self.scalar_expr(expr, ScalarKind::Int)
    }

    /// The expression as a scalar of a kind.
    pub(super) fn scalar_expr(&mut self, expr: &'a Expr, kind: ScalarKind) -> Checked<Value> {
        if let (Expr::Assign(_), ScalarKind::Bool) = (expr, kind) {
            return Err(self.error(expr, &NOT_A_CONDITION, &["an assignment"]));
        }
        let meaning = self.expr(expr)?;
        let value = self.scalar(meaning, kind, expr)?;
        self.spanned(value, expr);
        Ok(value)
    }

    /// A value made for an expression points at the whole of it.
    pub(super) fn spanned(&mut self, value: Value, expr: &Expr) {
        let info = &mut self.program.values[value.0];
        if info.name.is_none() {
            info.span = expr.span();
        }
    }

    /// The meaning as a scalar of its own kind; constants become real.
    pub(super) fn any_scalar(&mut self, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<Value> {
        let kind = self.kind(&meaning).unwrap_or(ScalarKind::Real);
        self.scalar(meaning, kind, at)
    }
}
