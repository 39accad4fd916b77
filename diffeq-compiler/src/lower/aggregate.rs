//! Arrays and structs made by expressions.

use proc_macro2::Span;
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
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::TYPE_MISMATCH;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
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
            (None, Tree::Leaf(meaning, _)) => match expected {
                Some(shape) if shape.is_told() || !self.is_open(meaning) => shape.clone(),
                _ => Shape::Scalar(ScalarKind::Real),
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

    /// What the literals are that an expression may end with, where the expression does not say it.
    pub(super) fn expect(&mut self, expr: &Expr, shape: Option<Shape>) {
        let Some(shape) = shape else { return };
        match expr {
            Expr::Paren(inner) => self.expect(&inner.expr, Some(shape)),
            Expr::Group(inner) => self.expect(&inner.expr, Some(shape)),
            Expr::Block(block) => self.expect_block(&block.block, shape),
            Expr::If(branch) => {
                self.expect_block(&branch.then_branch, shape.clone());
                if let Some((_, otherwise)) = &branch.else_branch {
                    self.expect(otherwise, Some(shape));
                }
            }
            Expr::Match(choice) => {
                choice.arms.iter().for_each(|arm| self.expect(&arm.body, Some(shape.clone())));
            }
            Expr::Array(_) | Expr::Repeat(_) => _ = self.ends.insert(std::ptr::from_ref(expr).addr(), shape),
            _ => {}
        }
    }

    fn expect_block(&mut self, block: &syn::Block, shape: Shape) {
        if let Some(syn::Stmt::Expr(last, None)) = block.stmts.last() {
            self.expect(last, Some(shape));
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

    /// Whether an expression fills memory part by part, so that it should be given the memory.
    pub(super) fn builds(&self, expr: &Expr) -> bool {
        matches!(
            unwrapped(expr),
            Expr::Array(_)
                | Expr::Repeat(_)
                | Expr::Struct(_)
                | Expr::If(_)
                | Expr::Match(_)
                | Expr::Block(_)
        )
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

    fn same_length(&mut self, given: &Len, wanted: &Len, at: &dyn ToTokens) -> Checked<()> {
        if types::lengths_fit(given, wanted) {
            return Ok(());
        }
        let (given, wanted) = (types::describe_len(given), types::describe_len(wanted));
        let help = format!("write {wanted} components, or change the length in the type");
        Err(self.error(at, &LENGTH_MISMATCH, &[&given, &wanted, &help]))
    }

    /// Reports shapes that can't be the same.
    pub(super) fn fits(&mut self, wanted: &Shape, given: &Shape, at: &dyn ToTokens) -> Checked<()> {
        if types::shapes_fit(wanted, given) {
            return Ok(());
        }
        match (wanted, given) {
            (Shape::Array(a, n), Shape::Array(b, m)) => {
                self.same_length(m, n, at)?;
                self.fits(a, b, at)
            }
            _ => {
                let words = [types::describe(given), types::describe(wanted)];
                Err(self.error(at, &TYPE_MISMATCH, &[&format!("`{}`", words[0]), &words[1]]))
            }
        }
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

    /// A meaning into memory.
    pub(super) fn meaning_into(
        &mut self,
        meaning: Meaning<'a>,
        place: Place,
        shape: Shape,
        at: &dyn ToTokens,
    ) -> Checked<()> {
        match (meaning, &shape) {
            (Meaning::Never, _) => Ok(()),
            (Meaning::Optional(which), _) => {
                let held = self.held_option(which, at)?;
                self.meaning_into(held, place, shape, at)
            }
            (Meaning::Option(some, inner), Shape::Tuple(shapes)) if shapes.len() == 2 => {
                let part = |n: &str| {
                    let mut place = place.clone();
                    place.path.push(Proj::Field(n.to_string()));
                    place
                };
                self.push(Stmt::Store(part("0"), some));
                if matches!(*inner, Meaning::Never) {
                    return Ok(());
                }
                let (to, shape) = (part("1"), shapes[1].clone());
                let there = |s: &mut Self| {
                    let inner = s.value(Self::pointee(*inner), at)?;
                    s.meaning_into(inner, to, shape, at).map(|()| Meaning::Unit)
                };
                self.branch(some, at, there, |_| Ok(Meaning::Unit)).map(|_| ())
            }
            (Meaning::Tuple(parts), Shape::Tuple(shapes)) if shapes.len() == parts.len() => {
                let mut result = Ok(());
                for (n, (part, shape)) in parts.into_iter().zip(shapes).enumerate() {
                    let mut place = place.clone();
                    place.path.push(Proj::Field(n.to_string()));
                    let written = self.meaning_into(part, place, shape.clone(), at);
                    result = result.and(written);
                }
                result
            }
            (Meaning::Const(path), Shape::Plain(_)) => {
                let table = self.table(&path, at.to_token_stream().span());
                self.push(Stmt::Copy(place, table.place));
                Ok(())
            }
            (meaning, Shape::Scalar(kind)) => {
                let value = self.scalar(meaning, *kind, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (Meaning::Scalar(value), Shape::Unknown) => {
                let value = self.scalar(Meaning::Scalar(value), ScalarKind::Real, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (meaning, Shape::Unknown) if self.is_open(&meaning) => {
                let value = self.scalar(meaning, ScalarKind::Real, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (
                number @ (Meaning::Variable(..) | Meaning::Memory(Located { shape: Shape::Scalar(_), .. })),
                Shape::Unknown,
            ) => {
                let value = self.any_scalar(number, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (Meaning::Const(path), Shape::Unknown) => {
                let value = self.scalar(Meaning::Const(path), ScalarKind::Real, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (meaning, _) => {
                let mut located = self.aggregate(meaning, Some(&shape), at)?;
                self.fits(&shape, &located.shape, at)?;
                self.measure(&mut located, &shape);
                let itself = located.place.object == place.object
                    && located.place.path.is_empty()
                    && place.path.is_empty();
                if !itself {
                    self.push(Stmt::Copy(place, located.place));
                }
                Ok(())
            }
        }
    }

    /// A meaning as memory; a call's result becomes new memory.
    pub(super) fn aggregate(
        &mut self,
        meaning: Meaning<'a>,
        wanted: Option<&Shape>,
        at: &dyn ToTokens,
    ) -> Checked<Located> {
        let wanted_text = wanted.map_or_else(|| "[f64; N]".to_string(), types::describe);
        match meaning {
            // What a helper returned has the shape that its use asks for.
            Meaning::Memory(mut located)
                if located.hold == Hold::Fresh
                    && located.place.path.is_empty()
                    && matches!(located.shape, Shape::Unknown) =>
            {
                if let Some(wanted) = wanted.filter(|shape| !matches!(shape, Shape::Slice(_))) {
                    located.shape = wanted.clone();
                    self.program.objects[located.place.object.0].shape = wanted.clone();
                }
                Ok(located)
            }
            Meaning::Memory(located) if !matches!(located.shape, Shape::Scalar(_)) => Ok(located),
            Meaning::Const(path) => Ok(self.table(&path, at.to_token_stream().span())),
            other => {
                let word = match other {
                    Meaning::Scalar(_) | Meaning::Variable(..) | Meaning::Memory(_) => "a number",
                    Meaning::Tuple(_) => "a tuple",
                    Meaning::Unit | Meaning::Never => "nothing",
                    _ => "a closure or an iterator",
                };
                Err(self.error(at, &TYPE_MISMATCH, &[word, &wanted_text]))
            }
        }
    }

    /// The number of elements of an array or slice.
    pub(super) fn length(&mut self, located: &Located, span: Span) -> Value {
        match &located.shape {
            Shape::Array(_, len @ (Len::Lit(_) | Len::Expr(_))) => self.length_value(&len.clone(), span),
            _ if let Some(len) = self.table_length(located) => self.length_value(&len, span),
            _ => {
                let value = self.define(ScalarKind::Int, Op::Len(located.place.clone()), span);
                self.program.values[value.0].int_type = Some("usize".to_string());
                value
            }
        }
    }

    /// A length as a value.
    pub(super) fn length_value(&mut self, len: &Len, span: Span) -> Value {
        match len {
            Len::Lit(n) => self.index_literal(*n, span),
            Len::Expr(_) | Len::Inferred => {
                let tokens = if let Len::Expr(tokens) = len { tokens.clone() } else { quote!(_) };
                let value = self.define(ScalarKind::Int, Op::IntNamed(tokens), span);
                self.program.values[value.0].int_type = Some("usize".to_string());
                value
            }
        }
    }

    /// A `usize`.
    pub(super) fn index_literal(&mut self, n: usize, span: Span) -> Value {
        let value = self.int(n as i128, span);
        self.program.values[value.0].int_type = Some("usize".to_string());
        value
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
