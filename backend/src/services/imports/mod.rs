//! Data sets that are sent file by file, checked as a whole and taken over, both in the background. What was sent is kept until the data
//! set is taken over or given up.

mod work;

pub use work::work_next;

use super::access::{self, Permission};
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::imaging::slide::MAX_SLIDE_BYTES;
use crate::store::imports::{self, Choices, Import, ImportState, LeftOut, StagedFile};
use crate::store::objects::Staged;
use bytes::Bytes;
use futures::Stream;
use medreg_datasets::formats::{Format, named};
use medreg_datasets::ids::{ImportId, ProjectId};
use sqlx::PgConnection;
use std::io;
use uuid::Uuid;

/// The most files of one data set.
pub const MAX_FILES: u64 = 500_000;
/// The most bytes of one data set. A server that works on it holds them on its disk meanwhile.
pub const MAX_BYTES: u64 = 256 << 30;
/// Days after which a data set that nobody goes on with is given up.
pub const ABANDONED_DAYS: i32 = 7;
/// Begins to bring a data set in.
pub async fn begin(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    format: &str,
) -> Outcome<Import> {
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, project, Permission::Manage).await?;
    known(format)?;
    let id = imports::begin(&mut tx, project, format, actor.user).await?;
    let detail = serde_json::json!({ "project": project, "format": format });
    let begun = one(&mut tx, id).await?;
    audit(&mut tx, actor, "import.begin", id, detail).await?;
    tx.commit().await?;
    Ok(begun)
}

fn known(format: &str) -> Outcome<&'static dyn Format> {
    named(format).map_err(|reason| ServiceError::invalid("format", reason))
}

async fn one(conn: &mut PgConnection, id: ImportId) -> Outcome<Import> {
    let found = imports::imports(conn, Some(id), None).await?;
    found
        .into_iter()
        .next()
        .ok_or(ServiceError::NotFound("import"))
}

/// One that the actor may go on with.
async fn allowed(conn: &mut PgConnection, actor: &Actor, id: ImportId) -> Outcome<Import> {
    let import = one(conn, id).await?;
    match access::project(conn, actor, import.project_id, Permission::Manage).await {
        Ok(_) => Ok(import),
        Err(ServiceError::NotFound(_)) => Err(ServiceError::NotFound("import")),
        Err(other) => Err(other),
    }
}

/// The latest of a project.
pub async fn list(hospital: &Hospital, actor: &Actor, project: ProjectId) -> Outcome<Vec<Import>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Manage).await?;
    Ok(imports::imports(&mut conn, None, Some(project)).await?)
}

/// One of them.
pub async fn import(hospital: &Hospital, actor: &Actor, id: ImportId) -> Outcome<Import> {
    allowed(&mut *hospital.pool.acquire().await?, actor, id).await
}

/// A page of the files that were sent, by path.
pub async fn files(
    hospital: &Hospital,
    actor: &Actor,
    id: ImportId,
    (after, limit): (&str, i64),
) -> Outcome<Vec<StagedFile>> {
    let mut conn = hospital.pool.acquire().await?;
    allowed(&mut conn, actor, id).await?;
    Ok(imports::files(&mut conn, id, after, limit).await?)
}

/// Whether a file may be put, and how long it may be: asked before a byte of it is read.
async fn room(
    hospital: &Hospital,
    actor: &Actor,
    id: ImportId,
    announced: Option<u64>,
) -> Outcome<u64> {
    let import = allowed(&mut *hospital.pool.acquire().await?, actor, id).await?;
    may_go_on(import.state)?;
    let left = MAX_BYTES.saturating_sub(import.bytes);
    if import.files >= MAX_FILES {
        let reason = format!("a data set of more than {MAX_FILES} files is not taken");
        return Err(ServiceError::invalid("path", reason));
    }
    let limit = left.min(MAX_SLIDE_BYTES);
    match announced.is_some_and(|bytes| bytes > limit) {
        true => Err(ServiceError::TooLarge { limit }),
        false => Ok(limit),
    }
}

fn may_go_on(state: ImportState) -> Outcome<()> {
    match state.is_open() {
        true => Ok(()),
        false => Err(ServiceError::ImportBusy),
    }
}

/// A file as it is sent.
#[derive(Debug)]
pub struct Sent<'a> {
    /// Its path in the data set.
    pub path: &'a str,
    /// When it was changed, in milliseconds since 1970.
    pub modified: i64,
    /// Its length, where it was announced.
    pub announced: Option<u64>,
}

/// Puts a file of a data set; one of the same path is replaced.
pub async fn put_file<S>(
    hospital: &Hospital,
    actor: &Actor,
    id: ImportId,
    sent: Sent<'_>,
    bytes: S,
) -> Outcome<()>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    let limit = room(hospital, actor, id, sent.announced).await?;
    check_path(sent.path).map_err(|reason| ServiceError::invalid("path", reason))?;
    let at = Staged {
        import: id,
        file: Uuid::now_v7(),
    };
    let length = hospital.objects.stage(at, bytes, limit).await?;
    let file = StagedFile {
        path: sent.path.to_owned(),
        bytes: length,
        modified: sent.modified,
        object: at.file,
    };
    match note_file(hospital, at, &file).await {
        Ok(Some(before)) => Ok(hospital.objects.unstage(before).await?),
        Ok(None) => Ok(()),
        Err(error) => {
            hospital.objects.unstage(at).await?;
            Err(error)
        }
    }
}

