//! Runs whose answers are judged: which wait for it, what came of it, and the judged answers as they are taken in.

use super::{StoreError, Stored};
use medreg_datasets::ids::{Digest, ModelId, ProjectId, RunId};
use medreg_datasets::judging::Judged;
use medreg_datasets::protocol::PredictionLine;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

/// Servers that begin to read an artifact and go silent, before it is given up: it is the artifact that ends them.
const MAX_ATTEMPTS: i32 = 5;
/// The most runs of a list, the newest.
pub const MOST_LISTED: i64 = 200;

/// Where the judging of a run's answers stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationState {
    /// A server will read the answers, or is at it.
    Waiting,
    /// All is judged.
    Finished,
    /// The answers cannot be read.
    Failed,
}

/// A run with where its judging stands.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The run.
    pub run: RunId,
    /// Its project.
    pub project: ProjectId,
    /// What people call it.
    pub name: String,
    /// What it learnt from.
    pub snapshot: Digest,
    /// What people call that.
    pub snapshot_name: String,
    /// The model it gave.
    pub model: Option<ModelId>,
    /// Whether that model suggests now.
    pub promoted: bool,
    /// Whether the run is over. One that goes on again has no answers until it is over.
    pub over: bool,
    /// When the run ended.
    pub finished_at: Option<String>,
    /// Where the judging stands; absent where the run kept no answers.
    pub state: Option<EvaluationState>,
    /// Why they cannot be read.
    pub failure: Option<String>,
    /// What was counted.
    pub figures: Option<serde_json::Value>,
}

/// An artifact handed out to a server.
#[derive(Clone, Debug)]
pub struct ToRead {
    /// The run.
    pub run: RunId,
    /// Its project.
    pub project: ProjectId,
    /// What it learnt from, whose ontology names the concepts.
    pub snapshot: Digest,
    /// The artifact.
    pub digest: Digest,
}

