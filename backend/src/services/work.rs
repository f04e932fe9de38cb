//! What workers may do: claim, report, publish. Every message names its hand-out, and an old one is refused.

use super::runs::Body;
use super::{Actor, Hospital, Outcome, ServiceError, audit, routing, snapshots::named_object};
use crate::store::acquisitions::{self, Acquisition};
use crate::store::audit::NewEntry;
use crate::store::{annotations, projects, runs, snapshots};
use bytes::Bytes;
use futures::Stream;
use medreg_datasets::ids::{AcquisitionId, Digest, ImageId, ModelId, RunId};
use medreg_datasets::lang::{Lang, LangPair};
use medreg_datasets::protocol::{
    Claim, Fail, FinishAcquisition, FinishRun, Heartbeat, HeartbeatReply, ImagePrediction, LogLine,
    Metrics, ModelRef, PoolPage, Predictions, RunStanding, WorkItem,
};
use medreg_datasets::reason::ChoiceReason;
use medreg_datasets::region::MAX_TEXT_CHARS;
use medreg_datasets::snapshot::ObjectRef;
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeSet;
use std::io;

/// The largest artifact.
const MAX_ARTIFACT: u64 = 64 << 30;
/// Pool images on a page.
const MAX_PAGE: i64 = 500;
/// The longest line of a run's log.
const MAX_LINE_CHARS: usize = 1_000;
/// The longest reason a worker may give.
const MAX_REASON_CHARS: usize = 4_000;

/// Hands the oldest waiting work to a worker: rounds first, for readers wait for them. Work that ends every worker that
/// takes it is given up before.
pub async fn claim(hospital: &Hospital, claim: &Claim) -> Outcome<Option<WorkItem>> {
    let mut tx = hospital.pool.begin().await?;
    let rounds = acquisitions::give_up(&mut tx).await?;
    let given_up = runs::give_up(&mut tx).await?;
    let item = match acquisitions::claim(&mut tx, &claim.worker).await? {
        Some(round) => Some(WorkItem::Acquisition(round)),
        None => runs::claim(&mut tx, claim).await?.map(WorkItem::Run),
    };
    for id in rounds {
        write_given_up(&mut tx, "acquisition.give_up", &id).await?;
    }
    for id in given_up {
        write_given_up(&mut tx, "run.give_up", &id).await?;
    }
    tx.commit().await?;
    Ok(item)
}

/// Writes down that the system itself ended something: no worker is left to say so.
async fn write_given_up(
    conn: &mut PgConnection,
    action: &str,
    subject: &impl ToString,
) -> Outcome<()> {
    let entry = NewEntry {
        user: None,
        action,
        subject: &subject.to_string(),
        detail: serde_json::json!({}),
    };
    Ok(crate::store::audit::append(conn, entry).await?)
}

/// Keeps a run's claim alive, and what its worker said meanwhile.
pub async fn run_heartbeat(
    hospital: &Hospital,
    id: RunId,
    beat: &Heartbeat,
) -> Outcome<HeartbeatReply> {
    let mut tx = hospital.pool.begin().await?;
    let stop = runs::heartbeat(&mut tx, id, beat)
        .await?
        .ok_or(ServiceError::ClaimLost)?;
    if !beat.log.is_empty() {
        let lines: Vec<LogLine> = beat.log.iter().map(printable).collect();
        runs::put_log(&mut tx, id, beat.attempt, &lines).await?;
    }
    tx.commit().await?;
    Ok(HeartbeatReply { stop })
}

/// A line as it is kept: short, and in one piece.
fn printable(line: &LogLine) -> LogLine {
    let spaced = line.message.chars().map(|c| match c.is_control() {
        true => ' ',
        false => c,
    });
    LogLine {
        // Up to the year 9999, which is as far as the clocks of others are believed.
        at: line.at.min(253_402_300_799_000),
        message: spaced.take(MAX_LINE_CHARS).collect(),
        ..line.clone()
    }
}

