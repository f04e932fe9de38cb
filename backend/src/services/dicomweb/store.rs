//! STOW-RS: a file comes in as any upload does, and what became of it is told in the words of PS3.18 section 10.5.

use crate::imaging::{self, Identity, ImagingError, MAX_BYTES};
use crate::services::images::{self, Upload};
use crate::services::{Actor, Hospital, Outcome, ServiceError};
use crate::store::instances::{self, Instance};
use medreg_datasets::ids::ProjectId;
use std::fs::File;

/// What became of a file.
#[derive(Debug)]
pub enum Stored {
    /// It is kept as this object.
    Kept(Box<Instance>),
    /// It is not.
    Failed {
        /// What the file itself says it is, where that can be read.
        identity: Option<Identity>,
        /// Why.
        why: Failure,
    },
}

/// Why a file was not kept: the failure reasons of PS3.18 annex I and PS3.4 table B.2-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something went wrong here.
    Processing,
    /// No image, of which alone there is something to mark.
    UnsupportedClass,
    /// Larger than any that is kept.
    TooLarge,
    /// Of another study than the one it was sent to.
    OtherStudy,
    /// Not to be read.
    CannotUnderstand,
}

impl Failure {
    /// FailureReason (0008,1197).
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Processing => 0x0110,
            Self::UnsupportedClass => 0x0122,
            Self::TooLarge => 0xA700,
            Self::OtherStudy => 0xA900,
            Self::CannotUnderstand => 0xC000,
        }
    }

    fn of(error: &ServiceError) -> Self {
        use ImagingError as E;
        match error {
            ServiceError::BadImage { source, .. } => match source {
                E::NoPixels => Self::UnsupportedClass,
                E::TooManyBytes { .. }
                | E::TooManyFrames { .. }
                | E::TooManyPixels { .. }
                | E::TooManyPixelsOfAll { .. } => Self::TooLarge,
                _ => Self::CannotUnderstand,
            },
            _ => Self::Processing,
        }
    }
}

/// Takes a file in, for a study where one is named.
pub async fn store(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    study: Option<&str>,
    file: File,
) -> Outcome<Stored> {
    let read = file.try_clone()?;
    let wanted = study.map(str::to_owned);
    let looked = tokio::task::spawn_blocking(move || {
        let identity = imaging::identity(&read);
        let fits =
            wanted.is_none_or(|study| imaging::study_of(&read).is_none_or(|own| own == study));
        (identity, fits)
    });
    let (identity, fits) = looked
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))?;
    let failed = |identity, why| Ok(Stored::Failed { identity, why });
    // Of a slide nothing is brought back over DICOMweb, so nothing is stored over it.
    if imaging::is_slide(&file) && identity.is_some() {
        return failed(identity, Failure::UnsupportedClass);
    }
    if file.metadata()?.len() > MAX_BYTES {
        return failed(identity, Failure::TooLarge);
    }
    if identity.is_none() {
        return failed(None, Failure::CannotUnderstand);
    }
    if !fits {
        return failed(identity, Failure::OtherStudy);
    }
    let upload = Upload {
        file_name: "a DICOM file".to_owned(),
        file,
        patient: None,
        study: None,
        modality: None,
        attested: false,
        split: None,
    };
    match images::take_in(hospital, actor, project, upload).await {
        Ok((image, _)) => {
            let mut conn = hospital.pool.acquire().await?;
            let kept = instances::of_image(&mut conn, image.id).await?;
            let kept = kept.ok_or(ServiceError::NotFound("instance"))?;
            Ok(Stored::Kept(Box::new(kept)))
        }
        Err(error) => {
            let why = Failure::of(&error);
            if why == Failure::Processing {
                tracing::error!(%error, "a DICOM file could not be stored");
            }
            failed(identity, why)
        }
    }
}
