//! `medreg-trainer calibrate`.

use super::model::AdaptedModelArguments;
use super::{Failure, existing, progress};
use crate::calibrate::{Calibration, diagram, in_words};
use crate::predict::{Predictor, available_threads};
use crate::registry::SnapshotFolder;
use crate::runs;
use crate::train::Control;
use anyhow::Context;
use medreg_datasets::protocol::PredictionLine;
use medreg_datasets::snapshot::Split;
use std::path::{Path, PathBuf};

/// Calibrate a model's confidences on the validation patients of an exported snapshot, and tell what they are worth on its test patients.
///
/// Example: medreg-trainer calibrate --model model --snapshot exported --out model
///
/// For each task (r2t: is the name right? t2r: does the box overlap a true one by an IoU of at least 0.5?) and language it prints the
/// expected calibration error before and after with its 95 % interval over patients, AUROC, AURC and Brier score, by how much boxes are
/// widened to hold the true ones, and the same over random halves of all patients.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("answers").required(true).args(["origin", "predictions"]))]
pub struct Arguments {
    #[command(flatten)]
    model: Option<AdaptedModelArguments>,
    /// The exported snapshot's folder.
    #[arg(long, required_unless_present = "predictions")]
    snapshot: Option<PathBuf>,
    /// Answers that were written before, by a run or by `evaluate --predictions`, instead of asking a model; several files count together.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["origin", "snapshot"])]
    predictions: Vec<PathBuf>,
    /// Random halves of all patients that the figures are looked at over; 0 for none.
    #[arg(long, default_value_t = 20)]
    halves: usize,
    /// Write calibration.json and a reliability diagram for each task and language to this folder; a model's own takes it into use.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Asks, fits, prints.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let lines = match (&arguments.model, &arguments.snapshot) {
        (Some(model), Some(snapshot)) => answers(model, snapshot)?,
        _ => written(&arguments.predictions)?,
    };
    let found = match arguments.halves {
        0 => Calibration::fit(&lines, Split::Val, Split::Test),
        halves => Calibration::study(&lines, Split::Val, Split::Test, halves),
    };
    if found.parts.iter().all(|part| part.fitted_on.samples == 0) {
        return Err(Failure::Work(anyhow::anyhow!(
            "there are no answers with signals about validation patients: let a model of this version be asked, about a snapshot with a validation split"
        )));
    }
    if let Some(folder) = &arguments.out {
        write(&found, folder)?;
    }
    match json {
        true => println!("{}", serde_json::to_string(&found)?),
        false => print!("{}", in_words(&found)),
    }
    Ok(())
}

fn answers(model: &AdaptedModelArguments, folder: &Path) -> Result<Vec<PredictionLine>, Failure> {
    existing(folder, "the snapshot")?;
    let snapshot = SnapshotFolder::open(folder)?;
    let predictor = Predictor::new(&model.load()?)?;
    let bar = progress::bar(runs::images_to_appraise(&snapshot) as u64, "asking");
    let mut shown = |done: usize| {
        bar.set_position(done as u64);
        Control::Continue
    };
    let asked = runs::appraise(&predictor, &snapshot, available_threads(), &mut shown)?;
    bar.finish_and_clear();
    let asked = asked.unwrap_or_default();
    let tested = asked.tested.map(|tested| tested.lines).unwrap_or_default();
    Ok([asked.validation, tested].concat())
}

fn written(files: &[PathBuf]) -> Result<Vec<PredictionLine>, Failure> {
    let mut lines = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        for (number, line) in (1..).zip(text.lines()) {
            let line = serde_json::from_str(line);
            lines.push(line.with_context(|| format!("{}, line {number}", path.display()))?);
        }
    }
    Ok(lines)
}

fn write(found: &Calibration, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    found.write(folder)?;
    for part in &found.parts {
        let path = folder.join(format!("reliability-{}-{}.svg", part.task, part.lang));
        std::fs::write(&path, diagram(part)).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
