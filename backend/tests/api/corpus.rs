//! DICOM files full of markers, and the search for them.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::value::{DataSetSequence, PixelFragmentSequence};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, StandardDataDictionary};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use std::io::Cursor;

const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
const SOP_INSTANCE_UID: Tag = Tag(0x0008, 0x0018);
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const IMPLICIT: &str = "1.2.840.10008.1.2";
const JPEG: &str = "1.2.840.10008.1.2.4.50";
const SIDE: u16 = 4;

/// Groups in which the standard has attributes of images, their patients, studies and devices.
const GROUPS: [u16; 38] = [
    0x0008, 0x0010, 0x0012, 0x0014, 0x0016, 0x0018, 0x0020, 0x0022, 0x0028, 0x0032, 0x0038, 0x003A,
    0x0040, 0x0042, 0x0044, 0x0046, 0x0048, 0x0050, 0x0052, 0x0054, 0x0060, 0x0062, 0x0064, 0x0066,
    0x0068, 0x006A, 0x0070, 0x0072, 0x0074, 0x0080, 0x0088, 0x0400, 0x2200, 0x3002, 0x3004, 0x3006,
    0x3008, 0x300A,
];

/// What text markers contain: as it is, in hexadecimal digits, in base64 at each of its three places, in UTF-16.
const TEXTS: [&[u8]; 6] = [
    b"ZQMARK",
    b"5a514d41524b",
    b"WlFNQVJL",
    b"pRTUFSS",
    b"aUU1BUk",
    b"Z\0Q\0M\0A\0R\0K",
];
/// What other markers begin with: UIDs, times, dates with times, decimal numbers.
const BEGINNINGS: [&[u8]; 4] = [
    b"1.2.826.0.1.3680043.99.77.",
    b"235959.1",
    b"235959.2",
    b"7654321.",
];

/// The markers found in some bytes, each with what stands around it.
pub fn hits(bytes: &[u8]) -> Vec<String> {
    let mut hits = Vec::new();
    for needle in TEXTS.iter().chain(&BEGINNINGS) {
        for (at, window) in bytes.windows(needle.len()).enumerate() {
            if window == *needle {
                let around = &bytes[at.saturating_sub(60)..bytes.len().min(at + 60)];
                hits.push(String::from_utf8_lossy(around).into_owned());
            }
        }
    }
    // Numbers, dates and ages are words of their own, or digits of a digest could be taken for one.
    let words = bytes.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'.'));
    hits.extend(
        words
            .filter(|word| is_marked(word))
            .map(|word| String::from_utf8_lossy(word).into_owned()),
    );
    hits
}

fn is_marked(word: &[u8]) -> bool {
    let digits = || word.iter().all(u8::is_ascii_digit);
    match word.len() {
        4 => word == b"987M",
        5 => word == b"54321",
        8 => word.starts_with(b"2347") && digits() || word.starts_with(b"5A51"),
        10 => word.starts_with(b"176543") && digits(),
        _ => false,
    }
}

/// Whether some bytes contain others.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Whether a PNG consists of its size and pixels alone.
pub fn is_bare(png: &[u8]) -> bool {
    let mut rest = &png[8..];
    while let [a, b, c, d, kind @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        if ![&b"IHDR"[..], b"IDAT", b"IEND"].contains(&&kind[..4]) {
            return false;
        }
        rest = &kind[4 + length + 4..];
    }
    true
}

/// A DICOM object in which everything that may say something of a patient is a marker.
pub struct Corpus {
    object: InMemDicomObject,
    markers: Vec<String>,
    /// How many attributes of the profile's table it has.
    pub of_profile: usize,
}

impl Corpus {
    pub fn new() -> Self {
        let mut corpus = Self {
            object: image(),
            markers: Vec::new(),
            of_profile: 0,
        };
        corpus.add_profile();
        corpus.add_hiding_places();
        corpus.add_other_texts();
        corpus.add_nested();
        corpus
    }

    /// Every attribute of the profile, each with a value that fits its VR.
    fn add_profile(&mut self) {
        let table = include_str!("../../src/imaging/deidentify/profile.tsv");
        let rows = table.lines().filter(|line| !line.starts_with('#'));
        for row in rows {
            let (tag, _) = row.split_once('\t').unwrap();
            // The file meta information and commands stand elsewhere, groups that repeat and private ones among the hiding places.
            let Some((group, element)) = tag.split_once(',').filter(|_| !tag.contains('x')) else {
                continue;
            };
            let tag = Tag(
                u16::from_str_radix(group, 16).unwrap(),
                u16::from_str_radix(element, 16).unwrap(),
            );
            if tag.group() < 8 || self.object.get(tag).is_some() {
                continue;
            }
            let vr = StandardDataDictionary
                .by_tag(tag)
                .map_or(VR::LO, |entry| entry.vr().relaxed());
            self.put(tag, vr);
            self.of_profile += 1;
        }
    }

