//! Rounds of reading: a strategy chooses, the truth is read, the learner learns and is examined, until everything is read.

use super::curves::{Curve, Point};
use super::learner::{Kinds, Learner};
use super::pictures::Pictures;
use super::signals::signals;
use crate::acquire::{self, Budget, Candidate, Pool};
use medreg_datasets::ontology::{Concept, ConceptKey};
use medreg_datasets::protocol::Strategy;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// Learners beside the one that is examined, for strategies that need several answers.
const MEMBERS: u64 = 4;

/// What all runs share.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// What may be read.
    pub pool: &'a Pictures,
    /// What is never read.
    pub test: &'a Pictures,
    /// What regions are regions of.
    pub ontology: &'a [Concept],
    /// Which of it each kind of picture is asked about.
    pub kinds: &'a Kinds,
    /// Boxes read at the end of each round; the last is all.
    pub budgets: &'a [usize],
}

/// One strategy's way through the pool.
struct Run<'a> {
    ground: Ground<'a>,
    strategy: Strategy,
    /// The one that is examined, then the members.
    learners: Vec<Learner<'a>>,
    open: Vec<bool>,
    boxes: usize,
    rng: ChaCha8Rng,
}

/// The curve of a strategy with a seed, which moves the start, ties, what is drawn by chance and the members' bootstraps; the learner
/// that is examined has one minimum and needs no seed.
#[must_use]
pub fn curve(ground: Ground<'_>, strategy: Strategy, seed: u64) -> Curve {
    let members = match strategy {
        Strategy::BoxDisagreement | Strategy::Bald => MEMBERS,
        _ => 0,
    };
    let learner = |member| Learner::new(ground.pool, ground.kinds, member);
    let others = (1..=members).map(|n| learner(Some(seed.wrapping_mul(1_009).wrapping_add(n))));
    let mut run = Run {
        ground,
        strategy,
        learners: std::iter::once(learner(None)).chain(others).collect(),
        open: vec![true; ground.pool.all.len()],
        boxes: 0,
        rng: ChaCha8Rng::seed_from_u64(seed),
    };
    let rounds = ground.budgets.iter().enumerate();
    rounds
        .map(|(round, target)| run.round(round, *target))
        .collect()
}

impl Run<'_> {
    /// Reads until so many boxes are read, or nothing is left, and examines the learner.
    fn round(&mut self, round: usize, target: usize) -> Point {
        let mut pool = self.candidates(round);
        while self.boxes < target {
            let chosen = self.chosen(&pool, round, target - self.boxes);
            if chosen.is_empty() {
                break;
            }
            for place in chosen {
                self.read(place);
                pool[place].open = false;
                pool[place].boxes = Some(self.ground.pool.all[place].cost() as f64);
                pool[place].marked = self.marked(&self.ground.pool.all[place]);
            }
        }
        self.learners.iter_mut().for_each(Learner::fit);
        Point::new(self.boxes, self.learners[0].score(self.ground.test))
    }

    /// What the strategy ranks, as far as the boxes that are really there let it be read; where nothing fits into so little, one image.
    fn chosen(&mut self, pool: &[Candidate], round: usize, boxes: usize) -> Vec<usize> {
        // The first round has no model; `round` counts those with one that came before.
        let strategy = acquire::strategy(self.strategy, round.saturating_sub(1) as u32);
        let pool = Pool::new(pool.to_vec());
        let mut rank = |budget| strategy.rank(&pool, budget, &mut self.rng);
        let mut ranked = rank(Budget::of_boxes(boxes as u32));
        if ranked.is_empty() {
            ranked = rank(Budget::of_images(1));
        }
        let mut left = boxes;
        let within = ranked.into_iter().map_while(|ranked| {
            let cost = self.ground.pool.all[ranked.index].cost();
            let fits = left > 0;
            left = left.saturating_sub(cost);
            fits.then_some(ranked.index)
        });
        within.collect()
    }

    fn read(&mut self, place: usize) {
        self.open[place] = false;
        self.boxes += self.ground.pool.all[place].cost();
        self.learners.iter_mut().for_each(|l| l.read(place));
    }

    /// The pool as the strategy sees it. What an unread image costs is not known: the mean of its kind's read ones is what it gets.
    fn candidates(&self, round: usize) -> Vec<Candidate> {
        let asked = round > 0 && uses_answers(self.strategy);
        let pictures = self.ground.pool.all.iter().zip(&self.open);
        let candidate = |(picture, open): (_, &bool)| {
            let picture: &super::pictures::Picture = picture;
            Candidate {
                modality: picture.modality,
                open: *open,
                features: picture.pooled.clone(),
                signals: match asked && *open {
                    true => signals(&self.learners, picture, self.ground.ontology),
                    false => Vec::new(),
                },
                boxes: self.expected(picture, *open),
                marked: match open {
                    true => Vec::new(),
                    false => self.marked(picture),
                },
            }
        };
        pictures.map(candidate).collect()
    }

    fn marked(&self, picture: &super::pictures::Picture) -> Vec<ConceptKey> {
        let places: BTreeSet<usize> = picture.regions.iter().map(|truth| truth.concept).collect();
        let concepts = places.into_iter().map(|place| &self.ground.ontology[place]);
        concepts.map(|concept| concept.key.clone()).collect()
    }

    fn expected(&self, picture: &super::pictures::Picture, open: bool) -> Option<f64> {
        match open {
            true => self.learners[0].mean_cost(picture.modality),
            false => Some(picture.cost() as f64),
        }
    }
}

/// Whether a strategy looks at answers at all: asking costs time.
fn uses_answers(strategy: Strategy) -> bool {
    !matches!(
        strategy,
        Strategy::Random | Strategy::StratifiedRandom | Strategy::Typical | Strategy::Coverage
    )
}
