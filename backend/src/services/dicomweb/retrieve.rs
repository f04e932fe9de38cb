//! The objects of a study, of a series, or one alone, a few at a time: a study may have thousands.

use super::made::{Made, make};
use super::sight;
use crate::services::{Actor, Hospital, Outcome, ServiceError};
use crate::store::instances::{self, Instance, Page, Sight, Uids};
use crate::store::projects::Project;
use futures::stream::{self, BoxStream, StreamExt};
use medreg_datasets::ids::ProjectId;
use std::collections::VecDeque;

/// How many objects are looked up at once.
const AT_ONCE: i64 = 50;

/// Objects that were found and are still to be made.
#[derive(Debug)]
pub struct Objects {
    hospital: Hospital,
    project: Project,
    sight: Sight,
    uids: Uids,
    found: VecDeque<Instance>,
    offset: i64,
}

/// The objects of these UIDs that the actor sees; not found where there are none.
pub async fn objects(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    uids: Uids,
) -> Outcome<Objects> {
    let mut conn = hospital.pool.acquire().await?;
    let (project, sight) = sight(&mut conn, actor, project).await?;
    drop(conn);
    let mut objects = Objects {
        hospital: hospital.clone(),
        project,
        sight,
        uids,
        found: VecDeque::new(),
        offset: 0,
    };
    objects.look_up().await?;
    match objects.found.is_empty() {
        true => Err(ServiceError::NotFound("study, series or instance")),
        false => Ok(objects),
    }
}

impl Objects {
    async fn look_up(&mut self) -> Outcome<()> {
        let page = Page {
            limit: AT_ONCE,
            offset: self.offset,
        };
        let mut conn = self.hospital.pool.acquire().await?;
        let found = instances::instances(&mut conn, &self.sight, &self.uids, &[], page).await?;
        self.offset += AT_ONCE;
        self.found = found.into();
        Ok(())
    }

    /// The next one; `None` after the last.
    pub async fn next(&mut self) -> Outcome<Option<Made>> {
        if self.found.is_empty() {
            self.look_up().await?;
        }
        match self.found.pop_front() {
            Some(instance) => Ok(Some(make(&self.hospital, &self.project, instance).await?)),
            None => Ok(None),
        }
    }

    /// The only one.
    pub async fn only(mut self) -> Outcome<Made> {
        let made = self.next().await?;
        made.ok_or(ServiceError::NotFound("instance"))
    }

    /// All of them, one after the other.
    #[must_use]
    pub fn stream(self) -> BoxStream<'static, Outcome<Made>> {
        let next = |mut objects: Self| async move {
            let made = objects.next().await?;
            Outcome::Ok(made.map(|made| (made, objects)))
        };
        stream::try_unfold(self, next).boxed()
    }
}
