//! Questions about a picture to answers: greedy or sampled, the picture read once for all of its questions.

use crate::data::{BoxGrammar, EncodedTurn, Packed, Prompter};
use crate::model::InternVl;
use crate::model::kernels::{Floats, Span, log_softmax};
use crate::model::language::{Cache, CachedRows};
use crate::tokenizer::TokenizerError;
use candle_core::{Device, Tensor};
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// How answers are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decoding {
    /// The longest answer, in tokens.
    pub max_tokens: usize,
    /// 0 takes the most likely token; above, tokens are drawn.
    pub temperature: f32,
    /// Draws are made among the most likely tokens that have this probability together.
    pub top_p: f32,
    /// Whether what stands inside `<box>` is held to what a box can be.
    pub boxes_held: bool,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Decoding {
    fn default() -> Self {
        Self {
            max_tokens: 96,
            temperature: 0.0,
            top_p: 1.0,
            boxes_held: true,
            seed: 0,
        }
    }
}

/// An answer with what the model thought of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The text, tags included, without the end-of-message token.
    pub text: String,
    /// The tokens of `text`, the end-of-message token last if it was reached.
    pub tokens: Vec<u32>,
    /// The log-probability of each token, before any is ruled out.
    pub logprobs: Vec<f32>,
    /// The entropy, in nats, of the distribution that each token was chosen from.
    pub entropies: Vec<f32>,
    /// Whether the model ended the message itself.
    pub finished: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The model cannot run on this input.
    #[error("generation: {0}")]
    Model(#[from] candle_core::Error),
    /// A text cannot be made into tokens or back.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// A question being answered.
struct Strand {
    /// First row of its own in the cache.
    start: usize,
    /// Rows of its own so far.
    len: usize,
    answer: Answer,
    logits: Vec<f32>,
}

/// Answers every question about one picture, given as [`crate::data::patches`] makes it.
pub fn answer(
    model: &InternVl,
    prompter: &Prompter,
    patches: &[f32],
    questions: &[String],
    decoding: Decoding,
) -> Result<Vec<Answer>, GenerateError> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let mut rng = ChaCha8Rng::seed_from_u64(decoding.seed);
    let (mut strands, mut cache) =
        read_questions(model, prompter, patches, questions, decoding.max_tokens)?;
    let shared = prompter.prefix().len();
    let grammar = decoding.boxes_held.then(|| prompter.boxes());
    let end = prompter.tokenizer().im_end;
    for _ in 0..decoding.max_tokens {
        for strand in strands.iter_mut().filter(|s| !s.answer.finished) {
            strand.choose(decoding, grammar, end, &mut rng);
        }
        let mut open: Vec<&mut Strand> =
            strands.iter_mut().filter(|s| !s.answer.finished).collect();
        if open.is_empty() {
            break;
        }
        read_chosen(model, &mut open, shared, &mut cache)?;
    }
    strands.into_iter().map(|s| s.finish(prompter)).collect()
}

/// Reads picture and questions in one pass and makes room for the answers.
fn read_questions(
    model: &InternVl,
    prompter: &Prompter,
    patches: &[f32],
    questions: &[String],
    room: usize,
) -> Result<(Vec<Strand>, Cache), GenerateError> {
    let turn = |question: &String| {
        Ok(EncodedTurn {
            question: prompter.question(question)?,
            answer: Vec::new(),
            weights: Vec::new(),
        })
    };
    let turns: Vec<EncodedTurn> = questions
        .iter()
        .map(turn)
        .collect::<Result<_, TokenizerError>>()?;
    let sequence = Packed::new(prompter, &turns).sequence;
    let width = model.config().patch_width();
    let patches = Tensor::from_slice(patches, (patches.len() / width, width), &Device::Cpu)?;
    let x = model.embed(&sequence, &model.image_tokens(&patches)?)?;
    let (states, read) = model
        .language
        .read(&x, &sequence.positions, &sequence.spans)?;

    let shared = prompter.prefix().len();
    let rows = shared + turns.iter().map(|t| t.question.len() + room).sum::<usize>();
    let mut cache = read.with_rows(rows);
    (0..shared).for_each(|row| cache.copy_row(row, &read, row));
    let (mut strands, mut from, mut start) = (Vec::new(), shared, shared);
    for turn in &turns {
        let len = turn.question.len();
        (0..len).for_each(|row| cache.copy_row(start + row, &read, from + row));
        let last = model
            .language
            .logits(&states.narrow(0, from + len - 1, 1)?)?;
        strands.push(Strand::new(start, len, Floats::of(&last)?.to_vec()));
        from += len;
        start += len + room;
    }
    Ok((strands, cache))
}

/// Reads each open strand's newest token and leaves the logits for the next.
fn read_chosen(
    model: &InternVl,
    open: &mut [&mut Strand],
    shared: usize,
    cache: &mut Cache,
) -> Result<(), GenerateError> {
    let tokens: Vec<u32> = open
        .iter()
        .filter_map(|s| s.answer.tokens.last().copied())
        .collect();
    let rows = CachedRows {
        positions: open.iter().map(|s| (shared + s.len) as u32).collect(),
        slots: open.iter().map(|s| s.start + s.len).collect(),
        spans: open
            .iter()
            .enumerate()
            .map(|(i, s)| s.span(i, shared))
            .collect(),
    };
    let states = model
        .language
        .read_on(&model.language.embed(&tokens)?, &rows, cache)?;
    let logits = model.language.logits(&states)?;
    let vocabulary = logits.dim(1)?;
    for (strand, row) in open
        .iter_mut()
        .zip(Floats::of(&logits)?.chunks_exact(vocabulary))
    {
        strand.len += 1;
        strand.logits.copy_from_slice(row);
    }
    Ok(())
}

