//! What a run's judged answers add up to: its scores and those of parts of the data, with intervals over draws of patients.

use crate::services::resampling::{Count, estimate_ratio, ratio};
use crate::services::rounds::Measure;
use crate::services::{Outcome, ServiceError};
use crate::store::predictions::{self, Confused, Extent, Part, Sums};
use medreg_datasets::ids::RunId;
use medreg_datasets::lang::Lang;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A score, with how far it may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// The score.
    pub value: f64,
    /// What it is a share of: regions whose name was asked for, true boxes, or true boxes and those of the answers together.
    pub of: i64,
    /// The patients that it rests on.
    pub patients: usize,
    /// Between which 95 % of the draws of patients lie; absent with fewer than thirty patients.
    pub interval: Option<[f64; 2]>,
}

/// The scores in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scores {
    /// The language.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// Answers that they rest on.
    pub answers: i64,
    /// Region-to-Text: the share of right names.
    pub accuracy: Option<Score>,
    /// Text-to-Region: the mean IoU of true boxes; one that nothing matches counts 0.
    pub mean_iou: Option<Score>,
    /// Text-to-Region: F1 of boxes at IoU 0.5.
    pub region_f1: Option<Score>,
}

impl Scores {
    /// The score by this measure.
    #[must_use]
    pub fn by(&self, measure: Measure) -> Option<Score> {
        match measure {
            Measure::Accuracy => self.accuracy,
            Measure::MeanIou => self.mean_iou,
            Measure::RegionF1 => self.region_f1,
        }
    }
}

/// What the answers of a slice have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SliceBy {
    /// The kind of picture.
    Modality,
    /// The concept that is true.
    Concept,
}

/// The scores of a part of the data, in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Slice {
    /// What its answers have in common.
    pub by: SliceBy,
    /// A modality's name, or a concept's key.
    pub value: String,
    /// Its scores.
    pub scores: Scores,
}

/// All that was counted of a run when its answers were taken in. Images that were withheld since count on: these are numbers of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// How much was asked.
    pub extent: Extent,
    /// The scores of each language.
    pub scores: Vec<Scores>,
    /// The same of parts of the data.
    pub slices: Vec<Slice>,
    /// Which concept was taken for which; pairs that did not occur are left out.
    pub confusion: Vec<Confused>,
}

/// What the sums add to a measure.
pub(super) fn count(measure: Measure, sums: &Sums) -> Count {
    let count = |of: f64, per: i64| Count {
        of,
        per: per as f64,
    };
    match measure {
        Measure::Accuracy => count(sums.right as f64, sums.asked),
        Measure::MeanIou => count(sums.overlap, sums.truths),
        Measure::RegionF1 => count(2.0 * sums.hits as f64, sums.truths + sums.predicted),
    }
}

/// Counts a run's figures, as they are stored.
pub(super) async fn of_run(conn: &mut PgConnection, run: RunId) -> Outcome<serde_json::Value> {
    let parts = predictions::parts(conn, run).await?;
    let confusion = predictions::confusion(conn, run).await?;
    let extent = predictions::extent(conn, run).await?;
    let internal = |e: &dyn std::fmt::Display| ServiceError::Internal(e.to_string());
    let counted = tokio::task::spawn_blocking(move || {
        let (scores, slices) = scored(parts);
        serde_json::to_value(Figures {
            extent,
            scores,
            slices,
            confusion,
        })
    });
    counted
        .await
        .map_err(|e| internal(&e))?
        .map_err(|e| internal(&e))
}

/// The answers about each patient, in one language, with something in common.
#[derive(Default)]
struct Sliced {
    answers: i64,
    patients: BTreeMap<String, Sums>,
}

impl Sliced {
    fn add(&mut self, part: &Part) {
        self.answers += part.answers;
        let sums = self.patients.entry(part.patient.clone()).or_default();
        sums.add(&part.sums);
    }

