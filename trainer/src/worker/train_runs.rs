//! A training run: fetch, train, test on held-out patients, publish.

use super::folders::RunFolder;
use super::pulse::Progress;
use super::{Loaded, Show, Worker, gauges};
use crate::calibrate::{CALIBRATION_FILE, Calibration};
use crate::client::{Client, ClientError};
use crate::evaluation::{About, Collector, DRAWS, WORST};
use crate::journal::{Journal, Pace, event_files};
use crate::predict::Predictor;
use crate::registry::{
    CARD_FILE, FACTS_FILE, MODEL_FILES, ModelFacts, Provenance, SnapshotFolder, card,
};
use crate::report;
use crate::runs::{self, Appraisal, Tested};
use crate::train::{self, Checkpoints, Control, Event, Options, Resume, Trained};
use anyhow::Context;
use candle_core::DType;
use medreg_datasets::evaluation::{EVALUATION_FILE, EvaluationReport};
use medreg_datasets::ids::{ImageId, RunId};
use medreg_datasets::protocol::{
    FinishRun, MetricPoint, Metrics, PredictionLine, RunItem, RunOutcome,
};
use medreg_datasets::snapshot::{ObjectRef, Split};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The file of the evaluation's questions and answers.
const PREDICTIONS_FILE: &str = "predictions.jsonl";
/// That of the questions and answers on which confidences were calibrated.
const VALIDATION_FILE: &str = "predictions-val.jsonl";
/// The name of the charts' file for TensorBoard, which wants one like this.
const EVENTS_ARTIFACT: &str = "events.out.tfevents.medreg";
/// The run's folder of charts.
const LOGS: &str = "logs";
/// The most points of one message: a run that goes on brings all of those before.
const POINTS: usize = 2_000;
/// Metrics gather for so long before they are sent.
const METRICS_PAUSE: Duration = Duration::from_millis(500);

impl Worker {
    /// Carries out a run to its end and publishes what it learnt.
    pub(super) async fn carry_out_run(
        &self,
        item: &RunItem,
        progress: &Arc<Progress>,
    ) -> anyhow::Result<()> {
        tracing::info!(run.id = %item.id, attempt = item.attempt, snapshot = %item.snapshot, "run claimed");
        let folder = Arc::new(RunFolder::hold(&self.settings.cache, item.id).await?);
        progress.holds(train::held(&folder.checkpoints()));
        let base = self.load(&item.base).await.context("the base model")?;
        let snapshot = Arc::new(
            SnapshotFolder::fetch(&self.client, &item.snapshot, &self.settings.cache).await?,
        );
        let describes = base.describes || runs::has_descriptions(&snapshot);
        let trained = self.train(item, base, &snapshot, &folder, progress).await?;
        let outcome = if trained.stopped {
            RunOutcome::Stopped
        } else {
            RunOutcome::Finished
        };
        let appraisal = self
            .appraise(item, &trained, &snapshot, folder.path(), progress)
            .await?;
        let evaluation = (appraisal.tested.as_ref()).map(|tested| tested.scores.finish());
        let card = card(&Provenance {
            base: &item.base,
            snapshot: &item.snapshot,
            manifest: &snapshot.manifest,
            config: &item.config,
            steps: trained.step,
            stopped: trained.stopped,
            describes,
            evaluation: evaluation.as_ref(),
            calibration: appraisal.calibration.as_ref(),
        });
        let steps = trained.step;
        write_model(self, trained, item, describes, &card, &folder).await?;
        let files = self.upload(item, &folder, progress).await?;
        // What stays on the run's page is how far the training came.
        progress.enter("publishing", u64::from(item.config.steps));
        progress.done(u64::from(steps));
        tracing::info!(steps, ?outcome, "publishing the model");
        progress.tell(&self.client, item).await?;
        progress.close();
        self.client
            .finish_run(
                item.id,
                &FinishRun {
                    attempt: item.attempt,
                    outcome,
                    evaluation,
                    card,
                    files,
                },
            )
            .await?;
        tracing::info!(run.id = %item.id, ?outcome, "run published");
        // One that was stopped may be resumed: what it learnt stays until the server says that it cannot be any more.
        if outcome == RunOutcome::Finished {
            folder.remove();
        }
        Ok(())
    }

