//! Where several versions of the model are each sure, and of different things.

use super::signal::Measure;
use super::{Budget, Pool, Ranked, Strategy, uncertain};
use medreg_datasets::reason::ChoiceReason;
use rand_chacha::ChaCha8Rng;

/// The highest mutual information between answer and model (BALD, arXiv 1112.5745; with dropout, 1703.02910): entropy that more reading
/// can take away, less the entropy that is in the picture itself.
#[derive(Clone, Copy, Debug)]
pub struct Bald;

impl Strategy for Bald {
    fn rank(&self, pool: &Pool, budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let reason = |concept| ChoiceReason::Contradicts { concept };
        uncertain::rank(pool, budget, Measure::Information, reason, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Signal;
    use super::super::tests::{asked, chosen, pool, rng};
    use super::*;

    #[test]
    fn entropy_alone_is_not_information() {
        let of = |entropy, information| {
            asked(&[information], |signal, information| Signal {
                entropy: Some(entropy),
                information: Some(information),
                ..signal
            })
        };
        let pool = pool(vec![of(2.0, 0.1), of(0.7, 0.6), of(1.0, f64::INFINITY)]);
        let ranked = Bald.rank(&pool, Budget::of_images(3), &mut rng(1));
        assert_eq!(chosen(&ranked), [1, 0, 2]);
        let concept = "concept_0".parse().unwrap();
        assert_eq!(ranked[0].reason, ChoiceReason::Contradicts { concept });
    }
}
