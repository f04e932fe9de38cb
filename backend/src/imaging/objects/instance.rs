//! An image made anew: its header, and its canonical pixels as native ones.
//!
//! What matters of a grey value is what it means, after the modality transformation of PS3.3 section C.11.1. Whole numbers are
//! stored as that, and the transformation is none; others are stored as they are kept, with the slope and intercept that lead back.

use super::ObjectError;
use super::attributes::{
    Attributes, complete_study, decimal, first_item, items_mut, number, put, put_all, put_items,
    put_missing, text, values,
};
use crate::imaging::{Levels, Window};
use bytes::Bytes;
use image::DynamicImage;
use medreg_datasets::geometry::ImageSize;
use serde_json::{Value, json};

/// What is kept of an image besides its header.
#[derive(Debug)]
pub struct Picture<'a> {
    /// Its size.
    pub size: ImageSize,
    /// How many frames it has.
    pub frames: u32,
    /// 8 or 16.
    pub bits: u8,
    /// Whether it is in colour.
    pub colour: bool,
    /// What stored grey values mean.
    pub levels: Option<&'a Levels>,
    /// How they are shown at first; its ends are those of the stored values.
    pub window: Option<Window>,
    /// Row and column spacing in mm.
    pub pixel_spacing: Option<[f64; 2]>,
    /// Whether a compression once lost something.
    pub lossy: bool,
    /// Whether the header came with the image, and was not made for it.
    pub has_header: bool,
}

/// How kept pixels become those of a file: a grey value is `sign` × kept + `offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelFormat {
    /// 8 or 16.
    pub bits: u8,
    /// Three samples a pixel.
    pub colour: bool,
    /// Two's complement.
    pub signed: bool,
    /// 1, or -1 where they are turned round.
    pub sign: i32,
    /// In units of the file's values.
    pub offset: i32,
}

impl Default for PixelFormat {
    fn default() -> Self {
        Self {
            bits: 16,
            colour: false,
            signed: false,
            sign: 1,
            offset: 0,
        }
    }
}

impl PixelFormat {
    /// The bytes of a frame of this size.
    #[must_use]
    pub fn frame_bytes(&self, size: ImageSize) -> u64 {
        let samples = if self.colour {
            3
        } else {
            u64::from(self.bits / 8)
        };
        u64::from(size.width()) * u64::from(size.height()) * samples
    }

    /// A frame's bytes out of its kept PNG.
    pub fn frame(&self, png: &[u8], size: ImageSize) -> Result<Bytes, ObjectError> {
        let bad = |reason: String| ObjectError::Pixels(reason);
        let kept = image::load_from_memory_with_format(png, image::ImageFormat::Png);
        let bytes = match kept.map_err(|e| bad(e.to_string()))? {
            DynamicImage::ImageRgb8(image) if self.colour => image.into_raw(),
            DynamicImage::ImageLuma8(image) if !self.colour && self.bits == 8 => image.into_raw(),
            DynamicImage::ImageLuma16(image) if !self.colour => self.grey(&image.into_raw()),
            other => return Err(bad(format!("{:?} was not expected", other.color()))),
        };
        match bytes.len() as u64 == self.frame_bytes(size) {
            true => Ok(bytes.into()),
            false => Err(bad(format!("{} bytes were not expected", bytes.len()))),
        }
    }

    fn grey(&self, kept: &[u16]) -> Vec<u8> {
        let value = |stored: &u16| self.sign * i32::from(*stored) + self.offset;
        match self.bits {
            8 => kept.iter().map(|stored| value(stored) as u8).collect(),
            // The lower half of two's complement is the same for both kinds of 16-bit numbers.
            _ => kept
                .iter()
                .flat_map(|stored| (value(stored) as u16).to_le_bytes())
                .collect(),
        }
    }
}

/// What leads from the file's values to what they mean.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rescale {
    slope: f64,
    intercept: f64,
}

const NO_RESCALE: Rescale = Rescale {
    slope: 1.0,
    intercept: 0.0,
};

