//! Real DICOM files and pictures made on the spot become canonical pixels; whatever is wrong with a file is said by name.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use bytes::Bytes;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};
use image::{DynamicImage, ImageFormat};
use medreg::imaging::deidentify::{Dates, Wishes};
use medreg::imaging::{self, Canonical, Hints, ImagingError, Laterality, VoiFunction};
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use proptest::prelude::*;
use std::io::Cursor;
use std::path::PathBuf;

const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);

// ---- Real files ---------------------------------------------------------------------------------------------------

/// The folder with the DICOM files of the Python packages pydicom and pydicom-data.
fn test_data() -> PathBuf {
    let path = std::env::var_os("MEDREG_TEST_DICOM").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/test-data")),
        PathBuf::from,
    );
    assert!(
        path.is_dir(),
        "no DICOM test files in {}: run `./dev test`, which fetches them",
        path.display()
    );
    path
}

fn dicom(name: &str) -> Vec<u8> {
    let root = test_data();
    let places =
        ["data_store/data", "pydicom/data/test_files"].map(|folder| root.join(folder).join(name));
    let found = places.iter().find(|path| path.is_file());
    std::fs::read(found.unwrap_or_else(|| {
        panic!(
            "{name} is not under {}: run `./dev test`, which fetches it",
            root.display()
        )
    }))
    .unwrap()
}

fn hints() -> Hints {
    Hints {
        file_name: "upload".to_owned(),
        modality: None,
        attested: false,
    }
}

fn read(bytes: &[u8]) -> Result<Canonical, ImagingError> {
    imaging::read(bytes, &hints())
}

