//! Cases: images that wait for a reader, in the order the latest acquisition put them, and who holds which.

use super::{Stored, acquisitions};
use medreg_datasets::ids::{ImageId, LeaseId, ProjectId, UserId};
use medreg_datasets::reason::ChoiceReason;
use medreg_datasets::snapshot::Split;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

/// How long a case is held without a word from its reader.
pub const LEASE_MINUTES: i32 = 15;

/// A reader's temporary hold on a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Lease {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: LeaseId,
    /// Until when, unless renewed.
    pub until: String,
    /// How many seconds that is from now, for clocks that do not agree with the server's.
    pub seconds: i32,
}

/// Why the model asked for an image.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Choice {
    /// Its place in the round, from 1.
    pub rank: i32,
    /// The strategy's reason.
    pub reason: ChoiceReason,
}

/// Who asks for a case.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Who.
    pub user: UserId,
    /// Whether they are one: the cases for experts, and those that wait for a second reader, are theirs.
    pub is_expert: bool,
}

/// Somebody else's hold.
#[derive(Debug)]
pub struct Holder {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Until when.
    pub until: String,
}

/// Lets one reader's requests for a case follow one another, so that two windows show the same one.
pub async fn one_at_a_time(conn: &mut PgConnection, reader: UserId) -> Stored<()> {
    // Not FOR UPDATE: rows that refer to the reader may be written meanwhile.
    sqlx::query!(
        "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE",
        reader.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(())
}

/// The unfinished case that a reader already holds, longest held first; a hold that ran out counts until somebody takes over.
/// A finished one that was opened to look at it again is held too, but it is nobody's next.
pub async fn held(
    conn: &mut PgConnection,
    project: ProjectId,
    reader: Reader,
    split: Option<Split>,
) -> Stored<Option<ImageId>> {
    let id = sqlx::query_scalar!(
        "SELECT i.id FROM leases l JOIN images i ON i.id = l.image_id JOIN studies s ON s.id = i.study_id
         JOIN patients p ON p.id = s.patient_id JOIN routed_cases c ON c.image_id = i.id
         WHERE i.project_id = $1 AND l.user_id = $2 AND i.attested_at IS NOT NULL AND NOT i.withheld
           AND ($3::text IS NULL OR p.split = $3)
           AND (NOT EXISTS (SELECT FROM annotations a WHERE a.image_id = i.id AND a.submitted_revision IS NOT NULL)
                OR ($4 AND c.route = 'second_reader' AND c.first_reader <> $2))
         ORDER BY l.id LIMIT 1",
        project.0, reader.user.0, split.map(Split::as_str), reader.is_expert
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ImageId))
}

/// The case that nobody holds or finished and that comes first, with what is done to its row; the macro that checks a query reads
/// literals alone.
macro_rules! first_free {
    ($lock:literal, $project:expr, $reader:expr, $split:expr) => {
        sqlx::query_scalar!(
            "WITH latest AS (
                 SELECT id FROM acquisitions WHERE project_id = $1 AND state = 'finished' ORDER BY finished_at DESC LIMIT 1
             )
             SELECT i.id FROM images i
             JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
             JOIN routed_cases c ON c.image_id = i.id
             LEFT JOIN acquisition_items q ON q.image_id = i.id AND q.acquisition_id = (SELECT id FROM latest)
             WHERE i.project_id = $1 AND i.attested_at IS NOT NULL AND NOT i.withheld
               AND ($2::text IS NULL OR p.split = $2)
               AND NOT EXISTS (SELECT FROM leases l WHERE l.image_id = i.id AND l.until > now())
               AND (NOT EXISTS (SELECT FROM annotations a WHERE a.image_id = i.id AND a.submitted_revision IS NOT NULL)
                    OR ($4 AND c.route = 'second_reader' AND c.first_reader <> $3))
             ORDER BY CASE WHEN $4 THEN array_position(ARRAY['second_reader', 'expert_first', 'accept_after_review'], c.route)
                           ELSE array_position(ARRAY['accept_after_review', 'expert_first'], c.route) END,
                      q.rank NULLS LAST, i.id LIMIT 1"
                + $lock,
            $project.0,
            $split.map(Split::as_str),
            $reader.user.0,
            $reader.is_expert
        )
    };
}

