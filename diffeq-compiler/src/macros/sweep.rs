//! What the emission of a reverse sweep has of its own.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::Form;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::visit;

/// `work_1`, or `_work_1` where the body keeps nothing.
pub(super) fn work(program: &Program) -> TokenStream {
    let mut used = false;
    visit::walk(&program.body, &mut |stmt| {
        used |= match stmt {
            Stmt::Call(call) => call.form == Form::Vjp && !call.is_network(),
            stmt => stmt.keeps(),
        };
    });
    if used { quote!(work_1) } else { quote!(_work_1) }
}
