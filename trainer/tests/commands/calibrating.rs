//! `calibrate`: what a model's confidences are worth.

use super::{done, export_split, refused};
use medreg_datasets::snapshot::Split;
use serde_json::Value;

#[test]
fn a_model_is_asked_about_validation_and_test_patients_and_calibrated_on_the_former() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let splits = [
        Split::Train,
        Split::Val,
        Split::Val,
        Split::Val,
        Split::Test,
    ];
    export_split(at, (0..).zip(splits).collect());
    let asked = [
        "calibrate",
        "--model",
        "shapes",
        "--snapshot",
        ".",
        "--halves",
        "0",
    ];

    let printed = done(at, &[&asked[..], &["--out", "found", "--json"]].concat());
    let found: Value = serde_json::from_str(&printed).unwrap();
    let part = |task: &str, lang: &str| {
        let parts = found["parts"].as_array().unwrap().iter();
        let mut right = parts.filter(|part| part["task"] == task && part["lang"] == lang);
        right
            .next()
            .unwrap_or_else(|| panic!("{task} {lang}: {found}"))
            .clone()
    };
    for lang in ["en", "zh"] {
        let fitted_on = &part("r2t", lang)["fitted_on"];
        assert_eq!(
            (&fitted_on["samples"], &fitted_on["patients"]),
            (&3.into(), &3.into())
        );
        assert!(
            at.join(format!("found/reliability-r2t-{lang}.svg"))
                .exists()
        );
    }
    let kept = std::fs::read_to_string(at.join("found/calibration.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), found);

    let words = done(at, &asked);
    assert!(
        words.contains("r2t en\n  fitted on 3 answers of 3 patients"),
        "{words}"
    );
}

#[test]
fn where_nobody_is_for_validation_nothing_is_calibrated() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export_split(at, vec![(0, Split::Train), (1, Split::Test)]);
    let (code, complaint) = refused(at, &["calibrate", "--model", "shapes", "--snapshot", "."]);
    assert!(
        code == 1 && complaint.contains("validation split"),
        "{code}: {complaint}"
    );
    assert!(!at.join("calibration.json").exists());
}

#[test]
fn what_is_to_be_calibrated_has_to_be_said() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in [
        &["calibrate"][..],
        &["calibrate", "--model", "shapes"],
        &["calibrate", "--snapshot", "."],
    ] {
        let (code, complaint) = refused(folder.path(), wrong);
        assert_eq!(code, 2, "{complaint}");
    }
}
