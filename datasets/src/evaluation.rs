//! What is known of a model on patients that it did not learn from: the layout of `evaluation.json`, which `medreg-trainer evaluate` and
//! every training run write. docs/evaluation.md defines each number.

use crate::geometry::PixelBox;
use crate::ids::{Digest, ImageId};
use crate::lang::Lang;
use crate::modality::Modality;
use crate::ontology::ConceptKey;
use crate::snapshot::Split;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is wrong with an answer; the variants are in the order of how grave they are.
pub use crate::judging::Fault as FaultKind;

/// The name of the file, among a run's artifacts and in a report's folder.
pub const EVALUATION_FILE: &str = "evaluation.json";
/// The version of its layout.
pub const VERSION: u32 = 1;

/// One model on one split of one snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// [`VERSION`].
    pub version: u32,
    /// The model, as whoever evaluated it called it.
    pub model: String,
    /// The snapshot.
    pub snapshot: Digest,
    /// Its project's name.
    pub project: String,
    /// True where the images are generated.
    pub synthetic: bool,
    /// Whose patients were asked about.
    pub split: Split,
    /// How they were asked.
    pub mode: AskedMode,
    /// Images asked about.
    pub images: u64,
    /// Patients that they are of.
    pub patients: u64,
    /// Questions answered.
    pub answers: u64,
    /// How often patients were drawn for an interval.
    pub draws: u32,
    /// The seed of these draws and of every sample.
    pub seed: u64,
    /// The scores of each task and language.
    pub scores: Vec<TaskScores>,
    /// The same of parts of the data.
    pub slices: Vec<Slice>,
    /// Which concept was taken for which, by language.
    pub confusion: Vec<Confusion>,
    /// How often answers of a confidence are right, by task and language.
    pub reliability: Vec<ReliabilityCurve>,
    /// How many answers have each fault.
    pub faults: BTreeMap<FaultKind, u64>,
    /// The worst of them, kinds taking turns.
    pub worst: Vec<WorstCase>,
    /// How far the answers in both languages agree; absent where only one was asked in.
    pub cross_lingual: Option<CrossLingual>,
    /// Whether answers rest on the regions that they are about; absent where that was not tried.
    pub faithfulness: Option<Faithfulness>,
    /// What finding regions first does to answers, in each language; empty where that was not tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regional: Vec<RegionalComparison>,
}

/// How questions were put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedMode {
    /// As they are.
    #[default]
    Direct,
    /// With the regions that the model found first (Regional CoT, MedRegA section 3.3).
    Regional,
}

/// A number with how far it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number; absent where there is nothing to count.
    pub value: Option<f64>,
    /// Its 95 % interval over draws of patients; absent where too few draws have the number.
    pub ci95: Option<[f64; 2]>,
    /// What it is a mean over.
    pub n: u64,
}

/// Scores by name, those of `strict` in docs/scores.md.
pub type Scores = BTreeMap<String, Estimate>;

/// One task in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskScores {
    /// `r2t` or `t2r`.
    pub task: String,
    /// The language of question and answer.
    pub lang: Lang,
    /// Answers that were counted.
    pub answers: u64,
    /// Patients that they are about.
    pub patients: u64,
    /// The scores.
    pub scores: Scores,
}

/// A part of the data, by what it has in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// What.
    pub by: SliceBy,
    /// Which: a modality's name or a concept's key.
    pub value: String,
    /// Its scores.
    pub of: TaskScores,
}

/// What the answers of a slice have in common, beside task and language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceBy {
    /// The kind of picture.
    Modality,
    /// The concept that is true.
    Concept,
}

/// Which concept was taken for which in one language; pairs that did not occur are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// The language.
    pub lang: Lang,
    /// The pairs, by true concept.
    pub cells: Vec<ConfusionCell>,
}

/// How often a concept was called by the name of another, or its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfusionCell {
    /// The concept that is true.
    pub truth: ConceptKey,
    /// The concept whose name was given; absent where it was the name of none.
    pub said: Option<ConceptKey>,
    /// How often.
    pub count: u64,
}

/// How often answers of a confidence are right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityCurve {
    /// `r2t`: is the name right? `t2r`: does the box overlap a true one by at least an IoU of 0.5?
    pub task: String,
    /// The language.
    pub lang: Lang,
    /// Whether the confidences went through the model's calibration.
    pub calibrated: bool,
    /// Answers, or boxes.
    pub samples: u64,
    /// Patients that they are of.
    pub patients: u64,
    /// The expected calibration error, over bins of equal mass.
    pub ece: Estimate,
    /// What it would be on average if every confidence were true.
    pub ece_by_chance: f64,
    /// The probability that a right answer has a higher confidence than a wrong one.
    pub auroc: Option<f64>,
    /// The bins, the least confident first.
    pub bins: Vec<ReliabilityBin>,
}

/// Answers of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// How many.
    pub samples: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that is right.
    pub right: f64,
}

