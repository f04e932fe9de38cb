//! Pictures of simple shapes on soft backgrounds, with the box of each shape.

use super::words::{Fill, Shape, Side, Tongue, join};
use image::{DynamicImage, RgbImage};
use rand::Rng;
use rand::seq::IndexedRandom;
use std::f32::consts::{PI, TAU};

/// A shape in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thing {
    /// What it is.
    pub shape: Shape,
    /// What fills it.
    pub fill: Fill,
    /// `[x0, y0, x1, y1]` in pixels, the tight box of what was drawn.
    pub bbox: [f32; 4],
}

/// A picture and what is in it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The pixels.
    pub image: DynamicImage,
    /// The shapes, in the order they were drawn.
    pub things: Vec<Thing>,
}

impl Thing {
    /// `bright circle`, `明亮圆形`.
    #[must_use]
    pub fn name(&self, tongue: Tongue) -> String {
        join(tongue, &[self.fill.name(tongue), self.shape.name(tongue)])
    }

    /// On which half of a picture of this width its middle lies.
    #[must_use]
    pub fn side(&self, width: f32) -> Side {
        if self.bbox[0] + self.bbox[2] < width {
            Side::Left
        } else {
            Side::Right
        }
    }
}

/// The smallest and the largest radius of a shape, in sides of the picture.
pub const SMALLEST: f32 = 0.06;
const LARGEST: f32 = 0.4;
/// How often a further shape lies on one that is already there, so that a box must be looked into, not only looked up.
const NESTED: f64 = 0.4;
/// The smallest radius, in pixels, of a shape on another.
const SPECK: f32 = 4.0;

/// A place and a form, before it is drawn.
struct Plan {
    shape: Shape,
    fill: Fill,
    centre: (f32, f32),
    radius: (f32, f32),
    turn: f32,
    edge: f32,
    phase: f32,
}

/// Draws a picture of `side × side` pixels with at most `crowd` shapes, none with a radius below `smallest` sides.
#[must_use]
pub fn draw(side: usize, crowd: usize, smallest: f32, rng: &mut impl Rng) -> Picture {
    let mut canvas = background(side, rng);
    let wanted = rng.random_range(1..=crowd.max(1));
    let mut things: Vec<Thing> = Vec::new();
    for _ in 0..wanted * 4 {
        if things.len() == wanted {
            break;
        }
        let within = things
            .choose(rng)
            .copied()
            .filter(|_| rng.random_bool(NESTED));
        let plan = match &within {
            Some(outer) => Plan::within(outer, rng),
            None => Plan::random(side as f32, smallest, rng),
        };
        let others = things.iter().filter(|t| Some(**t) != within);
        if others.into_iter().any(|t| plan.overlaps(t)) {
            continue;
        }
        if let Some(bbox) = plan.paint(&mut canvas, side, rng) {
            things.push(Thing {
                shape: plan.shape,
                fill: plan.fill,
                bbox,
            });
        }
    }
    Picture {
        image: finish(&canvas, side, rng),
        things,
    }
}

/// A grey level with a gradient, some broad blobs and waves: what lies behind the shapes is never flat.
fn background(side: usize, rng: &mut impl Rng) -> Vec<f32> {
    let base = rng.random_range(0.25..0.65);
    let (angle, slope) = (rng.random_range(0.0..TAU), rng.random_range(0.0..0.2));
    let blobs: Vec<[f32; 4]> = (0..rng.random_range(0..4))
        .map(|_| {
            let reach = rng.random_range(0.15..0.5);
            [
                rng.random(),
                rng.random(),
                reach,
                rng.random_range(-0.15..0.15),
            ]
        })
        .collect();
    let wave = (rng.random_range(4.0..14.0), rng.random_range(0.0..0.04));
    let mut canvas = Vec::with_capacity(side * side);
    for i in 0..side * side {
        let (x, y) = (
            (i % side) as f32 / side as f32,
            (i / side) as f32 / side as f32,
        );
        let along = (x - 0.5) * angle.cos() + (y - 0.5) * angle.sin();
        let blob: f32 = blobs
            .iter()
            .map(|[bx, by, r, level]| {
                let square = ((x - bx) * (x - bx) + (y - by) * (y - by)) / (r * r);
                level * (-square * 2.0).exp()
            })
            .sum();
        canvas.push(base + slope * along + blob + wave.1 * ((x + y * 0.7) * wave.0).sin());
    }
    canvas
}

