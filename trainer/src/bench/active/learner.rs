//! The learner whose labels are chosen: for each kind of picture a head that finds and a head that names, over the frozen vision tower.

use super::finder::{Finder, Found, Sums, average_precisions};
use super::namer::{Lessons, Namer};
use super::pictures::{Picture, Pictures};
use medreg_datasets::modality::Modality;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// The places of the concepts that each kind of picture is asked about.
pub type Kinds = BTreeMap<Modality, Vec<usize>>;

/// How well a learner does on pictures it never saw, each part 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The mean over concepts of the share of its regions that are named rightly.
    pub naming: f64,
    /// The mean over concepts of the average precision of its patches.
    pub finding: f64,
}

impl Score {
    /// Both parts count alike.
    #[must_use]
    pub fn both(&self) -> f64 {
        f64::midpoint(self.naming, self.finding)
    }
}

/// What is learnt of one kind of picture.
#[derive(Clone, Debug)]
struct Expert {
    concepts: Vec<usize>,
    sums: Sums,
    lessons: Lessons,
    read: Vec<usize>,
    finder: Finder,
    namer: Namer,
    stale: bool,
}

/// All that is learnt from the pictures that were read.
#[derive(Clone, Debug)]
pub struct Learner<'a> {
    pool: &'a Pictures,
    experts: BTreeMap<Modality, Expert>,
    /// Of a member of an ensemble: the seed of how often it sees each picture.
    member: Option<u64>,
}

/// An answer to "where is it, and what is it?" for one concept on one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The concept asked for.
    pub concept: usize,
    /// Whether and where.
    pub found: Found,
    /// The region as the naming head sees it.
    pub region: Vec<f32>,
    /// How probable it is that nothing is there, then that there is something of each name of the kind; sums to 1.
    pub answers: Vec<f32>,
    /// Where each of these stands among all: 0 for nothing, one more than its place in the ontology for a concept.
    pub places: Vec<usize>,
}

impl<'a> Learner<'a> {
    /// That has read nothing. With a member's seed, each picture counts as often as a draw from Poisson's distribution with mean 1
    /// says: the bootstrap, one picture at a time (Oza and Russell 2001).
    #[must_use]
    pub fn new(pool: &'a Pictures, kinds: &Kinds, member: Option<u64>) -> Self {
        let expert = |(kind, concepts): (&Modality, &Vec<usize>)| {
            let sums = Sums::new(pool.width, concepts.clone());
            let expert = Expert {
                concepts: concepts.clone(),
                finder: sums.finder(pool.side, &[]),
                sums,
                lessons: Lessons::default(),
                read: Vec::new(),
                namer: Namer::new(pool.region_width(), concepts.len()),
                stale: false,
            };
            (*kind, expert)
        };
        Self {
            pool,
            experts: kinds.iter().map(expert).collect(),
            member,
        }
    }

    /// Reads a picture of the pool with its truth; heads change with [`Self::fit`].
    pub fn read(&mut self, place: usize) {
        let (pool, weight) = (self.pool, self.weight(place));
        let picture = &pool.all[place];
        let Some(expert) = self.experts.get_mut(&picture.modality) else {
            return;
        };
        expert.read.push(place);
        expert.stale = true;
        if weight == 0.0 {
            return;
        }
        expert.sums.add(picture, pool.side, weight);
        for truth in &picture.regions {
            let Some(name) = expert.concepts.iter().position(|c| *c == truth.concept) else {
                continue;
            };
            let region = pool.region(picture, truth.bbox);
            expert.lessons.features.extend(region);
            expert.lessons.names.push(name);
            expert.lessons.weights.push(weight as f32);
        }
    }

