//! What DICOM files said besides their pixels, de-identified.

use super::{StoreError, Stored};
use crate::imaging::deidentify::{Deidentified, Report};
use medreg_datasets::ids::ImageId;
use sqlx::PgConnection;

/// Keeps an image's header. One that is there already stays: the same pixels are the same image, whichever file they come in.
pub async fn insert(conn: &mut PgConnection, image: ImageId, new: &Deidentified) -> Stored<()> {
    let report = serde_json::to_value(&new.report)
        .map_err(StoreError::corrupt("dicom_headers", "report"))?;
    sqlx::query!(
        "INSERT INTO dicom_headers (image_id, study_uid, series_uid, sop_uid, sop_class, header, report)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        image.0,
        new.study_uid,
        new.series_uid,
        new.sop_uid,
        new.sop_class,
        new.header,
        report
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was done to an image's header; `None` where it came without one.
pub async fn report(conn: &mut PgConnection, image: ImageId) -> Stored<Option<Report>> {
    let report = sqlx::query_scalar!(
        "SELECT report FROM dicom_headers WHERE image_id = $1",
        image.0
    )
    .fetch_optional(conn)
    .await?;
    report
        .map(serde_json::from_value)
        .transpose()
        .map_err(StoreError::corrupt("dicom_headers", "report"))
}
