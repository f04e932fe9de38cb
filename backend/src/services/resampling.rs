//! How far a number may be trusted: the bootstrap. What was counted case by case is drawn again, whole cases at a time, with as many draws as
//! there are cases, and the number counted anew (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use utoipa::ToSchema;

/// How often is drawn.
const DRAWS: usize = 1_000;
/// Of the drawn numbers, so many on each side are left out: what is left are 95 %.
const TAIL: usize = DRAWS / 40;
/// With fewer cases than this nothing is claimed of them: an interval of so few is not one.
pub(super) const FEWEST: usize = 30;

/// A number with the limits between which 95 % of the draws lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Estimate {
    /// The number itself.
    pub value: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

/// What one case adds to a ratio of sums: hits to boxes, seconds to cases.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Count {
    /// Above the line.
    pub of: f64,
    /// Under the line.
    pub per: f64,
}

/// The ratio of the sums; `None` where nothing stands under the line.
pub(super) fn ratio(counts: impl IntoIterator<Item = Count>) -> Option<f64> {
    let sum = |(of, per): (f64, f64), count: Count| (of + count.of, per + count.per);
    let (of, per) = counts.into_iter().fold((0.0, 0.0), sum);
    (per > 0.0).then_some(of / per)
}

/// As many draws with replacement as there are items.
pub(super) fn drawn<'a, T>(items: &'a [T], dice: &mut StdRng) -> Vec<&'a T> {
    (0..items.len())
        .filter_map(|_| items.get(dice.random_range(0..items.len())))
        .collect()
}

/// The number on cases that are drawn anew, so often, from the least to the greatest.
fn counted_again(mut again: impl FnMut(&mut StdRng) -> Option<f64>) -> Vec<f64> {
    let mut dice = StdRng::seed_from_u64(1);
    let mut drawn: Vec<f64> = (0..DRAWS).filter_map(|_| again(&mut dice)).collect();
    drawn.sort_by(f64::total_cmp);
    drawn
}

/// `value` with its interval: `again` counts it on cases that it draws anew. The same question has the same answer each time it is asked.
pub(super) fn estimate(
    value: f64,
    again: impl FnMut(&mut StdRng) -> Option<f64>,
) -> Option<Estimate> {
    interval(value, &counted_again(again))
}

/// A difference with its interval, and how often draws put it at 0 or beyond, on whichever side is rarer, times two: with a small such p
/// (two-sided) the difference is hardly one of who was drawn.
pub(super) fn estimate_with_p(
    value: f64,
    again: impl FnMut(&mut StdRng) -> Option<f64>,
) -> Option<(Estimate, f64)> {
    let drawn = counted_again(again);
    let estimate = interval(value, &drawn)?;
    let under = drawn.iter().filter(|d| **d <= 0.0).count();
    let over = drawn.iter().filter(|d| **d >= 0.0).count();
    // The sample itself is one more draw, so that no p is 0.
    let rarer = (under.min(over) + 1) as f64 / (drawn.len() + 1) as f64;
    Some((estimate, (2.0 * rarer).min(1.0)))
}

fn interval(value: f64, drawn: &[f64]) -> Option<Estimate> {
    let at = |place: usize| drawn.get(place).copied();
    Some(Estimate {
        value,
        low: at(TAIL)?,
        high: at(drawn.len().checked_sub(TAIL + 1)?)?,
    })
}

/// A ratio with its interval; `None` with fewer than [`FEWEST`] cases.
pub(super) fn estimate_ratio(cases: &[Count]) -> Option<Estimate> {
    let value = ratio(cases.iter().copied()).filter(|_| cases.len() >= FEWEST)?;
    estimate(value, |dice| ratio(drawn(cases, dice).into_iter().copied()))
}

/// The ratio among `cases` less that among others, each group drawn by itself; `None` where either has fewer than [`FEWEST`].
pub(super) fn estimate_difference(cases: &[Count], others: &[Count]) -> Option<Estimate> {
    if cases.len().min(others.len()) < FEWEST {
        return None;
    }
    let value = ratio(cases.iter().copied())? - ratio(others.iter().copied())?;
    estimate(value, |dice| {
        let among = ratio(drawn(cases, dice).into_iter().copied())?;
        Some(among - ratio(drawn(others, dice).into_iter().copied())?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(values: impl IntoIterator<Item = f64>) -> Vec<Count> {
        let count = |of| Count { of, per: 1.0 };
        values.into_iter().map(count).collect()
    }

    #[test]
    fn an_interval_of_a_mean_is_about_two_standard_errors_to_each_side() {
        // 0 and 1 by turns: the mean is 0.5, its standard error 0.5 / sqrt(400) = 0.025.
        let found = estimate_ratio(&counts((0..400).map(|n| f64::from(n % 2)))).unwrap();
        assert_eq!(found.value, 0.5);
        assert!((found.low - 0.451).abs() < 0.01, "{found:?}");
        assert!((found.high - 0.549).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn where_all_cases_are_the_same_there_is_no_doubt() {
        let (three, one) = (counts(vec![3.0; 40]), counts(vec![1.0; 30]));
        let found = estimate_difference(&three, &one).unwrap();
        assert_eq!((found.low, found.value, found.high), (2.0, 2.0, 2.0));
    }

    #[test]
    fn a_difference_that_no_draw_puts_at_zero_is_as_rare_as_can_be() {
        let gains = counts(vec![0.25; 40]);
        let mean = |dice: &mut StdRng| ratio(drawn(&gains, dice).into_iter().copied());
        let (found, p) = estimate_with_p(0.25, mean).unwrap();
        assert_eq!((found.low, found.high), (0.25, 0.25));
        assert_eq!(p, 2.0 / 1001.0);
        // One case of forty that gained: many draws leave it out, so that 0 is far from rare.
        let mut gains = counts(vec![0.0; 40]);
        gains[0].of = 1.0;
        let mean = |dice: &mut StdRng| ratio(drawn(&gains, dice).into_iter().copied());
        let (_, p) = estimate_with_p(0.025, mean).unwrap();
        // (39/40)^40 = 0.363 of the draws leave it out.
        assert!((p - 2.0 * 0.363).abs() < 0.08, "{p}");
        assert_eq!(estimate_with_p(0.0, |_| Some(0.0)).unwrap().1, 1.0);
    }

    #[test]
    fn of_too_few_nothing_is_claimed() {
        let (enough, few) = (counts(vec![1.0; 30]), counts(vec![1.0; 29]));
        assert_eq!(estimate_ratio(&few), None);
        assert_eq!(estimate_difference(&enough, &few), None);
        assert_eq!(ratio([]), None);
    }
}
