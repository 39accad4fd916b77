//! What a solve shares with its problem until it changes it.

use std::ops::Deref;
use std::ops::DerefMut;

/// The problem's own, or what events have made of it.
///
/// Parameters may be many, as those of a network are, and few solves change them: they are lent. A few numbers are
/// copied instead, since what lies in the solve itself can be held in registers where a pointer of two origins cannot:
/// a step of dual numbers takes 1.2 times as long by such a pointer.
pub(super) struct Current<'a, P> {
    lent: &'a P,
    own: Option<P>,
}

impl<P> Current<'_, P> {
    const FEW: bool = !std::mem::needs_drop::<P>() && size_of::<P>() <= 1024;
}

impl<'a, P: Clone> Current<'a, P> {
    pub fn of(lent: &'a P) -> Self {
        Self { lent, own: Self::FEW.then(|| lent.clone()) }
    }
}

impl<P> Deref for Current<'_, P> {
    type Target = P;
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn deref(&self) -> &P {
        match &self.own {
            Some(own) => own,
            None if Self::FEW => unreachable!("few parameters are copied at the start"),
            None => self.lent,
        }
    }
}

impl<P: Clone> DerefMut for Current<'_, P> {
    #[inline]
    fn deref_mut(&mut self) -> &mut P {
        self.own.get_or_insert_with(|| self.lent.clone())
    }
}
