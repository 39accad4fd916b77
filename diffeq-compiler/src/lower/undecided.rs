//! Numbers of which nothing tells where they stand whether they are reals: constants, and what helpers return.
//!
//! They are reals, unless the function makes no sense so. Then it is read once more with integers or conditions in their
//! place, and what reads without a mistake is what was meant, as rustc accepts the function as it was written.

use std::cell::RefCell;

use rustc_hash::FxHashMap as HashMap;

use quote::ToTokens;

use crate::diagnostics::Checked;
use crate::diagnostics::Diagnostics;
use crate::ir::ScalarKind;

/// So many undecided numbers are tried one by one.
const MOST: usize = 8;

/// What undecided numbers are, by the addresses of the expressions where they stand.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    told: HashMap<usize, ScalarKind>,
    /// Those of which nothing is told.
    asked: RefCell<Vec<usize>>,
}

impl Kinds {
    /// The kind of a number that nothing tells of.
    pub(super) fn of(&self, at: &dyn ToTokens) -> ScalarKind {
        let site = std::ptr::from_ref(at).addr();
        if let Some(kind) = self.told.get(&site) {
            return *kind;
        }
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&site) {
            asked.push(site);
        }
        ScalarKind::Real
    }
}

/// Reads a function, its undecided numbers being what they must be.
pub(super) fn read<R>(
    diagnostics: &mut Diagnostics,
    lower: impl Fn(&Kinds, &mut Diagnostics) -> Checked<R>,
) -> Checked<R> {
    let attempt = |told: HashMap<usize, ScalarKind>| {
        let kinds = Kinds { told, asked: RefCell::default() };
        let mut found = Diagnostics::new();
        let result = lower(&kinds, &mut found);
        (result, found, kinds.asked.into_inner())
    };
    let (mut result, mut found, sites) = attempt(HashMap::default());
    if !found.is_empty() && diagnostics.is_empty() && (1..=MOST).contains(&sites.len()) {
        let mut told: HashMap<usize, ScalarKind> = HashMap::default();
        // all of them, and then one after the other as long as fewer mistakes are left
        let kinds = [ScalarKind::Int, ScalarKind::Bool];
        let all = kinds.map(|kind| sites.iter().map(|site| (*site, kind)).collect::<Vec<_>>());
        let single = sites.iter().flat_map(|site| kinds.map(|kind| vec![(*site, kind)]));
        for change in all.into_iter().chain(single) {
            let mut changed = told.clone();
            changed.extend(change);
            let (other, left, _) = attempt(changed.clone());
            if left.len() < found.len() {
                told = changed;
                result = other;
                std::mem::replace(&mut found, left).forget();
            } else {
                left.forget();
            }
            if found.is_empty() {
                break;
            }
        }
        if !found.is_empty() && !told.is_empty() {
            // It is wrong however it is read: the first reading is the one to speak of.
            found.forget();
            (result, found, _) = attempt(HashMap::default());
        }
    }
    diagnostics.take_in(found);
    result
}
