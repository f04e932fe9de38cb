//! What a model makes of its own answers when it reads them again: whether it would still give them with parts of the picture left out, and
//! how they would change it if they were taken for true.

use super::sketch::Sketch;
use super::{PredictError, Predictor};
use crate::data::{EncodedTurn, Look, Packed};
use crate::generate::Answer;
use crate::model::kernels::{Floats, log_softmax};
use candle_core::Tensor;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Of each answer, so many tokens are read again: its name and its first box, or the word that it is absent.
const TOKENS: usize = 32;
/// How often it is read with parts of the picture left out.
const PASSES: usize = 5;
/// The share of the projector's numbers that are left out.
const DROPPED: f32 = 0.2;
/// Sketches of all rounds and images can be compared.
const SKETCH: u64 = 0x6d65_6472;

/// The answers to some questions about a picture, as one sequence that is read in one pass.
pub(super) struct Rereading<'a> {
    predictor: &'a Predictor,
    packed: Packed,
    image_tokens: Tensor,
    /// Tokens of each answer.
    lengths: Vec<usize>,
    answers: Vec<u32>,
}

impl<'a> Rereading<'a> {
    pub fn of(
        predictor: &'a Predictor,
        look: &Look,
        questions: &[String],
        answers: &[Answer],
    ) -> Result<Self, PredictError> {
        let turn = |(question, answer): (&String, &Answer)| {
            let tokens = answer.tokens.iter().copied().take(TOKENS);
            let answer: Vec<u32> = tokens.collect();
            Ok(EncodedTurn {
                question: predictor.prompter.question(question)?,
                weights: vec![1.0; answer.len()],
                answer,
            })
        };
        let turns = questions.iter().zip(answers).map(turn);
        let turns: Vec<EncodedTurn> = turns.collect::<Result<_, PredictError>>()?;
        let patches = look.tensor(predictor.model.config())?;
        Ok(Self {
            predictor,
            packed: Packed::new(&predictor.prompter, look.tiles, &turns),
            image_tokens: predictor.model.image_tokens(&patches)?,
            lengths: turns.iter().map(|turn| turn.answer.len()).collect(),
            answers: turns.into_iter().flat_map(|turn| turn.answer).collect(),
        })
    }

    /// The states `(tokens, H)` and logits `(tokens, V)` that each answer's tokens are said from.
    fn pass(&self, image_tokens: &Tensor) -> Result<(Tensor, Tensor), PredictError> {
        let (model, sequence) = (&self.predictor.model, &self.packed.sequence);
        let x = model.embed(sequence, image_tokens)?;
        let language = &model.language;
        let states = language.forward(&x, &sequence.positions, &sequence.spans)?;
        let rows = &self.packed.rows;
        let rows = Tensor::from_slice(rows, rows.len(), states.device())?;
        let states = states.index_select(&rows, 0)?.detach();
        let logits = language.logits(&states)?.detach();
        Ok((states, logits))
    }

    /// A sketch of each answer's gradient in the weights of the last layer: (p − answered) ⊗ state, the mean over its tokens (BADGE,
    /// arXiv 1906.03671, with the answer for the label). `None` where there is no answer.
    pub fn gradients(&self) -> Result<Vec<Option<Vec<f32>>>, PredictError> {
        if self.answers.is_empty() {
            return Ok(vec![None; self.lengths.len()]);
        }
        let (states, logits) = self.pass(&self.image_tokens)?;
        let (width, vocabulary) = (states.dim(1)?, logits.dim(1)?);
        let (states, logits) = (Floats::of(&states)?, Floats::of(&logits)?);
        let mut tokens = states
            .chunks_exact(width)
            .zip(logits.chunks_exact(vocabulary))
            .zip(&self.answers);
        let mut of_answer = |length: &usize| {
            let mut sketch = Sketch::new(SKETCH);
            for ((state, logits), answered) in tokens.by_ref().take(*length) {
                let errors = log_softmax(logits).into_iter().enumerate();
                let error = |(token, logprob): (usize, f32)| {
                    logprob.exp() - if token as u32 == *answered { 1.0 } else { 0.0 }
                };
                sketch.add(errors.map(error), state);
            }
            (*length > 0).then(|| sketch.mean(*length))
        };
        Ok(self.lengths.iter().map(&mut of_answer).collect())
    }

