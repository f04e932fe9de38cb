//! Files of slides, written byte by byte: TIFF 6.0 section 2, and BigTIFF.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use std::collections::BTreeMap;

/// A directory's values by their tags.
pub type Tags = BTreeMap<u16, Values>;

#[derive(Clone)]
pub enum Values {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Long8(Vec<u64>),
    Ascii(String),
    Bytes(Vec<u8>),
}

pub const WIDTH: u16 = 256;
pub const COMPRESSION: u16 = 259;
pub const DESCRIPTION: u16 = 270;
pub const TILE_WIDTH: u16 = 322;
pub const TILE_OFFSETS: u16 = 324;
pub const TILE_BYTES: u16 = 325;
const JPEG_TABLES: u16 = 347;
const JPEG: u16 = 7;

impl Values {
    /// Kind, count and bytes, the lowest first.
    fn written(&self) -> (u16, usize, Vec<u8>) {
        match self {
            Self::Short(all) => (
                3,
                all.len(),
                all.iter().flat_map(|n| n.to_le_bytes()).collect(),
            ),
            Self::Long(all) => (
                4,
                all.len(),
                all.iter().flat_map(|n| n.to_le_bytes()).collect(),
            ),
            Self::Long8(all) => (
                16,
                all.len(),
                all.iter().flat_map(|n| n.to_le_bytes()).collect(),
            ),
            Self::Ascii(text) => (2, text.len() + 1, [text.as_bytes(), b"\0"].concat()),
            Self::Bytes(bytes) => (7, bytes.len(), bytes.clone()),
        }
    }
}

/// One picture of a file: its tags, and its tiles or strips in the order in which they are named.
#[derive(Clone)]
pub struct Directory {
    pub tags: Tags,
    pub tiles: Vec<Vec<u8>>,
}

impl Directory {
    /// A picture in tiles of this side; `coded` makes a tile's bytes of its pixels.
    pub fn tiled(picture: &RgbImage, side: u32, coded: impl Fn(&RgbImage) -> Vec<u8>) -> Self {
        let (width, height) = picture.dimensions();
        let mut tiles = Vec::new();
        for row in 0..height.div_ceil(side) {
            for column in 0..width.div_ceil(side) {
                tiles.push(coded(&RgbImage::from_fn(side, side, |x, y| {
                    let (x, y) = (column * side + x, row * side + y);
                    *picture.get_pixel(x.min(width - 1), y.min(height - 1))
                })));
            }
        }
        let mut tags = pixels(width, height, 2);
        tags.insert(TILE_WIDTH, Values::Long(vec![side]));
        tags.insert(323, Values::Long(vec![side]));
        Self { tags, tiles }
    }

    /// The same in JPEG, with one set of tables for all tiles, and with bytes in each that are no picture.
    pub fn jpeg(picture: &RgbImage, side: u32, colours: u16, hidden: &[u8]) -> Self {
        let mut made = Self::tiled(picture, side, |tile| without_tables(&jpeg(tile), hidden));
        made.tags.insert(COMPRESSION, Values::Short(vec![JPEG]));
        made.tags.insert(262, Values::Short(vec![colours]));
        let tables = tables_of(&jpeg(&RgbImage::new(side, side)));
        made.tags.insert(JPEG_TABLES, Values::Bytes(tables));
        made
    }

    /// A picture in one strip, as labels are kept.
    pub fn strip(picture: &RgbImage, description: &str) -> Self {
        let mut tags = pixels(picture.width(), picture.height(), 2);
        tags.insert(278, Values::Long(vec![picture.height()]));
        tags.insert(DESCRIPTION, Values::Ascii(description.to_owned()));
        Self {
            tags,
            tiles: vec![picture.as_raw().clone()],
        }
    }

    pub fn with(mut self, tag: u16, values: Values) -> Self {
        self.tags.insert(tag, values);
        self
    }
}

fn pixels(width: u32, height: u32, colours: u16) -> Tags {
    BTreeMap::from([
        (WIDTH, Values::Long(vec![width])),
        (257, Values::Long(vec![height])),
        (258, Values::Short(vec![8, 8, 8])),
        (COMPRESSION, Values::Short(vec![1])),
        (262, Values::Short(vec![colours])),
        (277, Values::Short(vec![3])),
    ])
}

/// A file of these directories. The last one names the directory `again` as the next, which makes a loop.
pub fn file(directories: &[Directory], big: bool, again: Option<usize>) -> Vec<u8> {
    let mut out = match big {
        true => b"II\x2b\0\x08\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
        false => b"II\x2a\0\0\0\0\0".to_vec(),
    };
    let mut link = if big { 8 } else { 4 };
    let mut places = Vec::new();
    for directory in directories {
        let place = written_into(&mut out, directory, big);
        set(&mut out, link, place as u64, big);
        places.push(place);
        link = out.len() - if big { 8 } else { 4 };
    }
    if let Some(again) = again {
        set(&mut out, link, places[again] as u64, big);
    }
    out
}

