//! Pictures changed in one place, and where another place of the same size is.

use image::{DynamicImage, Rgb, RgbImage, imageops};
use medreg_datasets::geometry::{ImageSize, PixelBox};
use rand::Rng;

/// The blur's standard deviation as a share of the box's longer side: half of it leaves of what is inside no more than its mean and a
/// slope, and what is around shines in as it does around the box.
pub const BLUR_SIGMA: f64 = 0.5;

/// The picture with the inside of a box blurred by a Gaussian of [`BLUR_SIGMA`] of its longer side (three box blurs).
#[must_use]
pub fn blurred(picture: &DynamicImage, bbox: &PixelBox) -> DynamicImage {
    let [x0, y0, x1, y1] = whole_pixels(picture, bbox);
    let sigma = BLUR_SIGMA * f64::from((x1 - x0).max(y1 - y0));
    // Beyond three standard deviations nothing shines in.
    let reach = (3.0 * sigma).ceil() as u32;
    let (left, top) = (x0.saturating_sub(reach), y0.saturating_sub(reach));
    let right = (x1 + reach).min(picture.width());
    let bottom = (y1 + reach).min(picture.height());
    let mut changed = picture.to_rgb8();
    let around = imageops::crop_imm(&changed, left, top, right - left, bottom - top).to_image();
    let soft = imageops::fast_blur(&around, sigma as f32);
    let inside = imageops::crop_imm(&soft, x0 - left, y0 - top, x1 - x0, y1 - y0).to_image();
    imageops::replace(&mut changed, &inside, x0.into(), y0.into());
    DynamicImage::ImageRgb8(changed)
}

/// The pixels that a box covers, at least one.
fn whole_pixels(picture: &DynamicImage, bbox: &PixelBox) -> [u32; 4] {
    let [x0, y0, x1, y1] = bbox.corners();
    let (width, height) = (picture.width().max(1), picture.height().max(1));
    let (x0, y0) = (
        (x0.floor() as u32).min(width - 1),
        (y0.floor() as u32).min(height - 1),
    );
    let x1 = (x1.ceil() as u32).clamp(x0 + 1, width);
    let y1 = (y1.ceil() as u32).clamp(y0 + 1, height);
    [x0, y0, x1, y1]
}

/// A picture of the same size in one grey, the mean of the picture's.
#[must_use]
pub fn blank(picture: &DynamicImage) -> DynamicImage {
    let grey = picture.to_luma8();
    let sum: u64 = grey.pixels().map(|p| u64::from(p.0[0])).sum();
    let mean = sum / (grey.len() as u64).max(1);
    let level = u8::try_from(mean).unwrap_or(u8::MAX);
    let (width, height) = (picture.width(), picture.height());
    DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([level; 3])))
}

/// A box of the same size that shares nothing with this one, anywhere in the picture; `None` where none has room.
#[must_use]
pub fn elsewhere(bbox: &PixelBox, size: ImageSize, rng: &mut impl Rng) -> Option<PixelBox> {
    let [x0, y0, x1, y1] = bbox.corners();
    let (width, height) = (f64::from(size.width()), f64::from(size.height()));
    let (w, h) = (x1 - x0, y1 - y0);
    // Where its left upper corner may lie: left of the box, right of it, above it, below it.
    let corners = [
        [0.0, x0 - w, 0.0, height - h],
        [x1, width - w, 0.0, height - h],
        [0.0, width - w, 0.0, y0 - h],
        [0.0, width - w, y1, height - h],
    ];
    let room = corners.into_iter().filter(|[a, b, c, d]| a <= b && c <= d);
    let room: Vec<[f64; 4]> = room.collect();
    if room.is_empty() {
        return None;
    }
    let [a, b, c, d] = room[rng.random_range(0..room.len())];
    let (x, y) = (rng.random_range(a..=b), rng.random_range(c..=d));
    PixelBox::new(x, y, x + w, y + h).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn only_the_inside_of_the_box_is_blurred() {
        let lines = RgbImage::from_fn(64, 48, |x, _| Rgb([if x % 2 == 0 { 255 } else { 0 }; 3]));
        let picture = DynamicImage::ImageRgb8(lines.clone());
        let bbox = PixelBox::new(10.0, 10.0, 30.0, 26.0).unwrap();
        let changed = blurred(&picture, &bbox).to_rgb8();
        for (x, y, pixel) in changed.enumerate_pixels() {
            let inside = (10..30).contains(&x) && (10..26).contains(&y);
            match inside {
                true => assert!((100..=155).contains(&pixel.0[0]), "{x} {y} {pixel:?}"),
                false => assert_eq!(pixel, lines.get_pixel(x, y)),
            }
        }
        // A box of the whole picture, and one of less than a pixel at its edge.
        for bbox in [[0.0, 0.0, 64.0, 48.0], [63.6, 47.6, 63.9, 47.9]] {
            let bbox = PixelBox::try_from(bbox).unwrap();
            assert_eq!(blurred(&picture, &bbox).width(), 64);
        }
    }

    #[test]
    fn a_blank_picture_has_the_mean_of_the_picture() {
        let half = RgbImage::from_fn(2, 2, |x, _| Rgb([if x == 0 { 100 } else { 200 }; 3]));
        let blank = blank(&DynamicImage::ImageRgb8(half)).to_rgb8();
        assert!(blank.pixels().all(|p| *p == Rgb([150; 3])));
    }

    proptest! {
        #[test]
        fn another_place_is_inside_and_shares_nothing(
            x in 0.0..80.0f64, y in 0.0..80.0f64, w in 1.0..100.0f64, h in 1.0..100.0f64, seed in 0u64..50
        ) {
            let size = ImageSize::new(100, 100).unwrap();
            let (x1, y1) = ((x + w).min(100.0), (y + h).min(100.0));
            let bbox = PixelBox::new(x, y, x1, y1).unwrap();
            let found = elsewhere(&bbox, size, &mut ChaCha8Rng::seed_from_u64(seed));
            let (w, h) = (x1 - x, y1 - y);
            let room = x >= w || 100.0 - x1 >= w || y >= h || 100.0 - y1 >= h;
            prop_assert_eq!(found.is_some(), room);
            if let Some(found) = found {
                let [a, b, c, d] = found.corners();
                prop_assert!(a >= 0.0 && b >= 0.0 && c <= 100.0 + 1e-9 && d <= 100.0 + 1e-9);
                prop_assert!(found.iou(&bbox) < 1e-9);
                prop_assert!((found.area() - bbox.area()).abs() < 1e-6);
            }
        }
    }
}
