//! What is wrong with answers, and which of them are the worst.

use super::answers::Names;
use crate::eval::HIT_IOU;
use crate::eval::score::cross::mutual_iou;
use crate::eval::score::differ_in_side;
use medreg_datasets::evaluation::{FaultKind, OtherAnswer, WorstCase};
use medreg_datasets::grammar;
use medreg_datasets::matching::match_boxes;
use medreg_datasets::protocol::PredictionLine;
use medreg_datasets::snapshot::SnapshotCase;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A fault of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which.
    pub kind: FaultKind,
    /// How grave it is among its kind, from 0 to 1.
    pub severity: f64,
    /// What is wrong.
    pub why: String,
}

impl Found {
    /// The fault of one answer; of several the gravest.
    #[must_use]
    pub fn in_answer(line: &PredictionLine) -> Option<Self> {
        match line.correct {
            Some(true) => None,
            Some(false) => Some(Self::in_name(line)),
            None => Self::in_boxes(line),
        }
    }

    fn in_name(line: &PredictionLine) -> Self {
        let (said, truth) = (
            grammar::plain_name(&line.answer),
            grammar::plain_name(&line.truth),
        );
        let kind = match differ_in_side(&said, &truth) {
            true => FaultKind::WrongSide,
            false => FaultKind::WrongName,
        };
        Self {
            kind,
            severity: confidence(line).unwrap_or(0.0),
            why: format!("called “{said}”, and is “{truth}”"),
        }
    }

    fn in_boxes(line: &PredictionLine) -> Option<Self> {
        let (truth, said) = (line.truth_boxes.len(), line.boxes.len());
        let sure = confidence(line).unwrap_or(0.0);
        let fault = |kind, severity, why| {
            Some(Self {
                kind,
                severity,
                why,
            })
        };
        if truth > 0 && said == 0 {
            let why = format!("{truth} there, none found");
            return fault(FaultKind::Missed, sure, why);
        }
        let pairs = match_boxes(&line.truth_boxes, &line.boxes);
        let overlap = |t: usize| pairs.iter().find(|p| p.truth == t).map_or(0.0, |p| p.iou);
        let least = (0..truth).map(overlap).fold(f64::INFINITY, f64::min);
        if truth > 0 && least < HIT_IOU {
            let mean = (0..truth).map(overlap).sum::<f64>() / truth as f64;
            let why =
                format!("{truth} there, {said} found; the least IoU of a true box is {least:.2}");
            return fault(FaultKind::LowOverlap, 1.0 - mean, why);
        }
        if said <= truth {
            return None;
        }
        let more = said - truth;
        let why = format!("{truth} there, {said} found");
        fault(
            FaultKind::FalsePositive,
            sure * more as f64 / said as f64,
            why,
        )
    }

    /// Whether two answers to one question in two languages are about the same.
    #[must_use]
    pub fn in_pair(
        (first, second): (&PredictionLine, &PredictionLine),
        names: &Names,
    ) -> Option<Self> {
        let kind = FaultKind::LanguagesDisagree;
        if first.correct.is_some() {
            let said = [first, second].map(|line| names.concept(&line.lang, &line.answer));
            let same = said[0].is_some() && said[0] == said[1];
            let sure = [first, second].map(|line| confidence(line).unwrap_or(0.0));
            let why = format!(
                "“{}” in {}, “{}” in {}",
                grammar::plain_name(&first.answer),
                first.lang,
                grammar::plain_name(&second.answer),
                second.lang
            );
            return (!same).then_some(Self {
                kind,
                severity: (sure[0] + sure[1]) / 2.0,
                why,
            });
        }
        let iou = mutual_iou(&first.boxes, &second.boxes)?;
        let why = format!(
            "{} boxes in {}, {} in {}; their IoU is {iou:.2}",
            first.boxes.len(),
            first.lang,
            second.boxes.len(),
            second.lang
        );
        (iou < HIT_IOU).then_some(Self {
            kind,
            severity: 1.0 - iou,
            why,
        })
    }
}

/// The geometric mean of the probabilities of an answer's tokens.
fn confidence(line: &PredictionLine) -> Option<f64> {
    let probability = line.signals?.mean.exp();
    probability.is_finite().then(|| probability.clamp(0.0, 1.0))
}

/// The worst answers of each kind of fault.
#[derive(Debug)]
pub struct Worst {
    keep: usize,
    counts: BTreeMap<FaultKind, u64>,
    /// The gravest first; no more than `keep` of a kind.
    kept: BTreeMap<FaultKind, Vec<WorstCase>>,
}

impl Worst {
    /// An empty list that keeps no more than so many.
    #[must_use]
    pub fn keeping(keep: usize) -> Self {
        Self {
            keep,
            counts: BTreeMap::new(),
            kept: BTreeMap::new(),
        }
    }

    /// Counts an answer, if it has a fault.
    pub fn judge(&mut self, case: &SnapshotCase, line: &PredictionLine) {
        if let Some(found) = Found::in_answer(line) {
            self.take(found, case, line, None);
        }
    }

    /// Counts two answers to one question, if they disagree.
    pub fn judge_pair(
        &mut self,
        case: &SnapshotCase,
        (first, second): (&PredictionLine, &PredictionLine),
        names: &Names,
    ) {
        if let Some(found) = Found::in_pair((first, second), names) {
            self.take(found, case, first, Some(second));
        }
    }

    fn take(
        &mut self,
        found: Found,
        case: &SnapshotCase,
        line: &PredictionLine,
        other: Option<&PredictionLine>,
    ) {
        *self.counts.entry(found.kind).or_default() += 1;
        let kept = self.kept.entry(found.kind).or_default();
        let severity = found.severity;
        // Of equals the earlier stays before the later.
        let place = kept.partition_point(|k| k.severity >= severity);
        if place >= self.keep {
            return;
        }
        kept.insert(place, worst(found, case, line, other));
        kept.truncate(self.keep);
    }

    /// How many answers have each fault, and the worst, the kinds taking turns in the order of their gravity.
    #[must_use]
    pub fn finish(self) -> (BTreeMap<FaultKind, u64>, Vec<WorstCase>) {
        let mut turns: Vec<(usize, FaultKind, WorstCase)> = Vec::new();
        for (kind, kept) in self.kept {
            let in_turn = kept.into_iter().enumerate();
            turns.extend(in_turn.map(|(turn, case)| (turn, kind, case)));
        }
        turns.sort_by_key(|(turn, kind, _)| (*turn, *kind));
        turns.truncate(self.keep);
        turns.sort_by_key(|(_, kind, case)| (*kind, Reverse((case.severity * 1e9) as u64)));
        (
            self.counts,
            turns.into_iter().map(|(_, _, case)| case).collect(),
        )
    }
}

fn worst(
    found: Found,
    case: &SnapshotCase,
    line: &PredictionLine,
    other: Option<&PredictionLine>,
) -> WorstCase {
    WorstCase {
        kind: found.kind,
        severity: found.severity,
        why: found.why,
        image: line.image,
        patient: line.patient.clone(),
        modality: case.modality,
        task: line.task.clone(),
        lang: line.lang.clone(),
        concept: line.concept.clone(),
        question: line.question.clone(),
        answer: line.answer.clone(),
        truth: line.truth.clone(),
        boxes: line.boxes.clone(),
        truth_boxes: line.truth_boxes.clone(),
        confidence: confidence(line),
        other: other.map(|line| OtherAnswer {
            lang: line.lang.clone(),
            answer: line.answer.clone(),
            boxes: line.boxes.clone(),
        }),
        picture: None,
    }
}
