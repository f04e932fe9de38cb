//! The first lesson: what lies at each place of a picture, before any word is read.
//!
//! A linear layer on the image tokens, thrown away afterwards, says of each token which shape and fill it shows and
//! where that shape's box has its edges. It teaches vision tower and projector in minutes what the loss of answers alone
//! would take hours to carry through the decoder.

use super::init;
use super::shapes::{Picture, SMALLEST, Thing, draw};
use super::words::{Fill, Shape};
use crate::checkpoint::Pretrained;
use crate::data::Look;
use crate::model::kernels::{Target, cross_entropy};
use crate::model::nn::Linear;
use crate::model::{InternVl, ModelConfig, Weights};
use crate::train::{AdamW, Schedule, sum_by_autograd};
use candle_core::{Result, Tensor};
use medreg_datasets::protocol::RunConfig;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Places along a side that an edge can have.
const BINS: usize = 40;
/// Questions per token, as how many answers each has: shape or none, fill or none, four edges.
const GROUPS: [usize; 6] = [
    Shape::ALL.len() + 1,
    Fill::ALL.len() + 1,
    BINS,
    BINS,
    BINS,
    BINS,
];
const HEAD: &str = "sight";
const BATCH: usize = 8;

/// Trains vision tower and projector of `start` for `budget`; `report` gets step and loss.
pub fn learn(
    start: &Pretrained,
    seed: u64,
    threads: usize,
    budget: Duration,
    report: &mut dyn FnMut(u32, f64),
) -> Result<BTreeMap<String, Tensor>> {
    let mut tensors = start.tensors.clone();
    let outputs = GROUPS.iter().sum();
    let shape = (outputs, start.config.llm_config.hidden_size);
    tensors.extend(init::linear(
        HEAD,
        shape,
        &mut ChaCha8Rng::seed_from_u64(seed),
    )?);
    let weights = Weights::partly(tensors, |name| !name.starts_with("language_model."))?;
    let model = InternVl::new(&start.config, &weights)?;
    let head = Linear::new(&weights, HEAD, shape, true)?;
    let config = RunConfig {
        steps: 1_000_000,
        learning_rate: 5e-3,
        ..RunConfig::default()
    };
    let (schedule, mut optimizer) = (
        Schedule::new(&config, Some(budget)),
        AdamW::new(config.weight_decay),
    );
    let (began, mut step) = (Instant::now(), 0);
    while !schedule.over(began.elapsed().as_secs_f64()) {
        let rate = schedule.rate(step, began.elapsed().as_secs_f64());
        let loss = |slot: usize| {
            let visit = u64::from(step) * BATCH as u64 + slot as u64;
            picture_loss(&model, &head, seed.wrapping_add(visit))
        };
        let mut gradients = sum_by_autograd(&weights, BATCH, threads, loss)?;
        gradients.clip(config.clip_norm)?;
        optimizer.step(&weights, &gradients, rate)?;
        step += 1;
        report(step, gradients.loss);
    }
    let mut learnt = weights.tensors();
    learnt.retain(|name, _| !name.starts_with(HEAD));
    level(learnt, &start.config, seed)
}

/// How large an image token's numbers are made: as large as a word's at the start.
const LEVEL: f64 = 0.5;

/// Moves and scales what the projector gives so that image tokens have no common part and are as large as words.
///
/// Nothing holds their size while the linear layer reads them. Twenty times as large as words and much alike, they teach
/// the decoder to look away before it has learnt to look.
pub fn level(
    mut tensors: BTreeMap<String, Tensor>,
    config: &ModelConfig,
    seed: u64,
) -> Result<BTreeMap<String, Tensor>> {
    let model = InternVl::new(config, &Weights::frozen(tensors.clone()))?;
    let tokens = (0..64).map(|n| model.image_tokens(&picture(config, seed.wrapping_add(n))?.1));
    let tokens = Tensor::cat(&tokens.collect::<Result<Vec<_>>>()?, 0)?;
    let mean = tokens.mean_keepdim(0)?;
    let spread = tokens
        .broadcast_sub(&mean)?
        .sqr()?
        .mean_all()?
        .to_scalar::<f32>()?;
    let factor = LEVEL / f64::from(spread).sqrt();
    let (weight, bias) = ("mlp1.3.weight", "mlp1.3.bias");
    let (Some(w), Some(b)) = (tensors.get(weight), tensors.get(bias)) else {
        candle_core::bail!("the projector has no `{weight}` or no `{bias}`");
    };
    let (w, b) = ((w * factor)?, ((b - mean.squeeze(0)?)? * factor)?);
    tensors.extend([(weight.to_owned(), w), (bias.to_owned(), b)]);
    Ok(tensors)
}

