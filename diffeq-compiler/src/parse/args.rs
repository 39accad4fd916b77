//! What stands in the parentheses of the attribute: `#[ode]`, `#[ode(debug)]`.

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
}

impl Options {
    /// Reads the arguments of `#[attribute(..)]`.
    pub fn parse(attribute: &str, args: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut options = Options::default();
        let list = Punctuated::<syn::Ident, syn::Token![,]>::parse_terminated.parse2(args);
        match list {
            Ok(idents) => {
                for ident in idents {
                    match ident.to_string().as_str() {
                        "debug" => options.debug = true,
                        other => {
                            let words = [attribute, other, "`debug`, which prints the generated code"];
                            diagnostics.error(&ident, &UNKNOWN_OPTION, &words);
                        }
                    }
                }
            }
            Err(error) => _ = diagnostics.syntax(error),
        }
        options
    }
}
