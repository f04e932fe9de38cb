//! What a strategy chooses from.

use super::LEAST_COST;
use super::signal::{Measure, Signal};
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::ConceptKey;
use std::collections::BTreeMap;

/// One image of the pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its kind.
    pub modality: Modality,
    /// False where it is annotated already: never chosen, but what resembles it counts as covered.
    pub open: bool,
    /// The picture as the model's vision tower sees it: the mean over its patches.
    pub features: Vec<f32>,
    /// One signal per question asked; empty where the model was not asked.
    pub signals: Vec<Signal>,
    /// How many boxes a reader marked on it, or the model finds on it; `None` where nobody looked.
    pub boxes: Option<f64>,
    /// Where it is annotated, the concepts that were marked on it, each once.
    pub marked: Vec<ConceptKey>,
}

/// All images that may be chosen, and those that are annotated already.
#[derive(Clone, Debug)]
pub struct Pool {
    candidates: Vec<Candidate>,
    /// What an image costs that nothing is known of.
    usual_cost: f64,
}

impl Pool {
    /// Of images in a fixed order.
    #[must_use]
    pub fn new(candidates: Vec<Candidate>) -> Self {
        let read = candidates.iter().filter(|c| !c.open);
        let costs: Vec<f64> = read.filter_map(Candidate::known_cost).collect();
        let mean = costs.iter().sum::<f64>() / costs.len().max(1) as f64;
        Self {
            candidates,
            usual_cost: mean.max(LEAST_COST),
        }
    }

    /// The images, in the order in which they were given.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// What reading an image is expected to cost, in boxes: those the model finds on it, or else the mean of what was read.
    #[must_use]
    pub fn cost(&self, index: usize) -> f64 {
        self.candidates[index]
            .known_cost()
            .unwrap_or(self.usual_cost)
    }

    /// What the cheapest open image costs; `None` where none is open.
    #[must_use]
    pub fn least_cost(&self) -> Option<f64> {
        let costs = self.open().into_iter().map(|index| self.cost(index));
        costs.reduce(f64::min)
    }

    /// The mean cost of these images.
    pub(super) fn mean_cost(&self, images: &[usize]) -> f64 {
        let sum: f64 = images.iter().map(|index| self.cost(*index)).sum();
        (sum / images.len().max(1) as f64).max(LEAST_COST)
    }

    /// The images that may be chosen.
    pub(super) fn open(&self) -> Vec<usize> {
        self.indices(|candidate| candidate.open)
    }

    /// The images that are annotated already.
    pub(super) fn covered(&self) -> Vec<usize> {
        self.indices(|candidate| !candidate.open)
    }

    /// On how many annotated images each concept was marked.
    pub(super) fn marked(&self) -> BTreeMap<&ConceptKey, usize> {
        let mut counts = BTreeMap::new();
        let read = self.candidates.iter().filter(|c| !c.open);
        for concept in read.flat_map(|candidate| &candidate.marked) {
            *counts.entry(concept).or_default() += 1;
        }
        counts
    }

    fn indices(&self, wanted: impl Fn(&Candidate) -> bool) -> Vec<usize> {
        let places = 0..self.candidates.len();
        places
            .filter(|index| wanted(&self.candidates[*index]))
            .collect()
    }
}

impl Candidate {
    fn known_cost(&self) -> Option<f64> {
        let boxes = self.boxes.filter(|boxes| boxes.is_finite())?;
        Some(boxes.max(LEAST_COST))
    }

    /// The signals whose uncertainty of a kind is known, with it.
    pub(super) fn uncertainties(&self, measure: Measure) -> impl Iterator<Item = (&Signal, f64)> {
        let known = move |signal: &'_ Signal| signal.uncertainty(measure);
        self.signals
            .iter()
            .filter_map(move |signal| Some((signal, known(signal)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::*;

    #[test]
    fn concepts_are_counted_on_read_images_alone() {
        let image = |open, marked: &[&str]| Candidate {
            open,
            marked: marked.iter().map(|key| key.parse().unwrap()).collect(),
            ..candidate(&[], &[])
        };
        let pool = Pool::new(vec![
            image(false, &["liver", "cyst"]),
            image(false, &["liver"]),
            image(true, &["cyst"]),
        ]);
        let counts: Vec<(&str, usize)> = pool
            .marked()
            .into_iter()
            .map(|(key, count)| (key.as_str(), count))
            .collect();
        assert_eq!(counts, [("cyst", 1), ("liver", 2)]);
    }

    #[test]
    fn what_is_unknown_costs_the_mean_of_what_was_read_and_nothing_is_free() {
        let read = |boxes| Candidate {
            open: false,
            boxes,
            ..candidate(&[], &[])
        };
        let open = |boxes| Candidate {
            boxes,
            ..candidate(&[], &[])
        };
        let pool = Pool::new(vec![
            read(Some(4.0)),
            read(Some(0.0)),
            read(None),
            open(None),
            open(Some(0.0)),
            open(Some(7.0)),
            open(Some(f64::NAN)),
        ]);
        // (4 + 1) / 2, an image without boxes being read all the same.
        let costs: Vec<f64> = (3..7).map(|index| pool.cost(index)).collect();
        assert_eq!(costs, [2.5, 1.0, 7.0, 2.5]);
        assert_eq!(Pool::new(vec![open(None)]).cost(0), LEAST_COST);
    }
}