fn read_dicom(name: &str) -> Canonical {
    read(&dicom(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the file holds, taken from the bytes without any decoder: little endian, uncompressed.
struct Raw {
    object: DefaultDicomObject,
    bytes: Vec<u8>,
}

impl Raw {
    fn of(name: &str) -> Self {
        let object = dicom_object::from_reader(Cursor::new(dicom(name))).unwrap();
        assert_eq!(
            object.meta().transfer_syntax(),
            "1.2.840.10008.1.2.1",
            "{name} is not explicit little endian"
        );
        let bytes = object
            .get(PIXEL_DATA)
            .unwrap()
            .value()
            .to_bytes()
            .unwrap()
            .into_owned();
        Self { object, bytes }
    }

    fn number(&self, group: u16, element: u16) -> f64 {
        self.object
            .get(Tag(group, element))
            .unwrap()
            .value()
            .to_multi_float64()
            .unwrap()[0]
    }

    /// 16-bit samples after slope and intercept; `bits` is BitsStored, above which a signed sample repeats its sign.
    fn values(&self, signed: bool, slope: f64, intercept: f64) -> Vec<f64> {
        let sample = |pair: &[u8]| {
            let word = u16::from_le_bytes([pair[0], pair[1]]);
            if signed {
                f64::from(word.cast_signed())
            } else {
                f64::from(word)
            }
        };
        self.bytes
            .chunks_exact(2)
            .map(|pair| sample(pair) * slope + intercept)
            .collect()
    }
}

/// PS3.3 C.11.2.1.2.1, to 8 bits: the standard's own pseudo-code with `y` from 0 to 255.
fn linear_window(x: f64, center: f64, width: f64) -> f64 {
    if x <= center - 0.5 - (width - 1.0) / 2.0 {
        0.0
    } else if x > center - 0.5 + (width - 1.0) / 2.0 {
        255.0
    } else {
        ((x - (center - 0.5)) / (width - 1.0) + 0.5) * 255.0
    }
}

fn grey16(png: &Bytes) -> Vec<u16> {
    match image::load_from_memory_with_format(png, ImageFormat::Png).unwrap() {
        DynamicImage::ImageLuma16(image) => image.into_raw(),
        other => panic!("16-bit grey was expected, it is {:?}", other.color()),
    }
}

fn grey8(png: &Bytes) -> Vec<u8> {
    match image::load_from_memory_with_format(png, ImageFormat::Png).unwrap() {
        DynamicImage::ImageLuma8(image) => image.into_raw(),
        other => panic!("8-bit grey was expected, it is {:?}", other.color()),
    }
}

fn rgb8(png: &Bytes) -> Vec<u8> {
    match image::load_from_memory_with_format(png, ImageFormat::Png).unwrap() {
        DynamicImage::ImageRgb8(image) => image.into_raw(),
        other => panic!("8-bit RGB was expected, it is {:?}", other.color()),
    }
}

/// Every shown pixel is the formula's, up to rounding.
fn assert_shown(rendered: &Bytes, expected: impl Iterator<Item = f64>) {
    let shown = grey8(rendered);
    for (at, (shown, expected)) in shown.iter().zip(expected).enumerate() {
        let off = (f64::from(*shown) - expected).abs();
        assert!(
            off <= 0.5 + 1e-6,
            "pixel {at} is shown as {shown}, the formula says {expected}"
        );
    }
}

#[test]
fn ct_is_shifted_to_unsigned_and_shown_through_its_own_window() {
    let raw = Raw::of("693_UNCI.dcm");
    let values = raw.values(true, 1.0, -1024.0);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(least < 0.0, "a test of signed values needs some");
    let ct = read_dicom("693_UNCI.dcm");
    assert_eq!(
        (ct.modality, ct.bits, ct.colour, ct.pixels.len()),
        (Modality::Ct, 16, false, 1)
    );
    assert_eq!((ct.size.width(), ct.size.height()), (512, 512));
    assert_eq!(ct.pixel_spacing, Some([0.478_516, 0.478_516]));
    let stored: Vec<f64> = grey16(&ct.pixels[0]).into_iter().map(f64::from).collect();
    assert_eq!(
        stored,
        values.iter().map(|value| value - least).collect::<Vec<_>>()
    );
    let window = ct.window.unwrap();
    assert_eq!(
        (window.center, window.width, window.min),
        (40.0 - least, 100.0, 0.0)
    );
    assert_eq!(window.max, stored.iter().copied().fold(0.0, f64::max));
    assert_shown(
        &ct.rendered,
        values
            .iter()
            .map(|value| linear_window(*value, 40.0, 100.0)),
    );
}

#[test]
fn monochrome1_is_turned_round_so_that_bigger_is_brighter() {
    let raw = Raw::of("RG1_UNCR.dcm");
    let values = raw.values(false, 1.0, 0.0);
    let (center, width) = (raw.number(0x0028, 0x1050), raw.number(0x0028, 0x1051));
    assert_eq!((center, width), (15_000.0, 30_000.0));
    let most = values.iter().copied().fold(0.0, f64::max);
    let chest = read_dicom("RG1_UNCR.dcm");
    assert_eq!(
        (chest.modality, chest.size.width(), chest.size.height()),
        (Modality::Xray, 1841, 1955)
    );
    assert_eq!(chest.pixel_spacing, None, "a spacing of zero is no spacing");
    let stored: Vec<f64> = grey16(&chest.pixels[0])
        .into_iter()
        .map(f64::from)
        .collect();
    assert_eq!(
        stored,
        values.iter().map(|value| most - value).collect::<Vec<_>>()
    );
    assert_shown(
        &chest.rendered,
        values
            .iter()
            .map(|value| 255.0 - linear_window(*value, center, width)),
    );
    let window = chest.window.unwrap();
    assert_shown(
        &chest.rendered,
        stored
            .iter()
            .map(|value| linear_window(*value, window.center, window.width)),
    );
}

#[test]
fn a_fractional_slope_is_spread_over_sixteen_bits() {
    let raw = Raw::of("MR2_UNCR.dcm");
    let (slope, intercept) = (raw.number(0x0028, 0x1053), raw.number(0x0028, 0x1052));
    assert!(slope.fract() != 0.0);
    let values = raw.values(false, slope, intercept);
    let mr = read_dicom("MR2_UNCR.dcm");
    let window = mr.window.unwrap();
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), v| {
            (low.min(*v), high.max(*v))
        });
    let factor = 65_535.0 / (high - low);
    assert!(
        (window.width - 2000.0 * factor).abs() < 1e-6
            && (window.center - (1000.0 - low) * factor).abs() < 1e-6,
        "{window:?}"
    );
    for (stored, value) in grey16(&mr.pixels[0]).into_iter().zip(&values) {
        assert!((f64::from(stored) - (value - low) * factor).abs() <= 0.5 + 1e-6);
    }
    for (shown, value) in grey8(&mr.rendered).into_iter().zip(&values) {
        assert!((f64::from(shown) - linear_window(*value, 1000.0, 2000.0)).abs() <= 0.51);
    }
}

#[test]
fn without_a_window_all_but_the_tails_are_shown() {
    let ct = read_dicom("CT_small.dcm");
    let window = ct.window.unwrap();
    assert!(
        window.width > 1.0 && window.width <= window.max,
        "{window:?}"
    );
    let shown = grey8(&ct.rendered);
    let share =
        |grey: u8| shown.iter().filter(|shown| **shown == grey).count() as f64 / shown.len() as f64;
    assert!(
        share(0) < 0.02 && share(255) < 0.02,
        "{} are black, {} are white",
        share(0),
        share(255)
    );
    assert!(
        share(0) > 0.0 && share(255) > 0.0,
        "the window spans the values"
    );
}

/// Enhanced objects keep window, spacing and rescaling in functional groups, PS3.3 section C.7.6.16.
#[test]
fn a_window_in_functional_groups_is_the_file_s_own() {
    let raw = Raw::of("eCT_Supplemental.dcm");
    let values = raw.values(false, 1.0, -1024.0);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let ct = read_dicom("eCT_Supplemental.dcm");
    let window = ct.window.unwrap();
    assert_eq!((window.center, window.width), (49.0 - least, 102.0));
    assert_eq!(ct.pixel_spacing, Some([0.388_672, 0.388_672]));
    let first = values.iter().take(512 * 512);
    assert_shown(
        &ct.rendered,
        first.map(|value| linear_window(*value, 49.0, 102.0)),
    );
}

/// PS3.3 section C.11.2.1.1, with the 256 entries of a real file and with others in their place.
#[test]
fn a_table_of_greys_is_followed() {
    let raw = Raw::of("vlut_04.dcm");
    let read_well = read_dicom("vlut_04.dcm");
    assert_shown(
        &read_well.rendered,
        raw.bytes.iter().copied().map(f64::from),
    );

    let mut bytes = dicom("vlut_04.dcm");
    let head = [0x28, 0, 0x06, 0x30, b'U', b'S', 0, 2];
    let at = bytes.windows(8).position(|piece| piece == head).unwrap() + 8;
    // Black to 100, then the square of the distance, white from 200 on.
    let entry = |value: usize| {
        let share = (value.clamp(100, 200) - 100) as f64 / 100.0;
        (share * share * 65_535.0).round() as u16
    };
    let entries = (0..256).flat_map(|value| entry(value).to_le_bytes());
    bytes.splice(at..at + 512, entries);
    let changed = read(&bytes).unwrap();
    let shown = |value: &u8| f64::from(entry(usize::from(*value))) / 257.0;
    assert_shown(&changed.rendered, raw.bytes.iter().map(shown));
    let least = f64::from(*raw.bytes.iter().min().unwrap());
    let window = changed.window.unwrap();
    assert_eq!((window.center, window.width), (150.0 - least, 100.0));
}

/// PS3.3 section C.11.2.1.3.2 allows widths below 1, which the default function of C.11.2.1.2.1 does not.
#[test]
fn an_exact_window_may_be_narrow() {
    let (width, function) = (Tag(0x0028, 0x1051), Tag(0x0028, 0x1056));
    let narrow = element(width, b"DS", b"0.5");
    let exact = [narrow.clone(), element(function, b"CS", b"LINEAR_EXACT")].concat();
    let read_with =
        |elements: &[u8]| read(&replaced(dicom("MR_small.dcm"), width, b"DS", elements)).unwrap();
    let values = Raw::of("MR_small.dcm").values(true, 1.0, 0.0);
    let step = |value: &f64| ((value - 600.0) / 0.5 + 0.5).clamp(0.0, 1.0) * 255.0;
    assert_eq!(read_with(&exact).window.unwrap().width, 0.5);
    assert_shown(&read_with(&exact).rendered, values.iter().map(step));
    assert!(read_with(&narrow).window.unwrap().width > 1.0, "it is none");
}

/// As in nuclear medicine, where a slope of 1e-4 gives values of a small fraction.
#[test]
fn small_fractions_are_shown_as_their_integers_are() {
    let slope = Tag(0x0028, 0x1053);
    let small = read(&with_text(dicom("CT_small.dcm"), slope, b"DS", "0.0001")).unwrap();
    let shown = grey8(&small.rendered);
    for (small, plain) in shown
        .iter()
        .zip(grey8(&read_dicom("CT_small.dcm").rendered))
    {
        assert!(small.abs_diff(plain) <= 1, "{small} and {plain}");
    }
}

#[test]
fn a_transfer_syntax_changes_no_pixel() {
    let families: [&[&str]; 6] = [
        &[
            "MR_small.dcm",
            "MR_small_RLE.dcm",
            "MR_small_jp2klossless.dcm",
            "MR_small_bigendian.dcm",
            "MR_small_implicit.dcm",
        ],
        &["693_UNCR.dcm", "693_J2KR.dcm"],
        &["US1_UNCR.dcm", "US1_J2KR.dcm"],
        &["color-px.dcm", "color-pl.dcm"],
        &["SC_rgb.dcm", "SC_rgb_rle.dcm", "SC_rgb_expb.dcm"],
        &[
            "emri_small.dcm",
            "emri_small_RLE.dcm",
            "emri_small_jpeg_2k_lossless.dcm",
            "emri_small_big_endian.dcm",
        ],
    ];
    for family in families {
        let plain = read_dicom(family[0]);
        for other in &family[1..] {
            let coded = read_dicom(other);
            assert!(
                coded.pixels == plain.pixels,
                "{other} differs from {}",
                family[0]
            );
            assert!(
                coded.rendered == plain.rendered && coded.window == plain.window,
                "{other} is shown unlike {}",
                family[0]
            );
        }
    }
}

#[test]
fn colour_ultrasound_stays_colour_and_waits_for_a_person() {
    let us = read_dicom("US1_UNCR.dcm");
    assert_eq!(
        (us.modality, us.bits, us.colour, us.window),
        (Modality::Ultrasound, 8, true, None)
    );
    assert_eq!(rgb8(&us.pixels[0]), Raw::of("US1_UNCR.dcm").bytes);
    assert_eq!(
        us.rendered, us.pixels[0],
        "what is 8-bit already is shown as it is"
    );
    assert_eq!(us.attestation_reason, Some(AttestationReason::Ultrasound));
}

#[test]
fn ybr_becomes_rgb_by_the_standard_s_matrix() {
    let raw = Raw::of("SC_ybr_full_uncompressed.dcm");
    let read = rgb8(&read_dicom("SC_ybr_full_uncompressed.dcm").pixels[0]);
    // PS3.3 C.7.6.3.1.2, solved for R, G and B.
    for (ybr, rgb) in raw.bytes.chunks_exact(3).zip(read.chunks_exact(3)) {
        let [y, b, r] = [
            f64::from(ybr[0]),
            f64::from(ybr[1]) - 128.0,
            f64::from(ybr[2]) - 128.0,
        ];
        let expected = [
            y + 1.402 * r,
            y - 0.344_136 * b - 0.714_136 * r,
            y + 1.772 * b,
        ];
        for (expected, found) in expected.into_iter().zip(rgb) {
            assert!(
                (expected.clamp(0.0, 255.0) - f64::from(*found)).abs() <= 0.6,
                "{ybr:?} became {rgb:?}"
            );
        }
    }
}

#[test]
fn a_palette_is_looked_up() {
    let raw = Raw::of("OBXXXX1A.dcm");
    let tables = [0x1201, 0x1202, 0x1203].map(|element| {
        raw.object
            .get(Tag(0x0028, element))
            .unwrap()
            .value()
            .to_bytes()
            .unwrap()
            .into_owned()
    });
    let descriptor = raw
        .object
        .get(Tag(0x0028, 0x1101))
        .unwrap()
        .value()
        .to_multi_int::<i32>()
        .unwrap();
    assert_eq!(descriptor, [256, 0, 16], "one 16-bit entry for each value");
    let read = read_dicom("OBXXXX1A.dcm");
    assert!(read.colour && read.bits == 8 && read.window.is_none());
    let expected: Vec<u8> = raw
        .bytes
        .iter()
        .flat_map(|index| {
            tables
                .each_ref()
                .map(|table| table[usize::from(*index) * 2 + 1])
        })
        .collect();
    assert!(rgb8(&read.pixels[0]) == expected);
}

#[test]
fn all_frames_share_one_scale() {
    let raw = Raw::of("emri_small.dcm");
    let values = raw.values(false, 1.0, 0.0);
    let read = read_dicom("emri_small.dcm");
    assert_eq!(
        (read.pixels.len(), read.size.width(), read.size.height()),
        (10, 64, 64)
    );
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let stored: Vec<f64> = read.pixels.iter().flat_map(grey16).map(f64::from).collect();
    assert_eq!(
        stored,
        values.iter().map(|value| value - least).collect::<Vec<_>>()
    );
}

/// A stored value, after slope and intercept, is what the file's own value means; its window shows that.
fn assert_means(read: &Canonical, values: &[f64], shown: impl Fn(f64) -> f64) {
    let levels = read.facts.levels.as_ref().unwrap();
    let meant = |stored: u16| levels.slope * f64::from(stored) + levels.intercept;
    for (stored, value) in grey16(&read.pixels[0]).into_iter().zip(values) {
        let off = (meant(stored) - value).abs();
        assert!(off <= levels.slope.abs() / 2.0 + 1e-6, "{stored}: {value}");
    }
    assert_shown(&read.rendered, values.iter().map(|value| shown(*value)));
}

#[test]
fn stored_values_keep_their_meaning() {
    let raw = Raw::of("693_UNCI.dcm");
    let ct = read_dicom("693_UNCI.dcm");
    let hounsfield = raw.values(true, 1.0, -1024.0);
    assert_means(&ct, &hounsfield, |v| linear_window(v, 40.0, 100.0));
    let levels = ct.facts.levels.unwrap();
    assert!(levels.hounsfield && !levels.inverse);
    assert_eq!(
        (levels.center, levels.width, levels.function),
        (40.0, 100.0, VoiFunction::Linear)
    );

    let raw = Raw::of("RG1_UNCR.dcm");
    let chest = read_dicom("RG1_UNCR.dcm");
    let values = raw.values(false, 1.0, 0.0);
    assert_means(&chest, &values, |v| {
        255.0 - linear_window(v, 15_000.0, 30_000.0)
    });
    let levels = chest.facts.levels.unwrap();
    assert!(!levels.hounsfield && levels.inverse && levels.slope < 0.0);

    let raw = Raw::of("MR2_UNCR.dcm");
    let mr = read_dicom("MR2_UNCR.dcm");
    let (slope, intercept) = (raw.number(0x0028, 0x1053), raw.number(0x0028, 0x1052));
    let levels = mr.facts.levels.clone().unwrap();
    assert!(levels.slope > 0.0 && levels.slope < slope);
    for (stored, value) in grey16(&mr.pixels[0])
        .into_iter()
        .zip(raw.values(false, slope, intercept))
    {
        let meant = levels.slope * f64::from(stored) + levels.intercept;
        assert!((meant - value).abs() <= levels.slope / 2.0 + 1e-6);
    }
}

#[test]
fn a_picture_s_place_in_the_body_is_known_where_its_file_says() {
    let ct = read_dicom("693_UNCI.dcm").facts;
    assert_eq!(ct.orientation, Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
    assert_eq!(ct.position, Some([-122.5, -112.4, 47.0]));
    assert_eq!(
        (ct.instance, ct.lossy, ct.laterality),
        (Some(21), true, None)
    );
    let leg = read_dicom("RG3_UNCR.dcm").facts;
    assert_eq!(leg.directions, Some(["R".to_owned(), "F".to_owned()]));
    assert_eq!(
        (leg.laterality, leg.lossy, leg.orientation),
        (Some(Laterality::Right), false, None)
    );
    let volume = read_dicom("emri_small.dcm").facts;
    assert_eq!((volume.orientation, volume.position), (None, None));

    // Nobody can hide a name in an orientation, and from vectors that are none no letter is told.
    let orientation = Tag(0x0020, 0x0037);
    let bent = with_text(dicom("CT_small.dcm"), orientation, b"DS", r"1\0\0\1\0\0");
    assert_eq!(read(&bent).unwrap().facts.orientation, None);
    let named = with_text(
        dicom("RG3_UNCR.dcm"),
        Tag(0x0020, 0x0020),
        b"CS",
        r"DOE\JOHN",
    );
    assert_eq!(read(&named).unwrap().facts.directions, None);
}

#[test]
fn a_spacing_is_the_detector_s_where_the_file_says_no_more() {
    // The detector's spacing in the place of the patient's, then both alike, then a calibrated one.
    let (patient, detector) = (Tag(0x0028, 0x0030), Tag(0x0018, 0x1164));
    let at = |text: &str| element(detector, b"DS", text.as_bytes());
    let with = |text: &str| {
        let before = Tag(0x0018, 0x5100);
        let old = element(before, b"CS", b"FFS");
        let both = [at(text), old.clone()].concat();
        replaced(dicom("CT_small.dcm"), before, b"CS", &both)
    };
    let calibrated = read(&with(r"0.5\0.5")).unwrap();
    assert!(!calibrated.facts.spacing_at_detector);
    assert_eq!(calibrated.pixel_spacing, Some([0.661_468, 0.661_468]));
    let alike = read(&with(r"0.661468\0.661468")).unwrap();
    assert!(alike.facts.spacing_at_detector);
    let alone = with_text(with(r"0.5\0.5"), patient, b"DS", r"0\0");
    let alone = read(&alone).unwrap();
    assert!(alone.facts.spacing_at_detector);
    assert_eq!(alone.pixel_spacing, Some([0.5, 0.5]));
}

#[test]
fn identifiers_reach_the_caller_alone() {
    let bytes = dicom("CT_small.dcm");
    let object = dicom_object::from_reader(Cursor::new(&bytes)).unwrap();
    let text = |tag| {
        object
            .get(tag)
            .unwrap()
            .value()
            .to_str()
            .unwrap()
            .trim()
            .to_owned()
    };
    let (id, name, study) = (
        text(Tag(0x0010, 0x0020)),
        text(Tag(0x0010, 0x0010)),
        text(Tag(0x0020, 0x000D)),
    );
    let read = read(&bytes).unwrap();
    assert_eq!(read.patient_key.as_ref().unwrap().expose(), id);
    assert_eq!(read.study_key.as_ref().unwrap().expose(), study);
    let printed = format!("{read:?}");
    for secret in [&id, &name, &study] {
        assert!(!printed.contains(secret.as_str()), "{secret} is printed");
        let holds = |png: &Bytes| {
            png.windows(secret.len())
                .any(|piece| piece == secret.as_bytes())
        };
        assert!(
            !read.pixels.iter().chain([&read.rendered]).any(holds),
            "{secret} is in the pixels' file"
        );
    }
}

#[test]
fn who_does_not_say_no_is_asked() {
    assert_eq!(
        read_dicom("CT_small.dcm").attestation_reason,
        Some(AttestationReason::Header)
    );
    assert_eq!(
        read_dicom("emri_small.dcm").attestation_reason,
        None,
        "its BurnedInAnnotation is NO"
    );
    assert_eq!(
        read_dicom("SC_rgb.dcm").attestation_reason,
        Some(AttestationReason::SecondaryCapture)
    );
    assert_eq!(
        read_dicom("JPGLosslessP14SV1_1s_1f_8b.dcm").attestation_reason,
        Some(AttestationReason::Ultrasound),
        "NO is not believed there"
    );
    let vouched = Hints {
        attested: true,
        ..hints()
    };
    assert_eq!(
        imaging::read(&dicom("CT_small.dcm"), &vouched)
            .unwrap()
            .attestation_reason,
        None
    );
}

// ---- Pictures -----------------------------------------------------------------------------------------------------

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn picture() -> DynamicImage {
    DynamicImage::ImageRgb8(image::RgbImage::from_fn(40, 30, |x, y| {
        image::Rgb([(x * 6) as u8, (y * 8) as u8, 90])
    }))
}

#[test]
fn a_png_keeps_its_pixels_and_loses_all_else() {
    let png = encoded(&picture(), ImageFormat::Png);
    let read = imaging::read(
        &png,
        &Hints {
            modality: Some(Modality::Fundus),
            ..hints()
        },
    )
    .unwrap();
    assert_eq!(
        (read.modality, read.bits, read.colour, read.window),
        (Modality::Fundus, 8, true, None)
    );
    assert_eq!(rgb8(&read.pixels[0]), picture().into_rgb8().into_raw());
    assert_eq!(read.rendered, read.pixels[0]);
    assert_eq!(read.attestation_reason, Some(AttestationReason::Picture));
    assert!(read.patient_key.is_none() && read.study_key.is_none() && read.pixel_spacing.is_none());
}

#[test]
fn a_jpeg_is_known_by_its_bytes() {
    let read = imaging::read(
        &encoded(&picture(), ImageFormat::Jpeg),
        &Hints {
            file_name: "scan.png".to_owned(),
            ..hints()
        },
    )
    .unwrap();
    assert!(read.facts.lossy, "a JPEG has lost something");
    let original = picture().into_rgb8().into_raw();
    let found = rgb8(&read.pixels[0]);
    assert_eq!(found.len(), original.len());
    let off: f64 = found
        .iter()
        .zip(&original)
        .map(|(a, b)| f64::from(a.abs_diff(*b)))
        .sum::<f64>()
        / original.len() as f64;
    assert!(off < 6.0, "pixels are off by {off} on average");
}

#[test]
fn sixteen_bit_grey_stays_so() {
    let grey = image::ImageBuffer::<image::Luma<u16>, _>::from_fn(20, 10, |x, y| {
        image::Luma([(1000 + x * 700 + y) as u16])
    });
    let read = read(&encoded(
        &DynamicImage::ImageLuma16(grey.clone()),
        ImageFormat::Png,
    ))
    .unwrap();
    assert_eq!((read.bits, read.colour), (16, false));
    assert_eq!(grey16(&read.pixels[0]), grey.into_raw());
    let window = read.window.unwrap();
    assert_eq!(
        (window.min, window.max),
        (1000.0, 1000.0 + 19.0 * 700.0 + 9.0)
    );
    let shown = grey8(&read.rendered);
    assert_eq!((shown[0], shown[199]), (0, 255));
}

#[test]
fn transparency_lies_over_black() {
    let clear = image::RgbaImage::from_fn(3, 1, |x, _| {
        image::Rgba([200, 100, 50, [0, 128, 255][x as usize]])
    });
    let read = read(&encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png)).unwrap();
    assert_eq!(rgb8(&read.pixels[0]), [0, 0, 0, 100, 50, 25, 200, 100, 50]);
    let grey = image::ImageBuffer::<image::LumaA<u16>, _>::from_fn(2, 1, |x, _| {
        image::LumaA([40_000, [0, 65_535][x as usize]])
    });
    let read = self::read(&encoded(
        &DynamicImage::ImageLumaA16(grey),
        ImageFormat::Png,
    ))
    .unwrap();
    assert_eq!(grey16(&read.pixels[0]), [0, 40_000]);
}

// ---- What is refused ----------------------------------------------------------------------------------------------

/// Replaces the value of the first explicit-VR, short-length element with this tag and VR.
fn with_short(mut bytes: Vec<u8>, tag: Tag, vr: &[u8; 2], value: u16) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend(tag.group().to_le_bytes());
    head.extend(tag.element().to_le_bytes());
    head.extend(vr);
    head.extend(2_u16.to_le_bytes());
    let at = bytes
        .windows(head.len())
        .position(|piece| piece == head)
        .expect("the element is there")
        + head.len();
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    bytes
}