/// The image's own attributes, without its pixels, and how those are written.
#[must_use]
pub fn image(header: Attributes, picture: &Picture<'_>) -> (Attributes, PixelFormat) {
    let (format, rescale) = format(&header, picture);
    let mut set = header;
    complete_study(&mut set);
    let before = Before::of(&set);
    for tag in OF_OTHER_PIXELS {
        set.remove(*tag);
    }
    if picture.has_header {
        let changed = rescale.slope != before.rescale.slope && rescale != NO_RESCALE
            || picture.colour && before.photometric.as_deref() != Some("RGB");
        if changed {
            set_derived(&mut set);
        }
    } else {
        complete_capture(&mut set, picture);
    }
    put_pixel_module(&mut set, picture, format);
    if !picture.colour {
        put_rescale(&mut set, &before, rescale, picture);
        put_padding(&mut set, &before, rescale, format);
    }
    (set, format)
}

/// What the header said of the file's own pixels.
struct Before {
    rescale: Rescale,
    rescale_type: Option<String>,
    had_rescale: bool,
    photometric: Option<String>,
    padding: Option<f64>,
    padding_limit: Option<f64>,
}

impl Before {
    fn of(set: &Attributes) -> Self {
        let groups = first_item(set, SHARED_GROUPS);
        let inside = groups.and_then(|groups| first_item(groups, TRANSFORMATION));
        let said = |tag| number(set, tag).or_else(|| number(inside?, tag));
        let slope = said("00281053");
        Self {
            rescale: Rescale {
                slope: slope.unwrap_or(1.0),
                intercept: said("00281052").unwrap_or(0.0),
            },
            rescale_type: text(set, "00281054")
                .or_else(|| text(inside?, "00281054"))
                .map(str::to_owned),
            had_rescale: slope.is_some() || set.contains_key("00283000"),
            photometric: text(set, "00280004").map(str::to_owned),
            padding: number(set, "00280120"),
            padding_limit: number(set, "00280121"),
        }
    }
}

const SHARED_GROUPS: &str = "52009229";
const FRAME_GROUPS: &str = "52009230";
const TRANSFORMATION: &str = "00289145";

/// Attributes of pixels that were coded otherwise: their smallest and largest values, tables of colours, the modality table that
/// is applied already, where the pixels were. PS3.3 sections C.7.6.3 and C.11.1.
const OF_OTHER_PIXELS: &[&str] = &[
    "00280006", "00280106", "00280107", "00280108", "00280109", "00280110", "00280111", "00280120",
    "00280121", "00281052", "00281053", "00281101", "00281102", "00281103", "00281104", "00281111",
    "00281112", "00281113", "00281199", "00281201", "00281202", "00281203", "00281204", "00281221",
    "00281222", "00281223", "00281224", "00282000", "00283000", "00287FE0", "00289002", "7FE00001",
    "7FE00002", "7FE00003", "7FE00008", "7FE00009", "7FE00010",
];

fn format(header: &Attributes, picture: &Picture<'_>) -> (PixelFormat, Rescale) {
    if picture.colour {
        let format = PixelFormat {
            bits: 8,
            colour: true,
            ..PixelFormat::default()
        };
        return (format, NO_RESCALE);
    }
    let Some((levels, window)) = picture.levels.zip(picture.window) else {
        let format = PixelFormat {
            bits: picture.bits,
            ..PixelFormat::default()
        };
        return (format, NO_RESCALE);
    };
    let was_eight = number(header, "00280100") == Some(8.0);
    let as_meant = picture
        .has_header
        .then(|| as_meant(levels, window.max, was_eight));
    as_meant
        .flatten()
        .unwrap_or_else(|| as_kept(levels, window.max))
}

/// Whole numbers that a pixel can hold are stored as what they mean.
fn as_meant(levels: &Levels, top: f64, eight: bool) -> Option<(PixelFormat, Rescale)> {
    let whole = levels.slope.abs() == 1.0 && levels.intercept.fract() == 0.0;
    let ends = [levels.intercept, levels.slope * top + levels.intercept];
    let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    let (bits, signed) = match (low, high) {
        _ if eight && low >= 0.0 && high <= f64::from(u8::MAX) => (8, false),
        _ if low >= 0.0 && high <= f64::from(u16::MAX) => (16, false),
        _ if low >= f64::from(i16::MIN) && high <= f64::from(i16::MAX) => (16, true),
        _ => return None,
    };
    let format = PixelFormat {
        bits,
        signed,
        sign: levels.slope as i32,
        offset: levels.intercept as i32,
        ..PixelFormat::default()
    };
    whole.then_some((format, NO_RESCALE))
}

