//! Whole-slide files of DICOM, PS3.3 section A.32.8: of a slide's several files, each a level of it, a photograph of its label or a
//! thumbnail, the finest level, from which all others are made.

use super::frames::{Frames, Source, malformed};
use super::jpeg::{Form, self_contained};
use super::pyramid::{Pyramid, blank};
use super::{Level, Tiles, shown};
use crate::imaging::attributes::{stated, whole};
use crate::imaging::deidentify::Header;
use crate::imaging::dicom::{attestation_reason, identifiers, spacing};
use crate::imaging::pixels::FramesApart;
use crate::imaging::{Canonical, Facts, Hints, ImagingError, picture};
use bytes::Bytes;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};
use image::{DynamicImage, RgbImage};
use medreg_datasets::modality::Modality;
use std::fs::File;

const IMAGE_TYPE: Tag = Tag(0x0008, 0x0008);
const NUMBER_OF_FRAMES: Tag = Tag(0x0028, 0x0008);
const ROWS: Tag = Tag(0x0028, 0x0010);
const COLUMNS: Tag = Tag(0x0028, 0x0011);
const TOTAL_COLUMNS: Tag = Tag(0x0048, 0x0006);
const TOTAL_ROWS: Tag = Tag(0x0048, 0x0007);
const PLANE_POSITION_SLIDE: Tag = Tag(0x0048, 0x021A);
const COLUMN_POSITION: Tag = Tag(0x0048, 0x021E);
const ROW_POSITION: Tag = Tag(0x0048, 0x021F);
const OPTICAL_PATHS: Tag = Tag(0x0048, 0x0302);
const FOCAL_PLANES: Tag = Tag(0x0048, 0x0303);
const PER_FRAME_FUNCTIONAL_GROUPS: Tag = Tag(0x5200, 0x9230);

/// JPEG baseline: what browsers show as it is.
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";

/// Reads a level of a slide.
pub(super) fn read(file: &File, hints: &Hints) -> Result<(Canonical, Tiles), ImagingError> {
    let source = Source::open(file)?;
    check_kind(&source.object)?;
    let level = level(&source.object)?;
    let tiles = TilesOf::of(&source, &level)?;
    let mut pyramid = Pyramid::new()?;
    tiles.copy(&level, &mut pyramid)?;
    pyramid.halve_to_one()?;
    let object = &source.object;
    let facts = Facts::of(object, None, 1);
    let (patient_key, study_key, series_key) = identifiers(object);
    let canonical = Canonical {
        pixel_spacing: spacing(object).0,
        patient_key,
        study_key,
        series_key,
        facts: Facts {
            lossy: facts.lossy || tiles.baseline,
            pyramid: Some(pyramid.levels().to_vec()),
            ..facts
        },
        attestation_reason: attestation_reason(object, Modality::Pathology)
            .filter(|_| !hints.attested),
        ..shown(&pyramid)?
    };
    let header = Some(Header::of(source.object));
    Ok((
        Canonical {
            header,
            ..canonical
        },
        pyramid.into_tiles(),
    ))
}

/// ImageType (0008,0008), PS3.3 section C.8.12.4.1.1: the third value says what is shown, the fourth whether it was made smaller.
fn check_kind(object: &DefaultDicomObject) -> Result<(), ImagingError> {
    let values = object
        .get(IMAGE_TYPE)
        .and_then(|e| e.value().to_multi_str().ok());
    let values = values.unwrap_or_default();
    let value = |at: usize| values.get(at).map_or("", |value| value.trim());
    match (value(2), value(3)) {
        ("LABEL", _) => Err(ImagingError::NotTheSlide("the label")),
        ("OVERVIEW", _) => Err(ImagingError::NotTheSlide("an overview")),
        ("THUMBNAIL", _) => Err(ImagingError::NotTheSlide("a thumbnail")),
        (_, "RESAMPLED") => Err(ImagingError::NotTheSlide("a smaller level")),
        _ => Ok(()),
    }
}

fn level(object: &DefaultDicomObject) -> Result<Level, ImagingError> {
    let side = |tag, attribute| whole(object, tag).ok_or(ImagingError::Attribute { attribute });
    let level = Level {
        width: side(TOTAL_COLUMNS, "TotalPixelMatrixColumns (0048,0006)")?,
        height: side(TOTAL_ROWS, "TotalPixelMatrixRows (0048,0007)")?,
        tile_width: side(COLUMNS, "Columns (0028,0011)")?,
        tile_height: side(ROWS, "Rows (0028,0010)")?,
    };
    level.checked("DICOM")
}

/// The tiles of a file: where each is, and how it is coded.
struct TilesOf<'a> {
    frames: Frames<'a>,
    coding: FramesApart,
    /// Whether frames are taken over as they are.
    baseline: bool,
    /// The frame of each tile, row by row; bare glass has none.
    of_tiles: Vec<Option<usize>>,
}

