//! Loops compiled three times: for any machine, for one with AVX2 and FMA, and for one with AVX-512, chosen when the program runs. All
//! three give the same bits: sums run in [`LANES`] parts whatever the width of a register.

/// Parts of a sum: what a register of AVX-512 holds.
pub(super) const LANES: usize = 16;

/// Defines `fn $name($args)`, whose body the compiler vectorises with AVX-512, or AVX2 and FMA, where the machine has them.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "a kernel's arguments are its buffers")]
        #[allow(unsafe_code)] // Calling a function compiled for AVX2 or AVX-512 is sound once the processor says it has it.
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn wide($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn widest($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                use $crate::model::kernels::simd::Registers;
                match Registers::here() {
                    // SAFETY: the processor has what they are compiled for.
                    Registers::Avx512 => return unsafe { widest($($arg),*) },
                    Registers::Avx2 => return unsafe { wide($($arg),*) },
                    Registers::Any => {}
                }
            }
            body($($arg),*)
        }
    };
}
pub(super) use vectorised;

/// The widest instructions that a processor has.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) enum Registers {
    Avx512,
    Avx2,
    Any,
}

impl Registers {
    /// What those of this machine take.
    #[inline]
    pub(super) fn here() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = has!("avx2") && has!("fma");
            if avx2 && has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
                return Self::Avx512;
            }
            if avx2 {
                return Self::Avx2;
            }
        }
        Self::Any
    }
}

/// e^x, to about two units in the last place, without a branch or a call so that loops over it vectorise.
///
/// Cody–Waite reduction to |r| ≤ ln 2 / 2 and the minimax polynomial of Cephes' `expf`.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to the nearest integer, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    let p = r.mul_add(1.987_569_1e-4, 1.398_199_9e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 1.666_666_5e-1);
    let p = p.mul_add(r, 0.5);
    let p = p.mul_add(r * r, r) + 1.0;
    // Its bits become the exponent; a conversion to an integer, which saturates, would not vectorise.
    p * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23))
}

vectorised! {
    /// Sum of products.
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        let mut sums = [0.0f32; LANES];
        let (a_parts, b_parts) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
        let rest: f32 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(x, y)| x * y).sum();
        for (x, y) in a_parts.zip(b_parts) {
            for lane in 0..LANES {
                sums[lane] = x[lane].mul_add(y[lane], sums[lane]);
            }
        }
        sums.iter().sum::<f32>() + rest
    }
}

vectorised! {
    /// Sum of all.
    pub(super) fn sum(a: &[f32]) -> f32 {
        let mut sums = [0.0f32; LANES];
        let parts = a.chunks_exact(LANES);
        let rest: f32 = parts.remainder().iter().sum();
        for x in parts {
            for lane in 0..LANES {
                sums[lane] += x[lane];
            }
        }
        sums.iter().sum::<f32>() + rest
    }
}

vectorised! {
    /// Largest element, −∞ of none.
    pub(super) fn max(a: &[f32]) -> f32 {
        let mut lanes = [f32::NEG_INFINITY; LANES];
        let chunks = a.chunks_exact(LANES);
        let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for x in chunks {
            for lane in 0..LANES {
                lanes[lane] = if x[lane] > lanes[lane] { x[lane] } else { lanes[lane] };
            }
        }
        lanes.iter().copied().fold(rest, f32::max)
    }
}

vectorised! {
    /// The largest distance from zero; infinite or no number where one of them is.
    pub fn largest_size(a: &[f32]) -> f32 {
        // Of sizes, the larger one has the larger bits, and what is no number has the largest.
        f32::from_bits(a.iter().fold(0, |most, x| most.max(x.abs().to_bits())))
    }
}

vectorised! {
    /// Replaces each x by e^(x − `shift`) and returns the sum.
    pub(super) fn exp_and_sum(row: &mut [f32], shift: f32) -> f32 {
        let mut sums = [0.0f32; LANES];
        let mut chunks = row.chunks_exact_mut(LANES);
        for x in &mut chunks {
            for lane in 0..LANES {
                x[lane] = exp(x[lane] - shift);
                sums[lane] += x[lane];
            }
        }
        let mut sum = sums.iter().sum();
        for x in chunks.into_remainder() {
            *x = exp(*x - shift);
            sum += *x;
        }
        sum
    }
}

vectorised! {
    /// Multiplies every element.
    pub(super) fn scale(row: &mut [f32], by: f32) {
        for x in row {
            *x *= by;
        }
    }
}

/// Turns scores into probabilities in place.
pub(super) fn softmax(row: &mut [f32]) {
    let sum = exp_and_sum(row, max(row));
    scale(row, 1.0 / sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close_to_the_library_one() {
        let mut x = -86.0f32;
        while x < 80.0 {
            let (ours, theirs) = (exp(x), x.exp());
            assert!(
                (ours - theirs).abs() <= 3e-7 * theirs,
                "{x}: {ours} {theirs}"
            );
            x += 0.037;
        }
    }

    #[test]
    fn exp_of_what_is_no_number_or_out_of_range() {
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::INFINITY) > 1e38);
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn the_largest_size_is_told_wherever_it_stands_and_whatever_is_no_number() {
        for at in 0..37 {
            let mut numbers: Vec<f32> = (0..37).map(|i| (i as f32).sin()).collect();
            numbers[at] = -2.0;
            assert_eq!(largest_size(&numbers), 2.0);
            for none in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                numbers[at] = none;
                assert!(!largest_size(&numbers).is_finite(), "{none} at {at}");
            }
        }
        assert_eq!(largest_size(&[]), 0.0);
    }

    #[test]
    fn softmax_sums_to_one() {
        let mut row: Vec<f32> = (0..19).map(|i| (i as f32).sin() * 30.0).collect();
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((dot(&row, &[2.0; 19]) - 2.0).abs() < 1e-5);
    }
}
