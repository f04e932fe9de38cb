//! What DICOMweb shows of a project: images, and the objects that tell of their regions, by UID and by attribute.

use super::{StoreError, Stored};
use crate::imaging::objects::Attributes;
use medreg_datasets::ids::{AnnotationId, Digest, ImageId, ProjectId, UserId};
use medreg_datasets::region::AnnotationContent;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// Whose eyes a project is seen with.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// The project.
    pub project: ProjectId,
    /// Whether images are seen that wait for a person's word.
    pub waiting: bool,
    /// The reader whose regions alone are seen; `None` for those who see everybody's.
    pub reader: Option<UserId>,
}

/// Which objects, by their UIDs; an empty list is all.
#[derive(Clone, Debug, Default)]
pub struct Uids {
    /// StudyInstanceUID (0020,000D).
    pub studies: Vec<String>,
    /// SeriesInstanceUID (0020,000E).
    pub series: Vec<String>,
    /// SOPInstanceUID (0008,0018).
    pub instances: Vec<String>,
}

/// What one of an attribute's values must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The attribute, as eight hexadecimal digits.
    pub tag: String,
    /// SQL's patterns, of which one fits.
    pub patterns: Option<Vec<String>>,
    /// Whether capitals and small letters are one.
    pub folded: bool,
    /// The lowest of a range.
    pub low: Option<String>,
    /// The highest of a range.
    pub high: Option<String>,
}

/// Which matches are given: so many, after so many.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many at most.
    pub limit: i64,
    /// How many are passed over.
    pub offset: i64,
}

/// What an object is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An image with the header of its file.
    Image,
    /// A picture that had none.
    Capture,
    /// A report of this revision of an annotation.
    Report(AnnotationId, i64),
    /// A presentation state of it.
    Presentation(AnnotationId, i64),
}

/// One object.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What it is made of.
    pub kind: Kind,
    /// The image, or the one that it is about.
    pub image: ImageId,
    /// StudyInstanceUID (0020,000D).
    pub study: String,
    /// SeriesInstanceUID (0020,000E).
    pub series: String,
    /// SOPInstanceUID (0008,0018).
    pub uid: String,
    /// Its attributes, but those of its pixels or of what it tells.
    pub attributes: Attributes,
}

/// A study or a series that was found.
#[derive(Clone, Debug)]
pub struct Group {
    /// StudyInstanceUID (0020,000D).
    pub study: String,
    /// SeriesInstanceUID (0020,000E), of a series.
    pub series: Option<String>,
    /// The attributes of one of its objects, of an image where it has one.
    pub attributes: Attributes,
    /// How many objects it has.
    pub instances: i64,
    /// How many series.
    pub series_count: i64,
    /// Their modalities.
    pub modalities: Vec<String>,
}

fn attributes(value: serde_json::Value) -> Stored<Attributes> {
    serde_json::from_value(value).map_err(StoreError::corrupt("dicom_headers", "header"))
}

fn some(uids: &[String]) -> Option<&[String]> {
    (!uids.is_empty()).then_some(uids)
}

fn conditions_json(conditions: &[Condition]) -> Stored<serde_json::Value> {
    serde_json::to_value(conditions).map_err(StoreError::corrupt("dicom_headers", "header"))
}

struct GroupRow {
    study: String,
    series: Option<String>,
    attributes: serde_json::Value,
    instances: i64,
    series_count: i64,
    modalities: Vec<String>,
}

impl TryFrom<GroupRow> for Group {
    type Error = StoreError;
    fn try_from(row: GroupRow) -> Stored<Self> {
        Ok(Self {
            study: row.study,
            series: row.series,
            attributes: attributes(row.attributes)?,
            instances: row.instances,
            series_count: row.series_count,
            modalities: row.modalities,
        })
    }
}

struct InstanceRow {
    kind: String,
    image_id: Uuid,
    annotation_id: Option<Uuid>,
    revision: Option<i64>,
    study_uid: String,
    series_uid: String,
    sop_uid: String,
    attributes: serde_json::Value,
}

