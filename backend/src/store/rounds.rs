//! What rounds of active learning brought about: what was read of their images, at which cost, and the scores that came of it.
//!
//! Which annotation counts for which round is said in one place, the view `round_cases`.

use super::acquisitions::{self, Acquisition, reason};
use super::images::ImageState;
use super::{StoreError, Stored};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{AcquisitionId, AnnotationId, Digest, ModelId, ProjectId, RunId};
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol::Evaluation;
use medreg_datasets::reason::ChoiceReason;
use medreg_datasets::region::{AnnotationContent, Region};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Of a hundred cases of a round, so many must be in a run's snapshot for the run to be the round's result: a case that is read late, when
/// the readers are at the next round, does not take the result away again.
const HELD_PERCENT: i64 = 90;

/// One part of a round's images, and what was read of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RoundPart {
    /// Images that were asked for.
    pub asked: i64,
    /// Submitted annotations of them that count for the round.
    pub cases: i64,
    /// Regions in those.
    pub boxes: i64,
    /// Seconds the readers were at those, idle time left out.
    pub seconds: f64,
    /// The annotations of which the seconds were counted: those from elsewhere have none.
    pub timed: i64,
}

/// A finished run with what it learnt from and its scores.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScoredRun {
    /// The run.
    #[schema(value_type = Uuid)]
    pub run: RunId,
    /// What people call it.
    pub name: String,
    /// The model it gave.
    #[schema(value_type = Option<Uuid>)]
    pub model: Option<ModelId>,
    /// What it learnt from.
    #[schema(value_type = String)]
    pub snapshot: Digest,
    /// Regions of the training split in that snapshot.
    pub boxes: i64,
    /// Seconds the readers were at the snapshot's training images until it was cut, idle time left out.
    pub seconds: f64,
    /// Scores on the snapshot's test split.
    pub evaluation: Evaluation,
}

/// The run that came of a round.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RoundResult {
    /// The run.
    pub scored: ScoredRun,
    /// The images of the round's cases that its snapshot holds.
    pub held: i64,
    /// The images of the round's cases that a snapshot can hold: those that could be judged and were not withheld.
    pub of: i64,
}

/// A round and what came of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Round {
    /// What it was asked to do.
    #[serde(flatten)]
    pub acquisition: Acquisition,
    /// Its place among all rounds that were asked for in the project, from 1.
    pub number: i64,
    /// The name of the model that was asked, where it is not the shipped one.
    pub model_name: Option<String>,
    /// Its images that nobody has submitted and somebody still could.
    pub open: i64,
    /// What the strategy chose.
    pub chosen: RoundPart,
    /// What was drawn by chance beside it: the random control.
    pub control: RoundPart,
    /// The first finished and scored run whose snapshot holds nine tenths of the round's cases.
    pub result: Option<RoundResult>,
}

/// Which rounds are wanted: all of a project before one, newest first, or a single one.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// Those of a project that were asked for before the round of this number.
    Page {
        /// The project.
        project: ProjectId,
        /// The number; all where it is absent.
        before: Option<i64>,
        /// At most so many.
        limit: i64,
    },
    /// One.
    One(AcquisitionId),
}

struct Numbered {
    id: Uuid,
    number: i64,
    model_name: Option<String>,
    open: i64,
}

/// Rounds, newest first.
pub async fn rounds(conn: &mut PgConnection, wanted: Wanted) -> Stored<Vec<Round>> {
    let (project, id, before, limit) = match wanted {
        Wanted::Page {
            project,
            before,
            limit,
        } => (Some(project.0), None, before, limit),
        Wanted::One(id) => (None, Some(id.0), None, 1),
    };
    let rows = sqlx::query_as!(
        Numbered,
        r#"WITH numbered AS (
               SELECT q.id, q.model, row_number() OVER (ORDER BY q.created_at, q.id) AS number FROM acquisitions q
               WHERE q.project_id = coalesce($1, (SELECT project_id FROM acquisitions WHERE id = $2))
           )
           SELECT n.id, n.number AS "number!", m.name AS "model_name?",
                  (SELECT count(*) FROM acquisition_items i JOIN images g ON g.id = i.image_id
                   WHERE i.acquisition_id = n.id AND NOT g.withheld
                     AND NOT EXISTS (SELECT FROM annotations a WHERE a.image_id = i.image_id AND a.submitted_revision IS NOT NULL)) AS "open!"
           FROM numbered n LEFT JOIN models m ON m.id::text = n.model ->> 'id'
           WHERE ($2::uuid IS NULL OR n.id = $2) AND ($3::bigint IS NULL OR n.number < $3) ORDER BY n.number DESC LIMIT $4"#,
        project, id, before, limit
    )
    .fetch_all(&mut *conn)
    .await?;
    with_what_came_of_them(conn, rows).await
}