    /// Every other attribute of the standard that may hold a free text, and code strings that are none.
    fn add_other_texts(&mut self) {
        for tag in GROUPS
            .into_iter()
            .flat_map(|group| (1..=u16::MAX).map(move |element| Tag(group, element)))
        {
            let Some(entry) = StandardDataDictionary.by_tag(tag) else {
                continue;
            };
            let vr = entry.vr().relaxed();
            let numbers = [
                VR::SQ,
                VR::AT,
                VR::DS,
                VR::IS,
                VR::FL,
                VR::FD,
                VR::SL,
                VR::SS,
                VR::SV,
                VR::UL,
                VR::US,
                VR::UV,
            ];
            let of_pixels = tag.group() == 0x0028 && [VR::CS, VR::OW, VR::OB].contains(&vr);
            if numbers.contains(&vr)
                || of_pixels
                || tag == Tag(0x0008, 0x0005)
                || self.object.get(tag).is_some()
            {
                continue;
            }
            match vr {
                VR::CS => {
                    let text = format!("zq {}", self.marker());
                    self.object.put(DataElement::new(tag, vr, text));
                }
                _ => self.put(tag, vr),
            }
        }
    }

    /// Where else something may hide.
    fn add_hiding_places(&mut self) {
        for (tag, vr) in [
            (Tag(0x0009, 0x0010), VR::LO),
            (Tag(0x0009, 0x1001), VR::LO),
            (Tag(0x0009, 0x1002), VR::SQ),
            (Tag(0x0029, 0x0010), VR::LO),
            (Tag(0x0029, 0x1010), VR::OB),
            // Curves and overlays.
            (Tag(0x5000, 0x2500), VR::LO),
            (Tag(0x5002, 0x3000), VR::OW),
            (Tag(0x6000, 0x0022), VR::LO),
            (Tag(0x6000, 0x1500), VR::LO),
            (Tag(0x6002, 0x3000), VR::OW),
            (Tag(0x6002, 0x4000), VR::LT),
            // Of no VR, known to the standard and unknown.
            (Tag(0x0008, 0x0070), VR::UN),
            (Tag(0x0018, 0xFFFE), VR::UN),
            (Tag(0x0018, 0xFFFC), VR::LO),
            // SliceThickness, SpacingBetweenSlices: numbers for the standard.
            (Tag(0x0018, 0x0050), VR::LO),
            (Tag(0x0018, 0x0088), VR::ST),
        ] {
            self.put(tag, vr);
        }
        // KVP, in a text that is no number.
        let marker = self.marker();
        self.object
            .put(DataElement::new(Tag(0x0018, 0x0060), VR::DS, marker));
    }

    /// Sequences that stay: what is two deep in them, codes of a hospital's own scheme, and one of a published scheme.
    fn add_nested(&mut self) {
        let study = self.object.get(Tag(0x0020, 0x000D)).cloned();
        let mut inner = self.item();
        inner.extend(study);
        inner.extend([self.element(Tag(0x0008, 0x1155), VR::UI)]);
        let mut outer = self.item();
        outer.put(sequence(Tag(0x0008, 0x1140), inner));
        self.object.put(sequence(Tag(0x0008, 0x1115), outer));
        let own = [self.marker(), format!("99{}", self.marker()), self.marker()];
        self.object.put(sequence(Tag(0x0008, 0x2218), code(&own)));
        let published = ["39607008", "SCT", "Lung"].map(str::to_owned);
        self.object
            .put(sequence(Tag(0x0008, 0x2228), code(&published)));
    }

    fn put(&mut self, tag: Tag, vr: VR) {
        let element = self.element(tag, vr);
        self.object.put(element);
    }

    fn element(&mut self, tag: Tag, vr: VR) -> DataElement<InMemDicomObject, Vec<u8>> {
        match vr {
            VR::SQ => {
                let mut item = self.item();
                let inner = self.item();
                item.put(sequence(Tag(0x0040, 0xA730), inner));
                sequence(tag, item)
            }
            VR::OB | VR::OW | VR::OF | VR::OD | VR::OL | VR::OV | VR::UN => {
                // Of a length that each of them may have.
                let bytes = format!("{:<16}", self.marker());
                DataElement::new(
                    tag,
                    vr,
                    PrimitiveValue::U8(bytes.into_bytes().into_iter().collect()),
                )
            }
            VR::US => DataElement::new(tag, vr, PrimitiveValue::from(54321_u16)),
            _ => {
                let text = self.text(vr);
                DataElement::new(tag, vr, text)
            }
        }
    }

