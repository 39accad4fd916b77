use super::Checkpoints;
use super::binomial;
use super::stride;

/// What a sweep over `steps` steps cost.
struct Cost {
    /// Steps that were computed again.
    recomputed: usize,
    /// The most often that one step was.
    repetition: usize,
}

/// Sweeps forwards and backwards over states that are their own step number, checking every law on the way.
fn sweep(steps: usize, budget: Option<usize>) -> Cost {
    let mut checkpoints = Checkpoints::new(budget);
    let limit = budget.unwrap_or(usize::MAX).max(1);
    for step in 0..steps {
        checkpoints.record(step, &step);
        assert!(checkpoints.len() <= limit && checkpoints.slots.len() <= limit);
    }
    let mut times = vec![0; steps];
    for step in (0..steps).rev() {
        let state = checkpoints.rewind(step, |at, state| {
            assert_eq!(at, *state, "a state is advanced from its own step");
            times[at] += 1;
            *state += 1;
        });
        assert_eq!(state, Some(&step), "every step is visited once, backwards, with its own state");
        assert!(checkpoints.len() <= limit && checkpoints.slots.len() <= limit);
    }
    Cost { recomputed: times.iter().sum(), repetition: times.iter().copied().max().unwrap_or(0) }
}

/// The repetition number: the smallest `r` with `steps <= β(s, r)`.
fn repetition(steps: usize, s: usize) -> usize {
    (0..).find(|&r| steps <= binomial(s, r)).unwrap_or(0)
}

/// The fewest recomputations that any schedule reaches which knows the number of steps beforehand, by its recursion.
fn optimum(steps: usize, slots: usize) -> Vec<Vec<usize>> {
    let mut cost = vec![vec![0; slots + 1]; steps + 1];
    for n in 2..=steps {
        cost[n][1] = n * (n - 1) / 2;
        for s in 2..=slots {
            cost[n][s] = (1..n).map(|d| d + cost[n - d][s - 1] + cost[d][s]).min().unwrap_or(0);
        }
    }
    cost
}

#[test]
fn all_states_kept_cost_nothing() {
    for steps in [0, 1, 2, 100] {
        assert_eq!(sweep(steps, None).recomputed, 0);
        assert_eq!(sweep(steps, Some(steps)).recomputed, 0);
    }
}

#[test]
fn one_checkpoint_recomputes_from_the_start() {
    for budget in [0, 1] {
        assert_eq!(sweep(40, Some(budget)).recomputed, 40 * 39 / 2);
    }
}

#[test]
fn strides_are_optimal() {
    let (steps, slots) = (120, 8);
    let cost = optimum(steps, slots);
    for n in 2..=steps {
        for s in 2..=slots {
            let d = stride(n, s);
            assert!((1..n).contains(&d), "stride {d} for {n} steps, {s} slots");
            assert_eq!(
                d + cost[n - d][s - 1] + cost[d][s],
                cost[n][s],
                "stride {d} for {n} steps, {s} slots"
            );
            // The closed form of the recursion (Griewank, Walther 2000, eq. 2.2).
            let r = repetition(n, s);
            assert_eq!(cost[n][s] + binomial(s + 1, r - 1), r * n);
        }
    }
}

#[test]
fn no_step_is_repeated_more_often_than_the_theory_says() {
    for budget in 2..12 {
        for steps in 1..400 {
            let cost = sweep(steps, Some(budget));
            let bound = repetition(steps, budget - 1);
            assert!(
                cost.repetition <= bound,
                "{steps} steps, budget {budget}: {} > {bound}",
                cost.repetition
            );
        }
    }
}

#[test]
fn the_cost_is_near_that_of_knowing_the_number_of_steps() {
    let (steps, slots) = (300, 12);
    let cost = optimum(steps, slots);
    for (n, optimal) in cost.iter().enumerate() {
        for (budget, &optimal) in optimal.iter().enumerate().skip(3).filter(|(budget, _)| n > *budget) {
            // The recursion counts the first sweep, that places the checkpoints, as well.
            let online = sweep(n, Some(budget)).recomputed + n - 1;
            assert!(online >= optimal);
            // Not knowing the end costs at most one more repetition of each step.
            assert!(online <= optimal + n, "{n} steps, {budget}: {online} vs {optimal}");
        }
    }
}

#[test]
fn many_steps_need_few_checkpoints() {
    let cost = sweep(200_000, Some(43));
    assert!(cost.repetition <= 4 && cost.recomputed < 800_000);
}

#[test]
fn memory_of_the_states_is_reused() {
    let mut checkpoints = Checkpoints::new(Some(4));
    for step in 0..100_usize {
        checkpoints.record(step, &vec![step; 8]);
    }
    let before: Vec<_> = checkpoints.slots.iter().map(|state| state.as_ptr()).collect();
    for step in (0..100).rev() {
        let state = checkpoints.rewind(step, |_, state| state.iter_mut().for_each(|x| *x += 1));
        assert_eq!(state, Some(&vec![step; 8]));
    }
    // A second sweep starts from what the first one left: the initial state.
    for step in (0..100).rev() {
        let state = checkpoints.rewind(step, |_, state| state.iter_mut().for_each(|x| *x += 1));
        assert_eq!(state, Some(&vec![step; 8]));
    }
    let after: Vec<_> = checkpoints.slots.iter().map(|state| state.as_ptr()).collect();
    assert_eq!(before, after);
}

#[test]
fn nothing_recorded_is_nothing() {
    assert!(Checkpoints::<f64>::new(Some(3)).rewind(0, |_, _| ()).is_none());
    assert!(Checkpoints::<f64>::new(None).is_empty());
}
