//! Snapshots written out as files: which were asked for, how far they are, where they lie.

use super::{StoreError, Stored};
use medreg_datasets::ids::{Digest, UserId};
use medreg_datasets::snapshot::ObjectRef;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

/// Seconds without a sign of progress after which another server takes an export over.
pub const LEASE_SECONDS: u32 = 30;
/// Hand-outs after which an export is given up: it is the export that ends its servers.
const MAX_ATTEMPTS: i32 = 5;

/// Days for which a finished file is kept.
pub const KEPT_DAYS: i32 = 30;

/// Where an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// Nobody has begun.
    Waiting,
    /// It is being written.
    Writing,
    /// It can be fetched.
    Finished,
    /// It could not be written; asking for it again tries again.
    Failed,
}

/// A snapshot as one file, finished or not.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Export {
    /// The snapshot.
    #[schema(value_type = String)]
    pub snapshot: Digest,
    /// The layout.
    pub format: String,
    /// Where it stands.
    pub state: ExportState,
    /// The bytes written so far.
    pub written: u64,
    /// About how many it will be; once it is finished, exactly.
    pub expected: u64,
    /// The digest of the finished file.
    #[schema(value_type = Option<String>)]
    pub sha256: Option<Digest>,
    /// Why it could not be written.
    pub failure: Option<String>,
    /// When it was asked for.
    pub asked_at: String,
    /// Until when the file is kept; after that it can be made again.
    pub kept_until: String,
}

impl Export {
    /// The finished file.
    #[must_use]
    pub fn file(&self) -> Option<ObjectRef> {
        let bytes = self.expected;
        let sha256 = self.sha256.clone()?;
        Some(ObjectRef { sha256, bytes })
    }
}

/// An export handed out to a server.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// The snapshot.
    pub snapshot: Digest,
    /// The layout.
    pub format: String,
    /// Which hand-out this is.
    pub attempt: i32,
    /// Who asked for it.
    pub asked_by: UserId,
}

/// Puts an export into the queue, where it is not there already; one that failed is tried again, one that is kept no longer made again.
pub async fn ask(
    conn: &mut PgConnection,
    snapshot: &Digest,
    format: &str,
    by: UserId,
) -> Stored<()> {
    sqlx::query!(
        "INSERT INTO exports (snapshot_id, format, state, expected, asked_by)
         SELECT $1, $2, 'waiting', 1 + coalesce(sum(i.raster_bytes), 0)::bigint, $3
         FROM (SELECT DISTINCT i.raster, i.raster_bytes FROM snapshots s
               JOIN snapshot_objects o ON o.snapshot_id = s.id
               JOIN images i ON i.project_id = s.project_id AND i.raster = o.digest WHERE s.id = $1) i
         ON CONFLICT (snapshot_id, format) DO UPDATE
         SET state = 'waiting', attempt = 0, written = 0, failure = NULL, digest = NULL, bytes = NULL, asked_by = excluded.asked_by,
             asked_at = now(), kept_until = excluded.kept_until
         WHERE exports.state = 'failed' OR exports.kept_until < now()",
        snapshot.as_str(), format, by.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was asked for of a snapshot, by layout, or in one layout only.
pub async fn of_snapshot(
    conn: &mut PgConnection,
    snapshot: &Digest,
    format: Option<&str>,
) -> Stored<Vec<Export>> {
    let rows = sqlx::query!(
        r#"SELECT format, state, written, coalesce(bytes, expected) AS "expected!", digest, failure, rfc3339(asked_at) AS "asked_at!",
                  rfc3339(kept_until) AS "kept_until!"
           FROM exports WHERE snapshot_id = $1 AND ($2::text IS NULL OR format = $2) AND kept_until > now() ORDER BY format"#,
        snapshot.as_str(), format
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Export {
                snapshot: snapshot.clone(),
                format: r.format,
                state: serde_json::from_value(serde_json::Value::String(r.state))
                    .map_err(StoreError::corrupt("exports", "state"))?,
                written: r.written.cast_unsigned(),
                expected: r.expected.cast_unsigned(),
                sha256: (r.digest.map(|digest| digest.parse()).transpose())
                    .map_err(StoreError::corrupt("exports", "digest"))?,
                failure: r.failure,
                asked_at: r.asked_at,
                kept_until: r.kept_until,
            })
        })
        .collect()
}

