//! Arrays and structs that are written out: a tree of what they are made of, and how it comes into memory.

use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::ExprStruct;
use syn::Member;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::syntax::expr::as_from_fn;
use super::syntax::expr::fills;
use super::syntax::expr::has_length;
use super::syntax::expr::unwrapped;
use crate::diagnostics::Checked;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;

/// A literal whose parts have been computed, so that writing it reads nothing.
enum Tree<'a> {
    Leaf(Meaning<'a>, &'a Expr),
    Node(Vec<Tree<'a>>, &'a Expr),
    Repeat(Box<Tree<'a>>, Len, &'a Expr),
    Struct { path: TokenStream, fields: Vec<(String, Tree<'a>)>, rest: Option<Place> },
}

impl<'a> Lowering<'a, '_> {
    /// A literal of a shape that is known, or not.
    fn tree(&mut self, expr: &'a Expr, wanted: Option<&Shape>) -> Checked<Tree<'a>> {
        let inner = match wanted {
            Some(Shape::Array(inner, _)) => Some(&**inner),
            _ => None,
        };
        match expr {
            Expr::Paren(paren) => self.tree(&paren.expr, wanted),
            Expr::Group(group) => self.tree(&group.expr, wanted),
            Expr::Array(array) => {
                let parts: Vec<_> = array.elems.iter().map(|e| self.tree(e, inner)).collect();
                Ok(Tree::Node(parts.into_iter().collect::<Checked<_>>()?, expr))
            }
            Expr::Repeat(repeat) => {
                let part = self.tree(&repeat.expr, inner)?;
                Ok(Tree::Repeat(Box::new(part), self.known_length(types::length(&repeat.len)), expr))
            }
            Expr::Struct(literal) => self.struct_tree(literal),
            _ => {
                if let Some(shape @ Shape::Array(..)) = wanted {
                    match fills(expr) {
                        true => self.expected = Some(shape.clone()),
                        false => self.expect(expr, Some(shape.clone())),
                    }
                }
                let meaning = self.expr(expr)?;
                Ok(Tree::Leaf(meaning, expr))
            }
        }
    }

    fn struct_tree(&mut self, literal: &'a ExprStruct) -> Checked<Tree<'a>> {
        let mut fields = Vec::new();
        let mut failed = None;
        for field in &literal.fields {
            let name = match &field.member {
                Member::Named(ident) => ident.to_string(),
                Member::Unnamed(index) => index.index.to_string(),
            };
            // What a field is only rustc knows.
            let unknown = Shape::Array(Box::new(Shape::Unknown), Len::Inferred);
            self.expect(unwrapped(&field.expr), Some(unknown).filter(|_| !fills(&field.expr)));
            match self.tree(&field.expr, None) {
                Ok(tree) => fields.push((name, tree)),
                Err(reported) => failed = Some(reported),
            }
        }
        let rest = match &literal.rest {
            Some(rest) if is_default(rest) => {
                let path = &literal.path;
                Some(self.table(&quote!(<#path>::default()), rest.span()).place)
            }
            Some(rest) => {
                let meaning = self.expr(rest)?;
                Some(self.aggregate(meaning, None, rest)?.place)
            }
            None => None,
        };
        match failed {
            Some(reported) => Err(reported),
            None => Ok(Tree::Struct { path: literal.path.to_token_stream(), fields, rest }),
        }
    }

    /// The shape of a literal: where nothing tells what a part is it is what is expected, or else a number. Fields and
    /// what helpers return are numbers unless something else is said, and constants are real.
    fn tree_shape(&self, tree: &Tree, expected: Option<&Shape>) -> Shape {
        let inner = match expected {
            Some(Shape::Array(inner, _)) => Some(&**inner),
            Some(Shape::Unknown) => expected,
            _ => None,
        };
        match (self.told_shape(tree), tree) {
            (Some(shape), _) => shape,
            (None, Tree::Node(parts, _)) => {
                // A part that is written as an aggregate says what the others are.
                let written = parts.iter().find(|part| !matches!(part, Tree::Leaf(..))).or(parts.first());
                let inner =
                    written.map_or(Shape::Scalar(ScalarKind::Real), |part| self.tree_shape(part, inner));
                Shape::Array(Box::new(inner), Len::Lit(parts.len()))
            }
            (None, Tree::Repeat(part, len, _)) => {
                Shape::Array(Box::new(self.tree_shape(part, inner)), len.clone())
            }
            (None, Tree::Leaf(meaning, at)) => match expected {
                Some(shape) if shape.is_told() || !self.is_open(meaning) => shape.clone(),
                _ => Shape::Scalar(self.kinds.of(*at)),
            },
            (None, Tree::Struct { .. }) => Shape::Scalar(ScalarKind::Real),
        }
    }

    /// The shape of a literal as far as its parts tell it.
    fn told_shape(&self, tree: &Tree) -> Option<Shape> {
        match tree {
            Tree::Leaf(Meaning::Memory(Located { shape: Shape::Unknown, .. }), _) => None,
            Tree::Leaf(Meaning::Memory(located), _) => Some(located.shape.clone()),
            Tree::Leaf(meaning, _) if self.is_open(meaning) => None,
            Tree::Leaf(meaning, _) => Some(self.part_shape(meaning)),
            Tree::Node(parts, _) => {
                // Where one part is an integer by mistake the others say what was meant.
                let told: Vec<Shape> = parts.iter().filter_map(|part| self.told_shape(part)).collect();
                // And one whose lengths only rustc finds out has those of the others.
                let real = told.iter().find(|shape| types::is_real(shape) && shape.is_told());
                let real =
                    real.or(told.iter().find(|shape| types::is_real(shape))).or(told.first()).cloned()?;
                Some(Shape::Array(Box::new(real), Len::Lit(parts.len())))
            }
            Tree::Repeat(part, len, _) => Some(Shape::Array(Box::new(self.told_shape(part)?), len.clone())),
            Tree::Struct { path, .. } => Some(Shape::Struct(path.clone())),
        }
    }

    /// Brings memory to life with a literal in it.
    fn start(&mut self, object: Obj, tree: Tree<'a>, shape: &Shape) -> Checked<()> {
        match (&tree, shape) {
            (Tree::Node(parts, at), Shape::Array(inner, len))
                if matches!(**inner, Shape::Scalar(_))
                    && parts.iter().all(|p| matches!(p, Tree::Leaf(..))) =>
            {
                self.same_length(&Len::Lit(parts.len()), len, at)?;
                let Shape::Scalar(kind) = **inner else { return Ok(()) };
                let Tree::Node(parts, _) = tree else { return Ok(()) };
                let elements: Vec<_> = parts
                    .into_iter()
                    .map(|part| match part {
                        Tree::Leaf(meaning, at) => self.scalar(meaning, kind, at),
                        _ => Err(crate::diagnostics::Reported),
                    })
                    .collect();
                let elements = elements.into_iter().collect::<Checked<Vec<_>>>()?;
                self.push(Stmt::Local(object, Init::Elements(elements)));
                Ok(())
            }
            (Tree::Repeat(..), _) if let Some(kind) = uniform(&tree, shape) => {
                self.same_shape(&tree, shape)?;
                let (meaning, at) = innermost(tree)?;
                let value = self.scalar(meaning, kind, at)?;
                let written = at.to_token_stream().to_string();
                let zero = matches!(at, Expr::Lit(_)) && written.trim_matches(['0', '.']).is_empty();
                let init = if zero { Init::Zeros } else { Init::Filled(value) };
                self.push(Stmt::Local(object, init));
                Ok(())
            }
            (Tree::Struct { rest: Some(rest), .. }, _) => {
                self.push(Stmt::Local(object, Init::From(rest.clone())));
                let Tree::Struct { path, fields, .. } = tree else { return Ok(()) };
                self.write(Tree::Struct { path, fields, rest: None }, Place::whole(object), shape)
            }
            _ => {
                self.push(Stmt::Local(object, Init::Zeros));
                self.write(tree, Place::whole(object), shape)
            }
        }
    }

    fn same_shape(&mut self, tree: &Tree, shape: &Shape) -> Checked<()> {
        if let (Tree::Repeat(part, len, at), Shape::Array(inner, wanted)) = (tree, shape) {
            self.same_length(len, wanted, at)?;
            self.same_shape(part, inner)?;
        }
        Ok(())
    }

    /// Writes a computed literal to memory.
    fn write(&mut self, tree: Tree<'a>, place: Place, shape: &Shape) -> Checked<()> {
        match tree {
            Tree::Leaf(meaning, at) => self.meaning_into(meaning, place, shape.clone(), at),
            Tree::Node(parts, at) => {
                let inner = match shape {
                    Shape::Array(inner, len) => {
                        self.same_length(&Len::Lit(parts.len()), len, at)?;
                        (**inner).clone()
                    }
                    Shape::Slice(inner) => (**inner).clone(),
                    Shape::Scalar(_) => {
                        return self.fits(
                            shape,
                            &Shape::Array(Box::new(Shape::Unknown), Len::Lit(parts.len())),
                            at,
                        );
                    }
                    Shape::Struct(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => Shape::Unknown,
                };
                let mut result = Ok(());
                for (k, part) in parts.into_iter().enumerate() {
                    let index = self.index_literal(k, at.span());
                    let written = self.write(part, place.clone().index(index), &inner);
                    result = result.and(written);
                }
                result
            }
            Tree::Repeat(part, len, at) => {
                let inner = match shape {
                    Shape::Array(inner, wanted) => {
                        self.same_length(&len, wanted, at)?;
                        (**inner).clone()
                    }
                    Shape::Slice(inner) => (**inner).clone(),
                    _ => Shape::Unknown,
                };
                let end = self.length_value(&len, at.span());
                let part = self.fixed(*part, &inner)?;
                let start = self.index_literal(0, at.span());
                self.counted(None, start, end, false, at, |s, index| {
                    s.write(part, place.index(index), &inner)
                })
            }
            Tree::Struct { fields, rest, .. } => {
                if let Some(rest) = rest {
                    self.push(Stmt::Copy(place.clone(), rest));
                }
                let mut result = Ok(());
                for (name, part) in fields {
                    let mut field = place.clone();
                    field.path.push(Proj::Field(name));
                    let written = self.write(part, field, &Shape::Unknown);
                    result = result.and(written);
                }
                result
            }
        }
    }

    /// A scalar part is made one value before the loop that repeats it.
    fn fixed(&mut self, part: Tree<'a>, shape: &Shape) -> Checked<Tree<'a>> {
        match (part, shape) {
            (Tree::Leaf(meaning, at), Shape::Scalar(kind)) => {
                Ok(Tree::Leaf(Meaning::Scalar(self.scalar(meaning, *kind, at)?), at))
            }
            (part, _) => Ok(part),
        }
    }

    /// A literal as new memory.
    pub(super) fn build(&mut self, expr: &'a Expr) -> Checked<Meaning<'a>> {
        let end = self.ends.get(&std::ptr::from_ref(expr).addr()).cloned();
        let expected = self.expected.take().or(end);
        let tree = self.tree(expr, expected.as_ref())?;
        let shape = self.tree_shape(&tree, expected.as_ref());
        let object = self.program.object("local", shape.clone(), expr.span());
        self.start(object, tree, &shape)?;
        Ok(Meaning::Memory(Located { place: Place::whole(object), shape, hold: Hold::Fresh }))
    }

    /// New memory of a known shape, filled by an expression for which [`Lowering::builds`] holds.
    pub(super) fn fresh_aggregate(&mut self, object: Obj, expr: &'a Expr, shape: Shape) -> Checked<()> {
        match unwrapped(expr) {
            Expr::Array(_) | Expr::Repeat(_) | Expr::Struct(_) => {
                let tree = self.tree(expr, Some(&shape))?;
                self.start(object, tree, &shape)
            }
            _ => {
                self.push(Stmt::Local(object, Init::Zeros));
                self.expr_to(expr, Target::Memory(Place::whole(object), shape)).map(|_| ())
            }
        }
    }

    /// The value of an expression into memory that may be read by the expression itself.
    pub(super) fn fill_memory(&mut self, expr: &'a Expr, place: Place, shape: Shape) -> Checked<()> {
        match unwrapped(expr) {
            Expr::Array(_) | Expr::Repeat(_) | Expr::Struct(_) => {
                let tree = self.tree(expr, Some(&shape))?;
                self.write(tree, place, &shape)
            }
            Expr::If(_) | Expr::Match(_) | Expr::Block(_) => {
                self.expr_to(expr, Target::Memory(place, shape)).map(|_| ())
            }
            // The place alone tells how long it is.
            inner
                if matches!(shape, Shape::Unknown | Shape::Array(_, Len::Inferred))
                    && let Some(call) = as_from_fn(inner)
                    && !has_length(call) =>
            {
                let like = Located { place: place.clone(), shape: shape.clone(), hold: Hold::Place };
                let meaning = self.array_alike(call, like)?;
                self.meaning_into(meaning, place, shape, expr)
            }
            _ => {
                self.expected = fills(expr).then(|| shape.clone());
                let meaning = self.expr(expr)?;
                self.meaning_into(meaning, place, shape, expr)
            }
        }
    }
}

/// The kind of the one scalar that a nested repetition repeats.
fn uniform(tree: &Tree, shape: &Shape) -> Option<ScalarKind> {
    match (tree, shape) {
        (Tree::Repeat(part, _, _), Shape::Array(inner, _)) => uniform(part, inner),
        (Tree::Leaf(..), Shape::Scalar(kind)) => Some(*kind),
        _ => None,
    }
}

/// The scalar of a tree for which [`uniform`] found a kind.
fn innermost<'a>(tree: Tree<'a>) -> Checked<(Meaning<'a>, &'a Expr)> {
    match tree {
        Tree::Repeat(part, _, _) => innermost(*part),
        Tree::Leaf(meaning, at) => Ok((meaning, at)),
        Tree::Node(..) | Tree::Struct { .. } => Err(crate::diagnostics::Reported),
    }
}

/// `Default::default()`
fn is_default(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) if call.args.is_empty() => match &*call.func {
            Expr::Path(path) => {
                let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
                matches!(names.as_slice(), [.., owner, name] if owner == "Default" && name == "default")
            }
            _ => false,
        },
        _ => false,
    }
}
