//! Where the model is least sure of its answers.

use super::{Candidate, Pick, Pool, Ranked, Strategy, random};
use medreg_datasets::reason::ChoiceReason;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The highest mean entropy of the answers' tokens; images without answers come last, by chance.
#[derive(Clone, Copy, Debug)]
pub struct Entropy;

impl Strategy for Entropy {
    fn rank(&self, pool: &Pool, budget: usize, rng: &mut ChaCha8Rng) -> Vec<Ranked> {
        let mut order = pool.open();
        // Sorting keeps the order of equals, so the seed breaks ties.
        order.shuffle(rng);
        let (asked, silent): (Vec<usize>, Vec<usize>) = order
            .into_iter()
            .partition(|i| mean(&pool.candidates[*i]).is_some());
        let mut ranked: Vec<Ranked> = asked
            .into_iter()
            .map(|index| ranked(index, &pool.candidates[index]))
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranked.truncate(budget);
        let floor = ranked.last().map_or(0.0, |last| last.score.min(0.0));
        let silent = random::pick(
            &silent,
            budget - ranked.len(),
            &ChoiceReason::ChanceSilent,
            rng,
        );
        ranked.extend(silent.into_iter().map(|(index, reason): Pick| Ranked {
            index,
            score: floor,
            reason,
        }));
        ranked
    }
}

fn ranked(index: usize, candidate: &Candidate) -> Ranked {
    Ranked {
        index,
        score: mean(candidate).unwrap_or(0.0),
        reason: reason(candidate),
    }
}

fn reason(candidate: &Candidate) -> ChoiceReason {
    let least_sure = candidate
        .signals()
        .max_by(|a, b| a.uncertainty.total_cmp(&b.uncertainty));
    least_sure.map_or(ChoiceReason::ChanceSilent, |signal| {
        ChoiceReason::LeastSure {
            concept: signal.concept.clone(),
        }
    })
}

fn mean(candidate: &Candidate) -> Option<f64> {
    let values: Vec<f64> = candidate
        .signals()
        .map(|signal| signal.uncertainty)
        .collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{candidate, chosen, rng};
    use super::*;

    #[test]
    fn the_least_sure_comes_first_and_the_silent_last() {
        let pool = Pool {
            candidates: vec![
                candidate(&[], &[("liver", 0.1), ("cyst", 0.3)]),
                candidate(&[], &[]),
                candidate(&[], &[("liver", 0.9), ("cyst", 0.7)]),
                candidate(&[], &[("liver", f64::NAN)]),
            ],
        };
        let ranked = Entropy.rank(&pool, 3, &mut rng(1));
        assert_eq!(chosen(&ranked)[..2], [2, 0]);
        assert!((ranked[0].score - 0.8).abs() < 1e-12);
        let concept = "liver".parse().unwrap();
        assert_eq!(ranked[0].reason, ChoiceReason::LeastSure { concept });
        assert_eq!(ranked[2].reason, ChoiceReason::ChanceSilent);
    }
}
