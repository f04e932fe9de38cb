//! The pixels of a DICOM file, frame by frame: what the header says of them, where each frame lies, and what its samples are.
//!
//! What cannot be decoded is refused, here, before or while it is; a frame that comes out is the whole of it.

mod coded;
mod fragments;
mod header;
mod jpeg12;
mod native;
mod runs;
mod samples;
mod stream;

pub(super) use header::{Colours, Header};

use super::ImagingError;
use coded::Coding;
use dicom_object::{DefaultDicomObject, Tag};
use fragments::Fragments;
pub(super) use fragments::first_pieces;
use native::Native;
use samples::Samples;

const FLOAT_PIXEL_DATA: Tag = Tag(0x7FE0, 0x0008);
const DOUBLE_FLOAT_PIXEL_DATA: Tag = Tag(0x7FE0, 0x0009);
const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
const IMPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2";
const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

/// The frames of a file.
pub(super) struct Pixels<'a> {
    pub(super) header: Header,
    stored: Stored<'a>,
}

/// How they are kept in it.
enum Stored<'a> {
    /// One after the other.
    Native(Native<'a>),
    /// Each coded for itself.
    Coded(Coding, Fragments<'a>),
    /// As floating-point numbers, PS3.3 sections C.7.6.25 and C.7.6.26.
    Floats(Vec<f64>),
}

impl<'a> Pixels<'a> {
    /// Finds them, and checks all that can be known before one is decoded.
    pub(super) fn of(object: &'a DefaultDicomObject) -> Result<Self, ImagingError> {
        if let Some(pixels) = Self::floats(object)? {
            return Ok(pixels);
        }
        let value = object.get(PIXEL_DATA).ok_or(ImagingError::NoPixels)?;
        let header = Header::of(object)?;
        let syntax = object.meta().transfer_syntax();
        let stored = match Fragments::of(object, value.value(), header.frames)? {
            Some(fragments) => Stored::Coded(Coding::of(syntax)?, fragments),
            None => Stored::Native(Native::of(value, syntax, &header)?),
        };
        Ok(Self { header, stored })
    }

    fn floats(object: &DefaultDicomObject) -> Result<Option<Self>, ImagingError> {
        let found = [FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA];
        let Some(element) = found.iter().find_map(|tag| object.get(*tag)) else {
            return Ok(None);
        };
        let header = Header::of_floats(object)?;
        let values = element.value().to_multi_float64();
        let values = values.map_err(|_| ImagingError::NoPixels)?;
        let (found, expected) = (values.len() as u64, header.samples_of_all());
        if found < expected {
            return Err(ImagingError::Truncated { found, expected });
        }
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(Some(Self {
                header,
                stored: Stored::Floats(values),
            })),
            false => Err(ImagingError::NoNumbers),
        }
    }

    /// The stored values of a frame of one channel, before the modality transformation.
    pub(super) fn values(&self, frame: u32) -> Result<Vec<f64>, ImagingError> {
        if let Stored::Floats(values) = &self.stored {
            let length = self.header.pixels() as usize;
            let start = frame as usize * length;
            return Ok(values[start..start + length].to_vec());
        }
        let samples = self.samples(frame)?;
        Ok(samples.values().map(|value| value as f64).collect())
    }

    /// A frame of three channels as red, green and blue of 8 bits, pixel by pixel.
    pub(super) fn rgb(&self, frame: u32) -> Result<Vec<u8>, ImagingError> {
        self.samples(frame)?.into_rgb()
    }

    fn samples(&self, frame: u32) -> Result<Samples<'_>, ImagingError> {
        let samples = match &self.stored {
            Stored::Native(native) => native.frame(frame, &self.header),
            Stored::Coded(coding, fragments) => {
                coding.decode(&fragments.frame(frame)?, &self.header)
            }
            Stored::Floats(_) => Err(ImagingError::DecoderFailed),
        }?;
        whole(samples, &self.header)
    }
}

/// Frames in colour that are not in memory with their data set: each is decoded for itself.
pub(super) struct FramesApart {
    header: Header,
    coding: Coding,
}

impl FramesApart {
    /// What a header says of each.
    pub(super) fn of(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        let coding = match object.meta().transfer_syntax() {
            IMPLICIT_LITTLE_ENDIAN | EXPLICIT_LITTLE_ENDIAN => Coding::Plain,
            syntax => Coding::of(syntax)?,
        };
        let header = Header::of_one_frame(object)?;
        Ok(Self { header, coding })
    }

    /// Whether its pixels are red, green and blue as they are stored.
    pub(super) fn is_rgb(&self) -> bool {
        self.header.colours == Colours::Rgb
    }

    /// Whether its samples are colours of 8 bits.
    pub(super) fn is_in_bytes(&self) -> bool {
        self.header.channels() == 3 && self.header.bits.allocated == 8
    }

    /// How many bytes a frame takes that is not coded.
    pub(super) fn plain_length(&self) -> u64 {
        self.header.samples_of_frame() * u64::from(self.header.bits.allocated) / 8
    }

    /// A frame as red, green and blue of 8 bits, pixel by pixel.
    pub(super) fn rgb(&self, frame: &[u8]) -> Result<Vec<u8>, ImagingError> {
        whole(self.coding.decode(frame, &self.header)?, &self.header)?.into_rgb()
    }
}

/// Samples, if none of a frame's is missing.
fn whole<'a>(samples: Samples<'a>, header: &Header) -> Result<Samples<'a>, ImagingError> {
    let (found, expected) = (samples.count(), header.samples_of_frame());
    match found == expected {
        true => Ok(samples),
        false => Err(ImagingError::Truncated { found, expected }),
    }
}

/// What no decoder reads, in words of our own.
fn unsupported(coding: &str) -> ImagingError {
    ImagingError::Unsupported(coding.to_owned())
}

fn malformed(reason: impl std::fmt::Display) -> ImagingError {
    ImagingError::Malformed {
        kind: "DICOM",
        reason: reason.to_string(),
    }
}
