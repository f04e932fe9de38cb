//! Which predicted box answers which true box: the assignment that region scores are counted on.

use crate::geometry::PixelBox;
use crate::ontology::ConceptKey;
use std::collections::BTreeSet;

/// A predicted box hits its true box from this IoU on, as in the MedRegA paper.
pub const HIT_IOU: f64 = 0.5;

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
    let assigned = assign(truth.len(), predicted.len(), |t, p| -iou(t, p)).unwrap_or_default();
    let pair = |(t, p): (usize, usize)| Pair {
        truth: t,
        predicted: p,
        iou: iou(t, p),
    };
    let pairs = assigned.into_iter().map(pair);
    pairs.filter(|pair| pair.iou > 0.0).collect()
}

/// How many regions two lists share: the same concept, and boxes that overlap by an IoU of at least `from`, each with one partner at most.
#[must_use]
pub fn shared_regions(
    a: &[(&ConceptKey, PixelBox)],
    b: &[(&ConceptKey, PixelBox)],
    from: f64,
) -> usize {
    let concepts: BTreeSet<&ConceptKey> = a.iter().map(|(concept, _)| *concept).collect();
    let pairs = concepts
        .into_iter()
        .flat_map(|concept| match_boxes(&boxes_of(a, concept), &boxes_of(b, concept)));
    pairs.filter(|pair| pair.iou >= from).count()
}

fn boxes_of(regions: &[(&ConceptKey, PixelBox)], concept: &ConceptKey) -> Vec<PixelBox> {
    let of = regions.iter().filter(|(key, _)| *key == concept);
    of.map(|(_, bbox)| *bbox).collect()
}

/// The assignment of least total cost of `rows` to `columns`, as many pairs as the smaller side has, in the order of the rows; none where
/// a cost is not a number or nothing is possible at all.
///
/// Shortest augmenting paths over reduced costs (Crouse 2016, doi:10.1109/TAES.2016.140952). Among assignments that cost the same it
/// takes the one that SciPy's `linear_sum_assignment` takes, because published scores hang on that choice: free columns are tried from
/// the last to the first, a column without a row is preferred where two are equally near, and the smaller side goes by rows.
#[must_use]
pub fn assign(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Option<Vec<(usize, usize)>> {
    if columns < rows {
        let mut pairs = assign_rows(columns, rows, |c, r| cost(r, c))?;
        pairs.iter_mut().for_each(|(c, r)| std::mem::swap(c, r));
        pairs.sort_unstable();
        return Some(pairs);
    }
    assign_rows(rows, columns, cost)
}

/// The same where there are no more rows than columns.
fn assign_rows(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Option<Vec<(usize, usize)>> {
    let mut table = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        table.extend((0..columns).map(|column| cost(row, column)));
    }
    if table.iter().any(|c| c.is_nan() || *c == f64::NEG_INFINITY) {
        return None;
    }
    let mut search = Search::new(table, rows, columns);
    for row in 0..rows {
        search.give(row)?;
    }
    let column = |row: usize| search.column_of[row].map(|column| (row, column));
    (0..rows).map(column).collect()
}

/// An assignment under way: the rows given a column so far, and the prices that make it the cheapest of these.
struct Search {
    cost: Vec<f64>,
    columns: usize,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
}

/// How far each column is from the row that looks for one.
struct Paths {
    least: f64,
    nearest: Vec<f64>,
    from: Vec<usize>,
    rows: Vec<usize>,
    columns: Vec<usize>,
    free: usize,
}

impl Search {
    fn new(cost: Vec<f64>, rows: usize, columns: usize) -> Self {
        Self {
            cost,
            columns,
            row_price: vec![0.0; rows],
            column_price: vec![0.0; columns],
            column_of: vec![None; rows],
            row_of: vec![None; columns],
        }
    }

    /// Gives a row its column, moving others where that is cheaper.
    fn give(&mut self, row: usize) -> Option<()> {
        let paths = self.paths(row)?;
        self.row_price[row] += paths.least;
        for other in paths.rows.iter().filter(|r| **r != row) {
            let near = self.column_of[*other].map_or(0.0, |column| paths.nearest[column]);
            self.row_price[*other] += paths.least - near;
        }
        for column in &paths.columns {
            self.column_price[*column] -= paths.least - paths.nearest[*column];
        }
        let mut column = paths.free;
        loop {
            let from = paths.from[column];
            self.row_of[column] = Some(from);
            match self.column_of[from].replace(column) {
                Some(before) if from != row => column = before,
                _ => return Some(()),
            }
        }
    }

    /// The shortest way from a row to a column that no row has.
    fn paths(&self, row: usize) -> Option<Paths> {
        let mut left: Vec<usize> = (0..self.columns).rev().collect();
        let mut paths = Paths {
            least: 0.0,
            nearest: vec![f64::INFINITY; self.columns],
            from: vec![0; self.columns],
            rows: Vec::new(),
            columns: Vec::new(),
            free: 0,
        };
        let mut row = row;
        loop {
            paths.rows.push(row);
            let at = self.nearest(row, &left, &mut paths)?;
            let column = left.swap_remove(at);
            paths.columns.push(column);
            match self.row_of[column] {
                Some(next) => row = next,
                None => {
                    paths.free = column;
                    return Some(paths);
                }
            }
        }
    }

    /// The place in `left` of the column that is nearest with this row on the way.
    fn nearest(&self, row: usize, left: &[usize], paths: &mut Paths) -> Option<usize> {
        let (mut at, mut lowest) = (None, f64::INFINITY);
        for (index, column) in left.iter().enumerate() {
            let cost = self.cost[row * self.columns + column];
            let reduced = paths.least + cost - self.row_price[row] - self.column_price[*column];
            if reduced < paths.nearest[*column] {
                paths.from[*column] = row;
                paths.nearest[*column] = reduced;
            }
            let near = paths.nearest[*column];
            if near < lowest || (near == lowest && self.row_of[*column].is_none()) {
                (at, lowest) = (Some(index), near);
            }
        }
        paths.least = lowest;
        at.filter(|_| lowest < f64::INFINITY)
    }
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
