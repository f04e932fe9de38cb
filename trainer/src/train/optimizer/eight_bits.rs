//! A moment in 8 bits a number: blocks of numbers with one scale each, in a code that is finest near zero (Dettmers et al. 2021, "8-bit
//! Optimizers via Block-wise Quantization", arXiv 2110.02861). A number costs 1.016 bytes instead of 4.

use candle_core::Result;
use std::sync::LazyLock;

/// Numbers that share a scale, as in the paper; one row of an embedding or a part of it, so that a frequent word does not coarsen a rare one.
pub const BLOCK: usize = 256;

/// Codes for a moment's sign and size, or for its size alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first moment's.
    Signed,
    /// The second moment's, which is no gradient's opposite.
    Unsigned,
}

impl Kind {
    fn code(self) -> &'static Code {
        static SIGNED: LazyLock<Code> = LazyLock::new(|| Code::new(Kind::Signed));
        static UNSIGNED: LazyLock<Code> = LazyLock::new(|| Code::new(Kind::Unsigned));
        match self {
            Self::Signed => &SIGNED,
            Self::Unsigned => &UNSIGNED,
        }
    }
}

/// Numbers in `-1..=1` that 8 bits stand for, and the way back.
struct Code {
    /// In ascending order; zero and one are among them.
    values: [f32; 256],
    /// The code nearest to numbers whose first 16 bits, but for the sign, are the place in here: from 0 to 1, and from 0 to -1.
    nearest: [Vec<u8>; 2],
}

/// The first bits of 1.0.
const ONE: usize = 0x3f80;

impl Code {
    /// Seven decades; in each, the middles of equal parts of `0.1..1`, twice as many as in the decade below ("dynamic tree").
    fn new(kind: Kind) -> Self {
        let mut values = vec![0.0, 1.0];
        for decade in 0..7 {
            let parts = match kind {
                Kind::Signed => 1 << decade,
                Kind::Unsigned => 2 << decade,
            };
            let unit = 10f64.powi(decade - 6);
            let middle = |n: i32| unit * (0.1 + 0.9 * (f64::from(n) + 0.5) / f64::from(parts));
            for value in (0..parts).map(middle) {
                values.push(value as f32);
                if kind == Kind::Signed {
                    values.push(-value as f32);
                }
            }
        }
        values.sort_by(f32::total_cmp);
        let values: [f32; 256] = std::array::from_fn(|n| values[n]);
        let nearest = [1.0, -1.0].map(|sign| {
            let places = 0..=ONE;
            places
                .map(|first| nearest(&values, sign * middle_of(first), kind))
                .collect()
        });
        Self { values, nearest }
    }

    /// The code of a number in `-1..=1`.
    fn of(&self, number: f32) -> u8 {
        let bits = number.to_bits();
        let first = (bits >> 16) as usize & 0x7fff;
        self.nearest[(bits >> 31) as usize][first.min(ONE)]
    }
}

/// The middle of the numbers that begin with these bits.
fn middle_of(first: usize) -> f32 {
    match first {
        0 => 0.0,
        ONE => 1.0,
        first => f32::from_bits(((first as u32) << 16) | 0x8000),
    }
}

fn nearest(values: &[f32; 256], number: f32, kind: Kind) -> u8 {
    let above = values.partition_point(|value| *value < number).min(255);
    let below = above.saturating_sub(1);
    let found = match number - values[below] < values[above] - number {
        true => below,
        false => above,
    };
    // A second moment of zero would make of a small first one a step without bounds.
    match kind {
        Kind::Unsigned if number > 0.0 => found.max(1) as u8,
        _ => found as u8,
    }
}

/// Numbers in 8 bits each.
#[derive(Clone, Debug, PartialEq)]
pub struct EightBits {
    kind: Kind,
    codes: Vec<u8>,
    /// The largest size in each block.
    scales: Vec<f32>,
}

impl EightBits {
    /// So many zeros.
    #[must_use]
    pub fn zeros(kind: Kind, count: usize) -> Self {
        Self {
            kind,
            codes: vec![kind.code().of(0.0); count],
            scales: vec![0.0; count.div_ceil(BLOCK)],
        }
    }

    /// The nearest that there is to these numbers.
    #[must_use]
    pub fn of(kind: Kind, numbers: &[f32]) -> Self {
        let mut all = Self::zeros(kind, numbers.len());
        for (block, numbers) in numbers.chunks(BLOCK).enumerate() {
            all.put(block, numbers);
        }
        all
    }

    /// From what [`Self::parts`] gave.
    pub fn from_parts(kind: Kind, codes: Vec<u8>, scales: Vec<f32>) -> Result<Self> {
        if scales.len() != codes.len().div_ceil(BLOCK) {
            candle_core::bail!(
                "{} numbers of 8 bits have {} scales instead of one for each {BLOCK}",
                codes.len(),
                scales.len()
            );
        }
        Ok(Self {
            kind,
            codes,
            scales,
        })
    }

    /// The codes, and the scale of each block of them.
    #[must_use]
    pub fn parts(&self) -> (&[u8], &[f32]) {
        (&self.codes, &self.scales)
    }

