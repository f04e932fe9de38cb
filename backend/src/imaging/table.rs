//! Tables that stored values are looked up in: LUTDescriptor and LUTData, PS3.3 sections C.11.1.1.1 and C.11.2.1.1.

use dicom_object::{InMemDicomObject, Tag};

const LUT_DESCRIPTOR: Tag = Tag(0x0028, 0x3002);
const LUT_DATA: Tag = Tag(0x0028, 0x3006);

/// A table as it is written down.
pub(super) struct Written {
    /// The value of the first entry, as written: whether it is signed, its own VR does not always say.
    pub(super) first: i64,
    /// How many bits an entry has, 8 to 16.
    pub(super) bits: u32,
    /// The entries, of which there is one at least.
    pub(super) entries: Vec<u16>,
}

impl Written {
    /// The table of an item of a sequence, where it is whole.
    pub(super) fn of(item: &InMemDicomObject) -> Option<Self> {
        let descriptor: Vec<i64> = item.get(LUT_DESCRIPTOR)?.value().to_multi_int().ok()?;
        let [count, first, bits @ 8..=16] = descriptor[..] else {
            return None;
        };
        // As an unsigned 16-bit number, 0 means 65,536.
        let count = match count as u16 {
            0 => 1 << 16,
            count => usize::from(count),
        };
        let mut entries: Vec<u16> = item.get(LUT_DATA)?.value().to_multi_int().ok()?;
        entries.truncate(count);
        (entries.len() == count).then_some(Self {
            first,
            bits: bits as u32,
            entries,
        })
    }
}