/// Puts every run that is over and has answers which nobody has judged by these rules into the queue.
pub async fn notice(conn: &mut PgConnection, file: &str, rules: i32) -> Stored<()> {
    sqlx::query!(
        "INSERT INTO evaluations (run_id, state, digest, rules)
         SELECT r.id, 'waiting', a.digest, $2 FROM runs r JOIN run_artifacts a ON a.run_id = r.id AND a.name = $1
         LEFT JOIN evaluations e ON e.run_id = r.id
         WHERE r.state IN ('finished', 'stopped') AND (e.run_id IS NULL OR e.digest <> a.digest OR e.rules < $2)
         ON CONFLICT (run_id) DO UPDATE
         SET state = 'waiting', digest = excluded.digest, rules = excluded.rules, attempt = 0, failure = NULL, figures = NULL, noticed_at = now()
         WHERE evaluations.digest <> excluded.digest OR evaluations.rules < excluded.rules",
        file, rules
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The run that has waited longest and that no server is at; it is counted that one begins, lest a run be begun for ever.
pub async fn begin_next(conn: &mut PgConnection) -> Stored<Option<RunId>> {
    sqlx::query!(
        "UPDATE evaluations SET state = 'failed', failure = 'every server that began to read the answers went silent'
         WHERE run_id IN (SELECT run_id FROM evaluations WHERE state = 'waiting' AND attempt >= $1 FOR UPDATE SKIP LOCKED)",
        MAX_ATTEMPTS
    )
    .execute(&mut *conn)
    .await?;
    let id = sqlx::query_scalar!(
        "UPDATE evaluations SET attempt = attempt + 1 WHERE run_id = (
             SELECT run_id FROM evaluations WHERE state = 'waiting' ORDER BY noticed_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING run_id"
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(RunId))
}

/// Takes back that a server began: it did not go silent, but could not reach what it needs.
pub async fn postpone(conn: &mut PgConnection, run: RunId) -> Stored<()> {
    sqlx::query!(
        "UPDATE evaluations SET attempt = greatest(attempt - 1, 0), noticed_at = now() WHERE run_id = $1 AND state = 'waiting'",
        run.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Holds a run's judging until the transaction ends, and forgets what was judged before; none where another server holds it, or it is over.
pub async fn hold(conn: &mut PgConnection, run: RunId) -> Stored<Option<ToRead>> {
    let row = sqlx::query!(
        "SELECT e.digest, r.project_id, r.snapshot_id FROM evaluations e JOIN runs r ON r.id = e.run_id
         WHERE e.run_id = $1 AND e.state = 'waiting' FOR UPDATE OF e SKIP LOCKED",
        run.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    sqlx::query!("DELETE FROM predictions WHERE run_id = $1", run.0)
        .execute(conn)
        .await?;
    Ok(Some(ToRead {
        run,
        project: ProjectId(row.project_id),
        snapshot: (row.snapshot_id.parse()).map_err(StoreError::corrupt("runs", "snapshot_id"))?,
        digest: (row.digest.parse()).map_err(StoreError::corrupt("evaluations", "digest"))?,
    }))
}

/// Notes what was counted, or why nothing could be.
pub async fn end(
    conn: &mut PgConnection,
    run: RunId,
    outcome: Result<&serde_json::Value, &str>,
) -> Stored<()> {
    sqlx::query!(
        "UPDATE evaluations SET state = CASE WHEN $3::text IS NULL THEN 'finished' ELSE 'failed' END, figures = $2, failure = $3
         WHERE run_id = $1",
        run.0, outcome.ok().cloned(), outcome.err()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A judged answer with the number of its line.
#[derive(Debug)]
pub struct Taken {
    /// The line's number, from 1.
    pub number: i32,
    /// The line.
    pub line: PredictionLine,
    /// What is told of it.
    pub judged: Judged,
    /// The number of the line with the same question in the other language.
    pub partner: Option<i32>,
}

/// Takes judged answers in.
pub async fn put(conn: &mut PgConnection, run: RunId, taken: &[Taken]) -> Stored<()> {
    let json = |value: serde_json::Result<serde_json::Value>| {
        value.map_err(StoreError::corrupt("predictions", "boxes"))
    };
    let mut rows = Vec::with_capacity(taken.len());
    for Taken {
        number,
        line,
        judged,
        partner,
    } in taken
    {
        rows.push(serde_json::json!({
            "line": number, "image_id": line.image, "patient": line.patient, "task": line.task, "lang": line.lang, "concept": line.concept,
            "question": line.question, "answer": line.answer, "truth": line.truth,
            "truth_boxes": json(serde_json::to_value(&line.truth_boxes))?, "boxes": json(serde_json::to_value(&line.boxes))?,
            "is_right": judged.right, "named": judged.named, "truths": judged.truths, "predicted": judged.predicted, "hits": judged.hits,
            "overlap": judged.overlap, "worth": judged.worth(), "faults": judged.faults, "asked": judged.asked, "partner": partner,
        }));
    }
    sqlx::query!(
        "INSERT INTO predictions (run_id, line, image_id, patient, task, lang, concept, question, answer, truth, truth_boxes, boxes, is_right,
                                  named, truths, predicted, hits, overlap, worth, faults, asked, partner)
         SELECT $1, line, image_id, patient, task, lang, concept, question, answer, truth, truth_boxes, boxes, is_right,
                named, truths, predicted, hits, overlap, worth, faults, asked, partner
         FROM jsonb_to_recordset($2) AS row (line int, image_id uuid, patient text, task text, lang text, concept text, question text,
              answer text, truth text, truth_boxes jsonb, boxes jsonb, is_right boolean, named text, truths int, predicted int, hits int,
              overlap float8, worth float8, faults text[], asked text, partner int)",
        run.0, serde_json::Value::Array(rows)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Which runs are looked at.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// One.
    One(RunId),
    /// Those of a project that kept answers, the newest; only those on this snapshot where one is named.
    Of(ProjectId, Option<&'a Digest>),
}

/// Runs with where their judging stands, newest first.
pub async fn evaluated(conn: &mut PgConnection, which: Which<'_>) -> Stored<Vec<Evaluated>> {
    let (run, project, snapshot) = match which {
        Which::One(run) => (Some(run.0), None, None),
        Which::Of(project, snapshot) => (None, Some(project.0), snapshot.map(Digest::as_str)),
    };
    let rows = sqlx::query!(
        r#"SELECT r.id, r.project_id, r.name, r.snapshot_id, s.name AS snapshot_name, m.id AS "model?", (m.promoted_at IS NOT NULL) AS "promoted!",
                  rfc3339(r.finished_at) AS finished_at, e.state AS "state?", e.failure, e.figures,
                  (r.state IN ('finished', 'stopped')) AS "over!"
           FROM runs r JOIN snapshots s ON s.id = r.snapshot_id LEFT JOIN models m ON m.run_id = r.id LEFT JOIN evaluations e ON e.run_id = r.id
           WHERE (r.id = $1 OR (r.project_id = $2 AND e.run_id IS NOT NULL AND r.state IN ('finished', 'stopped')))
             AND ($3::text IS NULL OR r.snapshot_id = $3)
           ORDER BY r.created_at DESC, r.id DESC LIMIT $4"#,
        run, project, snapshot, MOST_LISTED
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let state = r.state.filter(|_| r.over);
            let state = state.map(|s| serde_json::from_value(serde_json::Value::String(s)));
            Ok(Evaluated {
                run: RunId(r.id),
                project: ProjectId(r.project_id),
                name: r.name,
                snapshot: (r.snapshot_id.parse())
                    .map_err(StoreError::corrupt("runs", "snapshot_id"))?,
                snapshot_name: r.snapshot_name,
                model: r.model.map(ModelId),
                promoted: r.promoted,
                over: r.over,
                finished_at: r.finished_at,
                state: (state.transpose()).map_err(StoreError::corrupt("evaluations", "state"))?,
                failure: r.failure.filter(|_| r.over),
                figures: r.figures.filter(|_| r.over),
            })
        })
        .collect()
}

/// A snapshot that runs were judged on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct JudgedSnapshot {
    /// The snapshot.
    #[schema(value_type = String)]
    pub id: Digest,
    /// What people call it.
    pub name: String,
    /// Its runs that kept answers.
    pub runs: i64,
}

/// The snapshots of a project that runs with answers learnt from, the one of the newest run first.
pub async fn snapshots(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<JudgedSnapshot>> {
    let rows = sqlx::query!(
        r#"SELECT s.id, s.name, count(*) AS "runs!" FROM evaluations e JOIN runs r ON r.id = e.run_id JOIN snapshots s ON s.id = r.snapshot_id
           WHERE r.project_id = $1 AND r.state IN ('finished', 'stopped') GROUP BY s.id ORDER BY max(r.created_at) DESC LIMIT $2"#,
        project.0, MOST_LISTED
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(JudgedSnapshot {
                id: (r.id.parse()).map_err(StoreError::corrupt("snapshots", "id"))?,
                name: r.name,
                runs: r.runs,
            })
        })
        .collect()
}
