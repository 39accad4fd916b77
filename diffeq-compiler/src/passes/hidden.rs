//! What jumps or bends at times that nobody finds, read off a program: where something that moves is compared or rounded, and
//! [`switches`](super::switches) has no formula for when.
//!
//! Moving means moving along: through conditions and integers nothing moves, it jumps where they do. Which arguments move what
//! is compared is all that is asked; whether that is a time, and a parameter, the caller knows.

use rustc_hash::FxHashSet as HashSet;

use crate::ir::Call;
use crate::ir::CmpOp;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;
use crate::passes::activity::Activity;
use crate::rules::Prim;

/// Arguments by their positions, a bit for each; the last bit is for all that come later.
pub type Mask = u64;

/// Where a program is not smooth.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    /// Where it jumps or bends, each by the arguments that move what decides there.
    pub sites: Vec<Mask>,
    /// Calls of helpers, which may do so, and what moves each of their arguments.
    pub calls: Vec<(Call, Vec<Mask>)>,
}

/// The bit of an argument.
pub fn bit(argument: usize) -> Mask {
    1 << argument.min(Mask::BITS as usize - 1)
}

/// All of a program but what is `found`.
pub fn hidden(program: &Program, found: &HashSet<Value>) -> Hidden {
    let (mut sites, mut calls) = (Vec::new(), Vec::new());
    visit::walk(&program.body, &mut |stmt| match stmt {
        Stmt::Let(v, op) if !found.contains(v) => sites.extend(site(program, op)),
        Stmt::Call(call) if !call.is_network() && !call.is_history() => calls.push(call.clone()),
        _ => {}
    });
    let mut hidden = Hidden::default();
    if sites.is_empty() && calls.is_empty() {
        return hidden;
    }
    let moves: Vec<_> = (0..program.args.len()).map(|i| Activity::by(program, |n| n == i)).collect();
    let mask = |asks: &dyn Fn(&Activity) -> bool| {
        moves.iter().enumerate().filter(|(_, moves)| asks(moves)).fold(0, |mask, (i, _)| mask | bit(i))
    };
    for decides in sites {
        let mask = mask(&|moves| decides.iter().any(|v| moves.value(*v)));
        if mask != 0 && !hidden.sites.contains(&mask) {
            hidden.sites.push(mask);
        }
    }
    for call in calls {
        let masks = call.args.iter().map(|arg| mask(&|moves| moves.arg(arg))).collect();
        hidden.calls.push((call, masks));
    }
    hidden
}

/// What an operation that is not smooth compares or rounds.
fn site(program: &Program, op: &Op) -> Option<Vec<Value>> {
    match op {
        Op::Cmp(CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge, a, b)
            if program.kind(*a) == ScalarKind::Real =>
        {
            Some(vec![*a, *b])
        }
        Op::ToInt(x, _) => Some(vec![*x]),
        Op::Prim(Prim::Rem | Prim::Max | Prim::Min | Prim::Abs, args) => Some(args.clone()),
        Op::Prim(prim, args) => {
            let partials = prim.partials();
            let flat = partials.iter().zip(args).filter(|(partial, _)| partial.is_none());
            let decides: Vec<_> = flat.map(|(_, arg)| *arg).collect();
            (!decides.is_empty()).then_some(decides)
        }
        _ => None,
    }
}