/// What became of a run.
pub async fn run_standing(hospital: &Hospital, id: RunId) -> Outcome<RunStanding> {
    let mut conn = hospital.pool.acquire().await?;
    let run = runs::run(&mut conn, id).await?;
    let run = run.ok_or(ServiceError::NotFound("run"))?;
    Ok(RunStanding {
        published: run.model_id.is_some() && !run.resumable,
    })
}

async fn claimed(
    pool: &PgPool,
    id: RunId,
    attempt: i32,
) -> Outcome<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut tx = pool.begin().await?;
    if runs::lock_claim(&mut tx, id, attempt).await? {
        Ok(tx)
    } else {
        Err(ServiceError::ClaimLost)
    }
}

/// Keeps a run's measured values.
pub async fn metrics(hospital: &Hospital, id: RunId, metrics: &Metrics) -> Outcome<()> {
    if metrics
        .points
        .iter()
        .any(|p| !p.value.is_finite() || p.name.is_empty() || p.name.len() > 100)
    {
        return Err(ServiceError::invalid(
            "points",
            "finite values with names of 1 to 100 bytes are expected",
        ));
    }
    let mut tx = claimed(&hospital.pool, id, metrics.attempt).await?;
    runs::put_metrics(&mut tx, id, &metrics.points).await?;
    Ok(tx.commit().await?)
}

/// Keeps an artifact: its bytes first, then its name.
pub async fn put_artifact<S>(
    hospital: &Hospital,
    id: RunId,
    attempt: i32,
    name: &str,
    bytes: S,
) -> Outcome<ObjectRef>
where
    S: Stream<Item = Result<Bytes, io::Error>> + Unpin,
{
    let allowed =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    if name.is_empty()
        || name.len() > 64
        || name.starts_with(['.', '_', '-'])
        || !name.bytes().all(allowed)
    {
        return Err(ServiceError::invalid(
            "name",
            "1 to 64 of a-z, 0-9, '.', '_' and '-' are expected",
        ));
    }
    claimed(&hospital.pool, id, attempt)
        .await?
        .rollback()
        .await?;
    let object = hospital.objects.put_stream(bytes, MAX_ARTIFACT).await?;
    let mut tx = claimed(&hospital.pool, id, attempt).await?;
    runs::put_artifact(&mut tx, id, name, &object).await?;
    tx.commit().await?;
    Ok(object)
}

/// Ends a run well and publishes its model, whose files must be there already.
pub async fn finish_run(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
    done: &FinishRun,
) -> Outcome<runs::Model> {
    let mut tx = claimed(&hospital.pool, id, done.attempt).await?;
    let artifacts = runs::artifacts(&mut tx, id).await?;
    if let Some((name, _)) = done
        .files
        .iter()
        .find(|(name, object)| artifacts.get(*name) != Some(object))
    {
        return Err(ServiceError::invalid(
            "files",
            format!("`{name}` is not an artifact of this run with that hash: put it first"),
        ));
    }
    let run = runs::run(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("run"))?;
    let model = runs::finish(&mut tx, &run, done).await?;
    let model = runs::model(&mut tx, model)
        .await?
        .ok_or(ServiceError::NotFound("model"))?;
    audit(
        &mut tx,
        actor,
        "model.publish",
        model.id,
        serde_json::json!({ "run": id }),
    )
    .await?;
    tx.commit().await?;
    Ok(model)
}

/// Ends a run that cannot be done.
pub async fn fail_run(hospital: &Hospital, actor: &Actor, id: RunId, fail: &Fail) -> Outcome<()> {
    let mut tx = claimed(&hospital.pool, id, fail.attempt).await?;
    runs::fail(&mut tx, id, &shortened(&fail.reason)).await?;
    audit(&mut tx, actor, "run.fail", id, serde_json::json!({})).await?;
    Ok(tx.commit().await?)
}

/// Whether a reason that is told in words has too many of them.
fn is_long(reason: &ChoiceReason) -> bool {
    matches!(reason, ChoiceReason::Said { text } if text.chars().count() > MAX_REASON_CHARS)
}

