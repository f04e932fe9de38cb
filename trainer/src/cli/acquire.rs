//! `medreg-trainer acquire`.

use super::{Failure, existing};
use crate::acquire::{self, Budget, Candidate, Gradient, Pool, Ranked, Signal};
use crate::features::Features;
use anyhow::{Context, anyhow};
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol::Strategy;
use medreg_datasets::reason::ChoiceReason;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Choose the next images to read: a pool's features and a model's answers in, a ranked batch out, one line of JSON for each image.
///
/// Example: medreg-trainer acquire --features pool.safetensors --predictions answers.jsonl --strategy hybrid --boxes 200 --seed 7
///
/// The features are a tensor `features` (images, width) in f32, f16 or bf16; the file's metadata has the images' names under `images`, a
/// JSON array, row by row. The predictions have a line for each image; all but its name may be left out:
///
///   {"image": "a", "modality": "ct", "boxes": 2, "signals": [{"concept": "liver", "entropy": 0.41, "margin": 0.2,
///    "disagreement": 0.6, "information": 0.05, "gradient": {"errors": [0.3, -0.3], "state": [0.1, 2.0]}}]}
///   {"image": "b", "modality": "ct", "read": true, "boxes": 3, "marked": ["cyst", "liver"]}
///
/// `read` images are never chosen, and what resembles them counts as covered; their `boxes` are those that were marked, `marked` the concepts
/// that were; the `boxes` of the others are the ones that the model finds. `entropy` and `information` are in nats, `margin` and
/// `disagreement` in 0..=1; a gradient without a `state` has the image's features for one. Images that stand in one file alone are in the
/// pool too.
///
/// An image costs its boxes, at least one; where nobody looked, the mean of the read ones'. The lines that come out have `rank`, `image`,
/// `score`, `boxes`, `reason` and, in English, `why`. docs/active-learning.md says what each strategy needs.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(group(clap::ArgGroup::new("pool").required(true).multiple(true).args(["features", "predictions"])))]
#[command(group(clap::ArgGroup::new("limit").required(true).multiple(true).args(["boxes", "top_k"])))]
pub struct Arguments {
    /// The features, a safetensors file.
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// What is known of each image, JSON lines; - for the standard input.
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// How to choose: random, stratified-random, typical, coverage, entropy, margin, box-disagreement, bald, badge or hybrid.
    #[arg(long, default_value = "hybrid")]
    strategy: Strategy,
    /// The images may be expected to have so many boxes together.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    boxes: Option<u32>,
    /// No more than so many images.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    top_k: Option<u32>,
    /// The seed of everything drawn by chance.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many rounds with a model that was trained here came before: the hybrid strategy changes with it.
    #[arg(long, default_value_t = 0)]
    round: u32,
}

/// One line of the predictions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    image: String,
    #[serde(default)]
    modality: Option<Modality>,
    #[serde(default)]
    read: bool,
    #[serde(default)]
    boxes: Option<f64>,
    #[serde(default)]
    marked: Vec<ConceptKey>,
    #[serde(default)]
    signals: Vec<SignalLine>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalLine {
    concept: ConceptKey,
    #[serde(default)]
    entropy: Option<f64>,
    #[serde(default)]
    margin: Option<f64>,
    #[serde(default)]
    disagreement: Option<f64>,
    #[serde(default)]
    information: Option<f64>,
    #[serde(default)]
    gradient: Option<GradientLine>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GradientLine {
    errors: Vec<f32>,
    #[serde(default)]
    state: Option<Vec<f32>>,
}

/// One line that comes out.
#[derive(Debug, Serialize)]
struct Chosen<'a> {
    rank: usize,
    image: &'a str,
    score: f64,
    boxes: f64,
    reason: &'a ChoiceReason,
    why: String,
}

