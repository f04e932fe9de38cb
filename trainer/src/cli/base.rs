//! `medreg-trainer make-base`.

use super::examine::in_words;
use super::{Failure, progress};
use crate::base::exam::examine;
use crate::base::{Making, Recipe, make_base};
use crate::checkpoint::Pretrained;
use crate::predict::available_threads;
use crate::registry::object_ref;
use crate::train::parallel::{self, Launch, RanksError};
use crate::train::{Control, Event};
use candle_core::DType;
use std::path::PathBuf;
use std::time::Duration;

/// Make the built-in base model: train a small model on generated pictures of shapes, without any medical data, and examine it
/// on unseen ones.
///
/// Example: medreg-trainer make-base --out base --minutes 35 --seed 1
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder to write config.json, tokenizer.json and model.safetensors into.
    #[arg(long)]
    out: PathBuf,
    /// How long to train.
    #[arg(long, default_value_t = 35, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    minutes: u64,
    /// The seed of weights, pictures and questions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The peak learning rate.
    #[arg(long, default_value_t = 2e-3)]
    learning_rate: f64,
    /// Go on from, and keep, checkpoints in this folder.
    #[arg(long)]
    checkpoints: Option<PathBuf>,
}

/// Trains and writes.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    Launch::from_environment()
        .map_err(RanksError::from)
        .and_then(|launch| parallel::must_be_alone(&launch))
        .map_err(|e| Failure::Call(e.into()))?;
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
    bar.finish_and_clear();
    model.save(&arguments.out, DType::F16)?;
    let weights = object_ref(&arguments.out.join("model.safetensors"))?;
    // As it will be loaded: the weights have lost digits on the way to the file.
    let written = Pretrained::load(&arguments.out)?;
    let marks = examine(&written, EXAM, arguments.seed, recipe.threads)?;
    if json {
        println!(
            "{}",
            serde_json::json!({"model": arguments.out, "weights": weights, "marks": marks})
        );
    } else {
        println!(
            "written to {}; model.safetensors has the SHA-256 {}\n{}",
            arguments.out.display(),
            weights.sha256,
            in_words(&marks)
        );
    }
    Ok(())
}

/// Pictures of the exam.
const EXAM: usize = 400;
