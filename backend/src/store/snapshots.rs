//! Snapshots, the objects they name, and the cases they are cut from.

use super::annotations::Person;
use super::images::attestation_reason;
use super::{StoreError, Stored};
use medreg_datasets::ids::{AnnotationId, Digest, ImageId, ProjectId, UserId};
use medreg_datasets::preference::Proposed;
use medreg_datasets::region::AnnotationContent;
use medreg_datasets::snapshot::{Attested, Manifest, Provenance, SnapshotCase};
use serde::Serialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A snapshot as people see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Snapshot {
    /// The SHA-256 of its manifest.
    #[schema(value_type = String)]
    pub id: Digest,
    /// Its project.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// What people call it.
    pub name: String,
    /// When it was cut.
    pub created_at: String,
    /// Who cut it.
    pub created_by: Person,
    /// What it is.
    pub manifest: Manifest,
}

/// The submitted cases of a project after the image `after`, by image id, one annotation each: the latest submitted. One that says
/// that its image cannot be judged is left out: a concept that nobody marked there is not absent.
pub async fn cases(
    conn: &mut PgConnection,
    project: ProjectId,
    after: Option<ImageId>,
    limit: i64,
) -> Stored<Vec<SnapshotCase>> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (i.id) i.id AS image, p.pseudonym AS patient, s.pseudonym AS study, i.modality, i.width, i.height,
                  i.raster, i.raster_bytes, p.split, a.id AS annotation, r.revision, a.reader_id, r.content,
                  i.attestation_why, i.attestation_reason, rfc3339(i.attested_at) AS "attested_at!",
                  (SELECT jsonb_object_agg(g.id, g.model_id) FROM jsonb_array_elements(r.content -> 'regions') region
                   JOIN suggestions g ON g.id = (region ->> 'origin')::uuid) AS models
           FROM images i JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
           JOIN annotations a ON a.image_id = i.id
           JOIN annotation_revisions r ON r.annotation_id = a.id AND r.revision = a.submitted_revision
           WHERE i.project_id = $1 AND NOT i.withheld AND i.attested_at IS NOT NULL AND ($2::uuid IS NULL OR i.id > $2)
             AND r.content #>> '{verdict,kind}' IS DISTINCT FROM 'not_assessable'
           ORDER BY i.id, a.submitted_at DESC, a.id LIMIT $3"#,
        project.0, after.map(|a| a.0), limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let facts = serde_json::json!({
                "image": r.image, "patient": r.patient, "study": r.study, "modality": r.modality,
                "size": { "width": r.width, "height": r.height },
                "raster": { "sha256": r.raster, "bytes": r.raster_bytes },
                "split": r.split, "annotation": r.annotation, "revision": r.revision, "reader": r.reader_id, "regions": [],
            });
            let case: SnapshotCase = serde_json::from_value(facts).map_err(StoreError::corrupt("images", "size"))?;
            let AnnotationContent { regions, whole, .. } =
                serde_json::from_value(r.content).map_err(StoreError::corrupt("annotation_revisions", "content"))?;
            let models = r.models.map_or(Ok(BTreeMap::new()), serde_json::from_value);
            let provenance = Provenance {
                models: models.map_err(StoreError::corrupt("suggestions", "model_id"))?,
                attested: attestation_reason(r.attestation_why, r.attestation_reason)?.map(|reason| Attested { reason, at: r.attested_at }),
            };
            Ok(SnapshotCase { regions, whole, provenance, ..case })
        })
        .collect()
}

