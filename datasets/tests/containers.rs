//! Formats that hold image files: WebDataset's archives, Parquet; and what must not come out of an archive or get into derived labels.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::formats::convert::{OnError, Rules, Stopped, Summary, convert};
use medreg_datasets::formats::record::Record;
use medreg_datasets::formats::source::{ImageFiles, Source, Target};
use medreg_datasets::formats::{Complaint, Settings, Shape, named, snapshot};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use std::fs::{self, File};
use std::path::Path;

const SKIP: Rules = Rules {
    on_error: OnError::Skip,
    strict: false,
};

fn turn(
    (from, input): (&str, &Path),
    (to, output): (&str, &Path),
    settings: &Settings,
) -> (Result<Summary, Stopped>, Vec<String>) {
    let to = named(to).unwrap();
    let target = match to.shape() {
        Shape::Stream => Target::Stream(Box::new(File::create(output).unwrap())),
        Shape::Folder => {
            fs::create_dir(output).unwrap();
            Target::Folder(output.to_owned())
        }
    };
    let mut told = Vec::new();
    let mut tell = |complaint: &Complaint| told.push(complaint.to_string());
    let source = (named(from).unwrap(), Source::Path(input.to_owned()));
    let done = convert(source, (to, target), [settings, settings], SKIP, &mut tell);
    (done, told)
}

