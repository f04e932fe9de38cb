//! Findings that a long-tailed pool has beside those of the demo: a round thing with its own look, in one of its places.

use super::Scene;
use super::canvas::{Blob, Colour, Texture, grey};
use medreg_datasets::modality::Modality;
use rand::Rng;
use rand::seq::IndexedRandom;

/// Middle and reach of a place where it may lie, in body coordinates.
type Place = ((f32, f32), (f32, f32));

/// A finding as it is drawn.
struct Look {
    concept: &'static str,
    modality: Modality,
    places: &'static [Place],
    /// Half its width, from least to greatest.
    radius: (f32, f32),
    /// Half its height, in halves of its width.
    tall: f32,
    /// Bumps of its outline.
    rough: f32,
    /// Width of its edge.
    edge: f32,
    /// Its colour, by how far out and by its texture.
    colour: fn(f32, f32) -> Colour,
}

const LIVER: Place = ((-0.42, -0.12), (0.25, 0.22));
const LUNGS: &[Place] = &[((-0.43, -0.05), (0.16, 0.4)), ((0.43, -0.05), (0.16, 0.4))];
const BASES: &[Place] = &[((-0.45, 0.45), (0.06, 0.06)), ((0.45, 0.45), (0.06, 0.06))];
const APICES: &[Place] = &[
    ((-0.45, -0.52), (0.06, 0.05)),
    ((0.45, -0.52), (0.06, 0.05)),
];
const BRAIN: &[Place] = &[((-0.34, 0.0), (0.14, 0.5)), ((0.34, 0.0), (0.14, 0.5))];
const RIM: &[Place] = &[((-0.56, 0.0), (0.04, 0.35)), ((0.56, 0.0), (0.04, 0.35))];
const RETINA: &[Place] = &[((0.0, -0.42), (0.4, 0.2)), ((0.0, 0.42), (0.4, 0.2))];

const LOOKS: [Look; 16] = [
    look(
        "calcification",
        Modality::Ct,
        &[LIVER, ((0.64, 0.08), (0.06, 0.15))],
        (0.06, 0.1),
        1.0,
        0.3,
        0.02,
        |_, _| grey(0.98),
    ),
    look(
        "abscess",
        Modality::Ct,
        &[LIVER],
        (0.13, 0.2),
        0.9,
        0.2,
        0.05,
        |out, _| grey(if out > 0.65 { 0.8 } else { 0.3 }),
    ),
    look(
        "haemangioma",
        Modality::Ct,
        &[LIVER],
        (0.11, 0.18),
        1.0,
        0.25,
        0.04,
        |_, t| grey(0.78 + 0.12 * t),
    ),
    look(
        "aneurysm",
        Modality::Ct,
        &[((0.05, 0.16), (0.05, 0.03))],
        (0.12, 0.17),
        1.0,
        0.05,
        0.03,
        |out, _| grey(if out > 0.8 { 0.95 } else { 0.68 }),
    ),
    look(
        "effusion",
        Modality::Xray,
        BASES,
        (0.2, 0.28),
        0.7,
        0.2,
        0.15,
        |_, _| grey(0.85),
    ),
    look(
        "consolidation",
        Modality::Xray,
        LUNGS,
        (0.16, 0.26),
        1.0,
        0.35,
        0.2,
        |_, t| grey(0.62 + 0.14 * t),
    ),
    look(
        "cavity",
        Modality::Xray,
        LUNGS,
        (0.12, 0.18),
        1.0,
        0.1,
        0.04,
        |out, _| grey(if out > 0.68 { 0.88 } else { 0.08 }),
    ),
    look(
        "pneumothorax",
        Modality::Xray,
        APICES,
        (0.18, 0.24),
        0.8,
        0.1,
        0.03,
        |_, _| grey(0.03),
    ),
    look(
        "pacemaker",
        Modality::Xray,
        &[((0.6, -0.6), (0.08, 0.06))],
        (0.12, 0.15),
        0.8,
        0.02,
        0.01,
        |out, _| grey(if out < 0.4 { 0.8 } else { 1.0 }),
    ),
    look(
        "infarct",
        Modality::Mr,
        BRAIN,
        (0.15, 0.24),
        1.2,
        0.3,
        0.1,
        |_, _| grey(0.86),
    ),
    look(
        "meningioma",
        Modality::Mr,
        RIM,
        (0.12, 0.18),
        1.4,
        0.08,
        0.02,
        |_, t| grey(0.72 + 0.04 * t),
    ),
    look(
        "cavernoma",
        Modality::Mr,
        BRAIN,
        (0.1, 0.16),
        1.0,
        0.3,
        0.04,
        |out, t| grey(if out > 0.75 { 0.03 } else { 0.6 + 0.35 * t }),
    ),
    look(
        "subdural",
        Modality::Mr,
        RIM,
        (0.08, 0.11),
        3.2,
        0.06,
        0.03,
        |_, _| grey(0.14),
    ),
    look(
        "exudate",
        Modality::Fundus,
        RETINA,
        (0.1, 0.18),
        0.8,
        0.45,
        0.02,
        |_, t| [1.0, 0.9 + 0.1 * t, 0.55 + 0.2 * t],
    ),
    look(
        "naevus",
        Modality::Fundus,
        RETINA,
        (0.13, 0.2),
        0.9,
        0.15,
        0.08,
        |_, _| [0.3, 0.26, 0.24],
    ),
    look(
        "laser_scar",
        Modality::Fundus,
        RETINA,
        (0.1, 0.15),
        1.0,
        0.2,
        0.03,
        |out, _| {
            if out > 0.55 {
                [0.95, 0.8, 0.6]
            } else {
                [0.15, 0.08, 0.05]
            }
        },
    ),
];

#[allow(clippy::too_many_arguments)] // A row of the table above.
const fn look(
    concept: &'static str,
    modality: Modality,
    places: &'static [Place],
    radius: (f32, f32),
    tall: f32,
    rough: f32,
    edge: f32,
    colour: fn(f32, f32) -> Colour,
) -> Look {
    Look {
        concept,
        modality,
        places,
        radius,
        tall,
        rough,
        edge,
        colour,
    }
}

/// Draws those that the scene's balance asks for; without one, none.
pub(super) fn draw(scene: &mut Scene, rng: &mut impl Rng) {
    let modality = scene.modality;
    for look in LOOKS.iter().filter(|look| look.modality == modality) {
        for _ in 0..scene.how_many(look.concept, &[], rng) {
            one(scene, look, rng);
        }
    }
}

fn one(scene: &mut Scene, look: &Look, rng: &mut impl Rng) {
    let Some(((x, y), (across, down))) = look.places.choose(rng) else {
        return;
    };
    let at = (
        x + across * rng.random_range(-1.0..1.0f32),
        y + down * rng.random_range(-1.0..1.0f32),
    );
    let radius = rng.random_range(look.radius.0..look.radius.1);
    let blob = Blob {
        edge: look.edge,
        at,
        ..Blob::organ(at, (radius, radius * look.tall), 0.1, look.rough, rng)
    };
    let texture = Texture::new(8.0, rng);
    let bounds = scene.canvas.blend(scene.pose, &blob, |u, v, out| {
        (look.colour)(out, texture.at(u, v))
    });
    scene.note(look.concept, bounds, rng);
}
