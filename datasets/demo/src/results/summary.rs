//! `summary.json`: the demo's result for programs to read, and the thresholds it is held to.

use super::baselines::Baselines;
use super::confidence::ConfidenceSummary;
use super::scores::Scores;
use super::waits::AskingSummary;
use medreg_datasets::ids::Digest;
use medreg_datasets::lang::Lang;
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole result. Scores are those of the last round's model on held-out patients.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Rounds of active learning.
    pub rounds: usize,
    /// Boxes that readers drew or took, held-out images left out.
    pub boxes: u64,
    /// Region-to-Text accuracy per language.
    pub accuracy: BTreeMap<Lang, f64>,
    /// Text-to-Region mean IoU, mean of both languages.
    pub mean_iou: f64,
    /// Text-to-Region F1 at IoU ≥ 0.5, mean of both languages.
    pub region_f1: f64,
    /// What one reaches without looking.
    pub baseline: BaselineSummary,
    /// The base model before any training.
    pub zero_shot: ScoreSummary,
    /// Round by round.
    pub per_round: Vec<RoundSummary>,
    /// What the last model's confidences are worth, by task and language; empty where it was not calibrated.
    pub calibration: Vec<ConfidenceSummary>,
    /// How long people wait for its answers.
    pub asking: AskingSummary,
    /// The last snapshot's id.
    pub snapshot: Digest,
    /// Wall-clock seconds, from signing in to the last picture.
    pub seconds: f64,
    /// Where they went, by kind of work.
    pub seconds_by_work: BTreeMap<String, f64>,
    /// Images are generated, not taken of anybody.
    pub synthetic: bool,
}

/// The baselines' scores.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BaselineSummary {
    /// Always the most frequent concept.
    pub accuracy: f64,
    /// Always the concept's mean box.
    pub mean_iou: f64,
    /// The same.
    pub region_f1: f64,
}

impl From<&Baselines> for BaselineSummary {
    fn from(baselines: &Baselines) -> Self {
        Self {
            accuracy: baselines.accuracy,
            mean_iou: baselines.mean_iou,
            region_f1: baselines.region_f1,
        }
    }
}

/// One model's scores.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreSummary {
    /// Region-to-Text accuracy per language.
    pub accuracy: BTreeMap<Lang, f64>,
    /// Text-to-Region mean IoU.
    pub mean_iou: f64,
    /// Text-to-Region F1 at IoU ≥ 0.5.
    pub region_f1: f64,
}

impl From<&Scores> for ScoreSummary {
    fn from(scores: &Scores) -> Self {
        Self {
            accuracy: scores.accuracy.clone(),
            mean_iou: scores.iou(),
            region_f1: scores.f1(),
        }
    }
}

/// One round.
#[derive(Clone, Debug, Serialize)]
pub struct RoundSummary {
    /// Boxes spent so far, this round included.
    pub boxes: u64,
    /// Images read so far, held-out ones left out.
    pub images: u64,
    /// The share of this round's suggestions whose box and concept a reader took unchanged; none where none were shown.
    pub acceptance: Option<f64>,
    /// The scores of the model trained at its end.
    #[serde(flatten)]
    pub scores: ScoreSummary,
}

/// What a model must reach for the demo to have worked.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// Region-to-Text accuracy, in each language.
    pub accuracy: f64,
    /// Mean IoU above the mean-box baseline.
    pub mean_iou_above_baseline: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            accuracy: 0.70,
            mean_iou_above_baseline: 0.15,
        }
    }
}

