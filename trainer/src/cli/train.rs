//! `medreg-trainer train`.

use super::device::DeviceArgument;
use super::model::{self, Loaded};
use super::{Failure, existing, progress};
use crate::checkpoint::{Dialect, PeftAdapter, Pretrained};
use crate::journal::{Journal, Pace};
use crate::predict::Predictor;
use crate::predict::available_threads;
use crate::registry::{CARD_FILE, ModelFacts, ModelOrigin, Provenance, SnapshotFolder, card};
use crate::runs::{self, Appraisal, RunError};
use crate::train::parallel::{self, Launch, Ranks, RanksError};
use crate::train::{self, Checkpoints, Control, Event, Options, Resume, TrainError, Trained};
use anyhow::Context;
use candle_core::{DType, Device};
use medreg_datasets::protocol::{MetricPoint, ModelRef, RunConfig};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Carry out one run on an exported snapshot, without a server: train, test, write the model and its card.
///
/// Example: medreg-trainer train --config run.toml
///
/// where run.toml says, paths being relative to it:
///
///   snapshot = "exported"      # a folder with manifest.json, as `medreg snapshot export` unpacks
///   out = "model"
///   base = "shapes"            # or a folder, s3://BUCKET/PREFIX, hub:OWNER/NAME, hub:OWNER/NAME@REVISION
///   adapter = "first/adapter"  # to go on training one that was made with the same tuning; left out, a fresh one
///   [run]                      # what is left out has a default
///   steps = 600
///   learning_rate = 1e-3
///   warmup = 0.05              # the share of the steps over which it rises
///   schedule = "cosine"        # and then falls; or "linear", or "constant"
///   batch_images = 4
///   accumulate = 2             # batches per step, worked on one after the other: 8 images with the memory of 4
///   recompute = true           # layers keep their inputs alone and compute the rest again: less memory, longer steps
///   precision = "mixed"        # products in bf16 on a GPU that has them; left out, everything in 32 bits
///   moments = "eight_bits"     # AdamW's two moments in a quarter of their memory; left out, in 32 bits
///   views = 4                  # framings and exposures of each picture; left out or 0, fresh ones at every visit
///   ema = 0.999                # give out the running average of the weights; left out or 0, the weights themselves
///   checkpoint_every = 200
///   keep_checkpoints = 2       # the newest, and besides them the one with the lowest smoothed training loss
///   tuning = { kind = "lora", rank = 8, alpha = 16, dropout = 0.05, targets = ["q_proj", "v_proj", "attn.qkv"] }
///
/// A run with adapters also writes them by themselves, below `out`, in a folder `adapter` as PEFT reads it.
///
/// What it measures is below `out` too, in `logs`: every step in `steps.tsv`, and an event file for TensorBoard. The standard error
/// output shows a bar on a terminal; elsewhere, about once a second, a line such as
///
///   {"step":40,"steps":600,"loss":1.5,"tokens_per_second":210.5,"eta_seconds":93.2}
///
/// A run that is cut off, by whatever, goes on from its newest whole checkpoint when it is called again: weights, moments, average,
/// schedule, order and draws are then those of a run that never stopped. Checkpoints are below `out`, in folders
/// `checkpoints/step-N`, each with the hashes of its files; a damaged one is passed over with a warning. They are removed once the
/// model is written. A checkpoint that cannot be written ends the run.
///
/// Started several times by mpirun or srun (a program built with `--features mpi`, or `cuda` for GPUs), the processes share each step:
/// every one takes `batch_images` images of its own. docs/training-in-parallel.md has examples.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The run's file.
    #[arg(long)]
    config: PathBuf,
    /// What to do about checkpoints of an earlier call.
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "allow",
        conflicts_with = "from_checkpoint"
    )]
    resume: When,
    /// Go on from this checkpoint, a folder `step-N` of this run or of another.
    ///
    /// Model, adapter, snapshot and tuning must be those that it was made with; steps, rates and the like may be others. Once the run
    /// has written a checkpoint, those below `out` that have more steps are removed: they are of a course that it has left.
    #[arg(long, value_name = "FOLDER")]
    from_checkpoint: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgument,
}

/// `--resume`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum When {
    /// Go on from the newest whole one; begin at the first step where there is none.
    Allow,
    /// Go on from the newest whole one; fail where there is none.
    Must,
    /// Begin at the first step; refuse where a checkpoint is there, so that nothing is lost unasked. Delete it or choose another `out`.
    Never,
}

impl Arguments {
    fn resume(&self) -> Resume {
        match (&self.from_checkpoint, self.resume) {
            (Some(folder), _) => Resume::From(folder.clone()),
            (None, When::Allow) => Resume::Allow,
            (None, When::Must) => Resume::Must,
            (None, When::Never) => Resume::Never,
        }
    }
}

