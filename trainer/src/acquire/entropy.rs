//! Where the model is least sure of its answers.

use super::signal::Measure;
use super::{Budget, Pool, Ranked, Strategy, uncertain};
use medreg_datasets::reason::ChoiceReason;
use rand_chacha::ChaCha8Rng;

/// The highest mean entropy of the answers' tokens (uncertainty sampling; Settles 2009); images without answers come last, by chance.
#[derive(Clone, Copy, Debug)]
pub struct Entropy;

impl Strategy for Entropy {
    fn rank(&self, pool: &Pool, budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let reason = |concept| ChoiceReason::LeastSure { concept };
        uncertain::rank(pool, budget, Measure::Entropy, reason, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{candidate, chosen, pool, rng};
    use super::*;

    #[test]
    fn the_least_sure_comes_first_and_the_silent_last() {
        let pool = pool(vec![
            candidate(&[], &[("liver", 0.1), ("cyst", 0.3)]),
            candidate(&[], &[]),
            candidate(&[], &[("liver", 0.9), ("cyst", 0.7)]),
            candidate(&[], &[("liver", f64::NAN)]),
        ]);
        let ranked = Entropy.rank(&pool, Budget::of_images(3), &mut rng(1));
        assert_eq!(chosen(&ranked)[..2], [2, 0]);
        assert!((ranked[0].score - 0.8).abs() < 1e-12);
        let concept = "liver".parse().unwrap();
        assert_eq!(ranked[0].reason, ChoiceReason::LeastSure { concept });
        assert_eq!(ranked[2].reason, ChoiceReason::ChanceSilent);
    }
}
