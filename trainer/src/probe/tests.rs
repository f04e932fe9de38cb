//! Answerers of which one knows what they look at: one that sees nothing but the region, and one that never looks.

use super::*;
use crate::evaluation::tests::case;
use medreg_datasets::evaluation::{ArmKind, Change};
use medreg_datasets::grammar;
use medreg_datasets::ids::{Digest, ProjectId};
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::{Concept, ConceptKind};
use medreg_datasets::snapshot::{Counts, ObjectRef, SCHEMA, SplitShares};
use std::collections::BTreeMap;

/// Names a region by how much its pixels vary, and finds the one that varies.
struct Looking;
/// Always says the same.
struct Blind;

/// Half of the pixels of the true box are white, all others black.
fn chequered() -> DynamicImage {
    DynamicImage::ImageLuma8(image::GrayImage::from_fn(999, 999, |x, y| {
        let inside = (100..200).contains(&x) && (100..200).contains(&y);
        image::Luma([if inside && (x / 5 + y / 5) % 2 == 0 {
            255
        } else {
            0
        }])
    }))
}

fn varies(picture: &DynamicImage, corners: [u16; 4]) -> bool {
    let grey = picture.to_luma8();
    let [x0, y0, x1, y1] = corners.map(u32::from);
    let inside = image::imageops::crop_imm(&grey, x0, y0, x1 - x0, y1 - y0).to_image();
    let (least, most) = inside
        .pixels()
        .fold((255, 0), |(a, b), p| (p.0[0].min(a), p.0[0].max(b)));
    most - least > 200
}

impl Answerer for Looking {
    fn ask(&self, picture: &DynamicImage, questions: &[String]) -> Result<Vec<Said>, PredictError> {
        let answer = |question: &String| {
            let text = match grammar::read(question).boxes().first() {
                Some(bbox) if varies(picture, bbox.corners()) => "liver".to_owned(),
                Some(_) => "left lung".to_owned(),
                None if question.contains("Is there") => "yes".to_owned(),
                None => "<ref>liver</ref><box>[[100, 100, 200, 200]]</box>".to_owned(),
            };
            Said {
                text,
                tokens: vec![],
            }
        };
        Ok(questions.iter().map(answer).collect())
    }

    fn logprob(
        &self,
        picture: &DynamicImage,
        question: &str,
        said: &Said,
    ) -> Result<f64, PredictError> {
        let now = self.ask(picture, &[question.to_owned()])?;
        Ok(if now[0].text == said.text { -0.5 } else { -2.5 })
    }

    fn find(&self, _: &DynamicImage, _: &Search<'_>) -> Result<Vec<ProposedRegion>, PredictError> {
        Ok(Vec::new())
    }
}

impl Answerer for Blind {
    fn ask(&self, _: &DynamicImage, questions: &[String]) -> Result<Vec<Said>, PredictError> {
        Ok(vec![
            Said {
                text: "liver".to_owned(),
                tokens: vec![]
            };
            questions.len()
        ])
    }

    fn logprob(&self, _: &DynamicImage, _: &str, _: &Said) -> Result<f64, PredictError> {
        Ok(f64::NAN)
    }

    fn find(&self, _: &DynamicImage, _: &Search<'_>) -> Result<Vec<ProposedRegion>, PredictError> {
        Ok(Vec::new())
    }
}

fn manifest() -> Manifest {
    let concept = |key: &str, en: &str, zh: &str| Concept {
        key: key.parse().unwrap(),
        kind: ConceptKind::Structure,
        names: BTreeMap::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())]),
        synonyms: BTreeMap::new(),
        codes: BTreeMap::new(),
        modalities: vec![],
    };
    Manifest {
        schema: SCHEMA,
        project: ProjectId::fresh(),
        project_name: "test".to_owned(),
        synthetic: true,
        langs: LangPair::default(),
        ontology: vec![
            concept("left_lung", "left lung", "左肺"),
            concept("liver", "liver", "肝脏"),
        ],
        guideline: String::new(),
        shares: SplitShares::default(),
        filter: Default::default(),
        cases: ObjectRef {
            sha256: Digest::of(b""),
            bytes: 0,
        },
        counts: Counts::default(),
    }
}

