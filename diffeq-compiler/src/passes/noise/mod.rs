//! The class of a noise: what a method may rely on, read off the program that computes it.
//!
//! Decided in this order: no component depends on the state; there is one Wiener process; there is one for each component, and
//! each depends on no other component of the state; the processes commute, `(∂g_b/∂u) g_a = (∂g_a/∂u) g_b` for all columns.
//! Each is proved, or it is not claimed: by indices for any lengths ([`index`]), and where these are written out by exact algebra
//! ([`symbol`]) on what a run of the program writes ([`run`]).

mod field;
pub mod index;
pub mod run;
pub mod symbol;

use proc_macro2::Span;

use self::run::Written;
use self::symbol::Path;
use self::symbol::Poly;
use self::symbol::Segment;
use self::symbol::Symbols;
use self::symbol::written;
use crate::ir::Arg;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::function::Processes;
use crate::ir::visit;
use crate::passes::activity::Activity;
use crate::passes::structure::mentions;

/// A class of noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The noise does not depend on the state.
    Additive,
    /// One Wiener process drives all components.
    Scalar,
    /// Each component has a process of its own, and its noise depends on no other component.
    Diagonal,
    /// The order of the processes in time does not matter.
    Commutative,
    /// Nothing is known.
    General,
}

/// A class and why it is no narrower one.
#[derive(Debug, Clone)]
pub struct Found {
    /// The class.
    pub class: Class,
    /// Why: a sentence without its end.
    pub because: String,
    /// Where the user wrote what is the reason.
    pub span: Span,
    /// It is proved that the processes do not commute.
    pub refuted: bool,
}

/// The class of the noise that a program computes, which has no other output.
pub fn class(noise: &Program, processes: &Processes) -> Found {
    let (Some(Arg::Object(state)), Some(Output::Object(out))) = (noise.args.first(), noise.output()) else {
        let because = "nothing is known of it".into();
        return Found { class: Class::General, because, span: Span::call_site(), refuted: false };
    };
    Noise { program: noise, processes, state: *state, out }.class()
}

/// A program that computes a noise.
struct Noise<'p> {
    program: &'p Program,
    processes: &'p Processes,
    state: Obj,
    out: Obj,
}

impl Noise<'_> {
    fn class(&self) -> Found {
        if !mentions(self.program, Arg::Object(self.state)) {
            return self.additive();
        }
        let mut ran = run::run(self.program, self.out);
        if let Some((symbols, components)) = &mut ran
            && components.iter().all(|one| symbols.dependencies(&one.value).is_empty())
        {
            return self.additive();
        }
        let for_each = matches!(self.processes, Processes::OneForEach);
        let narrow = if is_one(self.program, self.out, self.processes) {
            Some(Class::Scalar)
        } else if for_each && index::goes_along(self.program, self.out) {
            Some(Class::Diagonal)
        } else {
            None
        };
        let Some((mut symbols, components)) = ran else {
            return match narrow {
                Some(class) => self.depends(class),
                None => self.untold(),
            };
        };
        let dependence = |symbols: &mut Symbols, on_another: bool| {
            components.iter().find_map(|one| {
                let asked = symbols.dependencies(&one.value);
                let path = asked.into_iter().find(|path| !on_another || *path != one.path)?;
                Some((one.clone(), path))
            })
        };
        let any = dependence(&mut symbols, false);
        let on_another = dependence(&mut symbols, true).filter(|_| for_each);
        let found = |class, reason: &Option<(Written, Path)>| match reason {
            Some((one, path)) => {
                let because = format!("`{}` depends on `{}`", self.entry(&one.path), self.component(path));
                Found { class, because, span: one.span, refuted: false }
            }
            None => self.depends(class),
        };
        if let Some(class) = narrow {
            return found(class, &any);
        }
        if for_each && on_another.is_none() {
            return found(Class::Diagonal, &any);
        }
        let columns = Columns { for_each, components: components.clone() };
        match columns.commute(&mut symbols) {
            Some(None) => found(Class::Commutative, &on_another.or(any)),
            Some(Some(Clash { one, first, second, by, proved })) => {
                let mut found = found(Class::General, &on_another);
                if !for_each {
                    let on = by.as_ref().map_or(written("u", &[]), |by| self.component(by));
                    found.because = format!("`{}` depends on `{on}`", self.entry(&one.path));
                    found.span = one.span;
                }
                let verdict = if proved { "do not commute" } else { "are not seen to commute" };
                found.because.push_str(&format!(": the Wiener processes {first} and {second} {verdict}"));
                Found { refuted: proved, ..found }
            }
            None => found(Class::General, &on_another.or(any)),
        }
    }

    fn entry(&self, path: &[Segment]) -> String {
        written(&self.program.objects[self.out.0].name, path)
    }

    fn component(&self, path: &[Segment]) -> String {
        written(&self.program.objects[self.state.0].name, path)
    }

    fn additive(&self) -> Found {
        let because = format!("`{}` does not depend on `{}`", self.entry(&[]), self.component(&[]));
        let span = self.program.objects[self.out.0].span;
        Found { class: Class::Additive, because, span, refuted: false }
    }

    /// Some component depends on the state, where it is not told which on which.
    fn depends(&self, class: Class) -> Found {
        let because = format!("`{}` depends on `{}`", self.entry(&[]), self.component(&[]));
        let span = self.first_dependent();
        Found { class, because, span, refuted: false }
    }

    /// The lengths or the calls leave too much open.
    fn untold(&self) -> Found {
        let because = match self.processes {
            Processes::OneForEach => {
                let (entry, own) = (self.entry(&[]), self.component(&[]));
                format!("`{entry}[i]` is not seen to depend on `{own}[i]` alone")
            }
            _ => "the Wiener processes are not seen to commute".into(),
        };
        Found { class: Class::General, because, span: self.first_dependent(), refuted: false }
    }

    /// Where something that depends on the state is written to the noise.
    fn first_dependent(&self) -> Span {
        let active = Activity::by(self.program, |n| n == 0);
        let mut span = None;
        visit::walk(&self.program.body, &mut |stmt| match stmt {
            Stmt::Store(place, v) | Stmt::Accumulate(place, v)
                if place.object == self.out && active.value(*v) =>
            {
                span = span.or(Some(self.program.info(*v).span));
            }
            _ => {}
        });
        span.unwrap_or(self.program.objects[self.out.0].span)
    }
}

