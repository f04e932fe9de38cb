//! Data sets on their way in: their files, how far their check or their taking over is, and what of them cannot be taken.

use super::objects::Staged;
use super::{StoreError, Stored};
use medreg_datasets::ids::{ImportId, ProjectId, UserId};
use medreg_datasets::modality::Modality;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Seconds without a sign of life after which another server takes the work over.
pub const LEASE_SECONDS: u32 = 30;
/// Hand-outs after which the work is given up: it is the data set that ends its servers.
const MAX_ATTEMPTS: i32 = 5;
/// The most rows that are kept of what cannot be taken over; all are counted.
const MOST_LEFT_OUT: i64 = 100_000;

/// Where a data set stands on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Its files are being sent.
    Staging,
    /// It waits to be checked.
    ToCheck,
    /// It is being checked.
    Checking,
    /// It was checked: it can be taken over, or what is wrong with it is known.
    Checked,
    /// It waits to be taken over.
    ToTake,
    /// It is being taken over.
    Taking,
    /// It was taken over.
    Finished,
    /// It cannot be read, or every server that began went silent; other files may help.
    Failed,
    /// It was given up; of its files nothing is left.
    Cancelled,
}

impl ImportState {
    /// Whether files can be put, and it can be checked.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Staging | Self::Checked | Self::Failed)
    }

    /// Whether nothing more becomes of it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled)
    }
}

/// What a person says of a data set that it does not say itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Choices {
    /// Which of the files is the data set, for layouts of one file; none where there is but one that can be.
    pub file: Option<String>,
    /// In which of the folders its image files lie; without it, beside the data set.
    pub images: Option<String>,
    /// The kind of picture, where neither the data set nor the file says.
    pub modality: Option<Modality>,
    /// The patient's pseudonym, for all images; without it, each is a patient of its own, or its DICOM file's.
    pub patient: Option<String>,
    /// Whether the sender vouches that no patient data is burned into the pixels.
    pub attested: bool,
    /// The account that becomes the reader of what names no reader; without it, whoever brings the data set.
    pub reader: Option<String>,
    /// Makes a concept of every name that the project has none for.
    pub add_concepts: bool,
    /// Leaves out what cannot be taken over; else nothing at all is taken.
    pub leave_out: bool,
}

/// What is in a data set, or became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImportCounts {
    /// Images that can be taken over, or that were and were not there before.
    pub images: u64,
    /// Images that were there before.
    pub known: u64,
    /// Annotations that were submitted.
    pub annotations: u64,
    /// Regions.
    pub regions: u64,
    /// Concepts that the ontology gets.
    pub concepts: u64,
    /// Images whose annotations wait for a person to say that no patient data is burned in.
    pub waiting: u64,
    /// What could not be taken over.
    pub left_out_count: u64,
    /// Texts in all languages: descriptions, sentences of reports, questions and answers. Counted by a check.
    pub texts: u64,
    /// Images by split; under an empty name those of which the data set says none. Counted by a check.
    pub splits: BTreeMap<String, u64>,
    /// Names that the project has no concept for, each with the number of images where it is. Counted by a check.
    pub unknown: BTreeMap<String, u64>,
}

/// A data set on its way in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Import {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ImportId,
    /// Whereinto.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// Its layout.
    pub format: String,
    /// What was said of it.
    pub choices: Choices,
    /// Where it stands.
    pub state: ImportState,
    /// Files that were sent.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Images that were looked at.
    pub done: u64,
    /// How many there are; 0 while that is not known.
    pub expected: u64,
    /// What is in it, or became of it.
    pub counts: ImportCounts,
    /// Why it cannot be read.
    pub failure: Option<String>,
    /// Who brings it.
    pub begun_by: String,
    /// When they began.
    pub begun_at: String,
    /// Seconds since the work in hand began.
    pub working_seconds: Option<f64>,
}

/// A file of a data set.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StagedFile {
    /// Its path in the data set.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// When it was changed on the computer that it came from, in milliseconds since 1970.
    pub modified: i64,
    /// Where it lies in the object store.
    #[serde(skip)]
    pub object: uuid::Uuid,
}

