//! From stored values to modality values, Hounsfield units for one: the modality transformation of PS3.3 section C.11.1.

use super::ImagingError;
use super::attributes::{number, of_frame};
use super::table::Written;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};

const RESCALE_INTERCEPT: Tag = Tag(0x0028, 0x1052);
const RESCALE_SLOPE: Tag = Tag(0x0028, 0x1053);
const MODALITY_LUT_SEQUENCE: Tag = Tag(0x0028, 0x3000);
const PIXEL_VALUE_TRANSFORMATION: Tag = Tag(0x0028, 0x9145);

/// How the stored values of a frame become modality values.
pub(super) enum Rescale {
    /// By a table: the value of its first entry, and a modality value for each.
    Table { first: i64, entries: Vec<u16> },
    /// By a slope and an intercept.
    Line { slope: f64, intercept: f64 },
}

impl Rescale {
    /// The file's own table, else what it says of the frame; else values are as they are stored.
    pub(super) fn of(
        object: &DefaultDicomObject,
        frame: u32,
        signed: bool,
    ) -> Result<Self, ImagingError> {
        let sequence = object.get(MODALITY_LUT_SEQUENCE);
        if let Some(item) = sequence.and_then(|e| e.items()?.first()) {
            return Self::table(item, signed).ok_or(ImagingError::Attribute {
                attribute: "ModalityLUTSequence (0028,3000)",
            });
        }
        let said = |tag| {
            of_frame(object, PIXEL_VALUE_TRANSFORMATION, frame).find_map(|set| number(set, tag))
        };
        let slope = said(RESCALE_SLOPE).unwrap_or(1.0);
        let intercept = said(RESCALE_INTERCEPT).unwrap_or(0.0);
        match slope {
            0.0 => Err(ImagingError::Attribute {
                attribute: "RescaleSlope (0028,1053): it is zero, which makes all pixels alike",
            }),
            slope => Ok(Self::Line { slope, intercept }),
        }
    }

    /// The first value is signed where the pixels are.
    fn table(item: &InMemDicomObject, signed: bool) -> Option<Self> {
        let Written { first, entries, .. } = Written::of(item)?;
        let first = match signed {
            true => i64::from((first as u16).cast_signed()),
            false => first,
        };
        Some(Self::Table { first, entries })
    }

    /// The modality value of a stored one. Outside a table the nearest entry counts.
    pub(super) fn apply(&self, stored: f64) -> f64 {
        match self {
            Self::Line { slope, intercept } => stored * slope + intercept,
            Self::Table { first, entries } => {
                let place = (stored as i64 - first).max(0) as usize;
                f64::from(entries[place.min(entries.len() - 1)])
            }
        }
    }
}
