//! What stands in the parentheses of the attribute: `#[ode]`, `#[ode(debug)]`, `#[sde(scalar, stratonovich)]`.

use proc_macro2::Span;
use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;

use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::UNKNOWN_OPTION;

/// The options of an attribute.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Print what was generated while compiling.
    pub debug: bool,
    /// One Wiener process for all components of a stochastic equation.
    pub scalar: bool,
    /// The integral of a stochastic equation is Stratonovich's.
    pub stratonovich: bool,
    /// The user says that the noise commutes, where.
    pub commutative: Option<Span>,
}

impl Options {
    /// Reads the arguments of `#[attribute(..)]`.
    pub fn parse(attribute: &str, args: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut options = Options::default();
        let list = Punctuated::<syn::Ident, syn::Token![,]>::parse_terminated.parse2(args);
        match list {
            Ok(idents) => {
                for ident in idents {
                    match (attribute, ident.to_string().as_str()) {
                        (_, "debug") => options.debug = true,
                        ("sde", "scalar") => options.scalar = true,
                        ("sde", "stratonovich") => options.stratonovich = true,
                        ("sde", "commutative") => options.commutative = Some(ident.span()),
                        // what it means without
                        ("sde", "ito") => {}
                        (_, other) => {
                            diagnostics.error(&ident, &UNKNOWN_OPTION, &[attribute, other, known(attribute)]);
                        }
                    }
                }
            }
            Err(error) => _ = diagnostics.syntax(error),
        }
        options
    }
}

fn known(attribute: &str) -> &'static str {
    match attribute {
        "sde" => {
            "`scalar`, one Wiener process for all components; `stratonovich`; `commutative`, a claim about the noise; \
             `debug`, which prints the generated code"
        }
        _ => "`debug`, which prints the generated code",
    }
}
