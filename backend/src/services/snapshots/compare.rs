//! How one snapshot differs from another.

use super::cases::Spooled;
use super::snapshot;
use crate::services::{Actor, Hospital, Outcome, ServiceError};
use medreg_datasets::difference::{self, CaseDifference, OutOfOrder, SettingsDifference, Totals};
use medreg_datasets::ids::{Digest, ImageId};
use serde::Serialize;
use std::io;
use utoipa::ToSchema;

/// What two snapshots say otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub struct Differences {
    /// What their manifests say otherwise.
    pub settings: SettingsDifference,
    /// How much of their cases is the same, and how much is not.
    pub totals: Totals,
    /// The cases that are not the same, by their image's id.
    pub cases: Vec<CaseDifference>,
    /// The last image told of, where more follow: ask again for those after it.
    #[schema(value_type = Option<Uuid>)]
    pub next: Option<ImageId>,
}

/// Which of the cases that are not the same are told.
#[derive(Clone, Copy, Debug)]
pub struct Differing {
    /// Those after this image; from the start if none.
    pub after: Option<ImageId>,
    /// At most so many.
    pub limit: usize,
}

impl From<OutOfOrder> for ServiceError {
    fn from(error: OutOfOrder) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Compares two snapshots, each of which the actor must be allowed to see.
pub async fn compare(
    hospital: &Hospital,
    actor: &Actor,
    (before, after): (&Digest, &Digest),
    told: Differing,
) -> Outcome<Differences> {
    let before = snapshot(hospital, actor, before).await?.manifest;
    let after = snapshot(hospital, actor, after).await?.manifest;
    let settings = SettingsDifference::between(&before, &after);
    let old = Spooled::fetch(&hospital.objects, &before.cases.sha256).await?;
    let new = Spooled::fetch(&hospital.objects, &after.cases.sha256).await?;
    let compared = tokio::task::spawn_blocking(move || cases(&old, &new, told));
    let (totals, cases, next) = compared
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))??;
    Ok(Differences {
        settings,
        totals,
        cases,
        next,
    })
}

type Found = (Totals, Vec<CaseDifference>, Option<ImageId>);

fn cases(old: &Spooled, new: &Spooled, told: Differing) -> Outcome<Found> {
    let read = |cases: &Spooled| -> io::Result<_> {
        Ok(cases.cases()?.map(|case| case.map_err(ServiceError::from)))
    };
    let (mut found, mut more) = (Vec::new(), false);
    let totals = difference::compare(read(old)?, read(new)?, |case| {
        let wanted = told.after.is_none_or(|after| case.image > after);
        more |= wanted && found.len() == told.limit;
        if wanted && found.len() < told.limit {
            found.push(case);
        }
        Ok(())
    })?;
    let last = found.last().map(|case: &CaseDifference| case.image);
    Ok((totals, found, last.filter(|_| more)))
}
