//! Matrix products over slices.
#![allow(unsafe_code)] // The `gemm` crate takes raw pointers; `product` checks every extent before it passes them on.

use super::threads;
use gemm::Parallelism;
use std::ops::Range;

/// A matrix inside a slice, by strides.
#[derive(Clone, Copy)]
pub(in crate::model) struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Mat<'a> {
    /// Row after row, `row_stride` numbers apart.
    pub(in crate::model) fn new(
        data: &'a [f32],
        rows: usize,
        cols: usize,
        row_stride: usize,
    ) -> Self {
        Self {
            data,
            rows,
            cols,
            row_stride,
            col_stride: 1,
        }
    }

    /// Some of the columns.
    pub(in crate::model) fn columns(self, columns: Range<usize>) -> Self {
        Self {
            data: &self.data[(columns.start * self.col_stride).min(self.data.len())..],
            cols: columns.len(),
            ..self
        }
    }

    /// Rows and columns.
    pub(in crate::model) fn size(self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// The first row of a matrix whose rows are contiguous.
    pub(super) fn row(self) -> &'a [f32] {
        &self.data[..self.cols]
    }

    /// The transpose, without moving a number.
    pub(in crate::model) fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }
}

/// One past the last index a matrix touches.
fn extent(rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> usize {
    if rows == 0 || cols == 0 {
        return 0;
    }
    (rows - 1) * row_stride + (cols - 1) * col_stride + 1
}

/// What happens to the numbers already in the destination.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::model) enum Into {
    /// They are replaced.
    Fresh,
    /// The product is added to them.
    Sum,
}

/// `dst = scale · a · b` or `dst += scale · a · b`, with `dst` row-major, its rows `dst_stride` apart.
///
/// # Panics
/// Where shapes do not fit or a slice is too short: a mistake in the calling kernel.
pub(in crate::model) fn product(
    dst: &mut [f32],
    dst_stride: usize,
    into: Into,
    a: Mat<'_>,
    b: Mat<'_>,
    scale: f32,
) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(k, b.rows, "inner sizes of a product differ");
    assert!(dst.len() >= extent(m, n, dst_stride, 1));
    assert!(a.data.len() >= extent(m, k, a.row_stride, a.col_stride));
    assert!(b.data.len() >= extent(k, n, b.row_stride, b.col_stride));
    if m == 0 || n == 0 {
        return;
    }
    let parallelism = match threads::spread() {
        1 => Parallelism::None,
        threads => Parallelism::Rayon(threads),
    };
    // SAFETY: the three extents were checked above, the destination is borrowed exclusively.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            dst.as_mut_ptr(),
            1,
            dst_stride as isize,
            into == Into::Sum,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_does_not_depend_on_the_threads_it_is_spread_over() {
        let numbers = |count: usize| -> Vec<f32> {
            (0..count).map(|i| ((i * 37 % 101) as f32).sin()).collect()
        };
        let (m, k, n) = (203, 517, 311);
        let (a, b) = (numbers(m * k), numbers(k * n));
        let spread = |threads| {
            let mut dst = vec![0.0; m * n];
            threads::spread_over(threads, || {
                let (a, b) = (Mat::new(&a, m, k, k), Mat::new(&b, k, n, n));
                product(&mut dst, n, Into::Fresh, a, b, 1.0);
            });
            dst
        };
        assert_eq!(spread(1), spread(3));
    }

    #[test]
    fn a_transposed_operand_and_a_sum_are_what_they_should_be() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let b = [1.0, 0.0, 2.0, 1.0];
        let mut dst = [100.0; 6];
        // aᵀ is 3×2, b is 2×2.
        product(
            &mut dst,
            2,
            Into::Sum,
            Mat::new(&a, 2, 3, 3).t(),
            Mat::new(&b, 2, 2, 2),
            2.0,
        );
        assert_eq!(dst, [118.0, 108.0, 124.0, 110.0, 130.0, 112.0]);
    }
}
