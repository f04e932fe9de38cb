//! By chance.

use super::{Budget, Pick, Pool, Ranked, Strategy, in_order};
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Every open image has the same chance: the baseline that a strategy has to beat.
#[derive(Clone, Copy, Debug)]
pub struct Random;

impl Strategy for Random {
    fn rank(&self, pool: &Pool, mut budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let chance = ChoiceReason::Chance;
        in_order(pick(pool, &pool.open(), &mut budget, &chance, rng))
    }
}

/// Of these images by chance, all for one reason, until the budget is spent.
pub(super) fn pick(
    pool: &Pool,
    from: &[usize],
    budget: &mut Budget,
    reason: &ChoiceReason,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut order = from.to_vec();
    order.shuffle(rng);
    let picks = order.into_iter().map(|index| (index, reason.clone()));
    afforded(pool, picks, budget)
}

/// Those of the picks that fit, in their order, until the budget is spent.
pub(super) fn afforded(
    pool: &Pool,
    picks: impl Iterator<Item = Pick>,
    budget: &mut Budget,
) -> Vec<Pick> {
    let mut taken = Vec::new();
    for (index, reason) in picks {
        if budget.is_spent() {
            break;
        }
        if budget.pay(pool.cost(index)) {
            taken.push((index, reason));
        }
    }
    taken
}
