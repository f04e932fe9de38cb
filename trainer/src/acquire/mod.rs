//! Which images are read next: features and a model's answers in, a ranked batch with reasons out.
//!
//! A [`Strategy`] sees the pool and a [`Budget`] and nothing else. The same pool, budget and seed give the same batch, on any number of
//! threads; the seed also breaks ties. Features or scores that are not numbers never win: such images are taken last, by chance.
//!
//! What an image costs is counted in boxes, for that is what readers' time goes into, and a budget of images favours crowded ones
//! (ComPAS, arXiv 2303.13089): as many as the model finds on it, or the mean of what was read, and never less than [`LEAST_COST`].
//! An image that does not fit into what is left is passed over, so no budget is ever exceeded.

mod badge;
mod bald;
mod box_disagreement;
mod budget;
mod clusters;
mod coverage;
mod entropy;
mod gaps;
mod hybrid;
mod margin;
mod points;
mod pool;
mod random;
mod signal;
mod stratified;
mod typical;
mod uncertain;

pub use badge::Badge;
pub use bald::Bald;
pub use box_disagreement::BoxDisagreement;
pub use budget::{Budget, LEAST_COST};
pub use coverage::Coverage;
pub use entropy::Entropy;
pub use hybrid::Hybrid;
pub use margin::Margin;
pub use pool::{Candidate, Pool};
pub use random::Random;
pub use signal::{Gradient, Signal};
pub use stratified::StratifiedRandom;
pub use typical::Typical;

use medreg_datasets::protocol;
use medreg_datasets::reason::ChoiceReason;
use rand_chacha::ChaCha8Rng;

/// One chosen image.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its place in [`Pool::candidates`].
    pub index: usize,
    /// Higher is sooner; what it measures is the strategy's own.
    pub score: f64,
    /// Why it was chosen.
    pub reason: ChoiceReason,
}

