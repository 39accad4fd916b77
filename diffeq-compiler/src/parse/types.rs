//! The types of a signature, read as shapes.

use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::Lit;
use syn::Type;

use crate::diagnostics::Checked;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::NON_REAL_TYPE;
use crate::diagnostics::catalogue::UNSUPPORTED_TYPE;
use crate::ir::Len;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::integers::holds_integers;

/// The integer types of Rust.
pub const INTEGERS: &[&str] =
    &["usize", "u8", "u16", "u32", "u64", "u128", "isize", "i8", "i16", "i32", "i64", "i128"];

/// A type of an argument or of a `let`.
#[derive(Debug, Clone)]
pub struct Annotation {
    /// Its shape, references taken off.
    pub shape: Shape,
    /// `&` or `&mut` stood before it.
    pub by_ref: bool,
    /// `&mut` stood before it.
    pub mutable: bool,
    /// The integer type, of a number or of an array's elements.
    pub int_type: Option<String>,
    /// Those of the parts of a tuple.
    pub parts: Vec<Annotation>,
    /// `Option<..>` of this.
    pub option: bool,
}

/// Parentheses and invisible groups taken off.
pub fn strip(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => strip(&inner.elem),
        Type::Group(inner) => strip(&inner.elem),
        other => other,
    }
}

/// Reads a type.
pub fn annotation(ty: &Type, diagnostics: &mut Diagnostics) -> Checked<Annotation> {
    match strip(ty) {
        Type::Reference(reference) => {
            let inner = annotation(&reference.elem, diagnostics)?;
            Ok(Annotation { by_ref: true, mutable: reference.mutability.is_some(), ..inner })
        }
        other => {
            let shape = shape(other, diagnostics)?;
            let int_type = innermost(other).filter(|_| holds_integers(&shape));
            Ok(Annotation {
                shape,
                by_ref: false,
                mutable: false,
                int_type,
                parts: Vec::new(),
                option: false,
            })
        }
    }
}

