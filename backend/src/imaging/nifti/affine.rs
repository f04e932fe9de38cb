//! Where the voxels of a NIfTI volume lie in the patient, and how to look at them from the feet as radiologists do.

use super::Axis;

/// For each voxel axis the way to the next voxel in the patient, as DICOM has it: to the left, to the back, to the head. NIfTI's
/// first two point the other way.
#[derive(Debug)]
pub(super) struct Affine([[f64; 3]; 3]);

/// How a volume is cut into frames.
#[derive(Debug, PartialEq)]
pub(super) struct View {
    /// Along a row, along a column, from frame to frame.
    pub(super) axes: [Axis; 3],
    /// Unit vectors along a row and along a column, if that can be known.
    pub(super) orientation: Option<[f64; 6]>,
}

impl Default for View {
    /// As the voxels are stored, in no known direction.
    fn default() -> Self {
        let axis = |number| Axis {
            number,
            backwards: false,
        };
        Self {
            axes: [axis(0), axis(1), axis(2)],
            orientation: None,
        }
    }
}

impl Affine {
    /// Of NIfTI's rows; none where there is no way along an axis.
    pub(super) fn of_rows(rows: [[f64; 3]; 3]) -> Option<Self> {
        const TO_DICOM: [f64; 3] = [-1.0, -1.0, 1.0];
        let way = |at: usize| std::array::from_fn(|row| rows[row][at] * TO_DICOM[row]);
        let ways = [way(0), way(1), way(2)];
        let usable = |way| length(way).is_normal() && length(way) < 1e9;
        ways.iter().all(usable).then_some(Self(ways))
    }

    /// Of a quaternion, NIfTI-1's method 2: `b`, `c` and `d`, and the steps along the axes.
    pub(super) fn of_quaternion([b, c, d]: [f64; 3], steps: [f64; 3]) -> Option<Self> {
        let rest = 1.0 - (b * b + c * c + d * d);
        // Rounding may take it a little below zero.
        let a = if rest < 1e-7 { 0.0 } else { rest.sqrt() };
        let turn = [
            [
                a * a + b * b - c * c - d * d,
                2.0 * (b * c - a * d),
                2.0 * (b * d + a * c),
            ],
            [
                2.0 * (b * c + a * d),
                a * a + c * c - b * b - d * d,
                2.0 * (c * d - a * b),
            ],
            [
                2.0 * (b * d - a * c),
                2.0 * (c * d + a * b),
                a * a + d * d - b * b - c * c,
            ],
        ];
        Self::of_rows(turn.map(|row| std::array::from_fn(|at| row[at] * steps[at])))
    }

    /// Whether the ways are as long as these steps, to one part in a hundred.
    pub(super) fn has_steps(&self, steps: [f64; 3]) -> bool {
        let alike = |(way, step): (&[f64; 3], f64)| (length(way) / step - 1.0).abs() < 0.01;
        self.0.iter().zip(steps).all(alike)
    }

    /// Seen from the feet with the face up: rows run to the patient's left, columns to the back, frames to the head, each along
    /// the voxel axis that comes nearest. No voxel is moved between two others.
    pub(super) fn axial(&self) -> View {
        let unit = self.0.map(|way| way.map(|mm| mm / length(&way)));
        let axes = nearest(&unit);
        let direction = |axis: Axis| {
            let sign = if axis.backwards { -1.0 } else { 1.0 };
            unit[axis.number].map(|part| part * sign)
        };
        let [row, column] = [direction(axes[0]), direction(axes[1])];
        let square = dot(&row, &column).abs() < 0.01;
        View {
            axes,
            orientation: square.then(|| [row[0], row[1], row[2], column[0], column[1], column[2]]),
        }
    }
}

/// For each direction of the patient the voxel axis that runs along it best, of all six ways to choose.
fn nearest(unit: &[[f64; 3]; 3]) -> [Axis; 3] {
    const WAYS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let along = |way: &[usize; 3]| -> f64 { (0..3).map(|to| unit[way[to]][to].abs()).sum() };
    let best = WAYS.iter().max_by(|a, b| along(a).total_cmp(&along(b)));
    let best = best.copied().unwrap_or([0, 1, 2]);
    std::array::from_fn(|to| Axis {
        number: best[to],
        backwards: unit[best[to]][to] < 0.0,
    })
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(way: &[f64; 3]) -> f64 {
    dot(way, way).sqrt()
}
