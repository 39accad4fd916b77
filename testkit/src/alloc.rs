//! A global allocator that counts, for tests that promise "allocates nothing".

use std::alloc::GlobalAlloc;
use std::alloc::Layout;
use std::alloc::System;
use std::cell::Cell;

thread_local! {
    // Constant initial values and no destructors: touching a counter never allocates, so the allocator may do so.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// Bytes in use, and the most that were; what another thread allocated may be freed here, hence the sign.
    static BYTES: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

/// The system's allocator, counting allocations and reallocations of each thread by itself.
///
/// A test binary installs it with `#[global_allocator] static ALLOCATOR: Counting = Counting;`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counting;

fn count() {
    // A thread that is being torn down has no counter any more; nobody is measuring it either.
    let _ = COUNT.try_with(|n| n.set(n.get() + 1));
}

fn weigh(grown: usize, freed: usize) {
    let _ = BYTES.try_with(|bytes| {
        let (now, most) = bytes.get();
        let now = now + grown as isize - freed as isize;
        bytes.set((now, most.max(now)));
    });
}

// SAFETY: every call is handed unchanged to the system's allocator, which keeps the contract of `GlobalAlloc`;
// counting touches a thread-local number and neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        weigh(layout.size(), 0);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        weigh(layout.size(), 0);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        weigh(new_size, layout.size());
        // SAFETY: `ptr` came from `System` through `alloc` above; the caller's promises are passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        weigh(0, layout.size());
        // SAFETY: `ptr` came from `System` through `alloc` above; the caller's promises are passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// How many allocations `work` makes on this thread, and what it returns.
///
/// Counts only where [`Counting`] is the global allocator; call [`is_counting`] first to be sure.
pub fn allocations<R>(work: impl FnOnce() -> R) -> (usize, R) {
    let before = COUNT.with(Cell::get);
    let result = work();
    (COUNT.with(Cell::get) - before, result)
}

/// How many bytes `work` has in use on this thread at most, beyond those in use before, and what it returns.
pub fn peak<R>(work: impl FnOnce() -> R) -> (usize, R) {
    let before = BYTES.with(|bytes| {
        let (now, _) = bytes.get();
        bytes.set((now, now));
        now
    });
    let result = work();
    (BYTES.with(|bytes| bytes.get().1 - before).max(0) as usize, result)
}

/// Whether [`Counting`] is installed: a count of zero means nothing otherwise.
pub fn is_counting() -> bool {
    allocations(|| std::hint::black_box(Box::new(0_u8))).0 > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    #[test]
    fn counts_what_is_allocated_and_nothing_else() {
        assert!(is_counting());
        assert_eq!(allocations(|| [1.0_f64; 100].iter().sum::<f64>()).0, 0);
        assert_eq!(allocations(|| std::hint::black_box(vec![1.0_f64; 100])).0, 1);
        let twice = || {
            drop(std::hint::black_box(vec![1.0_f64; 100]));
            std::hint::black_box(vec![1.0_f64; 50])
        };
        assert_eq!(peak(twice).0, 800);
    }
}