/// An answer that has a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstCase {
    /// The fault.
    pub kind: FaultKind,
    /// How grave it is among its kind, from 0 to 1.
    pub severity: f64,
    /// What is wrong, in an English sentence.
    pub why: String,
    /// The image.
    pub image: ImageId,
    /// The patient's pseudonym.
    pub patient: String,
    /// The kind of picture.
    pub modality: Modality,
    /// `r2t` or `t2r`.
    pub task: String,
    /// The language of question and answer.
    pub lang: Lang,
    /// The concept that is true.
    pub concept: ConceptKey,
    /// The question as the model read it.
    pub question: String,
    /// The model's answer, tags kept: a model may write anything, so whoever shows it escapes it.
    pub answer: String,
    /// The right answer.
    pub truth: String,
    /// The boxes of the answer.
    pub boxes: Vec<PixelBox>,
    /// The true boxes, or the one that was asked about.
    pub truth_boxes: Vec<PixelBox>,
    /// The probability of the answer's tokens; absent where it is not known.
    pub confidence: Option<f64>,
    /// The answer to the same question in the other language, where they disagree.
    pub other: Option<OtherAnswer>,
    /// The picture with the boxes drawn over it, a file beside this one; absent where none was drawn.
    pub picture: Option<String>,
}

/// The answer in the other language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtherAnswer {
    /// That language.
    pub lang: Lang,
    /// The answer, tags kept.
    pub answer: String,
    /// Its boxes.
    pub boxes: Vec<PixelBox>,
}

/// How far the answers to one question in two languages agree, whether they are right or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossLingual {
    /// The languages.
    pub langs: [Lang; 2],
    /// Questions that were answered in both.
    pub pairs: u64,
    /// `name_agreement`, `box_iou` and the others of `score --task cross` in docs/scores.md.
    pub scores: Scores,
}

/// Whether names rest on the regions that they are given for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Faithfulness {
    /// Regions that were tried.
    pub cases: u64,
    /// Regions that there are; those tried are drawn from them by the report's seed.
    pub of: u64,
    /// Regions passed over because beside them is no room for another region of their size.
    pub without_room: u64,
    /// The blur's standard deviation, as a share of the region's longer side.
    pub blur_sigma: f64,
    /// What each change of the picture or of the question does.
    pub interventions: Vec<Intervention>,
    /// What the changes of the region do beyond their controls.
    pub differences: Vec<PairedDifference>,
    /// `name` (name → box → the same name) and `box` (box → name → IoU with that box).
    pub round_trip: Scores,
}

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The region asked about is blurred.
    RegionBlurred,
    /// Another region of its size is blurred: the control.
    OtherBlurred,
    /// The question names another box of that size instead.
    BoxMoved,
    /// The picture is one grey.
    BlankImage,
}

/// What a change does to the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intervention {
    /// The change.
    pub change: Change,
    /// `changed`: the share of cases in which another name is given; `logprob_drop`: by how many nats the first answer becomes less likely.
    pub scores: Scores,
}

/// Two ways of asking on the same questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// The score that is compared.
    pub score: String,
    /// The first way.
    pub first: String,
    /// The second way.
    pub second: String,
    /// The first one's score less the second one's; absent where one has none.
    pub difference: Option<f64>,
    /// Its 95 % interval, of patients drawn for both alike.
    pub ci95: Option<[f64; 2]>,
    /// How often a difference at least as large arises when each patient's answers are given to one or the other by lot.
    pub p: Option<f64>,
    /// What it is a mean over.
    pub n: u64,
}

/// Questions about whole pictures, asked in four ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionalComparison {
    /// The questions' language.
    pub lang: Lang,
    /// Images asked about.
    pub images: u64,
    /// Images that there are; those asked about are drawn from them by the report's seed.
    pub of: u64,
    /// Questions, each asked in every way.
    pub questions: u64,
    /// The ways.
    pub arms: Vec<Arm>,
    /// Regional against direct, and against the other controls.
    pub differences: Vec<PairedDifference>,
}

/// What stands in the question beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArmKind {
    /// Nothing.
    Direct,
    /// The regions that the model found.
    Regional,
    /// The readers' regions: what could be gained at most.
    Oracle,
    /// The readers' regions of another image, of the same kind where there is one: nothing can be gained by them.
    Shuffled,
}

/// One way of asking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Which.
    pub kind: ArmKind,
    /// `presence_accuracy`, `presence_answered`, `where_f1`, `where_iou`.
    pub scores: Scores,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Others read the words of this file: what they are called does not change by accident.
    #[test]
    fn names_in_the_file_are_in_snake_case_and_kinds_are_keys() {
        let kind = serde_json::to_string(&FaultKind::FalsePositive).unwrap();
        assert_eq!(kind, "\"false_positive\"");
        let counts = BTreeMap::from([(FaultKind::WrongSide, 2u64)]);
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, "{\"wrong_side\":2}");
        let back: BTreeMap<FaultKind, u64> = serde_json::from_str(&json).unwrap();
        assert_eq!(back, counts);
        assert_eq!(FaultKind::ALL.len(), 6);
    }
}
