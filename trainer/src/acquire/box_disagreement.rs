//! Where the model draws differently each time.

use super::signal::Measure;
use super::{Budget, Pool, Ranked, Strategy, uncertain};
use medreg_datasets::reason::ChoiceReason;
use rand_chacha::ChaCha8Rng;

/// The least overlap between the boxes of several answers to the same question, sampled or in another language: the consistency of CALD
/// (arXiv 2103.10374), asked of a model that writes its boxes.
#[derive(Clone, Copy, Debug)]
pub struct BoxDisagreement;

impl Strategy for BoxDisagreement {
    fn rank(&self, pool: &Pool, budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let reason = |concept| ChoiceReason::BoxesDiffer { concept };
        uncertain::rank(pool, budget, Measure::Disagreement, reason, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Signal;
    use super::super::tests::{asked, chosen, pool, rng};
    use super::*;

    #[test]
    fn the_least_overlap_comes_first_and_what_was_drawn_once_last() {
        let differ = |values: &[f64]| {
            asked(values, |signal, value| Signal {
                disagreement: Some(value),
                ..signal
            })
        };
        let once = asked(&[3.0], |signal, value| Signal {
            entropy: Some(value),
            ..signal
        });
        let pool = pool(vec![once, differ(&[0.1]), differ(&[0.7])]);
        let ranked = BoxDisagreement.rank(&pool, Budget::of_images(3), &mut rng(1));
        assert_eq!(chosen(&ranked), [2, 1, 0]);
        let concept = "concept_0".parse().unwrap();
        assert_eq!(ranked[0].reason, ChoiceReason::BoxesDiffer { concept });
        assert_eq!(ranked[2].reason, ChoiceReason::ChanceSilent);
    }
}
