//! Cutting snapshots and handing them out.

use super::access::{self, Permission};
use super::runs::Body;
use super::{Actor, Hospital, Outcome, ServiceError, audit};
use crate::store::objects::ObjectError;
use crate::store::projects::{self, Project};
use crate::store::snapshots::{self, Named, Snapshot};
use bytes::Bytes;
use futures::{SinkExt, Stream};
use medreg_datasets::ids::{Digest, ImageId, ProjectId};
use medreg_datasets::medreginstruct;
use medreg_datasets::ontology::Concept;
use medreg_datasets::snapshot::{
    Counts, Manifest, ObjectRef, SCHEMA, SnapshotCase, Split, SplitCounts,
};
use serde::Deserialize;
use sqlx::PgConnection;
use std::collections::BTreeSet;
use std::io::{self, Write};
use utoipa::ToSchema;

/// Cases read from the database at a time.
const PAGE: i64 = 500;
/// The most bytes of case lines; an object is put at once.
const MAX_CASES_BYTES: u64 = 4 << 30;

/// Cuts a snapshot of everything submitted. The same data again gives the same snapshot; `false` beside it then.
pub async fn cut(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    name: Option<&str>,
) -> Outcome<(Snapshot, bool)> {
    let submitted = read_submitted(hospital, actor, project).await?;
    let cases = submitted.written.keep(hospital).await?;
    let manifest = manifest(&submitted.project, submitted.ontology, &cases);
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

/// Reads all submitted cases in a transaction that sees one point in time, whatever is submitted meanwhile. It writes
/// nothing and ends here: the audit's chain, for one, goes on meanwhile, and such a transaction cannot see where.
async fn read_submitted(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
) -> Outcome<Submitted> {
    let mut tx = hospital.pool.begin().await?;
    sqlx::Executor::execute(
        &mut *tx,
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    )
    .await?;
    let (project, _) = access::project(&mut tx, actor, project, Permission::Snapshot).await?;
    let written = write_cases(&mut tx, &project).await?;
    if written.tally.is_empty() {
        return Err(ServiceError::NothingToSnapshot);
    }
    let ontology = projects::concepts(&mut tx, project.id).await?;
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

async fn write_cases(conn: &mut PgConnection, project: &Project) -> Outcome<Written> {
    let disk = |e: io::Error| {
        ServiceError::Internal(format!(
            "the snapshot's cases could not be written to a temporary file: {e}"
        ))
    };
    let mut written = Written {
        tally: Tally::default(),
        lines: tempfile::NamedTempFile::new().map_err(disk)?,
    };
    let mut out = io::BufWriter::new(written.lines.reopen().map_err(disk)?);
    let mut after: Option<ImageId> = None;
    loop {
        let page = snapshots::cases(conn, project.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.image);
        for case in &page {
            written.tally.add(case);
            serde_json::to_writer(&mut out, case).map_err(|e| disk(e.into()))?;
            out.write_all(b"\n").map_err(disk)?;
        }
    }
    out.flush().map_err(disk)?;
    Ok(written)
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

fn manifest(project: &Project, ontology: Vec<Concept>, cases: &Kept) -> Manifest {
    Manifest {
        schema: SCHEMA,
        project: project.id,
        project_name: project.name.clone(),
        synthetic: project.synthetic,
        langs: project.langs.clone(),
        ontology,
        guideline: project.guideline.clone(),
        shares: project.shares,
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

/// The layout of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// medreg's own: manifest.json, cases.jsonl, objects by hash.
    Medreg,
    /// Conversations in the MedRegInstruct layout, with meta_file.json and images.
    MedRegInstruct,
}

/// Streams a snapshot as a tar archive; the archive is written while it is read, never held.
pub async fn export(
    hospital: &Hospital,
    actor: &Actor,
    id: &Digest,
    format: ExportFormat,
) -> Outcome<impl Stream<Item = Result<Bytes, io::Error>> + use<>> {
    let snapshot = snapshot(hospital, actor, id).await?;
    let manifest = manifest_bytes(hospital, actor, id).await?;
    all_may_be_seen(&mut *hospital.pool.acquire().await?, id).await?;
    let (sender, receiver) = futures::channel::mpsc::channel::<Result<Bytes, io::Error>>(4);
    let objects = hospital.objects.clone();
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let archive = Archive {
            runtime: runtime.clone(),
            objects,
            snapshot,
            manifest,
        };
        let mut out = io::BufWriter::with_capacity(256 << 10, ChannelWriter { runtime, sender });
        let done = archive.write(format, &mut out).and_then(|()| out.flush());
        if let Err(error) = done {
            // The reader sees a broken archive, not a short one that looks whole.
            tracing::warn!(%error, "an export broke off");
            let mut channel = out.into_parts().0;
            let _ = channel.runtime.block_on(channel.sender.send(Err(error)));
        }
    });
    Ok(receiver)
}

/// Writes into a channel of byte chunks, waiting while the reader is slow.
struct ChannelWriter {
    runtime: tokio::runtime::Handle,
    sender: futures::channel::mpsc::Sender<Result<Bytes, io::Error>>,
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self
            .runtime
            .block_on(self.sender.send(Ok(Bytes::copy_from_slice(bytes))));
        sent.map(|()| bytes.len())
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the reader went away"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Archive {
    runtime: tokio::runtime::Handle,
    objects: crate::store::objects::Objects,
    snapshot: Snapshot,
    manifest: String,
}

impl Archive {
    fn write(&self, format: ExportFormat, out: impl Write) -> io::Result<()> {
        let cases = self.spool_cases()?;
        let mut tar = tar::Builder::new(out);
        match format {
            ExportFormat::Medreg => self.write_medreg(&cases, &mut tar)?,
            ExportFormat::MedRegInstruct => self.write_medreginstruct(&cases, &mut tar)?,
        }
        tar.finish()
    }

    fn write_medreg(
        &self,
        cases: &tempfile::NamedTempFile,
        tar: &mut tar::Builder<impl Write>,
    ) -> io::Result<()> {
        append(
            tar,
            "manifest.json",
            self.manifest.len() as u64,
            self.manifest.as_bytes(),
        )?;
        append(
            tar,
            "cases.jsonl",
            self.snapshot.manifest.cases.bytes,
            cases.reopen()?,
        )?;
        self.append_rasters(cases, tar, |digest| {
            format!("objects/{}/{digest}.png", &digest.as_str()[..2])
        })
    }

    fn write_medreginstruct(
        &self,
        cases: &tempfile::NamedTempFile,
        tar: &mut tar::Builder<impl Write>,
    ) -> io::Result<()> {
        let manifest = &self.snapshot.manifest;
        let measured =
            medreginstruct::measure(manifest, read_cases(cases)?).map_err(io::Error::other)?;
        let meta = medreginstruct::meta_file(&measured).map_err(io::Error::other)?;
        append(tar, "meta_file.json", meta.len() as u64, meta.as_slice())?;
        for key in medreginstruct::files(manifest) {
            let Some(written) = measured.get(&key).filter(|w| w.lines > 0) else {
                continue;
            };
            let mut lines = tempfile::tempfile()?;
            medreginstruct::write_file(
                &key,
                manifest,
                read_cases(cases)?,
                io::BufWriter::new(&mut lines),
            )
            .map_err(io::Error::other)?;
            io::Seek::rewind(&mut lines)?;
            append(tar, &key.path(), written.bytes, lines)?;
        }
        self.append_rasters(cases, tar, medreginstruct::image_path)
    }

    fn append_rasters(
        &self,
        cases: &tempfile::NamedTempFile,
        tar: &mut tar::Builder<impl Write>,
        path: impl Fn(&Digest) -> String,
    ) -> io::Result<()> {
        let mut done = BTreeSet::new();
        for case in read_cases(cases)? {
            if done.insert(case.raster.sha256.clone()) {
                let bytes = self
                    .runtime
                    .block_on(self.objects.get(&case.raster.sha256))
                    .map_err(io::Error::other)?;
                append(
                    tar,
                    &path(&case.raster.sha256),
                    bytes.len() as u64,
                    bytes.as_ref(),
                )?;
            }
        }
        Ok(())
    }

    /// The case lines in a file of their own, for they are read several times; their hash is checked here, once.
    fn spool_cases(&self) -> io::Result<tempfile::NamedTempFile> {
        use futures::StreamExt;
        use sha2::Digest as _;
        let expected = &self.snapshot.manifest.cases.sha256;
        let mut hash = sha2::Sha256::new();
        let spooled = tempfile::NamedTempFile::new()?;
        let mut out = spooled.reopen()?;
        let copy = async {
            let (_, mut chunks) = self.objects.stream(expected).await?;
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk?;
                hash.update(&chunk);
                out.write_all(&chunk).map_err(ObjectError::Interrupted)?;
            }
            let found = Digest::from_raw(&hash.finalize());
            if found == *expected {
                Ok(())
            } else {
                Err(ObjectError::Damaged(expected.clone(), found))
            }
        };
        self.runtime.block_on(copy).map_err(io::Error::other)?;
        Ok(spooled)
    }
}

/// The cases of a spooled file, one by one. Its hash was checked, so every line is one that this program wrote.
fn read_cases(
    file: &tempfile::NamedTempFile,
) -> io::Result<impl Iterator<Item = SnapshotCase> + use<>> {
    let lines = io::BufRead::lines(io::BufReader::new(file.reopen()?));
    Ok(lines.map_while(|line| serde_json::from_str(&line.ok()?).ok()))
}

fn append(
    tar: &mut tar::Builder<impl Write>,
    path: &str,
    bytes: u64,
    data: impl io::Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    tar.append_data(&mut header, path, data)
}
