//! An upload's bytes → its canonical pixels and the few facts that are kept.
//!
//! What a file is, its bytes say; its name is used in messages only. Nothing of a DICOM header leaves this module but what
//! [`Canonical`] lists; the identifiers in it do not print themselves, and its header shows nothing before it is de-identified.

mod attributes;
pub mod deidentify;
mod dicom;
mod error;
mod facts;
mod grey;
mod guard;
mod identity;
mod kind;
mod nifti;
pub mod objects;
mod palette;
mod picture;
mod pixels;
mod rescale;
mod scale;
pub mod slide;
mod table;
mod voi;
mod ybr;

pub use error::ImagingError;
pub use facts::{Facts, Laterality, Levels};
pub use grey::{VoiFunction, rendered_frame};
pub use identity::{Identity, identity, study_of};
pub use kind::{Described, describe};
pub use picture::shrunk;

use bytes::Bytes;
use kind::{Kind, is_dicom, sniff};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::FileExt;
use utoipa::ToSchema;

/// The largest file of anything but a slide.
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
    /// A PNG for each frame: 8- or 16-bit grey with bigger = brighter, or 8-bit RGB. Of a slide, whose pixels are its tiles, the
    /// whole of it in one smaller picture.
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
    /// What a DICOM file said, still to be de-identified under the project's key; `None` where it was none.
    pub header: Option<deidentify::Header>,
}

/// Reads an upload that is a file: a slide with its tiles, or anything else, which is read into memory.
pub fn read_file(
    file: &File,
    hints: &Hints,
) -> Result<(Canonical, Option<slide::Tiles>), ImagingError> {
    let length = file.metadata().map_err(ImagingError::disk)?.len();
    if is_slide(file) {
        check_length(length, slide::MAX_SLIDE_BYTES)?;
        let (canonical, tiles) = guarded(|| slide::read(file, hints))?;
        return Ok((canonical, Some(tiles)));
    }
    check_length(length, MAX_BYTES)?;
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0)
        .map_err(ImagingError::disk)?;
    Ok((read(&bytes, hints)?, None))
}

/// Whether a file is read as a slide: in pieces, and for longer than others.
#[must_use]
pub fn is_slide(file: &File) -> bool {
    let mut head = [0; 132];
    let Ok(length) = file.read_at(&mut head, 0) else {
        return false;
    };
    // The preamble of a DICOM file may be the beginning of a TIFF, PS3.10 section 7.1.
    match is_dicom(&head) {
        true => identity(file).is_some_and(|identity| identity.class == slide::DICOM_CLASS),
        false => slide::is_tiff(&head[..length]),
    }
}

/// Reads an upload that is in memory.
pub fn read(bytes: &[u8], hints: &Hints) -> Result<Canonical, ImagingError> {
    check_length(bytes.len() as u64, MAX_BYTES)?;
    guarded(|| match sniff(bytes)? {
        Kind::Dicom => dicom::read(bytes, hints),
        Kind::Nifti => nifti::read(bytes, hints),
        Kind::Png => picture::read(bytes, image::ImageFormat::Png, hints),
        Kind::Jpeg => picture::read(bytes, image::ImageFormat::Jpeg, hints),
    })
}

/// Decoders of others are kept from taking the server down with them: a panic in one is a refusal.
fn guarded<T>(
    decode: impl FnOnce() -> Result<T, ImagingError> + std::panic::UnwindSafe,
) -> Result<T, ImagingError> {
    std::panic::catch_unwind(decode).unwrap_or(Err(ImagingError::DecoderFailed))
}

fn check_length(length: u64, allowed: u64) -> Result<(), ImagingError> {
    match length {
        0 => Err(ImagingError::Empty),
        length if length > allowed => Err(ImagingError::TooManyBytes { length, allowed }),
        _ => Ok(()),
    }
}

/// A size whose pixels may be decoded.
fn checked_size(width: u32, height: u32) -> Result<ImageSize, ImagingError> {
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImagingError::TooManyPixels { width, height });
    }
    ImageSize::new(width, height).map_err(|_| ImagingError::NoPixels)
}
