//! `medreg-trainer evaluate`.

use super::model::AdaptedModelArguments;
use super::{Failure, existing, progress};
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
    #[command(flatten)]
    model: AdaptedModelArguments,
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
    let predictor = Predictor::new(&arguments.model.load()?)?;
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
    bar.finish_and_clear();
    if let Some(path) = &arguments.predictions {
        write(path, &tested).with_context(|| path.display().to_string())?;
    }
    print(&tested, arguments.split, json)?;
    Ok(())
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
