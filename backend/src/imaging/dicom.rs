//! DICOM: checked header → decoded frames → canonical pixels. PS3.3 and PS3.5 are quoted where they are followed.

use super::attributes::{of_first_frame, text, with_known_types};
use super::facts::is_hounsfield;
use super::palette::Palette;
use super::pixels::{Colours, Header, Pixels};
use super::rescale::Rescale;
use super::scale::{Bounds, Scale};
use super::voi::Voi;
use super::{Canonical, Facts, Hints, Identifier, ImagingError, Levels, Window};
use super::{grey, guard, picture};
use bytes::Bytes;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};
use image::{DynamicImage, RgbImage};
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use std::io::Cursor;

const SOP_CLASS_UID: Tag = Tag(0x0008, 0x0016);
const MODALITY: Tag = Tag(0x0008, 0x0060);
const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
const IMAGER_PIXEL_SPACING: Tag = Tag(0x0018, 0x1164);
const STUDY_INSTANCE_UID: Tag = Tag(0x0020, 0x000D);
const SERIES_INSTANCE_UID: Tag = Tag(0x0020, 0x000E);
const PIXEL_SPACING: Tag = Tag(0x0028, 0x0030);
const BURNED_IN_ANNOTATION: Tag = Tag(0x0028, 0x0301);
const RECOGNIZABLE_VISUAL_FEATURES: Tag = Tag(0x0028, 0x0302);
const PIXEL_MEASURES: Tag = Tag(0x0028, 0x9110);

/// The SOP class of secondary captures; those of several frames have one more number, PS3.4 annex B.5.
const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";

/// Reads a DICOM file.
pub(super) fn read(bytes: &[u8], hints: &Hints) -> Result<Canonical, ImagingError> {
    guard::check_elements(bytes)?;
    let mut object = dicom_object::from_reader(Cursor::new(bytes)).map_err(|error| {
        guard::missing_end(bytes).unwrap_or_else(|| ImagingError::Malformed {
            kind: "DICOM",
            reason: error.to_string(),
        })
    })?;
    with_known_types(&mut object);
    let stored = Pixels::of(&object)?;
    let modality =
        text(&object, MODALITY).map_or(Modality::Other, |code| Modality::from_dicom(&code));
    let colour = !matches!(stored.header.colours, Colours::Grey { .. });
    let (pixels, rendered, grey) = if colour {
        colour_frames(&object, &stored)?
    } else {
        grey_frames(&object, &stored, modality)?
    };
    let (window, levels) = grey.unzip();
    let (pixel_spacing, spacing_at_detector) = spacing(&object);
    let (patient_key, study_key, series_key) = identifiers(&object);
    let facts = Facts {
        spacing_at_detector,
        ..Facts::of(&object, levels, stored.header.frames)
    };
    Ok(Canonical {
        modality,
        size: stored.header.size,
        bits: if colour { 8 } else { 16 },
        colour,
        window,
        pixel_spacing,
        pixels,
        rendered,
        patient_key,
        study_key,
        series_key,
        facts,
        attestation_reason: attestation_reason(&object, modality).filter(|_| !hints.attested),
        header: Some(super::deidentify::Header::of(object)),
    })
}

type Frames = (Vec<Bytes>, Bytes, Option<(Window, Levels)>);

fn colour_frames(object: &DefaultDicomObject, pixels: &Pixels<'_>) -> Result<Frames, ImagingError> {
    let size = pixels.header.size;
    let palette = pixels.header.colours == Colours::Palette;
    let palette = palette.then(|| Palette::of(object)).transpose()?;
    let mut frames = Vec::new();
    for frame in 0..pixels.header.frames {
        let colours = match &palette {
            Some(palette) => palette.looked_up(&pixels.values(frame)?),
            None => pixels.rgb(frame)?,
        };
        let image = RgbImage::from_raw(size.width(), size.height(), colours);
        let image = image.ok_or(ImagingError::DecoderFailed)?;
        frames.push(picture::encode(&DynamicImage::ImageRgb8(image))?);
    }
    let rendered = frames.first().cloned().ok_or(ImagingError::NoPixels)?;
    Ok((frames, rendered, None))
}

fn grey_frames(
    object: &DefaultDicomObject,
    pixels: &Pixels<'_>,
    modality: Modality,
) -> Result<Frames, ImagingError> {
    let Header { size, frames, .. } = pixels.header;
    let inverted = pixels.header.colours == Colours::Grey { inverse: true };
    let first = modality_values(object, pixels, 0)?;
    // The bounds come from every frame, one at a time.
    let mut bounds = Bounds::of(first.iter().copied());
    for frame in 1..frames {
        let values = modality_values(object, pixels, frame)?;
        bounds = bounds.and(Bounds::of(values.into_iter()));
    }
    let scale = Scale::of(bounds, inverted);
    let voi = Voi::of(
        object,
        &first,
        &Rescale::of(object, 0, pixels.header.signed)?,
    );
    let window = scale.window(voi.window())?;
    let levels = scale.levels(voi.window(), is_hounsfield(object, modality));
    let mut encoded = vec![scale.encode(&first, size)?];
    for frame in 1..frames {
        encoded.push(scale.encode(&modality_values(object, pixels, frame)?, size)?);
    }
    let shown = |stored: f64| {
        let grey = voi.apply(scale.value(stored));
        if inverted { 1.0 - grey } else { grey }
    };
    let stored: Vec<u16> = first.iter().map(|value| scale.store(*value)).collect();
    let rendered = grey::rendered_with(&stored, size, shown)?;
    Ok((encoded, rendered, Some((window, levels))))
}

/// One frame after the modality transformation, before any window.
fn modality_values(
    object: &DefaultDicomObject,
    pixels: &Pixels<'_>,
    frame: u32,
) -> Result<Vec<f64>, ImagingError> {
    let rescale = Rescale::of(object, frame, pixels.header.signed)?;
    let mut values = pixels.values(frame)?;
    for value in &mut values {
        *value = rescale.apply(*value);
    }
    Ok(values)
}

/// Whose it is: the patient, the study, the series.
pub(super) fn identifiers(
    object: &DefaultDicomObject,
) -> (Option<Identifier>, Option<Identifier>, Option<Identifier>) {
    let named = |tag| text(object, tag).map(Identifier);
    (
        named(PATIENT_ID),
        named(STUDY_INSTANCE_UID),
        named(SERIES_INSTANCE_UID),
    )
}

/// Row and column spacing in mm, and whether it is that at the detector; zeros and half pairs are as good as none.
pub(super) fn spacing(object: &DefaultDicomObject) -> (Option<[f64; 2]>, bool) {
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
pub(super) fn attestation_reason(
    object: &DefaultDicomObject,
    modality: Modality,
) -> Option<AttestationReason> {
    // Those of visible light begin with the same digits.
    let is_capture = |class: String| {
        let after = class.strip_prefix(SECONDARY_CAPTURE);
        after.is_some_and(|after| after.is_empty() || after.starts_with('.'))
    };
    if text(object, SOP_CLASS_UID).is_some_and(is_capture) {
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