fn tag_bytes(tag: Tag) -> [u8; 4] {
    let ([a, b], [c, d]) = (tag.group().to_le_bytes(), tag.element().to_le_bytes());
    [a, b, c, d]
}

/// An explicit-VR element with a short length, PS3.5 section 7.1.2, its value padded to an even one.
fn element(tag: Tag, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let pad = if vr == b"UI" { 0 } else { b' ' };
    let length = value.len().next_multiple_of(2);
    let mut bytes = tag_bytes(tag).to_vec();
    bytes.extend(vr);
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(value);
    bytes.resize(8 + length, pad);
    bytes
}

/// Puts other bytes in the place of the first explicit-VR element with this tag, VR and a short length.
fn replaced(mut bytes: Vec<u8>, tag: Tag, vr: &[u8; 2], new: &[u8]) -> Vec<u8> {
    let head = [&tag_bytes(tag)[..], vr].concat();
    let at = bytes.windows(6).position(|piece| piece == head);
    let at = at.expect("the element is there");
    let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
    bytes.splice(at..at + 8 + length, new.iter().copied());
    bytes
}

fn with_text(bytes: Vec<u8>, tag: Tag, vr: &[u8; 2], text: &str) -> Vec<u8> {
    replaced(bytes, tag, vr, &element(tag, vr, text.as_bytes()))
}