    fn weight(&self, place: usize) -> f64 {
        let Some(seed) = self.member else {
            return 1.0;
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(place as u64);
        poisson(&mut rng)
    }

    /// Learns from all that was read.
    pub fn fit(&mut self) {
        let pool = self.pool;
        for expert in self.experts.values_mut().filter(|expert| expert.stale) {
            let read: Vec<&Picture> = expert.read.iter().map(|at| &pool.all[*at]).collect();
            expert.finder = expert.sums.finder(pool.side, &read);
            expert.namer = expert.namer.learnt(&expert.lessons);
            expert.stale = false;
        }
    }

    /// What it says of a picture, concept by concept of its kind.
    #[must_use]
    pub fn answers(&self, picture: &Picture) -> Vec<Answer> {
        let Some(expert) = self.experts.get(&picture.modality) else {
            return Vec::new();
        };
        let found = expert.finder.find(picture).into_iter();
        let named = expert.concepts.iter().map(|concept| concept + 1);
        let places: Vec<usize> = std::iter::once(0).chain(named).collect();
        let answer = |(found, concept): (Found, &usize)| {
            let region = self.pool.region(picture, found.bbox);
            let there = found.presence as f32;
            let named = expert.namer.probabilities(&region);
            let some = named.iter().any(|p| *p > 0.0);
            let even = 1.0 / named.len().max(1) as f32;
            let names = named
                .into_iter()
                .map(|p| there * if some { p } else { even });
            Answer {
                concept: *concept,
                found,
                answers: std::iter::once(1.0 - there).chain(names).collect(),
                places: places.clone(),
                region,
            }
        };
        found.zip(&expert.concepts).map(answer).collect()
    }

    /// What a picture of this kind cost on average among those that were read.
    #[must_use]
    pub fn mean_cost(&self, kind: Modality) -> Option<f64> {
        let read = &self.experts.get(&kind)?.read;
        let costs = read.iter().map(|at| self.pool.all[*at].cost());
        (!read.is_empty()).then(|| costs.sum::<usize>() as f64 / read.len() as f64)
    }

    /// How well it does on the pictures of `test`, whose states have the same size. A concept that was never read has 0 in both.
    #[must_use]
    pub fn score(&self, test: &Pictures) -> Score {
        let (mut naming, mut finding) = (Vec::new(), Vec::new());
        for (kind, expert) in &self.experts {
            let of: Vec<usize> = (0..test.all.len())
                .filter(|at| test.all[*at].modality == *kind)
                .collect();
            naming.extend(expert.named(test, &of));
            let precisions = average_precisions(&expert.finder, &expert.concepts, test, &of);
            let known = |name: usize| expert.lessons.names.contains(&name);
            let counted =
                |(name, p): (usize, Option<f64>)| p.map(|p| if known(name) { p } else { 0.0 });
            finding.extend(precisions.into_iter().enumerate().filter_map(counted));
        }
        Score {
            naming: mean(&naming),
            finding: mean(&finding),
        }
    }
}

impl Expert {
    /// For each concept that is on the pictures, the share of its regions that are named rightly.
    fn named(&self, test: &Pictures, of: &[usize]) -> Vec<f64> {
        let mut counts = vec![(0usize, 0usize); self.concepts.len()];
        for picture in of.iter().map(|at| &test.all[*at]) {
            for truth in &picture.regions {
                let Some(name) = self.concepts.iter().position(|c| *c == truth.concept) else {
                    continue;
                };
                let said = self.namer.name(&test.region(picture, truth.bbox));
                counts[name].0 += usize::from(said == Some(name));
                counts[name].1 += 1;
            }
        }
        let shares = counts.into_iter().filter(|(_, all)| *all > 0);
        shares
            .map(|(right, all)| right as f64 / all as f64)
            .collect()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// A draw from Poisson's distribution with mean 1, by Knuth's product of uniforms.
fn poisson(rng: &mut ChaCha8Rng) -> f64 {
    let (mut product, mut count) = (rng.random::<f64>(), 0.0);
    while product > (-1.0f64).exp() {
        product *= rng.random::<f64>();
        count += 1.0;
    }
    count
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::pictures::Truth;
    use super::*;

    /// Pictures of four patches; concept 0 makes the first number of its patch 1, concept 1 the second.
    pub(in super::super) fn pictures(count: usize) -> Pictures {
        let corner = |n: usize| {
            let (x, y) = ((n % 2) as f32 / 2.0, (n / 2) as f32 / 2.0);
            [x, y, x + 0.5, y + 0.5]
        };
        let picture = |n: usize| {
            let mut states = [[0.0f32, 0.0, 1.0]; 4];
            states[n % 4][0] = 1.0;
            let mut regions = vec![Truth {
                concept: 0,
                bbox: corner(n % 4),
            }];
            if n.is_multiple_of(3) {
                states[(n + 1) % 4][1] = 1.0;
                regions.push(Truth {
                    concept: 1,
                    bbox: corner((n + 1) % 4),
                });
            }
            Picture {
                modality: Modality::Ct,
                regions,
                states: states.concat(),
                pooled: vec![n as f32, 1.0],
            }
        };
        Pictures {
            side: 2,
            width: 3,
            all: (0..count).map(picture).collect(),
        }
    }

    pub(in super::super) fn kinds() -> Kinds {
        Kinds::from([(Modality::Ct, vec![0, 1])])
    }

    #[test]
    fn what_can_be_told_apart_is_learnt_and_what_was_never_read_is_not() {
        let pool = pictures(60);
        let mut learner = Learner::new(&pool, &kinds(), None);
        assert_eq!(
            learner.score(&pool),
            Score {
                naming: 0.0,
                finding: 0.0
            }
        );
        (0..60).filter(|n| n % 3 != 0).for_each(|n| learner.read(n));
        learner.fit();
        let half = learner.score(&pool);
        assert_eq!(half.naming, 0.5);
        assert!((half.finding - 0.5).abs() < 1e-9, "{half:?}");
        (0..60).filter(|n| n % 3 == 0).for_each(|n| learner.read(n));
        learner.fit();
        assert_eq!(
            learner.score(&pool),
            Score {
                naming: 1.0,
                finding: 1.0
            }
        );
    }

    #[test]
    fn answers_are_distributions_and_say_what_is_there() {
        let pool = pictures(60);
        let mut learner = Learner::new(&pool, &kinds(), None);
        let unread = learner.answers(&pool.all[0]);
        assert!(
            unread
                .iter()
                .all(|a| (a.answers.iter().sum::<f32>() - 1.0).abs() < 1e-5)
        );
        (0..60).for_each(|n| learner.read(n));
        learner.fit();
        let presence = |n: usize| learner.answers(&pool.all[n])[1].found.presence;
        assert!(
            presence(0) > 0.9 && presence(1) < 0.1,
            "{} {}",
            presence(0),
            presence(1)
        );
        assert_eq!(
            learner.answers(&pool.all[0])[1].found.bbox,
            [0.5, 0.0, 1.0, 0.5]
        );
    }

    #[test]
    fn members_of_an_ensemble_see_other_pictures_and_always_the_same_ones() {
        let pool = pictures(12);
        let weights = |seed| {
            let learner = Learner::new(&pool, &kinds(), Some(seed));
            (0..400).map(|n| learner.weight(n)).collect::<Vec<_>>()
        };
        assert_eq!(weights(1), weights(1));
        assert_ne!(weights(1), weights(2));
        let mean = mean(&weights(1));
        assert!((mean - 1.0).abs() < 0.15, "{mean}");
    }
}
