//! Failing programs are shortened while they fail in the same way: many candidates are compiled at once.

use crate::plain;
use crate::program::Program;
use crate::reduce;
use crate::reduce::Edit;
use crate::scratch::Depth;
use crate::scratch::Outcome;
use crate::scratch::Scratch;
use crate::source::Source;
use std::collections::BTreeMap;
use std::io;

/// Candidates per program and round.
const WIDTH: usize = 24;
/// Candidates of those that are refused anyway.
const FEW: usize = 8;
/// Rounds at most.
const ROUNDS: usize = 40;

/// A program on its way.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The smallest so far.
    pub program: Program,
    /// How it fails.
    pub outcome: Outcome,
    /// The same without what does not matter.
    symptom: String,
    /// The next edit, in the order of what they save.
    cursor: usize,
    /// Something was left out since the first edit was tried.
    smaller: bool,
    done: bool,
    /// Edits that worked alone in the last round, to be tried together.
    together: Vec<Edit>,
}

/// What two failures must share to count as the same.
pub fn symptom(outcome: &Outcome) -> Option<String> {
    let (kind, messages) = match outcome {
        Outcome::Passed(_) | Outcome::Invalid(_) => return None,
        Outcome::Refused(messages) => ("refused", messages),
        Outcome::Broken(messages) => ("broken", messages),
        Outcome::Failed(messages) => ("failed", messages),
    };
    let first = messages.first().map_or("", |m| m.lines().next().unwrap_or(""));
    let first = match kind {
        // `file:1:2: error[E0308]: mismatched types: ..`
        "broken" => first.split(": ").nth(1).unwrap_or(first).to_string(),
        "failed" => first.split([':', '(', '[']).next().unwrap_or(first).to_string(),
        _ => first.to_string(),
    };
    let first: String = first.chars().filter(|c| !c.is_ascii_digit() || kind == "broken").collect();
    Some(format!("{kind}: {first}"))
}

/// Shortens failing programs together.
///
/// # Errors
/// Those of [`Scratch::check`].
pub fn shrink(
    scratch: &Scratch,
    seed: u64,
    failing: Vec<(Program, Outcome)>,
    depth: Depth,
) -> io::Result<Vec<Shrunk>> {
    let mut all: Vec<Shrunk> = failing
        .into_iter()
        .filter_map(|(program, outcome)| {
            let symptom = symptom(&outcome)?;
            let (cursor, smaller, done, together) = (0, false, false, vec![]);
            Some(Shrunk { program, outcome, symptom, cursor, smaller, done, together })
        })
        .collect();
    for _ in 0..ROUNDS {
        let mut candidates: Vec<(usize, Vec<Edit>, Program)> = Vec::new();
        for (k, shrunk) in all.iter_mut().enumerate().filter(|(_, shrunk)| !shrunk.done) {
            shrunk.candidates(k, &mut candidates);
        }
        if candidates.is_empty() {
            break;
        }
        let outcomes = outcomes(scratch, seed, &all, &mut candidates, depth)?;
        for (k, shrunk) in all.iter_mut().enumerate().filter(|(_, shrunk)| !shrunk.done) {
            let mut working: Vec<(usize, &Vec<Edit>, &Program)> = candidates
                .iter()
                .filter(|(owner, ..)| *owner == k)
                .filter(|(.., program)| {
                    outcomes.get(&program.name).and_then(symptom).as_ref() == Some(&shrunk.symptom)
                })
                .map(|(_, edits, program)| (program.text.len(), edits, program))
                .collect();
            working.sort_by_key(|(length, ..)| *length);
            let Some((_, _, best)) = working.first() else {
                shrunk.together.clear();
                continue;
            };
            let singles: Vec<Edit> = working
                .iter()
                .filter(|(_, edits, _)| edits.len() == 1)
                .map(|(_, edits, _)| edits[0])
                .collect();
            // Edits are of the program as it is: several that work alone are tried together before it changes.
            if singles.len() > 1 && shrunk.together.is_empty() {
                shrunk.together = singles;
                continue;
            }
            shrunk.together.clear();
            shrunk.smaller = true;
            shrunk.outcome = outcomes[&best.name].clone();
            shrunk.program = Program { name: shrunk.program.name.clone(), ..(*best).clone() };
        }
    }
    Ok(all)
}