impl Thresholds {
    /// Everything that was not reached, in words; empty where all was.
    #[must_use]
    pub fn missed(&self, summary: &Summary) -> Vec<String> {
        let mut missed: Vec<String> = summary
            .accuracy
            .iter()
            .filter(|(_, accuracy)| is_missed(**accuracy, self.accuracy))
            .map(|(lang, accuracy)| {
                format!(
                    "Region-to-Text accuracy in `{lang}` is {accuracy:.3}, {:.2} is wanted",
                    self.accuracy
                )
            })
            .collect();
        if !summary
            .accuracy
            .values()
            .all(|accuracy| *accuracy > summary.baseline.accuracy)
        {
            missed.push(format!(
                "Region-to-Text accuracy does not beat the most frequent concept's {:.3}",
                summary.baseline.accuracy
            ));
        }
        let wanted = summary.baseline.mean_iou + self.mean_iou_above_baseline;
        if is_missed(summary.mean_iou, wanted) {
            missed.push(format!(
                "Text-to-Region mean IoU is {:.3}, {wanted:.3} is wanted ({:.2} above the mean box)",
                summary.mean_iou, self.mean_iou_above_baseline
            ));
        }
        missed
    }
}

/// NaN misses everything.
fn is_missed(score: f64, wanted: f64) -> bool {
    let reached = score >= wanted;
    !reached
}

#[cfg(test)]
mod tests {
    use super::super::waits::{AnswerWaits, Waits};
    use super::*;

    fn asking() -> AskingSummary {
        let waits = Waits {
            n: 20,
            median: 0.2,
            p95: 0.4,
        };
        let answers = AnswerWaits {
            people: 8,
            first_words: waits,
            answer: waits,
        };
        AskingSummary {
            first_of_all: 2.0,
            alone: answers,
            together: answers,
            in_order: true,
            saving: waits,
            saving_meanwhile: waits,
            saving_ratio: 1.0,
        }
    }

    fn summary(accuracy: [f64; 2], mean_iou: f64) -> Summary {
        let accuracy = BTreeMap::from([(Lang::en(), accuracy[0]), (Lang::zh(), accuracy[1])]);
        let scores = ScoreSummary {
            accuracy: accuracy.clone(),
            mean_iou,
            region_f1: 0.5,
        };
        Summary {
            rounds: 1,
            boxes: 40,
            accuracy,
            mean_iou,
            region_f1: 0.5,
            baseline: BaselineSummary {
                accuracy: 0.2,
                mean_iou: 0.3,
                region_f1: 0.1,
            },
            zero_shot: scores.clone(),
            per_round: vec![RoundSummary {
                boxes: 40,
                images: 10,
                acceptance: None,
                scores,
            }],
            calibration: Vec::new(),
            asking: asking(),
            snapshot: Digest::of(b"snapshot"),
            seconds: 12.5,
            seconds_by_work: BTreeMap::new(),
            synthetic: true,
        }
    }

    #[test]
    fn the_summary_has_the_keys_that_others_read() {
        let json = serde_json::to_value(summary([0.8, 0.9], 0.6)).unwrap();
        for pointer in [
            "/rounds",
            "/boxes",
            "/accuracy/en",
            "/accuracy/zh",
            "/mean_iou",
            "/region_f1",
            "/baseline/accuracy",
            "/baseline/mean_iou",
            "/zero_shot/accuracy/en",
            "/per_round/0/boxes",
            "/per_round/0/mean_iou",
            "/asking/alone/first_words/median",
            "/asking/together/answer/p95",
            "/asking/saving_ratio",
            "/seconds",
        ] {
            assert!(
                json.pointer(pointer)
                    .is_some_and(serde_json::Value::is_number),
                "{pointer}"
            );
        }
        assert_eq!(json["snapshot"].as_str().unwrap().len(), 64);
        assert!(json["per_round"][0]["acceptance"].is_null());
    }

    #[test]
    fn each_missed_threshold_is_named() {
        let thresholds = Thresholds::default();
        assert_eq!(
            thresholds.missed(&summary([0.70, 0.71], 0.45)),
            Vec::<String>::new()
        );
        let missed = thresholds.missed(&summary([0.69, 0.9], 0.44));
        assert_eq!(missed.len(), 2);
        assert!(missed[0].contains("`en`") && missed[1].contains("mean IoU"));
        assert_eq!(
            thresholds
                .missed(&summary([f64::NAN, f64::NAN], f64::NAN))
                .len(),
            4
        );
    }
}