/// Hands out the export that has waited longest, be it that its server went silent.
pub async fn take(conn: &mut PgConnection) -> Stored<Option<Assigned>> {
    give_up(conn).await?;
    let row = sqlx::query!(
        "UPDATE exports SET state = 'writing', attempt = attempt + 1, written = 0, until = now() + make_interval(secs => $1)
         WHERE (snapshot_id, format) = (
             SELECT snapshot_id, format FROM exports WHERE state = 'waiting' OR (state = 'writing' AND until < now())
             ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING snapshot_id, format, attempt, asked_by",
        f64::from(LEASE_SECONDS)
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Assigned {
            snapshot: (r.snapshot_id.parse())
                .map_err(StoreError::corrupt("exports", "snapshot_id"))?,
            format: r.format,
            attempt: r.attempt,
            asked_by: UserId(r.asked_by),
        })
    })
    .transpose()
}

async fn give_up(conn: &mut PgConnection) -> Stored<()> {
    sqlx::query!(
        "UPDATE exports SET state = 'failed', failure = 'every server that began to write it went silent'
         WHERE state = 'writing' AND until < now() AND attempt >= $1",
        MAX_ATTEMPTS
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes how far a server is; false where the export was handed to another one meanwhile.
pub async fn progress(conn: &mut PgConnection, of: &Assigned, written: u64) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE exports SET written = $4, until = now() + make_interval(secs => $5)
         WHERE snapshot_id = $1 AND format = $2 AND attempt = $3 AND state = 'writing'",
        of.snapshot.as_str(),
        of.format,
        of.attempt,
        written.cast_signed(),
        f64::from(LEASE_SECONDS)
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes where the finished file lies, or why there is none.
pub async fn end(
    conn: &mut PgConnection,
    of: &Assigned,
    outcome: Result<&ObjectRef, &str>,
) -> Stored<()> {
    let file = outcome.ok();
    let bytes = file.map(|file| file.bytes.cast_signed());
    sqlx::query!(
        "UPDATE exports SET state = CASE WHEN $4::text IS NULL THEN 'failed' ELSE 'finished' END,
                digest = $4, bytes = $5, written = coalesce($5, written), failure = $6, until = NULL, kept_until = now() + make_interval(days => $7)
         WHERE snapshot_id = $1 AND format = $2 AND attempt = $3 AND state = 'writing'",
        of.snapshot.as_str(),
        of.format,
        of.attempt,
        file.map(|f| f.sha256.as_str()),
        bytes,
        outcome.err(),
        KEPT_DAYS
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps an export no longer: what is not written yet is given up, a file is hidden until it is swept.
pub async fn expire(conn: &mut PgConnection, snapshot: &Digest, format: &str) -> Stored<()> {
    sqlx::query!(
        "DELETE FROM exports WHERE snapshot_id = $1 AND format = $2 AND state IN ('waiting', 'writing')",
        snapshot.as_str(),
        format
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE exports SET kept_until = '-infinity' WHERE snapshot_id = $1 AND format = $2",
        snapshot.as_str(),
        format
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether an export was kept for as long as it is.
pub async fn any_expired(conn: &mut PgConnection) -> Stored<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM exports WHERE state IN ('finished', 'failed') AND kept_until < now()) AS "found!""#
    );
    Ok(found.fetch_one(conn).await?)
}

/// Forgets the exports that were kept for as long as they are; tells the files that they were.
pub async fn forget_expired(conn: &mut PgConnection) -> Stored<Vec<Digest>> {
    let forgotten = sqlx::query_scalar!(
        r#"DELETE FROM exports WHERE state IN ('finished', 'failed') AND kept_until < now() RETURNING digest"#
    );
    let digests = forgotten.fetch_all(conn).await?;
    let digests = digests.into_iter().flatten().map(|digest| digest.parse());
    digests
        .collect::<Result<_, _>>()
        .map_err(StoreError::corrupt("exports", "digest"))
}

/// Keeps exports from being handed out or ended until the transaction ends; false where one is being written, whose file may turn out to
/// be the same as another's.
pub async fn hold_still(conn: &mut PgConnection) -> Stored<bool> {
    sqlx::query!("LOCK TABLE exports IN SHARE ROW EXCLUSIVE MODE")
        .execute(&mut *conn)
        .await?;
    let writing = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM exports WHERE state = 'writing' AND until > now()) AS "writing!""#
    );
    Ok(!writing.fetch_one(conn).await?)
}

/// Whether an export has this file.
pub async fn has_file(conn: &mut PgConnection, digest: &Digest) -> Stored<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM exports WHERE digest = $1) AS "found!""#,
        digest.as_str()
    );
    Ok(found.fetch_one(conn).await?)
}
