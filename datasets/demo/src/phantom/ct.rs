//! An axial slice through an abdomen, seen from the feet: the patient's right is on the left.

use super::canvas::{Blob, Texture, grey};
use super::{Scene, findings};
use rand::Rng;

pub(super) fn draw(scene: &mut Scene, rng: &mut impl Rng) {
    let window = rng.random_range(-0.05..0.05f32);
    body(scene, window, rng);
    let organs = organs(rng);
    for (concept, blob, level) in &organs {
        let texture = Texture::new(5.0, rng);
        let level = level + window;
        let bounds = scene.canvas.blend(scene.pose, blob, |u, v, _| {
            grey(level + 0.025 * texture.at(u, v))
        });
        scene.note(concept, bounds, rng);
    }
    vertebra(scene, window, rng);
    for _ in 0..scene.how_many("cyst", &[0, 0, 0, 1, 1, 2], rng) {
        cyst(scene, &organs[rng.random_range(0..organs.len())].1, rng);
    }
    findings::draw(scene, rng);
    scene.canvas.grain(rng.random_range(0.04..0.1), rng);
}

fn body(scene: &mut Scene, window: f32, rng: &mut impl Rng) {
    let skin = Blob::organ((0.0, 0.0), (0.97, 0.76), 0.04, 0.03, rng);
    let wall = Blob {
        radii: (skin.radii.0 - 0.1, skin.radii.1 - 0.09),
        ..skin
    };
    let (fat, inside) = (Texture::new(6.0, rng), Texture::new(3.0, rng));
    scene.canvas.blend(scene.pose, &skin, |u, v, _| {
        grey(0.22 + window + 0.02 * fat.at(u, v))
    });
    scene.canvas.blend(scene.pose, &wall, |u, v, _| {
        grey(0.36 + window + 0.05 * inside.at(u, v))
    });
    // Bowel with gas, which no one asks about.
    for _ in 0..rng.random_range(2..5) {
        let at = (rng.random_range(-0.1..0.5), rng.random_range(-0.45..0.0));
        let loop_ = Blob::organ(at, (0.13, 0.1), 0.3, 0.1, rng);
        let gas = rng.random_bool(0.5);
        scene.canvas.blend(scene.pose, &loop_, |_, _, out| {
            grey(if gas && out < 0.75 {
                0.06
            } else {
                0.43 + window
            })
        });
    }
}

type Organ = (&'static str, Blob, f32);

fn organs(rng: &mut impl Rng) -> [Organ; 4] {
    [
        (
            "liver",
            Blob::organ((-0.42, -0.12), (0.42, 0.38), 0.14, 0.08, rng),
            0.55,
        ),
        (
            "spleen",
            Blob::organ((0.64, 0.08), (0.15, 0.27), 0.18, 0.06, rng),
            0.52,
        ),
        (
            "right_kidney",
            Blob::organ((-0.36, 0.38), (0.14, 0.17), 0.16, 0.06, rng),
            0.66,
        ),
        (
            "left_kidney",
            Blob::organ((0.36, 0.4), (0.14, 0.17), 0.16, 0.06, rng),
            0.66,
        ),
    ]
}

fn vertebra(scene: &mut Scene, window: f32, rng: &mut impl Rng) {
    let body = Blob::organ((0.0, 0.42), (0.15, 0.12), 0.1, 0.03, rng);
    let arch = Blob::smooth((body.at.0, body.at.1 + 0.2), (0.05, 0.1));
    let bounds = scene.canvas.blend(scene.pose, &body, |_, _, out| {
        grey(if out > 0.75 { 0.95 } else { 0.8 } + window)
    });
    scene
        .canvas
        .blend(scene.pose, &arch, |_, _, _| grey(0.85 + window));
    scene.note("vertebra", bounds, rng);
    let aorta = Blob::organ((0.05, 0.2), (0.06, 0.06), 0.15, 0.02, rng);
    scene
        .canvas
        .blend(scene.pose, &aorta, |_, _, _| grey(0.58 + window));
}

/// A dark round lesion in an organ.
fn cyst(scene: &mut Scene, organ: &Blob, rng: &mut impl Rng) {
    let radius = rng.random_range(0.055..0.13f32);
    let mut inside = |r: f32| rng.random_range(-0.6..0.6) * r;
    let at = (
        organ.at.0 + inside(organ.radii.0),
        organ.at.1 + inside(organ.radii.1),
    );
    let blob = Blob::organ(at, (radius, radius), 0.12, 0.03, rng);
    let bounds = scene.canvas.blend(scene.pose, &blob, |_, _, _| grey(0.17));
    scene.note("cyst", bounds, rng);
}
