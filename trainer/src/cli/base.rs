//! `medreg-trainer make-base`.

use super::{Failure, progress};
use crate::base::{Making, Recipe, make_base};
use crate::predict::available_threads;
use crate::registry::object_ref;
use crate::train::{Control, Event};
use candle_core::DType;
use std::path::PathBuf;
use std::time::Duration;

/// Make the built-in base model: train a small model on generated pictures of shapes, without any medical data.
///
/// Example: medreg-trainer make-base --out base --minutes 28 --seed 1
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder to write config.json, tokenizer.json and model.safetensors into.
    #[arg(long)]
    out: PathBuf,
    /// How long to train.
    #[arg(long, default_value_t = 28, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    minutes: u64,
    /// The seed of weights, pictures and questions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The peak learning rate.
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    /// Go on from, and keep, checkpoints in this folder.
    #[arg(long)]
    checkpoints: Option<PathBuf>,
}

/// Trains and writes.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let recipe = Recipe {
        seed: arguments.seed,
        budget: Duration::from_secs(arguments.minutes * 60),
        threads: available_threads(),
        checkpoints: arguments.checkpoints.clone(),
        learning_rate: arguments.learning_rate,
    };
    let bar = progress::bar(arguments.minutes * 60, "seconds of training");
    let begun = std::time::Instant::now();
    let model = make_base(&recipe, &mut |event| {
        bar.set_position(begun.elapsed().as_secs());
        if let Making::Sight { step, loss } = event {
            bar.set_message(format!("first lesson: step {step}, loss {loss:.3}"));
        } else if let Making::Language(Event::Step(report)) = event {
            bar.set_message(format!("step {}, loss {:.3}", report.step, report.loss));
            if report.log && !json {
                tracing::debug!(step = report.step, loss = report.loss, "trained");
            }
        }
        Control::Continue
    })?;
    bar.finish();
    model.save(&arguments.out, DType::F16)?;
    let weights = object_ref(&arguments.out.join("model.safetensors"))?;
    if json {
        println!(
            "{}",
            serde_json::json!({"model": arguments.out, "weights": weights})
        );
    } else {
        println!(
            "written to {}; model.safetensors has the SHA-256 {}",
            arguments.out.display(),
            weights.sha256
        );
    }
    Ok(())
}
