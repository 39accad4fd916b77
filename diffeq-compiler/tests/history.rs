//! Calls whose meaning is known only at run time: the state at an earlier time. Programs are written by hand, as nothing is
//! lowered to such a call yet; the oracle is the same function in plain Rust, over numbers that carry a derivative.

use std::ops::Add;
use std::ops::Mul;
use std::ops::Sub;

use diffeq_compiler::emit::Body;
use diffeq_compiler::ir::Arg;
use diffeq_compiler::ir::Asked;
use diffeq_compiler::ir::Block;
use diffeq_compiler::ir::Call;
use diffeq_compiler::ir::CallArg;
use diffeq_compiler::ir::CallResult;
use diffeq_compiler::ir::Callee;
use diffeq_compiler::ir::Carried;
use diffeq_compiler::ir::For;
use diffeq_compiler::ir::Form;
use diffeq_compiler::ir::Init;
use diffeq_compiler::ir::Len;
use diffeq_compiler::ir::Obj;
use diffeq_compiler::ir::Op;
use diffeq_compiler::ir::Output;
use diffeq_compiler::ir::Place;
use diffeq_compiler::ir::Program;
use diffeq_compiler::ir::ScalarKind;
use diffeq_compiler::ir::Shape;
use diffeq_compiler::ir::Stmt;
use diffeq_compiler::ir::Value;
use diffeq_compiler::ir::eval;
use diffeq_compiler::ir::eval::Datum;
use diffeq_compiler::ir::eval::Environment;
use diffeq_compiler::ir::print::print;
use diffeq_compiler::passes::adjoint::adjoint_by;
use diffeq_compiler::passes::factor::factor;
use diffeq_compiler::passes::simplify::simplify;
use diffeq_compiler::passes::simplify::simplify_derivative;
use diffeq_compiler::passes::sparsity::sparsity;
use diffeq_compiler::passes::tangent::tangent_by;
use diffeq_compiler::rules::Prim;
use proc_macro2::Span;
use quote::quote;

/// A number and its derivative.
#[derive(Clone, Copy)]
struct Dual(f64, f64);

impl Add for Dual {
    type Output = Dual;
    fn add(self, other: Dual) -> Dual {
        Dual(self.0 + other.0, self.1 + other.1)
    }
}

impl Sub for Dual {
    type Output = Dual;
    fn sub(self, other: Dual) -> Dual {
        Dual(self.0 - other.0, self.1 - other.1)
    }
}

impl Mul for Dual {
    type Output = Dual;
    fn mul(self, other: Dual) -> Dual {
        Dual(self.0 * other.0, self.0 * other.1 + self.1 * other.0)
    }
}

/// How often the past is asked in the loop.
const ROUNDS: usize = 3;

/// `u`, `p`, `t`, and the past: three coefficients for each of two components.
type Inputs<T> = ([T; 2], [T; 2], T, [[T; 3]; 2]);

/// The model: a lag that is a parameter, one that depends on the state, whole states of a constant lag, and lookups in a
/// loop, each of which asks at a time that depends on what was found before.
fn plain((u, p, t, past): Inputs<Dual>) -> [Dual; 2] {
    let constant = |x: f64| Dual(x, 0.0);
    let at = |time: Dual, k: usize| {
        let [a, b, c] = past[k];
        a + time * (b + time * c)
    };
    let parametric = at(t - p[1], 0);
    let moving = at(t - u[0] * u[1], 1);
    let half = t - constant(0.5);
    let whole = [at(half, 0), at(half, 1)];
    let mut found = u[1];
    for _ in 0..ROUNDS {
        found = at(t - found, 1) * p[0];
    }
    [p[0] * parametric * u[0] + whole[0] * whole[1], moving * parametric + found * u[0]]
}

/// What the program is made of.
struct Made {
    program: Program,
    past: Obj,
}

