//! The directories of a TIFF file and the tiles that they name, TIFF 6.0 section 15. Each number is checked before anything is
//! allocated by it; loops of directories are refused by the `tiff` crate.

use super::jpeg::{Form, self_contained};
use super::pyramid::{Pyramid, blank};
use super::{Level, MAX_TILE_BYTES};
use crate::imaging::{ImagingError, picture};
use bytes::Bytes;
use image::{DynamicImage, RgbImage};
use std::cmp::Reverse;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use tiff::decoder::ifd::Value;
use tiff::decoder::{ChunkType, Decoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, PlanarConfiguration, Tag};
use tiff::{ColorType, TiffError};

/// The most directories of a file. Slides have about ten.
const MAX_DIRECTORIES: usize = 64;
/// What the decoder may allocate at once: a list of [`super::MAX_TILES`] numbers takes 32 bytes each.
const MAX_VALUE_BYTES: usize = 64 << 20;
/// The longest tables that tiles share: each gets them. Four of either kind take 1,400 bytes.
const MAX_TABLES: usize = 64 << 10;
/// The longest description that is looked into for the size of a pixel.
const MAX_DESCRIPTION: u64 = 64 << 10;
/// Sizes of a pixel, in mm, that a microscope gives. Others are what a program writes that knows none: 72 dots an inch, say.
const PLAUSIBLE: RangeInclusive<f64> = 0.000_01..=0.05;

/// A directory whose tiles can be read.
pub(super) struct Directory {
    /// Its place in the file.
    index: usize,
    pub(super) level: Level,
    coding: Coding,
}

enum Coding {
    /// JPEG, taken over as it is.
    Jpeg { tables: Vec<u8>, rgb: bool },
    /// Something without loss, which is coded anew.
    Lossless,
}

impl Directory {
    /// Whether its coding lost something.
    pub(super) fn is_lossy(&self) -> bool {
        matches!(self.coding, Coding::Jpeg { .. })
    }
}

/// A file that is read.
pub(super) struct Source<'a> {
    file: &'a File,
    length: u64,
    decoder: Decoder<BufReader<&'a File>>,
}

impl<'a> Source<'a> {
    /// Reads the file's first directory.
    pub(super) fn open(file: &'a File) -> Result<Self, ImagingError> {
        let mut limits = Limits::default();
        limits.decoding_buffer_size = MAX_VALUE_BYTES;
        limits.intermediate_buffer_size = MAX_VALUE_BYTES;
        let mut reader = BufReader::new(file);
        reader.rewind().map_err(ImagingError::disk)?;
        let decoder = Decoder::new(reader).map_err(malformed)?;
        Ok(Self {
            file,
            length: file.metadata().map_err(ImagingError::disk)?.len(),
            decoder: decoder.with_limits(limits),
        })
    }

    /// The first directory, which is the slide, and those of others that may be levels of it, the larger first.
    pub(super) fn pyramid(&mut self) -> Result<Vec<Directory>, ImagingError> {
        let mut found = vec![self.described(0)?];
        let mut index = 0;
        while self.decoder.more_images() {
            index += 1;
            if index == MAX_DIRECTORIES {
                return Err(malformed(format!(
                    "it has more than {MAX_DIRECTORIES} directories"
                )));
            }
            match self.decoder.next_image() {
                // One in strips, of other colours or odd sizes is no level.
                Ok(()) => found.extend(self.described(index)),
                Err(TiffError::UnsupportedError(_)) => {}
                Err(error) => return Err(malformed(error)),
            }
        }
        found[1..].sort_by_key(|directory| Reverse(directory.level.width));
        Ok(found)
    }

    /// The directory that the decoder is at.
    fn described(&mut self, index: usize) -> Result<Directory, ImagingError> {
        if self.decoder.get_chunk_type() != ChunkType::Tile {
            return Err(ImagingError::NotTiled);
        }
        Ok(Directory {
            index,
            level: self.level()?,
            coding: self.coding()?,
        })
    }

    fn level(&mut self) -> Result<Level, ImagingError> {
        let (width, height) = self.decoder.dimensions().map_err(malformed)?;
        let (tile_width, tile_height) = self.decoder.chunk_dimensions();
        let level = Level {
            width,
            height,
            tile_width,
            tile_height,
        };
        level.checked("TIFF")
    }

    fn coding(&mut self) -> Result<Coding, ImagingError> {
        let planes = self.number(Tag::PlanarConfiguration)?;
        if planes.is_some_and(|planes| planes != PlanarConfiguration::Chunky.to_u16()) {
            return Err(ImagingError::UnsupportedTiles("one plane for each colour"));
        }
        let method = self.number(Tag::Compression)?.unwrap_or(1);
        match CompressionMethod::from_u16_exhaustive(method) {
            CompressionMethod::ModernJPEG => self.jpeg(),
            CompressionMethod::None
            | CompressionMethod::LZW
            | CompressionMethod::Deflate
            | CompressionMethod::OldDeflate
            | CompressionMethod::PackBits => self.lossless(),
            _ => Err(ImagingError::UnsupportedTiles("coded in another way")),
        }
    }

    /// TIFF Technical Note 2: the colours are what the tag says, whatever a marker in the tiles may say.
    fn jpeg(&mut self) -> Result<Coding, ImagingError> {
        let colours = self.number(Tag::PhotometricInterpretation)?;
        let rgb = colours == Some(PhotometricInterpretation::RGB.to_u16());
        let ycbcr = colours == Some(PhotometricInterpretation::YCbCr.to_u16());
        if self.number(Tag::SamplesPerPixel)? != Some(3) || !(rgb || ycbcr) {
            return Err(ImagingError::UnsupportedTiles("not in colour"));
        }
        let tables = match self.decoder.find_tag(Tag::JPEGTables).map_err(malformed)? {
            Some(tables) => tables.into_u8_vec().map_err(malformed)?,
            None => Vec::new(),
        };
        if tables.len() > MAX_TABLES {
            return Err(malformed(format!("its tables have {} bytes", tables.len())));
        }
        Ok(Coding::Jpeg { tables, rgb })
    }

