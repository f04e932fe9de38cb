//! What would move the model far, and each time another way.

use super::clusters::drawn_by_weight;
use super::points::inner;
use super::random::{self, afforded};
use super::signal::{Gradient, Signal};
use super::{Budget, Candidate, Pick, Pool, Ranked, Strategy, in_order};
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// After so many images drawn one by one the rest is taken by how far its gradient is from all of these, so that the cost stays linear
/// in the pool.
const ONE_BY_ONE: usize = 1_000;

/// k-means++ over gradients (BADGE, arXiv 1906.03671): an image is drawn in proportion to how far its gradient is from those of the images
/// drawn before, squared. Gradients are short where the model is sure, so that is uncertainty and diversity in one. Images without a
/// gradient come last, by chance.
#[derive(Clone, Copy, Debug)]
pub struct Badge;

impl Strategy for Badge {
    fn rank(&self, pool: &Pool, mut budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let mut open = pool.open();
        open.shuffle(rng);
        let widths = widths(pool, &open);
        let gradients: Vec<Embedding<'_>> = open
            .par_iter()
            .filter_map(|index| Embedding::of(*index, &pool.candidates()[*index], &widths))
            .collect();
        let mut known = vec![false; pool.candidates().len()];
        gradients.iter().for_each(|g| known[g.index] = true);
        let silent: Vec<usize> = open.into_iter().filter(|index| !known[*index]).collect();
        let mut picks = spread_out(pool, &gradients, &mut budget, rng);
        let chance = ChoiceReason::ChanceSilent;
        picks.extend(random::pick(pool, &silent, &mut budget, &chance, rng));
        in_order(picks)
    }
}

/// The widths of errors and state of each concept, as on the first image that has a gradient for it.
type Widths<'a> = BTreeMap<&'a ConceptKey, (usize, usize)>;

fn widths<'a>(pool: &'a Pool, images: &[usize]) -> Widths<'a> {
    let mut widths = BTreeMap::new();
    for index in images {
        let candidate = &pool.candidates()[*index];
        for (concept, errors, state) in candidate.signals.iter().filter_map(|s| parts(candidate, s))
        {
            widths.entry(concept).or_insert((errors.len(), state.len()));
        }
    }
    widths
}

/// The parts of a signal's gradient, where they are numbers.
fn parts<'a>(
    candidate: &'a Candidate,
    signal: &'a Signal,
) -> Option<(&'a ConceptKey, &'a [f32], &'a [f32])> {
    let Gradient { errors, state } = signal.gradient.as_ref()?;
    let state = state.as_ref().unwrap_or(&candidate.features);
    let is_finite = |part: &Vec<f32>| !part.is_empty() && inner(part, part).is_finite();
    (is_finite(errors) && is_finite(state)).then_some((&signal.concept, errors, state))
}

/// The gradient of all questions about an image: one block for each concept, the blocks of others 0.
struct Embedding<'a> {
    index: usize,
    blocks: Vec<(&'a ConceptKey, &'a [f32], &'a [f32])>,
    square: f32,
}

impl<'a> Embedding<'a> {
    fn of(index: usize, candidate: &'a Candidate, widths: &Widths<'_>) -> Option<Self> {
        let signals = candidate.signals.iter();
        let mut blocks: Vec<_> = signals
            .filter_map(|signal| parts(candidate, signal))
            .filter(|(concept, e, s)| widths.get(concept) == Some(&(e.len(), s.len())))
            .collect();
        blocks.sort_by_key(|(concept, _, _)| concept.as_str());
        // One answer for each concept: the first.
        blocks.dedup_by_key(|(concept, _, _)| concept.as_str());
        let square = blocks
            .iter()
            .map(|block| product(block, block))
            .sum::<f32>();
        (!blocks.is_empty() && square.is_finite()).then_some(Self {
            index,
            blocks,
            square,
        })
    }

    /// The squared distance of two gradients.
    fn distance(&self, other: &Self) -> f32 {
        let (mut shared, mut others) = (0.0, other.blocks.iter().peekable());
        for block in &self.blocks {
            while others
                .next_if(|o| o.0.as_str() < block.0.as_str())
                .is_some()
            {}
            if let Some(same) = others.next_if(|o| o.0 == block.0) {
                shared += product(block, same);
            }
        }
        (self.square + other.square - 2.0 * shared).max(0.0)
    }

    /// The concept about which the image would teach most.
    fn reason(&self) -> ChoiceReason {
        let most = self
            .blocks
            .iter()
            .max_by(|a, b| product(a, a).total_cmp(&product(b, b)));
        most.map_or(ChoiceReason::ChanceSilent, |(concept, _, _)| {
            ChoiceReason::Teaches {
                concept: (*concept).clone(),
            }
        })
    }
}

