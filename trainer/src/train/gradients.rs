//! The gradient of a batch: each image on its own, several at a time, added up in the order of the batch.

use crate::data::{Example, Packed, Prompter};
use crate::model::kernels::{Floats, side_by_side};
use crate::model::lora::Draw;
use crate::model::{InternVl, Weights};
use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor};
use std::collections::BTreeMap;

/// A batch's loss and its gradient for every trained tensor that got one.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    /// Mean cross-entropy over supervised tokens.
    pub loss: f64,
    /// How many tokens were supervised.
    pub tokens: usize,
    /// By name.
    pub by_name: BTreeMap<String, Vec<f32>>,
}

impl Gradients {
    /// Scales the gradient down to at most `limit` and returns its length before.
    pub fn clip(&mut self, limit: f64) -> f64 {
        let square = |g: &Vec<f32>| g.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
        let norm = self.by_name.values().map(square).sum::<f64>().sqrt();
        if norm > limit {
            let by = (limit / norm) as f32;
            self.by_name.values_mut().flatten().for_each(|x| *x *= by);
        }
        norm
    }
}

/// The gradient of the mean loss over all supervised tokens of `examples`, with `threads` images worked on side by side. Where the
/// weights are drawn for a training pass, every image has a draw of its own; the first one's is that of the pass.
pub fn gradients_of(
    model: &InternVl,
    prompter: &Prompter,
    weights: &Weights,
    examples: &[Example],
    threads: usize,
) -> Result<Gradients> {
    let packed: Vec<Packed> = examples
        .iter()
        .map(|e| Packed::new(prompter, e.look.tiles, &e.turns))
        .collect();
    let total: f64 = packed.iter().map(Packed::weight).sum();
    let loss = |i: usize| match weights.draw() {
        None => image_loss(model, &examples[i], &packed[i], total),
        Some(draw) => {
            let place = draw.place + i as u64;
            let own = weights.drawn(Draw { place, ..draw });
            let model = InternVl::new(model.config(), &own)?;
            image_loss(&model, &examples[i], &packed[i], total)
        }
    };
    let mut sum = sum_of_gradients(weights, examples.len(), threads, loss)?;
    sum.tokens = packed.iter().map(|p| p.rows.len()).sum();
    Ok(sum)
}

/// The gradient of `loss(0) + … + loss(count − 1)`, each a tensor of one number, worked on side by side and added in order, in host
/// memory.
pub fn sum_of_gradients(
    weights: &Weights,
    count: usize,
    threads: usize,
    loss: impl Fn(usize) -> Result<Tensor> + Sync,
) -> Result<Gradients> {
    let work = |i: usize| -> Result<(f64, GradStore)> {
        let loss = loss(i)?;
        Ok((f64::from(loss.to_scalar::<f32>()?), loss.backward()?))
    };
    // A GPU is kept busy by one.
    let threads = match weights.device().is_cpu() {
        true => threads,
        false => 1,
    };
    let mut sum = Gradients::default();
    for result in side_by_side(count, threads, work) {
        let (loss, store) = result?;
        sum.loss += loss;
        add(&mut sum.by_name, weights, &store)?;
    }
    Ok(sum)
}

/// One image's share of the batch's mean loss.
fn image_loss(model: &InternVl, example: &Example, packed: &Packed, total: f64) -> Result<Tensor> {
    let patches = example.look.tensor(model.config())?;
    let loss = model.loss(
        &patches,
        &packed.sequence,
        &packed.rows,
        packed.targets.clone(),
    )?;
    loss / total
}

fn add(sum: &mut BTreeMap<String, Vec<f32>>, weights: &Weights, store: &GradStore) -> Result<()> {
    for (name, var) in weights.variables() {
        let Some(gradient) = store.get(var.as_tensor()) else {
            continue;
        };
        let gradient = gradient.contiguous()?;
        let numbers = Floats::of(&gradient)?;
        match sum.get_mut(name) {
            Some(so_far) => so_far
                .iter_mut()
                .zip(numbers.iter())
                .for_each(|(s, g)| *s += g),
            None => drop(sum.insert(name.clone(), numbers.to_vec())),
        }
    }
    Ok(())
}
