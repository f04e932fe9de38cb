//! What a learner's answers say to a strategy: the same signals that a model's answers give in the product.

use super::cells::iou;
use super::learner::{Answer, Learner};
use super::pictures::Picture;
use crate::acquire::{Gradient, Signal};
use medreg_datasets::ontology::Concept;

/// A concept counts as there from this on.
const THERE: f64 = 0.5;

/// One signal per concept asked for. The first learner answers; what the others, each learnt from a bootstrap of the same pictures, say
/// differently is disagreement and information, which are unknown where there are no others.
#[must_use]
pub fn signals(learners: &[Learner<'_>], picture: &Picture, ontology: &[Concept]) -> Vec<Signal> {
    let mut said = learners.iter().map(|learner| learner.answers(picture));
    let Some(first) = said.next() else {
        return Vec::new();
    };
    let others: Vec<Vec<Answer>> = said.collect();
    let signal = |(place, answer): (usize, Answer)| {
        let concept = ontology.get(answer.concept)?;
        let same: Vec<&Answer> = others.iter().filter_map(|o| o.get(place)).collect();
        Some(Signal {
            entropy: Some(entropy(&answer.answers)),
            margin: Some(margin(&answer.answers)),
            disagreement: disagreement(&same),
            information: information(&same),
            gradient: Some(gradient(answer, ontology.len())),
            ..Signal::of(concept.key.clone())
        })
    };
    first.into_iter().enumerate().filter_map(signal).collect()
}

fn entropy(p: &[f32]) -> f64 {
    let part = |p: &f32| match f64::from(*p) {
        p if p > 0.0 => -p * p.ln(),
        _ => 0.0,
    };
    p.iter().map(part).sum()
}

fn margin(p: &[f32]) -> f64 {
    let (mut first, mut second) = (0.0f32, 0.0f32);
    for p in p {
        if *p > first {
            (first, second) = (*p, first);
        } else {
            second = second.max(*p);
        }
    }
    f64::from(first - second)
}

/// One less the mean overlap of each two: of boxes where both say it is there, 1 where neither does, 0 where one alone does.
fn disagreement(answers: &[&Answer]) -> Option<f64> {
    let there = |answer: &Answer| answer.found.presence >= THERE;
    let (mut sum, mut pairs) = (0.0, 0);
    for (n, a) in answers.iter().enumerate() {
        for b in &answers[n + 1..] {
            sum += match (there(a), there(b)) {
                (true, true) => f64::from(iou(a.found.bbox, b.found.bbox)),
                (false, false) => 1.0,
                _ => 0.0,
            };
            pairs += 1;
        }
    }
    (pairs > 0).then(|| 1.0 - sum / f64::from(pairs))
}

/// The mutual information of answer and learner: the entropy of the mean answer less the mean entropy.
fn information(answers: &[&Answer]) -> Option<f64> {
    let count = answers.len();
    let width = answers.first()?.answers.len();
    let mut mean = vec![0.0f32; width];
    for answer in answers {
        let parts = mean.iter_mut().zip(&answer.answers);
        parts.for_each(|(sum, p)| *sum += p / count as f32);
    }
    let within: f64 = answers.iter().map(|a| entropy(&a.answers)).sum();
    (count > 1).then(|| (entropy(&mean) - within / count as f64).max(0.0))
}

/// Of the layer that answers: (p − one-hot of the likeliest) ⊗ the region. Every kind of picture has its own layer, so an answer's
/// errors stand at the places of its own concepts in the ontology; that nothing is there stands first.
fn gradient(answer: Answer, concepts: usize) -> Gradient {
    let likeliest = (answer.answers.iter().enumerate())
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(at, _)| at);
    let mut errors = vec![0.0; concepts + 1];
    for (at, p) in answer.answers.iter().enumerate() {
        let place = answer.places.get(at).copied().unwrap_or(0);
        errors[place] = p - f32::from(u8::from(at == likeliest));
    }
    Gradient {
        errors,
        state: Some(answer.region),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finder::Found;
    use super::*;

    fn answer(presence: f64, bbox: [f32; 4]) -> Answer {
        let p = presence as f32;
        Answer {
            concept: 0,
            found: Found { presence, bbox },
            region: vec![1.0],
            answers: vec![1.0 - p, p],
            places: vec![0, 1],
        }
    }

    const LEFT: [f32; 4] = [0.0, 0.0, 0.5, 1.0];
    const MIDDLE: [f32; 4] = [0.25, 0.0, 0.75, 1.0];

    #[test]
    fn uncertainty_by_hand() {
        assert!((entropy(&[0.5, 0.5]) - 2f64.ln()).abs() < 1e-9);
        assert_eq!(entropy(&[1.0, 0.0]), 0.0);
        assert!((margin(&[0.2, 0.7, 0.1]) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn disagreement_is_one_less_the_mean_overlap() {
        let (a, b, none) = (answer(0.9, LEFT), answer(0.9, MIDDLE), answer(0.1, LEFT));
        let of = |answers: &[&Answer]| disagreement(answers).unwrap();
        assert!((of(&[&a, &b]) - 2.0 / 3.0).abs() < 1e-6);
        assert_eq!(of(&[&a, &none]), 1.0);
        assert_eq!(of(&[&none, &none]), 0.0);
        assert_eq!(disagreement(&[&a]), None);
    }

    #[test]
    fn information_is_what_the_members_do_not_share() {
        let (yes, no) = (answer(1.0, LEFT), answer(0.0, LEFT));
        assert!((information(&[&yes, &no]).unwrap() - 2f64.ln()).abs() < 1e-6);
        let open = answer(0.5, LEFT);
        assert_eq!(information(&[&open, &open]), Some(0.0));
        assert_eq!(information(&[&yes]), None);
    }

    #[test]
    fn a_gradient_is_the_answer_less_the_likeliest_one() {
        let found = gradient(answer(0.75, LEFT), 3);
        assert_eq!(found.errors, [0.25, -0.25, 0.0, 0.0]);
        assert_eq!(found.state, Some(vec![1.0]));
    }
}
