//! A project as a DICOMweb server, PS3.18: searched, retrieved from, stored into. Who may see what is decided as everywhere else, and
//! what somebody may not see is not found.

mod made;
mod query;
mod retrieve;
mod search;
mod store;

pub use made::{Made, file, frame, metadata, rendered};
pub use query::{Include, Level, Query};
pub use retrieve::{Objects, objects};
pub use search::{Found, search};
pub use store::{Failure, Stored, store};

use super::access::{self, Permission};
use super::{Actor, Outcome};
use crate::store::instances::Sight;
use crate::store::projects::Project;
use medreg_datasets::ids::ProjectId;
use sqlx::PgConnection;

/// The project, and what of it the actor sees: images that wait for a person's word only where they may give it, others' regions
/// only where they may read them.
async fn sight(
    conn: &mut PgConnection,
    actor: &Actor,
    project: ProjectId,
) -> Outcome<(Project, Sight)> {
    let (project, role) = access::project(conn, actor, project, Permission::Read).await?;
    let sight = Sight {
        project: project.id,
        waiting: role.may(Permission::Attest),
        reader: (!role.may(Permission::ReadAnnotations)).then_some(actor.user),
    };
    Ok((project, sight))
}
