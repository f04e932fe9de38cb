//! Training runs, their metrics and artifacts, and the models they give.

use super::{StoreError, Stored};
use medreg_datasets::ids::{Digest, ModelId, ProjectId, RunId, UserId};
use medreg_datasets::protocol::{
    Claim, Evaluation, FinishRun, Heartbeat, HeldCheckpoint, LogLevel, LogLine, MetricPoint,
    ModelRef, RunConfig, RunItem, RunOutcome,
};
use medreg_datasets::snapshot::ObjectRef;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Seconds without a heartbeat after which another worker may claim.
pub const LEASE_SECONDS: u32 = 30;

/// Hand-outs in a row that come no further before work is given up: it is the work that ends its workers.
pub const MAX_FUTILE: i32 = 5;

/// Days for which a run that was stopped, and gave a model, can be resumed: so long its worker keeps its checkpoints.
pub const RESUMABLE_DAYS: i32 = 7;

/// The newest lines of a run's log that are kept.
pub const MAX_LOG_LINES: i64 = 2_000;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// Somebody asked it to stop; the worker finishes its step.
    Stopping,
    /// All steps done.
    Finished,
    /// Stopped early.
    Stopped,
    /// Could not be done.
    Failed,
}

/// A training run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Run {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: RunId,
    /// Its project.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// What people call it.
    pub name: String,
    /// The snapshot it learns from.
    #[schema(value_type = String)]
    pub snapshot: Digest,
    /// What it starts from.
    pub base: ModelRef,
    /// How it trains.
    pub config: RunConfig,
    /// Where it stands.
    pub state: RunState,
    /// How often it was handed out.
    pub attempt: i32,
    /// What the worker is at.
    pub phase: Option<String>,
    /// Steps, or images, done.
    pub done: i64,
    /// Steps, or images, in all.
    pub total: i64,
    /// Who has it.
    pub worker: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Scores on the test split.
    pub evaluation: Option<Evaluation>,
    /// The model it gave.
    #[schema(value_type = Option<Uuid>)]
    pub model_id: Option<ModelId>,
    /// When it was launched.
    pub created_at: String,
    /// When a worker first took it.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// What people wrote about it.
    pub notes: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How often notes and tags were changed; a change names the one it was made from.
    pub notes_revision: i64,
    /// The run that its settings were taken from.
    #[schema(value_type = Option<Uuid>)]
    pub cloned_from: Option<RunId>,
    /// The checkpoints that its worker keeps, oldest first.
    pub checkpoints: Vec<HeldCheckpoint>,
    /// The step whose checkpoint it is to go on from, until its worker has written one after that.
    pub resume_from: Option<i32>,
    /// Whether it can be resumed: it failed, or it was stopped and its worker still keeps what it learnt.
    pub resumable: bool,
}

/// What a run is made of.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// Its project.
    pub project: ProjectId,
    /// What people call it.
    pub name: &'a str,
    /// The snapshot it learns from.
    pub snapshot: &'a Digest,
    /// What it starts from.
    pub base: &'a ModelRef,
    /// How it trains.
    pub config: &'a RunConfig,
    /// The run that its settings were taken from.
    pub cloned_from: Option<RunId>,
    /// Who launched it.
    pub by: UserId,
}

/// Which runs of a list are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Those with this tag.
    pub tag: Option<&'a str>,
    /// Those whose name, notes or tags hold this text, in capitals or not.
    pub text: Option<&'a str>,
    /// Those that were launched before this one.
    pub after: Option<RunId>,
}

fn json<T: Serialize>(
    table: &'static str,
    column: &'static str,
    value: &T,
) -> Stored<serde_json::Value> {
    serde_json::to_value(value).map_err(StoreError::corrupt(table, column))
}

fn parsed<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    value: serde_json::Value,
) -> Stored<T> {
    serde_json::from_value(value).map_err(StoreError::corrupt(table, column))
}

/// Adds a run to the queue.
pub async fn insert(conn: &mut PgConnection, new: &NewRun<'_>) -> Stored<RunId> {
    let id = RunId::fresh();
    sqlx::query!(
        "INSERT INTO runs (id, project_id, name, snapshot_id, base, config, cloned_from, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0, new.project.0, new.name, new.snapshot.as_str(), json("runs", "base", new.base)?, json("runs", "config", new.config)?,
        new.cloned_from.map(|run| run.0), new.by.0
    )
    .execute(conn)
    .await?;
    Ok(id)
}

