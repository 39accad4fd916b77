//! A whole function: it is given its arguments, its body is lowered, its result finds its way out.

use rustc_hash::FxHashMap as HashMap;

use proc_macro2::Span;
use quote::ToTokens;
use syn::ItemFn;
use syn::Pat;
use syn::spanned::Spanned;

use super::Following;
use super::Hold;
use super::Lowering;
use super::Meaning;
use super::Notes;
use super::Returns;
use super::Scope;
use super::Target;
use super::argument::hold;
use super::argument::name_of;
use super::exits;
use super::exits::Exit;
use super::undecided::Kinds;
use super::undecided::read;
use crate::diagnostics::Checked;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::Reported;
use crate::diagnostics::catalogue::MISSING_RETURN;
use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::function::Function;
use crate::parse::item::Argument;
use crate::parse::item::Equation;
use crate::parse::item::Head;
use crate::parse::item::Helper;
use crate::parse::item::Out;
use crate::parse::item::is_beside;
use crate::parse::types;

fn lowering<'a, 'd>(
    item: &'a ItemFn,
    head: &Head,
    kinds: &'d Kinds,
    diagnostics: &'d mut Diagnostics,
) -> Lowering<'a, 'd> {
    let signature = || item.sig.to_token_stream();
    let single = types::mentions(signature(), "f32");
    let mut program = Program::new(item.sig.ident.to_string());
    program.doubles = types::mentions(signature(), "f64") && !single;
    Lowering {
        program,
        diagnostics,
        blocks: vec![Block::new()],
        scopes: vec![Scope::default()],
        scope: 0,
        vars: Vec::new(),
        single,
        integers: Default::default(),
        known: HashMap::default(),
        replaced: HashMap::default(),
        loops: Vec::new(),
        aliases: Vec::new(),
        asked_option: false,
        is_statement: false,
        optionals: Vec::new(),
        returns: Returns::Nothing,
        returned: None,
        notes: Notes::default(),
        consts: head.consts.iter().map(|(ident, ty)| (ident.to_string(), ty.clone())).collect(),
        following: Vec::new(),
        closures: 0,
        expected: None,
        ends: HashMap::default(),
        kinds,
        inputs: Vec::new(),
        history: None,
        truncated: HashMap::default(),
        components: Vec::new(),
    }
}

/// Lowers the body of an equation.
pub fn equation(
    item: &ItemFn,
    head: Head,
    sig: &Equation,
    diagnostics: &mut Diagnostics,
) -> Checked<(Function, Notes)> {
    read(diagnostics, |kinds, diagnostics| any_equation(item, &head, sig, None, kinds, diagnostics))
}

/// Lowers the body of an equation with a history of that name, which becomes its last argument.
pub fn delayed(
    item: &ItemFn,
    head: Head,
    sig: &Equation,
    history: &proc_macro2::Ident,
    diagnostics: &mut Diagnostics,
) -> Checked<(Function, Notes)> {
    read(diagnostics, |kinds, diagnostics| any_equation(item, &head, sig, Some(history), kinds, diagnostics))
}

