//! Rounds of active learning: a strategy, a budget, and the images it chose.

use super::runs::{LEASE_SECONDS, MAX_FUTILE};
use super::{StoreError, Stored};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::{AcquisitionId, Digest, ImageId, ProjectId, UserId};
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol::{
    AcquisitionItem, Heartbeat, ModelRef, PoolImage, QuestionSignals, RankedImage, Strategy,
};
use medreg_datasets::reason::ChoiceReason;
use medreg_datasets::snapshot::ObjectRef;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

/// A round of active learning.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Acquisition {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: AcquisitionId,
    /// Its project.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// The model that is asked.
    pub model: ModelRef,
    /// How the images are chosen.
    pub strategy: Strategy,
    /// How many at most.
    pub budget: i32,
    /// How many boxes they were expected to have together at most; no limit where absent.
    pub boxes: Option<i32>,
    /// The seed of everything drawn by chance.
    pub seed: i64,
    /// How many rounds with a published model came before.
    pub round: i32,
    /// queued, running, finished or failed.
    pub state: String,
    /// Images looked at.
    pub done: i64,
    /// Images to look at.
    pub total: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
}

/// One chosen image.
#[derive(Debug, Serialize, ToSchema)]
pub struct Chosen {
    /// The image.
    pub image: Uuid,
    /// Its place, from 1.
    pub rank: i32,
    /// The strategy's score.
    pub score: f64,
    /// Why.
    pub reason: ChoiceReason,
    /// Whether somebody submitted it meanwhile.
    pub submitted: bool,
}

/// What a round is made of.
#[derive(Debug)]
pub struct NewAcquisition<'a> {
    /// Its project.
    pub project: ProjectId,
    /// The model that is asked.
    pub model: &'a ModelRef,
    /// How to choose.
    pub strategy: Strategy,
    /// How many at most.
    pub budget: u32,
    /// How many boxes they may be expected to have together at most.
    pub boxes: Option<u32>,
    /// The seed.
    pub seed: u64,
    /// Who asked for it.
    pub by: UserId,
}

/// Adds a round to the queue.
pub async fn insert(conn: &mut PgConnection, new: &NewAcquisition<'_>) -> Stored<AcquisitionId> {
    let id = AcquisitionId::fresh();
    let model =
        serde_json::to_value(new.model).map_err(StoreError::corrupt("acquisitions", "model"))?;
    sqlx::query!(
        "INSERT INTO acquisitions (id, project_id, model, strategy, budget, seed, created_by, boxes, round)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, count(*)::int FROM acquisitions
         WHERE project_id = $2 AND state <> 'failed' AND model ->> 'kind' = 'published'",
        id.0, new.project.0, model, new.strategy.as_str(), stored(new.budget), new.seed.cast_signed(), new.by.0, new.boxes.map(stored)
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// A limit that was checked before it came here.
fn stored(limit: u32) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

async fn select(
    conn: &mut PgConnection,
    project: Option<ProjectId>,
    ids: Option<&[Uuid]>,
) -> Stored<Vec<Acquisition>> {
    let rows = sqlx::query!(
        r#"SELECT id, project_id, model, strategy, budget, boxes, seed, round, state, done, total, error, rfc3339(created_at) AS "created_at!",
                  rfc3339(finished_at) AS finished_at
           FROM acquisitions WHERE ($1::uuid IS NULL OR project_id = $1) AND ($2::uuid[] IS NULL OR id = ANY($2))
           ORDER BY created_at DESC, id DESC LIMIT 500"#,
        project.map(|p| p.0), ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Acquisition {
                id: AcquisitionId(r.id),
                project_id: ProjectId(r.project_id),
                model: serde_json::from_value(r.model)
                    .map_err(StoreError::corrupt("acquisitions", "model"))?,
                strategy: r
                    .strategy
                    .parse()
                    .map_err(StoreError::corrupt("acquisitions", "strategy"))?,
                budget: r.budget,
                boxes: r.boxes,
                seed: r.seed,
                round: r.round,
                state: r.state,
                done: r.done,
                total: r.total,
                error: r.error,
                created_at: r.created_at,
                finished_at: r.finished_at,
            })
        })
        .collect()
}

/// A project's rounds, newest first.
pub async fn of_project(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<Acquisition>> {
    select(conn, Some(project), None).await
}

/// One round.
pub async fn acquisition(
    conn: &mut PgConnection,
    id: AcquisitionId,
) -> Stored<Option<Acquisition>> {
    Ok(of_ids(conn, &[id.0]).await?.pop())
}

/// The rounds of these ids, newest first.
pub(super) async fn of_ids(conn: &mut PgConnection, ids: &[Uuid]) -> Stored<Vec<Acquisition>> {
    select(conn, None, Some(ids)).await
}

/// The images a round chose, first to last.
pub async fn ranking(conn: &mut PgConnection, id: AcquisitionId) -> Stored<Vec<Chosen>> {
    let rows = sqlx::query!(
        r#"SELECT q.image_id AS image, q.rank, q.score, q.reason, q.why,
                  EXISTS (SELECT FROM annotations a WHERE a.image_id = q.image_id AND a.submitted_revision IS NOT NULL) AS "submitted!"
           FROM acquisition_items q WHERE q.acquisition_id = $1 ORDER BY q.rank"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Chosen {
                image: r.image,
                rank: r.rank,
                score: r.score,
                reason: reason(r.why, r.reason)?,
                submitted: r.submitted,
            })
        })
        .collect()
}

