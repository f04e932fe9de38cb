//! What DICOMweb shows of a project: images, and the objects that tell of their regions, by UID and by attribute.

use super::{StoreError, Stored};
use crate::imaging::objects::Attributes;
use medreg_datasets::ids::{AnnotationId, Digest, ImageId, ProjectId, UserId};
use medreg_datasets::region::AnnotationContent;
use serde::Serialize;
use serde_json::json;
use sqlx::{Connection, PgConnection};
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
    /// SeriesInstanceUID (0020,000E): of a study the series of the object whose attributes are told.
    pub series: String,
    /// The attributes of one of its objects, of an image where it has one.
    pub attributes: Attributes,
    /// How many objects it has.
    pub instances: i64,
    /// How many series.
    pub series_count: i64,
    /// Their modalities.
    pub modalities: Vec<String>,
}

fn some(uids: &[String]) -> Option<&[String]> {
    (!uids.is_empty()).then_some(uids)
}

fn conditions_json(conditions: &[Condition]) -> Stored<serde_json::Value> {
    serde_json::to_value(conditions).map_err(StoreError::corrupt("dicom_headers", "header"))
}

/// What stands in columns of its own, and not always among the attributes.
struct Columns {
    patient: String,
    modality: Option<String>,
    class: String,
    study: String,
    series: String,
    uid: String,
    attributes: serde_json::Value,
}

impl Columns {
    /// All attributes. Texts are in UTF-8 here, whatever they were in the file.
    fn attributes(&self) -> Stored<Attributes> {
        let mut set: Attributes = serde_json::from_value(self.attributes.clone())
            .map_err(StoreError::corrupt("dicom_headers", "header"))?;
        // PatientID (0010,0020) holds 64 characters, a pseudonym 100.
        let patient: String = self.patient.chars().take(64).collect();
        let mut put = |tag: &str, vr, value| {
            set.insert(tag.to_owned(), json!({ "vr": vr, "Value": [value] }));
        };
        put("00080005", "CS", json!("ISO_IR 192"));
        put("00080016", "UI", json!(self.class));
        put("00080018", "UI", json!(self.uid));
        if let Some(modality) = &self.modality {
            put("00080060", "CS", json!(modality));
        }
        put("00100010", "PN", json!({ "Alphabetic": patient }));
        put("00100020", "LO", json!(patient));
        put("0020000D", "UI", json!(self.study));
        put("0020000E", "UI", json!(self.series));
        Ok(set)
    }
}

struct GroupRow {
    patient: String,
    modality: Option<String>,
    class: String,
    study: String,
    series: String,
    uid: String,
    attributes: serde_json::Value,
    instances: i64,
    series_count: i64,
    modalities: Vec<String>,
}

impl TryFrom<GroupRow> for Group {
    type Error = StoreError;
    fn try_from(row: GroupRow) -> Stored<Self> {
        let columns = Columns {
            patient: row.patient,
            modality: row.modality,
            class: row.class,
            study: row.study,
            series: row.series,
            uid: row.uid,
            attributes: row.attributes,
        };
        Ok(Self {
            attributes: columns.attributes()?,
            study: columns.study,
            series: columns.series,
            instances: row.instances,
            series_count: row.series_count,
            modalities: row.modalities,
        })
    }
}

struct InstanceRow {
    kind: String,
    image: Uuid,
    annotation: Option<Uuid>,
    revision: Option<i64>,
    patient: String,
    modality: Option<String>,
    class: String,
    study: String,
    series: String,
    uid: String,
    attributes: serde_json::Value,
}

impl TryFrom<InstanceRow> for Instance {
    type Error = StoreError;
    fn try_from(row: InstanceRow) -> Stored<Self> {
        let of = row.annotation.map(AnnotationId).zip(row.revision);
        let kind = match (row.kind.as_str(), of) {
            ("report", Some((id, revision))) => Kind::Report(id, revision),
            ("presentation", Some((id, revision))) => Kind::Presentation(id, revision),
            ("capture", _) => Kind::Capture,
            _ => Kind::Image,
        };
        let columns = Columns {
            patient: row.patient,
            modality: row.modality,
            class: row.class,
            study: row.study,
            series: row.series,
            uid: row.uid,
            attributes: row.attributes,
        };
        Ok(Self {
            kind,
            image: ImageId(row.image),
            attributes: columns.attributes()?,
            study: columns.study,
            series: columns.series,
            uid: columns.uid,
        })
    }
}

/// Compiling a search, of which the planner expects much, takes longer than running it: of 30,000 images with a tenth of them
/// annotated a page of studies took 10 s so, and takes 1 s without.
async fn without_jit(conn: &mut PgConnection) -> Stored<sqlx::Transaction<'_, sqlx::Postgres>> {
    let mut tx = conn.begin().await?;
    sqlx::query!("SET LOCAL jit = off")
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}

