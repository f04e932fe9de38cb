//! DICOM: checked header → decoded frames → canonical pixels. PS3.3 and PS3.5 are quoted where they are followed.

use super::attributes::{of_first_frame, text, whole};
use super::facts::is_hounsfield;
use super::grey::{self, VoiFunction};
use super::guard;
use super::palette::Palette;
use super::voi::{Shown, Voi};
use super::ybr;
use super::{
    Canonical, Facts, Hints, Identifier, ImagingError, Levels, MAX_FRAMES, MAX_PIXELS_OF_ALL,
    Window, checked_size, picture,
};
use bytes::Bytes;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};
use dicom_pixeldata::{
    ConvertOptions, DecodedPixelData, ModalityLutOption, PhotometricInterpretation, PixelDecoder,
    PlanarConfiguration, VoiLutOption,
};
use image::{DynamicImage, ImageBuffer, Luma, RgbImage};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use std::io::Cursor;

const SOP_CLASS_UID: Tag = Tag(0x0008, 0x0016);
const MODALITY: Tag = Tag(0x0008, 0x0060);
const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
const IMAGER_PIXEL_SPACING: Tag = Tag(0x0018, 0x1164);
const STUDY_INSTANCE_UID: Tag = Tag(0x0020, 0x000D);
const SERIES_INSTANCE_UID: Tag = Tag(0x0020, 0x000E);
const SAMPLES_PER_PIXEL: Tag = Tag(0x0028, 0x0002);
const PHOTOMETRIC_INTERPRETATION: Tag = Tag(0x0028, 0x0004);
const NUMBER_OF_FRAMES: Tag = Tag(0x0028, 0x0008);
const ROWS: Tag = Tag(0x0028, 0x0010);
const COLUMNS: Tag = Tag(0x0028, 0x0011);
const PIXEL_SPACING: Tag = Tag(0x0028, 0x0030);
const BITS_ALLOCATED: Tag = Tag(0x0028, 0x0100);
const BURNED_IN_ANNOTATION: Tag = Tag(0x0028, 0x0301);
const RECOGNIZABLE_VISUAL_FEATURES: Tag = Tag(0x0028, 0x0302);
const PIXEL_MEASURES: Tag = Tag(0x0028, 0x9110);
const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);

/// The SOP classes of secondary captures begin so, PS3.4 annex B.5.
const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";

/// Reads a DICOM file.
pub(super) fn read(bytes: &[u8], hints: &Hints) -> Result<Canonical, ImagingError> {
    guard::check_elements(bytes)?;
    let object = dicom_object::from_reader(Cursor::new(bytes)).map_err(|error| {
        guard::missing_end(bytes).unwrap_or_else(|| ImagingError::Malformed {
            kind: "DICOM",
            reason: error.to_string(),
        })
    })?;
    let header = Header::of(&object)?;
    let modality =
        text(&object, MODALITY).map_or(Modality::Other, |code| Modality::from_dicom(&code));
    let colour = header.samples != 1 || header.palette;
    let (pixels, rendered, grey) = if colour {
        colour_frames(&object, &header)?
    } else {
        grey_frames(&object, &header, modality)?
    };
    let (window, levels) = grey.unzip();
    let (pixel_spacing, spacing_at_detector) = spacing(&object);
    let facts = Facts {
        spacing_at_detector,
        ..Facts::of(&object, levels, header.frames)
    };
    Ok(Canonical {
        modality,
        size: header.size,
        bits: if colour { 8 } else { 16 },
        colour,
        window,
        pixel_spacing,
        pixels,
        rendered,
        patient_key: text(&object, PATIENT_ID).map(Identifier),
        study_key: text(&object, STUDY_INSTANCE_UID).map(Identifier),
        series_key: text(&object, SERIES_INSTANCE_UID).map(Identifier),
        facts,
        attestation_reason: attestation_reason(&object, modality).filter(|_| !hints.attested),
        header: Some(super::deidentify::Header::of(object)),
    })
}

/// What must hold before a single pixel is decoded.
struct Header {
    size: ImageSize,
    samples: u32,
    frames: u32,
    /// Whether pixels are places in a table of colours.
    palette: bool,
}

