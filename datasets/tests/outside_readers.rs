//! What is written is what others read: pycocotools, Python's csv and json, YOLO's and VOC's rules (`outside_readers.py`).

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::formats::convert::{OnError, Rules, convert};
use medreg_datasets::formats::source::{Source, Target};
use medreg_datasets::formats::{Settings, Shape, named};
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
    let settings = Settings::default();
    let target = match to.shape() {
        Shape::Stream => Target::Stream(Box::new(File::create(output).unwrap())),
        Shape::Folder => {
            fs::create_dir(output).unwrap();
            Target::Folder(output.to_owned())
        }
    };
    let rules = Rules {
        on_error: OnError::Refuse,
        strict: false,
    };
    let source = (from, Source::Path(input));
    convert(
        source,
        (to, target),
        [&settings, &settings],
        rules,
        &mut |_| {},
    )
    .unwrap();
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
    ];
    for (format, path) in names {
        write(format, &folder.path().join(path));
    }
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
}
