//! Lets reversed loops run upwards where the order of their iterations does not matter: kinder to caches and to
//! vector units.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::ir::Block;
use crate::ir::CallResult;
use crate::ir::For;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;
use crate::rules::Prim;

/// Turns every reversed loop whose iterations only add to what the others do not read.
pub fn ascending(mut program: Program) -> Program {
    turn(&mut program.body);
    program
}

fn turn(block: &mut Block) {
    for stmt in block {
        match stmt {
            Stmt::For(l) => {
                turn(&mut l.body);
                l.reversed = l.reversed && !commutes(l);
            }
            Stmt::If(l) => {
                turn(&mut l.then);
                turn(&mut l.otherwise);
            }
            _ => {}
        }
    }
}

fn commutes(l: &For) -> bool {
    let (mut read, mut stored, mut added, mut born) =
        (HashSet::<Obj>::new(), HashSet::new(), HashSet::new(), HashSet::new());
    let mut ordered = false;
    let mut ops: HashMap<Value, &Op> = HashMap::new();
    visit::walk(&l.body, &mut |stmt| {
        ordered |= matches!(stmt, Stmt::Pop(_) | Stmt::PopAll(_) | Stmt::Push(_) | Stmt::PushAll(_));
        read.extend(stmt.loads());
        match stmt {
            Stmt::Let(v, op) => _ = ops.insert(*v, op),
            Stmt::Local(o, _) => _ = born.insert(*o),
            Stmt::Accumulate(p, _) | Stmt::AddAll(p, _) => _ = added.insert(p.object),
            // a reversed call adds to the cotangents of its arguments
            Stmt::Call(call) => {
                added.extend(stmt.writes());
                born.extend(call.bound().filter_map(|r| match r {
                    CallResult::Object(o) => Some(o),
                    CallResult::Value(_) => None,
                }));
            }
            _ => stored.extend(stmt.writes()),
        }
    });
    // a sum may be carried: each iteration adds to it, none looks at it
    let reads = visit::read_within(&l.body);
    let nexts: Vec<Value> = l.carried.iter().map(|c| c.next).collect();
    let sums = l.carried.iter().all(|c| {
        let once = reads.iter().chain(&nexts).filter(|v| **v == c.param).count() == 1;
        let grows = matches!(ops.get(&c.next),
            Some(Op::Prim(Prim::Add | Prim::Sub, args)) if args[0] == c.param || (args[1] == c.param && matches!(ops[&c.next], Op::Prim(Prim::Add, _))));
        once && grows
    });
    let hits = |written: &HashSet<Obj>| written.iter().any(|o| read.contains(o) && !born.contains(o));
    let overlaps = stored.iter().any(|o| !born.contains(o));
    !ordered && sums && !hits(&added) && !overlaps
}