/// Why an image was chosen; in words where it was chosen before there were kinds of reasons.
pub(super) fn reason(why: Option<serde_json::Value>, text: String) -> Stored<ChoiceReason> {
    match why {
        Some(why) => {
            serde_json::from_value(why).map_err(StoreError::corrupt("acquisition_items", "why"))
        }
        None => Ok(ChoiceReason::Said { text }),
    }
}

/// Ends the rounds that no worker brings to an end: each begins anew, so hand-outs are counted alone.
pub async fn give_up(conn: &mut PgConnection) -> Stored<Vec<AcquisitionId>> {
    let ids = sqlx::query_scalar!(
        "UPDATE acquisitions SET state = 'failed', error = 'its worker fell silent ' || attempt || ' times: its log says why',
                finished_at = now(), claimed_until = NULL
         WHERE claimed_until < now() AND state = 'running' AND attempt >= $1 RETURNING id",
        MAX_FUTILE
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(AcquisitionId).collect())
}

/// Hands the oldest waiting round, or one whose worker fell silent, to a worker.
pub async fn claim(conn: &mut PgConnection, worker: &str) -> Stored<Option<AcquisitionItem>> {
    let row = sqlx::query!(
        "UPDATE acquisitions SET state = 'running', attempt = attempt + 1, worker = $1, claimed_until = now() + make_interval(secs => $2)
         WHERE id = (SELECT id FROM acquisitions WHERE state = 'queued' OR (state = 'running' AND claimed_until < now())
                     ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, attempt, project_id, model, strategy, budget, boxes, seed, round",
        worker, f64::from(LEASE_SECONDS)
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let missing = || StoreError::corrupt("acquisitions", "project_id")("no such project");
    let project = super::projects::project(conn, ProjectId(row.project_id))
        .await?
        .ok_or_else(missing)?;
    let number =
        |n: i32, column| u32::try_from(n).map_err(StoreError::corrupt("acquisitions", column));
    Ok(Some(AcquisitionItem {
        id: AcquisitionId(row.id),
        attempt: row.attempt,
        project: project.id,
        model: serde_json::from_value(row.model)
            .map_err(StoreError::corrupt("acquisitions", "model"))?,
        strategy: row
            .strategy
            .parse()
            .map_err(StoreError::corrupt("acquisitions", "strategy"))?,
        budget: number(row.budget, "budget")?,
        boxes: row.boxes.map(|n| number(n, "boxes")).transpose()?,
        seed: row.seed.cast_unsigned(),
        round: number(row.round, "round")?,
        langs: project.langs,
        ontology: super::projects::concepts(conn, project.id).await?,
        lease_seconds: LEASE_SECONDS,
    }))
}

/// Keeps a claim alive; false where it is lost.
pub async fn heartbeat(
    conn: &mut PgConnection,
    id: AcquisitionId,
    beat: &Heartbeat,
) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE acquisitions SET claimed_until = now() + make_interval(secs => $3), done = $4, total = $5
         WHERE id = $1 AND attempt = $2 AND state = 'running'",
        id.0, beat.attempt, f64::from(LEASE_SECONDS), beat.done.cast_signed(), beat.total.cast_signed()
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Locks a round for a worker's message; `None` where that hand-out is no longer the valid one.
pub async fn lock_claim(
    conn: &mut PgConnection,
    id: AcquisitionId,
    attempt: i32,
) -> Stored<Option<Acquisition>> {
    let held = sqlx::query_scalar!(
        "SELECT id FROM acquisitions WHERE id = $1 AND attempt = $2 AND state = 'running' FOR UPDATE",
        id.0, attempt
    )
    .fetch_optional(&mut *conn)
    .await?;
    if held.is_some() {
        acquisition(conn, id).await
    } else {
        Ok(None)
    }
}

/// The images a round looks at: all that may be shown of patients who are not held out for testing.
pub async fn pool(
    conn: &mut PgConnection,
    project: ProjectId,
    after: Option<ImageId>,
    limit: i64,
) -> Stored<Vec<PoolImage>> {
    let rows = sqlx::query!(
        r#"SELECT i.id, i.modality, i.width, i.height, i.raster, i.raster_bytes, read.boxes, read.times = 0 AS "open!", marked.concepts AS "marked!"
           FROM images i JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
           CROSS JOIN LATERAL (SELECT count(*) AS times, avg(jsonb_array_length(r.content -> 'regions'))::float8 AS boxes
                               FROM annotations a JOIN annotation_revisions r ON r.annotation_id = a.id AND r.revision = a.submitted_revision
                               WHERE a.image_id = i.id) AS read
           CROSS JOIN LATERAL (SELECT coalesce(array_agg(DISTINCT region ->> 'concept'), '{}') AS concepts
                               FROM annotations a JOIN annotation_revisions r ON r.annotation_id = a.id AND r.revision = a.submitted_revision
                               CROSS JOIN jsonb_array_elements(r.content -> 'regions') AS region
                               WHERE a.image_id = i.id AND region ->> 'concept' IS NOT NULL
                                 AND region ->> 'presence' IS DISTINCT FROM 'absent') AS marked
           WHERE i.project_id = $1 AND p.split <> 'test' AND i.attested_at IS NOT NULL AND NOT i.withheld
             AND ($2::uuid IS NULL OR i.id > $2) ORDER BY i.id LIMIT $3"#,
        project.0, after.map(|a| a.0), limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(PoolImage {
                id: ImageId(r.id),
                modality: r
                    .modality
                    .parse()
                    .map_err(StoreError::corrupt("images", "modality"))?,
                size: ImageSize::new(r.width.unsigned_abs(), r.height.unsigned_abs())
                    .map_err(StoreError::corrupt("images", "width"))?,
                raster: ObjectRef {
                    sha256: r
                        .raster
                        .parse()
                        .map_err(StoreError::corrupt("images", "raster"))?,
                    bytes: r.raster_bytes.unsigned_abs(),
                },
                open: r.open,
                boxes: r.boxes,
                marked: keys(r.marked)?,
            })
        })
        .collect()
}

fn keys(concepts: Vec<String>) -> Stored<Vec<ConceptKey>> {
    let key = |concept: String| concept.parse();
    let keys: Result<_, _> = concepts.into_iter().map(key).collect();
    keys.map_err(StoreError::corrupt("annotation_revisions", "concept"))
}

/// Whether an object is the raster of an image in the project's pool.
pub async fn pool_has(
    conn: &mut PgConnection,
    project: ProjectId,
    raster: &Digest,
) -> Stored<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM images i JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
                          WHERE i.project_id = $1 AND i.raster = $2 AND p.split <> 'test' AND i.attested_at IS NOT NULL
                            AND NOT i.withheld) AS "found!""#,
        project.0, raster.as_str()
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// Which of these images are in the project's pool.
pub async fn in_pool(
    conn: &mut PgConnection,
    project: ProjectId,
    images: &[Uuid],
) -> Stored<Vec<Uuid>> {
    let found = sqlx::query_scalar!(
        "SELECT i.id FROM images i JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
         WHERE i.project_id = $1 AND i.id = ANY($2) AND p.split <> 'test'",
        project.0, images
    )
    .fetch_all(conn)
    .await?;
    Ok(found)
}

