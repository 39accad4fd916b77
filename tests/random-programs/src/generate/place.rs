//! Places: variables, their elements and fields.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::scope::By;
use super::scope::Variable;
use super::types::Type;

/// A place as it is written.
#[derive(Debug, Clone)]
pub struct Place {
    pub text: String,
    pub ty: Type,
    pub id: usize,
    /// It is the whole of a variable that is a reference.
    pub reference: bool,
}

impl Writer<'_> {
    /// A place of a wanted type that can be read here, and written where that is asked for.
    pub(super) fn place(&mut self, write: bool, want: &dyn Fn(&Type) -> bool) -> Option<Place> {
        let fitting: Vec<Variable> = self
            .scope
            .visible()
            .into_iter()
            .filter(|v| v.closure.is_none() && self.contains(&v.ty, want))
            .filter(|v| match write {
                true => v.mutable && self.locks.may_write(v.id),
                false => self.locks.may_read(v.id),
            })
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let variable = self.pick(&fitting);
        Some(self.inside(&variable, write, want))
    }

    /// A place inside a variable that has one.
    pub(super) fn inside(&mut self, variable: &Variable, write: bool, want: &dyn Fn(&Type) -> bool) -> Place {
        self.log.push((variable.id, write));
        let (mut text, mut ty) = (variable.name.clone(), variable.ty.clone());
        let mut whole = true;
        loop {
            let here = want(&ty);
            let children = self.children(&ty);
            let deeper: Vec<&(String, Type)> =
                children.iter().filter(|(_, child)| self.contains(child, want)).collect();
            if here && (deeper.is_empty() || self.dice_half()) {
                break;
            }
            if deeper.is_empty() {
                break;
            }
            whole = false;
            match ty.clone() {
                Type::Array(inner, n) => {
                    let i = self.pure(|w| w.index(n));
                    text += &format!("[{i}]");
                    ty = *inner;
                }
                _ => {
                    let k = self.between(0, deeper.len() - 1);
                    let (part, child) = deeper[k].clone();
                    text += &part;
                    ty = child;
                }
            }
        }
        Place { text, ty, id: variable.id, reference: whole && variable.by != By::Value }
    }

    fn dice_half(&mut self) -> bool {
        self.chance(0.5)
    }

    /// Fields and parts with what is written for them; an array's elements are one child.
    fn children(&self, ty: &Type) -> Vec<(String, Type)> {
        match ty {
            Type::Array(inner, _) => vec![(String::new(), (**inner).clone())],
            Type::Struct(k) => self.items.structs[*k]
                .fields
                .iter()
                .map(|(name, ty)| (format!(".{name}"), ty.clone()))
                .collect(),
            Type::Tuple(parts) => {
                parts.iter().enumerate().map(|(k, ty)| (format!(".{k}"), ty.clone())).collect()
            }
            _ => vec![],
        }
    }

    /// Whether there is a wanted type anywhere inside.
    pub(super) fn contains(&self, ty: &Type, want: &dyn Fn(&Type) -> bool) -> bool {
        want(ty) || self.children(ty).iter().any(|(_, child)| self.contains(child, want))
    }

    /// A place that is read, as an expression.
    pub(super) fn read(&mut self, want: &dyn Fn(&Type) -> bool) -> Option<Ex> {
        let place = self.place(false, want)?;
        Some(self.as_value(&place))
    }

    /// The value of a place.
    pub(super) fn as_value(&mut self, place: &Place) -> Ex {
        if place.reference {
            return Ex::new(format!("*{}", place.text), place.ty.clone(), Binds::Prefix);
        }
        let mut text = place.text.clone();
        if place.ty.is_scalar() && text.contains('.') && text.ends_with(']') {
            text = mark(Construct::FieldArray) + &text;
        }
        Ex::atom(text, place.ty.clone())
    }

    /// The left side of an assignment.
    pub(super) fn as_target(&self, place: &Place) -> String {
        if place.reference { format!("*{}", place.text) } else { place.text.clone() }
    }

    /// `&place`.
    pub(super) fn as_reference(&self, place: &Place) -> String {
        if place.reference { place.text.clone() } else { format!("&{}", place.text) }
    }

    /// `&place` as a reference of its own: what is bound or iterated over would otherwise move a `&mut`.
    pub(super) fn as_borrow(&self, place: &Place) -> String {
        if place.reference { format!("&*{}", place.text) } else { format!("&{}", place.text) }
    }

    /// `&mut place`, for a place to write.
    pub(super) fn as_mut_reference(&self, place: &Place) -> String {
        if place.reference { format!("&mut *{}", place.text) } else { format!("&mut {}", place.text) }
    }

    /// The text of a type.
    pub(super) fn type_text(&self, ty: &Type) -> String {
        match ty {
            Type::Real(_) => "f64".into(),
            Type::Int(int, ..) => (*int).into(),
            Type::Bool => "bool".into(),
            Type::Array(inner, n) => format!("[{}; {n}]", self.type_text(inner)),
            Type::Struct(k) => self.items.structs[*k].name.clone(),
            Type::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.type_text(part)).collect();
                format!("({})", parts.join(", "))
            }
        }
    }

    /// The type of an argument.
    pub(super) fn argument_text(&self, ty: &Type, by: By) -> String {
        let and = match by {
            By::Value => "",
            By::Ref => "&",
            By::Mut => "&mut ",
        };
        format!("{and}{}", self.type_text(ty))
    }

    /// The scalars of a variable as readings; at most so many.
    pub(super) fn leaves(&mut self, text: &str, ty: &Type, out: &mut Vec<(String, Type)>) {
        match ty {
            Type::Array(inner, n) => {
                for i in 0..*n {
                    self.leaves(&format!("{text}[{i}]"), inner, out);
                }
            }
            Type::Struct(_) | Type::Tuple(_) => {
                for (part, child) in self.children(ty) {
                    self.leaves(&format!("{text}{part}"), &child, out);
                }
            }
            _ => out.push((text.to_string(), ty.clone())),
        }
    }
}
