//! Which Rust name each value and object gets: the user's own, and for the rest one that says what it holds.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Ident;
use proc_macro2::Span;
use quote::ToTokens;

use super::arrays::Arrays;
use super::inline::Inline;
use super::inline::mentioned;
use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::CallResult;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::rules::Prim;

/// The longest name made from other names.
const LONGEST: usize = 20;

/// Names of everything that has one.
pub struct Names {
    values: HashMap<Value, Ident>,
    objects: HashMap<Obj, Ident>,
}

struct Scopes<'a> {
    program: &'a Program,
    inline: &'a Inline,
    arrays: &'a Arrays,
    values: HashMap<Value, String>,
    objects: HashMap<Obj, String>,
    ops: HashMap<Value, &'a Op>,
    visible: Vec<HashSet<String>>,
    /// For a name that got a number the name without it, for use in others.
    words: HashMap<String, String>,
    /// How often each bare word was used.
    numbers: HashMap<String, usize>,
}

impl Names {
    /// Names a program; `taken` are names that the surrounding function has used already.
    pub fn of(program: &Program, inline: &Inline, arrays: &Arrays, args: &[Arg], taken: &[&str]) -> Self {
        let mut scopes = Scopes {
            program,
            inline,
            arrays,
            values: HashMap::default(),
            objects: HashMap::default(),
            ops: HashMap::default(),
            visible: vec![taken.iter().map(|s| (*s).to_string()).collect()],
            words: HashMap::default(),
            numbers: HashMap::default(),
        };
        let mentioned = mentioned(program);
        for arg in args {
            match arg {
                Arg::Value(v) => {
                    let name = program.info(*v).name.clone().unwrap_or_else(|| "x".into());
                    let name = scopes.fresh(&unused(&name, inline.used(*v)));
                    scopes.values.insert(*v, name);
                }
                Arg::Object(o) => {
                    let name = unused(&program.objects[o.0].name, mentioned.contains(o));
                    let name = scopes.fresh(&name);
                    scopes.objects.insert(*o, name);
                }
            }
        }
        scopes.block(&program.body);
        let Scopes { values, objects, .. } = scopes;
        // once for each name, and not wherever it stands
        Names {
            values: values.into_iter().map(|(v, name)| (v, ident(&name))).collect(),
            objects: objects.into_iter().map(|(o, name)| (o, ident(&name))).collect(),
        }
    }

    /// The identifier of a value.
    pub fn value(&self, v: Value) -> Ident {
        self.values.get(&v).cloned().unwrap_or_else(|| ident("missing"))
    }

    /// The identifier of an object.
    pub fn object(&self, o: Obj) -> Ident {
        self.objects.get(&o).cloned().unwrap_or_else(|| ident("missing"))
    }
}

/// A name that the user did not write carries a number: of a bare word there may be a model, and a pattern that names its unit
/// struct is no new variable.
fn numbered(name: &str) -> String {
    let has_number = name.rsplit_once('_').is_some_and(|(_, end)| end.parse::<usize>().is_ok());
    if has_number { name.to_string() } else { format!("{name}_1") }
}

/// `_name` for what nobody reads.
fn unused(name: &str, used: bool) -> String {
    match (used, name.strip_prefix('_')) {
        (true, Some(rest)) if !rest.is_empty() => rest.to_string(),
        (true, _) | (false, Some(_)) => name.to_string(),
        (false, None) => format!("_{name}"),
    }
}

/// An identifier by its text; raw where it is a keyword.
pub(super) fn ident(name: &str) -> Ident {
    let bare = name.replace("r#", "");
    let ident = Ident::new(&bare, Span::call_site());
    match syn::parse2::<Ident>(ident.to_token_stream()) {
        Ok(_) => ident,
        Err(_) => Ident::new_raw(&bare, Span::call_site()),
    }
}

impl<'a> Scopes<'a> {
    /// The user's own name, or one with a number.
    fn fresh(&mut self, base: &str) -> String {
        let taken = |name: &str, scopes: &[HashSet<String>]| scopes.iter().any(|s| s.contains(name));
        // `r#x` and `x` are one name.
        let base = &base.replace("r#", "");
        let mut name = if self.program.bound.contains(base) { base.clone() } else { numbered(base) };
        self.words.insert(name.clone(), base.clone());
        let mut n = 1;
        while taken(&name, &self.visible) {
            n += 1;
            // Not `x2`: a model may well be called so.
            name = format!("{base}_{n}");
        }
        if let Some(scope) = self.visible.last_mut() {
            scope.insert(name.clone());
        }
        name
    }

    fn define(&mut self, v: Value) {
        let base = self.program.info(v).name.clone().unwrap_or_else(|| self.hint(v));
        let name = self.fresh(&base);
        self.values.insert(v, name);
    }