impl Header {
    fn of(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        if object.get(PIXEL_DATA).is_none() {
            return Err(ImagingError::NoPixels);
        }
        let rows = whole(object, ROWS).ok_or(ImagingError::Attribute {
            attribute: "Rows (0028,0010)",
        })?;
        let columns = whole(object, COLUMNS).ok_or(ImagingError::Attribute {
            attribute: "Columns (0028,0011)",
        })?;
        let bits = whole(object, BITS_ALLOCATED).ok_or(ImagingError::Attribute {
            attribute: "BitsAllocated (0028,0100)",
        })?;
        let samples = whole(object, SAMPLES_PER_PIXEL).unwrap_or(1);
        let frames = whole(object, NUMBER_OF_FRAMES).unwrap_or(1).max(1);
        if ![1, 3].contains(&samples) {
            return Err(ImagingError::Attribute {
                attribute: "SamplesPerPixel (0028,0002): 1 or 3",
            });
        }
        if ![1, 8, 16, 32].contains(&bits) {
            return Err(ImagingError::Attribute {
                attribute: "BitsAllocated (0028,0100): 1, 8, 16 or 32",
            });
        }
        if frames > MAX_FRAMES {
            return Err(ImagingError::TooManyFrames {
                frames: u64::from(frames),
            });
        }
        let photometric = text(object, PHOTOMETRIC_INTERPRETATION);
        let header = Self {
            size: checked_size(columns, rows)?,
            samples,
            frames,
            palette: samples == 1 && photometric.as_deref() == Some("PALETTE COLOR"),
        };
        header.check_pixels_of_all()?;
        header.check_length(object, bits)?;
        Ok(header)
    }

    fn check_pixels_of_all(&self) -> Result<(), ImagingError> {
        let (frames, pixels) = (self.frames, self.pixels());
        if pixels * u64::from(frames) > MAX_PIXELS_OF_ALL {
            return Err(ImagingError::TooManyPixelsOfAll { frames, pixels });
        }
        Ok(())
    }

    /// How many pixels a frame has.
    fn pixels(&self) -> u64 {
        u64::from(self.size.width()) * u64::from(self.size.height())
    }

    /// Uncompressed pixels have a length that the header fixes, PS3.5 section 8.1.1; coded ones say their size themselves.
    fn check_length(&self, object: &DefaultDicomObject, bits: u32) -> Result<(), ImagingError> {
        if let Some(fragments) = object.get(PIXEL_DATA).and_then(|e| e.value().fragments()) {
            return self.check_fragments(fragments, object.meta().transfer_syntax());
        }
        let Some(found) = object
            .get(PIXEL_DATA)
            .and_then(|e| e.value().to_bytes().ok())
            .map(|b| b.len() as u64)
        else {
            return Err(ImagingError::NoPixels);
        };
        let pixels = self.pixels() * u64::from(self.frames);
        let full = (pixels * u64::from(self.samples) * u64::from(bits)).div_ceil(8);
        // YBR_FULL_422 keeps each pair of pixels' colour once.
        let halved = text(object, PHOTOMETRIC_INTERPRETATION).is_some_and(|p| p.contains("422"));
        let expected = if halved { full / 3 * 2 } else { full };
        if found < expected {
            return Err(ImagingError::Truncated { found, expected });
        }
        if halved {
            let coding = "YBR_FULL_422 without compression".to_owned();
            return Err(ImagingError::Unsupported(coding));
        }
        Ok(())
    }

    /// Sizes inside coded pixels, for the codings that are decoded here, PS3.5 annex A.4.
    fn check_fragments(&self, fragments: &[Vec<u8>], syntax: &str) -> Result<(), ImagingError> {
        match syntax {
            "1.2.840.10008.1.2.5" => guard::check_runs(fragments, self.size),
            "1.2.840.10008.1.2.1.98" => Ok(()),
            _ => match syntax.strip_prefix("1.2.840.10008.1.2.4.") {
                Some("50" | "51" | "57" | "70" | "90" | "91" | "92" | "93") => {
                    guard::check_streams(fragments, self.size)
                }
                _ => Err(ImagingError::Unsupported(syntax.to_owned())),
            },
        }
    }
}

type Frames = (Vec<Bytes>, Bytes, Option<(Window, Levels)>);

fn decode(object: &DefaultDicomObject, frame: u32) -> Result<DecodedPixelData<'_>, ImagingError> {
    object.decode_pixel_data_frame(frame).map_err(|error| {
        let reason = error.to_string();
        if reason.contains("transfer syntax") || reason.contains("Unsupported") {
            ImagingError::Unsupported(object.meta().transfer_syntax().to_owned())
        } else {
            ImagingError::Malformed {
                kind: "DICOM",
                reason,
            }
        }
    })
}

