//! A run without a server: from a snapshot on the disk to a trained model, and from a model to its scores.

use crate::calibrate::Calibration;
use crate::checkpoint::Pretrained;
use crate::data::{CaseSource, KEPT, Pictures, Prompter, SourceError, Subject};
use crate::eval::{Scores, judge, questions_of_case};
use crate::model::kernels::side_by_side;
use crate::predict::{self, PredictError, Predictor, Probes, Search};
use crate::regional;
use crate::registry::{RegistryError, SnapshotFolder};
use crate::tokenizer::TokenizerError;
use crate::train::parallel::{Alone, Ranks};
use crate::train::{self, Control, Event, Options, TrainError, Trained};
use image::DynamicImage;
use medreg_datasets::evaluation::AskedMode;
use medreg_datasets::ids::ImageId;
use medreg_datasets::protocol::{MetricPoint, PredictionLine};
use medreg_datasets::snapshot::{Manifest, SnapshotCase, Split};
use medreg_datasets::task;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A raster is not there, or damaged.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A prompt cannot be made.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The training split has nothing that could be learnt from.
    #[error("the snapshot's training split: {0}")]
    Source(#[from] SourceError),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The model does not answer.
    #[error("image {image}: {source}")]
    Predict {
        /// The image.
        image: ImageId,
        /// What went wrong.
        source: PredictError,
    },
    /// An answer cannot be written.
    #[error("the answers cannot be written: {0}")]
    Answers(#[from] std::io::Error),
}

/// The cases of one split.
#[must_use]
pub fn cases_of(snapshot: &SnapshotFolder, split: Split) -> Vec<&SnapshotCase> {
    snapshot
        .cases
        .iter()
        .filter(|case| case.split == split)
        .collect()
}

/// Whether the training split has descriptions to learn from.
#[must_use]
pub fn has_descriptions(snapshot: &SnapshotFolder) -> bool {
    let described = |case: &&SnapshotCase| {
        case.regions
            .iter()
            .any(|region| region.texts.values().any(|text| !text.trim().is_empty()))
    };
    cases_of(snapshot, Split::Train).iter().any(described)
}

/// Trains `start` on the snapshot's training split; `events` hears of every step and may stop it.
pub fn teach(
    snapshot: &SnapshotFolder,
    start: &Pretrained,
    options: &Options,
    events: &mut dyn FnMut(Event) -> Control,
) -> Result<Trained, RunError> {
    teach_among(&Alone, snapshot, start, options, events)
}

/// The same as one of several ranks, as [`train::run_among`] says.
pub fn teach_among(
    ranks: &dyn Ranks,
    snapshot: &SnapshotFolder,
    start: &Pretrained,
    options: &Options,
    events: &mut dyn FnMut(Event) -> Control,
) -> Result<Trained, RunError> {
    let run = &options.run;
    let cases = cases_of(snapshot, Split::Train);
    let subject = Subject {
        prompter: Prompter::new(&start.tokenizer, &start.config)?,
        config: start.config.clone(),
        ontology: snapshot.manifest.ontology.clone(),
        langs: snapshot.manifest.langs.clone(),
    };
    let rasters = Rasters(snapshot);
    let source = CaseSource::new(subject, &rasters, &cases, run, (options.threads, KEPT))?
        .on_ranks(ranks.size());
    Ok(train::run_among(ranks, options, start, &source, events)?)
}

/// The pictures of a snapshot on the disk.
struct Rasters<'a>(&'a SnapshotFolder);

impl Pictures for Rasters<'_> {
    fn picture(&self, case: &SnapshotCase) -> Result<DynamicImage, SourceError> {
        let wrong = |reason: String| SourceError::Picture {
            image: case.image,
            reason,
        };
        let raster = self.0.raster(case).map_err(|e| wrong(e.to_string()))?;
        image::load_from_memory(&raster).map_err(|e| wrong(e.to_string()))
    }
}

/// A model's answers to all questions about one split, judged.
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// Question by question.
    pub lines: Vec<PredictionLine>,
    /// What they add up to.
    pub scores: Scores,
}

/// All that a model says about the patients that it did not learn from.
#[derive(Clone, Debug, Default)]
pub struct Appraisal {
    /// The test split's; `None` where it has no images.
    pub tested: Option<Tested>,
    /// The answers about the validation split, on which confidences are calibrated.
    pub validation: Vec<PredictionLine>,
    /// What its confidences are worth; `None` where nothing was asked.
    pub calibration: Option<Calibration>,
}

/// The images that [`appraise`] asks about.
#[must_use]
pub fn images_to_appraise(snapshot: &SnapshotFolder) -> usize {
    [Split::Val, Split::Test]
        .map(|split| cases_of(snapshot, split).len())
        .iter()
        .sum()
}

/// Asks a model about the validation and the test split, and calibrates on the former. `progress` hears how many images are done and
/// may stop it: then there is no result.
pub fn appraise(
    predictor: &Predictor,
    snapshot: &SnapshotFolder,
    threads: usize,
    progress: &mut dyn FnMut(usize) -> Control,
) -> Result<Option<Appraisal>, RunError> {
    let Some(validated) = test(predictor, snapshot, Split::Val, threads, progress)? else {
        return Ok(None);
    };
    let before = cases_of(snapshot, Split::Val).len();
    let mut further = |done| progress(before + done);
    let Some(tested) = test(predictor, snapshot, Split::Test, threads, &mut further)? else {
        return Ok(None);
    };
    let (validation, held_out) = (validated.lines, &tested.lines);
    let lines: Vec<PredictionLine> = validation.iter().chain(held_out).cloned().collect();
    let calibrate = || Calibration::fit(&lines, Split::Val, Split::Test);
    Ok(Some(Appraisal {
        calibration: (!lines.is_empty()).then(calibrate),
        tested: (!cases_of(snapshot, Split::Test).is_empty()).then_some(tested),
        validation,
    }))
}

