//! What a model of a given size costs on this machine: seconds, tokens per second, memory; by itself, and beside PyTorch. And what
//! choosing the next images costs.

pub mod active;
mod choose;
mod growth;
mod memory;
mod pairs;
pub mod random;
mod row;
mod shape;
mod steps;
mod turns;

pub use choose::Choosing;
pub use pairs::{Bench, PairsError};
pub use row::Row;
pub use shape::{Shape, UnknownShape};
pub use steps::{Lengths, Mode, Run, Steps, UnknownMode};

use crate::checkpoint::Pretrained;
use crate::data::{Example, Look, Prompter};
use crate::generate::{Decoding, GenerateError, Inquiry, answer};
use crate::model::kernels::{Floats, spread_over};
use crate::model::language::{Cache, CachedRows};
use crate::model::{InternVl, Weights};
use crate::predict::available_threads;
use crate::train::{AdamW, gradients_where_formed, trainable};
use anyhow::Result;
use candle_core::Device;
use image::{DynamicImage, Rgb, RgbImage};
use medreg_datasets::modality::Modality;
use medreg_datasets::protocol::{RunConfig, Tuning};
use medreg_datasets::task::{self, Turn};
use std::path::Path;
use std::time::Instant;

/// The two stretches of an answer whose tokens are compared: from the 16th on and up to the 512th.
const STRETCH: usize = 32;
const EARLY: usize = 16;
const LATE: usize = 512;

/// Loads the model in `dir`, has it answer a question and learn from one, and times it; `done` hears of every row.
pub fn measure(dir: &Path, device: &Device, done: &mut dyn FnMut(&Row)) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut add = |row: Row| {
        done(&row);
        rows.push(row);
    };
    memory::forget_peak();
    let begun = Instant::now();
    let start = Pretrained::load(dir)?.on(device)?;
    let parameters: usize = start
        .tensors
        .values()
        .map(candle_core::Tensor::elem_count)
        .sum();
    let note = format!("{:.0} million parameters", parameters as f64 / 1e6);
    add(Row::new("load", begun.elapsed().as_secs_f64(), "s", note));
    peak("load, peak memory", &mut add);

    memory::forget_peak();
    spread_over(available_threads(), || answering(&start, &mut add))?;
    peak("answer, peak memory", &mut add);

    memory::forget_peak();
    learning(&start, &mut add)?;
    peak("LoRA step, peak memory", &mut add);
    Ok(rows)
}

fn peak(metric: &'static str, add: &mut dyn FnMut(Row)) {
    if let Some(bytes) = memory::peak() {
        let gib = bytes as f64 / f64::from(1 << 30);
        add(Row::new(
            metric,
            gib,
            "GiB",
            "largest resident size, mapped files included",
        ));
    }
}

/// A picture that no model has seen: soft rings.
fn picture(side: u32) -> DynamicImage {
    let ring = |x: u32, y: u32| {
        let from = |at: u32| f64::from(at) - f64::from(side) / 2.0;
        let light = 128.0 + 100.0 * (from(x).hypot(from(y)) / 9.0).sin();
        Rgb([light as u8; 3])
    };
    RgbImage::from_fn(side, side, ring).into()
}

fn question() -> String {
    task::text_to_region(&medreg_datasets::lang::Lang::en(), Modality::Ct, "liver")
}

fn answering(start: &Pretrained, add: &mut dyn FnMut(Row)) -> Result<()> {
    let model = InternVl::new(&start.config, &Weights::frozen(start.tensors.clone()))?;
    let prompter = Prompter::new(&start.tokenizer, &start.config)?;
    let look = Look::at(&picture(start.config.image_size() as u32), &start.config);
    let rows = prompter.prefix(look.tiles).tokens.len() + prompter.question(&question())?.len();
    let first = answered(&model, &prompter, &look, 1)?;
    let note = format!("picture and question, {rows} tokens, first token of the answer");
    add(Row::new("first token", first, "s", note));
    let (early, late) = token_times(&model, rows)?;
    let note =
        format!("median of {STRETCH}, after {EARLY} tokens of an answer, in turn with late ones");
    add(Row::new("time per token, early", early * 1e3, "ms", note));
    let note = format!("median of {STRETCH}, up to token {LATE}; the reference is the early ones");
    add(Row::new("time per token, late", late * 1e3, "ms", note).against(early * 1e3));
    add(Row::new(
        "decoding",
        1.0 / late,
        "tokens/s",
        "at the late token's pace",
    ));
    Ok(())
}