fn shortened(reason: &str) -> String {
    reason.chars().take(MAX_REASON_CHARS).collect()
}

/// A snapshot's manifest, byte for byte.
pub async fn manifest(hospital: &Hospital, id: &Digest) -> Outcome<String> {
    let mut conn = hospital.pool.acquire().await?;
    snapshots::canonical_manifest(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("snapshot"))
}

/// An object that a snapshot names.
pub async fn snapshot_object(hospital: &Hospital, id: &Digest, object: &Digest) -> Outcome<Body> {
    named_object(hospital, id, object).await
}

/// One of a published model's files.
pub async fn model_file(hospital: &Hospital, id: ModelId, name: &str) -> Outcome<Body> {
    let mut conn = hospital.pool.acquire().await?;
    let model = runs::model(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("model"))?;
    let file = model
        .files
        .get(name)
        .ok_or(ServiceError::NotFound("file of this model"))?;
    Ok(hospital.objects.stream(&file.sha256).await?)
}

/// Keeps a round's claim alive.
pub async fn round_heartbeat(
    hospital: &Hospital,
    id: AcquisitionId,
    beat: &Heartbeat,
) -> Outcome<HeartbeatReply> {
    let mut conn = hospital.pool.acquire().await?;
    if acquisitions::heartbeat(&mut conn, id, beat).await? {
        Ok(HeartbeatReply { stop: false })
    } else {
        Err(ServiceError::ClaimLost)
    }
}

async fn claimed_round(
    conn: &mut PgConnection,
    id: AcquisitionId,
    attempt: i32,
) -> Outcome<Acquisition> {
    acquisitions::lock_claim(conn, id, attempt)
        .await?
        .ok_or(ServiceError::ClaimLost)
}

/// A page of the images a round looks at.
pub async fn pool(
    hospital: &Hospital,
    id: AcquisitionId,
    after: Option<ImageId>,
    limit: i64,
) -> Outcome<PoolPage> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut conn = hospital.pool.acquire().await?;
    let round = acquisitions::acquisition(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("acquisition"))?;
    let images = acquisitions::pool(&mut conn, round.project_id, after, limit).await?;
    let full = images.len() as i64 == limit;
    let next = images.last().map(|image| image.id).filter(|_| full);
    Ok(PoolPage { images, next })
}

/// A raster of the round's pool.
pub async fn pool_object(hospital: &Hospital, id: AcquisitionId, object: &Digest) -> Outcome<Body> {
    let mut conn = hospital.pool.acquire().await?;
    let round = acquisitions::acquisition(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("acquisition"))?;
    if !acquisitions::pool_has(&mut conn, round.project_id, object).await? {
        return Err(ServiceError::NotFound("object in this pool"));
    }
    drop(conn);
    Ok(hospital.objects.stream(object).await?)
}

/// Keeps what a published model proposes, in the place of what no reader has met.
pub async fn predictions(
    hospital: &Hospital,
    id: AcquisitionId,
    predictions: &Predictions,
) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    let round = claimed_round(&mut tx, id, predictions.attempt).await?;
    let ModelRef::Published { id: model } = round.model else {
        return Err(ServiceError::invalid(
            "images",
            "a built-in model does not suggest: only a published one does",
        ));
    };
    let project = projects::project(&mut tx, round.project_id)
        .await?
        .ok_or(ServiceError::NotFound("project"))?;
    let concepts = projects::concepts(&mut tx, project.id).await?;
    let known: BTreeSet<&str> = concepts.iter().map(|c| c.key.as_str()).collect();
    let asked: Vec<_> = predictions.images.iter().map(|p| p.image.0).collect();
    let in_pool = acquisitions::in_pool(&mut tx, round.project_id, &asked).await?;
    for prediction in &predictions.images {
        if !in_pool.contains(&prediction.image.0) {
            return Err(ServiceError::NotFound("image in this pool"));
        }
        check_prediction(prediction, &known, &project.langs)?;
        let image = crate::store::images::image(&mut tx, prediction.image)
            .await?
            .ok_or(ServiceError::NotFound("image"))?;
        let size = image.size()?;
        if let Some(outside) = prediction
            .regions
            .iter()
            .flat_map(|r| [Some(r.bbox), r.outer])
            .flatten()
            .find_map(|bbox| bbox.inside(size).err())
        {
            return Err(ServiceError::invalid("bbox", outside));
        }
        annotations::replace_suggestions(&mut tx, prediction.image, model, &prediction.regions)
            .await?;
        if !prediction.questions.is_empty() {
            let questions = &prediction.questions;
            acquisitions::keep_signals(&mut tx, id, prediction.image, questions).await?;
        }
        routing::route_one(&mut tx, &project, prediction.image).await?;
    }
    Ok(tx.commit().await?)
}

