//! A noise by its columns: whether the Wiener processes commute.

use super::poly::Poly;
use super::run::Written;
use super::symbol::Path;
use super::symbol::Segment;
use super::symbol::Symbols;

/// A noise by its columns, one for each Wiener process.
pub struct Columns {
    /// Each component has a process of its own.
    pub for_each: bool,
    /// What is written.
    pub components: Vec<Written>,
}

/// Two processes that are not proved to commute.
pub struct Clash {
    /// A component of the noise in which they differ.
    pub one: Written,
    /// One of them.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// The component of the state by which the derivative is taken that does not vanish.
    pub by: Option<Path>,
    /// They do not.
    pub proved: bool,
}

impl Columns {
    /// The processes by their names: the component that each drives, or the last index of a row.
    fn processes(&self) -> Vec<Path> {
        let mut names: Vec<Path> = Vec::new();
        for one in &self.components {
            let name = match self.for_each {
                true => one.path.clone(),
                false => one.path.last().cloned().into_iter().collect(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// What drives a component of the state in a process.
    fn entry(&self, row: &Path, process: &Path) -> Option<&Written> {
        let path = match self.for_each {
            true if row == process => row.clone(),
            true => return None,
            false => [row.clone(), process.clone()].concat(),
        };
        self.components.iter().find(|one| one.path == path)
    }

    /// The rows: the components of the state that are driven.
    fn rows(&self) -> Vec<Path> {
        let mut rows: Vec<Path> = Vec::new();
        for one in &self.components {
            let row = match self.for_each {
                true => one.path.clone(),
                false => one.path[..one.path.len().saturating_sub(1)].to_vec(),
            };
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// `(L^a g_b)_row`, and a component by which a derivative was taken.
    fn along(&self, symbols: &mut Symbols, a: &Path, b: &Path, row: &Path) -> Option<(Poly, Option<Path>)> {
        let Some(entry) = self.entry(row, b) else { return Some((Poly::default(), None)) };
        let (value, mut sum, mut by) = (entry.value.clone(), Poly::default(), None);
        for path in symbols.dependencies(&value) {
            let slope = symbols.derivative(&value, &path)?;
            if let Some(driven) = self.entry(&path, a).map(|driven| driven.value.clone())
                && !driven.is_zero()
            {
                sum = sum.add(&slope.mul(&driven)?)?;
                by = by.or(Some(path));
            }
        }
        Some((sum, by))
    }

    /// Whether all processes are proved to commute; else two that are not. Nothing where it can't be told.
    pub fn commute(&self, symbols: &mut Symbols) -> Option<Option<Clash>> {
        let (processes, rows) = (self.processes(), self.rows());
        // every component that something depends on has a row
        let driven = self.components.iter().all(|one| {
            let asked = symbols.dependencies(&one.value);
            asked.iter().all(|path| rows.contains(path))
        });
        if !driven || processes.len().pow(2) * rows.len() > 4096 {
            return None;
        }
        let mut clash = None;
        for (k, a) in processes.iter().enumerate() {
            for b in &processes[..k] {
                for row in &rows {
                    let (one, by_one) = self.along(symbols, a, b, row)?;
                    let (other, by_other) = self.along(symbols, b, a, row)?;
                    let difference = one.sub(&other)?;
                    if symbols.proves_zero(&difference) {
                        continue;
                    }
                    let proved = symbols.proves_not_zero(&difference);
                    if clash.as_ref().is_some_and(|known: &Clash| known.proved || !proved) {
                        continue;
                    }
                    let (column, by) = if one.is_zero() { (a, by_other) } else { (b, by_one) };
                    let Some(entry) = self.entry(row, column).or_else(|| self.entry(row, a)) else {
                        continue;
                    };
                    let number = |name: &Path| match name.as_slice() {
                        [Segment::Index(n)] => *n as usize,
                        _ => processes.iter().position(|other| other == name).unwrap_or(0),
                    };
                    let (first, second) = (number(b), number(a));
                    clash = Some(Clash { one: entry.clone(), first, second, by, proved });
                }
            }
        }
        Some(clash)
    }
}
