//! Normal equations: a symmetric matrix with a ridge, its Cholesky factor, and what it solves.

/// A factor `L` with `L Lᵀ = A`, row-major. // (width, width)
#[derive(Clone, Debug)]
pub struct Factor {
    width: usize,
    lower: Vec<f64>,
}

impl Factor {
    /// Of a symmetric matrix that is positive definite with `ridge` on its diagonal; a pivot that rounding makes too small is lifted.
    #[must_use]
    pub fn of(matrix: &[f64], width: usize, ridge: f64) -> Self {
        let mut lower = vec![0.0; width * width];
        for i in 0..width {
            for j in 0..=i {
                let (a, b) = (
                    &lower[i * width..i * width + j],
                    &lower[j * width..j * width + j],
                );
                let known: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                let left = matrix[i * width + j] - known;
                lower[i * width + j] = match i == j {
                    true => (left + ridge).max(1e-9).sqrt(),
                    false => left / lower[j * width + j],
                };
            }
        }
        Self { width, lower }
    }

    /// `A⁻¹ B`. // B: (width, columns)
    #[must_use]
    pub fn solve(&self, right: &[f64], columns: usize) -> Vec<f64> {
        let (width, mut x) = (self.width, right.to_vec());
        for i in 0..width {
            let (before, here) = x.split_at_mut(i * columns);
            let row = &mut here[..columns];
            for (j, factor) in self.lower[i * width..i * width + i].iter().enumerate() {
                less(row, *factor, &before[j * columns..(j + 1) * columns]);
            }
            row.iter_mut().for_each(|v| *v /= self.lower[i * width + i]);
        }
        for i in (0..width).rev() {
            let (here, after) = x.split_at_mut((i + 1) * columns);
            let row = &mut here[i * columns..];
            for j in i + 1..width {
                let known = &after[(j - i - 1) * columns..(j - i) * columns];
                less(row, self.lower[j * width + i], known);
            }
            row.iter_mut().for_each(|v| *v /= self.lower[i * width + i]);
        }
        x
    }
}

fn less(row: &mut [f64], factor: f64, known: &[f64]) {
    row.iter_mut()
        .zip(known)
        .for_each(|(v, k)| *v -= factor * k);
}

/// Adds `weight · x xᵀ` of each row; only the lower triangle is kept, which is all that [`Factor::of`] reads.
pub fn add_products(sums: &mut [f64], rows: &[f32], width: usize, weight: f64) {
    let mut part = vec![0.0f32; width * width];
    for x in rows.chunks_exact(width) {
        for i in 0..width {
            let sums = &mut part[i * width..i * width + i + 1];
            sums.iter_mut().zip(x).for_each(|(sum, v)| *sum += x[i] * v);
        }
    }
    sums.iter_mut()
        .zip(part)
        .for_each(|(sum, p)| *sum += weight * f64::from(p));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_worked_by_hand() {
        // [[4, 2], [2, 3]] x = [[8, 4], [7, 2]]
        let factor = Factor::of(&[4.0, 0.0, 2.0, 3.0], 2, 0.0);
        let x = factor.solve(&[8.0, 4.0, 7.0, 2.0], 2);
        let expected = [1.25, 1.0, 1.5, 0.0];
        assert!(
            x.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12),
            "{x:?}"
        );
    }

    #[test]
    fn products_are_summed_in_the_lower_triangle() {
        let mut sums = vec![0.0; 4];
        add_products(&mut sums, &[1.0, 2.0, 3.0, 4.0], 2, 2.0);
        assert_eq!(sums, [20.0, 0.0, 28.0, 40.0]);
    }
}
