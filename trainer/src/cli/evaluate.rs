//! `medreg-trainer evaluate`.

use super::model::AdaptedModelArguments;
use super::{Failure, existing, progress};
use crate::eval::Scores;
use crate::eval::score::resample::Draws;
use crate::evaluation::{About, Collector, WORST};
use crate::predict::{Predictor, available_threads};
use crate::probe::{self, Extent, Material};
use crate::registry::SnapshotFolder;
use crate::report;
use crate::runs::{self, Asking};
use crate::train::Control;
use anyhow::Context;
use image::DynamicImage;
use medreg_datasets::evaluation::{AskedMode, EvaluationReport, WorstCase};
use medreg_datasets::protocol::PredictionLine;
use medreg_datasets::snapshot::{SnapshotCase, Split};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Score a model on one split of an exported snapshot; fails where the split has no images.
///
/// With --report it writes report.html (worst cases drawn over their images, scores with 95 % intervals by patient, slices, names taken for
/// each other, reliability, agreement of the languages), its figures as SVG, evaluation.json and predictions.jsonl.
///
/// Example: medreg-trainer evaluate --model model --snapshot exported --split test --report evaluation
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
    /// Write a report to this folder.
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
    /// `regional` lets the model find regions first and puts them into every question (Regional CoT).
    #[arg(long, default_value = "direct")]
    mode: Mode,
    /// Try for so many regions, drawn by the seed, whether the name given to each rests on it: with the region blurred, another one of its
    /// size blurred, another box in the question, and on a blank picture.
    #[arg(long, value_name = "N", requires = "report", default_value_t = 0)]
    faithfulness: u32,
    /// Ask about so many images, drawn by the seed, with and without the regions that the model finds first.
    #[arg(long, value_name = "N", requires = "report", default_value_t = 0)]
    regional: u32,
    /// How many of the worst answers the report shows.
    #[arg(long, default_value_t = WORST as u16)]
    worst: u16,
    /// How often patients are drawn for an interval.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    draws: u32,
    /// The seed of draws and samples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    Direct,
    Regional,
}

impl From<Mode> for AskedMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Direct => Self::Direct,
            Mode::Regional => Self::Regional,
        }
    }
}

impl Arguments {
    fn draws(&self) -> Draws {
        Draws {
            count: self.draws,
            seed: self.seed,
        }
    }
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
    let calibration = arguments.model.calibration()?;
    let manifest = &snapshot.manifest;
    let mut collector = Collector::new(
        &manifest.ontology,
        &manifest.langs,
        calibration.as_ref(),
        arguments.worst.into(),
    );
    let scores = asked(arguments, &predictor, &snapshot, &mut collector)?;
    if let Some(folder) = &arguments.report {
        let about = About {
            mode: arguments.mode.into(),
            ..About::of(
                arguments.model.name(),
                &snapshot.id,
                manifest,
                arguments.split,
            )
        };
        let mut found = collector.finish(about, arguments.draws());
        tried(arguments, &predictor, &snapshot, &mut found)?;
        write_report(folder, &mut found, &snapshot)?;
    }
    print(&scores, arguments, json)?;
    Ok(())
}

/// Asks about every case; answers go to their files and to the collector, and none is kept.
fn asked(
    arguments: &Arguments,
    predictor: &Predictor,
    snapshot: &SnapshotFolder,
    collector: &mut Collector<'_>,
) -> Result<Scores, Failure> {
    let mut files = Files::create(arguments)?;
    let images = runs::cases_of(snapshot, arguments.split).len();
    let bar = progress::bar(images as u64, "evaluating");
    let mut shown = |done: usize| {
        bar.set_position(done as u64);
        Control::Continue
    };
    let mut scores = Scores::default();
    let mut hear = |case: &SnapshotCase, lines: Vec<PredictionLine>| {
        lines.iter().for_each(|line| scores.add(line));
        collector.hear(case, &lines);
        files.write(&lines)
    };
    let asking = Asking {
        mode: arguments.mode.into(),
        threads: available_threads(),
    };
    runs::ask_each(
        predictor,
        snapshot,
        arguments.split,
        asking,
        &mut shown,
        &mut hear,
    )?;
    bar.finish_and_clear();
    files.finish()?;
    Ok(scores)
}

/// What answers rest on, as far as it is to be tried.
fn tried(
    arguments: &Arguments,
    predictor: &Predictor,
    snapshot: &SnapshotFolder,
    found: &mut EvaluationReport,
) -> Result<(), Failure> {
    let picture = |case: &SnapshotCase| runs::picture(snapshot, case);
    let material = Material {
        cases: runs::cases_of(snapshot, arguments.split),
        manifest: &snapshot.manifest,
        picture: &picture,
    };
    let extent = |limit: u32| Extent {
        limit: limit as usize,
        threads: available_threads(),
        draws: arguments.draws(),
    };
    if arguments.faithfulness > 0 {
        let bar = progress::waiting("trying whether names rest on their regions");
        let limit = extent(arguments.faithfulness);
        found.faithfulness = Some(probe::faithfulness(predictor, &material, limit)?);
        bar.finish_and_clear();
    }
    if arguments.regional > 0 {
        let bar = progress::waiting("asking with regions found first");
        let limit = extent(arguments.regional);
        found.regional = probe::regional(predictor, &material, limit)?;
        bar.finish_and_clear();
    }
    Ok(())
}

/// The files that answers are written to.
struct Files(Vec<BufWriter<File>>);

impl Files {
    fn create(arguments: &Arguments) -> anyhow::Result<Self> {
        let in_report = match &arguments.report {
            Some(folder) => {
                std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
                Some(folder.join("predictions.jsonl"))
            }
            None => None,
        };
        let open = |path: &PathBuf| -> anyhow::Result<BufWriter<File>> {
            let file = File::create(path).with_context(|| path.display().to_string())?;
            Ok(BufWriter::new(file))
        };
        let paths = arguments.predictions.iter().chain(&in_report);
        Ok(Self(paths.map(open).collect::<Result<_, _>>()?))
    }

    fn write(&mut self, lines: &[PredictionLine]) -> std::io::Result<()> {
        for file in &mut self.0 {
            for line in lines {
                serde_json::to_writer(&mut *file, line)?;
                file.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<()> {
        self.0.iter_mut().try_for_each(Write::flush)
    }
}

fn write_report(
    folder: &Path,
    found: &mut EvaluationReport,
    snapshot: &SnapshotFolder,
) -> Result<(), Failure> {
    let mut picture = |worst: &WorstCase| -> Option<DynamicImage> {
        let case = snapshot
            .cases
            .iter()
            .find(|case| case.image == worst.image)?;
        image::load_from_memory(&snapshot.raster(case).ok()?).ok()
    };
    report::write(folder, found, &mut picture)?;
    tracing::info!(
        "report written: {}",
        folder.join(report::REPORT_FILE).display()
    );
    Ok(())
}

fn print(scores: &Scores, arguments: &Arguments, json: bool) -> anyhow::Result<()> {
    let evaluation = scores.finish();
    if json {
        println!("{}", serde_json::to_string(&evaluation)?);
        return Ok(());
    }
    println!(
        "{} regions of {} images of {} patients",
        evaluation.regions, evaluation.images, evaluation.patients
    );
    for point in runs::score_points(scores, arguments.split, 0) {
        println!("{:<28} {:.4}", point.name, point.value);
    }
    Ok(())
}
