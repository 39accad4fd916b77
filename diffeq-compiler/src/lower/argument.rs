//! What a function is given: its arguments get their names, and what it changes of them is handed back.

use proc_macro2::Span;
use syn::ItemFn;
use syn::Pat;
use syn::spanned::Spanned;

use super::Following;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::guess::Guess;
use super::opaque;
use super::table;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::item::Argument;
use crate::parse::item::Helper;
use crate::parse::types;

pub(super) fn name_of(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(ident) => Some(ident.ident.to_string()),
        _ => None,
    }
}

pub(super) fn hold(arg: &Argument) -> Hold {
    if arg.ty.by_ref { Hold::Reference } else { Hold::Place }
}

impl<'a> Lowering<'a, '_> {
    /// An argument whose type is a name alone, with what its uses say: a number by another name, or an enum.
    pub(super) fn recognised(&self, arg: &Argument, item: &ItemFn) -> Argument {
        let mut arg = arg.clone();
        let (Shape::Struct(path), Some(name)) = (&arg.ty.shape, name_of(&arg.pat)) else { return arg };
        if opaque::is_opaque(&name, &item.block.stmts) {
            arg.ty.shape = Shape::Plain(path.clone());
        } else if !arg.ty.by_ref
            && let Some(Guess::Scalar(guessed)) = self.guess(&name)
        {
            let kind = match table::evidence(&name, Following::Stmts(&item.block.stmts)) {
                Some(table::Evidence::Kind(kind)) => kind,
                _ => guessed,
            };
            arg.ty.int_type = (kind == ScalarKind::Int).then(|| types::text(path));
            arg.ty.shape = Shape::Scalar(kind);
        }
        arg
    }

    /// Memory that an argument brings, and nobody writes.
    pub(super) fn input(&mut self, default: &str, pat: &Pat, shape: Shape, by_ref: bool) -> Obj {
        let name = name_of(pat).unwrap_or_else(|| default.to_string());
        let name = if name == "self" { "this".to_string() } else { name };
        let object = self.program.object(name, shape, pat.span());
        self.argument_object(object, by_ref)
    }

    /// Memory of the caller's that an equation writes.
    pub(super) fn written(&mut self, arg: &Argument) -> Obj {
        let name = name_of(&arg.pat).unwrap_or_else(|| "du".to_string());
        self.program.object(name, arg.ty.shape.clone(), arg.pat.span())
    }

    pub(super) fn argument_object(&mut self, object: Obj, by_ref: bool) -> Obj {
        self.program.objects[object.0].by_ref = by_ref;
        self.program.objects[object.0].read_only = true;
        object
    }

    /// Memory in which what is lent may be changed.
    pub(super) fn lend(&mut self, arg: &'a Argument, input: Obj) -> Located {
        let name = name_of(&arg.pat).unwrap_or_else(|| "x".to_string());
        let name = if name == "self" { "this".to_string() } else { name };
        let span = arg.pat.span();
        let shape = arg.ty.shape.clone();
        let object = self.program.object(&name, shape.clone(), span);
        self.program.objects[object.0].int_type = arg.ty.int_type.clone();
        match &shape {
            Shape::Scalar(kind) => {
                let value = self.define(*kind, Op::Load(Place::whole(input)), span);
                self.program.values[value.0].int_type = arg.ty.int_type.clone();
                self.push(Stmt::Local(object, Init::Filled(value)));
            }
            _ => self.push(Stmt::Local(object, Init::From(Place::whole(input)))),
        }
        let located = Located { place: Place::whole(object), shape, hold: Hold::Mutable };
        match &arg.pat {
            Pat::Ident(ident) if ident.subpat.is_none() => {
                self.bind_name(&ident.ident.to_string(), super::Binding::Alias(located.clone()));
            }
            pat => {
                if self.bind(pat, Meaning::Memory(located.clone()), pat).is_err() {
                    self.break_names(pat);
                }
            }
        }
        located
    }

    /// The result of a helper that changes what it is lent: all of that, then what the function itself returns.
    pub(super) fn handed_back(
        &mut self,
        lent: Vec<(Located, types::Annotation)>,
        output: Output,
        sig: &Helper,
    ) -> Output {
        let span = Span::call_site();
        let mut parts: Vec<Shape> = lent.iter().map(|(located, _)| located.shape.clone()).collect();
        let mut int_types: Vec<Option<String>> = lent.iter().map(|(_, ty)| ty.int_type.clone()).collect();
        let result = match output {
            _ if !sig.returns => None,
            Output::Value(v) => Some((Shape::Scalar(self.program.kind(v)), Meaning::Scalar(v))),
            Output::Object(o) | Output::Local(o) => {
                let shape = self.program.objects[o.0].shape.clone();
                let located = Located { place: Place::whole(o), shape: shape.clone(), hold: Hold::Place };
                Some((shape, Meaning::Memory(located)))
            }
        };
        if let Some((shape, _)) = &result {
            parts.push(shape.clone());
            int_types.push(sig.output.int_type.clone());
        }
        let object = self.program.object("changed", Shape::Tuple(parts), span);
        self.program.objects[object.0].part_types = int_types;
        self.push(Stmt::Local(object, Init::Zeros));
        let values = lent
            .into_iter()
            .map(|(located, _)| (located.shape.clone(), Meaning::Memory(located.into_place())));
        for (n, (shape, meaning)) in values.chain(result).enumerate() {
            let mut place = Place::whole(object);
            place.path.push(crate::ir::Proj::Field(n.to_string()));
            // Shapes are those of what is written.
            let _ = self.meaning_into(meaning, place, shape, &quote::quote!());
        }
        Output::Local(object)
    }

    /// Gives an argument's pattern its meaning.
    pub(super) fn give(&mut self, arg: &'a Argument, object: Obj, hold: Hold) {
        let located = Located { place: Place::whole(object), shape: arg.ty.shape.clone(), hold };
        let meaning = match (&located.shape, hold) {
            (Shape::Scalar(kind), Hold::Reference | Hold::Place) => {
                let kind = *kind;
                Meaning::Scalar(self.define(kind, Op::Load(located.place), arg.pat.span()))
            }
            _ => Meaning::Memory(located),
        };
        let scalar = matches!(meaning, Meaning::Scalar(_));
        if let (Meaning::Memory(located), Pat::Ident(ident)) = (&meaning, &arg.pat)
            && ident.mutability.is_none()
            && ident.by_ref.is_none()
        {
            // The argument itself.
            self.bind_name(&ident.ident.to_string(), super::Binding::Alias(located.clone()));
            return;
        }
        if self.bind(&arg.pat, meaning, &arg.pat).is_err() {
            self.break_names(&arg.pat);
        }
        if scalar {
            self.note_input(&arg.pat);
        }
    }

    /// A scalar argument that is not `mut` is no variable.
    pub(super) fn note_input(&mut self, pat: &Pat) {
        if let Pat::Ident(ident) = pat
            && ident.mutability.is_none()
            && let Some(super::Binding::Var(var)) = self.lookup(&ident.ident.to_string())
        {
            let var = *var;
            self.inputs.push(var);
        }
    }
}
