//! Where the model wavers between two answers.

use super::signal::Measure;
use super::{Budget, Pool, Ranked, Strategy, uncertain};
use medreg_datasets::reason::ChoiceReason;
use rand_chacha::ChaCha8Rng;

/// The smallest difference between the two likeliest tokens' probabilities, the mean over the answers (margin sampling, Scheffer et al.
/// 2001). Unlike entropy it does not mind how the rest of the probability is spread over what nobody would say.
#[derive(Clone, Copy, Debug)]
pub struct Margin;

impl Strategy for Margin {
    fn rank(&self, pool: &Pool, budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let reason = |concept| ChoiceReason::Wavers { concept };
        uncertain::rank(pool, budget, Measure::Margin, reason, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asked, chosen, pool, rng};
    use super::super::{Candidate, Signal};
    use super::*;

    #[test]
    fn the_narrowest_margin_comes_first() {
        let with = |margins: &[f64]| -> Candidate {
            asked(margins, |signal, margin| Signal {
                margin: Some(margin),
                ..signal
            })
        };
        let pool = pool(vec![with(&[0.9, 0.8]), with(&[0.1, 0.9]), with(&[0.2])]);
        let ranked = Margin.rank(&pool, Budget::of_images(3), &mut rng(1));
        assert_eq!(chosen(&ranked), [2, 1, 0]);
        assert!((ranked[1].score - 0.5).abs() < 1e-12);
        let concept = "concept_0".parse().unwrap();
        assert_eq!(ranked[1].reason, ChoiceReason::Wavers { concept });
    }
}
