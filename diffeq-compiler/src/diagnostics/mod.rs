//! What is wrong with a function: the collector, and the catalogue of messages in [`catalogue`].

pub mod catalogue;

use proc_macro2::Span;
use quote::ToTokens;

pub use catalogue::Message;

/// An error that stands in the collector already: whoever gets one just stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported;

/// A result whose error has been reported.
pub type Checked<T> = Result<T, Reported>;

/// Collects every mistake of a function, so that one build shows them all.
///
/// It must be consumed by [`Diagnostics::finish`]; dropped unread it panics, since a lost error would become wrong code.
#[derive(Debug)]
pub struct Diagnostics {
    errors: Vec<(String, syn::Error)>,
    finished: bool,
}

impl Default for Diagnostics {
    fn default() -> Self {
        Self::new()
    }
}

impl Diagnostics {
    /// An empty collector.
    pub fn new() -> Self {
        Diagnostics { errors: Vec::new(), finished: false }
    }

    /// Reports a message at the tokens of `at`; `words` fill the `{}` of its text and help, in order.
    pub fn error(&mut self, at: &dyn ToTokens, message: &Message, words: &[&str]) -> Reported {
        // `new_spanned` takes a sized argument; the tokens carry the same spans.
        self.push(message, words, |text| syn::Error::new_spanned(at.to_token_stream(), text))
    }

    /// Reports a message at a span.
    pub fn error_at(&mut self, span: Span, message: &Message, words: &[&str]) -> Reported {
        self.push(message, words, |text| syn::Error::new(span, text))
    }

    /// Reports what syn could not read.
    pub fn syntax(&mut self, error: syn::Error) -> Reported {
        self.errors.push((error.to_string(), error));
        Reported
    }

    fn push(
        &mut self,
        message: &Message,
        words: &[&str],
        error: impl FnOnce(String) -> syn::Error,
    ) -> Reported {
        let text = message.render(words);
        let error = error(text.clone());
        let key = format!("{:?} {text}", error.span());
        // A part of a function that is lowered twice (the body of a closure) reports its mistakes once.
        if !self.errors.iter().any(|(known, _)| *known == key) {
            self.errors.push((key, error));
        }
        Reported
    }

    /// Takes in what another collector has.
    pub fn take_in(&mut self, mut other: Diagnostics) {
        for (key, error) in std::mem::take(&mut other.errors) {
            if !self.errors.iter().any(|(known, _)| *known == key) {
                self.errors.push((key, error));
            }
        }
        other.finished = true;
    }

    /// What was found of a reading that is given up.
    pub fn forget(mut self) {
        self.finished = true;
    }

    /// How much has been reported.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// Whether nothing has been reported.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Everything reported as one error, or nothing.
    pub fn finish(mut self) -> Result<(), syn::Error> {
        self.finished = true;
        let mut errors = std::mem::take(&mut self.errors);
        // In the order of the source, whichever step found them.
        errors.sort_by_key(|(_, error)| {
            let start = error.span().start();
            (start.line, start.column)
        });
        let mut errors = errors.into_iter().map(|(_, error)| error);
        let Some(mut all) = errors.next() else { return Ok(()) };
        errors.for_each(|error| all.combine(error));
        Err(all)
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            panic!("the collector of diagnostics was dropped unread");
        }
    }
}

/// The candidate nearest to `name`, if it is near enough to be what the user meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Among names of three letters any two are near.
    let limit = match name.chars().count() {
        0..=3 => 1,
        letters => letters / 3 + 1,
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(d, candidate)| *d <= limit && *d > 0 && *d < candidate.chars().count().max(2))
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// The edit distance of Levenshtein (1966), by the usual two rows.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_what_was_meant() {
        let methods = ["sin", "sinh", "sqrt", "tanh", "powi", "powf"];
        assert_eq!(nearest("sqr", methods), Some("sqrt"));
        assert_eq!(nearest("pow", methods), Some("powi"));
        assert_eq!(nearest("erf", methods), None);
        assert_eq!(nearest("sin", methods), Some("sinh"));
        assert_eq!(nearest("at", ["tan", "abs"]), None);
    }

    #[test]
    fn errors_are_kept_in_order() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.error_at(Span::call_site(), &catalogue::MISSING_RETURN, &["[f64; 2]"]);
        diagnostics.error_at(Span::call_site(), &catalogue::RECURSION, &["f"]);
        let error = diagnostics.finish().unwrap_err();
        assert_eq!(error.into_iter().count(), 2);
    }

    #[test]
    #[should_panic(expected = "dropped unread")]
    fn an_unread_collector_panics() {
        drop(Diagnostics::new());
    }
}