    async fn train(
        &self,
        item: &RunItem,
        base: Loaded,
        snapshot: &Arc<SnapshotFolder>,
        folder: &Arc<RunFolder>,
        progress: &Arc<Progress>,
    ) -> anyhow::Result<Trained> {
        progress.enter("training", u64::from(item.config.steps));
        let options = Options {
            run: item.config.clone(),
            threads: self.settings.threads,
            checkpoints: Some(checkpoints(item, folder)),
            adapter: None,
            budget: None,
            vision_held: false,
        };
        let (tell, heard) = mpsc::unbounded_channel();
        let (snapshot, folder) = (snapshot.clone(), folder.clone());
        let mut listener = Listener {
            run: item.id,
            checkpoints: folder.checkpoints(),
            journal: Journal::of(&folder.path().join(LOGS)),
            pace: Pace::default(),
            progress: progress.clone(),
            show: self.settings.show.clone(),
            tell,
        };
        let training = self.compute(move || {
            // Held as long as anything is written, even where this worker has dropped the run.
            let _held = folder;
            let mut hear = |event| listener.hear(&event);
            let trained = runs::teach(&snapshot, &base.pretrained, &options, &mut hear)?;
            Ok(trained)
        });
        let (trained, sent) = tokio::join!(training, send_metrics(&self.client, item, heard));
        sent?;
        trained
    }

    /// Asks the model about the validation and the test split, as far as there are any, and writes the answers and what the model's
    /// confidences are worth.
    async fn appraise(
        &self,
        item: &RunItem,
        trained: &Trained,
        snapshot: &Arc<SnapshotFolder>,
        folder: &Path,
        progress: &Arc<Progress>,
    ) -> anyhow::Result<Appraisal> {
        let images = runs::images_to_appraise(snapshot);
        progress.enter("evaluating", images as u64);
        if images == 0 {
            return Ok(Appraisal::default());
        }
        let (model, cases, progress, threads) = (
            trained.model.clone(),
            snapshot.clone(),
            progress.clone(),
            self.settings.threads,
        );
        let appraised = self.compute(move || {
            let mut heard = |done| {
                progress.done(done as u64);
                progress.control()
            };
            let predictor = Predictor::new(&model)?;
            let appraised = runs::appraise(&predictor, &cases, threads, &mut heard)?;
            appraised.ok_or_else(|| super::pulse::Interrupted.into())
        });
        let appraisal = appraised.await?;
        if let Some(calibration) = &appraisal.calibration {
            calibration.write(folder)?;
        }
        write_predictions(&folder.join(VALIDATION_FILE), &appraisal.validation)?;
        let Some(Tested { lines, scores }) = &appraisal.tested else {
            return Ok(appraisal);
        };
        write_predictions(&folder.join(PREDICTIONS_FILE), lines)?;
        let found = evaluated(item, snapshot, lines, appraisal.calibration.as_ref());
        report::write_json(folder, &found)?;
        let points = runs::score_points(scores, Split::Test, trained.step);
        self.client
            .metrics(
                item.id,
                &Metrics {
                    attempt: item.attempt,
                    points,
                },
            )
            .await?;
        Ok(appraisal)
    }

    /// Uploads everything of the run; gives the files that make the model.
    async fn upload(
        &self,
        item: &RunItem,
        folder: &RunFolder,
        progress: &Progress,
    ) -> anyhow::Result<BTreeMap<String, ObjectRef>> {
        let files = artifacts(folder);
        progress.enter("publishing", files.len() as u64);
        let mut of_model = BTreeMap::new();
        for (done, (name, path)) in files.iter().enumerate() {
            let object = self
                .client
                .put_artifact(item.id, item.attempt, name, path)
                .await?;
            if [
                &MODEL_FILES[..],
                &[FACTS_FILE, CALIBRATION_FILE, EVALUATION_FILE],
            ]
            .concat()
            .contains(&name.as_str())
            {
                of_model.insert(name.clone(), object);
            }
            progress.done(done as u64 + 1);
        }
        Ok(of_model)
    }
}

/// Hears the training loop: progress for the heartbeat, points for the charts, and whether to go on.
struct Listener {
    run: RunId,
    /// Where the run's checkpoints are.
    checkpoints: PathBuf,
    journal: Journal,
    pace: Pace,
    progress: Arc<Progress>,
    show: Show,
    tell: mpsc::UnboundedSender<Vec<MetricPoint>>,
}

impl Listener {
    fn hear(&mut self, event: &Event) -> Control {
        match event {
            Event::PassedOver(checkpoint) => {
                let dir = checkpoint.dir.display();
                tracing::warn!(%dir, reason = checkpoint.reason, "a checkpoint is passed over");
            }
            Event::Resumed { step } => {
                tracing::info!(step, "going on from a checkpoint");
                self.progress.kept(u64::from(*step));
            }
            Event::Saved { step, .. } => {
                tracing::debug!(step, "checkpoint written");
                self.progress.kept(u64::from(*step));
                self.progress.saved(train::held(&self.checkpoints));
            }
            Event::Step(report) => {
                self.progress.done(u64::from(report.step));
                let standing = self.pace.after(report);
                gauges::step(report, &standing);
                self.show.run(self.run, &standing);
            }
        }
        let points = self.journal.hear(event);
        if !points.is_empty() {
            // Nobody listens any more where the work was dropped.
            let _ = self.tell.send(points);
        }
        match self.progress.should_stop() {
            true => Control::Stop,
            false => self.progress.control(),
        }
    }
}

