//! Cutting snapshots and handing them out.

mod cases;
mod compare;
mod datasheet;
mod export;
mod preferences;
mod verify;

pub(super) use cases::Spooled;
pub use compare::{Differences, Differing, compare};
pub use datasheet::{DatasheetFormat, datasheet};
pub use export::{ExportFormat, export};
pub use preferences::preferences;
pub use verify::{Verified, verify};

use super::access::{self, Permission};
use super::runs::Body;
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::projects::{self, Project};
use crate::store::snapshots::{self, Named, Snapshot};
use bytes::Bytes;
use medreg_datasets::filter::Filter;
use medreg_datasets::ids::{Digest, ImageId, ProjectId};
use medreg_datasets::ontology::Concept;
use medreg_datasets::snapshot::{
    Counts, Manifest, ObjectRef, SCHEMA, SnapshotCase, Split, SplitCounts,
};
use sqlx::{PgConnection, Postgres, Transaction};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Cases read from the database at a time.
const PAGE: i64 = 500;
/// The most bytes of case lines; an object is put at once.
const MAX_CASES_BYTES: u64 = 4 << 30;

/// What a snapshot of what is submitted now would hold.
pub async fn preview(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    filter: &Filter,
) -> Outcome<Counts> {
    let (mut tx, project, _) = begin_reading(hospital, actor, project, filter).await?;
    let tally = each_submitted(&mut tx, &project, filter, |_| Ok(())).await?;
    Ok(tally.counts)
}

/// Cuts a snapshot of what is submitted, as far as the filter takes it. The same data again gives the same snapshot; `false` beside it
/// then.
pub async fn cut(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    name: Option<&str>,
    filter: Filter,
) -> Outcome<(Snapshot, bool)> {
    let submitted = read_submitted(hospital, actor, project, &filter).await?;
    let cases = submitted.written.keep(hospital).await?;
    let manifest = manifest(&submitted.project, filter, submitted.ontology, &cases);
    let canonical = manifest
        .canonical()
        .map_err(|e| ServiceError::Internal(e.to_string()))?;
    let id = Digest::of(&canonical);
    let canonical =
        String::from_utf8(canonical).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let name = checked_name(name, &id)?;
    let objects = cases.named_objects();
    let mut tx = hospital.pool.begin().await?;
    // The actor's rights may have gone while the cases were written.
    access::project(&mut tx, actor, project, Permission::Snapshot).await?;
    let fresh = snapshots::insert(
        &mut tx,
        &id,
        (&manifest, &canonical),
        &name,
        actor.user,
        &objects,
    )
    .await?;
    let snapshot = snapshots::snapshot(&mut tx, &id)
        .await?
        .ok_or(ServiceError::NotFound("snapshot"))?;
    if fresh {
        audit(
            &mut tx,
            actor,
            "snapshot.cut",
            &id,
            serde_json::json!({ "project": project }),
        )
        .await?;
    }
    tx.commit().await?;
    Ok((snapshot, fresh))
}

/// A project as it stood at one point in time.
struct Submitted {
    project: Project,
    ontology: Vec<Concept>,
    written: Written,
}

/// A transaction that sees one point in time, whatever is submitted meanwhile. It writes nothing and ends with the reading: the audit's
/// chain, for one, goes on meanwhile, and such a transaction cannot see where.
async fn begin_reading(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    filter: &Filter,
) -> Outcome<(Transaction<'static, Postgres>, Project, Vec<Concept>)> {
    let mut tx = hospital.pool.begin().await?;
    sqlx::Executor::execute(
        &mut *tx,
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    )
    .await?;
    let (project, _) = access::project(&mut tx, actor, project, Permission::Snapshot).await?;
    let ontology = projects::concepts(&mut tx, project.id).await?;
    if let Some(key) = filter.unknown(&ontology) {
        let reason = format!("the project has no concept `{}`", key.as_str());
        return Err(ServiceError::invalid("filter.concepts", reason));
    }
    Ok((tx, project, ontology))
}

