//! Names of the user's that generated code gives a meaning of its own.

use proc_macro2::Group;
use proc_macro2::Ident;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;

/// What the scalar type is called in generated code.
const SCALAR: &str = "T";

/// What it is called where the user has something of that name, and what the user's is called meanwhile.
const INSTEAD: [&str; 2] = ["Scalar_", "USERS_T_"];

/// Expands an item that may have a `T` of its own: then the scalar type gets another name.
pub(super) fn apart(item: TokenStream, expand: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    if !mentions(&item, SCALAR) {
        return expand(item);
    }
    let expanded = expand(renamed(item, SCALAR, INSTEAD[1]));
    renamed(renamed(expanded, SCALAR, INSTEAD[0]), INSTEAD[1], SCALAR)
}

fn mentions(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        _ => false,
    })
}

fn renamed(tokens: TokenStream, from: &str, to: &str) -> TokenStream {
    let rename = |tree| match tree {
        TokenTree::Ident(ident) => {
            // `USERS_T_Of` is the twin of the user's `T`.
            let text = ident.to_string();
            let twin = from == INSTEAD[1] && text == format!("{from}Of");
            match text == from || twin {
                true => Ident::new(&text.replace(from, to), ident.span()).into(),
                false => TokenTree::Ident(ident),
            }
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), renamed(group.stream(), from, to));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        // Messages and names are text.
        TokenTree::Literal(literal) if literal.to_string().contains(from) && from == INSTEAD[1] => {
            let span = literal.span();
            match literal.to_string().replace(from, to).parse::<proc_macro2::Literal>() {
                Ok(mut text) => {
                    text.set_span(span);
                    text.into()
                }
                Err(_) => literal.into(),
            }
        }
        other => other,
    };
    tokens.into_iter().map(rename).collect()
}
