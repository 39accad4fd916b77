//! What only the whole program tells: which components are assigned, read too early, or out of range.

mod bounds;
mod cells;
mod integers;
mod lengths;
mod number;
mod reach;
mod run;

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Span;

use self::cells::Ledger;
use self::run::Found;
use self::run::Run;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::BELOW_ZERO;
use crate::diagnostics::catalogue::DERIVATIVE_NOT_ALWAYS_ASSIGNED;
use crate::diagnostics::catalogue::DERIVATIVE_NOT_ASSIGNED;
use crate::diagnostics::catalogue::DERIVATIVE_READ_FIRST;
use crate::diagnostics::catalogue::INDEX_OUT_OF_RANGE;
use crate::diagnostics::catalogue::UNUSED_STATE;
use crate::ir::Arg;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::function::Function;
use crate::ir::function::Length;
use crate::ir::reach::Reach;
use crate::ir::visit;
use crate::lower::Notes;
use crate::parse::types;

/// What const generics and run-time lengths stand for: numbers with many divisors, a power of two, and an odd one.
const SAMPLES: [i128; 4] = [12, 24, 16, 15];

/// Lengths at which whatever depends on the length differs: the shortest one also skips code for longer ones.
const DIFFERENT: [i128; 3] = [1, 12, 24];

/// A way out of the function, with what is assigned there.
struct End {
    ledger: Ledger,
    /// The `return`; nothing for the end of the body.
    at: Option<Span>,
}

/// Checks an equation; `in_place` where the function itself writes the derivative.
pub fn equation(function: &mut Function, notes: &Notes, in_place: bool, diagnostics: &mut Diagnostics) {
    let program = &function.program;
    let written: Vec<Obj> = program.outputs.iter().filter_map(|output| output.object()).collect();
    unused_state(program, diagnostics);
    let outputs = if in_place { written.as_slice() } else { &[] };
    let [Arg::Object(u), Arg::Object(p), ..] = *program.args.as_slice() else { return };
    let indices = Indices::of(program, notes);
    // A slice that is written is as long as the state.
    let state = indices.least_length(&[&[u], written.as_slice()].concat());
    let params = indices.least_length(&[p]);
    let exact = (state > 0 && written.iter().all(|o| indices.are_constant(*o))).then_some(state);
    let Some((found, ends, exactly)) = best_run(program, notes, outputs, exact) else { return };
    function.lengths = [Length { least: state, exact: exactly }, Length { least: params, exact: false }];
    let program = &function.program;
    out_of_range(program, &found, diagnostics);
    function.reach = remaining(program, &found, diagnostics);
    for (place, span) in &found.read_first {
        let written = describe(program, place);
        diagnostics.error_at(*span, &DERIVATIVE_READ_FIRST, &[&written, part(program, place.object)]);
    }
    if found.read_first.is_empty() {
        for output in outputs {
            unassigned(program, *output, &found, &ends, diagnostics);
        }
    }
    let last = ends.last().map(|end| &end.ledger);
    let cells = outputs.iter().filter_map(|output| last?.of(*output));
    function.assigned = cells.map(|cells| cells.assigned(found.sampled)).collect();
}

/// Checks a helper.
pub fn helper(function: &mut Function, notes: &Notes, diagnostics: &mut Diagnostics) {
    if let Some((found, ..)) = best_run(&function.program, notes, &[], None) {
        out_of_range(&function.program, &found, diagnostics);
        function.reach = remaining(&function.program, &found, diagnostics);
    }
}

/// What the run could not tell of the indices, since it did not know the lengths.
fn remaining(program: &Program, found: &Found, diagnostics: &Diagnostics) -> Option<Reach> {
    (found.sampled && diagnostics.is_empty()).then(|| reach::reach(program)).flatten()
}

/// The run that finds least: with sample lengths, only what goes wrong for every sample is wrong. Where nothing but the
/// `exact` length of the state will do, it is that; then it is said so.
fn best_run(
    program: &Program,
    notes: &Notes,
    outputs: &[Obj],
    exact: Option<usize>,
) -> Option<(Found, Vec<End>, bool)> {
    let mut best: Option<(usize, Found, Vec<End>, bool)> = None;
    let exact = exact.map(|length| (length as i128, true));
    for (sample, exactly) in SAMPLES.map(|sample| (sample, false)).into_iter().chain(exact) {
        let mut run = Run::new(program, notes, outputs, sample);
        run.run().ok()?;
        let exits = std::mem::take(&mut run.exits).into_iter();
        let mut ends: Vec<End> = exits.map(|(ledger, at)| End { ledger, at: Some(at) }).collect();
        ends.push(End { ledger: run.ledger.clone(), at: None });
        let missing = |end: &End| {
            let missing = end.ledger.cells().map(|cells| cells.missing());
            missing.map(|(never, sometimes)| never.len() + sometimes.len()).sum::<usize>()
        };
        let wrong = run.found.read_first.len() + ends.iter().map(missing).sum::<usize>();
        let sampled = run.found.sampled;
        // Where the length is known, its components can be named.
        run.found.sampled &= !exactly;
        if best.as_ref().is_none_or(|(least, ..)| wrong < *least) {
            best = Some((wrong, run.found, ends, exactly));
        }
        if !sampled || wrong == 0 {
            break;
        }
    }
    best.map(|(_, found, ends, exactly)| (found, ends, exactly))
}