/// Much may have happened while it came.
async fn note_file(hospital: &Hospital, at: Staged, file: &StagedFile) -> Outcome<Option<Staged>> {
    let mut tx = hospital.pool.begin().await?;
    let state = imports::lock(&mut tx, at.import).await?;
    may_go_on(state.ok_or(ServiceError::NotFound("import"))?)?;
    let before = imports::put_file(&mut tx, at, file).await?;
    let after = one(&mut tx, at.import).await?;
    if after.bytes > MAX_BYTES || after.files > MAX_FILES {
        return Err(ServiceError::TooLarge { limit: MAX_BYTES });
    }
    tx.commit().await?;
    Ok(before)
}

/// Names that mean a device on some computers, whatever follows after a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// What is wrong with a path, if anything: it becomes a file's path on a server's disk.
fn check_path(path: &str) -> Result<(), String> {
    const HOW: &str = "a relative path with `/` between its parts is expected";
    if path.is_empty()
        || path.len() > 1000
        || path.chars().any(|c| c.is_control() || "\\:".contains(c))
    {
        return Err(format!(
            "{HOW}, of at most 1000 bytes, without control characters, `\\` and `:`"
        ));
    }
    let device = |part: &str| {
        let stem = part
            .split('.')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        let numbered = ["com", "lpt"].iter().any(|name| {
            stem.strip_prefix(name)
                .is_some_and(|n| n.chars().count() == 1)
        });
        DEVICES.contains(&stem.as_str()) || numbered
    };
    let parts: Vec<&str> = path.split('/').collect();
    match parts.iter().find(|part| {
        part.is_empty() || **part == "." || **part == ".." || part.len() > 255 || device(part)
    }) {
        Some(part) => Err(format!("{HOW}, and `{part}` can be none of them")),
        None if parts.len() > 32 => {
            Err("at most 32 folders, one in the other, are expected".into())
        }
        None => Ok(()),
    }
}

/// Has a data set checked: a dry run, which takes nothing.
pub async fn check(
    hospital: &Hospital,
    actor: &Actor,
    id: ImportId,
    format: &str,
    choices: &Choices,
) -> Outcome<Import> {
    let mut tx = hospital.pool.begin().await?;
    allowed(&mut tx, actor, id).await?;
    known(format)?;
    let state = imports::lock(&mut tx, id).await?;
    may_go_on(state.ok_or(ServiceError::NotFound("import"))?)?;
    imports::ask_check(&mut tx, id, format, choices, actor.user).await?;
    let asked = one(&mut tx, id).await?;
    let detail = serde_json::json!({ "format": format, "choices": choices });
    audit(&mut tx, actor, "import.check", id, detail).await?;
    tx.commit().await?;
    Ok(asked)
}

/// Has a data set taken over that was checked.
pub async fn take(
    hospital: &Hospital,
    actor: &Actor,
    id: ImportId,
    leave_out: bool,
) -> Outcome<Import> {
    let mut tx = hospital.pool.begin().await?;
    let import = allowed(&mut tx, actor, id).await?;
    if imports::lock(&mut tx, id).await? != Some(ImportState::Checked) {
        return Err(ServiceError::ImportBusy);
    }
    if import.counts.left_out_count > 0 && !leave_out {
        let reason = "some of the data set cannot be taken over: leave it out, or put it right and check again";
        return Err(ServiceError::invalid("leave_out", reason));
    }
    let choices = Choices {
        leave_out,
        ..import.choices
    };
    imports::ask_take(&mut tx, id, &choices, actor.user).await?;
    let asked = one(&mut tx, id).await?;
    let detail = serde_json::json!({ "project": asked.project_id, "leave_out": leave_out });
    audit(&mut tx, actor, "import.take", id, detail).await?;
    tx.commit().await?;
    Ok(asked)
}

/// Gives a data set up, and whatever is being done with it; its files are deleted, what was taken over already stays.
pub async fn cancel(hospital: &Hospital, actor: &Actor, id: ImportId) -> Outcome<Import> {
    let mut tx = hospital.pool.begin().await?;
    allowed(&mut tx, actor, id).await?;
    let state = imports::lock(&mut tx, id).await?;
    if state.is_none_or(ImportState::is_over) {
        return Err(ServiceError::ImportBusy);
    }
    imports::cancel(&mut tx, id).await?;
    let given_up = one(&mut tx, id).await?;
    audit(&mut tx, actor, "import.cancel", id, serde_json::json!({})).await?;
    tx.commit().await?;
    clear(hospital, id).await?;
    Ok(given_up)
}

/// A page of what cannot be taken over, and why.
pub async fn left_out(
    hospital: &Hospital,
    actor: &Actor,
    id: ImportId,
    (after, limit): (i64, i64),
) -> Outcome<Vec<LeftOut>> {
    let mut conn = hospital.pool.acquire().await?;
    allowed(&mut conn, actor, id).await?;
    Ok(imports::left_out(&mut conn, id, after, limit).await?)
}

/// Deletes the files of a data set that is over. What fails here is done when all are swept.
async fn clear(hospital: &Hospital, id: ImportId) -> Outcome<()> {
    hospital.objects.unstage_all(id).await?;
    Ok(imports::forget_files(&mut *hospital.pool.acquire().await?, id).await?)
}

/// Gives up what was abandoned, and deletes the files of all that are over. Servers may do it side by side.
pub async fn sweep(hospital: &Hospital) -> Outcome<()> {
    imports::abandon(&mut *hospital.pool.acquire().await?, ABANDONED_DAYS).await?;
    let staged = hospital.objects.staged_imports().await?;
    let not_needed = imports::not_needed(&mut *hospital.pool.acquire().await?, &staged).await?;
    for id in not_needed {
        clear(hospital, id).await?;
    }
    Ok(())
}
