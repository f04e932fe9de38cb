//! The training loop: forward, backward, step, log; now and then a checkpoint.

mod accumulation;
mod average;
mod checkpoints;
mod features;
mod gradients;
mod numbers;
mod optimizer;
pub mod parallel;
mod schedule;
mod state;
mod targets;
mod tuning;

pub use checkpoints::{Checkpoints, Damaged, Resume, ResumeError, checkpoint_after, held, newest};
pub use features::Features;
pub use gradients::{Gradients, Work, gradients_of, gradients_of_lessons};
pub(crate) use gradients::{gradients_where_formed, sum_by_autograd, sum_of_lessons};
pub use numbers::{Formed, Numbers};
pub use optimizer::{AdamW, AdamWSettings};
pub use schedule::Schedule;
pub use targets::{TargetError, chosen};
pub use tuning::{adapters, trainable};

use crate::checkpoint::{CheckpointError, PeftAdapter, Pretrained};
use crate::data::{Example, Prompter, Source, SourceError};
use crate::device::has_bf16;
use crate::model::lora::{self, Draw, LoraError};
use crate::model::{InternVl, Keep, Weights};
use crate::tokenizer::TokenizerError;
use accumulation::{Accumulated, weight_of};
use candle_core::Device;
use checkpoints::{Belonging, Shelf};
use medreg_datasets::protocol::{BadConfig, Precision, RunConfig};
use parallel::{Alone, Ranks, RanksError, SharingError};
use state::State;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a run does besides its [`RunConfig`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Steps, rates, seeds. Its batches are one rank's.
    pub run: RunConfig,
    /// Images worked on side by side; results do not depend on it.
    pub threads: usize,
    /// Where checkpoints go, and which one the run goes on from. `None` keeps none.
    pub checkpoints: Option<Checkpoints>,
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
    /// A checkpoint is not whole: the run goes on from an older one, or begins anew.
    PassedOver(Damaged),
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
    /// The model, adapters merged in: the average of its weights where the run's settings ask for that.
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
        "step {step}: the loss is {loss}; lower the learning rate (now {learning_rate:e}) and go on from a checkpoint"
    )]
    Diverged {
        /// The step, counted from 1.
        step: u32,
        /// The loss.
        loss: f64,
        /// The learning rate at that step.
        learning_rate: f64,
    },
    /// Checkpoints cannot be kept at all.
    #[error("checkpoints cannot be kept in {dir}: {reason}; {advice}")]
    Folder {
        /// Where they were to be.
        dir: PathBuf,
        /// What went wrong.
        reason: Box<CheckpointError>,
        /// What to do.
        advice: &'static str,
    },
    /// A checkpoint could not be written, so the run ends: what it would learn from here on might be lost.
    #[error("the checkpoint after step {step} could not be written: {reason}; {advice}")]
    Unsaved {
        /// Steps done.
        step: u32,
        /// Steps done at the last checkpoint that is known to be whole.
        last: Option<u32>,
        /// What went wrong.
        reason: Box<CheckpointError>,
        /// What to do.
        advice: &'static str,
    },
    /// The run does not begin where it should.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// The run's targets cannot be used.
    #[error(transparent)]
    Targets(#[from] TargetError),
    /// The ranks cannot work together.
    #[error(transparent)]
    Ranks(#[from] RanksError),
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
    run_among(&Alone, options, start, source, events)
}

/// The same as one of several ranks, each with a batch of its own: `source` is to give the images of all of them.
///
/// The first rank alone keeps checkpoints, and its listener alone hears of anything and may stop the run; all return the same model.
/// One that returns an error leaves the others waiting: it must end them with [`Ranks::abort`].
pub fn run_among(
    ranks: &dyn Ranks,
    options: &Options,
    start: &Pretrained,
    source: &dyn Source,
    events: &mut dyn FnMut(Event) -> Control,
) -> Result<Trained, TrainError> {
    options.run.check()?;
    let mut course = Course::new(ranks, options, start, source)?;
    let mut shelf = None;
    if options.checkpoints.is_some() || ranks.size() > 1 {
        let run = Belonging::of(options, start, source.content())?.on_ranks(ranks.size());
        parallel::check_same_run(ranks, &run)?;
        shelf = course.begin(run, events)?;
    }
    let stopped = course.go(shelf.as_mut(), events)?;
    finished(start, &options.run, &course.state, stopped)
}

/// Whether a run is to be in mixed precision on this device.
fn is_mixed(config: &RunConfig, device: &Device) -> bool {
    let asked = config.precision == Precision::Mixed;
    let mixed = asked && has_bf16(device);
    if asked && !mixed {
        tracing::info!(
            "mixed precision is for GPUs with products in bf16; this run computes in 32 bits"
        );
    }
    mixed
}

/// A run under way.
struct Course<'a> {
    ranks: &'a dyn Ranks,
    options: &'a Options,
    source: &'a dyn Source,
    prompter: Prompter,
    model: InternVl,
    schedule: Schedule,
    state: State,
    /// Pictures seen before, where they come again and are seen the same way.
    features: Option<Features>,
    /// Whether the device multiplies in bf16 as the run asks.
    mixed: bool,
}