/// The same as a program; with `whole` the states of the constant lag are asked for at once.
fn model(whole: bool) -> Program {
    let mut program = Program::new("lagging");
    let real = |n| Shape::Array(Box::new(Shape::Scalar(ScalarKind::Real)), Len::Lit(n));
    let here = Span::call_site();
    let u = program.object("u", real(2), here);
    let p = program.object("p", real(2), here);
    let past = program.object("past", Shape::Unknown, here);
    let du = program.object("du", real(2), here);
    for object in [u, p, past] {
        program.objects[object.0].read_only = true;
    }
    for object in &mut program.objects {
        object.by_ref = true;
    }
    let t = program.value(ScalarKind::Real, Some("t".into()), here);
    program.args = vec![Arg::Object(u), Arg::Object(p), Arg::Value(t), Arg::Object(past)];
    program.outputs = vec![Output::Object(du)];
    let mut made = Made { program, past };
    let mut body = Block::new();
    let index: Vec<Value> = (0..2).map(|i| made.int(i, &mut body)).collect();
    let [u0, u1] = [0, 1].map(|i| made.load(u, index[i], &mut body));
    let [p0, p1] = [0, 1].map(|i| made.load(p, index[i], &mut body));

    let time = made.prim(Prim::Sub, &[t, p1], &mut body);
    let parametric = made.ask(time, index[0], &mut body);
    let lag = made.prim(Prim::Mul, &[u0, u1], &mut body);
    let time = made.prim(Prim::Sub, &[t, lag], &mut body);
    let moving = made.ask(time, index[1], &mut body);
    let lag = made.program.define(&mut body, ScalarKind::Real, Op::Real(0.5));
    let time = made.prim(Prim::Sub, &[t, lag], &mut body);
    let earlier = if whole {
        let state = made.program.object("earlier", real(2), here);
        body.push(made.call(time, None, CallResult::Object(state)));
        [0, 1].map(|i| made.load(state, index[i], &mut body))
    } else {
        [0, 1].map(|i| made.ask(time, index[i], &mut body))
    };

    let mut round = Block::new();
    let [param, result] = [(); 2].map(|()| made.program.fresh(ScalarKind::Real));
    let count = made.program.fresh(ScalarKind::Int);
    let time = made.prim(Prim::Sub, &[t, param], &mut round);
    let found = made.ask(time, index[1], &mut round);
    let next = made.prim(Prim::Mul, &[found, p0], &mut round);
    let end = made.int(ROUNDS as i128, &mut body);
    let carried = vec![Carried { param, init: u1, next, result }];
    body.push(Stmt::For(For {
        index: count,
        start: index[0],
        end,
        again: None,
        reversed: false,
        carried,
        body: round,
    }));

    let products = |made: &mut Made, factors: &[Value], body: &mut Block| {
        factors[1..].iter().fold(factors[0], |a, b| made.prim(Prim::Mul, &[a, *b], body))
    };
    let (a, b) =
        (products(&mut made, &[p0, parametric, u0], &mut body), products(&mut made, &earlier, &mut body));
    let first = made.prim(Prim::Add, &[a, b], &mut body);
    let (a, b) = (
        products(&mut made, &[moving, parametric], &mut body),
        products(&mut made, &[result, u0], &mut body),
    );
    let second = made.prim(Prim::Add, &[a, b], &mut body);
    body.push(Stmt::Store(Place::whole(du).index(index[0]), first));
    body.push(Stmt::Store(Place::whole(du).index(index[1]), second));
    made.program.body = body;
    made.program
}

impl Made {
    fn int(&mut self, n: i128, body: &mut Block) -> Value {
        self.program.define(body, ScalarKind::Int, Op::Int(n))
    }

    fn load(&mut self, o: Obj, index: Value, body: &mut Block) -> Value {
        self.program.define(body, ScalarKind::Real, Op::Load(Place::whole(o).index(index)))
    }

    fn prim(&mut self, prim: Prim, args: &[Value], body: &mut Block) -> Value {
        self.program.prim(body, prim, args)
    }

    /// A component at a time.
    fn ask(&mut self, time: Value, component: Value, body: &mut Block) -> Value {
        let value = self.program.fresh(ScalarKind::Real);
        body.push(self.call(time, Some(component), CallResult::Value(value)));
        value
    }

    fn call(&self, time: Value, component: Option<Value>, result: CallResult) -> Stmt {
        let past = CallArg::Place { place: Place::whole(self.past), by_ref: true };
        Stmt::Call(Call {
            callee: Callee::History(Span::call_site(), Asked::State),
            form: Form::Primal,
            args: [past, CallArg::Value(time)].into_iter().chain(component.map(CallArg::Value)).collect(),
            result,
            result_twin: None,
            twins: Vec::new(),
        })
    }
}

const POINT: Inputs<f64> = ([0.7, -0.4], [0.9, 0.3], 1.2, [[0.5, -0.8, 0.25], [1.1, 0.6, -0.3]]);

