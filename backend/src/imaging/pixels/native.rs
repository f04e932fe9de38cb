//! Uncompressed pixels, PS3.5 section 8.1.1: all frames one after the other, to the bit.

use super::header::{Colours, Header};
use super::samples::{Samples, interleaved};
use crate::imaging::ImagingError;
use dicom_core::VR;
use dicom_object::mem::InMemElement;
use std::borrow::Cow;

const EXPLICIT_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

pub(super) struct Native<'a> {
    bytes: Cow<'a, [u8]>,
}

impl<'a> Native<'a> {
    /// All bytes, little-endian whatever the file is, if no frame is missing.
    pub(super) fn of(
        element: &'a InMemElement,
        syntax: &str,
        header: &Header,
    ) -> Result<Self, ImagingError> {
        let bytes = element
            .value()
            .to_bytes()
            .map_err(|_| ImagingError::NoPixels)?;
        let (found, expected) = (bytes.len() as u64, length_of_all(header)?);
        if found < expected {
            return Err(ImagingError::Truncated { found, expected });
        }
        // Read as words of 16 bits, PS3.5 section 7.3, whose order stays that of the file.
        let swapped =
            syntax == EXPLICIT_BIG_ENDIAN && element.vr() == VR::OW && header.bits.allocated == 32;
        Ok(Self {
            bytes: match swapped {
                true => words_swapped(&bytes).into(),
                false => bytes,
            },
        })
    }

    /// The samples of a frame.
    pub(super) fn frame(&self, frame: u32, header: &Header) -> Result<Samples<'_>, ImagingError> {
        let (bytes, wide) = match header.bits.allocated {
            1 => (self.single_bits(frame, header)?.into(), 1),
            bits => (self.piece(frame, header)?, bits as usize / 8),
        };
        let bytes = match header.colours {
            Colours::YbrOfPairs => of_pairs(&bytes).into(),
            _ if header.planes && header.channels() == 3 => interleaved(&bytes, wide).into(),
            _ => bytes,
        };
        Ok(Samples {
            bytes,
            wide,
            bits: header.bits.stored,
            below: header.bits.below,
            signed: header.signed,
            colours: header.colours,
        })
    }

    fn piece(&self, frame: u32, header: &Header) -> Result<Cow<'_, [u8]>, ImagingError> {
        let length = bits_of_frame(header) as usize / 8;
        let start = frame as usize * length;
        let piece = self.bytes.get(start..start + length);
        piece.map(Cow::Borrowed).ok_or(ImagingError::DecoderFailed)
    }

    /// Bits, the lowest of a byte first, as bytes; a frame may begin inside one.
    fn single_bits(&self, frame: u32, header: &Header) -> Result<Vec<u8>, ImagingError> {
        let length = bits_of_frame(header) as usize;
        let start = frame as usize * length;
        let bit = |at: usize| self.bytes.get(at / 8).map(|byte| byte >> (at % 8) & 1);
        let bits: Option<Vec<u8>> = (start..start + length).map(bit).collect();
        bits.ok_or(ImagingError::DecoderFailed)
    }
}

fn length_of_all(header: &Header) -> Result<u64, ImagingError> {
    if header.colours == Colours::YbrOfPairs {
        check_pairs(header)?;
    }
    Ok((bits_of_frame(header) * u64::from(header.frames)).div_ceil(8))
}

fn check_pairs(header: &Header) -> Result<(), ImagingError> {
    if header.bits.allocated != 8 || header.planes || header.size.width() % 2 == 1 {
        let coding = "YBR_FULL_422 in a way that the standard does not know";
        return Err(super::unsupported(coding));
    }
    Ok(())
}

fn bits_of_frame(header: &Header) -> u64 {
    let samples = match header.colours {
        Colours::YbrOfPairs => header.pixels() * 2,
        _ => header.samples_of_frame(),
    };
    samples * u64::from(header.bits.allocated)
}

/// YBR_FULL_422, PS3.3 section C.7.6.3.1.2: the brightness of two pixels, then the blueness and the redness of both.
fn of_pairs(bytes: &[u8]) -> Vec<u8> {
    let pair = |pair: &[u8]| [pair[0], pair[2], pair[3], pair[1], pair[2], pair[3]];
    bytes.chunks_exact(4).flat_map(pair).collect()
}

fn words_swapped(bytes: &[u8]) -> Vec<u8> {
    let swapped = |four: &[u8]| [four[2], four[3], four[0], four[1]];
    bytes.chunks_exact(4).flat_map(swapped).collect()
}
