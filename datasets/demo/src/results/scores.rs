//! A model's scores, counted again from its answers and the snapshot's truth. None of the worker's own numbers enter here.

use super::truth::{Target, Truth};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::grammar;
use medreg_datasets::ids::ImageId;
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::matching::match_boxes;
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::protocol::{Evaluation, PredictionLine};
use medreg_datasets::snapshot::Split;
use std::collections::BTreeMap;

/// From this overlap on, a predicted box counts as found.
const FOUND_FROM: f64 = 0.5;

/// Two ways of counting the same thing differ by no more than this.
const AGREEMENT: f64 = 1e-6;

/// How good the answers about one split are, per language.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Region-to-Text: the share of regions whose name was right.
    pub accuracy: BTreeMap<Lang, f64>,
    /// Text-to-Region: the mean over all true boxes of the IoU with the predicted box assigned to them, 0 where there is none.
    pub mean_iou: BTreeMap<Lang, f64>,
    /// Text-to-Region: F1 of predicted boxes at IoU ≥ 0.5, counted over the whole split.
    pub region_f1: BTreeMap<Lang, f64>,
}

impl Scores {
    /// The mean of the languages' mean IoU.
    #[must_use]
    pub fn iou(&self) -> f64 {
        mean(&self.mean_iou)
    }

    /// The mean of the languages' F1.
    #[must_use]
    pub fn f1(&self) -> f64 {
        mean(&self.region_f1)
    }
}

fn mean(per_lang: &BTreeMap<Lang, f64>) -> f64 {
    per_lang.values().sum::<f64>() / per_lang.len().max(1) as f64
}

/// Why predictions cannot be scored, or are scored otherwise than the worker did.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ScoreError {
    /// A question that must be asked about every region was not, or was asked twice.
    #[error(
        "predictions.jsonl asks `{task}` in `{lang}` about `{concept}` on image {image} {asked} times, the snapshot's truth wants {wanted}"
    )]
    Questions {
        /// `r2t` or `t2r`.
        task: &'static str,
        /// The language.
        lang: Lang,
        /// The concept.
        concept: ConceptKey,
        /// The image.
        image: ImageId,
        /// How often it was asked.
        asked: usize,
        /// How often it should have been.
        wanted: usize,
    },
    /// A line speaks of an image or a concept that the split does not have.
    #[error(
        "predictions.jsonl has a `{task}` line about `{concept}` on image {image}, which the snapshot's test split does not"
    )]
    Unknown {
        /// The line's task.
        task: String,
        /// The concept.
        concept: ConceptKey,
        /// The image.
        image: ImageId,
    },
    /// The worker's number is another one.
    #[error("{what}: the worker reports {reported}, its own answers give {counted}")]
    Disagree {
        /// Which number.
        what: String,
        /// The worker's.
        reported: f64,
        /// Ours.
        counted: f64,
    },
    /// The worker's scores leave a language out.
    #[error("{what}: the worker reports nothing")]
    NotReported {
        /// Which number.
        what: String,
    },
}

/// Scores the test split's answers in `lines` against `truth`.
pub fn score(
    lines: &[PredictionLine],
    truth: &Truth,
    ontology: &[Concept],
    langs: &LangPair,
) -> Result<Scores, ScoreError> {
    let lines: Vec<&PredictionLine> = lines.iter().filter(|l| l.split == Split::Test).collect();
    let mut scores = Scores::default();
    for lang in langs.both() {
        let of_lang: Vec<&PredictionLine> =
            lines.iter().copied().filter(|l| l.lang == *lang).collect();
        let names: BTreeMap<&ConceptKey, &str> =
            ontology.iter().map(|c| (&c.key, c.name(lang))).collect();
        let accuracy = accuracy(&of_lang, truth, &names, lang)?;
        let regions = regions(&of_lang, truth, &names, lang)?;
        scores.accuracy.insert(lang.clone(), accuracy);
        scores.mean_iou.insert(lang.clone(), regions.mean_iou());
        scores.region_f1.insert(lang.clone(), regions.f1());
    }
    Ok(scores)
}

