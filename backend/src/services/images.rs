//! Images in, and their pixels out.

use super::access::{self, Permission};
use super::headers::{self, Known};
use super::turns::Turns;
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::imaging::slide::{self, Tiles};
use crate::imaging::{self, Canonical, Hints, Identifier, ImagingError};
use crate::store;
use crate::store::images::{self, Filter, Image, ImageState, NewImage};
use crate::store::projects::Project;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use medreg_datasets::ids::{Digest, ImageId, ProjectId};
use medreg_datasets::modality::Modality;
use medreg_datasets::snapshot::{ObjectRef, Split};
use sqlx::PgConnection;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// How many uploads are decoded at once: the largest takes more than a gigabyte of memory. The others wait.
static DECODES: Turns = Turns::new(2);
/// How many slides are: one may take minutes, which nothing else shall wait for.
static SLIDES: Turns = Turns::new(1);

/// An upload, as it was sent.
#[derive(Debug)]
pub struct Upload {
    /// The file's name, for messages only.
    pub file_name: String,
    /// The file; it is never in memory as a whole where it is a slide.
    pub file: File,
    /// The patient's pseudonym, chosen by whoever sends; without one a DICOM file's own patient is pseudonymised.
    pub patient: Option<String>,
    /// The study's pseudonym, likewise.
    pub study: Option<String>,
    /// The kind of picture, where the file does not say.
    pub modality: Option<Modality>,
    /// Whether the sender vouches that no patient data is burned into the pixels.
    pub attested: bool,
    /// The split that its data set puts the patient into; without it, the project's shares decide.
    pub split: Option<Split>,
}

/// Whether the actor may bring images into a project: asked before the bytes of one are read.
pub async fn may_take_in(hospital: &Hospital, actor: &Actor, project: ProjectId) -> Outcome<()> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Upload).await?;
    Ok(())
}

/// Takes an image in: decoded, stripped, its pixels kept before the row that names them. The same image again changes nothing.
pub async fn take_in(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    upload: Upload,
) -> Outcome<(Image, bool)> {
    let mut conn = hospital.pool.acquire().await?;
    let (project, _) = access::project(&mut conn, actor, project, Permission::Upload).await?;
    drop(conn);
    let names = Names::of(&upload)?;
    let wanted = upload.split;
    let (mut canonical, tiles) = decode(upload).await?;
    let pixels = keep(hospital, &canonical, tiles.as_ref()).await?;
    let raster = hospital.objects.put(canonical.rendered.clone()).await?;

    let series = canonical.series_key.as_ref();
    let series =
        series.map(|id| pseudonym(&hospital.pseudonym_key, project.id, "series", id.expose()));
    let header = canonical.header.take();
    let (patient, study) = names.pseudonyms(hospital, &project, &canonical, raster.sha256.as_str());
    let header = match header {
        Some(header) => {
            let known = Known {
                patient: patient.clone(),
                study: study.clone(),
                pixels: pixels.iter().map(|p| p.sha256.to_string()).collect(),
            };
            headers::deidentify(hospital, &project, known, header).await?
        }
        None => None,
    };
    let mut tx = hospital.pool.begin().await?;
    let split = wanted.unwrap_or_else(|| Split::of_patient(project.id, &patient, project.shares));
    let patient = images::patient(&mut tx, project.id, &patient, split).await?;
    let study = images::study(&mut tx, patient, &study).await?;
    let new = NewImage {
        project: project.id,
        study,
        modality: canonical.modality,
        size: canonical.size,
        bits: canonical.bits,
        colour: canonical.colour,
        window: canonical.window,
        pixel_spacing: canonical.pixel_spacing,
        series: series.as_deref(),
        facts: &canonical.facts,
        pixels: &pixels,
        raster: &raster,
        attestation_reason: canonical.attestation_reason.as_ref(),
    };
    let (id, fresh) = images::insert(&mut tx, &new).await?;
    if let Some(tiles) = &tiles {
        images::insert_edges(&mut tx, id, &tiles.edges).await?;
    }
    if let Some(header) = &header {
        store::headers::insert(&mut tx, id, header).await?;
    }
    let image = images::image(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("image"))?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != image.split) {
        let reason = format!(
            "its data set says {wanted}, but its patient is in {} already",
            image.split
        );
        return Err(ServiceError::invalid("split", reason));
    }
    if fresh {
        audit(
            &mut tx,
            actor,
            "image.add",
            id,
            serde_json::json!({ "project": project.id, "waiting": image.state }),
        )
        .await?;
    }
    tx.commit().await?;
    Ok((image, fresh))
}

