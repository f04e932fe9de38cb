//! A moment in 8 bits a number: blocks of numbers with one scale each (Dettmers et al. 2021, "8-bit Optimizers via Block-wise
//! Quantization", arXiv 2110.02861). A number costs 1.016 bytes instead of 4.

use crate::model::kernels::{CodeKind, largest_size};
use candle_core::Result;

/// Numbers that share a scale, as in the paper; one row of an embedding or a part of it, so that a frequent word does not coarsen a rare one.
pub const BLOCK: usize = 256;

/// Numbers in 8 bits each.
#[derive(Clone, Debug, PartialEq)]
pub struct EightBits {
    kind: CodeKind,
    codes: Vec<u8>,
    /// The largest size in each block.
    scales: Vec<f32>,
}

impl EightBits {
    /// So many zeros.
    #[must_use]
    pub fn zeros(kind: CodeKind, count: usize) -> Self {
        Self {
            kind,
            codes: vec![kind.code().zero(); count],
            scales: vec![0.0; count.div_ceil(BLOCK)],
        }
    }

    /// The nearest that there is to these numbers.
    #[must_use]
    pub fn of(kind: CodeKind, numbers: &[f32]) -> Self {
        let mut all = Self::zeros(kind, numbers.len());
        for (block, numbers) in numbers.chunks(BLOCK).enumerate() {
            all.put(block, numbers);
        }
        all
    }

    /// From what [`Self::parts`] gave.
    pub fn from_parts(kind: CodeKind, codes: Vec<u8>, scales: Vec<f32>) -> Result<Self> {
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
        let codes = &self.codes[block * BLOCK..];
        (self.kind.code()).decode(codes, self.scales[block], numbers);
    }

    /// Puts numbers in the place of a block's. Where one of them is none, none of the block's is from then on, as a moment of 32 bits would
    /// not become a number again either.
    pub fn put(&mut self, block: usize, numbers: &[f32]) {
        let scale = Some(largest_size(numbers)).filter(|scale| scale.is_finite());
        let scale = scale.unwrap_or(f32::NAN);
        // Of numbers below 2^-126 the inverse may be infinite: they are zeros to any step.
        let factor = scale.recip();
        let (scale, factor) = match factor.is_infinite() {
            true => (0.0, 0.0),
            false => (scale, factor),
        };
        let codes = &mut self.codes[block * BLOCK..];
        (self.kind.code()).encode(numbers, factor, codes);
        self.scales[block] = scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Just, prop_assert, prop_oneof, proptest};

    #[test]
    fn zeros_stay_zeros_and_what_is_no_number_spoils_its_block_alone() {
        let mut numbers = vec![0.0; 2 * BLOCK];
        assert_eq!(EightBits::of(CodeKind::Signed, &numbers).numbers(), numbers);
        numbers[3] = f32::NAN;
        numbers[BLOCK] = -2.0;
        let read = EightBits::of(CodeKind::Signed, &numbers).numbers();
        assert!(read[..BLOCK].iter().all(|x| x.is_nan()));
        assert_eq!(read[BLOCK], -2.0 * 0.992_968_75);
        assert!(read[BLOCK + 1..].iter().all(|x| *x == 0.0));
        let least = EightBits::of(CodeKind::Signed, &[f32::MIN_POSITIVE / 8.0]);
        assert_eq!(least.numbers(), [0.0]);
    }

    #[test]
    fn a_second_moment_is_never_rounded_to_zero() {
        let read = EightBits::of(CodeKind::Unsigned, &[1.0, 1e-12, 0.0]).numbers();
        assert!(
            read[1] > 0.0 && read[1] < 1e-6 && read[2] == 0.0,
            "{read:?}"
        );
    }

    #[test]
    fn scales_that_are_missing_are_told() {
        let error = EightBits::from_parts(CodeKind::Signed, vec![0; BLOCK + 1], vec![1.0]);
        assert!(error.unwrap_err().to_string().contains("257"));
    }

    proptest! {
        #[test]
        fn numbers_come_back_as_near_as_the_code_is_fine(
            numbers in proptest::collection::vec(prop_oneof![-5.0f32..5.0, -1e-3f32..1e-3, Just(0.0)], 1..600),
        ) {
            let read = EightBits::of(CodeKind::Signed, &numbers).numbers();
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
            let again = EightBits::of(CodeKind::Unsigned, &read.iter().map(|x| x.abs()).collect::<Vec<_>>());
            let (codes, scales) = again.parts();
            let parts = EightBits::from_parts(CodeKind::Unsigned, codes.to_vec(), scales.to_vec()).unwrap();
            prop_assert!(parts == again);
        }
    }
}