fn refusal(bytes: &[u8]) -> ImagingError {
    read(bytes).expect_err("it should be refused")
}

/// A PNG that is nothing but a header.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&chunk);
    png.extend(crc32(&chunk).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    png
}

/// PNG annex D, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| {
        if crc & 1 == 1 {
            0xedb8_8320 ^ (crc >> 1)
        } else {
            crc >> 1
        }
    };
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), step)
    })
}

#[test]
fn what_is_no_image_is_called_what_it_is() {
    assert_eq!(refusal(b""), ImagingError::Empty);
    assert_eq!(refusal(b"").to_string(), "the file is empty (0 bytes)");
    assert_eq!(
        refusal("Befund: unauffällig\n".repeat(500).as_bytes()),
        ImagingError::Text
    );
    assert_eq!(
        refusal(b"PK\x03\x04\x14\0\0\0\x08\0\xff\xfe\xfd"),
        ImagingError::UnknownKind
    );
    assert_eq!(refusal(&dicom("zipMR.gz")), ImagingError::UnknownKind);
}

#[test]
fn headers_that_promise_too_much_are_refused_before_decoding() {
    assert_eq!(
        refusal(&png_header(100_000, 100_000)),
        ImagingError::TooManyPixels {
            width: 100_000,
            height: 100_000
        }
    );
    assert!(matches!(
        refusal(&png_header(0, 5)),
        ImagingError::NoPixels | ImagingError::Malformed { kind: "PNG", .. }
    ));
    let ct = || dicom("CT_small.dcm");
    let huge = with_short(
        with_short(ct(), Tag(0x0028, 0x0010), b"US", 65_535),
        Tag(0x0028, 0x0011),
        b"US",
        65_535,
    );
    assert_eq!(
        refusal(&huge),
        ImagingError::TooManyPixels {
            width: 65_535,
            height: 65_535
        }
    );
    assert_eq!(
        refusal(&with_short(ct(), Tag(0x0028, 0x0010), b"US", 0)),
        ImagingError::NoPixels
    );
    let taller = with_short(ct(), Tag(0x0028, 0x0010), b"US", 1000);
    assert_eq!(
        refusal(&taller),
        ImagingError::Truncated {
            found: 128 * 128 * 2,
            expected: 128 * 1000 * 2
        }
    );
    let (rows, columns) = (Tag(0x0028, 0x0010), Tag(0x0028, 0x0011));
    let large = with_short(ct(), columns, b"US", 8_000);
    let frames = element(Tag(0x0028, 0x0008), b"IS", b"17");
    let side = element(rows, b"US", &8_000_u16.to_le_bytes());
    assert_eq!(
        refusal(&replaced(large, rows, b"US", &[frames, side].concat())),
        ImagingError::TooManyPixelsOfAll {
            frames: 17,
            pixels: 64_000_000
        }
    );
    let odd = with_short(ct(), Tag(0x0028, 0x0100), b"US", 12);
    assert!(
        refusal(&odd)
            .to_string()
            .contains("BitsAllocated (0028,0100)")
    );
    let many = with_short(ct(), Tag(0x0028, 0x0002), b"US", 7);
    assert!(
        refusal(&many)
            .to_string()
            .contains("SamplesPerPixel (0028,0002)")
    );
}

