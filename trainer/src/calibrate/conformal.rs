//! Split-conformal margins for boxes: widened by so much, a box holds the whole of what it marks as often as promised.
//!
//! The score of a predicted box is the furthest that the true box it overlaps reaches beyond it on any side, in shares of the predicted
//! box's own width or height. The margin is a quantile of the scores of calibration patients.
//!
//! What is exchangeable is patients: the pictures of one patient resemble each other, so that one margin for every box as if each were a
//! draw of its own would promise too much. We take the hierarchical quantile (Lee, Barber and Willett 2024, arXiv 2306.06342), in which each
//! of K patients weighs 1/(K+1) whatever the number of his boxes, and one patient that nobody has seen reaches infinitely far. A box drawn
//! from a new patient, where it overlaps a true one at all, is then held with a probability of at least 1-α. One score per patient would
//! promise the same and throw away what the other boxes say; the greatest score of each would promise all boxes of a patient at once, which
//! is more than a reader of one box needs. With fewer than 1/α - 1 patients the quantile is infinite, and nothing is promised.

use super::Sample;
use medreg_datasets::geometry::{ImageSize, PixelBox};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By how much boxes are widened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Margin {
    /// The share of boxes that may reach beyond.
    pub alpha: f64,
    /// Added on each side, in shares of the box's own width or height; at least 0.
    pub by: f64,
    /// Patients that it rests on.
    pub patients: usize,
    /// Their boxes.
    pub boxes: usize,
}

impl Margin {
    /// The margin for this α; `None` with fewer than 1/α - 1 patients.
    #[must_use]
    pub fn fit(samples: &[Sample], alpha: f64) -> Option<Self> {
        let patients = scores_by_patient(samples);
        let weighed: Vec<(f64, f64)> = patients
            .values()
            .flat_map(|scores| scores.iter().map(|s| (*s, 1.0 / scores.len() as f64)))
            .collect();
        let by = quantile(weighed.clone(), (1.0 - alpha) * (patients.len() + 1) as f64)?;
        Some(Self {
            alpha,
            by: by.max(0.0),
            patients: patients.len(),
            boxes: weighed.len(),
        })
    }

    /// The widened box, as far as it is on the picture: no true box is anywhere else.
    #[must_use]
    pub fn widened(&self, bbox: &PixelBox, size: ImageSize) -> Option<PixelBox> {
        let [x0, y0, x1, y1] = bbox.corners();
        let (dx, dy) = (self.by * (x1 - x0), self.by * (y1 - y0));
        let (width, height) = (f64::from(size.width()), f64::from(size.height()));
        let low = |c: f64| c.max(0.0);
        PixelBox::new(
            low(x0 - dx),
            low(y0 - dy),
            (x1 + dx).min(width),
            (y1 + dy).min(height),
        )
        .ok()
    }

    /// The share of boxes that their widened boxes hold, each patient counting alike; `None` without any.
    #[must_use]
    pub fn held(&self, samples: &[Sample]) -> Option<f64> {
        let patients = scores_by_patient(samples);
        let held = |scores: &Vec<f64>| {
            let within = scores.iter().filter(|score| **score <= self.by).count();
            within as f64 / scores.len() as f64
        };
        let sum: f64 = patients.values().map(held).sum();
        (!patients.is_empty()).then(|| sum / patients.len() as f64)
    }
}

/// How far a true box reaches beyond a predicted one on the worst side, in shares of the predicted one's width or height.
#[must_use]
pub fn reach(predicted: &PixelBox, truth: &PixelBox) -> f64 {
    let ([x0, y0, x1, y1], [tx0, ty0, tx1, ty1]) = (predicted.corners(), truth.corners());
    let (w, h) = (x1 - x0, y1 - y0);
    let beyond = [
        (x0 - tx0) / w,
        (tx1 - x1) / w,
        (y0 - ty0) / h,
        (ty1 - y1) / h,
    ];
    beyond.into_iter().fold(f64::NEG_INFINITY, f64::max)
}

