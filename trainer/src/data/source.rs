//! Where a training step's examples come from: any step can be asked for, so resuming needs no state but its number.

use super::framing::Framing;
use super::pixels::{Look, Resized};
use super::prompt::Prompter;
use super::sequence::Example;
use super::tiling::Tiling;
use super::turns::{TaskKind, TrainingTurn, turns_of_case};
use crate::model::ModelConfig;
use crate::model::kernels::side_by_side;
use crate::tokenizer::TokenizerError;
use image::DynamicImage;
use medreg_datasets::ids::{Digest, ImageId};
use medreg_datasets::lang::LangPair;
use medreg_datasets::ontology::Concept;
use medreg_datasets::protocol::RunConfig;
use medreg_datasets::snapshot::SnapshotCase;
use rand::seq::{IndexedMutRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Gives the examples of every step.
pub trait Source: Sync {
    /// The example at place `slot` of step `step`; always the same for the same arguments.
    fn example(&self, step: u64, slot: usize) -> Result<Example, SourceError>;

    /// What the examples are made from: a run goes on only with what it began with. `None` where nothing can change.
    fn content(&self) -> Option<Digest> {
        None
    }
}

/// Reads the picture of a case, as often as it is asked for.
pub trait Pictures: Sync {
    /// The picture at its own size.
    fn picture(&self, case: &SnapshotCase) -> Result<DynamicImage, SourceError>;
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

/// Bytes of pictures that are kept ready; what exceeds them is read anew at each visit, so that memory does not grow with the data.
pub const KEPT: usize = 512 * 1024 * 1024;

/// A case with something to learn from, its picture ready if there was room for it.
#[derive(Clone, Debug)]
struct Learnable {
    case: SnapshotCase,
    ready: Option<Resized>,
}

/// Annotated cases in a seeded order: each epoch is a fresh permutation, each visit a fresh draw of turns, and a fresh framing
/// unless the run has a bounded number of views.
pub struct CaseSource<'a> {
    subject: Subject,
    pictures: &'a dyn Pictures,
    cases: Vec<Learnable>,
    images_per_step: usize,
    turns: usize,
    views: u64,
    seed: u64,
    content: Digest,
}

/// Why there is nothing to learn from.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No case has a turn.
    #[error(
        "none of the cases has a turn to learn from: are there cases, and has the project concepts? Annotate some images and cut a new snapshot"
    )]
    NothingToLearn,
    /// A turn cannot be made into tokens.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A case's picture cannot be read.
    #[error("image {image}: its raster cannot be read: {reason}")]
    Picture {
        /// The image.
        image: ImageId,
        /// What is wrong.
        reason: String,
    },
}

impl<'a> CaseSource<'a> {
    /// [`RunConfig::images_per_step`] images per step, up to `run.turns_per_image` turns of each. Every turn is made into tokens and every picture
    /// read once, so that what cannot be used is found before a step is taken; pictures of `kept` bytes together stay ready.
    pub fn new(
        subject: Subject,
        pictures: &'a dyn Pictures,
        cases: &[&SnapshotCase],
        run: &RunConfig,
        (threads, kept): (usize, usize),
    ) -> Result<Self, SourceError> {
        let room = AtomicUsize::new(kept);
        let prepare = |n: usize| prepare(&subject, pictures, cases[n], &room);
        let prepared = side_by_side(cases.len(), threads, prepare);
        let cases = prepared
            .into_iter()
            .filter_map(Result::transpose)
            .collect::<Result<Vec<Learnable>, SourceError>>()?;
        if cases.is_empty() {
            return Err(SourceError::NothingToLearn);
        }
        Ok(Self {
            content: content_of(&subject, &cases),
            subject,
            pictures,
            cases,
            images_per_step: run.images_per_step(),
            turns: usize::from(run.turns_per_image),
            views: u64::from(run.views),
            seed: run.seed,
        })
    }

