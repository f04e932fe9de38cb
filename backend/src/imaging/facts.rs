//! What a file says about how its picture is to be looked at and measured.
//!
//! Numbers and words of closed sets only: there is nothing here in which a name could hide.

use super::attributes::{of_all_frames, text, whole};
use super::grey::VoiFunction;
use super::slide;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};
use medreg_datasets::modality::Modality;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const INSTANCE_NUMBER: Tag = Tag(0x0020, 0x0013);
const PATIENT_ORIENTATION: Tag = Tag(0x0020, 0x0020);
const IMAGE_POSITION: Tag = Tag(0x0020, 0x0032);
const IMAGE_ORIENTATION: Tag = Tag(0x0020, 0x0037);
const LATERALITY: Tag = Tag(0x0020, 0x0060);
const IMAGE_LATERALITY: Tag = Tag(0x0020, 0x0062);
const RESCALE_TYPE: Tag = Tag(0x0028, 0x1054);
const LOSSY_IMAGE_COMPRESSION: Tag = Tag(0x0028, 0x2110);
const PLANE_POSITION: Tag = Tag(0x0020, 0x9113);
const PLANE_ORIENTATION: Tag = Tag(0x0020, 0x9116);
const PIXEL_VALUE_TRANSFORMATION: Tag = Tag(0x0028, 0x9145);

/// How a picture is to be looked at and measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Facts {
    /// What grey values mean; absent where the file does not say.
    pub levels: Option<Levels>,
    /// Whether the pixels once went through a compression that loses something: LossyImageCompression (0028,2110), or a JPEG.
    pub lossy: bool,
    /// Whether the pixel spacing is that at the detector, ImagerPixelSpacing (0018,1164): what lies before it is smaller.
    pub spacing_at_detector: bool,
    /// ImageOrientationPatient (0020,0037): unit vectors along a row and along a column, x to the left, y to the back, z to the
    /// head. Absent where frames differ.
    pub orientation: Option<[f64; 6]>,
    /// ImagePositionPatient (0020,0032) of an image of one frame: the middle of its first pixel, in mm, same axes.
    pub position: Option<[f64; 3]>,
    /// PatientOrientation (0020,0020): where rows and columns lead, in the letters A, P, L, R, H and F.
    pub directions: Option<[String; 2]>,
    /// The side of the body.
    pub laterality: Option<Laterality>,
    /// InstanceNumber (0020,0013): its place in its series.
    pub instance: Option<i64>,
    /// The levels of a whole-slide image, the finest, in whose pixels boxes are, first; absent for all other images.
    pub pyramid: Option<Vec<slide::Level>>,
}

/// What grey values mean: value = slope × stored + intercept, after the modality transformation of PS3.3 section C.11.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Levels {
    /// Of stored values; below zero where the smallest value is white.
    pub slope: f64,
    /// In units of the values.
    pub intercept: f64,
    /// Whether the values are Hounsfield units.
    pub hounsfield: bool,
    /// MONOCHROME1: the smallest value is white.
    pub inverse: bool,
    /// The middle of the range that the file wants shown, in units of the values.
    pub center: f64,
    /// Its width.
    pub width: f64,
    /// How it is spread over the greys.
    pub function: VoiFunction,
}

impl Levels {
    /// The shown grey, in 0..=1, of a stored value.
    pub(super) fn shown(&self, stored: f64) -> f64 {
        let value = self.slope * stored + self.intercept;
        let grey = self.function.apply(value, self.center, self.width);
        if self.inverse { 1.0 - grey } else { grey }
    }
}

/// A side of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Laterality {
    /// The patient's left.
    Left,
    /// The patient's right.
    Right,
}

impl Facts {
    /// The facts of a DICOM file.
    pub(super) fn of(object: &DefaultDicomObject, levels: Option<Levels>, frames: u32) -> Self {
        let position = || of_all_frames(object, PLANE_POSITION, |set| numbers(set, IMAGE_POSITION));
        Self {
            levels,
            lossy: text(object, LOSSY_IMAGE_COMPRESSION).is_some_and(|says| says == "01"),
            spacing_at_detector: false,
            orientation: of_all_frames(object, PLANE_ORIENTATION, orientation),
            position: (frames == 1).then(position).flatten(),
            directions: directions(object),
            laterality: laterality(object),
            instance: whole(object, INSTANCE_NUMBER).map(i64::from),
            pyramid: None,
        }
    }
}

/// RescaleType (0028,1054) of a CT is HU where it is left out, PS3.3 section C.8.2.1.
pub(super) fn is_hounsfield(object: &DefaultDicomObject, modality: Modality) -> bool {
    let kind = of_all_frames(object, PIXEL_VALUE_TRANSFORMATION, |set| {
        text(set, RESCALE_TYPE)
    });
    modality == Modality::Ct && kind.is_none_or(|kind| kind == "HU")
}

fn numbers<const N: usize>(set: &InMemDicomObject, tag: Tag) -> Option<[f64; N]> {
    let numbers = set.get(tag)?.value().to_multi_float64().ok()?;
    let numbers: [f64; N] = numbers.try_into().ok()?;
    numbers.iter().all(|n| n.is_finite()).then_some(numbers)
}

/// Two unit vectors at a right angle, or none: from others no letter can be told.
fn orientation(set: &InMemDicomObject) -> Option<[f64; 6]> {
    const TOLERANCE: f64 = 0.01;
    let found: [f64; 6] = numbers(set, IMAGE_ORIENTATION)?;
    let (row, column) = found.split_at(3);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let square = dot(row, column).abs() < TOLERANCE;
    let unit = |v| (dot(v, v) - 1.0).abs() < TOLERANCE;
    (square && unit(row) && unit(column)).then_some(found)
}

fn directions(set: &InMemDicomObject) -> Option<[String; 2]> {
    let both = set.get(PATIENT_ORIENTATION)?.value().to_multi_str().ok()?;
    let known =
        |way: &str| !way.is_empty() && way.len() <= 3 && way.chars().all(|c| "APLRHF".contains(c));
    match &*both {
        [row, column] if known(row.trim()) && known(column.trim()) => {
            Some([row.trim().to_owned(), column.trim().to_owned()])
        }
        _ => None,
    }
}

fn laterality(set: &InMemDicomObject) -> Option<Laterality> {
    let says = text(set, IMAGE_LATERALITY).or_else(|| text(set, LATERALITY));
    match says.as_deref() {
        Some("L") => Some(Laterality::Left),
        Some("R") => Some(Laterality::Right),
        _ => None,
    }
}
