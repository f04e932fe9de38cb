//! Loops compiled twice: for any machine, and for one with AVX2 and FMA, chosen when the program runs.

/// Defines `fn $name($args)`, whose body the compiler vectorises with AVX2 and FMA where the machine has them.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "a kernel's arguments are its buffers")]
        #[allow(unsafe_code)] // Calling a function compiled for AVX2 is sound once the processor says it has it.
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
                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: both features were just found.
                    return unsafe { wide($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
pub(super) use vectorised;

/// e^x, to about two units in the last place, without a branch or a call so that loops over it vectorise.
///
/// Cody–Waite reduction to |r| ≤ ln 2 / 2 and the minimax polynomial of Cephes' `expf`.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to the nearest integer in the low mantissa bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    let power = f32::from_bits(((n as i32 + 127) << 23) as u32);
    p * power
}

vectorised! {
    /// Sum of products, in eight running sums so that it vectorises.
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        let mut sums = [0.0f32; 8];
        let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
        let rest: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
        for (x, y) in a8.zip(b8) {
            for lane in 0..8 {
                sums[lane] += x[lane] * y[lane];
            }
        }
        sums.iter().sum::<f32>() + rest
    }
}

vectorised! {
    /// Largest element, −∞ of none.
    pub(super) fn max(a: &[f32]) -> f32 {
        let mut lanes = [f32::NEG_INFINITY; 8];
        let chunks = a.chunks_exact(8);
        let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for x in chunks {
            for lane in 0..8 {
                lanes[lane] = if x[lane] > lanes[lane] { x[lane] } else { lanes[lane] };
            }
        }
        lanes.iter().copied().fold(rest, f32::max)
    }
}

vectorised! {
    /// Replaces each x by e^(x − `shift`) and returns the sum.
    pub(super) fn exp_and_sum(row: &mut [f32], shift: f32) -> f32 {
        let mut sums = [0.0f32; 8];
        let mut chunks = row.chunks_exact_mut(8);
        for x in &mut chunks {
            for lane in 0..8 {
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
    fn softmax_sums_to_one() {
        let mut row: Vec<f32> = (0..19).map(|i| (i as f32).sin() * 30.0).collect();
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((dot(&row, &[2.0; 19]) - 2.0).abs() < 1e-5);
    }
}
