//! Pictures at the model's size against Pillow's (`reference/make.py`).

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

use medreg_trainer::data::bicubic;
use std::path::Path;

fn picture(name: &str) -> image::RgbImage {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/pictures");
    image::open(dir.join(name)).unwrap().to_rgb8()
}

#[test]
fn pictures_are_resized_as_pillow_resizes_them() {
    for name in ["smaller", "larger"] {
        let theirs = picture(&format!("{name}.resized.png"));
        let ours = bicubic(
            &picture(&format!("{name}.png")),
            theirs.width(),
            theirs.height(),
        );
        let far = ours.as_raw().iter().zip(theirs.as_raw());
        let far: Vec<u8> = far.map(|(a, b)| a.abs_diff(*b)).collect();
        assert!(
            far.iter().all(|d| *d <= 1),
            "{name}: {:?}",
            far.iter().max()
        );
        let equal = far.iter().filter(|d| **d == 0).count();
        assert!(
            equal * 100 >= far.len() * 95,
            "{name}: {equal} of {}",
            far.len()
        );
    }
}

#[test]
fn a_picture_without_pixels_gives_a_picture() {
    assert_eq!(
        bicubic(&image::RgbImage::new(0, 0), 4, 4).dimensions(),
        (4, 4)
    );
}