async fn select(
    conn: &mut PgConnection,
    project: Option<ProjectId>,
    id: Option<RunId>,
    wanted: Wanted<'_>,
    limit: i64,
) -> Stored<Vec<Run>> {
    let rows = sqlx::query!(
        r#"SELECT r.id, r.project_id, r.name, r.snapshot_id, r.base, r.config, r.state, r.attempt, r.phase, r.done, r.total, r.worker,
                  r.error, r.evaluation, m.id AS "model_id?", rfc3339(r.created_at) AS "created_at!", rfc3339(r.started_at) AS started_at,
                  rfc3339(r.finished_at) AS finished_at, r.notes, r.tags, r.notes_revision, r.cloned_from, r.checkpoints, r.resume_from,
                  (r.state = 'failed' OR (r.state = 'stopped' AND (m.id IS NULL
                      OR (r.checkpoints <> '[]' AND r.finished_at > now() - make_interval(days => $7))))) AS "resumable!"
           FROM runs r LEFT JOIN models m ON m.run_id = r.id
           WHERE ($1::uuid IS NULL OR r.project_id = $1) AND ($2::uuid IS NULL OR r.id = $2)
             AND ($3::text IS NULL OR r.tags @> ARRAY[$3::text])
             AND ($4::text IS NULL OR strpos(lower(r.name || ' ' || r.notes || ' ' || array_to_string(r.tags, ' ')), lower($4)) > 0)
             AND ($5::uuid IS NULL OR (r.created_at, r.id) < (SELECT created_at, id FROM runs WHERE id = $5))
           ORDER BY r.created_at DESC, r.id DESC LIMIT $6"#,
        project.map(|p| p.0), id.map(|i| i.0), wanted.tag, wanted.text, wanted.after.map(|run| run.0), limit, RESUMABLE_DAYS
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Run {
                id: RunId(r.id),
                project_id: ProjectId(r.project_id),
                name: r.name,
                snapshot: r
                    .snapshot_id
                    .parse()
                    .map_err(StoreError::corrupt("runs", "snapshot_id"))?,
                base: parsed("runs", "base", r.base)?,
                config: parsed("runs", "config", r.config)?,
                state: parsed("runs", "state", serde_json::Value::String(r.state))?,
                attempt: r.attempt,
                phase: r.phase,
                done: r.done,
                total: r.total,
                worker: r.worker,
                error: r.error,
                evaluation: r
                    .evaluation
                    .map(|e| parsed("runs", "evaluation", e))
                    .transpose()?,
                model_id: r.model_id.map(ModelId),
                created_at: r.created_at,
                started_at: r.started_at,
                finished_at: r.finished_at,
                notes: r.notes,
                tags: r.tags,
                notes_revision: r.notes_revision,
                cloned_from: r.cloned_from.map(RunId),
                checkpoints: parsed("runs", "checkpoints", r.checkpoints)?,
                resume_from: r.resume_from,
                resumable: r.resumable,
            })
        })
        .collect()
}

/// So many of a project's runs, newest first.
pub async fn of_project(
    conn: &mut PgConnection,
    project: ProjectId,
    wanted: Wanted<'_>,
    limit: i64,
) -> Stored<Vec<Run>> {
    select(conn, Some(project), None, wanted, limit).await
}

/// One run.
pub async fn run(conn: &mut PgConnection, id: RunId) -> Stored<Option<Run>> {
    let found = select(conn, None, Some(id), Wanted::default(), 1).await;
    Ok(found?.pop())
}

