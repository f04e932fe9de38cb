//! Where a training step's examples come from: any step can be asked for, so resuming needs no state but its number.

use super::prompt::{EncodedTurn, Prompter};
use super::sequence::Example;
use super::turns::{TaskKind, TrainingTurn};
use crate::tokenizer::TokenizerError;
use rand::seq::{IndexedMutRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Gives the examples of every step.
pub trait Source: Sync {
    /// The example at place `slot` of step `step`; always the same for the same arguments.
    fn example(&self, step: u64, slot: usize) -> Example;
}

/// An image ready to be trained on.
#[derive(Clone, Debug)]
pub struct PreparedCase {
    patches: Arc<Vec<f32>>,
    turns: BTreeMap<TaskKind, Vec<EncodedTurn>>,
}

impl PreparedCase {
    /// Encodes all turns of an image; `patches` as [`super::patches`] makes them.
    pub fn new(
        patches: Vec<f32>,
        turns: &[TrainingTurn],
        prompter: &Prompter,
    ) -> Result<Self, TokenizerError> {
        let mut encoded: BTreeMap<TaskKind, Vec<EncodedTurn>> = BTreeMap::new();
        for TrainingTurn { kind, turn } in turns {
            encoded.entry(*kind).or_default().push(prompter.turn(turn)?);
        }
        Ok(Self {
            patches: Arc::new(patches),
            turns: encoded,
        })
    }
}

/// Annotated cases in a seeded order: each epoch is a fresh permutation, each visit a fresh draw of turns.
#[derive(Clone, Debug)]
pub struct CaseSource {
    cases: Vec<PreparedCase>,
    batch: usize,
    turns: usize,
    seed: u64,
}

/// There is nothing to learn from.
#[derive(Debug, thiserror::Error)]
#[error(
    "none of the cases has a turn to learn from: are all of them without regions and concepts?"
)]
pub struct NothingToLearn;

impl CaseSource {
    /// `batch` images per step, up to `turns` turns of each.
    pub fn new(
        cases: Vec<PreparedCase>,
        batch: usize,
        turns: usize,
        seed: u64,
    ) -> Result<Self, NothingToLearn> {
        let cases: Vec<_> = cases.into_iter().filter(|c| !c.turns.is_empty()).collect();
        if cases.is_empty() {
            return Err(NothingToLearn);
        }
        Ok(Self {
            cases,
            batch,
            turns,
            seed,
        })
    }

    /// How many images have something to learn from.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Never: [`Self::new`] refuses that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    fn case(&self, visit: u64) -> &PreparedCase {
        let (epoch, place) = (
            visit / self.cases.len() as u64,
            visit % self.cases.len() as u64,
        );
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        order.shuffle(&mut seeded(self.seed, epoch, u64::MAX));
        &self.cases[order[place as usize]]
    }
}

impl Source for CaseSource {
    fn example(&self, step: u64, slot: usize) -> Example {
        let visit = step * self.batch as u64 + slot as u64;
        let case = self.case(visit);
        let mut rng = seeded(self.seed, visit, 0);
        Example {
            patches: Arc::new(with_other_exposure(&case.patches, &mut rng)),
            turns: draw(&case.turns, self.turns, &mut rng),
        }
    }
}

/// A generator for one purpose: distinct streams for distinct arguments.
#[must_use]
pub(crate) fn seeded(seed: u64, index: u64, purpose: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (part, number) in key
        .chunks_exact_mut(8)
        .zip([seed, index, purpose, 0x6d65_6472_6567])
    {
        part.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// Brightness and contrast changed a little; nothing moves, so boxes stay true.
fn with_other_exposure(patches: &[f32], rng: &mut impl Rng) -> Vec<f32> {
    let (gain, offset) = (rng.random_range(0.9..1.1), rng.random_range(-0.15..0.15));
    patches.iter().map(|x| x * gain + offset).collect()
}

/// Draws up to `count` different turns, each task by its share.
fn draw(
    turns: &BTreeMap<TaskKind, Vec<EncodedTurn>>,
    count: usize,
    rng: &mut impl Rng,
) -> Vec<EncodedTurn> {
    let mut left: Vec<(TaskKind, Vec<&EncodedTurn>)> = turns
        .iter()
        .map(|(k, t)| (*k, t.iter().collect()))
        .collect();
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        left.retain(|(_, turns)| !turns.is_empty());
        let Ok((_, turns)) = left.choose_weighted_mut(rng, |(kind, _)| kind.share()) else {
            break;
        };
        let at = rng.random_range(0..turns.len());
        drawn.push(turns.swap_remove(at).clone());
    }
    drawn
}