/// Keeps a snapshot and the objects it names; false where it was there already.
pub async fn insert(
    conn: &mut PgConnection,
    id: &Digest,
    manifest: (&Manifest, &str),
    name: &str,
    by: UserId,
    objects: &[String],
) -> Stored<bool> {
    let (parsed, canonical) = manifest;
    let done = sqlx::query!(
        "INSERT INTO snapshots (id, project_id, name, manifest, created_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
        id.as_str(), parsed.project.0, name, canonical, by.0
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "INSERT INTO snapshot_objects (snapshot_id, digest) SELECT $1, digest FROM unnest($2::text[]) AS digest ON CONFLICT DO NOTHING",
        id.as_str(), objects
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// A project's snapshots, newest first, or the one of this id in any project.
async fn select(
    conn: &mut PgConnection,
    project: Option<ProjectId>,
    id: Option<&Digest>,
) -> Stored<Vec<Snapshot>> {
    let rows = sqlx::query!(
        r#"SELECT s.id, s.project_id, s.name, s.manifest, rfc3339(s.created_at) AS "created_at!", s.created_by, u.display_name
           FROM snapshots s JOIN users u ON u.id = s.created_by
           WHERE ($1::uuid IS NULL OR s.project_id = $1) AND ($2::text IS NULL OR s.id = $2) ORDER BY s.created_at DESC LIMIT 500"#,
        project.map(|p| p.0), id.map(Digest::as_str)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Snapshot {
                id: r
                    .id
                    .parse()
                    .map_err(StoreError::corrupt("snapshots", "id"))?,
                project_id: ProjectId(r.project_id),
                name: r.name,
                created_at: r.created_at,
                created_by: Person {
                    id: UserId(r.created_by),
                    display_name: r.display_name,
                },
                manifest: serde_json::from_str(&r.manifest)
                    .map_err(StoreError::corrupt("snapshots", "manifest"))?,
            })
        })
        .collect()
}

/// A project's snapshots, newest first.
pub async fn of_project(conn: &mut PgConnection, project: ProjectId) -> Stored<Vec<Snapshot>> {
    select(conn, Some(project), None).await
}

/// One snapshot.
pub async fn snapshot(conn: &mut PgConnection, id: &Digest) -> Stored<Option<Snapshot>> {
    Ok(select(conn, None, Some(id)).await?.pop())
}

/// A snapshot's manifest, byte for byte as it was hashed.
pub async fn canonical_manifest(conn: &mut PgConnection, id: &Digest) -> Stored<Option<String>> {
    Ok(
        sqlx::query_scalar!("SELECT manifest FROM snapshots WHERE id = $1", id.as_str())
            .fetch_optional(conn)
            .await?,
    )
}

/// Where an object stands in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The snapshot names it.
    Yes,
    /// The snapshot names it, but patient data was seen in it since.
    Withheld,
    /// The snapshot does not name it.
    No,
}

/// Whether a snapshot names an object, and whether that is a raster that was withheld since.
pub async fn names_object(conn: &mut PgConnection, id: &Digest, object: &Digest) -> Stored<Named> {
    let withheld = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM images i WHERE i.project_id = s.project_id AND i.raster = o.digest AND i.withheld) AS "withheld!"
           FROM snapshot_objects o JOIN snapshots s ON s.id = o.snapshot_id WHERE o.snapshot_id = $1 AND o.digest = $2"#,
        id.as_str(), object.as_str()
    )
    .fetch_optional(conn)
    .await?;
    Ok(match withheld {
        None => Named::No,
        Some(false) => Named::Yes,
        Some(true) => Named::Withheld,
    })
}

/// Whether an image of a snapshot was withheld since it was cut.
pub async fn holds_withheld(conn: &mut PgConnection, id: &Digest) -> Stored<bool> {
    let holds = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM snapshots s JOIN images i ON i.project_id = s.project_id AND i.withheld
                          JOIN snapshot_objects o ON o.snapshot_id = s.id AND o.digest = i.raster WHERE s.id = $1) AS "holds!""#,
        id.as_str()
    )
    .fetch_one(conn)
    .await?;
    Ok(holds)
}

/// The suggestions that the readers of these annotations saw, as far as their images may still be shown.
pub async fn suggestions_seen(
    conn: &mut PgConnection,
    annotations: &[AnnotationId],
) -> Stored<BTreeMap<AnnotationId, Vec<Proposed>>> {
    let ids: Vec<uuid::Uuid> = annotations.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "SELECT o.annotation_id, s.concept, s.bbox FROM suggestion_outcomes o JOIN suggestions s ON s.id = o.suggestion_id
         JOIN images i ON i.id = s.image_id WHERE o.annotation_id = ANY($1) AND NOT i.withheld ORDER BY s.id",
        &ids
    )
    .fetch_all(conn)
    .await?;
    let mut seen: BTreeMap<AnnotationId, Vec<Proposed>> = BTreeMap::new();
    for row in rows {
        let concept = row.concept.parse();
        seen.entry(AnnotationId(row.annotation_id))
            .or_default()
            .push(Proposed {
                concept: concept.map_err(StoreError::corrupt("suggestions", "concept"))?,
                bbox: super::annotations::boxed("bbox", row.bbox)?,
            });
    }
    Ok(seen)
}
