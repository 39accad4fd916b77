//! Memory of records that are gone, for those to come: a training solves the same problem again and again, and memory
//! that is given back to the system comes back as pages to be cleared.

use std::any::Any;
use std::any::TypeId;
use std::cell::RefCell;
use std::mem::needs_drop;
use std::ops::Deref;
use std::ops::DerefMut;

thread_local! {
    static SPARE: RefCell<Vec<(usize, Box<dyn Any>)>> = const { RefCell::new(Vec::new()) };
}

/// How many bytes a thread keeps, all buffers together.
const BYTES: usize = 1 << 25;

/// What holds memory, whatever its content.
pub(crate) trait Buffer: Default + 'static {
    /// How many bytes it holds.
    fn bytes(&self) -> usize;
}

impl<T: 'static> Buffer for Vec<T> {
    fn bytes(&self) -> usize {
        self.capacity() * size_of::<T>()
    }
}

/// A buffer that is left to the next of its type in this thread; its content when it comes is what it was left with.
#[derive(Debug, Clone)]
pub(crate) struct Spare<B: Buffer>(B);

impl<B: Buffer> Spare<B> {
    /// A buffer that somebody left, or a new one.
    pub fn take() -> Self {
        let left = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            let at = spare.iter().position(|(_, buffer)| buffer.is::<B>())?;
            spare.remove(at).1.downcast::<B>().ok()
        });
        Self(left.ok().flatten().map(|buffer| *buffer).unwrap_or_default())
    }

    /// A new buffer.
    pub fn new() -> Self {
        Self(B::default())
    }
}

impl<B: Buffer> Drop for Spare<B> {
    fn drop(&mut self) {
        let bytes = self.0.bytes();
        if bytes == 0 || bytes > BYTES {
            return;
        }
        let buffer = Box::new(std::mem::take(&mut self.0));
        // At the end of a thread there is nobody to leave it to. What makes room, oldest first, is dropped after the
        // borrow.
        let _given_up = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            spare.push((bytes, buffer));
            let mut all: usize = spare.iter().map(|(bytes, _)| bytes).sum();
            let mut count = 0;
            while all > BYTES {
                all -= spare[count].0;
                count += 1;
            }
            spare.drain(..count).collect::<Vec<_>>()
        });
    }
}

impl<B: Buffer> Deref for Spare<B> {
    type Target = B;
    fn deref(&self) -> &B {
        &self.0
    }
}

impl<B: Buffer> DerefMut for Spare<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.0
    }
}

impl<T: 'static> Spare<Vec<T>> {
    /// An empty vector, with the memory of one that was left.
    pub fn cleared() -> Self {
        let mut left = Self::take();
        left.clear();
        left
    }
}

/// Values, one after the other; those that are cleared stay, and lend their memory to those that come.
#[derive(Debug, Clone)]
pub(crate) struct Stack<V> {
    all: Vec<V>,
    len: usize,
    /// How many bytes a value holds outside of itself, at most.
    held: usize,
}

impl<V> Default for Stack<V> {
    fn default() -> Self {
        Self { all: Vec::new(), len: 0, held: 0 }
    }
}

impl<V: 'static> Buffer for Stack<V> {
    fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<V>() + self.all.len() * self.held
    }
}

impl<V: 'static> Spare<Stack<V>> {
    /// An empty stack for vectors of `len` reals `T`: with the memory of one that was left, where values are plain or are
    /// a `Vec`, whose memory can be used again. Others, such as those on a GPU, are not left to anybody.
    pub fn for_vectors<T: 'static>(len: usize) -> Self {
        if !needs_drop::<V>() {
            return Self::holding(0);
        }
        if TypeId::of::<V>() == TypeId::of::<Vec<T>>() {
            return Self::holding(len * size_of::<T>());
        }
        let mut stack = Self::new();
        // More than anybody keeps.
        stack.held = BYTES;
        stack
    }

    fn holding(held: usize) -> Self {
        let mut stack = Self::take();
        stack.len = 0;
        // Values that lie there from before may hold more.
        stack.held = stack.held.max(held);
        stack
    }
}

impl<V: Clone> Stack<V> {
    /// Adds a value.
    #[inline]
    pub fn push(&mut self, value: &V) {
        match self.all.get_mut(self.len) {
            Some(old) => old.clone_from(value),
            None => self.all.push(value.clone()),
        }
        self.len += 1;
    }

