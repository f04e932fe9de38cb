//! What a DICOM file must not do to its reader: nest without end, or make it allocate for what is not there.

use super::{ImagingError, MAX_BYTES};
use dicom_encoding::decode::{DecodeFrom, file_header_decoder};
use dicom_encoding::{Codec, TransferSyntax, TransferSyntaxIndex};
use dicom_object::{FileMetaTable, Tag};
use dicom_parser::dataset::{DataSetReader, DataToken};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use std::cell::Cell;
use std::io::{Cursor, Read};

/// Where the prefix `DICM` begins, PS3.10 section 7.1.
pub(super) const PREFIX_AT: u64 = 128;
const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
/// The deepest nesting of sequences. Enhanced objects use about five; the object reader recurses, and a stack has an end.
const MAX_DEPTH: usize = 48;
/// The most elements and items. Enhanced objects have about a hundred for each frame; each costs some 200 bytes to keep.
const MAX_ELEMENTS: usize = 1 << 20;
/// The most bytes of text that is split at backslashes: each piece, an empty one too, becomes a string of its own.
const MAX_TEXT: u64 = 8 << 20;

/// Refuses elements that the object reader must not meet: it recurses into sequences, and allocates and clears as much
/// memory as a header says before it reads. Whatever else is wrong is left to that reader, which says it better.
pub(super) fn check_elements(bytes: &[u8]) -> Result<(), ImagingError> {
    check_meta(bytes)?;
    let mut source = Cursor::new(bytes);
    source.set_position(PREFIX_AT);
    let Ok(meta) = FileMetaTable::from_reader(&mut source) else {
        return Ok(());
    };
    let Some(syntax) = TransferSyntaxRegistry.get(meta.transfer_syntax()) else {
        return Ok(());
    };
    let checked = match syntax.codec() {
        Codec::Dataset(Some(packing)) => {
            let unpacked = unpack(packing.adapt_reader(Box::new(source)))?;
            check_tokens(&unpacked[..], syntax, unpacked.len() as u64)
        }
        _ => check_tokens(source, syntax, bytes.len() as u64),
    };
    // A file that was cut looks like one that lies; where its pixels are what is missing, that is said.
    checked.map_err(|error| match error {
        Fault::TooLong => missing_end(bytes).unwrap_or_else(too_long),
        Fault::Other(error) => error,
    })
}

/// Where a file's pixels begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct PixelData {
    /// The first byte after the head of PixelData (7FE0,0010).
    pub(super) at: u64,
    /// How long it says that it is; `None` where it is in pieces.
    pub(super) length: Option<u64>,
}

/// Checks likewise what stands before the pixels of a file of which only the beginning is in memory, and finds them.
pub(super) fn check_header(head: &[u8], length: u64) -> Result<PixelData, ImagingError> {
    check_meta(head)?;
    let broken = |error: &dyn std::fmt::Display| malformed(error.to_string());
    let mut source = Cursor::new(head);
    source.set_position(PREFIX_AT);
    let meta = FileMetaTable::from_reader(&mut source).map_err(|error| broken(&error))?;
    let syntax = TransferSyntaxRegistry
        .get(meta.transfer_syntax())
        .filter(|syntax| !matches!(syntax.codec(), Codec::Dataset(_)));
    let syntax =
        syntax.ok_or_else(|| ImagingError::Unsupported(meta.transfer_syntax().to_owned()))?;
    let begin = source.position();
    let read = Cell::new(0);
    let counted = Counted {
        source,
        read: &read,
    };
    let tokens = DataSetReader::new_with_ts(counted, syntax).map_err(|error| broken(&error))?;
    let mut walk = Walk::of(length);
    for token in tokens {
        let token = token.map_err(|error| broken(&error))?;
        let pixels = |length| PixelData {
            at: begin + read.get(),
            length,
        };
        match &token {
            DataToken::PixelSequenceStart if walk.depth == 0 => return Ok(pixels(None)),
            DataToken::ElementHeader(header) if walk.depth == 0 && header.tag == PIXEL_DATA => {
                return Ok(pixels(header.len.get().map(u64::from)));
            }
            _ => walk.step(&token).map_err(|fault| match fault {
                Fault::TooLong => too_long(),
                Fault::Other(error) => error,
            })?,
        }
    }
    Err(ImagingError::NoPixels)
}

