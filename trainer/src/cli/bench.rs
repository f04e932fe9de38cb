//! `medreg-trainer bench`.

mod active;

use super::device::DeviceArgument;
use super::{Failure, existing, progress};
use crate::bench::{Bench, Choosing, Lengths, Mode, Row, Shape, Steps, measure, random};
use anyhow::Context;
use medreg_datasets::protocol::MomentPrecision;
use std::path::{Path, PathBuf};

/// Measure what a model costs on this machine: loading, answering, one step of low-rank tuning; seconds, tokens per second, memory.
///
/// Weights of a named shape are drawn by chance: what a model has learnt changes nothing in its cost.
///
/// Example: medreg-trainer bench --shape internvl3-1b
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// A size: least, tiny, small or internvl3-1b.
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

#[derive(Debug, clap::Subcommand)]
enum Part {
    Train(TrainArguments),
    Steps(StepsArguments),
    Active(Box<active::Arguments>),
    Acquire(AcquireArguments),
}

/// Measure steps of training here and in PyTorch + PEFT: same weights, same batch, same optimizer, a process for each run, which take their
/// steps in turn.
///
/// Ends with 1 before anything is timed if the first three losses of the two sides differ by more than 1e-4. What is printed as ratio
/// is the median of the pairs' ratios, ours / PyTorch's, with the least and the greatest of them.
///
/// Example: medreg-trainer bench train --python target/tools/torch/bin/python --script trainer/tests/reference/training.py --folder made
#[derive(Debug, clap::Args)]
struct TrainArguments {
    /// A Python with torch, transformers and peft.
    #[arg(long)]
    python: PathBuf,
    /// What it runs: trainer/tests/reference/training.py.
    #[arg(long)]
    script: PathBuf,
    /// Where the models are put that both sides read.
    #[arg(long)]
    folder: PathBuf,
    /// The sizes, one or several.
    #[arg(long = "shape", default_values_t = [Shape::Tiny, Shape::Small])]
    shapes: Vec<Shape>,
    /// Runs of each side per shape and mode.
    #[arg(long, default_value_t = 7, value_parser = positive())]
    pairs: u64,
    /// Steps of each run; of more than two the first two warm up.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(3..))]
    steps: u64,
    /// Threads of each side.
    #[arg(long, default_value_t = 2, value_parser = positive())]
    threads: u64,
    #[command(flatten)]
    device: DeviceArgument,
    /// Products with weights in bf16 on both sides, PyTorch's by `autocast`; for GPUs.
    #[arg(long)]
    mixed: bool,
    /// Leave out how the step grows with length and batch, which is measured at the last size.
    #[arg(long)]
    no_growth: bool,
    /// Write the rows to this file too, as JSON.
    #[arg(long)]
    record: Option<PathBuf>,
}

/// Train some steps on a stored batch and print one line of JSON: the loss and the seconds of each step, and by how many bytes the
/// process grew at most.
///
/// Example: medreg-trainer bench steps --folder made/small --mode lora
#[derive(Debug, clap::Args)]
struct StepsArguments {
    /// A folder that `bench train` has made: model/, adapter_init/, ref.safetensors, ref.json.
    #[arg(long)]
    folder: PathBuf,
    /// What is trained: lora or full.
    #[arg(long)]
    mode: Mode,
    /// How many steps.
    #[arg(long, default_value_t = 6, value_parser = positive())]
    steps: u64,
    /// Threads at most.
    #[arg(long, default_value_t = 2, value_parser = positive())]
    threads: u64,
    /// Another batch than the stored one: so many sequences …
    #[arg(long, requires = "tokens", value_parser = positive())]
    sequences: Option<u64>,
    /// … of so many tokens.
    #[arg(long, requires = "sequences", value_parser = positive())]
    tokens: Option<u64>,
    /// Layers keep their inputs alone and compute the rest again on the way back.
    #[arg(long)]
    recompute: bool,
    /// Keep the image tokens from the first step on; for a mode that leaves the vision tower as it is.
    #[arg(long)]
    cached: bool,
    /// Products with weights in bf16; for GPUs.
    #[arg(long)]
    mixed: bool,
    /// AdamW's moments in 8 bits.
    #[arg(long)]
    eight_bits: bool,
    /// Before each step print a line and wait for one, so that several programs can step in turn.
    #[arg(long)]
    in_turn: bool,
    #[command(flatten)]
    device: DeviceArgument,
}

/// Measure what choosing the next images costs, given their features and signals: seconds and memory at the last size, and how the seconds
/// grow over all sizes. The hybrid strategy without a model, early and late; then each of the others late.
///
/// Example: medreg-trainer bench acquire --images 10000 --images 100000
#[derive(Debug, clap::Args)]
struct AcquireArguments {
    /// How many images, one or several, from few to many.
    #[arg(long = "images", default_values_t = [10_000, 20_000, 50_000, 100_000], value_parser = positive())]
    sizes: Vec<u64>,
    /// Width of the features.
    #[arg(long, default_value_t = 384, value_parser = positive())]
    width: u64,
    /// The budget, in boxes.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    boxes: u32,
    /// The seed of pools and choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the rows to this file too, as JSON.
    #[arg(long)]
    record: Option<PathBuf>,
}

