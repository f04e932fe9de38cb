//! Snapshots from the shell.

use super::installation::{Installation, Reach};
use super::{Place, print};
use crate::services::Hospital;
use crate::services::snapshots::{self, ExportFormat};
use crate::store::snapshots::Snapshot;
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use futures::{Stream, StreamExt, TryStreamExt};
use medreg_datasets::ids::Digest;
use medreg_datasets::snapshot::{ObjectRef, SnapshotCase};
use serde::Serialize;
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// Conversations in the MedRegInstruct layout, with meta_file.json and images
    #[value(name = "medreginstruct")]
    MedRegInstruct,
    /// medreg's own: manifest.json, cases.jsonl, objects by hash
    Medreg,
}

#[derive(Subcommand)]
pub(super) enum SnapshotCommand {
    /// List a project's snapshots, newest first
    #[command(after_help = "Example:\n  medreg snapshot list --project 'My first project' --json")]
    List {
        /// The project's name or id
        #[arg(long)]
        project: String,
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Cut a snapshot of everything submitted; the same data again gives the same snapshot
    #[command(
        after_help = "Example:\n  medreg snapshot create --project 'My first project' --name v1"
    )]
    Create {
        /// The project's name or id
        #[arg(long)]
        project: String,
        /// What to call it
        #[arg(long)]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a snapshot as a tar archive
    #[command(
        after_help = "Example:\n  medreg snapshot export 3f1c… --format medreginstruct --out v1.tar"
    )]
    Export(ExportArgs),
    /// Check every hash of a snapshot, and its counts; exit code 1 where one is wrong
    #[command(after_help = "Example:\n  medreg snapshot verify 3f1c… --json")]
    Verify {
        /// Its id, as `list` prints it
        id: Digest,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(super) struct ExportArgs {
    /// Its id, as `list` prints it
    id: Digest,
    /// The layout
    #[arg(long, value_enum, default_value = "medreginstruct")]
    format: Format,
    /// The archive to write; `-` for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) async fn snapshot(place: &Place, command: SnapshotCommand) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Reach::Objects).await?;
    let actor = installation.administrator().await?;
    let hospital = &installation.hospital;
    let mut code = ExitCode::SUCCESS;
    match command {
        SnapshotCommand::List { project, json } => {
            let project = installation.project(&actor, &project).await?;
            print::rows(
                json,
                &snapshots::list(hospital, &actor, project).await?,
                cells,
            )?;
        }
        SnapshotCommand::Create {
            project,
            name,
            json,
        } => {
            let project = installation.project(&actor, &project).await?;
            let (snapshot, fresh) =
                snapshots::cut(hospital, &actor, project, name.as_deref()).await?;
            if !fresh {
                eprintln!("medreg: nothing has changed since this snapshot was cut");
            }
            print::rows(json, &[snapshot], cells)?;
        }
        SnapshotCommand::Export(args) => {
            let format = match args.format {
                Format::Medreg => ExportFormat::Medreg,
                Format::MedRegInstruct => ExportFormat::MedRegInstruct,
            };
            let archive = snapshots::export(hospital, &actor, &args.id, format).await?;
            write_archive(archive, &args.out).await?;
        }
        SnapshotCommand::Verify { id, json } => {
            let snapshot = snapshots::snapshot(hospital, &actor, &id).await?;
            let report = verify(hospital, &snapshot).await?;
            code = tell(&report, json)?;
        }
    }
    installation.close().await?;
    Ok(code)
}

fn cells(snapshot: &Snapshot) -> [String; 4] {
    let counts = snapshot.manifest.counts;
    let images = counts.train.images + counts.val.images + counts.test.images;
    let regions = counts.train.regions + counts.val.regions + counts.test.regions;
    [
        snapshot.id.to_string(),
        snapshot.created_at.clone(),
        format!("{images} images, {regions} regions"),
        snapshot.name.clone(),
    ]
}

/// An archive that is whole or not there: it gets its name when it is complete.
async fn write_archive(
    archive: impl Stream<Item = Result<bytes::Bytes, io::Error>>,
    out: &Path,
) -> anyhow::Result<()> {
    if out == Path::new("-") {
        return write_chunks(archive, &mut io::stdout()).await;
    }
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    write_chunks(archive, file.as_file_mut()).await?;
    file.as_file().sync_all()?;
    file.persist(out)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    Ok(())
}

async fn write_chunks(
    archive: impl Stream<Item = Result<bytes::Bytes, io::Error>>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut archive = std::pin::pin!(archive);
    while let Some(chunk) = archive.next().await {
        out.write_all(&chunk.context("the export broke off")?)
            .context("the archive cannot be written")?;
    }
    Ok(out.flush()?)
}

/// What a check found.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Objects whose bytes were read and hashed.
    checked: usize,
    /// What is wrong; empty where the snapshot is whole.
    faults: Vec<String>,
}

