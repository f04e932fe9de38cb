//! What an import would take, held against the same checks and read by the same decoders, with neither a server nor a database.

use super::import::{files, open};
use super::{WrongCall, print};
use crate::imaging::{self, Canonical, Described, Hints, ImagingError, Levels};
use anyhow::Context;
use clap::Args;
use medreg_datasets::modality::Modality;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct IntakeArgs {
    /// The kind of picture, where a file does not say (NIfTI, PNG, JPEG, slides)
    #[arg(long)]
    modality: Option<Modality>,
    /// As if it were vouched that no patient data is burned into the pixels
    #[arg(long)]
    attested: bool,
    /// Print JSON lines, one per file
    #[arg(long)]
    json: bool,
    /// Write the pixels of what would be taken into this new folder, a PNG for each frame
    #[arg(long, value_name = "FOLDER")]
    pixels: Option<PathBuf>,
    /// DICOM, NIfTI, PNG or JPEG files and slides in tiled TIFF or SVS, or folders of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// What would become of one file.
#[derive(Serialize)]
struct Judged {
    path: PathBuf,
    #[serde(flatten)]
    what: Described,
    outcome: Outcome,
    /// Why it is held or refused.
    reason: Option<String>,
    #[serde(flatten)]
    image: Option<Taken>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It may be read at once.
    Taken,
    /// It waits until a person has looked whether patient data is burned in.
    Held,
    Refused,
}

/// The image that a file becomes.
#[derive(Serialize)]
struct Taken {
    modality: Modality,
    width: u32,
    height: u32,
    frames: usize,
    colour: bool,
    /// What its grey values mean.
    levels: Option<Levels>,
    /// Row and column spacing in mm.
    pixel_spacing: Option<[f64; 2]>,
    /// Unit vectors along a row and along a column.
    orientation: Option<[f64; 6]>,
    /// The files that were written, one for each frame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pixels: Vec<PathBuf>,
}

pub(super) async fn intake(args: IntakeArgs) -> anyhow::Result<ExitCode> {
    let files = files(&args.paths)?;
    if let Some(folder) = &args.pixels {
        make(folder)?;
    }
    let width = files.iter().map(|path| shown(path).chars().count()).max();
    let mut counts = BTreeMap::new();
    for (number, path) in files.iter().enumerate() {
        let judged = judge(&args, number, path).await?;
        print::line(&match args.json {
            true => serde_json::to_string(&judged)?,
            false => judged.row(width.unwrap_or(0)),
        })?;
        *counts.entry((judged.outcome, judged.reason)).or_insert(0) += 1;
    }
    if !args.json {
        print_counts(&counts)?;
    }
    let refused = counts
        .keys()
        .any(|(outcome, _)| *outcome == Outcome::Refused);
    Ok(ExitCode::from(u8::from(refused)))
}

/// A new folder, so that nothing in it is written over or taken for what was written now.
fn make(folder: &Path) -> anyhow::Result<()> {
    let made = fs::create_dir(folder);
    made.map_err(|error| {
        WrongCall(format!(
            "the folder {} cannot be made: {error}",
            folder.display()
        ))
        .into()
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

async fn judge(args: &IntakeArgs, number: usize, path: &Path) -> anyhow::Result<Judged> {
    let refused = |what, reason| Judged {
        path: path.to_owned(),
        what,
        outcome: Outcome::Refused,
        reason: Some(reason),
        image: None,
    };
    let file = match open(path.to_owned()).await {
        Ok(file) => file,
        Err(error) => return Ok(refused(Described::default(), format!("{error:#}"))),
    };
    let hints = Hints {
        file_name: shown(path),
        modality: args.modality,
        attested: args.attested,
    };
    let read = move || (imaging::describe(&file), read(&file, &hints));
    let (what, read) = tokio::task::spawn_blocking(read).await?;
    let canonical = match read {
        Ok(canonical) => canonical,
        Err(ImagingError::Disk(reason)) => anyhow::bail!("{}: {reason}", path.display()),
        Err(error) => return Ok(refused(what, error.to_string())),
    };
    let pixels = match &args.pixels {
        Some(folder) => write(folder, number, &canonical)?,
        None => Vec::new(),
    };
    Ok(Judged::of(path, what, &canonical, pixels))
}

fn read(file: &File, hints: &Hints) -> Result<Canonical, ImagingError> {
    imaging::read_file(file, hints).map(|(canonical, _)| canonical)
}

fn write(folder: &Path, number: usize, canonical: &Canonical) -> anyhow::Result<Vec<PathBuf>> {
    let each = canonical.pixels.iter().enumerate();
    each.map(|(frame, png)| {
        let path = folder.join(format!("{number:06}-{frame:04}.png"));
        fs::write(&path, png).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    })
    .collect()
}

impl Judged {
    fn of(path: &Path, what: Described, canonical: &Canonical, pixels: Vec<PathBuf>) -> Self {
        let held = canonical.attestation_reason.as_ref();
        Self {
            path: path.to_owned(),
            what,
            outcome: if held.is_some() {
                Outcome::Held
            } else {
                Outcome::Taken
            },
            reason: held.map(ToString::to_string),
            image: Some(Taken {
                modality: canonical.modality,
                width: canonical.size.width(),
                height: canonical.size.height(),
                frames: canonical.pixels.len(),
                colour: canonical.colour,
                levels: canonical.facts.levels.clone(),
                pixel_spacing: canonical.pixel_spacing,
                orientation: canonical.facts.orientation,
                pixels,
            }),
        }
    }

    /// A row of the table, for people: the file, what it is, its size and frames, and what would become of it.
    fn row(&self, width: usize) -> String {
        let kind = [self.what.kind, self.what.syntax].into_iter().flatten();
        let kind = kind.collect::<Vec<_>>().join(" ");
        let size = self.image.as_ref().map_or_else(String::new, |image| {
            let Taken {
                width,
                height,
                frames,
                ..
            } = image;
            match frames {
                1 => format!("{width}×{height}"),
                _ => format!("{width}×{height}×{frames}"),
            }
        });
        let path = shown(&self.path);
        let said = said(self.outcome, self.reason.as_deref());
        format!("{path:width$}  {kind:28}  {size:14}  {said}")
    }
}

fn said(outcome: Outcome, reason: Option<&str>) -> String {
    let outcome = match outcome {
        Outcome::Taken => "taken",
        Outcome::Held => "held",
        Outcome::Refused => "refused",
    };
    match reason {
        Some(reason) => format!("{outcome}: {reason}"),
        None => outcome.to_owned(),
    }
}

/// How many files met which end, and why.
fn print_counts(counts: &BTreeMap<(Outcome, Option<String>), usize>) -> anyhow::Result<()> {
    let of = |wanted| {
        let these = counts.iter().filter(|((outcome, _), _)| *outcome == wanted);
        these.map(|(_, count)| count).sum::<usize>()
    };
    let [taken, held, refused] = [Outcome::Taken, Outcome::Held, Outcome::Refused].map(of);
    let all = taken + held + refused;
    print::line(&format!(
        "\n{all} files: {taken} taken, {held} held until a person has looked at them, {refused} refused"
    ))?;
    for ((outcome, reason), count) in counts.iter().filter(|((_, reason), _)| reason.is_some()) {
        print::line(&format!(
            "{count:>7}  {}",
            said(*outcome, reason.as_deref())
        ))?;
    }
    Ok(())
}
