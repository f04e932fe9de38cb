//! The gradient of a batch: each image on its own, several at a time, added up in the order of the batch.

use super::features::Features;
use super::numbers::Numbers;
use crate::data::{Example, Packed, Prompter};
use crate::model::kernels::{Target, mixed_precision, side_by_side};
use crate::model::lora::Draw;
use crate::model::sums::Sums;
use crate::model::{InternVl, Keep, Lesson, Picture, Weights};
use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A batch's loss and its gradient for every trained tensor that got one: in host memory, unless [`Numbers`] says otherwise.
#[derive(Clone, Debug)]
pub struct Gradients<N = Vec<f32>> {
    /// Mean cross-entropy over supervised tokens.
    pub loss: f64,
    /// How many tokens were supervised.
    pub tokens: usize,
    /// By name.
    pub by_name: BTreeMap<String, N>,
}

impl<N> Default for Gradients<N> {
    fn default() -> Self {
        Self {
            loss: 0.0,
            tokens: 0,
            by_name: BTreeMap::new(),
        }
    }
}

/// Numbers between the layers of what a GPU is given at once, unless one image has more: some 4 GiB are kept of them for the way back.
const AT_ONCE: usize = 1 << 25;

/// How a batch is worked on.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// Images worked on side by side.
    pub threads: usize,
    /// What layers keep for their way back.
    pub keep: Keep,
    /// Pictures already seen, where the vision tower stays as it is.
    pub features: Option<&'a Features>,
    /// Whether products on a GPU are in [`mixed_precision`]; the one thing here that changes numbers.
    pub mixed: bool,
}

impl Work<'_> {
    /// The picture as the model is to get it.
    pub fn picture(&self, model: &InternVl, patches: Tensor) -> Result<Picture> {
        match self.features {
            Some(features) => features.tokens(model, &patches),
            None => Ok(Picture::Patches(patches)),
        }
    }
}

impl From<usize> for Work<'_> {
    fn from(threads: usize) -> Self {
        Self {
            threads,
            keep: Keep::Activations,
            features: None,
            mixed: false,
        }
    }
}

/// The gradient of the mean loss over all supervised tokens of `examples`. Where the weights are drawn for a training pass, every image
/// has a draw of its own; the first one's is that of the pass.
pub fn gradients_of<'w>(
    model: &InternVl,
    prompter: &Prompter,
    weights: &Weights,
    examples: &[Example],
    work: impl Into<Work<'w>>,
) -> Result<Gradients> {
    gradients_where_formed(model, prompter, weights, examples, work.into())?.into_host()
}

/// The same, left where it was formed.
pub(crate) fn gradients_where_formed(
    model: &InternVl,
    prompter: &Prompter,
    weights: &Weights,
    examples: &[Example],
    work: Work<'_>,
) -> Result<Gradients<Numbers>> {
    let packed: Vec<Packed> = examples
        .iter()
        .map(|e| Packed::new(prompter, e.look.tiles, &e.turns))
        .collect();
    let total: f64 = packed.iter().map(Packed::weight).sum();
    let lesson = |i: usize| {
        let patches = examples[i].look.tensor(model.config())?;
        Ok(lesson(work.picture(model, patches)?, &packed[i], total))
    };
    let mut sum = sum_of_lessons(model, weights, examples.len(), work, lesson)?;
    sum.tokens = packed.iter().map(|p| p.rows.len()).sum();
    Ok(sum)
}

/// The loss and gradient of `lesson(0)` to `lesson(count − 1)` together.
pub fn gradients_of_lessons(
    model: &InternVl,
    weights: &Weights,
    count: usize,
    work: Work<'_>,
    lesson: impl Fn(usize) -> Result<Lesson> + Sync,
) -> Result<Gradients> {
    sum_of_lessons(model, weights, count, work, lesson)?.into_host()
}

