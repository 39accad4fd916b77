//! Random numbers by their place: a block of 128 bits for each counter, without a state that moves.
//!
//! Source: Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011, Philox 4x32 with 10 rounds.

use crate::wide::each;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The block at a counter, under a key.
#[inline(always)]
pub(super) fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let (mut block, mut key) = (counter, key);
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
        }
        let [first, second] =
            [(0, 0), (1, 2)].map(|(which, word)| u64::from(MULTIPLIERS[which]) * u64::from(block[word]));
        block = [
            (second >> 32) as u32 ^ block[1] ^ key[0],
            second as u32,
            (first >> 32) as u32 ^ block[3] ^ key[1],
            first as u32,
        ];
    }
    block
}

/// The same of several counters, each word in one of twice its size: for a loop in vector registers, of which a loop over the rounds
/// would make two.
#[inline(always)]
pub(super) fn philox_wide<const K: usize>(counter: [[u64; K]; 4], key: [u64; 2]) -> [[u64; K]; 4] {
    const WORD: u64 = 0xffff_ffff;
    let mut block = counter;
    macro_rules! rounds {
        ($($round:literal)*) => { $(
            let first = each::<_, K>(|i| u64::from(MULTIPLIERS[0]) * (block[0][i] & WORD));
            let second = each::<_, K>(|i| u64::from(MULTIPLIERS[1]) * (block[2][i] & WORD));
            let [x, y] = [0, 1].map(|which| key[which].wrapping_add($round * u64::from(KEY_STEPS[which])));
            // What lies above a word is left there: no product sees it.
            block = [
                each(|i| second[i] >> 32 ^ block[1][i] ^ x),
                second,
                each(|i| first[i] >> 32 ^ block[3][i] ^ y),
                first,
            ];
        )* };
    }
    rounds!(0 1 2 3 4 5 6 7 8 9);
    block.map(|words| each(|i| words[i] & WORD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_one_by_one() {
        let words = [0, 1000, 0xffff_ffff, 0x9e37_79b9];
        let counter = [0, 1, 2, 3].map(|word: usize| [0, 1, 2].map(|i: usize| words[(word + i) % 4]));
        for key in [[11, 12], [u32::MAX, u32::MAX - 1]] {
            let several = philox_wide(counter, key.map(u64::from));
            for i in 0..3 {
                let one = philox(counter.map(|word| word[i] as u32), key);
                assert_eq!(one.map(u64::from), several.map(|word| word[i]));
            }
        }
    }

    /// The vectors that its authors publish (Random123, `kat_vectors`).
    #[test]
    fn known_answers() {
        let cases: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, block) in cases {
            assert_eq!(philox(counter, key), block);
        }
    }
}
