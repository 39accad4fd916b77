//! Calls backwards.

use proc_macro2::Span;

use super::Bars;
use super::Pass;
use crate::ir::Block;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Form;
use crate::ir::Init;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;

impl Pass {
    pub(super) fn reverse_call(&mut self, call: &Call, bars: &mut Bars, out: &mut Block) {
        call.assert_primal();
        if !call.args.iter().any(|arg| self.activity.arg(arg)) {
            return;
        }
        let seed = match call.result {
            CallResult::Value(v) => match bars.0.remove(&v) {
                Some(bar) => CallResult::Value(bar),
                None => return,
            },
            CallResult::Object(o) if self.program.objects[o.0].shape.is_discrete() => return,
            CallResult::Object(o) => CallResult::Object(self.bar_object(o)),
        };
        let mut collected = Vec::new();
        let mut shared = Vec::new();
        let mut twins: Vec<Option<CallArg>> = Vec::new();
        for (n, arg) in call.args.iter().enumerate() {
            twins.push(match arg {
                CallArg::Place { .. } if call.may_rest(n) && !self.activity.arg(arg) => None,
                CallArg::Value(v) if self.program.kind(*v) == ScalarKind::Real => {
                    let name = self.bar_name(*v).unwrap_or_else(|| "x_bar".into());
                    let bar = self.program.object(name, Shape::Scalar(ScalarKind::Real), Span::call_site());
                    out.push(Stmt::Local(bar, Init::Zeros));
                    collected.push((*v, bar));
                    Some(CallArg::Place { place: Place::whole(bar), by_ref: true })
                }
                CallArg::Value(_) => None,
                CallArg::Place { place, .. } if self.program.is_discrete(place) => None,
                CallArg::Place { place, .. } => {
                    let own =
                        self.activity.object(place.object).then(|| place.of(self.bar_object(place.object)));
                    let place = match own {
                        Some(own) if !twins.iter().flatten().any(|twin| self.meets(&own, twin)) => own,
                        own => {
                            let name = format!("{}_bar", self.program.objects[place.object.0].name);
                            let bar = self.program.object(name, Shape::Unknown, Span::call_site());
                            let (whole, part) = match place.part_of() {
                                Some((whole, part)) => (whole, Some(part)),
                                None => (place.clone(), None),
                            };
                            out.push(Stmt::Local(bar, Init::ZerosLike(whole)));
                            shared.extend(own.map(|own| {
                                let own = own.part_of().map_or(own.clone(), |(whole, _)| whole);
                                (own, Place::whole(bar))
                            }));
                            Place { object: bar, path: part.into_iter().collect() }
                        }
                    };
                    Some(CallArg::Place { place, by_ref: true })
                }
            });
        }
        let mut reversed = call.clone();
        reversed.form = Form::Vjp;
        reversed.twins = twins;
        reversed.result_twin = Some(seed);
        out.push(Stmt::Call(reversed));
        for (v, bar) in collected {
            if self.activity.value(v) {
                let part = self.program.define(out, ScalarKind::Real, Op::Load(Place::whole(bar)));
                self.add(bars, v, part, out);
            }
        }
        for (own, bar) in shared {
            out.push(Stmt::AddAll(own, bar));
        }
    }

    /// Whether rustc can't tell that a place and the place of an argument are two: both can't be borrowed at a time.
    fn meets(&self, place: &Place, arg: &CallArg) -> bool {
        let CallArg::Place { place: other, .. } = arg else { return false };
        let apart = place.path.iter().zip(&other.path).any(|pair| match pair {
            (Proj::Field(a), Proj::Field(b)) => a != b,
            _ => false,
        });
        place.object == other.object && (!apart || self.program.objects[place.object.0].is_slice())
    }
}
