//! What a lead and an engineer do in each round: cut, train, check, promote, choose.

use super::plan::Plan;
use super::setup::Team;
use super::{BASE, waiting};
use crate::clock::Clock;
use crate::results::{
    CALIBRATION_FILE, Calibration, ConfidenceSummary, Scores, Series, Truth, agree, score,
};
use crate::server::ServerError;
use crate::server::views::{Acquisition, Metrics, Model, Promoted, Run, Snapshot};
use anyhow::{Context, Result};
use medreg_datasets::ids::{AcquisitionId, Digest, ModelId, RunId};
use medreg_datasets::protocol::{ModelRef, PredictionLine, RunConfig, Strategy};
use medreg_datasets::snapshot::{Manifest, SnapshotCase};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::Duration;

/// The worker's answers to the evaluation's questions, one per line.
const PREDICTIONS: &str = "predictions.jsonl";

/// A snapshot, fetched and checked against its own digests.
#[derive(Debug)]
pub struct Cut {
    /// Its id.
    pub id: Digest,
    /// What it says it is.
    pub manifest: Manifest,
    /// Its cases.
    pub cases: Vec<SnapshotCase>,
}

/// What a run is asked to do.
#[derive(Debug)]
pub struct Lesson {
    /// The model it starts from.
    pub base: ModelRef,
    /// How it trains.
    pub config: RunConfig,
    /// How long it may train.
    pub limit: Duration,
}

/// A finished run.
#[derive(Debug)]
pub struct Trained {
    /// The steps it took.
    pub steps: u64,
    /// Its id.
    pub run: RunId,
    /// The model it published.
    pub model: ModelId,
    /// What that model's confidences are worth.
    pub calibration: Vec<ConfidenceSummary>,
    /// That model's scores, counted here.
    pub scores: Scores,
    /// Its training loss.
    pub loss: Series,
    /// Its answers.
    pub predictions: Vec<PredictionLine>,
}

/// Cuts a snapshot and reads it back.
pub fn cut(team: &Team, name: &str) -> Result<Cut> {
    let made: Snapshot = team
        .lead
        .post(&team.path("snapshots"), &json!({"name": name}))?;
    let path = format!("/api/snapshots/{}", made.id.as_str());
    let manifest = team.lead.bytes(&format!("{path}/manifest"))?;
    anyhow::ensure!(
        Digest::of(&manifest) == made.id,
        "the manifest of snapshot {} does not have the digest that names it",
        made.id.as_str()
    );
    let manifest: Manifest = serde_json::from_slice(&manifest)?;
    let wanted = &manifest.cases.sha256;
    let cases = team
        .lead
        .bytes(&format!("{path}/objects/{}", wanted.as_str()))?;
    anyhow::ensure!(
        Digest::of(&cases) == *wanted,
        "the cases of snapshot {} do not have the digest that names them",
        made.id.as_str()
    );
    anyhow::ensure!(
        manifest.synthetic,
        "snapshot {} is not labelled as synthetic",
        made.id.as_str()
    );
    Ok(Cut {
        id: made.id,
        cases: json_lines(&cases).context("the snapshot's cases")?,
        manifest,
    })
}

/// Launches a run, waits for it, and counts its scores again.
pub fn train(
    clock: &Clock,
    team: &Team,
    cut: &Cut,
    test: &Truth,
    lesson: Lesson,
    name: &str,
) -> Result<Trained> {
    let Lesson {
        base,
        config,
        limit,
    } = lesson;
    let body = json!({"snapshot": cut.id, "base": base, "config": config, "name": name});
    let run: Run = team.engineer.post(&team.path("runs"), &body)?;
    let run = waiting::for_run(clock, team, run.id, name, limit)?;
    let model = run
        .model_id
        .with_context(|| format!("{name}: the run finished without a model"))?;
    let reported = run
        .evaluation
        .with_context(|| format!("{name}: the run finished without an evaluation"))?;
    let artifact = format!("/api/runs/{}/artifacts/{PREDICTIONS}", run.id);
    let predictions: Vec<PredictionLine> =
        json_lines(&team.engineer.bytes(&artifact)?).context(PREDICTIONS)?;
    let manifest = &cut.manifest;
    let scores = score(&predictions, test, &manifest.ontology, &manifest.langs)
        .with_context(|| name.to_owned())?;
    agree(&reported, &scores).with_context(|| name.to_owned())?;
    clock.say(&format!("{name}: {}", in_words(&scores)));
    let loss = loss(team, run.id, name)?;
    Ok(Trained {
        run: run.id,
        steps: steps(&loss),
        model,
        calibration: calibration(team, run.id)?,
        scores,
        loss,
        predictions,
    })
}

