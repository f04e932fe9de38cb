//! Grey levels: from stored values to what is shown.

use super::{ImagingError, Window, picture};
use bytes::Bytes;
use image::{DynamicImage, GrayImage};
use medreg_datasets::geometry::ImageSize;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a window maps values to grey, PS3.3 section C.11.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoiFunction {
    /// C.11.2.1.2.1
    Linear,
    /// C.11.2.1.3.2
    LinearExact,
    /// C.11.2.1.3.1
    Sigmoid,
}

impl VoiFunction {
    /// The shown grey, in 0..=1, of a value.
    pub(super) fn apply(self, value: f64, center: f64, width: f64) -> f64 {
        let shown = match self {
            // A threshold, whose edge is black.
            Self::Linear if width <= 1.0 => f64::from(value > center - 0.5),
            Self::Linear => (value - (center - 0.5)) / (width - 1.0) + 0.5,
            Self::LinearExact => (value - center) / width + 0.5,
            Self::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
        };
        shown.clamp(0.0, 1.0)
    }
}

/// The 8-bit PNG of 16-bit grey through a linear window.
pub(super) fn rendered(
    values: &[u16],
    size: ImageSize,
    window: Window,
) -> Result<Bytes, ImagingError> {
    rendered_with(values, size, |value| {
        VoiFunction::Linear.apply(value, window.center, window.width)
    })
}

/// The 8-bit PNG of 16-bit grey through any function to 0..=1.
pub(super) fn rendered_with(
    values: &[u16],
    size: ImageSize,
    shown: impl Fn(f64) -> f64,
) -> Result<Bytes, ImagingError> {
    let table: Vec<u8> = (0..=u16::MAX)
        .map(|value| (shown(f64::from(value)) * 255.0).round() as u8)
        .collect();
    let grey = values
        .iter()
        .map(|value| table[usize::from(*value)])
        .collect();
    let image =
        GrayImage::from_raw(size.width(), size.height(), grey).ok_or(ImagingError::NoPixels)?;
    picture::encode(&DynamicImage::ImageLuma8(image))
}