/// The coded stream has a size of its own, for which decoders allocate: it must be the header's.
#[test]
fn a_coded_stream_of_another_size_is_refused_before_decoding() {
    let mut bytes = dicom("MR_small_jp2klossless.dcm");
    // JPEG 2000 (ISO 15444-1 A.5.1): SOC, SIZ, its length and capabilities, then width and height.
    let at = bytes
        .windows(4)
        .position(|piece| piece == [0xff, 0x4f, 0xff, 0x51])
        .unwrap()
        + 8;
    bytes[at..at + 8].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    assert!(
        refusal(&bytes)
            .to_string()
            .contains("2147483647×2147483647"),
        "{}",
        refusal(&bytes)
    );
    let mut bytes = dicom("SC_rgb_jpeg_dcmtk.dcm");
    // JPEG (ITU T.81 B.2.2): SOF0, its length, the precision, then height and width.
    let at = bytes
        .windows(5)
        .position(|piece| piece == [0xff, 0xc0, 0x00, 0x11, 0x08])
        .unwrap()
        + 5;
    bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
    assert!(
        refusal(&bytes).to_string().contains("65535×65535"),
        "{}",
        refusal(&bytes)
    );
}

#[test]
fn values_beyond_all_numbers_are_refused() {
    let slope = Tag(0x0028, 0x1053);
    for text in ["1e308", "-1e308"] {
        let error = refusal(&with_text(dicom("CT_small.dcm"), slope, b"DS", text));
        assert!(
            error.to_string().contains("RescaleSlope"),
            "{text}: {error}"
        );
    }
}

