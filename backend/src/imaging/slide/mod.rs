//! Whole-slide images: tiled TIFF, BigTIFF, Aperio's SVS and DICOM → the levels of the pyramid, and nothing else.
//!
//! A slide is never in memory as a whole. What lies in its file beside the pyramid, a photograph of the label, descriptions,
//! scanners' names and dates, is not read into anything that is kept.

mod dicom;
mod directory;
mod frames;
mod jpeg;
mod mean;
mod pyramid;

use super::kind::is_dicom;
use super::{Canonical, Facts, Hints, ImagingError, picture};
use directory::{Directory, Source};
use image::{DynamicImage, RgbImage};
use mean::{Area, Mean};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use pyramid::Pyramid;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::FileExt;
use utoipa::ToSchema;

/// VL Whole Slide Microscopy Image Storage, PS3.4 section B.5.
pub(super) const DICOM_CLASS: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";
/// The largest file of a slide. With levels that are built for it, it still is one object of S3, which copies up to 5 GiB at once.
pub const MAX_SLIDE_BYTES: u64 = 4 << 30;
/// The most bytes that are kept of a slide.
pub const MAX_KEPT_BYTES: u64 = 5 << 30;
/// The most tiles of all levels together: 185,000 × 185,000 pixels in tiles of 256.
pub const MAX_TILES: u64 = 1 << 20;
/// The longest side of a slide.
const MAX_SIDE: u32 = 1 << 20;
/// The most pixels of a level: to decode all of them, where levels are built, takes minutes.
const MAX_LEVEL_PIXELS: u64 = 1 << 35;
/// The most bytes of a tile in its file.
const MAX_TILE_BYTES: u64 = 16 << 20;
/// The longest side of a tile. A few tiles at a time are held in memory.
const MAX_TILE_SIDE: u32 = 2048;
/// Tiles have sides of whole JPEG blocks, as TIFF 6.0 section 15 wants.
const TILE_STEP: u32 = 16;
/// The longest side of the one picture that stands for the whole slide wherever tiles cannot be: where a model looks at it, in
/// exports, in lists.
const OVERVIEW_SIDE: u32 = 2048;
/// How many pictures of a file may turn out to be levels of its slide.
const MOST_LEVELS: usize = 16;
/// How many times smaller than the one before a level of the file may be; smaller ones are built anew.
const MOST_BETWEEN: f64 = 8.0;

/// One level of a slide: the whole of it at some size, cut into tiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SlideLevel)]
pub struct Level {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pixels across a tile; those at the right edge may be narrower, or reach beyond the level.
    pub tile_width: u32,
    /// Pixels down a tile.
    pub tile_height: u32,
}

impl Level {
    /// Itself, if it can be kept; `kind` is that of its file.
    fn checked(self, kind: &'static str) -> Result<Self, ImagingError> {
        let fits = |side: u32| side > 0 && side <= MAX_TILE_SIDE && side.is_multiple_of(TILE_STEP);
        let (width, height) = (self.width, self.height);
        if width == 0 || height == 0 {
            return Err(ImagingError::NoPixels);
        }
        if !fits(self.tile_width) || !fits(self.tile_height) {
            let reason = format!(
                "its tiles are {}×{} pixels; multiples of {TILE_STEP} up to {MAX_TILE_SIDE} are taken",
                self.tile_width, self.tile_height
            );
            return Err(ImagingError::Malformed { kind, reason });
        }
        let pixels = u64::from(width) * u64::from(height);
        let large = width.max(height) > MAX_SIDE || pixels > MAX_LEVEL_PIXELS;
        match large || self.tiles() > MAX_TILES {
            true => Err(ImagingError::TooLargeSlide { width, height }),
            false => Ok(self),
        }
    }

    /// How many tiles stand side by side.
    #[must_use]
    pub fn columns(&self) -> u32 {
        self.width.div_ceil(self.tile_width)
    }

    /// How many rows of tiles there are.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.height.div_ceil(self.tile_height)
    }

    fn tiles(&self) -> u64 {
        u64::from(self.columns()) * u64::from(self.rows())
    }

    /// A level of half the size in tiles of the same size.
    fn halved(&self) -> Self {
        Self {
            width: self.width.div_ceil(2),
            height: self.height.div_ceil(2),
            ..*self
        }
    }

    /// Whether it is a smaller picture of the same shape, give or take the rounding of a side.
    fn is_smaller_of(&self, other: &Self) -> bool {
        let across = f64::from(other.width) / f64::from(self.width);
        let down = f64::from(other.height) / f64::from(self.height);
        let rounding = 2.0 / f64::from(self.width.min(self.height));
        across > 1.5 && across <= MOST_BETWEEN && (across / down - 1.0).abs() <= rounding
    }
}

