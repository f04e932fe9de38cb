//! PNG and JPEG.

use super::{Canonical, Facts, Hints, ImagingError, Window, checked_size};
use bytes::Bytes;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, ImageReader};
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use std::io::Cursor;

/// The greys of a PNG that was made here, shrunk to `size`, row by row.
pub fn shrunk(png: &[u8], size: (u32, u32)) -> Result<Vec<u8>, image::ImageError> {
    let picture = image::load_from_memory_with_format(png, ImageFormat::Png)?;
    let (width, height) = size;
    let small = picture.resize_exact(width, height, FilterType::Triangle);
    Ok(small.to_luma8().into_raw())
}

/// Reads a PNG or a JPEG. Transparency is laid over black; 16-bit grey stays 16-bit.
pub(super) fn read(
    bytes: &[u8],
    format: ImageFormat,
    hints: &Hints,
) -> Result<Canonical, ImagingError> {
    let kind = if format == ImageFormat::Png {
        "PNG"
    } else {
        "JPEG"
    };
    let malformed = |reason: &dyn std::fmt::Display| ImagingError::Malformed {
        kind,
        reason: reason.to_string(),
    };
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .map_err(|e| malformed(&e))?;
    let size = checked_size(width, height)?;
    let decoded = ImageReader::with_format(Cursor::new(bytes), format)
        .decode()
        .map_err(|e| malformed(&e))?;
    let canonical = canonical_pixels(decoded);
    let pixels = encode(&canonical)?;
    let (window, rendered) = match &canonical {
        DynamicImage::ImageLuma16(grey) => {
            let window = full_range(grey.as_raw());
            (
                Some(window),
                super::grey::rendered(grey.as_raw(), size, window)?,
            )
        }
        _ => (None, pixels.clone()),
    };
    Ok(Canonical {
        modality: hints.modality.unwrap_or(Modality::Other),
        size,
        bits: if window.is_some() { 16 } else { 8 },
        colour: matches!(canonical, DynamicImage::ImageRgb8(_)),
        window,
        pixel_spacing: None,
        pixels: vec![pixels],
        rendered,
        patient_key: None,
        study_key: None,
        series_key: None,
        facts: Facts {
            lossy: format == ImageFormat::Jpeg,
            ..Facts::default()
        },
        attestation_reason: (!hints.attested).then_some(AttestationReason::Picture),
        header: None,
    })
}

/// 8- or 16-bit grey, or 8-bit RGB.
fn canonical_pixels(decoded: DynamicImage) -> DynamicImage {
    match decoded {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) | DynamicImage::ImageRgb8(_) => {
            decoded
        }
        DynamicImage::ImageLumaA8(image) => {
            let over_black = |p: &image::LumaA<u8>| image::Luma([blend(p.0[0], p.0[1])]);
            DynamicImage::ImageLuma8(image::ImageBuffer::from_fn(
                image.width(),
                image.height(),
                |x, y| over_black(image.get_pixel(x, y)),
            ))
        }
        DynamicImage::ImageLumaA16(image) => {
            let over_black = |p: &image::LumaA<u16>| image::Luma([blend_deep(p.0[0], p.0[1])]);
            DynamicImage::ImageLuma16(image::ImageBuffer::from_fn(
                image.width(),
                image.height(),
                |x, y| over_black(image.get_pixel(x, y)),
            ))
        }
        other if other.color().has_alpha() => {
            let image = other.to_rgba8();
            let over_black =
                |p: &image::Rgba<u8>| image::Rgb([0, 1, 2].map(|c| blend(p.0[c], p.0[3])));
            DynamicImage::ImageRgb8(image::ImageBuffer::from_fn(
                image.width(),
                image.height(),
                |x, y| over_black(image.get_pixel(x, y)),
            ))
        }
        other => DynamicImage::ImageRgb8(other.to_rgb8()),
    }
}

fn blend(value: u8, alpha: u8) -> u8 {
    // At most 255 · 255 / 255, so it fits.
    ((u16::from(value) * u16::from(alpha) + 127) / 255) as u8
}

fn blend_deep(value: u16, alpha: u16) -> u16 {
    // At most 65,535 · 65,535 / 65,535; the product and the half fit 32 bits.
    ((u32::from(value) * u32::from(alpha) + 32_767) / 65_535) as u16
}

fn full_range(values: &[u16]) -> Window {
    let min = f64::from(values.iter().min().copied().unwrap_or(0));
    let max = f64::from(values.iter().max().copied().unwrap_or(0));
    Window {
        center: f64::midpoint(min, max),
        width: (max - min).max(1.0),
        min,
        max,
    }
}

/// A PNG of canonical pixels.
pub(super) fn encode(pixels: &DynamicImage) -> Result<Bytes, ImagingError> {
    let mut png = Cursor::new(Vec::new());
    let written = pixels.write_to(&mut png, ImageFormat::Png);
    written.map_err(|e| ImagingError::Malformed {
        kind: "PNG",
        reason: e.to_string(),
    })?;
    Ok(png.into_inner().into())
}
