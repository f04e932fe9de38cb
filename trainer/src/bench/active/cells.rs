//! The grid of the vision tower's patches, and boxes on it.

/// A box by its corners `[x0, y0, x1, y1]` in parts of the picture's sides.
pub type Corners = [f32; 4];

/// The patches whose middles lie in the box, row after row; the one in its middle if it is smaller than that.
#[must_use]
pub fn covered(bbox: Corners, side: usize) -> Vec<usize> {
    let middles = |low: f32, high: f32| -> Vec<usize> {
        let inside = |cell: &usize| {
            let middle = (*cell as f32 + 0.5) / side as f32;
            (low..high).contains(&middle)
        };
        let cells: Vec<usize> = (0..side).filter(inside).collect();
        match cells.is_empty() {
            true => vec![(((low + high) / 2.0 * side as f32) as usize).min(side - 1)],
            false => cells,
        }
    };
    let across = middles(bbox[0], bbox[2]);
    let rows = middles(bbox[1], bbox[3]).into_iter();
    rows.flat_map(|row| across.iter().map(move |column| row * side + column))
        .collect()
}

/// The patches around these that are not among them, diagonal neighbours included.
#[must_use]
pub fn around(cells: &[usize], side: usize) -> Vec<usize> {
    let rows = (span(cells, |cell| cell / side), side);
    let columns = (span(cells, |cell| cell % side), side);
    let wider = |((low, high), side): ((usize, usize), usize)| {
        low.saturating_sub(1)..=(high + 1).min(side - 1)
    };
    let all = wider(rows).flat_map(|row| wider(columns).map(move |column| row * side + column));
    all.filter(|cell| !cells.contains(cell)).collect()
}

fn span(cells: &[usize], of: impl Fn(usize) -> usize) -> (usize, usize) {
    let all = || cells.iter().map(|cell| of(*cell));
    (all().min().unwrap_or(0), all().max().unwrap_or(0))
}

/// The box around the patches that are connected, side by side, with the highest one and are at least half as high.
#[must_use]
pub fn peak_box(map: &[f32], side: usize) -> Corners {
    let highest = |a: &(usize, &f32), b: &(usize, &f32)| a.1.total_cmp(b.1);
    let peak = map
        .iter()
        .enumerate()
        .max_by(highest)
        .map_or(0, |(at, _)| at);
    let least = map.get(peak).copied().unwrap_or(0.0) / 2.0;
    let mut cells = vec![peak];
    let mut next = 0;
    while let Some(cell) = cells.get(next).copied() {
        next += 1;
        for near in beside(cell, side) {
            if map.get(near).is_some_and(|x| *x >= least) && !cells.contains(&near) {
                cells.push(near);
            }
        }
    }
    let ((x0, x1), (y0, y1)) = (span(&cells, |c| c % side), span(&cells, |c| c / side));
    let part = |cells: usize| cells as f32 / side as f32;
    [part(x0), part(y0), part(x1 + 1), part(y1 + 1)]
}

fn beside(cell: usize, side: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (cell / side, cell % side);
    let up = (row > 0).then(|| cell - side);
    let down = (row + 1 < side).then(|| cell + side);
    let left = (column > 0).then(|| cell - 1);
    let right = (column + 1 < side).then(|| cell + 1);
    [up, down, left, right].into_iter().flatten()
}

/// Area of the intersection over that of the union.
#[must_use]
pub fn iou(a: Corners, b: Corners) -> f32 {
    let area = |b: Corners| (b[2] - b[0]).max(0.0) * (b[3] - b[1]).max(0.0);
    let both = area([
        a[0].max(b[0]),
        a[1].max(b[1]),
        a[2].min(b[2]),
        a[3].min(b[3]),
    ]);
    let any = area(a) + area(b) - both;
    if any > 0.0 { both / any } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_the_patches_whose_middles_it_holds_and_at_least_one() {
        assert_eq!(covered([0.25, 0.0, 0.75, 0.25], 4), [1, 2]);
        assert_eq!(covered([0.0, 0.0, 1.0, 1.0], 2), [0, 1, 2, 3]);
        assert_eq!(covered([0.95, 0.95, 1.0, 1.0], 4), [15]);
    }

    #[test]
    fn around_a_corner_are_its_three_neighbours() {
        assert_eq!(around(&[0], 3), [1, 3, 4]);
        assert_eq!(around(&[4], 3), [0, 1, 2, 3, 5, 6, 7, 8]);
    }

    #[test]
    fn the_peaks_box_holds_what_is_connected_and_half_as_high() {
        let map = [0.1, 0.6, 1.0, 0.1, 0.4, 0.5, 0.9, 0.1, 0.1];
        assert_eq!(peak_box(&map, 3), [1.0 / 3.0, 0.0, 1.0, 2.0 / 3.0]);
    }

    #[test]
    fn overlap_by_hand() {
        let overlap = iou([0.0, 0.0, 0.5, 1.0], [0.25, 0.0, 0.75, 1.0]);
        assert!((overlap - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(iou([0.0; 4], [0.0; 4]), 0.0);
    }
}
