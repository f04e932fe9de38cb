//! Whole-slide files of DICOM, PS3.3 section A.32.8, as scanners write them.

use crate::slide_file::jpeg;
use dicom_core::value::{DataSetSequence, PixelFragmentSequence};
use dicom_core::{DataElement, PrimitiveValue, VR, dicom_value};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, Tag};
use image::RgbImage;

pub const BASELINE: &str = "1.2.840.10008.1.2.4.50";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const CLASS: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";

pub const IMAGE_TYPE: Tag = Tag(0x0008, 0x0008);
pub const FRAMES: Tag = Tag(0x0028, 0x0008);
pub const ROWS: Tag = Tag(0x0028, 0x0010);
pub const TOTAL_COLUMNS: Tag = Tag(0x0048, 0x0006);
pub const FOCAL_PLANES: Tag = Tag(0x0048, 0x0303);
const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);

/// A level of a slide: its header, and a frame for each tile.
#[derive(Clone)]
pub struct Level {
    pub object: InMemDicomObject,
    pub frames: Vec<Vec<u8>>,
    pub syntax: &'static str,
}

impl Level {
    /// A picture in JPEG tiles of that side, all of them, row by row: TILED_FULL.
    pub fn jpeg(picture: &RgbImage, side: u32, named: &str) -> Self {
        let frames = tiles(picture, side).iter().map(jpeg).collect();
        Self::of(picture, side, named, frames, BASELINE)
    }

    /// The same uncompressed.
    pub fn plain(picture: &RgbImage, side: u32, named: &str) -> Self {
        let frames = tiles(picture, side);
        let frames = frames.into_iter().map(RgbImage::into_raw).collect();
        Self::of(picture, side, named, frames, EXPLICIT)
    }

    fn of(
        picture: &RgbImage,
        side: u32,
        named: &str,
        frames: Vec<Vec<u8>>,
        syntax: &'static str,
    ) -> Self {
        let (width, height) = picture.dimensions();
        let mut level = Self {
            object: header(named),
            frames,
            syntax,
        };
        let colours = if syntax == BASELINE {
            "YBR_FULL_422"
        } else {
            "RGB"
        };
        level = level
            .with(Tag(0x0028, 0x0004), VR::CS, PrimitiveValue::from(colours))
            .with(TOTAL_COLUMNS, VR::UL, PrimitiveValue::from(width))
            .with(Tag(0x0048, 0x0007), VR::UL, PrimitiveValue::from(height))
            .with(ROWS, VR::US, PrimitiveValue::from(side as u16))
            .with(
                Tag(0x0028, 0x0011),
                VR::US,
                PrimitiveValue::from(side as u16),
            );
        level.counted()
    }

    pub fn with(mut self, tag: Tag, vr: VR, value: PrimitiveValue) -> Self {
        self.object.put(DataElement::new(tag, vr, value));
        self
    }

    /// Says how many frames there are.
    fn counted(self) -> Self {
        let count = self.frames.len().to_string();
        self.with(FRAMES, VR::IS, PrimitiveValue::from(count))
    }

    /// TILED_SPARSE: only these frames, each with its place, column and row counted from one.
    pub fn sparse(mut self, placed: &[(usize, [i32; 2])]) -> Self {
        let frames: Vec<_> = placed
            .iter()
            .map(|(n, _)| self.frames[*n].clone())
            .collect();
        self.frames = frames;
        let items: Vec<_> = placed.iter().map(|(_, at)| plane(*at)).collect();
        let items = DataSetSequence::from(items);
        self.object
            .put(DataElement::new(Tag(0x5200, 0x9230), VR::SQ, items));
        let organized = PrimitiveValue::from("TILED_SPARSE");
        self.with(Tag(0x0020, 0x9311), VR::CS, organized).counted()
    }

