//! Label-efficiency curves: what a target costs on one, and the area under it.

use super::learner::Score;
use serde::Serialize;

/// A learner's score when so many boxes had been read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Boxes read.
    pub boxes: f64,
    /// Naming and finding together.
    pub score: f64,
    /// [`Score::naming`].
    pub naming: f64,
    /// [`Score::finding`].
    pub finding: f64,
}

impl Point {
    /// After so many boxes.
    #[must_use]
    pub fn new(boxes: usize, score: Score) -> Self {
        Self {
            boxes: boxes as f64,
            score: score.both(),
            naming: score.naming,
            finding: score.finding,
        }
    }
}

/// One strategy's points with one seed, in the order of their boxes.
pub type Curve = Vec<Point>;

/// The boxes at which a curve first reaches `target`. The curve is made monotone first: at each point it stands at the best score so
/// far. Between two points it is a straight line; a curve that starts above needs what its first point cost.
#[must_use]
pub fn boxes_to(curve: &[Point], target: f64) -> Option<f64> {
    let mut before: Option<(f64, f64)> = None;
    for point in curve {
        if point.score >= target {
            return Some(match before {
                Some((boxes, best)) if point.score > best => {
                    boxes + (point.boxes - boxes) * (target - best) / (point.score - best)
                }
                _ => point.boxes,
            });
        }
        let best = before.map_or(point.score, |(_, best)| best.max(point.score));
        before = Some((point.boxes, best));
    }
    None
}

/// The score of a curve at so many boxes, on straight lines between its points.
#[must_use]
pub fn score_at(curve: &[Point], boxes: f64, of: impl Fn(&Point) -> f64) -> Option<f64> {
    let after = curve.iter().position(|point| point.boxes >= boxes)?;
    let (last, next) = (curve.get(after.saturating_sub(1))?, curve.get(after)?);
    let width = next.boxes - last.boxes;
    let part = if width > 0.0 {
        ((boxes - last.boxes) / width).max(0.0)
    } else {
        1.0
    };
    Some(of(last) + part * (of(next) - of(last)))
}

/// The mean height of a curve between two numbers of boxes, over the logarithm of boxes: each doubling counts alike.
#[must_use]
pub fn area(curve: &[Point], from: f64, to: f64) -> Option<f64> {
    let inner = curve.iter().map(|point| point.boxes);
    let mut stops: Vec<f64> = inner.filter(|boxes| *boxes > from && *boxes < to).collect();
    stops.insert(0, from);
    stops.push(to);
    let heights: Option<Vec<f64>> = stops
        .iter()
        .map(|boxes| score_at(curve, *boxes, |point| point.score))
        .collect();
    let pairs = stops.windows(2).zip(heights.as_deref()?.windows(2));
    let parts = pairs.map(|(x, y)| (x[1] / x[0]).ln() * f64::midpoint(y[0], y[1]));
    Some(parts.sum::<f64>() / (to / from).ln()).filter(|area| area.is_finite())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn curve(points: &[(f64, f64)]) -> Curve {
        let point = |(boxes, score): &(f64, f64)| Point {
            boxes: *boxes,
            score: *score,
            naming: *score,
            finding: *score,
        };
        points.iter().map(point).collect()
    }

    fn near(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() < 1e-9)
    }

    #[test]
    fn boxes_to_a_target_worked_by_hand() {
        let rising = curve(&[(10.0, 0.2), (20.0, 0.4), (40.0, 0.8)]);
        assert!(near(boxes_to(&rising, 0.5), 25.0));
        assert!(near(boxes_to(&rising, 0.4), 20.0));
        assert_eq!(boxes_to(&rising, 0.1), Some(10.0));
        assert_eq!(boxes_to(&rising, 0.9), None);
        assert_eq!(boxes_to(&[], 0.5), None);
    }

    #[test]
    fn a_dip_counts_as_the_best_before_it() {
        // At 20 the curve stands at 0.6, its best so far; half of the way to 0.8 is at 40.
        let dipping = curve(&[(10.0, 0.6), (20.0, 0.3), (60.0, 0.8)]);
        assert!(near(boxes_to(&dipping, 0.7), 40.0));
    }

    #[test]
    fn the_area_is_the_mean_height_over_doublings() {
        // From 10 to 20 the mean is 0.3, from 20 to 40 it is 0.6: two doublings.
        let rising = curve(&[(10.0, 0.2), (20.0, 0.4), (40.0, 0.8)]);
        assert!(near(area(&rising, 10.0, 40.0), 0.45));
        assert_eq!(area(&rising, 10.0, 80.0), None);
        assert!(near(score_at(&rising, 30.0, |p| p.score), 0.6));
    }
}