type Names<'a> = BTreeMap<&'a ConceptKey, &'a str>;
type Asked<'a> = BTreeMap<(ImageId, ConceptKey), Vec<&'a PredictionLine>>;

/// The lines of one task by image and concept; refuses those that the truth knows nothing of.
fn asked<'a>(
    lines: &[&'a PredictionLine],
    task: &str,
    truth: &Truth,
    names: &Names<'_>,
) -> Result<Asked<'a>, ScoreError> {
    let mut asked = Asked::new();
    for line in lines.iter().filter(|line| line.task == task) {
        if !truth.images.contains_key(&line.image) || !names.contains_key(&line.concept) {
            return Err(ScoreError::Unknown {
                task: line.task.clone(),
                concept: line.concept.clone(),
                image: line.image,
            });
        }
        let key = (line.image, line.concept.clone());
        asked.entry(key).or_default().push(*line);
    }
    Ok(asked)
}

fn accuracy(
    lines: &[&PredictionLine],
    truth: &Truth,
    names: &Names<'_>,
    lang: &Lang,
) -> Result<f64, ScoreError> {
    let mut asked = asked(lines, "r2t", truth, names)?;
    let mut right = 0;
    for target in &truth.targets {
        let answers = taken(&mut asked, target, "r2t", lang, target.boxes.len())?;
        let name = names.get(&target.concept).copied().unwrap_or_default();
        right += answers
            .iter()
            .filter(|line| grammar::same_name(&line.answer, name))
            .count();
    }
    match asked.into_values().flatten().next() {
        Some(line) => Err(unknown(line)),
        None => Ok(share(right, truth.regions())),
    }
}

fn regions(
    lines: &[&PredictionLine],
    truth: &Truth,
    names: &Names<'_>,
    lang: &Lang,
) -> Result<Found, ScoreError> {
    let mut asked = asked(lines, "t2r", truth, names)?;
    let mut found = Found::default();
    for target in &truth.targets {
        for line in taken(&mut asked, target, "t2r", lang, 1)? {
            found.add(&target.boxes, &predicted(line, truth));
        }
    }
    // What is left asks for concepts that are not there: each box in the answer is one too many.
    for line in asked.into_values().flatten() {
        found.add(&[], &predicted(line, truth));
    }
    Ok(found)
}

/// The lines about a target, which must be as many as `wanted`.
fn taken<'a>(
    asked: &mut Asked<'a>,
    target: &Target,
    task: &'static str,
    lang: &Lang,
    wanted: usize,
) -> Result<Vec<&'a PredictionLine>, ScoreError> {
    let lines = asked
        .remove(&(target.image, target.concept.clone()))
        .unwrap_or_default();
    if lines.len() == wanted {
        return Ok(lines);
    }
    Err(ScoreError::Questions {
        task,
        lang: lang.clone(),
        concept: target.concept.clone(),
        image: target.image,
        asked: lines.len(),
        wanted,
    })
}

/// The boxes that the answer itself gives, in pixels, whatever name it puts before them: the question asks for one concept.
fn predicted(line: &PredictionLine, truth: &Truth) -> Vec<PixelBox> {
    let Some(size) = truth.images.get(&line.image) else {
        return Vec::new();
    };
    let boxes = grammar::read(&line.answer).boxes();
    boxes.iter().map(|bbox| bbox.to_pixels(*size)).collect()
}