fn with<T>(cases: usize, work: impl FnOnce(&Material<'_>) -> T) -> T {
    let cases: Vec<SnapshotCase> = (0..cases)
        .map(|n| case(&format!("P{n}"), Modality::Ct, "liver"))
        .collect();
    let manifest = manifest();
    let picture = |_: &SnapshotCase| Ok(chequered());
    work(&Material {
        cases: cases.iter().collect(),
        manifest: &manifest,
        picture: &picture,
    })
}

fn extent(limit: usize) -> Extent {
    Extent {
        limit,
        threads: 2,
        draws: Draws {
            count: 100,
            seed: 4,
        },
    }
}

fn changed(found: &medreg_datasets::evaluation::Faithfulness, change: Change) -> [Option<f64>; 2] {
    let of = found
        .interventions
        .iter()
        .find(|i| i.change == change)
        .unwrap();
    ["changed", "logprob_drop"].map(|name| of.scores[name].value)
}

#[test]
fn who_looks_at_the_region_scores_one_and_who_never_looks_scores_nothing() {
    let looking = with(3, |material| {
        faithfulness(&Looking, material, extent(10)).unwrap()
    });
    assert_eq!((looking.cases, looking.of, looking.without_room), (3, 3, 0));
    assert_eq!(
        changed(&looking, Change::RegionBlurred),
        [Some(1.0), Some(2.0)]
    );
    assert_eq!(
        changed(&looking, Change::OtherBlurred),
        [Some(0.0), Some(0.0)]
    );
    assert_eq!(changed(&looking, Change::BoxMoved), [Some(1.0), Some(2.0)]);
    assert_eq!(
        changed(&looking, Change::BlankImage),
        [Some(1.0), Some(2.0)]
    );
    let difference = &looking.differences[0];
    assert_eq!(
        (
            difference.score.as_str(),
            difference.difference,
            difference.ci95
        ),
        ("changed", Some(1.0), Some([1.0, 1.0]))
    );
    assert_eq!(looking.round_trip["name"].value, Some(1.0));
    assert_eq!(looking.round_trip["box"].value, Some(1.0));

    let blind = with(3, |material| {
        faithfulness(&Blind, material, extent(10)).unwrap()
    });
    // A log-probability that is none is no drop, and no other number.
    assert_eq!(changed(&blind, Change::RegionBlurred), [Some(0.0), None]);
    assert_eq!(blind.differences[0].difference, Some(0.0));
    assert_eq!(blind.round_trip["name"].value, Some(0.0));
}

#[test]
fn a_sample_is_that_of_its_seed_and_nothing_to_try_is_no_error() {
    let found = with(5, |material| {
        faithfulness(&Looking, material, extent(2)).unwrap()
    });
    assert_eq!((found.cases, found.of), (2, 5));
    let again = with(5, |material| {
        faithfulness(&Looking, material, extent(2)).unwrap()
    });
    assert_eq!(found.interventions, again.interventions);
    let none = with(0, |material| {
        faithfulness(&Looking, material, extent(2)).unwrap()
    });
    assert_eq!((none.cases, none.differences.len()), (0, 0));
    let none = with(0, |material| {
        regional(&Looking, material, extent(2)).unwrap()
    });
    assert_eq!(none.len(), 2);
    assert!(none.iter().all(|n| (n.images, n.questions) == (0, 0)));
}

#[test]
fn every_way_is_asked_the_same_questions() {
    let found = with(4, |material| {
        regional(&Looking, material, extent(3)).unwrap()
    });
    let langs: Vec<String> = found.iter().map(|of| of.lang.to_string()).collect();
    assert_eq!(langs, ["en", "zh"]);
    let found = &found[0];
    // Of two concepts: is it there, and where?
    assert_eq!((found.images, found.of, found.questions), (3, 4, 12));
    let of = |kind: ArmKind| {
        &found
            .arms
            .iter()
            .find(|arm| arm.kind == kind)
            .unwrap()
            .scores
    };
    // Always yes: right of the liver, which is there, and wrong of the lung, which is not. The same box for both.
    let direct = of(ArmKind::Direct);
    assert_eq!(direct["presence_accuracy"].value, Some(0.5));
    assert_eq!(direct["presence_answered"].value, Some(1.0));
    assert_eq!(direct["where_iou"].value, Some(1.0));
    assert_eq!(of(ArmKind::Regional), direct);
    // With boxes in the question this answerer names them instead, which is neither yes nor no.
    assert_eq!(of(ArmKind::Oracle)["presence_answered"].value, Some(0.0));
    let regional = found
        .differences
        .iter()
        .find(|d| d.score == "presence_accuracy" && d.first == "regional");
    assert_eq!(regional.and_then(|d| d.difference), Some(0.0));
}
