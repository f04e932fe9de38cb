//! The ways that cases go, as they were decided.

use super::{StoreError, Stored};
use medreg_datasets::ids::{ImageId, ProjectId, UserId};
use medreg_datasets::routing::{Route, Routing, Second, Sureness};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

/// Sets a project's thresholds, or takes them away.
pub async fn set(
    conn: &mut PgConnection,
    project: ProjectId,
    routing: Option<&Routing>,
) -> Stored<()> {
    sqlx::query!(
        "UPDATE projects SET accept_from = $2, guess_below = $3, audit_percent = $4 WHERE id = $1",
        project.0,
        routing.map(Routing::accept_from),
        routing.map(Routing::guess_below),
        routing.map(|r| i16::from(r.audit_percent()))
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a project's audit is drawn with.
pub async fn audit_seed(conn: &mut PgConnection, project: ProjectId) -> Stored<Uuid> {
    let seed = sqlx::query_scalar!("SELECT audit_seed FROM projects WHERE id = $1", project.0)
        .fetch_one(conn)
        .await?;
    Ok(seed)
}

/// An image that nobody has read, with how sure its living suggestions are.
#[derive(Debug)]
pub struct Unread {
    /// The image.
    pub image: ImageId,
    /// Its suggestions.
    pub suggestions: Vec<Sureness>,
}

#[derive(Deserialize)]
struct Told {
    confidence: f64,
    calibrated: bool,
}

/// A page of a project's unread images that are not held out, in order of arrival, after `after`; or one image alone.
pub async fn unread(
    conn: &mut PgConnection,
    project: ProjectId,
    only: Option<ImageId>,
    after: Option<ImageId>,
    limit: i64,
) -> Stored<Vec<Unread>> {
    let rows = sqlx::query!(
        r#"SELECT i.id, (SELECT coalesce(jsonb_agg(jsonb_build_object('confidence', g.confidence, 'calibrated', g.calibrated)), '[]')
                         FROM suggestions g WHERE g.image_id = i.id AND NOT g.retired) AS "told!"
           FROM images i JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
           WHERE i.project_id = $1 AND p.split <> 'test' AND ($2::uuid IS NULL OR i.id = $2) AND ($3::uuid IS NULL OR i.id > $3)
             AND NOT EXISTS (SELECT FROM annotations a WHERE a.image_id = i.id AND a.submitted_revision IS NOT NULL)
           ORDER BY i.id LIMIT $4"#,
        project.0, only.map(|i| i.0), after.map(|i| i.0), limit
    )
    .fetch_all(conn)
    .await?;
    let told = |value| -> Stored<Vec<Sureness>> {
        let told: Vec<Told> = serde_json::from_value(value)
            .map_err(StoreError::corrupt("suggestions", "confidence"))?;
        Ok(told.iter().map(Told::sureness).collect())
    };
    rows.into_iter()
        .map(|r| {
            Ok(Unread {
                image: ImageId(r.id),
                suggestions: told(r.told)?,
            })
        })
        .collect()
}

impl Told {
    fn sureness(&self) -> Sureness {
        Sureness {
            confidence: self.confidence,
            calibrated: self.calibrated,
        }
    }
}

/// Writes down which way unread cases go, and whether that is shown; what was read stays as it was decided.
pub async fn put(conn: &mut PgConnection, routed: &[(ImageId, Route, bool)]) -> Stored<()> {
    let images: Vec<Uuid> = routed.iter().map(|(image, _, _)| image.0).collect();
    let routes: Vec<String> = routed
        .iter()
        .map(|(_, route, _)| route.as_str().to_owned())
        .collect();
    let shown: Vec<bool> = routed.iter().map(|(_, _, shown)| *shown).collect();
    sqlx::query!(
        "INSERT INTO case_routes (image_id, route, shown)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::boolean[])
         ON CONFLICT (image_id) DO UPDATE SET route = excluded.route, shown = excluded.shown WHERE case_routes.first_reader IS NULL",
        &images, &routes, &shown
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the ways of a project's cases that nobody has read.
pub async fn forget(conn: &mut PgConnection, project: ProjectId) -> Stored<()> {
    sqlx::query!(
        "DELETE FROM case_routes r USING images i WHERE i.id = r.image_id AND i.project_id = $1 AND r.first_reader IS NULL",
        project.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who read a case, as far as its way depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Readers {
    /// Who read it first.
    pub first: UserId,
    /// Whether a second reader is to look.
    pub is_second_due: bool,
    /// Who read it again.
    pub second: Option<UserId>,
}

/// Who read a case, locked until the transaction ends; `None` where nobody has while cases were routed.
pub async fn readers(conn: &mut PgConnection, image: ImageId) -> Stored<Option<Readers>> {
    let row = sqlx::query!(
        r#"SELECT first_reader AS "first_reader!", second IS NOT NULL AS "due!", second_reader FROM case_routes
           WHERE image_id = $1 AND first_reader IS NOT NULL FOR UPDATE"#,
        image.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Readers {
        first: UserId(r.first_reader),
        is_second_due: r.due,
        second: r.second_reader.map(UserId),
    }))
}

/// Writes down who read a case first, which way it had gone, and why a second reader looks.
pub async fn put_first(
    conn: &mut PgConnection,
    image: ImageId,
    route: Route,
    reader: UserId,
    second: Option<Second>,
) -> Stored<()> {
    sqlx::query!(
        "INSERT INTO case_routes (image_id, route, shown, first_reader, second) VALUES ($1, $2, true, $3, $4)
         ON CONFLICT (image_id) DO UPDATE SET route = excluded.route, first_reader = excluded.first_reader, second = excluded.second",
        image.0, route.as_str(), reader.0, second.map(Second::as_str)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down who read a case again, and whether they changed it.
pub async fn put_second(
    conn: &mut PgConnection,
    image: ImageId,
    reader: UserId,
    changed: bool,
) -> Stored<()> {
    sqlx::query!(
        "UPDATE case_routes SET second_reader = $2, changed = $3 WHERE image_id = $1",
        image.0,
        reader.0,
        changed
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Second readings for one reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SecondReadings {
    /// Cases that wait for one.
    pub waiting: i64,
    /// Cases that had one.
    pub read: i64,
    /// Of those, the ones in which the second reader's regions are others than the first's.
    pub changed: i64,
}

/// How many cases went which way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteCounts {
    /// Unread cases that any reader's review settles.
    pub accept_after_review: i64,
    /// Unread cases for an expert.
    pub expert_first: i64,
    /// Cases that were accepted after review: no disagreement.
    pub accepted: i64,
    /// Second readings where reader and model disagreed.
    pub disagreement: SecondReadings,
    /// Second readings of what somebody who is no expert had read.
    pub junior: SecondReadings,
    /// Second readings of accepted cases, drawn by chance: of those that were read, `changed` is how often an acceptance did not hold.
    pub audit: SecondReadings,
}

/// How many of a project's cases went which way. Those of the control group are read without suggestions and are not among them.
pub async fn counts(conn: &mut PgConnection, project: ProjectId) -> Stored<RouteCounts> {
    let unread = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE c.route = 'accept_after_review') AS "accept!", count(*) FILTER (WHERE c.route = 'expert_first') AS "expert!"
           FROM images i JOIN routed_cases c ON c.image_id = i.id
           WHERE i.project_id = $1 AND c.shown AND i.attested_at IS NOT NULL AND NOT i.withheld"#,
        project.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let read = sqlx::query!(
        r#"SELECT r.second, count(*) FILTER (WHERE r.route = 'accept_after_review') AS "accept!", count(*) AS "all!",
                  count(r.second_reader) AS "read!", count(*) FILTER (WHERE r.changed) AS "changed!"
           FROM case_routes r JOIN images i ON i.id = r.image_id
           WHERE i.project_id = $1 AND r.first_reader IS NOT NULL AND NOT i.withheld GROUP BY r.second"#,
        project.0
    )
    .fetch_all(conn)
    .await?;
    let mut counts = RouteCounts {
        accept_after_review: unread.accept,
        expert_first: unread.expert,
        ..RouteCounts::default()
    };
    for row in read {
        let second = SecondReadings {
            waiting: row.all - row.read,
            read: row.read,
            changed: row.changed,
        };
        match row.second.as_deref() {
            None => counts.accepted += row.accept,
            Some("disagreement") => counts.disagreement = second,
            Some("junior") => counts.junior = second,
            Some(_) => {
                counts.accepted += row.all;
                counts.audit = second;
            }
        }
    }
    Ok(counts)
}