/// Keeps what an image is made of: a PNG for each frame, or all tiles of a slide in one object.
async fn keep(
    hospital: &Hospital,
    canonical: &Canonical,
    tiles: Option<&Tiles>,
) -> Outcome<Vec<ObjectRef>> {
    if let Some(tiles) = tiles {
        let file = tiles.file.try_clone();
        let file = file.map_err(|e| ServiceError::Internal(format!("a slide's tiles: {e}")))?;
        let kept = hospital
            .objects
            .put_stream(pieces(file), slide::MAX_KEPT_BYTES);
        return Ok(vec![kept.await?]);
    }
    let mut pixels = Vec::with_capacity(canonical.pixels.len());
    for frame in &canonical.pixels {
        pixels.push(hospital.objects.put(frame.clone()).await?);
    }
    Ok(pixels)
}

/// A file's bytes from its beginning on, a few at a time.
fn pieces(file: File) -> BoxStream<'static, io::Result<Bytes>> {
    const PIECE: usize = 1 << 20;
    let file = Arc::new(file);
    let next = move |at: u64| {
        let file = file.clone();
        async move {
            let read = move || {
                let mut piece = vec![0; PIECE];
                let length = file.read_at(&mut piece, at)?;
                piece.truncate(length);
                io::Result::Ok(piece)
            };
            let piece = tokio::task::spawn_blocking(read).await??;
            let after = at + piece.len() as u64;
            io::Result::Ok((!piece.is_empty()).then(|| (Bytes::from(piece), after)))
        }
    };
    stream::try_unfold(0, next).boxed()
}

async fn decode(upload: Upload) -> Outcome<(Canonical, Option<Tiles>)> {
    let Upload {
        file_name,
        file,
        modality,
        attested,
        ..
    } = upload;
    let hints = Hints {
        file_name: file_name.clone(),
        modality,
        attested,
    };
    let turns = match imaging::is_slide(&file) {
        true => &SLIDES,
        false => &DECODES,
    };
    let read = turns
        .take(move || imaging::read_file(&file, &hints))
        .await?;
    read.map_err(|source| match source {
        ImagingError::Disk(reason) => ServiceError::Internal(reason),
        source => ServiceError::BadImage {
            file: file_name,
            source,
        },
    })
}

/// The names that the sender chose, checked.
struct Names {
    patient: Option<String>,
    study: Option<String>,
}

impl Names {
    fn of(upload: &Upload) -> Outcome<Self> {
        for (field, name) in [("patient", &upload.patient), ("study", &upload.study)] {
            let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name
                .as_ref()
                .is_some_and(|n| n.is_empty() || n.chars().count() > 100 || !n.chars().all(allowed))
            {
                return Err(ServiceError::invalid(
                    field,
                    "1 to 100 letters, digits, '-', '_' or '.' are expected",
                ));
            }
        }
        Ok(Self {
            patient: upload.patient.clone(),
            study: upload.study.clone(),
        })
    }

    /// Pseudonyms for patient and study. PatientID may be empty, PS3.3 section C.7.1.1, and is in many files that others made
    /// anonymous: what shares a study is then one patient, who must not come into two splits. A file that names no study
    /// either is a patient of its own.
    fn pseudonyms(
        self,
        hospital: &Hospital,
        project: &Project,
        canonical: &Canonical,
        raster: &str,
    ) -> (String, String) {
        let keyed = |kind: &str, id: &Identifier| {
            pseudonym(&hospital.pseudonym_key, project.id, kind, id.expose())
        };
        let own = || pseudonym(&hospital.pseudonym_key, project.id, "pixels", raster);
        let patient = self
            .patient
            .or_else(|| {
                canonical
                    .patient_key
                    .as_ref()
                    .map(|id| keyed("patient", id))
            })
            .or_else(|| {
                canonical
                    .study_key
                    .as_ref()
                    .map(|id| keyed("patient-of-study", id))
            })
            .unwrap_or_else(own);
        let study = self
            .study
            .or_else(|| canonical.study_key.as_ref().map(|id| keyed("study", id)))
            .unwrap_or_else(|| "1".to_owned());
        (patient, study)
    }
}

/// A keyed hash: the same identifier is the same pseudonym inside a project and another in every other.
pub(super) fn pseudonym(
    key: &[u8; 32],
    project: ProjectId,
    kind: &str,
    identifier: &str,
) -> String {
    // A key of any length is fine for HMAC, so this cannot fail; without a key the fixed text still reveals nothing.
    headers::keyed(key, project, kind, identifier).map_or_else(
        || "unknown".to_owned(),
        |hash| format!("P{}", &Digest::from_raw(&hash).as_str()[..16]),
    )
}

