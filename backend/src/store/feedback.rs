//! Cases that a model had proposed regions on, with what their readers did, whether or not they saw them.

use super::{StoreError, Stored};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::ids::{AnnotationId, ImageId, ModelId, ProjectId, SuggestionId, UserId};
use medreg_datasets::lang::Lang;
use medreg_datasets::region::{AnnotationContent, Region};
use serde::Deserialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// Which cases are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Submitted on this day (UTC, `YYYY-MM-DD`) or later.
    pub from: Option<String>,
    /// Submitted on this day or before.
    pub until: Option<String>,
    /// Those on which this model had proposed regions.
    pub model: Option<ModelId>,
}

/// How a suggestion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Taken as it was.
    Accepted,
    /// Taken and changed.
    Adjusted,
    /// Turned down.
    Rejected,
    /// Neither taken nor turned down.
    Ignored,
}

/// A suggestion, and how it ended where the reader saw it.
#[derive(Debug, Deserialize)]
pub struct Suggested {
    /// Its id.
    pub id: SuggestionId,
    /// Where it was.
    pub bbox: PixelBox,
    /// What it said in each language.
    pub texts: BTreeMap<Lang, String>,
    /// How it ended.
    pub outcome: Option<Fate>,
    /// The overlap of the reader's final box with it.
    pub iou: Option<f64>,
    /// The characters changed in each language.
    pub edits: Option<BTreeMap<Lang, usize>>,
}

/// A submitted case with its suggestions.
#[derive(Debug)]
pub struct Case {
    /// The annotation.
    pub annotation: AnnotationId,
    /// The image.
    pub image: ImageId,
    /// The model that had proposed regions on it.
    pub model: ModelId,
    /// The day on which it was submitted, UTC.
    pub day: String,
    /// Who read it.
    pub reader: (UserId, String),
    /// Whether the reader saw the suggestions.
    pub shown: bool,
    /// Seconds the reader was at it, idle time left out; absent where nobody counted.
    pub seconds: Option<f64>,
    /// Regions that no suggestion had pointed to.
    pub missed: i64,
    /// What the reader said in the end.
    pub regions: Vec<Region>,
    /// The suggestions.
    pub suggested: Vec<Suggested>,
}

/// A page of such cases in order of their annotations, after `after`.
pub async fn cases(
    conn: &mut PgConnection,
    project: ProjectId,
    wanted: &Wanted,
    after: Option<AnnotationId>,
    limit: i64,
) -> Stored<Vec<Case>> {
    let rows = sqlx::query!(
        r#"SELECT a.id, a.image_id, a.reader_id, u.display_name, a.assisted AS "shown!", a.active_seconds, coalesce(a.missed, 0) AS "missed!",
                  to_char(a.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "day!", r.content, g.model AS "model!", g.suggested AS "suggested!"
           FROM annotations a JOIN images i ON i.id = a.image_id JOIN users u ON u.id = a.reader_id
           JOIN annotation_revisions r ON r.annotation_id = a.id AND r.revision = a.submitted_revision
           CROSS JOIN LATERAL (
               SELECT min(s.model_id::text)::uuid AS model, jsonb_agg(jsonb_build_object('id', s.id, 'bbox', s.bbox, 'texts', s.texts,
                          'outcome', o.outcome, 'iou', o.iou, 'edits', o.edits) ORDER BY s.id) AS suggested
               FROM suggestions s LEFT JOIN suggestion_outcomes o ON o.suggestion_id = s.id AND o.annotation_id = a.id
               WHERE s.image_id = a.image_id AND NOT s.retired
           ) AS g
           WHERE i.project_id = $1 AND a.submitted_revision IS NOT NULL AND a.assisted IS NOT NULL AND g.model IS NOT NULL
             AND ($2::text IS NULL OR a.submitted_at >= $2::text::date::timestamp AT TIME ZONE 'UTC')
             AND ($3::text IS NULL OR a.submitted_at < ($3::text::date + 1)::timestamp AT TIME ZONE 'UTC')
             AND ($4::uuid IS NULL OR g.model = $4) AND ($5::uuid IS NULL OR a.id > $5) ORDER BY a.id LIMIT $6"#,
        project.0, wanted.from.as_deref(), wanted.until.as_deref(), wanted.model.map(|m| m.0), after.map(|a| a.0), limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let AnnotationContent { regions, .. } = serde_json::from_value(r.content)
                .map_err(StoreError::corrupt("annotation_revisions", "content"))?;
            Ok(Case {
                annotation: AnnotationId(r.id),
                image: ImageId(r.image_id),
                model: ModelId(r.model),
                day: r.day,
                reader: (UserId(r.reader_id), r.display_name),
                shown: r.shown,
                seconds: r.active_seconds,
                missed: i64::from(r.missed),
                regions,
                suggested: serde_json::from_value(r.suggested)
                    .map_err(StoreError::corrupt("suggestions", "bbox"))?,
            })
        })
        .collect()
}