fn scores_by_patient(samples: &[Sample]) -> BTreeMap<&str, Vec<f64>> {
    let mut patients: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for sample in samples {
        if let Some((predicted, truth)) = &sample.pair {
            let scores = patients.entry(&sample.patient).or_default();
            scores.push(reach(predicted, truth));
        }
    }
    patients
}

/// The least score up to which scores weigh at least `wanted` together; `None` where all of them weigh less.
fn quantile(mut weighed: Vec<(f64, f64)>, wanted: f64) -> Option<f64> {
    // Weights such as three thirds need not add up to the last bit.
    const ROUNDING: f64 = 1e-9;
    weighed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut sum = 0.0;
    let reached = weighed.into_iter().find(|(_, weight)| {
        sum += weight;
        sum >= wanted - ROUNDING
    });
    reached.map(|(score, _)| score)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{boxed, sample};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_reach_is_that_of_the_worst_side() {
        let predicted = boxed([10.0, 10.0, 30.0, 50.0]);
        // 2 of 20 beyond on the left, 8 of 40 below.
        assert_eq!(reach(&predicted, &boxed([8.0, 12.0, 29.0, 58.0])), 0.2);
        assert_eq!(reach(&predicted, &boxed([11.0, 12.0, 29.0, 48.0])), -0.05);
    }

    /// One patient per score, whose true box reaches so far beyond a box of 100 pixels.
    fn patients(scores: &[f64]) -> Vec<Sample> {
        let of = |(n, score): (usize, &f64)| {
            let truth = boxed([200.0, 200.0, 300.0 + 100.0 * score, 300.0]);
            sample(
                &format!("P{n}"),
                true,
                Some((boxed([200.0, 200.0, 300.0, 300.0]), truth)),
            )
        };
        scores.iter().enumerate().map(of).collect()
    }

    #[test]
    fn the_margin_is_the_quantile_as_worked_by_hand_and_too_few_promise_nothing() {
        let scores: Vec<f64> = (1..=9).map(|n| f64::from(n) / 100.0).collect();
        // With nine patients the ninth of ten places is the largest score; with eight it is infinite.
        let margin = Margin::fit(&patients(&scores), 0.1).unwrap();
        assert!((margin.by - 0.09).abs() < 1e-9, "{margin:?}");
        assert_eq!(Margin::fit(&patients(&scores[..8]), 0.1), None);
        // Half of ten places: the fifth.
        let half = Margin::fit(&patients(&scores), 0.5).unwrap();
        assert!((half.by - 0.05).abs() < 1e-9, "{half:?}");
    }

    #[test]
    fn a_patient_with_many_boxes_weighs_no_more() {
        let mut samples = patients(&[0.01, 0.02, 0.9]);
        let many = samples.pop().unwrap();
        samples.extend(vec![many; 50]);
        // Three patients, α = 0.5: two of four places are the second patient.
        let margin = Margin::fit(&samples, 0.5).unwrap();
        assert!((margin.by - 0.02).abs() < 1e-9, "{margin:?}");
        assert_eq!((margin.patients, margin.boxes), (3, 52));
        assert!((margin.held(&samples).unwrap() - 2.0 / 3.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_larger_share_needs_a_wider_margin_and_a_widened_box_holds_the_box(
            scores in proptest::collection::vec(-0.5..2.0f64, 20..80), alpha in 0.06..0.5f64,
        ) {
            let samples = patients(&scores);
            let (wide, narrow) = (Margin::fit(&samples, alpha).unwrap(), Margin::fit(&samples, 0.5).unwrap());
            prop_assert!(wide.by >= narrow.by);
            prop_assert!(wide.held(&samples).unwrap() >= 1.0 - alpha - 1e-9);
            let bbox = boxed([500.0, 500.0, 600.0, 700.0]);
            let ([x0, y0, x1, y1], [a, b, c, d]) = (bbox.corners(), wide.widened(&bbox, ImageSize::new(650, 9_000).unwrap()).unwrap().corners());
            prop_assert!(a <= x0 && b <= y0 && c >= x1 && d >= y1 && c <= 650.0);
        }
    }
}