async fn verify(hospital: &Hospital, snapshot: &Snapshot) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut conn = hospital.pool.acquire().await?;
    let manifest = crate::store::snapshots::canonical_manifest(&mut conn, &snapshot.id).await?;
    drop(conn);
    let found = Digest::of(manifest.unwrap_or_default().as_bytes());
    if found != snapshot.id {
        let fault = format!("the manifest's hash is {found}, not the snapshot's id");
        report.faults.push(fault);
    }
    match spool(hospital, &snapshot.manifest.cases).await {
        Err(error) => report.faults.push(format!("the cases: {error:#}")),
        Ok(cases) => {
            report.checked += 1;
            verify_cases(hospital, snapshot, &cases, &mut report).await?;
        }
    }
    Ok(report)
}

/// Copies an object into a temporary file and holds its hash and length against what is expected.
async fn spool(hospital: &Hospital, object: &ObjectRef) -> anyhow::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    let (mut hash, mut bytes) = (sha2::Sha256::new(), 0);
    let (_, mut chunks) = hospital.objects.stream(&object.sha256).await?;
    while let Some(chunk) = chunks.try_next().await? {
        hash.update(&chunk);
        bytes += chunk.len() as u64;
        file.write_all(&chunk)?;
    }
    let found = Digest::from_raw(&hash.finalize());
    if found != object.sha256 || bytes != object.bytes {
        anyhow::bail!(
            "{bytes} bytes with hash {found} are there, {} with {} are expected",
            object.bytes,
            object.sha256
        );
    }
    Ok(file)
}

async fn verify_cases(
    hospital: &Hospital,
    snapshot: &Snapshot,
    cases: &tempfile::NamedTempFile,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (mut images, mut regions) = (0, 0);
    let mut rasters: BTreeMap<Digest, u64> = BTreeMap::new();
    for (number, line) in io::BufReader::new(cases.reopen()?).lines().enumerate() {
        match serde_json::from_str::<SnapshotCase>(&line?) {
            Ok(case) => {
                images += 1;
                regions += case.regions.len() as u64;
                rasters.insert(case.raster.sha256, case.raster.bytes);
            }
            Err(error) => report
                .faults
                .push(format!("line {} of the cases: {error}", number + 1)),
        }
    }
    let counts = snapshot.manifest.counts;
    let told = (
        counts.train.images + counts.val.images + counts.test.images,
        counts.train.regions + counts.val.regions + counts.test.regions,
    );
    if told != (images, regions) {
        report.faults.push(format!(
            "the manifest counts {} images and {} regions, the cases hold {images} and {regions}",
            told.0, told.1
        ));
    }
    for (sha256, bytes) in rasters {
        report.checked += 1;
        let object = ObjectRef { sha256, bytes };
        if let Err(error) = spool(hospital, &object).await {
            let fault = format!("the picture {}: {error:#}", object.sha256);
            report.faults.push(fault);
        }
    }
    Ok(())
}

fn tell(report: &Report, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print::json(report)?;
    } else {
        for fault in &report.faults {
            eprintln!("medreg: {fault}");
        }
        if report.faults.is_empty() {
            print::line(&format!(
                "the snapshot is whole: {} objects checked",
                report.checked
            ))?;
        }
    }
    Ok(if report.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
