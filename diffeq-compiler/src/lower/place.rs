//! Places: elements and fields.

use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::ExprField;
use syn::ExprIndex;
use syn::Member;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::ASSIGN_TO_INPUT;
use crate::diagnostics::catalogue::GLOBAL_STATE;
use crate::diagnostics::catalogue::INDEX_OUT_OF_RANGE;
use crate::diagnostics::catalogue::NOT_INDEXABLE;
use crate::diagnostics::catalogue::UNKNOWN_FIELD;
use crate::ir::Len;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::Shape;
use crate::ir::Value;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// `base[index]`
    pub(super) fn index(&mut self, index: &'a ExprIndex) -> Checked<Meaning<'a>> {
        if let Some(meaning) = self.component_of_history(index) {
            return meaning;
        }
        if let Expr::Range(range) = &*index.index {
            let base = self.raw(&index.expr)?;
            return self.range_of(base, range, range);
        }
        let base = self.raw(&index.expr);
        let at = self.int_expr(&index.index);
        let (base, at) = (base?, at?);
        match base {
            Meaning::Memory(located) => {
                self.element(located, at, &index.index).map(|part| Meaning::Memory(part.into_place()))
            }
            Meaning::View(view) => {
                self.view_element(&view, at, &index.index).map(|part| Meaning::Memory(part.into_place()))
            }
            Meaning::Const(path) => match self.known(at) {
                Some(n) => {
                    let n = proc_macro2::Literal::usize_unsuffixed(usize::try_from(n).unwrap_or(usize::MAX));
                    Ok(Meaning::Const(quote!(#path[#n])))
                }
                None => {
                    let table = self.table(&path, index.expr.span());
                    self.element(table, at, &index.index).map(Meaning::Memory)
                }
            },
            Meaning::Scalar(_) => Err(self.error(&index.expr, &NOT_INDEXABLE, &[])),
            _ => Err(self.error(&index.expr, &NOT_INDEXABLE, &[])),
        }
    }

    /// An element of an aggregate.
    pub(super) fn element(&mut self, located: Located, index: Value, at: &dyn ToTokens) -> Checked<Located> {
        let inner = match &located.shape {
            Shape::Array(inner, len) => {
                // What is computed may stand where nobody comes: `check` knows.
                if let (Some(n), Len::Lit(len)) = (self.known(index), len)
                    && (n < 0 || n >= *len as i128)
                    && is_literal(at)
                {
                    let written = self.describe_place(&located.place);
                    let last = format!("the last one is `{written}[{}]`", len.saturating_sub(1));
                    let words = [&n.to_string(), &written, &len.to_string(), &last];
                    let words: Vec<&str> = words.iter().map(|w| w.as_str()).collect();
                    return Err(self.error(at, &INDEX_OUT_OF_RANGE, &words));
                }
                (**inner).clone()
            }
            Shape::Slice(inner) => (**inner).clone(),
            Shape::Unknown => Shape::Unknown,
            Shape::Scalar(_) => return Err(self.error(at, &NOT_INDEXABLE, &[])),
            Shape::Tuple(_) | Shape::Plain(_) => return Err(self.error(at, &NOT_INDEXABLE, &[])),
            // An alias of an array type reads like a struct here; rustc knows which it is.
            Shape::Struct(_) => Shape::Unknown,
        };
        let info = &mut self.program.values[index.0];
        if info.int_type.is_none() {
            info.int_type = Some("usize".to_string());
        }
        let mut place = located.place;
        place.path.push(Proj::Index(index));
        Ok(Located { place, shape: inner, hold: located.hold.of_part() })
    }

    /// `base.name`
    pub(super) fn field(&mut self, field: &'a ExprField) -> Checked<Meaning<'a>> {
        let base = self.raw(&field.base)?;
        match (base, &field.member) {
            (Meaning::Tuple(parts), Member::Unnamed(index)) => match parts.get(index.index as usize) {
                Some(part) => Ok(part.clone()),
                None => {
                    let help = format!("the tuple has {} parts", parts.len());
                    Err(self.error(&field.member, &UNKNOWN_FIELD, &[&index.index.to_string(), &help]))
                }
            },
            (Meaning::Memory(located), member) => {
                // What a helper returned is a tuple, since a part of it is asked for by its number.
                let returned = located.hold == Hold::Fresh && matches!(member, Member::Unnamed(_));
                let located = match returned {
                    true => {
                        let tuple = Shape::Tuple(Vec::new());
                        self.aggregate(Meaning::Memory(located), Some(&tuple), &field.base)?
                    }
                    false => located,
                };
                let name = types::text(member);
                self.field_of(located, &name, member).map(|part| Meaning::Memory(part.into_place()))
            }
            (Meaning::Const(path), member) => Ok(Meaning::Const(quote!(#path.#member))),
            (_, member) => {
                let name = types::text(member);
                let help = "only structs that derive `Components` and tuples have fields";
                Err(self.error(member, &UNKNOWN_FIELD, &[&name, help]))
            }
        }
    }

    /// A field of an aggregate.
    pub(super) fn field_of(&mut self, located: Located, name: &str, at: &dyn ToTokens) -> Checked<Located> {
        let part = match &located.shape {
            Shape::Struct(_) | Shape::Unknown => Shape::Unknown,
            Shape::Tuple(parts) if parts.is_empty() => Shape::Unknown,
            Shape::Tuple(parts) => match name.parse::<usize>().ok().and_then(|n| parts.get(n)) {
                Some(part) => part.clone(),
                None => {
                    let help = format!("the tuple has {} parts", parts.len());
                    return Err(self.error(at, &UNKNOWN_FIELD, &[name, &help]));
                }
            },
            other => {
                let help = format!("this is `{}`: write an index, `u[0]`", types::describe(other));
                return Err(self.error(at, &UNKNOWN_FIELD, &[name, &help]));
            }
        };
        let mut place = located.place;
        place.path.push(Proj::Field(name.to_string()));
        Ok(Located { place, shape: part, hold: located.hold.of_part() })
    }

    /// The memory that an assignment writes to.
    pub(super) fn writable(&mut self, located: &Located, at: &dyn ToTokens) -> Checked<()> {
        let object = &self.program.objects[located.place.object.0];
        if object.constant.is_some() {
            let name = object.name.clone();
            return Err(self.error(at, &GLOBAL_STATE, &[&name]));
        }
        if object.read_only {
            let name = object.name.clone();
            return Err(self.error(at, &ASSIGN_TO_INPUT, &[&name, &name, &format!("*{name}")]));
        }
        Ok(())
    }

    /// A place as the user would write it.
    pub(super) fn describe_place(&self, place: &Place) -> String {
        let mut out = self.program.objects[place.object.0].name.clone();
        for step in &place.path {
            match step {
                Proj::Index(value) => match (self.known(*value), &self.program.info(*value).name) {
                    (Some(n), _) => out.push_str(&format!("[{n}]")),
                    (None, Some(name)) => out.push_str(&format!("[{name}]")),
                    (None, None) => out.push_str("[_]"),
                },
                Proj::Field(name) => out.push_str(&format!(".{name}")),
                Proj::Range(..) => out.push_str("[..]"),
                Proj::Matches(_) | Proj::Part(..) => {}
            }
        }
        out
    }
}

/// Whether a number is written out.
fn is_literal(at: &dyn ToTokens) -> bool {
    let mut tokens = at.to_token_stream().into_iter();
    matches!((tokens.next(), tokens.next()), (Some(proc_macro2::TokenTree::Literal(_)), None))
}
