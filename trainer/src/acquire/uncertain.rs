//! What the strategies that rank by one kind of uncertainty have in common.

use super::random::{self, afforded};
use super::signal::Measure;
use super::{Budget, Candidate, Pick, Pool, Ranked};
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// By the mean uncertainty over an image's questions, highest first; images of which none is known come last, by chance. `reason` is
/// given the concept that is most uncertain on an image.
pub(super) fn rank(
    pool: &Pool,
    mut budget: Budget,
    measure: Measure,
    reason: impl Fn(ConceptKey) -> ChoiceReason,
    rng: &mut ChaCha8Rng,
) -> Vec<Ranked> {
    let mut order = pool.open();
    // Sorting keeps the order of equals, so the seed breaks ties.
    order.shuffle(rng);
    let (mut asked, mut silent) = (Vec::new(), Vec::new());
    for index in order {
        match mean(&pool.candidates()[index], measure) {
            Some(mean) => asked.push((index, mean)),
            None => silent.push(index),
        }
    }
    asked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let wanted = asked.iter().map(|(index, _)| {
        let most = most_uncertain(&pool.candidates()[*index], measure);
        (*index, most.map_or(ChoiceReason::ChanceSilent, &reason))
    });
    let mut picks = afforded(pool, wanted, &mut budget);
    let silent = random::pick(pool, &silent, &mut budget, &ChoiceReason::ChanceSilent, rng);
    picks.extend(silent);
    scored(pool, picks, measure)
}

/// Scored by their mean; those without one by the least of the others', if that is below 0.
fn scored(pool: &Pool, picks: Vec<Pick>, measure: Measure) -> Vec<Ranked> {
    let mut floor = 0.0f64;
    let ranked = |(index, reason): Pick| {
        let score = mean(&pool.candidates()[index], measure).unwrap_or(floor);
        floor = floor.min(score);
        Ranked {
            index,
            score,
            reason,
        }
    };
    picks.into_iter().map(ranked).collect()
}

fn mean(candidate: &Candidate, measure: Measure) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for (_, uncertainty) in candidate.uncertainties(measure) {
        sum += uncertainty;
        count += 1;
    }
    // Many finite numbers may have a sum that is none.
    let mean = sum / f64::from(count);
    mean.is_finite().then_some(mean)
}

fn most_uncertain(candidate: &Candidate, measure: Measure) -> Option<ConceptKey> {
    let most = candidate
        .uncertainties(measure)
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(most.0.concept.clone())
}