impl TryFrom<InstanceRow> for Instance {
    type Error = StoreError;
    fn try_from(row: InstanceRow) -> Stored<Self> {
        let of = row.annotation_id.map(AnnotationId).zip(row.revision);
        let kind = match (row.kind.as_str(), of) {
            ("report", Some((id, revision))) => Kind::Report(id, revision),
            ("presentation", Some((id, revision))) => Kind::Presentation(id, revision),
            ("capture", _) => Kind::Capture,
            _ => Kind::Image,
        };
        Ok(Self {
            kind,
            image: ImageId(row.image_id),
            study: row.study_uid,
            series: row.series_uid,
            uid: row.sop_uid,
            attributes: attributes(row.attributes)?,
        })
    }
}

/// A search among what is seen ($1 to $4) of the named studies, series and objects ($5 to $7) that meets the conditions ($8). The
/// macro that checks a query reads literals alone, and this is said once for the three levels.
macro_rules! search {
    ($row:ty, $chosen:literal, $given:literal, $seen:expr, $uids:expr, $conditions:expr, $page:expr) => {
        sqlx::query_as!(
            $row,
            r#"WITH seen AS NOT MATERIALIZED (
                 SELECT * FROM dicom_instances d WHERE project_id = $1 AND NOT withheld AND ($2 OR attested)
                   AND ($3::uuid IS NULL OR reader_id IS NULL OR reader_id = $3) AND ($4::text[] IS NULL OR study_uid = ANY($4))),
               matching AS NOT MATERIALIZED (
                 SELECT * FROM seen d WHERE ($5::text[] IS NULL OR series_uid = ANY($5)) AND ($6::text[] IS NULL OR sop_uid = ANY($6))
                   AND NOT EXISTS (
                     SELECT FROM jsonb_to_recordset($7::jsonb) AS wanted (tag text, patterns text[], folded boolean, low text, high text)
                     WHERE NOT EXISTS (
                       SELECT FROM jsonb_array_elements(coalesce(d.attributes -> wanted.tag -> 'Value', '[]')) AS held (value)
                       CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(held.value) WHEN 'object' THEN held.value ->> 'Alphabetic'
                                                  ELSE held.value #>> '{}' END AS text) AS said
                       WHERE (wanted.patterns IS NULL OR CASE WHEN wanted.folded THEN said.text ILIKE ANY (wanted.patterns)
                                                              ELSE said.text LIKE ANY (wanted.patterns) END)
                         AND (wanted.low IS NULL OR said.text COLLATE "C" >= wanted.low)
                         AND (wanted.high IS NULL OR said.text COLLATE "C" <= wanted.high)))),
               chosen AS ("#
                + $chosen
                + " LIMIT $8 OFFSET $9) "
                + $given,
            $seen.project.0,
            $seen.waiting,
            $seen.reader.map(|r| r.0),
            some(&$uids.studies) as Option<&[String]>,
            some(&$uids.series) as Option<&[String]>,
            some(&$uids.instances) as Option<&[String]>,
            conditions_json($conditions)?,
            $page.limit,
            $page.offset
        )
    };
}