async fn with_what_came_of_them(
    conn: &mut PgConnection,
    rows: Vec<Numbered>,
) -> Stored<Vec<Round>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let acquisitions = acquisitions::of_ids(conn, &ids).await?;
    let mut acquisitions: HashMap<Uuid, Acquisition> =
        acquisitions.into_iter().map(|a| (a.id.0, a)).collect();
    let mut parts = parts(conn, &ids).await?;
    let mut results = results(conn, &ids).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Round {
                acquisition: acquisitions.remove(&row.id)?,
                number: row.number,
                model_name: row.model_name,
                open: row.open,
                chosen: parts.remove(&(row.id, false)).unwrap_or_default(),
                control: parts.remove(&(row.id, true)).unwrap_or_default(),
                result: results.remove(&row.id),
            })
        })
        .collect())
}

fn control_kinds() -> Vec<String> {
    ChoiceReason::CONTROL_KINDS.map(str::to_owned).to_vec()
}

/// What was asked for and read, by round and by whether it was drawn by chance.
async fn parts(conn: &mut PgConnection, ids: &[Uuid]) -> Stored<HashMap<(Uuid, bool), RoundPart>> {
    let rows = sqlx::query!(
        r#"WITH asked AS (
               SELECT acquisition_id, coalesce(why ->> 'kind', 'said') = ANY($2) AS control, count(*) AS asked
               FROM acquisition_items WHERE acquisition_id = ANY($1) GROUP BY 1, 2
           ), read AS (
               SELECT acquisition_id, reason_kind = ANY($2) AS control, count(*) AS cases,
                      sum(jsonb_array_length(content -> 'regions'))::bigint AS boxes, sum(active_seconds) AS seconds, count(active_seconds) AS timed
               FROM round_cases WHERE acquisition_id = ANY($1) GROUP BY 1, 2
           )
           SELECT a.acquisition_id, a.control AS "control!", a.asked AS "asked!", coalesce(r.cases, 0) AS "cases!", coalesce(r.boxes, 0) AS "boxes!",
                  coalesce(r.seconds, 0) AS "seconds!", coalesce(r.timed, 0) AS "timed!"
           FROM asked a LEFT JOIN read r ON r.acquisition_id = a.acquisition_id AND r.control = a.control"#,
        ids, &control_kinds()
    )
    .fetch_all(conn)
    .await?;
    let parts = rows.into_iter().map(|r| {
        let part = RoundPart {
            asked: r.asked,
            cases: r.cases,
            boxes: r.boxes,
            seconds: r.seconds,
            timed: r.timed,
        };
        ((r.acquisition_id, r.control), part)
    });
    Ok(parts.collect())
}

/// The result of each round that has one.
async fn results(conn: &mut PgConnection, ids: &[Uuid]) -> Stored<HashMap<Uuid, RoundResult>> {
    let rows = sqlx::query!(
        r#"WITH taught AS (
               SELECT DISTINCT c.acquisition_id, i.id AS image, i.raster FROM round_cases c JOIN images i ON i.id = c.image_id
               WHERE c.acquisition_id = ANY($1) AND c.teaches AND NOT i.withheld
           ), totals AS (
               SELECT acquisition_id, count(*) AS cases FROM taught GROUP BY 1
           )
           SELECT t.acquisition_id AS "round!", t.cases AS "cases!", found.run AS "run!", found.held AS "held!"
           FROM totals t JOIN acquisitions q ON q.id = t.acquisition_id
           CROSS JOIN LATERAL (
               SELECT r.id AS run, h.held FROM runs r JOIN snapshots s ON s.id = r.snapshot_id
               CROSS JOIN LATERAL (
                   SELECT count(*) AS held FROM taught g JOIN snapshot_objects o ON o.snapshot_id = s.id AND o.digest = g.raster
                   WHERE g.acquisition_id = t.acquisition_id
               ) AS h
               WHERE r.project_id = q.project_id AND r.state = 'finished' AND r.evaluation IS NOT NULL AND s.created_at >= q.finished_at
                 AND h.held * 100 >= t.cases * $2
               ORDER BY r.created_at, r.id LIMIT 1
           ) AS found"#,
        ids, HELD_PERCENT
    )
    .fetch_all(&mut *conn)
    .await?;
    let runs: Vec<RunId> = rows.iter().map(|row| RunId(row.run)).collect();
    let scored = scored_runs(conn, &runs).await?;
    let scored: HashMap<Uuid, ScoredRun> = scored.into_iter().map(|s| (s.run.0, s)).collect();
    let results = rows.into_iter().filter_map(|row| {
        let result = RoundResult {
            scored: scored.get(&row.run)?.clone(),
            held: row.held,
            of: row.cases,
        };
        Some((row.round, result))
    });
    Ok(results.collect())
}

