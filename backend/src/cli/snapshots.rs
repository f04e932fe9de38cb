//! Snapshots from the shell.

use super::installation::{Installation, Reach};
use super::{Place, differences, print};
use crate::services::snapshots::{self, DatasheetFormat, ExportFormat, Verified};
use crate::store::snapshots::Snapshot;
use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use futures::{Stream, StreamExt};
use medreg_datasets::filter::Filter;
use medreg_datasets::formats::named;
use medreg_datasets::ids::Digest;
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::ConceptKey;
use medreg_datasets::snapshot::Counts;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// medreg's own layout, and all others by what they say of themselves.
fn formats() -> impl TypedValueParser<Value = ExportFormat> {
    let values = ExportFormat::ALL.map(|format| {
        let about = named(format.name()).map(|format| format.about());
        let own = "medreg's own: manifest.json, cases.jsonl, objects by hash";
        PossibleValue::new(format.name()).help(about.unwrap_or(own))
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse())
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
    /// Cut a snapshot of what is submitted; the same data again gives the same snapshot
    #[command(
        after_help = "Example:\n  medreg snapshot create --project 'My first project' --name v1 --modality ct --both-languages"
    )]
    Create {
        /// The project's name or id
        #[arg(long)]
        project: String,
        /// What to call it
        #[arg(long)]
        name: Option<String>,
        /// Take regions and labels of this concept alone; may be given several times
        #[arg(long = "concept", value_name = "KEY")]
        concepts: Vec<ConceptKey>,
        /// Take images of this kind alone, such as ct; may be given several times
        #[arg(long = "modality", value_name = "KIND")]
        modalities: Vec<Modality>,
        /// Take images alone whose every region is described in both languages
        #[arg(long)]
        both_languages: bool,
        /// Only count what it would hold
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say how one snapshot differs from another; exit code 1 where it does
    #[command(
        after_help = "Example:\n  medreg snapshot diff 3f1c… 8b20… --json | head -1\n\nWith --json, the first line has the totals and the settings, each further one a case."
    )]
    Diff(differences::DiffArgs),
    /// Write a snapshot as a tar archive
    #[command(
        after_help = "Example:\n  medreg snapshot export 3f1c… --format medreginstruct --out v1.tar"
    )]
    Export(ExportArgs),
    /// Write a snapshot's datasheet: what it holds and how that came about
    #[command(
        after_help = "Example:\n  medreg snapshot datasheet 3f1c… --format markdown --out DATASHEET.md"
    )]
    Datasheet(DatasheetArgs),
    /// Write what readers changed of a model's suggestions as JSON lines of prompt, chosen and rejected, for preference optimisation
    #[command(
        after_help = "Example:\n  medreg snapshot preferences 3f1c… --out preferences.jsonl\n\nPictures are named as in `medreg snapshot export --format medreginstruct`."
    )]
    Preferences(PreferencesArgs),
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
    #[arg(long, value_name = "FORMAT", value_parser = formats(), default_value = "medreginstruct")]
    format: ExportFormat,
    /// The archive to write; `-` for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct DatasheetArgs {
    /// Its id, as `list` prints it
    id: Digest,
    /// How it is written
    #[arg(long, value_enum, default_value = "html")]
    format: Written,
    /// The file to write; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct PreferencesArgs {
    /// Its id, as `list` prints it
    id: Digest,
    /// The file to write; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Written {
    /// One page with bars beside its numbers
    Html,
    /// Tables of numbers
    Markdown,
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
            concepts,
            modalities,
            both_languages,
            dry_run,
            json,
        } => {
            let project = installation.project(&actor, &project).await?;
            let filter = Filter {
                modalities: modalities.into_iter().collect(),
                concepts: concepts.into_iter().collect(),
                both_languages,
            };
            if dry_run {
                let counts = snapshots::preview(hospital, &actor, project, &filter).await?;
                return told_counts(counts, json).map(|()| ExitCode::SUCCESS);
            }
            let (snapshot, fresh) =
                snapshots::cut(hospital, &actor, project, name.as_deref(), filter).await?;
            if !fresh {
                eprintln!("medreg: nothing has changed since this snapshot was cut");
            }
            print::rows(json, &[snapshot], cells)?;
        }
        SnapshotCommand::Diff(args) => code = differences::tell(hospital, &actor, &args).await?,
        SnapshotCommand::Export(args) => {
            let archive = snapshots::export(hospital, &actor, &args.id, args.format).await?;
            write_file(archive, &args.out).await?;
        }
        SnapshotCommand::Datasheet(args) => {
            let format = match args.format {
                Written::Html => DatasheetFormat::Html,
                Written::Markdown => DatasheetFormat::Markdown,
            };
            let text = snapshots::datasheet(hospital, &actor, &args.id, format).await?;
            let whole = futures::stream::iter([Ok(text.into())]);
            write_file(whole, &args.out).await?;
        }
        SnapshotCommand::Preferences(args) => {
            let lines = snapshots::preferences(hospital, &actor, &args.id).await?;
            write_file(Box::pin(lines), &args.out).await?;
        }
        SnapshotCommand::Verify { id, json } => {
            let report = snapshots::verify(hospital, &actor, &id).await?;
            code = tell(&report, json)?;
        }
    }
    installation.close().await?;
    Ok(code)
}

fn told_counts(counts: Counts, json: bool) -> anyhow::Result<()> {
    if json {
        return print::line(&serde_json::to_string(&counts)?);
    }
    let splits = [
        ("train", counts.train),
        ("val", counts.val),
        ("test", counts.test),
    ];
    let rows = splits.map(|(split, of)| {
        let numbers = [
            (of.patients, "patients"),
            (of.images, "images"),
            (of.regions, "regions"),
        ];
        let numbers = numbers.map(|(count, what)| format!("{count} {what}"));
        [vec![split.to_owned()], numbers.into()].concat()
    });
    print::table(&rows)
}

fn cells(snapshot: &Snapshot) -> [String; 4] {
    let all = snapshot.manifest.counts.all();
    [
        snapshot.id.to_string(),
        snapshot.created_at.clone(),
        format!("{} images, {} regions", all.images, all.regions),
        snapshot.name.clone(),
    ]
}

/// A file that is whole or not there: it gets its name when it is complete.
async fn write_file(
    chunks: impl Stream<Item = Result<bytes::Bytes, io::Error>>,
    out: &Path,
) -> anyhow::Result<()> {
    if out == Path::new("-") {
        return write_chunks(chunks, &mut io::stdout()).await;
    }
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    write_chunks(chunks, file.as_file_mut()).await?;
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

fn tell(report: &Verified, json: bool) -> anyhow::Result<ExitCode> {
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