impl Strand {
    fn new(start: usize, len: usize, logits: Vec<f32>) -> Self {
        let answer = Answer {
            text: String::new(),
            tokens: Vec::new(),
            logprobs: Vec::new(),
            entropies: Vec::new(),
            finished: false,
        };
        Self {
            start,
            len,
            answer,
            logits,
        }
    }

    /// The newest token sees the shared rows, its own strand's and itself.
    fn span(&self, query: usize, shared: usize) -> Span {
        Span {
            queries: query..query + 1,
            context: 0..shared,
            own: self.start..self.start + self.len + 1,
            causal: false,
        }
    }

    fn choose(
        &mut self,
        decoding: Decoding,
        grammar: Option<&BoxGrammar>,
        end: u32,
        rng: &mut impl Rng,
    ) {
        let logprobs = log_softmax(&self.logits);
        let answer = &mut self.answer;
        let inside = grammar.and_then(|g| Some((g, g.inside(&answer.tokens)?)));
        let allowed = inside.map(|(grammar, text)| grammar.allowed(&text));
        // A vocabulary that has no way on is left alone.
        let token = match allowed.filter(|tokens| !tokens.is_empty()) {
            Some(allowed) => choose(&only(&logprobs, &allowed), decoding, rng),
            None => choose(&logprobs, decoding, rng),
        };
        answer.tokens.push(token as u32);
        answer.logprobs.push(logprobs[token]);
        answer
            .entropies
            .push(-logprobs.iter().map(|l| l.exp() * l).sum::<f32>());
        answer.finished = token as u32 == end;
    }

    fn finish(mut self, prompter: &Prompter) -> Result<Answer, GenerateError> {
        let said = self.answer.tokens.len() - usize::from(self.answer.finished);
        self.answer.text = prompter.tokenizer().decode(&self.answer.tokens[..said])?;
        Ok(self.answer)
    }
}

/// The log-probabilities of some tokens, all others ruled out.
fn only(logprobs: &[f32], allowed: &[u32]) -> Vec<f32> {
    let mut left = vec![f32::NEG_INFINITY; logprobs.len()];
    for token in allowed {
        left[*token as usize] = logprobs[*token as usize];
    }
    left
}

fn choose(logprobs: &[f32], decoding: Decoding, rng: &mut impl Rng) -> usize {
    if decoding.temperature <= 0.0 {
        return most_likely(logprobs);
    }
    let scaled: Vec<f32> = logprobs.iter().map(|l| l / decoding.temperature).collect();
    draw(&nucleus(log_softmax(&scaled), decoding.top_p), rng)
}

/// Rules out all but the fewest most likely tokens that have the probability `top_p` together (Holtzman et al. 2020).
fn nucleus(logprobs: Vec<f32>, top_p: f32) -> Vec<f32> {
    if top_p >= 1.0 {
        return logprobs;
    }
    let mut order: Vec<usize> = (0..logprobs.len()).collect();
    order.sort_by(|a, b| logprobs[*b].total_cmp(&logprobs[*a]));
    let mut together = 0.0;
    let kept = order.into_iter().take_while(|token| {
        let before = together;
        together += logprobs[*token].exp();
        before < top_p
    });
    let kept: Vec<u32> = kept.map(|token| token as u32).collect();
    only(&logprobs, &kept)
}

fn most_likely(logprobs: &[f32]) -> usize {
    let best = logprobs
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(token, _)| token)
}

/// The Gumbel trick: the largest of log-probability + noise is a draw from the distribution.
fn draw(logprobs: &[f32], rng: &mut impl Rng) -> usize {
    let mut noisy = |logprob: &f32| {
        let uniform: f32 = rng.random_range(f32::MIN_POSITIVE..1.0);
        logprob - (-uniform.ln()).ln()
    };
    let noisy: Vec<f32> = logprobs.iter().map(&mut noisy).collect();
    most_likely(&noisy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(shares: &[f32]) -> Vec<f32> {
        shares.iter().map(|p| p.ln()).collect()
    }

    #[test]
    fn the_nucleus_is_the_fewest_likely_tokens_that_reach_the_share() {
        let shares = logs(&[0.1, 0.5, 0.05, 0.35]);
        let left = |top_p| -> Vec<usize> {
            let kept = nucleus(shares.clone(), top_p);
            (0..4).filter(|i| kept[*i].is_finite()).collect()
        };
        assert_eq!(left(0.5), [1]);
        assert_eq!(left(0.6), [1, 3]);
        assert_eq!(left(0.9), [0, 1, 3]);
        assert_eq!(left(1.0), [0, 1, 2, 3]);
        // However small the share, one token is left.
        assert_eq!(left(1e-9), [1]);
    }

    #[test]
    fn draws_follow_the_distribution_and_the_seed() {
        let shares = logs(&[0.2, 0.7, 0.1]);
        let decoding = Decoding {
            temperature: 1.0,
            ..Decoding::default()
        };
        let draws = |seed: u64| -> Vec<usize> {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            (0..4_000)
                .map(|_| choose(&shares, decoding, &mut rng))
                .collect()
        };
        let drawn = draws(3);
        for (token, share) in [0.2, 0.7, 0.1].iter().enumerate() {
            let found = drawn.iter().filter(|d| **d == token).count() as f64 / 4_000.0;
            assert!((found - share).abs() < 0.03, "{token}: {found}");
        }
        assert_eq!(drawn, draws(3));
        assert_ne!(drawn, draws(4));
    }
}
