//! An upload's bytes → its canonical pixels and the few facts that are kept.
//!
//! What a file is, its bytes say; its name is used in messages only. Nothing of a DICOM header leaves this module but what
//! [`Canonical`] lists, and the identifiers in it do not print themselves.

mod attributes;
mod dicom;
mod error;
mod facts;
mod grey;
mod guard;
mod palette;
mod picture;
mod voi;
mod ybr;

pub use error::ImagingError;
pub use facts::{Facts, Laterality, Levels};
pub use grey::VoiFunction;

use bytes::Bytes;
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The largest file.
pub const MAX_BYTES: u64 = 256 << 20;
/// The most pixels of one frame.
pub const MAX_PIXELS: u64 = 64 << 20;
/// The most pixels of all frames: a breast tomosynthesis has up to 0.8 · 10⁹. A small file may unpack to any number, and
/// each takes time that nobody can cut short.
pub const MAX_PIXELS_OF_ALL: u64 = 1 << 30;
/// The most frames.
pub const MAX_FRAMES: u32 = 2_000;

/// How grey levels are shown at first, in the units of the stored pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Window {
    /// The middle of the shown range.
    pub center: f64,
    /// Its width.
    pub width: f64,
    /// The smallest stored value.
    pub min: f64,
    /// The largest stored value.
    pub max: f64,
}

/// What the sender says about a file.
#[derive(Clone, Debug)]
pub struct Hints {
    /// Its name, for messages.
    pub file_name: String,
    /// The kind of picture, where the file does not say.
    pub modality: Option<Modality>,
    /// Whether the sender vouches that no patient data is burned in.
    pub attested: bool,
}

/// An identifier out of a file: to be turned into a pseudonym, never printed or kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier(String);

impl Identifier {
    /// The text itself, for the one who hashes it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Identifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identifier(…)")
    }
}

/// An image without anything that says whose it is.
#[derive(Clone, Debug)]
pub struct Canonical {
    /// The kind of picture.
    pub modality: Modality,
    /// Its size.
    pub size: ImageSize,
    /// 8 or 16.
    pub bits: u8,
    /// Whether it is in colour.
    pub colour: bool,
    /// How grey levels are shown at first, in the units of the stored pixels; `None` where they are shown as they are.
    pub window: Option<Window>,
    /// Row and column spacing in mm.
    pub pixel_spacing: Option<[f64; 2]>,
    /// A PNG for each frame: 8- or 16-bit grey with bigger = brighter, or 8-bit RGB.
    pub pixels: Vec<Bytes>,
    /// The 8-bit PNG of the first frame as a reader first sees it.
    pub rendered: Bytes,
    /// DICOM's PatientID (0010,0020).
    pub patient_key: Option<Identifier>,
    /// DICOM's StudyInstanceUID (0020,000D).
    pub study_key: Option<Identifier>,
    /// DICOM's SeriesInstanceUID (0020,000E).
    pub series_key: Option<Identifier>,
    /// How it is to be looked at and measured.
    pub facts: Facts,
    /// Why a person must say first that no patient data is burned in; `None` where nobody must.
    pub attestation_reason: Option<AttestationReason>,
}

/// Reads an upload. Decoders of others are kept from taking the server down with them: a panic in one is a refusal.
pub fn read(bytes: &[u8], hints: &Hints) -> Result<Canonical, ImagingError> {
    check_length(bytes)?;
    let decoded = std::panic::catch_unwind(|| match sniff(bytes)? {
        Kind::Dicom => dicom::read(bytes, hints),
        Kind::Png => picture::read(bytes, image::ImageFormat::Png, hints),
        Kind::Jpeg => picture::read(bytes, image::ImageFormat::Jpeg, hints),
    });
    decoded.unwrap_or(Err(ImagingError::DecoderFailed))
}

fn check_length(bytes: &[u8]) -> Result<(), ImagingError> {
    match bytes.len() as u64 {
        0 => Err(ImagingError::Empty),
        length if length > MAX_BYTES => Err(ImagingError::TooManyBytes { length }),
        _ => Ok(()),
    }
}

enum Kind {
    Dicom,
    Png,
    Jpeg,
}

/// What the bytes are, by their first ones.
fn sniff(bytes: &[u8]) -> Result<Kind, ImagingError> {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    // PS3.10 section 7.1: 128 bytes of preamble, then the prefix.
    if bytes.get(128..132) == Some(b"DICM") {
        return Ok(Kind::Dicom);
    }
    if bytes.starts_with(PNG) {
        return Ok(Kind::Png);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(Kind::Jpeg);
    }
    let looks_like_text = std::str::from_utf8(&bytes[..bytes.len().min(4096)])
        .map_or_else(|e| e.valid_up_to() > 4000, |_| true);
    Err(if looks_like_text {
        ImagingError::Text
    } else {
        ImagingError::UnknownKind
    })
}

/// A size whose pixels may be decoded.
fn checked_size(width: u32, height: u32) -> Result<ImageSize, ImagingError> {
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImagingError::TooManyPixels { width, height });
    }
    ImageSize::new(width, height).map_err(|_| ImagingError::NoPixels)
}