/// Others as they are kept, in the order of what they mean.
fn as_kept(levels: &Levels, top: f64) -> (PixelFormat, Rescale) {
    if levels.slope >= 0.0 {
        let rescale = Rescale {
            slope: levels.slope,
            intercept: levels.intercept,
        };
        return (PixelFormat::default(), rescale);
    }
    let format = PixelFormat {
        sign: -1,
        offset: top as i32,
        ..PixelFormat::default()
    };
    let rescale = Rescale {
        slope: -levels.slope,
        intercept: levels.slope * top + levels.intercept,
    };
    (format, rescale)
}

/// ImageType (0008,0008), PS3.3 section C.7.6.1.1.2: these values are no longer the file's.
fn set_derived(set: &mut Attributes) {
    let mut kinds = values(set, "00080008").to_vec();
    match kinds.first_mut() {
        Some(first) => *first = json!("DERIVED"),
        None => kinds = vec![json!("DERIVED"), json!("SECONDARY")],
    }
    put_all(set, "00080008", "CS", kinds);
}

/// What a secondary capture has and no picture says: PS3.3 sections A.8.1 to A.8.5.
fn complete_capture(set: &mut Attributes, picture: &Picture<'_>) {
    put_all(
        set,
        "00080008",
        "CS",
        vec![json!("DERIVED"), json!("SECONDARY")],
    );
    put_missing(set, &[("00200020", "CS"), ("00200060", "CS")]);
    if picture.lossy {
        put(set, "00282110", "CS", "01");
    }
    if let Some(spacing) = picture.pixel_spacing {
        let spacing = spacing.map(|mm| Value::String(decimal(mm)));
        put_all(set, "00280030", "DS", spacing.to_vec());
    }
    if picture.frames == 1 {
        set.remove("00280008");
    } else {
        put(set, "00280301", "CS", "NO");
        // Frames in the order of their pages: PageNumberVector (0018,2001), PS3.3 section C.8.6.4.
        put(set, "00280009", "AT", "00182001");
        let pages = (1..=picture.frames).map(|page| json!(page)).collect();
        put_all(set, "00182001", "IS", pages);
    }
    if let Some(window) = picture.window.filter(|_| !picture.colour) {
        let (center, width) = picture
            .levels
            .map_or((window.center, window.width), |l| (l.center, l.width));
        put(set, "00281050", "DS", decimal(center));
        put(set, "00281051", "DS", decimal(width.max(1.0)));
    }
}

/// PS3.3 section C.7.6.3.
fn put_pixel_module(set: &mut Attributes, picture: &Picture<'_>, format: PixelFormat) {
    let inverse = picture.levels.is_some_and(|levels| levels.inverse);
    let photometric = match (picture.colour, inverse) {
        (true, _) => "RGB",
        (false, true) => "MONOCHROME1",
        (false, false) => "MONOCHROME2",
    };
    put(set, "00280002", "US", if picture.colour { 3 } else { 1 });
    put(set, "00280004", "CS", photometric);
    if picture.colour {
        put(set, "00280006", "US", 0);
    }
    put(set, "00280010", "US", picture.size.height());
    put(set, "00280011", "US", picture.size.width());
    put(set, "00280100", "US", format.bits);
    put(set, "00280101", "US", format.bits);
    put(set, "00280102", "US", format.bits - 1);
    put(set, "00280103", "US", u8::from(format.signed));
}

fn put_rescale(set: &mut Attributes, before: &Before, rescale: Rescale, picture: &Picture<'_>) {
    let grouped = set.contains_key(SHARED_GROUPS);
    let mut into = Attributes::new();
    put(&mut into, "00281052", "DS", decimal(rescale.intercept));
    put(&mut into, "00281053", "DS", decimal(rescale.slope));
    let hounsfield = picture.levels.is_some_and(|levels| levels.hounsfield);
    let kind = before.rescale_type.as_deref();
    put(
        &mut into,
        "00281054",
        "LO",
        kind.unwrap_or(if hounsfield { "HU" } else { "US" }),
    );
    set.remove("00281054");
    let mut had = before.had_rescale;
    for groups in [SHARED_GROUPS, FRAME_GROUPS] {
        for item in items_mut(set, groups) {
            had |= item.remove(TRANSFORMATION).is_some();
        }
    }
    if !had && rescale == NO_RESCALE {
        return;
    }
    if grouped && let Some(shared) = items_mut(set, SHARED_GROUPS).next() {
        put_items(shared, TRANSFORMATION, vec![into]);
        return;
    }
    set.append(&mut into);
}