/// Which tile of all a place of a level is, counted level by level, row by row; `None` outside.
#[must_use]
pub fn tile_number(levels: &[Level], level: u32, column: u32, row: u32) -> Option<u64> {
    let at = usize::try_from(level).ok()?;
    let found = levels.get(at)?;
    if column >= found.columns() || row >= found.rows() {
        return None;
    }
    let before: u64 = levels[..at].iter().map(Level::tiles).sum();
    Some(before + u64::from(row) * u64::from(found.columns()) + u64::from(column))
}

/// The tiles of a slide, as they are kept.
#[derive(Debug)]
pub struct Tiles {
    /// All tiles one after the other, each a JPEG or a PNG; gone when it is closed.
    pub file: File,
    /// Where each begins, and where the last one ends.
    pub edges: Vec<u64>,
}

/// Whether a file begins as a TIFF or a BigTIFF.
pub(super) fn is_tiff(head: &[u8]) -> bool {
    const MARKS: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
    MARKS.iter().any(|mark| head.starts_with(mark))
}

/// Reads a slide.
pub(super) fn read(file: &File, hints: &Hints) -> Result<(Canonical, Tiles), ImagingError> {
    let mut head = [0; 132];
    let length = file.read_at(&mut head, 0).map_err(ImagingError::disk)?;
    match is_dicom(&head[..length]) {
        true => dicom::read(file, hints),
        false => read_tiff(file, hints),
    }
}

fn read_tiff(file: &File, hints: &Hints) -> Result<(Canonical, Tiles), ImagingError> {
    let mut source = Source::open(file)?;
    let directories = source.pyramid()?;
    let pixel_spacing = source.spacing(&directories[0])?;
    let pyramid = filled(&mut source, &directories)?;
    let canonical = Canonical {
        modality: hints.modality.unwrap_or(Modality::Pathology),
        pixel_spacing,
        facts: Facts {
            lossy: directories[0].is_lossy(),
            pyramid: Some(pyramid.levels().to_vec()),
            ..Facts::default()
        },
        attestation_reason: (!hints.attested).then_some(AttestationReason::Picture),
        ..shown(&pyramid)?
    };
    Ok((canonical, pyramid.into_tiles()))
}

/// What a pyramid says of itself.
fn shown(pyramid: &Pyramid) -> Result<Canonical, ImagingError> {
    let overview = overview(pyramid)?;
    let rendered = picture::encode(&DynamicImage::ImageRgb8(overview))?;
    let finest = &pyramid.levels()[0];
    Ok(Canonical {
        modality: Modality::Pathology,
        size: ImageSize::new(finest.width, finest.height).map_err(|_| ImagingError::NoPixels)?,
        bits: 8,
        colour: true,
        window: None,
        pixel_spacing: None,
        pixels: vec![rendered.clone()],
        rendered,
        patient_key: None,
        study_key: None,
        series_key: None,
        facts: Facts::default(),
        attestation_reason: None,
        header: None,
    })
}

/// The file's levels as far as each is the one before at a smaller size, then built ones, down to one of a single tile.
fn filled(source: &mut Source, directories: &[Directory]) -> Result<Pyramid, ImagingError> {
    let mut pyramid = Pyramid::new()?;
    source.copy(&directories[0], &mut pyramid)?;
    for directory in directories.iter().skip(1).take(MOST_LEVELS) {
        if directory.level.is_smaller_of(pyramid.smallest()) {
            source.copy(directory, &mut pyramid)?;
            // A label may have the shape of the slide. It does not have its pixels.
            if !pyramid.is_last_alike()? {
                pyramid.drop_last()?;
            }
        }
    }
    pyramid.halve_to_one()?;
    Ok(pyramid)
}

/// The whole slide in one picture.
fn overview(pyramid: &Pyramid) -> Result<RgbImage, ImagingError> {
    let longest = |level: &Level| level.width.max(level.height);
    let levels = pyramid.levels();
    let from = levels.iter().rposition(|l| longest(l) >= OVERVIEW_SIDE);
    let from = from.unwrap_or(0);
    let shrink = f64::from(OVERVIEW_SIDE.min(longest(&levels[0]))) / f64::from(longest(&levels[0]));
    let side = |length: u32| ((f64::from(length) * shrink).round() as u32).max(1);
    let mut mean = Mean::over(
        Area::of(&levels[from]),
        side(levels[0].width),
        side(levels[0].height),
    );
    pyramid.gather(from, &mut mean)?;
    Ok(mean.picture())
}