/// The same, left where it was formed.
pub(crate) fn sum_of_lessons(
    model: &InternVl,
    weights: &Weights,
    count: usize,
    work: Work<'_>,
    lesson: impl Fn(usize) -> Result<Lesson> + Sync,
) -> Result<Gradients<Numbers>> {
    let model_of = |i: usize| match weights.draw() {
        None => Ok(Cow::Borrowed(model)),
        Some(draw) => {
            let place = draw.place + i as u64;
            let own = weights.drawn(Draw { place, ..draw });
            InternVl::new(model.config(), &own).map(Cow::Owned)
        }
    };
    if !model.is_by_hand() {
        let sum = || match weights.draw() {
            None => sum_together(model, weights, count, &lesson),
            Some(_) => {
                let loss = |i: usize| model_of(i)?.loss_of(&lesson(i)?);
                sum_by_autograd(weights, count, work.threads, loss)
            }
        };
        return match work.mixed {
            true => mixed_precision(sum),
            false => sum(),
        };
    }
    let sums = Sums::of(weights);
    let learnt = side_by_side(count, work.threads, |i| {
        let learn = || model_of(i)?.learn(&lesson(i)?, work.keep, sums.turn(i));
        learn().inspect_err(|_| sums.abandon())
    });
    let losses = learnt.into_iter().collect::<Result<Vec<f64>>>()?;
    let sums = sums.finish().into_iter();
    Ok(Gradients {
        loss: losses.into_iter().sum(),
        tokens: 0,
        by_name: sums.map(|(name, sum)| (name, Numbers::Host(sum))).collect(),
    })
}

/// The same by autograd, several images at a time as if they were one: a GPU that is given little at once mostly waits.
fn sum_together(
    model: &InternVl,
    weights: &Weights,
    count: usize,
    lesson: impl Fn(usize) -> Result<Lesson>,
) -> Result<Gradients<Numbers>> {
    let mut sum = Gradients::default();
    let mut learn = |lessons: &mut Vec<Lesson>| -> Result<()> {
        let loss = model.loss_of(&Lesson::joined(lessons)?)?;
        lessons.clear();
        sum.loss += f64::from(loss.to_scalar::<f32>()?);
        add(&mut sum.by_name, weights, &loss.backward()?)
    };
    let (mut together, mut numbers) = (Vec::new(), 0);
    for i in 0..count {
        let lesson = lesson(i)?;
        let own = numbers_on_the_way(model, &lesson)?;
        if !together.is_empty() && numbers + own > AT_ONCE {
            learn(&mut together)?;
            numbers = 0;
        }
        numbers += own;
        together.push(lesson);
    }
    if !together.is_empty() {
        learn(&mut together)?;
    }
    Ok(sum)
}

/// How many numbers pass between the layers for a lesson: what is kept for the way back is some thirty times as much.
fn numbers_on_the_way(model: &InternVl, lesson: &Lesson) -> Result<usize> {
    let (vision, language) = (&model.config().vision_config, &model.config().llm_config);
    let text = lesson.sequence.tokens.len() * language.num_hidden_layers * language.hidden_size;
    let picture = match &lesson.picture {
        Picture::Patches(rows) => rows.dim(0)? * vision.num_hidden_layers * vision.hidden_size,
        Picture::Tokens(_) => 0,
    };
    Ok(text + picture)
}

/// One image's share of the batch's mean loss.
fn lesson(picture: Picture, packed: &Packed, total: f64) -> Lesson {
    let share = |target: &Target| Target {
        weight: (f64::from(target.weight) / total) as f32,
        ..*target
    };
    Lesson {
        picture,
        sequence: packed.sequence.clone(),
        rows: packed.rows.clone(),
        targets: Arc::new(packed.targets.iter().map(share).collect()),
    }
}

/// The gradient of `loss(0) + … + loss(count − 1)`, each a tensor of one number, worked on side by side and added in order.
pub(crate) fn sum_by_autograd(
    weights: &Weights,
    count: usize,
    threads: usize,
    loss: impl Fn(usize) -> Result<Tensor> + Sync,
) -> Result<Gradients<Numbers>> {
    let work = |i: usize| -> Result<(f64, GradStore)> {
        let loss = loss(i)?;
        Ok((f64::from(loss.to_scalar::<f32>()?), loss.backward()?))
    };
    // A GPU is kept busy by one, and has no room for the gradients of several.
    let (threads, together) = match weights.device().is_cpu() {
        true => (threads, count.max(1)),
        false => (1, 1),
    };
    let mut sum = Gradients::default();
    for first in (0..count).step_by(together) {
        let count = together.min(count - first);
        for result in side_by_side(count, threads, |i| work(first + i)) {
            let (loss, store) = result?;
            sum.loss += loss;
            add(&mut sum.by_name, weights, &store)?;
        }
    }
    Ok(sum)
}

fn add(sum: &mut BTreeMap<String, Numbers>, weights: &Weights, store: &GradStore) -> Result<()> {
    for (name, var) in weights.variables() {
        let Some(gradient) = store.get(var.as_tensor()) else {
            continue;
        };
        let gradient = Numbers::There(gradient.contiguous()?);
        match sum.get_mut(name) {
            Some(so_far) => so_far.add(gradient)?,
            None => drop(sum.insert(name.clone(), gradient)),
        }
    }
    Ok(())
}
