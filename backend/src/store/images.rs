//! Patients, studies and images.

use super::{StoreError, Stored};
use crate::imaging::{Facts, Window};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::{Digest, ImageId, PatientId, ProjectId, StudyId};
use medreg_datasets::likeness::Likeness;
use medreg_datasets::modality::Modality;
use medreg_datasets::reason::AttestationReason;
use medreg_datasets::routing::Route;
use medreg_datasets::snapshot::{ObjectRef, Split};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageState {
    /// A person must say first that no patient data is burned in.
    WaitingAttestation,
    /// Patient data was seen in its pixels: never served.
    Withheld,
    /// Nobody has it, nobody finished it.
    Open,
    /// Somebody is reading it.
    Leased,
    /// Somebody submitted it.
    Submitted,
}

/// An image as its readers see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Image {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ImageId,
    /// Its project.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// The patient's pseudonym.
    pub patient: String,
    /// The study's pseudonym.
    pub study: String,
    /// The kind of picture.
    pub modality: Modality,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// How many frames it has.
    pub frames: u32,
    /// 8 or 16.
    pub bits: u8,
    /// Whether it is in colour.
    pub colour: bool,
    /// How grey levels are shown at first.
    pub window: Option<Window>,
    /// Row and column spacing in mm.
    pub pixel_spacing: Option<[f64; 2]>,
    /// The series' pseudonym, where the file names one.
    pub series: Option<String>,
    /// How it is to be looked at and measured; absent for images that came before this was kept.
    pub facts: Option<Facts>,
    /// The patient's split.
    pub split: Split,
    /// Where the case stands.
    pub state: ImageState,
    /// How much the bilingual checks found in what was submitted about it; absent where nothing was.
    pub flags: Option<i32>,
    /// Which way the case goes; absent where the project's cases all go the same, where nobody has to read it any more, and where it is read
    /// without suggestions.
    pub route: Option<Route>,
    /// Why it waits for a person's word, where it does.
    pub attestation_reason: Option<AttestationReason>,
    /// The 8-bit PNG as a reader first sees it.
    pub raster: ObjectRef,
    /// When it came.
    pub created_at: String,
}

impl Image {
    /// Its size.
    pub fn size(&self) -> Stored<ImageSize> {
        ImageSize::new(self.width, self.height).map_err(StoreError::corrupt("images", "width"))
    }
}

#[derive(Debug)]
struct Row {
    id: Uuid,
    project_id: Uuid,
    patient: String,
    study: String,
    modality: String,
    width: i32,
    height: i32,
    frames: i32,
    bits: i16,
    colour: bool,
    display_window: Option<serde_json::Value>,
    spacing_row: Option<f64>,
    spacing_column: Option<f64>,
    series: Option<String>,
    facts: Option<serde_json::Value>,
    split: String,
    raster: String,
    raster_bytes: i64,
    attested: bool,
    withheld: bool,
    attestation_reason: Option<String>,
    attestation_why: Option<serde_json::Value>,
    leased: bool,
    submitted: bool,
    flags: Option<i32>,
    route: Option<String>,
    created_at: String,
}

impl Row {
    fn state(&self) -> ImageState {
        match self {
            Self { withheld: true, .. } => ImageState::Withheld,
            Self {
                attested: false, ..
            } => ImageState::WaitingAttestation,
            Self {
                submitted: true, ..
            } => ImageState::Submitted,
            Self { leased: true, .. } => ImageState::Leased,
            _ => ImageState::Open,
        }
    }
}

impl TryFrom<Row> for Image {
    type Error = StoreError;
    fn try_from(row: Row) -> Stored<Self> {
        let count =
            |n: i32, column| u32::try_from(n).map_err(StoreError::corrupt("images", column));
        let state = row.state();
        Ok(Self {
            id: ImageId(row.id),
            project_id: ProjectId(row.project_id),
            patient: row.patient,
            study: row.study,
            modality: row
                .modality
                .parse()
                .map_err(StoreError::corrupt("images", "modality"))?,
            width: count(row.width, "width")?,
            height: count(row.height, "height")?,
            frames: count(row.frames, "frames")?,
            bits: if row.bits == 16 { 16 } else { 8 },
            colour: row.colour,
            window: row
                .display_window
                .map(serde_json::from_value)
                .transpose()
                .map_err(StoreError::corrupt("images", "display_window"))?,
            pixel_spacing: row.spacing_row.zip(row.spacing_column).map(|(r, c)| [r, c]),
            series: row.series,
            facts: row
                .facts
                .map(serde_json::from_value)
                .transpose()
                .map_err(StoreError::corrupt("images", "facts"))?,
            split: row
                .split
                .parse()
                .map_err(StoreError::corrupt("patients", "split"))?,
            state,
            flags: row.flags,
            route: row
                .route
                .map(|route| route.parse())
                .transpose()
                .map_err(StoreError::corrupt("case_routes", "route"))?,
            attestation_reason: attestation_reason(row.attestation_why, row.attestation_reason)?,
            raster: ObjectRef {
                sha256: row
                    .raster
                    .parse()
                    .map_err(StoreError::corrupt("images", "raster"))?,
                bytes: row.raster_bytes.unsigned_abs(),
            },
            created_at: row.created_at,
        })
    }
}

