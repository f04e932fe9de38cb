//! The back of an eye in colour, left or right.

use super::canvas::{Blob, Texture};
use super::{Scene, findings};
use rand::Rng;
use rand::seq::IndexedRandom;

pub(super) fn draw(scene: &mut Scene, rng: &mut impl Rng) {
    let eye = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let disc_at = (
        0.42 * eye + rng.random_range(-0.08..0.08),
        rng.random_range(-0.12..0.12f32),
    );
    retina(scene, rng);
    vessels(scene, disc_at, eye, rng);
    let macula = Blob::organ(
        (-0.22 * eye, disc_at.1 + 0.06),
        (0.2, 0.19),
        0.15,
        0.03,
        rng,
    );
    let macula = Blob {
        edge: 0.12,
        ..macula
    };
    let bounds = scene.canvas.blend(scene.pose, &macula, |_, _, out| {
        [0.42 + 0.08 * out, 0.17 + 0.06 * out, 0.07]
    });
    scene.note("macula", bounds, rng);
    let disc = Blob::organ(disc_at, (0.15, 0.17), 0.12, 0.03, rng);
    let bounds = scene.canvas.blend(scene.pose, &disc, |_, _, out| {
        if out < 0.45 {
            [1.0, 0.93, 0.75]
        } else {
            [0.96, 0.78, 0.45]
        }
    });
    scene.note("optic_disc", bounds, rng);
    let (haemorrhages, groups) = lesions(scene, rng);
    for _ in 0..haemorrhages {
        haemorrhage(scene, rng);
    }
    for _ in 0..groups {
        drusen(scene, rng);
    }
    findings::draw(scene, rng);
    scene.canvas.grain(rng.random_range(0.02..0.06), rng);
}

/// How many haemorrhages and how many groups of drusen; without a balance the two are drawn together.
fn lesions(scene: &Scene, rng: &mut impl Rng) -> (usize, usize) {
    if scene.balance.is_some() {
        let mut of = |finding| scene.how_many(finding, &[], rng);
        return (of("haemorrhage"), of("drusen"));
    }
    *[(0, 0), (0, 0), (1, 0), (2, 0), (0, 1), (1, 1)]
        .choose(rng)
        .unwrap_or(&(0, 0))
}

fn retina(scene: &mut Scene, rng: &mut impl Rng) {
    let field = Blob {
        edge: 0.02,
        ..Blob::smooth((0.0, 0.0), (1.0, 1.0))
    };
    let texture = Texture::new(3.0, rng);
    let warmth = rng.random_range(-0.06..0.06f32);
    scene.canvas.blend(scene.pose, &field, |u, v, out| {
        let shade = 1.0 - 0.25 * out + 0.05 * texture.at(u, v);
        [(0.78 + warmth) * shade, 0.38 * shade, 0.16 * shade]
    });
}

/// Two arcades from the disc around the macula, with branches.
fn vessels(scene: &mut Scene, disc: (f32, f32), eye: f32, rng: &mut impl Rng) {
    let bends: Vec<(f32, f32, f32)> = (0..6)
        .map(|n| {
            let up = if n % 2 == 0 { 1.0 } else { -1.0 };
            (
                up * rng.random_range(0.35..1.1f32),
                rng.random_range(0.5..1.3),
                rng.random_range(0.012..0.028),
            )
        })
        .collect();
    scene.canvas.paint(scene.pose, |u, v, old| {
        let along = (disc.0 - u) * eye;
        let near = |(rise, bend, width): &(f32, f32, f32)| {
            let path =
                disc.1 + rise * (along.abs()).powf(*bend) * if along < 0.0 { 0.8 } else { 1.0 };
            (v - path).abs() < *width
        };
        let inside = u * u + v * v < 0.97;
        if inside && bends.iter().any(near) {
            [old[0] * 0.72, old[1] * 0.5, old[2] * 0.6]
        } else {
            old
        }
    });
}

fn anywhere(rng: &mut impl Rng) -> (f32, f32) {
    let (angle, r) = (
        rng.random_range(0.0..std::f32::consts::TAU),
        rng.random_range(0.2..0.7f32),
    );
    (r * angle.cos(), r * angle.sin())
}

/// A dark red blot.
fn haemorrhage(scene: &mut Scene, rng: &mut impl Rng) {
    let radius = rng.random_range(0.07..0.15f32);
    let blob = Blob::organ(anywhere(rng), (radius, radius), 0.25, 0.15, rng);
    let bounds = scene
        .canvas
        .blend(scene.pose, &blob, |_, _, _| [0.35, 0.03, 0.03]);
    scene.note("haemorrhage", bounds, rng);
}

/// A group of small yellow spots.
fn drusen(scene: &mut Scene, rng: &mut impl Rng) {
    let (at, spread) = (anywhere(rng), rng.random_range(0.1..0.2f32));
    let mut spot = || {
        let mut off = || rng.random_range(-spread..spread);
        Blob::smooth((at.0 + off(), at.1 + off()), (0.035, 0.035))
    };
    let spots: Vec<Blob> = (0..12).map(|_| spot()).collect();
    let bounds = scene
        .canvas
        .blend_all(scene.pose, &spots, |_, _, _| [0.98, 0.88, 0.4]);
    scene.note("drusen", bounds, rng);
}
