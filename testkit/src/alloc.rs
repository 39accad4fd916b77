//! A global allocator that counts, for tests that promise "allocates nothing".

use std::alloc::GlobalAlloc;
use std::alloc::Layout;
use std::alloc::System;
use std::cell::Cell;

thread_local! {
    // A constant initial value and no destructor: touching the counter never allocates, so the allocator may do so.
    static COUNT: Cell<usize> = const { Cell::new(0) };
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

// SAFETY: every call is handed unchanged to the system's allocator, which keeps the contract of `GlobalAlloc`;
// counting touches a thread-local number and neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: `ptr` came from `System` through `alloc` above; the caller's promises are passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
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
    }
}
