//! The contact sheet: held-out images with true boxes (solid) and predicted ones (dashed), one colour per concept.

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::{FONT_7X13, FONT_9X15};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{Dimensions, DrawTarget, Drawable, Pixel, Point, RgbColor, Size};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Baseline, Text};
use image::{Rgb, RgbImage, imageops};
use medreg_datasets::geometry::PixelBox;
use std::convert::Infallible;

const COLUMNS: u32 = 3;
/// The longer side of an image on the sheet, in pixels.
const SIDE: u32 = 400;
const GAP: u32 = 16;
const LINE_HEIGHT: u32 = 17;
const HEAD: u32 = 48;
const BACKGROUND: Rgb<u8> = Rgb([24, 26, 30]);
const TEXT: Rgb<u8> = Rgb([230, 230, 230]);
/// Bright on dark images, and told apart with any kind of colour vision.
const COLOURS: [Rgb<u8>; 8] = [
    Rgb([86, 180, 233]),
    Rgb([230, 159, 0]),
    Rgb([0, 200, 140]),
    Rgb([240, 228, 66]),
    Rgb([204, 121, 167]),
    Rgb([255, 110, 60]),
    Rgb([150, 150, 255]),
    Rgb([255, 255, 255]),
];

/// One image of the sheet.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its heading, in ASCII.
    pub title: String,
    /// Its pixels.
    pub image: RgbImage,
    /// Each concept that was asked about.
    pub concepts: Vec<Shown>,
}

/// What is shown of one concept.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its name, in ASCII.
    pub name: String,
    /// Where it is, in image pixels.
    pub truth: Vec<PixelBox>,
    /// Where the model says it is.
    pub predicted: Vec<PixelBox>,
    /// The mean IoU of the true boxes with the predicted ones.
    pub iou: f64,
}

/// The sheet of these panels.
#[must_use]
pub fn draw_sheet(heading: &str, panels: &[Panel]) -> RgbImage {
    let most = panels
        .iter()
        .map(|panel| panel.concepts.len())
        .max()
        .unwrap_or(0);
    let legend = LINE_HEIGHT * (u32::try_from(most).unwrap_or(0).div_ceil(2) + 1);
    let (cell_width, cell_height) = (SIDE + GAP, SIDE + legend + GAP);
    let rows = u32::try_from(panels.len()).unwrap_or(0).div_ceil(COLUMNS);
    let size = (COLUMNS * cell_width + GAP, HEAD + rows * cell_height);
    let mut sheet = Sheet(RgbImage::from_pixel(size.0, size.1, BACKGROUND));
    sheet.heading(heading);
    for (index, panel) in (0u32..).zip(panels) {
        let (column, row) = (index % COLUMNS, index / COLUMNS);
        sheet.panel(panel, GAP + column * cell_width, HEAD + row * cell_height);
    }
    sheet.0
}

struct Sheet(RgbImage);

impl Sheet {
    fn heading(&mut self, text: &str) {
        let style = MonoTextStyle::new(&FONT_9X15, colour(TEXT));
        let at = Point::new(as_i32(GAP), 16);
        let Ok(_) = Text::with_baseline(text, at, style, Baseline::Top).draw(self);
    }

    fn panel(&mut self, panel: &Panel, left: u32, top: u32) {
        self.text(&panel.title, TEXT, left, top);
        let (width, height) = panel.image.dimensions();
        let scale = f64::from(SIDE) / f64::from(width.max(height).max(1));
        let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
        let shown = imageops::resize(
            &panel.image,
            scaled(width),
            scaled(height),
            imageops::FilterType::Triangle,
        );
        let image_top = top + LINE_HEIGHT;
        imageops::overlay(&mut self.0, &shown, left.into(), image_top.into());
        for (concept, colour) in panel.concepts.iter().zip(COLOURS.iter().cycle()) {
            let place = |bbox: &PixelBox| {
                let [x0, y0, x1, y1] = bbox.corners().map(|c| (c * scale).round() as u32);
                [left + x0, image_top + y0, left + x1, image_top + y1]
            };
            for bbox in &concept.truth {
                self.frame(place(bbox), *colour, |_| true);
            }
            for bbox in &concept.predicted {
                self.frame(place(bbox), *colour, |along| along % 8 < 4);
            }
        }
        self.legend(panel, left, image_top + SIDE + 4);
    }

