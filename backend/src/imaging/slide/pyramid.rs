//! The levels that are kept, as they grow in a temporary file.

use super::mean::{Area, Mean};
use super::{Level, MAX_KEPT_BYTES, MAX_TILES, Tiles};
use crate::imaging::ImagingError;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{crop_imm, replace};
use image::{Rgb, RgbImage};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// How well levels that are built here are coded; they are smaller pictures of what is kept as it came.
const QUALITY: u8 = 90;
/// On how many tiles a level of the file is compared with the one before.
const COMPARED: u64 = 16;
/// The side of the squares whose means are compared, in pixels of the smaller level.
const SQUARE: u32 = 16;
/// How far the colours of such a square may lie apart, in 0..=255. Scanners shrink by other rules and code anew; a shift by one
/// pixel at a sharp edge makes 255 / 16.
const ALIKE: f32 = 48.0;

/// Tiles one after the other, level by level, row by row; only the last level is still growing.
pub(super) struct Pyramid {
    file: File,
    levels: Vec<Level>,
    edges: Vec<u64>,
}

impl Pyramid {
    pub(super) fn new() -> Result<Self, ImagingError> {
        Ok(Self {
            file: tempfile::tempfile().map_err(ImagingError::disk)?,
            levels: Vec::new(),
            edges: vec![0],
        })
    }

    /// The finest first.
    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The last one; there is one from the beginning of the work on.
    pub(super) fn smallest(&self) -> &Level {
        &self.levels[self.levels.len() - 1]
    }

    pub(super) fn into_tiles(self) -> Tiles {
        Tiles {
            file: self.file,
            edges: self.edges,
        }
    }

    /// Begins a level.
    pub(super) fn begin(&mut self, level: &Level) -> Result<(), ImagingError> {
        let before: u64 = self.levels.iter().map(Level::tiles).sum();
        if before + level.tiles() > MAX_TILES {
            return Err(ImagingError::TooLargeSlide {
                width: level.width,
                height: level.height,
            });
        }
        self.levels.push(level.clone());
        Ok(())
    }

    /// Adds the next tile of the last level.
    pub(super) fn push(&mut self, tile: &[u8]) -> Result<(), ImagingError> {
        let at = self.end();
        let end = at + tile.len() as u64;
        if end > MAX_KEPT_BYTES {
            return Err(ImagingError::TooManyBytes {
                length: end,
                allowed: MAX_KEPT_BYTES,
            });
        }
        self.file
            .write_all_at(tile, at)
            .map_err(ImagingError::disk)?;
        self.edges.push(end);
        Ok(())
    }

    fn end(&self) -> u64 {
        self.edges.last().copied().unwrap_or(0)
    }

    /// Takes the last level away again.
    pub(super) fn drop_last(&mut self) -> Result<(), ImagingError> {
        let Some(level) = self.levels.pop() else {
            return Ok(());
        };
        let kept = self.edges.len() as u64 - level.tiles();
        self.edges.truncate(kept as usize);
        self.file.set_len(self.end()).map_err(ImagingError::disk)
    }

    /// Adds levels of half the size, down to one of a single tile.
    pub(super) fn halve_to_one(&mut self) -> Result<(), ImagingError> {
        while self.smallest().tiles() > 1 {
            self.halve()?;
        }
        Ok(())
    }

    fn halve(&mut self) -> Result<(), ImagingError> {
        let from = self.levels.len() - 1;
        let half = self.levels[from].halved();
        self.begin(&half)?;
        for row in 0..half.rows() {
            for column in 0..half.columns() {
                let tile = self.halved_tile(from, &half, column, row)?;
                self.push(&coded(&tile)?)?;
            }
        }
        Ok(())
    }

    /// A tile of a level of half the size: of the four tiles at its place.
    fn halved_tile(
        &self,
        from: usize,
        half: &Level,
        column: u32,
        row: u32,
    ) -> Result<RgbImage, ImagingError> {
        let (width, height) = seen(half, column, row);
        let mut tile = RgbImage::new(width, height);
        for (across, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (column, row) = (2 * column + across, 2 * row + down);
            let finer = &self.levels[from];
            if column < finer.columns() && row < finer.rows() {
                let quarter = halved(&self.tile(from, column, row)?);
                let left = i64::from(across * half.tile_width / 2);
                let top = i64::from(down * half.tile_height / 2);
                replace(&mut tile, &quarter, left, top);
            }
        }
        Ok(tile)
    }

