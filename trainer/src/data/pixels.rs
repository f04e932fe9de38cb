//! A picture as the vision tower takes it: resized as a whole, normalised, cut into patches.

use crate::model::ModelConfig;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage};

/// ImageNet's mean and deviation per channel, which InternViT was trained with.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];

/// Unfolded patches `(N, 3 · p · p)`, row after row of patches, channel by channel inside each: a convolution's weight order.
///
/// The whole picture is resized to the model's square (bicubic with antialiasing), so a box relative to the picture keeps its coordinates.
#[must_use]
pub fn patches(image: &DynamicImage, config: &ModelConfig) -> Vec<f32> {
    unfold(&resized(image, config), config.vision_config.patch_size)
}

/// The whole picture at the model's size.
#[must_use]
pub fn resized(image: &DynamicImage, config: &ModelConfig) -> RgbImage {
    let side = config.image_size() as u32;
    bicubic(&image.to_rgb8(), side, side)
}

/// Pillow's antialiased bicubic, which InternVL's pictures are resized with: across, then down, each cut off to eight bits.
///
/// The order matters: what overshoots at an edge is lost after the first pass.
#[must_use]
pub fn bicubic(rgb: &RgbImage, width: u32, height: u32) -> RgbImage {
    let pass = |from: &RgbImage, width: u32, height: u32| -> Option<RgbImage> {
        let source =
            ImageRef::new(from.width(), from.height(), from.as_raw(), PixelType::U8x3).ok()?;
        let mut target = Image::new(width, height, PixelType::U8x3);
        let filter = ResizeAlg::Convolution(FilterType::CatmullRom);
        let options = ResizeOptions::new().resize_alg(filter);
        Resizer::new().resize(&source, &mut target, &options).ok()?;
        RgbImage::from_raw(width, height, target.into_vec())
    };
    // Only a picture without pixels cannot be resized, and it has no colour to give.
    pass(rgb, width, rgb.height())
        .and_then(|across| pass(&across, width, height))
        .unwrap_or_else(|| RgbImage::new(width, height))
}

/// Normalises a picture of the model's size and cuts it into patches of `patch × patch` pixels.
#[must_use]
pub fn unfold(rgb: &RgbImage, patch: usize) -> Vec<f32> {
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
