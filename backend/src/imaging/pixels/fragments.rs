//! The pieces in which coded frames lie, PS3.5 section A.4, and which of them make up which frame.

use super::malformed;
use crate::imaging::ImagingError;
use dicom_core::value::Value;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};
use std::borrow::Cow;
use std::ops::Range;

const EXTENDED_OFFSET_TABLE: Tag = Tag(0x7FE0, 0x0001);
/// What stands before each piece: its tag and its length.
const ITEM_HEADER: u64 = 8;

pub(super) struct Fragments<'a> {
    pieces: &'a [Vec<u8>],
    /// For each frame, its pieces.
    frames: Vec<Range<usize>>,
}

impl<'a> Fragments<'a> {
    /// Sorts the pieces of `value` into so many frames; `None` where it has no pieces.
    pub(super) fn of(
        object: &DefaultDicomObject,
        value: &'a Value<InMemDicomObject, Vec<u8>>,
        frames: u32,
    ) -> Result<Option<Self>, ImagingError> {
        let Some(pieces) = value.fragments() else {
            return Ok(None);
        };
        let count = frames as usize;
        let starts = match pieces.len() {
            0 => return Err(ImagingError::NoPixels),
            length if length == count => Some((0..count).collect()),
            _ if count == 1 => Some(vec![0]),
            _ => by_table(object, value, pieces, count).or_else(|| by_marks(pieces, count)),
        };
        let Some(starts) = starts else {
            let found = pieces.len();
            let reason =
                format!("it has {frames} frames in {found} pieces and does not say in which");
            return Err(malformed(reason));
        };
        let ends = starts.iter().copied().skip(1).chain([pieces.len()]);
        let frames = starts
            .iter()
            .zip(ends)
            .map(|(start, end)| *start..end)
            .collect();
        Ok(Some(Self { pieces, frames }))
    }

    /// The coded bytes of a frame.
    pub(super) fn frame(&self, frame: u32) -> Result<Cow<'a, [u8]>, ImagingError> {
        let range = self.frames.get(frame as usize).cloned();
        let pieces = range.and_then(|range| self.pieces.get(range));
        match pieces.ok_or(ImagingError::DecoderFailed)? {
            [piece] => Ok(Cow::Borrowed(piece)),
            pieces => Ok(Cow::Owned(pieces.concat())),
        }
    }
}

/// The first piece of each frame by a table of offsets, if it names the beginnings of pieces.
fn by_table(
    object: &DefaultDicomObject,
    value: &Value<InMemDicomObject, Vec<u8>>,
    pieces: &[Vec<u8>],
    frames: usize,
) -> Option<Vec<usize>> {
    let basic = value.offset_table().unwrap_or_default();
    let extended = || {
        let table = object.get(EXTENDED_OFFSET_TABLE)?.value();
        table.to_multi_int::<u64>().ok()
    };
    let offsets: Vec<u64> = match basic.is_empty() {
        true => extended()?,
        false => basic.iter().map(|offset| u64::from(*offset)).collect(),
    };
    first_pieces(
        &offsets,
        pieces.iter().map(|piece| piece.len() as u64),
        frames,
    )
}

/// The first piece of each frame, by the offsets of frames and the lengths of pieces; `None` where an offset names no beginning.
pub(in crate::imaging) fn first_pieces(
    offsets: &[u64],
    lengths: impl Iterator<Item = u64>,
    frames: usize,
) -> Option<Vec<usize>> {
    let next = |at: &mut u64, length: u64| {
        let begin = *at;
        *at += ITEM_HEADER + length;
        Some(begin)
    };
    let begins: Vec<u64> = lengths.scan(0, next).collect();
    let starts: Vec<usize> = offsets
        .iter()
        .map(|offset| begins.binary_search(offset).ok())
        .collect::<Option<_>>()?;
    let in_order = starts.first() == Some(&0) && starts.is_sorted_by(|a, b| a < b);
    (starts.len() == frames && in_order).then_some(starts)
}

/// The first piece of each frame by the mark with which a JPEG or JPEG 2000 stream starts.
fn by_marks(pieces: &[Vec<u8>], frames: usize) -> Option<Vec<usize>> {
    let marked = |piece: &Vec<u8>| {
        matches!(
            piece[..],
            [0xff, 0xd8, 0xff, ..] | [0xff, 0x4f, 0xff, 0x51, ..]
        )
    };
    let starts: Vec<usize> = (0..pieces.len())
        .filter(|at| marked(&pieces[*at]))
        .collect();
    (starts.len() == frames && starts.first() == Some(&0)).then_some(starts)
}
