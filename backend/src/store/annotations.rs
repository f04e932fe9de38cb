//! What readers made of images, as revisions, and the suggestions they met.

use super::{StoreError, Stored};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{AnnotationId, ImageId, ModelId, SuggestionId, UserId};
use medreg_datasets::lang::Lang;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::protocol::ProposedRegion;
use medreg_datasets::region::AnnotationContent;
use serde::Serialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A person by id and name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    /// The account's id.
    #[schema(value_type = Uuid)]
    pub id: UserId,
    /// What others see.
    pub display_name: String,
}

/// What one reader made of one image, at its latest revision.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Annotation {
    /// Its id; absent while nothing was saved.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<AnnotationId>,
    /// The image.
    #[schema(value_type = Uuid)]
    pub image_id: ImageId,
    /// Who reads.
    pub reader: Person,
    /// The latest revision; 0 while nothing was saved.
    pub revision: i64,
    /// Whether the latest revision is the submitted one.
    pub submitted: bool,
    /// How much the bilingual checks found in it when it was submitted; absent where it was not, or before there were checks.
    pub flags: Option<i32>,
    /// What it says.
    pub content: AnnotationContent,
    /// When it was saved.
    pub saved_at: Option<String>,
}

/// One saved state of an annotation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Revision {
    /// Its number, from 1.
    pub revision: i64,
    /// When it was saved.
    pub saved_at: String,
    /// Whether it was submitted.
    pub submitted: bool,
    /// What it says.
    pub content: AnnotationContent,
}

fn content(value: serde_json::Value) -> Stored<AnnotationContent> {
    serde_json::from_value(value).map_err(StoreError::corrupt("annotation_revisions", "content"))
}

/// Whether a reader has submitted an image, whatever they wrote since.
pub async fn is_submitted(conn: &mut PgConnection, image: ImageId, reader: UserId) -> Stored<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM annotations WHERE image_id = $1 AND reader_id = $2 AND submitted_revision IS NOT NULL) AS "found!""#,
        image.0, reader.0
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// The annotations of an image, of one reader or of all, at their latest revisions.
pub async fn of_image(
    conn: &mut PgConnection,
    image: ImageId,
    reader: Option<UserId>,
) -> Stored<Vec<Annotation>> {
    let rows = sqlx::query!(
        r#"SELECT a.id, a.reader_id, a.flags, u.display_name, r.revision, r.content, rfc3339(r.saved_at) AS saved_at,
                  coalesce(a.submitted_revision = r.revision, false) AS "submitted!"
           FROM annotations a JOIN users u ON u.id = a.reader_id
           CROSS JOIN LATERAL (SELECT * FROM annotation_revisions WHERE annotation_id = a.id ORDER BY revision DESC LIMIT 1) AS r
           WHERE a.image_id = $1 AND ($2::uuid IS NULL OR a.reader_id = $2) ORDER BY a.created_at"#,
        image.0, reader.map(|r| r.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Annotation {
                id: Some(AnnotationId(r.id)),
                image_id: image,
                reader: Person {
                    id: UserId(r.reader_id),
                    display_name: r.display_name,
                },
                revision: r.revision,
                submitted: r.submitted,
                flags: r.flags.filter(|_| r.submitted),
                content: content(r.content)?,
                saved_at: r.saved_at,
            })
        })
        .collect()
}