/// Chooses and prints.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let features = match &arguments.features {
        Some(path) => {
            existing(path, "the file of features")?;
            Features::read(path)?
        }
        None => Features::default(),
    };
    let lines = match &arguments.predictions {
        Some(path) => lines(path)?,
        None => Vec::new(),
    };
    let (names, pool) = pool(lines, &features);
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    let strategy = acquire::strategy(arguments.strategy, arguments.round);
    let ranked = strategy.rank(&pool, arguments.budget(), &mut rng);
    if ranked.is_empty() {
        return Err(Failure::Work(nothing(&pool, arguments.boxes)));
    }
    Ok(print(&names, &pool, &ranked)?)
}

impl Arguments {
    fn budget(&self) -> Budget {
        let boxes = self.boxes.map(Budget::of_boxes);
        let images = self.top_k.map_or(usize::MAX, |k| k as usize);
        boxes.unwrap_or(Budget::of_images(images)).at_most(images)
    }
}

fn nothing(pool: &Pool, boxes: Option<u32>) -> anyhow::Error {
    match (pool.least_cost(), boxes) {
        (Some(least), Some(boxes)) => anyhow!(
            "no image fits into {boxes} boxes: each is expected to have {least} or more; give more --boxes"
        ),
        _ => anyhow!("no image is left to be read"),
    }
}

fn lines(path: &Path) -> Result<Vec<Line>, Failure> {
    if path == Path::new("-") {
        return of_lines(std::io::stdin().lock(), path);
    }
    existing(path, "the file of predictions")?;
    let file = File::open(path).with_context(|| path.display().to_string())?;
    of_lines(BufReader::new(file), path)
}

fn of_lines(reader: impl BufRead, path: &Path) -> Result<Vec<Line>, Failure> {
    let (mut lines, mut seen) = (Vec::new(), HashSet::new());
    for (place, text) in reader.lines().enumerate() {
        let at = || format!("{}, line {}", path.display(), place + 1);
        let text = text.with_context(at)?;
        if text.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&text).with_context(at)?;
        if !seen.insert(line.image.clone()) {
            let error = anyhow!("the image `{}` stands there twice", line.image);
            return Err(error.context(at()).into());
        }
        lines.push(line);
    }
    Ok(lines)
}

/// All images of both, those with a line first.
fn pool(lines: Vec<Line>, features: &Features) -> (Vec<String>, Pool) {
    let told: HashSet<&str> = lines.iter().map(|line| line.image.as_str()).collect();
    let others = features
        .names()
        .iter()
        .filter(|name| !told.contains(name.as_str()));
    let others: Vec<Line> = others.map(|name| Line::of(name.clone())).collect();
    let all = lines.into_iter().chain(others);
    let (names, candidates) = all.map(|line| line.candidate(features)).unzip();
    (names, Pool::new(candidates))
}

impl Line {
    fn of(image: String) -> Self {
        Self {
            image,
            modality: None,
            read: false,
            boxes: None,
            marked: Vec::new(),
            signals: Vec::new(),
        }
    }

    fn candidate(self, features: &Features) -> (String, Candidate) {
        let candidate = Candidate {
            modality: self.modality.unwrap_or(Modality::Other),
            open: !self.read,
            features: features.of(&self.image).unwrap_or_default().to_vec(),
            signals: self.signals.into_iter().map(Signal::from).collect(),
            boxes: self.boxes,
            marked: self.marked,
        };
        (self.image, candidate)
    }
}

impl From<SignalLine> for Signal {
    fn from(line: SignalLine) -> Self {
        Self {
            concept: line.concept,
            entropy: line.entropy,
            margin: line.margin,
            disagreement: line.disagreement,
            information: line.information,
            gradient: line.gradient.map(|gradient| Gradient {
                errors: gradient.errors,
                state: gradient.state,
            }),
        }
    }
}

fn print(names: &[String], pool: &Pool, ranked: &[Ranked]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for (place, ranked) in ranked.iter().enumerate() {
        let line = Chosen {
            rank: place + 1,
            image: &names[ranked.index],
            score: ranked.score,
            boxes: pool.cost(ranked.index),
            reason: &ranked.reason,
            why: ranked.reason.to_string(),
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}
