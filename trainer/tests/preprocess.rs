//! Pictures at the model's size and in tiles against Pillow's (`reference/make.py`).

#![allow(clippy::unwrap_used)] // A test that cannot go on should say where.

use medreg_trainer::data::{Grid, Resized, Tiling, bicubic};
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/pictures");
    dir.join(name)
}

fn picture(name: &str) -> image::RgbImage {
    image::open(file(name)).unwrap().to_rgb8()
}

#[test]
fn pictures_are_resized_as_pillow_resizes_them() {
    for name in ["smaller", "larger", "lower"] {
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
            equal * 1000 >= far.len() * 999,
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

#[test]
fn a_picture_is_cut_into_the_grid_that_internvl_chooses() {
    #[derive(serde::Deserialize)]
    struct Choice {
        width: u32,
        height: u32,
        side: u32,
        most: u32,
        grid: [u32; 2],
    }
    let text = std::fs::read_to_string(file("grids.json")).unwrap();
    let choices: Vec<Choice> = serde_json::from_str(&text).unwrap();
    assert!(choices.len() > 300);
    for c in choices {
        let Grid { columns, rows } = Tiling::up_to(c.most, c.side).grid(c.width, c.height);
        let picture = format!("{}×{} in up to {}", c.width, c.height, c.most);
        assert_eq!([columns, rows], c.grid, "{picture}");
    }
}

#[test]
fn tiles_and_the_whole_after_them_are_those_of_pillow() {
    for (name, most) in [("smaller", 6), ("larger", 6), ("lower", 2)] {
        let theirs = picture(&format!("{name}.tiles{most}.png"));
        let whole = image::DynamicImage::ImageRgb8(picture(&format!("{name}.png")));
        let tiles = Resized::new(&whole, Tiling::up_to(most, 28)).tiles();
        assert!(tiles.len() > 2);
        let ours: Vec<u8> = tiles
            .into_iter()
            .flat_map(image::RgbImage::into_raw)
            .collect();
        assert_eq!(ours.len(), theirs.as_raw().len());
        let far = ours.iter().zip(theirs.as_raw());
        assert!(far.into_iter().all(|(a, b)| a.abs_diff(*b) <= 1), "{name}");
    }
}