/// Seconds to an answer of so many tokens.
fn answered(
    model: &InternVl,
    prompter: &Prompter,
    look: &Look,
    max_tokens: usize,
) -> Result<f64, GenerateError> {
    let decoding = Decoding {
        max_tokens,
        ..Decoding::default()
    };
    let questions = [question()];
    let inquiry = Inquiry {
        look,
        questions: &questions,
    };
    let begun = Instant::now();
    answer(model, prompter, &[inquiry], decoding)?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Median seconds per token soon after the start of an answer and at its 512th token, behind a prompt of `prompt` tokens. The answer
/// is not let end: what the tokens say does not matter here. It is written first and timed afterwards, an early token and a late one in
/// turn, so that what else the machine does meets both alike.
fn token_times(model: &InternVl, prompt: usize) -> Result<(f64, f64)> {
    let mut cache = model.language.cache(prompt + LATE)?;
    let mut written = vec![read_at(model, &mut cache, 0, &vec![7; prompt])?];
    for at in 0..LATE - 1 {
        written.push(read_at(model, &mut cache, prompt + at, &[written[at]])?);
    }
    // A token that is read again writes what stands in its row already.
    let mut timed = |at: usize| -> Result<f64> {
        let begun = Instant::now();
        read_at(model, &mut cache, prompt + at, &[written[at]])?;
        Ok(begun.elapsed().as_secs_f64())
    };
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for step in 0..STRETCH {
        early.push(timed(EARLY + step)?);
        late.push(timed(LATE - STRETCH + step)?);
    }
    Ok((median(&mut early), median(&mut late)))
}

/// Reads tokens into the rows of the cache from `from` on; the likeliest token after them.
fn read_at(model: &InternVl, cache: &mut Cache, from: usize, tokens: &[u32]) -> Result<u32> {
    let rows = CachedRows::of_one(from..from + tokens.len());
    let states = model
        .language
        .read(&model.language.embed(tokens)?, &rows, cache)?;
    let last = states.narrow(0, tokens.len() - 1, 1)?;
    let logits = model.language.logits(&last)?;
    let logits = Floats::of(&logits)?;
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    Ok(best.map_or(0, |(token, _)| token as u32))
}

/// Of an even count, the mean of the middle two; 0 of none.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let (last, half) = (numbers.len().saturating_sub(1), numbers.len() / 2);
    match numbers {
        [] => 0.0,
        _ => f64::midpoint(numbers[last / 2], numbers[half]),
    }
}

/// One step of low-rank tuning on one picture with one question, after one that warms up.
fn learning(start: &Pretrained, add: &mut dyn FnMut(Row)) -> Result<()> {
    let config = RunConfig {
        tuning: Tuning::lora(16, 32.0),
        ..RunConfig::default()
    };
    let weights = trainable(start, &config)?;
    let model = InternVl::new(&start.config, &weights)?;
    let prompter = Prompter::new(&start.tokenizer, &start.config)?;
    let turn = Turn {
        question: question(),
        answer: "<ref>liver</ref><box>[[102, 106, 481, 910]]</box>".to_owned(),
    };
    let turn = prompter.turn(&turn)?;
    let look = Look::at(&picture(start.config.image_size() as u32), &start.config);
    let rows = prompter.prefix(look.tiles).tokens.len() + turn.question.len() + turn.answer.len();
    let example = Example {
        look,
        turns: vec![turn],
    };
    let mut optimizer = AdamW::new(config.weight_decay);
    let mut seconds = 0.0;
    for _ in 0..2 {
        let begun = Instant::now();
        let examples = std::slice::from_ref(&example);
        let work = available_threads().into();
        let gradients = gradients_where_formed(&model, &prompter, &weights, examples, work)?;
        optimizer.step(&weights, &gradients, config.learning_rate)?;
        weights.device().synchronize()?;
        seconds = begun.elapsed().as_secs_f64();
        anyhow::ensure!(gradients.loss.is_finite(), "the loss is {}", gradients.loss);
    }
    let note = format!("the second of two, rank 16 on the decoder, one picture, {rows} tokens");
    add(Row::new("LoRA step", seconds, "s", note));
    add(Row::new(
        "LoRA step, speed",
        rows as f64 / seconds,
        "tokens/s",
        "the same",
    ));
    Ok(())
}
