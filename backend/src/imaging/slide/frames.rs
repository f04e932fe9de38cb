//! Where the frames of a DICOM file lie in it, PS3.5 section A.4. The file's header alone is in memory; pieces are read one by one, and no
//! number of the file is believed before it is held against the file's length.

use super::{MAX_TILE_BYTES, MAX_TILES};
use crate::imaging::pixels::first_pieces;
use crate::imaging::{ImagingError, guard};
use dicom_object::{DefaultDicomObject, OpenFileOptions, Tag};
use std::fs::File;
use std::io::Cursor;
use std::os::unix::fs::FileExt;

const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
const EXTENDED_OFFSET_TABLE: Tag = Tag(0x7FE0, 0x0001);
/// The longest header: one that says where each frame lies takes some 200 bytes for it.
const MAX_HEADER: u64 = 256 << 20;
/// What begins a piece, and what ends all of them, PS3.5 table A.4-1.
const ITEM: [u8; 4] = [0xfe, 0xff, 0x00, 0xe0];
const END_OF_ITEMS: [u8; 4] = [0xfe, 0xff, 0xdd, 0xe0];
const ITEM_HEADER: u64 = 8;

/// A file whose header was read.
pub(super) struct Source<'a> {
    file: &'a File,
    length: u64,
    pub(super) object: DefaultDicomObject,
    pixels: guard::PixelData,
}

/// Frames of a file, each in one piece or in several that follow each other.
pub(super) struct Frames<'a> {
    file: &'a File,
    /// Where pieces lie, and how long they are.
    pieces: Vec<(u64, u64)>,
    /// The first piece of each frame.
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Reads all that stands before the pixels.
    pub(super) fn open(file: &'a File) -> Result<Self, ImagingError> {
        let length = file.metadata().map_err(ImagingError::disk)?.len();
        let mut head = vec![0; length.min(MAX_HEADER) as usize];
        file.read_exact_at(&mut head, 0)
            .map_err(ImagingError::disk)?;
        let pixels = guard::check_header(&head, length)?;
        head.truncate(pixels.at as usize);
        let options = OpenFileOptions::new().read_until(PIXEL_DATA);
        let object = options
            .from_reader(Cursor::new(&head))
            .map_err(|error| malformed(error.to_string()))?;
        Ok(Self {
            file,
            length,
            object,
            pixels,
        })
    }

    /// So many frames; `plain` is how many bytes one takes that is not coded.
    pub(super) fn frames(&self, count: usize, plain: u64) -> Result<Frames<'a>, ImagingError> {
        match self.pixels.length {
            Some(length) => self.side_by_side(count, plain, length),
            None => self.in_pieces(count),
        }
    }

    fn side_by_side(
        &self,
        count: usize,
        plain: u64,
        length: u64,
    ) -> Result<Frames<'a>, ImagingError> {
        let expected = plain * count as u64;
        let found = length.min(self.length.saturating_sub(self.pixels.at));
        if found < expected {
            return Err(ImagingError::Truncated { found, expected });
        }
        let frame = |number: usize| (self.pixels.at + number as u64 * plain, plain);
        Ok(Frames {
            file: self.file,
            pieces: (0..count).map(frame).collect(),
            starts: (0..count).collect(),
        })
    }

    fn in_pieces(&self, count: usize) -> Result<Frames<'a>, ImagingError> {
        let mut pieces = self.pieces()?;
        let table = pieces.remove(0);
        let starts = match pieces.len() == count {
            true => Some((0..count).collect()),
            false => {
                let offsets = self.offsets(table)?;
                let lengths = pieces.iter().map(|(_, length)| *length);
                first_pieces(&offsets, lengths, count)
            }
        };
        let found = pieces.len();
        let starts = starts.ok_or_else(|| {
            malformed(format!(
                "it has {count} frames in {found} pieces and does not say in which"
            ))
        })?;
        Ok(Frames {
            file: self.file,
            pieces,
            starts,
        })
    }

    /// All pieces, the first of which is the table of offsets.
    fn pieces(&self) -> Result<Vec<(u64, u64)>, ImagingError> {
        let (mut pieces, mut at) = (Vec::new(), self.pixels.at);
        loop {
            let mut header = [0; ITEM_HEADER as usize];
            let read = self.file.read_exact_at(&mut header, at);
            read.map_err(|_| malformed("its pixels break off"))?;
            let (mark, length) = header.split_at(4);
            if mark == END_OF_ITEMS {
                break;
            }
            let length = length
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            let place = at + ITEM_HEADER;
            if mark != ITEM || place + length > self.length {
                return Err(malformed("its pixels are not in pieces that lie in it"));
            }
            pieces.push((place, length));
            if pieces.len() as u64 > 2 * MAX_TILES {
                return Err(malformed("its pixels are in too many pieces"));
            }
            at = place + length;
        }
        match pieces.is_empty() {
            true => Err(ImagingError::NoPixels),
            false => Ok(pieces),
        }
    }

    /// Where frames begin, from the first piece on: the basic table, else the extended one of the header.
    fn offsets(&self, (at, length): (u64, u64)) -> Result<Vec<u64>, ImagingError> {
        if length == 0 {
            let extended = self.object.get(EXTENDED_OFFSET_TABLE);
            let extended = extended.and_then(|table| table.value().to_multi_int().ok());
            return Ok(extended.unwrap_or_default());
        }
        if length > 4 * MAX_TILES {
            return Err(malformed("its table of frames is longer than any slide's"));
        }
        let mut table = vec![0; length as usize];
        self.file
            .read_exact_at(&mut table, at)
            .map_err(ImagingError::disk)?;
        let offset = |four: &[u8]| u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        Ok(table
            .chunks_exact(4)
            .map(|four| u64::from(offset(four)))
            .collect())
    }
}

impl Frames<'_> {
    /// The bytes of a frame.
    pub(super) fn frame(&self, number: usize) -> Result<Vec<u8>, ImagingError> {
        let first = self.starts.get(number).copied();
        let first = first.ok_or(ImagingError::DecoderFailed)?;
        let end = self.starts.get(number + 1).copied();
        let pieces = &self.pieces[first..end.unwrap_or(self.pieces.len())];
        let length: u64 = pieces.iter().map(|(_, length)| length).sum();
        if length > MAX_TILE_BYTES {
            return Err(malformed(format!(
                "its frame {number} has {length} bytes, a tile at most {MAX_TILE_BYTES}"
            )));
        }
        let mut frame = vec![0; length as usize];
        let mut rest = &mut frame[..];
        for (at, length) in pieces {
            let (piece, after) = rest.split_at_mut(*length as usize);
            self.file
                .read_exact_at(piece, *at)
                .map_err(ImagingError::disk)?;
            rest = after;
        }
        Ok(frame)
    }
}

pub(super) fn malformed(reason: impl ToString) -> ImagingError {
    ImagingError::Malformed {
        kind: "DICOM",
        reason: reason.to_string(),
    }
}