impl<'a> Course<'a> {
    /// Before its first step.
    fn new(
        ranks: &'a dyn Ranks,
        options: &'a Options,
        start: &Pretrained,
        source: &'a dyn Source,
    ) -> Result<Self, TrainError> {
        let config = &options.run;
        let weights = if options.vision_held {
            Weights::partly(start.tensors.clone(), is_language)?
        } else {
            tuning::trained_from(start, config, options.adapter.as_ref())?
        };
        let model = InternVl::new(&start.config, &weights)?;
        let features = match config.views {
            0 => None,
            _ => Features::of(&model, features::KEPT),
        };
        Ok(Self {
            ranks,
            options,
            source,
            prompter: Prompter::new(&start.tokenizer, &start.config)?,
            model,
            features,
            mixed: is_mixed(config, &weights.device()),
            schedule: Schedule::new(config, options.budget),
            state: State::new(weights, config)?,
        })
    }

    /// Brings all ranks to where the first one goes on from, and gives it its checkpoints.
    fn begin(
        &mut self,
        run: Belonging,
        events: &mut dyn FnMut(Event) -> Control,
    ) -> Result<Option<Shelf>, TrainError> {
        let shelf = match &self.options.checkpoints {
            Some(checkpoints) if self.ranks.is_first() => {
                Some(self.resume(checkpoints, run, events)?)
            }
            _ => None,
        };
        parallel::take_over(self.ranks, &mut self.state)?;
        Ok(shelf)
    }

    /// Goes back to the checkpoint that the run is to go on from, if there is one.
    fn resume(
        &mut self,
        Checkpoints { dir, resume }: &Checkpoints,
        run: Belonging,
        events: &mut dyn FnMut(Event) -> Control,
    ) -> Result<Shelf, TrainError> {
        let mut shelf =
            Shelf::open(dir, run, &self.options.run).map_err(|reason| TrainError::Folder {
                dir: dir.clone(),
                advice: checkpoints::advice(&reason),
                reason: Box::new(reason),
            })?;
        let found = shelf.choose(resume, &mut |damaged| {
            events(Event::PassedOver(damaged));
        })?;
        if let Some(found) = found {
            shelf.restore(&found, &mut self.state)?;
            let step = self.state.progress.step;
            events(Event::Resumed { step });
        }
        Ok(shelf)
    }

    /// Takes the steps that are left, and says whether it was stopped before the last.
    fn go(
        &mut self,
        mut shelf: Option<&mut Shelf>,
        events: &mut dyn FnMut(Event) -> Control,
    ) -> Result<bool, TrainError> {
        let (began, before) = (Instant::now(), self.state.progress.seconds);
        let mut stopped = false;
        while !stopped && !self.over() {
            let report = self.step()?;
            let seconds = before + began.elapsed().as_secs_f64();
            // The learning rate and the end depend on it, so that no rank may go by its own clock.
            self.state.progress.seconds = parallel::from_first(self.ranks, seconds)?;
            if self.ranks.is_first() {
                stopped = self.tell(report, shelf.as_deref_mut(), events)?;
            }
            stopped = parallel::from_first(self.ranks, f64::from(u8::from(stopped)))? > 0.0;
        }
        Ok(stopped)
    }

    /// Reports a step and keeps what is to be kept of it; says whether the listener stops the run.
    fn tell(
        &self,
        report: StepReport,
        shelf: Option<&mut Shelf>,
        events: &mut dyn FnMut(Event) -> Control,
    ) -> Result<bool, TrainError> {
        let stopped = events(Event::Step(report)) == Control::Stop;
        let due = report
            .step
            .is_multiple_of(self.options.run.checkpoint_every);
        match shelf {
            Some(shelf) if stopped || due => {
                let (step, dir) = (report.step, self.save(shelf)?);
                Ok(events(Event::Saved { step, dir }) == Control::Stop || stopped)
            }
            _ => Ok(stopped),
        }
    }