/// What becomes of the candidates: first what costs nothing, the compiler's own refusals; then whether they are Rust at
/// all; what is left is compiled.
fn outcomes(
    scratch: &Scratch,
    seed: u64,
    all: &[Shrunk],
    candidates: &mut Vec<(usize, Vec<Edit>, Program)>,
    depth: Depth,
) -> io::Result<BTreeMap<String, Outcome>> {
    let mut outcomes = BTreeMap::new();
    candidates.retain(|(owner, _, program)| {
        let Ok(source) = Source::parse(&program.text, program.open) else { return false };
        let refusals = source.refusals();
        if all[*owner].symptom.starts_with("refused") {
            let outcome = Outcome::Refused(refusals);
            let same = symptom(&outcome).as_ref() == Some(&all[*owner].symptom);
            if same {
                outcomes.insert(program.name.clone(), outcome);
            }
            return same;
        }
        refusals.is_empty()
    });
    // Of what is refused only the shortest few: the question whether they are Rust is the dear one.
    candidates.sort_by_key(|(owner, _, program)| (*owner, program.text.len()));
    let mut of_owner: BTreeMap<usize, usize> = BTreeMap::new();
    candidates.retain(|(owner, ..)| {
        let count = of_owner.entry(*owner).or_default();
        *count += 1;
        *count <= FEW || !all[*owner].symptom.starts_with("refused")
    });
    let programs: Vec<Program> = candidates.iter().map(|(.., program)| program.clone()).collect();
    let invalid = plain::refused(&programs)?;
    candidates.retain(|(.., program)| !invalid.contains_key(&program.name));
    outcomes.retain(|name, _| candidates.iter().any(|(.., program)| program.name == *name));
    let compiled: Vec<Program> = candidates
        .iter()
        .filter(|(.., program)| !outcomes.contains_key(&program.name))
        .map(|(.., program)| program.clone())
        .collect();
    if compiled.is_empty() {
        return Ok(outcomes);
    }
    // Where a value is wrong derivatives need not be compiled.
    let values =
        all.iter().all(|s| s.done || !s.symptom.starts_with("failed") || s.symptom.contains("value"));
    let depth = if values { Depth::Values } else { depth };
    outcomes.extend(scratch.check(seed, &compiled, depth)?);
    Ok(outcomes)
}

impl Shrunk {
    /// What is tried next.
    fn candidates(&mut self, owner: usize, out: &mut Vec<(usize, Vec<Edit>, Program)>) {
        let Ok(source) = Source::parse(&self.program.text, self.program.open) else {
            self.done = true;
            return;
        };
        let mut sets: Vec<Vec<Edit>> = Vec::new();
        if self.together.is_empty() {
            let edits = reduce::edits(&source.file);
            if self.cursor >= edits.len() && std::mem::take(&mut self.smaller) {
                self.cursor = 0;
            }
            sets.extend(edits.into_iter().skip(self.cursor).take(WIDTH).map(|(edit, _)| vec![edit]));
            self.cursor += sets.len();
        } else {
            // All, halves, quarters: and one alone, so that at least one works.
            let together = &self.together;
            let mut length = together.len();
            while length > 1 {
                sets.extend(together.chunks(length).map(<[Edit]>::to_vec));
                length = length.div_ceil(2);
            }
            sets.push(vec![together[0]]);
        }
        self.done = sets.is_empty();
        for edits in sets {
            let text = prettyplease::unparse(&reduce::edited(&source.file, &edits));
            let name = format!("c{owner}_{}", out.len());
            out.push((owner, edits, Program { name, text, ..self.program.clone() }));
        }
    }
}