#[test]
fn the_missing_end_is_counted() {
    let error = refusal(&dicom("MR_truncated.dcm"));
    let ImagingError::Truncated { found, expected } = error else {
        panic!("{error}")
    };
    assert_eq!(expected, 64 * 64 * 2);
    assert!(found < expected);
    assert_eq!(
        error.to_string(),
        format!("it is truncated: {found} of 8192 pixel bytes are there")
    );
    let whole = dicom("CT_small.dcm");
    for kept in [200, 2_000, whole.len() - 5_000] {
        let error = refusal(&whole[..kept]);
        assert!(
            !matches!(error, ImagingError::DecoderFailed),
            "cut to {kept} bytes: {error}"
        );
    }
    let png = encoded(&picture(), ImageFormat::Png);
    assert!(matches!(
        refusal(&png[..png.len() / 2]),
        ImagingError::Malformed { kind: "PNG", .. }
    ));
}

#[test]
fn a_coding_that_cannot_be_decoded_is_named() {
    let error = refusal(&dicom("MR_small_jpeg_ls_lossless.dcm"));
    assert_eq!(
        error,
        ImagingError::Unsupported("1.2.840.10008.1.2.4.80".to_owned())
    );
    assert_eq!(refusal(&dicom("rtplan.dcm")), ImagingError::NoPixels);
    assert_eq!(refusal(&dicom("test-SR.dcm")), ImagingError::NoPixels);
}

