//! What is known of an equation beside its values: does it depend on time, is it linear, is its Jacobian constant.

use crate::ir::Arg;
use crate::ir::CallResult;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::parts::Use;
use crate::ir::visit;
use crate::passes::activity::Activity;
use crate::passes::simplify::simplify_derivative;
use crate::passes::tangent::tangent_by;
use crate::rules::Prim;

/// Structure of `du/dt = f(u, p, t)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Structure {
    /// `f` does not depend on `t`.
    pub autonomous: bool,
    /// `df/du` does not depend on `u`, where it exists.
    pub constant_in_state: bool,
    /// `f` is affine in `u`.
    pub affine: bool,
    /// `df/du` depends on neither `u` nor `t`.
    pub constant_jacobian: bool,
}

/// Reads the structure off a simplified equation.
pub fn structure(program: &Program) -> Structure {
    let time = program.args.get(2).copied();
    let autonomous = !time.is_some_and(|t| mentions(program, t));
    // what is left computes df/du times a vector alone
    let derivative =
        simplify_derivative(tangent_by(program, |arg| arg == 0).program.tangents_alone()).program;
    let state = program.args.first().copied();
    let constant_in_state = !state.is_some_and(|u| mentions(&derivative, u));
    let affine = constant_in_state && !jumps(program);
    let constant_jacobian = constant_in_state && !time.is_some_and(|t| mentions(&derivative, t));
    Structure { autonomous, constant_in_state, affine, constant_jacobian }
}

/// Whether a program asks something of the state that has no derivative: a condition, an integer, a function that is flat
/// between its jumps. The remainder is one too, though it moves with its dividend.
fn jumps(program: &Program) -> bool {
    let moves = Activity::by(program, |arg| arg == 0);
    let mut found = false;
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Call(call) = stmt
            && let CallResult::Value(v) = call.result
        {
            found |= program.kind(v) != ScalarKind::Real && call.args.iter().any(|arg| moves.arg(arg));
        }
        let Stmt::Let(v, op) = stmt else { return };
        let active = op.operands().into_iter().any(|w| moves.value(w));
        found |= match op {
            Op::Prim(Prim::Rem, _) => active,
            Op::Prim(prim, args) => {
                prim.partials().iter().zip(args).any(|(partial, arg)| partial.is_none() && moves.value(*arg))
            }
            _ => active && program.kind(*v) != ScalarKind::Real,
        };
    });
    found
}

/// Whether a program reads an argument's value; asking for a length is not reading.
pub(super) fn mentions(program: &Program, arg: Arg) -> bool {
    let mut found = false;
    let object = |o: Obj| matches!(arg, Arg::Object(a) if a == o);
    let value = |v: Value| matches!(arg, Arg::Value(a) if a == v);
    visit::walk(&program.body, &mut |stmt| {
        found |= stmt.uses(|how| how.loads() && how != Use::Measure).into_iter().any(object);
    });
    found |= visit::read_within(&program.body).into_iter().any(value);
    found | program.results().filter_map(Output::value).any(value)
}
