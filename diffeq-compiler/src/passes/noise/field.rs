//! Numbers modulo a prime: where a sum of floats is not zero there, it is not zero.

/// Mersenne's prime `2^61 - 1`.
const PRIME: u64 = (1 << 61) - 1;

/// `a + b`
pub fn sum(a: u64, b: u64) -> u64 {
    (a + b) % PRIME
}

/// `a b`
pub fn product(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

/// `a^n`
pub fn power(mut a: u64, mut n: u64) -> u64 {
    let mut power = 1;
    while n > 0 {
        if n % 2 == 1 {
            power = product(power, a);
        }
        a = product(a, a);
        n /= 2;
    }
    power
}

/// `1 / a`, by Fermat's little theorem; zero of zero.
pub fn inverse(a: u64) -> u64 {
    power(a, PRIME - 2)
}

/// An integer.
pub fn of_int(n: i128) -> u64 {
    n.rem_euclid(i128::from(PRIME)) as u64
}

/// A float exactly: its mantissa times a power of two.
pub fn of_real(x: f64) -> Option<u64> {
    let bits = x.abs().to_bits();
    let (mantissa, exponent) = match bits >> 52 {
        0x7ff => return None,
        0 => (bits, -1074),
        exponent => ((bits & ((1 << 52) - 1)) | (1 << 52), exponent as i64 - 1075),
    };
    let scale = power(2, exponent.unsigned_abs());
    let scale = if exponent < 0 { inverse(scale) } else { scale };
    let size = product(of_int(i128::from(mantissa)), scale);
    Some(if x < 0.0 { sum(PRIME - size, 0) } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_what_they_are() {
        assert_eq!(product(of_real(0.125).unwrap(), of_int(8)), 1);
        assert_eq!(sum(of_real(-3.5).unwrap(), of_real(3.5).unwrap()), 0);
        // one tenth is not one tenth
        assert_ne!(product(of_real(0.1).unwrap(), of_int(10)), 1);
        let exact = 3_602_879_701_896_397_i128;
        assert_eq!(product(of_real(0.1).unwrap(), power(2, 55)), of_int(exact));
        assert_eq!(of_real(f64::NAN), None);
        assert_eq!(product(inverse(of_int(-7)), of_int(-7)), 1);
    }
}