    fn scores(&self, lang: Lang) -> Scores {
        let by = |measure| self.score(measure);
        Scores {
            lang,
            answers: self.answers,
            accuracy: by(Measure::Accuracy),
            mean_iou: by(Measure::MeanIou),
            region_f1: by(Measure::RegionF1),
        }
    }

    fn score(&self, measure: Measure) -> Option<Score> {
        let counts = self.patients.values().map(|sums| count(measure, sums));
        let counts: Vec<Count> = counts.filter(|count| count.per > 0.0).collect();
        let estimate = estimate_ratio(&counts);
        Some(Score {
            value: ratio(counts.iter().copied())?,
            of: counts.iter().map(|count| count.per as i64).sum(),
            patients: counts.len(),
            interval: estimate.map(|e| [e.low, e.high]),
        })
    }
}

fn scored(parts: Vec<Part>) -> (Vec<Scores>, Vec<Slice>) {
    let mut langs: BTreeMap<Lang, Sliced> = BTreeMap::new();
    let mut slices: BTreeMap<(SliceBy, String, Lang), Sliced> = BTreeMap::new();
    for part in &parts {
        langs.entry(part.lang.clone()).or_default().add(part);
        for (by, value) in [
            (SliceBy::Modality, &part.modality),
            (SliceBy::Concept, &part.concept),
        ] {
            let slice = (by, value.clone(), part.lang.clone());
            slices.entry(slice).or_default().add(part);
        }
    }
    let langs = langs.into_iter().map(|(lang, sliced)| sliced.scores(lang));
    let slices = slices.into_iter().map(|((by, value, lang), sliced)| Slice {
        by,
        value,
        scores: sliced.scores(lang),
    });
    (langs.collect(), slices.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(patient: u32, concept: &str, sums: Sums) -> Part {
        Part {
            lang: Lang::en(),
            modality: "ct".to_owned(),
            concept: concept.to_owned(),
            patient: format!("p{patient}"),
            answers: 2,
            sums,
        }
    }

    #[test]
    fn scores_are_counted_as_by_hand_and_slices_of_few_patients_have_no_interval() {
        let right = Sums {
            asked: 2,
            right: 2,
            truths: 2,
            predicted: 1,
            hits: 1,
            overlap: 0.5,
        };
        let wrong = Sums {
            asked: 2,
            right: 0,
            truths: 1,
            predicted: 0,
            hits: 0,
            overlap: 0.0,
        };
        let mut parts: Vec<Part> = (0..30)
            .map(|patient| part(patient, "cyst", right))
            .collect();
        parts.extend((0..10).map(|patient| part(patient, "kidney", wrong)));
        let (scores, slices) = scored(parts);
        let [english] = &scores[..] else {
            panic!("one language")
        };
        // 60 of 80 names; 15 of 70 true boxes' IoU; 60 of 100 boxes of both sides.
        assert_eq!(english.answers, 80);
        let value = |score: Option<Score>| score.map(|s| (s.value, s.of, s.patients)).unwrap();
        assert_eq!(value(english.accuracy), (0.75, 80, 30));
        assert_eq!(value(english.mean_iou), (15.0 / 70.0, 70, 30));
        assert_eq!(value(english.region_f1), (0.6, 100, 30));
        let [low, high] = english.accuracy.unwrap().interval.unwrap();
        assert!(low < 0.75 && 0.75 < high);
        let of = |value: &str| &slices.iter().find(|s| s.value == value).unwrap().scores;
        assert_eq!(of("cyst").accuracy.unwrap().interval, Some([1.0, 1.0]));
        assert_eq!(of("kidney").accuracy.unwrap().interval, None);
        assert_eq!(of("ct"), english);
    }

    #[test]
    fn what_was_not_asked_has_no_score() {
        let found = scored(vec![part(
            1,
            "cyst",
            Sums {
                predicted: 0,
                ..Sums::default()
            },
        )]);
        let scores = &found.0[0];
        assert_eq!(
            (scores.accuracy, scores.mean_iou, scores.region_f1),
            (None, None, None)
        );
        assert_eq!(scored(Vec::new()), (vec![], vec![]));
    }
}
