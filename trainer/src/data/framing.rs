//! Another framing of the same picture: a little nearer or farther, a little aside, its boxes moved with it.
//!
//! Nothing is turned or mirrored: left stays left. Every box stays on the picture, so no answer becomes a half-truth.

use image::RgbImage;
use medreg_datasets::geometry::{ImageSize, PixelBox};
use rand::Rng;

/// How far the zoom goes either way.
const ZOOM: f64 = 0.22;
/// How far across and down may be zoomed differently.
const STRETCH: f64 = 0.07;
/// How far the picture moves, relative to its side.
const SHIFT: f64 = 0.16;

/// `new = factor · old + offset` along each axis, in sides of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    across: (f64, f64),
    down: (f64, f64),
}

impl Framing {
    /// A random framing that keeps all of `boxes` on a picture of `size`.
    pub fn random(boxes: &[PixelBox], size: ImageSize, rng: &mut impl Rng) -> Self {
        let zoom = (rng.random_range(-ZOOM..ZOOM)).exp();
        let stretch = (rng.random_range(-STRETCH..STRETCH)).exp();
        let span = |low: usize, side: u32| {
            let edge = |at: usize| boxes.iter().map(move |b| b.corners()[at] / f64::from(side));
            (
                edge(low).fold(0.5, f64::min),
                edge(low + 2).fold(0.5, f64::max),
            )
        };
        Self {
            across: axis(zoom * stretch, span(0, size.width()), rng),
            down: axis(zoom / stretch, span(1, size.height()), rng),
        }
    }

    /// The box on the reframed picture; `None` where nothing of it is left.
    #[must_use]
    pub fn moved(&self, bbox: PixelBox, size: ImageSize) -> Option<PixelBox> {
        let [x0, y0, x1, y1] = bbox.corners();
        let place = |c: f64, (factor, offset): (f64, f64), side: u32| {
            let side = f64::from(side);
            (factor * c + offset * side).clamp(0.0, side)
        };
        let (x, y) = (
            |c| place(c, self.across, size.width()),
            |c| place(c, self.down, size.height()),
        );
        PixelBox::new(x(x0), y(y0), x(x1), y(y1)).ok()
    }

    /// The reframed picture, its border repeated where it ends.
    #[must_use]
    pub fn applied(&self, picture: &RgbImage) -> RgbImage {
        let (width, height) = picture.dimensions();
        let sources = |side: u32, (factor, offset): (f64, f64)| -> Vec<(u32, u32, f32)> {
            let last = side - 1;
            let source = |i: u32| {
                let at = ((f64::from(i) + 0.5) / f64::from(side) - offset) / factor
                    * f64::from(side)
                    - 0.5;
                let at = at.clamp(0.0, f64::from(last));
                (at as u32, (at as u32 + 1).min(last), at.fract() as f32)
            };
            (0..side).map(source).collect()
        };
        let (columns, rows) = (sources(width, self.across), sources(height, self.down));
        RgbImage::from_fn(width, height, |x, y| {
            let ((x0, x1, fx), (y0, y1, fy)) = (columns[x as usize], rows[y as usize]);
            let corner = |x, y| picture.get_pixel(x, y).0.map(f32::from);
            let (a, b, c, d) = (
                corner(x0, y0),
                corner(x1, y0),
                corner(x0, y1),
                corner(x1, y1),
            );
            let blend = |i: usize| {
                let (top, bottom) = (a[i] + fx * (b[i] - a[i]), c[i] + fx * (d[i] - c[i]));
                (top + fy * (bottom - top)).round() as u8
            };
            image::Rgb([blend(0), blend(1), blend(2)])
        })
    }
}

/// A factor and an offset that keep `low..high` inside 0..1, as near to `factor` as that allows.
fn axis(factor: f64, (low, high): (f64, f64), rng: &mut impl Rng) -> (f64, f64) {
    let factor = factor.min(1.0 / (high - low).max(1e-6));
    // Zoomed about the middle, then shifted.
    let centred = 0.5 - 0.5 * factor;
    let wanted = centred + rng.random_range(-SHIFT..SHIFT);
    let (least, most) = (-factor * low, 1.0 - factor * high);
    (factor, wanted.clamp(least.min(most), most.max(least)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_box_stays_around_what_it_was_around() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let size = ImageSize::new(64, 64).unwrap();
        for _ in 0..50 {
            let (x, y) = (rng.random_range(0..40), rng.random_range(0..40));
            let (w, h) = (rng.random_range(8..24), rng.random_range(8..24));
            let inside = |px: u32, py: u32| (x..x + w).contains(&px) && (y..y + h).contains(&py);
            let picture = RgbImage::from_fn(64, 64, |px, py| {
                image::Rgb([if inside(px, py) { 255 } else { 0 }; 3])
            });
            let bbox = PixelBox::new(
                f64::from(x),
                f64::from(y),
                f64::from(x + w),
                f64::from(y + h),
            )
            .unwrap();
            let framing = Framing::random(&[bbox], size, &mut rng);
            let moved = framing.moved(bbox, size).unwrap();
            let seen = bright_box(&framing.applied(&picture));
            assert!(moved.iou(&seen) > 0.75, "{framing:?} {moved:?} {seen:?}");
        }
    }

    fn bright_box(picture: &RgbImage) -> PixelBox {
        let bright = || {
            picture
                .enumerate_pixels()
                .filter(|(_, _, p)| p.0[0] > 127)
                .map(|(x, y, _)| (f64::from(x), f64::from(y)))
        };
        let (x0, y0) = bright().fold((64.0, 64.0), |a: (f64, f64), b| {
            (a.0.min(b.0), a.1.min(b.1))
        });
        let (x1, y1) = bright().fold((0.0, 0.0), |a: (f64, f64), b| {
            (a.0.max(b.0 + 1.0), a.1.max(b.1 + 1.0))
        });
        PixelBox::new(x0, y0, x1, y1).unwrap()
    }
}
