//! Who may do what in a project. A project that somebody is not a member of does not exist for them.

use super::{Actor, Outcome, ServiceError};
use crate::store::images::{self, Image};
use crate::store::projects::{self, Project, Role};
use medreg_datasets::ids::{ImageId, ProjectId};
use sqlx::PgConnection;

/// What a use case needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// See the project and its images.
    Read,
    /// Read cases and write annotations.
    Annotate,
    /// See what others wrote.
    ReadAnnotations,
    /// Bring images in.
    Upload,
    /// Say that pixels are free of patient data.
    Attest,
    /// Cut and export snapshots.
    Snapshot,
    /// Launch runs, promote models, start acquisitions.
    Train,
    /// Change the project, its members and its ontology.
    Manage,
}

impl Role {
    /// Whether this role may do it.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{Annotate, Attest, Read, ReadAnnotations, Snapshot, Train, Upload};
        match self {
            Self::Annotator => matches!(permission, Read | Annotate),
            Self::Reviewer => matches!(permission, Read | Annotate | ReadAnnotations | Attest),
            Self::Engineer => matches!(
                permission,
                Read | ReadAnnotations | Upload | Snapshot | Train
            ),
            Self::Lead | Self::Admin => true,
        }
    }
}

/// What the actor is in a project; not found for a stranger, forbidden where the role does not reach.
pub async fn project(
    conn: &mut PgConnection,
    actor: &Actor,
    id: ProjectId,
    needs: Permission,
) -> Outcome<(Project, Role)> {
    let role = match actor.is_admin {
        true => Some(Role::Admin),
        false => projects::role(conn, id, actor.user).await?,
    };
    let found = projects::project(conn, id).await?;
    let (project, role) = found.zip(role).ok_or(ServiceError::NotFound("project"))?;
    if role.may(needs) {
        Ok((project, role))
    } else {
        Err(refusal(needs))
    }
}

/// An image of a project in which the actor may do that much.
pub async fn image(
    conn: &mut PgConnection,
    actor: &Actor,
    id: ImageId,
    needs: Permission,
) -> Outcome<(Image, Project)> {
    let image = images::image(conn, id)
        .await?
        .ok_or(ServiceError::NotFound("image"))?;
    match project(conn, actor, image.project_id, needs).await {
        Ok((project, _)) => Ok((image, project)),
        Err(ServiceError::NotFound(_)) => Err(ServiceError::NotFound("image")),
        Err(other) => Err(other),
    }
}

/// Only for those who run the installation.
pub fn admin(actor: &Actor) -> Outcome<()> {
    if actor.is_admin {
        Ok(())
    } else {
        Err(ServiceError::Forbidden("only an administrator may do this"))
    }
}

fn refusal(needs: Permission) -> ServiceError {
    ServiceError::Forbidden(match needs {
        Permission::Read => "your role in this project does not let you see this",
        Permission::Annotate => "your role in this project does not let you read cases",
        Permission::ReadAnnotations => "only reviewers, engineers and leads see what others wrote",
        Permission::Upload => "only engineers and leads bring images in",
        Permission::Attest => "only reviewers and leads say that an image is free of patient data",
        Permission::Snapshot => "only engineers and leads cut and export snapshots",
        Permission::Train => "only engineers and leads train and promote models",
        Permission::Manage => "only a project's lead may do this",
    })
}