/// Along which the inputs move.
const ALONG: Inputs<f64> = ([0.3, 1.1], [-0.6, 0.8], 0.4, [[0.2, -0.5, 0.7], [-0.9, 0.1, 0.35]]);

fn data((u, p, t, past): Inputs<f64>) -> Vec<Datum> {
    vec![Datum::from(u), Datum::from(p), Datum::from(t), Datum::from(past)]
}

/// The inputs by their numbers, those that do not move with a derivative of zero.
fn moving(chosen: impl Fn(usize) -> bool, along: Inputs<f64>) -> [Dual; 2] {
    let move_by = |n: usize, x: f64, dx: f64| Dual(x, if chosen(n) { dx } else { 0.0 });
    let pair = |n: usize, x: [f64; 2], dx: [f64; 2]| [0, 1].map(|i| move_by(n, x[i], dx[i]));
    let past = [0, 1].map(|i| [0, 1, 2].map(|k| move_by(3, POINT.3[i][k], along.3[i][k])));
    plain((pair(0, POINT.0, along.0), pair(1, POINT.1, along.1), move_by(2, POINT.2, along.2), past))
}

fn run(program: &Program, args: &[Datum], outputs: Vec<Datum>) -> Vec<Vec<f64>> {
    match eval::run_all(program, args, outputs, &Environment::default()) {
        Ok(results) => results.iter().map(Datum::reals).collect(),
        Err(error) => panic!("{error}\n{}", print(program)),
    }
}

fn near(found: &[f64], expected: &[f64], program: &Program) {
    let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-13 * b.abs().max(1.0));
    assert!(near && found.len() == expected.len(), "{found:?} {expected:?}\n{}", print(program));
}

/// All inputs; the state alone, as a solver's Jacobian; state and past, as the way back through a solve; the lag alone.
const CHOICES: [&[usize]; 4] = [&[0, 1, 2, 3], &[0], &[0, 3], &[1]];

#[test]
fn the_past_has_a_value() {
    let nan = || vec![Datum::from([f64::NAN; 2])];
    let expected = moving(|_| false, ALONG).map(|x| x.0);
    for whole in [false, true] {
        let program = model(whole);
        near(&run(&program, &data(POINT), nan())[0], &expected, &program);
        let program = simplify(program);
        near(&run(&program, &data(POINT), nan())[0], &expected, &program);
    }
}

#[test]
fn the_past_has_a_tangent() {
    for (whole, chosen) in [false, true].into_iter().flat_map(|whole| CHOICES.map(|chosen| (whole, chosen))) {
        let moves = |n: usize| chosen.contains(&n);
        let expected = moving(moves, ALONG);
        let forward = tangent_by(&model(whole), moves);
        let mut program = forward.program;
        program.args.extend(forward.dots.iter().flatten());
        let args = [data(POINT), data(ALONG)].concat();
        let nan = || vec![Datum::from([f64::NAN; 2]); 2];
        let simple = factor(simplify_derivative(program.clone()));
        for program in [program, simple] {
            let found = run(&program, &args, nan());
            near(&found[0], &expected.map(|x| x.0), &program);
            near(&found[1], &expected.map(|x| x.1), &program);
        }
    }
}

#[test]
fn the_past_has_a_cotangent() {
    let weights = [0.8, -1.3];
    for (whole, chosen) in [false, true].into_iter().flat_map(|whole| CHOICES.map(|chosen| (whole, chosen))) {
        let moves = |n: usize| chosen.contains(&n);
        let reverse = adjoint_by(&model(whole), moves);
        let mut program = reverse.program;
        program.outputs = reverse.bars.iter().flatten().map(|bar| Output::Object(*bar)).collect();
        program.args.extend(reverse.seeds.iter().flatten());
        let zeros = data(([0.0; 2], [0.0; 2], 0.0, [[0.0; 3]; 2]));
        let bars: Vec<Datum> = chosen.iter().map(|n| zeros[*n].clone()).collect();
        let args = [data(POINT), bars.clone(), vec![Datum::from(weights)]].concat();
        let found = run(&program, &args, bars).concat();

        // by each of the reals that the derivative is taken by
        let expected: Vec<f64> = (0..11)
            .filter(|k| moves([0, 0, 1, 1, 2, 3, 3, 3, 3, 3, 3][*k]))
            .map(|k| {
                let one = |n: usize| if n == k { 1.0 } else { 0.0 };
                let past = [[one(5), one(6), one(7)], [one(8), one(9), one(10)]];
                let along = ([one(0), one(1)], [one(2), one(3)], one(4), past);
                let slope = moving(|_| true, along);
                weights[0] * slope[0].1 + weights[1] * slope[1].1
            })
            .collect();
        near(&found, &expected, &program);
    }
}