    /// All of them as they are meant.
    #[must_use]
    pub fn numbers(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.codes.len()];
        for (block, numbers) in numbers.chunks_mut(BLOCK).enumerate() {
            self.take(block, numbers);
        }
        numbers
    }

    /// Writes a block's numbers out.
    pub fn take(&self, block: usize, numbers: &mut [f32]) {
        let (values, scale) = (&self.kind.code().values, self.scales[block]);
        let codes = &self.codes[block * BLOCK..];
        for (number, code) in numbers.iter_mut().zip(codes) {
            *number = scale * values[usize::from(*code)];
        }
    }

    /// Puts numbers in the place of a block's. Where one of them is none, none of the block's is from then on, as a moment of 32 bits would
    /// not become a number again either.
    pub fn put(&mut self, block: usize, numbers: &[f32]) {
        let code = self.kind.code();
        let largest = numbers.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        let all_are = numbers.iter().all(|x| x.is_finite());
        let scale = if all_are { largest } else { f32::NAN };
        // Of numbers below 2^-126 the inverse may be infinite: they are zeros to any step.
        let inverse = Some(scale.recip()).filter(|x| x.is_finite());
        let codes = &mut self.codes[block * BLOCK..];
        for (to, number) in codes.iter_mut().zip(numbers) {
            *to = code.of(number * inverse.unwrap_or(0.0));
        }
        self.scales[block] = match inverse {
            None if all_are => 0.0,
            _ => scale,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Just, prop_assert, prop_oneof, proptest};

    #[test]
    fn the_code_is_the_published_one() {
        // By hand after the paper's `create_dynamic_map`: the last decade's last part, the first decade's only one.
        let signed = Kind::Signed.code().values;
        assert_eq!((signed[0], signed[255]), (-0.992_968_75, 1.0));
        assert_eq!(
            (signed[127], signed[128], signed[126]),
            (0.0, 5.5e-7, -5.5e-7)
        );
        let unsigned = Kind::Unsigned.code().values;
        assert_eq!(unsigned[..3], [0.0, 3.25e-7, 7.75e-7]);
        assert_eq!((unsigned[254], unsigned[255]), (0.996_484_4, 1.0));
        for values in [signed, unsigned] {
            assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn a_code_stands_for_itself() {
        for kind in [Kind::Signed, Kind::Unsigned] {
            let code = kind.code();
            for (n, value) in code.values.iter().enumerate() {
                assert_eq!(usize::from(code.of(*value)), n, "{kind:?} {value}");
            }
        }
    }

    #[test]
    fn zeros_stay_zeros_and_what_is_no_number_spoils_its_block_alone() {
        let mut numbers = vec![0.0; 2 * BLOCK];
        assert_eq!(EightBits::of(Kind::Signed, &numbers).numbers(), numbers);
        numbers[3] = f32::NAN;
        numbers[BLOCK] = -2.0;
        let read = EightBits::of(Kind::Signed, &numbers).numbers();
        assert!(read[..BLOCK].iter().all(|x| x.is_nan()));
        assert_eq!(read[BLOCK], -2.0 * 0.992_968_75);
        assert!(read[BLOCK + 1..].iter().all(|x| *x == 0.0));
        let least = EightBits::of(Kind::Signed, &[f32::MIN_POSITIVE / 8.0]);
        assert_eq!(least.numbers(), [0.0]);
    }

    #[test]
    fn a_second_moment_is_never_rounded_to_zero() {
        let read = EightBits::of(Kind::Unsigned, &[1.0, 1e-12, 0.0]).numbers();
        assert!(
            read[1] > 0.0 && read[1] < 1e-6 && read[2] == 0.0,
            "{read:?}"
        );
    }

    #[test]
    fn scales_that_are_missing_are_told() {
        let error = EightBits::from_parts(Kind::Signed, vec![0; BLOCK + 1], vec![1.0]);
        assert!(error.unwrap_err().to_string().contains("257"));
    }

    proptest! {
        #[test]
        fn numbers_come_back_as_near_as_the_code_is_fine(
            numbers in proptest::collection::vec(prop_oneof![-5.0f32..5.0, -1e-3f32..1e-3, Just(0.0)], 1..600),
        ) {
            let read = EightBits::of(Kind::Signed, &numbers).numbers();
            prop_assert!(read.len() == numbers.len());
            for (block, read) in numbers.chunks(BLOCK).zip(read.chunks(BLOCK)) {
                let largest = block.iter().fold(0.0f32, |most, x| most.max(x.abs()));
                for (x, y) in block.iter().zip(read) {
                    // In the coarsest decade that numbers are told apart in, 1e-5 of the scale, 0.45 of its upper end lies between two codes; among
                    // the largest 0.9 / 64 does. What 16 bits leave out comes on top.
                    prop_assert!((x - y).abs() <= 0.75 * x.abs() + 1e-6 * largest, "{x} {y} of {largest}");
                    prop_assert!((x - y).abs() <= 0.012 * largest);
                }
            }
            let again = EightBits::of(Kind::Unsigned, &read.iter().map(|x| x.abs()).collect::<Vec<_>>());
            let (codes, scales) = again.parts();
            let parts = EightBits::from_parts(Kind::Unsigned, codes.to_vec(), scales.to_vec()).unwrap();
            prop_assert!(parts == again);
        }
    }
}
