//! What goes into a model: pixels and tokens, where a reference stores them.
//!
//! They depend on no weights, so a family of references may keep one copy in the folder above.

use super::{Comparison, Kind, numbers_of};
use crate::data::{Grid, Resized, Tiling, bicubic};
use crate::tokenizer::{self, TextTokenizer};
use anyhow::{Context, Result};
use candle_core::Device;
use image::{DynamicImage, RgbImage};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

const CHOICES: &str = "preprocess.json";
const PIXELS: &str = "preprocess.safetensors";
const CASES: &str = "tokenizer_cases.json";

/// `preprocess.json`; fields for people are passed over.
#[derive(Debug, Deserialize)]
struct Choices {
    grids: Vec<Choice>,
}

/// Into how many columns and rows a picture is cut.
#[derive(Debug, Deserialize)]
struct Choice {
    w: u32,
    h: u32,
    max_num: u32,
    size: u32,
    grid: [u32; 2],
}

/// A text with its tokens, and what they are read back as.
#[derive(Debug, Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    decoded: Option<String>,
}

/// How a stored picture was made.
#[derive(Debug, PartialEq, Eq)]
enum Recipe {
    /// The whole picture at one size.
    Whole,
    /// Tiles and the whole after them.
    Tiles { most: u32 },
}

/// Compares grids, pixels and tokens where the folder, or the one above it, stores any. `model` is the model's folder,
/// if it has one.
pub fn compare(model: Option<&Path>, dir: &Path, to: &mut Comparison) -> Result<()> {
    if let Some(path) = beside(dir, CHOICES) {
        grids(&read::<Choices>(&path)?.grids, to);
    }
    if let Some(path) = beside(dir, PIXELS) {
        pixels(&path, to)?;
    }
    if let Some(path) = beside(dir, CASES) {
        let folders = [model, path.parent()].into_iter().flatten();
        let has_one = |folder: &&Path| tokenizer::FILES.iter().any(|f| folder.join(f).is_file());
        if let Some(folder) = folders.into_iter().find(has_one) {
            let tokenizer = TextTokenizer::from_folder(folder)?;
            tokens(&tokenizer, &read::<Vec<Case>>(&path)?, to)?;
        }
    }
    Ok(())
}

/// The file of this name in the folder or in the one above.
fn beside(dir: &Path, name: &str) -> Option<PathBuf> {
    let above = dir.canonicalize().ok()?.parent().map(|d| d.join(name));
    [Some(dir.join(name)), above]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let at = || path.display().to_string();
    serde_json::from_slice(&std::fs::read(path).with_context(at)?).with_context(at)
}

fn grids(choices: &[Choice], to: &mut Comparison) {
    let ours = |c: &Choice| {
        let Grid { columns, rows } = Tiling::up_to(c.max_num, c.size).grid(c.w, c.h);
        [columns, rows]
    };
    let ours: Vec<u32> = choices.iter().flat_map(ours).collect();
    let theirs: Vec<u32> = choices.iter().flat_map(|c| c.grid).collect();
    to.choices("preprocess.grids", &ours, &theirs);
}

/// Every stored picture, made anew from the image file that its name begins with. What no recipe or image is known of is told.
fn pixels(path: &Path, to: &mut Comparison) -> Result<()> {
    for (name, stored) in candle_core::safetensors::load(path, &Device::Cpu)? {
        let full = format!("preprocess.{name}");
        let Some((stem, recipe)) = recipe(&name) else {
            to.report.unknown.insert(full);
            continue;
        };
        let image = path.with_file_name(format!("{stem}.png"));
        let picture = image::open(&image).with_context(|| image.display().to_string())?;
        let side = stored.dim(candle_core::D::Minus2)? as u32;
        let ours: Vec<f32> = made(&picture, side, &recipe)
            .into_iter()
            .flat_map(RgbImage::into_raw)
            .map(f32::from)
            .collect();
        to.numbers(&full, Kind::Byte, &ours, &numbers_of(&stored)?)?;
    }
    Ok(())
}

fn made(picture: &DynamicImage, side: u32, recipe: &Recipe) -> Vec<RgbImage> {
    match recipe {
        Recipe::Whole => vec![bicubic(&picture.to_rgb8(), side, side)],
        Recipe::Tiles { most } => Resized::new(picture, Tiling::up_to(*most, side)).tiles(),
    }
}

/// `image_0.resized_224_u8` is the file `image_0` at 224 pixels, `image_0.tiles_112_max4_u8` its tiles of 112 pixels, at most four.
fn recipe(name: &str) -> Option<(&str, Recipe)> {
    let (stem, rest) = name.split_once('.')?;
    let rest = rest.strip_suffix("_u8")?;
    // The name becomes a path: it must stay in its folder.
    if stem.is_empty() || stem.contains(['/', '\\']) {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok();
    if let Some(side) = rest.strip_prefix("resized_") {
        return number(side).map(|_| (stem, Recipe::Whole));
    }
    let (side, most) = rest.strip_prefix("tiles_")?.split_once("_max")?;
    let most = number(side).and_then(|_| number(most))?;
    Some((stem, Recipe::Tiles { most }))
}

fn tokens(tokenizer: &TextTokenizer, cases: &[Case], to: &mut Comparison) -> Result<()> {
    for (n, case) in cases.iter().enumerate() {
        to.choices(
            &format!("tokenizer.{n}"),
            &tokenizer.encode(&case.text)?,
            &case.ids,
        );
        if let Some(decoded) = &case.decoded {
            let ours: Vec<u32> = tokenizer
                .decode(&case.ids)?
                .chars()
                .map(u32::from)
                .collect();
            let theirs: Vec<u32> = decoded.chars().map(u32::from).collect();
            to.choices(&format!("tokenizer.{n}.decoded"), &ours, &theirs);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_pictures_name_says_how_it_was_made() {
        assert_eq!(
            recipe("image_0.resized_224_u8"),
            Some(("image_0", Recipe::Whole))
        );
        let tiles = Recipe::Tiles { most: 4 };
        assert_eq!(recipe("a.tiles_112_max4_u8"), Some(("a", tiles)));
        for other in [
            "a",
            "a.resized_x_u8",
            "a.tiles_112_u8",
            "../a.resized_2_u8",
            "a.mean",
        ] {
            assert_eq!(recipe(other), None, "{other}");
        }
    }
}
