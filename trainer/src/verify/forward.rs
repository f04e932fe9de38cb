//! Activations and loss.

use super::reference::{Reference, Sample};
use super::{Comparison, Kind};
use crate::checkpoint::Checkpoint;
use crate::model::kernels::{Target, cross_entropy};
use crate::model::{InternVl, Weights};
use anyhow::{Context, Result};
use candle_core::Tensor;
use std::sync::Arc;

/// Compares every stored activation and the loss.
pub fn compare(model: &Checkpoint, reference: &Reference, to: &mut Comparison) -> Result<()> {
    let model = InternVl::new(&model.config, &Weights::frozen(model.tensors.clone()))?;
    let image_tokens = vision(&model, reference, to)?;
    let each = model.config().image_tokens();
    let total: usize = reference.samples.iter().map(|s| s.targets.len()).sum();
    let mut loss = 0.0;
    for (row, sample) in reference.samples.iter().enumerate() {
        let tokens =
            image_tokens.narrow(0, sample.images.start * each, sample.images.len() * each)?;
        for (name, ours) in language(&model, sample, &tokens)? {
            if let Some(theirs) = reference.tensors.get(&name) {
                // Rows past the sample's length are padding.
                let theirs = theirs.get(row)?.narrow(0, 0, ours.dim(0)?)?;
                to.tensors(&name, Kind::Activation, &ours, &theirs)?;
            }
            if name == "logits" {
                loss += sample_loss(&ours, sample, total)?;
            }
        }
    }
    to.number("loss", Kind::Activation, loss, reference.facts.loss);
    Ok(())
}

/// Compares the vision side, all pictures at once, and returns the image tokens.
fn vision(model: &InternVl, reference: &Reference, to: &mut Comparison) -> Result<Tensor> {
    let states = model.vision.trace(&reference.patches)?;
    let last = states
        .last()
        .context("the vision tower has no states")?
        .clone();
    let tokens = model.projector.forward(&last)?;
    let name = |n: usize| match n {
        0 => "vision_embeddings".to_owned(),
        n => format!("vision_hidden_{n}"),
    };
    let mut ours: Vec<(String, Tensor)> = (0..).map(name).zip(states).collect();
    ours.extend([
        (
            "pixel_shuffled".to_owned(),
            model.projector.shuffled(&last)?,
        ),
        ("projector_out".to_owned(), tokens.clone()),
        ("vision_last_hidden".to_owned(), last),
    ]);
    for (name, ours) in &ours {
        if let Some(theirs) = reference.tensors.get(name) {
            to.tensors(name, Kind::Activation, ours, theirs)?;
        }
    }
    Ok(tokens)
}

/// The decoder's activations for one sample, by the reference's names.
fn language(
    model: &InternVl,
    sample: &Sample,
    image_tokens: &Tensor,
) -> Result<Vec<(String, Tensor)>> {
    let sequence = &sample.sequence;
    let x = model.embed(sequence, image_tokens)?;
    let mut states = model
        .language
        .trace(&x, &sequence.positions, &sequence.spans)?;
    let mut named = vec![("inputs_embeds".to_owned(), x)];
    if let Some(last) = states.pop() {
        named.push(("logits".to_owned(), model.language.logits(&last)?));
        named.push(("text_final_norm".to_owned(), last));
    }
    let hidden = states.into_iter().enumerate();
    named.extend(hidden.map(|(n, state)| (format!("text_hidden_{}", n + 1), state)));
    Ok(named)
}

/// A sample's share of the mean over all `total` supervised tokens.
fn sample_loss(logits: &Tensor, sample: &Sample, total: usize) -> Result<f64> {
    if sample.targets.is_empty() {
        return Ok(0.0);
    }
    let rows: Vec<u32> = sample.targets.iter().map(|(row, _)| *row).collect();
    let rows = Tensor::from_slice(&rows, rows.len(), logits.device())?;
    let targets = Arc::new(targets(sample, total));
    let loss = cross_entropy(&logits.index_select(&rows, 0)?, targets)?;
    Ok(f64::from(loss.to_scalar::<f32>()?))
}

/// What a sample's rows are to predict, weighted for a mean over `total`.
pub fn targets(sample: &Sample, total: usize) -> Vec<Target> {
    let target = |(_, token): &(u32, u32)| Target {
        token: *token,
        weight: 1.0 / total as f32,
    };
    sample.targets.iter().map(target).collect()
}