/// A search among what is seen ($1 to $4) for series and objects ($5, $6) that meet the conditions ($7). The macro that checks a query
/// reads literals alone, and this is said once for the three levels.
///
/// First only names are chosen, then what is told is read of those: by far the most of an object are attributes that no search looks at.
macro_rules! search {
    ($row:ty, $chosen:literal, $given:literal, $seen:expr, $uids:expr, $conditions:expr, $page:expr) => {
        sqlx::query_as!(
            $row,
            r#"WITH seen AS NOT MATERIALIZED (
                 SELECT * FROM dicom_instances d WHERE project_id = $1 AND NOT withheld AND ($2 OR attested)
                   AND ($3::uuid IS NULL OR reader_id IS NULL OR reader_id = $3) AND ($4::text[] IS NULL OR study_uid = ANY($4))),
               matching AS NOT MATERIALIZED (
                 SELECT * FROM seen d WHERE ($5::text[] IS NULL OR series_uid = ANY($5)) AND ($6::text[] IS NULL OR sop_uid = ANY($6))
                   AND ($7::jsonb = '[]' OR NOT EXISTS (
                     SELECT FROM jsonb_to_recordset($7::jsonb) AS wanted (tag text, patterns text[], folded boolean, low text, high text)
                     WHERE NOT EXISTS (
                       SELECT FROM unnest(CASE
                         WHEN wanted.tag IN ('00100010', '00100020') THEN ARRAY[d.patient]
                         WHEN wanted.tag = '00080060' THEN ARRAY[d.modality]
                         WHEN wanted.tag = '00080016' THEN ARRAY[d.sop_class]
                         ELSE ARRAY(SELECT CASE jsonb_typeof(value) WHEN 'object' THEN value ->> 'Alphabetic' ELSE value #>> '{}' END
                                    FROM jsonb_array_elements(coalesce(d.attributes -> wanted.tag -> 'Value', '[]')) AS held (value))
                         END) AS said (text)
                       WHERE (wanted.patterns IS NULL OR CASE WHEN wanted.folded THEN said.text ILIKE ANY (wanted.patterns)
                                                              ELSE said.text LIKE ANY (wanted.patterns) END)
                         AND (wanted.low IS NULL OR said.text COLLATE "C" >= wanted.low)
                         AND (wanted.high IS NULL OR said.text COLLATE "C" <= wanted.high))))),
               chosen AS MATERIALIZED ("#
                + $chosen
                + r#" LIMIT $8 OFFSET $9),
               of_chosen AS NOT MATERIALIZED (
                 SELECT * FROM seen WHERE study_uid = ANY (ARRAY(SELECT DISTINCT study_uid FROM chosen))) "#
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
    let mut tx = without_jit(conn).await?;
    let rows = search!(
        GroupRow,
        r#"SELECT study_uid FROM matching GROUP BY study_uid ORDER BY study_uid COLLATE "C""#,
        r#", counted AS MATERIALIZED (
             SELECT study_uid, count(*) AS instances, count(DISTINCT series_uid) AS series_count,
                    coalesce(array_agg(DISTINCT modality) FILTER (WHERE modality IS NOT NULL), '{}') AS modalities,
                    (array_agg(sop_uid ORDER BY kind, sop_uid))[1] AS first
             FROM of_chosen GROUP BY study_uid)
           SELECT f.patient AS "patient!", f.modality, f.sop_class AS "class!", f.study_uid AS "study!", f.series_uid AS "series!",
                  f.sop_uid AS "uid!", f.attributes AS "attributes!", c.instances AS "instances!", c.series_count AS "series_count!",
                  c.modalities AS "modalities!"
           FROM counted c JOIN of_chosen f ON f.study_uid = c.study_uid AND f.sop_uid = c.first
           ORDER BY f.study_uid COLLATE "C""#,
        sight,
        uids,
        conditions,
        page
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
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
    let mut tx = without_jit(conn).await?;
    let rows = search!(
        GroupRow,
        r#"SELECT study_uid, series_uid FROM matching GROUP BY study_uid, series_uid
           ORDER BY study_uid COLLATE "C", series_uid COLLATE "C""#,
        r#", counted AS MATERIALIZED (
             SELECT o.study_uid, o.series_uid, count(*) AS instances, min(o.sop_uid COLLATE "C") AS first
             FROM of_chosen o JOIN chosen USING (study_uid, series_uid) GROUP BY o.study_uid, o.series_uid)
           SELECT f.patient AS "patient!", f.modality, f.sop_class AS "class!", f.study_uid AS "study!", f.series_uid AS "series!",
                  f.sop_uid AS "uid!", f.attributes AS "attributes!", c.instances AS "instances!", 1::bigint AS "series_count!",
                  '{}'::text[] AS "modalities!"
           FROM counted c JOIN of_chosen f ON f.study_uid = c.study_uid AND f.series_uid = c.series_uid AND f.sop_uid = c.first
           ORDER BY f.study_uid COLLATE "C", f.series_uid COLLATE "C""#,
        sight,
        uids,
        conditions,
        page
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
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
    let mut tx = without_jit(conn).await?;
    let rows = search!(
        InstanceRow,
        r#"SELECT study_uid, series_uid, sop_uid FROM matching
           ORDER BY study_uid COLLATE "C", series_uid COLLATE "C", sop_uid COLLATE "C""#,
        r#"SELECT f.kind AS "kind!", f.image_id AS "image!", f.annotation_id AS annotation, f.revision, f.patient AS "patient!",
                  f.modality, f.sop_class AS "class!", f.study_uid AS "study!", f.series_uid AS "series!", f.sop_uid AS "uid!",
                  f.attributes AS "attributes!"
           FROM chosen c JOIN of_chosen f USING (study_uid, series_uid, sop_uid)
           ORDER BY f.study_uid COLLATE "C", f.series_uid COLLATE "C", f.sop_uid COLLATE "C""#,
        sight,
        uids,
        conditions,
        page
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    rows.into_iter().map(Instance::try_from).collect()
}

/// The object that an image itself is; `None` for one that DICOMweb does not show.
pub async fn of_image(conn: &mut PgConnection, image: ImageId) -> Stored<Option<Instance>> {
    let row = sqlx::query_as!(
        InstanceRow,
        r#"SELECT kind AS "kind!", image_id AS "image!", NULL::uuid AS annotation, NULL::bigint AS revision, patient AS "patient!",
                  modality, sop_class AS "class!", study_uid AS "study!", series_uid AS "series!", sop_uid AS "uid!",
                  attributes AS "attributes!"
           FROM dicom_images WHERE image_id = $1"#,
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