fn positive() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..)
}

/// Measures and prints.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    match &arguments.part {
        Some(Part::Train(arguments)) => train(arguments, json),
        Some(Part::Steps(arguments)) => steps(arguments),
        Some(Part::Active(arguments)) => active::run(arguments, json),
        Some(Part::Acquire(arguments)) => acquire(arguments, json),
        None => model(arguments, json),
    }
}

fn model(arguments: &Arguments, json: bool) -> Result<(), Failure> {
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
    let rows = measure(model, &device, &mut shown(json))?;
    told(&rows, arguments.record.as_deref(), json)
}

fn train(arguments: &TrainArguments, json: bool) -> Result<(), Failure> {
    existing(&arguments.python, "the Python")?;
    existing(&arguments.script, "the script")?;
    let bench = Bench {
        python: arguments.python.clone(),
        script: arguments.script.clone(),
        program: std::env::current_exe().context("this program's own file")?,
        folder: arguments.folder.clone(),
        shapes: arguments.shapes.clone(),
        pairs: arguments.pairs as usize,
        steps: arguments.steps as usize,
        threads: arguments.threads as usize,
        growth: !arguments.no_growth,
        device: arguments.device.settled()?,
        mixed: arguments.mixed,
    };
    // Hours may be lost: what is measured so far is in the file whenever it ends.
    let (mut show, mut so_far, mut failed) = (shown(json), Vec::new(), Ok(()));
    let rows = bench.run(&mut |row| {
        show(row);
        so_far.push(row.clone());
        if failed.is_ok() {
            failed = recorded(&so_far, arguments.record.as_deref());
        }
    })?;
    failed?;
    told(&rows, arguments.record.as_deref(), json)
}

fn steps(arguments: &StepsArguments) -> Result<(), Failure> {
    existing(&arguments.folder, "the folder")?;
    let lengths = arguments.sequences.zip(arguments.tokens);
    let steps = Steps {
        folder: arguments.folder.clone(),
        mode: arguments.mode,
        count: arguments.steps as usize,
        threads: arguments.threads as usize,
        recompute: arguments.recompute,
        cached: arguments.cached,
        device: arguments.device.open()?,
        mixed: arguments.mixed,
        moments: match arguments.eight_bits {
            true => MomentPrecision::EightBits,
            false => MomentPrecision::Full,
        },
        lengths: lengths.map(|(sequences, tokens)| Lengths {
            sequences: sequences as usize,
            tokens: tokens as usize,
        }),
    };
    let run = match arguments.in_turn {
        true => steps.run(&mut turn)?,
        false => steps.run(&mut || Ok(()))?,
    };
    println!("{}", serde_json::to_string(&run)?);
    Ok(())
}

/// Tells whoever called that a step can be taken, and waits to be told to take it.
fn turn() -> anyhow::Result<()> {
    println!("ready");
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line)?;
    anyhow::ensure!(read > 0, "nobody says any more when a step is to be taken");
    Ok(())
}

fn acquire(arguments: &AcquireArguments, json: bool) -> Result<(), Failure> {
    let choosing = Choosing {
        sizes: arguments.sizes.iter().map(|size| *size as usize).collect(),
        width: arguments.width as usize,
        boxes: arguments.boxes,
        seed: arguments.seed,
    };
    let rows = choosing.measure(&mut shown(json))?;
    told(&rows, arguments.record.as_deref(), json)
}

/// Prints a row as soon as it is there, for people.
fn shown(json: bool) -> impl FnMut(&Row) {
    move |row| {
        if !json {
            println!("{}", in_words(row));
        }
    }
}

/// Prints all rows for programs, and writes them down.
fn told(rows: &[Row], record: Option<&Path>, json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", serde_json::to_string(rows)?);
    }
    recorded(rows, record)
}

fn recorded(rows: &[Row], record: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = record {
        std::fs::write(path, serde_json::to_vec_pretty(rows)?)
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn in_words(row: &Row) -> String {
    let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.2}"));
    let mut compared = String::new();
    if let Some(reference) = row.reference {
        compared += &format!("reference {reference:.2}, ");
    }
    if let Some(ratio) = row.ratio {
        compared += &format!("ratio {ratio:.2}, ");
    }
    if let (Some(low), Some(high)) = (row.low, row.high) {
        compared += &format!("{low:.2} to {high:.2}, ");
    }
    format!(
        "{:<48}{:>10} {:<9} {compared}{}",
        row.metric,
        number(Some(row.ours)),
        row.unit,
        row.note
    )
}
