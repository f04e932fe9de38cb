//! A report of a model that has learnt nothing, as the shell makes it.

use super::{done, export, refused, tiny_model};
use medreg_datasets::evaluation::{AskedMode, EvaluationReport, RegionalComparison};
use medreg_datasets::protocol::PredictionLine;
use serde_json::Value;
use std::path::Path;

fn read(folder: &Path) -> EvaluationReport {
    serde_json::from_slice(&std::fs::read(folder.join("evaluation.json")).unwrap()).unwrap()
}

#[test]
fn a_report_is_written_with_what_answers_rest_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    tiny_model::save(&at.join("model"));
    let call = [
        "evaluate",
        "--model",
        "model",
        "--snapshot",
        ".",
        "--draws",
        "100",
        "--report",
        "report",
    ];
    done(
        at,
        &[&call[..], &["--faithfulness", "5", "--regional", "5"]].concat(),
    );
    let report = at.join("report");
    let found = read(&report);
    assert_eq!((found.images, found.patients, found.answers), (2, 2, 8));
    assert_eq!(found.mode, AskedMode::Direct);
    assert_eq!(found.scores.len(), 4);
    // An untrained model is wrong in everything that it was asked.
    assert!(!found.worst.is_empty());
    for case in &found.worst {
        let picture = image::open(report.join(case.picture.as_ref().unwrap())).unwrap();
        assert_eq!(picture.width(), 480);
    }
    let cross = found.cross_lingual.unwrap();
    assert_eq!(cross.pairs, 4);
    let faithful = found.faithfulness.unwrap();
    assert_eq!(
        (faithful.cases + faithful.without_room, faithful.of),
        (2, 2)
    );
    let drop = &faithful.interventions[0].scores["logprob_drop"];
    assert!(
        drop.value.unwrap().is_finite() && drop.n == faithful.cases,
        "{drop:?}"
    );
    let counted = |of: &RegionalComparison| (of.images, of.questions, of.arms.len());
    let counted: Vec<_> = found.regional.iter().map(counted).collect();
    assert_eq!(counted, [(2, 4, 4), (2, 4, 4)]);
    let html = std::fs::read_to_string(report.join("report.html")).unwrap();
    assert!(html.contains("Do names rest on their regions?"), "{html}");

    // What was written can be scored again, and comes to the same.
    let predictions = std::fs::read_to_string(report.join("predictions.jsonl")).unwrap();
    let lines: Vec<PredictionLine> = predictions
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 8);
    let again = done(
        at,
        &[
            "score",
            "--task",
            "cross",
            "--draws",
            "100",
            "report/predictions.jsonl",
        ],
    );
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(
        (&again["pairs"], &again["without_partner"]),
        (&4.into(), &0.into())
    );
    let agreed = cross.scores["name_agreement"].value;
    assert_eq!(again["name_agreement"]["value"].as_f64(), agreed);
    let strict = done(
        at,
        &[
            "score",
            "--task",
            "r2t",
            "--lang",
            "en",
            "--draws",
            "100",
            "report/predictions.jsonl",
        ],
    );
    let strict: Value = serde_json::from_str(&strict).unwrap();
    let en = found
        .scores
        .iter()
        .find(|s| s.task == "r2t" && s.lang.as_str() == "en")
        .unwrap();
    assert_eq!(
        strict["accuracy"]["value"].as_f64(),
        en.scores["accuracy"].value
    );
}

#[test]
fn regional_mode_asks_with_the_regions_found_first_and_wrong_calls_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    export(at);
    tiny_model::save(&at.join("model"));
    let call = [
        "evaluate",
        "--model",
        "model",
        "--snapshot",
        ".",
        "--mode",
        "regional",
        "--report",
        "report",
    ];
    done(
        at,
        &[&call[..], &["--draws", "100", "--worst", "0"]].concat(),
    );
    let found = read(&at.join("report"));
    assert_eq!(found.mode, AskedMode::Regional);
    assert!(found.worst.is_empty() && found.faithfulness.is_none());
    let wrong = [
        "evaluate",
        "--model",
        "model",
        "--snapshot",
        ".",
        "--faithfulness",
        "3",
    ];
    let (code, complaint) = refused(at, &wrong);
    assert_eq!(code, 2, "{complaint}");
    assert!(complaint.contains("--report"), "{complaint}");
    std::fs::write(
        at.join("one.jsonl"),
        "{\"answer\": \"a\", \"truth\": \"b\"}\n",
    )
    .unwrap();
    let (code, complaint) = refused(at, &["score", "--task", "cross", "one.jsonl"]);
    assert!(
        code == 1 && complaint.contains("languages are not known"),
        "{complaint}"
    );
    let (code, complaint) = refused(
        at,
        &[
            "score",
            "--task",
            "cross",
            "one.jsonl",
            "one.jsonl",
            "one.jsonl",
        ],
    );
    assert!(
        code == 2 && complaint.contains("one for each"),
        "{complaint}"
    );
}