/// Those of these runs that were scored, in the order in which they were launched.
pub async fn scored_runs(conn: &mut PgConnection, ids: &[RunId]) -> Stored<Vec<ScoredRun>> {
    let ids: Vec<Uuid> = ids.iter().map(|run| run.0).collect();
    let rows = sqlx::query!(
        r#"SELECT r.id, r.name, r.snapshot_id, r.evaluation AS "evaluation!", m.id AS "model?",
                  coalesce((s.manifest::jsonb #>> '{counts,train,regions}')::bigint, 0) AS "boxes!",
                  coalesce((SELECT sum(a.active_seconds) FROM snapshot_objects o
                            JOIN images i ON i.project_id = s.project_id AND i.raster = o.digest JOIN studies t ON t.id = i.study_id
                            JOIN patients p ON p.id = t.patient_id AND p.split = 'train'
                            JOIN annotations a ON a.image_id = i.id AND a.submitted_revision IS NOT NULL AND a.created_at <= s.created_at
                            WHERE o.snapshot_id = s.id), 0) AS "seconds!"
           FROM runs r JOIN snapshots s ON s.id = r.snapshot_id LEFT JOIN models m ON m.run_id = r.id
           WHERE r.id = ANY($1) AND r.evaluation IS NOT NULL ORDER BY r.created_at, r.id"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(ScoredRun {
                run: RunId(r.id),
                name: r.name,
                model: r.model.map(ModelId),
                snapshot: r
                    .snapshot_id
                    .parse()
                    .map_err(StoreError::corrupt("runs", "snapshot_id"))?,
                boxes: r.boxes,
                seconds: r.seconds,
                evaluation: serde_json::from_value(r.evaluation)
                    .map_err(StoreError::corrupt("runs", "evaluation"))?,
            })
        })
        .collect()
}

/// The runs that gave these models.
pub async fn runs_of_models(conn: &mut PgConnection, models: &[ModelId]) -> Stored<Vec<RunId>> {
    let models: Vec<Uuid> = models.iter().map(|model| model.0).collect();
    let runs = sqlx::query_scalar!("SELECT run_id FROM models WHERE id = ANY($1)", &models)
        .fetch_all(conn)
        .await?;
    Ok(runs.into_iter().map(RunId).collect())
}

/// One image of a round.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundItem {
    /// The image.
    pub image: Uuid,
    /// Its place, from 1.
    pub rank: i32,
    /// The strategy's score.
    pub score: f64,
    /// Why it was asked for.
    pub reason: ChoiceReason,
    /// Whether it was drawn by chance, as a control.
    pub control: bool,
    /// Where it is now.
    pub state: ImageState,
    /// Submitted annotations of it that count for this round; of an image that was read before the round, or for a later one, there are none.
    pub cases: i64,
    /// Regions in those.
    pub boxes: i64,
    /// Seconds the readers were at those, idle time left out; absent where nobody counted.
    pub seconds: Option<f64>,
}

