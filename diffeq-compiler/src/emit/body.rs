//! One function: its names, and what its statements and expressions look up.

use rustc_hash::FxHashMap as HashMap;
use std::cell::Cell;

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::quote;

use super::arrays::Arrays;
use super::inline::Inline;
use super::literals::Found;
use super::literals::Literals;
use super::literals::tells;
use super::names::Names;
use super::paths;
use crate::ir::Arg;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::integers::Classes;
use crate::ir::parts::Use;
use crate::ir::visit;

/// Writes one program.
pub struct Body<'a> {
    pub(super) program: &'a Program,
    pub(super) inline: Inline,
    pub(super) arrays: Arrays,
    pub(super) names: Names,
    pub(super) ops: HashMap<Value, &'a Op>,
    /// The scalar type: `T`, or the type of dependencies.
    pub(super) scalar: TokenStream,
    /// The elements of arrays that are written out where they are given.
    pub(super) inputs: HashMap<Obj, &'a Init>,
    pub(super) written: rustc_hash::FxHashSet<Obj>,
    /// Which integers have one type, and which it is.
    pub(super) classes: Classes,
    /// For each class of integers on the workspace whose type only rustc knows, what keeps them.
    carriers: HashMap<usize, Ident>,
    /// The integers whose type rustc finds by itself.
    found: Found,
    /// Whether something around the expression that is being written tells the type of its integers.
    told: Cell<bool>,
    /// What is being written is cast and made of literals alone: rustc takes them for what they are cast to.
    pub(super) cast: Cell<bool>,
    /// Where networks keep what their derivatives need, by what they return.
    pub(super) kept: HashMap<Obj, Ident>,
    /// They find it there.
    pub(super) recalls: bool,
}

impl<'a> Body<'a> {
    /// Prepares a program whose function has these arguments.
    pub fn new(program: &'a Program, args: &[Arg], taken: &[&str], scalar: TokenStream) -> Self {
        let inline = Inline::of(program);
        let arrays = Arrays::of(program, &inline);
        let names = Names::of(program, &inline, &arrays, args, taken);
        let mut ops = HashMap::default();
        let mut inputs = HashMap::default();
        let mut written = rustc_hash::FxHashSet::default();
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::Let(v, op) = stmt {
                ops.insert(*v, op);
            }
            if let Stmt::Local(o, init) = stmt
                && arrays.is_input(*o)
            {
                inputs.insert(*o, init);
            }
            written.extend(stmt.uses(|how| how.writes() && how != Use::Birth));
        });
        let classes = Classes::of(program);
        let mut carriers = HashMap::default();
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::Push(v) | Stmt::Pop(v) = stmt
                && program.kind(*v) == ScalarKind::Int
                && classes.of_value(*v).is_none()
            {
                let number = carriers.len() + 1;
                let name = || Ident::new(&format!("integers_{number}"), Span::mixed_site());
                carriers.entry(classes.class(*v)).or_insert_with(name);
            }
        });
        let found = Literals::of(program, &inline, &ops, &classes, args).found();
        let (told, cast) = (Cell::new(false), Cell::new(false));
        Body {
            program,
            inline,
            arrays,
            names,
            ops,
            scalar,
            inputs,
            written,
            classes,
            carriers,
            found,
            told,
            cast,
            kept: HashMap::default(),
            recalls: false,
        }
    }

    /// The networks that return these objects keep what their derivatives need, or where it `recalls` find it.
    pub fn keeping(self, kept: HashMap<Obj, Ident>, recalls: bool) -> Self {
        Body { kept, recalls, ..self }
    }

    /// The statements.
    pub fn statements(&self) -> TokenStream {
        let integers = paths::item("Integers");
        let mut carriers: Vec<&Ident> = self.carriers.values().collect();
        carriers.sort();
        let body = self.block(&self.program.body);
        let items = &self.program.items;
        quote!(#items #(let #carriers = #integers::new();)* #body)
    }

    /// The scalar type.
    pub fn scalar(&self) -> &TokenStream {
        &self.scalar
    }

    /// What keeps an integer whose type only rustc knows.
    pub(super) fn carrier(&self, v: Value) -> Option<&Ident> {
        self.carriers.get(&self.classes.class(v))
    }

    /// The identifier of an argument.
    pub fn arg(&self, arg: Arg) -> TokenStream {
        match arg {
            Arg::Value(v) => {
                let name = self.names.value(v);
                quote!(#name)
            }
            Arg::Object(o) => {
                let name = self.names.object(o);
                quote!(#name)
            }
        }
    }

    /// The type of a value, where it is written out.
    pub(super) fn int_type(&self, v: Value) -> Option<TokenStream> {
        self.classes.of_value(v).and_then(|ty| ty.parse().ok())
    }

    /// What a literal carries: its type, unless it is `i32` or something around it tells.
    pub(super) fn suffix(&self, ty: Option<String>) -> String {
        ty.filter(|ty| !self.told.get() && (ty != "i32" || self.cast.get())).unwrap_or_default()
    }

    /// Writes an expression where the type of its integers is told by what is around it, or is not.
    pub(super) fn told<R>(&self, told: bool, write: impl FnOnce() -> R) -> R {
        let before = self.told.replace(told);
        let written = write();
        self.told.set(before);
        written
    }

    /// Whether what is around the expression that is being written tells the type of its integers.
    pub(super) fn is_told(&self) -> bool {
        self.told.get()
    }

    /// Whether the expression of an integer tells its type by itself.
    pub(super) fn tells(&self, v: Value) -> bool {
        tells(&self.inline, &self.ops, &self.classes, v)
    }

    /// Whether rustc finds the type of a variable by itself, so that its definition need not tell.
    pub(super) fn is_found(&self, v: Value) -> bool {
        self.found.value(v)
    }

    /// The same of the integers in memory.
    pub(super) fn is_found_in(&self, o: Obj) -> bool {
        self.found.object(o)
    }
}
