//! Cases: who reads what next.

use super::access::{self, Permission};
use super::{Actor, Hospital, Outcome, ServiceError, annotations::latest_of};
use crate::store::annotations::{self, Annotation, Suggestion};
use crate::store::cases::{self, Choice, Lease, Reader};
use crate::store::images::{Image, ImageState};
use crate::store::projects::{Project, Role};
use medreg_datasets::ids::{Digest, ImageId, LeaseId, ProjectId};
use medreg_datasets::snapshot::Split;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

/// A case in a reader's hands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Case {
    /// What to read.
    pub image: Image,
    /// The reader's hold on it.
    pub lease: Lease,
    /// What the reader has made of it so far.
    pub annotation: Annotation,
    /// What the model proposes; empty on test cases and on the control group's.
    pub suggestions: Vec<Suggestion>,
    /// Why the model asked for it.
    pub choice: Option<Choice>,
}

/// The next case for this reader: the one they hold, else the best that nobody holds. `None` where all are done.
pub async fn next(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    split: Option<Split>,
) -> Outcome<Option<Case>> {
    // Somebody else may take what was just found before this transaction's lease is written; then the next one is tried.
    loop {
        let mut tx = hospital.pool.begin().await?;
        let (project, role) =
            access::project(&mut tx, actor, project, Permission::Annotate).await?;
        let reader = reader(actor, role);
        cases::one_at_a_time(&mut tx, actor.user).await?;
        let found = match cases::held(&mut tx, project.id, reader, split).await? {
            Some(image) => Some(image),
            None => cases::next_free(&mut tx, project.id, reader, split).await?,
        };
        let Some(image) = found else {
            return Ok(None);
        };
        let Some(lease) = cases::take(&mut tx, image, actor.user).await? else {
            continue;
        };
        if !cases::is_waiting(&mut tx, image, reader).await? {
            continue;
        }
        let case = view(&mut tx, actor, &project, image, lease).await?;
        tx.commit().await?;
        return Ok(Some(case));
    }
}

/// The image that this reader would get next, as far as can be told: another reader may be faster.
pub async fn upcoming(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    split: Option<Split>,
) -> Outcome<Option<ImageId>> {
    let mut conn = hospital.pool.acquire().await?;
    let (project, role) = access::project(&mut conn, actor, project, Permission::Annotate).await?;
    Ok(cases::upcoming(&mut conn, project.id, reader(actor, role), split).await?)
}

fn reader(actor: &Actor, role: Role) -> Reader {
    Reader {
        user: actor.user,
        is_expert: role.is_expert(),
    }
}

/// Opens a given case.
pub async fn open(hospital: &Hospital, actor: &Actor, image: ImageId) -> Outcome<Case> {
    let mut tx = hospital.pool.begin().await?;
    let (found, project) = access::image(&mut tx, actor, image, Permission::Annotate).await?;
    may_be_read(&found)?;
    let Some(lease) = cases::take(&mut tx, image, actor.user).await? else {
        let holder = cases::holder(&mut tx, image).await?;
        let (by, until) = holder.map_or_else(
            || ("somebody".to_owned(), "now".to_owned()),
            |h| (h.name, h.until),
        );
        return Err(ServiceError::Leased { by, until });
    };
    let case = view(&mut tx, actor, &project, image, lease).await?;
    tx.commit().await?;
    Ok(case)
}

/// Nobody reads an image in which patient data may be seen.
pub(super) fn may_be_read(image: &Image) -> Outcome<()> {
    match image.state {
        ImageState::WaitingAttestation => Err(ServiceError::Forbidden(
            "this image waits for a reviewer's word that it shows no patient data",
        )),
        ImageState::Withheld => Err(ServiceError::Forbidden(
            "patient data was seen in this image: it is withheld",
        )),
        ImageState::Open | ImageState::Leased | ImageState::Submitted => Ok(()),
    }
}

async fn view(
    conn: &mut PgConnection,
    actor: &Actor,
    project: &Project,
    id: ImageId,
    lease: Lease,
) -> Outcome<Case> {
    let image = crate::store::images::image(conn, id)
        .await?
        .ok_or(ServiceError::NotFound("image"))?;
    let suggestions = match shows_suggestions(project, &image) {
        true => annotations::suggestions(conn, id).await?,
        false => Vec::new(),
    };
    let annotation = latest_of(conn, actor, id).await?;
    let choice = cases::choice(conn, project.id, id).await?;
    Ok(Case {
        image,
        lease,
        annotation,
        suggestions,
        choice,
    })
}

/// Whether a case is shown with suggestions: never one that is held out for testing, nor one of the control group.
pub(super) fn shows_suggestions(project: &Project, image: &Image) -> bool {
    image.split != Split::Test && !is_blind(project, image.id)
}

/// Whether a case belongs to the control group: drawn by hash, so that reloading does not change it.
pub(super) fn is_blind(project: &Project, image: ImageId) -> bool {
    let digest = Digest::of(format!("blind/{}/{image}", project.id).as_bytes());
    digest.percentile() < u32::from(project.blind_share)
}

/// Renews a hold; works for one that ran out as long as nobody took the case over, and for somebody who still may read it.
pub async fn renew(hospital: &Hospital, actor: &Actor, lease: LeaseId) -> Outcome<Lease> {
    let mut conn = hospital.pool.acquire().await?;
    let image = cases::leased_image(&mut conn, lease, actor.user)
        .await?
        .ok_or(ServiceError::NotFound("lease"))?;
    let (found, _) = match access::image(&mut conn, actor, image, Permission::Annotate).await {
        Err(ServiceError::NotFound(_)) => return Err(ServiceError::NotFound("lease")),
        other => other?,
    };
    may_be_read(&found)?;
    cases::take(&mut conn, image, actor.user)
        .await?
        .ok_or(ServiceError::NotFound("lease"))
}

/// Gives a case back unfinished.
pub async fn give_back(hospital: &Hospital, actor: &Actor, lease: LeaseId) -> Outcome<()> {
    let mut conn = hospital.pool.acquire().await?;
    let image = cases::leased_image(&mut conn, lease, actor.user)
        .await?
        .ok_or(ServiceError::NotFound("lease"))?;
    Ok(cases::release(&mut conn, image, actor.user).await?)
}
