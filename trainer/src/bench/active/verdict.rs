//! What the curves say, computed: who needs how many boxes, and whether that supports the claim.

use super::bootstrap::{Estimate, estimate, mean};
use super::curves::{Curve, area, boxes_to};
use medreg_datasets::protocol::Strategy;
use serde::Serialize;

/// The claim: this share of the boxes of [`Strategy::StratifiedRandom`] is enough …
pub const CLAIMED: f64 = 0.5;
/// … to come to this share of the score that all boxes give.
pub const TARGET: f64 = 0.95;
/// The lower target that is told as well.
pub const EARLIER: f64 = 0.9;

/// All curves of one strategy, seed by seed.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The strategy.
    pub strategy: Strategy,
    /// One curve per seed, in the same order of seeds for every strategy.
    pub curves: Vec<Curve>,
}

/// What a strategy's curves come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The strategy.
    pub strategy: Strategy,
    /// The area under the curve; see [`area`].
    pub area: Option<Estimate>,
    /// Boxes to [`EARLIER`] of the score of all boxes; `None` where a seed does not come there.
    pub to_earlier: Option<Estimate>,
    /// Boxes to [`TARGET`] of it.
    pub to_target: Option<Estimate>,
    /// Those of stratified random in parts of which ours are, paired by seed.
    pub ratio: Option<Estimate>,
    /// The same against random.
    pub ratio_to_random: Option<Estimate>,
}

/// Whether the claim holds for one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At most [`CLAIMED`] of the boxes, and the intervals do not overlap.
    Holds,
    /// Fewer boxes than stratified random beyond chance, but more than claimed.
    Fewer,
    /// No difference that is beyond chance.
    Alike,
    /// More boxes than stratified random, beyond chance.
    More,
    /// It, or stratified random, did not come to the target.
    NotReached,
}

/// What the whole benchmark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// The claim holds for the strategy that needs fewest.
    Holds(Strategy),
    /// It fails: this one needs fewest, fewer than stratified random, but not as few as claimed.
    Fails(Strategy),
    /// No strategy needs fewer boxes than stratified random beyond chance.
    RandomWins,
    /// Stratified random did not come to the target: nothing can be said.
    NotReached,
}

/// The strategies that draw by chance, against which the others are held.
fn by_chance(strategy: Strategy) -> bool {
    matches!(strategy, Strategy::Random | Strategy::StratifiedRandom)
}

/// What the curves come to; `full` is the score with all boxes.
#[must_use]
pub fn summaries(outcomes: &[Outcome], full: f64) -> Vec<Summary> {
    let to = |strategy: Strategy, share: f64| -> Option<Vec<f64>> {
        let outcome = outcomes.iter().find(|o| o.strategy == strategy)?;
        let needed = outcome
            .curves
            .iter()
            .map(|curve| boxes_to(curve, share * full));
        needed.collect()
    };
    let (from, until) = limits(outcomes);
    let summary = |outcome: &Outcome| {
        let seeds = outcome.curves.len();
        let over = |values: Option<Vec<f64>>| {
            let values = values?;
            estimate(seeds, |places| mean(&values, places))
        };
        let against = |other: Strategy| {
            let (ours, theirs) = (to(outcome.strategy, TARGET)?, to(other, TARGET)?);
            let paired = ours.len() == theirs.len();
            let ratio = |places: &[usize]| mean(&ours, places) / mean(&theirs, places);
            paired.then(|| estimate(seeds, ratio))?
        };
        let areas = outcome.curves.iter().map(|curve| area(curve, from, until));
        Summary {
            strategy: outcome.strategy,
            area: over(areas.collect()),
            to_earlier: over(to(outcome.strategy, EARLIER)),
            to_target: over(to(outcome.strategy, TARGET)),
            ratio: against(Strategy::StratifiedRandom),
            ratio_to_random: against(Strategy::Random),
        }
    };
    outcomes.iter().map(summary).collect()
}

/// The boxes between which all curves have a score.
fn limits(outcomes: &[Outcome]) -> (f64, f64) {
    let curves = || outcomes.iter().flat_map(|o| &o.curves);
    let first = curves().filter_map(|c| c.first()).map(|p| p.boxes);
    let last = curves().filter_map(|c| c.last()).map(|p| p.boxes);
    (
        first.fold(1.0, f64::max),
        last.fold(f64::INFINITY, f64::min),
    )
}

impl Summary {
    /// Whether the claim holds for this strategy, beside stratified random's summary.
    #[must_use]
    pub fn verdict(&self, reference: &Self) -> Verdict {
        let (Some(ours), Some(theirs), Some(ratio)) =
            (&self.to_target, &reference.to_target, &self.ratio)
        else {
            return Verdict::NotReached;
        };
        match ratio {
            ratio if ratio.value <= CLAIMED && ours.is_below(theirs) => Verdict::Holds,
            ratio if ratio.high < 1.0 => Verdict::Fewer,
            ratio if ratio.low > 1.0 => Verdict::More,
            _ => Verdict::Alike,
        }
    }
}

/// What all summaries say together.
#[must_use]
pub fn conclusion(summaries: &[Summary]) -> Conclusion {
    let reference = summaries
        .iter()
        .find(|s| s.strategy == Strategy::StratifiedRandom);
    let Some(reference) = reference.filter(|s| s.to_target.is_some()) else {
        return Conclusion::NotReached;
    };
    let fewest = |verdict: Verdict| {
        let such = summaries
            .iter()
            .filter(|s| !by_chance(s.strategy) && s.verdict(reference) == verdict);
        let needed = |s: &&Summary| s.to_target.map_or(f64::INFINITY, |e| e.value);
        such.min_by(|a, b| needed(a).total_cmp(&needed(b)))
            .map(|s| s.strategy)
    };
    match (fewest(Verdict::Holds), fewest(Verdict::Fewer)) {
        (Some(strategy), _) => Conclusion::Holds(strategy),
        (None, Some(strategy)) => Conclusion::Fails(strategy),
        (None, None) => Conclusion::RandomWins,
    }
}

