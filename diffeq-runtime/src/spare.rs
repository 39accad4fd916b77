//! Memory of records that are gone, for those to come: a training solves the same problem again and again, and memory
//! that is given back to the system comes back as pages to be cleared.

use std::any::Any;
use std::cell::RefCell;
use std::ops::Deref;
use std::ops::DerefMut;

thread_local! {
    static SPARE: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// How many buffers a thread keeps.
const BUFFERS: usize = 8;

/// The largest buffer that is kept: 32 MiB.
const BYTES: usize = 1 << 25;

/// What holds memory, whatever its content.
pub(crate) trait Buffer: Default + 'static {
    /// How many bytes, about.
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
            let at = spare.iter().position(|buffer| buffer.is::<B>())?;
            spare.swap_remove(at).downcast::<B>().ok()
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
        let buffer = std::mem::take(&mut self.0);
        // At the end of a thread there is nobody to leave it to.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() == BUFFERS {
                spare.remove(0);
            }
            spare.push(Box::new(buffer));
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

/// Values behind one another; those that are cleared stay, and lend their memory to those that come.
#[derive(Debug, Clone)]
pub(crate) struct Stack<V> {
    all: Vec<V>,
    len: usize,
}

impl<V> Default for Stack<V> {
    fn default() -> Self {
        Self { all: Vec::new(), len: 0 }
    }
}

impl<V: 'static> Buffer for Stack<V> {
    fn bytes(&self) -> usize {
        self.all.bytes()
    }
}

impl<V: Clone> Stack<V> {
    /// Forgets all values.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds a value.
    #[inline]
    pub fn push(&mut self, value: &V) {
        match self.all.get_mut(self.len) {
            Some(old) => old.clone_from(value),
            None => self.all.push(value.clone()),
        }
        self.len += 1;
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
        let mut stack = Stack::default();
        stack.push(&vec![1.0, 2.0]);
        stack.push(&vec![3.0]);
        let memory = stack[0].as_ptr();
        stack.clear();
        assert!(stack.is_empty());
        stack.push(&vec![4.0]);
        assert_eq!(*stack, [vec![4.0]]);
        assert_eq!(stack[0].as_ptr(), memory);
    }
}
