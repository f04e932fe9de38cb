//! A picture in floating point, the pose of a body on it, and soft shapes.

use image::{DynamicImage, RgbImage};
use medreg_datasets::modality::Modality;
use rand::Rng;
use std::f32::consts::TAU;

/// Red, green and blue, 0 to 1.
pub type Colour = [f32; 3];

/// A shade of grey.
pub fn grey(level: f32) -> Colour {
    [level; 3]
}

/// How a body lies on the picture. Body coordinates go from −1 to 1 over an average body.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// Of the body's middle, in halves of the picture's side.
    centre: (f32, f32),
    /// Half a body in halves of the picture's side, across and down.
    scale: (f32, f32),
    /// Radians.
    turn: f32,
}

impl Pose {
    /// A person's build, and how the machine was set for them.
    pub fn habitus(rng: &mut impl Rng) -> Self {
        let zoom = rng.random_range(0.58..0.98f32);
        let girth = rng.random_range(0.9..1.12f32);
        Self {
            centre: (rng.random_range(-0.24..0.24), rng.random_range(-0.22..0.22)),
            scale: (zoom * girth, zoom / girth),
            turn: rng.random_range(-0.2..0.2),
        }
    }

    /// The same person a little later.
    pub fn moved(self, rng: &mut impl Rng) -> Self {
        let factor = rng.random_range(0.93..1.07);
        Self {
            centre: (
                self.centre.0 + rng.random_range(-0.07..0.07),
                self.centre.1 + rng.random_range(-0.07..0.07),
            ),
            scale: (self.scale.0 * factor, self.scale.1 * factor),
            turn: self.turn + rng.random_range(-0.06..0.06),
        }
    }

    /// Picture coordinates (−1 to 1) to body coordinates.
    pub fn to_body(self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - self.centre.0, y - self.centre.1);
        let (sin, cos) = self.turn.sin_cos();
        (
            (dx * cos + dy * sin) / self.scale.0,
            (dy * cos - dx * sin) / self.scale.1,
        )
    }

    /// How much of a body one pixel is, for descriptions that speak of millimetres.
    pub fn millimetres_per_pixel(self, modality: Modality) -> f64 {
        let width_of_a_body = match modality {
            Modality::Fundus => 16.0,
            Modality::Mr => 190.0,
            _ => 340.0,
        };
        width_of_a_body / (f64::from(self.scale.0) * f64::from(super::SIDE))
    }
}

/// A closed soft shape in body coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Blob {
    /// Its middle.
    pub at: (f32, f32),
    /// Half its width and half its height.
    pub radii: (f32, f32),
    /// Radians.
    pub turn: f32,
    /// Amplitude and phase of two, three and five bumps around it.
    pub wobble: [(f32, f32); 3],
    /// Width of its edge.
    pub edge: f32,
}

impl Blob {
    /// An ellipse.
    pub fn smooth(at: (f32, f32), radii: (f32, f32)) -> Self {
        Self {
            at,
            radii,
            turn: 0.0,
            wobble: [(0.0, 0.0); 3],
            edge: 0.03,
        }
    }

    /// A shape near an ellipse: place and size vary by `vary`, the outline by `rough`.
    pub fn organ(
        at: (f32, f32),
        radii: (f32, f32),
        vary: f32,
        rough: f32,
        rng: &mut impl Rng,
    ) -> Self {
        let mut about = |x: f32| x * rng.random_range(1.0 - vary..1.0 + vary);
        let radii = (about(radii.0), about(radii.1));
        let mut shift = || rng.random_range(-0.35..0.35) * vary;
        let at = (at.0 + shift(), at.1 + shift());
        let turn = rng.random_range(-0.25..0.25);
        let wobble = [0.6, 1.0, 0.5].map(|share| {
            (
                rough * share * rng.random_range(0.2..1.0),
                rng.random_range(0.0..TAU),
            )
        });
        Self {
            at,
            radii,
            turn,
            wobble,
            edge: rng.random_range(0.02..0.05),
        }
    }

    /// 1 inside, 0 outside, between on the edge; and how far from the middle (0) to the outline (1).
    pub fn cover(&self, u: f32, v: f32) -> (f32, f32) {
        let (du, dv) = (u - self.at.0, v - self.at.1);
        let reach = 1.5 * self.radii.0.max(self.radii.1);
        if du.abs() > reach || dv.abs() > reach {
            return (0.0, f32::MAX);
        }
        let (sin, cos) = self.turn.sin_cos();
        let (a, b) = (
            (du * cos + dv * sin) / self.radii.0,
            (dv * cos - du * sin) / self.radii.1,
        );
        let angle = b.atan2(a);
        let bumps: f32 = [2.0, 3.0, 5.0]
            .iter()
            .zip(self.wobble)
            .map(|(k, (size, phase))| size * (k * angle + phase).cos())
            .sum();
        let r = (a * a + b * b).sqrt() / (1.0 + bumps);
        let distance = (r - 1.0) * self.radii.0.min(self.radii.1);
        ((0.5 - distance / self.edge).clamp(0.0, 1.0), r)
    }
}