/// Something that cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftOut {
    /// Its number among what is left out, from 1.
    pub number: i64,
    /// The file that it is in, or the image.
    pub file: String,
    /// The line, where the file has lines.
    pub line: Option<i64>,
    /// What is wrong.
    pub reason: String,
}

/// Work handed out to a server.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// The data set.
    pub import: ImportId,
    /// Whether it is to be taken over, and not only checked.
    pub take: bool,
    /// Which hand-out this is.
    pub attempt: i32,
    /// Images that an earlier server took over.
    pub done: u64,
    /// How many there are.
    pub expected: u64,
    /// What became of them.
    pub counts: ImportCounts,
}

fn state(text: String) -> Stored<ImportState> {
    serde_json::from_value(serde_json::Value::String(text))
        .map_err(StoreError::corrupt("imports", "state"))
}

fn counts(value: serde_json::Value) -> Stored<ImportCounts> {
    serde_json::from_value(value).map_err(StoreError::corrupt("imports", "counts"))
}

fn json(value: &impl Serialize, column: &'static str) -> Stored<serde_json::Value> {
    serde_json::to_value(value).map_err(StoreError::corrupt("imports", column))
}

/// Begins one.
pub async fn begin(
    conn: &mut PgConnection,
    project: ProjectId,
    format: &str,
    by: UserId,
) -> Stored<ImportId> {
    let id = ImportId::fresh();
    sqlx::query!(
        "INSERT INTO imports (id, project_id, format, choices, state, begun_by) VALUES ($1, $2, $3, '{}', 'staging', $4)",
        id.0, project.0, format, by.0
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// One, or the latest of a project.
pub async fn imports(
    conn: &mut PgConnection,
    id: Option<ImportId>,
    project: Option<ProjectId>,
) -> Stored<Vec<Import>> {
    let rows = sqlx::query!(
        r#"SELECT i.id, project_id, format, choices, state, files, bytes, done, expected, counts, failure, u.display_name,
                  rfc3339(begun_at) AS "begun_at!", extract(epoch FROM now() - worked_at)::float8 AS working
           FROM imports i JOIN users u ON u.id = i.begun_by
           WHERE ($1::uuid IS NULL OR i.id = $1) AND ($2::uuid IS NULL OR project_id = $2) ORDER BY i.begun_at DESC LIMIT 20"#,
        id.map(|id| id.0),
        project.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    let read = rows.into_iter().map(|r| {
        let state = state(r.state)?;
        Ok(Import {
            id: ImportId(r.id),
            project_id: ProjectId(r.project_id),
            format: r.format,
            choices: serde_json::from_value(r.choices)
                .map_err(StoreError::corrupt("imports", "choices"))?,
            state,
            files: r.files.cast_unsigned(),
            bytes: r.bytes.cast_unsigned(),
            done: r.done.cast_unsigned(),
            expected: r.expected.cast_unsigned(),
            counts: counts(r.counts)?,
            failure: r.failure,
            begun_by: r.display_name,
            begun_at: r.begun_at,
            working_seconds: r
                .working
                .filter(|_| matches!(state, ImportState::Checking | ImportState::Taking)),
        })
    });
    read.collect()
}

/// Where it stands, held until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: ImportId) -> Stored<Option<ImportState>> {
    let found = sqlx::query_scalar!("SELECT state FROM imports WHERE id = $1 FOR UPDATE", id.0)
        .fetch_optional(conn)
        .await?;
    found.map(state).transpose()
}

/// Puts a file; tells where one of the same path lay before. Call it with the import locked.
pub async fn put_file(
    conn: &mut PgConnection,
    at: Staged,
    file: &StagedFile,
) -> Stored<Option<Staged>> {
    let before = sqlx::query!(
        "DELETE FROM import_files WHERE import_id = $1 AND path = $2 RETURNING object, bytes",
        at.import.0,
        file.path
    )
    .fetch_optional(&mut *conn)
    .await?;
    let bytes = file.bytes.cast_signed();
    sqlx::query!(
        "INSERT INTO import_files (import_id, path, object, bytes, modified) VALUES ($1, $2, $3, $4, $5)",
        at.import.0, file.path, at.file, bytes, file.modified
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE imports SET files = files + $2, bytes = bytes + $3, touched_at = now(), state = 'staging' WHERE id = $1",
        at.import.0,
        i64::from(before.is_none()),
        bytes - before.as_ref().map_or(0, |before| before.bytes)
    )
    .execute(conn)
    .await?;
    Ok(before.map(|before| Staged {
        import: at.import,
        file: before.object,
    }))
}

/// A page of its files, by path.
pub async fn files(
    conn: &mut PgConnection,
    id: ImportId,
    after: &str,
    limit: i64,
) -> Stored<Vec<StagedFile>> {
    let rows = sqlx::query!(
        r#"SELECT path, object, bytes, modified FROM import_files WHERE import_id = $1 AND path COLLATE "C" > $2
           ORDER BY path COLLATE "C" LIMIT $3"#,
        id.0,
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    let files = rows.into_iter().map(|r| StagedFile {
        path: r.path,
        bytes: r.bytes.cast_unsigned(),
        modified: r.modified,
        object: r.object,
    });
    Ok(files.collect())
}

/// Forgets its files, once none of them is kept.
pub async fn forget_files(conn: &mut PgConnection, id: ImportId) -> Stored<()> {
    sqlx::query!("DELETE FROM import_files WHERE import_id = $1", id.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts a check into the queue.
pub async fn ask_check(
    conn: &mut PgConnection,
    id: ImportId,
    format: &str,
    choices: &Choices,
    by: UserId,
) -> Stored<()> {
    sqlx::query!(
        "UPDATE imports SET state = 'to_check', attempt = 0, done = 0, expected = 0, counts = '{}', failure = NULL, worked_at = now(),
                touched_at = now(), format = $2, choices = $3, begun_by = $4 WHERE id = $1",
        id.0, format, json(choices, "choices")?, by.0
    )
    .execute(&mut *conn)
    .await?;
    forget_left_out(conn, id).await
}

/// Puts the taking over into the queue.
pub async fn ask_take(
    conn: &mut PgConnection,
    id: ImportId,
    choices: &Choices,
    by: UserId,
) -> Stored<()> {
    sqlx::query!(
        "UPDATE imports SET state = 'to_take', attempt = 0, done = 0, expected = 0, counts = '{}', failure = NULL, worked_at = now(),
                touched_at = now(), choices = $2, begun_by = $3 WHERE id = $1",
        id.0,
        json(choices, "choices")?,
        by.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives it up, whatever is being done with it.
pub async fn cancel(conn: &mut PgConnection, id: ImportId) -> Stored<()> {
    sqlx::query!(
        "UPDATE imports SET state = 'cancelled', until = NULL, touched_at = now() WHERE id = $1",
        id.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Hands out the work that has waited longest, be it that its server went silent.
pub async fn take(conn: &mut PgConnection) -> Stored<Option<Assigned>> {
    give_up(conn).await?;
    let row = sqlx::query!(
        "UPDATE imports SET state = CASE WHEN state IN ('to_check', 'checking') THEN 'checking' ELSE 'taking' END, attempt = attempt + 1,
                worked_at = now(), until = now() + make_interval(secs => $1)
         WHERE id = (SELECT id FROM imports
                     WHERE state IN ('to_check', 'to_take') OR (state IN ('checking', 'taking') AND until < now())
                     ORDER BY touched_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, state, attempt, done, expected, counts",
        f64::from(LEASE_SECONDS)
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Assigned {
            import: ImportId(r.id),
            take: r.state == "taking",
            attempt: r.attempt,
            done: r.done.cast_unsigned(),
            expected: r.expected.cast_unsigned(),
            counts: counts(r.counts)?,
        })
    })
    .transpose()
}

async fn give_up(conn: &mut PgConnection) -> Stored<()> {
    sqlx::query!(
        "UPDATE imports SET state = 'failed', until = NULL, failure = 'every server that began went silent'
         WHERE state IN ('checking', 'taking') AND until < now() AND attempt >= $1",
        MAX_ATTEMPTS
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who asked for what is being done.
pub async fn asked_by(conn: &mut PgConnection, id: ImportId) -> Stored<UserId> {
    let by = sqlx::query_scalar!("SELECT begun_by FROM imports WHERE id = $1", id.0);
    Ok(UserId(by.fetch_one(conn).await?))
}

/// A sign of life; false where the work was given up, or handed to another server.
pub async fn hold(conn: &mut PgConnection, of: &Assigned) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE imports SET until = now() + make_interval(secs => $3)
         WHERE id = $1 AND attempt = $2 AND state IN ('checking', 'taking')",
        of.import.0,
        of.attempt,
        f64::from(LEASE_SECONDS)
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes how far a server is; false as [`hold`] has it.
pub async fn progress(
    conn: &mut PgConnection,
    of: &Assigned,
    (done, expected): (u64, u64),
    counts: &ImportCounts,
) -> Stored<bool> {
    let noted = sqlx::query!(
        "UPDATE imports SET done = $3, expected = $4, counts = $5 WHERE id = $1 AND attempt = $2 AND state IN ('checking', 'taking')",
        of.import.0,
        of.attempt,
        done.cast_signed(),
        expected.cast_signed(),
        json(counts, "counts")?
    )
    .execute(conn)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Notes how the work ended; false as [`hold`] has it.
pub async fn end(
    conn: &mut PgConnection,
    of: &Assigned,
    outcome: Result<ImportState, &str>,
) -> Stored<bool> {
    let state = outcome.unwrap_or(ImportState::Failed);
    let state = json(&state, "state")?;
    let noted = sqlx::query!(
        "UPDATE imports SET state = $3, failure = $4, until = NULL, touched_at = now()
         WHERE id = $1 AND attempt = $2 AND state IN ('checking', 'taking')",
        of.import.0,
        of.attempt,
        state.as_str(),
        outcome.err()
    )
    .execute(conn)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Writes down what cannot be taken over; it is numbered in the order in which it comes.
pub async fn leave_out(conn: &mut PgConnection, id: ImportId, rows: &[LeftOut]) -> Stored<()> {
    let files: Vec<String> = rows.iter().map(|row| row.file.clone()).collect();
    let lines: Vec<i64> = rows.iter().map(|row| row.line.unwrap_or(0)).collect();
    let reasons: Vec<String> = rows
        .iter()
        .map(|row| row.reason.replace('\0', "�"))
        .collect();
    sqlx::query!(
        "INSERT INTO import_left_out (import_id, number, file, line, reason)
         SELECT $1, before.n + t.at, t.file, nullif(t.line, 0), t.reason
         FROM (SELECT coalesce(max(number), 0) AS n FROM import_left_out WHERE import_id = $1) before,
              unnest($2::text[], $3::bigint[], $4::text[]) WITH ORDINALITY AS t(file, line, reason, at)
         WHERE before.n + t.at <= $5",
        id.0,
        &files,
        &lines,
        &reasons,
        MOST_LEFT_OUT
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what could not be taken over.
pub async fn forget_left_out(conn: &mut PgConnection, id: ImportId) -> Stored<()> {
    sqlx::query!("DELETE FROM import_left_out WHERE import_id = $1", id.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// A page of what cannot be taken over.
pub async fn left_out(
    conn: &mut PgConnection,
    id: ImportId,
    after: i64,
    limit: i64,
) -> Stored<Vec<LeftOut>> {
    let rows = sqlx::query_as!(
        LeftOut,
        "SELECT number, file, line, reason FROM import_left_out WHERE import_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        id.0,
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Gives up what nobody did anything to for so many days.
pub async fn abandon(conn: &mut PgConnection, days: i32) -> Stored<()> {
    sqlx::query!(
        "UPDATE imports SET state = 'cancelled', failure = 'nobody went on with it'
         WHERE state IN ('staging', 'checked', 'failed') AND touched_at < now() - make_interval(days => $1)",
        days
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of these whose files nobody needs any more: they are over, or there is none of the kind.
pub async fn not_needed(conn: &mut PgConnection, ids: &[ImportId]) -> Stored<Vec<ImportId>> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let found = sqlx::query_scalar!(
        r#"SELECT given.id AS "id!" FROM unnest($1::uuid[]) AS given(id) LEFT JOIN imports i ON i.id = given.id
           WHERE i.id IS NULL OR i.state IN ('finished', 'cancelled')"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(ImportId).collect())
}
