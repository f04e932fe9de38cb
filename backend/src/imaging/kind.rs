//! What a file is, by its first bytes; its name does not count.

use super::{ImagingError, guard, nifti, slide};
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::FileMetaTable;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use serde::Serialize;
use std::fs::File;
use std::io::Cursor;
use std::os::unix::fs::FileExt;

/// The kinds that are read into memory.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Dicom,
    Nifti,
    Png,
    Jpeg,
}

/// What a file is, whether or not it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Described {
    /// `DICOM`, `NIfTI`, `NIfTI in gzip`, `PNG`, `JPEG` or `TIFF`; `None` for anything else.
    pub kind: Option<&'static str>,
    /// Of a DICOM file the UID of its transfer syntax, if it is one of the standard's.
    pub syntax: Option<&'static str>,
}

/// Looks at the beginning of a file.
#[must_use]
pub fn describe(file: &File) -> Described {
    const LOOKED_AT: usize = 1 << 16;
    let mut head = vec![0; LOOKED_AT];
    let length = file.read_at(&mut head, 0).unwrap_or(0);
    head.truncate(length);
    let kind = match sniff(&head) {
        Ok(Kind::Dicom) => "DICOM",
        Ok(Kind::Nifti) if nifti::is_packed(&head) => "NIfTI in gzip",
        Ok(Kind::Nifti) => "NIfTI",
        Ok(Kind::Png) => "PNG",
        Ok(Kind::Jpeg) => "JPEG",
        Err(_) if slide::is_tiff(&head) => "TIFF",
        Err(_) => return Described::default(),
    };
    Described {
        kind: Some(kind),
        syntax: is_dicom(&head).then(|| transfer_syntax(&head)).flatten(),
    }
}

fn transfer_syntax(head: &[u8]) -> Option<&'static str> {
    guard::check_meta(head).ok()?;
    let mut source = Cursor::new(head);
    source.set_position(guard::PREFIX_AT);
    let meta = FileMetaTable::from_reader(source).ok()?;
    let known = TransferSyntaxRegistry.get(meta.transfer_syntax())?;
    Some(known.uid())
}

/// PS3.10 section 7.1: 128 bytes of preamble, then the prefix.
pub(super) fn is_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..132) == Some(b"DICM")
}

pub(super) fn sniff(bytes: &[u8]) -> Result<Kind, ImagingError> {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    if is_dicom(bytes) {
        return Ok(Kind::Dicom);
    }
    if bytes.starts_with(PNG) {
        return Ok(Kind::Png);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(Kind::Jpeg);
    }
    if nifti::is_nifti(bytes) {
        return Ok(Kind::Nifti);
    }
    let looks_like_text = std::str::from_utf8(&bytes[..bytes.len().min(4096)])
        .map_or_else(|e| e.valid_up_to() > 4000, |_| true);
    Err(if looks_like_text {
        ImagingError::Text
    } else {
        ImagingError::UnknownKind
    })
}
