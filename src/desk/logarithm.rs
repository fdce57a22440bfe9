//! The natural logarithm, the same on every machine.
//!
//! The standard library's `ln` may differ in its last bits between platforms and releases. A decision that depends on
//! these bits would then differ, too, and a desk that is restored on another machine would not be the same. Pure; knows
//! numbers only.

/// The natural logarithm of a number above 0, with an absolute error of at most 4·10⁻⁶ (tested from 5·10⁻⁶ to 1.4·10⁶).
pub(crate) fn ln(x: f32) -> f32 {
    const ROOT_OF_HALF: u32 = 0x3F35_04F3;
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(ROOT_OF_HALF) as i32) >> 23;
    // The mantissa m lies between √½ and √2. There ln m = 2 artanh((m − 1) / (m + 1)), whose series converges fast.
    let mantissa = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32));
    let part = (mantissa - 1.0) / (mantissa + 1.0);
    let square = part * part;
    exponent as f32 * std::f32::consts::LN_2 + 2.0 * part * (1.0 + square * (1.0 / 3.0 + square * 0.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_the_library_to_a_millionth_or_so() {
        for at in 1..200_000_u32 {
            for x in [at as f32 / 1_000.0, at as f32 * 7.0, 1.0 / at as f32] {
                let (ours, exact) = (ln(x), f64::from(x).ln());
                let error = (f64::from(ours) - exact).abs();
                assert!(error <= 4e-6, "{x}: {ours} for {exact}");
            }
        }
    }
}
