//! `medreg-trainer score`.

use super::{Failure, existing, progress};
use crate::eval::score::resample::{self, Draws};
use crate::eval::score::text::WordNet;
use crate::eval::score::text::meteor::Meteor;
use crate::eval::score::{self, Filter, LabelSet, Measure, Tally, paired, plug_in};
use anyhow::{Context, anyhow};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Score stored answers against what would have been right, without a model: JSON arrays in the published layout (`answer`, `gt` and
/// `hw`, or `pred_answer` and `gt_answer`), or the lines that `evaluate --predictions` writes.
///
/// `paper` gives what MedRegA's published evaluators compute, number for number; `strict` gives precision per prediction and recall per
/// truth, exact names and sides, and 95 % intervals by patient. docs/scores.md defines every score. Prints one JSON object.
///
/// Example: medreg-trainer score --task t2r-momr --mode strict --against other.json predictions.json
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What was asked for.
    #[arg(long)]
    task: Task,
    /// Whose rules count.
    #[arg(long, default_value = "strict")]
    mode: Mode,
    /// The language of the answers. Without it a file is Chinese where `zh` is in the first two words of its name, as in
    /// `slakezh_test_1.json`.
    #[arg(long)]
    lang: Option<Lang>,
    /// Compare with another model's answers to the same questions: differences, their intervals and p-values, by patient.
    #[arg(long)]
    against: Option<PathBuf>,
    /// `cls`: the labels, one a line. Without it they are those of the data set that the file is named after.
    #[arg(long)]
    labels: Option<PathBuf>,
    /// `cls`: an image may have several labels.
    #[arg(long, requires = "labels")]
    several: bool,
    /// `rg`, `grg`: WordNet's folder `dict`, for METEOR's synonyms. Without it WNSEARCHDIR or Debian's wordnet-base is used, if there.
    #[arg(long)]
    wordnet: Option<PathBuf>,
    /// `r2t`, `t2r-…`: also the means of the rewards that reinforcement learning would raise (docs/scores.md).
    #[arg(long)]
    rewards: bool,
    /// A shell command for other metrics: it reads entries as JSON lines and prints one JSON object of numbers.
    #[arg(long)]
    plug_in: Option<String>,
    /// How often patients are drawn.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    draws: u32,
    /// The seed of the draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The files; several are scored as one.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Task {
    R2t,
    T2rSosr,
    T2rSomr,
    T2rMosr,
    T2rMomr,
    Grg,
    Vqa,
    Rg,
    Cls,
    /// Whether answers in two languages agree: a file with both, or one for each.
    Cross,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    Paper,
    Strict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Lang {
    En,
    Zh,
}

/// Debian's WordNet.
const WORDNET: &str = "/usr/share/wordnet";

/// Reads, counts, prints.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    for file in arguments.files.iter().chain(&arguments.against) {
        existing(file, "the file of predictions")?;
    }
    if arguments.task == Task::Cross {
        return cross(arguments);
    }
    let setting = Setting::new(arguments)?;
    let first = setting.tally(&arguments.files)?;
    let mut report = match &arguments.against {
        Some(file) => setting.comparison(&first, &setting.tally(std::slice::from_ref(file))?)?,
        None => setting.report(&first),
    };
    if arguments.rewards {
        let means = score::rewards::means(&arguments.files, setting.filter)?;
        let means = means.ok_or_else(|| {
            Failure::Call(anyhow!(
                "--rewards: answers to this task have none; r2t or one of t2r-… is expected"
            ))
        })?;
        report.insert("rewards".to_owned(), serde_json::to_value(means)?);
    }
    if let Some(command) = &arguments.plug_in {
        let lang = if setting.filter.tongue == score::Tongue::Chinese {
            "zh"
        } else {
            "en"
        };
        report.extend(plug_in::run(
            command,
            &arguments.files,
            setting.filter,
            lang,
        )?);
    }
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// What all files of a call are scored with.
struct Setting<'a> {
    arguments: &'a Arguments,
    measure: Box<dyn Measure>,
    filter: Filter,
    /// Whether METEOR is there and knows synonyms.
    synonyms: Option<bool>,
}

