//! Snapshots written out in the background, each as one file that is fetched piece by piece.

use super::access::{self, Permission};
use super::runs::Body;
use super::snapshots::{self, ExportFormat, all_may_be_seen};
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::accounts;
use crate::store::exports::{self, Assigned, Export};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::ObjectRef;
use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

/// How often a writer tells how far it is: often enough for its lease, and for who watches.
const TELL: Duration = Duration::from_secs(1);
/// The largest file.
const MAX_BYTES: u64 = 1 << 42;

/// Asks for a snapshot in a layout. Asked again, it is the same export.
pub async fn ask(
    hospital: &Hospital,
    actor: &Actor,
    snapshot: &Digest,
    format: ExportFormat,
) -> Outcome<Export> {
    let project = snapshots::snapshot(hospital, actor, snapshot).await?;
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, project.project_id, Permission::Snapshot).await?;
    all_may_be_seen(&mut tx, snapshot).await?;
    exports::ask(&mut tx, snapshot, format.name(), actor.user).await?;
    let export = one(&mut tx, snapshot, format).await?;
    let detail = serde_json::json!({ "format": format.name() });
    audit(&mut tx, actor, "snapshot.export", snapshot, detail).await?;
    tx.commit().await?;
    Ok(export)
}

async fn one(
    conn: &mut sqlx::PgConnection,
    snapshot: &Digest,
    format: ExportFormat,
) -> Outcome<Export> {
    let found = exports::of_snapshot(conn, snapshot, Some(format.name())).await?;
    let export = found.into_iter().next();
    export.ok_or(ServiceError::NotFound("export of this snapshot"))
}

/// What was asked for of a snapshot.
pub async fn list(hospital: &Hospital, actor: &Actor, snapshot: &Digest) -> Outcome<Vec<Export>> {
    snapshots::snapshot(hospital, actor, snapshot).await?;
    let mut conn = hospital.pool.acquire().await?;
    Ok(exports::of_snapshot(&mut conn, snapshot, None).await?)
}

/// A finished export's file.
pub async fn file(
    hospital: &Hospital,
    actor: &Actor,
    snapshot: &Digest,
    format: ExportFormat,
) -> Outcome<ObjectRef> {
    snapshots::snapshot(hospital, actor, snapshot).await?;
    let mut conn = hospital.pool.acquire().await?;
    // What was seen in a picture since is in the file too.
    all_may_be_seen(&mut conn, snapshot).await?;
    let export = one(&mut conn, snapshot, format).await?;
    export.file().ok_or(ServiceError::NotFound(
        "file: the export is not finished yet",
    ))
}

/// The bytes of a finished file, or a part of them.
pub async fn bytes(
    hospital: &Hospital,
    file: &ObjectRef,
    part: Option<Range<u64>>,
) -> Outcome<Body> {
    Ok(match part {
        None => hospital.objects.stream(&file.sha256).await?,
        Some(part) => hospital.objects.stream_part(&file.sha256, part).await?,
    })
}

/// Deletes a snapshot's file, or gives up writing it; it can be asked for again.
pub async fn delete(
    hospital: &Hospital,
    actor: &Actor,
    snapshot: &Digest,
    format: ExportFormat,
) -> Outcome<()> {
    let project = snapshots::snapshot(hospital, actor, snapshot).await?;
    let mut tx = hospital.pool.begin().await?;
    access::project(&mut tx, actor, project.project_id, Permission::Manage).await?;
    one(&mut tx, snapshot, format).await?;
    exports::expire(&mut tx, snapshot, format.name()).await?;
    let detail = serde_json::json!({ "format": format.name() });
    audit(&mut tx, actor, "snapshot.export.delete", snapshot, detail).await?;
    tx.commit().await?;
    sweep(hospital).await
}

/// Deletes the files that were kept for as long as they are. Servers may do it side by side.
pub async fn sweep(hospital: &Hospital) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    if !exports::any_expired(&mut tx).await? || !exports::hold_still(&mut tx).await? {
        return Ok(());
    }
    for digest in exports::forget_expired(&mut tx).await? {
        if !exports::has_file(&mut tx, &digest).await? {
            hospital.objects.remove(&digest).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Writes the export that has waited longest; false where none waits.
pub async fn write_next(hospital: &Hospital) -> Outcome<bool> {
    let taken = exports::take(&mut *hospital.pool.acquire().await?).await?;
    let Some(assigned) = taken else {
        return Ok(false);
    };
    let written = write(hospital, &assigned).await;
    let failure = written.as_ref().err().map(ToString::to_string);
    let outcome = written
        .as_ref()
        .map_err(|_| failure.as_deref().unwrap_or_default());
    let mut conn = hospital.pool.acquire().await?;
    exports::end(&mut conn, &assigned, outcome).await?;
    if let Some(failure) = failure {
        tracing::warn!(snapshot = %assigned.snapshot, format = %assigned.format, failure, "an export was not written");
    }
    Ok(true)
}

async fn write(hospital: &Hospital, assigned: &Assigned) -> Outcome<ObjectRef> {
    let format = assigned.format.parse().map_err(ServiceError::Internal)?;
    let asked_by = accounts::user(&mut *hospital.pool.acquire().await?, assigned.asked_by).await?;
    // Their rights may have gone since.
    let actor = Actor::from(&asked_by.ok_or(ServiceError::NotFound("user"))?);
    let archive = snapshots::export(hospital, &actor, &assigned.snapshot, format).await?;
    let told = told(hospital.clone(), assigned.clone(), archive);
    Ok(hospital
        .objects
        .put_stream(Box::pin(told), MAX_BYTES)
        .await?)
}

/// The same bytes, telling how many there were; it breaks off where another server has taken over.
fn told(
    hospital: Hospital,
    assigned: Assigned,
    archive: impl Stream<Item = io::Result<Bytes>>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let begun = (0u64, Instant::now());
    archive
        .scan(begun, move |(written, last), chunk| {
            *written += chunk.as_ref().map_or(0, |bytes| bytes.len() as u64);
            let tell = (last.elapsed() >= TELL).then_some(*written);
            if tell.is_some() {
                *last = Instant::now();
            }
            futures::future::ready(Some((chunk, tell)))
        })
        .then(move |(chunk, tell)| {
            let (hospital, assigned) = (hospital.clone(), assigned.clone());
            async move {
                if let Some(written) = tell {
                    tell_of(&hospital, &assigned, written).await?;
                }
                chunk
            }
        })
}

async fn tell_of(hospital: &Hospital, assigned: &Assigned, written: u64) -> io::Result<()> {
    let mut conn = hospital.pool.acquire().await.map_err(io::Error::other)?;
    let held = exports::progress(&mut conn, assigned, written).await;
    match held.map_err(io::Error::other)? {
        true => Ok(()),
        false => Err(io::Error::other("another server writes it now")),
    }
}