/// The indices into slices.
struct Indices {
    /// The largest one for each value that is the same whatever the lengths.
    constant: HashMap<(Obj, Value), i128>,
    /// The slices with others.
    varying: HashSet<Obj>,
}

impl Indices {
    fn of(program: &Program, notes: &Notes) -> Self {
        let runs = DIFFERENT.map(|sample| {
            let mut run = Run::new(program, notes, &[], sample);
            run.run().ok().map(|()| run.indices)
        });
        let Some(runs) = runs.into_iter().collect::<Option<Vec<_>>>() else {
            // Nothing is known of a run that gave up.
            return Self {
                constant: HashMap::default(),
                varying: (0..program.objects.len()).map(Obj).collect(),
            };
        };
        let (mut constant, mut varying) = (HashMap::default(), HashSet::default());
        for (place, index) in runs.iter().flatten() {
            if runs.iter().all(|run| run.get(place) == Some(index)) {
                constant.insert(*place, *index);
            } else if runs[1..].iter().any(|run| run.get(place) != runs[1].get(place)) {
                // What the shortest alone does not reach is the same for all that reach it.
                varying.insert(place.0);
            }
        }
        Self { constant, varying }
    }

    /// How long slices must be for the constant ones.
    fn least_length(&self, slices: &[Obj]) -> usize {
        let indices = self.constant.iter().filter(|((slice, _), _)| slices.contains(slice));
        indices.filter_map(|(_, index)| usize::try_from(index + 1).ok()).max().unwrap_or(0)
    }

    /// Whether a slice is only ever indexed by constants.
    fn are_constant(&self, slice: Obj) -> bool {
        !self.varying.contains(&slice)
    }
}

fn unused_state(program: &Program, diagnostics: &mut Diagnostics) {
    let Some(Arg::Object(u)) = program.args.first() else { return };
    let object = &program.objects[u.0];
    let mut used = object.name.starts_with('_');
    // A delayed equation may look at earlier states alone.
    visit::walk(&program.body, &mut |stmt| {
        used |= stmt.loads().contains(u) || matches!(stmt, Stmt::Call(call) if call.is_history());
    });
    if !used {
        diagnostics.error_at(object.span, &UNUSED_STATE, &[&object.name, &object.name]);
    }
}

fn out_of_range(program: &Program, found: &Found, diagnostics: &mut Diagnostics) {
    for (value, n) in &found.below_zero {
        let span = program.info(*value).span;
        diagnostics.error_at(span, &BELOW_ZERO, &[&written(program, *value), &n.to_string()]);
    }
    for case in &found.out_of_range {
        let base = Place { object: case.place.object, path: case.place.path[..case.step].to_vec() };
        let written = describe(program, &base);
        if case.index < 0 {
            let index = match &case.place.path[case.step] {
                Proj::Index(index) => self::written(program, *index),
                _ => written,
            };
            diagnostics.error_at(case.span, &BELOW_ZERO, &[&index, &case.index.to_string()]);
            continue;
        }
        let last = format!("the last one is `{written}[{}]`", case.length.saturating_sub(1));
        let words = [case.index.to_string(), written, case.length.to_string(), last];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        diagnostics.error_at(case.span, &INDEX_OUT_OF_RANGE, &words);
    }
}

