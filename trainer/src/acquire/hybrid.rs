//! Coverage first, then uncertainty, always with a random share.

use super::gaps::Gaps;
use super::signal::Measure;
use super::{Budget, Pick, Pool, Ranked, Strategy, in_order, random, stratified, typical};
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
/// So many images are held against all that is read or chosen; a batch of more takes the rest by uncertainty alone.
const ONE_BY_ONE: usize = 1_000;
/// A concept gives images in inverse proportion to the number of images that it was read on, to this power: the square root lies between
/// the same for all and only the rarest (as where the rare categories of LVIS are sampled, arXiv 1908.03195).
const RARITY: f64 = 0.5;
/// What the model's uncertainty is measured by.
const MEASURE: Measure = Measure::Entropy;

/// The default. Without a model's answers: typical images. In the first two rounds with one: half coverage, the rest noisy
/// uncertainty. After that: the most uncertain of each concept, and of those the ones that differ most from everything read so
/// far. Concepts take turns, those that were read on few images more often. A fifth is always drawn by chance, evenly over modalities.
#[derive(Clone, Copy, Debug)]
pub struct Hybrid {
    /// How many rounds with a published model came before.
    pub round: u32,
}

impl Strategy for Hybrid {
    fn rank(&self, pool: &Pool, budget: Budget, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let mut batch = Batch::new(pool, budget);
        let control = budget.share(RANDOM_SHARE);
        let other = budget.without(&control);
        let coverage = match (was_asked(pool), self.round < EARLY_ROUNDS) {
            (false, _) => other,
            (true, true) => budget.share(COVERAGE_SHARE),
            (true, false) => Budget::of_images(0),
        };
        let uncertain = match coverage.is_spent() {
            true => other,
            false => other.without(&coverage),
        };
        batch.slice(coverage, |batch, part| {
            typical::pick(pool, &batch.left, &batch.covered, part, rng)
        });
        batch.slice(uncertain, |batch, part| match self.round < EARLY_ROUNDS {
            true => noisy_uncertainty(pool, &batch.left, part, rng),
            false => diverse_uncertainty(pool, &batch.left, &batch.covered, part, rng),
        });
        batch.slice(control, |batch, part| {
            stratified::pick(pool, &batch.left, part, rng)
        });
        let chance = ChoiceReason::Chance;
        batch.slice(batch.budget, |batch, part| {
            random::pick(pool, &batch.left, part, &chance, rng)
        });
        in_order(interleave(batch.slices))
    }
}

/// Whether a model answered about any image that may be chosen.
fn was_asked(pool: &Pool) -> bool {
    let mut open = pool.candidates().iter().filter(|c| c.open);
    open.any(|c| c.uncertainties(MEASURE).next().is_some())
}

/// What is chosen so far, slice by slice, and what is left.
struct Batch<'a> {
    pool: &'a Pool,
    /// Of the whole batch's, what no slice has spent.
    budget: Budget,
    left: Vec<usize>,
    covered: Vec<usize>,
    slices: Vec<Vec<Pick>>,
}

impl<'a> Batch<'a> {
    fn new(pool: &'a Pool, budget: Budget) -> Self {
        Self {
            pool,
            budget,
            left: pool.open(),
            covered: pool.covered(),
            slices: Vec::new(),
        }
    }

    fn slice(&mut self, mut part: Budget, pick: impl FnOnce(&Self, &mut Budget) -> Vec<Pick>) {
        let mut picks = pick(self, &mut part);
        // Parts are rounded; the whole is kept to.
        picks.retain(|(index, _)| self.budget.pay(self.pool.cost(*index)));
        let picked: BTreeSet<usize> = picks.iter().map(|(index, _)| *index).collect();
        self.left.retain(|index| !picked.contains(index));
        self.covered.extend(picked);
        self.slices.push(picks);
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
    /// On how many read images it was marked.
    read: usize,
    /// How many images it gave to this batch.
    taken: usize,
}

/// Concept by concept, in an order by chance; images within each in an order by chance.
fn by_concept<'a>(pool: &'a Pool, from: &[usize], rng: &mut ChaCha8Rng) -> Vec<Stratum<'a>> {
    let mut order = from.to_vec();
    order.shuffle(rng);
    let mut strata: BTreeMap<&str, Stratum<'a>> = BTreeMap::new();
    let read = pool.marked();
    for index in order {
        for (signal, uncertainty) in pool.candidates()[index].uncertainties(MEASURE) {
            let stratum = Stratum {
                concept: &signal.concept,
                images: Vec::new(),
                read: read.get(&signal.concept).copied().unwrap_or(0),
                taken: 0,
            };
            strata
                .entry(signal.concept.as_str())
                .or_insert(stratum)
                .images
                .push((index, uncertainty));
        }
    }
    let mut strata: Vec<Stratum<'a>> = strata.into_values().collect();
    strata.shuffle(rng);
    strata
}

