//! `#[derive(Components)]`

use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote;
use syn::Data;
use syn::DeriveInput;
use syn::Fields;
use syn::GenericParam;

use super::apart::apart;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::COMPONENTS_GENERICS;
use crate::diagnostics::catalogue::COMPONENTS_OF_STRUCT;
use crate::diagnostics::catalogue::NON_REAL_FIELD;
use crate::emit::components::Field;
use crate::emit::components::Record;
use crate::emit::components::components as emit;
use crate::emit::components::inert;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::parse::types;

/// Expands `#[derive(Components)] item`.
pub fn components(item: TokenStream) -> TokenStream {
    apart(item, expanded)
}

fn expanded(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut diagnostics = Diagnostics::new();
    let record = read(&input, &mut diagnostics);
    match diagnostics.finish() {
        Ok(()) => emit(&record),
        Err(error) => {
            let (declared, angled, _) = input.generics.split_for_impl();
            let generics = [declared.to_token_stream(), angled.to_token_stream()];
            inert(&error, &input.ident, &input.vis.to_token_stream(), generics)
        }
    }
}

fn read(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Record {
    let (mut params, mut args) = (Vec::new(), Vec::new());
    for param in &input.generics.params {
        match param {
            GenericParam::Const(param) => {
                let (ident, ty) = (&param.ident, &param.ty);
                params.push(quote!(const #ident: #ty));
                args.push(quote!(#ident));
            }
            GenericParam::Type(_) | GenericParam::Lifetime(_) => {
                _ = diagnostics.error(param, &COMPONENTS_GENERICS, &[])
            }
        }
    }
    let mut fields = Vec::new();
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => {
                for field in &named.named {
                    let Some(ident) = field.ident.clone() else { continue };
                    // what is said of arguments is not what is said of fields
                    let mut unsaid = Diagnostics::new();
                    let shape =
                        types::shape(&field.ty, &mut unsaid).unwrap_or(Shape::Scalar(ScalarKind::Int));
                    drop(unsaid.finish());
                    if !types::is_real(&shape) || has_slice(&shape) {
                        diagnostics.error(
                            &field.ty,
                            &NON_REAL_FIELD,
                            &[&ident.to_string(), &types::text(&field.ty)],
                        );
                        continue;
                    }
                    let docs = field.attrs.iter().filter(|attr| attr.path().is_ident("doc"));
                    fields.push(Field {
                        docs: quote!(#(#docs)*),
                        vis: field.vis.to_token_stream(),
                        ident,
                        ty: field.ty.to_token_stream(),
                        shape,
                    });
                }
            }
            Fields::Unnamed(_) | Fields::Unit => {
                _ = diagnostics.error(&input.ident, &COMPONENTS_OF_STRUCT, &[])
            }
        },
        Data::Enum(_) | Data::Union(_) => _ = diagnostics.error(&input.ident, &COMPONENTS_OF_STRUCT, &[]),
    }
    Record {
        ident: input.ident.clone(),
        vis: input.vis.to_token_stream(),
        generic_params: quote!(#(#params),*),
        generic_args: quote!(#(#args),*),
        fields,
    }
}

fn has_slice(shape: &Shape) -> bool {
    match shape {
        Shape::Slice(_) => true,
        Shape::Array(inner, _) => has_slice(inner),
        _ => false,
    }
}