/// The tags of a project's runs, each once.
pub async fn tags(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<String>> {
    let tags = sqlx::query_scalar!(
        r#"SELECT DISTINCT unnest(tags) AS "tag!" FROM runs WHERE project_id = $1 ORDER BY 1 LIMIT 500"#,
        project.0
    );
    Ok(tags.fetch_all(conn).await?)
}

/// Puts notes and tags in the place of those of revision `based_on`; false where that is not the latest.
pub async fn set_notes(
    conn: &mut PgConnection,
    id: RunId,
    based_on: i64,
    notes: &str,
    tags: &[String],
) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE runs SET notes = $3, tags = $4, notes_revision = notes_revision + 1 WHERE id = $1 AND notes_revision = $2",
        id.0, based_on, notes, tags
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Asks a run to stop: one that waits, or whose worker fell silent, is stopped at once, one that runs when its worker hears
/// of it.
pub async fn stop(conn: &mut PgConnection, id: RunId) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE runs SET state = CASE WHEN state = 'queued' OR claimed_until < now() THEN 'stopped' ELSE 'stopping' END,
                         finished_at = CASE WHEN state = 'queued' OR claimed_until < now() THEN now() END
         WHERE id = $1 AND state IN ('queued', 'running', 'stopping')",
        id.0
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Puts a run that ended, and has no model, back into the queue: the next hand-out has a number of its own, so nobody who had it
/// before can speak for it. With a step it is handed to who has that checkpoint, and only there.
pub async fn resume(conn: &mut PgConnection, id: RunId, step: Option<u32>) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE runs SET state = 'queued', futile = 0, error = NULL, evaluation = NULL, finished_at = NULL, claimed_until = NULL,
                resume_from = $2::int, done = coalesce($2::int, done), furthest = coalesce($2::int, furthest)
         WHERE id = $1 AND state IN ('failed', 'stopped') AND NOT EXISTS (SELECT FROM models WHERE run_id = $1)",
        id.0, step.map(|step| i32::try_from(step).unwrap_or(i32::MAX))
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Keeps a model from being withdrawn until the transaction ends; false where there is none.
pub async fn keep_model(conn: &mut PgConnection, id: ModelId) -> Stored<bool> {
    let kept = sqlx::query_scalar!("SELECT id FROM models WHERE id = $1 FOR KEY SHARE", id.0);
    Ok(kept.fetch_optional(conn).await?.is_some())
}

/// Takes back a model that nothing was made with yet; false where something was.
pub async fn withdraw_model(conn: &mut PgConnection, id: ModelId) -> Stored<bool> {
    // Who is about to use it goes first; what they made of it is seen by the next statement.
    sqlx::query!("SELECT id FROM models WHERE id = $1 FOR UPDATE", id.0)
        .fetch_optional(&mut *conn)
        .await?;
    let done = sqlx::query!(
        "DELETE FROM models WHERE id = $1 AND promoted_at IS NULL
           AND NOT EXISTS (SELECT FROM suggestions WHERE model_id = $1)
           AND NOT EXISTS (SELECT FROM acquisitions WHERE model ->> 'id' = ($1::uuid)::text)
           AND NOT EXISTS (SELECT FROM runs WHERE base ->> 'id' = ($1::uuid)::text)",
        id.0
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends the runs whose worker fell silent and that are not handed out again: those that were asked to stop, and those that
/// no worker brings further.
pub async fn give_up(conn: &mut PgConnection) -> Stored<Vec<RunId>> {
    let ids = sqlx::query_scalar!(
        "UPDATE runs SET state = CASE state WHEN 'stopping' THEN 'stopped' ELSE 'failed' END,
                error = CASE state WHEN 'running' THEN 'its worker fell silent ' || futile || ' times without coming further: its log says why' END,
                finished_at = now(), claimed_until = NULL, phase = NULL
         WHERE claimed_until < now() AND (state = 'stopping' OR (state = 'running' AND futile >= $1)) RETURNING id",
        MAX_FUTILE
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RunId).collect())
}

/// Hands the oldest waiting run, or one whose worker fell silent, to a worker. One that is to go on from a certain checkpoint waits for who
/// has it, and leaves what was measured after that.
pub async fn claim(conn: &mut PgConnection, claim: &Claim) -> Stored<Option<RunItem>> {
    let (runs, steps): (Vec<_>, Vec<_>) = claim
        .holds
        .iter()
        .flat_map(|held| held.steps.iter().map(move |step| (held.run.0, *step)))
        .map(|(run, step)| (run, i32::try_from(step).unwrap_or(i32::MAX)))
        .unzip();
    let row = sqlx::query!(
        "UPDATE runs SET state = 'running', attempt = attempt + 1, futile = futile + 1, worker = $1,
                claimed_until = now() + make_interval(secs => $2), started_at = coalesce(started_at, now())
         WHERE id = (SELECT id FROM runs WHERE (state = 'queued' OR (state = 'running' AND claimed_until < now()))
                       AND (resume_from IS NULL OR (id, resume_from) IN (SELECT * FROM unnest($3::uuid[], $4::int[])))
                     ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, attempt, project_id, snapshot_id, base, config, resume_from",
        claim.worker, f64::from(LEASE_SECONDS), &runs, &steps
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(row) = &row
        && let Some(step) = row.resume_from
    {
        forget_metrics_after(conn, RunId(row.id), step).await?;
    }
    row.map(|r| {
        Ok(RunItem {
            id: RunId(r.id),
            attempt: r.attempt,
            project: ProjectId(r.project_id),
            snapshot: r
                .snapshot_id
                .parse()
                .map_err(StoreError::corrupt("runs", "snapshot_id"))?,
            base: parsed("runs", "base", r.base)?,
            config: parsed("runs", "config", r.config)?,
            resume_from: r.resume_from.map(i32::unsigned_abs),
            lease_seconds: LEASE_SECONDS,
        })
    })
    .transpose()
}

async fn forget_metrics_after(conn: &mut PgConnection, id: RunId, step: i32) -> Stored<()> {
    sqlx::query!(
        "DELETE FROM run_metrics WHERE run_id = $1 AND step > $2",
        id.0,
        step
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps a claim alive; tells whether to stop, or `None` where the claim is lost.
pub async fn heartbeat(
    conn: &mut PgConnection,
    id: RunId,
    beat: &Heartbeat,
) -> Stored<Option<bool>> {
    let checkpoints = beat.checkpoints.as_ref();
    let checkpoints = checkpoints.map(|held| json("runs", "checkpoints", held));
    let state = sqlx::query_scalar!(
        "UPDATE runs SET claimed_until = now() + make_interval(secs => $3), phase = $4, done = $5, total = $6,
                futile = CASE WHEN $5 > furthest THEN 0 ELSE futile END, furthest = greatest(furthest, $5),
                checkpoints = coalesce($7, checkpoints), resume_from = CASE WHEN $8 THEN NULL ELSE resume_from END
         WHERE id = $1 AND attempt = $2 AND state IN ('running', 'stopping') RETURNING state",
        id.0, beat.attempt, f64::from(LEASE_SECONDS), beat.phase, beat.done.cast_signed(), beat.total.cast_signed(),
        checkpoints.transpose()?, beat.saved
    )
    .fetch_optional(conn)
    .await?;
    Ok(state.map(|s| s == "stopping"))
}

/// Keeps lines of a run's log, each once, and of all lines the newest.
pub async fn put_log(
    conn: &mut PgConnection,
    id: RunId,
    attempt: i32,
    lines: &[LogLine],
) -> Stored<()> {
    let numbers: Vec<i32> = lines
        .iter()
        .map(|line| i32::try_from(line.number).unwrap_or(i32::MAX))
        .collect();
    let moments: Vec<f64> = lines.iter().map(|line| line.at as f64 / 1000.0).collect();
    let levels: Vec<String> = lines
        .iter()
        .map(|line| line.level.as_str().to_owned())
        .collect();
    let messages: Vec<String> = lines.iter().map(|line| line.message.clone()).collect();
    sqlx::query!(
        "INSERT INTO run_log (run_id, attempt, number, at, level, message)
         SELECT $1, $2, number, to_timestamp(at), level, message
         FROM unnest($3::int[], $4::float8[], $5::text[], $6::text[]) AS line (number, at, level, message)
         ON CONFLICT (run_id, attempt, number) DO NOTHING",
        id.0, attempt, &numbers, &moments, &levels, &messages
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM run_log WHERE run_id = $1 AND (attempt, number) <=
             (SELECT attempt, number FROM run_log WHERE run_id = $1 ORDER BY attempt DESC, number DESC OFFSET $2 LIMIT 1)",
        id.0, MAX_LOG_LINES
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A line of a run's log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LoggedLine {
    /// Which hand-out of the run said it.
    pub attempt: i32,
    /// Its place in that hand-out.
    pub number: i32,
    /// When, by the worker's clock.
    pub at: String,
    /// How much it matters.
    pub level: LogLevel,
    /// What was said.
    pub message: String,
}

/// The newest lines of a run's log, newest last.
pub async fn log(conn: &mut PgConnection, id: RunId, limit: i64) -> Stored<Vec<LoggedLine>> {
    let rows = sqlx::query!(
        r#"SELECT attempt, number, rfc3339(at) AS "at!", level, message
           FROM run_log WHERE run_id = $1 ORDER BY attempt DESC, number DESC LIMIT $2"#,
        id.0,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .rev()
        .map(|r| {
            Ok(LoggedLine {
                attempt: r.attempt,
                number: r.number,
                at: r.at,
                level: parsed("run_log", "level", serde_json::Value::String(r.level))?,
                message: r.message,
            })
        })
        .collect()
}

/// Locks a run for a worker's message; false where that hand-out is no longer the valid one.
pub async fn lock_claim(conn: &mut PgConnection, id: RunId, attempt: i32) -> Stored<bool> {
    let held = sqlx::query_scalar!(
        "SELECT id FROM runs WHERE id = $1 AND attempt = $2 AND state IN ('running', 'stopping') FOR UPDATE",
        id.0, attempt
    )
    .fetch_optional(conn)
    .await?;
    Ok(held.is_some())
}

/// Keeps measured values; the same name and step again replaces the value.
pub async fn put_metrics(conn: &mut PgConnection, id: RunId, points: &[MetricPoint]) -> Stored<()> {
    // Postgres refuses to touch one row twice in one statement, so the last value of each name and step counts.
    let last: BTreeMap<(&str, u32), f64> = points
        .iter()
        .map(|p| ((p.name.as_str(), p.step), p.value))
        .collect();
    let names: Vec<String> = last.keys().map(|(name, _)| (*name).to_owned()).collect();
    let steps: Vec<i32> = last
        .keys()
        .map(|(_, step)| i32::try_from(*step).unwrap_or(i32::MAX))
        .collect();
    let values: Vec<f64> = last.values().copied().collect();
    sqlx::query!(
        "INSERT INTO run_metrics (run_id, name, step, value)
         SELECT $1, name, step, value FROM unnest($2::text[], $3::int[], $4::float8[]) AS point (name, step, value)
         ON CONFLICT (run_id, name, step) DO UPDATE SET value = excluded.value",
        id.0, &names, &steps, &values
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A run's values after a step, by name, at most 20,000.
pub async fn metrics(
    conn: &mut PgConnection,
    id: RunId,
    after_step: i32,
) -> Stored<BTreeMap<String, Vec<(i32, f64)>>> {
    let rows = sqlx::query!(
        "SELECT name, step, value FROM run_metrics WHERE run_id = $1 AND step > $2 ORDER BY step, name LIMIT 20000",
        id.0, after_step
    )
    .fetch_all(conn)
    .await?;
    let mut series: BTreeMap<String, Vec<(i32, f64)>> = BTreeMap::new();
    for row in rows {
        series
            .entry(row.name)
            .or_default()
            .push((row.step, row.value));
    }
    Ok(series)
}

/// Keeps the name of an artifact whose bytes are in the object store.
pub async fn put_artifact(
    conn: &mut PgConnection,
    id: RunId,
    name: &str,
    object: &ObjectRef,
) -> Stored<()> {
    sqlx::query!(
        "INSERT INTO run_artifacts (run_id, name, digest, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (run_id, name) DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes",
        id.0,
        name,
        object.sha256.as_str(),
        object.bytes.cast_signed()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A run's artifacts by name.
pub async fn artifacts(conn: &mut PgConnection, id: RunId) -> Stored<BTreeMap<String, ObjectRef>> {
    let rows = sqlx::query!(
        "SELECT name, digest, bytes FROM run_artifacts WHERE run_id = $1",
        id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let sha256 = r
                .digest
                .parse()
                .map_err(StoreError::corrupt("run_artifacts", "digest"))?;
            Ok((
                r.name,
                ObjectRef {
                    sha256,
                    bytes: r.bytes.unsigned_abs(),
                },
            ))
        })
        .collect()
}

/// Ends a run well and publishes its model; the claim must be locked. The same model again where it was published before.
pub async fn finish(conn: &mut PgConnection, run: &Run, done: &FinishRun) -> Stored<ModelId> {
    let state = match done.outcome {
        RunOutcome::Finished => "finished",
        RunOutcome::Stopped => "stopped",
    };
    let evaluation = done
        .evaluation
        .as_ref()
        .map(|e| json("runs", "evaluation", e))
        .transpose()?;
    sqlx::query!(
        "UPDATE runs SET state = $2, evaluation = $3, finished_at = now(), claimed_until = NULL, phase = NULL, resume_from = NULL,
                checkpoints = CASE WHEN $2 = 'finished' THEN '[]' ELSE checkpoints END
         WHERE id = $1",
        run.id.0, state, evaluation
    )
    .execute(&mut *conn)
    .await?;
    let id = sqlx::query_scalar!(
        "INSERT INTO models (id, project_id, run_id, name, card, files) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (run_id) DO UPDATE SET card = excluded.card, files = excluded.files RETURNING id",
        ModelId::fresh().0, run.project_id.0, run.id.0, run.name, done.card, json("models", "files", &done.files)?
    )
    .fetch_one(conn)
    .await?;
    Ok(ModelId(id))
}

/// Ends a run that could not be done; the claim must be locked.
pub async fn fail(conn: &mut PgConnection, id: RunId, reason: &str) -> Stored<()> {
    sqlx::query!(
        "UPDATE runs SET state = 'failed', error = $2, finished_at = now(), claimed_until = NULL, phase = NULL WHERE id = $1",
        id.0, reason
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A published model.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Model {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ModelId,
    /// Its project.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// The run that gave it.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// What people call it.
    pub name: String,
    /// Whether it suggests now.
    pub promoted: bool,
    /// Scores on its snapshot's test split.
    pub evaluation: Option<Evaluation>,
    /// Its card, Markdown.
    pub card: String,
    /// Its files by name.
    pub files: BTreeMap<String, ObjectRef>,
    /// When it was published.
    pub created_at: String,
}

async fn select_models(
    conn: &mut PgConnection,
    project: Option<ProjectId>,
    id: Option<ModelId>,
) -> Stored<Vec<Model>> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.project_id, m.run_id, m.name, (m.promoted_at IS NOT NULL) AS "promoted!", r.evaluation, m.card, m.files,
                  rfc3339(m.created_at) AS "created_at!"
           FROM models m JOIN runs r ON r.id = m.run_id
           WHERE ($1::uuid IS NULL OR m.project_id = $1) AND ($2::uuid IS NULL OR m.id = $2) ORDER BY m.created_at DESC LIMIT 500"#,
        project.map(|p| p.0), id.map(|i| i.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Model {
                id: ModelId(r.id),
                project_id: ProjectId(r.project_id),
                run_id: RunId(r.run_id),
                name: r.name,
                promoted: r.promoted,
                evaluation: r
                    .evaluation
                    .map(|e| parsed("runs", "evaluation", e))
                    .transpose()?,
                card: r.card,
                files: parsed("models", "files", r.files)?,
                created_at: r.created_at,
            })
        })
        .collect()
}

/// A project's models, newest first.
pub async fn models(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<Model>> {
    select_models(conn, Some(project), None).await
}

/// One model.
pub async fn model(conn: &mut PgConnection, id: ModelId) -> Stored<Option<Model>> {
    Ok(select_models(conn, None, Some(id)).await?.pop())
}

/// The model that suggests in a project.
pub async fn promoted(conn: &mut PgConnection, project: ProjectId) -> Stored<Option<ModelId>> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM models WHERE project_id = $1 AND promoted_at IS NOT NULL",
        project.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ModelId))
}

/// Lets this model suggest, and no other of its project.
pub async fn promote(conn: &mut PgConnection, project: ProjectId, id: ModelId) -> Stored<()> {
    sqlx::query!(
        "UPDATE models SET promoted_at = NULL WHERE project_id = $1 AND promoted_at IS NOT NULL",
        project.0
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("UPDATE models SET promoted_at = now() WHERE id = $1", id.0)
        .execute(conn)
        .await?;
    Ok(())
}
