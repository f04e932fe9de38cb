//! By chance, evenly over modalities.

use super::random::afforded;
use super::{Budget, Pick, Pool, Ranked, Strategy, in_order};
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Draws one image of each modality in turn, so that rare kinds of picture are not drowned.
#[derive(Clone, Copy, Debug)]
pub struct StratifiedRandom;

impl Strategy for StratifiedRandom {
    fn rank(&self, pool: &Pool, mut budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        in_order(pick(pool, &pool.open(), &mut budget, rng))
    }
}

/// Of these images by chance, one of each modality in turn, until the budget is spent.
pub(super) fn pick(
    pool: &Pool,
    from: &[usize],
    budget: &mut Budget,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut strata: BTreeMap<Modality, Vec<usize>> = BTreeMap::new();
    for index in from {
        strata
            .entry(pool.candidates()[*index].modality)
            .or_default()
            .push(*index);
    }
    let mut strata: Vec<(Modality, Vec<usize>)> = strata.into_iter().collect();
    strata.shuffle(rng);
    strata
        .iter_mut()
        .for_each(|(_, members)| members.shuffle(rng));
    let longest = strata
        .iter()
        .map(|(_, members)| members.len())
        .max()
        .unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| {
        strata
            .iter()
            .filter_map(move |(modality, members)| Some((*members.get(turn)?, reason(*modality))))
    });
    afforded(pool, turns, budget)
}

fn reason(modality: Modality) -> ChoiceReason {
    ChoiceReason::ChanceEqual { modality }
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::super::tests::{candidate, chosen, pool, rng};
    use super::*;

    #[test]
    fn a_rare_modality_gets_as_many_as_a_common_one() {
        let ct = || candidate(&[0.0], &[]);
        let mr = || Candidate {
            modality: Modality::Mr,
            ..ct()
        };
        let image = |i| if i % 25 == 0 { mr() } else { ct() };
        let pool = pool((0..50).map(image).collect());
        let ranked = StratifiedRandom.rank(&pool, Budget::of_images(4), &mut rng(3));
        let of_mr = chosen(&ranked)
            .into_iter()
            .filter(|i| pool.candidates()[*i].modality == Modality::Mr)
            .count();
        assert_eq!(of_mr, 2);
        assert!(ranked.iter().any(|r| r.reason == reason(Modality::Mr)));
    }
}