/// A page of a round's images, first to last, after the rank `after`.
pub async fn items(
    conn: &mut PgConnection,
    id: AcquisitionId,
    after: i32,
    limit: i64,
) -> Stored<Vec<RoundItem>> {
    let rows = sqlx::query!(
        r#"SELECT i.image_id AS image, i.rank, i.score, i.reason, i.why, coalesce(i.why ->> 'kind', 'said') = ANY($4) AS "control!",
                  CASE WHEN g.withheld THEN 'withheld' WHEN g.attested_at IS NULL THEN 'waiting_attestation'
                       WHEN EXISTS (SELECT FROM annotations a WHERE a.image_id = g.id AND a.submitted_revision IS NOT NULL) THEN 'submitted'
                       WHEN EXISTS (SELECT FROM leases l WHERE l.image_id = g.id AND l.until > now()) THEN 'leased' ELSE 'open' END AS "state!",
                  coalesce(c.cases, 0) AS "cases!", coalesce(c.boxes, 0) AS "boxes!", c.seconds
           FROM acquisition_items i JOIN images g ON g.id = i.image_id
           LEFT JOIN LATERAL (
               SELECT count(*) AS cases, sum(jsonb_array_length(r.content -> 'regions'))::bigint AS boxes, sum(r.active_seconds) AS seconds
               FROM round_cases r WHERE r.acquisition_id = i.acquisition_id AND r.image_id = i.image_id
           ) AS c ON true
           WHERE i.acquisition_id = $1 AND i.rank > $2 ORDER BY i.rank LIMIT $3"#,
        id.0, after, limit, &control_kinds()
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(RoundItem {
                image: r.image,
                rank: r.rank,
                score: r.score,
                reason: reason(r.why, r.reason)?,
                control: r.control,
                state: serde_json::from_value(serde_json::Value::String(r.state))
                    .map_err(StoreError::corrupt("images", "state"))?,
                cases: r.cases,
                boxes: r.boxes,
                seconds: r.seconds,
            })
        })
        .collect()
}

/// A region that a model had proposed for a round.
#[derive(Debug, Deserialize)]
pub struct Proposed {
    /// Where.
    pub bbox: PixelBox,
    /// What.
    pub concept: ConceptKey,
}

/// A case of a round beside what the round's model had said of its image.
#[derive(Debug)]
pub struct Answered {
    /// The annotation.
    pub annotation: AnnotationId,
    /// Whether its image was drawn by chance, as a control.
    pub control: bool,
    /// Whether the reader saw what the model said.
    pub shown: bool,
    /// What the reader said.
    pub regions: Vec<Region>,
    /// What the model had said; nothing where it proposed nothing.
    pub proposed: Vec<Proposed>,
}

/// A page of a round's cases in order of their annotations, after `after`, beside what the model had said of them when the round ended.
/// What could not be judged is left out.
pub async fn answered(
    conn: &mut PgConnection,
    round: AcquisitionId,
    model: ModelId,
    after: Option<AnnotationId>,
    limit: i64,
) -> Stored<Vec<Answered>> {
    let rows = sqlx::query!(
        r#"SELECT c.annotation_id AS "annotation!", c.reason_kind = ANY($5) AS "control!", coalesce(c.assisted, false) AS "shown!",
                  c.content AS "content!", coalesce(p.proposed, '[]') AS "proposed!"
           FROM round_cases c JOIN acquisitions q ON q.id = c.acquisition_id
           CROSS JOIN LATERAL (
               SELECT jsonb_agg(jsonb_build_object('bbox', s.bbox, 'concept', s.concept)) AS proposed FROM suggestions s
               WHERE s.image_id = c.image_id AND s.model_id = $2
                 AND s.created_at = (SELECT max(created_at) FROM suggestions l
                                     WHERE l.image_id = c.image_id AND l.model_id = $2 AND l.created_at <= q.finished_at)
           ) AS p
           WHERE c.acquisition_id = $1 AND c.teaches AND ($3::uuid IS NULL OR c.annotation_id > $3) ORDER BY c.annotation_id LIMIT $4"#,
        round.0, model.0, after.map(|a| a.0), limit, &control_kinds()
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let AnnotationContent { regions, .. } = serde_json::from_value(r.content)
                .map_err(StoreError::corrupt("annotation_revisions", "content"))?;
            Ok(Answered {
                annotation: AnnotationId(r.annotation),
                control: r.control,
                shown: r.shown,
                regions,
                proposed: serde_json::from_value(r.proposed)
                    .map_err(StoreError::corrupt("suggestions", "bbox"))?,
            })
        })
        .collect()
}
