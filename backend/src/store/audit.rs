//! Who did what, when: a chain in which every row's hash covers the row before it.

use super::Stored;
use medreg_datasets::ids::UserId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

/// The advisory lock under which rows are appended one after another.
const APPEND_LOCK: i64 = 0x6d65_6472_6567;

/// One entry of the trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When, as the database's clock says.
    pub at: String,
    /// Who; absent for the system itself.
    pub user_id: Option<Uuid>,
    /// What was done: `image.add`, `annotation.submit`, …
    pub action: String,
    /// To what, by id.
    pub subject: String,
    /// More about it; no report text, no patient data.
    pub detail: serde_json::Value,
    /// The hash of this row and all before it.
    pub hash: String,
}

/// What is written down.
#[derive(Debug)]
pub struct NewEntry<'a> {
    /// Who; `None` for the system itself.
    pub user: Option<UserId>,
    /// What was done.
    pub action: &'a str,
    /// To what, by id.
    pub subject: &'a str,
    /// More about it.
    pub detail: serde_json::Value,
}

fn hash(
    previous: &[u8],
    seq: i64,
    at: &str,
    user: Option<Uuid>,
    entry: (&str, &str, &serde_json::Value),
) -> Vec<u8> {
    let mut sha = Sha256::new();
    sha.update(previous);
    let (action, subject, detail) = entry;
    // JSON keeps the fields apart, so that no two different rows give the same bytes.
    sha.update(serde_json::json!([seq, at, user, action, subject, detail]).to_string());
    sha.finalize().to_vec()
}

/// Appends an entry; its transaction holds the chain until it ends, so append last.
pub async fn append(conn: &mut PgConnection, new: NewEntry<'_>) -> Stored<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", APPEND_LOCK)
        .fetch_one(&mut *conn)
        .await?;
    let last = sqlx::query!("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *conn)
        .await?;
    let (seq, previous) = last.map_or((1, Vec::new()), |row| (row.seq + 1, row.hash));
    let at = sqlx::query_scalar!(r#"SELECT rfc3339(clock_timestamp()) AS "at!""#)
        .fetch_one(&mut *conn)
        .await?;
    let user = new.user.map(|u| u.0);
    let hash = hash(
        &previous,
        seq,
        &at,
        user,
        (new.action, new.subject, &new.detail),
    );
    sqlx::query!(
        "INSERT INTO audit (seq, at, user_id, action, subject, detail, hash) VALUES ($1, $2::text::timestamptz, $3, $4, $5, $6, $7)",
        seq, at, user, new.action, new.subject, new.detail, hash
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One page of the trail after the entry `after`.
pub async fn page(conn: &mut PgConnection, after: i64, limit: i64) -> Stored<Vec<Entry>> {
    let entries = sqlx::query_as!(
        Entry,
        r#"SELECT seq, rfc3339(at) AS "at!", user_id, action, subject, detail, encode(hash, 'hex') AS "hash!"
           FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2"#,
        after, limit
    )
    .fetch_all(conn)
    .await?;
    Ok(entries)
}

/// The first entry whose hash does not follow from those before it; `None` where the chain is whole.
pub async fn first_broken(conn: &mut PgConnection) -> Stored<Option<i64>> {
    let (mut after, mut previous) = (0, Vec::new());
    loop {
        let rows = sqlx::query!(
            r#"SELECT seq, rfc3339(at) AS "at!", user_id, action, subject, detail, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT 1000"#,
            after
        )
        .fetch_all(&mut *conn)
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in rows {
            let expected = hash(
                &previous,
                row.seq,
                &row.at,
                row.user_id,
                (&row.action, &row.subject, &row.detail),
            );
            if row.seq != after + 1 || row.hash != expected {
                return Ok(Some(row.seq));
            }
            (after, previous) = (row.seq, row.hash);
        }
    }
}