/// Whether there is one Wiener process, as far as it is written.
fn is_one(noise: &Program, out: Obj, processes: &Processes) -> bool {
    match processes {
        Processes::OneForAll => true,
        Processes::Rows(count) => matches!(count, Len::Lit(1)),
        Processes::OneForEach => {
            let mut shape = &noise.objects[out.0].shape;
            while let Shape::Array(inner, Len::Lit(1)) = shape {
                shape = inner;
            }
            matches!(shape, Shape::Scalar(_))
        }
    }
}

/// A noise by its columns, one for each Wiener process.
struct Columns {
    for_each: bool,
    components: Vec<Written>,
}

/// Two processes that are not proved to commute.
struct Clash {
    /// A component of the noise in which they differ.
    one: Written,
    first: usize,
    second: usize,
    /// The component of the state by which the derivative is taken that does not vanish.
    by: Option<Path>,
    /// They do not.
    proved: bool,
}

impl Columns {
    /// The processes by their names: the component that each drives, or the last index of a row.
    fn processes(&self) -> Vec<Path> {
        let mut names: Vec<Path> = Vec::new();
        for one in &self.components {
            let name = match self.for_each {
                true => one.path.clone(),
                false => one.path.last().cloned().into_iter().collect(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// What drives a component of the state in a process.
    fn entry(&self, row: &Path, process: &Path) -> Option<&Written> {
        let path = match self.for_each {
            true if row == process => row.clone(),
            true => return None,
            false => [row.clone(), process.clone()].concat(),
        };
        self.components.iter().find(|one| one.path == path)
    }

    /// The rows: the components of the state that are driven.
    fn rows(&self) -> Vec<Path> {
        let mut rows: Vec<Path> = Vec::new();
        for one in &self.components {
            let row = match self.for_each {
                true => one.path.clone(),
                false => one.path[..one.path.len().saturating_sub(1)].to_vec(),
            };
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// `(L^a g_b)_row`, and a component by which a derivative was taken.
    fn along(&self, symbols: &mut Symbols, a: &Path, b: &Path, row: &Path) -> Option<(Poly, Option<Path>)> {
        let Some(entry) = self.entry(row, b) else { return Some((Poly::default(), None)) };
        let (value, mut sum, mut by) = (entry.value.clone(), Poly::default(), None);
        for path in symbols.dependencies(&value) {
            let slope = symbols.derivative(&value, &path)?;
            if let Some(driven) = self.entry(&path, a).map(|driven| driven.value.clone())
                && !driven.is_zero()
            {
                sum = sum.add(&slope.mul(&driven)?)?;
                by = by.or(Some(path));
            }
        }
        Some((sum, by))
    }

    /// Whether all processes are proved to commute; else two that are not. Nothing where it can't be told.
    fn commute(&self, symbols: &mut Symbols) -> Option<Option<Clash>> {
        let (processes, rows) = (self.processes(), self.rows());
        // every component that something depends on has a row
        let driven = self.components.iter().all(|one| {
            let asked = symbols.dependencies(&one.value);
            asked.iter().all(|path| rows.contains(path))
        });
        if !driven || processes.len().pow(2) * rows.len() > 4096 {
            return None;
        }
        let mut clash = None;
        for (k, a) in processes.iter().enumerate() {
            for b in &processes[..k] {
                for row in &rows {
                    let (one, by_one) = self.along(symbols, a, b, row)?;
                    let (other, by_other) = self.along(symbols, b, a, row)?;
                    let difference = one.sub(&other)?;
                    if symbols.proves_zero(&difference) {
                        continue;
                    }
                    let proved = symbols.proves_not_zero(&difference);
                    if clash.as_ref().is_some_and(|known: &Clash| known.proved || !proved) {
                        continue;
                    }
                    let (column, by) = if one.is_zero() { (a, by_other) } else { (b, by_one) };
                    let Some(entry) = self.entry(row, column).or_else(|| self.entry(row, a)) else {
                        continue;
                    };
                    let number = |name: &Path| match name.as_slice() {
                        [Segment::Index(n)] => *n as usize,
                        _ => processes.iter().position(|other| other == name).unwrap_or(0),
                    };
                    let (first, second) = (number(b), number(a));
                    clash = Some(Clash { one: entry.clone(), first, second, by, proved });
                }
            }
        }
        Some(clash)
    }
}
