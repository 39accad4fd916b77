//! Random numbers by their place: a block of 128 bits for each counter, without a state that moves.
//!
//! Source: Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011, Philox 4x32 with 10 rounds.

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

/// The blocks at several counters at once, word by word, each in a word of twice its size: a loop for vector registers.
#[inline(always)]
pub(super) fn philox_lanes<const L: usize>(counter: &[[u64; L]; 4], key: [u32; 2], out: &mut [[u64; L]; 4]) {
    const WORD: u64 = 0xffff_ffff;
    let [x, y, z, w] = counter;
    let [a, b, c, d] = out;
    for lane in 0..L {
        let (mut block, mut key) = ([x[lane], y[lane], z[lane], w[lane]], key);
        for round in 0..10 {
            if round > 0 {
                key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
            }
            let first = u64::from(MULTIPLIERS[0]) * (block[0] & WORD);
            let second = u64::from(MULTIPLIERS[1]) * (block[2] & WORD);
            block = [
                second >> 32 ^ block[1] ^ u64::from(key[0]),
                second & WORD,
                first >> 32 ^ block[3] ^ u64::from(key[1]),
                first & WORD,
            ];
        }
        [a[lane], b[lane], c[lane], d[lane]] = block;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_blocks() {
        let counter = [0, 1, 2, 3].map(|word: u64| [5, 6, 7, 8].map(|lane: u64| lane * 1000 + word));
        let mut lanes = [[0; 4]; 4];
        philox_lanes(&counter, [11, 12], &mut lanes);
        for lane in 0..4 {
            let one = philox(counter.map(|word| word[lane] as u32), [11, 12]);
            assert_eq!(one.map(u64::from), lanes.map(|word| word[lane]));
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
