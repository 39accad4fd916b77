//! The class of a noise: what a method may rely on, read off the program that computes it.
//!
//! Decided in this order: no component depends on the state; there is one Wiener process; there is one for each component, and
//! each depends on no other component of the state; the processes commute, `(∂g_b/∂u) g_a = (∂g_a/∂u) g_b` for all columns.
//! Each is proved, or it is not claimed: by indices for any lengths ([`index`]), and where these are written out by exact algebra
//! ([`symbol`]) on what a run of the program writes ([`run`]).

mod columns;
mod field;
pub mod index;
pub mod poly;
pub mod run;
pub mod symbol;

use proc_macro2::Span;

use self::columns::Clash;
use self::columns::Columns;
use self::run::Written;
use self::symbol::Path;
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