/// Sends points in batches until the training loop is gone. Only a lost claim or token ends it early: a chart may have gaps.
async fn send_metrics(
    client: &Client,
    item: &RunItem,
    mut heard: mpsc::UnboundedReceiver<Vec<MetricPoint>>,
) -> Result<(), ClientError> {
    while let Some(mut points) = heard.recv().await {
        while let Ok(more) = heard.try_recv() {
            points.extend(more);
        }
        for batch in points.chunks(POINTS) {
            send_batch(client, item, batch).await?;
        }
        tokio::time::sleep(METRICS_PAUSE).await;
    }
    Ok(())
}

async fn send_batch(
    client: &Client,
    item: &RunItem,
    points: &[MetricPoint],
) -> Result<(), ClientError> {
    let metrics = Metrics {
        attempt: item.attempt,
        points: points.to_vec(),
    };
    match client.metrics(item.id, &metrics).await {
        Err(error @ (ClientError::ClaimLost { .. } | ClientError::TokenRefused { .. })) => {
            Err(error)
        }
        Err(error) => {
            tracing::warn!(%error, "metrics were not sent");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn write_predictions(path: &Path, lines: &[PredictionLine]) -> anyhow::Result<()> {
    let file = std::fs::File::create(path).with_context(|| path.display().to_string())?;
    let mut out = std::io::BufWriter::new(file);
    for line in lines {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")?;
    }
    out.flush().with_context(|| path.display().to_string())
}

async fn write_model(
    worker: &Worker,
    trained: Trained,
    item: &RunItem,
    describes: bool,
    card: &str,
    folder: &Arc<RunFolder>,
) -> anyhow::Result<()> {
    let (held, snapshot, card) = (folder.clone(), item.snapshot.clone(), card.to_owned());
    let write = move || {
        let folder = held.path();
        trained.model.save(folder, DType::F32)?;
        ModelFacts::of(folder, snapshot, describes)?.write(folder)?;
        std::fs::write(folder.join(CARD_FILE), card).with_context(|| folder.display().to_string())
    };
    worker.compute(write).await
}

/// What the answers about the test split come to; nothing more is asked for it.
fn evaluated(
    item: &RunItem,
    snapshot: &SnapshotFolder,
    lines: &[PredictionLine],
    calibration: Option<&Calibration>,
) -> EvaluationReport {
    let manifest = &snapshot.manifest;
    let mut collector = Collector::new(&manifest.ontology, &manifest.langs, calibration, WORST);
    let mut of_image: BTreeMap<ImageId, Vec<PredictionLine>> = BTreeMap::new();
    for line in lines {
        of_image.entry(line.image).or_default().push(line.clone());
    }
    for case in runs::cases_of(snapshot, Split::Test) {
        let of_case = of_image.remove(&case.image).unwrap_or_default();
        collector.hear(case, &of_case);
    }
    let name = format!("run {}", item.id);
    collector.finish(About::of(name, &snapshot.id, manifest, Split::Test), DRAWS)
}

/// What a run goes on from: the checkpoint that somebody chose, or else the newest.
fn checkpoints(item: &RunItem, folder: &RunFolder) -> Checkpoints {
    let dir = folder.checkpoints();
    let resume = match item.resume_from {
        Some(step) => Resume::From(train::checkpoint_after(&dir, step)),
        None => Resume::Allow,
    };
    Checkpoints { dir, resume }
}

/// A run's files with the names they are published under: the model, its card, its answers, its charts, and the newest checkpoint.
fn artifacts(held: &RunFolder) -> Vec<(String, PathBuf)> {
    let folder = held.path();
    let own = MODEL_FILES.iter().chain(&[
        FACTS_FILE,
        CARD_FILE,
        CALIBRATION_FILE,
        EVALUATION_FILE,
        PREDICTIONS_FILE,
        VALIDATION_FILE,
    ]);
    let mut files: Vec<(String, PathBuf)> = own
        .map(|name| ((*name).to_owned(), folder.join(name)))
        .collect();
    let newest = train::newest(&held.checkpoints());
    let parts = newest
        .into_iter()
        .flat_map(std::fs::read_dir)
        .flatten()
        .flatten();
    files.extend(parts.map(|part| {
        let name = part.file_name().to_string_lossy().into_owned();
        (format!("checkpoint-{name}"), part.path())
    }));
    // One name for all attempts, so that what a worker put up that died then is replaced.
    let events = event_files(&folder.join(LOGS)).into_iter();
    files.extend(events.map(|path| (EVENTS_ARTIFACT.to_owned(), path)));
    files.retain(|(_, path)| path.is_file());
    files
}
