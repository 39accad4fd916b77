//! A table of text, its columns as wide as they have to be.

/// Rows of cells, the first the heading.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this heading.
    pub fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(ToString::to_string).collect()] }
    }

    /// Appends a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table: words to the left, numbers to the right.
    pub fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width: Vec<usize> = (0..columns)
            .map(|c| self.rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0))
            .collect();
        let numeric: Vec<bool> = (0..columns)
            .map(|c| {
                self.rows.iter().skip(1).filter_map(|r| r.get(c)).all(|s| !s.starts_with(char::is_alphabetic))
            })
            .collect();
        for (index, row) in self.rows.iter().enumerate() {
            let cells = row.iter().enumerate().map(|(c, cell)| {
                let width = width[c];
                if numeric[c] { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
            if index == 0 {
                println!("{}", width.iter().map(|w| "-".repeat(*w)).collect::<Vec<_>>().join("  "));
            }
        }
        println!();
    }
}

/// Microseconds with three digits.
pub fn micros(seconds: f64) -> String {
    let us = seconds * 1e6;
    match us {
        us if us < 10.0 => format!("{us:.3}"),
        us if us < 100.0 => format!("{us:.2}"),
        us => format!("{us:.1}"),
    }
}