fn unassigned(program: &Program, output: Obj, found: &Found, ends: &[End], diagnostics: &mut Diagnostics) {
    let object = &program.objects[output.0];
    let Some(last) = ends.last().and_then(|end| end.ledger.of(output)) else { return };
    let never = last.missing().0;
    let dims = last.dims();
    if !never.is_empty() {
        let words = listed(&object.name, &never, found.sampled, dims);
        let advice = match part(program, output) {
            "noise" => "noise; one without noise gets `0.0`",
            _ => "derivative; one that does not change gets `0.0`",
        };
        diagnostics.error_at(object.span, &DERIVATIVE_NOT_ASSIGNED, &[&words, advice]);
        return;
    }
    if found.uncertain {
        return;
    }
    for end in ends {
        let Some(cells) = end.ledger.of(output) else { continue };
        let (never, sometimes) = cells.missing();
        let some: Vec<Vec<usize>> = never.into_iter().chain(sometimes).collect();
        let span = end.at.or(found.uneven.last().copied()).unwrap_or(object.span);
        if !some.is_empty() {
            let words = listed(&object.name, &some, found.sampled, dims);
            diagnostics.error_at(span, &DERIVATIVE_NOT_ALWAYS_ASSIGNED, &[&words]);
            return;
        }
        let parts: Vec<String> =
            cells.missing_parts().iter().map(|part| format!("`{}{part}`", object.name)).collect();
        if !parts.is_empty() {
            let verb = if parts.len() == 1 { "is" } else { "are" };
            let words = format!("{} {verb}", parts.join(", "));
            diagnostics.error_at(span, &DERIVATIVE_NOT_ALWAYS_ASSIGNED, &[&words]);
            return;
        }
    }
}

/// What an output is called.
fn part(program: &Program, output: Obj) -> &'static str {
    let second = program.outputs.get(1).and_then(|output| output.object());
    if second == Some(output) { "noise" } else { "derivative" }
}

/// `` `du[1]`, `du[2]` are ``
fn listed(name: &str, missing: &[Vec<usize>], sampled: bool, dims: &[usize]) -> String {
    if sampled {
        // The lengths are not known: the ends of the array can be named, what lies between can't.
        return match missing {
            [one] if one.iter().all(|i| *i == 0) => format!("`{name}[0]` is"),
            [one] if one.len() == 1 && one[0] + 1 == dims[0] => format!("the last component of `{name}` is"),
            [first, last] if first[..] == [0] && last[..] == [dims[0] - 1] => {
                format!("`{name}[0]` and the last component of `{name}` are")
            }
            [first, ..] => {
                let such: String = first.iter().map(|i| format!("[{i}]")).collect();
                format!("some components of `{name}`, such as `{name}{such}`, are")
            }
            [] => format!("some components of `{name}` are"),
        };
    }
    let shown: Vec<String> = missing
        .iter()
        .take(3)
        .map(|indices| format!("`{name}{}`", indices.iter().map(|i| format!("[{i}]")).collect::<String>()))
        .collect();
    let shown = if shown.len() == 1 && dims.is_empty() { vec![format!("`{name}`")] } else { shown };
    let more = if missing.len() > 3 { format!(" and {} more", missing.len() - 3) } else { String::new() };
    format!("{}{more} {}", shown.join(", "), if missing.len() == 1 { "is" } else { "are" })
}

fn describe(program: &Program, place: &Place) -> String {
    let mut out = program.objects[place.object.0].name.clone();
    for proj in &place.path {
        match proj {
            Proj::Index(value) => {
                out.push_str(&format!("[{}]", written(program, *value)));
            }
            Proj::Field(name) => out.push_str(&format!(".{name}")),
            Proj::Range(..) => out.push_str("[..]"),
            Proj::Matches(_) | Proj::Part(..) => {}
        }
    }
    out
}

/// An integer as the user wrote it, as far as that can be seen.
fn written(program: &Program, value: Value) -> String {
    let mut ops: HashMap<Value, &Op> = HashMap::default();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Let(v, op) = stmt {
            ops.insert(*v, op);
        }
    });
    in_words(program, &ops, value, false)
}

fn in_words(program: &Program, ops: &HashMap<Value, &Op>, value: Value, tight: bool) -> String {
    if let (Some(name), false) = (&program.info(value).name, matches!(ops.get(&value), Some(Op::Int(_)))) {
        return name.clone();
    }
    let of = |v: Value| in_words(program, ops, v, true);
    match ops.get(&value) {
        Some(Op::Int(n)) => n.to_string(),
        Some(Op::IntNamed(path)) => types::text(path),
        Some(Op::Len(place)) => format!("{}.len()", describe(program, place)),
        Some(Op::Load(place)) => describe(program, place),
        Some(Op::IntOp(op, a, b)) if op.method().chars().all(|c| !c.is_alphanumeric()) => {
            let text = format!("{} {} {}", of(*a), op.method(), of(*b));
            if tight { format!("({text})") } else { text }
        }
        Some(Op::IntOp(op, a, b)) => format!("{}.{}({})", of(*a), op.method(), of(*b)),
        Some(Op::Cast(a, ty)) if ty.to_string() == "_" => of(*a),
        Some(Op::Cast(a, ty)) => format!("{} as {ty}", of(*a)),
        _ => "..".to_string(),
    }
}
