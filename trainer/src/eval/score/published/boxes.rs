//! Text-to-Region as `regt2r/evaluator_reg.py` counts it, in 32-bit floats as there.

use super::super::entries::Entry;
use super::super::measure::{Measure, Score, Unscorable};
use super::super::python;
use medreg_datasets::matching::assign;
use regex::Regex;
use std::sync::LazyLock;

/// What a grid coordinate is divided by.
const SCALE: f32 = 999.0;
/// The IoU from which a box is right.
const HIT: f64 = 0.5;
/// The one that the evaluator of one object in many regions has instead.
const STRICTER_HIT: f64 = 0.75;

#[allow(clippy::unwrap_used)] // A pattern written here.
static ANSWER: LazyLock<Regex> = LazyLock::new(|| {
    let box_of_digits = r"\[\d+,[\s\x1c-\x1f]*\d+,[\s\x1c-\x1f]*\d+,[\s\x1c-\x1f]*\d+\]";
    Regex::new(&format!(
        r"([^\[\]]*)(\[{box_of_digits}(?:,[\s\x1c-\x1f]*{box_of_digits})*\])"
    ))
    .unwrap()
});
#[allow(clippy::unwrap_used)] // A pattern written here.
static TRUTH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<ref>(.*?)</ref><box>(.*?)</box>").unwrap());

type Box4 = [f32; 4];

/// Boxes with the name before each list of them.
#[derive(Default)]
struct Phrases {
    phrases: Vec<(String, usize)>,
    boxes: Vec<Box4>,
}

impl Phrases {
    fn add(&mut self, name: &str, boxes: Vec<Box4>) {
        self.phrases.push((name.to_lowercase(), boxes.len()));
        self.boxes.extend(boxes);
    }

    /// The name of each list.
    fn of_lists(&self) -> Vec<&str> {
        self.phrases.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The name of each box; a box that stands for what was not understood has none.
    fn of_boxes(&self) -> Vec<&str> {
        let named = self.phrases.iter();
        named
            .flat_map(|(name, boxes)| std::iter::repeat_n(name.as_str(), *boxes))
            .collect()
    }
}

/// The boxes of an answer; from the first list on that Python cannot read there is one box without area instead.
fn of_answer(entry: &Entry) -> Phrases {
    let mut phrases = Phrases::default();
    for found in ANSWER.captures_iter(&entry.answer) {
        match python::lists(&found[2]).and_then(|lists| scaled(lists, entry)) {
            Some(boxes) => phrases.add(&found[1], boxes),
            None => {
                phrases.boxes.push([0.0; 4]);
                break;
            }
        }
    }
    phrases
}

fn of_truth(entry: &Entry) -> Result<Phrases, Unscorable> {
    let mut phrases = Phrases::default();
    for found in TRUTH.captures_iter(&entry.truth) {
        let lists = python::lists(&found[2]).ok_or(Unscorable::TruthBoxes)?;
        let boxes = scaled(lists, entry).ok_or(Unscorable::TruthBoxes)?;
        phrases.add(&found[1], boxes);
    }
    Ok(phrases)
}

/// Grid coordinates in pixels; without the image's size, in shares of its sides, of which an overlap is the same.
fn scaled(lists: Vec<Vec<f64>>, entry: &Entry) -> Option<Vec<Box4>> {
    let [width, height] = entry.size.unwrap_or([1.0, 1.0]).map(|side| side as f32);
    let scaled = |list: Vec<f64>| {
        // Of several boxes in one list the first counts.
        if !list.len().is_multiple_of(4) || list.iter().any(|c| c.is_infinite()) {
            return None;
        }
        let corner = |at: usize| list.get(at).map(|c| *c as f32 / SCALE);
        Some([
            corner(0)? * width,
            corner(1)? * height,
            corner(2)? * width,
            corner(3)? * height,
        ])
    };
    lists.into_iter().map(scaled).collect()
}

fn area([x0, y0, x1, y1]: &Box4) -> f32 {
    (x1 - x0) * (y1 - y0)
}

/// Intersection over union; not a number for boxes without area.
fn iou(a: &Box4, b: &Box4) -> f32 {
    let across = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let down = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let shared = across * down;
    shared / (area(a) + area(b) - shared)
}

/// The assigned pairs (answer, truth, IoU), those that overlap nowhere included.
fn pairs(answer: &Phrases, truth: &Phrases) -> Result<Vec<(usize, usize, f64)>, Unscorable> {
    let overlap = |a: usize, t: usize| f64::from(iou(&answer.boxes[a], &truth.boxes[t]));
    let assigned = assign(answer.boxes.len(), truth.boxes.len(), |a, t| {
        1.0 - overlap(a, t)
    });
    let assigned = assigned.ok_or(Unscorable::NoOverlap)?;
    Ok(assigned
        .into_iter()
        .map(|(a, t)| (a, t, overlap(a, t)))
        .collect())
}

/// The sum of what pairs have in common.
fn overlap(pairs: &[(usize, usize, f64)]) -> f64 {
    pairs.iter().map(|(_, _, iou)| iou).sum()
}

/// A name is right when it is empty, or a part of the other, either way round.
fn agree(answer: &str, truth: &str) -> bool {
    answer.is_empty() || truth.contains(answer) || answer.contains(truth)
}

fn part(of: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { of / whole }
}

fn f1(a: f64, b: f64) -> f64 {
    part(2.0 * a * b, a + b)
}

/// One object in one region (`SingleRegionSingleObjectEvaluator`).
pub struct OneRegion;

impl Measure for OneRegion {
    fn width(&self) -> usize {
        5
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (answer, truth) = (of_answer(entry), of_truth(entry)?);
        let best = if answer.boxes.is_empty() {
            0.0
        } else {
            let first = truth.boxes.first().ok_or(Unscorable::NoTruth)?;
            // The best of all where there are too many, else the first alone.
            match answer.boxes.len() > truth.boxes.len() {
                true => {
                    let all = answer.boxes.iter().map(|bbox| f64::from(iou(bbox, first)));
                    all.fold(0.0, |best, iou| if iou > best { iou } else { best })
                }
                false => f64::from(iou(&answer.boxes[0], first)),
            }
        };
        let over = |least: f64| f64::from(u8::from(best > least));
        Ok(vec![1.0, over(0.25), over(0.5), over(0.75), best])
    }

