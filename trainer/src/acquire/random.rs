//! By chance.

use super::{Pick, Pool, Ranked, Strategy, in_order};
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Every open image has the same chance: the baseline that a strategy has to beat.
#[derive(Clone, Copy, Debug)]
pub struct Random;

impl Strategy for Random {
    fn rank(&self, pool: &Pool, budget: usize, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        in_order(pick(&pool.open(), budget, &ChoiceReason::Chance, rng))
    }
}

/// Up to `count` of these images by chance, all for one reason.
pub(super) fn pick(
    from: &[usize],
    count: usize,
    reason: &ChoiceReason,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut order = from.to_vec();
    order.shuffle(rng);
    order.truncate(count);
    order
        .into_iter()
        .map(|index| (index, reason.clone()))
        .collect()
}