impl<'a> TilesOf<'a> {
    fn of(source: &Source<'a>, level: &Level) -> Result<Self, ImagingError> {
        let object = &source.object;
        let coding = FramesApart::of(object)?;
        if !coding.is_in_bytes() {
            return Err(ImagingError::UnsupportedTiles("not in colours of 8 bits"));
        }
        let count = frames(object)?;
        let of_tiles = of_tiles(object, level, count)?;
        Ok(Self {
            frames: source.frames(count, coding.plain_length())?,
            baseline: object.meta().transfer_syntax() == JPEG_BASELINE,
            coding,
            of_tiles,
        })
    }

    fn copy(&self, level: &Level, pyramid: &mut Pyramid) -> Result<(), ImagingError> {
        pyramid.begin(level)?;
        let blank = blank(level)?;
        for frame in &self.of_tiles {
            match frame {
                Some(frame) => pyramid.push(&self.tile(level, *frame)?)?,
                None => pyramid.push(&blank)?,
            }
        }
        Ok(())
    }

    /// A frame as a file that browsers show: its own coefficients, or a PNG.
    fn tile(&self, level: &Level, frame: usize) -> Result<Bytes, ImagingError> {
        let coded = self.frames.frame(frame)?;
        if !self.baseline {
            let pixels = self.coding.rgb(&coded)?;
            let pixels = RgbImage::from_raw(level.tile_width, level.tile_height, pixels);
            let pixels = pixels.ok_or(ImagingError::DecoderFailed)?;
            return picture::encode(&DynamicImage::ImageRgb8(pixels));
        }
        let form = Form {
            tables: &[],
            // A JFIF header means luma and chroma, whatever the data set says.
            rgb: self.coding.is_rgb() && coded.get(6..10) != Some(b"JFIF"),
            level,
        };
        let tile = self_contained(&coded, &form);
        tile.map(Bytes::from)
            .map_err(|reason| malformed(format!("its frame {} {reason}", frame + 1)))
    }
}

fn frames(object: &DefaultDicomObject) -> Result<usize, ImagingError> {
    for (tag, attribute) in [
        (OPTICAL_PATHS, "NumberOfOpticalPaths (0048,0302)"),
        (FOCAL_PLANES, "TotalPixelMatrixFocalPlanes (0048,0303)"),
    ] {
        if stated(object, tag, attribute)?.unwrap_or(1) > 1 {
            let kind = "of several focal planes or optical paths";
            return Err(ImagingError::UnsupportedTiles(kind));
        }
    }
    let frames = stated(object, NUMBER_OF_FRAMES, "NumberOfFrames (0028,0008)")?;
    Ok(frames.unwrap_or(1).max(1) as usize)
}

/// Which frame shows which tile: where the frames say so, else row by row, which is TILED_FULL of PS3.3 section C.7.6.17.3.
fn of_tiles(
    object: &DefaultDicomObject,
    level: &Level,
    count: usize,
) -> Result<Vec<Option<usize>>, ImagingError> {
    let tiles = level.tiles() as usize;
    let said = object
        .get(PER_FRAME_FUNCTIONAL_GROUPS)
        .and_then(|e| e.items());
    let said = said.filter(|items| items.iter().any(|item| position(item).is_some()));
    match said {
        Some(items) if items.len() == count => by_position(items, level),
        None if count == tiles => Ok((0..tiles).map(Some).collect()),
        _ => Err(malformed(format!(
            "it has {count} frames for {tiles} tiles and does not say where each lies"
        ))),
    }
}

fn by_position(
    items: &[InMemDicomObject],
    level: &Level,
) -> Result<Vec<Option<usize>>, ImagingError> {
    let mut of_tiles = vec![None; level.tiles() as usize];
    for (frame, item) in items.iter().enumerate() {
        let tile = position(item).and_then(|at| tile_at(at, level));
        let place = tile.and_then(|tile| of_tiles.get_mut(tile));
        match place {
            Some(place @ None) => *place = Some(frame),
            Some(Some(_)) => {
                let reason = format!("its frame {} lies on another", frame + 1);
                return Err(malformed(reason));
            }
            None => {
                let reason = format!("its frame {} does not lie on its grid of tiles", frame + 1);
                return Err(malformed(reason));
            }
        }
    }
    Ok(of_tiles)
}

/// Column and row of a frame's first pixel, counted from one.
fn position(item: &InMemDicomObject) -> Option<[u32; 2]> {
    let said = item.get(PLANE_POSITION_SLIDE)?.items()?.first()?;
    Some([whole(said, COLUMN_POSITION)?, whole(said, ROW_POSITION)?])
}

fn tile_at([column, row]: [u32; 2], level: &Level) -> Option<usize> {
    let (x, y) = (column.checked_sub(1)?, row.checked_sub(1)?);
    let on_grid = x.is_multiple_of(level.tile_width) && y.is_multiple_of(level.tile_height);
    (on_grid && x < level.width && y < level.height).then(|| {
        let number = y / level.tile_height * level.columns() + x / level.tile_width;
        number as usize
    })
}
