//! Training runs, as people see them.

use super::access::{self, Permission};
use super::acquisitions::checked_model;
use super::snapshots::all_may_be_seen;
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::runs::{self, LoggedLine, NewRun, Run, Wanted};
use crate::store::snapshots;
use bytes::Bytes;
use futures::stream::BoxStream;
use medreg_datasets::ids::{Digest, ProjectId, RunId};
use medreg_datasets::protocol::{ModelRef, RunConfig};
use medreg_datasets::snapshot::ObjectRef;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Runs that are compared at once.
const COMPARED: std::ops::RangeInclusive<usize> = 2..=6;
/// The most tags of a run.
const MAX_TAGS: usize = 20;
/// The longest tag, in characters.
const MAX_TAG: usize = 40;
/// The longest notes, in characters.
const MAX_NOTES: usize = 10_000;

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
    /// The run whose settings these are, or were.
    pub cloned_from: Option<RunId>,
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
    let source = match launch.cloned_from {
        Some(id) => {
            let found = runs::run(&mut tx, id).await?;
            let found = found.filter(|run| run.project_id == project);
            Some(found.ok_or(ServiceError::NotFound("run to clone in this project"))?)
        }
        None => None,
    };
    let base = checked_model(&mut tx, project, launch.base).await?;
    let unnamed = source.map_or(snapshot.name, |source| name_after(&source.name));
    let name = launch
        .name
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .unwrap_or(&unnamed);
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
        cloned_from: launch.cloned_from,
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
        serde_json::json!({ "snapshot": launch.snapshot, "cloned_from": launch.cloned_from }),
    )
    .await?;
    tx.commit().await?;
    Ok(run)
}

/// The name of a clone: `base` is followed by `base (2)`, and that by `base (3)`.
fn name_after(name: &str) -> String {
    let numbered = name
        .strip_suffix(')')
        .and_then(|inner| inner.rsplit_once(" ("));
    let numbered = numbered.and_then(|(stem, n)| Some((stem, n.parse::<u32>().ok()?)));
    let (stem, number) = numbered.unwrap_or((name, 1));
    let stem: String = stem.chars().take(180).collect();
    format!("{stem} ({})", number.saturating_add(1))
}

/// A page of a project's runs.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub runs: Vec<Run>,
    /// The run after which the next page begins, if there is one.
    pub next: Option<RunId>,
    /// All tags of the project's runs.
    pub tags: Vec<String>,
}

/// A page of those of a project's runs that are wanted.
pub async fn list(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    wanted: Wanted<'_>,
    limit: i64,
) -> Outcome<Page> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Read).await?;
    // One more than asked for tells whether there is a next page.
    let mut found = runs::of_project(&mut conn, project, wanted, limit + 1).await?;
    let more = found.len() as i64 > limit;
    if more {
        found.pop();
    }
    Ok(Page {
        next: found.last().map(|run| run.id).filter(|_| more),
        runs: found,
        tags: runs::tags(&mut conn, project).await?,
    })
}

/// Runs side by side.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// In the order in which they were asked for.
    pub runs: Vec<Run>,
    /// What each was made of, by name.
    pub settings: Vec<ComparedSetting>,
}

/// A setting of several runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedSetting {
    /// `snapshot`, `base`, or a setting's path: `steps`, `tuning.rank`.
    pub name: String,
    /// What each run has, in their order: a text as it is, all else as JSON; nothing where the run has no such setting.
    pub values: Vec<Option<String>>,
    /// Whether they are not all the same.
    pub differs: bool,
}

/// Two to six of a project's runs side by side.
pub async fn compare(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    ids: &[RunId],
) -> Outcome<Comparison> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Train).await?;
    let different: BTreeSet<_> = ids.iter().map(|id| id.0).collect();
    if !COMPARED.contains(&ids.len()) || different.len() != ids.len() {
        return Err(ServiceError::invalid(
            "runs",
            "the ids of 2 to 6 different runs are expected, with commas between them",
        ));
    }
    let mut found = Vec::new();
    for id in ids {
        let run = runs::run(&mut conn, *id).await?;
        let run = run.filter(|run| run.project_id == project);
        found.push(run.ok_or(ServiceError::NotFound("run in this project"))?);
    }
    Ok(Comparison {
        settings: compared(&found),
        runs: found,
    })
}

fn compared(found: &[Run]) -> Vec<ComparedSetting> {
    let of_each: Vec<BTreeMap<String, String>> = found.iter().map(made_of).collect();
    let names: BTreeSet<&String> = of_each.iter().flat_map(BTreeMap::keys).collect();
    let setting = |name: &String| {
        let values: Vec<_> = of_each.iter().map(|own| own.get(name).cloned()).collect();
        ComparedSetting {
            name: name.clone(),
            differs: values.iter().any(|value| *value != values[0]),
            values,
        }
    };
    names.into_iter().map(setting).collect()
}

/// What a run is made of, by name: its snapshot, its base, each of its settings.
pub fn made_of(run: &Run) -> BTreeMap<String, String> {
    let base = match &run.base {
        ModelRef::Builtin { name } => name.clone(),
        ModelRef::Published { id } => id.to_string(),
    };
    let mut parts = BTreeMap::from([
        ("snapshot".to_owned(), run.snapshot.to_string()),
        ("base".to_owned(), base),
    ]);
    add_parts(&serde_json::json!(run.config), "", &mut parts);
    parts
}