/// The base model's scores before any training, by a run that changes nothing.
pub fn zero_shot(
    clock: &Clock,
    team: &Team,
    plan: &Plan,
    cut: &Cut,
    test: &Truth,
) -> Result<Trained> {
    let lesson = Lesson {
        base: ModelRef::Builtin {
            name: BASE.to_owned(),
        },
        config: plan.zero_shot_config(),
        limit: Duration::MAX,
    };
    train(clock, team, cut, test, lesson, "zero-shot")
}

/// Asks for the first images, before there is a model of the project's own.
pub fn choose_first(team: &Team, plan: &Plan) -> Result<AcquisitionId> {
    let body = json!({
        "strategy": Strategy::Hybrid,
        "budget": plan.budget,
        "seed": plan.seed,
        "model": ModelRef::Builtin { name: BASE.to_owned() },
    });
    let made: Acquisition = team.engineer.post(&team.path("acquisitions"), &body)?;
    Ok(made.id)
}

/// Promotes a model, which then chooses the next images and suggests regions on them.
pub fn promote(team: &Team, plan: &Plan, model: ModelId) -> Result<AcquisitionId> {
    let wish = json!({"strategy": Strategy::Hybrid, "budget": plan.budget, "seed": plan.seed});
    let path = format!("/api/models/{model}/promote");
    let promoted: Promoted = team.engineer.post(&path, &json!({"acquire": wish}))?;
    let now: Model = team.engineer.get(&format!("/api/models/{model}"))?;
    anyhow::ensure!(now.promoted, "model {model} was promoted, but is not");
    Ok(promoted.acquisition.id)
}

/// What the run's confidences are worth; nothing where too few patients were left to ask about.
fn calibration(team: &Team, run: RunId) -> Result<Vec<ConfidenceSummary>> {
    let path = format!("/api/runs/{run}/artifacts/{CALIBRATION_FILE}");
    let found: Calibration = match team.engineer.get(&path) {
        Ok(found) => found,
        Err(ServerError::Refused { status: 404, .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    Ok(found.parts.iter().map(ConfidenceSummary::from).collect())
}

fn loss(team: &Team, run: RunId, name: &str) -> Result<Series> {
    let metrics: Metrics = team.engineer.get(&format!("/api/runs/{run}/metrics"))?;
    let points = metrics
        .series
        .get("train/loss")
        .cloned()
        .unwrap_or_default();
    Ok(Series {
        name: name.to_owned(),
        points: points
            .into_iter()
            .map(|(step, loss)| (f64::from(step), loss))
            .collect(),
    })
}

/// The steps a run took: the last one with a loss. Its own count has moved on to images or files by then.
fn steps(loss: &Series) -> u64 {
    loss.points.last().map_or(0, |(step, _)| *step as u64)
}

fn json_lines<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>> {
    let text = std::str::from_utf8(bytes)?;
    (1..)
        .zip(text.lines())
        .map(|(number, line)| serde_json::from_str(line).with_context(|| format!("line {number}")))
        .collect()
}

fn in_words(scores: &Scores) -> String {
    let accuracy: Vec<String> = scores
        .accuracy
        .iter()
        .map(|(lang, accuracy)| format!("{lang} {accuracy:.3}"))
        .collect();
    format!(
        "accuracy {}, mean IoU {:.3}, F1@0.5 {:.3} (counted again from its answers: they agree)",
        accuracy.join(" / "),
        scores.iou(),
        scores.f1()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        assert_eq!(json_lines::<u32>(b"1\n2\n").unwrap(), [1, 2]);
        assert_eq!(json_lines::<u32>(b"").unwrap(), Vec::<u32>::new());
        let error = json_lines::<u32>(b"1\nx\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2");
        assert!(json_lines::<u32>(b"\xff").is_err());
    }
}
