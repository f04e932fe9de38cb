//! What is taken in are the pixels that others read: pydicom with pylibjpeg, and nibabel (`outside_pixels.py`).

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;
use std::process::Command;

fn skipped(why: &str) {
    // Said aloud, as libtest would keep what `println!` says to itself.
    let said = format!("\nSKIPPED outside_pixels: {why}\n");
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}

#[test]
fn others_decode_the_same_pixels() {
    let named = |name| std::env::var_os(name).filter(|path| !path.is_empty());
    let Some(python) = named("MEDREG_READERS_PYTHON") else {
        return skipped("MEDREG_READERS_PYTHON names no Python with pydicom and pylibjpeg");
    };
    let files = named("MEDREG_TEST_DICOM").unwrap_or_else(|| "../target/test-data".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside_pixels.py");
    let compared = Command::new(python)
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_medreg"))
        .arg(files)
        .output()
        .unwrap();
    let [table, said] =
        [&compared.stdout, &compared.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(compared.status.success(), "{table}{said}");
}
