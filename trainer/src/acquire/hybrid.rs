//! Coverage first, then uncertainty, always with a random share.

use super::clusters::{Points, distance};
use super::{Pick, Pool, Ranked, Strategy, in_order, random, stratified, typical};
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::reason::ChoiceReason;
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// The share drawn by chance in every round: the control, and the unbiased estimate of drift.
const RANDOM_SHARE: f64 = 0.2;
/// The share of coverage while the model is young.
const COVERAGE_SHARE: f64 = 0.5;
/// Rounds with a model in which coverage still has its share.
const EARLY_ROUNDS: u32 = 2;
/// Later, this many times as many uncertain images are looked at as are taken.
const SHORTLIST: usize = 4;

/// The default. Without a model's answers: typical images. In the first two rounds with one: half coverage, the rest noisy
/// uncertainty, evenly over concepts. After that: the most uncertain of each concept, and of those the ones that differ most
/// from everything read so far. A fifth is always drawn by chance, evenly over modalities.
#[derive(Clone, Copy, Debug)]
pub struct Hybrid {
    /// How many rounds with a published model came before.
    pub round: u32,
}

impl Strategy for Hybrid {
    fn rank(&self, pool: &Pool, budget: usize, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let mut batch = Batch::new(pool);
        let control = share(budget, RANDOM_SHARE);
        let coverage = match (pool.was_asked(), self.round < EARLY_ROUNDS) {
            (false, _) => budget - control,
            (true, true) => share(budget, COVERAGE_SHARE).min(budget - control),
            (true, false) => 0,
        };
        let uncertain = budget - control - coverage;
        batch.slice(|batch| typical::pick(pool, &batch.left, &batch.covered, coverage, rng));
        batch.slice(|batch| match self.round < EARLY_ROUNDS {
            true => noisy_uncertainty(pool, &batch.left, uncertain, rng),
            false => diverse_uncertainty(pool, &batch.left, &batch.covered, uncertain, rng),
        });
        batch.slice(|batch| stratified::pick(pool, &batch.left, control, rng));
        let missing = budget - batch.taken();
        batch.slice(|batch| random::pick(&batch.left, missing, &ChoiceReason::Chance, rng));
        in_order(interleave(batch.slices))
    }
}

fn share(budget: usize, share: f64) -> usize {
    (budget as f64 * share).round() as usize
}

/// What is chosen so far, slice by slice, and what is left.
struct Batch {
    left: Vec<usize>,
    covered: Vec<usize>,
    slices: Vec<Vec<Pick>>,
}

impl Batch {
    fn new(pool: &Pool) -> Self {
        Self {
            left: pool.open(),
            covered: pool.covered(),
            slices: Vec::new(),
        }
    }

    fn slice(&mut self, pick: impl FnOnce(&Self) -> Vec<Pick>) {
        let picks = pick(self);
        let picked: BTreeSet<usize> = picks.iter().map(|(index, _)| *index).collect();
        self.left.retain(|index| !picked.contains(index));
        self.covered.extend(picked);
        self.slices.push(picks);
    }

    fn taken(&self) -> usize {
        self.slices.iter().map(Vec::len).sum()
    }
}

/// All slices in one order that takes evenly from each, so that the mix holds however far the readers get.
fn interleave(slices: Vec<Vec<Pick>>) -> Vec<Pick> {
    let placed = slices.into_iter().flat_map(|slice| {
        let count = slice.len() as f64;
        slice
            .into_iter()
            .enumerate()
            .map(move |(place, pick)| ((place as f64 + 0.5) / count, pick))
    });
    let mut placed: Vec<(f64, Pick)> = placed.collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    placed.into_iter().map(|(_, pick)| pick).collect()
}

/// The images of one concept, with how unsure the model is about it there.
struct Stratum<'a> {
    concept: &'a ConceptKey,
    images: Vec<(usize, f64)>,
}

/// Concept by concept, in an order by chance; images within each in an order by chance.
fn by_concept<'a>(pool: &'a Pool, from: &[usize], rng: &mut ChaCha8Rng) -> Vec<Stratum<'a>> {
    let mut order = from.to_vec();
    order.shuffle(rng);
    let mut strata: BTreeMap<&str, Stratum<'a>> = BTreeMap::new();
    for index in order {
        for signal in pool.candidates[index].signals() {
            let stratum = Stratum {
                concept: &signal.concept,
                images: Vec::new(),
            };
            strata
                .entry(signal.concept.as_str())
                .or_insert(stratum)
                .images
                .push((index, signal.uncertainty));
        }
    }
    let mut strata: Vec<Stratum<'a>> = strata.into_values().collect();
    strata.shuffle(rng);
    strata
}

