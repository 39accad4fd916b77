//! What a solve shares with its problem until it changes it.

use std::ops::Deref;
use std::ops::DerefMut;

/// The problem's own, or what events have made of it. Parameters may be many, and few solves change them.
pub(super) struct Current<'a, P> {
    lent: &'a P,
    own: Option<Box<P>>,
}

impl<'a, P> Current<'a, P> {
    pub fn of(lent: &'a P) -> Self {
        Self { lent, own: None }
    }
}

impl<P> Deref for Current<'_, P> {
    type Target = P;
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn deref(&self) -> &P {
        self.own.as_deref().unwrap_or(self.lent)
    }
}

impl<P: Clone> DerefMut for Current<'_, P> {
    #[inline]
    fn deref_mut(&mut self) -> &mut P {
        self.own.get_or_insert_with(|| Box::new(self.lent.clone()))
    }
}