    /// Whether all steps are done or the time is up.
    fn over(&self) -> bool {
        let progress = &self.state.progress;
        progress.step >= self.options.run.steps || self.schedule.over(progress.seconds)
    }

    fn step(&mut self) -> Result<StepReport, TrainError> {
        let (begin, config) = (Instant::now(), &self.options.run);
        let (done, seconds) = (self.state.progress.step, self.state.progress.seconds);
        let (step, learning_rate) = (done + 1, self.schedule.rate(done, seconds));
        let mut gradients = self.gradients()?;
        let loss = gradients.loss;
        if !loss.is_finite() {
            return Err(TrainError::Diverged {
                step,
                loss,
                learning_rate,
            });
        }
        let failed = |source| TrainError::Step { step, source };
        let grad_norm = gradients.clip(config.clip_norm).map_err(failed)?;
        (self.state.step(&gradients, learning_rate)).map_err(failed)?;
        Ok(StepReport {
            step,
            steps: config.steps,
            loss,
            learning_rate,
            grad_norm,
            tokens: gradients.tokens,
            seconds: begin.elapsed().as_secs_f64(),
            log: step % config.log_every == 0 || step == config.steps,
        })
    }

    /// The gradient of the mean loss over all images of the next step: this rank's batch after batch, then all ranks' together.
    fn gradients(&self) -> Result<Gradients<Numbers>, TrainError> {
        let config = &self.options.run;
        let (done, batches) = (u64::from(self.state.progress.step), config.accumulate);
        let failed = |source| TrainError::Step {
            step: self.state.progress.step + 1,
            source,
        };
        let mut sum = Accumulated::default();
        for batch in 0..batches {
            let examples = self.examples(batch)?;
            let pass = self.state.weights.drawn(Draw {
                seed: config.seed,
                // A draw is numbered by its place in the batch, so each batch counts as a step of its own.
                step: done * u64::from(batches) + u64::from(batch) + 1,
                place: (self.ranks.rank() * usize::from(config.batch_images)) as u64,
            });
            let (model, prompter) = (&self.model, &self.prompter);
            let part = gradients_where_formed(model, prompter, &pass, &examples, self.work());
            let weight = weight_of(prompter, &examples);
            sum.add(weight, part.map_err(failed)?).map_err(failed)?;
        }
        let weights = &self.state.weights;
        parallel::mean_over(self.ranks, weights, sum.share()).map_err(|error| match error {
            SharingError::Ranks(error) => error.into(),
            SharingError::Tensor(source) => failed(source),
        })
    }

    fn work(&self) -> Work<'_> {
        Work {
            features: self.features.as_ref(),
            threads: self.options.threads,
            keep: Keep::of(self.options.run.recompute),
            mixed: self.mixed,
        }
    }

    /// This rank's images of one of the next step's batches, which are all ranks' images in the order of the ranks.
    fn examples(&self, batch: u16) -> Result<Vec<Example>, SourceError> {
        let images = usize::from(self.options.run.batch_images);
        let before = usize::from(batch) * self.ranks.size() + self.ranks.rank();
        let first = before * images;
        let step = u64::from(self.state.progress.step);
        (first..first + images)
            .map(|slot| self.source.example(step, slot))
            .collect()
    }

    fn save(&self, shelf: &mut Shelf) -> Result<PathBuf, TrainError> {
        shelf
            .save(&self.state)
            .map_err(|reason| TrainError::Unsaved {
                step: self.state.progress.step,
                last: shelf.whole(),
                advice: checkpoints::advice(&reason),
                reason: Box::new(reason),
            })
    }
}

fn is_language(name: &str) -> bool {
    name.starts_with("language_model.")
}

/// What the run gives out. Its state is at its end then: an average takes the place of the weights.
fn finished(
    start: &Pretrained,
    config: &RunConfig,
    state: &State,
    stopped: bool,
) -> Result<Trained, TrainError> {
    if let Some(average) = &state.average {
        average.replace(&state.weights)?;
    }
    Ok(Trained {
        model: merged(start, &state.weights)?,
        adapter: tuning::adapter_of(config, &state.weights)?,
        step: state.progress.step,
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
