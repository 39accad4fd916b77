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

/// Where a program is not smooth, each by the arguments that move what decides there.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    /// It may jump.
    pub jumps: Vec<Mask>,
    /// It goes on, but not as it did.
    pub bends: Vec<Mask>,
    /// Calls of helpers, which may do either, and what moves each of their arguments.
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
    for Site { decides, jumps } in sites {
        let mask = mask(&|moves| decides.iter().any(|v| moves.value(*v)));
        let of = if jumps { &mut hidden.jumps } else { &mut hidden.bends };
        if mask != 0 && !of.contains(&mask) {
            of.push(mask);
        }
    }
    for call in calls {
        let masks = call.args.iter().map(|arg| mask(&|moves| moves.arg(arg))).collect();
        hidden.calls.push((call, masks));
    }
    hidden
}

/// An operation that is not smooth.
struct Site {
    /// What it compares or rounds.
    decides: Vec<Value>,
    jumps: bool,
}

fn site(program: &Program, op: &Op) -> Option<Site> {
    let jumps = |decides| Some(Site { decides, jumps: true });
    match op {
        Op::Cmp(CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge, a, b)
            if program.kind(*a) == ScalarKind::Real =>
        {
            jumps(vec![*a, *b])
        }
        Op::ToInt(x, _) => jumps(vec![*x]),
        Op::Prim(Prim::Rem, args) => jumps(args.clone()),
        Op::Prim(Prim::Max | Prim::Min | Prim::Abs, args) => {
            Some(Site { decides: args.clone(), jumps: false })
        }
        Op::Prim(prim, args) => {
            let partials = prim.partials();
            let flat = partials.iter().zip(args).filter(|(partial, _)| partial.is_none());
            let decides: Vec<_> = flat.map(|(_, arg)| *arg).collect();
            (!decides.is_empty()).then_some(Site { decides, jumps: true })
        }
        _ => None,
    }
}