/// Concepts in turn, each giving its most uncertain image but for noise: ln u + Gumbel noise draws in proportion to u (stochastic
/// batch acquisition, arXiv 2106.12059), which keeps a batch from being many copies of one mistake.
fn noisy_uncertainty(pool: &Pool, from: &[usize], count: usize, rng: &mut ChaCha8Rng) -> Vec<Pick> {
    let mut strata = by_concept(pool, from, rng);
    for stratum in &mut strata {
        for (_, uncertainty) in &mut stratum.images {
            let uniform: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
            *uncertainty = uncertainty.max(f64::MIN_POSITIVE).ln() - (-uniform.ln()).ln();
        }
        stratum.images.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    in_turn(strata, count, |stratum, taken| {
        while let Some((index, _)) = stratum.images.pop() {
            if !taken.contains(&index) {
                return Some(index);
            }
        }
        None
    })
}

/// Concepts in turn, each giving of its most uncertain images the one farthest from all that is read or chosen (PPAL,
/// arXiv 2211.11612: uncertainty first, then diversity within the category).
fn diverse_uncertainty(
    pool: &Pool,
    from: &[usize],
    covered: &[usize],
    count: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut strata = by_concept(pool, from, rng);
    let shortlist = (SHORTLIST * count).div_ceil(strata.len().max(1));
    for stratum in &mut strata {
        stratum.images.sort_by(|a, b| b.1.total_cmp(&a.1));
        stratum.images.truncate(shortlist);
    }
    let mut gaps = Gaps::new(pool, from, covered);
    in_turn(strata, count, |stratum, taken| {
        let open = stratum
            .images
            .iter()
            .map(|(index, _)| *index)
            .filter(|index| !taken.contains(index));
        // The first of equals is the most uncertain.
        let index = open.fold(None, |best: Option<usize>, index| match best {
            Some(best) if gaps.of(index) <= gaps.of(best) => Some(best),
            _ => Some(index),
        })?;
        gaps.cover(index);
        Some(index)
    })
}

/// Takes from one stratum after the other until `count` are taken or none gives any more.
fn in_turn(
    mut strata: Vec<Stratum<'_>>,
    count: usize,
    mut take: impl FnMut(&mut Stratum<'_>, &BTreeSet<usize>) -> Option<usize>,
) -> Vec<Pick> {
    let (mut picks, mut taken) = (Vec::new(), BTreeSet::new());
    while !strata.is_empty() && picks.len() < count {
        strata.retain_mut(|stratum| {
            if picks.len() == count {
                return true;
            }
            let Some(index) = take(stratum, &taken) else {
                return false;
            };
            taken.insert(index);
            let concept = stratum.concept.clone();
            picks.push((index, ChoiceReason::Unsure { concept }));
            true
        });
    }
    picks
}

/// How far each image is from the nearest one that is read or chosen.
struct Gaps {
    points: Points,
    place: BTreeMap<usize, usize>,
    gaps: Vec<f32>,
}

impl Gaps {
    fn new(pool: &Pool, from: &[usize], covered: &[usize]) -> Self {
        let points = Points::of(pool, &[from, covered].concat());
        let place = points
            .indices
            .iter()
            .enumerate()
            .map(|(place, index)| (*index, place))
            .collect();
        let gaps = vec![f32::INFINITY; points.indices.len()];
        let mut all = Self {
            points,
            place,
            gaps,
        };
        covered.iter().for_each(|index| all.cover(*index));
        all
    }

    /// 0 for an image that cannot be compared.
    fn of(&self, index: usize) -> f32 {
        self.place
            .get(&index)
            .map_or(0.0, |place| self.gaps[*place])
    }

    fn cover(&mut self, index: usize) {
        let Some(place) = self.place.get(&index) else {
            return;
        };
        let centre = &self.points.vectors[*place];
        let closer = |(gap, point): (&mut f32, &Vec<f32>)| *gap = gap.min(distance(point, centre));
        self.gaps
            .iter_mut()
            .zip(&self.points.vectors)
            .for_each(closer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::super::tests::{candidate, chosen, rng};
    use super::*;

    fn reasons(ranked: &[Ranked]) -> [usize; 3] {
        let starting = |start: &str| {
            ranked
                .iter()
                .filter(|r| r.reason.to_string().starts_with(start))
                .count()
        };
        [
            starting("Typical"),
            starting("The model is unsure"),
            starting("Drawn by chance"),
        ]
    }

    /// Forty images around a circle; the model is the less sure of the liver the later they come.
    fn circle(asked: bool) -> Pool {
        let image = |i: usize| {
            let angle = i as f32 * 0.157;
            let signals: &[(&str, f64)] = &[("liver", 0.01 + i as f64), ("cyst", 1.0)];
            candidate(
                &[angle.cos(), angle.sin()],
                if asked { signals } else { &[] },
            )
        };
        Pool {
            candidates: (0..40).map(image).collect(),
        }
    }

    #[test]
    fn each_stage_has_its_mix_and_chance_never_goes_away() {
        let mix = |asked, round| reasons(&Hybrid { round }.rank(&circle(asked), 10, &mut rng(2)));
        assert_eq!(mix(false, 0), [8, 0, 2]);
        assert_eq!(mix(true, 0), [5, 3, 2]);
        assert_eq!(mix(true, 1), [5, 3, 2]);
        assert_eq!(mix(true, 2), [0, 8, 2]);
    }

    #[test]
    fn the_mix_holds_from_the_first_images_on() {
        let ranked = Hybrid { round: 0 }.rank(&circle(true), 20, &mut rng(2));
        assert_eq!(reasons(&ranked[..10]), [5, 3, 2]);
    }

    #[test]
    fn later_rounds_take_uncertain_images_that_differ() {
        let ranked = Hybrid { round: 5 }.rank(&circle(true), 5, &mut rng(2));
        let livers: Vec<usize> = ranked
            .iter()
            .filter(|r| r.reason.to_string().contains("liver"))
            .map(|r| r.index)
            .collect();
        // The shortlist of the liver is its eight most uncertain images, 32 to 39.
        assert!(
            !livers.is_empty() && livers.iter().all(|i| *i >= 32),
            "{livers:?}"
        );
        let apart = |a: usize, b: usize| a.abs_diff(b) > 1;
        assert!(
            livers.windows(2).all(|pair| apart(pair[0], pair[1])),
            "{livers:?}"
        );
    }

    #[test]
    fn a_concept_seen_rarely_gets_its_turn() {
        let mut pool = circle(true);
        pool.candidates.push(Candidate {
            ..candidate(&[0.5, 0.5], &[("stone", 0.001)])
        });
        let ranked = Hybrid { round: 0 }.rank(&pool, 20, &mut rng(2));
        assert!(chosen(&ranked).contains(&40));
    }
}
