//! Text-to-Region, all four kinds alike.

use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::{found, one_if};
use crate::eval::HIT_IOU;
use medreg_datasets::geometry::{GridBox, PixelBox};
use medreg_datasets::grammar::{self, Complaint, Statement};
use medreg_datasets::matching::assign;
use medreg_datasets::side;
use std::collections::BTreeSet;

/// Objects, regions, and regions with the right object.
pub struct Regions;

/// A box with the name it was given.
struct Named {
    name: String,
    bbox: PixelBox,
}

/// What a text says of regions.
struct Said {
    boxes: Vec<Named>,
    names: BTreeSet<String>,
    /// Brackets that make no box: predictions that hit nothing.
    broken: usize,
}

impl Said {
    fn read(text: &str) -> Self {
        let reading = grammar::read(text);
        let mut boxes = Vec::new();
        for statement in &reading.statements {
            if let Statement::Regions { name, boxes: of } = statement {
                let named = |bbox: &GridBox| {
                    Some(Named {
                        name: grammar::plain_name(name),
                        bbox: shape(bbox)?,
                    })
                };
                boxes.extend(of.iter().filter_map(named));
            }
        }
        let broken = |c: &&Complaint| {
            matches!(
                c,
                Complaint::NotABox { .. }
                    | Complaint::NotFourNumbers { .. }
                    | Complaint::NotIntegers { .. }
            )
        };
        Self {
            names: boxes.iter().map(|b: &Named| b.name.clone()).collect(),
            boxes,
            broken: reading.complaints.iter().filter(broken).count(),
        }
    }
}

/// The box on the grid, where overlaps are what they are in pixels.
pub(in crate::eval::score) fn shape(bbox: &GridBox) -> Option<PixelBox> {
    let [x0, y0, x1, y1] = bbox.corners().map(f64::from);
    PixelBox::new(x0, y0, x1, y1).ok()
}

/// The pairs of the best assignment, of a score per pair.
fn pairs(said: &Said, truth: &Said, score: impl Fn(&Named, &Named) -> f64) -> Vec<(usize, usize)> {
    let cost = |t: usize, s: usize| -score(&said.boxes[s], &truth.boxes[t]);
    assign(truth.boxes.len(), said.boxes.len(), cost).unwrap_or_default()
}

const SUMS: usize = 14;

impl Measure for Regions {
    fn width(&self) -> usize {
        SUMS
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (said, truth) = (Said::read(&entry.answer), Said::read(&entry.truth));
        let overlap = |s: &Named, t: &Named| s.bbox.iou(&t.bbox);
        let aligned = |s: &Named, t: &Named| if s.name == t.name { overlap(s, t) } else { 0.0 };
        let placed = pairs(&said, &truth, overlap);
        let ious: Vec<f64> = placed
            .iter()
            .map(|(t, s)| overlap(&said.boxes[*s], &truth.boxes[*t]))
            .collect();
        let of_name = pairs(&said, &truth, aligned).into_iter();
        let aligned = of_name
            .filter(|(t, s)| aligned(&said.boxes[*s], &truth.boxes[*t]) >= HIT_IOU)
            .count();
        let hits = placed.iter().zip(&ious).filter(|(_, iou)| **iou >= HIT_IOU);
        let sided = hits
            .clone()
            .filter(|((t, _), _)| side::of(&truth.boxes[*t].name).is_some());
        let turned = sided
            .clone()
            .filter(|((t, s), _)| side::differ(&said.boxes[*s].name, &truth.boxes[*t].name));
        let (truths, predicted) = (truth.boxes.len(), said.boxes.len() + said.broken);
        let absent = truths == 0;
        Ok(vec![
            1.0,
            truths as f64,
            predicted as f64,
            hits.clone().count() as f64,
            aligned as f64,
            ious.iter().sum(),
            truth.names.len() as f64,
            said.names.len() as f64,
            said.names.intersection(&truth.names).count() as f64,
            one_if(aligned == truths && aligned == predicted),
            one_if(absent),
            one_if(absent && predicted == 0),
            sided.count() as f64,
            turned.count() as f64,
        ])
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let [
            n,
            truths,
            predicted,
            hits,
            aligned,
            iou,
            names,
            named,
            right,
            exact,
            absent,
            clean,
            sided,
            turned,
        ] = <[f64; SUMS]>::try_from(sums).unwrap_or_default();
        let mut scores = Vec::new();
        scores.extend(found(
            ["object_precision", "object_recall", "object_f1"],
            right,
            named,
            names,
        ));
        scores.extend(found(
            ["region_precision", "region_recall", "region_f1"],
            hits,
            predicted,
            truths,
        ));
        scores.extend(found(
            ["aligned_precision", "aligned_recall", "aligned_f1"],
            aligned,
            predicted,
            truths,
        ));
        scores.push(Score::ratio("iou", iou, truths));
        scores.push(Score::ratio("accuracy", exact, n));
        scores.push(Score::ratio("absent_without_boxes", clean, absent));
        scores.push(Score::ratio("laterality_error", turned, sided));
        scores
    }
}