    fn text(&mut self, vr: VR) -> String {
        let number = self.markers.len();
        let (month, day) = (1 + number / 28 % 12, 1 + number % 28);
        let text = match vr {
            VR::PN => return format!("{}^{}", self.marker(), self.marker()),
            VR::UR => return format!("urn:{}", self.marker()),
            VR::AS => "987M".to_owned(),
            VR::DA => format!("2347{month:02}{day:02}"),
            VR::TM => format!("235959.1{number:05}"),
            VR::DT => format!("2347{month:02}{day:02}235959.2{number:05}"),
            VR::UI => format!("1.2.826.0.1.3680043.99.77.{number}"),
            VR::DS => format!("-7654321.{number}"),
            VR::IS => format!("176543{number:04}"),
            _ => return self.marker(),
        };
        self.markers.push(text.clone());
        text
    }

    fn marker(&mut self) -> String {
        let marker = format!("ZQMARK{:04}", self.markers.len());
        self.markers.push(marker.clone());
        marker
    }

    /// An item with a name, a description and a number of the patient.
    fn item(&mut self) -> InMemDicomObject {
        let attributes = [
            (Tag(0x0008, 0x1030), VR::LO),
            (Tag(0x0010, 0x0010), VR::PN),
            (Tag(0x0010, 0x1020), VR::DS),
            (Tag(0x0028, 0x4000), VR::LT),
        ];
        let elements: Vec<_> = attributes
            .into_iter()
            .map(|(tag, vr)| self.element(tag, vr))
            .collect();
        InMemDicomObject::from_element_iter(elements)
    }

    /// The markers that a file should have and has not, or that the search would not find.
    pub fn not_in(&self, file: &[u8]) -> Vec<&String> {
        let lost = |marker: &&String| {
            !contains(file, marker.as_bytes()) || hits(marker.as_bytes()).is_empty()
        };
        self.markers.iter().filter(lost).collect()
    }

    /// One file of each coding in which something may hide, with pixels of its own.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut coded = self.object.clone();
        let pixels = PixelFragmentSequence::new_fragments(vec![jpeg(3)]);
        coded.put(DataElement::new(PIXEL_DATA, VR::OB, pixels));
        for (tag, bits) in [
            (Tag(0x0028, 0x0100), 8_u16),
            (Tag(0x0028, 0x0101), 8),
            (Tag(0x0028, 0x0102), 7),
        ] {
            coded.put(DataElement::new(tag, VR::US, PrimitiveValue::from(bits)));
        }
        vec![
            ("plain.dcm", file(with_pixels(&self.object, 1), EXPLICIT)),
            ("implicit.dcm", file(with_pixels(&self.object, 2), IMPLICIT)),
            ("coded.dcm", file(coded, JPEG)),
            ("photo.jpg", jpeg(4)),
            ("drawing.png", png()),
        ]
    }

    /// One of several slices of one series.
    pub fn slice(&self, number: u16) -> Vec<u8> {
        let mut object = with_pixels(&self.object, 10 + number);
        let uid = format!("1.2.826.0.1.3680043.99.77.9.{number}");
        object.put(DataElement::new(SOP_INSTANCE_UID, VR::UI, uid));
        file(object, EXPLICIT)
    }

    /// A file that ends in the middle of its pixels.
    pub fn cut_short(&self) -> Vec<u8> {
        let mut object = with_pixels(&self.object, 20);
        object.remove_element(Tag(0xFFFA, 0xFFFA));
        object.remove_element(Tag(0xFFFC, 0xFFFC));
        let mut bytes = file(object, EXPLICIT);
        bytes.truncate(bytes.len() - 20);
        bytes
    }
}

/// A CT slice that says what must be said, and nothing of a patient.
fn image() -> InMemDicomObject {
    let texts = [
        (Tag(0x0008, 0x0016), VR::UI, "1.2.840.10008.5.1.4.1.1.2"),
        (Tag(0x0008, 0x0060), VR::CS, "CT"),
        (Tag(0x0028, 0x0004), VR::CS, "MONOCHROME2"),
        (Tag(0x0028, 0x0301), VR::CS, "NO"),
    ];
    let numbers = [
        (0x0002, 1),
        (0x0010, SIDE),
        (0x0011, SIDE),
        (0x0100, 16),
        (0x0101, 16),
        (0x0102, 15),
        (0x0103, 0),
    ];
    let texts = texts
        .into_iter()
        .map(|(tag, vr, text)| DataElement::new(tag, vr, text));
    let numbers = numbers.into_iter().map(|(element, number)| {
        DataElement::new(Tag(0x0028, element), VR::US, PrimitiveValue::from(number))
    });
    InMemDicomObject::from_element_iter(texts.chain(numbers))
}