/// The next case that nobody holds or finished: the highest rank of the latest finished acquisition, then by arrival. Where the project
/// routes its cases, what goes the reader's way comes first: for an expert what waits for a second reader, then what needs an expert; for
/// others what any reader's review settles.
///
/// Its row is locked until the transaction ends; rows that others are just taking are passed over.
pub async fn next_free(
    conn: &mut PgConnection,
    project: ProjectId,
    reader: Reader,
    split: Option<Split>,
) -> Stored<Option<ImageId>> {
    // Not FOR UPDATE, which would pass over rows that are merely referred to: by suggestions that are being written, or
    // by a round that is being ranked, whose best images these are.
    let id = first_free!(
        " FOR NO KEY UPDATE OF i SKIP LOCKED",
        project,
        reader,
        split
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ImageId))
}

/// The case that [`next_free`] would give if nobody else asked meanwhile. Nothing is locked or held: it is for fetching pixels ahead.
pub async fn upcoming(
    conn: &mut PgConnection,
    project: ProjectId,
    reader: Reader,
    split: Option<Split>,
) -> Stored<Option<ImageId>> {
    let id = first_free!("", project, reader, split)
        .fetch_optional(conn)
        .await?;
    Ok(id.map(ImageId))
}

/// Takes or renews the hold on an image; `None` where somebody else has it.
pub async fn take(
    conn: &mut PgConnection,
    image: ImageId,
    reader: UserId,
) -> Stored<Option<Lease>> {
    // The conflict clause sees what others have committed meanwhile, whatever this transaction's snapshot says.
    let row = sqlx::query!(
        r#"INSERT INTO leases (image_id, id, user_id, until) VALUES ($1, $2, $3, now() + make_interval(mins => $4))
           ON CONFLICT (image_id) DO UPDATE SET until = excluded.until, user_id = excluded.user_id,
               id = CASE WHEN leases.user_id = excluded.user_id THEN leases.id ELSE excluded.id END
           WHERE leases.user_id = excluded.user_id OR leases.until <= now()
           RETURNING id, rfc3339(until) AS "until!""#,
        image.0, LeaseId::fresh().0, reader.0, LEASE_MINUTES
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Lease {
        id: LeaseId(r.id),
        until: r.until,
        seconds: LEASE_MINUTES * 60,
    }))
}

/// Who holds an image now.
pub async fn holder(conn: &mut PgConnection, image: ImageId) -> Stored<Option<Holder>> {
    let row = sqlx::query!(
        r#"SELECT l.user_id, u.display_name, rfc3339(l.until) AS "until!" FROM leases l JOIN users u ON u.id = l.user_id
           WHERE l.image_id = $1 AND l.until > now()"#,
        image.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Holder {
        user: UserId(r.user_id),
        name: r.display_name,
        until: r.until,
    }))
}

/// The image of a reader's lease, even of one that ran out as long as nobody took the image over.
pub async fn leased_image(
    conn: &mut PgConnection,
    lease: LeaseId,
    reader: UserId,
) -> Stored<Option<ImageId>> {
    let id = sqlx::query_scalar!(
        "SELECT image_id FROM leases WHERE id = $1 AND user_id = $2",
        lease.0,
        reader.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ImageId))
}