    /// Adds values, one by one: to copy what was written just now all at once is to wait for the writes.
    #[inline]
    pub fn extend_from_slice(&mut self, values: &[V]) {
        match self.all.get_mut(self.len..self.len + values.len()) {
            Some(old) => {
                // In pairs, which the compiler does not make a copy of all at once of.
                let (mut old, mut new) = (old.chunks_exact_mut(2), values.chunks_exact(2));
                for (old, new) in old.by_ref().zip(new.by_ref()) {
                    old[0].clone_from(&new[0]);
                    old[1].clone_from(&new[1]);
                }
                if let ([old], [new]) = (old.into_remainder(), new.remainder()) {
                    old.clone_from(new);
                }
                self.len += values.len();
            }
            None => values.iter().for_each(|value| self.push(value)),
        }
    }
}

impl<V> Deref for Stack<V> {
    type Target = [V];
    #[inline]
    fn deref(&self) -> &[V] {
        &self.all[..self.len]
    }
}

impl<V> DerefMut for Stack<V> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [V] {
        &mut self.all[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back() {
        let mut buffer = Spare::<Vec<u8>>::take();
        buffer.extend([1, 2, 3]);
        let memory = buffer.as_ptr();
        drop(buffer);
        assert_eq!(Spare::<Vec<u8>>::take().as_ptr(), memory);
        assert!(Spare::<Vec<i8>>::take().is_empty());
        assert!(Spare::<Vec<u8>>::new().is_empty());
    }

    #[test]
    fn a_stack_lends_the_memory_of_what_it_forgot() {
        let mut stack = Spare::<Stack<Vec<f64>>>::for_vectors::<f64>(2);
        stack.push(&vec![1.0, 2.0]);
        stack.push(&vec![3.0]);
        let memory = stack[0].as_ptr();
        drop(stack);
        let mut stack = Spare::<Stack<Vec<f64>>>::for_vectors::<f64>(1);
        assert!(stack.is_empty());
        stack.push(&vec![4.0]);
        assert_eq!(**stack, [vec![4.0]]);
        assert_eq!(stack[0].as_ptr(), memory);
        // Some of them where others were, some beyond.
        stack.extend_from_slice(&[vec![5.0], vec![6.0]]);
        assert_eq!(**stack, [vec![4.0], vec![5.0], vec![6.0]]);
        // All of them where others were, be they even in number or odd.
        drop(stack);
        let mut stack = Spare::<Stack<Vec<f64>>>::for_vectors::<f64>(1);
        stack.extend_from_slice(&[vec![7.0], vec![8.0]]);
        stack.extend_from_slice(&[vec![9.0]]);
        assert_eq!(**stack, [vec![7.0], vec![8.0], vec![9.0]]);
        assert_eq!(stack[0].as_ptr(), memory);
    }

    #[test]
    #[cfg_attr(miri, ignore = "megabytes, byte by byte")]
    fn a_thread_keeps_no_more_than_it_may() {
        // What the values of a stack hold counts, whatever the stack's own size.
        let mut large = Spare::<Stack<Vec<f32>>>::for_vectors::<f32>(BYTES / 4);
        large.push(&vec![0.0; BYTES / 4]);
        drop(large);
        assert!(Spare::<Stack<Vec<f32>>>::take().all.is_empty());
        // And all buffers together: the oldest gives way.
        for byte in 0..3 {
            let mut buffer = Spare::<Vec<u16>>::new();
            buffer.extend(vec![byte; BYTES / 5]);
        }
        let kept: Vec<_> = (0..3).map(|_| Spare::<Vec<u16>>::take()).collect();
        let first: Vec<_> = kept.iter().map(|buffer| buffer.first().copied()).collect();
        assert_eq!(first, [Some(1), Some(2), None]);
    }

    #[test]
    fn values_that_lend_no_memory_are_not_kept() {
        let mut stack = Spare::<Stack<Box<u8>>>::for_vectors::<f64>(1);
        stack.push(&Box::new(1));
        drop(stack);
        assert!(Spare::<Stack<Box<u8>>>::take().all.is_empty());
    }
}
