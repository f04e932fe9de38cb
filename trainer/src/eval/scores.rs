//! How one answer is judged, and how judgements add up to an [`Evaluation`].

use super::questions::{Question, Task};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::grammar;
use medreg_datasets::ids::ImageId;
use medreg_datasets::lang::Lang;
pub use medreg_datasets::matching::HIT_IOU;
use medreg_datasets::matching::match_boxes;
use medreg_datasets::protocol::{Evaluation, PredictionLine};
use medreg_datasets::snapshot::SnapshotCase;
use std::collections::{BTreeMap, BTreeSet};

/// What a model's answer to a question about a case is worth, as one line of `predictions.jsonl`.
///
/// A name is right when it is the concept's name in the question's language but for case and spaces. All boxes of an
/// answer count, whatever name the answer puts before them.
#[must_use]
pub fn judge(case: &SnapshotCase, question: Question, answer: String) -> PredictionLine {
    let (boxes, correct) = match question.task {
        Task::RegionToText => (
            Vec::new(),
            Some(grammar::same_name(&answer, &question.truth)),
        ),
        Task::TextToRegion => (boxes_read(case, &answer), None),
    };
    PredictionLine {
        image: case.image,
        patient: case.patient.clone(),
        split: case.split,
        task: question.task.as_str().to_owned(),
        lang: question.lang,
        concept: question.concept,
        question: question.prompt,
        answer,
        truth: question.truth,
        truth_boxes: question.boxes,
        boxes,
        correct,
        signals: None,
        box_signals: Vec::new(),
    }
}

fn boxes_read(case: &SnapshotCase, answer: &str) -> Vec<PixelBox> {
    let boxes = grammar::read(answer).boxes();
    boxes.into_iter().map(|b| b.to_pixels(case.size)).collect()
}

/// Adds up judged answers.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    images: BTreeSet<ImageId>,
    patients: BTreeSet<String>,
    langs: BTreeMap<Lang, Tally>,
}

/// The counts of one language.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Regions whose name was asked for.
    asked: u64,
    /// Of those, named rightly.
    right: u64,
    /// True boxes.
    truths: u64,
    /// Boxes in answers.
    predicted: u64,
    /// Pairs of them with an IoU of at least [`HIT_IOU`].
    hits: u64,
    /// The sum of the IoU of all pairs.
    iou: f64,
}

impl Scores {
    /// Counts one judged answer.
    pub fn add(&mut self, line: &PredictionLine) {
        self.images.insert(line.image);
        self.patients.insert(line.patient.clone());
        let tally = self.langs.entry(line.lang.clone()).or_default();
        match line.correct {
            Some(right) => {
                tally.asked += 1;
                tally.right += u64::from(right);
            }
            None => tally.add_boxes(&line.truth_boxes, &line.boxes),
        }
    }

    /// Hits per predicted box and hits per true box, per language; a language without any such boxes has none.
    #[must_use]
    pub fn precision_and_recall(&self) -> BTreeMap<Lang, (f64, f64)> {
        let both = |tally: &Tally| {
            Some((
                ratio(tally.hits, tally.predicted)?,
                ratio(tally.hits, tally.truths)?,
            ))
        };
        self.langs
            .iter()
            .filter_map(|(lang, tally)| Some((lang.clone(), both(tally)?)))
            .collect()
    }

    /// The scores; a language in which nothing was asked has none.
    #[must_use]
    pub fn finish(&self) -> Evaluation {
        let of = |score: fn(&Tally) -> Option<f64>| -> BTreeMap<Lang, f64> {
            let scored = self
                .langs
                .iter()
                .filter_map(|(lang, tally)| Some((lang.clone(), score(tally)?)));
            scored.collect()
        };
        Evaluation {
            images: self.images.len() as u64,
            patients: self.patients.len() as u64,
            // Each region is asked about once in each language.
            regions: self
                .langs
                .values()
                .map(|tally| tally.asked)
                .max()
                .unwrap_or(0),
            accuracy: of(Tally::accuracy),
            mean_iou: of(Tally::mean_iou),
            region_f1: of(Tally::region_f1),
        }
    }
}

impl Tally {
    fn add_boxes(&mut self, truth: &[PixelBox], predicted: &[PixelBox]) {
        let pairs = match_boxes(truth, predicted);
        self.truths += truth.len() as u64;
        self.predicted += predicted.len() as u64;
        self.hits += pairs.iter().filter(|pair| pair.iou >= HIT_IOU).count() as u64;
        self.iou += pairs.iter().map(|pair| pair.iou).sum::<f64>();
    }

    fn accuracy(&self) -> Option<f64> {
        ratio(self.right, self.asked)
    }

    /// Over true boxes; a box that nothing matches counts 0.
    fn mean_iou(&self) -> Option<f64> {
        (self.truths > 0).then(|| self.iou / self.truths as f64)
    }