impl Plan {
    fn random(side: f32, smallest: f32, rng: &mut impl Rng) -> Self {
        // Small and large sizes alike: the logarithm is uniform.
        let radius = side * (rng.random_range(smallest.ln()..LARGEST.ln())).exp();
        let stretch = rng.random_range(0.75..1.33f32).sqrt();
        let reach = radius * 1.15;
        let place = |rng: &mut dyn FnMut() -> f32| {
            if 2.0 * reach < side {
                reach + rng() * (side - 2.0 * reach)
            } else {
                side / 2.0
            }
        };
        let mut uniform = || rng.random::<f32>();
        let centre = (place(&mut uniform), place(&mut uniform));
        Self {
            shape: *Shape::ALL.choose(rng).unwrap_or(&Shape::Circle),
            fill: *Fill::ALL.choose(rng).unwrap_or(&Fill::Bright),
            centre,
            radius: (radius * stretch, radius / stretch),
            turn: rng.random_range(-0.35..0.35),
            edge: rng.random_range(0.6..2.2),
            phase: rng.random_range(0.0..TAU),
        }
    }

    /// A small shape on a larger one.
    fn within(outer: &Thing, rng: &mut impl Rng) -> Self {
        let [x0, y0, x1, y1] = outer.bbox;
        let half = ((x1 - x0) / 2.0, (y1 - y0) / 2.0);
        let largest = (0.45 * half.0.min(half.1)).max(1.2 * SPECK);
        let radius = rng.random_range(SPECK.ln()..largest.ln()).exp();
        let place = |low: f32, high: f32, share: f32| {
            let room = (0.8 * (high - low) - 2.0 * radius).max(0.0);
            (low + high) / 2.0 + (share - 0.5) * room
        };
        Self {
            centre: (place(x0, x1, rng.random()), place(y0, y1, rng.random())),
            radius: (radius, radius),
            ..Self::random(1.0, 0.1, rng)
        }
    }

    fn overlaps(&self, thing: &Thing) -> bool {
        let [x0, y0, x1, y1] = thing.bbox;
        let across =
            (self.centre.0 + self.radius.0).min(x1) - (self.centre.0 - self.radius.0).max(x0);
        let down =
            (self.centre.1 + self.radius.1).min(y1) - (self.centre.1 - self.radius.1).max(y0);
        if across <= 0.0 || down <= 0.0 {
            return false;
        }
        let smaller = (4.0 * self.radius.0 * self.radius.1).min((x1 - x0) * (y1 - y0));
        across * down > 0.1 * smaller
    }

    /// Blends the shape into the canvas and returns the box of its solid part.
    fn paint(&self, canvas: &mut [f32], side: usize, rng: &mut impl Rng) -> Option<[f32; 4]> {
        let strength: f32 = rng.random_range(0.16..0.34);
        let mut bounds = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        for (i, pixel) in canvas.iter_mut().enumerate() {
            let (x, y) = ((i % side) as f32 + 0.5, (i / side) as f32 + 0.5);
            let (dx, dy) = (x - self.centre.0, y - self.centre.1);
            let (u, v) = (
                dx * self.turn.cos() + dy * self.turn.sin(),
                dy * self.turn.cos() - dx * self.turn.sin(),
            );
            let (u, v) = (u / self.radius.0, v / self.radius.1);
            if u.abs() > 1.6 || v.abs() > 1.6 {
                continue;
            }
            // Signed distance in pixels, negative inside.
            let distance = self.shape.distance(u, v) * self.radius.0.min(self.radius.1);
            let cover = (0.5 - distance / self.edge).clamp(0.0, 1.0);
            *pixel += cover * strength * self.level(u, v, x, y, rng);
            if cover >= 0.5 {
                bounds = [
                    bounds[0].min(x - 0.5),
                    bounds[1].min(y - 0.5),
                    bounds[2].max(x + 0.5),
                    bounds[3].max(y + 0.5),
                ];
            }
        }
        (bounds[2] - bounds[0] >= 4.0 && bounds[3] - bounds[1] >= 4.0).then_some(bounds)
    }