    fn define_object(&mut self, o: Obj) {
        let name = self.fresh(&self.program.objects[o.0].name.clone());
        self.objects.insert(o, name);
    }

    /// A short word for a value, for use in the name of another.
    fn word(&self, v: Value) -> Option<String> {
        if let Some(name) = self.values.get(&v) {
            return Some(self.word_of(name));
        }
        match self.ops.get(&v)? {
            Op::Load(place) => self.place_word(place),
            Op::Int(n) if *n >= 0 => Some(n.to_string()),
            _ => None,
        }
    }

    fn word_of(&self, name: &str) -> String {
        self.words.get(name).cloned().unwrap_or_else(|| name.to_string())
    }

    fn place_word(&self, place: &Place) -> Option<String> {
        let mut word = self.word_of(self.objects.get(&place.object)?);
        for proj in &place.path {
            word.push('_');
            match proj {
                Proj::Field(f) | Proj::Part(_, f) => word.push_str(f),
                Proj::Matches(_) | Proj::Range(..) => return None,
                Proj::Index(i) => word.push_str(&self.word(*i)?),
            }
        }
        Some(word)
    }

    /// A name made up for a value without one.
    fn hint(&mut self, v: Value) -> String {
        let kind = self.program.kind(v);
        let made = match self.ops.get(&v) {
            Some(Op::Prim(Prim::Mul, args)) => match (self.word(args[0]), self.word(args[1])) {
                (Some(a), Some(b)) if a == b => Some(format!("{a}_squared")),
                (Some(a), Some(b)) => Some(format!("{a}_{b}")),
                _ => None,
            },
            Some(Op::Prim(Prim::Add | Prim::Sub | Prim::Div | Prim::Neg, _)) => None,
            Some(Op::Prim(prim, args)) => self.word(args[0]).map(|x| format!("{}_{x}", prim.method())),
            Some(Op::Load(place)) => self.place_word(place),
            _ => None,
        };
        if let Some(name) = made.filter(|name| name.len() <= LONGEST) {
            return name.trim_start_matches('_').to_string();
        }
        self.numbered(match self.ops.get(&v) {
            Some(Op::Prim(Prim::Mul, _)) => "product",
            Some(Op::Prim(Prim::Add, _)) => "sum",
            Some(Op::Prim(Prim::Sub, _)) => "difference",
            Some(Op::Prim(Prim::Div, _)) => "ratio",
            Some(Op::Prim(Prim::Neg, _)) => "minus",
            Some(Op::Prim(prim, _)) => prim.method(),
            _ => match kind {
                ScalarKind::Real => "value",
                ScalarKind::Int => "count",
                ScalarKind::Bool => "holds",
            },
        })
    }

    fn numbered(&mut self, word: &str) -> String {
        let n = self.numbers.entry(word.to_string()).or_insert(0);
        *n += 1;
        format!("{word}_{n}")
    }

    fn block(&mut self, block: &'a Block) {
        for stmt in block {
            if let Stmt::Let(v, op) = stmt {
                self.ops.insert(*v, op);
                if !self.inline.contains(*v) {
                    self.define(*v);
                }
                continue;
            }
            match stmt {
                Stmt::Local(o, _) if !self.arrays.is_input(*o) => self.define_object(*o),
                Stmt::Pop(v) => self.define(*v),
                Stmt::Call(call) => {
                    for bound in call.bound().collect::<Vec<_>>() {
                        match bound {
                            CallResult::Value(v) => self.define(v),
                            CallResult::Object(o) if self.arrays.landing(o).is_some() => {}
                            CallResult::Object(o) => self.define_object(o),
                        }
                    }
                }
                Stmt::For(l) => {
                    for c in &l.carried {
                        self.define(c.param);
                        let name = self.values[&c.param].clone();
                        self.values.insert(c.result, name);
                    }
                    self.visible.push(HashSet::default());
                    if l.again.is_some() {
                        self.block(&l.body);
                        self.visible.pop();
                        continue;
                    }
                    let base = self.program.info(l.index).name.clone().unwrap_or_else(|| "i".into());
                    let name = self.fresh(&unused(&base, self.inline.used(l.index)));
                    self.values.insert(l.index, name);
                    self.block(&l.body);
                    self.visible.pop();
                }
                Stmt::If(l) => {
                    for arm in [&l.then, &l.otherwise] {
                        self.visible.push(HashSet::default());
                        self.block(arm);
                        self.visible.pop();
                    }
                    for m in &l.merges {
                        let base = self.program.info(m.result).name.clone();
                        let base = base.unwrap_or_else(|| self.numbered("chosen"));
                        let name = self.fresh(&base);
                        self.values.insert(m.result, name);
                    }
                }
                _ => {}
            }
        }
    }
}