impl<'a> Setting<'a> {
    fn new(arguments: &'a Arguments) -> Result<Self, Failure> {
        let filter = Filter {
            task: arguments.task.into(),
            tongue: tongue(arguments),
        };
        let labels = match arguments.task {
            Task::Cls => Some(labels(arguments)?),
            _ => None,
        };
        let reports = matches!(arguments.task, Task::Rg | Task::Grg);
        let wordnet = if reports { wordnet(arguments)? } else { None };
        let synonyms = reports.then_some(wordnet.is_some());
        if synonyms == Some(false) {
            tracing::warn!(
                "METEOR goes without synonyms: no WordNet was found; name its folder with --wordnet (Debian: wordnet-base)"
            );
        }
        let mode = match arguments.mode {
            Mode::Paper => score::Mode::Paper,
            Mode::Strict => score::Mode::Strict,
        };
        Ok(Self {
            arguments,
            measure: score::measure(
                filter.task,
                mode,
                filter.tongue,
                labels,
                Meteor::new(wordnet),
            ),
            filter,
            synonyms,
        })
    }

    /// Whether sums are kept for each patient.
    fn apart(&self) -> bool {
        self.arguments.mode == Mode::Strict || self.arguments.against.is_some()
    }

    fn tally(&self, files: &[PathBuf]) -> Result<Tally, Failure> {
        let mut tally = Tally::new(self.measure.as_ref());
        let bar = progress::waiting("scoring");
        for file in files {
            let mut seen = |entries| bar.set_position(entries);
            tally.read(
                file,
                self.measure.as_ref(),
                self.filter,
                self.apart(),
                &mut seen,
            )?;
        }
        bar.finish_and_clear();
        if tally.counted == 0 && tally.left_out == 0 {
            return Err(Failure::Work(anyhow!(
                "nothing to score in {}: {} entries are of another task or language",
                in_words(files),
                tally.passed_over
            )));
        }
        if let Some((number, why)) = &tally.first {
            tracing::warn!(
                "{} entries are left out, the first is number {number}: {why}",
                tally.left_out
            );
        }
        Ok(tally)
    }

    fn draws(&self) -> Draws {
        Draws {
            count: self.arguments.draws,
            seed: self.arguments.seed,
        }
    }

    /// What is said of the whole, beside the scores.
    fn about(&self, tally: &Tally) -> Map<String, Value> {
        let mut about = Map::new();
        about.insert("entries".to_owned(), json!(tally.counted));
        about.insert("left_out".to_owned(), json!(tally.left_out));
        if self.apart() {
            about.insert("patients".to_owned(), json!(tally.patients.len()));
        }
        if let Some(synonyms) = self.synonyms {
            about.insert("meteor_synonyms".to_owned(), json!(synonyms));
        }
        about
    }

    fn report(&self, tally: &Tally) -> Map<String, Value> {
        let mut report = self.about(tally);
        let scores = self.measure.scores(&tally.sums);
        if self.arguments.mode == Mode::Paper {
            report.extend(
                scores
                    .into_iter()
                    .map(|score| (score.name.to_owned(), json!(score.value))),
            );
            return report;
        }
        let intervals = resample::intervals(self.measure.as_ref(), &tally.patients, self.draws());
        for (at, score) in scores.into_iter().enumerate() {
            let ci95 = intervals.get(at).copied().flatten();
            let value = json!({"value": score.value, "ci95": ci95, "n": score.n});
            report.insert(score.name.to_owned(), value);
        }
        report
    }

    fn comparison(&self, first: &Tally, second: &Tally) -> Result<Map<String, Value>, Failure> {
        let mut report = self.about(first);
        let measure = self.measure.as_ref();
        let differences =
            resample::compare(measure, &first.patients, &second.patients, self.draws());
        let differences = differences.map_err(|error| Failure::Call(error.into()))?;
        let others = measure.scores(&second.sums);
        let pairs = measure.scores(&first.sums).into_iter().zip(others);
        for ((score, other), difference) in pairs.zip(differences) {
            let value = json!({
                "value": score.value,
                "against": other.value,
                "difference": difference.map(|d| d.difference),
                "ci95": difference.and_then(|d| d.ci95),
                "p": difference.map(|d| d.p),
                "n": score.n,
            });
            report.insert(score.name.to_owned(), value);
        }
        Ok(report)
    }
}