fn records(format: &str, input: &Path) -> (Vec<Record>, Vec<String>) {
    let source = Source::Path(input.to_owned());
    let (mut records, mut told) = (Vec::new(), Vec::new());
    match named(format).unwrap().read(source, &Settings::default()) {
        Ok(found) => found.for_each(|record| match record {
            Ok(record) => records.push(record),
            Err(complaint) => told.push(complaint.to_string()),
        }),
        Err(complaint) => told.push(complaint.to_string()),
    }
    (records, told)
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    let pixels = vec![7; (width * height) as usize];
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

#[test]
fn image_files_go_along_from_one_container_to_another_and_out_of_it() {
    let made = tempfile::tempdir().unwrap();
    let at = |path: &str| made.path().join(path);
    fs::create_dir(at("images")).unwrap();
    fs::write(at("images/one.png"), picture(30, 20)).unwrap();
    let table = "image,name_en,x0,y0,x1,y1,split\nimages/one.png,cyst,1,2,3,4,test\nimages/none.png,mass,1,2,3,4,train\n";
    fs::write(at("table.csv"), table).unwrap();
    let beside = Settings {
        images: ImageFiles::below(vec![made.path().to_owned()]),
        ..Settings::default()
    };
    let put = Settings {
        put_images: Some(at("put")),
        ..Settings::default()
    };
    let none = Settings::default();
    let steps = [
        (("csv", "table.csv"), ("webdataset", "shards"), &beside),
        (("webdataset", "shards"), ("parquet", "rows"), &none),
        (("parquet", "rows"), ("csv", "back.csv"), &put),
    ];
    for (from, to, settings) in steps {
        let (done, told) = turn((from.0, &at(from.1)), (to.0, &at(to.1)), settings);
        assert_eq!((done.unwrap().images, told.len()), (2, 0), "{told:?}");
    }
    assert_eq!(fs::read(at("put/images/one.png")).unwrap(), picture(30, 20));
    let back = fs::read_to_string(at("back.csv")).unwrap();
    assert!(
        back.contains("region,images/one.png,,30,20,test,,,1,2,3,4,present,,,cyst"),
        "{back}"
    );
    let shard = |name: &str| {
        let file = File::open(at("shards").join(name)).unwrap();
        let mut archive = tar::Archive::new(file);
        let entries = archive.entries().unwrap();
        let names = entries.map(|entry| entry.unwrap().path().unwrap().display().to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(shard("train-000000.tar"), ["000000001.json"]);
    assert_eq!(
        shard("test-000000.tar"),
        ["000000000.png", "000000000.json"]
    );
    // Without a place to put them it is told that they are lost.
    let (done, _) = turn(
        ("parquet", &at("rows")),
        ("csv", &at("lost.csv")),
        &Settings::default(),
    );
    let lost = done.unwrap().lost;
    assert!(
        lost.keys().any(|what| what.contains("image files")),
        "{lost:?}"
    );
}

/// An archive of files and links by their names, whatever they are.
fn archive(path: &Path, entries: &[(&str, tar::EntryType, &[u8])]) {
    let mut builder = tar::Builder::new(File::create(path).unwrap());
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.finish().unwrap();
}

#[test]
fn no_name_in_an_archive_leads_anywhere() {
    use tar::EntryType;
    let made = tempfile::tempdir().unwrap();
    let folder = made.path().join("set");
    fs::create_dir(&folder).unwrap();
    let image = picture(4, 4);
    let file = EntryType::Regular;
    archive(
        &folder.join("000000.tar"),
        &[
            ("../../up.png", file, &image),
            ("/etc/root.png", file, &image),
            ("c:\\drive.png", file, &image),
            ("link.png", EntryType::Symlink, b""),
            ("hard.png", EntryType::Link, b""),
            ("device.png", EntryType::Char, b""),
            ("good.png", file, &image),
            ("good.png", file, &image),
            ("good.json", file, br#"{"image": "../../../up.png"}"#),
            ("other.jpg", file, &image),
            ("other.json", file, br#"{"image": "a.png", "width": 4, "height": 4, "regions": [{"bbox": [0, 0, 9, 9]}, {"bbox": [0, 0, 2, 2], "names": {"english": "x"}}]}"#),
            ("third.json", file, br#"{"image": "a.png", "width": 4, "height": 4, "regions": [{"bbox": [0, 0, 9, 9]}, {"bbox": [0, 0, 2, 2]}]}"#),
            ("fourth.json", file, br#"{"image": "a.png"}"#),
            ("fifth.txt", file, b"a caption"),
            ("fifth.png", file, &image),
        ],
    );
    let put = Settings {
        put_images: Some(made.path().join("put")),
        ..Settings::default()
    };
    let output = made.path().join("out.csv");
    let (done, told) = turn(("webdataset", &folder), ("csv", &output), &put);
    assert_eq!(done.unwrap().images, 2, "{told:#?}");
    let expected = [
        "000000.tar, entry 1: the path `../../up.png` leaves",
        "000000.tar, entry 2: the path `/etc/root.png` leaves",
        "000000.tar, entry 3: the path `c:/drive.png` leaves",
        "000000.tar, entry 4: is a link or a device",
        "000000.tar, entry 5: is a link or a device",
        "000000.tar, entry 6: is a link or a device",
        "000000.tar, entry 8: the file `good.png` is there twice",
        "000000.tar, good.png: the path `../../../up.png` leaves",
        "000000.tar, other.jpg: is not as a sample has it",
        "000000.tar, third.json: box [0, 0, 9, 9] reaches outside",
        "000000.tar, fourth.json: the image `a.png` is there twice",
    ];
    for expected in expected {
        assert!(
            told.iter().any(|told| told.contains(expected)),
            "{expected}: {told:#?}"
        );
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    let mut put: Vec<_> = (fs::read_dir(made.path().join("put")).unwrap())
        .map(|entry| entry.unwrap().file_name())
        .collect();
    put.sort();
    assert_eq!(put, ["fifth.png"]);
    assert!(fs::read_to_string(output).unwrap().contains("a caption"));
    assert!(!made.path().parent().unwrap().join("up.png").exists());
}

#[test]
fn what_an_archive_says_of_its_sizes_is_not_believed() {
    let made = tempfile::tempdir().unwrap();
    let path = made.path().join("a.tar");
    archive(
        &path,
        &[("a.json", tar::EntryType::Regular, br#"{"image": "a.png"}"#)],
    );
    let whole = fs::read(&path).unwrap();
    // A file of 8 GiB, of which there is nothing.
    let mut header = tar::Header::new_gnu();
    header.set_path("b.png").unwrap();
    header.set_size(8 << 30);
    header.set_cksum();
    let bytes = [&whole[..1024], header.as_bytes()].concat();
    fs::write(&path, bytes).unwrap();
    let (found, told) = records("webdataset", &path);
    assert_eq!(found.len(), 1);
    assert!(
        told.iter().any(|told| told.contains("ends in the middle")),
        "{told:?}"
    );
    for cut in [0, 10, 511, 600] {
        fs::write(&path, &whole[..cut]).unwrap();
        records("webdataset", &path);
    }
}

#[test]
fn a_damaged_parquet_file_is_told_and_breaks_nothing() {
    let made = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/formats/parquet/data");
    let whole = fs::read(samples.join("train.parquet")).unwrap();
    let path = made.path().join("train.parquet");
    for at in (0..whole.len()).step_by(97) {
        let mut broken = whole.clone();
        broken[at] ^= 0x5a;
        fs::write(&path, &broken).unwrap();
        records("parquet", &path);
        fs::write(&path, &whole[..at]).unwrap();
        let (found, told) = records("parquet", &path);
        assert!(found.is_empty() && told.len() == 1, "{at}: {told:?}");
    }
}

#[test]
fn derived_labels_have_neither_names_nor_texts_nor_pixels() {
    let made = tempfile::tempdir().unwrap();
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/formats/sets/vindr-cxr");
    let output = made.path().join("derived.csv");
    let (done, _) = turn(
        ("vindr-cxr", &input),
        ("derived", &output),
        &Settings::default(),
    );
    assert_eq!(done.unwrap().images, 3);
    let table = fs::read_to_string(output).unwrap();
    let expected = "image_id,width,height,split,id,reader,x0,y0,x1,y1\n0c3,,,test,,,10,20,110,220\n0a1,,,train,,R9,691.5,1375,1653,1831\n";
    assert!(table.starts_with(expected), "{table}");
    assert!(table.ends_with("0b2,,,train,,,,,,\n"), "{table}");
    assert!(!table.contains("Cardiomegaly") && !table.contains("No finding"));
}

#[test]
fn boxes_on_a_slide_are_in_the_pixels_of_its_picture() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/medreginstruct");
    let manifest = fs::read(sample.join("manifest.json")).unwrap();
    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    let cases = fs::read_to_string(sample.join("cases.jsonl")).unwrap();
    let case: SnapshotCase = serde_json::from_str(cases.lines().next().unwrap()).unwrap();
    let half = ImageSize::new(case.size.width() / 2, case.size.height() / 2).unwrap();
    let corners = |raster| {
        let record = snapshot::record(&case, &manifest, raster).unwrap();
        let bbox = record.regions[0].extent.pixels(record.image.size).unwrap();
        bbox.corners()
    };
    for (whole, half) in corners(None).iter().zip(corners(Some(half))) {
        assert!((whole / 2.0 - half).abs() < 1e-9, "{whole} {half}");
    }
}
