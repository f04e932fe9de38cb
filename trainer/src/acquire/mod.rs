//! Which images are read next: features and a model's answers in, a ranked batch with reasons out.
//!
//! A [`Strategy`] sees the pool and a budget and nothing else. The same pool, budget and seed give the same batch; the seed
//! also breaks ties. Features or scores that are not numbers never win: such images are taken last, by chance.

mod clusters;
mod entropy;
mod hybrid;
mod random;
mod stratified;
mod typical;

pub use entropy::Entropy;
pub use hybrid::Hybrid;
pub use random::Random;
pub use stratified::StratifiedRandom;
pub use typical::Typical;

use medreg_datasets::ids::ImageId;
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol;
use medreg_datasets::reason::ChoiceReason;
use rand_chacha::ChaCha8Rng;

/// How sure a model was of its answer to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The concept asked for.
    pub concept: ConceptKey,
    /// The mean entropy of the answer's tokens, in nats; higher is less sure.
    pub uncertainty: f64,
}

/// One image of the pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The image.
    pub image: ImageId,
    /// Its kind.
    pub modality: Modality,
    /// False where it is annotated already: never chosen, but what resembles it counts as covered.
    pub open: bool,
    /// The picture as the model's vision tower sees it: the mean over its patches.
    pub features: Vec<f32>,
    /// One signal per question asked; empty where the model was not asked.
    pub signals: Vec<Signal>,
}

/// All images that may be chosen, and those that are annotated already.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// The images, in a fixed order.
    pub candidates: Vec<Candidate>,
}

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
    /// Up to `budget` open images, first to last, none twice.
    fn rank(&self, pool: &Pool, budget: usize, rng: &mut ChaCha8Rng) -> Vec<Ranked>;
}

/// The strategy of a round; `round` counts the rounds with a published model that came before.
#[must_use]
pub fn strategy(name: protocol::Strategy, round: u32) -> Box<dyn Strategy> {
    match name {
        protocol::Strategy::Random => Box::new(Random),
        protocol::Strategy::StratifiedRandom => Box::new(StratifiedRandom),
        protocol::Strategy::Typical => Box::new(Typical),
        protocol::Strategy::Entropy => Box::new(Entropy),
        protocol::Strategy::Hybrid => Box::new(Hybrid { round }),
    }
}

impl Pool {
    /// The images that may be chosen.
    fn open(&self) -> Vec<usize> {
        self.indices(|candidate| candidate.open)
    }

    /// The images that are annotated already.
    fn covered(&self) -> Vec<usize> {
        self.indices(|candidate| !candidate.open)
    }

    fn indices(&self, wanted: impl Fn(&Candidate) -> bool) -> Vec<usize> {
        let matching = self
            .candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| wanted(candidate));
        matching.map(|(index, _)| index).collect()
    }

    /// Whether a model answered about any image that may be chosen.
    fn was_asked(&self) -> bool {
        self.candidates
            .iter()
            .any(|candidate| candidate.open && candidate.signals().next().is_some())
    }
}

impl Candidate {
    /// The signals that are numbers.
    fn signals(&self) -> impl Iterator<Item = &Signal> {
        self.signals
            .iter()
            .filter(|signal| signal.uncertainty.is_finite())
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
    use proptest::prelude::{Just, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use proptest::strategy::Strategy as _;
    use rand::SeedableRng;
    use std::collections::BTreeSet;

    pub(super) fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    pub(super) fn candidate(features: &[f32], uncertainties: &[(&str, f64)]) -> Candidate {
        let signal = |(name, uncertainty): &(&str, f64)| Signal {
            concept: name.parse().unwrap(),
            uncertainty: *uncertainty,
        };
        Candidate {
            image: ImageId::fresh(),
            modality: Modality::Ct,
            open: true,
            features: features.to_vec(),
            signals: uncertainties.iter().map(signal).collect(),
        }
    }

    pub(super) fn chosen(ranked: &[Ranked]) -> Vec<usize> {
        ranked.iter().map(|r| r.index).collect()
    }

    const ALL: [protocol::Strategy; 5] = [
        protocol::Strategy::Random,
        protocol::Strategy::StratifiedRandom,
        protocol::Strategy::Typical,
        protocol::Strategy::Entropy,
        protocol::Strategy::Hybrid,
    ];

    fn any_candidate() -> impl proptest::strategy::Strategy<Value = Candidate> {
        let number = prop_oneof![8 => -2.0f32..2.0, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY)];
        let uncertainty = prop_oneof![8 => 0.0..3.0f64, 1 => Just(f64::NAN), 1 => Just(f64::NEG_INFINITY), 1 => Just(0.0)];
        let features = proptest::collection::vec(number, 2..=3);
        let signals = proptest::collection::vec(uncertainty, 0..3);
        (features, signals, any::<bool>(), 0usize..3).prop_map(
            |(features, signals, open, modality)| {
                let named: Vec<(&str, f64)> = ["liver", "cyst"].into_iter().zip(signals).collect();
                Candidate {
                    open,
                    modality: Modality::ALL[modality],
                    ..candidate(&features, &named)
                }
            },
        )
    }

    proptest! {
        #[test]
        fn every_strategy_keeps_to_its_promises(
            candidates in proptest::collection::vec(any_candidate(), 0..30), budget in 0usize..12, seed in 0u64..4, round in 0u32..5,
        ) {
            let pool = Pool { candidates };
            for name in ALL {
                let ranked = strategy(name, round).rank(&pool, budget, &mut rng(seed));
                prop_assert_eq!(ranked.len(), budget.min(pool.open().len()), "{:?}", name);
                prop_assert!(ranked.iter().all(|r| pool.candidates[r.index].open && r.score.is_finite()));
                let different: BTreeSet<usize> = ranked.iter().map(|r| r.index).collect();
                prop_assert_eq!(different.len(), ranked.len());
                prop_assert!(ranked.windows(2).all(|pair| pair[0].score >= pair[1].score), "{:?} {:?}", name, ranked);
                prop_assert_eq!(strategy(name, round).rank(&pool, budget, &mut rng(seed)), ranked);
            }
        }
    }

    #[test]
    fn equal_images_are_chosen_by_the_seed() {
        let pool = Pool {
            candidates: vec![candidate(&[1.0, 0.0], &[("liver", 0.5)]); 20],
        };
        for name in ALL {
            let first = |seed| chosen(&strategy(name, 1).rank(&pool, 3, &mut rng(seed)));
            assert!((1..9).any(|seed| first(seed) != first(0)), "{name:?}");
        }
    }
}
