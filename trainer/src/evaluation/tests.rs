//! Answers made up so that every number can be worked by hand.

use super::*;
use crate::eval::{judge, questions_of_case};
use medreg_datasets::evaluation::{FaultKind, SliceBy};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::{AnnotationId, ImageId, RegionId, UserId};
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::ConceptKind;
use medreg_datasets::protocol::Signals;
use medreg_datasets::region::{Presence, Region};
use medreg_datasets::snapshot::{ObjectRef, Provenance};

fn concept(key: &str, en: &str, zh: &str) -> Concept {
    Concept {
        key: key.parse().unwrap(),
        kind: ConceptKind::Structure,
        names: BTreeMap::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())]),
        synonyms: BTreeMap::new(),
        codes: BTreeMap::new(),
        modalities: vec![],
    }
}

fn ontology() -> Vec<Concept> {
    vec![
        concept("left_lung", "left lung", "左肺"),
        concept("right_lung", "right lung", "右肺"),
        concept("liver", "liver", "肝脏"),
    ]
}

/// An image of 999 × 999 pixels, where grid and pixels are the same, with one box of a concept.
pub(crate) fn case(patient: &str, modality: Modality, concept: &str) -> SnapshotCase {
    let region = Region {
        id: RegionId::fresh(),
        frame: 0,
        bbox: [100.0, 100.0, 200.0, 200.0].try_into().unwrap(),
        concept: Some(concept.parse().unwrap()),
        presence: Presence::Present,
        texts: BTreeMap::new(),
        origin: None,
    };
    SnapshotCase {
        image: ImageId::fresh(),
        patient: patient.to_owned(),
        study: "S".to_owned(),
        modality,
        size: ImageSize::new(999, 999).unwrap(),
        raster: ObjectRef {
            sha256: Digest::of(b""),
            bytes: 0,
        },
        split: Split::Test,
        annotation: AnnotationId::fresh(),
        revision: 1,
        reader: UserId::fresh(),
        regions: vec![region],
        whole: Default::default(),
        provenance: Provenance::default(),
    }
}

/// All lines of a case, answered by a closure from task, language and concept.
fn lines(
    case: &SnapshotCase,
    answer: impl Fn(&str, &str, &str) -> &'static str,
) -> Vec<PredictionLine> {
    let questions = questions_of_case(case, &ontology(), &LangPair::default());
    let line = |question: crate::eval::Question| {
        let (task, lang, concept) = (
            question.task.as_str(),
            question.lang.to_string(),
            question.concept.to_string(),
        );
        let text = answer(task, &lang, &concept).to_owned();
        PredictionLine {
            signals: Some(Signals {
                mean: 0.5f64.ln(),
                least: -1.0,
                margin: 0.1,
                entropy: 0.2,
            }),
            ..judge(case, question, text)
        }
    };
    questions.into_iter().map(line).collect()
}

fn about() -> About {
    About {
        model: "m".to_owned(),
        snapshot: Digest::of(b"s"),
        project: "p".to_owned(),
        synthetic: true,
        split: Split::Test,
        mode: AskedMode::Direct,
    }
}

fn report(cases: &[(SnapshotCase, Vec<PredictionLine>)]) -> EvaluationReport {
    let (ontology, langs) = (ontology(), LangPair::default());
    let mut collector = Collector::new(&ontology, &langs, None, 10);
    cases
        .iter()
        .for_each(|(case, lines)| collector.hear(case, lines));
    collector.finish(
        about(),
        Draws {
            count: 100,
            seed: 1,
        },
    )
}

/// Says in English the wrong side and finds nothing, in Chinese the right name and the right box.
fn answer(task: &str, lang: &str, concept: &str) -> &'static str {
    match (task, lang, concept) {
        ("r2t", "en", "left_lung") => "right lung",
        ("r2t", "zh", "left_lung") => "左肺",
        ("r2t", "en", _) => "liver",
        ("r2t", _, _) => "肝脏",
        ("t2r", "en", "right_lung") => "<ref>right lung</ref><box>[[1, 1, 9, 9]]</box>",
        ("t2r", "zh", "left_lung") => "<ref>左肺</ref><box>[[100, 100, 200, 200]]</box>",
        _ => "nothing",
    }
}

fn reported() -> EvaluationReport {
    let lung = case("a", Modality::Xray, "left_lung");
    let liver = case("b", Modality::Ct, "liver");
    let both = [lung, liver].map(|case| {
        let lines = lines(&case, answer);
        (case, lines)
    });
    report(&both)
}

#[test]
fn scores_are_counted_for_everything_and_for_every_part() {
    let found = reported();
    assert_eq!((found.images, found.patients), (2, 2));
    // One name and three places in each language, of two images.
    assert_eq!(found.answers, 16);
    let of = |task: &str, lang: &str| {
        found
            .scores
            .iter()
            .find(|s| s.task == task && s.lang.as_str() == lang)
            .unwrap()
    };
    assert_eq!(of("r2t", "en").scores["accuracy"].value, Some(0.5));
    assert_eq!(of("r2t", "en").scores["laterality_error"].value, Some(1.0));
    assert_eq!(of("r2t", "zh").scores["accuracy"].value, Some(1.0));
    assert!(of("r2t", "en").scores["accuracy"].ci95.is_some());
    // Chinese: one of two boxes, exactly; English: two boxes where nothing is.
    assert_eq!(of("t2r", "zh").scores["region_recall"].value, Some(0.5));
    assert_eq!(of("t2r", "en").scores["region_precision"].value, Some(0.0));
    let slice = |by: SliceBy, value: &str, task: &str| {
        let mut slices = found.slices.iter();
        slices
            .find(|s| {
                s.by == by && s.value == value && s.of.task == task && s.of.lang == Lang::en()
            })
            .unwrap()
    };
    assert_eq!(
        slice(SliceBy::Modality, "xray", "r2t").of.scores["accuracy"].value,
        Some(0.0)
    );
    // A concept with one case: a value, and an interval of no width.
    let one = &slice(SliceBy::Concept, "liver", "r2t").of;
    assert_eq!((one.answers, one.patients), (1, 1));
    assert_eq!(one.scores["accuracy"].ci95, Some([1.0, 1.0]));
}