/// A way of choosing images.
pub trait Strategy: std::fmt::Debug {
    /// Open images, first to last, none twice, that cost no more than the budget together.
    fn rank(&self, pool: &Pool, budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked>;
}

/// The strategy of a round; `round` counts the rounds with a published model that came before.
#[must_use]
pub fn strategy(name: protocol::Strategy, round: u32) -> Box<dyn Strategy> {
    match name {
        protocol::Strategy::Random => Box::new(Random),
        protocol::Strategy::StratifiedRandom => Box::new(StratifiedRandom),
        protocol::Strategy::Typical => Box::new(Typical),
        protocol::Strategy::Coverage => Box::new(Coverage),
        protocol::Strategy::Entropy => Box::new(Entropy),
        protocol::Strategy::Margin => Box::new(Margin),
        protocol::Strategy::BoxDisagreement => Box::new(BoxDisagreement),
        protocol::Strategy::Bald => Box::new(Bald),
        protocol::Strategy::Badge => Box::new(Badge),
        protocol::Strategy::Hybrid => Box::new(Hybrid { round }),
    }
}

/// An image with its reason, before it has a score.
type Pick = (usize, ChoiceReason);

/// Picks in their order, scored from 1 down towards 0.
fn in_order(picks: Vec<Pick>) -> Vec<Ranked> {
    let count = picks.len() as f64;
    let ranked = |(place, (index, reason)): (usize, Pick)| Ranked {
        index,
        score: (count - place as f64) / count,
        reason,
    };
    picks.into_iter().enumerate().map(ranked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use medreg_datasets::modality::Modality;
    use proptest::prelude::{Just, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use proptest::strategy::Strategy as _;
    use rand::SeedableRng;
    use std::collections::BTreeSet;

    pub(super) fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    pub(super) fn pool(candidates: Vec<Candidate>) -> Pool {
        Pool::new(candidates)
    }

    pub(super) fn candidate(features: &[f32], entropies: &[(&str, f64)]) -> Candidate {
        let signal = |(name, entropy): &(&str, f64)| Signal {
            entropy: Some(*entropy),
            ..Signal::of(name.parse().unwrap())
        };
        Candidate {
            modality: Modality::Ct,
            open: true,
            features: features.to_vec(),
            signals: entropies.iter().map(signal).collect(),
            boxes: None,
            marked: Vec::new(),
        }
    }

    /// An image with a signal for each number, about `concept_0`, `concept_1`, …
    pub(super) fn asked(values: &[f64], of: impl Fn(Signal, f64) -> Signal) -> Candidate {
        let signal = |(place, value): (usize, &f64)| {
            let concept = format!("concept_{place}").parse().unwrap();
            of(Signal::of(concept), *value)
        };
        Candidate {
            signals: values.iter().enumerate().map(signal).collect(),
            ..candidate(&[], &[])
        }
    }

    pub(super) fn chosen(ranked: &[Ranked]) -> Vec<usize> {
        ranked.iter().map(|r| r.index).collect()
    }

    fn any_signal() -> impl proptest::strategy::Strategy<Value = Signal> {
        let number = || {
            let usual = 0.0..3.0f64;
            prop_oneof![8 => usual, 1 => Just(f64::NAN), 1 => Just(f64::NEG_INFINITY), 1 => Just(f64::MAX), 1 => Just(0.0)]
        };
        let any_number = move || proptest::option::of(number());
        let gradient = proptest::collection::vec(number().prop_map(|n| n as f32), 0..4);
        let measures = (any_number(), any_number(), any_number(), any_number());
        (measures, proptest::option::of(gradient)).prop_map(
            |((entropy, margin, disagreement, information), errors)| Signal {
                entropy,
                margin,
                disagreement,
                information,
                gradient: errors.map(|errors| Gradient {
                    errors,
                    state: None,
                }),
                ..Signal::of("liver".parse().unwrap())
            },
        )
    }

    fn any_candidate() -> impl proptest::strategy::Strategy<Value = Candidate> {
        let number = prop_oneof![8 => -2.0f32..2.0, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY), 1 => Just(f32::MAX)];
        let boxes = prop_oneof![4 => 0.0..6.0f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
        let features = proptest::collection::vec(number, 2..=3);
        let signals = proptest::collection::vec(any_signal(), 0..3);
        (
            features,
            signals,
            any::<bool>(),
            0usize..3,
            proptest::option::of(boxes),
        )
            .prop_map(|(features, mut signals, open, modality, boxes)| {
                let concepts = ["liver", "cyst"].into_iter().cycle();
                signals
                    .iter_mut()
                    .zip(concepts)
                    .for_each(|(s, c)| s.concept = c.parse().unwrap());
                Candidate {
                    open,
                    modality: Modality::ALL[modality],
                    signals,
                    boxes,
                    ..candidate(&features, &[])
                }
            })
    }

    proptest! {
        #[test]
        fn every_strategy_keeps_to_its_promises(
            candidates in proptest::collection::vec(any_candidate(), 0..30), images in 0usize..12, boxes in 0u32..30,
            seed in 0u64..4, round in 0u32..5,
        ) {
            let pool = pool(candidates);
            for name in protocol::Strategy::ALL {
                for budget in [Budget::of_images(images), Budget::of_boxes(boxes), Budget::of_boxes(boxes).at_most(images)] {
                    let ranked = strategy(name, round).rank(&pool, budget, &mut rng(seed));
                    prop_assert!(ranked.iter().all(|r| pool.candidates()[r.index].open && r.score.is_finite()));
                    let different: BTreeSet<usize> = ranked.iter().map(|r| r.index).collect();
                    prop_assert_eq!(different.len(), ranked.len());
                    let mut left = budget;
                    prop_assert!(ranked.iter().all(|r| left.pay(pool.cost(r.index))), "{:?} {:?} {:?}", name, budget, ranked);
                    // Nothing that would still fit is left behind.
                    let unread = pool.open().into_iter().filter(|index| !different.contains(index));
                    prop_assert!(unread.into_iter().all(|index| !left.fits(pool.cost(index))), "{:?} {:?} {:?}", name, left, ranked);
                    prop_assert!(ranked.windows(2).all(|pair| pair[0].score >= pair[1].score), "{:?} {:?}", name, ranked);
                    prop_assert_eq!(strategy(name, round).rank(&pool, budget, &mut rng(seed)), ranked);
                }
            }
        }
    }

    #[test]
    fn equal_images_are_chosen_by_the_seed() {
        let gradient = Some(Gradient {
            errors: vec![1.0],
            state: Some(vec![1.0]),
        });
        let signal = Signal {
            margin: Some(0.5),
            disagreement: Some(0.5),
            information: Some(0.5),
            gradient,
            ..candidate(&[], &[("liver", 0.5)]).signals[0].clone()
        };
        let image = Candidate {
            signals: vec![signal],
            ..candidate(&[1.0, 0.0], &[])
        };
        let pool = pool(vec![image; 20]);
        for name in protocol::Strategy::ALL {
            let rank = |seed| strategy(name, 1).rank(&pool, Budget::of_images(3), &mut rng(seed));
            let first = |seed| chosen(&rank(seed));
            assert!((1..9).any(|seed| first(seed) != first(0)), "{name:?}");
        }
    }
}
