//! What is least like anything that was read.

use super::gaps::Gaps;
use super::random::{self, afforded};
use super::{Budget, Pick, Pool, Ranked, Strategy, in_order};
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// After so many images chosen one by one the rest is taken by how far it is from all of these, so that the cost stays linear in the
/// pool.
const ONE_BY_ONE: usize = 1_000;

/// Image after image, the one farthest from all that are read or chosen: the greedy 2-approximation of the k-centre problem (Gonzalez
/// 1985; as active learning, arXiv 1708.00489). It needs no model, and it likes outliers.
#[derive(Clone, Copy, Debug)]
pub struct Coverage;

impl Strategy for Coverage {
    fn rank(&self, pool: &Pool, mut budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let mut open = pool.open();
        open.shuffle(rng);
        let mut gaps = Gaps::new(pool, &open, &pool.covered(), rng);
        let (mut left, other): (Vec<usize>, Vec<usize>) = open
            .into_iter()
            .partition(|index| gaps.of(*index).is_some());
        let mut picks = farthest(pool, &mut left, &mut gaps, &mut budget);
        left.sort_by(|a, b| far(&gaps, *b).total_cmp(&far(&gaps, *a)));
        let rest = left.into_iter().map(|index| (index, REASON));
        picks.extend(afforded(pool, rest, &mut budget));
        let chance = ChoiceReason::ChanceIncomparable;
        picks.extend(random::pick(pool, &other, &mut budget, &chance, rng));
        in_order(picks)
    }
}

const REASON: ChoiceReason = ChoiceReason::LeastLike;

fn far(gaps: &Gaps, index: usize) -> f32 {
    gaps.of(index).unwrap_or(0.0)
}

/// One by one, the farthest of those that fit.
fn farthest(pool: &Pool, left: &mut Vec<usize>, gaps: &mut Gaps, budget: &mut Budget) -> Vec<Pick> {
    let mut picks = Vec::new();
    while picks.len() < ONE_BY_ONE && !budget.is_spent() {
        let fitting = (0..left.len()).filter(|place| budget.fits(pool.cost(left[*place])));
        // The first of equals; the order is one by chance.
        let farther =
            |best: usize, place: usize| match far(gaps, left[place]) > far(gaps, left[best]) {
                true => place,
                false => best,
            };
        let Some(place) = fitting.reduce(farther) else {
            break;
        };
        let index = left.swap_remove(place);
        budget.pay(pool.cost(index));
        gaps.cover(index);
        picks.push((index, REASON));
    }
    picks
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::super::tests::{candidate, chosen, pool, rng};
    use super::*;

    fn at(degrees: f32) -> Candidate {
        let angle = degrees.to_radians();
        candidate(&[angle.cos(), angle.sin()], &[])
    }

    #[test]
    fn the_farthest_from_all_that_is_read_or_chosen_comes_next() {
        // Opposite pairs, so that the pool's mean is the circle's centre.
        let mut images: Vec<Candidate> = [0.0, 10.0, 60.0, 90.0, 180.0, 190.0, 240.0, 270.0]
            .map(at)
            .into();
        images[0].open = false;
        let ranked = Coverage.rank(&pool(images), Budget::of_images(3), &mut rng(1));
        // 180 is opposite of 0; then 90 and 270, which are 90 degrees from both.
        assert_eq!(ranked[0].index, 4);
        let mut then = chosen(&ranked)[1..].to_vec();
        then.sort_unstable();
        assert_eq!(then, [3, 7]);
        assert_eq!(ranked[0].reason, ChoiceReason::LeastLike);
    }

    #[test]
    fn what_cannot_be_compared_comes_last_and_what_does_not_fit_is_passed_over() {
        let mut images = vec![at(0.0), at(90.0), at(180.0), candidate(&[], &[])];
        images[0].open = false;
        images[2].boxes = Some(9.0);
        let ranked = Coverage.rank(&pool(images), Budget::of_boxes(2), &mut rng(1));
        assert_eq!(chosen(&ranked), [1, 3]);
        assert_eq!(ranked[1].reason, ChoiceReason::ChanceIncomparable);
    }
}
