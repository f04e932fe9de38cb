//! Run lengths, PS3.5 annex G: each byte of the samples in a segment of its own, the highest first.

use super::header::Header;
use super::malformed;
use crate::imaging::ImagingError;

/// The most segments that a frame may have.
const MAX_SEGMENTS: usize = 15;

/// The samples of a frame, pixel by pixel and little-endian. No more is unpacked than a frame has.
pub(super) fn decode(coded: &[u8], header: &Header) -> Result<Vec<u8>, ImagingError> {
    let (pixels, channels) = (header.pixels() as usize, header.channels() as usize);
    let wide = header.bits.allocated as usize / 8;
    let segments = segments(coded).filter(|all| all.len() == channels * wide);
    let Some(segments) = segments else {
        return Err(malformed(
            "the segments of its run lengths are not those of a frame",
        ));
    };
    let mut bytes = vec![0; pixels * channels * wide];
    for (at, segment) in segments.into_iter().enumerate() {
        let (channel, place) = (at / wide, wide - 1 - at % wide);
        let start = channel * wide + place;
        let into = bytes.iter_mut().skip(start).step_by(channels * wide);
        let found = unpack(segment, into);
        if found < pixels {
            let (found, expected) = (found as u64, pixels as u64);
            return Err(ImagingError::Truncated { found, expected });
        }
    }
    Ok(bytes)
}

/// The segments that the header names, each up to the start of the next.
fn segments(coded: &[u8]) -> Option<Vec<&[u8]>> {
    const HEADER: usize = 64;
    let word = |at: usize| {
        Some(u32::from_le_bytes(coded.get(at * 4..at * 4 + 4)?.try_into().ok()?) as usize)
    };
    let count =
        word(0).filter(|count| (1..=MAX_SEGMENTS).contains(count) && coded.len() >= HEADER)?;
    let mut edges = (1..=count).map(word).collect::<Option<Vec<_>>>()?;
    edges.push(coded.len());
    edges
        .windows(2)
        .map(|edge| coded.get(edge[0]..edge[1]))
        .collect()
}

/// Fills `into` from a segment; how many bytes there were for it.
fn unpack<'a>(mut segment: &[u8], mut into: impl Iterator<Item = &'a mut u8>) -> usize {
    let mut found = 0;
    while let [control, rest @ ..] = segment {
        let control = usize::from(*control);
        let (length, times) = match control {
            0..=127 => (control + 1, 1),
            128 => (0, 0),
            _ => (1, 257 - control),
        };
        let piece = &rest[..length.min(rest.len())];
        for byte in piece.iter().cycle().take(piece.len() * times) {
            let Some(place) = into.next() else {
                return found;
            };
            *place = *byte;
            found += 1;
        }
        segment = &rest[piece.len()..];
    }
    found
}