/// Counts what is read.
struct Counted<'a, R> {
    source: R,
    read: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.read.set(self.read.get() + length as u64);
        Ok(length)
    }
}

enum Fault {
    TooLong,
    Other(ImagingError),
}

fn malformed(reason: String) -> ImagingError {
    ImagingError::Malformed {
        kind: "DICOM",
        reason,
    }
}

fn too_long() -> ImagingError {
    malformed("one of its elements says that it is longer than the file".to_owned())
}

/// The file meta information, PS3.10 section 7.1: its reader trusts the lengths of group 2 likewise.
pub(super) fn check_meta(bytes: &[u8]) -> Result<(), ImagingError> {
    const PREFIX_AND_TAG: u64 = 12;
    let mut source = Cursor::new(bytes);
    source.set_position(PREFIX_AT + PREFIX_AND_TAG);
    let mut length = [0; 4];
    if source.read_exact(&mut length).is_err() {
        return Ok(());
    }
    let end = source.position() + u64::from(u32::from_le_bytes(length));
    while source.position() < end {
        let Ok((header, _)) = file_header_decoder().decode_header(&mut source) else {
            return Ok(());
        };
        let next = source.position() + u64::from(header.len.0);
        if next > bytes.len() as u64 {
            return Err(too_long());
        }
        source.set_position(next);
    }
    Ok(())
}

/// A deflated data set, PS3.5 section A.5, unless it is larger than any file may be. Where it breaks off, its reader will too.
fn unpack(packed: Box<dyn Read + '_>) -> Result<Vec<u8>, ImagingError> {
    let mut unpacked = Vec::new();
    let _ = packed.take(MAX_BYTES + 1).read_to_end(&mut unpacked);
    if unpacked.len() as u64 > MAX_BYTES {
        return Err(malformed(format!(
            "it unpacks to more than the {MAX_BYTES} bytes that are allowed"
        )));
    }
    Ok(unpacked)
}

fn check_tokens(source: impl Read, syntax: &TransferSyntax, available: u64) -> Result<(), Fault> {
    let Ok(tokens) = DataSetReader::new_with_ts(source, syntax) else {
        return Ok(());
    };
    let mut walk = Walk::of(available);
    tokens
        .map_while(Result::ok)
        .try_for_each(|token| walk.step(&token))
}

/// What was met so far. A header is met before its value is read.
struct Walk {
    /// How many bytes there are.
    available: u64,
    depth: usize,
    elements: usize,
    text: u64,
}

impl Walk {
    fn of(available: u64) -> Self {
        Self {
            available,
            depth: 0,
            elements: 0,
            text: 0,
        }
    }

    fn step(&mut self, token: &DataToken) -> Result<(), Fault> {
        match token {
            DataToken::SequenceStart { .. } | DataToken::PixelSequenceStart => self.deeper(),
            DataToken::SequenceEnd => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            DataToken::ItemStart { len } => self.another(len.get()),
            DataToken::ElementHeader(header) => {
                self.another(header.len.get())?;
                match splits(header.vr.to_string()) {
                    true => self.more_text(header.len.get()),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        let reason = || format!("its sequences are nested more than {MAX_DEPTH} deep");
        refuse(self.depth > MAX_DEPTH, reason)
    }

    fn another(&mut self, length: Option<u32>) -> Result<(), Fault> {
        self.elements += 1;
        if length.is_some_and(|l| u64::from(l) > self.available) {
            return Err(Fault::TooLong);
        }
        let reason = || format!("it has more than {MAX_ELEMENTS} elements and items");
        refuse(self.elements > MAX_ELEMENTS, reason)
    }

    fn more_text(&mut self, length: Option<u32>) -> Result<(), Fault> {
        self.text += u64::from(length.unwrap_or(0));
        let reason = || format!("it has more than {MAX_TEXT} bytes of short texts");
        refuse(self.text > MAX_TEXT, reason)
    }
}

fn refuse(when: bool, reason: impl FnOnce() -> String) -> Result<(), Fault> {
    match when {
        true => Err(Fault::Other(malformed(reason()))),
        false => Ok(()),
    }
}

/// Whether values of a VR are lists of texts, PS3.5 section 6.2: backslashes part them.
fn splits(vr: &str) -> bool {
    const LISTS: [&str; 13] = [
        "AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI",
    ];
    LISTS.contains(&vr)
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
