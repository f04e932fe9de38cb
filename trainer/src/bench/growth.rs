//! How a step's cost grows with its batch.

use super::steps::Lengths;

/// Tokens of each of two sequences, one per thread of the usual two.
pub const LONGER: [Lengths; 5] = [
    lengths(2, 128),
    lengths(2, 256),
    lengths(2, 512),
    lengths(2, 1024),
    lengths(2, 2048),
];

/// Sequences of the usual length.
pub const MORE: [Lengths; 5] = [
    lengths(1, 304),
    lengths(2, 304),
    lengths(4, 304),
    lengths(8, 304),
    lengths(16, 304),
];

const fn lengths(sequences: usize, tokens: usize) -> Lengths {
    Lengths { sequences, tokens }
}

/// The exponent e of cost ≈ c · sizeᵉ: the slope of the line through the logarithms, by least squares.
pub fn exponent(sizes_and_costs: &[(f64, f64)]) -> f64 {
    let logs = || sizes_and_costs.iter().map(|(s, c)| (s.ln(), c.ln()));
    let count = sizes_and_costs.len() as f64;
    let (mean_x, mean_y) = (
        logs().map(|(x, _)| x).sum::<f64>() / count,
        logs().map(|(_, y)| y).sum::<f64>() / count,
    );
    let along = logs().map(|(x, y)| (x - mean_x) * (y - mean_y));
    let across = logs().map(|(x, _)| (x - mean_x).powi(2));
    along.sum::<f64>() / across.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_of_a_power_is_found_whatever_its_factor() {
        for power in [0.5, 1.0, 2.0] {
            let points: Vec<(f64, f64)> = [1.0, 2.0, 4.0, 16.0]
                .map(|size: f64| (size, 7.0 * size.powf(power)))
                .to_vec();
            assert!((exponent(&points) - power).abs() < 1e-12, "{power}");
        }
    }
}