/// Gives a reader's hold on an image back.
pub async fn release(conn: &mut PgConnection, image: ImageId, reader: UserId) -> Stored<()> {
    sqlx::query!(
        "DELETE FROM leases WHERE image_id = $1 AND user_id = $2",
        image.0,
        reader.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Why the latest finished acquisition chose an image, if it did.
pub async fn choice(
    conn: &mut PgConnection,
    project: ProjectId,
    image: ImageId,
) -> Stored<Option<Choice>> {
    let row = sqlx::query!(
        "SELECT q.rank, q.reason, q.why FROM acquisition_items q
         WHERE q.image_id = $2 AND q.acquisition_id =
             (SELECT id FROM acquisitions WHERE project_id = $1 AND state = 'finished' ORDER BY finished_at DESC LIMIT 1)",
        project.0, image.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        let reason = acquisitions::reason(r.why, r.reason)?;
        Ok(Choice {
            rank: r.rank,
            reason,
        })
    })
    .transpose()
}

/// Whether an image still waits for this reader: nobody has submitted it, or it is for a second one.
pub async fn is_waiting(conn: &mut PgConnection, image: ImageId, reader: Reader) -> Stored<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM annotations WHERE image_id = $1 AND submitted_revision IS NOT NULL)
                  OR ($3 AND EXISTS (SELECT FROM routed_cases WHERE image_id = $1 AND route = 'second_reader' AND first_reader <> $2))
                  AS "found!""#,
        image.0, reader.user.0, reader.is_expert
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// How far a project is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    /// Images in all.
    pub images: i64,
    /// Those that wait for a person's word on burned-in data.
    pub waiting_attestation: i64,
    /// Those that nobody has finished.
    pub open: i64,
    /// Those that somebody finished.
    pub submitted: i64,
    /// Regions in the submitted revisions.
    pub regions: i64,
    /// What became of suggestions.
    pub suggestions: Outcomes,
    /// Submitted cases that were read with suggestions.
    pub assisted: Pace,
    /// Submitted cases whose suggestions were kept back, to compare with.
    pub control: Pace,
}

/// How fast cases are read.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pace {
    /// How many.
    pub cases: i64,
    /// Seconds a reader was at one, idle time left out, on average; 0 where there is none.
    pub seconds: f64,
}

/// What became of suggestions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outcomes {
    /// Taken as they were.
    pub accepted: i64,
    /// Taken and changed.
    pub adjusted: i64,
    /// Turned down.
    pub rejected: i64,
    /// Neither taken nor turned down.
    pub ignored: i64,
}

/// How far a project is.
pub async fn progress(conn: &mut PgConnection, project: ProjectId) -> Stored<Progress> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "images!",
                  count(*) FILTER (WHERE i.attested_at IS NULL AND NOT i.withheld) AS "waiting!",
                  count(*) FILTER (WHERE a.image_id IS NULL AND i.attested_at IS NOT NULL) AS "open!",
                  count(a.image_id) AS "submitted!", coalesce(sum(a.regions), 0)::bigint AS "regions!"
           FROM images i
           LEFT JOIN (SELECT a.image_id, sum(jsonb_array_length(r.content -> 'regions')) AS regions FROM annotations a
                      JOIN annotation_revisions r ON r.annotation_id = a.id AND r.revision = a.submitted_revision
                      GROUP BY a.image_id) AS a ON a.image_id = i.id
           WHERE i.project_id = $1"#,
        project.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let outcomes = sqlx::query_as!(
        Outcomes,
        r#"SELECT count(*) FILTER (WHERE outcome = 'accepted') AS "accepted!", count(*) FILTER (WHERE outcome = 'adjusted') AS "adjusted!",
                  count(*) FILTER (WHERE outcome = 'rejected') AS "rejected!", count(*) FILTER (WHERE outcome = 'ignored') AS "ignored!"
           FROM suggestion_outcomes o JOIN suggestions s ON s.id = o.suggestion_id JOIN images i ON i.id = s.image_id
           WHERE i.project_id = $1"#,
        project.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let (assisted, control) = (
        pace(conn, project, true).await?,
        pace(conn, project, false).await?,
    );
    Ok(Progress {
        images: row.images,
        waiting_attestation: row.waiting,
        open: row.open,
        submitted: row.submitted,
        regions: row.regions,
        suggestions: outcomes,
        assisted,
        control,
    })
}

async fn pace(conn: &mut PgConnection, project: ProjectId, assisted: bool) -> Stored<Pace> {
    let pace = sqlx::query_as!(
        Pace,
        r#"SELECT count(*) AS "cases!", coalesce(avg(a.active_seconds), 0) AS "seconds!" FROM annotations a JOIN images i ON i.id = a.image_id
           WHERE i.project_id = $1 AND a.submitted_revision IS NOT NULL AND a.assisted = $2"#,
        project.0, assisted
    )
    .fetch_one(conn)
    .await?;
    Ok(pace)
}
