//! Methods of numbers, arrays and iterators.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::ExprMethodCall;
use syn::spanned::Spanned;

use super::Hold;
use super::Iter;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Supplied;
use super::vocabulary::AGGREGATE;
use super::vocabulary::COMPARISONS;
use super::vocabulary::FORWARD;
use super::vocabulary::ITERATOR;
use super::vocabulary::SHARED;
use super::vocabulary::SLICE;
use super::vocabulary::is_integer_method;
use super::vocabulary::is_known;
use super::vocabulary::is_real_method;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::GLOBAL_STATE;
use crate::diagnostics::catalogue::UNKNOWN_METHOD;
use crate::diagnostics::nearest;
use crate::ir::CmpOp;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// `receiver.method(arguments)`
    pub(super) fn method_call(&mut self, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let name = call.method.to_string();
        let expected = self.expected.take();
        let is_statement = std::mem::take(&mut self.is_statement);
        self.arguments_jump_not(&call.args, is_statement)?;
        if let ("contains", Expr::Range(range)) =
            (name.as_str(), super::syntax::expr::unwrapped(&call.receiver))
            && call.args.len() == 1
        {
            return self.range_contains(range, call);
        }
        if let Some(meaning) = self.chosen(call) {
            return meaning;
        }
        if let Some(meaning) = self.of_history(call) {
            return meaning;
        }
        // `helper(x).map(f).unwrap_or(y)`: what it is called on is an option.
        let asked = std::mem::take(&mut self.asked_option);
        self.asked_option = (asked || super::option::is_of_option(&name))
            && matches!(&*call.receiver, Expr::MethodCall(inner)
                if matches!(&*inner.method.to_string(), "map" | "filter" | "copied" | "cloned" | "or"));
        let asked = asked && !matches!(&*call.receiver, Expr::MethodCall(_));
        let receiver = self.raw(&call.receiver);
        self.asked_option = false;
        let receiver = match receiver {
            Ok(receiver) => receiver,
            Err(reported) => {
                // The arguments are read for their mistakes.
                for arg in call.args.iter().filter(|arg| !matches!(arg, Expr::Closure(_) | Expr::Range(_))) {
                    let _ = self.expr(arg);
                }
                return Err(reported);
            }
        };
        let of_aggregate = AGGREGATE.contains(&name.as_str());
        let receiver = match receiver {
            Meaning::Optional(which) if name == "take" => {
                let taken = self.held_option(which, call)?;
                let none = self.none(call);
                self.hold_option(which, none, call)?;
                taken
            }
            Meaning::Optional(which) => self.held_option(which, call)?,
            other => other,
        };
        match receiver {
            receiver @ Meaning::Option(..) if name == "take" => Ok(receiver),
            Meaning::Memory(located)
                if matches!(located.shape, Shape::Unknown)
                    && !self.is_constant(&located)
                    && (super::option::is_of_option(&name) || asked) =>
            {
                let Meaning::Option(some, inner) = self.returned_option(located, &call.receiver)? else {
                    return Err(crate::diagnostics::Reported);
                };
                self.option_method(some, *inner, call)
            }
            Meaning::Iter(iter) => match self.iter_method(*iter, call)? {
                Some(meaning) => Ok(meaning),
                None => Err(self.unknown_method(call, "an iterator", ITERATOR)),
            },
            Meaning::Option(some, inner) => self.option_method(some, *inner, call),
            Meaning::Ordering(less, greater) => self.ordering_method((less, greater), call),
            Meaning::View(view) => self.view_method(view, call),
            receiver if COMPARISONS.contains(&name.as_str()) && call.args.len() == 1 => {
                let receiver = self.value(receiver, &call.receiver)?;
                let other = self.expr(&call.args[0])?;
                self.compared(&name, receiver, other, call)
            }
            Meaning::Memory(located)
                if name == FORWARD
                    && matches!(located.shape, Shape::Struct(_) | Shape::Unknown)
                    && !located.is_result() =>
            {
                self.forward(located, call)
            }
            receiver if name == FORWARD => Err(self.no_network(&receiver, &call.receiver)),
            Meaning::Memory(located) if name == "clone" && matches!(located.shape, Shape::Struct(_)) => {
                self.clones(&located, call.method.span());
                Ok(Meaning::Memory(self.copied(located, call)))
            }
            Meaning::Memory(located)
                if self.is_user_method(&located, call)
                    && (!is_known(&name) || matches!(located.shape, Shape::Struct(_)))
                    && !of_aggregate =>
            {
                self.user_method(located, call, is_statement)
            }
            Meaning::Memory(located)
                if !of_aggregate && !is_known(&name) && self.means_network(&located, call) =>
            {
                Err(self.unknown_network_method(call))
            }
            Meaning::Memory(located) if located.shape.is_aggregate() => {
                self.aggregate_method(located, call, expected)
            }
            Meaning::Memory(located) if matches!(located.shape, Shape::Unknown) && of_aggregate => {
                self.aggregate_method(located, call, expected)
            }
            Meaning::Memory(located) if name == "clone" && self.is_constant(&located) => {
                Ok(Meaning::Memory(located.into_place()))
            }
            Meaning::Const(path) if of_aggregate => {
                let table = self.table(&path, call.receiver.span());
                self.aggregate_method(table, call, expected)
            }
            Meaning::Memory(located) if name == "clone" => Ok(Meaning::Memory(self.copied(located, call))),
            Meaning::Const(path) if SHARED.contains(&name.as_str()) => {
                Err(self.error(&call.receiver, &GLOBAL_STATE, &[&types::text(&path)]))
            }
            Meaning::Const(path) if !is_known(&name) => {
                let table = self.table(&path, call.receiver.span());
                self.user_method(table, call, false)
            }
            receiver if self.is_undecided(&receiver) => self.open_method(receiver, call),
            receiver => {
                let kind = self.kind(&receiver).unwrap_or(ScalarKind::Real);
                let receiver = self.scalar(receiver, kind, &call.receiver)?;
                let args: Checked<Vec<Supplied<'a>>> =
                    call.args.iter().map(|arg| Ok((self.expr(arg)?, Some(arg)))).collect();
                match kind {
                    ScalarKind::Real => self.real_method(&name, receiver, args?, &call.method, call),
                    ScalarKind::Int => self.int_method(&name, receiver, args?, &call.method, call),
                    ScalarKind::Bool => self.bool_method(&name, receiver, args?, &call.method),
                }
            }
        }
    }

    fn clones(&mut self, located: &Located, at: Span) {
        if let Shape::Struct(path) = &located.shape {
            self.program.cloned.push((path.clone(), at));
        }
    }

    /// A method of a number whose kind is not known: it is what the method belongs to, or what it meets.
    fn open_method(&mut self, receiver: Meaning<'a>, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let name = call.method.to_string();
        let args: Checked<Vec<Meaning<'a>>> = call.args.iter().map(|arg| self.expr(arg)).collect();
        let args = args?;
        let of_both = is_integer_method(&name) && is_real_method(&name);
        let met = || args.iter().find_map(|arg| self.kind(arg).filter(|_| !self.is_undecided(arg)));
        let kind = match is_integer_method(&name) {
            _ if of_both => met(),
            true => Some(ScalarKind::Int),
            false => Some(ScalarKind::Real),
        };
        if kind.is_none()
            && let Some(open) = self.open_call(&name, &receiver, &args, call.span())
        {
            return Ok(open);
        }
        let receiver = self.scalar(receiver, kind.unwrap_or(ScalarKind::Real), &call.receiver)?;
        let args: Vec<Supplied<'a>> =
            args.into_iter().zip(&call.args).map(|(arg, at)| (arg, Some(at))).collect();
        match kind {
            Some(ScalarKind::Int) => self.int_method(&name, receiver, args, &call.method, call),
            _ => self.real_method(&name, receiver, args, &call.method, call),
        }
    }

    /// What a method takes by value: a place is copied, a reference stays one.
    fn own(&mut self, located: Located, at: &dyn ToTokens) -> Located {
        if located.hold == Hold::Place && !self.is_constant(&located) {
            self.copied(located, at)
        } else {
            located
        }
    }

    fn unknown_method(
        &mut self,
        call: &ExprMethodCall,
        of: &str,
        known: &'static [&'static str],
    ) -> crate::diagnostics::Reported {
        let name = call.method.to_string();
        let help = match nearest(&name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.contains(&name.as_str()) => {
                format!("{of} does not have it: write a loop, or `u.iter().{name}(..)`")
            }
            None => format!("{of} has `{}`", known.join("`, `")),
        };
        self.error(&call.method, &UNKNOWN_METHOD, &[&name, &help])
    }

    fn aggregate_method(
        &mut self,
        located: Located,
        call: &'a ExprMethodCall,
        expected: Option<Shape>,
    ) -> Checked<Meaning<'a>> {
        let span = call.span();
        match (call.method.to_string().as_str(), call.args.len()) {
            ("len", 0) => Ok(Meaning::Scalar(self.length(&located, span))),
            ("is_empty", 0) => {
                let len = self.length(&located, span);
                let zero = self.index_literal(0, span);
                Ok(Meaning::Scalar(self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, len, zero), span)))
            }
            (name @ ("iter" | "iter_mut" | "into_iter"), 0) => {
                let located = match name {
                    "iter" => Located { hold: Hold::Reference, ..located },
                    "iter_mut" => Located { hold: Hold::Mutable, ..located },
                    _ => self.own(located, call),
                };
                let len = self.length(&located, span);
                Ok(Meaning::Iter(Box::new(Iter::Elements { located, len })))
            }
            ("clone" | "to_owned", 0) => Ok(Meaning::Memory(self.copied(located, call))),
            ("as_slice" | "as_mut_slice" | "as_ref" | "as_mut" | "each_ref", 0) => {
                Ok(Meaning::Memory(located))
            }
            ("map", 1) => {
                let len = match &located.shape {
                    Shape::Array(_, len) => Some(len.clone()),
                    _ => self.table_length(&located),
                };
                let Some(len) = len.filter(|len| !matches!(len, Len::Inferred)) else {
                    if matches!(located.shape, Shape::Unknown | Shape::Struct(_) | Shape::Array(..)) {
                        return self.mapped_alike(located, call, expected);
                    }
                    return Err(self.unknown_method(call, "a slice", AGGREGATE));
                };
                // It takes the array itself, through a reference too.
                let array = self.own(located.into_place(), call);
                let function = self.callable(&call.args[0])?;
                let inner = match expected {
                    Some(Shape::Array(inner, _)) => Some(*inner),
                    _ => None,
                };
                self.filled(len, inner, &call.receiver, |s, index| {
                    let element = s.element(array, index, &call.receiver)?;
                    s.apply(function, vec![Meaning::Memory(element)], &call.args[0])
                })
            }
            (name, _)
                if SLICE.contains(&name)
                    && !matches!(
                        (name, &located.shape),
                        ("copy_from_slice" | "clone_from_slice", Shape::Array(..))
                    ) =>
            {
                let view = self.whole(located, span);
                self.view_method(view, call)
            }
            ("copy_from_slice" | "clone_from_slice", 1) => {
                self.writable(&located, &call.receiver)?;
                let source = self.raw(&call.args[0])?;
                if matches!(source, Meaning::View(_)) {
                    let view = self.whole(located, span);
                    return self.view_method(view, call);
                }
                // what lies in the same array is read before it is written
                let source = match source {
                    Meaning::Memory(part) if part.place.object == located.place.object => {
                        Meaning::Memory(self.copied(part, &call.args[0]))
                    }
                    other => other,
                };
                self.meaning_into(source, located.place, located.shape, &call.args[0])?;
                Ok(Meaning::Unit)
            }
            (name, _) if is_real_method(name) => {
                let help = "take one component, `u[0]`, or loop over all of them";
                Err(self.error(&call.method, &UNKNOWN_METHOD, &[name, help]))
            }
            (name, _) => match Self::refused_help(name) {
                Some(help) => Err(self.error(&call.method, &UNKNOWN_METHOD, &[name, help])),
                None => Err(self.unknown_method(call, "an array", AGGREGATE)),
            },
        }
    }

    /// `field.map(|x| ..)`, whose length only rustc knows: an array of the same length.
    fn mapped_alike(
        &mut self,
        located: Located,
        call: &'a ExprMethodCall,
        expected: Option<Shape>,
    ) -> Checked<Meaning<'a>> {
        // It takes the array itself, as it is now.
        let array = self.own(located.into_place(), call);
        let function = self.callable(&call.args[0])?;
        let inner = match expected {
            Some(Shape::Array(inner, _)) => Some(*inner),
            _ => None,
        };
        self.filled_alike(array.clone(), inner, &call.receiver, |s, index| {
            let element = s.element(array, index, &call.receiver)?;
            s.apply(function, vec![Meaning::Memory(element)], &call.args[0])
        })
    }
}