fn any_equation(
    item: &ItemFn,
    head: &Head,
    sig: &Equation,
    history: Option<&proc_macro2::Ident>,
    kinds: &Kinds,
    diagnostics: &mut Diagnostics,
) -> Checked<(Function, Notes)> {
    let mut lowering = lowering(item, head, kinds, diagnostics);
    let span = item.sig.ident.span();
    let u = lowering.input("u", &sig.u.pat, sig.state.clone(), true);
    let p = match &sig.p {
        Some(p) => lowering.input("p", &p.pat, p.ty.shape.clone(), true),
        None => {
            let object = lowering.program.object("p", sig.shapes().1, span);
            lowering.argument_object(object, true)
        }
    };
    let t_name = sig.t.as_ref().and_then(|t| name_of(&t.pat)).unwrap_or_else(|| "t".to_string());
    let t =
        lowering.program.value(ScalarKind::Real, Some(t_name), sig.t.as_ref().map_or(span, |t| t.pat.span()));
    let mut written: Vec<Obj> = sig.written.iter().map(|arg| lowering.written(arg)).collect();
    if written.is_empty() {
        let results = sig.outputs.iter().zip(["du", "noise"]);
        written = results.map(|(out, name)| lowering.program.object(name, out.shape.clone(), span)).collect();
    }
    for output in &written {
        lowering.program.objects[output.0].by_ref = true;
    }
    lowering.program.args = vec![Arg::Object(u), Arg::Object(p), Arg::Value(t)];
    if let Some(history) = history {
        let past = lowering.program.object(history.to_string(), Shape::Unknown, history.span());
        let past = lowering.argument_object(past, true);
        lowering.program.args.push(Arg::Object(past));
        let state = sig.state.clone();
        lowering.history = Some(super::history::History { name: history.to_string(), past, state });
    }
    lowering.program.outputs = written.iter().map(|output| Output::Object(*output)).collect();
    lowering.components = vec![(u, Vec::new()), (p, Vec::new())];

    lowering.following.push(Following::Stmts(&item.block.stmts));
    for (arg, output) in sig.written.iter().zip(&written) {
        lowering.give(arg, *output, Hold::Mutable);
    }
    lowering.give(&sig.u, u, hold(&sig.u));
    if let Some(arg) = &sig.p {
        lowering.give(arg, p, hold(arg));
    }
    if let Some(arg) = &sig.t {
        let bound = lowering.bind(&arg.pat, Meaning::Scalar(t), &arg.pat);
        lowering.note_input(&arg.pat);
        if bound.is_err() {
            lowering.break_names(&arg.pat);
        }
    }
    lowering.following.pop();
    let mut promised = sig.state.clone();
    if sig.written.is_empty() {
        let place = |(o, out): (&Obj, &Out)| (Place::whole(*o), out.shape.clone());
        let mut places: Vec<_> = written.iter().zip(&sig.outputs).map(place).collect();
        lowering.returns = match places.pop() {
            Some((place, shape)) if places.is_empty() => Returns::Memory(place, shape),
            last => {
                places.extend(last);
                promised = Shape::Tuple(places.iter().map(|(_, shape)| shape.clone()).collect());
                Returns::Several(places)
            }
        };
    }
    let finished = lowering.body(item, &promised);
    let mut names = std::mem::take(&mut lowering.components).into_iter().map(|(_, names)| names);
    let (state_names, param_names) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    finished?;
    let (program, notes) = lowering.finish();
    Ok((function(item, head.clone(), program, state_names, param_names), notes))
}

/// Lowers the body of a helper.
pub fn helper(
    item: &ItemFn,
    head: Head,
    sig: &Helper,
    diagnostics: &mut Diagnostics,
) -> Checked<(Function, Notes)> {
    read(diagnostics, |kinds, diagnostics| any_helper(item, &head, sig, kinds, diagnostics))
}

