//! The samples of one frame.

use super::header::Colours;
use crate::imaging::{ImagingError, ybr};
use std::borrow::Cow;

/// Samples as they are stored, pixel by pixel: the channels of each side by side.
pub(super) struct Samples<'a> {
    /// Little-endian where a sample has more than one.
    pub(super) bytes: Cow<'a, [u8]>,
    /// How many bytes a sample has: 1, 2 or 4.
    pub(super) wide: usize,
    /// How many of its bits are the value, and how many lie below it; those above say nothing.
    pub(super) bits: u32,
    pub(super) below: u32,
    pub(super) signed: bool,
    /// What the channels are now.
    pub(super) colours: Colours,
}

impl Samples<'_> {
    pub(super) fn count(&self) -> u64 {
        (self.bytes.len() / self.wide) as u64
    }

    /// Each value, with its sign.
    pub(super) fn values(&self) -> impl Iterator<Item = i64> + '_ {
        let (low, sign) = (64 - self.bits, self.signed);
        self.words().map(move |word| match sign {
            // To the top and back: the way down repeats the sign.
            true => (word << low).cast_signed() >> low,
            false => (word << low >> low).cast_signed(),
        })
    }

    fn words(&self) -> impl Iterator<Item = u64> + '_ {
        self.bytes.chunks_exact(self.wide).map(|bytes| {
            let word = bytes
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            word >> self.below
        })
    }

    /// Red, green and blue in 8 bits each. What has more is narrowed, as what has less is widened, so that white stays white.
    pub(super) fn into_rgb(self) -> Result<Vec<u8>, ImagingError> {
        let of_pairs_or_not = matches!(self.colours, Colours::Ybr | Colours::YbrOfPairs);
        if of_pairs_or_not && self.bits != 8 {
            return Err(super::unsupported("YBR_FULL with other than 8 bits"));
        }
        let mut rgb = match (self.wide, self.bits, self.below) {
            (1, 8, 0) => self.bytes.into_owned(),
            _ => {
                let white = (1_u64 << self.bits) - 1;
                let narrowed = |value: i64| (value.cast_unsigned() * 255 + white / 2) / white;
                self.values().map(|value| narrowed(value) as u8).collect()
            }
        };
        if of_pairs_or_not {
            ybr::to_rgb(&mut rgb);
        }
        Ok(rgb)
    }
}

/// Channels one after the other, of samples of so many bytes, as pixels of three samples.
pub(super) fn interleaved(planes: &[u8], wide: usize) -> Vec<u8> {
    let (channels, plane) = (3, planes.len() / 3);
    let samples =
        (0..plane / wide).flat_map(|at| (0..channels).map(move |c| c * plane + at * wide));
    samples
        .flat_map(|at| planes[at..at + wide].iter().copied())
        .collect()
}