/// The agreement of two languages; nothing but sums and the answers that wait for their partner is kept.
fn cross(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.against.is_some() || arguments.plug_in.is_some() {
        return Err(Failure::Call(anyhow!(
            "--task cross compares two languages of one model: it takes neither --against nor --plug-in"
        )));
    }
    let files: Result<[PathBuf; 2], _> = match arguments.files.as_slice() {
        [one] => Ok([one.clone(), one.clone()]),
        [first, second] => Ok([first.clone(), second.clone()]),
        more => Err(more.len()),
    };
    let [first, second] = files.map_err(|count| {
        Failure::Call(anyhow!(
            "--task cross takes one file with both languages, or one for each; these are {count}"
        ))
    })?;
    let draws = Draws {
        count: arguments.draws,
        seed: arguments.seed,
    };
    let found = paired::read(&first, &second)?;
    if found.pairs == 0 {
        return Err(Failure::Work(anyhow!(
            "no answer in {} has a partner in the other language: the same image, task, concept and box are asked about in both",
            in_words(&arguments.files)
        )));
    }
    println!("{}", serde_json::to_string_pretty(&found.report(draws))?);
    Ok(())
}

impl From<Task> for score::Task {
    fn from(task: Task) -> Self {
        match task {
            Task::R2t => Self::RegionToText,
            Task::T2rSosr => Self::OneRegion,
            Task::T2rSomr => Self::ManyRegions,
            Task::T2rMosr => Self::OnePerObject,
            Task::T2rMomr => Self::ManyObjects,
            Task::Grg => Self::Grounded,
            Task::Vqa => Self::Answer,
            Task::Rg => Self::Report,
            // Asked for before anything is scored by its truth.
            Task::Cls | Task::Cross => Self::Labels,
        }
    }
}

fn in_words(files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    names.join(", ")
}

/// The first two words of a file's name, which name its data set.
fn dataset(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('_').take(2).collect::<Vec<_>>().join("_")
}

fn tongue(arguments: &Arguments) -> score::Tongue {
    let named = || {
        arguments
            .files
            .first()
            .is_some_and(|file| dataset(file).contains("zh"))
    };
    match arguments.lang {
        Some(Lang::Zh) => score::Tongue::Chinese,
        None if named() => score::Tongue::Chinese,
        _ => score::Tongue::English,
    }
}

fn labels(arguments: &Arguments) -> Result<LabelSet, Failure> {
    if let Some(path) = &arguments.labels {
        let text = std::fs::read_to_string(path)
            .with_context(|| path.display().to_string())
            .map_err(Failure::Call)?;
        let labels = text
            .lines()
            .map(str::trim)
            .filter(|label| !label.is_empty());
        return Ok(LabelSet {
            labels: labels.map(str::to_owned).collect(),
            several: arguments.several,
        });
    }
    let file = arguments
        .files
        .first()
        .map(|file| dataset(file))
        .unwrap_or_default();
    LabelSet::published(&file).ok_or_else(|| {
        Failure::Call(anyhow!(
            "the labels are not known: no published data set is called `{file}`; write them into a file, one a line, and name it with --labels"
        ))
    })
}

/// The WordNet that was named, or one that is there.
fn wordnet(arguments: &Arguments) -> Result<Option<WordNet>, Failure> {
    let of_machine = std::env::var_os("WNSEARCHDIR").map(PathBuf::from);
    let of_machine = of_machine
        .or_else(|| Some(WORDNET.into()))
        .filter(|folder| folder.join("data.noun").exists());
    match arguments.wordnet.clone().or(of_machine) {
        Some(folder) => Ok(Some(
            WordNet::open(&folder).map_err(|error| Failure::Call(error.into()))?,
        )),
        None => Ok(None),
    }
}
