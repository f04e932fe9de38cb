//! `medreg-trainer evaluate`.

use super::{Failure, existing, progress};
use crate::checkpoint::{PeftAdapter, Pretrained};
use crate::predict::Predictor;
use crate::predict::available_threads;
use crate::registry::SnapshotFolder;
use crate::runs::{self, Tested};
use crate::train::Control;
use anyhow::Context;
use medreg_datasets::snapshot::Split;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Score a model on one split of an exported snapshot; fails where the split has no images.
///
/// Example: medreg-trainer evaluate --model model --snapshot exported --split test --predictions predictions.jsonl
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The model's folder, or the name of a built-in model.
    #[arg(long)]
    model: PathBuf,
    /// The folder of a low-rank adapter, worked into the model's weights.
    #[arg(long)]
    adapter: Option<PathBuf>,
    /// The exported snapshot's folder.
    #[arg(long)]
    snapshot: PathBuf,
    /// Which patients.
    #[arg(long, default_value = "test")]
    split: Split,
    /// Write every question with its answer to this file.
    #[arg(long)]
    predictions: Option<PathBuf>,
}

/// Asks, judges, prints.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    existing(&arguments.snapshot, "the snapshot")?;
    let snapshot = SnapshotFolder::open(&arguments.snapshot)?;
    let predictor = Predictor::new(&model(&arguments.model, arguments.adapter.as_deref())?)?;
    let images = runs::cases_of(&snapshot, arguments.split).len();
    if images == 0 {
        return Err(Failure::Work(anyhow::anyhow!(
            "the snapshot has no images in its {} split",
            arguments.split
        )));
    }
    let bar = progress::bar(images as u64, "evaluating");
    let mut shown = |done: usize| {
        bar.set_position(done as u64);
        Control::Continue
    };
    let tested = runs::test(
        &predictor,
        &snapshot,
        arguments.split,
        available_threads(),
        &mut shown,
    )?
    .unwrap_or_default();
    bar.finish();
    if let Some(path) = &arguments.predictions {
        write(path, &tested).with_context(|| path.display().to_string())?;
    }
    print(&tested, arguments.split, json)?;
    Ok(())
}

/// A model's folder or a built-in model, with an adapter worked in if one is given.
pub fn model(given: &Path, adapter: Option<&Path>) -> Result<Pretrained, Failure> {
    let Some(folder) = adapter else {
        return base(given);
    };
    // First what is small: a wrong folder is found before the model's weights are read.
    existing(folder, "the adapter")?;
    let adapter = PeftAdapter::load(folder)?;
    let adapted = base(given)?.with_adapter(&adapter);
    Ok(adapted.with_context(|| folder.display().to_string())?)
}

fn base(given: &Path) -> Result<Pretrained, Failure> {
    if given.is_dir() {
        return Ok(Pretrained::load_watched(given, &mut progress::reading())?);
    }
    let builtin = crate::base::builtin(&given.to_string_lossy());
    builtin
        .with_context(|| format!("{} is no folder either", given.display()))
        .map_err(Failure::Call)
}

fn write(path: &Path, tested: &Tested) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    for line in &tested.lines {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn print(tested: &Tested, split: Split, json: bool) -> anyhow::Result<()> {
    let evaluation = tested.scores.finish();
    if json {
        println!("{}", serde_json::to_string(&evaluation)?);
        return Ok(());
    }
    println!(
        "{} regions of {} images of {} patients",
        evaluation.regions, evaluation.images, evaluation.patients
    );
    for point in runs::score_points(&tested.scores, split, 0) {
        println!("{:<28} {:.4}", point.name, point.value);
    }
    Ok(())
}