/// The studies in which something matches, by their UIDs.
pub async fn studies(
    conn: &mut PgConnection,
    sight: &Sight,
    uids: &Uids,
    conditions: &[Condition],
    page: Page,
) -> Stored<Vec<Group>> {
    let rows = search!(
        GroupRow,
        r#"SELECT DISTINCT study_uid COLLATE "C" AS study_uid FROM matching ORDER BY 1"#,
        r#"SELECT c.study_uid AS "study!", NULL::text AS series, one.attributes AS "attributes!", counted.instances AS "instances!",
                  counted.series_count AS "series_count!", counted.modalities AS "modalities!"
           FROM chosen c
           CROSS JOIN LATERAL (SELECT s.attributes FROM seen s WHERE s.study_uid = c.study_uid ORDER BY s.kind, s.sop_uid LIMIT 1) AS one
           CROSS JOIN LATERAL (SELECT count(*) AS instances, count(DISTINCT s.series_uid) AS series_count,
                                      coalesce(array_agg(DISTINCT s.attributes #>> '{00080060,Value,0}')
                                               FILTER (WHERE s.attributes #>> '{00080060,Value,0}' IS NOT NULL), '{}') AS modalities
                               FROM seen s WHERE s.study_uid = c.study_uid) AS counted
           ORDER BY c.study_uid"#,
        sight,
        uids,
        conditions,
        page
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// The series in which something matches, by their UIDs.
pub async fn series(
    conn: &mut PgConnection,
    sight: &Sight,
    uids: &Uids,
    conditions: &[Condition],
    page: Page,
) -> Stored<Vec<Group>> {
    let rows = search!(
        GroupRow,
        r#"SELECT DISTINCT study_uid COLLATE "C" AS study_uid, series_uid COLLATE "C" AS series_uid FROM matching ORDER BY 1, 2"#,
        r#"SELECT c.study_uid AS "study!", c.series_uid AS series, one.attributes AS "attributes!", counted.instances AS "instances!",
                  1::bigint AS "series_count!", '{}'::text[] AS "modalities!"
           FROM chosen c
           CROSS JOIN LATERAL (SELECT s.attributes FROM seen s WHERE s.study_uid = c.study_uid AND s.series_uid = c.series_uid
                               ORDER BY s.sop_uid LIMIT 1) AS one
           CROSS JOIN LATERAL (SELECT count(*) AS instances FROM seen s
                               WHERE s.study_uid = c.study_uid AND s.series_uid = c.series_uid) AS counted
           ORDER BY c.study_uid, c.series_uid"#,
        sight,
        uids,
        conditions,
        page
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// The objects that match, by their UIDs.
pub async fn instances(
    conn: &mut PgConnection,
    sight: &Sight,
    uids: &Uids,
    conditions: &[Condition],
    page: Page,
) -> Stored<Vec<Instance>> {
    let rows = search!(
        InstanceRow,
        r#"SELECT * FROM matching ORDER BY study_uid COLLATE "C", series_uid COLLATE "C", sop_uid COLLATE "C""#,
        r#"SELECT kind AS "kind!", image_id AS "image_id!", annotation_id, revision, study_uid AS "study_uid!",
                  series_uid AS "series_uid!", sop_uid AS "sop_uid!", attributes AS "attributes!"
           FROM chosen ORDER BY study_uid COLLATE "C", series_uid COLLATE "C", sop_uid COLLATE "C""#,
        sight,
        uids,
        conditions,
        page
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Instance::try_from).collect()
}

/// The object that an image itself is; `None` for one that DICOMweb does not show.
pub async fn of_image(conn: &mut PgConnection, image: ImageId) -> Stored<Option<Instance>> {
    let row = sqlx::query_as!(
        InstanceRow,
        r#"SELECT kind AS "kind!", image_id AS "image_id!", annotation_id, revision, study_uid AS "study_uid!",
                  series_uid AS "series_uid!", sop_uid AS "sop_uid!", attributes AS "attributes!"
           FROM dicom_instances WHERE image_id = $1 AND kind IN ('image', 'capture')"#,
        image.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(Instance::try_from).transpose()
}

/// The digests of an image's frames.
pub async fn frames(conn: &mut PgConnection, image: ImageId) -> Stored<Vec<Digest>> {
    let digests = sqlx::query_scalar!("SELECT pixels FROM images WHERE id = $1", image.0)
        .fetch_optional(conn)
        .await?;
    let read = |digest: String| {
        digest
            .parse()
            .map_err(StoreError::corrupt("images", "pixels"))
    };
    digests.unwrap_or_default().into_iter().map(read).collect()
}

/// What a revision of an annotation says, who wrote it and when it was saved.
pub async fn said(
    conn: &mut PgConnection,
    annotation: AnnotationId,
    revision: i64,
) -> Stored<Option<(AnnotationContent, UserId, String)>> {
    let row = sqlx::query!(
        r#"SELECT r.content, a.reader_id, rfc3339(r.saved_at) AS "saved_at!" FROM annotation_revisions r
           JOIN annotations a ON a.id = r.annotation_id WHERE a.id = $1 AND r.revision = $2"#,
        annotation.0,
        revision
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let content = serde_json::from_value(row.content)
            .map_err(StoreError::corrupt("annotation_revisions", "content"))?;
        Ok((content, UserId(row.reader_id), row.saved_at))
    })
    .transpose()
}
