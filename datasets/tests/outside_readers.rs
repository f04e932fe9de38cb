//! What is written is what others read: pycocotools, pyarrow, datasets, webdataset, mlcroissant and more (`outside_readers.py`).

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::datasheet::{Listed, Tally, croissant};
use medreg_datasets::formats::convert::{self, OnError, Rules, convert};
use medreg_datasets::formats::source::{ImageFiles, Source, Target};
use medreg_datasets::formats::{Settings, Shape, named, snapshot};
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python that has pycocotools; where there is none it is said aloud, as libtest would keep what `println!` says to itself.
fn python() -> Option<PathBuf> {
    let found = std::env::var_os("MEDREG_READERS_PYTHON").filter(|path| !path.is_empty());
    if found.is_none() {
        let said =
            b"\nSKIPPED outside_readers: MEDREG_READERS_PYTHON names no Python with pycocotools\n";
        std::io::stderr().write_all(said).unwrap();
    }
    found.map(PathBuf::from)
}

fn write(to: &str, output: &Path) {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/medreginstruct/export");
    let (from, to) = (named("medreginstruct").unwrap(), named(to).unwrap());
    let settings = settings();
    let target = match to.shape() {
        Shape::Stream => Target::Stream(Box::new(File::create(output).unwrap())),
        Shape::Folder => {
            fs::create_dir(output).unwrap();
            Target::Folder(output.to_owned())
        }
    };
    let source = (from, Source::Path(input));
    convert(
        source,
        (to, target),
        [&settings, &settings],
        RULES,
        &mut |_| {},
    )
    .unwrap();
}

/// A small picture in place of each image.
fn settings() -> Settings {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[7; 64]).unwrap();
    writer.finish().unwrap();
    Settings {
        images: ImageFiles::brought(move |_| Ok(bytes.clone())),
        ..Settings::default()
    }
}

const RULES: Rules = Rules {
    on_error: OnError::Refuse,
    strict: false,
};

/// A snapshot as a table and as Parquet, with its Croissant beside them.
fn write_snapshot(folder: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/medreginstruct");
    let manifest = fs::read(sample.join("manifest.json")).unwrap();
    let id = Digest::of(&manifest);
    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    let lines = fs::read_to_string(sample.join("cases.jsonl")).unwrap();
    let cases: Vec<SnapshotCase> = (lines.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut tally = Tally::new(&manifest.langs);
    cases.iter().for_each(|case| tally.add(case));
    fs::create_dir(folder).unwrap();
    let table = File::create(folder.join("csv.csv")).unwrap();
    let settings = settings();
    for (format, target) in [
        ("csv", Target::Stream(Box::new(table))),
        ("parquet", Target::Folder(folder.to_owned())),
    ] {
        let records = cases
            .iter()
            .map(|case| Ok(snapshot::record(case, &manifest, None).unwrap()));
        let both = [&settings, &settings];
        let to = (named(format).unwrap(), target);
        convert::write(records, to, both, RULES, &mut |_| {}).unwrap();
    }
    let files = ["csv.csv", "data/train.parquet", "data/test.parquet"].map(|path| {
        let bytes = fs::read(folder.join(path)).unwrap();
        Listed {
            path: path.to_owned(),
            sha256: Digest::of(&bytes),
            bytes: bytes.len() as u64,
        }
    });
    let described = croissant((&id, &manifest, &tally), &files, false);
    fs::write(folder.join("croissant.json"), described.to_string()).unwrap();
}

/// Image, name and corners of each box.
fn boxes(found: &Value) -> Vec<(String, String, [f64; 4])> {
    serde_json::from_value::<Vec<(String, String, f64, f64, f64, f64)>>(found.clone())
        .unwrap()
        .into_iter()
        .map(|(image, name, x0, y0, x1, y1)| (image, name, [x0, y0, x1, y1]))
        .collect()
}

#[test]
fn others_find_the_same_boxes() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let names = [
        ("coco", "coco.json"),
        ("csv", "table.csv"),
        ("llava", "llava.json"),
        ("qwen2.5-vl", "qwen.json"),
        ("yolo", "yolo"),
        ("voc", "voc"),
        ("parquet", "parquet"),
        ("webdataset", "webdataset"),
    ];
    for (format, path) in names {
        write(format, &folder.path().join(path));
    }
    write_snapshot(&folder.path().join("snapshot"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside_readers.py");
    let read = Command::new(python)
        .arg(script)
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    // pycocotools says that it is loading.
    let start = read.stdout.iter().position(|byte| *byte == b'{').unwrap();
    let found: Value = serde_json::from_slice(&read.stdout[start..]).unwrap();
    let expected = boxes(&found["table"]);
    assert!(expected.len() >= 4, "{found}");
    for (format, off) in [
        ("coco", 1e-9),
        ("voc", 1e-9),
        ("parquet", 1e-9),
        ("webdataset", 1e-9),
        ("yolo", 1e-9),
        ("qwen", 0.5),
        ("llava", 0.5),
    ] {
        let read = boxes(&found[format]);
        assert_eq!(read.len(), expected.len(), "{format}: {found}");
        for (image, name, corners) in &expected {
            let alike = |other: &(String, String, [f64; 4])| {
                (&other.0, &other.1) == (image, name)
                    && other
                        .2
                        .iter()
                        .zip(corners)
                        .all(|(a, b)| (a - b).abs() <= off)
            };
            assert!(
                read.iter().any(alike),
                "{format} has no {name} at {corners:?} of {image}: {read:?}"
            );
        }
    }
    let (table, rows) = (boxes(&found["croissant"]), boxes(&found["croissant_rows"]));
    assert!(table.len() >= 4, "{found}");
    assert_eq!(table, rows);
}
