//! `a == b` of arrays: all elements are equal.

use quote::ToTokens;

use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::ir::CmpOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// Whether two arrays of one written length hold the same; nothing where these are no such arrays.
    pub(super) fn equal_arrays(
        &mut self,
        left: &Meaning<'a>,
        right: &Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Option<Checked<Value>> {
        let (Meaning::Memory(a), Meaning::Memory(b)) = (left, right) else { return None };
        let (Shape::Array(_, n), Shape::Array(_, m)) = (&a.shape, &b.shape) else { return None };
        types::lengths_fit(n, m).then(|| self.equal(a.clone(), b.clone(), at))
    }

    fn equal(&mut self, a: Located, b: Located, at: &dyn ToTokens) -> Checked<Value> {
        let span = types::span(at);
        if !matches!(a.shape, Shape::Array(..)) {
            let kind = self.kind(&Meaning::Memory(a.clone())).unwrap_or(ScalarKind::Real);
            let a = self.scalar(Meaning::Memory(a), kind, at)?;
            let b = self.scalar(Meaning::Memory(b), kind, at)?;
            return Ok(self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, a, b), span));
        }
        let yes = self.truth(true, span);
        let same = self.var("", Some(yes));
        let (start, end) = (self.index_literal(0, span), self.length(&a, span));
        self.counted(None, start, end, false, at, |s, index| {
            let (a, b) = (s.element(a, index, at)?, s.element(b, index, at)?);
            let equal = s.equal(a, b, at)?;
            let so_far = s.current(same, at)?;
            let both = s.define(ScalarKind::Bool, Op::And(so_far, equal), span);
            s.set(same, both);
            Ok(())
        })?;
        self.current(same, at)
    }
}