/// Sequences inside sequences, each eight to sixteen bytes: read with recursion they would end the process.
#[test]
fn a_bottomless_header_is_refused() {
    let whole = dicom("CT_small.dcm");
    let meta_end = whole
        .windows(6)
        .position(|piece| piece == [0x08, 0x00, 0x05, 0x00, b'C', b'S'])
        .unwrap();
    let mut bytes = whole[..meta_end].to_vec();
    for _ in 0..500_000 {
        bytes.extend(b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff");
    }
    assert!(
        refusal(&bytes).to_string().contains("sequences"),
        "{}",
        refusal(&bytes)
    );
}

/// A file of nothing but a valid group 2 (explicit VR little endian) and what follows it.
fn bare(syntax: &str, after: &[u8]) -> Vec<u8> {
    let meta = element(Tag(0x0002, 0x0010), b"UI", syntax.as_bytes());
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM\x02\0\0\0UL\x04\0");
    bytes.extend((meta.len() as u32).to_le_bytes());
    bytes.extend(meta);
    bytes.extend(after);
    bytes
}

/// The most memory that this process ever had, in kB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

const EXPLICIT: &str = "1.2.840.10008.1.2.1";

/// The decoder clears as much memory as a length says before it reads: gigabytes, for a file of 200 bytes.
#[test]
fn a_length_beyond_the_file_costs_nothing() {
    let value = bare(EXPLICIT, b"\x09\0\x01\x10OB\0\0\xf0\xff\xff\xff");
    let offsets = bare(
        EXPLICIT,
        b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xf0\xff\xff\xff",
    );
    let mut meta = bare(EXPLICIT, b"");
    meta.truncate(144);
    meta[140..144].copy_from_slice(&[0xff; 4]);
    meta.extend(b"\x02\0\x10\0UN\0\0\xf0\xff\xff\xff");
    for bytes in [value, offsets, meta] {
        let error = refusal(&bytes).to_string();
        assert!(error.contains("longer than the file"), "{error}");
    }
    assert!(peak_memory() < 3 << 20, "{} kB were used", peak_memory());
}

/// Each of these bytes would become an empty string of its own, twenty-four bytes of memory.
#[test]
fn a_header_of_backslashes_is_refused() {
    let mut lists = Vec::new();
    for element in 0..160_u16 {
        lists.extend([0x09, 0]);
        lists.extend((0x1000 + element).to_le_bytes());
        lists.extend(b"LO\xf0\xff");
        lists.extend([b'\\'; 0xfff0]);
    }
    let error = refusal(&bare(EXPLICIT, &lists)).to_string();
    assert!(error.contains("short texts"), "{error}");
}

/// RFC 1951 section 3.2.4: bytes as they are, in stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    let blocks = data.chunks(0xffff).flat_map(|block| {
        let length = block.len() as u16;
        let head = [0].into_iter().chain(length.to_le_bytes());
        head.chain((!length).to_le_bytes()).chain(block.to_vec())
    });
    blocks.chain([1, 0, 0, 0xff, 0xff]).collect()
}