fn any_helper(
    item: &ItemFn,
    head: &Head,
    sig: &Helper,
    kinds: &Kinds,
    diagnostics: &mut Diagnostics,
) -> Checked<(Function, Notes)> {
    let mut lowering = lowering(item, head, kinds, diagnostics);
    lowering.following.push(Following::Stmts(&item.block.stmts));
    let mut failed = None;
    let args: Vec<Argument> = sig.args.iter().map(|arg| lowering.recognised(arg, item)).collect();
    let mut output = sig.output.clone();
    // Another name of a number is one wherever it stands.
    for (written, arg) in sig.args.iter().zip(&args) {
        if let (Shape::Struct(a), Shape::Struct(b)) = (&written.ty.shape, &sig.output.shape)
            && a.to_string() == b.to_string()
            && matches!(arg.ty.shape, Shape::Scalar(_))
        {
            output.shape = arg.ty.shape.clone();
            output.int_type = arg.ty.int_type.clone();
        }
    }
    if output.option {
        // `None` is what it is, and a value that nobody looks at.
        let inner = types::Annotation { option: false, ..output.clone() };
        let bool = types::Annotation {
            shape: Shape::Scalar(ScalarKind::Bool),
            int_type: None,
            parts: Vec::new(),
            ..inner.clone()
        };
        output.shape = Shape::Tuple(vec![Shape::Scalar(ScalarKind::Bool), output.shape]);
        output.int_type = None;
        output.parts = vec![bool, inner];
    }
    let sig = &Helper { args, output, returns: sig.returns };
    // What is lent to be changed is changed in memory of its own, and handed back beside the result.
    let mut lent = Vec::new();
    for arg in &sig.args {
        match &arg.ty.shape {
            Shape::Scalar(kind) if !arg.ty.by_ref => {
                let name = name_of(&arg.pat).unwrap_or_else(|| "x".to_string());
                let value = lowering.program.value(*kind, Some(name), arg.pat.span());
                lowering.program.values[value.0].int_type = arg.ty.int_type.clone();
                lowering.program.args.push(Arg::Value(value));
                if let Err(reported) = lowering.bind(&arg.pat, Meaning::Scalar(value), &arg.pat) {
                    failed = Some(reported);
                }
            }
            shape => {
                let object = lowering.input("x", &arg.pat, shape.clone(), arg.ty.by_ref);
                lowering.program.objects[object.0].int_type = arg.ty.int_type.clone();
                lowering.program.objects[object.0].part_types = part_types(&arg.ty);
                lowering.program.args.push(Arg::Object(object));
                let own = matches!(&arg.pat, Pat::Ident(ident)
                    if ident.ident == "self" && ident.mutability.is_some());
                if own {
                    // `mut self`: a copy of its own.
                    let copy = lowering.lend(arg, object).into_place();
                    lowering.bind_name("self", super::Binding::Alias(copy));
                } else if arg.ty.mutable {
                    lent.push((lowering.lend(arg, object), arg.ty.clone()));
                } else {
                    lowering.give(arg, object, hold(arg));
                }
            }
        }
    }
    lowering.following.pop();
    let shape = sig.output.shape.clone();
    let returns_early = exits::of_block(&item.block).contains(&Exit::Return);
    let result = match (&shape, returns_early) {
        _ if !sig.returns => {
            lowering.returns = Returns::Nothing;
            lowering.body(item, &shape).map(|()| Output::Object(Obj(0)))
        }
        (Shape::Scalar(kind), _) => {
            let span = item.sig.output.span();
            let start = match kind {
                ScalarKind::Real => lowering.real(0.0, span),
                ScalarKind::Int => lowering.int(0, span),
                ScalarKind::Bool => lowering.truth(false, span),
            };
            let var = lowering.var("", Some(start));
            lowering.returns = Returns::Scalar(var, *kind);
            let body = lowering.body(item, &shape);
            let value = lowering.vars[var.0].current.unwrap_or(start);
            let value = lowering.resolved(value);
            if let Some(declared) = &sig.output.int_type {
                lowering.program.values[value.0].int_type.get_or_insert_with(|| declared.clone());
            }
            body.map(|()| Output::Value(value))
        }
        (Shape::Tuple(_), _) | (_, true) => {
            let object = lowering.program.object("out", shape.clone(), item.sig.output.span());
            lowering.program.objects[object.0].int_type = sig.output.int_type.clone();
            lowering.program.objects[object.0].part_types = part_types(&sig.output);
            lowering.push(Stmt::Local(object, Init::Zeros));
            lowering.returns = Returns::Memory(Place::whole(object), shape.clone());
            lowering.body(item, &shape).map(|()| Output::Local(object))
        }
        (_, false) => lowering.aggregate_body(item, &sig.output),
    };
    match (failed, result) {
        (Some(reported), _) | (None, Err(reported)) => Err(reported),
        (None, Ok(output)) => {
            let output = match lent.is_empty() {
                true => output,
                false => lowering.handed_back(lent, output, sig),
            };
            lowering.program.outputs = vec![output];
            let (program, notes) = lowering.finish();
            let mut function = function(item, head.clone(), program, Vec::new(), Vec::new());
            function.part = sig.event_part();
            function.history = sig.history_part();
            Ok((function, notes))
        }
    }
}

/// The integer types of the parts of a tuple.
fn part_types(ty: &types::Annotation) -> Vec<Option<String>> {
    ty.parts.iter().map(|part| part.int_type.clone()).collect()
}

