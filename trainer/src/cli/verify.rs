//! `medreg-trainer verify`.

use super::model::ModelArgument;
use super::{Failure, existing};
use crate::predict::available_threads;
use crate::verify::{Report, Tolerance, verify};
use std::path::PathBuf;

/// Compare a model's numbers with those that another implementation stored: every activation, logits, loss, gradients, ten
/// steps of low-rank tuning, greedy answers; and, where they lie in the reference's folder or the one above, the resized pixels of
/// preprocess.safetensors, the grids of preprocess.json and the tokens of tokenizer_cases.json.
///
/// Prints {tensor: {max_abs, max_rel}} as JSON; max_rel is relative to the stored tensor's largest number. Of chosen tokens,
/// max_abs counts those that differ. Ends with 1 if a difference is above the tolerance or something stored is not known.
///
/// Example: medreg-trainer verify --model model --reference reference
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    model: ModelArgument,
    /// The folder with ref.safetensors, ref.json and adapter_init/.
    #[arg(long)]
    reference: PathBuf,
    /// How far activations and losses may be off: absolute, or relative where the stored numbers exceed 1.
    #[arg(long, default_value_t = 1e-4)]
    tol: f64,
    /// How far gradients may be off, relative to the largest number of each.
    #[arg(long, default_value_t = 1e-3)]
    gradient_tol: f64,
}

/// Compares and prints.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    existing(&arguments.reference, "the reference")?;
    let (model, folder) = arguments.model.checkpoint()?;
    let tolerance = Tolerance {
        activations: arguments.tol,
        gradients: arguments.gradient_tol,
    };
    let report = verify(
        &model,
        folder.as_deref(),
        &arguments.reference,
        tolerance,
        available_threads(),
    )?;
    println!("{}", serde_json::to_string_pretty(&report.differences)?);
    if report.passed() {
        return Ok(());
    }
    Err(Failure::Work(anyhow::anyhow!("{}", in_words(&report))))
}

fn in_words(report: &Report) -> String {
    let list = |names: &std::collections::BTreeSet<String>| {
        names.iter().cloned().collect::<Vec<_>>().join(", ")
    };
    let mut words = Vec::new();
    if !report.failed.is_empty() {
        words.push(format!("above the tolerance: {}", list(&report.failed)));
    }
    if !report.unknown.is_empty() {
        words.push(format!(
            "stored, but not known here: {}",
            list(&report.unknown)
        ));
    }
    words.join("; ")
}