/// Below the output folder: the adapters of a low-rank run.
const ADAPTER: &str = "adapter";
/// Below the output folder: where a run that is cut off goes on from.
const CHECKPOINTS: &str = "checkpoints";
/// Below the output folder: what the run measured.
const LOGS: &str = "logs";

/// `run.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunFile {
    snapshot: PathBuf,
    out: PathBuf,
    #[serde(default = "shapes")]
    base: ModelOrigin,
    /// An adapter to go on training.
    adapter: Option<PathBuf>,
    #[serde(default)]
    run: RunConfig,
}

fn shapes() -> ModelOrigin {
    ModelOrigin::Builtin("shapes")
}

/// Trains, tests and writes; among several ranks, the first one alone tests and writes.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let wrong = |error: RanksError| Failure::Call(error.into());
    let launch = Launch::from_environment().map_err(|e| wrong(e.into()))?;
    let joined = parallel::join(&launch, arguments.device.choice());
    let (ranks, device) = joined.map_err(wrong)?;
    let taught = train_among(&*ranks, &device, arguments, json);
    if let (Err(failure), 2..) = (&taught, ranks.size()) {
        // The others would wait for this one for ever.
        ranks.abort(failure.tell());
    }
    let first = ranks.is_first();
    // No rank waits for the first one while that tests and writes.
    drop(ranks);
    match taught {
        Ok(taught) if first => finish(&taught, json),
        other => other.map(drop),
    }
}

/// What training leaves, and what it was made from.
struct Taught {
    file: RunFile,
    snapshot: SnapshotFolder,
    start: Loaded,
    trained: Trained,
    ranks: usize,
}

fn train_among(
    ranks: &dyn Ranks,
    device: &Device,
    arguments: &Arguments,
    json: bool,
) -> Result<Taught, Failure> {
    let done = train_one(ranks, device, arguments, json);
    done.map_err(|failure| match ranks.size() {
        1 => failure,
        _ => failure.context(format!("rank {}", ranks.rank())),
    })
}

fn train_one(
    ranks: &dyn Ranks,
    device: &Device,
    arguments: &Arguments,
    json: bool,
) -> Result<Taught, Failure> {
    let file = read(&arguments.config)?;
    let snapshot = SnapshotFolder::open(&file.snapshot)?;
    let mut start = base(&file.base, &arguments.config)?;
    start.model = start.model.on(device)?;
    let adapter = file.adapter.as_deref().map(PeftAdapter::load);
    let adapter = adapter.transpose()?;
    // Adapters that cannot be had are found out before anything is written.
    train::adapters(&start.model.config, &file.run, adapter.as_ref())
        .with_context(|| arguments.config.display().to_string())
        .map_err(Failure::Call)?;
    if let (Some(checkpoint), true) = (&arguments.from_checkpoint, ranks.is_first()) {
        existing(checkpoint, "the checkpoint")?;
    }
    let options = Options {
        adapter,
        run: file.run.clone(),
        threads: available_threads(),
        checkpoints: Some(Checkpoints {
            dir: file.out.join(CHECKPOINTS),
            resume: arguments.resume(),
        }),
        budget: None,
        vision_held: false,
    };
    let mut journal = Journal::of(&file.out.join(LOGS));
    let trained = teach(ranks, &options, &snapshot, &start.model, &mut journal, json)?;
    Ok(Taught {
        file,
        snapshot,
        start,
        trained,
        ranks: ranks.size(),
    })
}

/// Tests and writes.
fn finish(taught: &Taught, json: bool) -> Result<(), Failure> {
    let Taught {
        file,
        snapshot,
        start,
        trained,
        ..
    } = taught;
    let appraisal = appraise(trained, snapshot)?;
    let evaluation = (appraisal.tested.as_ref()).map(|tested| tested.scores.finish());
    let describes = start.describes || runs::has_descriptions(snapshot);
    let card = card(&Provenance {
        base: &ModelRef::Builtin {
            name: start.origin.to_string(),
        },
        snapshot: &snapshot.id,
        manifest: &snapshot.manifest,
        config: &on_all(&file.run, taught.ranks),
        steps: trained.step,
        stopped: trained.stopped,
        describes,
        evaluation: evaluation.as_ref(),
        calibration: appraisal.calibration.as_ref(),
    });
    trained.model.save(&file.out, DType::F32)?;
    if let Some(adapter) = &trained.adapter {
        let base = start.origin.to_string();
        adapter.save(&file.out.join(ADAPTER), Some(&base), Dialect::Native)?;
    }
    if let Some(calibration) = &appraisal.calibration {
        calibration.write(&file.out)?;
    }
    ModelFacts::of(&file.out, snapshot.id.clone(), describes)?.write(&file.out)?;
    std::fs::write(file.out.join(CARD_FILE), &card)
        .with_context(|| file.out.display().to_string())?;
    // Done: a further call is a run of its own. What cannot be removed only costs space.
    let _ = std::fs::remove_dir_all(file.out.join(CHECKPOINTS));
    if json {
        println!(
            "{}",
            serde_json::json!({"model": file.out, "steps": trained.step, "evaluation": evaluation})
        );
    } else {
        println!("{card}\nwritten to {}", file.out.display());
    }
    Ok(())
}

