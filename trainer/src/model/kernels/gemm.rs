//! Matrix products over slices.
#![allow(unsafe_code)] // The `gemm` crate takes raw pointers; `product` checks every extent before it passes them on.

use super::threads;
use super::transpose::transpose;
use gemm::Parallelism;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Once;

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

    /// Whether columns, not rows, are contiguous.
    fn is_turned(self) -> bool {
        self.row_stride == 1 && self.col_stride > 1
    }

    /// The same numbers with contiguous rows, in `room`; for one whose columns are contiguous.
    fn turned(self, room: &mut Vec<f32>) -> Mat<'_> {
        let (rows, cols) = (self.rows, self.cols);
        if room.len() < rows * cols + LINE {
            room.resize(rows * cols + LINE, 0.0);
        }
        // Registers that are read across two lines of the cache take twice as long.
        let first = room
            .as_ptr()
            .align_offset(LINE * size_of::<f32>())
            .min(LINE);
        let room = &mut room[first..];
        transpose(room, self.data, (cols, rows), self.col_stride);
        Mat::new(room, rows, cols, cols)
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
    assert!(dst.len() >= extent(a.rows, b.cols, dst_stride, 1));
    let dst = (dst.as_mut_ptr(), dst_stride);
    // SAFETY: the destination is borrowed exclusively and, as was checked, long enough.
    unsafe { Product::new(dst, into, a, b, scale).run(threads::spread()) };
}

/// `scale · a · b`, row after row.
///
/// # Panics
/// As [`product`].
pub(in crate::model) fn product_of(a: Mat<'_>, b: Mat<'_>, scale: f32) -> Vec<f32> {
    // Memory that is written over need not be filled with zeros first, which takes 4 % of a step.
    let (mut new, count) = (Vec::with_capacity(a.rows * b.cols), a.rows * b.cols);
    let dst = (new.as_mut_ptr(), b.cols);
    // SAFETY: so much was reserved; all of it is written, and none read, since nothing is added to.
    unsafe {
        Product::new(dst, Into::Fresh, a, b, scale).run(threads::spread());
        new.set_len(count);
    }
    new
}

/// Where a product goes.
#[derive(Clone, Copy)]
struct Destination(*mut f32);

// SAFETY: each thread writes columns that no other one touches.
unsafe impl Send for Destination {}
// SAFETY: as above.
unsafe impl Sync for Destination {}

/// One product, whose operands' extents were checked.
#[derive(Clone, Copy)]
struct Product<'a> {
    dst: Destination,
    dst_stride: usize,
    into: Into,
    a: Mat<'a>,
    b: Mat<'a>,
    scale: f32,
}

/// Columns of a transposed operand that are multiplied together: the most that the widest kernel of `gemm` takes.
///
/// `gemm` gathers such columns number by number from rows that are a power of two apart, which keep throwing each other out of the cache;
/// turned by [`transpose`] first, at most one such block at a time, the same bits come 10 to 18 % sooner for a layer's weights and a
/// picture's rows, and near twice as fast for forty rows.
const TURNED: usize = 64;

/// Columns of an operand as it lies that are multiplied together: a block stays in the second cache while all rows meet it.
const STRAIGHT: usize = 128;

/// So few rows or numbers in the result that turning columns does not pay.
const FEW: usize = 16 * 16;

/// Numbers in a line of the cache.
const LINE: usize = 16;

static PACKED: Once = Once::new();