/// The picture.
#[derive(Clone, Debug)]
pub struct Canvas {
    side: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    /// All black.
    pub fn new(side: usize) -> Self {
        Self {
            side,
            pixels: vec![grey(0.0); side * side],
        }
    }

    /// Pixels per side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Replaces every pixel by `colour(u, v, old)` in body coordinates.
    pub fn paint(&mut self, pose: Pose, colour: impl Fn(f32, f32, Colour) -> Colour) {
        let half = self.side as f32 / 2.0;
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = ((i % self.side) as f32 + 0.5, (i / self.side) as f32 + 0.5);
            let (u, v) = pose.to_body(x / half - 1.0, y / half - 1.0);
            *pixel = colour(u, v, *pixel);
        }
    }

    /// Blends a blob in and returns the box `[x0, y0, x1, y1]` of what it covers, in pixels.
    pub fn blend(
        &mut self,
        pose: Pose,
        blob: &Blob,
        colour: impl Fn(f32, f32, f32) -> Colour,
    ) -> Option<[f32; 4]> {
        self.blend_all(pose, std::slice::from_ref(blob), colour)
    }

    /// The same for several blobs that count as one thing. `colour` gets u, v and how far out in the blob it is.
    pub fn blend_all(
        &mut self,
        pose: Pose,
        blobs: &[Blob],
        colour: impl Fn(f32, f32, f32) -> Colour,
    ) -> Option<[f32; 4]> {
        let half = self.side as f32 / 2.0;
        let mut bounds: Option<[f32; 4]> = None;
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = ((i % self.side) as f32, (i / self.side) as f32);
            let (u, v) = pose.to_body((x + 0.5) / half - 1.0, (y + 0.5) / half - 1.0);
            let covers = blobs.iter().map(|b| b.cover(u, v));
            let (cover, out) = covers.fold((0.0, f32::MAX), |a, b| if b.0 > a.0 { b } else { a });
            if cover <= 0.0 {
                continue;
            }
            let new = colour(u, v, out);
            for (old, new) in pixel.iter_mut().zip(new) {
                *old += cover * (new - *old);
            }
            if cover >= 0.5 {
                let [x0, y0, x1, y1] = bounds.unwrap_or([x, y, x, y]);
                bounds = Some([x0.min(x), y0.min(y), x1.max(x + 1.0), y1.max(y + 1.0)]);
            }
        }
        bounds
    }

    /// Adds grain of this strength to what is not black.
    pub fn grain(&mut self, strength: f32, rng: &mut impl Rng) {
        for pixel in &mut self.pixels {
            let noise = strength * (rng.random::<f32>() + rng.random::<f32>() - 1.0);
            if pixel.iter().any(|c| *c > 0.03) {
                pixel.iter_mut().for_each(|c| *c += noise);
            }
        }
    }

    /// Sets a pixel; outside the picture nothing happens.
    pub fn set(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.side && y < self.side {
            self.pixels[y * self.side + x] = colour;
        }
    }

    /// Eight bits per channel.
    pub fn to_image(&self) -> DynamicImage {
        let bytes = self
            .pixels
            .iter()
            .flatten()
            .map(|c| (c * 255.0).clamp(0.0, 255.0) as u8)
            .collect();
        let side = self.side as u32;
        DynamicImage::ImageRgb8(
            RgbImage::from_raw(side, side, bytes).unwrap_or_else(|| RgbImage::new(side, side)),
        )
    }
}

/// A soft pattern of waves in −1 to 1, different for every seed: tissue is never flat.
#[derive(Clone, Copy, Debug)]
pub struct Texture {
    waves: [(f32, f32, f32); 6],
}

impl Texture {
    /// Waves of about `pitch` periods over half a body.
    pub fn new(pitch: f32, rng: &mut impl Rng) -> Self {
        let mut wave = || {
            let (angle, rate): (f32, f32) = (
                rng.random_range(0.0..TAU),
                pitch * rng.random_range(0.5..1.6) * TAU,
            );
            (
                rate * angle.cos(),
                rate * angle.sin(),
                rng.random_range(0.0..TAU),
            )
        };
        Self {
            waves: std::array::from_fn(|_| wave()),
        }
    }

    /// Its value at a point.
    pub fn at(&self, u: f32, v: f32) -> f32 {
        self.waves
            .iter()
            .map(|(a, b, phase)| (a * u + b * v + phase).sin())
            .sum::<f32>()
            / 3.0
    }
}