/// Locks a reader's annotation of an image, made where it is new, and tells its latest revision (0 for none).
pub async fn lock(
    conn: &mut PgConnection,
    image: ImageId,
    reader: UserId,
) -> Stored<(AnnotationId, i64)> {
    // The update of an existing row to itself takes its lock.
    let id = sqlx::query_scalar!(
        "INSERT INTO annotations (id, image_id, reader_id) VALUES ($1, $2, $3)
         ON CONFLICT (image_id, reader_id) DO UPDATE SET reader_id = excluded.reader_id RETURNING id",
        AnnotationId::fresh().0, image.0, reader.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let latest = sqlx::query_scalar!(r#"SELECT coalesce(max(revision), 0) AS "latest!" FROM annotation_revisions WHERE annotation_id = $1"#, id)
        .fetch_one(conn)
        .await?;
    Ok((AnnotationId(id), latest))
}

/// Adds a revision.
pub async fn insert_revision(
    conn: &mut PgConnection,
    id: AnnotationId,
    revision: i64,
    said: &AnnotationContent,
) -> Stored<()> {
    let said = serde_json::to_value(said)
        .map_err(StoreError::corrupt("annotation_revisions", "content"))?;
    sqlx::query!(
        "INSERT INTO annotation_revisions (annotation_id, revision, content) VALUES ($1, $2, $3)",
        id.0,
        revision,
        said
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is written down when a revision is submitted.
#[derive(Debug)]
pub struct Submission {
    /// The revision.
    pub revision: i64,
    /// Seconds the reader was at it, idle time left out; `None` where nobody counted.
    pub active_seconds: Option<f64>,
    /// Whether its suggestions were shown, or kept back for the control group; `None` where there were none.
    pub assisted: Option<bool>,
    /// Regions that the reader drew and no suggestion, shown or not, had pointed to; `None` where there was none.
    pub missed: Option<usize>,
    /// How much the bilingual checks found in it.
    pub flags: i32,
}

/// Marks a revision as submitted.
pub async fn submit(
    conn: &mut PgConnection,
    id: AnnotationId,
    submission: &Submission,
) -> Stored<()> {
    sqlx::query!(
        "UPDATE annotations SET submitted_revision = $2, submitted_at = now(), active_seconds = $3, assisted = $4, missed = $5, flags = $6 WHERE id = $1",
        id.0, submission.revision, submission.active_seconds, submission.assisted,
        submission.missed.and_then(|missed| i32::try_from(missed).ok()), submission.flags
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The image an annotation is of.
pub async fn image_of(conn: &mut PgConnection, id: AnnotationId) -> Stored<Option<ImageId>> {
    Ok(
        sqlx::query_scalar!("SELECT image_id FROM annotations WHERE id = $1", id.0)
            .fetch_optional(conn)
            .await?
            .map(ImageId),
    )
}

/// A page of an annotation's revisions after the revision `after`, oldest first.
pub async fn revisions(
    conn: &mut PgConnection,
    id: AnnotationId,
    after: i64,
    limit: i64,
) -> Stored<Vec<Revision>> {
    let rows = sqlx::query!(
        r#"SELECT r.revision, rfc3339(r.saved_at) AS "saved_at!", coalesce(a.submitted_revision = r.revision, false) AS "submitted!", r.content
           FROM annotation_revisions r JOIN annotations a ON a.id = r.annotation_id
           WHERE a.id = $1 AND r.revision > $2 ORDER BY r.revision LIMIT $3"#,
        id.0, after, limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Revision {
                revision: r.revision,
                saved_at: r.saved_at,
                submitted: r.submitted,
                content: content(r.content)?,
            })
        })
        .collect()
}

/// A region that a model proposed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Suggestion {
    /// Its id; a region that grows from it names it as its origin.
    #[schema(value_type = Uuid)]
    pub id: SuggestionId,
    /// Where.
    pub bbox: PixelBox,
    /// What.
    #[schema(value_type = String)]
    pub concept: ConceptKey,
    /// How probably it is right, in 0..=1: where `calibrated`, the share of boxes that a reader would have placed with an IoU of at least 0.5,
    /// as often as among held-out patients; elsewhere the probability of the answer's tokens.
    pub confidence: f64,
    /// Whether the confidence was held against outcomes.
    pub calibrated: bool,
    /// The box widened so that it holds the whole of what it marks, if anything is there, with a probability of at least 0.9; absent where
    /// too few patients allow no such promise.
    pub outer: Option<PixelBox>,
    /// The model's description in each language.
    #[schema(value_type = BTreeMap<String, String>)]
    pub texts: BTreeMap<Lang, String>,
    /// The model.
    #[schema(value_type = Uuid)]
    pub model_id: ModelId,
    /// Its name.
    pub model_name: String,
}

/// The living suggestions on an image, surest first.
pub async fn suggestions(conn: &mut PgConnection, image: ImageId) -> Stored<Vec<Suggestion>> {
    let rows = sqlx::query!(
        "SELECT s.id, s.bbox, s.concept, s.confidence, s.calibrated, s.outer_bbox, s.texts, s.model_id, m.name FROM suggestions s
         JOIN models m ON m.id = s.model_id WHERE s.image_id = $1 AND NOT s.retired ORDER BY s.confidence DESC, s.id",
        image.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Suggestion {
                id: SuggestionId(r.id),
                bbox: boxed("bbox", r.bbox)?,
                concept: r
                    .concept
                    .parse()
                    .map_err(StoreError::corrupt("suggestions", "concept"))?,
                confidence: r.confidence,
                calibrated: r.calibrated,
                outer: (r.outer_bbox.map(|corners| boxed("outer_bbox", corners))).transpose()?,
                texts: serde_json::from_value(r.texts)
                    .map_err(StoreError::corrupt("suggestions", "texts"))?,
                model_id: ModelId(r.model_id),
                model_name: r.name,
            })
        })
        .collect()
}

pub(super) fn boxed(column: &'static str, corners: Vec<f64>) -> Stored<PixelBox> {
    let corners: [f64; 4] = corners
        .try_into()
        .map_err(|_| StoreError::corrupt("suggestions", column)("not four numbers"))?;
    corners
        .try_into()
        .map_err(StoreError::corrupt("suggestions", column))
}

/// Puts a model's suggestions in the place of earlier ones on an image that nobody has begun to read.
pub async fn replace_suggestions(
    conn: &mut PgConnection,
    image: ImageId,
    model: ModelId,
    proposed: &[ProposedRegion],
) -> Stored<()> {
    let begun = sqlx::query_scalar!(
        r#"SELECT (EXISTS (SELECT FROM annotations WHERE image_id = $1)
                   OR EXISTS (SELECT FROM leases WHERE image_id = $1 AND until > now())) AS "begun!""#,
        image.0
    )
    .fetch_one(&mut *conn)
    .await?;
    if begun {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE suggestions SET retired = true WHERE image_id = $1 AND NOT retired",
        image.0
    )
    .execute(&mut *conn)
    .await?;
    for region in proposed {
        let texts = serde_json::to_value(&region.texts)
            .map_err(StoreError::corrupt("suggestions", "texts"))?;
        let signals = (region.signals.as_ref().map(serde_json::to_value))
            .transpose()
            .map_err(StoreError::corrupt("suggestions", "signals"))?;
        let outer = region.outer.map(|outer| outer.corners());
        sqlx::query!(
            "INSERT INTO suggestions (id, image_id, model_id, bbox, concept, confidence, texts, calibrated, signals, outer_bbox)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            SuggestionId::fresh().0, image.0, model.0, &region.bbox.corners()[..], region.concept.as_str(), region.confidence, texts,
            region.calibrated, signals, outer.as_ref().map(|corners| &corners[..])
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// What became of a suggestion.
#[derive(Debug)]
pub struct Fate {
    /// accepted, adjusted, rejected or ignored.
    pub outcome: &'static str,
    /// How much the reader's box overlaps the suggested one, where one grew from it.
    pub iou: Option<f64>,
    /// The characters changed in each language's text, where a region grew from it.
    pub edits: Option<BTreeMap<Lang, usize>>,
}

/// Writes down what became of a suggestion; submitting again replaces it.
pub async fn put_outcome(
    conn: &mut PgConnection,
    id: SuggestionId,
    annotation: AnnotationId,
    fate: &Fate,
) -> Stored<()> {
    let edits = (fate.edits.as_ref().map(serde_json::to_value).transpose())
        .map_err(StoreError::corrupt("suggestion_outcomes", "edits"))?;
    sqlx::query!(
        "INSERT INTO suggestion_outcomes (suggestion_id, annotation_id, outcome, iou, edits) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (suggestion_id, annotation_id) DO UPDATE SET outcome = excluded.outcome, iou = excluded.iou,
             edits = excluded.edits, at = now()",
        id.0, annotation.0, fate.outcome, fate.iou, edits
    )
    .execute(conn)
    .await?;
    Ok(())
}