fn set(out: &mut [u8], at: usize, value: u64, big: bool) {
    let length = if big { 8 } else { 4 };
    out[at..at + length].copy_from_slice(&value.to_le_bytes()[..length]);
}

/// Adds tiles, long values and the directory itself, and tells where that begins.
fn written_into(out: &mut Vec<u8>, directory: &Directory, big: bool) -> usize {
    let offsets: Vec<u64> = directory
        .tiles
        .iter()
        .map(|tile| {
            let at = out.len() as u64;
            out.extend(tile);
            at
        })
        .collect();
    let lengths = directory.tiles.iter().map(|tile| tile.len() as u32);
    let tiled = directory.tags.contains_key(&TILE_WIDTH);
    let mut tags = directory.tags.clone();
    let (at, length) = if tiled {
        (TILE_OFFSETS, TILE_BYTES)
    } else {
        (273, 279)
    };
    tags.entry(at).or_insert(Values::Long8(offsets));
    tags.entry(length)
        .or_insert(Values::Long(lengths.collect()));
    let room = if big { 8 } else { 4 };
    let number = |value: u64| value.to_le_bytes()[..room].to_vec();
    let mut entries = Vec::new();
    for (tag, values) in tags {
        let values = match values {
            Values::Long8(all) if !big => Values::Long(all.iter().map(|n| *n as u32).collect()),
            other => other,
        };
        let (kind, count, mut bytes) = values.written();
        if bytes.len() > room {
            let at = out.len() as u64;
            out.extend(bytes);
            bytes = number(at);
        }
        bytes.resize(room, 0);
        entries.push(
            [
                &tag.to_le_bytes()[..],
                &kind.to_le_bytes(),
                &number(count as u64),
                &bytes,
            ]
            .concat(),
        );
    }
    let start = out.len();
    let count = entries.len() as u64;
    out.extend(&count.to_le_bytes()[..if big { 8 } else { 2 }]);
    out.extend(entries.concat());
    out.extend(number(0));
    start
}

/// The smallest slide: one tile.
pub fn small() -> Vec<u8> {
    let tile = Directory::tiled(&picture(64, 64, 1), 64, |tile| tile.as_raw().clone());
    file(&[tile], false, None)
}

/// Colours that say where they are: each square of 64 pixels has its own.
pub fn colour(x: u32, y: u32) -> Rgb<u8> {
    let (column, row) = (x / 64, y / 64);
    let even = (column + row).is_multiple_of(2);
    Rgb([
        40 + (column * 5 % 200) as u8,
        40 + (row * 7 % 200) as u8,
        if even { 200 } else { 90 },
    ])
}

/// A slide of that size at a level so many times smaller.
pub fn picture(width: u32, height: u32, smaller: u32) -> RgbImage {
    let middle = smaller / 2;
    RgbImage::from_fn(width / smaller, height / smaller, |x, y| {
        colour(x * smaller + middle, y * smaller + middle)
    })
}

pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode_image(picture)
        .unwrap();
    bytes
}

/// The segments before the picture's coefficients: mark and all bytes.
fn segments(jpeg: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    let (mut at, mut found) = (2, Vec::new());
    loop {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])) + 2;
        found.push((jpeg[at + 1], &jpeg[at..at + length]));
        at += length;
        if found.last().unwrap().0 == 0xda {
            return (found, &jpeg[at..]);
        }
    }
}

const TABLES: [u8; 2] = [0xc4, 0xdb];

fn tables_of(jpeg: &[u8]) -> Vec<u8> {
    let tables = segments(jpeg)
        .0
        .into_iter()
        .filter(|(mark, _)| TABLES.contains(mark));
    let tables = tables.flat_map(|(_, bytes)| bytes.to_vec());
    [0xff, 0xd8]
        .into_iter()
        .chain(tables)
        .chain([0xff, 0xd9])
        .collect()
}

/// A tile as TIFF keeps it, with a comment and something after its end.
fn without_tables(jpeg: &[u8], hidden: &[u8]) -> Vec<u8> {
    let (segments, coefficients) = segments(jpeg);
    let mut made = vec![0xff, 0xd8, 0xff, 0xfe];
    made.extend((hidden.len() as u16 + 2).to_be_bytes());
    made.extend(hidden);
    let others = segments
        .into_iter()
        .filter(|(mark, _)| !TABLES.contains(mark));
    others.for_each(|(_, bytes)| made.extend(bytes));
    made.extend(coefficients);
    made.extend(hidden);
    made
}
