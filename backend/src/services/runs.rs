//! Training runs, as people see them.

use super::access::{self, Permission};
use super::acquisitions::checked_model;
use super::snapshots::all_may_be_seen;
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::runs::{self, NewRun, Run};
use crate::store::snapshots;
use bytes::Bytes;
use futures::stream::BoxStream;
use medreg_datasets::ids::{Digest, ProjectId, RunId};
use medreg_datasets::protocol::{ModelRef, RunConfig};
use medreg_datasets::snapshot::ObjectRef;
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// What a new run is made of.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The snapshot to learn from.
    pub snapshot: &'a Digest,
    /// What to start from.
    pub base: &'a ModelRef,
    /// How to train.
    pub config: &'a RunConfig,
    /// What to call it.
    pub name: Option<&'a str>,
}

/// Puts a run into the queue.
pub async fn launch(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    launch: &Launch<'_>,
) -> Outcome<Run> {
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, project, Permission::Train).await?;
    let snapshot = snapshots::snapshot(&mut tx, launch.snapshot).await?;
    let snapshot = snapshot
        .filter(|s| s.project_id == project)
        .ok_or(ServiceError::NotFound("snapshot in this project"))?;
    all_may_be_seen(&mut tx, launch.snapshot).await?;
    launch.config.check()?;
    let base = checked_model(&mut tx, project, launch.base).await?;
    let name = launch
        .name
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .unwrap_or(&snapshot.name);
    if name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(ServiceError::invalid(
            "name",
            "at most 200 printable characters are expected",
        ));
    }
    let new = NewRun {
        project,
        name,
        snapshot: launch.snapshot,
        base: &base,
        config: launch.config,
        by: actor.user,
    };
    let id = runs::insert(&mut tx, &new).await?;
    let run = runs::run(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("run"))?;
    audit(
        &mut tx,
        actor,
        "run.launch",
        id,
        serde_json::json!({ "snapshot": launch.snapshot }),
    )
    .await?;
    tx.commit().await?;
    Ok(run)
}

/// A project's runs, newest first.
pub async fn list(hospital: &Hospital, actor: &Actor, project: ProjectId) -> Outcome<Vec<Run>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Read).await?;
    Ok(runs::of_project(&mut conn, project).await?)
}

async fn permitted(conn: &mut PgConnection, actor: &Actor, id: RunId) -> Outcome<Run> {
    let run = runs::run(conn, id)
        .await?
        .ok_or(ServiceError::NotFound("run"))?;
    match access::project(conn, actor, run.project_id, Permission::Train).await {
        Err(ServiceError::NotFound(_)) => Err(ServiceError::NotFound("run")),
        other => other.map(|_| run),
    }
}

/// One run.
pub async fn run(hospital: &Hospital, actor: &Actor, id: RunId) -> Outcome<Run> {
    let mut conn = hospital.pool.acquire().await?;
    permitted(&mut conn, actor, id).await
}

/// Asks a run to stop.
pub async fn stop(hospital: &Hospital, actor: &Actor, id: RunId) -> Outcome<Run> {
    let mut tx = hospital.pool.begin().await?;
    permitted(&mut tx, actor, id).await?;
    if !runs::stop(&mut tx, id).await? {
        return Err(ServiceError::RunIsOver);
    }
    let run = runs::run(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("run"))?;
    audit(&mut tx, actor, "run.stop", id, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(run)
}

/// Puts a run that ended without a model back into the queue.
pub async fn resume(hospital: &Hospital, actor: &Actor, id: RunId) -> Outcome<Run> {
    let mut tx = hospital.pool.begin().await?;
    permitted(&mut tx, actor, id).await?;
    if !runs::resume(&mut tx, id).await? {
        return Err(ServiceError::NothingToResume);
    }
    let run = runs::run(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("run"))?;
    audit(&mut tx, actor, "run.resume", id, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(run)
}

/// A run's measured values after a step, by name.
pub async fn metrics(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
    after_step: i32,
) -> Outcome<BTreeMap<String, Vec<(i32, f64)>>> {
    let mut conn = hospital.pool.acquire().await?;
    permitted(&mut conn, actor, id).await?;
    Ok(runs::metrics(&mut conn, id, after_step).await?)
}

/// A run's artifacts by name.
pub async fn artifacts(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
) -> Outcome<BTreeMap<String, ObjectRef>> {
    let mut conn = hospital.pool.acquire().await?;
    permitted(&mut conn, actor, id).await?;
    Ok(runs::artifacts(&mut conn, id).await?)
}

/// The bytes of an object, piece by piece, with their number.
pub type Body = (
    u64,
    BoxStream<'static, Result<Bytes, crate::store::objects::ObjectError>>,
);

/// One artifact's bytes.
pub async fn artifact(hospital: &Hospital, actor: &Actor, id: RunId, name: &str) -> Outcome<Body> {
    let artifacts = artifacts(hospital, actor, id).await?;
    let object = artifacts
        .get(name)
        .ok_or(ServiceError::NotFound("artifact"))?;
    Ok(hospital.objects.stream(&object.sha256).await?)
}
