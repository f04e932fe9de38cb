//! What a model's answers rest on, tried out: the same question with the picture or the question changed, and the controls that tell what
//! any change would do.
//!
//! Whoever answers is a trait, so that the trials themselves can be held against answerers of which one knows what they look at.

mod faithful;
mod picture;
mod regional;
#[cfg(test)]
mod tests;

pub use faithful::faithfulness;
pub use picture::{BLUR_SIGMA, blank, blurred, elsewhere};
pub use regional::regional;

use crate::eval::score::Sums;
use crate::eval::score::entries::Entry;
use crate::eval::score::resample::{self, Draws, Patients};
use crate::evaluation::estimates;
use crate::predict::{PredictError, Predictor, Search};
use crate::runs::RunError;
use image::DynamicImage;
use medreg_datasets::evaluation::{PairedDifference, Scores};
use medreg_datasets::protocol::ProposedRegion;
use medreg_datasets::snapshot::{Manifest, SnapshotCase};

/// An answer, by its text and by its tokens, so that it can be scored again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The text, tags kept.
    pub text: String,
    /// The tokens; empty where whoever answers has none.
    pub tokens: Vec<u32>,
}

/// Whoever answers questions about pictures.
pub trait Answerer: Sync {
    /// An answer to each question.
    fn ask(&self, picture: &DynamicImage, questions: &[String]) -> Result<Vec<Said>, PredictError>;

    /// The log-probability, in nats, of answering the question like this.
    fn logprob(
        &self,
        picture: &DynamicImage,
        question: &str,
        said: &Said,
    ) -> Result<f64, PredictError>;

    /// The regions that are found when each concept is asked for.
    fn find(
        &self,
        picture: &DynamicImage,
        search: &Search<'_>,
    ) -> Result<Vec<ProposedRegion>, PredictError>;
}

impl Answerer for Predictor {
    fn ask(&self, picture: &DynamicImage, questions: &[String]) -> Result<Vec<Said>, PredictError> {
        let answers = Predictor::ask(self, &self.look(picture), questions)?;
        let said = answers.into_iter().map(|answer| Said {
            text: answer.text,
            tokens: answer.tokens,
        });
        Ok(said.collect())
    }

    fn logprob(
        &self,
        picture: &DynamicImage,
        question: &str,
        said: &Said,
    ) -> Result<f64, PredictError> {
        let given = [(question.to_owned(), said.tokens.clone())];
        let scored = self.score(&self.look(picture), &given)?;
        Ok(scored.iter().flatten().copied().map(f64::from).sum())
    }

    fn find(
        &self,
        picture: &DynamicImage,
        search: &Search<'_>,
    ) -> Result<Vec<ProposedRegion>, PredictError> {
        crate::regional::find(self, &self.look(picture), search)
    }
}

/// What is tried on.
pub struct Material<'a> {
    /// The cases of the split.
    pub cases: Vec<&'a SnapshotCase>,
    /// Their snapshot.
    pub manifest: &'a Manifest,
    /// A case's picture.
    pub picture: &'a (dyn Fn(&SnapshotCase) -> Result<DynamicImage, RunError> + Sync),
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The most trials; which, the seed of `draws` decides.
    pub limit: usize,
    /// Trials side by side.
    pub threads: usize,
    /// The draws of intervals, and the seed of everything drawn.
    pub draws: Draws,
}

impl Extent {
    /// Which of so many are tried, in their order.
    fn sample(&self, of: usize, rng: &mut impl rand::Rng) -> Vec<usize> {
        let mut chosen = rand::seq::index::sample(rng, of, self.limit.min(of)).into_vec();
        chosen.sort_unstable();
        chosen
    }
}

/// Sums of one way of asking, with those of each patient.
#[derive(Default)]
struct Way {
    sums: Vec<f64>,
    patients: Patients,
}

impl Way {
    fn add(&mut self, entry: &Entry, sums: &[f64]) {
        self.sums.resize(sums.len(), 0.0);
        self.sums
            .iter_mut()
            .zip(sums)
            .for_each(|(all, one)| *all += one);
        self.patients.add(entry, sums);
    }

    fn scores(&self, measure: &(impl Sums + ?Sized), draws: Draws) -> Scores {
        if self.sums.is_empty() {
            return Scores::new();
        }
        estimates(measure, &self.sums, &self.patients, draws)
    }

    /// How it differs from another one on the same questions, score by score.
    fn less(
        &self,
        other: &Self,
        measure: &(impl Sums + ?Sized),
        (first, second): (&str, &str),
        draws: Draws,
    ) -> Vec<PairedDifference> {
        if self.sums.is_empty() || other.sums.is_empty() {
            return Vec::new();
        }
        // Both hear of the same questions of the same patients.
        let compared = resample::compare(measure, &self.patients, &other.patients, draws);
        let scores = measure.scores(&self.sums).into_iter();
        scores
            .zip(compared.unwrap_or_default())
            .map(|(score, found)| PairedDifference {
                score: score.name.to_owned(),
                first: first.to_owned(),
                second: second.to_owned(),
                difference: found.map(|f| f.difference),
                ci95: found.and_then(|f| f.ci95),
                p: found.map(|f| f.p),
                n: score.n as u64,
            })
            .collect()
    }
}

/// The word that the file has for something.
fn word(named: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(named).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}
