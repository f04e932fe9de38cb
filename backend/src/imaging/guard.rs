//! What a DICOM file must not do to its decoders: nest without end, or carry a coded stream of another size than it says.

use super::ImagingError;
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::FileMetaTable;
use dicom_parser::dataset::{DataSetReader, DataToken};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use medreg_datasets::geometry::ImageSize;
use std::io::Cursor;

/// The deepest nesting of sequences. Enhanced objects use about five; the object reader recurses, and a stack has an end.
const MAX_DEPTH: usize = 48;

/// Refuses sequences nested deeper than [`MAX_DEPTH`]. Whatever else is wrong is left to the object reader, which says it better.
pub(super) fn check_depth(bytes: &[u8]) -> Result<(), ImagingError> {
    let mut source = Cursor::new(bytes);
    source.set_position(128);
    let Ok(meta) = FileMetaTable::from_reader(&mut source) else {
        return Ok(());
    };
    let Some(syntax) = TransferSyntaxRegistry.get(meta.transfer_syntax()) else {
        return Ok(());
    };
    let Ok(tokens) = DataSetReader::new_with_ts(source, syntax) else {
        return Ok(());
    };
    let mut depth = 0_usize;
    for token in tokens.map_while(Result::ok) {
        match token {
            DataToken::SequenceStart { .. } => depth += 1,
            DataToken::SequenceEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let reason = format!("its sequences are nested more than {MAX_DEPTH} deep");
            return Err(ImagingError::Malformed {
                kind: "DICOM",
                reason,
            });
        }
    }
    Ok(())
}

/// How much of the uncompressed pixels is missing in a little-endian file that could not be read to its end.
pub(super) fn missing_end(bytes: &[u8]) -> Option<ImagingError> {
    const PIXEL_DATA: &[u8] = &[0xe0, 0x7f, 0x10, 0x00];
    const UNDEFINED: u32 = u32::MAX;
    let at = bytes.windows(4).rposition(|tag| tag == PIXEL_DATA)?;
    // With explicit VRs: the VR, two reserved bytes, a length of four; PS3.5 sections 7.1.2 and 7.1.3.
    let (length_at, start) = match bytes.get(at + 4..at + 6)? {
        b"OW" | b"OB" => (at + 8, at + 12),
        _ => (at + 4, at + 8),
    };
    let expected = u32::from_le_bytes(bytes.get(length_at..start)?.try_into().ok()?);
    let found = (bytes.len() - start) as u64;
    let expected = u64::from((expected != UNDEFINED).then_some(expected)?);
    (found < expected).then_some(ImagingError::Truncated { found, expected })
}

/// Refuses JPEG and JPEG 2000 streams whose own size is not the header's: decoders allocate for the stream's.
pub(super) fn check_streams(fragments: &[Vec<u8>], size: ImageSize) -> Result<(), ImagingError> {
    let malformed = |reason| {
        Err(ImagingError::Malformed {
            kind: "DICOM",
            reason,
        })
    };
    for (at, fragment) in fragments.iter().enumerate() {
        let (width, height) = match stream_size(fragment) {
            // A later fragment may go on with a frame; items have an even length, so that none can hide half a mark.
            Start::Elsewhere if at > 0 && fragment.len() != 1 => continue,
            Start::Elsewhere | Start::Unreadable => {
                return malformed(format!(
                    "fragment {at} of its pixels does not start as a coded frame does"
                ));
            }
            Start::Of(width, height) => (width, height),
        };
        if (width, height) != (size.width(), size.height()) {
            let [columns, rows] = [size.width(), size.height()];
            return malformed(format!(
                "its coded pixels are {width}×{height}, its header says {columns}×{rows}"
            ));
        }
    }
    Ok(())
}

/// Refuses run lengths that unpack to more than a frame has, PS3.5 annex G: their decoder unpacks all of them first.
pub(super) fn check_runs(fragments: &[Vec<u8>], size: ImageSize) -> Result<(), ImagingError> {
    let pixels = u64::from(size.width()) * u64::from(size.height());
    for (at, fragment) in fragments.iter().enumerate() {
        let fits = segments(fragment).is_some_and(|all| {
            all.iter()
                .all(|segment| unpacked_length(segment) <= pixels + 1)
        });
        if !fits {
            let reason = format!("the run lengths of fragment {at} do not unpack to a frame");
            return Err(ImagingError::Malformed {
                kind: "DICOM",
                reason,
            });
        }
    }
    Ok(())
}

/// The segments that an RLE header names: at most 15, each up to the start of the next.
fn segments(fragment: &[u8]) -> Option<Vec<&[u8]>> {
    const HEADER: usize = 64;
    let word = |at: usize| {
        Some(u32::from_le_bytes(fragment.get(at * 4..at * 4 + 4)?.try_into().ok()?) as usize)
    };
    let count = word(0).filter(|count| (1..=15).contains(count) && fragment.len() >= HEADER)?;
    let mut edges = (1..=count).map(word).collect::<Option<Vec<_>>>()?;
    edges.push(fragment.len());
    edges
        .windows(2)
        .map(|edge| fragment.get(edge[0]..edge[1]))
        .collect()
}

/// How many bytes a segment becomes.
fn unpacked_length(mut segment: &[u8]) -> u64 {
    let mut length = 0;
    while let [control, rest @ ..] = segment {
        let control = usize::from(*control);
        let (taken, given) = match control {
            0..=127 => (control + 1, control + 1),
            128 => (0, 0),
            _ => (1, 257 - control),
        };
        length += given as u64;
        segment = rest.get(taken..).unwrap_or_default();
    }
    length
}

/// How a fragment starts.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    /// A frame of this width and height.
    Of(u32, u32),
    /// No frame starts here.
    Elsewhere,
    /// A frame starts here, and its size is not where it must be.
    Unreadable,
}

fn stream_size(fragment: &[u8]) -> Start {
    let size = match fragment {
        [0xff, 0xd8, rest @ ..] => jpeg_size(rest),
        [0xff, 0x4f, rest @ ..] => jpeg2000_size(rest),
        // A JP2 box, which PS3.5 section A.4.4 forbids.
        [0, 0, 0, 12, b'j', b'P', ..] => None,
        _ => return Start::Elsewhere,
    };
    size.map_or(Start::Unreadable, |(width, height)| {
        Start::Of(width, height)
    })
}

/// ITU T.81 section B.2: segments up to the frame header. `rest` begins after the mark of the start.
fn jpeg_size(mut rest: &[u8]) -> Option<(u32, u32)> {
    loop {
        let (mark, after) = match rest {
            [0xff, 0xff, ..] => {
                rest = &rest[1..];
                continue;
            }
            [0xff, mark, after @ ..] => (*mark, after),
            _ => return None,
        };
        match mark {
            0x01 | 0xd0..=0xd7 => rest = after,
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&mark) => {
                return Some((u32::from(be16(after, 5)?), u32::from(be16(after, 3)?)));
            }
            0xd8..=0xda => return None,
            _ => rest = after.get(usize::from(be16(after, 0)?)..)?,
        }
    }
}

/// ISO 15444-1 section A.5.1: SIZ comes at once. `rest` begins after the mark of the start.
fn jpeg2000_size(rest: &[u8]) -> Option<(u32, u32)> {
    let rest = rest.strip_prefix(&[0xff, 0x51])?;
    let side = |at: usize| be32(rest, at)?.checked_sub(be32(rest, at + 8)?);
    Some((side(4)?, side(8)?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