/// An earlier state is no present one: du/du has an entry only where the time of a lookup depends on the state.
#[test]
fn the_past_is_in_no_pattern_but_by_its_time() {
    for whole in [false, true] {
        let program = sparsity(&model(whole)).expect("a pattern");
        let text = print(&program);
        assert!(!text.contains("history"), "{text}");
    }
}

/// What becomes of memory that a whole state is put into, and changed.
#[test]
fn a_state_of_the_past_may_be_changed() {
    let mut program = model(true);
    let earlier =
        program.objects.iter().position(|object| object.name == "earlier").map(Obj).expect("memory");
    // `earlier[0] += earlier[1]` after the call
    let at = program.body.iter().position(|stmt| stmt.writes().contains(&earlier)).expect("a call") + 1;
    let mut more = Block::new();
    let [zero, one] = [0, 1].map(|i| program.define(&mut more, ScalarKind::Int, Op::Int(i)));
    let place = |i| Place::whole(earlier).index(i);
    let added = program.define(&mut more, ScalarKind::Real, Op::Load(place(one)));
    more.push(Stmt::Accumulate(place(zero), added));
    program.body.splice(at..at, more);
    // a copy that nobody changes
    let copy = program.object("copy", program.objects[earlier.0].shape.clone(), Span::call_site());
    program.body.insert(at, Stmt::Local(copy, Init::From(Place::whole(earlier))));

    // the second component times itself is what is more, and this moves with the time
    let (half, [a, b, c]) = (POINT.2 - 0.5, POINT.3[1]);
    let (second, speed) = (a + half * (b + half * c), b + 2.0 * half * c);
    let (more, more_by_t) = (second * second, 2.0 * second * speed);
    let nan = || vec![Datum::from([f64::NAN; 2])];
    let value = run(&program, &data(POINT), nan()).concat();
    let expected = moving(|_| false, ALONG).map(|x| x.0);
    near(&value, &[expected[0] + more, expected[1]], &program);
    let reverse = adjoint_by(&program, |n| n == 2);
    let mut backward = reverse.program;
    backward.outputs = reverse.bars.iter().flatten().map(|bar| Output::Object(*bar)).collect();
    backward.args.extend(reverse.seeds.iter().flatten());
    let args = [data(POINT), vec![Datum::from(0.0), Datum::from([1.0, 0.0])]].concat();
    let along = ([0.0; 2], [0.0; 2], 1.0, [[0.0; 3]; 2]);
    let by_t = moving(|_| true, along)[0].1 + more_by_t;
    near(&run(&backward, &args, vec![Datum::from(0.0)]).concat(), &[by_t], &backward);
}

/// Generated code asks a trait; each form has what a helper's has, and the past may rest.
#[test]
fn the_past_is_asked_by_a_trait() {
    let written = |program: &Program, args: &[Arg]| {
        Body::new(program, args, &["work_1"], quote!(T)).statements().to_string().replace(' ', "")
    };
    let (one, all) = (model(false), model(true));
    assert!(written(&one, &one.args).contains("History::component_value(past_1,t_1-"));
    assert!(written(&all, &all.args).contains("History::state_value(past_1,t_1-"));
    let still = tangent_by(&one, |n| n == 0);
    let args = [one.args.clone(), still.dots.into_iter().flatten().collect()].concat();
    assert!(written(&still.program, &args).contains("History::component_jvp(past_1,&(),t_1-"));
    let reverse = adjoint_by(&one, |_| true);
    let args = [reverse.program.args.clone(), reverse.seeds.into_iter().flatten().collect()].concat();
    let text = written(&reverse.program, &args);
    assert!(
        text.contains("History::component_vjp(past_1,t_1-") && text.contains("past_bar_1,&mut"),
        "{text}"
    );
}

/// Nothing is made of what was made of a program: second derivatives are taken with dual numbers.
#[test]
#[should_panic(expected = "the derivative of a derivative's call")]
fn a_derivative_has_no_derivative() {
    let first = tangent_by(&model(false), |_| true);
    let _ = adjoint_by(&first.program, |_| true);
}
