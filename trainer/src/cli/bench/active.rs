//! `medreg-trainer bench active`.

use super::super::model::ModelArgument;
use super::super::{Failure, existing, progress};
use super::told;
use crate::bench::active::{self, Findings, Plan, Setting, Tower};
use crate::predict::available_threads;
use crate::registry::SnapshotFolder;
use anyhow::Context;
use medreg_datasets::protocol::Strategy;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Measure how many boxes each way of choosing images saves: a learner over the model's frozen vision tower reads a pool in rounds, and is
/// examined on other patients after each. Every strategy, many seeds, intervals; the verdict is computed.
///
/// Example: medreg-trainer bench active --pool pool --test test --report report.md
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An exported snapshot: what may be read.
    #[arg(long)]
    pool: PathBuf,
    /// An exported snapshot of other patients: what is examined, and never read.
    #[arg(long)]
    test: PathBuf,
    #[command(flatten)]
    model: ModelArgument,
    /// The strategies; all if none is named.
    #[arg(long = "strategy")]
    strategies: Vec<Strategy>,
    /// Seeds per strategy.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=1000))]
    seeds: u64,
    /// The share of all boxes that the first round reads, in percent.
    #[arg(long, default_value_t = 1.0, value_parser = percent)]
    first: f64,
    /// How many times as many boxes are read at the end of each round as before it.
    #[arg(long, default_value_t = 1.6, value_parser = growth)]
    growth: f64,
    /// Where the vision tower's states are kept, by content.
    #[arg(long, default_value = "target/bench/active")]
    cache: PathBuf,
    /// The report, in Markdown: this run's section is put into it, its figures beside it or into --figures.
    #[arg(long)]
    report: PathBuf,
    /// The folder of the figures; the report's own if not given.
    #[arg(long)]
    figures: Option<PathBuf>,
    /// What the run is called in the report.
    #[arg(long, default_value = "pool")]
    name: String,
    /// The command that gives this run, for the report.
    #[arg(long, default_value = "medreg-trainer bench active")]
    command: String,
    /// The machine, in words, for the report.
    #[arg(long, default_value = "this machine")]
    machine: String,
    /// The program's commit, for the report.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    commit: String,
    /// Write rows to this file, as JSON.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Write everything that was measured to this file, as JSON.
    #[arg(long)]
    findings: Option<PathBuf>,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number is expected")?;
    match number > 0.0 && number <= 50.0 {
        true => Ok(number),
        false => Err("more than 0 and at most 50 is expected".to_owned()),
    }
}

fn growth(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number is expected")?;
    match (1.1..=10.0).contains(&number) {
        true => Ok(number),
        false => Err("1.1 to 10 is expected".to_owned()),
    }
}

/// Runs, and prints the report's section or, for programs, the rows.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    existing(&arguments.pool, "the pool")?;
    existing(&arguments.test, "the test pictures' folder")?;
    let begun = Instant::now();
    let (pool, test) = (
        SnapshotFolder::open(&arguments.pool)?,
        SnapshotFolder::open(&arguments.test)?,
    );
    let findings = measured(arguments, &pool, &test)?;
    let setting = Setting {
        name: arguments.name.clone(),
        command: arguments.command.clone(),
        machine: arguments.machine.clone(),
        commit: arguments.commit.clone(),
        seconds: begun.elapsed().as_secs_f64(),
        snapshots: [pool.id.to_string(), test.id.to_string()],
        figures: figures(arguments, &findings)?,
    };
    let section = active::section(&findings, &setting);
    reported(arguments, &section)?;
    if !json {
        print!("{section}");
    }
    if let Some(path) = &arguments.findings {
        kept(path, &serde_json::to_string(&findings)?)?;
    }
    told(&active::rows(&findings), arguments.record.as_deref(), json)
}

fn measured(
    arguments: &Arguments,
    pool: &SnapshotFolder,
    test: &SnapshotFolder,
) -> Result<Findings, Failure> {
    let plan = Plan {
        strategies: match arguments.strategies.is_empty() {
            true => Strategy::ALL.to_vec(),
            false => arguments.strategies.clone(),
        },
        seeds: arguments.seeds,
        first: arguments.first / 100.0,
        growth: arguments.growth,
    };
    let tower = Tower::new(&arguments.model.load()?, available_threads())?;
    let curves = plan.strategies.len() as u64 * plan.seeds;
    let pictures = (pool.cases.len() + test.cases.len()) as u64;
    let bar = progress::bar(pictures + curves, "pictures, then curves");
    let findings = active::run(plan, &tower, [pool, test], &arguments.cache, &|| bar.inc(1));
    bar.finish_and_clear();
    Ok(findings?)
}

/// Draws the figures, and says how the report names them.
fn figures(arguments: &Arguments, findings: &Findings) -> Result<[String; 2], Failure> {
    let beside = arguments.report.parent().unwrap_or(Path::new(""));
    let folder = arguments.figures.as_deref().unwrap_or(beside);
    let drawn = [
        ("curves", active::curves_figure(findings)),
        ("boxes", active::forest_figure(findings)),
    ];
    let mut named = [String::new(), String::new()];
    for ((what, svg), named) in drawn.into_iter().zip(&mut named) {
        let path = folder.join(format!("{}-{what}.svg", arguments.name));
        kept(&path, &svg)?;
        let relative = path.strip_prefix(beside).unwrap_or(&path);
        *named = relative.display().to_string();
    }
    Ok(named)
}

fn reported(arguments: &Arguments, section: &str) -> Result<(), Failure> {
    let path = &arguments.report;
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(anyhow::Error::from(error)
                .context(path.display().to_string())
                .into());
        }
    };
    kept(
        path,
        &active::with_section(&before, &arguments.name, section),
    )
}

fn kept(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(std::fs::write(path, text).with_context(|| path.display().to_string())?)
}