    fn lossless(&mut self) -> Result<Coding, ImagingError> {
        match self.decoder.colortype() {
            Ok(ColorType::RGB(8)) => Ok(Coding::Lossless),
            _ => Err(ImagingError::UnsupportedTiles("not in colours of 8 bits")),
        }
    }

    fn number(&mut self, tag: Tag) -> Result<Option<u16>, ImagingError> {
        self.decoder.find_tag_unsigned(tag).map_err(malformed)
    }

    /// Row and column spacing in mm: from Aperio's description, else from the resolution.
    pub(super) fn spacing(
        &mut self,
        directory: &Directory,
    ) -> Result<Option<[f64; 2]>, ImagingError> {
        self.seek(directory)?;
        let described = self.microns().map(|microns| microns / 1000.0);
        let spacing = match described {
            Some(side) => Some([side, side]),
            None => self.resolution(),
        };
        Ok(spacing.filter(|sides| sides.iter().all(|side| PLAUSIBLE.contains(side))))
    }

    /// The number after "MPP" in a description as Aperio writes it: `…|MPP = 0.2525|…`.
    fn microns(&mut self) -> Option<f64> {
        let entry = self.decoder.image_ifd().find_entry(Tag::ImageDescription)?;
        if entry.count() > MAX_DESCRIPTION {
            return None;
        }
        let text = self.decoder.get_tag_ascii_string(Tag::ImageDescription);
        let text = text.ok()?;
        let (_, after) = text.split_once("|MPP = ")?;
        after.split('|').next()?.trim().parse().ok()
    }

    /// Pixels in a unit of length, TIFF 6.0 section 8; inches where it does not say.
    fn resolution(&mut self) -> Option<[f64; 2]> {
        let unit = match self.number(Tag::ResolutionUnit).ok()?.unwrap_or(2) {
            2 => 25.4,
            3 => 10.0,
            _ => return None,
        };
        let mut side = |tag| match self.decoder.find_tag(tag).ok()?? {
            Value::Rational(pixels, units) => Some(unit * f64::from(units) / f64::from(pixels)),
            other => Some(unit / other.into_f64().ok()?),
        };
        Some([side(Tag::YResolution)?, side(Tag::XResolution)?])
    }

    fn seek(&mut self, directory: &Directory) -> Result<(), ImagingError> {
        self.decoder
            .seek_to_image(directory.index)
            .map_err(malformed)
    }

    /// Copies a directory's tiles.
    pub(super) fn copy(
        &mut self,
        directory: &Directory,
        pyramid: &mut Pyramid,
    ) -> Result<(), ImagingError> {
        self.seek(directory)?;
        let offsets = self.numbers(Tag::TileOffsets)?;
        let lengths = self.numbers(Tag::TileByteCounts)?;
        let tiles = directory.level.tiles();
        if offsets.len() as u64 != tiles || lengths.len() as u64 != tiles {
            return Err(malformed("it does not say where all of its tiles are"));
        }
        pyramid.begin(&directory.level)?;
        let blank = blank(&directory.level)?;
        for (number, (offset, length)) in offsets.into_iter().zip(lengths).enumerate() {
            // Scanners leave tiles out on which nothing is.
            let tile = match length {
                0 => blank.clone(),
                _ => self.tile(directory, number, offset, length)?,
            };
            pyramid.push(&tile)?;
        }
        Ok(())
    }

    fn numbers(&mut self, tag: Tag) -> Result<Vec<u64>, ImagingError> {
        self.decoder.get_tag_u64_vec(tag).map_err(malformed)
    }

    fn tile(
        &mut self,
        directory: &Directory,
        number: usize,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ImagingError> {
        let inside = offset
            .checked_add(length)
            .is_some_and(|end| end <= self.length);
        if !inside || length > MAX_TILE_BYTES {
            return Err(malformed(format!(
                "its tile {number} should have {length} bytes from byte {offset} on; the file has {}, a tile at most {MAX_TILE_BYTES}",
                self.length
            )));
        }
        let Coding::Jpeg { tables, rgb } = &directory.coding else {
            return self.recoded(number);
        };
        let mut bytes = vec![0; length as usize];
        self.file
            .read_exact_at(&mut bytes, offset)
            .map_err(ImagingError::disk)?;
        let form = Form {
            tables,
            rgb: *rgb,
            level: &directory.level,
        };
        let tile = self_contained(&bytes, &form);
        tile.map(Bytes::from)
            .map_err(|reason| malformed(format!("its tile {number} {reason}")))
    }

    /// A tile as a PNG.
    fn recoded(&mut self, number: usize) -> Result<Bytes, ImagingError> {
        // There are no more tiles than MAX_TILES.
        let number = number as u32;
        let decoded = self.decoder.read_chunk(number).map_err(malformed)?;
        let (width, height) = self.decoder.chunk_data_dimensions(number);
        let pixels = match decoded {
            DecodingResult::U8(samples) => RgbImage::from_raw(width, height, samples),
            _ => None,
        };
        let pixels = pixels.ok_or_else(|| {
            malformed(format!("its tile {number} is not {width}×{height} pixels"))
        })?;
        picture::encode(&DynamicImage::ImageRgb8(pixels))
    }
}

fn malformed(reason: impl ToString) -> ImagingError {
    ImagingError::Malformed {
        kind: "TIFF",
        reason: reason.to_string(),
    }
}