/// Asks a model about every case of a split. `progress` hears how many images are done and may stop it: then there is no result.
pub fn test(
    predictor: &Predictor,
    snapshot: &SnapshotFolder,
    split: Split,
    threads: usize,
    progress: &mut dyn FnMut(usize) -> Control,
) -> Result<Option<Tested>, RunError> {
    let mut tested = Tested::default();
    let mut hear = |_: &SnapshotCase, lines: Vec<PredictionLine>| {
        lines.iter().for_each(|line| tested.scores.add(line));
        tested.lines.extend(lines);
        Ok(())
    };
    let asking = Asking {
        mode: AskedMode::Direct,
        threads,
    };
    let control = ask_each(predictor, snapshot, split, asking, progress, &mut hear)?;
    Ok((control == Control::Continue).then_some(tested))
}

/// How cases are asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// How questions are put.
    pub mode: AskedMode,
    /// Cases side by side.
    pub threads: usize,
}

/// The same, case by case: `hear` gets the answers about each in the order of the snapshot, and nothing is kept here.
pub fn ask_each(
    predictor: &Predictor,
    snapshot: &SnapshotFolder,
    split: Split,
    asking: Asking,
    progress: &mut dyn FnMut(usize) -> Control,
    hear: &mut dyn FnMut(&SnapshotCase, Vec<PredictionLine>) -> std::io::Result<()>,
) -> Result<Control, RunError> {
    let (cases, threads) = (cases_of(snapshot, split), asking.threads.max(1));
    for (batch, done) in cases.chunks(threads).zip((0..).step_by(threads)) {
        if progress(done) == Control::Stop {
            return Ok(Control::Stop);
        }
        let answered = side_by_side(batch.len(), threads, |index| {
            examine(predictor, snapshot, batch[index], asking.mode)
        });
        for (case, lines) in batch.iter().zip(answered) {
            hear(case, lines?)?;
        }
    }
    Ok(progress(cases.len()))
}

fn examine(
    predictor: &Predictor,
    snapshot: &SnapshotFolder,
    case: &SnapshotCase,
    mode: AskedMode,
) -> Result<Vec<PredictionLine>, RunError> {
    let at = |source| RunError::Predict {
        image: case.image,
        source,
    };
    let look = predictor.look_at(&snapshot.raster(case)?).map_err(at)?;
    let mut questions =
        questions_of_case(case, &snapshot.manifest.ontology, &snapshot.manifest.langs);
    if mode == AskedMode::Regional {
        let search = search_of(case, &snapshot.manifest);
        let found = regional::find(predictor, &look, &search).map_err(at)?;
        for question in &mut questions {
            let named = regional::named(&found, &search, &question.lang);
            question.prompt = task::asked(&question.lang, &question.prompt, None, &named);
        }
    }
    let prompts: Vec<String> = questions
        .iter()
        .map(|question| question.prompt.clone())
        .collect();
    let answers = predictor.ask(&look, &prompts).map_err(at)?;
    Ok(questions
        .into_iter()
        .zip(answers)
        .map(|(question, answer)| {
            let (signals, box_signals) = (predict::signals(&answer), predict::box_signals(&answer));
            PredictionLine {
                signals,
                box_signals,
                ..judge(case, question, answer.text)
            }
        })
        .collect())
}

/// A case's picture.
pub fn picture(snapshot: &SnapshotFolder, case: &SnapshotCase) -> Result<DynamicImage, RunError> {
    let look = |source: image::ImageError| RunError::Predict {
        image: case.image,
        source: source.into(),
    };
    image::load_from_memory(&snapshot.raster(case)?).map_err(look)
}

/// What is looked for in a case's picture.
#[must_use]
pub fn search_of<'a>(case: &SnapshotCase, manifest: &'a Manifest) -> Search<'a> {
    Search {
        size: case.size,
        modality: case.modality,
        ontology: &manifest.ontology,
        langs: &manifest.langs,
        describe: false,
        calibration: None,
        probes: Probes::default(),
        seed: 0,
    }
}

/// The scores of a split as points of a run's charts: `test/accuracy.en` and the like.
#[must_use]
pub fn score_points(scores: &Scores, split: Split, step: u32) -> Vec<MetricPoint> {
    let evaluation = scores.finish();
    let mut points = Vec::new();
    let mut add = |name: &str, lang: &str, value: f64| {
        points.push(MetricPoint {
            name: format!("{split}/{name}.{lang}"),
            step,
            value,
        })
    };
    for (name, by_lang) in [
        ("accuracy", &evaluation.accuracy),
        ("mean_iou", &evaluation.mean_iou),
        ("region_f1", &evaluation.region_f1),
    ] {
        by_lang
            .iter()
            .for_each(|(lang, value)| add(name, lang.as_str(), *value));
    }
    for (lang, (precision, recall)) in scores.precision_and_recall() {
        add("region_precision", lang.as_str(), precision);
        add("region_recall", lang.as_str(), recall);
    }
    points
}