fn check_prediction(
    prediction: &ImagePrediction,
    known: &BTreeSet<&str>,
    langs: &LangPair,
) -> Outcome<()> {
    let asked = prediction.questions.iter().map(|q| q.concept.as_str());
    let different: BTreeSet<&str> = asked.filter(|concept| known.contains(concept)).collect();
    if different.len() != prediction.questions.len() {
        return Err(ServiceError::invalid(
            "questions",
            "one for each concept of the project's ontology is expected at most",
        ));
    }
    for region in &prediction.regions {
        if !known.contains(region.concept.as_str()) {
            return Err(ServiceError::invalid(
                "concept",
                format!("the project's ontology has no concept `{}`", region.concept),
            ));
        }
        if !(0.0..=1.0).contains(&region.confidence) {
            return Err(ServiceError::invalid(
                "confidence",
                "a number in 0..=1 is expected",
            ));
        }
        let fits = |(lang, text): (&Lang, &String)| {
            langs.contains(lang) && text.chars().count() <= MAX_TEXT_CHARS
        };
        if !region.texts.iter().all(fits) {
            return Err(ServiceError::invalid(
                "texts",
                format!(
                    "at most {MAX_TEXT_CHARS} characters in the project's languages are expected"
                ),
            ));
        }
    }
    Ok(())
}

/// Ends a round with the images it chose: the next cases follow them.
pub async fn finish_round(
    hospital: &Hospital,
    actor: &Actor,
    id: AcquisitionId,
    done: &FinishAcquisition,
) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    let round = claimed_round(&mut tx, id, done.attempt).await?;
    let chosen: BTreeSet<_> = done.ranking.iter().map(|r| r.image.0).collect();
    if done.ranking.len() > round.budget.unsigned_abs() as usize
        || chosen.len() != done.ranking.len()
    {
        return Err(ServiceError::invalid(
            "ranking",
            format!("at most {} different images are expected", round.budget),
        ));
    }
    if done
        .ranking
        .iter()
        .any(|r| !r.score.is_finite() || is_long(&r.reason))
    {
        return Err(ServiceError::invalid(
            "ranking",
            "finite scores and short reasons are expected",
        ));
    }
    let ids: Vec<_> = chosen.into_iter().collect();
    if acquisitions::in_pool(&mut tx, round.project_id, &ids)
        .await?
        .len()
        != ids.len()
    {
        return Err(ServiceError::NotFound("image in this pool"));
    }
    acquisitions::finish(&mut tx, id, &done.ranking).await?;
    audit(
        &mut tx,
        actor,
        "acquisition.finish",
        id,
        serde_json::json!({ "images": done.ranking.len() }),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Ends a round that cannot be done.
pub async fn fail_round(
    hospital: &Hospital,
    actor: &Actor,
    id: AcquisitionId,
    fail: &Fail,
) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    claimed_round(&mut tx, id, fail.attempt).await?;
    acquisitions::fail(&mut tx, id, &shortened(&fail.reason)).await?;
    audit(
        &mut tx,
        actor,
        "acquisition.fail",
        id,
        serde_json::json!({}),
    )
    .await?;
    Ok(tx.commit().await?)
}
