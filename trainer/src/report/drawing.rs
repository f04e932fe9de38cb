//! Boxes drawn over a picture.

use image::{DynamicImage, Rgb, RgbImage, imageops};
use medreg_datasets::geometry::PixelBox;

/// The longer side of what is drawn, in pixels: large enough to see, small enough for a page of many.
const SIDE: u32 = 480;
/// The true boxes, solid; Okabe and Ito's colours, which people with any kind of colour vision tell apart.
pub const TRUTH: Rgb<u8> = Rgb([86, 180, 233]);
/// The answer's boxes, dashed.
pub const SAID: Rgb<u8> = Rgb([230, 159, 0]);
/// The boxes of the answer in the other language, dotted.
pub const OTHER: Rgb<u8> = Rgb([204, 121, 167]);

/// The picture with the true boxes, the answer's, and those of the answer in the other language.
#[must_use]
pub fn over(
    picture: &DynamicImage,
    truth: &[PixelBox],
    said: &[PixelBox],
    other: &[PixelBox],
) -> RgbImage {
    let longer = picture.width().max(picture.height()).max(1);
    let scale = f64::from(SIDE) / f64::from(longer);
    let side = |pixels: u32| ((f64::from(pixels) * scale).round() as u32).max(1);
    let (width, height) = (side(picture.width()), side(picture.height()));
    let filter = imageops::FilterType::Triangle;
    let mut canvas = imageops::resize(&picture.to_rgb8(), width, height, filter);
    for (boxes, colour, on, of) in [
        (truth, TRUTH, 1, 1),
        (said, SAID, 8, 12),
        (other, OTHER, 3, 7),
    ] {
        for bbox in boxes {
            let corners = bbox.corners().map(|c| (c * scale).round() as i64);
            frame(&mut canvas, corners, colour, |along| along % of < on);
        }
    }
    canvas
}

/// A frame of three pixels: the colour between two dark lines, so that it is seen on bright and on dark.
fn frame(
    canvas: &mut RgbImage,
    [x0, y0, x1, y1]: [i64; 4],
    colour: Rgb<u8>,
    on: impl Fn(i64) -> bool,
) {
    const DARK: Rgb<u8> = Rgb([10, 10, 10]);
    for (grown, colour) in [(-1, DARK), (1, DARK), (0, colour)] {
        let [x0, y0, x1, y1] = [x0 - grown, y0 - grown, x1 + grown, y1 + grown];
        for x in (x0..=x1).filter(|x| on(x - x0)) {
            put(canvas, x, y0, colour);
            put(canvas, x, y1, colour);
        }
        for y in (y0..=y1).filter(|y| on(y - y0)) {
            put(canvas, x0, y, colour);
            put(canvas, x1, y, colour);
        }
    }
}

fn put(canvas: &mut RgbImage, x: i64, y: i64, colour: Rgb<u8>) {
    // A box may end on the picture's edge.
    let x = x.clamp(0, i64::from(canvas.width()) - 1);
    let y = y.clamp(0, i64::from(canvas.height()) - 1);
    if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) {
        canvas.put_pixel(x, y, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_drawn_where_they_are_and_at_the_edge() {
        let picture = DynamicImage::new_luma8(240, 120);
        let truth = [PixelBox::new(10.0, 20.0, 60.0, 70.0).unwrap()];
        let said = [PixelBox::new(0.0, 0.0, 240.0, 120.0).unwrap()];
        let drawn = over(&picture, &truth, &said, &[]);
        assert_eq!(drawn.dimensions(), (480, 240));
        assert_eq!(*drawn.get_pixel(20, 60), TRUTH);
        assert_eq!(*drawn.get_pixel(119, 140), TRUTH);
        assert!(drawn.pixels().any(|p| *p == SAID));
        // The middle of the box is the picture's own.
        assert_eq!(*drawn.get_pixel(70, 90), Rgb([0, 0, 0]));
    }
}
