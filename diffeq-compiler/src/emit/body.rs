//! One function: its names, and what its statements and expressions look up.

use std::collections::HashMap;

use proc_macro2::Literal;
use proc_macro2::TokenStream;
use quote::quote;

use super::arrays::Arrays;
use super::expression::Prec;
use super::inline::Inline;
use super::names::Names;
use super::paths;
use crate::ir::Binding;
use crate::ir::CallResult;
use crate::ir::Init;
use crate::ir::Kind;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
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
    pub(super) written: std::collections::HashSet<Obj>,
}

impl<'a> Body<'a> {
    /// Prepares a program whose function has these arguments.
    pub fn new(program: &'a Program, args: &[Binding], taken: &[&str], scalar: TokenStream) -> Self {
        let inline = Inline::of(program);
        let arrays = Arrays::of(program, &inline);
        let names = Names::of(program, &inline, &arrays, args, taken);
        let mut ops = HashMap::new();
        let mut inputs = HashMap::new();
        let mut written = std::collections::HashSet::new();
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::Let(v, op) = stmt {
                ops.insert(*v, op);
            }
            if let Stmt::Local(o, init) = stmt
                && arrays.is_input(*o)
            {
                inputs.insert(*o, init);
            }
            if !matches!(stmt, Stmt::Local(..)) {
                let bound: Vec<Obj> = match stmt {
                    Stmt::Call(call) => call
                        .bound()
                        .filter_map(|r| match r {
                            CallResult::Object(o) => Some(o),
                            CallResult::Value(_) => None,
                        })
                        .collect(),
                    _ => vec![],
                };
                written.extend(stmt.writes().into_iter().filter(|o| !bound.contains(o)));
            }
        });
        Body { program, inline, arrays, names, ops, scalar, inputs, written }
    }

    /// The statements.
    pub fn statements(&self) -> TokenStream {
        self.block(&self.program.body)
    }

    /// The identifier of an argument.
    pub fn arg(&self, arg: Binding) -> TokenStream {
        match arg {
            Binding::Value(v) => {
                let name = self.names.value(v);
                quote!(#name)
            }
            Binding::Object(o) => {
                let name = self.names.object(o);
                quote!(#name)
            }
        }
    }

    /// A value where it is returned.
    pub fn result(&self, v: Value) -> TokenStream {
        self.expr(v, Prec::Loose)
    }

    /// The type of a shape.
    pub fn ty(shape: &Shape, scalar: &TokenStream) -> TokenStream {
        match shape {
            Shape::Scalar(Kind::Real) => scalar.clone(),
            Shape::Scalar(Kind::Int) => quote!(usize),
            Shape::Scalar(Kind::Bool) => quote!(bool),
            Shape::Array(inner, len) => {
                let inner = Self::ty(inner, scalar);
                let len = length(len);
                quote!([#inner; #len])
            }
            Shape::Slice(inner) => {
                let inner = Self::ty(inner, scalar);
                quote!([#inner])
            }
            Shape::Struct(path) => {
                let components = paths::item("Components");
                quote!(<#path as #components>::Of<#scalar>)
            }
            Shape::Tuple(parts) => {
                let parts = parts.iter().map(|part| Self::ty(part, scalar));
                quote!((#(#parts,)*))
            }
            Shape::Plain(path) => path.clone(),
            Shape::Unknown => quote!(_),
        }
    }
}

/// The type that a caller owns: a slice is a `Vec`.
pub fn owned(shape: &Shape, scalar: &TokenStream) -> TokenStream {
    match shape {
        Shape::Slice(inner) => {
            let inner = Body::ty(inner, scalar);
            quote!(Vec<#inner>)
        }
        _ => Body::ty(shape, scalar),
    }
}

/// The number of elements of an array, as tokens.
pub fn length(len: &Len) -> TokenStream {
    match len {
        Len::Lit(n) => {
            let n = Literal::usize_unsuffixed(*n);
            quote!(#n)
        }
        Len::Expr(e) => e.clone(),
        Len::Inferred => quote!(_),
    }
}