    /// Rounded to four digits, as the evaluator prints them.
    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let names = ["acc25", "acc50", "acc75", "iou"];
        let rounded = |(name, sum): (&'static str, &f64)| {
            let mut score = Score::ratio(name, *sum, sums[0]);
            score.value = score
                .value
                .and_then(|value| format!("{value:.4}").parse().ok());
            score
        };
        names.into_iter().zip(&sums[1..]).map(rounded).collect()
    }
}

/// One object in many regions (`SingleRegionMultiObjectEvaluator`).
pub struct ManyRegions;

impl Measure for ManyRegions {
    fn width(&self) -> usize {
        6
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (answer, truth) = (of_answer(entry), of_truth(entry)?);
        let pairs = pairs(&answer, &truth)?;
        let hits = pairs
            .iter()
            .filter(|(_, _, iou)| *iou >= STRICTER_HIT)
            .count() as f64;
        let precision = part(hits, truth.boxes.len() as f64);
        let recall = part(hits, answer.boxes.len() as f64);
        let overlap = overlap(&pairs);
        Ok(vec![
            1.0,
            precision,
            recall,
            f1(precision, recall),
            overlap,
            pairs.len() as f64,
        ])
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        vec![
            Score::ratio("precision", sums[1], sums[0]),
            Score::ratio("recall", sums[2], sums[0]),
            Score::ratio("f1", sums[3], sums[0]),
            Score::ratio("iou", sums[4], sums[5]),
        ]
    }
}

/// Many objects in one region each (`MultiRegionSingleObjectEvaluator`).
pub struct OnePerObject;