/// What an image is made of.
#[derive(Debug)]
pub struct NewImage<'a> {
    /// Its project.
    pub project: ProjectId,
    /// Its study.
    pub study: StudyId,
    /// The kind of picture.
    pub modality: Modality,
    /// Its size.
    pub size: ImageSize,
    /// 8 or 16.
    pub bits: u8,
    /// Whether it is in colour.
    pub colour: bool,
    /// How grey levels are shown at first.
    pub window: Option<Window>,
    /// Row and column spacing in mm.
    pub pixel_spacing: Option<[f64; 2]>,
    /// The series' pseudonym.
    pub series: Option<&'a str>,
    /// How it is to be looked at and measured.
    pub facts: &'a Facts,
    /// The canonical pixels, frame by frame.
    pub pixels: &'a [ObjectRef],
    /// The 8-bit PNG.
    pub raster: &'a ObjectRef,
    /// Why a person's word is needed first; `None` where it is not, or was given.
    pub attestation_reason: Option<&'a AttestationReason>,
}

/// The patient of this pseudonym, made where it is new; an old one keeps its split.
pub async fn patient(
    conn: &mut PgConnection,
    project: ProjectId,
    pseudonym: &str,
    split: Split,
) -> Stored<PatientId> {
    let id = sqlx::query_scalar!(
        "INSERT INTO patients (id, project_id, pseudonym, split) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, pseudonym) DO UPDATE SET pseudonym = excluded.pseudonym RETURNING id",
        PatientId::fresh().0, project.0, pseudonym, split.as_str()
    )
    .fetch_one(conn)
    .await?;
    Ok(PatientId(id))
}

/// The patient's study of this pseudonym, made where it is new.
pub async fn study(
    conn: &mut PgConnection,
    patient: PatientId,
    pseudonym: &str,
) -> Stored<StudyId> {
    let id = sqlx::query_scalar!(
        "INSERT INTO studies (id, patient_id, pseudonym) VALUES ($1, $2, $3)
         ON CONFLICT (patient_id, pseudonym) DO UPDATE SET pseudonym = excluded.pseudonym RETURNING id",
        StudyId::fresh().0, patient.0, pseudonym
    )
    .fetch_one(conn)
    .await?;
    Ok(StudyId(id))
}

/// Adds an image; `false` beside its id where the study already had these pixels, all frames of them, shown like this. One
/// that came before its facts were kept gets them then.
pub async fn insert(conn: &mut PgConnection, new: &NewImage<'_>) -> Stored<(ImageId, bool)> {
    let window = new
        .window
        .map(serde_json::to_value)
        .transpose()
        .map_err(StoreError::corrupt("images", "display_window"))?;
    let why = new
        .attestation_reason
        .map(serde_json::to_value)
        .transpose()
        .map_err(StoreError::corrupt("images", "attestation_why"))?;
    let words = new.attestation_reason.map(ToString::to_string);
    let facts = serde_json::to_value(new.facts).map_err(StoreError::corrupt("images", "facts"))?;
    let pixels: Vec<String> = new.pixels.iter().map(|p| p.sha256.to_string()).collect();
    let side = |n: u32| i32::try_from(n).map_err(StoreError::corrupt("images", "width"));
    let row = sqlx::query!(
        r#"INSERT INTO images (id, project_id, study_id, modality, width, height, frames, bits, colour, display_window,
                               spacing_row, spacing_column, pixels, raster, raster_bytes, attested_at, attestation_reason, series, facts, attestation_why)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                   CASE WHEN $16::text IS NULL THEN now() END, $16, $17, $18, $19)
           ON CONFLICT (study_id, content_digest) DO UPDATE SET
               series = CASE WHEN images.facts IS NULL THEN excluded.series ELSE images.series END,
               facts = coalesce(images.facts, excluded.facts)
           RETURNING id, (xmax = 0) AS "fresh!""#,
        ImageId::fresh().0, new.project.0, new.study.0, new.modality.as_str(), side(new.size.width())?, side(new.size.height())?,
        side(u32::try_from(new.pixels.len()).unwrap_or(u32::MAX))?, i16::from(new.bits), new.colour, window,
        new.pixel_spacing.map(|s| s[0]), new.pixel_spacing.map(|s| s[1]), &pixels, new.raster.sha256.as_str(),
        new.raster.bytes.cast_signed(), words, new.series, facts, why,
    )
    .fetch_one(conn)
    .await?;
    Ok((ImageId(row.id), row.fresh))
}

