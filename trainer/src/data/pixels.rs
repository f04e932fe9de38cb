//! A picture as the vision tower takes it: resized, cut into tiles, normalised, cut into patches.

use super::framing::Framing;
use super::tiling::{Grid, Tiling};
use crate::model::ModelConfig;
use candle_core::{Device, Tensor};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::imageops::{crop_imm, replace};
use image::{DynamicImage, RgbImage};

/// ImageNet's mean and deviation per channel, which InternViT was trained with.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];

/// A picture brought to the sizes that a model reads: its tiles in one piece and, where there are several, the whole once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resized {
    tiled: RgbImage,
    whole: Option<RgbImage>,
    side: u32,
}

/// A picture as the vision tower reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Unfolded patches `(tiles · N, 3 · p · p)`, row after row of patches, channel by channel inside each: a convolution's weight
    /// order.
    pub patches: Vec<f32>,
    /// Tiles, the whole picture at the end included.
    pub tiles: usize,
}

impl Look {
    /// The patches as a model of this configuration takes them.
    pub fn tensor(&self, config: &ModelConfig) -> candle_core::Result<Tensor> {
        let width = config.patch_width();
        let shape = (self.patches.len() / width, width);
        Tensor::from_slice(&self.patches, shape, &Device::Cpu)
    }

    /// What a model of this configuration sees of a picture.
    #[must_use]
    pub fn at(picture: &DynamicImage, config: &ModelConfig) -> Self {
        Resized::new(picture, Tiling::of(config)).look(config.vision_config.patch_size)
    }
}

impl Resized {
    /// Resizes a picture to the grid that fits its shape, its own shape not kept: a box relative to the picture keeps its numbers.
    #[must_use]
    pub fn new(picture: &DynamicImage, tiling: Tiling) -> Self {
        let (rgb, side) = (picture.to_rgb8(), tiling.side);
        let grid = tiling.grid(rgb.width(), rgb.height());
        let Grid { columns, rows } = grid;
        let several = tiling.pictures(grid) > grid.tiles() as usize;
        Self {
            tiled: bicubic(&rgb, columns * side, rows * side),
            whole: several.then(|| bicubic(&rgb, side, side)),
            side,
        }
    }

    /// Bytes of its pixels.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let whole = self.whole.as_ref().map_or(0, |whole| whole.as_raw().len());
        self.tiled.as_raw().len() + whole
    }

    /// The same framing of the tiles and of the whole.
    #[must_use]
    pub fn reframed(&self, framing: &Framing) -> Self {
        Self {
            tiled: framing.applied(&self.tiled),
            whole: self.whole.as_ref().map(|whole| framing.applied(whole)),
            side: self.side,
        }
    }

    /// The tiles, row after row, then the whole.
    #[must_use]
    pub fn tiles(&self) -> Vec<RgbImage> {
        let side = self.side;
        let (columns, rows) = (self.tiled.width() / side, self.tiled.height() / side);
        let tile = |row: u32, column: u32| {
            crop_imm(&self.tiled, column * side, row * side, side, side).to_image()
        };
        (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(row, column)| tile(row, column))
            .chain(self.whole.clone())
            .collect()
    }

    /// Normalised and cut into patches of `patch × patch` pixels.
    #[must_use]
    pub fn look(&self, patch: usize) -> Look {
        let tiles = self.tiles();
        Look {
            patches: tiles.iter().flat_map(|tile| unfold(tile, patch)).collect(),
            tiles: tiles.len(),
        }
    }
}

/// Pillow's antialiased bicubic, which InternVL's pictures are resized with: one axis, then the other, each rounded and cut off to
/// eight bits.
///
/// The order matters: what overshoots at an edge is lost after the first pass. Pillow (since 13) goes across first, unless the height
/// loses more than twice the pixels that the width does. Each pass is computed in f32: the library's own eight-bit one is coarser.
#[must_use]
pub fn bicubic(rgb: &RgbImage, width: u32, height: u32) -> RgbImage {
    let lost = |from: u32, to: u32| i64::from(from) - i64::from(to);
    let (wide, high) = (lost(rgb.width(), width), lost(rgb.height(), height));
    let both = if high > 0 && high > 2 * wide {
        down(rgb, height).and_then(|low| across(&low, width))
    } else {
        across(rgb, width).and_then(|narrow| down(&narrow, height))
    };
    // Only a picture without pixels cannot be resized, and it has no colour to give.
    both.unwrap_or_else(|| RgbImage::new(width, height))
}

/// Rows or columns at a time that are widened to f32: a slide of many megapixels never is as a whole.
const BAND: u32 = 64;

/// Every row resized to `width`; rows do not depend on each other.
fn across(rgb: &RgbImage, width: u32) -> Option<RgbImage> {
    let mut resized = RgbImage::new(width, rgb.height());
    for top in (0..rgb.height()).step_by(BAND as usize) {
        let rows = BAND.min(rgb.height() - top);
        let band = crop_imm(rgb, 0, top, rgb.width(), rows).to_image();
        replace(&mut resized, &pass(&band, width, rows)?, 0, top.into());
    }
    Some(resized)
}

/// Every column resized to `height`.
fn down(rgb: &RgbImage, height: u32) -> Option<RgbImage> {
    let mut resized = RgbImage::new(rgb.width(), height);
    for left in (0..rgb.width()).step_by(BAND as usize) {
        let columns = BAND.min(rgb.width() - left);
        let band = crop_imm(rgb, left, 0, columns, rgb.height()).to_image();
        replace(&mut resized, &pass(&band, columns, height)?, left.into(), 0);
    }
    Some(resized)
}

/// One resize whose result is rounded to eight bits.
fn pass(from: &RgbImage, width: u32, height: u32) -> Option<RgbImage> {
    let wide: Vec<F32x3> = from
        .pixels()
        .map(|pixel| F32x3::new(pixel.0.map(f32::from)))
        .collect();
    let source = TypedImageRef::new(from.width(), from.height(), &wide).ok()?;
    let mut target = TypedImage::<F32x3>::new(width, height);
    let filter = ResizeAlg::Convolution(FilterType::CatmullRom);
    let options = ResizeOptions::new().resize_alg(filter);
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .ok()?;
    let byte = |number: f32| (number + 0.5).clamp(0.0, 255.0) as u8;
    let bytes = target.pixels().iter().flat_map(|pixel| pixel.0.map(byte));
    RgbImage::from_raw(width, height, bytes.collect())
}

/// Normalises a tile and cuts it into patches of `patch × patch` pixels.
fn unfold(rgb: &RgbImage, patch: usize) -> Vec<f32> {
    let side = rgb.width() as usize / patch;
    let bytes = rgb.as_raw();
    let width = rgb.width() as usize;
    let mut out = Vec::with_capacity(side * side * 3 * patch * patch);
    for (row, column) in (0..side).flat_map(|r| (0..side).map(move |c| (r, c))) {
        for channel in 0..3 {
            for y in row * patch..(row + 1) * patch {
                let line = (column * patch..(column + 1) * patch)
                    .map(|x| bytes[(y * width + x) * 3 + channel]);
                out.extend(line.map(|b| (f32::from(b) / 255.0 - MEAN[channel]) / STD[channel]));
            }
        }
    }
    out
}
