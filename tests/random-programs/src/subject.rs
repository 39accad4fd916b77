//! A model behind one interface of flat numbers, so that the laws are compiled once and not for every program.

use diffeq::problem::Jacobian;
use diffeq::problem::Jvp;
use diffeq::problem::Pattern;
use diffeq::problem::Rhs;
use diffeq::problem::System;
use diffeq::problem::Vjp;
use diffeq::real::Dual;
use diffeq::space::Vector;
use diffeq::space::Workspace;

type State<F, T> = <F as System<T>>::State;
type Params<F, T> = <F as System<T>>::Params;
type D = Dual<f64, 1>;

/// Where a model is evaluated: state, parameters, time.
#[derive(Debug, Clone)]
pub struct Point {
    /// The reals of the state.
    pub u: Vec<f64>,
    /// Those of the parameters.
    pub p: Vec<f64>,
    /// The time.
    pub t: f64,
}

/// A model of any shape.
pub trait Subject {
    /// How many reals the state and the parameters have.
    fn lengths(&self) -> (usize, usize);
    /// The right-hand side.
    fn value(&self, at: &Point) -> Vec<f64>;
    /// The derivatives, where they are compiled.
    fn derivatives(&self) -> Option<&dyn Derivatives>;
}

/// Its derivatives.
pub trait Derivatives {
    /// The right-hand side by value.
    fn eval(&self, at: &Point) -> Vec<f64>;
    /// Value and directional derivative by dual numbers: the program itself, run on another scalar.
    fn dual(&self, at: &Point, v: &[f64]) -> (Vec<f64>, Vec<f64>);
    /// Value and directional derivative.
    fn jvp(&self, at: &Point, v: &[f64]) -> (Vec<f64>, Vec<f64>);
    /// The directional derivative alone.
    fn tangent(&self, at: &Point, v: &[f64]) -> Vec<f64>;
    /// `J^T w` by state, parameters and time, after one call, and after a second one that adds to it with the same
    /// workspace; then the part by the state alone.
    fn vjp(&self, at: &Point, w: &[f64]) -> [Vec<f64>; 3];
    /// The derivative by the state along `v`.
    fn state_jvp(&self, at: &Point, v: &[f64]) -> Vec<f64>;
    /// The derivative by time.
    fn time_gradient(&self, at: &Point) -> Vec<f64>;
    /// What each component can depend on.
    fn pattern(&self) -> Result<Pattern, String>;
    /// What is said of the structure: autonomous, linear.
    fn structure(&self) -> (bool, bool);
}

/// A model of which the value alone is compiled.
#[allow(missing_debug_implementations)]
pub struct Values<F: Rhs<f64>> {
    /// The model.
    pub f: F,
    /// A state and parameters.
    pub shapes: (State<F, f64>, Params<F, f64>),
}

/// A model with its derivatives.
#[allow(missing_debug_implementations)]
pub struct Derived<F: Rhs<f64> + Rhs<D>> {
    /// The model.
    pub f: F,
    /// A state and parameters.
    pub shapes: (State<F, f64>, Params<F, f64>),
    /// The same over dual numbers.
    pub duals: (State<F, D>, Params<F, D>),
}

fn filled<V: Vector<f64>>(shape: &V, from: &[f64]) -> V {
    let mut out = shape.zeros_like();
    out.as_mut_slice().copy_from_slice(from);
    out
}

fn value<F: Rhs<f64>>(f: &F, (u, p): &(State<F, f64>, Params<F, f64>), at: &Point) -> Vec<f64> {
    let mut du = u.zeros_like();
    Rhs::<f64>::rhs(f, &mut du, &filled(u, &at.u), &filled(p, &at.p), at.t);
    du.as_slice().to_vec()
}

impl<F: Rhs<f64>> Subject for Values<F> {
    fn lengths(&self) -> (usize, usize) {
        (self.shapes.0.as_slice().len(), self.shapes.1.as_slice().len())
    }

    fn value(&self, at: &Point) -> Vec<f64> {
        value(&self.f, &self.shapes, at)
    }

    fn derivatives(&self) -> Option<&dyn Derivatives> {
        None
    }
}

impl<F> Subject for Derived<F>
where
    F: Rhs<f64> + Rhs<D> + Jvp<f64> + Vjp<f64> + Jacobian<f64>,
{
    fn lengths(&self) -> (usize, usize) {
        (self.shapes.0.as_slice().len(), self.shapes.1.as_slice().len())
    }

    fn value(&self, at: &Point) -> Vec<f64> {
        value(&self.f, &self.shapes, at)
    }

    fn derivatives(&self) -> Option<&dyn Derivatives> {
        Some(self)
    }
}

