//! PALETTE COLOR: pixels that are places in a table of colours, PS3.3 sections C.7.6.3.1.5 and C.7.6.3.1.6.

use super::ImagingError;
use dicom_object::{DefaultDicomObject, Tag};

/// Red, green and blue tables, each as its descriptor, its data, and its data in segments.
const TABLES: [[Tag; 3]; 3] = [
    [
        Tag(0x0028, 0x1101),
        Tag(0x0028, 0x1201),
        Tag(0x0028, 0x1221),
    ],
    [
        Tag(0x0028, 0x1102),
        Tag(0x0028, 0x1202),
        Tag(0x0028, 0x1222),
    ],
    [
        Tag(0x0028, 0x1103),
        Tag(0x0028, 0x1203),
        Tag(0x0028, 0x1223),
    ],
];

/// The three tables of a file, narrowed to 8 bits.
pub(super) struct Palette([Table; 3]);

struct Table {
    /// The pixel value of the first entry.
    first: i64,
    entries: Vec<u8>,
}

impl Palette {
    /// Reads the tables.
    pub(super) fn of(object: &DefaultDicomObject) -> Result<Self, ImagingError> {
        let [red, green, blue] = TABLES.map(|tags| Table::of(object, tags));
        let missing = ImagingError::Attribute {
            attribute: "PaletteColorLookupTable (0028,1101) to (0028,1223)",
        };
        match (red, green, blue) {
            (Some(red), Some(green), Some(blue)) => Ok(Self([red, green, blue])),
            _ => Err(missing),
        }
    }

    /// Red, green and blue of each pixel value.
    pub(super) fn looked_up(&self, values: &[f64]) -> Vec<u8> {
        let colour = |value: i64| self.0.each_ref().map(|table| table.at(value));
        values
            .iter()
            .flat_map(|value| colour(*value as i64))
            .collect()
    }
}

impl Table {
    fn of(object: &DefaultDicomObject, [descriptor, data, segments]: [Tag; 3]) -> Option<Self> {
        let descriptor: Vec<i64> = object.get(descriptor)?.value().to_multi_int().ok()?;
        let [count, first, bits @ (8 | 16)] = descriptor[..] else {
            return None;
        };
        // As an unsigned 16-bit number, 0 means 65,536.
        let count = match count as u16 {
            0 => 1 << 16,
            count => usize::from(count),
        };
        let words = |tag| -> Option<Vec<u16>> {
            let value = object.get(tag)?.value();
            match bits {
                16 => value.to_multi_int().ok(),
                _ => Some(
                    value
                        .to_bytes()
                        .ok()?
                        .iter()
                        .copied()
                        .map(u16::from)
                        .collect(),
                ),
            }
        };
        let mut entries = match words(data) {
            Some(entries) => entries,
            None => unfolded(&words(segments)?, count, bits == 16)?,
        };
        entries.truncate(count);
        let narrowed = |entry: &u16| (entry >> (bits - 8)) as u8;
        let entries: Vec<u8> = entries.iter().map(narrowed).collect();
        (entries.len() == count).then_some(Self { first, entries })
    }

    /// Values before the first entry have its colour, values after the last one that one's.
    fn at(&self, value: i64) -> u8 {
        let place = usize::try_from(value - self.first)
            .unwrap_or(0)
            .min(self.entries.len() - 1);
        self.entries[place]
    }
}

/// The entries that segments stand for, PS3.3 section C.7.9.2: listed, in a straight line, or as earlier segments. Hardly more
/// than are wanted; `None` where they are not to be understood.
fn unfolded(segments: &[u16], wanted: usize, words: bool) -> Option<Vec<u16>> {
    let mut entries = Vec::new();
    let mut rest = segments;
    // An even length may take a byte more than there is.
    while let ([kind, length, after @ ..], true) = (rest, entries.len() < wanted) {
        if *kind != 2 {
            rest = unfold_one(rest, &mut entries)?;
            continue;
        }
        let (offset, after) = offset(after, words)?;
        let mut earlier = segments.get(offset..)?;
        for _ in 0..*length {
            if entries.len() >= wanted {
                break;
            }
            earlier = unfold_one(earlier, &mut entries)?;
        }
        rest = after;
    }
    Some(entries)
}

/// Where the segments to repeat begin: two words or four bytes, the lowest first.
fn offset(after: &[u16], words: bool) -> Option<(usize, &[u16])> {
    let (parts, wide) = if words { (2, 16) } else { (4, 8) };
    let (parts, after) = after.split_at_checked(parts)?;
    let offset = parts
        .iter()
        .rev()
        .fold(0, |offset, part| offset << wide | usize::from(*part));
    Some((offset, after))
}

/// A segment that is no repetition and not empty, and what follows it.
fn unfold_one<'a>(segment: &'a [u16], entries: &mut Vec<u16>) -> Option<&'a [u16]> {
    let [kind, length, after @ ..] = segment else {
        return None;
    };
    let length = usize::from(*length);
    match kind {
        _ if length == 0 => None,
        0 => {
            let (listed, after) = after.split_at_checked(length)?;
            entries.extend(listed);
            Some(after)
        }
        1 => {
            let (end, after) = after.split_first()?;
            let (start, end) = (f64::from(*entries.last()?), f64::from(*end));
            let share = |at: usize| (start + (end - start) * at as f64 / length as f64).round();
            entries.extend((1..=length).map(|at| share(at) as u16));
            Some(after)
        }
        _ => None,
    }
}
