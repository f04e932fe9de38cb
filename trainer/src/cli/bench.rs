//! `medreg-trainer bench`.

use super::device::DeviceArgument;
use super::{Failure, existing, progress};
use crate::bench::{Row, Shape, measure, random};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Measure what a model costs on this machine: loading, answering, one step of low-rank tuning; seconds, tokens per second, memory.
///
/// Weights of a named shape are drawn by chance: what a model has learnt changes nothing in its cost.
///
/// Example: medreg-trainer bench --shape internvl3-1b
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A size: tiny, small or internvl3-1b.
    #[arg(long, required_unless_present = "model", conflicts_with = "model")]
    shape: Option<Shape>,
    /// Or the folder of a model.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Where the drawn checkpoint is written (bf16, removed afterwards); a temporary folder if not given.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// Write the rows to this file too, as JSON.
    #[arg(long)]
    record: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgument,
}

/// Measures and prints.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    if let Some(model) = &arguments.model {
        existing(model, "the model")?;
        return measured(arguments, model, json);
    }
    let shape = arguments.shape.unwrap_or(Shape::Tiny);
    let scratch = match &arguments.scratch {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    }?;
    let bar = progress::waiting("drawing the weights");
    random::write(&shape.config(), 1, scratch.path())?;
    bar.finish_and_clear();
    measured(arguments, scratch.path(), json)
}

fn measured(arguments: &Arguments, model: &Path, json: bool) -> Result<(), Failure> {
    let device = arguments.device.open()?;
    let mut shown = |row: &Row| {
        if !json {
            println!("{}", in_words(row));
        }
    };
    let rows = measure(model, &device, &mut shown)?;
    if json {
        println!("{}", serde_json::to_string(&rows)?);
    }
    if let Some(path) = &arguments.record {
        std::fs::write(path, serde_json::to_vec_pretty(&rows)?)
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn in_words(row: &Row) -> String {
    let ratio = row
        .ratio
        .map_or_else(String::new, |ratio| format!("ratio {ratio:.2}, "));
    format!(
        "{:<24}{:>10.2} {:<9} {ratio}{}",
        row.metric, row.ours, row.unit, row.note
    )
}
