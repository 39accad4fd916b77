//! What only the whole program tells: which components are assigned, read too early, or out of range.

use syn::ItemFn;

use crate::diagnostics::Diagnostics;
use crate::ir::function::Function;
use crate::parse::item::Equation;

/// Checks an equation.
pub fn equation(_: &ItemFn, _: &Equation, _: &Function, _: &mut Diagnostics) {}

/// Checks a helper.
pub fn helper(_: &Function, _: &mut Diagnostics) {}
