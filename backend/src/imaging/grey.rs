//! Grey levels: from stored values to what is shown.

use super::{ImagingError, Levels, Window, picture};
use bytes::Bytes;
use image::{DynamicImage, GrayImage, ImageFormat};
use medreg_datasets::geometry::ImageSize;
use serde::{Deserialize, Serialize};
use std::io::Cursor;
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

/// A kept frame as a reader first sees it, as a PNG or as a JPEG. Without levels it is shown as it is kept.
pub fn rendered_frame(
    png: &Bytes,
    levels: Option<&Levels>,
    jpeg: bool,
) -> Result<Bytes, ImagingError> {
    let malformed = |e: image::ImageError| ImagingError::Malformed {
        kind: "PNG",
        reason: e.to_string(),
    };
    let kept = image::load_from_memory_with_format(png, ImageFormat::Png).map_err(malformed)?;
    let shown = match (kept, levels) {
        (DynamicImage::ImageLuma16(grey), Some(levels)) => {
            let size = super::checked_size(grey.width(), grey.height())?;
            let picture = rendered_with(grey.as_raw(), size, |stored| levels.shown(stored))?;
            match jpeg {
                false => return Ok(picture),
                true => image::load_from_memory(&picture).map_err(malformed)?,
            }
        }
        (other, _) => other,
    };
    if !jpeg {
        return Ok(png.clone());
    }
    let mut drawn = Cursor::new(Vec::new());
    let eight = match shown.color().has_color() {
        true => DynamicImage::ImageRgb8(shown.to_rgb8()),
        false => DynamicImage::ImageLuma8(shown.to_luma8()),
    };
    eight
        .write_to(&mut drawn, ImageFormat::Jpeg)
        .map_err(malformed)?;
    Ok(drawn.into_inner().into())
}
