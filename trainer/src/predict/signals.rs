//! What the tokens of an answer tell of how sure the model was of it.

use crate::generate::Answer;
use medreg_datasets::grammar;
use medreg_datasets::protocol::{RegionSignals, Signals};
use std::collections::BTreeSet;

/// How sure the model was of an answer; `None` where it has no token, or a number that is none.
#[must_use]
pub fn signals(answer: &Answer) -> Option<Signals> {
    let all: Vec<usize> = (0..answer.tokens.len()).collect();
    of_tokens(answer, &all)
}

/// How sure it was of the coordinates of each of its boxes, where these are as many as are read from its text; otherwise, as in an
/// answer that was not held to what a box can be, of the whole answer for each.
#[must_use]
pub fn box_signals(answer: &Answer) -> Vec<Signals> {
    let boxes = grammar::read(&answer.text).boxes().len();
    let own: Option<Vec<Signals>> = answer.boxes.iter().map(|b| of_tokens(answer, b)).collect();
    match own {
        Some(own) if own.len() == boxes => own,
        _ => signals(answer).map_or(Vec::new(), |whole| vec![whole; boxes]),
    }
}

pub(super) fn of_region(
    answer: &Answer,
    place: Option<usize>,
    boxes: &[Signals],
) -> Option<RegionSignals> {
    Some(RegionSignals {
        answer: signals(answer)?,
        coordinates: *boxes.get(place?)?,
    })
}

fn of_tokens(answer: &Answer, tokens: &[usize]) -> Option<Signals> {
    let of = |numbers: &[f32]| -> Option<Vec<f32>> {
        tokens.iter().map(|t| numbers.get(*t).copied()).collect()
    };
    let least = |numbers: Vec<f32>| {
        numbers
            .into_iter()
            .map(f64::from)
            .fold(f64::INFINITY, f64::min)
    };
    let found = Signals {
        mean: mean(&of(&answer.logprobs)?)?,
        least: least(of(&answer.logprobs)?),
        margin: least(of(&answer.margins)?),
        entropy: mean(&of(&answer.entropies)?)?,
    };
    let numbers = [found.mean, found.least, found.margin, found.entropy];
    numbers.iter().all(|n| n.is_finite()).then_some(found)
}

/// How sure it was of the tokens that are no coordinates, and of those that are, all boxes together.
pub(super) fn apart(answer: &Answer) -> (Option<Signals>, Option<Signals>) {
    let coordinates: BTreeSet<usize> = answer.boxes.iter().flatten().copied().collect();
    let all = 0..answer.tokens.len();
    let (inside, outside): (Vec<usize>, Vec<usize>) = all.partition(|t| coordinates.contains(t));
    (of_tokens(answer, &outside), of_tokens(answer, &inside))
}

/// How much more probable each token was than the likeliest other one: the mean over the answer, in -1..=1, below 0 where likelier ones
/// were ruled out.
pub(super) fn margin(answer: &Answer) -> Option<f64> {
    let difference = |(logprob, margin): (&f32, &f32)| logprob.exp() - (logprob - margin).exp();
    let differences: Vec<f32> = answer
        .logprobs
        .iter()
        .zip(&answer.margins)
        .map(difference)
        .collect();
    mean(&differences).filter(|mean| mean.is_finite())
}

/// The geometric mean of the probabilities of an answer's tokens; not calibrated.
#[must_use]
pub fn confidence(answer: &Answer) -> f64 {
    let logprob = mean(&answer.logprobs).unwrap_or(f64::NEG_INFINITY);
    // NaN compares with nothing and becomes 0 as well.
    if logprob.is_finite() {
        logprob.exp().clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn mean(values: &[f32]) -> Option<f64> {
    let sum: f64 = values.iter().copied().map(f64::from).sum();
    (!values.is_empty()).then(|| sum / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(logprobs: &[f32], entropies: &[f32]) -> Answer {
        Answer {
            text: String::new(),
            tokens: vec![0; logprobs.len()],
            logprobs: logprobs.to_vec(),
            entropies: entropies.to_vec(),
            margins: logprobs.iter().map(|l| -l).collect(),
            boxes: Vec::new(),
            finished: true,
        }
    }

    #[test]
    fn signals_are_of_all_tokens_and_of_each_box_alone() {
        let boxes = vec![vec![1], vec![2, 3]];
        let text = "<ref>a</ref><box>[[1, 2, 3, 4], [5, 6, 7, 8]]</box>".to_owned();
        let said = Answer {
            boxes,
            text,
            ..answer(&[-0.5, -0.25, -2.0, -1.0], &[0.0, 0.5, 0.25, 0.75])
        };
        let whole = signals(&said).unwrap();
        assert_eq!(
            (whole.mean, whole.least, whole.margin, whole.entropy),
            (-0.9375, -2.0, 0.25, 0.375)
        );
        let own = box_signals(&said);
        assert_eq!(
            (own[0].mean, own[1].mean, own[1].margin),
            (-0.25, -1.5, 1.0)
        );
        // Another number of boxes than was read: the whole answer's for each.
        let other = Answer {
            boxes: vec![vec![1]],
            ..said
        };
        assert_eq!(box_signals(&other), [whole; 2]);
        assert_eq!(signals(&answer(&[], &[])), None);
        assert_eq!(signals(&answer(&[f32::NAN], &[0.0])), None);
    }

    #[test]
    fn words_and_coordinates_are_told_apart() {
        let said = Answer {
            boxes: vec![vec![1], vec![3]],
            ..answer(&[-0.5, -0.25, -2.0, -1.0], &[0.0, 0.5, 0.25, 0.75])
        };
        let (words, coordinates) = apart(&said);
        assert_eq!(
            (words.unwrap().mean, words.unwrap().entropy),
            (-1.25, 0.125)
        );
        assert_eq!(
            (coordinates.unwrap().mean, coordinates.unwrap().least),
            (-0.625, -1.0)
        );
        let (_, none) = apart(&answer(&[-0.5], &[0.0]));
        assert_eq!(none, None);
    }

    #[test]
    fn the_margin_is_a_difference_of_probabilities() {
        let ln = |p: f32| p.ln();
        let said = Answer {
            // Beside .5 the likeliest other one has .25; .2 was taken where .6 was ruled out.
            margins: vec![ln(0.5) - ln(0.25), ln(0.2) - ln(0.6)],
            ..answer(&[ln(0.5), ln(0.2)], &[0.0, 0.0])
        };
        assert!((margin(&said).unwrap() - (0.25 - 0.4) / 2.0).abs() < 1e-6);
        let certain = Answer {
            margins: vec![f32::INFINITY],
            ..answer(&[0.0], &[0.0])
        };
        assert_eq!(margin(&certain), Some(1.0));
        assert_eq!(margin(&answer(&[], &[])), None);
    }

    #[test]
    fn confidence_is_a_mean_probability() {
        let said = answer(&[0.5f32.ln(), 0.125f32.ln()], &[0.2, 0.4]);
        assert!((confidence(&said) - 0.25).abs() < 1e-6);
        assert_eq!(confidence(&answer(&[], &[])), 0.0);
        assert_eq!(confidence(&answer(&[f32::NAN], &[])), 0.0);
    }
}