    /// The concepts in two columns, each with its IoU.
    fn legend(&mut self, panel: &Panel, left: u32, top: u32) {
        let entries = panel.concepts.iter().zip(COLOURS.iter().cycle());
        for (index, (concept, colour)) in (0u32..).zip(entries) {
            let text = format!("{} {:.2}", concept.name, concept.iou);
            let at = (left + index % 2 * (SIDE / 2), top + index / 2 * LINE_HEIGHT);
            self.text(&text, *colour, at.0, at.1);
        }
    }

    fn text(&mut self, text: &str, ink: Rgb<u8>, left: u32, top: u32) {
        let style = MonoTextStyle::new(&FONT_7X13, colour(ink));
        let at = Point::new(as_i32(left), as_i32(top));
        let Ok(_) = Text::with_baseline(text, at, style, Baseline::Top).draw(self);
    }

    /// A frame two pixels wide, inked where `inked` says so, `along` each side in pixels.
    fn frame(&mut self, [x0, y0, x1, y1]: [u32; 4], ink: Rgb<u8>, inked: impl Fn(u32) -> bool) {
        for thick in 0..2 {
            for x in (x0..=x1).filter(|x| inked(x - x0)) {
                self.dot(x, y0 + thick, ink);
                self.dot(x, y1.saturating_sub(thick), ink);
            }
            for y in (y0..=y1).filter(|y| inked(y - y0)) {
                self.dot(x0 + thick, y, ink);
                self.dot(x1.saturating_sub(thick), y, ink);
            }
        }
    }

    fn dot(&mut self, x: u32, y: u32, ink: Rgb<u8>) {
        if let Some(pixel) = self.0.get_pixel_mut_checked(x, y) {
            *pixel = ink;
        }
    }
}

fn colour(Rgb([r, g, b]): Rgb<u8>) -> Rgb888 {
    Rgb888::new(r, g, b)
}

fn as_i32(pixels: u32) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

impl Dimensions for Sheet {
    fn bounding_box(&self) -> Rectangle {
        Rectangle::new(Point::zero(), Size::new(self.0.width(), self.0.height()))
    }
}

impl DrawTarget for Sheet {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(at, ink) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y)) {
                self.dot(x, y, Rgb([ink.r(), ink.g(), ink.b()]));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::truth::samples::pixel_box;
    use super::*;

    fn panel(truth: [f64; 4], predicted: [f64; 4]) -> Panel {
        Panel {
            title: "image 1".to_owned(),
            image: RgbImage::new(200, 100),
            concepts: vec![Shown {
                name: "liver".to_owned(),
                truth: vec![pixel_box(truth)],
                predicted: vec![pixel_box(predicted)],
                iou: 0.5,
            }],
        }
    }

    #[test]
    fn true_boxes_are_solid_and_predicted_ones_dashed_where_they_belong() {
        let sheet = draw_sheet(
            "held-out",
            &[panel([10.0, 10.0, 60.0, 60.0], [100.0, 20.0, 150.0, 70.0])],
        );
        // Image pixels are drawn twice as large, below heading and title.
        let at = |x: u32, y: u32| *sheet.get_pixel(GAP + 2 * x, HEAD + LINE_HEIGHT + 2 * y);
        let along =
            |y: u32, from: u32, to: u32| (from..to).filter(|x| at(*x, y) == COLOURS[0]).count();
        assert_eq!(along(10, 10, 60), 50);
        assert_eq!(along(20, 100, 148), 24);
        assert_eq!(at(30, 30), Rgb([0, 0, 0]));
    }

    #[test]
    fn boxes_at_the_very_edge_and_no_panels_do_no_harm() {
        let whole = [0.0, 0.0, 200.0, 100.0];
        let sheet = draw_sheet("six", &vec![panel(whole, whole); 6]);
        assert_eq!(sheet.width(), COLUMNS * (SIDE + GAP) + GAP);
        assert!(draw_sheet("none", &[]).height() == HEAD);
    }
}