impl<F> Derived<F>
where
    F: Rhs<f64> + Rhs<D> + Jvp<f64> + Vjp<f64> + Jacobian<f64>,
{
    fn at(&self, at: &Point) -> (State<F, f64>, Params<F, f64>) {
        (filled(&self.shapes.0, &at.u), filled(&self.shapes.1, &at.p))
    }

    /// A direction as tangents of state, parameters and time.
    fn along(&self, v: &[f64]) -> (State<F, f64>, Params<F, f64>, f64) {
        let (n, m) = self.lengths();
        (filled(&self.shapes.0, &v[..n]), filled(&self.shapes.1, &v[n..n + m]), v[n + m])
    }
}

impl<F> Derivatives for Derived<F>
where
    F: Rhs<f64> + Rhs<D> + Jvp<f64> + Vjp<f64> + Jacobian<f64>,
{
    fn eval(&self, at: &Point) -> Vec<f64> {
        let (u, p) = self.at(at);
        Rhs::<f64>::eval(&self.f, &u, &p, at.t).as_slice().to_vec()
    }

    fn dual(&self, at: &Point, v: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (n, m) = self.lengths();
        let (mut u, mut p) = (self.duals.0.zeros_like(), self.duals.1.zeros_like());
        let fill = |to: &mut [D], from: &[f64], tangents: &[f64]| {
            for ((x, primal), tangent) in to.iter_mut().zip(from).zip(tangents) {
                *x = Dual::new(*primal, [*tangent]);
            }
        };
        fill(u.as_mut_slice(), &at.u, &v[..n]);
        fill(p.as_mut_slice(), &at.p, &v[n..n + m]);
        let mut out = u.zeros_like();
        Rhs::<D>::rhs(&self.f, &mut out, &u, &p, Dual::new(at.t, [v[n + m]]));
        out.as_slice().iter().map(|x| (x.primal, x.tangents[0])).unzip()
    }

    fn jvp(&self, at: &Point, v: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let ((u, p), (u_dot, p_dot, t_dot)) = (self.at(at), self.along(v));
        let (mut out, mut du_dot) = (u.zeros_like(), u.zeros_like());
        Jvp::<f64>::jvp(&self.f, &mut out, &mut du_dot, &u, &u_dot, &p, &p_dot, at.t, t_dot);
        (out.as_slice().to_vec(), du_dot.as_slice().to_vec())
    }

    fn tangent(&self, at: &Point, v: &[f64]) -> Vec<f64> {
        let ((u, p), (u_dot, p_dot, t_dot)) = (self.at(at), self.along(v));
        let mut du_dot = u.zeros_like();
        Jvp::<f64>::tangent(&self.f, &mut du_dot, &u, &u_dot, &p, &p_dot, at.t, t_dot);
        du_dot.as_slice().to_vec()
    }

    fn vjp(&self, at: &Point, w: &[f64]) -> [Vec<f64>; 3] {
        let (u, p) = self.at(at);
        let (mut u_bar, mut p_bar, mut t_bar) = (u.zeros_like(), p.zeros_like(), 0.0);
        let mut work = Workspace::new();
        let mut seen = [Vec::new(), Vec::new()];
        for sum in &mut seen {
            let mut du_bar = filled(&self.shapes.0, w);
            let (u_bar, p_bar) = (&mut u_bar, &mut p_bar);
            Vjp::<f64>::vjp(&self.f, &mut du_bar, &u, &p, at.t, u_bar, p_bar, &mut t_bar, &mut work);
            *sum = [u_bar.as_slice(), p_bar.as_slice(), &[t_bar]].concat();
        }
        testkit::laws::check_kept(&self.f, &u, &p, at.t, w);
        let (mut du_bar, mut alone) = (filled(&self.shapes.0, w), u.zeros_like());
        Vjp::<f64>::state_vjp(&self.f, &mut du_bar, &u, &p, at.t, &mut alone, &mut work);
        let [once, twice] = seen;
        [once, twice, alone.as_slice().to_vec()]
    }

    fn state_jvp(&self, at: &Point, v: &[f64]) -> Vec<f64> {
        let (u, p) = self.at(at);
        let mut du_dot = u.zeros_like();
        Jacobian::<f64>::state_jvp(&self.f, &mut du_dot, &u, &filled(&self.shapes.0, v), &p, at.t);
        du_dot.as_slice().to_vec()
    }

    fn time_gradient(&self, at: &Point) -> Vec<f64> {
        let (u, p) = self.at(at);
        let mut df_dt = u.zeros_like();
        Jacobian::<f64>::time_gradient(&self.f, &mut df_dt, &u, &p, at.t);
        df_dt.as_slice().to_vec()
    }

    fn pattern(&self) -> Result<Pattern, String> {
        let (n, m) = self.lengths();
        Pattern::of(&self.f, n, m).map_err(|error| error.to_string())
    }

    fn structure(&self) -> (bool, bool) {
        (<F as Jacobian<f64>>::AUTONOMOUS, <F as Jacobian<f64>>::CONSTANT_IN_STATE)
    }
}
