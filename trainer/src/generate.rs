//! Questions about pictures to answers: greedy or sampled, each picture read once for all of its questions, all answers
//! written side by side.

use crate::data::{BoxGrammar, EncodedTurn, Look, Packed, Prompter};
use crate::model::kernels::{Floats, Span, log_softmax};
use crate::model::language::{Cache, CachedRows};
use crate::model::{InternVl, Sequence};
use crate::tokenizer::TokenizerError;
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use std::sync::Arc;

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The text, tags included, without the end-of-message token.
    pub text: String,
    /// The tokens of `text`, the end-of-message token last if it was reached.
    pub tokens: Vec<u32>,
    /// The log-probability of each token, before any is ruled out.
    pub logprobs: Vec<f32>,
    /// The entropy, in nats, of the distribution that each token was chosen from.
    pub entropies: Vec<f32>,
    /// How much likelier, in nats, each token was than the likeliest other one.
    pub margins: Vec<f32>,
    /// Which tokens say the coordinates of each box.
    pub boxes: Vec<Vec<usize>>,
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

/// A picture and what is asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// The picture.
    pub look: &'a Look,
    /// The questions.
    pub questions: &'a [String],
}

/// A question being answered.
struct Strand {
    /// Rows of the cache that it shares with the other questions about its picture.
    shared: Range<usize>,
    /// First row of its own in the cache.
    start: usize,
    /// Rows of its own so far.
    len: usize,
    answer: Answer,
    logits: Vec<f32>,
    rng: ChaCha8Rng,
}

/// Answers every question, in the order of the pictures and of their questions. What is asked beside a question changes nothing in
/// its answer.
pub fn answer(
    model: &InternVl,
    prompter: &Prompter,
    inquiries: &[Inquiry<'_>],
    decoding: Decoding,
) -> Result<Vec<Vec<Answer>>, GenerateError> {
    let (mut strands, mut cache) = read_inquiries(model, prompter, inquiries, decoding)?;
    write(model, prompter, &mut strands, &mut cache, decoding, |_| {
        true
    })?;
    let mut finished = strands.into_iter().map(|s| s.finish(prompter));
    inquiries
        .iter()
        .map(|inquiry| finished.by_ref().take(inquiry.questions.len()).collect())
        .collect()
}

/// Answers one question, and lets `hear` hear the tokens as they come; once it returns false, no more are written.
pub fn answer_aloud(
    model: &InternVl,
    prompter: &Prompter,
    look: &Look,
    question: String,
    decoding: Decoding,
    hear: &mut dyn FnMut(&[u32]) -> bool,
) -> Result<Answer, GenerateError> {
    let questions = &[question];
    let inquiry = [Inquiry { look, questions }];
    let (mut strands, mut cache) = read_inquiries(model, prompter, &inquiry, decoding)?;
    write(model, prompter, &mut strands, &mut cache, decoding, |all| {
        all.iter().all(|strand| hear(&strand.answer.tokens))
    })?;
    let answer = strands.pop().map(|strand| strand.finish(prompter));
    answer.unwrap_or_else(|| Ok(Answer::default()))
}

/// The log-probability of each token of given answers, had the model written them: one answer to each question about one picture, read in
/// a single pass (teacher forcing). What was not chosen freely, as within a box, counts as it is, before any token is ruled out.
pub fn score(
    model: &InternVl,
    prompter: &Prompter,
    look: &Look,
    given: &[(String, Vec<u32>)],
) -> Result<Vec<Vec<f32>>, GenerateError> {
    let turn = |(question, answer): &(String, Vec<u32>)| {
        Ok(EncodedTurn {
            question: prompter.question(question)?,
            answer: answer.clone(),
            weights: vec![1.0; answer.len()],
        })
    };
    let turns: Vec<EncodedTurn> = given
        .iter()
        .map(turn)
        .collect::<Result<_, GenerateError>>()?;
    let packed = Packed::new(prompter, look.tiles, &turns);
    let patches = look.tensor(model.config())?;
    let x = model.embed(&packed.sequence, &model.image_tokens(&patches)?)?;
    let Sequence {
        positions, spans, ..
    } = &packed.sequence;
    let states = model.language.forward(&x, positions, spans)?;
    let mut places = packed.rows.iter();
    let mut logprob = |token: &u32| -> Result<f32, GenerateError> {
        let row = places.next().copied().unwrap_or_default() as usize;
        let logits = model.language.logits(&states.narrow(0, row, 1)?)?;
        let logprobs = log_softmax(&Floats::of(&logits)?);
        Ok(logprobs
            .get(*token as usize)
            .copied()
            .unwrap_or(f32::NEG_INFINITY))
    };
    let mut of_turn = |turn: &EncodedTurn| turn.answer.iter().map(&mut logprob).collect();
    turns.iter().map(&mut of_turn).collect()
}

/// Writes all answers token by token, as long as `go_on` says so.
fn write(
    model: &InternVl,
    prompter: &Prompter,
    strands: &mut [Strand],
    cache: &mut Cache,
    decoding: Decoding,
    mut go_on: impl FnMut(&[Strand]) -> bool,
) -> Result<(), GenerateError> {
    let grammar = decoding.boxes_held.then(|| prompter.boxes());
    let end = prompter.tokenizer().im_end;
    for _ in 0..decoding.max_tokens {
        for strand in strands.iter_mut().filter(|s| !s.answer.finished) {
            strand.choose(decoding, grammar, end);
        }
        if !go_on(strands) {
            break;
        }
        let mut open: Vec<&mut Strand> =
            strands.iter_mut().filter(|s| !s.answer.finished).collect();
        if open.is_empty() {
            break;
        }
        read_chosen(model, &mut open, cache)?;
    }
    Ok(())
}

/// A picture with its questions in tokens, and where they lie in the cache.
struct Placed<'a> {
    look: &'a Look,
    turns: Vec<EncodedTurn>,
    /// Rows of what the questions share.
    shared: Range<usize>,
    /// Rows of each question, free rows for its answer after them.
    questions: Vec<Range<usize>>,
}

