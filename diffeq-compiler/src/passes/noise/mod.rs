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
use crate::ir::function::Processes;
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
    let found = |class, because: String, span| Found { class, because, span, refuted: false };
    let (Some(Arg::Object(state)), Some(Output::Object(out))) = (noise.args.first(), noise.output()) else {
        return found(Class::General, "nothing is known of it".into(), Span::call_site());
    };
    let (object, u) = (&noise.objects[out.0], noise.objects[state.0].name.as_str());
    if !mentions(noise, Arg::Object(*state)) {
        return found(Class::Additive, format!("`{}` does not depend on `{u}`", object.name), object.span);
    }
    let mut symbols = run::run(noise, out);
    if let Some((symbols, components)) = &mut symbols
        && components.iter().all(|one| symbols.dependencies(&one.value).is_empty())
    {
        return found(Class::Additive, format!("`{}` does not depend on `{u}`", object.name), object.span);
    }
    if is_one(noise, out, processes) {
        return found(Class::Scalar, "there is one Wiener process".into(), object.span);
    }
    let for_each = matches!(processes, Processes::OneForEach);
    let diagonal = || {
        found(
            Class::Diagonal,
            format!("each component of `{}` depends on its own of `{u}`", object.name),
            object.span,
        )
    };
    if for_each && index::goes_along(noise, out) {
        return diagonal();
    }
    let Some((mut symbols, components)) = symbols else {
        let because = match processes {
            Processes::OneForEach => {
                format!("the indices do not show that `{}[i]` depends on `{u}[i]` alone", object.name)
            }
            _ => "what its lengths or calls leave open does not show that the processes commute".into(),
        };
        return found(Class::General, because, object.span);
    };
    let beside = components.iter().find_map(|one| {
        let other = symbols.dependencies(&one.value).into_iter().find(|path| *path != one.path)?;
        Some((one.clone(), other))
    });
    let (name, out_name) = (|path: &Path| written(u, path), |path: &Path| written(&object.name, path));
    let mut because = "its rows are not a class of their own".to_string();
    let mut span = object.span;
    if for_each {
        match &beside {
            None => return diagonal(),
            Some((one, other)) => {
                because = format!("`{}` depends on `{}`", out_name(&one.path), name(other));
                span = one.span;
            }
        }
    }
    let columns = Columns { for_each, components };
    match columns.commute(&mut symbols) {
        Some(None) => found(Class::Commutative, "the Wiener processes commute".into(), object.span),
        Some(Some(Clash { one, first, second, by, proved })) => {
            if !for_each {
                let entry = out_name(&one.path);
                because = match by {
                    Some(by) => {
                        format!("`{entry}` depends on `{}`, which another Wiener process drives", name(&by))
                    }
                    None => format!("`{entry}` depends on `{u}`"),
                };
                span = one.span;
            }
            let why = match proved {
                true => format!("{because}: the Wiener processes {first} and {second} do not commute"),
                false => {
                    format!("{because}: that the Wiener processes {first} and {second} commute does not show")
                }
            };
            Found { class: Class::General, because: why, span, refuted: proved }
        }
        None => found(Class::General, because, span),
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
