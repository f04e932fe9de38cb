//! Values as unsigned 16-bit ones: shifted, and where they do not fit or are no integers, scaled.

use super::grey::VoiFunction;
use super::voi::Shown;
use super::{ImagingError, Levels, Window, picture};
use bytes::Bytes;
use image::{DynamicImage, ImageBuffer, Luma};
use medreg_datasets::geometry::ImageSize;

/// The smallest and largest value, and whether all are integers.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    low: f64,
    high: f64,
    whole: bool,
}

impl Bounds {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let start = Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            whole: true,
        };
        values.fold(start, |found, value| Self {
            low: found.low.min(value),
            high: found.high.max(value),
            whole: found.whole && value.fract() == 0.0,
        })
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            whole: self.whole && other.whole,
        }
    }
}

/// How values become stored ones, and stored ones values again.
pub(super) struct Scale {
    low: f64,
    factor: f64,
    top: f64,
    inverted: bool,
}

impl Scale {
    /// Fits all values within the bounds; inverted, the largest becomes 0.
    pub(super) fn of(bounds: Bounds, inverted: bool) -> Self {
        let range = bounds.high - bounds.low;
        let most = f64::from(u16::MAX);
        let factor = if bounds.whole && range <= most || range <= 0.0 {
            1.0
        } else {
            most / range
        };
        Self {
            low: bounds.low,
            factor,
            top: (range * factor).round(),
            inverted,
        }
    }

    pub(super) fn store(&self, value: f64) -> u16 {
        let shifted = ((value - self.low) * self.factor).round();
        let stored = if self.inverted {
            self.top - shifted
        } else {
            shifted
        };
        stored.clamp(0.0, f64::from(u16::MAX)) as u16
    }

    pub(super) fn value(&self, stored: f64) -> f64 {
        let shifted = if self.inverted {
            self.top - stored
        } else {
            stored
        };
        shifted / self.factor + self.low
    }

    /// What stored values mean.
    pub(super) fn levels(&self, voi: Shown, hounsfield: bool) -> Levels {
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

    pub(super) fn encode(&self, values: &[f64], size: ImageSize) -> Result<Bytes, ImagingError> {
        let stored = values.iter().map(|value| self.store(*value)).collect();
        let image: ImageBuffer<Luma<u16>, Vec<u16>> =
            ImageBuffer::from_raw(size.width(), size.height(), stored)
                .ok_or(ImagingError::NoPixels)?;
        picture::encode(&DynamicImage::ImageLuma16(image))
    }

    /// The window in stored units. Turning the axis round moves the centre of PS3.3's half-open linear function by one.
    pub(super) fn window(&self, voi: Shown) -> Result<Window, ImagingError> {
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