/// Reads pictures and questions and makes room for the answers.
fn read_inquiries(
    model: &InternVl,
    prompter: &Prompter,
    inquiries: &[Inquiry<'_>],
    decoding: Decoding,
) -> Result<(Vec<Strand>, Cache), GenerateError> {
    let (mut placed, mut rows) = (Vec::with_capacity(inquiries.len()), 0);
    for inquiry in inquiries.iter().filter(|i| !i.questions.is_empty()) {
        let next = Placed::new(prompter, inquiry, rows, decoding.max_tokens)?;
        rows = next
            .questions
            .last()
            .map_or(next.shared.end, |q| q.end + decoding.max_tokens);
        placed.push(next);
    }
    let mut cache = model.language.cache(rows)?;
    let mut strands = Vec::new();
    for placed in &placed {
        let logits = placed.read(model, prompter, &mut cache)?;
        for (question, logits) in placed.questions.iter().zip(logits) {
            let mut rng = ChaCha8Rng::seed_from_u64(decoding.seed);
            rng.set_stream(strands.len() as u64);
            strands.push(Strand::new(placed.shared.clone(), question, logits, rng));
        }
    }
    Ok((strands, cache))
}

impl<'a> Placed<'a> {
    fn new(
        prompter: &Prompter,
        inquiry: &Inquiry<'a>,
        start: usize,
        room: usize,
    ) -> Result<Self, TokenizerError> {
        let shared = start..start + prompter.prefix(inquiry.look.tiles).tokens.len();
        let (mut turns, mut questions, mut next) = (Vec::new(), Vec::new(), shared.end);
        for question in inquiry.questions {
            let question = prompter.question(question)?;
            questions.push(next..next + question.len());
            next += question.len() + room;
            turns.push(EncodedTurn {
                question,
                answer: Vec::new(),
                weights: Vec::new(),
            });
        }
        Ok(Self {
            look: inquiry.look,
            turns,
            shared,
            questions,
        })
    }

    /// Reads picture and questions in one pass; the logits after each question.
    fn read(
        &self,
        model: &InternVl,
        prompter: &Prompter,
        cache: &mut Cache,
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        let sequence = Packed::new(prompter, self.look.tiles, &self.turns).sequence;
        let patches = self.look.tensor(model.config())?;
        let x = model.embed(&sequence, &model.image_tokens(&patches)?)?;
        let states = model
            .language
            .read(&x, &self.rows(sequence.positions), cache)?;
        let mut end = self.shared.len();
        let mut last = |question: &Range<usize>| {
            end += question.len();
            let logits = model.language.logits(&states.narrow(0, end - 1, 1)?)?;
            Ok(Floats::of(&logits)?.to_vec())
        };
        self.questions.iter().map(&mut last).collect()
    }

    fn rows(&self, positions: Vec<u32>) -> CachedRows {
        let mut spans = vec![Span {
            queries: 0..self.shared.len(),
            context: 0..0,
            own: self.shared.clone(),
            causal: true,
        }];
        let mut slots: Vec<usize> = self.shared.clone().collect();
        for question in &self.questions {
            spans.push(Span {
                queries: slots.len()..slots.len() + question.len(),
                context: self.shared.clone(),
                own: question.clone(),
                causal: true,
            });
            slots.extend(question.clone());
        }
        CachedRows {
            positions,
            spans: Arc::new(spans),
            slots,
        }
    }
}

/// Reads each open strand's newest token and leaves the logits for the next.
fn read_chosen(
    model: &InternVl,
    open: &mut [&mut Strand],
    cache: &mut Cache,
) -> Result<(), GenerateError> {
    let tokens: Vec<u32> = open
        .iter()
        .filter_map(|s| s.answer.tokens.last().copied())
        .collect();
    let rows = CachedRows {
        positions: open.iter().map(|s| s.position()).collect(),
        slots: open.iter().map(|s| s.start + s.len).collect(),
        spans: Arc::new(open.iter().enumerate().map(|(i, s)| s.span(i)).collect()),
    };
    let states = model
        .language
        .read(&model.language.embed(&tokens)?, &rows, cache)?;
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
    fn new(
        shared: Range<usize>,
        question: &Range<usize>,
        logits: Vec<f32>,
        rng: ChaCha8Rng,
    ) -> Self {
        Self {
            shared,
            start: question.start,
            len: question.len(),
            answer: Answer::default(),
            logits,
            rng,
        }
    }

    /// Where the newest token stands in its own conversation.
    fn position(&self) -> u32 {
        (self.shared.len() + self.len) as u32
    }

    /// The newest token sees the shared rows, its own strand's and itself.
    fn span(&self, query: usize) -> Span {
        Span {
            queries: query..query + 1,
            context: self.shared.clone(),
            own: self.start..self.start + self.len + 1,
            causal: false,
        }
    }

    fn choose(&mut self, decoding: Decoding, grammar: Option<&BoxGrammar>, end: u32) {
        let logprobs = log_softmax(&self.logits);
        let (answer, rng) = (&mut self.answer, &mut self.rng);
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
        answer
            .margins
            .push(logprobs[token] - likeliest_but(token, &logprobs));
        answer.finished = token as u32 == end;
    }

    fn finish(mut self, prompter: &Prompter) -> Result<Answer, GenerateError> {
        let said = self.answer.tokens.len() - usize::from(self.answer.finished);
        self.answer.text = prompter.tokenizer().decode(&self.answer.tokens[..said])?;
        self.answer.boxes = prompter.boxes().coordinates(&self.answer.tokens);
        Ok(self.answer)
    }
}

fn likeliest_but(token: usize, logprobs: &[f32]) -> f32 {
    let others = logprobs.iter().enumerate().filter(|(t, _)| *t != token);
    others.map(|(_, l)| *l).fold(f32::NEG_INFINITY, f32::max)
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