/// The strategies that no other beats beyond chance in boxes to the target, paired by seed: which of them is the default is a matter of
/// other virtues.
#[must_use]
pub fn unbeaten(outcomes: &[Outcome], full: f64) -> Vec<Strategy> {
    let needed = |outcome: &Outcome| -> Option<Vec<f64>> {
        let to = |curve: &Curve| boxes_to(curve, TARGET * full);
        outcome.curves.iter().map(to).collect()
    };
    let beaten = |ours: &[f64]| {
        outcomes.iter().filter_map(needed).any(|theirs| {
            let less = |places: &[usize]| mean(&theirs, places) - mean(ours, places);
            theirs.len() == ours.len() && estimate(ours.len(), less).is_some_and(|d| d.high < 0.0)
        })
    };
    let stands = |outcome: &&Outcome| needed(outcome).is_some_and(|ours| !beaten(&ours));
    outcomes.iter().filter(stands).map(|o| o.strategy).collect()
}

#[cfg(test)]
mod tests {
    use super::super::curves::tests::curve;
    use super::*;

    /// Curves that come to 0.95 of a score of 1 at these boxes.
    fn outcome(strategy: Strategy, boxes: &[f64]) -> Outcome {
        let reaching = |boxes: &f64| curve(&[(1.0, 0.0), (*boxes, 0.95), (2_000.0, 1.0)]);
        Outcome {
            strategy,
            curves: boxes.iter().map(reaching).collect(),
        }
    }

    fn concluded(stratified: &[f64], entropy: &[f64]) -> (Conclusion, Verdict) {
        let outcomes = [
            outcome(Strategy::Random, stratified),
            outcome(Strategy::StratifiedRandom, stratified),
            outcome(Strategy::Entropy, entropy),
        ];
        let all = summaries(&outcomes, 1.0);
        (conclusion(&all), all[2].verdict(&all[1]))
    }

    const STRATIFIED: [f64; 4] = [1000.0, 1010.0, 990.0, 1000.0];

    #[test]
    fn the_claim_holds_with_half_the_boxes_and_intervals_apart() {
        let (all, one) = concluded(&STRATIFIED, &[400.0, 410.0, 390.0, 400.0]);
        assert_eq!(
            (all, one),
            (Conclusion::Holds(Strategy::Entropy), Verdict::Holds)
        );
    }

    #[test]
    fn it_fails_where_fewer_boxes_are_needed_but_not_half() {
        let (all, one) = concluded(&STRATIFIED, &[700.0, 710.0, 690.0, 700.0]);
        assert_eq!(
            (all, one),
            (Conclusion::Fails(Strategy::Entropy), Verdict::Fewer)
        );
    }

    #[test]
    fn random_wins_where_nothing_needs_fewer_beyond_chance() {
        let (all, one) = concluded(&STRATIFIED, &[1400.0, 500.0, 1500.0, 700.0]);
        assert_eq!((all, one), (Conclusion::RandomWins, Verdict::Alike));
        let (all, one) = concluded(&STRATIFIED, &[1400.0, 1500.0, 1500.0, 1700.0]);
        assert_eq!((all, one), (Conclusion::RandomWins, Verdict::More));
    }

    #[test]
    fn a_target_that_is_not_reached_is_said_to_be() {
        let short = |strategy| Outcome {
            strategy,
            curves: vec![curve(&[(1.0, 0.0), (500.0, 0.4)]); 3],
        };
        let outcomes = [short(Strategy::StratifiedRandom), short(Strategy::Entropy)];
        let all = summaries(&outcomes, 1.0);
        assert_eq!(conclusion(&all), Conclusion::NotReached);
        assert_eq!(all[1].verdict(&all[0]), Verdict::NotReached);
        let reached = [
            outcome(Strategy::StratifiedRandom, &STRATIFIED),
            short(Strategy::Entropy),
        ];
        let all = summaries(&reached, 1.0);
        assert_eq!(all[1].verdict(&all[0]), Verdict::NotReached);
        assert_eq!(conclusion(&all), Conclusion::RandomWins);
    }

    #[test]
    fn ratios_and_boxes_are_the_means_over_seeds() {
        let outcomes = [
            outcome(Strategy::StratifiedRandom, &[1000.0, 1200.0]),
            outcome(Strategy::Entropy, &[500.0, 600.0]),
        ];
        let all = summaries(&outcomes, 1.0);
        assert!((all[1].to_target.unwrap().value - 550.0).abs() < 1e-9);
        assert!((all[1].ratio.unwrap().value - 0.5).abs() < 1e-9);
        assert_eq!(all[1].ratio_to_random, None);
    }

    #[test]
    fn those_that_nothing_beats_are_all_named() {
        let outcomes = [
            outcome(Strategy::StratifiedRandom, &STRATIFIED),
            outcome(Strategy::Entropy, &[400.0, 410.0, 390.0, 400.0]),
            outcome(Strategy::Hybrid, &[390.0, 420.0, 395.0, 400.0]),
        ];
        assert_eq!(
            unbeaten(&outcomes, 1.0),
            [Strategy::Entropy, Strategy::Hybrid]
        );
    }
}