fn with_pixels(object: &InMemDicomObject, seed: u16) -> InMemDicomObject {
    let mut object = object.clone();
    let pixels = (0..SIDE * SIDE).map(|at| at * seed + seed).collect();
    object.put(DataElement::new(
        PIXEL_DATA,
        VR::OW,
        PrimitiveValue::U16(pixels),
    ));
    object
}

/// The object as a file with markers in its preamble and its file meta information.
fn file(object: InMemDicomObject, syntax: &str) -> Vec<u8> {
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(syntax)
        .media_storage_sop_class_uid("1.2.840.10008.5.1.4.1.1.2")
        .media_storage_sop_instance_uid("1.2.826.0.1.3680043.99.77.1")
        .implementation_version_name("ZQMARKVERSION")
        .source_application_entity_title("ZQMARKSENDER")
        .build()
        .unwrap();
    let mut bytes = Vec::new();
    object.with_exact_meta(meta).write_all(&mut bytes).unwrap();
    bytes[..128].copy_from_slice(&b"ZQMARKPREAMBLE  ".repeat(8));
    bytes
}

fn sequence(tag: Tag, item: InMemDicomObject) -> DataElement<InMemDicomObject, Vec<u8>> {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item]))
}

/// A code: its value, its scheme, its meaning.
fn code(parts: &[String; 3]) -> InMemDicomObject {
    let attributes = [(0x0100, VR::SH), (0x0102, VR::SH), (0x0104, VR::LO)];
    InMemDicomObject::from_element_iter(
        attributes
            .into_iter()
            .zip(parts)
            .map(|((element, vr), part)| DataElement::new(Tag(0x0008, element), vr, part.as_str())),
    )
}

fn picture(seed: u8, format: ImageFormat) -> Vec<u8> {
    let level = |x: u32, y: u32| Luma([(x as u8 * 50) ^ (y as u8 * 20) ^ seed]);
    let picture = GrayImage::from_fn(u32::from(SIDE), u32::from(SIDE), level);
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(picture)
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// A JPEG with a name in a comment and in an application's segment, and after its end.
fn jpeg(seed: u8) -> Vec<u8> {
    let plain = picture(seed, ImageFormat::Jpeg);
    let segment = |mark: u8, text: &[u8]| {
        [
            &[0xff, mark],
            &(text.len() as u16 + 2).to_be_bytes()[..],
            text,
        ]
        .concat()
    };
    let named = [
        segment(0xfe, b"ZQMARKCOMMENT"),
        segment(0xe1, b"Exif\0\0ZQMARKEXIF"),
    ]
    .concat();
    let mut bytes = [&plain[..2], &named, &plain[2..], b"ZQMARKTAIL"].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// A PNG with a name in a text, and after its end.
fn png() -> Vec<u8> {
    let plain = picture(5, ImageFormat::Png);
    let text = b"tEXtAuthor\0ZQMARKAUTHOR";
    let length = (text.len() as u32 - 4).to_be_bytes();
    let sum = crc(text).to_be_bytes();
    // After the header's 8 + 25 bytes.
    [
        &plain[..33],
        &length,
        text,
        &sum,
        &plain[33..],
        b"ZQMARKTAIL",
    ]
    .concat()
}

/// PNG's checksum, ISO 15948 annex D.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    })
}

/// A slice of one patient on one day, who is told by name, age, size and origin.
pub fn dated(day: &str, patient: &str) -> Vec<u8> {
    let mut object = with_pixels(&image(), day.bytes().map(u16::from).sum());
    let moment = format!("{day}101112.5+0100");
    for (tag, vr, text) in [
        (Tag(0x0008, 0x0018), VR::UI, "1.2.3.4.5"),
        (Tag(0x0008, 0x0020), VR::DA, day),
        (Tag(0x0008, 0x002A), VR::DT, &moment),
        (Tag(0x0008, 0x0030), VR::TM, "101112"),
        (Tag(0x0010, 0x0010), VR::PN, patient),
        (Tag(0x0010, 0x0020), VR::LO, patient),
        (Tag(0x0010, 0x0030), VR::DA, "19260101"),
        (Tag(0x0010, 0x0040), VR::CS, "F"),
        (Tag(0x0010, 0x1010), VR::AS, "097Y"),
        (Tag(0x0010, 0x1020), VR::DS, "1.62"),
        (Tag(0x0010, 0x2160), VR::SH, "MARK"),
        (Tag(0x0020, 0x000D), VR::UI, "1.2.3.4"),
    ] {
        object.put(DataElement::new(tag, vr, text));
    }
    file(object, EXPLICIT)
}
