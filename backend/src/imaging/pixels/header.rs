//! What a header says of its pixels, PS3.3 section C.7.6.3.

use crate::imaging::attributes::{stated, text, whole};
use crate::imaging::{ImagingError, MAX_FRAMES, MAX_PIXELS_OF_ALL, checked_size};
use dicom_object::{DefaultDicomObject, Tag};
use medreg_datasets::geometry::ImageSize;

const SAMPLES_PER_PIXEL: Tag = Tag(0x0028, 0x0002);
const PHOTOMETRIC_INTERPRETATION: Tag = Tag(0x0028, 0x0004);
const PLANAR_CONFIGURATION: Tag = Tag(0x0028, 0x0006);
const NUMBER_OF_FRAMES: Tag = Tag(0x0028, 0x0008);
const ROWS: Tag = Tag(0x0028, 0x0010);
const COLUMNS: Tag = Tag(0x0028, 0x0011);
const BITS_ALLOCATED: Tag = Tag(0x0028, 0x0100);
const BITS_STORED: Tag = Tag(0x0028, 0x0101);
const HIGH_BIT: Tag = Tag(0x0028, 0x0102);
const PIXEL_REPRESENTATION: Tag = Tag(0x0028, 0x0103);

/// What must hold before a single pixel is decoded.
pub(in crate::imaging) struct Header {
    pub(in crate::imaging) size: ImageSize,
    pub(in crate::imaging) frames: u32,
    pub(in crate::imaging) colours: Colours,
    /// Whether the samples have a sign.
    pub(in crate::imaging) signed: bool,
    pub(super) bits: Bits,
    /// Whether an uncompressed frame has its channels one after the other.
    pub(super) planes: bool,
}

/// What the channels of a pixel are, PS3.3 section C.7.6.3.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::imaging) enum Colours {
    /// Grey, the smallest value being white where it is inverse.
    Grey { inverse: bool },
    /// A place in a table of colours.
    Palette,
    /// Red, green and blue; also what a JPEG 2000 decoder makes of YBR_RCT and YBR_ICT.
    Rgb,
    /// Brightness, blueness and redness.
    Ybr,
    /// The same, with the latter two once for each pair of pixels where it is not compressed.
    YbrOfPairs,
}

/// Where in a sample its value is, PS3.5 section 8.1.1.
#[derive(Clone, Copy)]
pub(super) struct Bits {
    pub(super) allocated: u32,
    pub(super) stored: u32,
    /// How many lie below the value.
    pub(super) below: u32,
}

impl Header {
    /// Of whole numbers.
    pub(super) fn of(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        let frames = frames(object)?;
        Self::of_whole_numbers(object, frames)
    }

    /// The same of each frame for itself, however many there are.
    pub(super) fn of_one_frame(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        Self::of_whole_numbers(object, 1)
    }

    fn of_whole_numbers(object: &DefaultDicomObject, frames: u32) -> Result<Self, ImagingError> {
        let header = Self {
            colours: Colours::of(object)?,
            bits: Bits::of(object)?,
            signed: stated(
                object,
                PIXEL_REPRESENTATION,
                "PixelRepresentation (0028,0103)",
            )? == Some(1),
            planes: stated(
                object,
                PLANAR_CONFIGURATION,
                "PlanarConfiguration (0028,0006)",
            )? == Some(1),
            ..Self::of_any(object, frames)?
        };
        if header.signed && header.channels() == 3 {
            return missing("PixelRepresentation (0028,0103): 0 for colours");
        }
        Ok(header)
    }

    /// Of floating-point numbers, which are grey always.
    pub(super) fn of_floats(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        if stated(object, SAMPLES_PER_PIXEL, "SamplesPerPixel (0028,0002)")?.unwrap_or(1) != 1 {
            return missing("SamplesPerPixel (0028,0002): 1 for floating-point pixels");
        }
        let photometric = text(object, PHOTOMETRIC_INTERPRETATION);
        let inverse = photometric.as_deref() == Some("MONOCHROME1");
        Ok(Self {
            colours: Colours::Grey { inverse },
            ..Self::of_any(object, frames(object)?)?
        })
    }

