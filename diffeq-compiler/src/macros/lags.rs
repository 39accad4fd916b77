//! What a delayed equation says of its lags.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::Body;
use crate::emit::paths;
use crate::ir::Asked;
use crate::ir::Program;
use crate::passes::lags::LagKind;
use crate::passes::lags::lags;
use crate::passes::simplify::simplify;

/// The part of the trait implementation that tells of its lags; nothing for an equation without a history.
pub(super) fn items(primal: &Program, params: &TokenStream) -> Option<TokenStream> {
    let found = lags(primal)?;
    let (lag, kind) = (paths::item("Lag"), paths::item("LagKind"));
    let table = found.lookups.iter().map(|lookup| {
        let name = match lookup.kind {
            LagKind::Constant => quote!(Constant),
            LagKind::Parameter => quote!(Parameter),
            LagKind::Time => quote!(Time),
            LagKind::State => quote!(State),
            LagKind::Delayed => quote!(Delayed),
        };
        let of_slope = lookup.asked == Asked::Slope;
        quote!(#lag { kind: #kind::#name, of_slope: #of_slope })
    });
    let workspace = paths::item("Workspace");
    let program = simplify(found.program);
    let args = program.args.clone();
    let body = Body::new(&program, &args, &["work"], quote!(T));
    let names: Vec<TokenStream> = args.iter().map(|arg| body.arg(*arg)).collect();
    let [p, t] = names.as_slice() else { return None };
    let statements = body.statements();
    Some(quote! {
        const LAGS: &'static [#lag] = &[#(#table),*];
        fn lags(&self, #p: &#params, #t: T, work: &mut #workspace<T>) { #statements }
    })
}
