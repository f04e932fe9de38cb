//! Rewards of boxes, on the model's grid.

use crate::geometry::GridBox;
use crate::grammar::Reading;
use crate::matching::assign;

/// `[x1, y1, x2, y2]` on the grid.
type Corners = [f64; 4];

/// The boxes of an answer, each once.
pub(super) fn of(reading: &Reading) -> Vec<Corners> {
    let mut boxes: Vec<GridBox> = reading.boxes();
    boxes.sort_unstable();
    boxes.dedup();
    boxes
        .iter()
        .map(|bbox| bbox.corners().map(f64::from))
        .collect()
}

/// The mean overlap over the larger side, boxes without partner counting 0.
pub(super) fn iou(said: &[Corners], right: &[Corners]) -> Option<f64> {
    mean(said, right, |a, b| Measures::of(a, b).iou(), 0.0)
}

/// The mean GIoU over the larger side, boxes without partner counting -1.
pub(super) fn giou(said: &[Corners], right: &[Corners]) -> Option<f64> {
    mean(said, right, |a, b| Measures::of(a, b).giou(), -1.0)
}

/// The smaller number by the larger one.
pub(super) fn count(said: usize, right: usize) -> f64 {
    match said.max(right) {
        0 => 1.0,
        larger => said.min(right) as f64 / larger as f64,
    }
}

/// Of the one-to-one assignment whose values add up to the most, the mean over the larger side.
fn mean(
    said: &[Corners],
    right: &[Corners],
    value: impl Fn(&Corners, &Corners) -> f64,
    alone: f64,
) -> Option<f64> {
    let larger = said.len().max(right.len());
    if larger == 0 {
        return None;
    }
    let of = |s: usize, r: usize| match (said.get(s), right.get(r)) {
        (Some(s), Some(r)) => value(s, r),
        _ => alone,
    };
    let pairs = assign(said.len(), right.len(), |s, r| -of(s, r)).unwrap_or_default();
    let matched = pairs.iter().fold(0.0, |sum, (s, r)| sum + of(*s, *r));
    Some((matched + alone * (larger - pairs.len()) as f64) / larger as f64)
}

/// Areas that two boxes share, cover together, and are held by.
struct Measures {
    shared: f64,
    union: f64,
    hull: f64,
}

impl Measures {
    fn of(a: &Corners, b: &Corners) -> Self {
        let area = |c: &Corners| (c[2] - c[0]).max(0.0) * (c[3] - c[1]).max(0.0);
        let inner = [
            a[0].max(b[0]),
            a[1].max(b[1]),
            a[2].min(b[2]),
            a[3].min(b[3]),
        ];
        let outer = [
            a[0].min(b[0]),
            a[1].min(b[1]),
            a[2].max(b[2]),
            a[3].max(b[3]),
        ];
        let shared = area(&inner);
        Self {
            shared,
            union: area(a) + area(b) - shared,
            hull: area(&outer),
        }
    }

    fn iou(&self) -> f64 {
        self.shared / self.union
    }

    fn giou(&self) -> f64 {
        self.iou() - (self.hull - self.union) / self.hull
    }
}