/// The type of the elements of arrays of any nesting, as text.
fn innermost(ty: &Type) -> Option<String> {
    match strip(ty) {
        Type::Array(array) => innermost(&array.elem),
        Type::Slice(slice) => innermost(&slice.elem),
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

/// A type that a helper takes or returns: a tuple can be one.
pub fn handed(ty: &Type, diagnostics: &mut Diagnostics) -> Checked<Annotation> {
    match strip(ty) {
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            let parts: Vec<_> = tuple.elems.iter().map(|part| handed(part, diagnostics)).collect();
            let parts = parts.into_iter().collect::<Checked<Vec<_>>>()?;
            let shapes = parts.iter().map(|part| part.shape.clone()).collect();
            let shape = Shape::Tuple(shapes);
            Ok(Annotation { shape, by_ref: false, mutable: false, int_type: None, parts, option: false })
        }
        Type::Path(path) if let Some(inner) = optional(path) => {
            handed(inner, diagnostics).map(|inner| Annotation { option: true, ..inner })
        }
        other => annotation(other, diagnostics),
    }
}

/// The shape that a type without references describes.
pub fn shape(ty: &Type, diagnostics: &mut Diagnostics) -> Checked<Shape> {
    let mut refuse = |help: &str| {
        let word = text(ty);
        Err(diagnostics.error(ty, &UNSUPPORTED_TYPE, &[&word, help]))
    };
    match strip(ty) {
        Type::Array(array) => {
            Ok(Shape::Array(Box::new(element(&array.elem, diagnostics)?), length(&array.len)))
        }
        Type::Slice(slice) => Ok(Shape::Slice(Box::new(element(&slice.elem, diagnostics)?))),
        Type::Path(path) if path.qself.is_none() => path_shape(ty, &path.path, diagnostics),
        Type::Path(_) => refuse("name the type directly"),
        Type::Tuple(_) => refuse("use an array `[f64; N]`, or a struct that derives `Components`"),
        Type::Reference(inner) if matches!(strip(&inner.elem), Type::Path(path) if path.path.is_ident("str")) => {
            Err(diagnostics.error(ty, &NON_REAL_TYPE, &[&text(ty)]))
        }
        Type::Reference(_) => refuse("one `&` is enough: `&[f64; N]`"),
        Type::ImplTrait(_) if text(ty).contains("History") => {
            refuse("an equation with a history is `#[dde]`")
        }
        Type::FnPtr(_) | Type::ImplTrait(_) | Type::TraitObject(_) => {
            refuse("call a `#[differentiable]` function by its name instead of passing it")
        }
        Type::Ptr(_) => refuse("use a reference: `&[f64; N]`"),
        Type::Infer(_) => refuse("write the type out: `[f64; 2]`"),
        Type::Never(_) | Type::Macro(_) | Type::Verbatim(_) | _ => {
            refuse("use `f64`, `[f64; N]`, `&[f64]`, or a struct that derives `Components`")
        }
    }
}

/// The type in `Option<..>`.
fn optional(path: &syn::TypePath) -> Option<&Type> {
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    match &last.arguments {
        syn::PathArguments::AngleBracketed(list) => match list.args.first()? {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// The shape of an array's elements, which may be tuples.
fn element(ty: &Type, diagnostics: &mut Diagnostics) -> Checked<Shape> {
    match strip(ty) {
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            let parts: Vec<_> = tuple.elems.iter().map(|part| element(part, diagnostics)).collect();
            parts.into_iter().collect::<Checked<_>>().map(Shape::Tuple)
        }
        other => shape(other, diagnostics),
    }
}

fn path_shape(ty: &Type, path: &syn::Path, diagnostics: &mut Diagnostics) -> Checked<Shape> {
    let Some(last) = path.segments.last() else { return Ok(Shape::Unknown) };
    let name = last.ident.to_string();
    match name.as_str() {
        "f64" | "f32" => Ok(Shape::Scalar(ScalarKind::Real)),
        "bool" => Ok(Shape::Scalar(ScalarKind::Bool)),
        n if INTEGERS.contains(&n) => Ok(Shape::Scalar(ScalarKind::Int)),
        "char" | "str" | "String" => Err(diagnostics.error(ty, &NON_REAL_TYPE, &[&text(ty)])),
        // Those of the standard library are of something; a lone name is one of the user's.
        "Vec" | "Box" | "Rc" | "Arc" | "VecDeque" | "HashMap" | "Option" | "Result"
            if !last.arguments.is_empty() =>
        {
            let help = match name.as_str() {
                "Vec" => {
                    "borrow it as a slice: `&[f64]`, `&mut [f64]`; the problem itself takes the `Vec`; inside of a function \
                     write an array"
                }
                "Result" => {
                    "a value that may be missing is an `Option`, inside of a function: `Some(x)`, `None`"
                }
                _ => "use `[f64; N]`, `&[f64]`, or a struct that derives `Components`",
            };
            Err(diagnostics.error(ty, &UNSUPPORTED_TYPE, &[&text(ty), help]))
        }
        _ => Ok(Shape::Struct(path.to_token_stream())),
    }
}

/// A length as it stands in a type or in `[x; N]`.
pub fn length(len: &Expr) -> Len {
    match len {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(n) => n.base10_parse().map(Len::Lit).unwrap_or_else(|_| Len::Expr(quote!(#n))),
            other => Len::Expr(quote!(#other)),
        },
        Expr::Paren(inner) => length(&inner.expr),
        Expr::Group(inner) => length(&inner.expr),
        Expr::Block(block) => match &block.block.stmts[..] {
            [syn::Stmt::Expr(inner, None)] => length(inner),
            _ => Len::Expr(quote!(#block)),
        },
        other => Len::Expr(other.to_token_stream()),
    }
}

/// Where tokens begin.
pub fn span(tokens: &dyn ToTokens) -> proc_macro2::Span {
    let first = tokens.to_token_stream().into_iter().next();
    first.map_or_else(proc_macro2::Span::call_site, |tree| tree.span())
}

/// Whether a name occurs.
pub fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// Tokens as a person writes them.
pub fn text(tokens: &dyn ToTokens) -> String {
    tidy(&tokens.to_token_stream().to_string())
}

fn tidy(text: &str) -> String {
    let mut out = text.to_string();
    for (from, to) in [
        (" ;", ";"),
        (" :: ", "::"),
        (":: ", "::"),
        (" ,", ","),
        ("& ", "&"),
        (" < ", "<"),
        ("::< ", "::<"),
        ("(< ", "(<"),
        (" >", ">"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" [", "["),
        ("[ ", "["),
        (" ]", "]"),
        (" . ", "."),
        ("* ", "*"),
    ] {
        out = out.replace(from, to);
    }
    // What begins with a type of its own: `<f64>::sin`.
    if out.starts_with("< ") {
        out.remove(1);
    }
    out.replace("&mut[", "&mut [")
}

/// A shape as the user would write its type.
pub fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Scalar(ScalarKind::Real) => "f64".into(),
        Shape::Scalar(ScalarKind::Int) => "an integer".into(),
        Shape::Scalar(ScalarKind::Bool) => "bool".into(),
        Shape::Array(inner, len) => format!("[{}; {}]", describe(inner), describe_len(len)),
        Shape::Slice(inner) => format!("[{}]", describe(inner)),
        Shape::Struct(path) | Shape::Plain(path) => text(path),
        Shape::Tuple(parts) => {
            let parts: Vec<String> = parts.iter().map(describe).collect();
            format!("({})", parts.join(", "))
        }
        Shape::Unknown => "_".into(),
    }
}

/// A length as the user would write it.
pub fn describe_len(len: &Len) -> String {
    match len {
        Len::Lit(n) => n.to_string(),
        Len::Expr(tokens) => text(tokens),
        Len::Inferred => "_".into(),
    }
}

/// Whether two lengths can be the same: only two different numbers can not.
pub fn lengths_fit(a: &Len, b: &Len) -> bool {
    !matches!((a, b), (Len::Lit(a), Len::Lit(b)) if a != b)
}

/// Whether two shapes can be the same.
pub fn shapes_fit(a: &Shape, b: &Shape) -> bool {
    match (a, b) {
        (Shape::Unknown, _) | (_, Shape::Unknown) => true,
        (Shape::Scalar(a), Shape::Scalar(b)) => a == b,
        (Shape::Array(a, n), Shape::Array(b, m)) => lengths_fit(n, m) && shapes_fit(a, b),
        (Shape::Slice(a), Shape::Slice(b) | Shape::Array(b, _)) | (Shape::Array(a, _), Shape::Slice(b)) => {
            shapes_fit(a, b)
        }
        (Shape::Tuple(a), Shape::Tuple(b)) => {
            a.is_empty()
                || b.is_empty()
                || (a.len() == b.len() && a.iter().zip(b).all(|(a, b)| shapes_fit(a, b)))
        }
        // Another name can be an alias of anything but a number or an array written out beside it.
        (Shape::Struct(_), Shape::Struct(_)) => true,
        (Shape::Struct(_), other) | (other, Shape::Struct(_)) => !matches!(other, Shape::Scalar(_)),
        _ => false,
    }
}

/// Whether every scalar of a shape is real, as far as it is written down.
pub fn is_real(shape: &Shape) -> bool {
    match shape {
        Shape::Scalar(kind) => *kind == ScalarKind::Real,
        Shape::Array(inner, _) | Shape::Slice(inner) => is_real(inner),
        Shape::Tuple(_) | Shape::Plain(_) => false,
        Shape::Struct(_) | Shape::Unknown => true,
    }
}

/// The path of a struct as tokens, where a shape is one.
pub fn struct_path(shape: &Shape) -> Option<&TokenStream> {
    match shape {
        Shape::Struct(path) => Some(path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn types_in_brackets_are_written_without_blanks() {
        let path: syn::Expr = syn::parse_quote!(<f64>::sin);
        assert_eq!(text(&path), "<f64>::sin");
        let call: syn::Expr = syn::parse_quote!(map(<f64>::sin));
        assert_eq!(text(&call), "map(<f64>::sin)");
    }
}