thread_local! {
    /// Columns being turned.
    static ROOM: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl<'a> Product<'a> {
    fn new(
        (dst, dst_stride): (*mut f32, usize),
        into: Into,
        a: Mat<'a>,
        b: Mat<'a>,
        scale: f32,
    ) -> Self {
        let (m, k, n) = (a.rows, a.cols, b.cols);
        assert_eq!(k, b.rows, "inner sizes of a product differ");
        assert!(a.data.len() >= extent(m, k, a.row_stride, a.col_stride));
        assert!(b.data.len() >= extent(k, n, b.row_stride, b.col_stride));
        Self {
            dst: Destination(dst),
            dst_stride,
            into,
            a,
            b,
            scale,
        }
    }

    /// Block after block of columns. Blocks do not depend on the number of threads, and so neither does a bit of what comes out.
    ///
    /// # Safety
    /// The destination must be writable as far as the sizes say.
    unsafe fn run(self, threads: usize) {
        if self.a.rows == 0 || self.b.cols == 0 {
            return;
        }
        let Some(width) = self.step() else {
            // SAFETY: as the caller promises.
            return unsafe { self.multiply(threads) };
        };
        let blocks = self.b.cols.div_ceil(width);
        let block = |block: usize, threads: usize| {
            let columns = block * width..((block + 1) * width).min(self.b.cols);
            // SAFETY: as the caller promises; blocks do not overlap.
            unsafe { self.columns(columns).turned_and_multiplied(threads) };
        };
        if threads == 1 || blocks < threads {
            return (0..blocks).for_each(|i| block(i, threads));
        }
        (0..threads).into_par_iter().for_each(|first| {
            (first..blocks).step_by(threads).for_each(|i| block(i, 1));
        });
    }

    /// Columns that are multiplied together, if not all are.
    fn step(&self) -> Option<usize> {
        let (m, n) = (self.a.rows, self.b.cols);
        if self.a.col_stride != 1 || m == 1 || m * n <= FEW {
            return None;
        }
        match self.b.is_turned() {
            true => Some(TURNED),
            false => (n > STRAIGHT).then_some(STRAIGHT),
        }
    }

    /// Some of its columns.
    ///
    /// # Safety
    /// They must be among those it has.
    unsafe fn columns(self, columns: Range<usize>) -> Self {
        Self {
            // SAFETY: as the caller promises; columns of the destination lie side by side.
            dst: Destination(unsafe { self.dst.0.add(columns.start) }),
            b: self.b.columns(columns),
            ..self
        }
    }

    /// # Safety
    /// As for [`Self::run`].
    unsafe fn turned_and_multiplied(self, threads: usize) {
        if !self.b.is_turned() {
            // SAFETY: as the caller promises.
            return unsafe { self.multiply(threads) };
        }
        // Taken, not borrowed: a thread that waits for others may meanwhile be given another product.
        let mut room = ROOM.take();
        let b = self.b.turned(&mut room);
        // SAFETY: as the caller promises.
        unsafe { Product { b, ..self }.multiply(threads) };
        ROOM.set(room);
    }

    /// # Safety
    /// As for [`Self::run`].
    unsafe fn multiply(self, threads: usize) {
        let (a, b) = (self.a, self.b);
        // So few columns of the operand that `gemm` calls its right one, times the six of its kernel, pay for gathering the other.
        PACKED.call_once(|| gemm::set_lhs_packing_threshold_single_thread(2));
        let parallelism = match threads {
            1 => Parallelism::None,
            threads => Parallelism::Rayon(threads),
        };
        // SAFETY: the sizes are those of the operands, whose extents were checked, and of the destination, as the caller promises.
        unsafe {
            gemm::gemm(
                a.rows,
                b.cols,
                a.cols,
                self.dst.0,
                1,
                self.dst_stride as isize,
                self.into == Into::Sum,
                a.data.as_ptr(),
                a.col_stride as isize,
                a.row_stride as isize,
                b.data.as_ptr(),
                b.col_stride as isize,
                b.row_stride as isize,
                1.0,
                self.scale,
                false,
                false,
                false,
                parallelism,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 37 % 101) as f32).sin()).collect()
    }

    /// Sizes on both sides of every limit: rows, inner size, columns.
    const SIZES: [(usize, usize, usize); 9] = [
        (1, 70, 300),
        (2, 1, 129),
        (3, 517, 85),
        (16, 64, 16),
        (17, 40, 64),
        (40, 33, 65),
        (65, 700, 128),
        (203, 517, 311),
        (304, 8, 512),
    ];

    /// A row-major product, with the second operand as it lies or by columns.
    fn made((m, k, n): (usize, usize, usize), by_columns: bool) -> Vec<f32> {
        let (a, b) = (numbers(m * k), numbers(k * n));
        let b = match by_columns {
            true => Mat::new(&b, n, k, k).t(),
            false => Mat::new(&b, k, n, n),
        };
        product_of(Mat::new(&a, m, k, k), b, 0.5)
    }

    #[test]
    fn a_product_is_that_of_its_rows_and_columns() {
        for (m, k, n) in SIZES {
            let (a, b) = (numbers(m * k), numbers(k * n));
            for by_columns in [false, true] {
                let found = made((m, k, n), by_columns);
                assert_eq!(found.len(), m * n);
                for (at, found) in found.iter().enumerate() {
                    let (row, col) = (at / n, at % n);
                    let of_b = |i| {
                        if by_columns {
                            b[col * k + i]
                        } else {
                            b[i * n + col]
                        }
                    };
                    let terms = (0..k).map(|i| f64::from(a[row * k + i]) * f64::from(of_b(i)));
                    let right = 0.5 * terms.sum::<f64>();
                    assert!(
                        (f64::from(*found) - right).abs() < 1e-3,
                        "{m} {k} {n} {by_columns}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_product_does_not_depend_on_the_threads_it_is_spread_over() {
        for (size, by_columns) in SIZES
            .into_iter()
            .flat_map(|size| [(size, false), (size, true)])
        {
            let spread = |threads| threads::spread_over(threads, || made(size, by_columns));
            for threads in [2, 3, 16] {
                assert_eq!(
                    spread(1),
                    spread(threads),
                    "{size:?} {by_columns} {threads}"
                );
            }
        }
    }

    #[test]
    fn products_that_wait_for_others_leave_each_other_s_columns_alone() {
        let size = (40, 300, 500);
        let alone = made(size, true);
        let together: Vec<Vec<f32>> = (0..32)
            .into_par_iter()
            .map(|_| threads::spread_over(3, || made(size, true)))
            .collect();
        assert!(together.iter().all(|made| *made == alone));
    }

    #[test]
    fn only_its_own_columns_are_written() {
        let (m, k, n, stride) = (20, 64, 100, 103);
        let (a, b) = (numbers(m * k), numbers(k * n));
        let mut dst = vec![7.0; m * stride];
        let (a, b) = (Mat::new(&a, m, k, k), Mat::new(&b, n, k, k).t());
        product(&mut dst, stride, Into::Fresh, a, b, 1.0);
        assert!(dst.chunks(stride).all(|row| row[n..] == [7.0; 3]));
    }

    #[test]
    fn nothing_to_add_up_makes_zeros() {
        let (a, b) = (Mat::new(&[], 3, 0, 0), Mat::new(&[], 0, 200, 200));
        assert_eq!(product_of(a, b, 1.0), vec![0.0; 600]);
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
