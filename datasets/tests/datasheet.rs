//! A snapshot's datasheet: numbers worked by hand, and words that cannot become markup.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::datasheet::{Compared, Datasheet, Tally};
use medreg_datasets::ids::{Digest, ImageId, ModelId, SuggestionId};
use medreg_datasets::likeness::Alike;
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

fn manifest() -> Manifest {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/medreginstruct/manifest.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// An image of 100 × 100 pixels with boxes of these sides and texts.
fn case(n: u128, patient: &str, split: &str, regions: &[(f64, &str, &str)]) -> SnapshotCase {
    let regions: Vec<Value> = (regions.iter().enumerate())
        .map(|(at, (side, en, zh))| {
            json!({ "id": Uuid::from_u128(n * 100 + at as u128), "bbox": [0.0, 0.0, side, side], "concept": "cyst",
                    "presence": if *side > 50.0 { "uncertain" } else { "present" }, "texts": { "en": en, "zh": zh } })
        })
        .collect();
    let case = json!({
        "image": Uuid::from_u128(n), "patient": patient, "study": "S", "modality": "ct", "size": { "width": 100, "height": 100 },
        "raster": { "sha256": Digest::of(b"the same picture"), "bytes": 0 }, "split": split, "annotation": Uuid::from_u128(1),
        "attested": { "reason": { "kind": "ultrasound" }, "at": "2026-01-01T00:00:00Z" },
        "revision": 1, "reader": Uuid::from_u128(7), "regions": regions,
    });
    serde_json::from_value(case).unwrap()
}

/// The same, its first region grown from a model's suggestion.
fn suggested(mut case: SnapshotCase) -> SnapshotCase {
    let origin = SuggestionId(Uuid::from_u128(41));
    case.regions[0].origin = Some(origin);
    let model = ModelId(Uuid::from_u128(42));
    case.provenance.models.insert(origin, model);
    case
}

fn sheet(manifest: &Manifest, cases: &[SnapshotCase]) -> Datasheet {
    let mut tally = Tally::new(&manifest.langs);
    cases.iter().for_each(|case| tally.add(case));
    let named = vec![(ImageId(Uuid::from_u128(1)), ImageId(Uuid::from_u128(2)))];
    let compared = Compared {
        alike: Alike::Found { count: 1, named },
        not_yet: 4,
    };
    Datasheet::new(&Digest::of(b"id"), manifest, &tally, &compared)
}

#[test]
fn its_numbers_are_the_cases() {
    let cases = [
        case(
            1,
            "P1",
            "train",
            &[(10.0, "a cyst", "囊肿"), (60.0, "a large cyst", "")],
        ),
        case(2, "P2", "test", &[]),
        suggested(case(3, "P1", "test", &[(3.0, "dot", "点")])),
    ];
    let text = sheet(&manifest(), &cases).markdown();
    for line in [
        "| ct | 3 | 1 | 0 | 2 |",
        "| present | 2 |",
        "| uncertain | 1 |",
        "2 of 3 regions are described in both languages.",
        // Of 3, 6 and 12 characters; of 1 and 2.
        "| en | 3 | 3 | 6 | 12 |",
        "| zh | 2 | 1 | 1 | 2 |",
        "| 0 | 1 |",
        "| up to 0.1 % | 1 |",
        "| 0.1 to 1 % | 1 |",
        "| 20 to 50 % | 1 |",
        "| reader 1 | 3 | 3 |",
        "| drawn by a reader | 2 |",
        "| grown from a suggestion of a model 00000000-0000-0000-0000-00000000002a | 1 |",
        "| ultrasound pictures often show patient data | 3 |",
        "Patients in more than one split: 1.",
        "Pictures, equal to the last pixel, in more than one split: 1.",
        "Pairs of pictures, nearly equal (at most 12 of 256 bits of a difference hash differ), in different splits: 1.",
        "Among them: 00000000-0000-0000-0000-000000000001 and 00000000-0000-0000-0000-000000000002.",
        "4 pictures were not compared yet: ask again in a while.",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
}

#[test]
fn nobody_writes_markup_into_it() {
    let mut manifest = manifest();
    manifest.project_name = "<script>alert(1)</script> | \n# x".to_owned();
    manifest.guideline = "# Not a heading\n<img src=x>".to_owned();
    let sheet = sheet(&manifest, &[]);
    let html = sheet.html();
    assert!(
        !html.contains("<script") && !html.contains("<img"),
        "{html}"
    );
    let text = sheet.markdown();
    assert!(
        text.contains("\n> # Not a heading\n> <img src=x>\n"),
        "{text}"
    );
    assert_eq!(
        text.lines().filter(|l| l.starts_with("# ")).count(),
        1,
        "{text}"
    );
}
