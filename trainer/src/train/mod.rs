//! The training loop: forward, backward, step, log; now and then a checkpoint.

mod checkpoints;
mod gradients;
mod optimizer;
mod schedule;
mod targets;
mod tuning;

pub use gradients::{Gradients, gradients_of, sum_of_gradients};
pub use optimizer::{AdamW, AdamWSettings};
pub use schedule::Schedule;
pub use targets::{TargetError, chosen};
pub use tuning::{adapters, trainable};

use crate::checkpoint::{CheckpointError, PeftAdapter, Pretrained};
use crate::data::{Prompter, Source, SourceError};
use crate::model::lora::{self, Draw, LoraError};
use crate::model::{InternVl, Weights};
use crate::tokenizer::TokenizerError;
use checkpoints::Progress;
use medreg_datasets::protocol::{BadConfig, RunConfig};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a run does besides its [`RunConfig`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Steps, rates, seeds.
    pub run: RunConfig,
    /// Images worked on side by side; results do not depend on it.
    pub threads: usize,
    /// Where checkpoints go; a run that finds one there goes on from it. `None` keeps none.
    pub checkpoints: Option<PathBuf>,
    /// Low-rank adapters to train further instead of fresh ones; the run's tuning must ask for just these.
    pub adapter: Option<PeftAdapter>,
    /// Ends the run, and its learning rate's fall, after this time even if steps are left.
    pub budget: Option<Duration>,
    /// Whether vision tower and projector stay as they are: a decoder that cannot read yet would only wear them down.
    pub vision_held: bool,
}

/// What the loop reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A run goes on from a checkpoint made after this many steps.
    Resumed {
        /// Steps already done.
        step: u32,
    },
    /// A step is done. Reported after every step.
    Step(StepReport),
    /// A checkpoint was written.
    Saved {
        /// Steps done.
        step: u32,
        /// Its folder.
        dir: PathBuf,
    },
}

/// One step in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Steps done, this one included.
    pub step: u32,
    /// Steps planned.
    pub steps: u32,
    /// Mean cross-entropy over supervised tokens.
    pub loss: f64,
    /// The learning rate used.
    pub learning_rate: f64,
    /// The gradient's length before clipping.
    pub grad_norm: f64,
    /// Tokens supervised.
    pub tokens: usize,
    /// How long the step took.
    pub seconds: f64,
    /// Whether [`RunConfig::log_every`] asks for this step to be logged.
    pub log: bool,
}

/// The listener's answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Write a checkpoint and return.
    Stop,
}