/// One page of a project's images.
pub async fn list(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    filter: Filter,
    page: (Option<ImageId>, i64),
) -> Outcome<Vec<Image>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Read).await?;
    Ok(images::page(&mut conn, project, filter, page.0, page.1).await?)
}

/// One image.
pub async fn image(hospital: &Hospital, actor: &Actor, id: ImageId) -> Outcome<Image> {
    let mut conn = hospital.pool.acquire().await?;
    Ok(access::image(&mut conn, actor, id, Permission::Read)
        .await?
        .0)
}

/// The images of the same patient that may be shown beside one, itself among them. The patient is the project's own, so who
/// may read the one may read the others.
pub async fn related(hospital: &Hospital, actor: &Actor, id: ImageId) -> Outcome<Vec<Image>> {
    let mut conn = hospital.pool.acquire().await?;
    access::image(&mut conn, actor, id, Permission::Read).await?;
    Ok(images::related(&mut conn, id).await?)
}

/// Writes down a person's word on burned-in patient data.
pub async fn attest(
    hospital: &Hospital,
    actor: &Actor,
    id: ImageId,
    burned_in: bool,
) -> Outcome<Image> {
    let mut tx = hospital.pool.begin().await?;
    access::image(&mut tx, actor, id, Permission::Attest).await?;
    images::attest(&mut tx, id, burned_in).await?;
    let image = images::image(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("image"))?;
    audit(
        &mut tx,
        actor,
        "image.attest",
        id,
        serde_json::json!({ "burned_in": burned_in }),
    )
    .await?;
    tx.commit().await?;
    Ok(image)
}

/// Which pixels of an image.
#[derive(Clone, Copy, Debug)]
pub enum Pixels {
    /// The canonical pixels of one frame.
    Frame(u32),
    /// The 8-bit picture as a reader first sees it.
    Rendered,
}

/// An image whose pixels the actor may see. One that waits for a person's word is shown only to those who may give it.
pub(super) async fn visible(conn: &mut PgConnection, actor: &Actor, id: ImageId) -> Outcome<Image> {
    let (image, _) = access::image(conn, actor, id, Permission::Read).await?;
    match image.state {
        ImageState::Withheld => {
            return Err(ServiceError::Forbidden(
                "patient data was seen in this image: it is withheld",
            ));
        }
        ImageState::WaitingAttestation => {
            access::image(conn, actor, id, Permission::Attest).await?;
        }
        ImageState::Open | ImageState::Leased | ImageState::Submitted => {}
    }
    Ok(image)
}

/// An image's PNG and its digest; of a slide it is the whole of it in one smaller picture.
pub async fn pixels(
    hospital: &Hospital,
    actor: &Actor,
    id: ImageId,
    which: Pixels,
) -> Outcome<(Digest, Bytes)> {
    let mut conn = hospital.pool.acquire().await?;
    let image = visible(&mut conn, actor, id).await?;
    let digest = match which {
        Pixels::Frame(0) if is_slide(&image) => image.raster.sha256,
        Pixels::Rendered => image.raster.sha256,
        Pixels::Frame(frame) => images::frame_pixels(&mut conn, id, frame)
            .await?
            .ok_or(ServiceError::NotFound("frame"))?,
    };
    drop(conn);
    let png = hospital.objects.get(&digest).await?;
    Ok((digest, png))
}

fn is_slide(image: &Image) -> bool {
    image
        .facts
        .as_ref()
        .is_some_and(|facts| facts.pyramid.is_some())
}

/// A place in a slide.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The level, 0 for the finest.
    pub level: u32,
    /// The tile's column.
    pub column: u32,
    /// The tile's row.
    pub row: u32,
}

/// A tile of a slide: a JPEG or a PNG. Nothing else of the slide is read.
pub async fn tile(hospital: &Hospital, actor: &Actor, id: ImageId, place: Place) -> Outcome<Bytes> {
    let mut conn = hospital.pool.acquire().await?;
    let image = visible(&mut conn, actor, id).await?;
    let levels = image.facts.and_then(|facts| facts.pyramid);
    let levels = levels.ok_or(ServiceError::NotFound("slide"))?;
    let number = slide::tile_number(&levels, place.level, place.column, place.row)
        .ok_or(ServiceError::NotFound("tile of the slide"))?;
    let (slide, range) = images::tile(&mut conn, id, number)
        .await?
        .ok_or(ServiceError::NotFound("tile of the slide"))?;
    drop(conn);
    Ok(hospital.objects.part(&slide, range).await?)
}
