//! Images in, from files and folders of this machine.

use super::convert::{Choice, formats};
use super::installation::{Installation, Reach};
use super::{Place, WrongCall, import_set, print};
use crate::imaging::deidentify::Deeds;
use crate::imaging::slide::MAX_SLIDE_BYTES;
use crate::services::headers;
use crate::services::images::{self, Upload};
use crate::services::{Actor, Hospital, ServiceError};
use anyhow::Context;
use clap::Args;
use medreg_datasets::formats::all;
use medreg_datasets::ids::{ImageId, ProjectId};
use medreg_datasets::modality::Modality;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct ImportArgs {
    /// The project's name or id
    #[arg(long)]
    pub(super) project: String,
    /// The kind of picture, where a file does not say (NIfTI, PNG, JPEG, slides)
    #[arg(long)]
    pub(super) modality: Option<Modality>,
    /// The patient's pseudonym, for all of these files; without it, DICOM files are sorted by their own patient and every other file is a patient of its own
    #[arg(long)]
    pub(super) patient: Option<String>,
    /// Vouch that no patient data is burned into the pixels; without it, doubtful images wait for a reviewer
    #[arg(long)]
    pub(super) attested: bool,
    /// Print JSON lines, one per file; with --from, one summary
    #[arg(long)]
    pub(super) json: bool,
    /// Take a data set in this format, or a public one, over: its images, and what it says of them
    #[arg(long, value_name = "FORMAT", value_parser = formats(all()))]
    pub(super) from: Option<&'static str>,
    /// Where the data set's image files are [default: beside it]
    #[arg(long, value_name = "FOLDER", requires = "from")]
    pub(super) images: Option<PathBuf>,
    /// The account that becomes the reader of what names no reader [default: the first administrator]
    #[arg(long, value_name = "NAME", requires = "from")]
    pub(super) reader: Option<String>,
    /// Make a concept of every name that the project has none for
    #[arg(long, requires = "from")]
    pub(super) add_concepts: bool,
    /// What becomes of a row that cannot be taken over: nothing at all is taken, or the row is left out and told
    #[arg(long, value_name = "WHAT", default_value = "refuse", requires = "from")]
    pub(super) on_error: Choice,
    /// Read and check everything, and take nothing; list what would be left out, and why
    #[arg(long, requires = "from")]
    pub(super) dry_run: bool,
    /// DICOM, NIfTI, PNG or JPEG files and slides in tiled TIFF or SVS, or folders of them
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
}

/// What became of one file.
#[derive(Serialize)]
struct Taken {
    path: PathBuf,
    /// `added`, `known` or `refused`.
    outcome: &'static str,
    image: Option<ImageId>,
    reason: Option<String>,
    /// How many attributes of its DICOM header were removed, replaced and so on.
    deidentified: Option<Deeds>,
}

pub(super) async fn import(place: &Place, args: ImportArgs) -> anyhow::Result<ExitCode> {
    if let Some(from) = args.from {
        return import_set::import(place, &args, from).await;
    }
    let files = files(&args.paths)?;
    let installation = Installation::open(place, Reach::Objects).await?;
    let actor = installation.administrator().await?;
    let project = installation.project(&actor, &args.project).await?;
    let (mut added, mut known, mut refused) = (0, 0, 0);
    let mut deidentified = Deeds::default();
    for path in &files {
        let taken = take(&installation.hospital, &actor, project, &args, path).await?;
        match taken.outcome {
            "added" => added += 1,
            "known" => known += 1,
            _ => refused += 1,
        }
        deidentified += taken.deidentified.unwrap_or_default();
        if args.json {
            print::line(&serde_json::to_string(&taken)?)?;
        } else if let Some(reason) = &taken.reason {
            eprintln!("medreg: {}: {reason}", path.display());
        }
    }
    installation.close().await?;
    if !args.json {
        print::line(&format!(
            "{added} added, {known} known already, {refused} refused"
        ))?;
        if deidentified != Deeds::default() {
            print::line(&format!("attributes of DICOM headers: {deidentified}"))?;
        }
    }
    Ok(if refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Takes one file in. A file that is at fault is reported; a store that is stops everything.
async fn take(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    args: &ImportArgs,
    path: &Path,
) -> anyhow::Result<Taken> {
    let told = |outcome, image, reason| Taken {
        path: path.to_owned(),
        outcome,
        image,
        reason,
        deidentified: None,
    };
    let file = match open(path.to_owned()).await {
        Ok(file) => file,
        Err(error) => return Ok(told("refused", None, Some(format!("{error:#}")))),
    };
    let upload = Upload {
        file_name: path
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        file,
        patient: args.patient.clone(),
        study: None,
        modality: args.modality,
        attested: args.attested,
        split: None,
    };
    match images::take_in(hospital, actor, project, upload).await {
        Ok((image, fresh)) => {
            let outcome = if fresh { "added" } else { "known" };
            let deidentified = counts(hospital, actor, image.id).await?;
            Ok(Taken {
                deidentified,
                ..told(outcome, Some(image.id), None)
            })
        }
        Err(ServiceError::BadImage { source, .. }) => {
            Ok(told("refused", None, Some(source.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

/// What was done to an image's header, where it came with one.
async fn counts(
    hospital: &Hospital,
    actor: &Actor,
    image: ImageId,
) -> anyhow::Result<Option<Deeds>> {
    match headers::report(hospital, actor, image).await {
        Ok(report) => Ok(Some(report.counts)),
        Err(ServiceError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn open(path: PathBuf) -> anyhow::Result<fs::File> {
    // Elsewhere, for a file of a network may let one wait, and a pipe does.
    Ok(tokio::task::spawn_blocking(move || seekable(fs::File::open(path)?)).await??)
}

/// The file itself, or where it can be read only once, as a pipe can, a temporary copy of it.
fn seekable(file: fs::File) -> io::Result<fs::File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let mut copy = tempfile::tempfile()?;
    // One byte more than is taken, so that what is too long is refused and not cut off.
    io::copy(&mut file.take(MAX_SLIDE_BYTES + 1), &mut copy)?;
    copy.rewind()?;
    Ok(copy)
}

/// All files under `paths` in a fixed order, hidden ones left out; a link is followed where it is named, never inside a folder.
pub(super) fn files(paths: &[PathBuf]) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut open = Vec::new();
    for path in paths {
        let found = fs::metadata(path)
            .map_err(|error| WrongCall(format!("{} cannot be read: {error}", path.display())))?;
        match found.is_dir() {
            true => open.push(path.clone()),
            false => drop(files.insert(path.clone())),
        }
    }
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("the folder {} cannot be read", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                files.insert(entry.path());
            }
        }
    }
    Ok(files)
}