/// The settings as one process would have them that did the work of all ranks.
fn on_all(run: &RunConfig, ranks: usize) -> RunConfig {
    let ranks = u16::try_from(ranks).unwrap_or(u16::MAX);
    RunConfig {
        batch_images: run.batch_images.saturating_mul(ranks),
        ..run.clone()
    }
}

fn read(path: &Path) -> Result<RunFile, Failure> {
    let text = std::fs::read_to_string(path)
        .with_context(|| path.display().to_string())
        .map_err(Failure::Call)?;
    let mut file: RunFile = toml::from_str(&text)
        .with_context(|| format!("{} is not a run's file", path.display()))
        .map_err(Failure::Call)?;
    file.run
        .check()
        .with_context(|| path.display().to_string())
        .map_err(Failure::Call)?;
    let beside = |given: &Path| path.parent().unwrap_or(Path::new(".")).join(given);
    (file.snapshot, file.out) = (beside(&file.snapshot), beside(&file.out));
    existing(&file.snapshot, "the snapshot")?;
    if let Some(adapter) = &mut file.adapter {
        *adapter = beside(adapter);
        existing(adapter, "the adapter")?;
    }
    Ok(file)
}

/// The model to start from; the card names a folder as the run's file does.
fn base(given: &ModelOrigin, config: &Path) -> Result<Loaded, Failure> {
    let mut loaded = model::load(&given.beside(config.parent().unwrap_or(Path::new("."))))?;
    if let ModelOrigin::Folder(_) = given {
        loaded.origin = given.clone();
    }
    Ok(loaded)
}

fn teach(
    ranks: &dyn Ranks,
    options: &Options,
    snapshot: &SnapshotFolder,
    start: &Pretrained,
    journal: &mut Journal,
    json: bool,
) -> Result<Trained, Failure> {
    let (mut runs, mut pace) = (progress::Runs::new(), Pace::default());
    let mut hear = |event| {
        let points = journal.hear(&event);
        match &event {
            Event::PassedOver(checkpoint) => {
                let (dir, reason) = (checkpoint.dir.display(), &checkpoint.reason);
                tracing::warn!("passing over the checkpoint {dir}: {reason}");
            }
            Event::Resumed { step } => {
                tracing::info!("going on from the checkpoint after step {step}");
            }
            Event::Saved { dir, .. } => tracing::debug!("checkpoint written: {}", dir.display()),
            Event::Step(report) => {
                runs.show(None, &pace.after(report));
                if json {
                    points.iter().for_each(print_point);
                }
            }
        }
        Control::Continue
    };
    runs::teach_among(ranks, snapshot, start, options, &mut hear).map_err(told)
}

/// A wrong call where other checkpoints are needed or other flags; and what a further call can do.
fn told(error: RunError) -> Failure {
    let further = match &error {
        RunError::Train(TrainError::Resume(_) | TrainError::Ranks(RanksError::OtherRun { .. })) => {
            return Failure::Call(error.into());
        }
        RunError::Train(TrainError::Unsaved {
            last: Some(step), ..
        }) => format!("the same call then goes on from the checkpoint after step {step}"),
        RunError::Train(TrainError::Diverged { .. }) => {
            "--from-checkpoint takes other settings".to_owned()
        }
        _ => return Failure::Work(error.into()),
    };
    Failure::Work(anyhow::anyhow!("{error}: {further}"))
}

fn print_point(point: &MetricPoint) {
    println!("{}", serde_json::json!(point));
}

fn appraise(trained: &Trained, snapshot: &SnapshotFolder) -> Result<Appraisal, Failure> {
    let bar = progress::bar(runs::images_to_appraise(snapshot) as u64, "testing");
    let mut shown = |done: usize| {
        bar.set_position(done as u64);
        Control::Continue
    };
    let predictor = Predictor::new(&trained.model)?;
    let appraised = runs::appraise(&predictor, snapshot, available_threads(), &mut shown)?;
    bar.finish_and_clear();
    Ok(appraised.unwrap_or_default())
}