    /// The same for so many ranks, each of which takes the images per step that one process would.
    #[must_use]
    pub fn on_ranks(mut self, ranks: usize) -> Self {
        self.images_per_step *= ranks;
        self
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

    /// Which pass over the cases a visit belongs to, and which case it is to.
    fn place(&self, visit: u64) -> (u64, usize) {
        let (epoch, place) = (
            visit / self.cases.len() as u64,
            visit % self.cases.len() as u64,
        );
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        order.shuffle(&mut seeded(self.seed, epoch, u64::MAX));
        (epoch, order[place as usize])
    }

    /// Draws the case's framing and exposure of this pass, where it has a bounded number of them.
    fn view(&self, epoch: u64, case: usize) -> Option<ChaCha8Rng> {
        let view = epoch.checked_rem(self.views)?;
        Some(seeded(self.seed, case as u64, 1 + view))
    }
}

impl Source for CaseSource<'_> {
    fn example(&self, step: u64, slot: usize) -> Result<Example, SourceError> {
        let visit = step * self.images_per_step as u64 + slot as u64;
        let mut rng = seeded(self.seed, visit, 0);
        let (epoch, place) = self.place(visit);
        let (learnable, mut view) = (&self.cases[place], self.view(epoch, place));
        let resized = match &learnable.ready {
            Some(ready) => Cow::Borrowed(ready),
            None => Cow::Owned(resized(&self.subject, self.pictures, &learnable.case)?),
        };
        let of_view = view.as_mut().unwrap_or(&mut rng);
        let (picture, case) = reframed(&resized, &learnable.case, of_view);
        let look = picture.look(self.subject.config.vision_config.patch_size);
        let turns = turns_of_case(&case, &self.subject.ontology, &self.subject.langs);
        let drawn = draw(turns, self.turns, &mut rng);
        Ok(Example {
            look: with_other_exposure(look, view.as_mut().unwrap_or(&mut rng)),
            turns: drawn
                .iter()
                .map(|t| self.subject.prompter.turn(&t.turn))
                .collect::<Result<_, _>>()?,
        })
    }

    fn content(&self) -> Option<Digest> {
        Some(self.content.clone())
    }
}

/// Everything that examples depend on: the cases, which name their rasters by hash, in their order, and what they are asked in.
fn content_of(subject: &Subject, cases: &[Learnable]) -> Digest {
    let cases: Vec<&SnapshotCase> = cases.iter().map(|learnable| &learnable.case).collect();
    Digest::of(
        serde_json::json!([subject.ontology, subject.langs, cases])
            .to_string()
            .as_bytes(),
    )
}

/// A case whose turns and picture can be used; none where it has no turn.
fn prepare(
    subject: &Subject,
    pictures: &dyn Pictures,
    case: &SnapshotCase,
    room: &AtomicUsize,
) -> Result<Option<Learnable>, SourceError> {
    let turns = turns_of_case(case, &subject.ontology, &subject.langs);
    turns
        .iter()
        .try_for_each(|t| subject.prompter.turn(&t.turn).map(drop))?;
    if turns.is_empty() {
        return Ok(None);
    }
    let resized = resized(subject, pictures, case)?;
    let take = |left: usize| left.checked_sub(resized.bytes());
    let fits = room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
    Ok(Some(Learnable {
        case: case.clone(),
        ready: fits.is_ok().then_some(resized),
    }))
}

fn resized(
    subject: &Subject,
    pictures: &dyn Pictures,
    case: &SnapshotCase,
) -> Result<Resized, SourceError> {
    let picture = pictures.picture(case)?;
    Ok(Resized::new(&picture, Tiling::of(&subject.config)))
}

/// Another framing of the case, in three visits out of four.
fn reframed(picture: &Resized, case: &SnapshotCase, rng: &mut impl Rng) -> (Resized, SnapshotCase) {
    let mut case = case.clone();
    if rng.random_bool(0.25) {
        return (picture.clone(), case);
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
    (picture.reframed(&framing), case)
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
