//! The transpose of a matrix in memory, eight rows and columns at once.
#![allow(unsafe_code)] // Loads and stores of whole registers take raw pointers; `transpose` checks every extent before.

use super::simd::Registers;

/// Rows and columns that are turned together.
const TILE: usize = 8;

/// How many numbers before they are needed those of a row are fetched.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 64;

/// Turns `rows` rows of `cols` numbers, `stride` apart in `from`, into `cols` rows of `rows` numbers, one right after the other in `to`.
///
/// # Panics
/// Where either slice is too short.
pub(super) fn transpose(to: &mut [f32], from: &[f32], (rows, cols): (usize, usize), stride: usize) {
    if rows == 0 || cols == 0 {
        return;
    }
    assert!(cols <= stride && from.len() >= (rows - 1) * stride + cols);
    assert!(to.len() >= rows * cols);
    let (whole_rows, whole_cols) = match Registers::here() {
        Registers::Any => (0, 0),
        Registers::Avx2 | Registers::Avx512 => (rows / TILE * TILE, cols / TILE * TILE),
    };
    #[cfg(target_arch = "x86_64")]
    if whole_rows > 0 {
        // SAFETY: the processor has AVX2, and the tiles lie inside both matrices, whose extents were checked.
        unsafe {
            tiles(
                (to.as_mut_ptr(), rows),
                (from.as_ptr(), stride),
                (whole_rows, whole_cols),
            )
        };
    }
    for row in 0..rows {
        let first = if row < whole_rows { whole_cols } else { 0 };
        for col in first..cols {
            to[col * rows + row] = from[row * stride + col];
        }
    }
}

/// Turns `rows` rows of `cols` numbers, both multiples of [`TILE`], tile by tile.
///
/// # Safety
/// Both matrices must lie in memory that may be read and written, their rows as far apart as the numbers beside the pointers say.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn tiles(
    (to, to_stride): (*mut f32, usize),
    (from, stride): (*const f32, usize),
    (rows, cols): (usize, usize),
) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // Two tiles below each other fill a line of the cache before it is left.
    for row in (0..rows).step_by(2 * TILE) {
        let both = (rows - row).min(2 * TILE);
        for col in (0..cols).step_by(TILE) {
            for tile_row in (row..row + both).step_by(TILE) {
                // SAFETY: as the caller promises.
                unsafe {
                    let (to, from) = (
                        to.add(col * to_stride + tile_row),
                        from.add(tile_row * stride + col),
                    );
                    tile(to, to_stride, from, stride);
                    for i in 0..TILE {
                        // What is not there is not fetched: any address will do.
                        _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(i * stride + AHEAD).cast());
                    }
                }
            }
        }
    }
}

/// Turns eight rows of eight numbers, `stride` apart, into eight rows `to_stride` apart.
///
/// # Safety
/// Both tiles must lie in memory that may be read and written.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn tile(to: *mut f32, to_stride: usize, from: *const f32, stride: usize) {
    use std::arch::x86_64::{
        _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_setzero_ps, _mm256_shuffle_ps,
        _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };
    let mut rows = [_mm256_setzero_ps(); TILE];
    for (i, row) in rows.iter_mut().enumerate() {
        // SAFETY: as the caller promises.
        *row = unsafe { _mm256_loadu_ps(from.add(i * stride)) };
    }
    // Numbers change places in pairs, then in fours, then between the halves of registers.
    let (mut pairs, mut fours) = (rows, rows);
    for i in [0, 2, 4, 6] {
        pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
    }
    for i in [0, 4] {
        fours[i] = _mm256_shuffle_ps::<0x44>(pairs[i], pairs[i + 2]);
        fours[i + 1] = _mm256_shuffle_ps::<0xEE>(pairs[i], pairs[i + 2]);
        fours[i + 2] = _mm256_shuffle_ps::<0x44>(pairs[i + 1], pairs[i + 3]);
        fours[i + 3] = _mm256_shuffle_ps::<0xEE>(pairs[i + 1], pairs[i + 3]);
    }
    for i in 0..4 {
        let (low, high) = (
            _mm256_permute2f128_ps::<0x20>(fours[i], fours[i + 4]),
            _mm256_permute2f128_ps::<0x31>(fours[i], fours[i + 4]),
        );
        // SAFETY: as the caller promises.
        unsafe {
            _mm256_storeu_ps(to.add(i * to_stride), low);
            _mm256_storeu_ps(to.add((i + 4) * to_stride), high);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_to_its_place() {
        for (rows, cols, stride) in [(1, 1, 1), (3, 5, 5), (8, 8, 9), (16, 24, 24), (21, 43, 50)] {
            let from: Vec<f32> = (0..rows * stride).map(|i| i as f32).collect();
            let mut to = vec![-1.0; rows * cols];
            transpose(&mut to, &from, (rows, cols), stride);
            for row in 0..rows {
                for col in 0..cols {
                    assert_eq!(to[col * rows + row], from[row * stride + col]);
                }
            }
        }
    }

    #[test]
    fn nothing_becomes_nothing() {
        transpose(&mut [], &[], (0, 7), 7);
        transpose(&mut [], &[], (7, 0), 0);
    }

    #[test]
    #[should_panic]
    fn too_short_a_slice_is_refused() {
        transpose(&mut [0.0; 63], &[0.0; 64], (8, 8), 8);
    }
}
