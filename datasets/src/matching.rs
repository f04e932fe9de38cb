//! Which predicted box answers which true box: the assignment that region scores are counted on.

use crate::geometry::PixelBox;

/// A true box with the predicted box assigned to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Index among the true boxes.
    pub truth: usize,
    /// Index among the predicted boxes.
    pub predicted: usize,
    /// Their intersection over union, above 0.
    pub iou: f64,
}

/// The one-to-one assignment with the largest sum of IoU, in the order of the true boxes (the Hungarian method, as in
/// Algorithm 1 of the MedRegA paper). Boxes that share no pixel are never paired.
#[must_use]
pub fn match_boxes(truth: &[PixelBox], predicted: &[PixelBox]) -> Vec<Pair> {
    let iou = |t: usize, p: usize| match (truth.get(t), predicted.get(p)) {
        (Some(t), Some(p)) => t.iou(p),
        _ => 0.0,
    };
    // A square problem: the boxes without a partner are matched with imaginary ones that overlap nothing.
    let size = truth.len().max(predicted.len());
    cheapest_assignment(size, |t, p| -iou(t, p))
        .into_iter()
        .enumerate()
        .map(|(t, p)| Pair {
            truth: t,
            predicted: p,
            iou: iou(t, p),
        })
        .filter(|pair| pair.iou > 0.0)
        .collect()
}

/// The column of each row in the assignment of least total cost, in O(size³): shortest augmenting paths over reduced
/// costs (Kuhn 1955, Jonker and Volgenant 1987). Row and column 0 of the working arrays are imaginary.
fn cheapest_assignment(size: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let (mut row_price, mut column_price) = (vec![0.0; size + 1], vec![0.0; size + 1]);
    let mut row_of = vec![0; size + 1];
    for row in 1..=size {
        row_of[0] = row;
        let (mut slack, mut before) = (vec![f64::INFINITY; size + 1], vec![0; size + 1]);
        let mut seen = vec![false; size + 1];
        let mut column = 0;
        while row_of[column] != 0 {
            seen[column] = true;
            let from = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for c in (1..=size).filter(|c| !seen[*c]) {
                let reduced = cost(from - 1, c - 1) - row_price[from] - column_price[c];
                if reduced < slack[c] {
                    (slack[c], before[c]) = (reduced, column);
                }
                if slack[c] < step {
                    (step, next) = (slack[c], c);
                }
            }
            for c in 0..=size {
                if seen[c] {
                    row_price[row_of[c]] += step;
                    column_price[c] -= step;
                } else {
                    slack[c] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut columns = vec![0; size];
    for column in 1..=size {
        columns[row_of[column] - 1] = column - 1;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pixel_box(x: u8, y: u8, w: u8, h: u8) -> PixelBox {
        let [x, y, w, h] = [x, y, w, h].map(f64::from);
        PixelBox::new(x, y, x + w, y + h).unwrap()
    }

    fn boxes(most: usize) -> impl Strategy<Value = Vec<PixelBox>> {
        let any =
            (0u8..20, 0u8..20, 1u8..15, 1u8..15).prop_map(|(x, y, w, h)| pixel_box(x, y, w, h));
        proptest::collection::vec(any, 0..=most)
    }

    /// The largest sum by trying everything: the first true box takes each free prediction, or none.
    fn best_sum(truth: &[PixelBox], predicted: &[PixelBox], taken: u32) -> f64 {
        let Some((first, rest)) = truth.split_first() else {
            return 0.0;
        };
        let without = best_sum(rest, predicted, taken);
        (0..predicted.len())
            .filter(|p| taken & (1 << p) == 0)
            .map(|p| first.iou(&predicted[p]) + best_sum(rest, predicted, taken | (1 << p)))
            .fold(without, f64::max)
    }

    #[test]
    fn the_best_whole_wins_over_the_best_first_pair() {
        // A greedy matcher gives the second prediction to the first box (IoU 0.8) and leaves the second box with nothing.
        let truth = [pixel_box(0, 0, 10, 10), pixel_box(2, 0, 10, 10)];
        let predicted = [pixel_box(0, 0, 6, 10), pixel_box(1, 0, 10, 10)];
        let pairs = match_boxes(&truth, &predicted);
        assert_eq!(
            pairs
                .iter()
                .map(|p| (p.truth, p.predicted))
                .collect::<Vec<_>>(),
            [(0, 0), (1, 1)]
        );
        assert!((pairs[0].iou - 0.6).abs() < 1e-12);
        assert!((pairs[1].iou - 90.0 / 110.0).abs() < 1e-12);
    }

    #[test]
    fn boxes_apart_are_not_paired_and_nothing_matches_nothing() {
        let (here, there) = ([pixel_box(0, 0, 5, 5)], [pixel_box(5, 0, 5, 5)]);
        assert_eq!(match_boxes(&here, &there), []);
        assert_eq!(match_boxes(&[], &there), []);
        assert_eq!(match_boxes(&here, &[]), []);
    }

    proptest! {
        #[test]
        fn no_assignment_is_better(truth in boxes(5), predicted in boxes(6)) {
            let pairs = match_boxes(&truth, &predicted);
            let sum: f64 = pairs.iter().map(|p| p.iou).sum();
            prop_assert!((sum - best_sum(&truth, &predicted, 0)).abs() < 1e-9);
            let mut used: Vec<usize> = pairs.iter().map(|p| p.predicted).collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), pairs.len());
        }
    }
}
