//! Indices outside of their arrays, asked of rustc while a model is compiled, and of a solve before it starts.

/// A place in a model where an index leaves its array.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// The parameters are too short for it, and not the state.
    pub params: bool,
    /// The array, as it is written; empty where it is the integer itself that falls below zero.
    pub array: &'static str,
    /// The element, or the integer, as it is written.
    pub written: &'static str,
}

/// An index that is outside.
#[derive(Debug, Clone, Copy)]
pub struct Outside {
    /// Where.
    pub site: &'static Site,
    /// The index.
    pub index: i128,
    /// The length of the array.
    pub length: i128,
}

/// The iterations at each end of a loop that are followed: an index is largest or smallest there.
const ENDS: i128 = 4;

/// The next iteration to be followed.
pub const fn after(index: i128, start: i128, end: i128) -> i128 {
    if index - start + 1 >= ENDS && end - index > ENDS { end - ENDS } else { index + 1 }
}

/// The longest message.
const MOST: usize = 1024;

/// A message in the making.
struct Text {
    bytes: [u8; MOST],
    length: usize,
}

impl Text {
    const fn push(&mut self, byte: u8) {
        if self.length < MOST {
            self.bytes[self.length] = byte;
            self.length += 1;
        }
    }

    const fn number(&mut self, n: i128) {
        if n < 0 {
            self.push(b'-');
        }
        let mut rest = n.unsigned_abs();
        let mut digits = [0_u8; 40];
        let mut count = 0;
        while count == 0 || rest > 0 {
            digits[count] = b'0' + (rest % 10) as u8;
            rest /= 10;
            count += 1;
        }
        while count > 0 {
            count -= 1;
            self.push(digits[count]);
        }
    }
}

/// Whether the text goes on with a word at a place.
const fn is_at(text: &[u8], at: usize, word: &[u8]) -> bool {
    let mut k = 0;
    while k < word.len() {
        if at + k >= text.len() || text[at + k] != word[k] {
            return false;
        }
        k += 1;
    }
    true
}

/// Stops the compilation with a message, in which `{index}` and `{length}` are filled in.
#[track_caller]
pub const fn say(message: &str, index: i128, length: i128) {
    let message = message.as_bytes();
    let mut text = Text { bytes: [0; MOST], length: 0 };
    let mut at = 0;
    while at < message.len() {
        if is_at(message, at, b"{index}") {
            text.number(index);
            at += b"{index}".len();
        } else if is_at(message, at, b"{length}") {
            text.number(length);
            at += b"{length}".len();
        } else {
            text.push(message[at]);
            at += 1;
        }
    }
    match std::str::from_utf8(text.bytes.split_at(text.length).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("an index is out of range"),
    }
}

#[cfg(test)]
mod tests {
    use super::after;
    use super::say;

    #[test]
    fn the_ends_of_a_loop_are_followed() {
        let follow = |end: i128| {
            let (mut next, mut seen) = (0, Vec::new());
            while next < end {
                seen.push(next);
                next = after(next, 0, end);
            }
            seen
        };
        assert_eq!(follow(100), [0, 1, 2, 3, 96, 97, 98, 99]);
        assert_eq!(follow(9), [0, 1, 2, 3, 5, 6, 7, 8]);
        assert_eq!(follow(5), [0, 1, 2, 3, 4]);
        assert_eq!(follow(0), [0; 0]);
    }

    #[test]
    #[should_panic(expected = "index -12 of `u`, which has 104")]
    fn numbers_are_filled_in() {
        say("index {index} of `u`, which has {length}", -12, 104);
    }
}