/// A picture and its unfolded patches.
fn picture(config: &ModelConfig, seed: u64) -> Result<(Picture, Tensor)> {
    let picture = draw(
        config.image_size(),
        4,
        SMALLEST,
        &mut ChaCha8Rng::seed_from_u64(seed ^ 0x0073_6967_6874),
    );
    let pixels = Look::at(&picture.image, config).tensor(config)?;
    Ok((picture, pixels))
}

fn picture_loss(model: &InternVl, head: &Linear, seed: u64) -> Result<Tensor> {
    let config = model.config();
    let (picture, pixels) = picture(config, seed)?;
    let logits = head.forward(&model.image_tokens(&pixels)?)?;
    let truth = truth(&picture, config.patches_per_side() / 2);
    let mut total = Tensor::new(0f32, logits.device())?;
    let mut column = 0;
    for (group, targets) in GROUPS.iter().zip(truth) {
        let logits = logits.narrow(1, column, *group)?.contiguous()?;
        total = (total + cross_entropy(&logits, Arc::new(targets))?)?;
        column += group;
    }
    total / (BATCH * logits.dim(0)?) as f64
}

/// For each group of answers the right one of every token, row after row of tokens.
fn truth(picture: &Picture, side: usize) -> [Vec<Target>; 6] {
    let cell = picture.image.width() as f32 / side as f32;
    let mut targets: [Vec<Target>; 6] = std::array::from_fn(|_| Vec::with_capacity(side * side));
    for place in 0..side * side {
        let corner = ((place % side) as f32 * cell, (place / side) as f32 * cell);
        let answers = match thing_at(picture, corner, cell) {
            Some(thing) => answers(thing, picture.image.width() as f32),
            None => [
                (Shape::ALL.len(), 0.5),
                (Fill::ALL.len(), 0.5),
                (0, 0.0),
                (0, 0.0),
                (0, 0.0),
                (0, 0.0),
            ],
        };
        for (targets, (token, weight)) in targets.iter_mut().zip(answers) {
            targets.push(Target {
                token: token as u32,
                weight,
            });
        }
    }
    targets
}

fn answers(thing: &Thing, width: f32) -> [(usize, f32); 6] {
    let shape = Shape::ALL
        .iter()
        .position(|s| *s == thing.shape)
        .unwrap_or(0);
    let fill = Fill::ALL.iter().position(|f| *f == thing.fill).unwrap_or(0);
    let bin = |edge: f32| (((edge / width) * BINS as f32) as usize).min(BINS - 1);
    let [a, b, c, d] = thing.bbox.map(bin);
    [
        (shape, 1.0),
        (fill, 1.0),
        (a, 0.5),
        (b, 0.5),
        (c, 0.5),
        (d, 0.5),
    ]
}

/// The smallest shape that covers a fair part of a token, or of which the token covers a fair part.
fn thing_at(picture: &Picture, (x, y): (f32, f32), cell: f32) -> Option<&Thing> {
    let shared = |thing: &Thing| {
        let [x0, y0, x1, y1] = thing.bbox;
        let (across, down) = (x1.min(x + cell) - x0.max(x), y1.min(y + cell) - y0.max(y));
        if across <= 0.0 || down <= 0.0 {
            0.0
        } else {
            across * down / (cell * cell).min((x1 - x0) * (y1 - y0))
        }
    };
    // Where one lies on another, the smaller one is what the token shows.
    let area = |thing: &Thing| (thing.bbox[2] - thing.bbox[0]) * (thing.bbox[3] - thing.bbox[1]);
    let shown = picture.things.iter().filter(|t| shared(t) > 0.3);
    shown.min_by(|a, b| area(a).total_cmp(&area(b)))
}