impl Measure for OnePerObject {
    fn width(&self) -> usize {
        10
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (answer, truth) = (of_answer(entry), of_truth(entry)?);
        let pairs = pairs(&answer, &truth)?;
        if truth.boxes.is_empty() {
            return Err(Unscorable::NoTruth);
        }
        // Names go by lists, and pairs by boxes: they part where a list has two.
        let (said, right) = (answer.of_lists(), truth.of_lists());
        let named = |a: usize, t: usize| Some((*said.get(a)?, *right.get(t)?));
        let agreed =
            |a: usize, t: usize| named(a, t).is_some_and(|(said, right)| agree(said, right));
        let hits = pairs.iter().filter(|(_, _, iou)| *iou >= HIT);
        let aligned = hits.clone().filter(|(a, t, _)| agreed(*a, *t)).count() as f64;
        let hits = hits.count() as f64;
        let objects = pairs.iter().filter(|(a, t, _)| agreed(*a, *t)).count() as f64;
        let overlap = overlap(&pairs);
        let with_names = pairs.iter().filter(|(a, t, _)| named(*a, *t).is_some());
        let of_objects: f64 = with_names.map(|(_, _, iou)| iou).sum();
        let truths = truth.boxes.len() as f64;
        Ok(vec![
            1.0,
            hits / truths,
            overlap,
            truths,
            objects / truths,
            of_objects,
            objects,
            aligned / truths,
            part(aligned, hits),
            part(aligned, objects),
        ])
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        vec![
            Score::ratio("box_acc", sums[1], sums[0]),
            Score::ratio("box_iou", sums[2], sums[3]),
            Score::ratio("object_acc", sums[4], sums[0]),
            Score::ratio("object_iou", sums[5], sums[6]),
            Score::ratio("object_box_acc", sums[7], sums[0]),
            Score::ratio("object_box_alignment", sums[8], sums[0]),
            Score::ratio("object_box_detection", sums[9], sums[0]),
        ]
    }
}

/// Many objects in many regions (`MultiRegionMultiObjectEvaluator`).
pub struct ManyObjects;

impl Measure for ManyObjects {
    fn width(&self) -> usize {
        16
    }

    fn count(&self, entry: &Entry) -> Result<Vec<f64>, Unscorable> {
        let (answer, truth) = (of_answer(entry), of_truth(entry)?);
        let pairs = pairs(&answer, &truth)?;
        if truth.boxes.is_empty() {
            return Err(Unscorable::NoTruth);
        }
        let (said, right) = (answer.of_boxes(), truth.of_boxes());
        let mut agreed = Vec::new();
        for (a, t, iou) in &pairs {
            let said = said.get(*a).ok_or(Unscorable::NoName)?;
            agreed.extend(agree(said, right[*t]).then_some(*iou));
        }
        let hits = pairs.iter().filter(|(_, _, iou)| *iou >= HIT).count() as f64;
        let aligned = agreed.iter().filter(|iou| **iou >= HIT).count() as f64;
        let objects = agreed.len() as f64;
        let overlap = overlap(&pairs);
        let truths = truth.boxes.len() as f64;
        let over = |of: f64| [of / truths, part(of, answer.boxes.len() as f64)];
        let mut sums = vec![1.0, overlap, truths, agreed.iter().sum(), objects];
        for of in [hits, objects, aligned] {
            let [precision, recall] = over(of);
            sums.extend([precision, recall, f1(precision, recall)]);
        }
        sums.extend([part(aligned, hits), part(aligned, objects)]);
        Ok(sums)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let object_iou = match sums[4] == 0.0 {
            true => Score::of("object_iou", 0.0, sums[0]),
            false => Score::ratio("object_iou", sums[3], sums[4]),
        };
        let mut scores = vec![Score::ratio("box_iou", sums[1], sums[2]), object_iou];
        let names = [
            "box_pre",
            "box_recall",
            "box_f1",
            "object_pre",
            "object_rec",
            "object_f1",
            "object_box_pre",
            "object_box_recall",
            "object_box_f1",
            "object_box_alignment",
            "object_box_detection",
        ];
        let means = names.into_iter().zip(&sums[5..]);
        scores.extend(means.map(|(name, sum)| Score::ratio(name, *sum, sums[0])));
        scores
    }
}