/// Keeps how sure the round's model was of its answers about an image, in the place of what an earlier hand-out told.
pub async fn keep_signals(
    conn: &mut PgConnection,
    id: AcquisitionId,
    image: ImageId,
    questions: &[QuestionSignals],
) -> Stored<()> {
    let questions = serde_json::to_value(questions)
        .map_err(StoreError::corrupt("round_signals", "questions"))?;
    sqlx::query!(
        "INSERT INTO round_signals (acquisition_id, image_id, questions) VALUES ($1, $2, $3)
         ON CONFLICT (acquisition_id, image_id) DO UPDATE SET questions = excluded.questions",
        id.0,
        image.0,
        questions
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a round with its chosen images; the claim must be locked.
pub async fn finish(
    conn: &mut PgConnection,
    id: AcquisitionId,
    ranking: &[RankedImage],
) -> Stored<()> {
    let images: Vec<Uuid> = ranking.iter().map(|r| r.image.0).collect();
    let scores: Vec<f64> = ranking.iter().map(|r| r.score).collect();
    let reasons: Vec<String> = ranking.iter().map(|r| r.reason.to_string()).collect();
    let why = ranking.iter().map(|r| serde_json::to_value(&r.reason));
    let why: Vec<serde_json::Value> = why
        .collect::<Result<_, _>>()
        .map_err(StoreError::corrupt("acquisition_items", "why"))?;
    sqlx::query!(
        "INSERT INTO acquisition_items (acquisition_id, rank, image_id, score, reason, why)
         SELECT $1, place::int, image, score, reason, why
         FROM unnest($2::uuid[], $3::float8[], $4::text[], $5::jsonb[]) WITH ORDINALITY AS chosen (image, score, reason, why, place)",
        id.0, &images, &scores, &reasons, &why
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("UPDATE acquisitions SET state = 'finished', finished_at = now(), claimed_until = NULL WHERE id = $1", id.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a round that could not be done; the claim must be locked.
pub async fn fail(conn: &mut PgConnection, id: AcquisitionId, reason: &str) -> Stored<()> {
    sqlx::query!(
        "UPDATE acquisitions SET state = 'failed', error = $2, finished_at = now(), claimed_until = NULL WHERE id = $1",
        id.0, reason
    )
    .execute(conn)
    .await?;
    Ok(())
}
