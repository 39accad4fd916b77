//! Statements: bindings and changes.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::interval::Interval;
use super::place::Place;
use super::scope::By;
use super::scope::Variable;
use super::types::KEPT;
use super::types::Type;
use super::types::is_signed;
use super::types::kept;

impl Writer<'_> {
    /// Writes one statement, or a few that belong together.
    pub(super) fn statement(&mut self) {
        self.budget -= 1;
        match self.between(0, 99) {
            0..=17 => self.let_any(),
            18..=23 => self.shadow(),
            24..=35 => {
                self.change(2);
            }
            36..=41 => self.together(),
            42..=45 => self.compound_of_writer(),
            46..=49 => self.branch(),
            50..=51 => self.match_statement(),
            52..=61 => self.some_loop(),
            62..=70 => self.closure(),
            71..=83 => self.borrow(),
            84..=85 => self.let_later(),
            86..=88 => self.let_chain(),
            89..=90 => self.for_each(),
            91..=93 => self.copy_and_change(),
            94..=96 => self.helper_between_writes(),
            97..=98 => self.inner_const(),
            _ => self.let_block(),
        }
    }

    /// A type for a local variable.
    fn local_type(&mut self) -> Type {
        let structs = self.items.structs.len();
        match self.between(0, 24) {
            22..=24 if structs > 0 => Type::Struct(self.between(0, structs - 1)),
            0..=2 => Type::array(kept(), self.between(2, 4)),
            3 => Type::array(Type::array(kept(), self.between(2, 3)), 2),
            4 | 5 if structs > 0 => Type::Struct(self.between(0, structs - 1)),
            6 if structs > 0 => Type::array(Type::Struct(self.between(0, structs - 1)), 2),
            7 => Type::Tuple(vec![kept(), kept()]),
            8 => Type::Tuple(vec![kept(), self.int_type()]),
            9 => Type::Tuple(vec![Type::array(kept(), 2), kept()]),
            10 | 11 => self.int_type(),
            12 => {
                let inner = self.int_type();
                Type::array(inner, self.between(2, 3))
            }
            13 => {
                let inner = self.int_type();
                Type::array(Type::array(inner, 2), 2)
            }
            14 => Type::Bool,
            _ => kept(),
        }
    }

    fn int_type(&mut self) -> Type {
        let int = self.pick(super::int::INTS);
        let hi = self.whole(1, 6);
        Type::Int(int, if is_signed(int) { -hi } else { 0 }, hi)
    }

    /// A variable of any type, changing or not.
    pub(super) fn let_any(&mut self) {
        let ty = self.local_type();
        let mutable = self.chance(0.45);
        if !mutable && ty.is_real() {
            let e = self.real(3);
            let e = if e.bare { self.leaf() } else { e };
            return self.bind_value(e);
        }
        let annotated = self.chance(0.25);
        let e = if annotated { self.expected_value(&ty, 2) } else { self.typed_value(&ty, 2) };
        if !mutable && !annotated {
            return self.bind_value(Ex { ty, ..e });
        }
        let name = self.fresh();
        let marks = self.marks_of(&ty);
        let typed = match annotated {
            true => format!("{}: {}", mark(Construct::LetTyped), self.type_text(&ty)),
            false => String::new(),
        };
        if !mutable {
            self.line(format!("{marks}let {name}{typed} = {};", e.text));
            self.value_of(&name, ty);
            return;
        }
        let marks = mark(Construct::LetMut) + &marks;
        self.line(format!("{marks}let mut {name}{typed} = {};", e.text));
        self.declare(&name, ty, true, By::Value);
        if self.chance(0.4) {
            self.change(1);
        }
    }

    fn marks_of(&self, ty: &Type) -> String {
        match ty {
            Type::Array(inner, _) => match &**inner {
                Type::Int(..) => mark(Construct::IntArray),
                Type::Array(innermost, _) if innermost.is_int() => mark(Construct::IntMatrix),
                Type::Array(..) => mark(Construct::Matrix),
                Type::Struct(_) => mark(Construct::StructArray),
                _ => String::new(),
            },
            Type::Tuple(_) => mark(Construct::Tuple),
            Type::Int(..) => mark(Construct::IntVariable),
            Type::Bool => mark(Construct::Flag),
            _ => String::new(),
        }
    }

    fn annotation(&mut self, ty: &Type) -> String {
        if self.chance(0.25) {
            format!("{}: {}", mark(Construct::LetTyped), self.type_text(ty))
        } else {
            String::new()
        }
    }

    /// Binds a value to a name, or to names for its parts.
    pub(super) fn bind_value(&mut self, e: Ex) {
        if self.chance(0.35) {
            match e.ty.clone() {
                Type::Tuple(parts) => {
                    let pattern = self.tuple_pattern(&parts);
                    return self.write(Construct::LetTuple, format!("let {pattern} = {};", e.text));
                }
                Type::Array(inner, n) if n <= 4 => {
                    let pattern = self.array_pattern(&inner, n);
                    return self.write(Construct::LetArray, format!("let {pattern} = {};", e.text));
                }
                Type::Struct(k) => {
                    let pattern = self.struct_pattern(k);
                    return self.write(Construct::LetStruct, format!("let {pattern} = {};", e.text));
                }
                _ => {}
            }
        }
        if let Type::Real(range) = e.ty
            && self.chance(0.08)
        {
            let other = self.real(1);
            let (x, y) = (self.fresh(), self.fresh());
            let mutable = if range.within(KEPT) && self.chance(0.3) { "mut " } else { "" };
            let second = if other.bare { format!("{}_f64", other.text) } else { other.text.clone() };
            self.write(Construct::LetTuple, format!("let ({mutable}{x}, {y}) = ({}, {second});", e.text));
            let ty = if mutable.is_empty() { e.ty } else { kept() };
            self.declare(&x, ty, !mutable.is_empty(), By::Value);
            self.value_of(&y, other.ty);
            return;
        }
        let name = self.fresh();
        let marks = mark(Construct::Let) + &self.marks_of(&e.ty);
        let typed = self.annotation(&e.ty);
        self.line(format!("{marks}let {name}{typed} = {};", e.text));
        self.value_of(&name, e.ty);
    }

    fn tuple_pattern(&mut self, parts: &[Type]) -> String {
        let names: Vec<String> = parts.iter().map(|part| self.part_pattern(part)).collect();
        format!("({})", names.join(", "))
    }

    fn part_pattern(&mut self, ty: &Type) -> String {
        match ty {
            Type::Array(inner, n) if self.chance(0.3) => self.array_pattern(inner, *n),
            _ if self.chance(0.1) => format!("{}_", mark(Construct::LetRest)),
            _ => {
                let name = self.fresh();
                let mutable = self.chance(0.3);
                self.declare(&name, ty.clone(), mutable, By::Value);
                format!("{}{name}", if mutable { "mut " } else { "" })
            }
        }
    }

    fn array_pattern(&mut self, inner: &Type, n: usize) -> String {
        if n > 2 && self.chance(0.3) {
            let (first, last) = (self.part_pattern(inner), self.part_pattern(inner));
            return format!("{}[{first}, .., {last}]", mark(Construct::LetRest));
        }
        let names: Vec<String> = (0..n).map(|_| self.part_pattern(inner)).collect();
        format!("[{}]", names.join(", "))
    }

    fn struct_pattern(&mut self, k: usize) -> String {
        let (name, fields) = (self.items.structs[k].name.clone(), self.items.structs[k].fields.clone());
        let all = self.chance(0.5);
        let mut parts = Vec::new();
        for (field, ty) in &fields {
            if !all && parts.len() == 1 {
                parts.push(format!("{}..", mark(Construct::LetRest)));
                break;
            }
            if !self.used.contains(field) && self.chance(0.4) {
                self.value_of(field, ty.clone());
                parts.push(field.clone());
            } else {
                parts.push(format!("{field}: {}", self.part_pattern(ty)));
            }
        }
        format!("{name} {{ {} }}", parts.join(", "))
    }

    /// The same name again, for another value.
    pub(super) fn shadow(&mut self) {
        let seen: Vec<Variable> = self
            .scope
            .visible()
            .into_iter()
            .filter(|v| v.closure.is_none() && v.ty.is_scalar() && can_be_shadowed(&v.name))
            .collect();
        if seen.is_empty() {
            return self.let_any();
        }
        let variable = self.pick(&seen);
        let ty = if variable.ty.is_int() && self.chance(0.5) { variable.ty } else { kept() };
        let e = self.typed_value(&ty, 2);
        let mutable = self.chance(0.3);
        let text = format!("let {}{} = {};", if mutable { "mut " } else { "" }, variable.name, e.text);
        self.write(Construct::Shadow, text);
        self.declare(&variable.name, ty, mutable, By::Value);
    }

    /// Changes something that may be changed here; says whether there was anything.
    pub(super) fn change(&mut self, depth: usize) -> bool {
        let scalar = self.chance(0.75);
        let mut place = self.place(true, &move |ty| ty.is_scalar() == scalar);
        if place.is_none() {
            place = self.place(true, &|_| true);
        }
        let Some(place) = place else { return false };
        match place.ty.clone() {
            Type::Real(range) => self.change_real(&place, range, depth),
            Type::Int(int, lo, hi) => self.change_int(&place, int, lo, hi),
            Type::Bool => {
                let target = self.as_target(&place);
                let e = self.flag(1);
                self.write(Construct::Flag, format!("{target} = {};", e.text));
            }
            ty => self.change_whole(&place, &ty, depth),
        }
        true
    }

    fn assigned(&self, place: &Place) -> String {
        let construct = match &place.text {
            text if text.ends_with(']') => Construct::AssignElement,
            text if text.contains('.') => {
                let last = text.rsplit('.').next().unwrap_or("");
                if last.chars().all(|c| c.is_ascii_digit()) {
                    Construct::TupleAssign
                } else {
                    Construct::AssignField
                }
            }
            _ => Construct::LetMut,
        };
        mark(construct) + &self.as_target(place)
    }

    fn change_real(&mut self, place: &Place, range: Interval, depth: usize) {
        let target = self.assigned(place);
        let read = self.as_target(place);
        let compound = mark(Construct::Compound);
        let symmetric = range.lo < 0.0 && range.hi > 0.0;
        match self.between(0, 6) {
            0 if symmetric => {
                let (_, factor) = self.constant(-0.99, 0.99);
                self.line(format!("{compound}{target} *= {factor};"));
            }
            1 if symmetric => {
                let e = self.real_in(Interval::new(1.0, 8.0), 1);
                self.line(format!("{compound}{target} /= {};", e.text));
            }
            // Relaxation towards a value inside stays inside; an effect between the two readings would not.
            2 => {
                let (_, rate) = self.constant(0.1, 0.9);
                let e = self.pure(|w| w.real_in(range, 1));
                self.line(format!("{compound}{target} += {rate} * ({} - {read});", e.text));
            }
            3 => {
                let (_, rate) = self.constant(0.1, 0.9);
                let e = self.pure(|w| w.real_in(range, 1));
                self.line(format!("{compound}{target} -= {rate} * ({read} - {});", e.right(Binds::Atom)));
            }
            _ => {
                let e = self.real_in(range, depth);
                self.line(format!("{target} = {};", e.text));
            }
        }
    }

    fn change_int(&mut self, place: &Place, int: &'static str, lo: i64, hi: i64) {
        let target = self.assigned(place);
        let read = self.as_target(place);
        let tag = mark(Construct::IntVariable);
        match self.between(0, 5) {
            0 if hi > 0 => self.line(format!("{tag}{target} %= {hi};")),
            1 => self.line(format!("{tag}{target} /= 2;")),
            2 if lo < 0 && -lo == hi => self.line(format!("{tag}{target} *= -1;")),
            3 if lo < hi => {
                let text = format!("{tag}if {read} < {hi} {{ {target} += 1; }} else {{ {target} = {lo}; }}");
                self.line(text);
            }
            _ => {
                let e = self.int_in(int, lo, hi, 2);
                self.line(format!("{tag}{target} = {};", e.text));
            }
        }
    }

    fn change_whole(&mut self, place: &Place, ty: &Type, depth: usize) {
        let name = place.text.clone();
        let target = self.as_target(place);
        match ty {
            Type::Array(inner, n) => match self.between(0, 8) {
                0 => {
                    let (i, j) = (self.between(0, n - 1), self.between(0, n - 1));
                    return self.write(Construct::Swap, format!("{name}.swap({i}, {j});"));
                }
                1 if inner.is_scalar() => {
                    let e = self.borrowing(|w| {
                        w.locks.hide(place.id);
                        w.pure(|w| w.typed_value(inner, 1))
                    });
                    return self.write(Construct::Fill, format!("{name}.fill({});", e.text));
                }
                2 if inner.is_scalar() => {
                    let from = {
                        let locks = self.locks.clone();
                        self.locks.hide(place.id);
                        let wanted = ty.clone();
                        let from = self.place(false, &move |found| found.fits(&wanted));
                        self.locks = locks;
                        from
                    };
                    let text = match from {
                        Some(from) => self.as_reference(&from),
                        None => {
                            let e = self.pure(|w| {
                                let locks = w.locks.clone();
                                w.locks.hide(place.id);
                                let elements: Vec<String> =
                                    (0..*n).map(|_| w.typed_value(inner, 0).text).collect();
                                w.locks = locks;
                                elements
                            });
                            format!("&[{}]", e.join(", "))
                        }
                    };
                    return self.write(Construct::CopyFromSlice, format!("{name}.copy_from_slice({text});"));
                }
                3 | 4 => {
                    // Over itself: what is assigned reads what is assigned to.
                    let mut leaves: Vec<String> = Vec::new();
                    for k in 0..*n {
                        let other = self.between(0, n - 1);
                        let element = format!("{name}[{}]", if self.chance(0.8) { n - 1 - k } else { other });
                        leaves.push(match &**inner {
                            Type::Real(range) if self.chance(0.3) => {
                                let element = Ex::atom(element, Type::Real(*range));
                                let (_, factor) = self.constant(-0.9, 0.9);
                                format!("{factor} * {}", element.text)
                            }
                            _ => element,
                        });
                    }
                    return self
                        .write(Construct::AssignOverItself, format!("{target} = [{}];", leaves.join(", ")));
                }
                _ => {}
            },
            Type::Struct(k) if self.chance(0.3) => {
                let record = self.items.structs[*k].clone();
                let mut fields = Vec::new();
                for (k, (field, ty)) in record.fields.iter().enumerate() {
                    // Another field of the same type, if there is one.
                    let from = (1..=record.fields.len())
                        .map(|d| &record.fields[(k + d) % record.fields.len()])
                        .find(|(_, other)| other == ty);
                    let from = from.map_or(field, |(name, _)| name);
                    fields.push(format!("{field}: {name}.{from}"));
                }
                let text = format!("{target} = {} {{ {} }};", record.name, fields.join(", "));
                return self.write(Construct::AssignOverItself, text);
            }
            _ => {}
        }
        let e = self.expected_value(ty, depth);
        self.write(Construct::AssignWhole, format!("{target} = {};", e.text));
    }

    /// `(a, b) = (b, a)`, `[a, b] = [b, a + b]`, of anything.
    fn together(&mut self) {
        let Some(first) = self.place(true, &|_| true) else { return self.let_any() };
        let wanted = first.ty.clone();
        let Some(second) = self.place(true, &move |ty| *ty == wanted) else { return self.let_any() };
        let (a, b) = (self.as_target(&first), self.as_target(&second));
        let tag = mark(Construct::AssignTogether);
        match (&first.ty, self.between(0, 4)) {
            (Type::Real(range), 0) => {
                let e = self.real_in(*range, 2);
                self.line(format!("{tag}({a}, {b}) = ({}, {a});", e.text));
            }
            (Type::Real(_), 1) => self.line(format!("{tag}[{a}, {b}] = [{b}, 0.5 * {a} - 0.4 * {b}];")),
            (Type::Real(range), 2) => {
                let range = *range;
                let e = self.real_in(range, 1);
                self.line(format!("{tag}({a}, {b}) = ({b} * 0.75, {});", e.text));
            }
            _ => self.line(format!("{tag}({a}, {b}) = ({b}, {a});")),
        }
    }

    /// `x *= { x = ..; 0.5 }`: the right side comes first.
    fn compound_of_writer(&mut self) {
        let Some(place) = self.place(true, &|ty| *ty == kept()) else { return self.let_any() };
        let target = self.as_target(&place);
        let e = self.real_in(KEPT, 2);
        let tag = mark(Construct::CompoundOfWriter);
        let (_, factor) = self.constant(0.1, 0.9);
        match self.between(0, 2) {
            0 => self.line(format!("{tag}{target} *= {{ {target} = {}; {factor} }};", e.text)),
            1 => self.line(format!("{tag}{target} -= {{ {target} = {}; {factor} * {target} }};", e.text)),
            _ => {
                self.line(format!("{tag}{target} /= {{ {target} = {}; 1.0 + {target} * {target} }};", e.text))
            }
        }
    }

    /// `let mut b = a;`, then one of them changes.
    fn copy_and_change(&mut self) {
        let Some(e) = self.read(&|ty| !ty.is_scalar()) else { return self.let_any() };
        let name = self.fresh();
        let construct = match e.ty {
            Type::Array(..) => Construct::ArrayCopy,
            Type::Struct(_) => Construct::StructCopy,
            _ => Construct::Tuple,
        };
        let mutable = self.chance(0.6);
        let text = if self.chance(0.15) { format!("{{ {} }}", e.text) } else { e.text.clone() };
        self.write(construct, format!("let {}{name} = {text};", if mutable { "mut " } else { "" }));
        self.declare(&name, e.ty, mutable, By::Value);
        for _ in 0..self.between(1, 2) {
            self.change(1);
        }
    }

    fn inner_const(&mut self) {
        if self.depth > 0 {
            return self.let_any();
        }
        let name = format!("INNER_{}", self.used.len());
        self.used.push(name.clone());
        let (x, text) = self.constant(-2.0, 2.0);
        self.write(Construct::InnerConst, format!("const {name}: f64 = {text};"));
        self.value_of(&name, Type::Real(Interval::point(x)));
    }

    fn let_block(&mut self) {
        let name = self.fresh();
        let (block, ty) = self.value_block(&kept(), 2);
        self.write(Construct::Block, format!("let {name} = {block};"));
        self.value_of(&name, ty);
    }

    /// A value that depends on everything that is in scope.
    pub(super) fn digest(&mut self) -> String {
        let mut terms: Vec<String> = Vec::new();
        for variable in self.scope.visible() {
            if variable.closure.is_some() || !self.locks.may_read(variable.id) {
                continue;
            }
            let input = ["u", "p"].contains(&variable.name.as_str());
            let mut leaves = Vec::new();
            let base = match (&variable.by, variable.ty.is_scalar()) {
                (By::Value, _) | (_, false) => variable.name.clone(),
                _ => format!("*{}", variable.name),
            };
            self.leaves(&base, &variable.ty, &mut leaves);
            // Of the inputs one is enough: a model has to use its state.
            while leaves.len() > if input { 1 } else { 6 } {
                let k = self.between(0, leaves.len() - 1);
                leaves.swap_remove(k);
            }
            for (text, ty) in leaves {
                let (_, factor) = self.constant(0.05, 0.4);
                match ty {
                    Type::Real(_) => terms.push(format!("{factor} * {text}")),
                    Type::Int(..) => terms.push(format!("{factor} * {text} as f64")),
                    Type::Bool => terms.push(format!("(if {text} {{ {factor} }} else {{ -{factor} }})")),
                    _ => {}
                }
            }
        }
        if terms.is_empty() {
            return self.leaf().text;
        }
        terms.join(" + ")
    }
}

/// Constants can't be shadowed: a pattern of their name is their value. Nor may the counter of a `while`.
pub fn can_be_shadowed(name: &str) -> bool {
    !["u", "p"].contains(&name) && !name.starts_with("INNER") && !name.starts_with("count")
}