    /// The mutual information of each answer's tokens and what is left out of the picture, in nats, the mean over the tokens: the entropy of
    /// the mean of several passes, less the mean of their entropies. `None` where there is no answer.
    ///
    /// What is left out are numbers between projector and decoder, drawn anew for each pass. It is Monte-Carlo dropout (arXiv 1506.02142)
    /// in form only: the model was not trained with it, and so this is how far an answer hangs on single numbers of the picture, not a draw
    /// from what the model might have become.
    pub fn information(&self, seed: u64) -> Result<Vec<Option<f64>>, PredictError> {
        if self.answers.is_empty() {
            return Ok(vec![None; self.lengths.len()]);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut together: Option<Together> = None;
        for _ in 0..PASSES {
            let (_, logits) = self.pass(&self.thinned(&mut rng)?)?;
            let vocabulary = logits.dim(1)?;
            let together =
                together.get_or_insert_with(|| Together::new(self.answers.len(), vocabulary));
            together.add(&Floats::of(&logits)?);
        }
        let of_tokens = together.map_or(Vec::new(), |together| together.information());
        let mut left = of_tokens.into_iter();
        let mut of_answer = |length: &usize| {
            let sum: f64 = left.by_ref().take(*length).sum();
            let mean = sum / *length as f64;
            mean.is_finite().then_some(mean)
        };
        Ok(self.lengths.iter().map(&mut of_answer).collect())
    }

    /// The picture's rows with some numbers left out and the others scaled up for it.
    fn thinned(&self, rng: &mut ChaCha8Rng) -> Result<Tensor, PredictError> {
        let kept = 1.0 / (1.0 - DROPPED);
        let mut factor = || {
            if rng.random_range(0.0..1.0f32) < DROPPED {
                0.0
            } else {
                kept
            }
        };
        let factors: Vec<f32> = (0..self.image_tokens.elem_count())
            .map(|_| factor())
            .collect();
        let tokens = &self.image_tokens;
        let factors = Tensor::from_vec(factors, tokens.shape(), tokens.device())?;
        Ok((tokens * factors.to_dtype(tokens.dtype())?)?)
    }
}

/// The distributions of tokens over several passes.
struct Together {
    vocabulary: usize,
    passes: usize,
    /// Sums of probabilities. // (tokens, vocabulary)
    sums: Vec<f32>,
    /// Sums of each token's entropies.
    entropies: Vec<f64>,
}

impl Together {
    fn new(tokens: usize, vocabulary: usize) -> Self {
        Self {
            vocabulary,
            passes: 0,
            sums: vec![0.0; tokens * vocabulary],
            entropies: vec![0.0; tokens],
        }
    }

    fn add(&mut self, logits: &[f32]) {
        self.passes += 1;
        let sums = self.sums.chunks_exact_mut(self.vocabulary);
        let tokens = sums.zip(logits.chunks_exact(self.vocabulary));
        for ((sums, logits), entropy) in tokens.zip(&mut self.entropies) {
            for (sum, logprob) in sums.iter_mut().zip(log_softmax(logits)) {
                *sum += logprob.exp();
                *entropy += surprise(f64::from(logprob.exp()));
            }
        }
    }

    /// Of each token; never below 0, which rounding would allow.
    fn information(&self) -> Vec<f64> {
        let passes = self.passes.max(1) as f64;
        let tokens = self.sums.chunks_exact(self.vocabulary).zip(&self.entropies);
        let of = |(sums, entropies): (&[f32], &f64)| {
            let together: f64 = sums
                .iter()
                .map(|sum| surprise(f64::from(*sum) / passes))
                .sum();
            (together - entropies / passes).max(0.0)
        };
        tokens.map(of).collect()
    }
}

/// −p ln p, a probability's part of an entropy.
fn surprise(probability: f64) -> f64 {
    if probability > 0.0 {
        -probability * probability.ln()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn information_is_what_passes_disagree_about() {
        let mut together = Together::new(2, 2);
        // The first token: sure of one, then of the other. The second: in doubt, both times the same.
        together.add(&[50.0, -50.0, 0.0, 0.0]);
        together.add(&[-50.0, 50.0, 0.0, 0.0]);
        let information = together.information();
        assert!(
            (information[0] - 2.0f64.ln()).abs() < 1e-6,
            "{information:?}"
        );
        assert!(information[1].abs() < 1e-6, "{information:?}");
    }
}
