//! Closures: what they see is settled where they stand, what they do happens where they are called.

use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::Expr;
use syn::ExprClosure;
use syn::ExprPath;
use syn::FnArg;
use syn::ItemFn;
use syn::ReturnType;

use super::Binding;
use super::Callable;
use super::Closure;
use super::Code;
use super::Following;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Returns;
use super::Target;
use super::exits;
use super::exits::Exit;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::CLOSURE;
use crate::diagnostics::catalogue::CLOSURE_MISUSE;
use crate::diagnostics::catalogue::RECURSION;
use crate::diagnostics::catalogue::UNKNOWN_FUNCTION;
use crate::parse::types;

/// How deep calls of closures may nest before they count as calling themselves.
const DEEPEST: usize = 64;

impl<'a> Lowering<'a, '_> {
    /// A closure where it stands. It sees the names of this point; `move` copies what it mentions.
    pub(super) fn closure(&mut self, syntax: &'a ExprClosure) -> Checked<Closure<'a>> {
        if syntax.capture.is_none() {
            return Ok(Closure { code: Code::Closure(syntax), scope: self.scope });
        }
        let mut mentioned = Vec::new();
        idents(syntax.body.to_token_stream(), &mut HashSet::default(), &mut mentioned);
        let mut captured = Vec::new();
        for name in mentioned {
            if let Some(binding) = self.lookup(&name).cloned() {
                let own = self.captured(binding, syntax);
                captured.push((name, own));
            }
        }
        let parent = self.scope;
        let scope = self.scoped(parent, |s| {
            captured.into_iter().for_each(|(name, own)| s.bind_name(&name, own));
            s.scope
        });
        Ok(Closure { code: Code::Closure(syntax), scope })
    }

    /// What a closure by `move` has of a binding: its own copy, which it keeps from call to call. References are moved.
    fn captured(&mut self, binding: Binding<'a>, at: &dyn ToTokens) -> Binding<'a> {
        match binding {
            Binding::Var(var) => {
                let state = self.vars[var.0].clone();
                Binding::Var(self.var(&state.name, state.current))
            }
            Binding::Alias(located) if located.hold == Hold::Place => {
                let name = self.program.objects[located.place.object.0].name.clone();
                let own = self.copied(located, at);
                self.program.objects[own.place.object.0].name = name;
                Binding::Alias(Located { hold: Hold::Place, ..own })
            }
            Binding::Tuple(parts) => {
                Binding::Tuple(parts.into_iter().map(|part| self.captured(part, at)).collect())
            }
            other => other,
        }
    }

    /// A value in the place of a function.
    fn no_function(&mut self, called: &Expr) -> crate::diagnostics::Reported {
        let written = types::text(called);
        let help = match written.ends_with(']') {
            true => format!("it is a number: a product is written `{written} * x`"),
            false => format!("it is a value: an element is `{written}[i]`, a product `{written} * x`"),
        };
        self.error(called, &UNKNOWN_FUNCTION, &[&written, &help])
    }

    /// What stands where a function is asked for, settled where it stands.
    pub(super) fn callable(&mut self, function: &'a Expr) -> Checked<Callable<'a>> {
        match function {
            Expr::Paren(inner) => self.callable(&inner.expr),
            Expr::Group(inner) => self.callable(&inner.expr),
            Expr::Reference(inner) => self.callable(&inner.expr),
            Expr::Path(path) if !self.is_bound(path) => Ok(Callable::Function(path)),
            Expr::Path(_) | Expr::Closure(_) | Expr::Block(_) => match self.raw(function)? {
                Meaning::Closure(closure) => Ok(Callable::Closure(closure)),
                _ => Err(self.no_function(function)),
            },
            Expr::Index(_) | Expr::Field(_) | Expr::Lit(_) | Expr::Call(_) | Expr::MethodCall(_) => {
                Err(self.no_function(function))
            }
            _ => Err(self.error(function, &CLOSURE, &[])),
        }
    }

    /// Whether a path is a name that was bound in the function.
    pub(super) fn is_bound(&self, path: &ExprPath) -> bool {
        path.path.get_ident().is_some_and(|ident| self.lookup(&ident.to_string()).is_some())
    }

    /// Calls on values.
    pub(super) fn apply(
        &mut self,
        function: Callable<'a>,
        args: Vec<Meaning<'a>>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        match function {
            Callable::Closure(closure) => self.apply_closure(closure, args, at),
            Callable::Function(path) => self.call_path(path, args, &[], at),
        }
    }

    /// The body of a closure with its parameters bound.
    pub(super) fn apply_closure(
        &mut self,
        closure: Closure<'a>,
        args: Vec<Meaning<'a>>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let wanted = match closure.code {
            Code::Closure(syntax) => syntax.inputs.len(),
            Code::Function(item) => item.sig.inputs.len(),
        };
        if wanted != args.len() {
            let words = [wanted.to_string(), args.len().to_string()];
            return Err(self.error(at, &CLOSURE_MISUSE, &[&words[0], &words[1]]));
        }
        if self.closures >= DEEPEST {
            return Err(self.error(at, &RECURSION, &["this closure"]));
        }
        self.closures += 1;
        let result = match closure.code {
            Code::Closure(syntax) => self.run_closure(syntax, closure.scope, args),
            Code::Function(item) => self.run_function(item, closure.scope, args),
        };
        self.closures -= 1;
        result
    }

    fn run_closure(
        &mut self,
        syntax: &'a ExprClosure,
        scope: usize,
        args: Vec<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        let expected = self.expected.take().filter(|_| super::syntax::expr::fills(&syntax.body));
        let output = match &syntax.output {
            ReturnType::Type(_, ty) => Some(&**ty),
            ReturnType::Default => None,
        };
        self.scoped(scope, |s| {
            let mut bound = Ok(());
            s.following.push(Following::Expr(&syntax.body));
            for (pat, arg) in syntax.inputs.iter().zip(args) {
                // A parameter is another name for its argument: the argument keeps its own.
                let one = s.bind(pat, arg, pat);
                bound = bound.and(one);
            }
            s.following.pop();
            bound?;
            s.expected = expected;
            match &*syntax.body {
                Expr::Block(block) if exits::of_block(&block.block).contains(&Exit::Return) => {
                    s.leaving(&block.block, output)
                }
                body => s.expr_to(body, Target::Value),
            }
        })
    }

    /// A function inside the body, run where it is called: it sees no variables.
    fn run_function(
        &mut self,
        item: &'a ItemFn,
        scope: usize,
        args: Vec<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        let output = match &item.sig.output {
            ReturnType::Type(_, ty) => Some(&**ty),
            ReturnType::Default => None,
        };
        self.scoped(scope, |s| {
            s.following.push(Following::Stmts(&item.block.stmts));
            let mut bound = Ok(());
            for (input, arg) in item.sig.inputs.iter().zip(args) {
                let FnArg::Typed(typed) = input else { continue };
                let one = s.annotation(&typed.ty).and_then(|ty| {
                    let arg = s.coerced(arg, &ty, &typed.pat)?;
                    s.bind(&typed.pat, arg, &typed.pat)
                });
                bound = bound.and(one);
            }
            s.following.pop();
            bound?;
            if exits::of_block(&item.block).contains(&Exit::Return) {
                return s.leaving(&item.block, output);
            }
            let meaning = s.block(&item.block, Target::Value)?;
            match output {
                Some(ty) if !matches!(meaning, Meaning::Never) => {
                    let ty = s.annotation(ty)?;
                    s.coerced(meaning, &ty, &item.sig.output)
                }
                _ => Ok(meaning),
            }
        })
    }

    /// A block that `return` leaves, but not the function around it.
    fn leaving(&mut self, block: &'a syn::Block, output: Option<&syn::Type>) -> Checked<Meaning<'a>> {
        let slots = match output {
            Some(ty) => {
                let ty = self.annotation(ty)?;
                self.slots_of(&ty.shape)
            }
            None => self.slots_like(&Meaning::Unit),
        };
        let unset = self.truth(false, Span::call_site());
        let flag = self.var("", Some(unset));
        let returns = std::mem::replace(&mut self.returns, Returns::Inner(slots));
        let returned = self.returned.replace(flag);
        let loops = std::mem::take(&mut self.loops);
        let end = self.block(block, Target::Return);
        self.loops = loops;
        self.returned = returned;
        let left = std::mem::replace(&mut self.returns, returns);
        end?;
        match left {
            Returns::Inner(slots) => {
                let value = self.stored(&slots);
                self.value(value, block)
            }
            _ => Ok(Meaning::Unit),
        }
    }
}

/// The identifiers in a piece of syntax, each once, in order.
fn idents(tokens: TokenStream, seen: &mut HashSet<String>, found: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if seen.insert(name.clone()) {
                    found.push(name);
                }
            }
            TokenTree::Group(group) => idents(group.stream(), seen, found),
            _ => {}
        }
    }
}
