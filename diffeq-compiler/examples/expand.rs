//! Prints what the macros write for the functions of a file:
//! `cargo run -p diffeq-compiler --example expand -- path/to/models.rs`.
//!
//! Without a path it expands the Lotka-Volterra equations.

use proc_macro2::TokenStream;
use quote::ToTokens;

const LOTKA_VOLTERRA: &str = "
#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path)?,
        None => LOTKA_VOLTERRA.to_string(),
    };
    let file = syn::parse_file(&source)?;
    for item in file.items {
        let syn::Item::Fn(mut function) = item else { continue };
        let named = |name: &str| function.attrs.iter().position(|attr| attr.path().is_ident(name));
        let mut args = TokenStream::new();
        let expand: fn(TokenStream, TokenStream) -> TokenStream = if let Some(at) = named("ode") {
            function.attrs.remove(at);
            diffeq_compiler::macros::ode
        } else if let Some(at) = named("dde") {
            function.attrs.remove(at);
            diffeq_compiler::macros::dde
        } else if let Some(at) = named("sde") {
            args = arguments(&function.attrs.remove(at))?;
            diffeq_compiler::macros::sde
        } else if let Some(at) = named("differentiable") {
            function.attrs.remove(at);
            diffeq_compiler::macros::differentiable
        } else {
            continue;
        };
        let expansion = syn::parse2(expand(args, function.to_token_stream()))?;
        println!("{}", prettyplease::unparse(&expansion));
    }
    Ok(())
}

/// What stands in the parentheses of an attribute.
fn arguments(attribute: &syn::Attribute) -> syn::Result<TokenStream> {
    match &attribute.meta {
        syn::Meta::List(list) => Ok(list.tokens.clone()),
        _ => Ok(TokenStream::new()),
    }
}