fn colour_frames(object: &DefaultDicomObject, header: &Header) -> Result<Frames, ImagingError> {
    let palette = header.palette.then(|| Palette::of(object)).transpose()?;
    let mut pixels = Vec::new();
    for frame in 0..header.frames {
        let coloured = match &palette {
            Some(palette) => {
                let places = modality_values(object, frame, header)?;
                looked_up(palette, &places, header.size)?
            }
            None => rgb(object, header, frame)?,
        };
        if coloured.dimensions() != (header.size.width(), header.size.height()) {
            return Err(ImagingError::DecoderFailed);
        }
        pixels.push(picture::encode(&DynamicImage::ImageRgb8(coloured))?);
    }
    let rendered = pixels.first().cloned().ok_or(ImagingError::NoPixels)?;
    Ok((pixels, rendered, None))
}

fn rgb(object: &DefaultDicomObject, header: &Header, frame: u32) -> Result<RgbImage, ImagingError> {
    let decoded = decode(object, frame)?;
    if *decoded.photometric_interpretation() != PhotometricInterpretation::YbrFull {
        let picture = decoded.to_dynamic_image(0);
        return Ok(picture.map_err(|e| undecodable(&e))?.to_rgb8());
    }
    if decoded.bits_allocated() != 8 {
        let coding = "YBR_FULL with more than 8 bits".to_owned();
        return Err(ImagingError::Unsupported(coding));
    }
    let samples = decoded.frame_data(0).map_err(|e| undecodable(&e))?;
    let mut samples = match decoded.planar_configuration() {
        PlanarConfiguration::Standard => samples.to_vec(),
        PlanarConfiguration::PixelFirst => ybr::interleaved(samples),
    };
    ybr::to_rgb(&mut samples);
    let image = RgbImage::from_raw(header.size.width(), header.size.height(), samples);
    image.ok_or(ImagingError::DecoderFailed)
}

fn looked_up(palette: &Palette, places: &[f64], size: ImageSize) -> Result<RgbImage, ImagingError> {
    let colours = places
        .iter()
        .flat_map(|place| palette.colour(*place as i64))
        .collect();
    RgbImage::from_raw(size.width(), size.height(), colours).ok_or(ImagingError::NoPixels)
}

fn undecodable(error: &dicom_pixeldata::Error) -> ImagingError {
    ImagingError::Malformed {
        kind: "DICOM",
        reason: error.to_string(),
    }
}

fn grey_frames(
    object: &DefaultDicomObject,
    header: &Header,
    modality: Modality,
) -> Result<Frames, ImagingError> {
    let inverted = text(object, PHOTOMETRIC_INTERPRETATION).is_some_and(|p| p == "MONOCHROME1");
    let first = modality_values(object, 0, header)?;
    let scale = Scale::of(object, header, &first, inverted)?;
    let voi = Voi::of(object, &first);
    let window = scale.window(voi.window())?;
    let levels = scale.levels(voi.window(), is_hounsfield(object, modality));
    let mut pixels = vec![scale.encode(&first, header.size)?];
    for frame in 1..header.frames {
        pixels.push(scale.encode(&modality_values(object, frame, header)?, header.size)?);
    }
    let shown = |stored: f64| {
        let grey = voi.apply(scale.value(stored));
        if inverted { 1.0 - grey } else { grey }
    };
    let stored: Vec<u16> = first.iter().map(|value| scale.store(*value)).collect();
    let rendered = grey::rendered_with(&stored, header.size, shown)?;
    Ok((pixels, rendered, Some((window, levels))))
}

/// One frame after the modality transformation (rescale slope and intercept), before any window.
fn modality_values(
    object: &DefaultDicomObject,
    frame: u32,
    header: &Header,
) -> Result<Vec<f64>, ImagingError> {
    let options = ConvertOptions::new()
        .with_modality_lut(ModalityLutOption::Default)
        .with_voi_lut(VoiLutOption::Identity);
    let values: Vec<f64> = decode(object, frame)?
        .to_vec_frame_with_options(0, &options)
        .map_err(|e| undecodable(&e))?;
    let expected = header.pixels();
    if values.len() as u64 == expected {
        return Ok(values);
    }
    Err(ImagingError::Truncated {
        found: values.len() as u64,
        expected,
    })
}

/// How modality values become unsigned 16-bit ones: shifted, and where they do not fit or are no integers, scaled.
struct Scale {
    low: f64,
    factor: f64,
    top: f64,
    inverted: bool,
}

impl Scale {
    /// Fits all frames: the bounds come from every one of them, one at a time.
    fn of(
        object: &DefaultDicomObject,
        header: &Header,
        first: &[f64],
        inverted: bool,
    ) -> Result<Self, ImagingError> {
        let (mut low, mut high, mut whole) = bounds(first);
        for frame in 1..header.frames {
            let more = bounds(&modality_values(object, frame, header)?);
            (low, high, whole) = (low.min(more.0), high.max(more.1), whole && more.2);
        }
        let range = high - low;
        let most = f64::from(u16::MAX);
        let factor = if whole && range <= most || range <= 0.0 {
            1.0
        } else {
            most / range
        };
        Ok(Self {
            low,
            factor,
            top: (range * factor).round(),
            inverted,
        })
    }

