//! The state at an earlier time: `h.at(t - tau)`, `h.at(t - tau)[i]`, `h.derivative(t - tau)`.
//!
//! What a user writes as `h(t - tau)` comes here as `h.at(t - tau)` (`parse/history.rs`), which has refused whatever else a
//! function may do with its history.

use syn::Expr;
use syn::ExprIndex;
use syn::ExprMethodCall;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::HISTORY_TIME;
use crate::diagnostics::catalogue::INDEX_OUT_OF_RANGE;
use crate::diagnostics::catalogue::WHOLE_SLICE_OF_HISTORY;
use crate::ir::Asked;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Form;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;

/// The history that a function takes.
#[derive(Debug, Clone)]
pub(super) struct History {
    /// How the user calls it.
    pub(super) name: String,
    /// The argument.
    pub(super) past: Obj,
    /// The shape of a state.
    pub(super) state: Shape,
}

/// A question to the history as it is written.
struct Question<'a> {
    call: &'a ExprMethodCall,
    asked: Asked,
    history: History,
}

impl<'a> Lowering<'a, '_> {
    fn question(&self, expr: &'a Expr) -> Option<Question<'a>> {
        let (Expr::MethodCall(call), Some(history)) = (super::syntax::expr::unwrapped(expr), &self.history)
        else {
            return None;
        };
        self.question_of(call, history)
    }

    fn question_of(&self, call: &'a ExprMethodCall, history: &History) -> Option<Question<'a>> {
        let Expr::Path(path) = &*call.receiver else { return None };
        let asked = match call.method.to_string().as_str() {
            "at" => Asked::State,
            "derivative" => Asked::Slope,
            _ => return None,
        };
        let is_history = path.path.get_ident().is_some_and(|ident| *ident == history.name);
        is_history.then(|| Question { call, asked, history: history.clone() })
    }

    /// A whole state of the history, if the call asks for one.
    pub(super) fn of_history(&mut self, call: &'a ExprMethodCall) -> Option<Checked<Meaning<'a>>> {
        let question = self.question_of(call, self.history.as_ref()?)?;
        Some(self.earlier(question))
    }

    fn earlier(&mut self, question: Question<'a>) -> Checked<Meaning<'a>> {
        let time = self.time_of(&question)?;
        let shape = question.history.state.clone();
        match shape {
            Shape::Scalar(_) => {
                let index = self.int(0, question.call.method.span());
                self.program.values[index.0].int_type = Some("usize".to_string());
                Ok(Meaning::Scalar(self.component(&question, time, index)))
            }
            Shape::Slice(_) => {
                let written = format!("{}({})", question.history.name, types::text(&question.call.args));
                Err(self.error(&question.call.args, &WHOLE_SLICE_OF_HISTORY, &[&written]))
            }
            shape => {
                let object = self.program.object("earlier", shape.clone(), question.call.method.span());
                self.ask(&question, time, None, CallResult::Object(object));
                Ok(Meaning::Memory(Located { place: Place::whole(object), shape, hold: Hold::Fresh }))
            }
        }
    }

    /// One component of the history, if the expression asks for one: the others are not looked up.
    pub(super) fn component_of_history(&mut self, index: &'a ExprIndex) -> Option<Checked<Meaning<'a>>> {
        let question = self.question(&index.expr)?;
        let len = match &question.history.state {
            Shape::Array(inner, len) if matches!(**inner, Shape::Scalar(ScalarKind::Real)) => {
                Some(len.clone())
            }
            Shape::Slice(inner) if matches!(**inner, Shape::Scalar(ScalarKind::Real)) => None,
            _ => return None,
        };
        Some(self.one_earlier(question, index, len))
    }

    fn one_earlier(
        &mut self,
        question: Question<'a>,
        index: &'a ExprIndex,
        len: Option<Len>,
    ) -> Checked<Meaning<'a>> {
        if let Expr::Range(_) = &*index.index {
            let Meaning::Memory(base) = self.earlier(question)? else {
                return Err(crate::diagnostics::Reported);
            };
            let Expr::Range(range) = &*index.index else { return Err(crate::diagnostics::Reported) };
            return self.range_of(Meaning::Memory(base), range, range);
        }
        let time = self.time_of(&question);
        let at = self.int_expr(&index.index);
        let (time, at) = (time?, at?);
        if let (Some(n), Some(Len::Lit(len))) = (self.known(at), len)
            && (n < 0 || n >= len as i128)
        {
            let written = format!("{}(..)", question.history.name);
            let last = format!("the last one is `{written}[{}]`", len.saturating_sub(1));
            let words = [n.to_string(), written, len.to_string(), last];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            return Err(self.error(&index.index, &INDEX_OUT_OF_RANGE, &words));
        }
        let info = &mut self.program.values[at.0];
        if info.int_type.is_none() {
            info.int_type = Some("usize".to_string());
        }
        Ok(Meaning::Scalar(self.component(&question, time, at)))
    }

    fn time_of(&mut self, question: &Question<'a>) -> Checked<Value> {
        let mut args = question.call.args.iter();
        let (Some(time), None) = (args.next(), args.next()) else {
            let name = &question.history.name;
            return Err(self.error(&question.call.method, &HISTORY_TIME, &[name, name]));
        };
        self.scalar_expr(time, ScalarKind::Real)
    }

    fn component(&mut self, question: &Question<'a>, time: Value, index: Value) -> Value {
        let value = self.program.value(ScalarKind::Real, None, question.call.method.span());
        self.ask(question, time, Some(index), CallResult::Value(value));
        value
    }

    fn ask(&mut self, question: &Question<'a>, time: Value, index: Option<Value>, result: CallResult) {
        let past = CallArg::Place { place: Place::whole(question.history.past), by_ref: true };
        self.push(Stmt::Call(Call {
            // messages point at the time that is asked for
            callee: Callee::History(question.call.args.span(), question.asked),
            form: Form::Primal,
            args: [past, CallArg::Value(time)].into_iter().chain(index.map(CallArg::Value)).collect(),
            result,
            result_twin: None,
            twins: Vec::new(),
        }));
    }
}