/// RFC 1951 section 3.2.6: a zero, then `times` copies of the byte before it, 258 of them at a time.
fn deflated_zeros(times: usize) -> Vec<u8> {
    let codes = ["110", "00110000"].into_iter();
    let copies = std::iter::repeat_n("1100010100000", times);
    let bits: Vec<u8> = codes
        .chain(copies)
        .chain(["0000000"])
        .flat_map(str::bytes)
        .collect();
    let byte = |bits: &[u8]| (0..).zip(bits).map(|(at, bit)| (bit - b'0') << at).sum();
    bits.chunks(8).map(byte).collect()
}

/// A deflated data set (PS3.5 section A.5) is looked at as it is when unpacked.
#[test]
fn a_deflated_header_hides_nothing() {
    const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
    let deep = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff";
    let deep = bare(DEFLATED, &stored(&deep.repeat(100_000)));
    assert!(
        refusal(&deep).to_string().contains("sequences"),
        "{}",
        refusal(&deep)
    );
    let zeros = bare(DEFLATED, &deflated_zeros((256 << 20) / 258 + 1));
    let error = refusal(&zeros).to_string();
    assert!(error.contains("unpacks to more"), "{error}");
    assert_eq!(read_dicom("image_dfl.dcm").pixels.len(), 1);
}

/// All files that pydicom tests itself with, the broken ones too: read or refused with a reason, and most are read.
#[test]
fn every_real_file_is_read_or_refused_with_a_reason() {
    let root = test_data();
    let (mut read_well, mut refused) = (0, Vec::new());
    for folder in ["data_store/data", "pydicom/data/test_files"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "dcm") {
                continue;
            }
            match read(&std::fs::read(&path).unwrap()) {
                Ok(canonical) => {
                    read_well += 1;
                    assert!(!canonical.pixels.is_empty(), "{}", path.display());
                    let left = words_left(&path, &canonical);
                    assert!(left.is_empty(), "{}: {left:?}", path.display());
                }
                Err(error) => refused.push(format!(
                    "{}: {error}",
                    path.file_name().unwrap().to_string_lossy()
                )),
            }
        }
    }
    let broken: Vec<_> = refused
        .iter()
        .filter(|line| line.contains("decoder cannot follow"))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(
        read_well >= 90,
        "only {read_well} were read; refused: {refused:#?}"
    );
}

/// The texts, dates and identifiers of a file's header that are in its de-identified one too.
fn words_left(path: &std::path::Path, canonical: &Canonical) -> Vec<String> {
    let wishes = Wishes {
        dates: Dates::Removed,
        keep_characteristics: false,
        patient: "P1",
        study: "S1",
        instance: "1",
        days: 1,
        uid: &|_| "2.25.1".to_owned(),
    };
    let header = canonical.header.as_ref().unwrap();
    let kept = header.deidentify(&wishes).unwrap().header;
    assert!(kept["00280010"]["Value"][0].is_u64(), "Rows: {kept}");
    let (kept, mut words, mut codes) = (kept.to_string(), Vec::new(), String::new());
    collect(
        &dicom_object::open_file(path).unwrap(),
        &mut words,
        &mut codes,
    );
    words.retain(|word| kept.contains(&format!("\"{word}\"")) && !codes.contains(word.as_str()));
    words
}

/// The free texts, names, dates and identifiers of a data set, and apart from them its code strings.
fn collect(set: &InMemDicomObject, words: &mut Vec<String>, codes: &mut String) {
    const SHORTEST: usize = 5;
    for element in set.iter() {
        for item in element.value().items().unwrap_or_default() {
            collect(item, words, codes);
        }
        // Of codes in published schemes the meaning stays.
        let of_codes = (Tag(0x0008, 0x0100)..=Tag(0x0008, 0x0104)).contains(&element.header().tag);
        let text = element.value().to_str().unwrap_or_default().to_string();
        match element.vr().to_string() {
            "CS" => codes.push_str(&text),
            _ if of_codes => codes.push_str(&text),
            "LO" | "SH" | "PN" | "ST" | "LT" | "UT" | "DA" | "TM" | "DT" | "UI" | "AE" => {
                let own = text.split('\\').map(|word| word.trim_matches([' ', '\0']));
                let own = own.filter(|w| w.len() >= SHORTEST && !w.starts_with("1.2.840.10008."));
                words.extend(own.map(str::to_owned));
            }
            _ => {}
        }
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Cut(prop::sample::Index),
    Flip(Vec<(prop::sample::Index, u8)>),
}

impl Damage {
    fn to(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Flip(places) => places.iter().for_each(|(at, byte)| {
                let at = at.index(bytes.len());
                bytes[at] ^= byte;
            }),
        }
        bytes
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let flips = prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..12);
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        flips.prop_map(Damage::Flip)
    ]
}

fn victims() -> Vec<Vec<u8>> {
    let names = [
        "MR_small.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "SC_rgb_small_odd_jpeg.dcm",
        "emri_small_RLE.dcm",
        "rtdose.dcm",
    ];
    let pictures = [ImageFormat::Png, ImageFormat::Jpeg].map(|format| encoded(&picture(), format));
    names.into_iter().map(dicom).chain(pictures).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// Damage is refused or leaves an image that is whole; it never takes the process down.
    #[test]
    fn damaged_files_are_refused_or_whole((victim, damage) in (0..8_usize, damage())) {
        thread_local!(static VICTIMS: Vec<Vec<u8>> = victims());
        let bytes = damage.to(VICTIMS.with(|all| all[victim].clone()));
        if let Ok(canonical) = read(&bytes) {
            for png in canonical.pixels.iter().chain([&canonical.rendered]) {
                let decoded = image::load_from_memory_with_format(png, ImageFormat::Png).unwrap();
                prop_assert_eq!((decoded.width(), decoded.height()), (canonical.size.width(), canonical.size.height()));
            }
        }
    }
}
