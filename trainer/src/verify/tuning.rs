//! Ten steps of low-rank tuning from the stored adapter.

use super::gradients::{of_batch, whole_length};
use super::reference::{LoraFacts, Reference};
use super::{Comparison, Kind, greedy, numbers_of};
use crate::checkpoint::{Checkpoint, PeftAdapter, adapter_name};
use crate::model::{InternVl, Weights, lora};
use crate::train::AdamW;
use anyhow::{Context, Result};
use candle_core::Tensor;

const PREFIX: &str = "lora_grad.";
const LOGITS: &str = "lora_logits_step0_row0_last32";

/// Compares losses, gradients, logits and the continuations of the tuned model.
pub fn compare(
    model: &Checkpoint,
    reference: &Reference,
    threads: usize,
    to: &mut Comparison,
) -> Result<()> {
    let Some(facts) = &reference.facts.lora else {
        return Ok(());
    };
    let adapter = PeftAdapter::load(&reference.dir.join("adapter_init"))?;
    let weights = lora::attach(model.tensors.clone(), &model.config, &adapter.modules)?;
    if let Some(theirs) = reference.tensors.get(LOGITS) {
        first_logits(model, &weights, reference, theirs, to)?;
    }
    steps(model, &weights, reference, facts, threads, to)?;
    let tuned = weights.held();
    let theirs = &reference.facts.greedy_lora_step10;
    greedy::compare_with(&tuned, model, reference, theirs, "greedy_lora_step10", to)
}

/// The last rows of the first sample, before any step; the reference's last rows may be padding.
fn first_logits(
    model: &Checkpoint,
    weights: &Weights,
    reference: &Reference,
    theirs: &Tensor,
    to: &mut Comparison,
) -> Result<()> {
    let internvl = InternVl::new(&model.config, weights)?;
    let sample = reference.samples.first().context("the batch is empty")?;
    let sequence = &sample.sequence;
    let patches = reference.patches_of(&sample.images, &model.config)?;
    let x = internvl.embed(sequence, &internvl.image_tokens(&patches)?)?;
    let states = internvl
        .language
        .forward(&x, &sequence.positions, &sequence.spans)?;
    let first = reference.length - theirs.dim(0)?;
    let rows = sequence.tokens.len().saturating_sub(first);
    if rows == 0 {
        return to.numbers(LOGITS, Kind::Activation, &[], &[]);
    }
    let ours = internvl.language.logits(&states.narrow(0, first, rows)?)?;
    to.tensors(LOGITS, Kind::Activation, &ours, &theirs.narrow(0, 0, rows)?)
}

fn steps(
    model: &Checkpoint,
    weights: &Weights,
    reference: &Reference,
    facts: &LoraFacts,
    threads: usize,
    to: &mut Comparison,
) -> Result<()> {
    let mut optimizer = AdamW::with(facts.adamw.settings());
    for (step, loss) in facts.losses.iter().enumerate() {
        let gradients = of_batch(model, weights, reference, threads)?;
        let name = format!("lora_loss.{step}");
        to.number(&name, Kind::Activation, gradients.loss, *loss);
        let whole = whole_length(&gradients.by_name);
        if step == 0 {
            to.expect_gradients(whole);
            first_gradients(&gradients.by_name, reference, to)?;
        }
        let Some(norm) = facts.grad_norms.get(step) else {
            continue;
        };
        to.number(
            &format!("lora_grad_norm.{step}"),
            Kind::Gradient,
            whole,
            *norm,
        );
        optimizer.step(weights, &gradients, facts.adamw.lr)?;
    }
    Ok(())
}

fn first_gradients(
    ours: &std::collections::BTreeMap<String, Vec<f32>>,
    reference: &Reference,
    to: &mut Comparison,
) -> Result<()> {
    for (name, theirs) in &reference.tensors {
        let Some(published) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let own = adapter_name(published)
            .with_context(|| format!("`{name}` adapts no layer that is known here"))?;
        let gradient = ours
            .get(&own)
            .with_context(|| format!("`{name}` has no gradient here (looked for `{own}`)"))?;
        to.numbers(name, Kind::Gradient, gradient, &numbers_of(theirs)?)?;
    }
    Ok(())
}
