//! Gradients of the full fine-tune.

use super::reference::{Reference, Sample};
use super::{Comparison, Kind, numbers_of};
use crate::checkpoint::{Checkpoint, place};
use crate::model::{InternVl, Lesson, Weights};
use crate::train::{Gradients, Numbers, Work, sum_of_lessons};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

const PREFIX: &str = "full_grad.";

/// Compares the stored gradients, the length of each parameter's and the length of all.
pub fn compare(
    model: &Checkpoint,
    reference: &Reference,
    threads: usize,
    to: &mut Comparison,
) -> Result<()> {
    let wanted = reference.tensors.keys().any(|n| n.starts_with(PREFIX));
    if !wanted && reference.facts.full_grad_norms.is_empty() {
        return Ok(());
    }
    let weights = Weights::trained(model.tensors.clone())?;
    let gradients = of_batch(model, &weights, reference, threads)?.by_name;
    let whole = whole_length(&gradients);
    to.expect_gradients(whole);
    for (name, theirs) in &reference.tensors {
        if let Some(parameter) = name.strip_prefix(PREFIX) {
            let ours = part(&gradients, parameter)?;
            to.numbers(name, Kind::Gradient, ours, &numbers_of(theirs)?)?;
        }
    }
    for (parameter, norm) in &reference.facts.full_grad_norms {
        let name = format!("full_grad_norm.{parameter}");
        to.number(
            &name,
            Kind::Gradient,
            length(part(&gradients, parameter)?),
            *norm,
        );
    }
    if let Some(norm) = reference.facts.full_grad_global_norm {
        to.number("full_grad_global_norm", Kind::Gradient, whole, norm);
    }
    Ok(())
}

/// Loss and gradient of the reference's batch for whatever `weights` trains.
pub fn of_batch(
    model: &Checkpoint,
    weights: &Weights,
    reference: &Reference,
    threads: usize,
) -> Result<Gradients> {
    let internvl = InternVl::new(&model.config, weights)?;
    let samples = &reference.samples;
    Ok(of_samples(&internvl, weights, reference, samples, threads)?.into_host()?)
}

/// The same for these samples, whose pictures are the reference's, and the model that was built over `weights`; left where it was formed.
pub fn of_samples<'w>(
    internvl: &InternVl,
    weights: &Weights,
    reference: &Reference,
    samples: &[Sample],
    work: impl Into<Work<'w>>,
) -> Result<Gradients<Numbers>> {
    let samples: Vec<_> = samples.iter().filter(|s| !s.targets.is_empty()).collect();
    let total = samples.iter().map(|s| s.targets.len()).sum();
    let patches: Vec<_> = samples
        .iter()
        .map(|s| reference.patches_of(&s.images, internvl.config()))
        .collect::<Result<_>>()?;
    let work = work.into();
    let lesson = |i: usize| {
        Ok(Lesson {
            picture: work.picture(internvl, patches[i].clone())?,
            sequence: samples[i].sequence.clone(),
            rows: samples[i].targets.iter().map(|(row, _)| *row).collect(),
            targets: Arc::new(super::forward::targets(samples[i], total)),
        })
    };
    let count = samples.len();
    Ok(sum_of_lessons(internvl, weights, count, work, lesson)?)
}

/// The gradient of a published parameter, which may be a third of one that is kept fused.
fn part<'a>(gradients: &'a BTreeMap<String, Vec<f32>>, parameter: &str) -> Result<&'a [f32]> {
    let (name, third) = place(parameter);
    let whole = gradients
        .get(&name)
        .with_context(|| format!("`{parameter}` has no gradient here (looked for `{name}`)"))?;
    Ok(match third {
        None => whole,
        Some(third) => {
            let each = whole.len() / 3;
            &whole[third * each..(third + 1) * each]
        }
    })
}

/// The length of all gradients together.
pub fn whole_length(gradients: &BTreeMap<String, Vec<f32>>) -> f64 {
    let square = |g: &Vec<f32>| length(g).powi(2);
    gradients.values().map(square).sum::<f64>().sqrt()
}

fn length(gradient: &[f32]) -> f64 {
    gradient
        .iter()
        .map(|x| f64::from(*x).powi(2))
        .sum::<f64>()
        .sqrt()
}