type Block<'a> = (&'a ConceptKey, &'a [f32], &'a [f32]);

fn product(a: &Block<'_>, b: &Block<'_>) -> f32 {
    inner(a.1, b.1) * inner(a.2, b.2)
}

/// Drawn one by one as k-means++ draws its seeds, among what fits; the first in proportion to its length, squared.
fn spread_out(
    pool: &Pool,
    gradients: &[Embedding<'_>],
    budget: &mut Budget,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut gaps: Vec<f32> = gradients.iter().map(|gradient| gradient.square).collect();
    let (mut picks, mut left) = (Vec::new(), vec![true; gradients.len()]);
    while picks.len() < ONE_BY_ONE && !budget.is_spent() {
        for (gap, gradient) in gaps.iter_mut().zip(gradients) {
            if !budget.fits(pool.cost(gradient.index)) {
                *gap = 0.0;
            }
        }
        let Some(at) = drawn_by_weight(&gaps, rng) else {
            break;
        };
        let chosen = &gradients[at];
        left[at] = false;
        budget.pay(pool.cost(chosen.index));
        // What stood there for the first draw is no distance.
        let first = picks.is_empty();
        picks.push((chosen.index, chosen.reason()));
        let closer = |(gap, gradient): (&mut f32, &Embedding<'_>)| {
            let found = gradient.distance(chosen);
            *gap = if first { found } else { gap.min(found) };
        };
        gaps.par_iter_mut()
            .zip(gradients)
            .with_min_len(256)
            .for_each(closer);
        gaps[at] = 0.0;
    }
    let mut rest: Vec<usize> = (0..gradients.len()).filter(|at| left[*at]).collect();
    rest.sort_by(|a, b| gaps[*b].total_cmp(&gaps[*a]));
    let rest = rest
        .into_iter()
        .map(|at| (gradients[at].index, gradients[at].reason()));
    picks.extend(afforded(pool, rest, budget));
    picks
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asked, chosen, pool, rng};
    use super::*;

    fn with(gradients: &[(&[f32], &[f32])]) -> Candidate {
        let places: Vec<f64> = (0..gradients.len()).map(|place| place as f64).collect();
        asked(&places, |signal, place| {
            let (errors, state) = gradients[place as usize];
            let gradient = Gradient {
                errors: errors.to_vec(),
                state: Some(state.to_vec()),
            };
            Signal {
                gradient: Some(gradient),
                ..signal
            }
        })
    }

    #[test]
    fn distances_are_those_of_the_written_out_gradients() {
        let a = with(&[(&[1.0, -1.0], &[2.0, 0.0, 1.0]), (&[0.5], &[1.0])]);
        let b = with(&[(&[0.5, 0.0], &[1.0, 1.0, 0.0])]);
        let images = pool(vec![a, b]);
        let widths = widths(&images, &[0, 1]);
        let of = |index| Embedding::of(index, &images.candidates()[index], &widths).unwrap();
        // Block 0: (2 0 1; -2 0 -1) and (.5 .5 0; 0 0 0), whose difference has the squares 2.25 + .25 + 1 + 4 + 1; block 1: .25.
        assert!((of(0).distance(&of(1)) - 8.75).abs() < 1e-5);
        assert_eq!(of(0).distance(&of(0)), 0.0);
        assert_eq!(of(0).square, 10.25);
    }

    #[test]
    fn copies_of_one_mistake_are_taken_once_and_the_sure_and_the_silent_last() {
        let mistake = || with(&[(&[1.0], &[3.0, 0.0])]);
        let other = with(&[(&[1.0], &[0.0, 2.0])]);
        let sure = with(&[(&[0.0], &[1.0, 1.0])]);
        let silent = asked(&[], |signal, _| signal);
        let broken = with(&[(&[f32::NAN], &[1.0, 1.0])]);
        let pool = pool(vec![
            mistake(),
            mistake(),
            mistake(),
            other,
            sure,
            silent,
            broken,
        ]);
        for seed in 0..10 {
            let ranked = Badge.rank(&pool, Budget::of_images(7), &mut rng(seed));
            let order = chosen(&ranked);
            // After one copy and the other, all that is left has a gap: the sure one, whose gradient is nothing.
            let first: Vec<bool> = order[..3].iter().map(|index| *index < 3).collect();
            assert_eq!(
                first.iter().filter(|is_copy| **is_copy).count(),
                1,
                "{order:?}"
            );
            assert!(
                order[5..].contains(&5) && order[5..].contains(&6),
                "{order:?}"
            );
            assert_eq!(ranked[6].reason, ChoiceReason::ChanceSilent);
        }
    }
}