/// What a run leaves.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model, adapters merged in.
    pub model: Pretrained,
    /// The adapters by themselves, where the run trained some.
    pub adapter: Option<PeftAdapter>,
    /// Steps done.
    pub step: u32,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// Why a run ends early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// A step failed.
    #[error("step {step}: {source}")]
    Step {
        /// The step, counted from 1.
        step: u32,
        /// What went wrong.
        source: candle_core::Error,
    },
    /// The loss is no longer a number.
    #[error(
        "step {step}: the loss is {loss}; lower the learning rate (now {learning_rate:e}) and start again from a checkpoint"
    )]
    Diverged {
        /// The step, counted from 1.
        step: u32,
        /// The loss.
        loss: f64,
        /// The learning rate at that step.
        learning_rate: f64,
    },
    /// The run's targets cannot be used.
    #[error(transparent)]
    Targets(#[from] TargetError),
    /// The run cannot go on training this adapter.
    #[error("the run does not go on from this adapter: {0}")]
    OtherAdapter(String),
    /// The adapters do not fit the model.
    #[error(transparent)]
    Lora(#[from] LoraError),
    /// The model or a checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A prompt cannot be made.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// An example cannot be made.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The model cannot be built.
    #[error("the model cannot be built: {0}")]
    Model(#[from] candle_core::Error),
}

/// Trains `start` on `source` and returns the model; `events` hears of every step and may stop it.
pub fn run(
    options: &Options,
    start: &Pretrained,
    source: &dyn Source,
    events: &mut dyn FnMut(Event) -> Control,
) -> Result<Trained, TrainError> {
    options.run.check()?;
    let config = &options.run;
    let weights = if options.vision_held {
        Weights::partly(start.tensors.clone(), is_language)?
    } else {
        tuning::trained_from(start, config, options.adapter.as_ref())?
    };
    let model = InternVl::new(&start.config, &weights)?;
    let prompter = Prompter::new(&start.tokenizer, &start.config)?;
    let mut optimizer = AdamW::new(config.weight_decay);
    let mut progress = Progress::default();
    if let Some(found) = resume(options, &weights, &mut optimizer)? {
        progress = found;
        events(Event::Resumed {
            step: progress.step,
        });
    }
    let (schedule, began) = (Schedule::new(config, options.budget), Instant::now());
    let before = progress.seconds;
    let mut stopped = false;
    while !stopped && progress.step < config.steps && !schedule.over(progress.seconds) {
        let begin = Instant::now();
        let step = progress.step + 1;
        let at = |source| TrainError::Step { step, source };
        let batch = usize::from(config.batch_images);
        let examples: Vec<_> = (0..batch)
            .map(|slot| source.example(u64::from(progress.step), slot))
            .collect::<Result<_, _>>()?;
        let pass = weights.drawn(Draw {
            seed: config.seed,
            step: u64::from(step),
            place: 0,
        });
        let mut gradients =
            gradients_of(&model, &prompter, &pass, &examples, options.threads).map_err(at)?;
        let learning_rate = schedule.rate(progress.step, progress.seconds);
        if !gradients.loss.is_finite() {
            return Err(TrainError::Diverged {
                step,
                loss: gradients.loss,
                learning_rate,
            });
        }
        let grad_norm = gradients.clip(config.clip_norm);
        optimizer
            .step(&weights, &gradients, learning_rate)
            .map_err(at)?;
        progress = Progress {
            step,
            seconds: before + began.elapsed().as_secs_f64(),
        };
        let report = StepReport {
            step,
            steps: config.steps,
            loss: gradients.loss,
            learning_rate,
            grad_norm,
            tokens: gradients.tokens,
            seconds: begin.elapsed().as_secs_f64(),
            log: step % config.log_every == 0 || step == config.steps,
        };
        stopped = events(Event::Step(report)) == Control::Stop;
        if let Some(dir) = &options.checkpoints
            && (stopped || step % config.checkpoint_every == 0)
        {
            let dir = checkpoints::save(dir, progress, &weights, &optimizer)?;
            stopped |= events(Event::Saved { step, dir }) == Control::Stop;
        }
    }
    finished(start, config, &weights, progress, stopped)
}

fn is_language(name: &str) -> bool {
    name.starts_with("language_model.")
}

fn finished(
    start: &Pretrained,
    config: &RunConfig,
    weights: &Weights,
    progress: Progress,
    stopped: bool,
) -> Result<Trained, TrainError> {
    Ok(Trained {
        model: merged(start, weights)?,
        adapter: tuning::adapter_of(config, weights)?,
        step: progress.step,
        stopped,
    })
}

fn merged(start: &Pretrained, weights: &Weights) -> Result<Pretrained, LoraError> {
    // Copies, so that the result does not change with variables that somebody trains on.
    let copy = |(name, t): (String, candle_core::Tensor)| Ok((name, t.copy()?));
    let tensors = lora::merge(weights)?
        .into_iter()
        .map(copy)
        .collect::<candle_core::Result<_>>()?;
    Ok(Pretrained {
        tensors,
        config: start.config.clone(),
        tokenizer: start.tokenizer.clone(),
    })
}

fn resume(
    options: &Options,
    weights: &Weights,
    optimizer: &mut AdamW,
) -> Result<Option<Progress>, TrainError> {
    let Some(dir) = options.checkpoints.as_deref() else {
        return Ok(None);
    };
    let Some(latest) = checkpoints::latest(dir)? else {
        return Ok(None);
    };
    Ok(Some(checkpoints::restore(&latest, weights, optimizer)?))
}

/// The model of the newest checkpoint in `dir`, if there is one: what a run that was cut off had reached.
pub fn latest_model(
    dir: &Path,
    start: &Pretrained,
    config: &RunConfig,
) -> Result<Option<Trained>, TrainError> {
    let Some(latest) = checkpoints::latest(dir)? else {
        return Ok(None);
    };
    let weights = trainable(start, config)?;
    let progress = checkpoints::restore(&latest, &weights, &mut AdamW::new(0.0))?;
    finished(start, config, &weights, progress, true).map(Some)
}
