//! A matrix in memory as its checkpoint stores it: f32, or bf16 that is widened piece by piece when it is used.
//!
//! A frozen matrix in bf16 takes half the memory, and what reads it row by row from memory, as decoding does, takes half the time.

use super::gemm::{Into, Mat, product, product_of};
use super::simd::vectorised;
use super::threads::spread;
use candle_core::{CpuStorage, Layout, Result, Storage, StorageRef, Tensor};
use half::bf16;
use rayon::prelude::*;
use std::ops::Range;

/// Numbers that are widened at a time: for few rows, what stays in the core's own cache; for many, enough that packing the rows
/// anew for each piece does not show.
const FEW_ROWS: usize = 16;
const SMALL_PIECE: usize = 1 << 15;
const LARGE_PIECE: usize = 1 << 19;

/// The numbers of a matrix `(rows, columns)`, row after row.
#[derive(Clone, Copy)]
pub(in crate::model) enum Matrix<'a> {
    Single(&'a [f32]),
    Half(&'a [bf16]),
}

impl<'a> Matrix<'a> {
    /// Of a contiguous tensor's storage.
    pub(super) fn of_storage(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("a contiguous matrix is expected, got {:?}", layout.shape());
        };
        match storage {
            CpuStorage::F32(all) => Ok(Self::Single(&all[start..end])),
            CpuStorage::BF16(all) => Ok(Self::Half(&all[start..end])),
            _ => candle_core::bail!("a matrix in f32 or bf16 is expected"),
        }
    }

    /// Copies row `row`, of as many numbers as `to`, in f32.
    pub(in crate::model) fn copy_row(self, row: usize, to: &mut [f32]) {
        let numbers = row * to.len()..(row + 1) * to.len();
        match self {
            Self::Single(all) => to.copy_from_slice(&all[numbers]),
            Self::Half(all) => widen(to, &all[numbers]),
        }
    }

    /// Some of the rows, each of `width` numbers, in f32; by way of `room` where they are not.
    fn rows<'b>(self, rows: &Range<usize>, width: usize, room: &'b mut Vec<f32>) -> Mat<'b>
    where
        'a: 'b,
    {
        let numbers = rows.start * width..rows.end * width;
        let wide = match self {
            Self::Single(all) => &all[numbers],
            Self::Half(all) => {
                room.resize(numbers.len(), 0.0);
                widen(room, &all[numbers]);
                room
            }
        };
        Mat::new(wide, rows.len(), width, width)
    }
}

/// The same number in f32: its bits are the upper half.
#[inline(always)]
fn single(half: bf16) -> f32 {
    f32::from_bits(u32::from(half.to_bits()) << 16)
}

vectorised! {
    fn widen(to: &mut [f32], from: &[bf16]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = single(*from);
        }
    }
}

vectorised! {
    /// One row `x` times every row of `w`: `y[n] = x · w[n]`, widened in registers.
    fn row_times_half(y: &mut [f32], x: &[f32], w: &[bf16]) {
        for (y, w) in y.iter_mut().zip(w.chunks_exact(x.len())) {
            let mut sums = [0.0f32; 32];
            let (xs, ws) = (x.chunks_exact(32), w.chunks_exact(32));
            let mut rest = 0.0;
            for (x, w) in xs.remainder().iter().zip(ws.remainder()) {
                rest += x * single(*w);
            }
            for (x, w) in xs.zip(ws) {
                for lane in 0..32 {
                    sums[lane] += x[lane] * single(w[lane]);
                }
            }
            *y = sums.iter().sum::<f32>() + rest;
        }
    }
}

/// Rows of a matrix that are widened together. One in f32 is taken whole.
fn pieces(w: Matrix<'_>, out: usize, width: usize, rows: usize) -> Vec<Range<usize>> {
    let numbers = if rows <= FEW_ROWS {
        SMALL_PIECE
    } else {
        LARGE_PIECE
    };
    let step = match w {
        Matrix::Single(_) => out,
        Matrix::Half(_) => (numbers / width.max(1)).max(8),
    };
    let end = |first: usize| first.saturating_add(step).min(out);
    (0..out)
        .step_by(step.max(1))
        .map(|first| first..end(first))
        .collect()
}

/// `y = x Wᵀ` or `y += x Wᵀ`: `x` `(rows, width)`, `w` `(out, width)`, `y` `(rows, out)` with its rows `stride` numbers apart.
pub(in crate::model) fn times_transposed(
    y: &mut [f32],
    stride: usize,
    into: Into,
    x: Mat<'_>,
    w: Matrix<'_>,
    out: usize,
) {
    let (rows, width) = x.size();
    let pieces = pieces(w, out, width, rows);
    let part = |room: &mut Vec<f32>, piece: &Range<usize>| -> Vec<f32> {
        let mut part = vec![0.0; rows * piece.len()];
        if let (Matrix::Half(all), 1) = (w, rows) {
            row_times_half(
                &mut part,
                x.row(),
                &all[piece.start * width..piece.end * width],
            );
            return part;
        }
        let weight = w.rows(piece, width, room);
        product(&mut part, piece.len(), Into::Fresh, x, weight.t(), 1.0);
        part
    };
    // Few rows: the pieces are what is spread over threads.
    if rows <= FEW_ROWS && pieces.len() > 1 {
        let parts: Vec<Vec<f32>> = match spread() {
            1 => {
                let mut room = Vec::new();
                pieces.iter().map(|piece| part(&mut room, piece)).collect()
            }
            _ => pieces.par_iter().map_init(Vec::new, part).collect(),
        };
        for (piece, part) in pieces.iter().zip(&parts) {
            place(y, stride, into, piece, part);
        }
        return;
    }
    let mut room = Vec::new();
    for piece in pieces {
        let weight = w.rows(&piece, width, &mut room);
        product(&mut y[piece.start..], stride, into, x, weight.t(), 1.0);
    }
}

