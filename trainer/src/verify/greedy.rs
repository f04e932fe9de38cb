//! Greedy continuations, read token by token against the cache.

use super::Comparison;
use super::reference::{Reference, sequence};
use crate::checkpoint::Checkpoint;
use crate::model::kernels::Floats;
use crate::model::language::CachedRows;
use crate::model::{InternVl, Weights};
use anyhow::{Context, Result};
use candle_core::Tensor;

/// Compares the continuations of the untouched model.
pub fn compare(model: &Checkpoint, reference: &Reference, to: &mut Comparison) -> Result<()> {
    let weights = Weights::frozen(model.tensors.clone());
    let theirs = &reference.facts.greedy_base;
    compare_with(&weights, model, reference, theirs, "greedy_base", to)
}

/// Compares the continuations of the model with these weights.
pub fn compare_with(
    weights: &Weights,
    model: &Checkpoint,
    reference: &Reference,
    theirs: &[Vec<u32>],
    name: &str,
    to: &mut Comparison,
) -> Result<()> {
    let internvl = InternVl::new(&model.config, weights)?;
    for (n, theirs) in theirs.iter().enumerate() {
        let prompt = reference
            .facts
            .prompt_ids
            .get(n)
            .with_context(|| format!("ref.json has {name} {n}, but no such prompt"))?;
        let images = reference
            .samples
            .get(n)
            .map(|s| s.images.clone())
            .with_context(|| format!("ref.json has {name} {n}, but the batch no such row"))?;
        let patches = reference.patches_of(&images, &model.config)?;
        let prompt = sequence(prompt.clone(), reference.facts.image_token_id);
        let ours = continuation(&internvl, &prompt, &patches, theirs.len())?;
        to.choices(&format!("{name}.{n}"), &ours, theirs);
    }
    Ok(())
}

/// The `count` most likely next tokens, each read before the next is chosen.
fn continuation(
    model: &InternVl,
    prompt: &crate::model::Sequence,
    patches: &Tensor,
    count: usize,
) -> Result<Vec<u32>> {
    let x = model.embed(prompt, &model.image_tokens(patches)?)?;
    let rows = prompt.tokens.len();
    let mut cache = model.language.cache(rows + count)?;
    let states = model
        .language
        .read(&x, &CachedRows::of_one(0..rows), &mut cache)?;
    let mut logits = model.language.logits(&states.narrow(0, rows - 1, 1)?)?;
    let mut tokens = Vec::with_capacity(count);
    for at in rows..rows + count {
        let token = most_likely(&Floats::of(&logits)?);
        tokens.push(token);
        let place = CachedRows::of_one(at..at + 1);
        let x = model.language.embed(&[token])?;
        logits = model
            .language
            .logits(&model.language.read(&x, &place, &mut cache)?)?;
    }
    Ok(tokens)
}

/// The first of the largest, as PyTorch's `argmax` gives it.
fn most_likely(logits: &[f32]) -> u32 {
    let best = logits
        .iter()
        .enumerate()
        .rev()
        .max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(token, _)| token as u32)
}
