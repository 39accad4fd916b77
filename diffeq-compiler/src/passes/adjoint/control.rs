//! Loops and branches backwards.

use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Span;

use super::Bars;
use super::Pass;
use super::Region;
use super::Scope;
use crate::ir::Block;
use crate::ir::Carried;
use crate::ir::For;
use crate::ir::If;
use crate::ir::Merge;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;
use crate::rules::Prim;

impl Pass {
    /// The values defined outside `block` whose cotangents the reversed block adds to.
    fn outer(&self, blocks: &[&Block], handed: &[Value]) -> Vec<Value> {
        let mut inside: HashSet<Value> = HashSet::default();
        let mut read: Vec<Value> = handed.to_vec();
        for block in blocks {
            inside.extend(visit::defined_within(block));
            read.extend(visit::read_within(block));
        }
        let mut outer: Vec<Value> =
            read.into_iter().filter(|v| self.activity.value(*v) && !inside.contains(v)).collect();
        outer.sort();
        outer.dedup();
        outer
    }

    pub(super) fn reverse_for(&mut self, l: &For, bars: &mut Bars, scope: &Scope, out: &mut Block) {
        let params: Vec<Value> = l.carried.iter().map(|c| c.param).collect();
        let nexts: Vec<Value> = l.carried.iter().map(|c| c.next).collect();
        let mut outer = self.outer(&[&l.body], &nexts);
        outer.retain(|v| !params.contains(v));

        let mut inner = Bars::default();
        let mut carried = Vec::new();
        // cotangents of what is defined before the loop grow in it, by what an iteration adds in all: one addition waits
        // for the iteration before, not one for each contribution
        for v in &outer {
            let param = self.program.value(ScalarKind::Real, self.bar_name(*v), self.program.info(*v).span);
            carried.push((*v, param));
        }
        // cotangents of what the loop carries run backwards through it
        let mut body = Vec::new();
        let mut chains = Vec::new();
        for c in &l.carried {
            if !self.activity.value(c.param) {
                continue;
            }
            let bar = bars.0.remove(&c.result);
            // What nobody has a cotangent for, and what no derivative in the body reads, hands none on: zero times an
            // infinite derivative would be no zero.
            if bar.is_none() && !self.matters(l, c) {
                continue;
            }
            let init = match bar {
                Some(bar) => bar,
                None => self.zero(out),
            };
            let param =
                self.program.value(ScalarKind::Real, self.bar_name(c.param), self.program.info(c.param).span);
            self.add(&mut inner, c.next, param, &mut body);
            chains.push((c, param, init));
        }
        // a loop that ended by its condition ran as often as the forward sweep has counted
        let trips = self.trips.get(&l.index).copied();
        let room = if trips.is_some() { None } else { self.keep.room(&self.program, l) };
        let scope = scope.inside(Region::Loop { index: l.index, room });
        let block = self.reverse_block(&l.body, &mut inner, &scope);
        body.extend(block);
        // what the next iteration (the one before) starts with
        let mut reversed = Vec::new();
        for (v, param) in carried {
            // what the body only compares keeps the cotangent that it has, and none where it has none
            let Some(sum) = inner.0.get(&v) else { continue };
            let next = self.program.prim(&mut body, Prim::Add, &[param, *sum]);
            let init = match bars.0.get(&v) {
                Some(bar) => *bar,
                None => self.zero(out),
            };
            let result = self.program.value(ScalarKind::Real, self.bar_name(v), self.program.info(v).span);
            bars.0.insert(v, result);
            reversed.push(Carried { param, init, next, result });
        }
        for (c, param, init) in &chains {
            let next = match inner.0.get(&c.param) {
                Some(bar) => *bar,
                None => self.zero(&mut body),
            };
            let result = self.program.value(ScalarKind::Real, self.bar_name(c.param), Span::call_site());
            reversed.push(Carried { param: *param, init: *init, next, result });
        }
        let (body, index) =
            self.keep.provide(&mut self.program, &l.body, Some((l.index, &params)), &scope, body);
        let results: Vec<(Value, Value)> = reversed
            .iter()
            .rev()
            .zip(chains.iter().rev())
            .map(|(carried, (c, ..))| (c.init, carried.result))
            .collect();
        out.push(Stmt::For(For {
            index: index.unwrap_or(l.index),
            start: l.start,
            end: trips.unwrap_or(l.end),
            again: None,
            reversed: !l.reversed,
            carried: reversed,
            body,
        }));
        for (init, result) in results.into_iter().rev() {
            self.add(bars, init, result, out);
        }
    }

