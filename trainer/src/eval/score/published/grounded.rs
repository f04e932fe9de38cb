//! Grounded reports: boxes and text of one answer. There is no published script for them; the paper scores those of chest radiographs as
//! many objects in one region each, those of lesions as one object in one region, and the text as a report.

use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use regex::Regex;
use std::sync::LazyLock;

/// Boxes by the one measure and the text without them by the other.
pub struct Grounded<B, T> {
    /// Of the boxes.
    pub boxes: B,
    /// Of the text.
    pub text: T,
}

impl<B: Measure, T: Measure> Measure for Grounded<B, T> {
    fn width(&self) -> usize {
        self.boxes.width() + self.text.width()
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let mut sums = self.boxes.count(entry)?;
        let text = Entry {
            answer: without_boxes(&entry.answer),
            truth: without_boxes(&entry.truth),
            ..entry.clone()
        };
        sums.extend(self.text.count(&text)?);
        Ok(sums)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let (boxes, text) = sums.split_at(self.boxes.width());
        let mut scores = self.boxes.scores(boxes);
        scores.extend(self.text.scores(text));
        scores
    }
}

#[allow(clippy::unwrap_used)] // A pattern written here.
static MARKS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"</?ref>|</?box>").unwrap());
#[allow(clippy::unwrap_used)] // A pattern written here.
static BOXES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[\[.*?\]\]").unwrap());
#[allow(clippy::unwrap_used)] // A pattern written here.
static HYPHENS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"-[\s\x1c-\x1f]*").unwrap());

/// The text without tags, boxes and hyphens (`process_text_wo_box` of `regt2r/evaluator_reg.py`).
#[must_use]
pub fn without_boxes(text: &str) -> String {
    let text = MARKS.replace_all(text, "");
    let text = BOXES.replace_all(&text, "");
    HYPHENS.replace_all(&text, "").into_owned()
}