    /// The file, each frame in so many pieces; where there are several, a table says where frames begin.
    pub fn file(&self, pieces: usize) -> Vec<u8> {
        let mut object = self.object.clone();
        if self.syntax == EXPLICIT {
            let bytes = PrimitiveValue::from(self.frames.concat());
            object.put(DataElement::new(PIXEL_DATA, VR::OB, bytes));
        } else {
            let (mut table, mut fragments, mut at) = (Vec::new(), Vec::new(), 0);
            for frame in &self.frames {
                table.push(at);
                let even = (frame.len().div_ceil(pieces) + 1) & !1;
                for piece in frame.chunks(even) {
                    let mut piece = piece.to_vec();
                    piece.resize((piece.len() + 1) & !1, 0);
                    at += 8 + piece.len() as u32;
                    fragments.push(piece);
                }
            }
            let table = if pieces == 1 { Vec::new() } else { table };
            let value = PixelFragmentSequence::new(table, fragments);
            object.put(DataElement::new(PIXEL_DATA, VR::OB, value));
        }
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(self.syntax)
            .media_storage_sop_class_uid(CLASS)
            .media_storage_sop_instance_uid("1.2.826.0.1.3680043.99.78.1")
            .build()
            .unwrap();
        let mut bytes = Vec::new();
        object.with_exact_meta(meta).write_all(&mut bytes).unwrap();
        bytes
    }
}

fn tiles(picture: &RgbImage, side: u32) -> Vec<RgbImage> {
    let (width, height) = picture.dimensions();
    let places = (0..height.div_ceil(side))
        .flat_map(|row| (0..width.div_ceil(side)).map(move |column| (column, row)));
    let tile = |(column, row): (u32, u32)| {
        RgbImage::from_fn(side, side, |x, y| {
            let (x, y) = (column * side + x, row * side + y);
            *picture.get_pixel(x.min(width - 1), y.min(height - 1))
        })
    };
    places.map(tile).collect()
}

/// What every level says; the pixel spacing stands in the functional groups of all frames.
fn header(named: &str) -> InMemDicomObject {
    let texts = [
        (Tag(0x0008, 0x0016), VR::UI, CLASS),
        (Tag(0x0008, 0x0018), VR::UI, "1.2.826.0.1.3680043.99.78.1"),
        (Tag(0x0008, 0x0060), VR::CS, "SM"),
        (Tag(0x0008, 0x0080), VR::LO, named),
        (Tag(0x0010, 0x0010), VR::PN, named),
        (Tag(0x0010, 0x0020), VR::LO, named),
        (Tag(0x0020, 0x000D), VR::UI, "1.2.826.0.1.3680043.99.78.2"),
        (Tag(0x0020, 0x000E), VR::UI, "1.2.826.0.1.3680043.99.78.3"),
        (Tag(0x0020, 0x9311), VR::CS, "TILED_FULL"),
        (Tag(0x0028, 0x0301), VR::CS, "NO"),
        (Tag(0x0040, 0x0512), VR::LO, named),
    ];
    let numbers = [
        (0x0002, 3),
        (0x0006, 0),
        (0x0100, 8),
        (0x0101, 8),
        (0x0102, 7),
        (0x0103, 0),
    ];
    let kind = dicom_value!(Strs, ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]);
    let mut object = InMemDicomObject::from_element_iter(
        texts.map(|(tag, vr, text)| DataElement::new(tag, vr, PrimitiveValue::from(text))),
    );
    object.put(DataElement::new(IMAGE_TYPE, VR::CS, kind));
    for (element, number) in numbers {
        let number = PrimitiveValue::from(number as u16);
        object.put(DataElement::new(Tag(0x0028, element), VR::US, number));
    }
    let spacing = dicom_value!(Strs, ["0.00025", "0.0005"]);
    let spacing = DataElement::new(Tag(0x0028, 0x0030), VR::DS, spacing);
    let measures = InMemDicomObject::from_element_iter([spacing]);
    let groups = InMemDicomObject::from_element_iter([sequence(Tag(0x0028, 0x9110), measures)]);
    object.put(sequence(Tag(0x5200, 0x9229), groups));
    object
}

fn plane([column, row]: [i32; 2]) -> InMemDicomObject {
    let at = |tag, place: i32| DataElement::new(tag, VR::SL, PrimitiveValue::from(place));
    let position = InMemDicomObject::from_element_iter([
        at(Tag(0x0048, 0x021E), column),
        at(Tag(0x0048, 0x021F), row),
    ]);
    InMemDicomObject::from_element_iter([sequence(Tag(0x0048, 0x021A), position)])
}

fn sequence(tag: Tag, item: InMemDicomObject) -> DataElement<InMemDicomObject, Vec<u8>> {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item]))
}