    /// Whether a carried value takes part in anything but itself and conditions.
    fn matters(&self, l: &For, c: &Carried) -> bool {
        let real = |v: Value| self.program.kind(v) == ScalarKind::Real;
        let mut made_of_it = HashSet::from_iter([c.param]);
        loop {
            let before = made_of_it.len();
            visit::walk(&l.body, &mut |stmt| match stmt {
                Stmt::Let(v, op) if real(*v) && op.operands().iter().any(|w| made_of_it.contains(w)) => {
                    made_of_it.insert(*v);
                }
                Stmt::For(inner) => {
                    for c in &inner.carried {
                        if [c.init, c.next].iter().any(|v| made_of_it.contains(v)) {
                            made_of_it.extend([c.param, c.result]);
                        }
                    }
                }
                Stmt::If(branch) => {
                    let merges = branch.merges.iter();
                    let merges = merges.filter(|m| real(m.result));
                    let hit: Vec<Value> = merges
                        .filter(|m| [m.then, m.otherwise].iter().any(|v| made_of_it.contains(v)))
                        .map(|m| m.result)
                        .collect();
                    made_of_it.extend(hit);
                }
                _ => {}
            });
            if made_of_it.len() == before {
                break;
            }
        }
        let mut used = l.carried.iter().any(|o| o.param != c.param && made_of_it.contains(&o.next));
        visit::walk(&l.body, &mut |stmt| {
            let plain = matches!(stmt, Stmt::Let(..) | Stmt::For(_) | Stmt::If(_));
            used |= !plain && stmt.reads().iter().any(|v| made_of_it.contains(v));
        });
        used
    }

    pub(super) fn bar_name(&self, v: Value) -> Option<String> {
        self.program.info(v).name.as_ref().map(|name| format!("{name}_bar"))
    }

    pub(super) fn reverse_if(&mut self, l: &If, bars: &mut Bars, scope: &Scope, out: &mut Block) {
        let handed: Vec<Value> = l.merges.iter().flat_map(|m| [m.then, m.otherwise]).collect();
        let outer = self.outer(&[&l.then, &l.otherwise], &handed);
        let results: Vec<Option<Value>> = l.merges.iter().map(|m| bars.0.remove(&m.result)).collect();
        let scope = scope.inside(Region::Arm);
        let mut arms = Vec::new();
        for (block, first) in [(&l.then, true), (&l.otherwise, false)] {
            let mut inner =
                Bars(bars.0.iter().filter(|(v, _)| outer.contains(v)).map(|(v, b)| (*v, *b)).collect());
            let mut code = Vec::new();
            for (m, bar) in l.merges.iter().zip(&results) {
                if let Some(bar) = bar {
                    self.add(&mut inner, if first { m.then } else { m.otherwise }, *bar, &mut code);
                }
            }
            code.extend(self.reverse_block(block, &mut inner, &scope));
            // in an arm that adds nothing the cotangent stays what it was
            let mut ends = Vec::new();
            for v in &outer {
                ends.push(inner.0.get(v).copied());
            }
            arms.push((code, ends));
        }
        let (mut otherwise, otherwise_ends) = arms.pop().unwrap_or_default();
        let (mut then, then_ends) = arms.pop().unwrap_or_default();
        let mut merges = Vec::new();
        for (i, v) in outer.iter().enumerate() {
            let before = bars.0.get(v).copied();
            if then_ends[i] == before && otherwise_ends[i] == before {
                continue;
            }
            let a = match then_ends[i] {
                Some(bar) => bar,
                None => self.zero(&mut then),
            };
            let b = match otherwise_ends[i] {
                Some(bar) => bar,
                None => self.zero(&mut otherwise),
            };
            let result = self.program.value(ScalarKind::Real, self.bar_name(*v), self.program.info(*v).span);
            bars.0.insert(*v, result);
            merges.push(Merge { result, then: a, otherwise: b });
        }
        let (then, _) = self.keep.provide(&mut self.program, &l.then, None, &scope, then);
        let (otherwise, _) = self.keep.provide(&mut self.program, &l.otherwise, None, &scope, otherwise);
        out.push(Stmt::If(If { cond: l.cond, then, otherwise, merges }));
    }
}
