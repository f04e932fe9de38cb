//! Isotonic regression by pooling adjacent violators (Ayer et al. 1955), read between its steps along straight lines.

use serde::{Deserialize, Serialize};

/// A rising curve through points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Log-odds, rising.
    pub at: Vec<f64>,
    /// The probability at each.
    pub probability: Vec<f64>,
}

/// Neighbours that share one probability.
struct Block {
    first: f64,
    last: f64,
    sum: f64,
    weight: f64,
}

impl Isotonic {
    /// The rising curve of the least square error. What no answer or every answer of a step contradicts stays off 0 and 1 by as much as one
    /// answer more could say.
    #[must_use]
    pub fn fit(log_odds: &[f64], right: &[bool]) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        for block in sorted(log_odds, right) {
            blocks.push(block);
            while let [.., before, last] = &blocks[..] {
                if before.sum * last.weight < last.sum * before.weight {
                    break;
                }
                pool(&mut blocks);
            }
        }
        let most = 1.0 - 1.0 / (right.len() as f64 + 2.0);
        let (mut at, mut probability) = (Vec::new(), Vec::new());
        for block in &blocks {
            let share = (block.sum / block.weight).clamp(1.0 - most, most);
            at.push(block.first);
            probability.push(share);
            if block.last > block.first {
                at.push(block.last);
                probability.push(share);
            }
        }
        Self { at, probability }
    }

    /// The probability for these log-odds; beyond the points that of the outermost one.
    #[must_use]
    pub fn probability(&self, log_odds: f64) -> f64 {
        let after = self.at.partition_point(|at| *at <= log_odds);
        let point = |index: usize| Some((*self.at.get(index)?, *self.probability.get(index)?));
        match (after.checked_sub(1).and_then(point), point(after)) {
            (Some((x0, p0)), Some((x1, p1))) => p0 + (p1 - p0) * (log_odds - x0) / (x1 - x0),
            (Some((_, p)), None) | (None, Some((_, p))) => p,
            (None, None) => 0.5,
        }
    }
}

/// The answers by rising log-odds, equal ones together.
fn sorted(log_odds: &[f64], right: &[bool]) -> Vec<Block> {
    let mut pairs: Vec<(f64, bool)> = log_odds
        .iter()
        .copied()
        .zip(right.iter().copied())
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut blocks: Vec<Block> = Vec::new();
    for (x, right) in pairs {
        let value = f64::from(u8::from(right));
        match blocks.last_mut() {
            Some(block) if block.last == x => {
                block.sum += value;
                block.weight += 1.0;
            }
            _ => blocks.push(Block {
                first: x,
                last: x,
                sum: value,
                weight: 1.0,
            }),
        }
    }
    blocks
}

/// Makes one of the last two.
fn pool(blocks: &mut Vec<Block>) {
    let Some(last) = blocks.pop() else { return };
    if let Some(before) = blocks.last_mut() {
        before.last = last.last;
        before.sum += last.sum;
        before.weight += last.weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn violators_are_pooled_as_worked_by_hand() {
        let right = [false, true, false, true, true];
        let fit = Isotonic::fit(&[0.0, 1.0, 2.0, 3.0, 4.0], &right);
        // 0 | 1/2 1/2 | 1 1, drawn in to 1/7 and 6/7.
        assert_eq!(fit.at, [0.0, 1.0, 2.0, 3.0, 4.0]);
        let expected = [1.0 / 7.0, 0.5, 0.5, 6.0 / 7.0, 6.0 / 7.0];
        for (found, expected) in fit.probability.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
        assert!((fit.probability(0.5) - (1.0 / 7.0 + 0.5) / 2.0).abs() < 1e-12);
        assert_eq!(fit.probability(-9.0), fit.probability[0]);
        assert_eq!(fit.probability(9.0), fit.probability[4]);
    }

    proptest! {
        #[test]
        fn the_curve_rises_stays_within_0_and_1_and_keeps_the_mean(
            answers in proptest::collection::vec((-5.0..5.0f64, any::<bool>()), 1..60)
        ) {
            let (odds, right): (Vec<f64>, Vec<bool>) = answers.iter().copied().unzip();
            let fit = Isotonic::fit(&odds, &right);
            prop_assert!(fit.at.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(fit.probability.windows(2).all(|w| w[0] <= w[1]));
            prop_assert!(fit.probability.iter().all(|p| (0.0..=1.0).contains(p)));
            let mean = odds.iter().map(|x| fit.probability(*x)).sum::<f64>() / odds.len() as f64;
            let share = right.iter().filter(|r| **r).count() as f64 / right.len() as f64;
            prop_assert!((mean - share).abs() <= 1.0 / (right.len() as f64 + 2.0) + 1e-9);
        }
    }
}
