//! A report of made-up numbers, written and read.

use super::*;
use medreg_datasets::evaluation::{
    Arm, ArmKind, AskedMode, Change, Confusion, ConfusionCell, CrossLingual, Estimate,
    Faithfulness, FaultKind, Intervention, OtherAnswer, PairedDifference, RegionalComparison,
    ReliabilityBin, ReliabilityCurve, Scores, Slice, SliceBy, TaskScores, VERSION,
};
use medreg_datasets::ids::{Digest, ImageId};
use medreg_datasets::lang::Lang;
use medreg_datasets::modality::Modality;
use medreg_datasets::snapshot::Split;
use std::collections::BTreeMap;

const SLY: &str = "<script>alert(1)</script><img src=x onerror=\"alert(2)\">";

fn scores() -> Scores {
    let estimate = Estimate {
        value: Some(0.25),
        ci95: Some([0.1, 0.4]),
        n: 12,
    };
    let nothing = Estimate::default();
    BTreeMap::from([
        ("accuracy".to_owned(), estimate),
        ("region_f1".to_owned(), nothing),
    ])
}

fn report() -> EvaluationReport {
    let of = TaskScores {
        task: "r2t".to_owned(),
        lang: Lang::en(),
        answers: 12,
        patients: 4,
        scores: scores(),
    };
    let difference = PairedDifference {
        score: "changed".to_owned(),
        first: "region_blurred".to_owned(),
        second: "other_blurred".to_owned(),
        difference: Some(0.5),
        ci95: None,
        p: Some(0.01),
        n: 3,
    };
    let worst = WorstCase {
        kind: FaultKind::WrongName,
        severity: 0.9,
        why: format!("called {SLY}"),
        image: ImageId::fresh(),
        patient: SLY.to_owned(),
        modality: Modality::Ct,
        task: "r2t".to_owned(),
        lang: Lang::en(),
        concept: "liver".parse().unwrap(),
        question: "What is this?".to_owned(),
        answer: SLY.to_owned(),
        truth: "liver".to_owned(),
        boxes: vec![],
        truth_boxes: vec![[1.0, 1.0, 9.0, 9.0].try_into().unwrap()],
        confidence: None,
        other: Some(OtherAnswer {
            lang: Lang::zh(),
            answer: SLY.to_owned(),
            boxes: vec![],
        }),
        picture: None,
    };
    EvaluationReport {
        version: VERSION,
        model: SLY.to_owned(),
        snapshot: Digest::of(b"s"),
        project: SLY.to_owned(),
        synthetic: true,
        split: Split::Test,
        mode: AskedMode::Direct,
        images: 4,
        patients: 4,
        answers: 12,
        draws: 1000,
        seed: 1,
        scores: vec![of.clone()],
        slices: vec![Slice {
            by: SliceBy::Concept,
            value: "liver".to_owned(),
            of,
        }],
        confusion: vec![Confusion {
            lang: Lang::en(),
            cells: vec![ConfusionCell {
                truth: "liver".parse().unwrap(),
                said: None,
                count: 3,
            }],
        }],
        reliability: vec![ReliabilityCurve {
            task: "r2t".to_owned(),
            lang: Lang::en(),
            calibrated: false,
            samples: 12,
            patients: 4,
            ece: Estimate {
                value: Some(0.1),
                ci95: None,
                n: 12,
            },
            ece_by_chance: 0.05,
            auroc: None,
            bins: vec![ReliabilityBin {
                samples: 12,
                confidence: 0.8,
                right: 0.7,
            }],
        }],
        faults: BTreeMap::from([(FaultKind::WrongName, 1)]),
        worst: vec![
            worst.clone(),
            WorstCase {
                kind: FaultKind::Missed,
                ..worst
            },
        ],
        cross_lingual: Some(CrossLingual {
            langs: [Lang::en(), Lang::zh()],
            pairs: 6,
            scores: scores(),
        }),
        faithfulness: Some(Faithfulness {
            cases: 3,
            of: 9,
            without_room: 1,
            blur_sigma: 0.5,
            interventions: vec![Intervention {
                change: Change::RegionBlurred,
                scores: BTreeMap::from([(
                    "changed".to_owned(),
                    Estimate {
                        value: Some(1.0),
                        ci95: None,
                        n: 3,
                    },
                )]),
            }],
            differences: vec![difference.clone()],
            round_trip: scores(),
        }),
        regional: vec![RegionalComparison {
            lang: "en".parse().unwrap(),
            images: 2,
            of: 4,
            questions: 8,
            arms: vec![Arm {
                kind: ArmKind::Direct,
                scores: scores(),
            }],
            differences: vec![difference],
        }],
    }
}

#[test]
fn a_report_is_whole_and_what_a_model_writes_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = report();
    let mut number = 0;
    // The first case has a picture, the second's cannot be read.
    write(folder.path(), &mut report, &mut |_| {
        number += 1;
        (number == 1).then(|| DynamicImage::new_luma8(20, 10))
    })
    .unwrap();
    let html = std::fs::read_to_string(folder.path().join(REPORT_FILE)).unwrap();
    assert!(
        !html.contains("<script") && !html.contains("onerror=\""),
        "{html}"
    );
    assert!(html.contains("&lt;script&gt;alert(1)"));
    for heading in [
        "Worst cases",
        "Do the languages agree?",
        "Do names rest on their regions?",
        "Does finding regions first help?",
    ] {
        assert!(html.contains(heading), "{heading}");
    }
    assert!(html.contains("src=\"cases/case-01.png\"") && !html.contains("case-02"));
    assert!(html.contains("3 of 9 regions") && html.contains("σ is 0.5"));
    // Nothing is fetched from elsewhere.
    assert!(
        !html
            .replace("http://www.w3.org/2000/svg", "")
            .contains("http:")
    );
    assert!(!html.contains("https:"));
    let picture = image::open(folder.path().join("cases/case-01.png")).unwrap();
    assert_eq!(picture.width(), 480);
    for figure in [
        "scores-r2t-en.svg",
        "slices-concept-r2t-en.svg",
        "confusion-en.svg",
        "reliability-r2t-en-raw.svg",
        "cross-lingual.svg",
        "faithfulness-changed.svg",
        "faithfulness-logprob.svg",
        "regional-en.svg",
    ] {
        let svg = std::fs::read_to_string(folder.path().join(figure)).unwrap();
        assert!(
            svg.starts_with("<svg xmlns") && svg.trim_end().ends_with("</svg>"),
            "{figure}"
        );
        assert!(
            !svg.contains("NaN") && !svg.contains("inf"),
            "{figure}: {svg}"
        );
    }
    let json = std::fs::read(folder.path().join(EVALUATION_FILE)).unwrap();
    assert_eq!(
        serde_json::from_slice::<EvaluationReport>(&json).unwrap(),
        report
    );
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = write(&file, &mut report(), &mut |_| None).unwrap_err();
    assert!(error.to_string().contains("--report"), "{error}");
}
