//! A chest from the front: the patient's right is on the left.

use super::canvas::{Blob, Texture, grey};
use super::{Scene, findings};
use rand::Rng;

pub(super) fn draw(scene: &mut Scene, rng: &mut impl Rng) {
    let exposure = rng.random_range(-0.06..0.06f32);
    chest(scene, exposure, rng);
    let right = lung("right_lung", -0.43, scene, exposure, rng);
    let left = lung("left_lung", 0.43, scene, exposure, rng);
    ribs(scene, rng);
    heart(scene, exposure, rng);
    for _ in 0..scene.how_many("nodule", &[0, 0, 0, 1, 1, 2], rng) {
        let side = if rng.random_bool(0.5) { &left } else { &right };
        nodule(scene, side, rng);
    }
    findings::draw(scene, rng);
    scene.canvas.grain(rng.random_range(0.03..0.08), rng);
}

fn chest(scene: &mut Scene, exposure: f32, rng: &mut impl Rng) {
    let texture = Texture::new(2.0, rng);
    scene.canvas.paint(scene.pose, |u, v, _| {
        // Shoulders and flanks fade to black outside the body.
        let outside = (u.abs() - 0.95 - 0.1 * (v * 3.0).sin()).max(0.0) * 4.0;
        let spine = 0.12 * (-(u * u) / 0.006).exp();
        grey((0.52 + exposure + spine + 0.03 * texture.at(u, v) - outside).max(0.04))
    });
}

fn lung(
    concept: &'static str,
    across: f32,
    scene: &mut Scene,
    exposure: f32,
    rng: &mut impl Rng,
) -> Blob {
    let blob = Blob {
        turn: -0.1 * across.signum(),
        ..Blob::organ((across, -0.05), (0.32, 0.66), 0.1, 0.06, rng)
    };
    let vessels = Texture::new(7.0, rng);
    let bounds = scene.canvas.blend(scene.pose, &blob, |u, v, out| {
        grey(0.2 + exposure + 0.05 * vessels.at(u, v) * (1.0 - out).max(0.0) + 0.07 * out)
    });
    scene.note(concept, bounds, rng);
    blob
}

fn ribs(scene: &mut Scene, rng: &mut impl Rng) {
    let (pitch, phase) = (
        rng.random_range(14.0..19.0f32),
        rng.random_range(0.0..6.0f32),
    );
    scene.canvas.paint(scene.pose, |u, v, old| {
        let bow = v + 0.35 * (u.abs() - 0.4) * (u.abs() - 0.4) * 2.0;
        let rib = (bow * pitch + phase).sin().max(0.6) - 0.6;
        if u.abs() < 0.85 && v.abs() < 0.8 {
            old.map(|c| c + 0.18 * rib)
        } else {
            old
        }
    });
}

fn heart(scene: &mut Scene, exposure: f32, rng: &mut impl Rng) {
    let blob = Blob {
        turn: 0.45,
        ..Blob::organ((0.13, 0.26), (0.3, 0.24), 0.15, 0.05, rng)
    };
    let bounds = scene.canvas.blend(scene.pose, &blob, |_, _, out| {
        grey(0.72 + exposure - 0.06 * out)
    });
    scene.note("heart", bounds, rng);
}

/// A bright round spot in a lung.
fn nodule(scene: &mut Scene, lung: &Blob, rng: &mut impl Rng) {
    let radius = rng.random_range(0.06..0.13f32);
    let at = (
        lung.at.0 + rng.random_range(-0.5..0.5) * lung.radii.0,
        lung.at.1 + rng.random_range(-0.75..0.3) * lung.radii.1,
    );
    let blob = Blob {
        edge: 0.06,
        ..Blob::organ(at, (radius, radius), 0.12, 0.08, rng)
    };
    let bounds = scene
        .canvas
        .blend(scene.pose, &blob, |_, _, out| grey(0.8 - 0.15 * out));
    scene.note("nodule", bounds, rng);
}
