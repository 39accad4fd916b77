//! Calls of the past, in every form. Here the past is a polynomial of time for each component, by its coefficients:
//! `[[c0, c1, ..], ..]`. So it is a value that moves along a direction, and its cotangent is one of the same shape.

use super::Datum;
use super::Evaluated;
use super::Machine;
use super::Scalar;
use crate::ir::Asked;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::Form;
use crate::ir::Place;
use crate::ir::Value;

/// What is asked of the past.
struct Question<'c> {
    past: &'c Place,
    time: f64,
    /// Which component; none where all are wanted.
    component: Option<usize>,
}

impl Machine<'_> {
    pub(super) fn past(&mut self, call: &Call) -> Evaluated<()> {
        let question = self.question(call)?;
        if !matches!(call.callee, Callee::History(_, Asked::State)) {
            return Err("the slope of a past".into());
        }
        let twin = |n: usize| call.twins.get(n).and_then(Option::as_ref);
        match call.form {
            Form::Marks => Err("dependencies have no value".into()),
            Form::Primal => {
                let value = self.earlier(question.past, &question)?;
                self.bind(call.result, value)
            }
            Form::Jvp => {
                let value = self.earlier(question.past, &question)?;
                let mut dot = vec![0.0; value.len()];
                if let Some(CallArg::Value(time_dot)) = twin(1) {
                    let time_dot = self.real(*time_dot)?;
                    let slope = self.speed(&question)?;
                    dot.iter_mut().zip(slope).for_each(|(dot, slope)| *dot += slope * time_dot);
                }
                if let Some(CallArg::Place { place, .. }) = twin(0) {
                    let moved = self.earlier(place, &question)?;
                    dot.iter_mut().zip(moved).for_each(|(dot, moved)| *dot += moved);
                }
                self.bind(call.result, value)?;
                call.result_twin.map_or(Ok(()), |twin| self.bind(twin, dot))
            }
            Form::Vjp => {
                let seed = match call.result_twin {
                    Some(CallResult::Value(v)) => vec![self.real(v)?],
                    Some(CallResult::Object(o)) => self.memory(o)?.reals(),
                    None => return Err("no cotangent".into()),
                };
                if let Some(CallArg::Place { place, .. }) = twin(1) {
                    let slope = self.speed(&question)?;
                    let sum: f64 = slope.iter().zip(&seed).map(|(slope, bar)| slope * bar).sum();
                    self.at_mut(place)?.map(&mut |bar| *bar += sum);
                }
                if let Some(CallArg::Place { place, .. }) = twin(0) {
                    let (time, component) = (question.time, question.component);
                    let Datum::Array(rows) = self.at_mut(place)? else { return Err("no past".into()) };
                    let rows: Vec<&mut Datum> = match component {
                        Some(k) => rows.get_mut(k).into_iter().collect(),
                        None => rows.iter_mut().collect(),
                    };
                    for (row, bar) in rows.into_iter().zip(seed) {
                        let mut power = 1.0;
                        row.map(&mut |coefficient| {
                            *coefficient += power * bar;
                            power *= time;
                        });
                    }
                }
                Ok(())
            }
        }
    }

    fn question<'c>(&self, call: &'c Call) -> Evaluated<Question<'c>> {
        let (past, time, component) = match call.args.as_slice() {
            [CallArg::Place { place, .. }, CallArg::Value(time)] => (place, time, None),
            [CallArg::Place { place, .. }, CallArg::Value(time), CallArg::Value(component)] => {
                (place, time, Some(self.component(*component)?))
            }
            _ => return Err("a history and a time".into()),
        };
        Ok(Question { past, time: self.real(*time)?, component })
    }

    fn component(&self, v: Value) -> Evaluated<usize> {
        usize::try_from(self.int(v)?).map_err(|error| error.to_string())
    }

    /// The coefficients of the components that are asked for.
    fn coefficients(&self, past: &Place, question: &Question) -> Evaluated<Vec<Vec<f64>>> {
        let Datum::Array(rows) = self.at(past)? else { return Err("no past".into()) };
        match question.component {
            Some(k) => Ok(vec![rows.get(k).ok_or(format!("no component {k}"))?.reals()]),
            None => Ok(rows.iter().map(Datum::reals).collect()),
        }
    }

    fn earlier(&self, past: &Place, question: &Question) -> Evaluated<Vec<f64>> {
        let value = |row: &Vec<f64>| row.iter().rev().fold(0.0, |sum, c| sum * question.time + c);
        Ok(self.coefficients(past, question)?.iter().map(value).collect())
    }

    /// How fast the past moves at that time.
    fn speed(&self, question: &Question) -> Evaluated<Vec<f64>> {
        let slope = |row: &Vec<f64>| {
            let terms = row.iter().enumerate().skip(1);
            terms.rev().fold(0.0, |sum, (k, c)| sum * question.time + k as f64 * c)
        };
        Ok(self.coefficients(question.past, question)?.iter().map(slope).collect())
    }

    fn bind(&mut self, result: CallResult, values: Vec<f64>) -> Evaluated<()> {
        match (result, values.as_slice()) {
            (CallResult::Value(v), [x]) => self.values[v.0] = Some(Scalar::Real(*x)),
            (CallResult::Object(o), values) => self.objects[o.0] = Some(Datum::from(values)),
            (CallResult::Value(_), _) => return Err("a whole state for a number".into()),
        }
        Ok(())
    }
}