/// Concepts in turn, each giving its most uncertain image but for noise: ln u + Gumbel noise draws in proportion to u (stochastic
/// batch acquisition, arXiv 2106.12059), which keeps a batch from being many copies of one mistake.
fn noisy_uncertainty(
    pool: &Pool,
    from: &[usize],
    budget: &mut Budget,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut strata = by_concept(pool, from, rng);
    for stratum in &mut strata {
        for (_, uncertainty) in &mut stratum.images {
            let uniform: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
            *uncertainty = uncertainty.max(f64::MIN_POSITIVE).ln() - (-uniform.ln()).ln();
        }
        stratum.images.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    in_turn(pool, strata, budget, &mut BTreeSet::new(), last)
}

/// The last image of a stratum that may be taken; those behind it are dropped.
fn last(stratum: &mut Stratum<'_>, may_be_taken: &dyn Fn(usize) -> bool) -> Option<usize> {
    while let Some((index, _)) = stratum.images.pop() {
        if may_be_taken(index) {
            return Some(index);
        }
    }
    None
}

/// Concepts in turn, each giving of its most uncertain images the one farthest from all that is read or chosen (PPAL,
/// arXiv 2211.11612: uncertainty first, then diversity within the category).
fn diverse_uncertainty(
    pool: &Pool,
    from: &[usize],
    covered: &[usize],
    budget: &mut Budget,
    rng: &mut ChaCha8Rng,
) -> Vec<Pick> {
    let mut strata = by_concept(pool, from, rng);
    for stratum in &mut strata {
        stratum.images.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    let mut part = budget.at_most(ONE_BY_ONE);
    let count = part.about(pool.mean_cost(from)).min(from.len());
    let turns = turns(&strata, count).into_iter();
    let shortlists = strata.iter().zip(turns);
    let shortlists: Vec<Stratum<'_>> = shortlists
        .map(|(stratum, turns)| stratum.shortlist(SHORTLIST * turns.max(1)))
        .collect();
    let short: BTreeSet<usize> = shortlists.iter().flat_map(Stratum::indices).collect();
    let short: Vec<usize> = short.into_iter().collect();
    let mut gaps = Gaps::new(pool, &short, covered, rng);
    let mut taken = BTreeSet::new();
    let mut picks = in_turn(pool, shortlists, &mut part, &mut taken, |stratum, fits| {
        let far = |index: usize| gaps.of(index).unwrap_or(0.0);
        // The first of equals is the most uncertain.
        let farther = |best: usize, next: usize| if far(next) > far(best) { next } else { best };
        let index = stratum
            .indices()
            .filter(|index| fits(*index))
            .reduce(farther)?;
        gaps.cover(index);
        Some(index)
    });
    picks.retain(|(index, _)| budget.pay(pool.cost(*index)));
    picks.extend(in_turn(pool, strata, budget, &mut taken, last));
    picks
}

impl Stratum<'_> {
    /// Its `length` most uncertain images, the most uncertain first, where the most uncertain stand last.
    fn shortlist(&self, length: usize) -> Self {
        let images = self.images.iter().rev().take(length).copied().collect();
        Self { images, ..*self }
    }

    /// When its turn is, having given so many images: the lowest gives the next one.
    fn turn(&self, taken: usize) -> f64 {
        (taken as f64 + 1.0) * (self.read as f64 + 1.0).powf(RARITY)
    }

    fn indices(&self) -> impl Iterator<Item = usize> {
        self.images.iter().map(|(index, _)| *index)
    }
}

/// How often each stratum has its turn among so many.
fn turns(strata: &[Stratum<'_>], count: usize) -> Vec<usize> {
    let mut turns = vec![0; strata.len()];
    for _ in 0..count {
        let open = (0..strata.len()).filter(|at| turns[*at] < strata[*at].images.len());
        let turn = |at: &usize| strata[*at].turn(turns[*at]);
        let Some(next) = open.min_by(|a, b| turn(a).total_cmp(&turn(b))) else {
            break;
        };
        turns[next] += 1;
    }
    turns
}

/// Takes an image from one stratum at a time, see [`Stratum::turn`], until the budget is spent or none gives any more. A stratum is told
/// which images may be taken: those that are not `taken` and fit.
fn in_turn(
    pool: &Pool,
    mut strata: Vec<Stratum<'_>>,
    budget: &mut Budget,
    taken: &mut BTreeSet<usize>,
    mut take: impl FnMut(&mut Stratum<'_>, &dyn Fn(usize) -> bool) -> Option<usize>,
) -> Vec<Pick> {
    let mut picks = Vec::new();
    while !budget.is_spent() {
        // The first of equals, whose order is by chance.
        let turns = strata.iter().enumerate();
        let Some((place, _)) =
            turns.min_by(|a, b| a.1.turn(a.1.taken).total_cmp(&b.1.turn(b.1.taken)))
        else {
            break;
        };
        let fits = |index: usize| !taken.contains(&index) && budget.fits(pool.cost(index));
        let Some(index) = take(&mut strata[place], &fits) else {
            strata.remove(place);
            continue;
        };
        budget.pay(pool.cost(index));
        taken.insert(index);
        strata[place].taken += 1;
        let concept = strata[place].concept.clone();
        picks.push((index, ChoiceReason::Unsure { concept }));
    }
    picks
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::super::tests::{candidate, chosen, pool, rng};
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
        pool((0..40).map(image).collect())
    }

    #[test]
    fn each_stage_has_its_mix_and_chance_never_goes_away() {
        let mix = |asked, round| {
            reasons(&Hybrid { round }.rank(&circle(asked), Budget::of_images(10), &mut rng(2)))
        };
        assert_eq!(mix(false, 0), [8, 0, 2]);
        assert_eq!(mix(true, 0), [5, 3, 2]);
        assert_eq!(mix(true, 1), [5, 3, 2]);
        assert_eq!(mix(true, 2), [0, 8, 2]);
    }

    #[test]
    fn the_mix_holds_from_the_first_images_on() {
        let ranked = Hybrid { round: 0 }.rank(&circle(true), Budget::of_images(20), &mut rng(2));
        assert_eq!(reasons(&ranked[..10]), [5, 3, 2]);
    }

    #[test]
    fn later_rounds_take_uncertain_images_that_differ() {
        let ranked = Hybrid { round: 5 }.rank(&circle(true), Budget::of_images(5), &mut rng(2));
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
    fn a_concept_that_was_read_rarely_has_more_turns() {
        let mut images = circle(true).candidates().to_vec();
        let read = Candidate {
            open: false,
            marked: vec!["liver".parse().unwrap()],
            ..candidate(&[1.0, 0.0], &[])
        };
        images.extend(vec![read; 15]);
        let pool = pool(images);
        for round in [0, 5] {
            let budget = Budget::of_images(30);
            let ranked = Hybrid { round }.rank(&pool, budget, &mut rng(2));
            let of = |concept: &str| {
                let about = |r: &&Ranked| r.reason.to_string().contains(concept);
                ranked.iter().filter(about).count()
            };
            let (liver, cyst) = (of("liver"), of("cyst"));
            // Fifteen livers were read and no cyst: its turn comes √16 times as often.
            let expected = (liver + cyst) as f64 / 5.0;
            assert!((liver as f64 - expected).abs() <= 1.0, "{liver} {cyst}");
        }
    }

    #[test]
    fn a_concept_seen_rarely_gets_its_turn() {
        let mut images = circle(true).candidates().to_vec();
        images.push(candidate(&[0.5, 0.5], &[("stone", 0.001)]));
        let budget = Budget::of_images(20);
        let ranked = Hybrid { round: 0 }.rank(&pool(images), budget, &mut rng(2));
        assert!(chosen(&ranked).contains(&40));
    }
}
