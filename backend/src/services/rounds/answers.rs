//! A run's answers on the test split, patient by patient, from which its scores can be counted again on any draw of patients.

use crate::services::{Hospital, Outcome, ServiceError};
use crate::store::runs;
use medreg_datasets::ids::RunId;
use medreg_datasets::lang::Lang;
use medreg_datasets::matching::{HIT_IOU, match_boxes};
use medreg_datasets::protocol::PredictionLine;
use medreg_datasets::snapshot::Split;
use std::collections::BTreeMap;

use super::Measure;
use crate::services::resampling::Count;

/// The run's artifact with one answer a line.
const FILE: &str = "predictions.jsonl";
/// More than this is not read: a number without its interval is better than a server without memory.
const MOST_BYTES: u64 = 256 << 20;

/// What one patient adds to one score in one language.
type Counts = BTreeMap<(Measure, Lang), Count>;
/// By pseudonym.
pub(super) type Answers = BTreeMap<String, Counts>;

/// A run's answers; `None` where it did not keep them.
pub(super) async fn of_run(hospital: &Hospital, run: RunId) -> Outcome<Option<Answers>> {
    let mut conn = hospital.pool.acquire().await?;
    let artifacts = runs::artifacts(&mut conn, run).await?;
    drop(conn);
    let Some(file) = artifacts.get(FILE).filter(|f| f.bytes <= MOST_BYTES) else {
        return Ok(None);
    };
    let bytes = hospital.objects.get(&file.sha256).await?;
    tokio::task::spawn_blocking(move || counted(&bytes))
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))
}

/// `None` where a line is none: what cannot be read proves nothing.
fn counted(lines: &[u8]) -> Option<Answers> {
    let mut answers = Answers::new();
    let lines = lines.split(|byte| *byte == b'\n');
    for line in lines.filter(|line| !line.is_empty()) {
        let line: PredictionLine = serde_json::from_slice(line).ok()?;
        if line.split == Split::Test {
            add(answers.entry(line.patient.clone()).or_default(), &line);
        }
    }
    Some(answers)
}

/// The formulas of `trainer/src/eval`, one answer at a time.
fn add(counts: &mut Counts, line: &PredictionLine) {
    let mut add = |measure, of: f64, per: usize| {
        let count = counts.entry((measure, line.lang.clone())).or_default();
        count.of += of;
        count.per += per as f64;
    };
    if let Some(correct) = line.correct {
        add(Measure::Accuracy, f64::from(u8::from(correct)), 1);
        return;
    }
    let pairs = match_boxes(&line.truth_boxes, &line.boxes);
    let found = pairs.iter().filter(|pair| pair.iou >= HIT_IOU).count();
    let iou: f64 = pairs.iter().map(|pair| pair.iou).sum();
    add(Measure::MeanIou, iou, line.truth_boxes.len());
    let both = line.truth_boxes.len() + line.boxes.len();
    add(Measure::RegionF1, 2.0 * found as f64, both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn line(task: &str, patient: &str, correct: Value, boxes: Value) -> Value {
        json!({
            "image": uuid::Uuid::nil(), "patient": patient, "split": "test", "task": task, "lang": "en", "concept": "cyst", "question": "?",
            "answer": "", "truth": "", "truth_boxes": [[0.0, 0.0, 10.0, 10.0]], "boxes": boxes, "correct": correct,
        })
    }

    #[test]
    fn scores_are_counted_patient_by_patient_as_by_hand() {
        let lines = [
            line("r2t", "a", json!(true), json!([])),
            line("r2t", "b", json!(false), json!([])),
            // Half of the box, and one that is nowhere.
            line(
                "t2r",
                "a",
                Value::Null,
                json!([[0.0, 0.0, 10.0, 5.0], [50.0, 50.0, 60.0, 60.0]]),
            ),
        ];
        let text = lines.map(|line| line.to_string()).join("\n");
        let answers = counted(text.as_bytes()).unwrap();
        let of = |patient: &str, measure| answers[patient].get(&(measure, Lang::en())).copied();
        assert_eq!(
            of("a", Measure::Accuracy),
            Some(Count { of: 1.0, per: 1.0 })
        );
        assert_eq!(
            of("b", Measure::Accuracy),
            Some(Count { of: 0.0, per: 1.0 })
        );
        assert_eq!(of("a", Measure::MeanIou), Some(Count { of: 0.5, per: 1.0 }));
        assert_eq!(
            of("a", Measure::RegionF1),
            Some(Count { of: 2.0, per: 3.0 })
        );
        assert_eq!(of("b", Measure::MeanIou), None);
        assert_eq!(counted(b"no line"), None);
    }
}