async fn read_submitted(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    filter: &Filter,
) -> Outcome<Submitted> {
    let (mut tx, project, ontology) = begin_reading(hospital, actor, project, filter).await?;
    let written = write_cases(&mut tx, &project, filter).await?;
    if written.tally.is_empty() {
        return Err(ServiceError::NothingToSnapshot);
    }
    tx.commit().await?;
    Ok(Submitted {
        project,
        ontology,
        written,
    })
}

fn checked_name(name: Option<&str>, id: &Digest) -> Outcome<String> {
    let name = name
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .map_or_else(|| format!("snapshot {}", &id.as_str()[..8]), str::to_owned);
    if name.chars().count() <= 200 {
        Ok(name)
    } else {
        Err(ServiceError::invalid(
            "name",
            "at most 200 characters are expected",
        ))
    }
}

/// What is counted while cases pass by.
#[derive(Default)]
struct Tally {
    counts: Counts,
    patients: BTreeSet<(Split, String)>,
    rasters: BTreeSet<Digest>,
}

impl Tally {
    fn is_empty(&self) -> bool {
        self.rasters.is_empty()
    }

    fn add(&mut self, case: &SnapshotCase) {
        let fresh = self.patients.insert((case.split, case.patient.clone()));
        self.rasters.insert(case.raster.sha256.clone());
        let counts = of_split(&mut self.counts, case.split);
        counts.patients += u64::from(fresh);
        counts.images += 1;
        counts.regions += case.regions.len() as u64;
    }
}

fn of_split(counts: &mut Counts, split: Split) -> &mut SplitCounts {
    match split {
        Split::Train => &mut counts.train,
        Split::Val => &mut counts.val,
        Split::Test => &mut counts.test,
    }
}

/// Case lines on disk, for they may be more than memory holds.
struct Written {
    tally: Tally,
    lines: tempfile::NamedTempFile,
}

/// Case lines in the object store.
struct Kept {
    tally: Tally,
    object: ObjectRef,
}

impl Kept {
    /// Every object that the snapshot names.
    fn named_objects(&self) -> Vec<String> {
        let rasters = self.tally.rasters.iter();
        rasters
            .chain([&self.object.sha256])
            .map(ToString::to_string)
            .collect()
    }
}

async fn write_cases(
    conn: &mut PgConnection,
    project: &Project,
    filter: &Filter,
) -> Outcome<Written> {
    let disk = |e: io::Error| {
        ServiceError::Internal(format!(
            "the snapshot's cases could not be written to a temporary file: {e}"
        ))
    };
    let lines = tempfile::NamedTempFile::new().map_err(disk)?;
    let mut out = io::BufWriter::new(lines.reopen().map_err(disk)?);
    let tally = each_submitted(conn, project, filter, |case| {
        serde_json::to_writer(&mut out, case).map_err(|e| disk(e.into()))?;
        out.write_all(b"\n").map_err(disk)
    })
    .await?;
    out.flush().map_err(disk)?;
    Ok(Written { tally, lines })
}

/// Counts what the filter takes of the submitted cases, page by page, and hands on each.
async fn each_submitted(
    conn: &mut PgConnection,
    project: &Project,
    filter: &Filter,
    mut each: impl FnMut(&SnapshotCase) -> Outcome<()>,
) -> Outcome<Tally> {
    let mut tally = Tally::default();
    let mut after: Option<ImageId> = None;
    loop {
        let page = snapshots::cases(conn, project.id, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(tally);
        };
        after = Some(last.image);
        let taken = |case| filter.take(case, &project.langs);
        for case in page.into_iter().filter_map(taken) {
            tally.add(&case);
            each(&case)?;
        }
    }
}

impl Written {
    async fn keep(self, hospital: &Hospital) -> Outcome<Kept> {
        let path = self.lines.path().to_owned();
        let chunks = futures::stream::unfold(None, move |file: Option<tokio::fs::File>| {
            let path = path.clone();
            async move { next_chunk(file, &path).await }
        });
        let object = hospital
            .objects
            .put_stream(Box::pin(chunks), MAX_CASES_BYTES)
            .await?;
        Ok(Kept {
            tally: self.tally,
            object,
        })
    }
}

