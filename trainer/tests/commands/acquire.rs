//! `acquire`: files in, a ranked batch out; and files that are none.

use crate::{done, refused};
use medreg_trainer::features::Features;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Twelve images around a circle, the names in an order of their own; the model is the less sure the later they come, and the first is read.
fn prepare(at: &Path) {
    let mut features = Features::default();
    for i in (0..12).rev() {
        let angle = i as f32 * std::f32::consts::TAU / 12.0;
        assert!(features.add(&format!("image {i}"), &[angle.cos(), angle.sin()]));
    }
    features.write(&at.join("pool.safetensors")).unwrap();
    let line = |i: u32| {
        let entropy = 0.1 * f64::from(i);
        json!({
            "image": format!("image {i}"), "modality": "ct", "read": i == 0, "boxes": i % 3,
            "signals": [{ "concept": "liver", "entropy": entropy, "gradient": { "errors": [entropy, -entropy] } }],
        })
    };
    let lines: String = (0..12).map(|i| format!("{}\n", line(i))).collect();
    std::fs::write(at.join("answers.jsonl"), lines).unwrap();
}

fn chosen(at: &Path, more: &[&str]) -> Vec<Value> {
    let files = [
        "acquire",
        "--features",
        "pool.safetensors",
        "--predictions",
        "answers.jsonl",
    ];
    let said = done(at, &[&files, more].concat());
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_next_images_are_ranked_with_reasons_within_boxes_and_images() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let by_entropy = chosen(folder.path(), &["--strategy", "entropy", "--boxes", "5"]);
    // Image 11 is found to have two boxes, 10 one, 9 none and so one, and 8 two, which no longer fit; 7 has one.
    let names: Vec<&Value> = by_entropy.iter().map(|line| &line["image"]).collect();
    assert_eq!(names, ["image 11", "image 10", "image 9", "image 7"]);
    assert_eq!(by_entropy[0]["rank"], 1);
    assert_eq!(
        by_entropy[0]["reason"],
        json!({ "kind": "least_sure", "concept": "liver" })
    );
    let boxes: Vec<&Value> = by_entropy.iter().map(|line| &line["boxes"]).collect();
    assert_eq!(boxes, [2.0, 1.0, 1.0, 1.0]);
    let both = chosen(
        folder.path(),
        &["--strategy", "entropy", "--boxes", "5", "--top-k", "2"],
    );
    assert_eq!(both, by_entropy[..2]);
}

#[test]
fn every_strategy_chooses_once_each_and_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    for strategy in medreg_datasets::protocol::Strategy::ALL {
        let call = [
            "--strategy",
            strategy.as_str(),
            "--top-k",
            "4",
            "--seed",
            "3",
            "--round",
            "2",
        ];
        let ranked = chosen(folder.path(), &call);
        let images: BTreeSet<String> = ranked
            .iter()
            .map(|line| line["image"].to_string())
            .collect();
        assert_eq!((ranked.len(), images.len()), (4, 4), "{strategy:?}");
        assert!(!images.contains("\"image 0\""), "{strategy:?}");
        assert_eq!(chosen(folder.path(), &call), ranked, "{strategy:?}");
    }
}

#[test]
fn features_alone_are_a_cold_start() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let call = ["acquire", "--features", "pool.safetensors", "--top-k", "5"];
    let said = done(folder.path(), &call);
    assert_eq!(said.lines().count(), 5);
    assert!(said.contains("typical"), "{said}");
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    prepare(at);
    let refuses = |arguments: &[&str], code: i32, part: &str| {
        let (ended, said) = refused(at, &[&["acquire"], arguments].concat());
        assert!(
            ended == code && said.contains(part),
            "{arguments:?}: {ended} {said}"
        );
    };
    let good = ["--predictions", "answers.jsonl"];
    refuses(&good, 2, "--boxes");
    refuses(&["--boxes", "5"], 2, "--features");
    refuses(&[&good[..], &["--boxes", "0"]].concat(), 2, "0 is not in");
    refuses(
        &[&good[..], &["--boxes", "5", "--strategy", "psychic"]].concat(),
        2,
        "`psychic` is not a strategy",
    );
    refuses(
        &["--features", "none.safetensors", "--boxes", "5"],
        2,
        "does not exist",
    );
    refuses(
        &["--features", "answers.jsonl", "--boxes", "5"],
        1,
        "a safetensors file",
    );
    let predictions = |text: &str, part: &str| {
        std::fs::write(at.join("bad.jsonl"), text).unwrap();
        refuses(&["--predictions", "bad.jsonl", "--boxes", "1"], 1, part);
    };
    predictions("{\"image\": \"a\"}\n{\"image\"", "bad.jsonl, line 2");
    predictions(
        "{\"image\": \"a\", \"wishes\": 3}",
        "unknown field `wishes`",
    );
    predictions(
        "{\"image\": \"a\"}\n\n{\"image\": \"a\"}",
        "line 3: the image `a` stands there twice",
    );
    predictions("{\"image\": \"a\", \"modality\": \"horoscope\"}", "line 1");
    predictions(
        "{\"image\": \"a\", \"boxes\": 9}",
        "expected to have 9 or more",
    );
    predictions("{\"image\": \"a\", \"read\": true}", "no image is left");
    predictions("", "no image is left");
}
