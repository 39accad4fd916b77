//! Sets and maps of values and of memory. Their numbers are small, so that a list serves for a table of hashes: as this crate is
//! built without optimisation, passes would spend a third of their time on hashing.

use std::marker::PhantomData;

use super::Obj;
use super::Value;

/// What has a number in its program.
pub trait Numbered: Copy {
    /// The number.
    fn number(self) -> usize;
}

impl Numbered for Value {
    fn number(self) -> usize {
        self.0
    }
}

impl Numbered for Obj {
    fn number(self) -> usize {
        self.0
    }
}

/// Makes room for the number `n`, and for some more.
fn grown<T: Copy + Default>(list: &mut Vec<T>, n: usize) {
    // all at once: one by one takes longer
    list.append(&mut vec![T::default(); n + 64]);
}

/// A set of values, or of memory.
#[derive(Debug, Clone)]
pub struct DenseSet<K> {
    there: Vec<bool>,
    count: usize,
    of: PhantomData<K>,
}

impl<K> Default for DenseSet<K> {
    fn default() -> Self {
        DenseSet { there: Vec::new(), count: 0, of: PhantomData }
    }
}

impl<K: Numbered> DenseSet<K> {
    /// Whether it is in the set.
    pub fn contains(&self, k: K) -> bool {
        let n = k.number();
        n < self.there.len() && self.there[n]
    }

    /// Puts it in; whether it was not there.
    pub fn insert(&mut self, k: K) -> bool {
        self.put(k.number())
    }

    /// Puts in what is in another set.
    pub fn unite(&mut self, other: &Self) {
        for n in (0..other.there.len()).filter(|n| other.there[*n]) {
            self.put(n);
        }
    }

    fn put(&mut self, n: usize) -> bool {
        if n >= self.there.len() {
            grown(&mut self.there, n);
        }
        let is_new = !self.there[n];
        if is_new {
            self.there[n] = true;
            self.count += 1;
        }
        is_new
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl<K: Numbered> Extend<K> for DenseSet<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, all: I) {
        for k in all {
            self.insert(k);
        }
    }
}

impl<K: Numbered> FromIterator<K> for DenseSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(all: I) -> Self {
        let mut set = DenseSet::default();
        set.extend(all);
        set
    }
}

/// A map from values, or from memory.
#[derive(Debug)]
pub struct DenseMap<K, T> {
    /// For each number one more than its place among the entries; zero for those that have none.
    places: Vec<usize>,
    entries: Vec<T>,
    from: PhantomData<K>,
}

impl<K, T> Default for DenseMap<K, T> {
    fn default() -> Self {
        DenseMap { places: Vec::new(), entries: Vec::new(), from: PhantomData }
    }
}

impl<K: Numbered, T> DenseMap<K, T> {
    /// What it is mapped to.
    pub fn get(&self, k: K) -> Option<&T> {
        let n = k.number();
        if n >= self.places.len() || self.places[n] == 0 {
            return None;
        }
        Some(&self.entries[self.places[n] - 1])
    }

    /// Maps it, and to something else if it was mapped before.
    pub fn insert(&mut self, k: K, to: T) {
        let n = k.number();
        if n >= self.places.len() {
            grown(&mut self.places, n);
        }
        match self.places[n] {
            0 => {
                self.entries.push(to);
                self.places[n] = self.entries.len();
            }
            place => self.entries[place - 1] = to,
        }
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<K: Numbered, T: Default> DenseMap<K, T> {
    /// What it is mapped to, from now on, too.
    pub fn or_default(&mut self, k: K) -> &mut T {
        if self.get(k).is_none() {
            self.insert(k, T::default());
        }
        &mut self.entries[self.places[k.number()] - 1]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn they_hold_what_other_sets_and_maps_hold() {
        let (mut set, mut other_set) = (DenseSet::default(), BTreeSet::new());
        let (mut map, mut other_map) = (DenseMap::default(), BTreeMap::new());
        for k in 0..200 {
            let v = Value(k * k % 331);
            assert_eq!(set.insert(v), other_set.insert(v));
            map.insert(v, k);
            other_map.insert(v, k);
            *map.or_default(Value(k)) += 1;
            *other_map.entry(Value(k)).or_default() += 1;
        }
        let mut united: DenseSet<Value> = [Value(1000)].into_iter().collect();
        united.unite(&set);
        assert_eq!([set.count(), united.count()], [other_set.len(), other_set.len() + 1]);
        for v in (0..2000).map(Value) {
            assert_eq!(set.contains(v), other_set.contains(&v));
            assert_eq!(united.contains(v), other_set.contains(&v) || v.0 == 1000);
            assert_eq!(map.get(v), other_map.get(&v));
        }
    }
}