/// Images as [`Row`]s, by what stands before and after their columns and tables: the macro that checks a query reads literals alone.
macro_rules! image_rows {
    ($before:literal, $after:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Row,
            $before
                + r#"SELECT i.id, i.project_id, p.pseudonym AS patient, s.pseudonym AS study, i.modality, i.width, i.height, i.frames,
                  i.bits, i.colour, i.display_window, i.spacing_row, i.spacing_column, i.series, i.facts, p.split, i.raster, i.raster_bytes,
                  (i.attested_at IS NOT NULL) AS "attested!", i.withheld, i.attestation_reason, i.attestation_why,
                  EXISTS (SELECT FROM leases l WHERE l.image_id = i.id AND l.until > now()) AS "leased!",
                  EXISTS (SELECT FROM annotations a WHERE a.image_id = i.id AND a.submitted_revision IS NOT NULL) AS "submitted!",
                  (SELECT max(a.flags) FROM annotations a WHERE a.image_id = i.id AND a.submitted_revision IS NOT NULL) AS flags,
                  (SELECT c.route FROM routed_cases c WHERE c.image_id = i.id AND c.shown) AS route,
                  rfc3339(i.created_at) AS "created_at!"
                  FROM images i JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id "#
                + $after,
            $($argument),*
        )
    };
}

/// One image.
pub async fn image(conn: &mut PgConnection, id: ImageId) -> Stored<Option<Image>> {
    let row = image_rows!("", "WHERE i.id = $1", id.0)
        .fetch_optional(conn)
        .await?;
    row.map(Image::try_from).transpose()
}

/// The most images that are given beside one of the same patient: two large CT series.
const MOST_RELATED: i64 = 2_000;

/// The images of the same patient that may be shown beside an image, itself among them: its own study's first.
pub async fn related(conn: &mut PgConnection, id: ImageId) -> Stored<Vec<Image>> {
    let rows = image_rows!(
        "",
        "JOIN (SELECT o.study_id, os.patient_id FROM images o JOIN studies os ON os.id = o.study_id WHERE o.id = $1) AS asked
           ON asked.patient_id = s.patient_id
         WHERE i.attested_at IS NOT NULL AND NOT i.withheld
         ORDER BY i.study_id <> asked.study_id, i.study_id, i.id LIMIT $2",
        id.0,
        MOST_RELATED
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Image::try_from).collect()
}

/// What a list of images is narrowed to.
#[derive(Debug, Default, Clone, Copy)]
pub struct Filter {
    /// Only cases that stand there.
    pub state: Option<ImageState>,
    /// Only patients of this split.
    pub split: Option<Split>,
    /// Only cases that go this way.
    pub route: Option<Route>,
}

/// One page of a project's images, in order of arrival, after the image `after`.
pub async fn page(
    conn: &mut PgConnection,
    project: ProjectId,
    filter: Filter,
    after: Option<ImageId>,
    limit: i64,
) -> Stored<Vec<Image>> {
    let state = filter.state.map(|s| format!("{s:?}"));
    let rows = image_rows!(
        "SELECT * FROM (",
        r#"WHERE i.project_id = $1 AND ($2::uuid IS NULL OR i.id > $2) AND ($3::text IS NULL OR p.split = $3)) AS listed
           WHERE ($4::text IS NULL OR $4 = CASE WHEN withheld THEN 'Withheld' WHEN NOT "attested!" THEN 'WaitingAttestation'
                                               WHEN "submitted!" THEN 'Submitted' WHEN "leased!" THEN 'Leased' ELSE 'Open' END)
             AND ($6::text IS NULL OR route = $6)
           ORDER BY id LIMIT $5"#,
        project.0,
        after.map(|a| a.0),
        filter.split.map(Split::as_str),
        state,
        limit,
        filter.route.map(Route::as_str)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Image::try_from).collect()
}

/// The digest of one frame's canonical pixels.
pub async fn frame_pixels(
    conn: &mut PgConnection,
    id: ImageId,
    frame: u32,
) -> Stored<Option<Digest>> {
    let index = i32::try_from(frame).unwrap_or(i32::MAX).saturating_add(1);
    let digest = sqlx::query_scalar!("SELECT pixels[$2] FROM images WHERE id = $1", id.0, index)
        .fetch_optional(conn)
        .await?;
    digest
        .flatten()
        .map(|d| d.parse().map_err(StoreError::corrupt("images", "pixels")))
        .transpose()
}

