//! Headers of DICOM files: de-identified under the project's key, and what was done to them.

use super::access::{self, Permission};
use super::{Actor, Hospital, Outcome, ServiceError};
use crate::imaging::deidentify::{Deidentified, DeidentifyError, Header, Report, Wishes};
use crate::store::headers;
use crate::store::projects::Project;
use hmac::{Hmac, Mac};
use medreg_datasets::ids::{ImageId, ProjectId};
use sha2::Sha256;

/// The most days by which a patient's dates move: ten years.
const MOST_DAYS: u64 = 3650;

/// A keyed hash of what an identifier is and says: the same inside a project, another in every other.
pub(super) fn keyed(
    key: &[u8; 32],
    project: ProjectId,
    kind: &str,
    identifier: &str,
) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{project}/{kind}/{identifier}").as_bytes());
    Some(mac.finalize().into_bytes().into())
}

/// What a header is de-identified with besides itself.
pub(super) struct Known {
    /// The patient's pseudonym.
    pub patient: String,
    /// The study's.
    pub study: String,
    /// The digests of the image's frames, one after the other.
    pub pixels: String,
}

/// De-identifies a header as its project wants it, elsewhere: a large one takes a while. One that is too large is left out.
pub(super) async fn deidentify(
    hospital: &Hospital,
    project: &Project,
    known: Known,
    header: Header,
) -> Outcome<Option<Deidentified>> {
    let (key, project) = (hospital.pseudonym_key, project.clone());
    let done = tokio::task::spawn_blocking(move || {
        let uid = |original: &str| pseudonymous_uid(&key, project.id, original);
        header.deidentify(&Wishes {
            dates: project.keep_dates,
            keep_characteristics: project.keep_characteristics,
            patient: &known.patient,
            study: &known.study,
            instance: &known.pixels,
            days: days(&key, project.id, &known.patient),
            uid: &uid,
        })
    });
    let done = done.await;
    match done.map_err(|_| ServiceError::Internal("a header broke its de-identification".into()))? {
        Ok(header) => Ok(Some(header)),
        Err(too_large @ DeidentifyError::TooLarge) => {
            tracing::warn!("{too_large}");
            Ok(None)
        }
        Err(broken) => Err(ServiceError::Internal(broken.to_string())),
    }
}

/// A UID that is a UUID, PS3.5 section B.2, made of a keyed hash.
fn pseudonymous_uid(key: &[u8; 32], project: ProjectId, original: &str) -> String {
    let mut bytes = [0; 16];
    if let Some(hash) = keyed(key, project, "uid", original) {
        bytes.copy_from_slice(&hash[..16]);
    }
    let uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    format!("2.25.{}", uuid.as_u128())
}

/// By how many days a patient's dates move: at least one, so that none stays what it was.
fn days(key: &[u8; 32], project: ProjectId, patient: &str) -> i32 {
    let hash = keyed(key, project, "days", patient).unwrap_or_default();
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    (1 + u64::from_be_bytes(number) % MOST_DAYS) as i32
}

/// What was done to the header of an image, for those who say that it is free of patient data.
pub async fn report(hospital: &Hospital, actor: &Actor, image: ImageId) -> Outcome<Report> {
    let mut conn = hospital.pool.acquire().await?;
    access::image(&mut conn, actor, image, Permission::Attest).await?;
    let report = headers::report(&mut conn, image).await?;
    report.ok_or(ServiceError::NotFound("header of a DICOM file"))
}