    fn level(&self, u: f32, v: f32, x: f32, y: f32, rng: &mut impl Rng) -> f32 {
        match self.fill {
            Fill::Bright => 1.0,
            Fill::Dark => -1.0,
            Fill::Striped => ((x + y * 0.4) * 1.3 + self.phase).sin().signum() * 0.9,
            Fill::Spotted => {
                if rng.random::<f32>() < 0.25 {
                    1.6
                } else {
                    -0.5
                }
            }
            Fill::Hazy => 0.9 * (1.0 - (u * u + v * v)).max(0.0).sqrt() - 0.1,
        }
    }
}

impl Shape {
    /// Roughly the signed distance to the outline for a shape of radius one.
    fn distance(self, u: f32, v: f32) -> f32 {
        let r = (u * u + v * v).sqrt();
        let angle = v.atan2(u);
        let polygon = |corners: f32, offset: f32| {
            let sector = TAU / corners;
            let a = (angle + offset).rem_euclid(sector) - sector / 2.0;
            r * a.cos() - (PI / corners).cos()
        };
        match self {
            Self::Circle => r - 1.0,
            Self::Square => u.abs().max(v.abs()) - 0.86,
            Self::Triangle => polygon(3.0, PI / 2.0 + PI / 3.0 + PI / 3.0),
            Self::Annulus => (r - 0.75).abs() - 0.25,
            Self::Cross => {
                let (long, wide) = (u.abs().max(v.abs()), u.abs().min(v.abs()));
                (long - 1.0).max(wide - 0.3)
            }
            Self::Diamond => (u.abs() + v.abs() - 1.0) * 0.707,
            Self::Star => r - 0.68 - 0.3 * (5.0 * (angle + PI / 2.0)).cos(),
            Self::Crescent => (r - 1.0).max(0.75 - ((u - 0.45) * (u - 0.45) + v * v).sqrt()),
            Self::Bar => (u.abs() - 1.0).max(v.abs() - 0.28),
            Self::Hexagon => polygon(6.0, 0.0),
            Self::Capsule => {
                let along = v.abs().max(0.55) - 0.55;
                (u * u + along * along).sqrt() - 0.45
            }
            Self::Flower => r - 0.78 - 0.2 * (8.0 * angle).cos(),
        }
    }
}

/// Grain, a tint now and then, and eight bits.
fn finish(canvas: &[f32], side: usize, rng: &mut impl Rng) -> DynamicImage {
    let grain = rng.random_range(0.0..0.05f32);
    let tint = if rng.random_bool(0.3) {
        [0, 1, 2].map(|_| rng.random_range(0.55..1.0f32))
    } else {
        [1.0; 3]
    };
    let mut bytes = Vec::with_capacity(3 * side * side);
    for level in canvas {
        let noisy = level + grain * (rng.random::<f32>() + rng.random::<f32>() - 1.0) * 2.0;
        bytes.extend(tint.map(|t| (noisy * t * 255.0).clamp(0.0, 255.0) as u8));
    }
    let image = RgbImage::from_raw(side as u32, side as u32, bytes)
        .unwrap_or_else(|| RgbImage::new(side as u32, side as u32));
    DynamicImage::ImageRgb8(image)
}