#[test]
fn names_taken_for_each_other_are_counted_by_what_is_true() {
    let found = reported();
    let en = found
        .confusion
        .iter()
        .find(|c| c.lang == Lang::en())
        .unwrap();
    let cells: Vec<(&str, Option<&str>, u64)> = en
        .cells
        .iter()
        .map(|c| {
            (
                c.truth.as_str(),
                c.said.as_ref().map(ConceptKey::as_str),
                c.count,
            )
        })
        .collect();
    assert_eq!(
        cells,
        [
            ("left_lung", Some("right_lung"), 1),
            ("liver", Some("liver"), 1)
        ]
    );
    let case = case("a", Modality::Ct, "liver");
    let silly = lines(&case, |_, _, _| "<script>");
    let found = report(&[(case, silly)]);
    assert_eq!(found.confusion[0].cells[0].said, None);
}

#[test]
fn faults_are_told_apart_and_the_worst_are_kept() {
    let found = reported();
    let count = |kind| found.faults.get(&kind).copied().unwrap_or(0);
    assert_eq!(count(FaultKind::WrongSide), 1);
    assert_eq!(count(FaultKind::WrongName), 0);
    // English misses the lung and the liver, Chinese the liver.
    assert_eq!(count(FaultKind::Missed), 3);
    // English a right lung in both images, Chinese a left one in that of the liver.
    assert_eq!(count(FaultKind::FalsePositive), 3);
    // One name; and both lungs in both images are found in one language alone.
    assert_eq!(count(FaultKind::LanguagesDisagree), 5);
    assert_eq!(found.worst[0].kind, FaultKind::WrongSide);
    assert_eq!(
        found.worst[0].confidence.map(|c| (c * 100.0).round()),
        Some(50.0)
    );
    assert_eq!(found.worst.len(), 10);
    let mut kinds: Vec<FaultKind> = found.worst.iter().map(|w| w.kind).collect();
    kinds.dedup();
    assert!(kinds.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_box_beside_the_true_one_is_a_low_overlap() {
    let case = case("a", Modality::Ct, "liver");
    let answered = lines(&case, |task, _, concept| match (task, concept) {
        ("t2r", "liver") => "liver[[100, 100, 130, 200]]",
        ("t2r", _) => "nothing",
        _ => "liver",
    });
    let low = answered
        .iter()
        .find(|l| l.task == "t2r" && l.concept.as_str() == "liver")
        .unwrap();
    let found = Found::in_answer(low).unwrap();
    assert_eq!(found.kind, FaultKind::LowOverlap);
    assert!((found.severity - 0.7).abs() < 1e-9, "{found:?}");
    // The right box and one more: one of two is too many, by half as sure.
    let mut more = low.clone();
    more.boxes = vec![
        more.truth_boxes[0],
        [500.0, 500.0, 600.0, 600.0].try_into().unwrap(),
    ];
    let found = Found::in_answer(&more).unwrap();
    assert_eq!(found.kind, FaultKind::FalsePositive);
    assert!((found.severity - 0.25).abs() < 1e-9, "{found:?}");
}

#[test]
fn languages_are_compared_and_confidences_binned() {
    let found = reported();
    let cross = found.cross_lingual.unwrap();
    assert_eq!(cross.pairs, 8);
    assert_eq!(cross.scores["name_agreement"].value, Some(0.5));
    assert_eq!(cross.scores["names_one_right"].value, Some(0.5));
    let names = found
        .reliability
        .iter()
        .find(|r| r.task == "r2t" && r.lang == Lang::en())
        .unwrap();
    // Sure by a half, and right by a half.
    assert_eq!((names.samples, names.calibrated), (2, false));
    assert!(names.ece.value.unwrap() < 1e-9);
}

#[test]
fn nothing_answered_and_numbers_that_are_none_make_a_report_that_is_read_back() {
    let empty = report(&[]);
    assert_eq!((empty.answers, empty.scores.len()), (0, 0));
    assert!(empty.cross_lingual.is_none() && empty.worst.is_empty());
    let case = case("a", Modality::Ct, "liver");
    let mut bad = lines(&case, |_, _, _| "");
    for line in &mut bad {
        line.signals = Some(Signals {
            mean: f64::NAN,
            least: f64::NAN,
            margin: f64::NAN,
            entropy: f64::NAN,
        });
    }
    let found = report(&[(case, bad)]);
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<EvaluationReport>(&json).unwrap(),
        found
    );
    assert!(
        found
            .worst
            .iter()
            .all(|w| w.severity.is_finite() && w.confidence.is_none())
    );
}