async fn next_chunk(
    file: Option<tokio::fs::File>,
    path: &std::path::Path,
) -> Option<(io::Result<Bytes>, Option<tokio::fs::File>)> {
    use tokio::io::AsyncReadExt;
    let mut file = match file {
        Some(file) => file,
        None => match tokio::fs::File::open(path).await {
            Ok(file) => file,
            Err(error) => return Some((Err(error), None)),
        },
    };
    let mut chunk = vec![0; 1 << 20];
    match file.read(&mut chunk).await {
        Ok(0) => None,
        Ok(length) => {
            chunk.truncate(length);
            Some((Ok(chunk.into()), Some(file)))
        }
        Err(error) => Some((Err(error), Some(file))),
    }
}

fn manifest(project: &Project, filter: Filter, ontology: Vec<Concept>, cases: &Kept) -> Manifest {
    Manifest {
        schema: SCHEMA,
        project: project.id,
        project_name: project.name.clone(),
        synthetic: project.synthetic,
        langs: project.langs.clone(),
        ontology: filter.ontology(ontology),
        guideline: project.guideline.clone(),
        shares: project.shares,
        filter,
        cases: cases.object.clone(),
        counts: cases.tally.counts,
    }
}

/// A project's snapshots, newest first.
pub async fn list(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
) -> Outcome<Vec<Snapshot>> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Snapshot).await?;
    Ok(snapshots::of_project(&mut conn, project).await?)
}

/// One snapshot.
pub async fn snapshot(hospital: &Hospital, actor: &Actor, id: &Digest) -> Outcome<Snapshot> {
    let mut conn = hospital.pool.acquire().await?;
    let snapshot = snapshots::snapshot(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("snapshot"))?;
    match access::project(&mut conn, actor, snapshot.project_id, Permission::Snapshot).await {
        Err(ServiceError::NotFound(_)) => Err(ServiceError::NotFound("snapshot")),
        other => other.map(|_| snapshot),
    }
}

/// The manifest, byte for byte as it was hashed.
pub async fn manifest_bytes(hospital: &Hospital, actor: &Actor, id: &Digest) -> Outcome<String> {
    snapshot(hospital, actor, id).await?;
    let mut conn = hospital.pool.acquire().await?;
    snapshots::canonical_manifest(&mut conn, id)
        .await?
        .ok_or(ServiceError::NotFound("snapshot"))
}

/// The bytes of an object that a snapshot names.
pub async fn object(
    hospital: &Hospital,
    actor: &Actor,
    id: &Digest,
    object: &Digest,
) -> Outcome<Body> {
    snapshot(hospital, actor, id).await?;
    named_object(hospital, id, object).await
}

/// The bytes of an object, if the snapshot names it; who asks was checked before.
pub(super) async fn named_object(
    hospital: &Hospital,
    id: &Digest,
    object: &Digest,
) -> Outcome<Body> {
    let mut conn = hospital.pool.acquire().await?;
    match snapshots::names_object(&mut conn, id, object).await? {
        Named::Yes => {}
        Named::Withheld => return Err(withheld()),
        Named::No => return Err(ServiceError::NotFound("object in this snapshot")),
    }
    drop(conn);
    Ok(hospital.objects.stream(object).await?)
}

/// Refuses a snapshot of which an image was withheld since: it stays on record, but its pixels are not handed out again.
pub(super) async fn all_may_be_seen(conn: &mut PgConnection, id: &Digest) -> Outcome<()> {
    match snapshots::holds_withheld(conn, id).await? {
        true => Err(withheld()),
        false => Ok(()),
    }
}

fn withheld() -> ServiceError {
    ServiceError::Forbidden(
        "patient data was seen in an image of this snapshot: cut a new one, which leaves it out",
    )
}
