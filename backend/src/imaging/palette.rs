//! PALETTE COLOR: pixels that are places in a table of colours, PS3.3 sections C.7.6.3.1.5 and C.7.6.3.1.6.

use super::ImagingError;
use dicom_object::{DefaultDicomObject, Tag};

/// Red, green and blue tables, each as its descriptor and its data.
const TABLES: [(Tag, Tag); 3] = [
    (Tag(0x0028, 0x1101), Tag(0x0028, 0x1201)),
    (Tag(0x0028, 0x1102), Tag(0x0028, 0x1202)),
    (Tag(0x0028, 0x1103), Tag(0x0028, 0x1203)),
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
        let [red, green, blue] =
            TABLES.map(|(descriptor, data)| Table::of(object, descriptor, data));
        let missing = ImagingError::Attribute {
            attribute: "PaletteColorLookupTable (0028,1101) to (0028,1203)",
        };
        match (red, green, blue) {
            (Some(red), Some(green), Some(blue)) => Ok(Self([red, green, blue])),
            _ => Err(missing),
        }
    }

    /// The colour of a pixel value.
    pub(super) fn colour(&self, value: i64) -> [u8; 3] {
        self.0.each_ref().map(|table| table.at(value))
    }
}

impl Table {
    fn of(object: &DefaultDicomObject, descriptor: Tag, data: Tag) -> Option<Self> {
        let descriptor: Vec<i64> = object.get(descriptor)?.value().to_multi_int().ok()?;
        let [count, first, bits] = descriptor[..] else {
            return None;
        };
        // As an unsigned 16-bit number, 0 means 65,536.
        let count = if count == 0 {
            1 << 16
        } else {
            usize::from(count as u16)
        };
        let bytes = object.get(data)?.value();
        let entries = match bits {
            16 => bytes
                .to_multi_int::<u16>()
                .ok()?
                .into_iter()
                .map(|entry| (entry >> 8) as u8)
                .take(count)
                .collect(),
            8 => bytes
                .to_bytes()
                .ok()?
                .iter()
                .copied()
                .take(count)
                .collect::<Vec<u8>>(),
            _ => return None,
        };
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