    /// What a tile shows of its level.
    fn tile(&self, level: usize, column: u32, row: u32) -> Result<RgbImage, ImagingError> {
        let before: u64 = self.levels[..level].iter().map(Level::tiles).sum();
        let level = &self.levels[level];
        let number = before + u64::from(row) * u64::from(level.columns()) + u64::from(column);
        let number = number as usize;
        let (start, end) = (self.edges[number], self.edges[number + 1]);
        let mut bytes = vec![0; (end - start) as usize];
        self.file
            .read_exact_at(&mut bytes, start)
            .map_err(ImagingError::disk)?;
        let decoded = image::load_from_memory(&bytes).map_err(|error| {
            malformed(format!(
                "its tile {column}, {row} cannot be decoded: {error}"
            ))
        })?;
        let (decoded, (width, height)) = (decoded.into_rgb8(), seen(level, column, row));
        if decoded.width() == width && decoded.height() == height {
            return Ok(decoded);
        }
        Ok(crop_imm(&decoded, 0, 0, width, height).to_image())
    }

    /// Adds to a mean all tiles of a level that its area touches.
    pub(super) fn gather(&self, level: usize, mean: &mut Mean) -> Result<(), ImagingError> {
        let (tile_width, tile_height) = (
            self.levels[level].tile_width,
            self.levels[level].tile_height,
        );
        for (column, row) in mean.area.tiles(&self.levels[level]) {
            let tile = self.tile(level, column, row)?;
            mean.add(&tile, column * tile_width, row * tile_height);
        }
        Ok(())
    }

    /// Whether the last level shows what the one before shows: on all tiles of a small level, on some that lie evenly over a
    /// large one.
    pub(super) fn is_last_alike(&self) -> Result<bool, ImagingError> {
        let last = self.levels.len() - 1;
        let level = &self.levels[last];
        let step = level.tiles().div_ceil(COMPARED).max(1);
        for number in (0..level.tiles()).step_by(step as usize) {
            let columns = u64::from(level.columns());
            let (column, row) = ((number % columns) as u32, (number / columns) as u32);
            if !self.is_tile_alike(last, column, row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_tile_alike(&self, last: usize, column: u32, row: u32) -> Result<bool, ImagingError> {
        let (level, finer) = (&self.levels[last], &self.levels[last - 1]);
        let (width, height) = seen(level, column, row);
        let area = Area {
            left: f64::from(column * level.tile_width),
            top: f64::from(row * level.tile_height),
            width: f64::from(width),
            height: f64::from(height),
        };
        let across = f64::from(finer.width) / f64::from(level.width);
        let down = f64::from(finer.height) / f64::from(level.height);
        let same_area = Area {
            left: area.left * across,
            top: area.top * down,
            width: area.width * across,
            height: area.height * down,
        };
        let squares = |side: u32| (side / SQUARE).max(1);
        let mut here = Mean::over(area, squares(width), squares(height));
        let mut there = Mean::over(same_area, squares(width), squares(height));
        self.gather(last, &mut here)?;
        self.gather(last - 1, &mut there)?;
        Ok(here.greatest_difference(&there) <= ALIKE)
    }
}

/// How much of a tile lies inside its level.
pub(super) fn seen(level: &Level, column: u32, row: u32) -> (u32, u32) {
    (
        level
            .tile_width
            .min(level.width - column * level.tile_width),
        level
            .tile_height
            .min(level.height - row * level.tile_height),
    )
}

/// Half the size; at an odd edge the last column or row stands for itself.
fn halved(pixels: &RgbImage) -> RgbImage {
    let (width, height) = pixels.dimensions();
    RgbImage::from_fn(width.div_ceil(2), height.div_ceil(2), |x, y| {
        let at = |dx: u32, dy: u32| {
            let (x, y) = ((2 * x + dx).min(width - 1), (2 * y + dy).min(height - 1));
            pixels.get_pixel(x, y).0.map(u16::from)
        };
        let four = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
        // Four bytes and a half of four fit 16 bits, and their mean a byte.
        Rgb([0, 1, 2].map(|c| ((four.iter().map(|pixel| pixel[c]).sum::<u16>() + 2) / 4) as u8))
    })
}

/// A JPEG.
pub(super) fn coded(pixels: &RgbImage) -> Result<Vec<u8>, ImagingError> {
    let mut bytes = Vec::new();
    let written = JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(pixels);
    written.map_err(|error| malformed(format!("one of its tiles cannot be coded: {error}")))?;
    Ok(bytes)
}

/// A tile of bare glass.
pub(super) fn blank(level: &Level) -> Result<Bytes, ImagingError> {
    let glass = RgbImage::from_pixel(level.tile_width, level.tile_height, Rgb([255; 3]));
    coded(&glass).map(Bytes::from)
}

fn malformed(reason: String) -> ImagingError {
    ImagingError::Malformed {
        kind: "a slide",
        reason,
    }
}
