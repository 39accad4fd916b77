//! Partial derivatives from the table of rules, as statements.

use rustc_hash::FxHashMap as HashMap;

use crate::ir::Block;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Value;
use crate::rules::Expr;
use crate::rules::Prim;

/// The integer literals among a program's values; exponents are looked up here.
pub type Literals = HashMap<Value, i128>;

/// Adds to `block` the product of `weight` (a tangent or a cotangent) with each partial derivative of
/// `y = prim(args)` that `wanted` asks for; what is zero everywhere is left out.
pub fn products(
    program: &mut Program,
    block: &mut Block,
    prim: Prim,
    args: &[Value],
    y: Value,
    weight: impl Fn(usize) -> Option<Value>,
) -> Vec<(usize, Value)> {
    let mut products = Vec::new();
    if let (Prim::Mul, [x, other], Some(weight)) = (prim, args, weight(0))
        && x == other
    {
        // a square: what its factor takes part in twice is the weight
        let twice = program.prim(block, Prim::Add, &[weight, weight]);
        return vec![(0, program.prim(block, Prim::Mul, &[*x, twice]))];
    }
    for (i, partial) in prim.partials().into_iter().enumerate() {
        if let (Some(partial), Some(weight)) = (partial, weight(i)) {
            let product = if prim.is_singular() {
                let partial = value(program, block, &partial, args, y);
                program.prim(block, Prim::ZeroOrTimes, &[weight, partial])
            } else {
                times(program, block, &partial, args, y, weight)
            };
            products.push((i, product));
        }
    }
    products
}

/// `partial * weight`
fn times(
    program: &mut Program,
    block: &mut Block,
    partial: &Expr,
    args: &[Value],
    y: Value,
    weight: Value,
) -> Value {
    match partial {
        Expr::Const(1.0) => weight,
        Expr::Const(-1.0) => program.prim(block, Prim::Neg, &[weight]),
        Expr::Const(0.0) => program.define(block, ScalarKind::Real, Op::Real(0.0)),
        Expr::Prim(Prim::Neg, inner) => {
            let product = times(program, block, &inner[0], args, y, weight);
            program.prim(block, Prim::Neg, &[product])
        }
        // 1 / b times weight is a single division
        Expr::Prim(Prim::Div, parts) if matches!(parts[0], Expr::Const(1.0)) => {
            let divisor = value(program, block, &parts[1], args, y);
            program.prim(block, Prim::Div, &[weight, divisor])
        }
        // a quotient's partials share the weight over the divisor, in every quotient by it
        Expr::Prim(Prim::Mul, parts) if matches!(parts[1], Expr::Prim(Prim::Recip, _)) => {
            let inner = times(program, block, &parts[1], args, y, weight);
            let factor = value(program, block, &parts[0], args, y);
            program.prim(block, Prim::Mul, &[factor, inner])
        }
        // a choice between derivatives chooses between products, so that a zero stays a zero whatever the weight
        Expr::IfGe(parts) | Expr::IfEq(parts) => {
            let cmp = if matches!(partial, Expr::IfGe(_)) { CmpOp::Ge } else { CmpOp::Eq };
            let [left, right, then, otherwise] = &**parts;
            let left = value(program, block, left, args, y);
            let right = value(program, block, right, args, y);
            let cond = program.define(block, ScalarKind::Bool, Op::Cmp(cmp, left, right));
            let then = times(program, block, then, args, y, weight);
            let otherwise = times(program, block, otherwise, args, y, weight);
            program.define(block, ScalarKind::Real, Op::Select(cond, then, otherwise))
        }
        _ => {
            let partial = value(program, block, partial, args, y);
            program.prim(block, Prim::Mul, &[partial, weight])
        }
    }
}

fn value(program: &mut Program, block: &mut Block, expr: &Expr, args: &[Value], y: Value) -> Value {
    match expr {
        Expr::Arg(i) => args[*i],
        Expr::Result => y,
        Expr::Const(x) => program.define(block, ScalarKind::Real, Op::Real(*x)),
        Expr::Prim(prim, inner) => {
            let inner: Vec<Value> = inner.iter().map(|e| value(program, block, e, args, y)).collect();
            program.prim(block, *prim, &inner)
        }
        Expr::IfGe(parts) | Expr::IfEq(parts) => {
            let cmp = if matches!(expr, Expr::IfGe(_)) { CmpOp::Ge } else { CmpOp::Eq };
            let [left, right, then, otherwise] = &**parts;
            let [left, right, then, otherwise] =
                [left, right, then, otherwise].map(|e| value(program, block, e, args, y));
            let cond = program.define(block, ScalarKind::Bool, Op::Cmp(cmp, left, right));
            program.define(block, ScalarKind::Real, Op::Select(cond, then, otherwise))
        }
    }
}

/// `weight` times the derivative of `x.powi(n)`: `n x^(n - 1)`.
pub fn powi_product(
    program: &mut Program,
    block: &mut Block,
    literals: &Literals,
    x: Value,
    n: Value,
    weight: Value,
) -> Value {
    if let Some(&literal) = literals.get(&n) {
        let factor = program.define(block, ScalarKind::Real, Op::Real(literal as f64));
        let lower = program.define(block, ScalarKind::Int, Op::Int((literal - 1).max(i32::MIN.into())));
        program.values[lower.0].int_type = Some("i32".into());
        let power = program.define(block, ScalarKind::Real, Op::Powi(x, lower));
        let slope = program.prim(block, Prim::Mul, &[factor, power]);
        return program.prim(block, Prim::Mul, &[slope, weight]);
    }
    let one = program.define(block, ScalarKind::Int, Op::Int(1));
    // saturating: no float tells x^(-2^31) from x^(-2^31 - 1)
    let lower = program.define(block, ScalarKind::Int, Op::IntOp(IntOp::SaturatingSub, n, one));
    let factor = program.define(block, ScalarKind::Real, Op::FromInt(n));
    let power = program.define(block, ScalarKind::Real, Op::Powi(x, lower));
    let slope = program.prim(block, Prim::Mul, &[factor, power]);
    let product = program.prim(block, Prim::Mul, &[slope, weight]);
    // x^0 is constant, also at x = 0 where 0 * x^-1 would be a NaN
    let none = program.define(block, ScalarKind::Int, Op::Int(0));
    for exponent in [one, lower, none] {
        program.values[exponent.0].int_type = Some("i32".into());
    }
    let constant = program.define(block, ScalarKind::Bool, Op::Cmp(CmpOp::Eq, n, none));
    let zero = program.define(block, ScalarKind::Real, Op::Real(0.0));
    program.define(block, ScalarKind::Real, Op::Select(constant, zero, product))
}

/// The integer literals of a program.
pub fn literals(block: &Block) -> Literals {
    let mut literals = Literals::default();
    crate::ir::visit::walk(block, &mut |stmt| match stmt {
        crate::ir::Stmt::Let(v, Op::Int(n)) => _ = literals.insert(*v, *n),
        crate::ir::Stmt::Let(v, Op::IntNeg(a)) => {
            if let Some(n) = literals.get(a).copied() {
                literals.insert(*v, -n);
            }
        }
        _ => {}
    });
    literals
}