/// Writes down where the tiles of a slide lie in its object.
pub async fn insert_edges(conn: &mut PgConnection, id: ImageId, edges: &[u64]) -> Stored<()> {
    let edges: Vec<u8> = edges.iter().flat_map(|edge| edge.to_be_bytes()).collect();
    sqlx::query!(
        "INSERT INTO slides (image_id, edges) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        id.0,
        edges
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The object of a slide and where one of its tiles lies in it, of which only the edges are read.
pub async fn tile(
    conn: &mut PgConnection,
    id: ImageId,
    number: u64,
) -> Stored<Option<(Digest, Range<u64>)>> {
    const EDGE: u64 = 8;
    let from = i32::try_from(number * EDGE + 1).map_err(StoreError::corrupt("slides", "edges"))?;
    let row = sqlx::query!(
        r#"SELECT i.pixels[1] AS "digest!", substring(s.edges FROM $2 FOR 16) AS "edges!"
           FROM slides s JOIN images i ON i.id = s.image_id WHERE s.image_id = $1"#,
        id.0,
        from
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let digest = row
        .digest
        .parse()
        .map_err(StoreError::corrupt("images", "pixels"))?;
    let edges = row.edges.as_slice().try_into();
    let both = u128::from_be_bytes(edges.map_err(StoreError::corrupt("slides", "edges"))?);
    // The upper half and the lower one.
    Ok(Some((digest, (both >> 64) as u64..both as u64)))
}

/// The widths, in pixels, of those of these images that are a project's.
pub async fn widths(
    conn: &mut PgConnection,
    project: ProjectId,
    ids: &[ImageId],
) -> Stored<BTreeMap<ImageId, u32>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "SELECT id, width FROM images WHERE project_id = $1 AND id = ANY($2)",
        project.0,
        &ids
    )
    .fetch_all(conn)
    .await?;
    let widths = rows.into_iter();
    Ok(widths
        .map(|r| (ImageId(r.id), r.width.unsigned_abs()))
        .collect())
}

/// Writes down a person's word on an image: free of burned-in patient data, or withheld for good.
pub async fn attest(conn: &mut PgConnection, id: ImageId, burned_in: bool) -> Stored<()> {
    sqlx::query!(
        "UPDATE images SET withheld = withheld OR $2, attested_at = CASE WHEN withheld OR $2 THEN NULL ELSE coalesce(attested_at, now()) END
         WHERE id = $1",
        id.0, burned_in
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Why a person's word is or was asked for; servers of before there were kinds wrote words alone.
pub(super) fn attestation_reason(
    why: Option<serde_json::Value>,
    words: Option<String>,
) -> Stored<Option<AttestationReason>> {
    match why {
        Some(why) => serde_json::from_value(why)
            .map(Some)
            .map_err(StoreError::corrupt("images", "attestation_why")),
        None => Ok(words.map(|text| AttestationReason::Said { text })),
    }
}

/// What a project's pictures look like, as far as anybody has looked.
pub async fn likenesses(
    conn: &mut PgConnection,
    project: ProjectId,
) -> Stored<HashMap<ImageId, Likeness>> {
    let rows = sqlx::query!(
        r#"SELECT id, likeness AS "likeness!" FROM images WHERE project_id = $1 AND likeness IS NOT NULL"#,
        project.0
    )
    .fetch_all(conn)
    .await?;
    let found = rows.into_iter().filter_map(|r| {
        let likeness = Likeness::from_bytes(&r.likeness)?;
        Some((ImageId(r.id), likeness))
    });
    Ok(found.collect())
}

/// An image that nobody has looked at, and its raster.
pub async fn not_looked_at(conn: &mut PgConnection) -> Stored<Option<(ImageId, Digest)>> {
    let row =
        sqlx::query!("SELECT id, raster FROM images WHERE likeness IS NULL ORDER BY id LIMIT 1")
            .fetch_optional(conn)
            .await?;
    row.map(|r| {
        let raster = r.raster.parse();
        Ok((
            ImageId(r.id),
            raster.map_err(StoreError::corrupt("images", "raster"))?,
        ))
    })
    .transpose()
}

/// Notes what an image's picture looks like.
pub async fn set_likeness(conn: &mut PgConnection, id: ImageId, likeness: Likeness) -> Stored<()> {
    let bytes = likeness.to_bytes();
    sqlx::query!(
        "UPDATE images SET likeness = $2 WHERE id = $1",
        id.0,
        &bytes[..]
    )
    .execute(conn)
    .await?;
    Ok(())
}