fn add_parts(value: &Value, path: &str, parts: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = match path {
                    "" => name.clone(),
                    outer => format!("{outer}.{name}"),
                };
                add_parts(field, &path, parts);
            }
        }
        other => {
            parts.insert(path.to_owned(), text_of(other));
        }
    }
}

/// A text as it is, all else as JSON.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A run of a project in which the actor may train.
pub(super) async fn permitted(conn: &mut PgConnection, actor: &Actor, id: RunId) -> Outcome<Run> {
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

/// Puts a run that ended early back into the queue: it goes on from its newest checkpoint, or from the one after `step`. A model that it
/// gave when it was stopped is taken back, for the run will give another.
pub async fn resume(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
    step: Option<u32>,
) -> Outcome<Run> {
    let mut tx = hospital.pool.begin().await?;
    let run = permitted(&mut tx, actor, id).await?;
    if !run.resumable {
        return Err(ServiceError::NothingToResume);
    }
    check_held(&run, step)?;
    let mut step = step;
    if let Some(model) = run.model_id {
        if !runs::withdraw_model(&mut tx, model).await? {
            return Err(ServiceError::ModelInUse);
        }
        // What was published is not learnt anew elsewhere: only who has a checkpoint of it goes on.
        step = step.or(run.checkpoints.last().map(|held| held.step));
    }
    if !runs::resume(&mut tx, id, step).await? {
        return Err(ServiceError::NothingToResume);
    }
    let resumed = runs::run(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("run"))?;
    let detail = serde_json::json!({ "step": step, "withdrawn_model": run.model_id });
    audit(&mut tx, actor, "run.resume", id, detail).await?;
    tx.commit().await?;
    Ok(resumed)
}

fn check_held(run: &Run, step: Option<u32>) -> Outcome<()> {
    let Some(step) = step else { return Ok(()) };
    let held: Vec<_> = run.checkpoints.iter().map(|held| held.step).collect();
    if held.contains(&step) {
        return Ok(());
    }
    let there = match held.as_slice() {
        [] => "its worker keeps none".to_owned(),
        steps => {
            let steps: Vec<_> = steps.iter().map(u32::to_string).collect();
            format!("choose one of {}", steps.join(", "))
        }
    };
    Err(ServiceError::invalid(
        "step",
        format!("the run has no checkpoint after step {step}: {there}"),
    ))
}

/// Notes and tags in the place of those of revision `based_on`.
#[derive(Debug)]
pub struct NotesChange<'a> {
    /// The revision they were made from.
    pub based_on: i64,
    /// What people write about the run.
    pub notes: &'a str,
    /// Words to find it by.
    pub tags: &'a [String],
}

/// Changes a run's notes and tags.
pub async fn annotate(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
    change: &NotesChange<'_>,
) -> Outcome<Run> {
    let mut tx = hospital.pool.begin().await?;
    permitted(&mut tx, actor, id).await?;
    let tags = checked_tags(change.tags)?;
    check_notes(change.notes)?;
    let NotesChange {
        based_on, notes, ..
    } = *change;
    let changed = runs::set_notes(&mut tx, id, based_on, notes, &tags).await?;
    let run = runs::run(&mut tx, id)
        .await?
        .ok_or(ServiceError::NotFound("run"))?;
    if !changed {
        let current = Box::new(run);
        return Err(ServiceError::StaleNotes { based_on, current });
    }
    // What is written in notes is not for the trail.
    let detail = serde_json::json!({ "revision": run.notes_revision, "tags": tags });
    audit(&mut tx, actor, "run.annotate", id, detail).await?;
    tx.commit().await?;
    Ok(run)
}

/// Tags without the space around them, each once, in their order.
fn checked_tags(tags: &[String]) -> Outcome<Vec<String>> {
    let tags: BTreeSet<&str> = tags.iter().map(|tag| tag.trim()).collect();
    let fits = |tag: &&str| {
        (1..=MAX_TAG).contains(&tag.chars().count())
            && !tag.chars().any(|c| c.is_control() || c == ',')
    };
    if tags.len() > MAX_TAGS || !tags.iter().all(fits) {
        return Err(ServiceError::invalid(
            "tags",
            format!("at most {MAX_TAGS} of 1 to {MAX_TAG} characters without commas are expected"),
        ));
    }
    Ok(tags.into_iter().map(str::to_owned).collect())
}

fn check_notes(notes: &str) -> Outcome<()> {
    let printable = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if notes.chars().count() > MAX_NOTES || !notes.chars().all(printable) {
        return Err(ServiceError::invalid(
            "notes",
            format!("at most {MAX_NOTES} printable characters are expected"),
        ));
    }
    Ok(())
}

/// The newest lines of what a run's workers said, newest last.
pub async fn log(
    hospital: &Hospital,
    actor: &Actor,
    id: RunId,
    limit: i64,
) -> Outcome<Vec<LoggedLine>> {
    let mut conn = hospital.pool.acquire().await?;
    permitted(&mut conn, actor, id).await?;
    Ok(runs::log(&mut conn, id, limit.clamp(1, runs::MAX_LOG_LINES)).await?)
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