    fn of_any(object: &DefaultDicomObject, frames: u32) -> Result<Self, ImagingError> {
        let side = |tag, attribute| whole(object, tag).ok_or(ImagingError::Attribute { attribute });
        let (rows, columns) = (
            side(ROWS, "Rows (0028,0010)")?,
            side(COLUMNS, "Columns (0028,0011)")?,
        );
        let header = Self {
            size: checked_size(columns, rows)?,
            frames,
            colours: Colours::Grey { inverse: false },
            signed: false,
            bits: Bits::whole_byte(),
            planes: false,
        };
        let pixels = header.pixels();
        match pixels * u64::from(frames) > MAX_PIXELS_OF_ALL {
            true => Err(ImagingError::TooManyPixelsOfAll { frames, pixels }),
            false => Ok(header),
        }
    }

    /// How many pixels a frame has.
    pub(super) fn pixels(&self) -> u64 {
        u64::from(self.size.width()) * u64::from(self.size.height())
    }

    /// How many samples a pixel has.
    pub(super) fn channels(&self) -> u32 {
        match self.colours {
            Colours::Grey { .. } | Colours::Palette => 1,
            Colours::Rgb | Colours::Ybr | Colours::YbrOfPairs => 3,
        }
    }

    pub(super) fn samples_of_frame(&self) -> u64 {
        self.pixels() * u64::from(self.channels())
    }

    pub(super) fn samples_of_all(&self) -> u64 {
        self.samples_of_frame() * u64::from(self.frames)
    }
}

impl Colours {
    fn of(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        let samples =
            stated(object, SAMPLES_PER_PIXEL, "SamplesPerPixel (0028,0002)")?.unwrap_or(1);
        if ![1, 3].contains(&samples) {
            return missing("SamplesPerPixel (0028,0002): 1 or 3");
        }
        let photometric = text(object, PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
        Ok(match (samples, &*photometric) {
            (1, "MONOCHROME1") => Self::Grey { inverse: true },
            (1, "MONOCHROME2") => Self::Grey { inverse: false },
            (1, "PALETTE COLOR") => Self::Palette,
            (3, "RGB" | "YBR_RCT" | "YBR_ICT") => Self::Rgb,
            (3, "YBR_FULL") => Self::Ybr,
            (3, "YBR_FULL_422") => Self::YbrOfPairs,
            _ => {
                return missing(
                    "PhotometricInterpretation (0028,0004), or none that fits SamplesPerPixel",
                );
            }
        })
    }
}

impl Bits {
    fn of(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        let Some(allocated) = whole(object, BITS_ALLOCATED) else {
            return missing("BitsAllocated (0028,0100)");
        };
        if ![1, 8, 16, 32].contains(&allocated) {
            return missing("BitsAllocated (0028,0100): 1, 8, 16 or 32");
        }
        let stored = stated(object, BITS_STORED, "BitsStored (0028,0101)")?.unwrap_or(allocated);
        if !(1..=allocated).contains(&stored) {
            return missing("BitsStored (0028,0101): from 1 to BitsAllocated");
        }
        let high = stated(object, HIGH_BIT, "HighBit (0028,0102)")?.unwrap_or(stored - 1);
        if !(stored - 1..allocated).contains(&high) {
            return missing("HighBit (0028,0102): from BitsStored - 1 to BitsAllocated - 1");
        }
        Ok(Self {
            allocated,
            stored,
            below: high + 1 - stored,
        })
    }

    fn whole_byte() -> Self {
        Self {
            allocated: 8,
            stored: 8,
            below: 0,
        }
    }
}

/// NumberOfFrames (0028,0008), if there are not too many.
fn frames(object: &DefaultDicomObject) -> Result<u32, ImagingError> {
    let frames = stated(object, NUMBER_OF_FRAMES, "NumberOfFrames (0028,0008)")?;
    match frames.unwrap_or(1).max(1) {
        frames if frames > MAX_FRAMES => Err(ImagingError::TooManyFrames {
            frames: u64::from(frames),
        }),
        frames => Ok(frames),
    }
}

fn missing<T>(attribute: &'static str) -> Result<T, ImagingError> {
    Err(ImagingError::Attribute { attribute })
}