    fn store(&self, value: f64) -> u16 {
        let shifted = ((value - self.low) * self.factor).round();
        let stored = if self.inverted {
            self.top - shifted
        } else {
            shifted
        };
        stored.clamp(0.0, f64::from(u16::MAX)) as u16
    }

    fn value(&self, stored: f64) -> f64 {
        let shifted = if self.inverted {
            self.top - stored
        } else {
            stored
        };
        shifted / self.factor + self.low
    }

    /// What stored values mean.
    fn levels(&self, voi: Shown, hounsfield: bool) -> Levels {
        let sign = if self.inverted { -1.0 } else { 1.0 };
        Levels {
            slope: sign / self.factor,
            intercept: self.value(0.0),
            hounsfield,
            inverse: self.inverted,
            center: voi.center,
            width: voi.width,
            function: voi.function,
        }
    }

    fn encode(&self, values: &[f64], size: ImageSize) -> Result<Bytes, ImagingError> {
        let stored = values.iter().map(|value| self.store(*value)).collect();
        let image: ImageBuffer<Luma<u16>, Vec<u16>> =
            ImageBuffer::from_raw(size.width(), size.height(), stored)
                .ok_or(ImagingError::NoPixels)?;
        picture::encode(&DynamicImage::ImageLuma16(image))
    }

    /// The window in stored units. Turning the axis round moves the centre of PS3.3's half-open linear function by one.
    fn window(&self, voi: Shown) -> Result<Window, ImagingError> {
        let center = (voi.center - self.low) * self.factor;
        let moved = if voi.function == VoiFunction::Linear {
            1.0
        } else {
            0.0
        };
        let center = if self.inverted {
            self.top - center + moved
        } else {
            center
        };
        let width = voi.width * self.factor;
        // A header's numbers are finite, but what becomes of them may not be: JSON has no word for that.
        let meaning = [1.0 / self.factor, self.value(0.0)];
        if ![center, width, self.top]
            .iter()
            .chain(&meaning)
            .all(|n| n.is_finite())
        {
            return Err(ImagingError::Attribute {
                attribute: "RescaleSlope (0028,1053): its values are beyond all numbers",
            });
        }
        Ok(Window {
            center,
            width,
            min: 0.0,
            max: self.top,
        })
    }
}

/// The smallest and largest value, and whether all are integers.
fn bounds(values: &[f64]) -> (f64, f64, bool) {
    let start = (f64::INFINITY, f64::NEG_INFINITY, true);
    values.iter().fold(start, |(low, high, whole), v| {
        (low.min(*v), high.max(*v), whole && v.fract() == 0.0)
    })
}

/// Row and column spacing in mm, and whether it is that at the detector; zeros and half pairs are as good as none.
fn spacing(object: &DefaultDicomObject) -> (Option<[f64; 2]>, bool) {
    let patient = of_first_frame(object, PIXEL_MEASURES).find_map(|set| pair(set, PIXEL_SPACING));
    let detector = pair(object, IMAGER_PIXEL_SPACING);
    // PixelSpacing that only repeats the detector's is not calibrated either, PS3.3 section 10.7.1.
    let at_detector = detector.is_some() && patient.is_none_or(|spacing| Some(spacing) == detector);
    (patient.or(detector), at_detector)
}

fn pair(set: &InMemDicomObject, tag: Tag) -> Option<[f64; 2]> {
    let numbers = set.get(tag)?.value().to_multi_float64().ok()?;
    let pair: [f64; 2] = numbers.try_into().ok()?;
    let lengths = pair.iter().all(|mm| mm.is_finite() && *mm > 0.0);
    lengths.then_some(pair)
}

/// A header cannot prove that pixels are free of text, so whatever does not say NO is looked at by a person.
fn attestation_reason(
    object: &DefaultDicomObject,
    modality: Modality,
) -> Option<AttestationReason> {
    if text(object, SOP_CLASS_UID).is_some_and(|uid| uid.starts_with(SECONDARY_CAPTURE)) {
        return Some(AttestationReason::SecondaryCapture);
    }
    if modality == Modality::Ultrasound {
        return Some(AttestationReason::Ultrasound);
    }
    if text(object, RECOGNIZABLE_VISUAL_FEATURES).is_some_and(|value| value == "YES") {
        return Some(AttestationReason::Recognizable);
    }
    let says_no = text(object, BURNED_IN_ANNOTATION).is_some_and(|value| value == "NO");
    (!says_no).then_some(AttestationReason::Header)
}