fn function(
    item: &ItemFn,
    head: Head,
    program: Program,
    states: Vec<String>,
    params: Vec<String>,
) -> Function {
    Function {
        program,
        ident: item.sig.ident.clone(),
        vis: item.vis.to_token_stream(),
        docs: head.docs,
        attrs: head.attrs,
        generic_params: head.generic_params,
        generic_args: head.generic_args,
        original: item.to_token_stream(),
        is_method: is_beside(item),
        has_receiver: item.sig.receiver().is_some(),
        state_names: states,
        assigned: Vec::new(),
        call: None,
        lengths: Default::default(),
        reach: None,
        part: None,
        history: None,
        noise: None,
        checked: None,
        param_names: params,
    }
}

impl<'a> Lowering<'a, '_> {
    /// The statements of the function, their value returned.
    fn body(&mut self, item: &'a ItemFn, output: &Shape) -> Checked<()> {
        if exits::of_block(&item.block).contains(&Exit::Return) {
            let unset = self.truth(false, Span::call_site());
            self.returned = Some(self.var("", Some(unset)));
        }
        let parent = self.scope;
        let end = self.scoped(parent, |s| {
            let hoisted = s.hoist(&item.block.stmts);
            let end = s.sequence(&item.block.stmts, Target::Return);
            hoisted.and(end)
        })?;
        let promised = !matches!(self.returns, Returns::Nothing);
        if promised && matches!(end, Meaning::Unit) {
            return Err(self.missing_return(item, output));
        }
        Ok(())
    }

    fn missing_return(&mut self, item: &ItemFn, output: &Shape) -> Reported {
        let words = [types::describe(output)];
        match item.block.stmts.last() {
            Some(last) => self.error(last, &MISSING_RETURN, &[&words[0]]),
            None => self.error(&item.block, &MISSING_RETURN, &[&words[0]]),
        }
    }

    /// The body of a helper that returns an aggregate at its end alone: its last value is the result.
    fn aggregate_body(&mut self, item: &'a ItemFn, output: &types::Annotation) -> Checked<Output> {
        let parent = self.scope;
        let meaning = self.scoped(parent, |s| {
            s.hoist(&item.block.stmts)?;
            match item.block.stmts.split_last() {
                Some((syn::Stmt::Expr(last, None), rest)) => {
                    let before = s.sequence(rest, Target::Value);
                    s.following.push(Following::Stmts(&[]));
                    // An alias may be one of a number.
                    let open = matches!(output.shape, Shape::Struct(_)) && !s.builds(last);
                    let meaning = match open {
                        true => s.expr(last).and_then(|meaning| match meaning {
                            Meaning::Scalar(_) => Ok(meaning),
                            other => s.coerced(other, output, last),
                        }),
                        false => s.expr_as(last, output),
                    };
                    s.following.pop();
                    before.and(meaning)
                }
                _ => {
                    let before = s.sequence(&item.block.stmts, Target::Value);
                    let missing = s.missing_return(item, &output.shape);
                    before.and(Err(missing))
                }
            }
        })?;
        if let Meaning::Scalar(value) = meaning {
            let path = types::struct_path(&output.shape).map(|path| types::text(path));
            if self.program.kind(value) == ScalarKind::Int {
                self.program.values[value.0].int_type = path;
            }
            return Ok(Output::Value(value));
        }
        let located = self.aggregate(meaning, Some(&output.shape), &item.sig.output)?;
        let object = &self.program.objects[located.place.object.0];
        if located.place.path.is_empty() && !object.read_only {
            self.written_type(&located, output);
            return Ok(Output::Local(located.place.object));
        }
        let object = self.program.object("out", output.shape.clone(), item.sig.output.span());
        self.program.objects[object.0].int_type = output.int_type.clone();
        self.push(Stmt::Local(object, Init::From(located.place)));
        Ok(Output::Local(object))
    }

    /// The program, once its body is complete.
    fn finish(self) -> (Program, Notes) {
        let replaced = self.replaced;
        let mut program = self.program;
        program.body = self.blocks.into_iter().next().unwrap_or_default();
        for stmt in &mut program.body {
            stmt.rename_reads(&mut |mut value| {
                while let Some(next) = replaced.get(&value) {
                    value = *next;
                }
                value
            });
        }
        crate::ir::integers::infer(&mut program);
        (program, self.notes)
    }
}
