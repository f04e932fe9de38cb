//! Where a training step's examples come from: any step can be asked for, so resuming needs no state but its number.

use super::framing::Framing;
use super::pixels::{Look, Resized};
use super::prompt::Prompter;
use super::sequence::Example;
use super::tiling::Tiling;
use super::turns::{TaskKind, TrainingTurn, turns_of_case};
use crate::model::ModelConfig;
use crate::tokenizer::TokenizerError;
use image::DynamicImage;
use medreg_datasets::lang::LangPair;
use medreg_datasets::ontology::Concept;
use medreg_datasets::snapshot::SnapshotCase;
use rand::seq::{IndexedMutRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Gives the examples of every step.
pub trait Source: Sync {
    /// The example at place `slot` of step `step`; always the same for the same arguments.
    fn example(&self, step: u64, slot: usize) -> Example;
}

/// What all cases of a run share.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Makes tokens.
    pub prompter: Prompter,
    /// Sizes of the pictures.
    pub config: ModelConfig,
    /// What regions are regions of.
    pub ontology: Vec<Concept>,
    /// The languages of the turns.
    pub langs: LangPair,
}

/// An image ready to be trained on.
#[derive(Clone, Debug)]
pub struct PreparedCase {
    picture: Resized,
    case: SnapshotCase,
}

impl PreparedCase {
    /// An annotated picture, brought to the model's sizes.
    #[must_use]
    pub fn new(picture: &DynamicImage, case: SnapshotCase, config: &ModelConfig) -> Self {
        Self {
            picture: Resized::new(picture, Tiling::of(config)),
            case,
        }
    }
}

/// Annotated cases in a seeded order: each epoch is a fresh permutation, each visit a fresh framing and draw of turns.
#[derive(Clone, Debug)]
pub struct CaseSource {
    subject: Subject,
    cases: Vec<PreparedCase>,
    batch: usize,
    turns: usize,
    seed: u64,
}

/// There is nothing to learn from.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No case has a turn.
    #[error(
        "none of the cases has a turn to learn from: are there cases, and has the project concepts?"
    )]
    NothingToLearn,
    /// A turn cannot be made into tokens.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

impl CaseSource {
    /// `batch` images per step, up to `turns` turns of each. Every turn is made into tokens once, so that none fails later.
    pub fn new(
        subject: Subject,
        mut cases: Vec<PreparedCase>,
        batch: usize,
        turns: usize,
        seed: u64,
    ) -> Result<Self, SourceError> {
        let mut learnable = Vec::with_capacity(cases.len());
        for prepared in &cases {
            let turns = turns_of_case(&prepared.case, &subject.ontology, &subject.langs);
            turns
                .iter()
                .try_for_each(|t| subject.prompter.turn(&t.turn).map(drop))?;
            learnable.push(!turns.is_empty());
        }
        let mut keep = learnable.into_iter();
        cases.retain(|_| keep.next().unwrap_or(false));
        if cases.is_empty() {
            return Err(SourceError::NothingToLearn);
        }
        Ok(Self {
            subject,
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
        let mut rng = seeded(self.seed, visit, 0);
        let (picture, case) = reframed(self.case(visit), &mut rng);
        let look = picture.look(self.subject.config.vision_config.patch_size);
        let turns = turns_of_case(&case, &self.subject.ontology, &self.subject.langs);
        let drawn = draw(turns, self.turns, &mut rng);
        Example {
            look: with_other_exposure(look, &mut rng),
            // All of them were tried when the source was made; only numbers have changed since.
            turns: drawn
                .iter()
                .filter_map(|t| self.subject.prompter.turn(&t.turn).ok())
                .collect(),
        }
    }
}

/// Another framing of the case, in three visits out of four.
fn reframed(prepared: &PreparedCase, rng: &mut impl Rng) -> (Resized, SnapshotCase) {
    let mut case = prepared.case.clone();
    if rng.random_bool(0.25) {
        return (prepared.picture.clone(), case);
    }
    let boxes: Vec<_> = case.regions.iter().map(|r| r.bbox).collect();
    let framing = Framing::random(&boxes, case.size, rng);
    case.regions
        .retain_mut(|region| match framing.moved(region.bbox, case.size) {
            Some(bbox) => {
                region.bbox = bbox;
                true
            }
            None => false,
        });
    (prepared.picture.reframed(&framing), case)
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
fn with_other_exposure(mut look: Look, rng: &mut impl Rng) -> Look {
    let (gain, offset) = (rng.random_range(0.9..1.1), rng.random_range(-0.15..0.15));
    look.patches
        .iter_mut()
        .for_each(|x| *x = *x * gain + offset);
    look
}

/// Draws up to `count` different turns, each task by its share.
fn draw(turns: Vec<TrainingTurn>, count: usize, rng: &mut impl Rng) -> Vec<TrainingTurn> {
    let mut by_kind: BTreeMap<TaskKind, Vec<TrainingTurn>> = BTreeMap::new();
    for turn in turns {
        by_kind.entry(turn.kind).or_default().push(turn);
    }
    let mut left: Vec<(TaskKind, Vec<TrainingTurn>)> = by_kind.into_iter().collect();
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        left.retain(|(_, turns)| !turns.is_empty());
        let Ok((_, turns)) = left.choose_weighted_mut(rng, |(kind, _)| kind.share()) else {
            break;
        };
        let at = rng.random_range(0..turns.len());
        drawn.push(turns.swap_remove(at));
    }
    drawn
}