fn unknown(line: &PredictionLine) -> ScoreError {
    ScoreError::Unknown {
        task: line.task.clone(),
        concept: line.concept.clone(),
        image: line.image,
    }
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Boxes counted over many questions.
#[derive(Debug, Default)]
pub(super) struct Found {
    truths: usize,
    predictions: usize,
    hits: usize,
    iou: f64,
}

impl Found {
    /// Counts one question.
    pub(super) fn add(&mut self, truth: &[PixelBox], predicted: &[PixelBox]) {
        let pairs = match_boxes(truth, predicted);
        self.truths += truth.len();
        self.predictions += predicted.len();
        self.hits += pairs.iter().filter(|pair| pair.iou >= FOUND_FROM).count();
        self.iou += pairs.iter().map(|pair| pair.iou).sum::<f64>();
    }

    pub(super) fn mean_iou(&self) -> f64 {
        self.iou / self.truths.max(1) as f64
    }

    pub(super) fn f1(&self) -> f64 {
        share(2 * self.hits, self.truths + self.predictions)
    }
}

/// Refuses a worker's evaluation that is not what its own answers give.
pub fn agree(reported: &Evaluation, counted: &Scores) -> Result<(), ScoreError> {
    let tables = [
        ("accuracy", &reported.accuracy, &counted.accuracy),
        ("mean IoU", &reported.mean_iou, &counted.mean_iou),
        ("region F1", &reported.region_f1, &counted.region_f1),
    ];
    for (name, reported, counted) in tables {
        for (lang, counted) in counted {
            let what = format!("{name} in `{lang}`");
            let Some(reported) = reported.get(lang) else {
                return Err(ScoreError::NotReported { what });
            };
            // NaN agrees with nothing.
            let agrees = (reported - counted).abs() <= AGREEMENT;
            if !agrees {
                return Err(ScoreError::Disagree {
                    what,
                    reported: *reported,
                    counted: *counted,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::truth::samples::case;
    use super::*;
    use medreg_datasets::geometry::GridBox;
    use medreg_datasets::ontology::ConceptKind;
    use medreg_datasets::snapshot::SnapshotCase;
    use medreg_datasets::task;

    fn ontology() -> Vec<Concept> {
        [
            ("cyst", "cyst", "囊肿"),
            ("liver", "liver", "肝脏"),
            ("stone", "stone", "结石"),
        ]
        .map(|(key, en, zh)| Concept {
            key: key.parse().unwrap(),
            kind: ConceptKind::Lesion,
            names: BTreeMap::from([(Lang::en(), en.to_owned()), (Lang::zh(), zh.to_owned())]),
            synonyms: BTreeMap::new(),
            codes: BTreeMap::new(),
            modalities: Vec::new(),
        })
        .to_vec()
    }

    fn snapshot() -> Vec<SnapshotCase> {
        vec![
            case(
                Split::Test,
                &[
                    ("liver", [0.0, 0.0, 50.0, 50.0]),
                    ("cyst", [60.0, 60.0, 80.0, 80.0]),
                    ("cyst", [10.0, 60.0, 30.0, 80.0]),
                ],
            ),
            case(Split::Train, &[("liver", [0.0, 0.0, 50.0, 50.0])]),
        ]
    }

    fn line(
        case: &SnapshotCase,
        task: &str,
        lang: &Lang,
        concept: &str,
        answer: &str,
    ) -> PredictionLine {
        PredictionLine {
            image: case.image,
            patient: case.patient.clone(),
            split: case.split,
            task: task.to_owned(),
            lang: lang.clone(),
            concept: concept.parse().unwrap(),
            question: String::new(),
            answer: answer.to_owned(),
            truth: String::new(),
            // Lies: the scores must come from answers and snapshot alone.
            truth_boxes: Vec::new(),
            boxes: Vec::new(),
            correct: Some(true),
            signals: None,
            box_signals: Vec::new(),
        }
    }

    fn answered(lang: &Lang, name: &str, boxes: &[[f64; 4]], case: &SnapshotCase) -> String {
        let grid: Vec<GridBox> = boxes
            .iter()
            .map(|corners| super::super::truth::samples::pixel_box(*corners).to_grid(case.size))
            .collect();
        task::regions_answer(lang, name, &grid)
    }

    /// English: one name of three right; the liver found exactly, one cyst found, one box too many for an absent stone.
    /// Chinese: everything right.
    fn lines(case: &SnapshotCase) -> Vec<PredictionLine> {
        let (en, zh) = (Lang::en(), Lang::zh());
        let liver = [0.0, 0.0, 50.0, 50.0];
        let cysts = [[60.0, 60.0, 80.0, 80.0], [10.0, 60.0, 30.0, 80.0]];
        vec![
            line(case, "r2t", &en, "liver", "cyst"),
            line(case, "r2t", &en, "cyst", "Cyst."),
            line(case, "r2t", &en, "cyst", ""),
            line(
                case,
                "t2r",
                &en,
                "liver",
                &answered(&en, "liver", &[liver], case),
            ),
            line(
                case,
                "t2r",
                &en,
                "cyst",
                &answered(&en, "cyst", &cysts[..1], case),
            ),
            line(
                case,
                "t2r",
                &en,
                "stone",
                &answered(&en, "stone", &[liver], case),
            ),
            line(case, "r2t", &zh, "liver", "肝脏"),
            line(case, "r2t", &zh, "cyst", "囊肿"),
            line(case, "r2t", &zh, "cyst", "囊肿"),
            line(
                case,
                "t2r",
                &zh,
                "liver",
                &answered(&zh, "肝脏", &[liver], case),
            ),
            line(
                case,
                "t2r",
                &zh,
                "cyst",
                &answered(&zh, "囊肿", &cysts, case),
            ),
        ]
    }

    fn scored(cases: &[SnapshotCase], lines: &[PredictionLine]) -> Result<Scores, ScoreError> {
        let truth = Truth::of(cases, Split::Test);
        score(lines, &truth, &ontology(), &LangPair::default())
    }

    #[test]
    fn scores_are_the_hand_counted_ones() {
        let cases = snapshot();
        let scores = scored(&cases, &lines(&cases[0])).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 0.01, "{a} {b}");
        near(scores.accuracy[&Lang::en()], 1.0 / 3.0);
        // Rounding to the grid costs a little overlap.
        near(scores.mean_iou[&Lang::en()], 2.0 / 3.0);
        near(scores.region_f1[&Lang::en()], 2.0 * 2.0 / (3.0 + 3.0));
        assert_eq!(scores.accuracy[&Lang::zh()], 1.0);
        assert_eq!(scores.region_f1[&Lang::zh()], 1.0);
        near(scores.iou(), (2.0 / 3.0 + 1.0) / 2.0);
    }

    #[test]
    fn lines_of_other_splits_change_nothing() {
        let cases = snapshot();
        let mut lines = lines(&cases[0]);
        let before = scored(&cases, &lines).unwrap();
        lines.push(line(&cases[1], "r2t", &Lang::en(), "liver", "stone"));
        assert_eq!(scored(&cases, &lines).unwrap(), before);
    }

    #[test]
    fn a_region_left_out_or_invented_is_refused() {
        let cases = snapshot();
        let mut fewer = lines(&cases[0]);
        fewer.remove(1);
        assert!(matches!(
            scored(&cases, &fewer),
            Err(ScoreError::Questions {
                task: "r2t",
                asked: 1,
                wanted: 2,
                ..
            })
        ));
        let mut more = lines(&cases[0]);
        more.push(line(&cases[0], "r2t", &Lang::en(), "stone", "stone"));
        assert!(matches!(
            scored(&cases, &more),
            Err(ScoreError::Unknown { .. })
        ));
        let mut strange = lines(&cases[0]);
        strange[3].image = ImageId::fresh();
        assert!(matches!(
            scored(&cases, &strange),
            Err(ScoreError::Unknown { .. })
        ));
    }

    #[test]
    fn a_worker_that_reports_other_numbers_is_found_out() {
        let cases = snapshot();
        let scores = scored(&cases, &lines(&cases[0])).unwrap();
        let mut reported = Evaluation {
            accuracy: scores.accuracy.clone(),
            mean_iou: scores.mean_iou.clone(),
            region_f1: scores.region_f1.clone(),
            ..Evaluation::default()
        };
        assert_eq!(agree(&reported, &scores), Ok(()));
        reported.mean_iou.insert(Lang::zh(), 0.999);
        let error = agree(&reported, &scores).unwrap_err();
        assert!(matches!(&error, ScoreError::Disagree { what, .. } if what == "mean IoU in `zh`"));
        reported.mean_iou.insert(Lang::zh(), f64::NAN);
        assert!(agree(&reported, &scores).is_err());
        reported.mean_iou.remove(&Lang::zh());
        assert!(matches!(
            agree(&reported, &scores),
            Err(ScoreError::NotReported { .. })
        ));
    }
}
