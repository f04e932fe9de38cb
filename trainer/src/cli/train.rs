//! `medreg-trainer train`.

use super::{Failure, existing, progress};
use crate::checkpoint::{Dialect, PeftAdapter, Pretrained};
use crate::predict::Predictor;
use crate::predict::available_threads;
use crate::registry::{
    CARD_FILE, MODEL_FILES, ModelFacts, ModelFolder, Provenance, SnapshotFolder, card,
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
///   base = "shapes"            # a built-in model, or the folder of another
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
    base: String,
    /// An adapter to go on training.
    adapter: Option<PathBuf>,
    #[serde(default)]
    run: RunConfig,
}

fn shapes() -> String {
    "shapes".to_owned()
}

/// Trains, tests and writes.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let file = read(&arguments.config)?;
    let snapshot = SnapshotFolder::open(&file.snapshot)?;
    let (start, base, base_describes) = base(&file.base, &arguments.config)?;
    let adapter = file.adapter.as_deref().map(PeftAdapter::load);
    let adapter = adapter.transpose()?;
    // Adapters that cannot be had are found out before anything is written.
    train::adapters(&start.config, &file.run, adapter.as_ref())
        .with_context(|| arguments.config.display().to_string())
        .map_err(Failure::Call)?;
    claim_folder(&file, &snapshot)?;
    let trained = teach(&file, &snapshot, &start, adapter, json)?;
    let evaluation = test(&trained, &snapshot)?;
    let describes = base_describes || runs::has_descriptions(&snapshot);
    let card = card(&Provenance {
        base: &base,
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
        adapter.save(&file.out.join(ADAPTER), Some(&file.base), Dialect::Native)?;
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
fn claim_folder(file: &RunFile, snapshot: &SnapshotFolder) -> Result<(), Failure> {
    let folder = file.out.join(CHECKPOINTS);
    let path = folder.join("run.json");
    let this = serde_json::json!({"snapshot": snapshot.id, "base": file.base, "adapter": file.adapter, "run": file.run})
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

/// The model to start from, how the card names it, and whether it describes already.
fn base(name: &str, config: &Path) -> Result<(Pretrained, ModelRef, bool), Failure> {
    let as_card = ModelRef::Builtin {
        name: name.to_owned(),
    };
    let folder = config.parent().unwrap_or(Path::new(".")).join(name);
    if !folder.is_dir() {
        return Ok((
            crate::base::builtin(name).map_err(|e| Failure::Call(e.into()))?,
            as_card,
            false,
        ));
    }
    let describes = ModelFolder::open(&folder)?.describes();
    Ok((
        Pretrained::load_watched(&folder, &mut progress::reading())?,
        as_card,
        describes,
    ))
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
