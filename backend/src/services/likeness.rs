//! What each picture looks like, found out in the background: a datasheet tells by it which pictures are nearly equal.

use super::{Hospital, Outcome, ServiceError};
use crate::imaging;
use crate::store::images;
use bytes::Bytes;
use medreg_datasets::ids::Digest;
use medreg_datasets::likeness::{Likeness, SHRUNK};

/// Looks at one picture that nobody has looked at; false where there is none.
pub async fn look_at_next(hospital: &Hospital) -> Outcome<bool> {
    let mut conn = hospital.pool.acquire().await?;
    let Some((image, raster)) = images::not_looked_at(&mut conn).await? else {
        return Ok(false);
    };
    drop(conn);
    let likeness = match look(hospital, &raster).await {
        Ok(likeness) => likeness,
        Err(error) => {
            // Else it would be tried for ever. Nothing is like it.
            tracing::warn!(%image, %error, "a picture could not be looked at");
            Likeness::default()
        }
    };
    let mut conn = hospital.pool.acquire().await?;
    images::set_likeness(&mut conn, image, likeness).await?;
    Ok(true)
}

async fn look(hospital: &Hospital, raster: &Digest) -> Outcome<Likeness> {
    let png: Bytes = hospital.objects.get(raster).await?;
    let greys = tokio::task::spawn_blocking(move || imaging::shrunk(&png, SHRUNK)).await;
    let internal = |e: &dyn std::fmt::Display| ServiceError::Internal(e.to_string());
    let greys = greys.map_err(|e| internal(&e))?.map_err(|e| internal(&e))?;
    Likeness::of(&greys).ok_or_else(|| internal(&"the picture was shrunk to another size"))
}