/// PixelPaddingValue (0028,0120) and its limit, which are stored values: the same meaning, stored as it is now.
fn put_padding(set: &mut Attributes, before: &Before, rescale: Rescale, format: PixelFormat) {
    let Rescale { slope, intercept } = before.rescale;
    let (vr, range) = match (format.signed, format.bits) {
        (true, _) => ("SS", f64::from(i16::MIN)..=f64::from(i16::MAX)),
        (false, 8) => ("US", 0.0..=f64::from(u8::MAX)),
        (false, _) => ("US", 0.0..=f64::from(u16::MAX)),
    };
    let now = |value: f64| ((value * slope + intercept) - rescale.intercept) / rescale.slope;
    let usable = |value: &f64| range.contains(value) && value.fract() == 0.0;
    let padding = before.padding.map(now).filter(usable);
    let limit = before.padding_limit.map(now).filter(usable);
    if let Some(padding) = padding {
        put(set, "00280120", vr, padding as i64);
        if let Some(limit) = limit {
            put(set, "00280121", vr, limit as i64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoiFunction;

    fn levels(slope: f64, intercept: f64) -> Levels {
        Levels {
            slope,
            intercept,
            hounsfield: false,
            inverse: slope < 0.0,
            center: 0.0,
            width: 1.0,
            function: VoiFunction::Linear,
        }
    }

    /// What a kept value means once it is written and read again.
    fn meant(levels: &Levels, top: f64, kept: u16) -> f64 {
        let (format, rescale) =
            as_meant(levels, top, false).unwrap_or_else(|| as_kept(levels, top));
        let bytes = format.grey(&[kept]);
        let stored = match format.signed {
            true => f64::from(i16::from_le_bytes([bytes[0], bytes[1]])),
            false => f64::from(u16::from_le_bytes([bytes[0], bytes[1]])),
        };
        stored * rescale.slope + rescale.intercept
    }

    #[test]
    fn a_value_means_the_same_whichever_way_it_is_stored() {
        for (slope, intercept, top) in [
            (1.0, -1024.0, 4095.0),
            (1.0, 0.0, 65_535.0),
            (1.0, -40_000.0, 65_000.0),
            (1.0, 0.5, 100.0),
            (0.25, -3.0, 65_535.0),
            (-1.0, 4095.0, 4095.0),
            (-1.0, 100_000.0, 50_000.0),
            (-0.5, 7.0, 65_535.0),
        ] {
            let levels = levels(slope, intercept);
            for kept in [0, 1, 77, top as u16] {
                let expected = slope * f64::from(kept) + intercept;
                assert_eq!(meant(&levels, top, kept), expected, "{levels:?} {kept}");
            }
        }
    }

    #[test]
    fn padding_and_groups_follow_the_pixels() {
        let header = json!({
            "00080008": { "vr": "CS", "Value": ["ORIGINAL", "PRIMARY", "AXIAL"] },
            "00280100": { "vr": "US", "Value": [16] },
            "00280106": { "vr": "SS", "Value": [0] },
            "00280120": { "vr": "SS", "Value": [-2000] },
            "52009229": { "vr": "SQ", "Value": [{ "00289145": { "vr": "SQ", "Value": [
                { "00281052": { "vr": "DS", "Value": ["-24"] }, "00281053": { "vr": "DS", "Value": ["1"] },
                  "00281054": { "vr": "LO", "Value": ["HU"] } }] } }] },
            "52009230": { "vr": "SQ", "Value": [{}, {}] },
        });
        let levels = levels(1.0, -2024.0);
        let picture = Picture {
            size: ImageSize::new(2, 2).unwrap(),
            frames: 2,
            bits: 16,
            colour: false,
            levels: Some(&levels),
            window: Some(Window {
                center: 0.0,
                width: 1.0,
                min: 0.0,
                max: 4000.0,
            }),
            pixel_spacing: None,
            lossy: false,
            has_header: true,
        };
        let (set, format) = image(header.as_object().unwrap().clone(), &picture);
        assert_eq!((format.signed, format.offset), (true, -2024));
        assert_eq!(number(&set, "00280120"), Some(-2024.0));
        assert_eq!(text(&set, "00080008"), Some("ORIGINAL"));
        assert!(!set.contains_key("00280106") && !set.contains_key("00281052"));
        let shared = first_item(&set, SHARED_GROUPS).unwrap();
        let rescale = first_item(shared, TRANSFORMATION).unwrap();
        assert_eq!(
            (number(rescale, "00281052"), text(rescale, "00281054")),
            (Some(0.0), Some("HU"))
        );
    }
}
