//! `medreg-trainer train`.

use super::device::DeviceArgument;
use super::model::{self, Loaded};
use super::{Failure, existing, progress};
use crate::checkpoint::{Dialect, PeftAdapter, Pretrained};
use crate::predict::Predictor;
use crate::predict::available_threads;
use crate::registry::{
    CARD_FILE, MODEL_FILES, ModelFacts, ModelOrigin, Provenance, SnapshotFolder, card,
};
use crate::runs::{self, Chart};
use crate::train::{self, Control, Event, Options, Trained};
use anyhow::Context;
use candle_core::DType;
use medreg_datasets::protocol::{Evaluation, MetricPoint, ModelRef, RunConfig};
use medreg_datasets::snapshot::Split;
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
///   tuning = { kind = "lora", rank = 8, alpha = 16, dropout = 0.05, targets = ["q_proj", "v_proj", "attn.qkv"] }
///
/// A run with adapters also writes them by themselves, below `out`, in a folder `adapter` as PEFT reads it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The run's file.
    #[arg(long)]
    config: PathBuf,
    #[command(flatten)]
    device: DeviceArgument,
}

/// Below the output folder: the adapters of a low-rank run.
const ADAPTER: &str = "adapter";
/// Below the output folder: where a run that is cut off goes on from.
const CHECKPOINTS: &str = "checkpoints";

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

/// Trains, tests and writes.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let file = read(&arguments.config)?;
    let device = arguments.device.open()?;
    let snapshot = SnapshotFolder::open(&file.snapshot)?;
    let mut start = base(&file.base, &arguments.config)?;
    start.model = start.model.on(&device)?;
    let adapter = file.adapter.as_deref().map(PeftAdapter::load);
    let adapter = adapter.transpose()?;
    // Adapters that cannot be had are found out before anything is written.
    train::adapters(&start.model.config, &file.run, adapter.as_ref())
        .with_context(|| arguments.config.display().to_string())
        .map_err(Failure::Call)?;
    claim_folder(&file, &snapshot, &start.origin)?;
    let trained = teach(&file, &snapshot, &start.model, adapter, json)?;
    let evaluation = test(&trained, &snapshot)?;
    let describes = start.describes || runs::has_descriptions(&snapshot);
    let card = card(&Provenance {
        base: &ModelRef::Builtin {
            name: start.origin.to_string(),
        },
        snapshot: &snapshot.id,
        manifest: &snapshot.manifest,
        config: &file.run,
        steps: trained.step,
        stopped: trained.stopped,
        describes,
        evaluation: evaluation.as_ref(),
    });
    trained.model.save(&file.out, DType::F32)?;
    if let Some(adapter) = &trained.adapter {
        let base = start.origin.to_string();
        adapter.save(&file.out.join(ADAPTER), Some(&base), Dialect::Native)?;
    }
    ModelFacts::of(&file.out, &MODEL_FILES, snapshot.id.clone(), describes)?.write(&file.out)?;
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

/// Notes which run the checkpoints below `out` belong to; a folder with another run's would be gone on from silently.
fn claim_folder(
    file: &RunFile,
    snapshot: &SnapshotFolder,
    base: &ModelOrigin,
) -> Result<(), Failure> {
    let folder = file.out.join(CHECKPOINTS);
    let path = folder.join("run.json");
    let this = serde_json::json!({
        "snapshot": snapshot.id,
        "base": base.to_string(),
        "adapter": file.adapter,
        "run": file.run,
    })
    .to_string();
    let at = || path.display().to_string();
    if path.exists() {
        let other = std::fs::read_to_string(&path).with_context(at)?;
        if other != this {
            let advice =
                "has checkpoints of a run with other settings: delete it or choose another `out`";
            return Err(Failure::Call(anyhow::anyhow!(
                "{} {advice}",
                folder.display()
            )));
        }
    }
    std::fs::create_dir_all(&folder).with_context(at)?;
    std::fs::write(&path, this).with_context(at)?;
    Ok(())
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
    file: &RunFile,
    snapshot: &SnapshotFolder,
    start: &Pretrained,
    adapter: Option<PeftAdapter>,
    json: bool,
) -> Result<Trained, Failure> {
    let options = Options {
        adapter,
        run: file.run.clone(),
        threads: available_threads(),
        checkpoints: Some(file.out.join(CHECKPOINTS)),
        budget: None,
        vision_held: false,
    };
    let bar = progress::bar(u64::from(file.run.steps), "training");
    let mut chart = Chart::default();
    let trained = runs::teach(snapshot, start, &options, &mut |event| {
        if let Event::Step(report) = &event {
            bar.set_position(u64::from(report.step));
            bar.set_message(format!("loss {:.3}", report.loss));
            if json {
                chart.points(report).iter().for_each(print_point);
            }
        }
        Control::Continue
    })?;
    bar.finish();
    Ok(trained)
}

fn print_point(point: &MetricPoint) {
    println!("{}", serde_json::json!(point));
}

fn test(trained: &Trained, snapshot: &SnapshotFolder) -> Result<Option<Evaluation>, Failure> {
    let images = runs::cases_of(snapshot, Split::Test).len();
    if images == 0 {
        return Ok(None);
    }
    let bar = progress::bar(images as u64, "testing");
    let mut shown = |done: usize| {
        bar.set_position(done as u64);
        Control::Continue
    };
    let tested = runs::test(
        &Predictor::new(&trained.model)?,
        snapshot,
        Split::Test,
        available_threads(),
        &mut shown,
    )?;
    bar.finish();
    Ok(tested.map(|tested| tested.scores.finish()))
}
