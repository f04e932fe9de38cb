//! An axial slice through a head.

use super::canvas::{Blob, Texture, grey};
use super::{Scene, findings};
use rand::Rng;

pub(super) fn draw(scene: &mut Scene, rng: &mut impl Rng) {
    let skull = Blob::organ((0.0, 0.0), (0.76, 0.93), 0.05, 0.02, rng);
    let brain = Blob {
        radii: (skull.radii.0 - 0.12, skull.radii.1 - 0.12),
        ..skull
    };
    let (folds, white) = (Texture::new(4.5, rng), Texture::new(2.0, rng));
    let gain = rng.random_range(0.9..1.1f32);
    scene.canvas.blend(scene.pose, &skull, |_, _, out| {
        grey(if out > 0.93 { 0.75 } else { 0.08 })
    });
    scene.canvas.blend(scene.pose, &brain, |u, v, out| {
        let cortex = 0.12 * folds.at(u, v) * ((out - 0.55) * 3.0).clamp(0.0, 1.0);
        let midline = 0.12 * (-(u * u) / 0.0004).exp();
        grey(gain * (0.46 + 0.03 * white.at(u, v)) + cortex - midline)
    });
    ventricles(scene, rng);
    for _ in 0..scene.how_many("tumour", &[0, 0, 1], rng) {
        tumour(scene, rng);
    }
    findings::draw(scene, rng);
    scene.canvas.grain(rng.random_range(0.03..0.08), rng);
}

/// A dark butterfly in the middle.
fn ventricles(scene: &mut Scene, rng: &mut impl Rng) {
    let (width, height) = (
        rng.random_range(0.07..0.13f32),
        rng.random_range(0.2..0.36f32),
    );
    let at = (
        rng.random_range(-0.06..0.06f32),
        rng.random_range(-0.1..0.1f32),
    );
    let horn = |side: f32, up: f32| Blob {
        turn: -0.45 * side * up,
        ..Blob::smooth(
            (at.0 + side * (width + 0.03), at.1 - up * height * 0.55),
            (width, height * 0.6),
        )
    };
    let blobs = [
        horn(-1.0, 1.0),
        horn(1.0, 1.0),
        horn(-1.0, -1.0),
        horn(1.0, -1.0),
    ];
    let bounds = scene
        .canvas
        .blend_all(scene.pose, &blobs, |_, _, _| grey(0.09));
    scene.note("ventricles", bounds, rng);
}

/// A bright rim around a darker core, with a halo.
fn tumour(scene: &mut Scene, rng: &mut impl Rng) {
    let radius = rng.random_range(0.1..0.22f32);
    let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let at = (
        side * rng.random_range(0.24..0.42),
        rng.random_range(-0.5..0.5),
    );
    let blob = Blob::organ(at, (radius, radius), 0.15, 0.1, rng);
    let halo = Blob {
        radii: (radius * 1.35, radius * 1.35),
        edge: 0.12,
        ..blob
    };
    scene.canvas.blend(scene.pose, &halo, |_, _, _| grey(0.34));
    let bounds = scene.canvas.blend(scene.pose, &blob, |_, _, out| {
        grey(if out > 0.6 { 0.92 } else { 0.55 })
    });
    scene.note("tumour", bounds, rng);
}
