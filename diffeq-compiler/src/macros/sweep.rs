//! What reverse sweeps of equations and of helpers share.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::Form;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::visit;
use crate::passes::distribute::distribute;
use crate::passes::factor::factor;
use crate::passes::lanes::lanes;
use crate::passes::order::ascending;
use crate::passes::peel::peel;

/// A reverse sweep with its loops in the order and shape that machines like.
pub(super) fn scheduled(program: Program) -> Program {
    // what several neighbours read has a single reader in a loop of its own
    factor(peel(distribute(lanes(ascending(program)))))
}

/// `work`, or `_work` where the body keeps nothing.
pub(super) fn work(program: &Program) -> TokenStream {
    let mut used = false;
    visit::walk(&program.body, &mut |stmt| {
        used |= match stmt {
            Stmt::Push(_) | Stmt::Pop(_) | Stmt::PushAll(_) | Stmt::PopAll(_) => true,
            Stmt::Call(call) => call.form == Form::Vjp && !call.is_network(),
            _ => false,
        };
    });
    if used { quote!(work) } else { quote!(_work) }
}