/// `x Wᵀ`, `(rows, out)`: as [`times_transposed`], in new memory.
pub(in crate::model) fn product_with_transposed(x: Mat<'_>, w: Matrix<'_>, out: usize) -> Vec<f32> {
    let (rows, width) = x.size();
    if let Matrix::Single(w) = w {
        return product_of(x, Mat::new(w, out, width, width).t(), 1.0);
    }
    let mut y = vec![0.0; rows * out];
    times_transposed(&mut y, out, Into::Fresh, x, w, out);
    y
}

/// Puts the columns of a piece where they belong.
fn place(y: &mut [f32], stride: usize, into: Into, piece: &Range<usize>, part: &[f32]) {
    for (y, part) in y.chunks_mut(stride).zip(part.chunks_exact(piece.len())) {
        let y = &mut y[piece.clone()];
        match into {
            Into::Fresh => y.copy_from_slice(part),
            Into::Sum => y.iter_mut().zip(part).for_each(|(y, part)| *y += part),
        }
    }
}

/// `gx = g W` or `gx += g W`: `g` `(rows, out)`, `w` `(out, width)`, `gx` `(rows, width)`.
pub(in crate::model) fn times(gx: &mut [f32], into: Into, g: Mat<'_>, w: Matrix<'_>, width: usize) {
    let (rows, out) = g.size();
    let (mut room, mut into) = (Vec::new(), into);
    // Many rows or few, each piece is added to all of `gx`: large ones cost less.
    for piece in pieces(w, out, width, rows.max(FEW_ROWS + 1)) {
        let weight = w.rows(&piece, width, &mut room);
        product(gx, width, into, g.columns(piece), weight, 1.0);
        into = Into::Sum;
    }
}

/// `g W`, `(rows, width)`: as [`times`], in new memory.
pub(in crate::model) fn product_with(g: Mat<'_>, w: Matrix<'_>, width: usize) -> Vec<f32> {
    let (rows, out) = g.size();
    if let Matrix::Single(w) = w {
        return product_of(g, Mat::new(w, out, width, width), 1.0);
    }
    let mut gx = vec![0.0; rows * width];
    times(&mut gx, Into::Fresh, g, w, width);
    gx
}

/// A tensor's matrix, borrowed for as long as this value lives.
pub(in crate::model) struct Borrowed<'a> {
    storage: StorageRef<'a>,
    layout: &'a Layout,
}

impl<'a> Borrowed<'a> {
    /// Of a tensor on the CPU.
    pub(in crate::model) fn of(tensor: &'a Tensor) -> Self {
        let (storage, layout) = tensor.storage_and_layout();
        Self { storage, layout }
    }

    /// The matrix; fails where it is not contiguous, on another device or of another type.
    pub(in crate::model) fn matrix(&self) -> Result<Matrix<'_>> {
        match &*self.storage {
            Storage::Cpu(storage) => Matrix::of_storage(storage, self.layout),
            _ => candle_core::bail!("a matrix on the CPU is expected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::threads::spread_over;
    use super::*;

    fn numbers(count: usize, step: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * step % 113) as f32 / 7.0).sin())
            .collect()
    }

    /// What is stored in bf16, and the same numbers in f32.
    fn stored(count: usize) -> (Vec<bf16>, Vec<f32>) {
        let half: Vec<bf16> = numbers(count, 31).into_iter().map(bf16::from_f32).collect();
        let single = half.iter().map(|x| x.to_f32()).collect();
        (half, single)
    }

    #[test]
    fn a_matrix_in_bf16_gives_what_the_same_numbers_in_f32_give() {
        let (out, width) = (1_300, 520);
        let (half, single) = stored(out * width);
        for rows in [1, 5, 16, 17, 40] {
            let (x, g) = (numbers(rows * width, 3), numbers(rows * out, 5));
            let forward = |w| {
                let mut y = vec![0.5; rows * out];
                let x = Mat::new(&x, rows, width, width);
                times_transposed(&mut y, out, Into::Sum, x, w, out);
                y
            };
            let backward = |w| {
                let mut gx = vec![7.0; rows * width];
                let g = Mat::new(&g, rows, out, out);
                times(&mut gx, Into::Fresh, g, w, width);
                gx
            };
            let near = |a: &[f32], b: &[f32]| {
                a.iter()
                    .zip(b)
                    .all(|(a, b)| (a - b).abs() <= 1e-3 * b.abs().max(1.0))
            };
            let (ours, theirs) = (
                forward(Matrix::Half(&half)),
                forward(Matrix::Single(&single)),
            );
            assert!(near(&ours, &theirs), "{rows}");
            assert_eq!(ours, spread_over(3, || forward(Matrix::Half(&half))));
            let (ours, theirs) = (
                backward(Matrix::Half(&half)),
                backward(Matrix::Single(&single)),
            );
            assert!(near(&ours, &theirs), "{rows}");
        }
    }
}