    /// The harmonic mean of hits per predicted box and hits per true box, over all answers together.
    fn region_f1(&self) -> Option<f64> {
        ratio(2 * self.hits, self.truths + self.predicted)
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::questions_of_case;
    use medreg_datasets::geometry::ImageSize;
    use medreg_datasets::ids::{AnnotationId, Digest, RegionId, UserId};
    use medreg_datasets::lang::LangPair;
    use medreg_datasets::modality::Modality;
    use medreg_datasets::ontology::{Concept, ConceptKind};
    use medreg_datasets::region::{Presence, Region};
    use medreg_datasets::snapshot::{ObjectRef, Provenance, Split};

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
            concept("liver", "liver", "肝脏"),
        ]
    }

    fn region(concept: &str, bbox: [f64; 4]) -> Region {
        Region {
            id: RegionId::fresh(),
            frame: 0,
            bbox: bbox.try_into().unwrap(),
            concept: Some(concept.parse().unwrap()),
            presence: Presence::Present,
            texts: BTreeMap::new(),
            origin: None,
        }
    }

    /// An image of 999 × 999 pixels, where grid and pixels are the same.
    fn case(regions: Vec<Region>) -> SnapshotCase {
        SnapshotCase {
            image: ImageId::fresh(),
            patient: "P1".to_owned(),
            study: "S1".to_owned(),
            modality: Modality::Ct,
            size: ImageSize::new(999, 999).unwrap(),
            raster: ObjectRef {
                sha256: Digest::of(b""),
                bytes: 0,
            },
            split: Split::Test,
            annotation: AnnotationId::fresh(),
            revision: 1,
            reader: UserId::fresh(),
            regions,
            whole: Default::default(),
            provenance: Provenance::default(),
        }
    }

    /// Judges a case by the answers of a closure from question to text.
    fn scores(case: &SnapshotCase, answer: impl Fn(&Question) -> &'static str) -> Scores {
        let mut scores = Scores::default();
        for question in questions_of_case(case, &ontology(), &LangPair::default()) {
            let text = answer(&question).to_owned();
            scores.add(&judge(case, question, text));
        }
        scores
    }

    #[test]
    fn names_count_per_language_whatever_their_case_and_spaces() {
        let case = case(vec![
            region("left_lung", [0.0, 0.0, 10.0, 10.0]),
            region("liver", [20.0, 20.0, 30.0, 30.0]),
        ]);
        let said = scores(&case, |q| match (q.lang.as_str(), q.concept.as_str()) {
            ("en", "left_lung") => " Left  LUNG.",
            ("en", _) => "spleen",
            (_, "left_lung") => "<ref>左肺</ref>",
            _ => "肝脏",
        });
        let evaluation = said.finish();
        assert_eq!(evaluation.accuracy[&Lang::en()], 0.5);
        assert_eq!(evaluation.accuracy[&Lang::zh()], 1.0);
        assert_eq!(
            (evaluation.images, evaluation.patients, evaluation.regions),
            (1, 1, 2)
        );
    }

    #[test]
    fn boxes_are_scored_as_worked_by_hand() {
        let case = case(vec![
            region("left_lung", [0.0, 0.0, 100.0, 100.0]),
            region("left_lung", [200.0, 0.0, 300.0, 100.0]),
            region("liver", [500.0, 500.0, 600.0, 600.0]),
        ]);
        let said = scores(&case, |q| match (q.lang.as_str(), q.concept.as_str()) {
            // Half of the first lung (IoU 0.5: a hit), the second missed, one box in the void.
            ("en", "left_lung") => {
                "<ref>left lung</ref><box>[[0, 0, 50, 100], [800, 800, 900, 900]]</box>"
            }
            // A third of the liver: IoU 0.3, no hit; and a turned-round box that does not count.
            ("en", _) => "liver[[500, 500, 530, 600], [9, 9, 1, 1]]",
            _ => "什么都没有",
        });
        let evaluation = said.finish();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(evaluation.mean_iou[&Lang::en()], (0.5 + 0.0 + 0.3) / 3.0);
        close(evaluation.region_f1[&Lang::en()], 2.0 / 6.0);
        assert_eq!(
            said.precision_and_recall()[&Lang::en()],
            (1.0 / 3.0, 1.0 / 3.0)
        );
        assert_eq!(evaluation.mean_iou[&Lang::zh()], 0.0);
        assert_eq!(evaluation.region_f1[&Lang::zh()], 0.0);
    }

    #[test]
    fn a_box_where_nothing_is_costs_f1_and_not_iou() {
        let case = case(vec![region("liver", [0.0, 0.0, 100.0, 100.0])]);
        let said = scores(&case, |q| match q.concept.as_str() {
            "liver" => "liver[[0, 0, 100, 100]]",
            _ => "left lung[[0, 0, 100, 100]]",
        });
        let evaluation = said.finish();
        assert_eq!(evaluation.mean_iou[&Lang::en()], 1.0);
        assert_eq!(evaluation.region_f1[&Lang::en()], 2.0 / 3.0);
    }

    #[test]
    fn regions_that_are_not_certainly_there_are_not_asked_about() {
        let mut absent = region("liver", [0.0, 0.0, 10.0, 10.0]);
        absent.presence = Presence::Absent;
        let other_frame = Region {
            frame: 3,
            ..region("left_lung", [0.0, 0.0, 10.0, 10.0])
        };
        let questions = questions_of_case(
            &case(vec![absent, other_frame]),
            &ontology(),
            &LangPair::default(),
        );
        // The liver in both languages; of what is on another frame nothing is known here.
        assert_eq!(questions.len(), 2);
        assert!(
            questions
                .iter()
                .all(|q| q.task == Task::TextToRegion && q.boxes.is_empty())
        );
        assert_eq!(questions[1].truth, "未见<ref>肝脏</ref>。");
    }

    #[test]
    fn a_concept_of_another_modality_is_asked_about_where_a_reader_marked_it() {
        let mut ontology = ontology();
        ontology[1].modalities = vec![Modality::Mr];
        let asked =
            |case: &SnapshotCase| questions_of_case(case, &ontology, &LangPair::default()).len();
        assert_eq!(asked(&case(vec![])), 2);
        assert_eq!(asked(&case(vec![region("liver", [0.0, 0.0, 9.0, 9.0])])), 6);
    }

    #[test]
    fn nothing_asked_has_no_scores() {
        assert_eq!(Scores::default().finish(), Evaluation::default());
        let said = scores(&case(vec![]), |_| "<ref>liver</ref> is absent.");
        assert!(said.finish().accuracy.is_empty() && said.finish().region_f1.is_empty());
    }
}
