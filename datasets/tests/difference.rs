//! Two snapshots compared: hand-worked cases, and what must hold for any two.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::difference::{
    CaseDifference, Change, Fate, OutOfOrder, Part, SettingsDifference, Totals, compare,
};
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Refused(#[from] OutOfOrder);

fn differences(
    before: &[SnapshotCase],
    after: &[SnapshotCase],
) -> Result<(Totals, Vec<CaseDifference>), Refused> {
    let mut told = Vec::new();
    let totals = compare(
        before.iter().cloned().map(Ok),
        after.iter().cloned().map(Ok),
        |case| -> Result<(), Refused> {
            told.push(case);
            Ok(())
        },
    )?;
    Ok((totals, told))
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn case(image: u128, regions: Value) -> Value {
    json!({
        "image": id(image), "patient": "P", "study": "S", "modality": "ct", "size": { "width": 90, "height": 90 },
        "raster": { "sha256": medreg_datasets::ids::Digest::of(b""), "bytes": 0 }, "split": "train", "annotation": id(1),
        "revision": 1, "reader": id(7), "regions": regions,
    })
}

fn region(n: u128, bbox: [f64; 4], english: &str) -> Value {
    json!({ "id": id(n), "bbox": bbox, "concept": "cyst", "texts": { "en": english } })
}

fn read(case: Value) -> SnapshotCase {
    serde_json::from_value(case).unwrap()
}

#[test]
fn everything_that_a_reader_may_change_is_told_by_its_name() {
    let mut before = case(
        1,
        json!([
            region(1, [0.0, 0.0, 10.0, 10.0], "a cyst"),
            region(2, [0.0, 0.0, 10.0, 10.0], "gone"),
            region(3, [5.0, 5.0, 9.0, 9.0], "as it was")
        ]),
    );
    before["report"] =
        json!([{ "id": id(11), "texts": { "en": "One cyst." }, "regions": [id(1)] }]);
    before["questions"] =
        json!([{ "id": id(12), "question": { "en": "Where?" }, "answer": { "en": "Left." } }]);
    before["findings"] = json!([{ "concept": "mass" }]);
    let mut after = before.clone();
    after["revision"] = json!(2);
    after["regions"] = json!([
        region(1, [5.0, 0.0, 15.0, 10.0], "a cyst."),
        region(3, [5.0, 5.0, 9.0, 9.0], "as it was"),
        region(4, [1.0, 1.0, 2.0, 2.0], "new")
    ]);
    after["regions"][0]["texts"]["zh"] = json!("囊肿。");
    after["regions"][0]["concept"] = json!("mass");
    after["regions"][0]["presence"] = json!("uncertain");
    after["report"][0]["regions"] = json!([]);
    after["questions"][0]["answer"]["en"] = json!("Right.");
    after["findings"][0]["presence"] = json!("absent");
    after["split"] = json!("test");
    let (totals, told) = differences(&[read(before)], &[read(after)]).unwrap();
    let Fate::Changed { changes } = &told[0].fate else {
        panic!("{told:?}")
    };
    let kinds: Vec<(String, String)> = changes
        .iter()
        .map(|change| {
            let change = serde_json::to_value(change).unwrap();
            let part = change.get("part").or_else(|| change.pointer("/of/part"));
            let name =
                |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("").to_owned();
            (name(change.get("kind")), name(part))
        })
        .collect();
    let expected = [
        ("split", ""),
        ("moved", "region"),
        ("concept", "region"),
        ("presence", "region"),
        ("text", "region"),
        ("text", "region"),
        ("removed", "region"),
        ("added", "region"),
        ("speaks_of", "sentence"),
        ("text", "answer"),
        ("presence", "finding"),
    ];
    let expected: Vec<_> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    assert_eq!(kinds, expected);
    // 5 × 10 shared of 15 × 10.
    assert!(
        matches!(&changes[1], Change::Moved { overlap, frame: None, .. } if (overlap - 1.0 / 3.0).abs() < 1e-12)
    );
    assert!(
        matches!(&changes[5], Change::Text { lang, text, .. } if lang.to_string() == "zh" && text.from.is_empty() && text.to == "囊肿。")
    );
    assert!(matches!(&changes[7], Change::Added(Part::Region { id: new, .. }) if new.0 == id(4)));
    let edited: Vec<_> = totals
        .texts_edited
        .iter()
        .map(|(lang, n)| (lang.to_string(), *n))
        .collect();
    assert_eq!(edited, [("en".to_owned(), 2), ("zh".to_owned(), 1)]);
    assert_eq!(
        (
            totals.cases_changed,
            totals.regions_added,
            totals.regions_removed,
            totals.boxes_moved,
            totals.concepts_changed
        ),
        (1, 1, 1, 1, 1)
    );
}

#[test]
fn a_box_on_another_frame_overlaps_nothing() {
    let before = case(1, json!([region(1, [0.0, 0.0, 9.0, 9.0], "a")]));
    let mut after = before.clone();
    after["regions"][0]["frame"] = json!(3);
    let (_, told) = differences(&[read(before)], &[read(after)]).unwrap();
    let Fate::Changed { changes } = &told[0].fate else {
        panic!("{told:?}")
    };
    assert!(
        matches!(&changes[..], [Change::Moved { overlap, frame: Some(frame), .. }] if *overlap == 0.0 && frame.to == 3)
    );
}

#[test]
fn what_was_only_submitted_again_is_told_as_that() {
    let before = case(1, json!([region(1, [0.0, 0.0, 9.0, 9.0], "a")]));
    let mut after = before.clone();
    after["revision"] = json!(2);
    let (totals, told) = differences(&[read(before)], &[read(after)]).unwrap();
    assert_eq!(
        told[0].fate,
        Fate::Changed {
            changes: vec![Change::Resubmitted]
        }
    );
    assert_eq!((totals.cases_changed, totals.cases_unchanged), (1, 0));
}

#[test]
fn cases_out_of_order_or_twice_are_refused() {
    let cases: Vec<_> = [1, 3, 2].map(|n| read(case(n, json!([])))).into();
    let message = differences(&cases, &[]).unwrap_err().to_string();
    assert!(
        message.contains("first") && message.contains(&id(2).to_string()),
        "{message}"
    );
    let twice = [cases[0].clone(), cases[0].clone()];
    let message = differences(&[], &twice).unwrap_err().to_string();
    assert!(message.contains("second"), "{message}");
}

#[test]
fn settings_are_compared_one_by_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/medreginstruct/manifest.json");
    let before: Manifest = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(
        SettingsDifference::between(&before, &before),
        SettingsDifference::default()
    );
    let mut after = before.clone();
    after.guideline.push('!');
    let gone = after.ontology.remove(0);
    let mut came = gone.clone();
    came.key = "zz_new".parse().unwrap();
    after.ontology.push(came);
    after.ontology[0].names.clear();
    after.shares.val += 1;
    let found = SettingsDifference::between(&before, &after);
    assert_eq!(found.concepts_removed, [gone.key]);
    assert_eq!(found.concepts_added, ["zz_new".parse().unwrap()]);
    assert_eq!(found.concepts_changed, [after.ontology[0].key.clone()]);
    assert!(found.guideline.is_some_and(|text| text.to.ends_with('!')));
    assert!(
        found
            .shares
            .is_some_and(|shares| shares.to.val == shares.from.val + 1)
    );
    assert!(found.project_name.is_none() && found.langs.is_none());
}

/// Up to six cases, in order, whose regions, boxes and texts are drawn from few, so that two draws share much.
fn cases() -> impl Strategy<Value = Vec<SnapshotCase>> {
    let region = (1..4_u128, 0..3_u32, 0..3_u32).prop_map(|(n, at, text)| {
        let at = f64::from(at);
        region(
            n,
            [at, at, at + 9.0, at + 9.0],
            ["a", "b", ""][text as usize],
        )
    });
    let regions = prop::collection::vec(region, 0..4).prop_map(|mut regions| {
        regions.sort_by_key(|region| region["id"].to_string());
        regions.dedup_by_key(|region| region["id"].to_string());
        regions
    });
    prop::collection::btree_map(1..7_u128, (regions, 1..3_i64), 0..6).prop_map(|cases| {
        let whole = |(image, (regions, revision)): (u128, (Vec<Value>, i64))| {
            let mut case = case(image, json!(regions));
            case["revision"] = json!(revision);
            read(case)
        };
        cases.into_iter().map(whole).collect()
    })
}

proptest! {
    #[test]
    fn regions_and_cases_add_up(before in cases(), after in cases()) {
        let (totals, told) = differences(&before, &after).unwrap();
        let regions = |cases: &[SnapshotCase]| cases.iter().map(|case| case.regions.len() as u64).sum::<u64>();
        prop_assert_eq!(regions(&before) + totals.regions_added, regions(&after) + totals.regions_removed);
        prop_assert_eq!(before.len() as u64 + totals.cases_added, after.len() as u64 + totals.cases_removed);
        let kept = totals.cases_changed + totals.cases_unchanged;
        prop_assert_eq!(kept + totals.cases_removed, before.len() as u64);
        prop_assert!(told.is_sorted_by(|a, b| a.image < b.image));
        prop_assert_eq!(told.is_empty(), before == after);
        // What is told says something, and reads back as it was written.
        for case in &told {
            if let Fate::Changed { changes } = &case.fate {
                prop_assert!(!changes.is_empty());
            }
            let written = serde_json::to_string(case).unwrap();
            prop_assert_eq!(&serde_json::from_str::<CaseDifference>(&written).unwrap(), case);
        }
    }

    #[test]
    fn the_other_way_round_is_the_other_way_round(before in cases(), after in cases()) {
        let (there, _) = differences(&before, &after).unwrap();
        let (back, _) = differences(&after, &before).unwrap();
        prop_assert_eq!((there.cases_added, there.cases_removed, there.regions_added, there.regions_removed),
                        (back.cases_removed, back.cases_added, back.regions_removed, back.regions_added));
        prop_assert_eq!((there.boxes_moved, there.texts_edited, there.cases_changed), (back.boxes_moved, back.texts_edited, back.cases_changed));
    }
}
